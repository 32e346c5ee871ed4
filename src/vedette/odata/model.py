"""What query options may name: the properties of an entity, their types, and what can be expanded.

This is a picture of the catalogue's entities, small enough to be written by hand in a test. Names are matched without
regard to case, because the documentation mixes cases; the wire name is the one that comes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias, get_args

from vedette.odata.errors import UnknownProperty

Primitive = Literal[
    "Edm.String",
    "Edm.Boolean",
    "Edm.Byte",
    "Edm.Int16",
    "Edm.Int32",
    "Edm.Int64",
    "Edm.Single",
    "Edm.Double",
    "Edm.Decimal",
    "Edm.DateTimeOffset",
    "Edm.Date",
    "Edm.Guid",
]

Kind = Literal[
    "null", "boolean", "whole", "real", "text", "guid", "moment", "date", "duration", "enum", "complex", "collection"
]
"""How values are compared and computed with. `whole` and `real` mix; no others do."""

_KINDS: Mapping[str, Kind] = {
    "Edm.String": "text",
    "Edm.Boolean": "boolean",
    **dict.fromkeys(("Edm.Byte", "Edm.Int16", "Edm.Int32", "Edm.Int64"), "whole"),
    **dict.fromkeys(("Edm.Single", "Edm.Double", "Edm.Decimal"), "real"),
    "Edm.DateTimeOffset": "moment",
    "Edm.Date": "date",
    "Edm.Guid": "guid",
}

# Wire names reach SQL as JSON paths; letters, digits and these few signs need no escaping there.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.@-]*")


@dataclass(frozen=True, slots=True)
class EnumType:
    """A value set. Values are compared as text, letter for letter.

    An empty name means that the set has none: literals may then be written in any namespace.
    """

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class ComplexType:
    """A value with properties of its own and no key."""

    name: str
    properties: tuple[Property, ...]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @cached_property
    def by_folded_name(self) -> Mapping[str, Property]:
        return {prop.name.lower(): prop for prop in self.properties}

    @property
    def property_names(self) -> tuple[str, ...]:
        return tuple(prop.name for prop in self.properties)

    def property(self, name: str, *, text: str = "", position: int | None = None) -> Property:
        """The property of that name, in whatever case. Raises: UnknownProperty, placed at `position` of `text`."""
        found = self.by_folded_name.get(name.lower())
        if found is None:
            raise _unknown_property(self, name, text, position)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class CollectionType:
    """An ordered collection of values of one type."""

    of: Primitive | EnumType | ComplexType


PropertyType: TypeAlias = Primitive | EnumType | ComplexType | CollectionType


@dataclass(frozen=True, slots=True, eq=False)
class Property:
    """One property. `name` is the wire name.

    `filterable` counts for properties of the entity itself; what is inside a complex property follows that property.
    `any_case` makes comparisons ignore the case of the letters A to Z, as clients rely on for host names.
    """

    name: str
    type: PropertyType
    nullable: bool = True
    filterable: bool = True
    any_case: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"'{self.name}' cannot be a property name")
        if isinstance(self.type, str) and self.type not in get_args(Primitive):
            raise ValueError(f"{self.name}: '{self.type}' is not a type that filters know")


@dataclass(frozen=True, eq=False, repr=False)
class EntityModel(ComplexType):
    """An entity as query options see it. Two models are equal only when they are the same object.

    `expandable` names what `$expand` accepts; what an expanded item looks like is the type of the property of that
    name, or stands in `targets`.
    """

    expandable: tuple[str, ...] = ()
    key: str = "id"
    targets: Mapping[str, ComplexType] = field(default_factory=dict)

    @property
    def filterable_names(self) -> tuple[str, ...]:
        return tuple(prop.name for prop in self.properties if prop.filterable)

    def target(self, name: str) -> ComplexType | None:
        """The type of what `name` expands to, where it is known."""
        if name in self.targets:
            return self.targets[name]
        prop = self.by_folded_name.get(name.lower())
        type_ = prop.type if prop else None
        inner = type_.of if isinstance(type_, CollectionType) else type_
        return inner if isinstance(inner, ComplexType) else None


def kind_of(type_: PropertyType) -> Kind:
    """How values of a type behave in expressions."""
    if isinstance(type_, str):
        return _KINDS[type_]
    if isinstance(type_, EnumType):
        return "enum"
    return "collection" if isinstance(type_, CollectionType) else "complex"


def type_name(type_: PropertyType) -> str:
    """The type as an error message names it."""
    if isinstance(type_, CollectionType):
        return f"Collection({type_name(type_.of)})"
    return type_ if isinstance(type_, str) else type_.name or "a value set"


def nearest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to three of the `known` names that look like `name`, best first."""
    import difflib  # only errors need it

    by_folded = {each.lower(): each for each in known}
    return tuple(by_folded[each] for each in difflib.get_close_matches(name.lower()[:80], by_folded, n=3, cutoff=0.6))


def _unknown_property(owner: ComplexType, name: str, text: str, position: int | None) -> UnknownProperty:
    allowed = owner.property_names
    near = nearest(name, allowed)
    shown = name if len(name) <= 60 else name[:60] + "…"
    hint = f" Nearest: {', '.join(near)}." if near else ""
    return UnknownProperty(
        f"{owner.name} has no property '{shown}'.{hint} It has: {', '.join(allowed)}.",
        text=text,
        position=position,
        length=len(name),
        allowed=allowed,
        nearest=near,
    )
