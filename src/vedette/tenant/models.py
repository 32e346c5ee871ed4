"""Shows entities of the catalogue to the OData layer, as each operation allows them to be queried."""

from __future__ import annotations

import functools
from typing import Any, cast

from vedette.catalogue.entity import Complex, Entity, Property, describe
from vedette.catalogue.operation import Operation
from vedette.odata import CollectionType, ComplexType, EntityModel, EnumType
from vedette.odata import Property as ODataProperty
from vedette.odata.model import Primitive, PropertyType


@functools.cache
def model_of(operation: Operation[Any, Any]) -> EntityModel | None:
    """The entity of an operation as its query options see it; None where it answers no entity."""
    entity = operation.entity
    if entity is None:
        return None
    allowed = operation.odata.filter
    properties = tuple(
        _property(
            declared,
            is_filterable=declared.is_filterable if isinstance(allowed, bool) else declared.wire in allowed,
        )
        for declared in describe(entity)
    )
    key = entity.KEY if issubclass(entity, Entity) else "id"
    return EntityModel(entity.__name__, properties, expandable=operation.odata.expand, key=key)


def _property(declared: Property, *, is_filterable: bool = True) -> ODataProperty:
    kind: PropertyType = _complex(declared.complex_type) if declared.complex_type else cast("Primitive", declared.edm)
    if declared.members:
        kind = EnumType(declared.edm, declared.members)
    if declared.is_collection:
        kind = CollectionType(cast("Primitive | EnumType | ComplexType", kind))
    return ODataProperty(
        declared.wire, kind, nullable=declared.is_nullable, filterable=is_filterable, any_case=declared.any_case
    )


@functools.cache
def _complex(kind: type[Complex]) -> ComplexType:
    return ComplexType(kind.__name__, tuple(_property(declared) for declared in describe(kind)))
