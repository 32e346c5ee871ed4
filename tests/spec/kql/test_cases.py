"""Every `.kql` case of this folder gives what the documentation says, on every engine there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.spec.kql.cases import Case, expected_value, read_cases, same
from vedette.errors import QueryError
from vedette.hunting import Engine

NOW = datetime(2024, 3, 15, 12, 30, 45, 123456, tzinfo=UTC)
CASES = [case for file in sorted(Path(__file__).parent.glob("*.kql")) for case in read_cases(file)]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as embedded:
        yield embedded


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, engine: Engine) -> None:
    if case.error:
        with pytest.raises(QueryError) as refused:
            engine.run(case.query, now=NOW)
        assert case.error in str(refused.value)
        return

    result = engine.run(case.query, now=NOW)

    types = {column.name: column.type for column in result.columns}
    assert [column.name for column in result.columns] == [name for name, _ in case.columns]
    declared = {name: type for name, type in case.columns if type}
    assert {name: types[name] for name in declared} == declared
    expected = [
        [expected_value(cell, types[name]) for cell, (name, _) in zip(row, case.columns, strict=True)]
        for row in case.rows
    ]
    actual = [[_plain(row[name], types[name]) for name, _ in case.columns] for row in result.json_rows()]
    if case.any_order:
        assert_same_rows(expected, actual)
    else:
        assert len(actual) == len(expected), actual
        for wanted, got in zip(expected, actual, strict=True):
            assert same(wanted, got), f"expected {wanted}\n     got {got}"


def assert_same_rows(expected: list[list[Any]], actual: list[list[Any]]) -> None:  # values of all types
    """The same rows, in whatever order."""
    left = list(actual)
    for wanted in expected:
        found = next((row for row in left if same(wanted, row)), None)
        assert found is not None, f"{wanted} is missing; left over: {left}"
        left.remove(found)
    assert left == []


def _plain(value: Any, type: str) -> Any:  # values of all types
    if type == "decimal" and value is not None:
        text = format(Decimal(str(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value


def test_every_case_names_its_source() -> None:
    assert [case.id for case in CASES if not case.source] == []
