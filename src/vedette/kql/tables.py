"""Tables that a query may name: their columns, as the binder reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from vedette.catalogue.tables import TABLES, KqlType, Table
from vedette.kql.schema import Encoding


class TableColumn(NamedTuple):
    """A column: the name that queries use, its type, its name in the engine, and how a datetime is stored there."""

    name: str
    type: KqlType
    stored: str
    encoding: Encoding = ""


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table, under the name that queries use and the name that the engine has for it."""

    name: str
    columns: tuple[TableColumn, ...]
    stored: str = ""

    @property
    def engine_name(self) -> str:
        """What SQL calls it."""
        return self.stored or self.name


Tables = Mapping[str, TableSchema]


def hunting_table(table: Table, stored: Callable[[str], Mapping[str, str]] | None = None) -> TableSchema:
    """The schema of a table of the catalogue. Two of its names may differ by letter case only; `stored` names them
    apart (`telemetry.parquet.stored_names` does as the files do)."""
    names = stored(table.name) if stored else _names_apart(table)
    return TableSchema(
        table.name,
        tuple(
            TableColumn(column.name, column.type, names[column.name], "ns" if column.type == "datetime" else "")
            for column in table.columns
        ),
    )


def _names_apart(table: Table) -> Mapping[str, str]:
    seen: dict[str, int] = {}
    names = {}
    for column in table.columns:
        times = seen.get(column.name.lower(), 0)
        names[column.name] = f"{column.name}_{times}" if times else column.name
        seen[column.name.lower()] = times + 1
    return names


def hunting_tables() -> dict[str, TableSchema]:
    """All tables of advanced hunting."""
    return {name: hunting_table(table) for name, table in TABLES.items()}
