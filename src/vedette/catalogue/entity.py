"""How an entity is declared: a frozen struct whose annotations carry the service's types.

An entity says each wire name once (camelCase of the attribute, unless `wire=` says otherwise), which properties may be
filtered, which open value sets they have, and what can be expanded. The tenant's columns, the OData model, `$metadata`,
OpenAPI and the client's decoding are all derived from `describe(entity)`.

Answers of the service may carry values that no page lists, and `$select` leaves properties out. Reading therefore never
fails on either: value sets are open (`OneOf`) and every property has a default.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

Edm = Literal[
    "Edm.String", "Edm.Boolean", "Edm.Byte", "Edm.Int32", "Edm.Int64", "Edm.Single", "Edm.Double", "Edm.Decimal",
    "Edm.DateTimeOffset", "Edm.TimeOfDay", "Edm.Guid",
]  # fmt: skip
NAMESPACE = "microsoft.windowsDefenderATP.api"
"""Of the service's schema; it stands before type names in contexts and in `$metadata`."""


class OneOf:
    """An open value set: the documented members, while other values are still read.

    `OneOf(AlertSeverity, "AlertSeverity")` takes a `Literal`, whose members are what filters may name, and the name
    that the set has in the service's schema.
    """

    def __init__(self, members: object, name: str) -> None:
        self.members: tuple[str, ...] = get_args(members)
        self.name = name

    def __repr__(self) -> str:
        return f"OneOf({self.name})"


@dataclass(frozen=True, slots=True)
class Is:
    """What a property is beyond its Python type."""

    edm: Edm | None = None
    filterable: bool = False
    any_case: bool = False
    """Comparisons ignore letter case, as clients rely on for host names."""
    required: bool = False
    """The service always sends it, though the attribute has no honest default and is None when left out."""
    note: str = ""


FILTERABLE = Is(filterable=True)
"""The service's pages list the property as filterable."""

INT32 = Is(edm="Edm.Int32")
SINGLE = Is(edm="Edm.Single")
GUID = Is(edm="Edm.Guid")
REQUIRED = Is(required=True)


class Complex(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A value inside an entity: no key, no address of its own."""

    READ_AS: ClassVar[Mapping[str, str]] = {}
    """Names that samples use → the name in the service's schema, for reading what an answer carries."""
    SAMPLES_IN_PASCAL: ClassVar[bool] = False
    """Samples write the names with a capital first letter, the schema without."""


class Entity(Complex, frozen=True, kw_only=True):
    """Something the service addresses by a key."""

    ENTITY_SET: ClassVar[str] = ""
    """Name in `@odata.context`, such as `Alerts`. Empty: the type is never listed on its own."""
    KEY: ClassVar[str] = "id"
    """Attribute that holds the key."""
    NAVIGATION: ClassVar[Mapping[str, str]] = {}
    """Wire name of a navigation property → type, for `$metadata`."""
    EXPANDABLE: ClassVar[tuple[str, ...]] = ()
    """Wire names that `$expand` accepts; they are empty in an answer that was not asked to expand them."""


@dataclass(frozen=True, slots=True)
class Property:
    """One declared property, as the rest of the program reads it."""

    attribute: str
    wire: str
    edm: str
    """`Edm.*`, the name of a complex type, or `object`."""
    is_collection: bool
    is_nullable: bool
    members: tuple[str, ...]
    enum_name: str
    """Name of the value set in the service's schema; empty for open types."""
    complex_type: type[Complex] | None
    is_filterable: bool
    any_case: bool
    note: str


_EDM: Mapping[type, Edm] = {
    str: "Edm.String",
    bool: "Edm.Boolean",
    int: "Edm.Int64",
    float: "Edm.Double",
    datetime: "Edm.DateTimeOffset",
}
OBJECT = "object"
"""The type of a member that may hold anything, such as a row of a query's result."""


@functools.cache
def describe(entity: type[Complex]) -> tuple[Property, ...]:
    """The declared properties of an entity or complex type, in declaration order."""
    hints = get_type_hints(entity, include_extras=True)
    wire = dict(zip(entity.__struct_fields__, entity.__struct_encode_fields__, strict=True))
    return tuple(_property(name, wire[name], hints[name]) for name in entity.__struct_fields__)


def _property(attribute: str, wire: str, hint: Any) -> Property:  # hint: any annotation
    notes: list[object] = []
    is_nullable = False
    is_collection = False
    while True:
        origin = get_origin(hint)
        if origin is Annotated:
            hint, *extras = get_args(hint)
            notes.extend(extras)
        elif origin in (Union, UnionType):
            is_nullable = True
            (hint,) = (part for part in get_args(hint) if part is not NoneType)
        elif origin in (list, tuple):
            is_collection = True
            hint = get_args(hint)[0]
        else:
            break
    facts = next((note for note in notes if isinstance(note, Is)), Is())
    values = next((note for note in notes if isinstance(note, OneOf)), None)
    complex_type = hint if isinstance(hint, type) and issubclass(hint, Complex) else None
    if complex_type is not None:
        edm = complex_type.__name__
    else:
        edm = facts.edm or (OBJECT if get_origin(hint) is dict else _EDM[hint])
    return Property(
        attribute=attribute,
        wire=wire,
        edm=edm,
        is_collection=is_collection,
        is_nullable=is_nullable and not facts.required,
        members=values.members if values else (),
        enum_name=values.name if values else "",
        complex_type=complex_type,
        is_filterable=facts.filterable,
        any_case=facts.any_case,
        note=facts.note,
    )


@functools.cache
def aliases(kind: type[Complex]) -> Mapping[str, str]:
    """Names that answers were seen with beside the schema's → the schema's, for this type alone."""
    pascal = {p.wire[:1].upper() + p.wire[1:]: p.wire for p in describe(kind)} if kind.SAMPLES_IN_PASCAL else {}
    return {**pascal, **kind.READ_AS}


def reachable(kinds: Iterable[type[Complex] | None]) -> list[type[Complex]]:
    """The given types and every type inside them, once each, by name."""
    found: dict[str, type[Complex]] = {}
    pending = [kind for kind in kinds if kind is not None]
    while pending:
        kind = pending.pop()
        if kind.__name__ not in found:
            found[kind.__name__] = kind
            pending += [p.complex_type for p in describe(kind) if p.complex_type is not None]
    return [found[name] for name in sorted(found)]


def key_of(entity: Entity) -> str:
    """The entity's key, as it stands in an address."""
    return str(getattr(entity, type(entity).KEY))


def declared_types() -> dict[str, type[Complex]]:
    """Every entity and complex type that is declared so far, by its name."""
    types: dict[str, type[Complex]] = {}
    pending: list[type[Complex]] = [Complex]
    while pending:
        for kind in pending.pop().__subclasses__():
            types[kind.__name__] = kind
            pending.append(kind)
    return types
