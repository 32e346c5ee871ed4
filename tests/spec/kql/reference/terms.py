"""Pieces of KQL text that can be made smaller: a failing program is shown in its smallest form that still fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.spec.kql.reference.literals import literal
from tests.spec.kql.reference.values import Table
from vedette.catalogue.tables import KqlType

SIMPLEST: dict[KqlType, tuple[str, ...]] = {
    "string": ('"a"', '""'), "bool": ("true", "bool(null)"), "int": ("int(1)", "int(null)"),
    "long": ("1", "long(null)"), "real": ("1.5", "real(null)"), "datetime": ("datetime(2024-01-01)", "datetime(null)"),
    "timespan": ("1h", "time(null)"), "guid": ("guid(null)",), "dynamic": ("dynamic([1])", "dynamic(null)"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Items:
    """A list of which items may go, down to a number."""

    items: tuple[Term, ...]
    least: int = 1
    before: str = ""
    """Stands before the items when there are any."""

    def text(self) -> str:
        return self.before + ", ".join(item.text() for item in self.items) if self.items else ""

    def smaller(self) -> Iterator[Items]:
        if len(self.items) > self.least:
            for at in range(len(self.items)):
                yield replace(self, items=self.items[:at] + self.items[at + 1 :])
        for at, item in enumerate(self.items):
            for one in item.smaller():
                yield replace(self, items=(*self.items[:at], one, *self.items[at + 1 :]))


@dataclass(frozen=True, slots=True)
class Term:
    """An expression of a type, or (without a type) anything else that is made of pieces."""

    parts: tuple[str | Term | Items, ...]
    type: KqlType | None = None

    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text() for part in self.parts)

    def size(self) -> int:
        return len(self.text())

    def smaller(self) -> Iterator[Term]:
        """Terms that could stand in its place, the simplest first."""
        if self.type:
            own = self.text()
            simple = SIMPLEST[self.type]
            if own not in simple:
                yield from (Term((one,), self.type) for one in simple if len(one) < len(own))
            yield from (part for part in self.parts if isinstance(part, Term) and part.type == self.type)
            for part in self.parts:
                if isinstance(part, Term):
                    yield from (below for below in part.parts if isinstance(below, Term) and below.type == self.type)
        for at, part in enumerate(self.parts):
            if not isinstance(part, str):
                for one in part.smaller():
                    yield replace(self, parts=(*self.parts[:at], one, *self.parts[at + 1 :]))


@dataclass(frozen=True, slots=True)
class Program:
    """A query over tables of its own."""

    tables: tuple[tuple[str, Table], ...]
    lets: tuple[Term, ...]
    source: Term
    steps: tuple[Term, ...] = ()

    def query(self) -> str:
        """The query, without the tables."""
        lets = "".join(f"{one.text()};\n" for one in self.lets)
        return lets + "\n| ".join([self.source.text(), *(step.text() for step in self.steps)])

    def text(self) -> str:
        """The query with its tables as literals."""
        return "".join(f"let {name} = {datatable(table)};\n" for name, table in self.tables) + self.query()

    def smaller(self) -> Iterator[Program]:
        """Programs with something less."""
        for at in range(len(self.steps)):
            yield replace(self, steps=self.steps[:at] + self.steps[at + 1 :])
        for at in range(len(self.lets)):
            yield replace(self, lets=self.lets[:at] + self.lets[at + 1 :])
        for at, (name, table) in enumerate(self.tables):
            for row in range(len(table.rows)):
                fewer = Table(table.columns, table.rows[:row] + table.rows[row + 1 :])
                yield replace(self, tables=(*self.tables[:at], (name, fewer), *self.tables[at + 1 :]))
            if name not in self.query().replace("(", " ").replace(")", " ").replace(",", " ").split():
                yield replace(self, tables=self.tables[:at] + self.tables[at + 1 :])
        for at, step in enumerate(self.steps):
            for one in step.smaller():
                yield replace(self, steps=(*self.steps[:at], one, *self.steps[at + 1 :]))
        for at, one_let in enumerate(self.lets):
            for one in one_let.smaller():
                yield replace(self, lets=(*self.lets[:at], one, *self.lets[at + 1 :]))
        for one in self.source.smaller():
            yield replace(self, source=one)
        for at, (name, table) in enumerate(self.tables):
            for column in range(len(table.columns)):
                if len(table.columns) > 1:
                    narrow = Table(_without(table.columns, column), [_without(row, column) for row in table.rows])
                    yield replace(self, tables=(*self.tables[:at], (name, narrow), *self.tables[at + 1 :]))


def _without(items: Sequence[Any], at: int) -> list[Any]:
    return [*items[:at], *items[at + 1 :]]


def datatable(table: Table) -> str:
    """A table as text."""
    columns = ", ".join(f"{name}: {kind}" for name, kind in table.columns)
    cells = [[literal(kind, value) for (_, kind), value in zip(table.columns, row, strict=True)] for row in table.rows]
    body = ",\n    ".join(", ".join(row) for row in cells)
    return f"datatable({columns}) [\n    {body}\n]" if body else f"datatable({columns}) []"
