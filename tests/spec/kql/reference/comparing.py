"""Runs a program on both sides, compares the answers, and makes a failing program small."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.spec.kql.cases import same
from tests.spec.kql.reference.queries import answer
from tests.spec.kql.reference.terms import Program
from tests.spec.kql.reference.values import Table, Unspecified, shown
from vedette.errors import QueryError
from vedette.hunting import Engine

NOW = datetime(2024, 3, 15, 12, 30, 45, 123456, tzinfo=UTC)
Rows = list[list[Any]]


@dataclass(frozen=True)
class Answer:
    """Columns and rows, as the service's answers show values."""

    columns: list[tuple[str, str]]
    rows: Rows
    ordered: bool = False

    def __str__(self) -> str:
        head = " | ".join(f"{name}: {kind}" for name, kind in self.columns)
        return "\n".join(
            [head, *(" | ".join(json.dumps(cell, ensure_ascii=False) for cell in row) for row in self.rows)]
        )


@dataclass(frozen=True)
class Disagreement:
    """A program with two answers."""

    program: Program
    kind: str
    expected: Answer
    given: Answer | str

    def __str__(self) -> str:
        order = " (in this order)" if self.expected.ordered else ""
        return f"{self.program.text()}\n== expected{order}\n{self.expected}\n== the engine: {self.kind}\n{self.given}"


def expected_answer(query: str, tables: dict[str, Table]) -> Answer:
    found = answer(query, tables)
    rows = [[shown(kind, value) for (_, kind), value in zip(found.columns, row, strict=True)] for row in found.rows]
    return Answer([(name, kind) for name, kind in found.columns], rows, found.ordered)


def engine_answer(engine: Engine, query: str) -> Answer:
    """Raises: QueryError."""
    found = engine.run(query, now=NOW)
    names = [column.name for column in found.columns]
    rows = [[row[name] for name in names] for row in found.json_rows()]
    return Answer([(column.name, column.type) for column in found.columns], rows)


def difference(expected: Answer, given: Answer) -> str:
    """What is different; nothing when the answers are the same. Rows count in any order unless it is defined."""
    if [tuple(column) for column in expected.columns] != [tuple(column) for column in given.columns]:
        return "other columns"
    if len(expected.rows) != len(given.rows):
        return "another number of rows"
    if expected.ordered:
        return "" if all(_same_row(*pair) for pair in zip(expected.rows, given.rows, strict=True)) else "other rows"
    left = list(given.rows)
    for row in expected.rows:
        at = next((at for at, other in enumerate(left) if _same_row(row, other)), None)
        if at is None:
            return "other rows"
        del left[at]
    return ""


def _same_row(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return all(same(*cells) for cells in zip(one, other, strict=True))


def compared(engine: Engine, program: Program, *, stored: bool = False) -> Disagreement | None:
    """The disagreement over a program, if there is one. stored: the engine has the program's tables."""
    expected = expected_answer(program.query(), dict(program.tables))
    try:
        given = engine_answer(engine, program.query() if stored else program.text())
    except QueryError as error:
        return Disagreement(program, type(error).__name__, expected, str(error))
    different = difference(expected, given)
    return Disagreement(program, different, expected, given) if different else None


def smallest(engine: Engine, program: Program, found: Disagreement, *, tries: int = 2000) -> Disagreement:
    """The disagreement over a program that cannot be made smaller and still has the same kind of disagreement."""
    while tries > 0:
        for smaller in program.smaller():
            tries -= 1
            again = _still(engine, smaller, found.kind)
            if again is not None:
                program, found = smaller, again
                break
            if tries <= 0:
                break
        else:
            break
    return found


def _still(engine: Engine, program: Program, kind: str) -> Disagreement | None:
    try:
        again = compared(engine, program)
    except (Unspecified, TypeError, KeyError, ValueError, IndexError, AssertionError, AttributeError, QueryError):
        return None  # not a program any more
    return again if again is not None and again.kind == kind else None
