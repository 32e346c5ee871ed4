"""The catalogue's entities as filters see them.

The one module here that knows the catalogue; `vedette.odata` itself does not load it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import cast

from vedette.catalogue import entity as catalogue
from vedette.odata.model import CollectionType, ComplexType, EntityModel, EnumType, Primitive, Property

# No page filters by a property of these types; as text they can still be selected and sorted by.
_READ_AS_TEXT: Mapping[str, Primitive] = {"Edm.TimeOfDay": "Edm.String", catalogue.OBJECT: "Edm.String"}


@cache
def model_of(entity: type[catalogue.Complex], filterable: tuple[str, ...] | None = None) -> EntityModel:
    """The model of a declared entity, or of a type without key that a listing answers.

    `filterable` names, by wire name, what one listing filters by, where that differs from what the entity declares.
    """
    properties = tuple(_property(declared, filterable) for declared in catalogue.describe(entity))
    if not issubclass(entity, catalogue.Entity):
        return EntityModel(entity.__name__, properties)
    keys = {declared.attribute: declared.wire for declared in catalogue.describe(entity)}
    return EntityModel(entity.__name__, properties, expandable=tuple(entity.EXPANDABLE), key=keys[entity.KEY])


def _property(declared: catalogue.Property, filterable: Collection[str] | None) -> Property:
    inner: Primitive | EnumType | ComplexType
    if declared.complex_type is not None:
        inner = _complex(declared.complex_type)
    elif declared.members:
        inner = EnumType(declared.enum_name, declared.members)
    else:
        inner = _READ_AS_TEXT.get(declared.edm) or cast(Primitive, declared.edm)
    return Property(
        declared.wire,
        CollectionType(inner) if declared.is_collection else inner,
        nullable=declared.is_nullable,
        filterable=declared.is_filterable if filterable is None else declared.wire in filterable,
        any_case=declared.any_case,
    )


@cache
def _complex(declared: type[catalogue.Complex]) -> ComplexType:
    return ComplexType(declared.__name__, tuple(_property(each, None) for each in catalogue.describe(declared)))
