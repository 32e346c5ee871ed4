"""How a hunting table is declared: a name, what it holds, and one text row per column.

`table()` reads the rows that the family modules keep. A row is `Name type`, followed by two or more spaces and what the
column means when that is particular to the table; a column without a meaning of its own takes the one that
`glossary.MEANINGS` gives its name. The order of the rows is the documented order of the columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from vedette.catalogue.tables.glossary import MEANINGS

KqlType = Literal["string", "bool", "int", "long", "real", "decimal", "datetime", "timespan", "guid", "dynamic"]
"""The scalar types of Kusto, by their short names."""

Basis = Literal[
    "schema reference", "table page", "documented example", "recorded sample", "public queries", "community"
]
"""How sure a value is: listed in the product's schema reference or on the table's page, printed in a documented
example, present in a recorded row, used by published queries, or listed by users."""

ENDPOINT = "MDE"
VULNERABILITY_MANAGEMENT = "MDE (vulnerability management)"
ALL_PRODUCTS = "all products (alerts)"
OFFICE = "Defender for Office 365"
IDENTITY = "Defender for Identity"
ENTRA = "Entra ID"
CLOUD_APPS = "Defender for Cloud Apps"
CLOUD_APPS_UEBA = "Defender for Cloud Apps / UEBA"
CLOUD = "Defender for Cloud"
PURVIEW = "Purview"
EXPOSURE = "Exposure Management"
DISRUPTION = "XDR attack disruption"
AGENTS = "AI agents (Agent 365 / Copilot Studio)"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a hunting table."""

    name: str
    type: KqlType
    description: str


@dataclass(frozen=True, slots=True)
class ActionType:
    """A value of a table's `ActionType` column. The service may send others: lists of it are not complete."""

    value: str
    meaning: str
    basis: Basis = "schema reference"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the hunting schema, columns in their documented order."""

    name: str
    description: str
    columns: tuple[Column, ...]
    product: str
    preview: bool = False
    deprecated: str = ""
    """What replaced the table, or until when it is there. Empty: in use."""
    action_types: tuple[ActionType, ...] = ()
    as_of: str = "2026-07"
    """Month of the documentation that the columns follow."""
    _by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {column.name: column for column in self.columns})

    def column(self, name: str) -> Column:
        """The column of this name. Names are case-sensitive: some tables have both `LogonId` and `LogonID`.

        Raises: `KeyError` when there is none.
        """
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @property
    def mde_table(self) -> bool:
        """Whether Defender for Endpoint fills the table, so that `/api/advancedqueries/run` reaches it."""
        return self.product in (ENDPOINT, VULNERABILITY_MANAGEMENT)

    @property
    def time_column(self) -> str | None:
        """The column that says when: `Timestamp`, or None for snapshot tables without a time."""
        return "Timestamp" if "Timestamp" in self._by_name else None


def table(
    name: str,
    description: str,
    *,
    product: str,
    columns: str,
    preview: bool = False,
    deprecated: str = "",
    action_types: str = "",
    as_of: str = "2026-07",
) -> Table:
    """A table from its text rows.

    Raises: `ValueError` when a row has an unknown type, no meaning anywhere, or a name twice.
    """
    read = tuple(_columns(name, columns))
    if len({column.name for column in read}) != len(read):
        raise ValueError(f"{name} declares a column twice")
    return Table(
        name=name,
        description=description,
        columns=read,
        product=product,
        preview=preview,
        deprecated=deprecated,
        action_types=tuple(_action_types(name, action_types)),
        as_of=as_of,
    )


def _columns(table: str, rows: str) -> Iterator[Column]:
    types = get_args(KqlType)
    for row in rows.strip().splitlines():
        name, type_, *rest = row.split(maxsplit=2)
        meaning = rest[0] if rest else MEANINGS.get(name, "")
        if type_ not in types or not meaning:
            raise ValueError(f"{table}.{name}: a row needs a KQL type and a meaning (or one in the glossary)")
        yield Column(name, cast("KqlType", type_), meaning)


_ACTION = re.compile(r"(?P<value>\S+(?: \S+)*?) {2,}(?P<meaning>.+?)(?: \[(?P<basis>[a-z ]+)\])?")


def _action_types(table: str, rows: str) -> Iterator[ActionType]:
    for row in rows.strip().splitlines():
        found = _ACTION.fullmatch(row.strip())
        basis = found["basis"] or "schema reference" if found else ""
        if not found or basis not in get_args(Basis):
            raise ValueError(f"{table}: an action type is `Value  meaning [basis]`: {row.strip()}")
        yield ActionType(found["value"], found["meaning"], cast("Basis", basis))
