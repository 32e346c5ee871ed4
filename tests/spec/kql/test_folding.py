"""What is computed while compiling is what the engine computes from rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from vedette.hunting import Engine
from vedette.kql import compile_query, hunting_tables

NOW = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)
TIMES = ("datetime(2024-02-29 12:30:45.1234567)", "datetime(0001-01-07)", "datetime(1969-12-31 23:59:59.9999999)")
WHOLES = ("7", "-7", "0")
SPANS = ("90m", "-36h", "1tick")
OF_TIMES = (
    "startofday(x)", "startofweek(x, 1)", "startofmonth(x, 14)", "startofyear(x, 1)", "endofday(x)", "endofweek(x)",
    "endofmonth(x, -0)", "endofyear(x, 2)", "dayofweek(x)", "dayofmonth(x)", "dayofyear(x)", "hourofday(x)",
    "week_of_year(x)", "weekofyear(x)", "monthofyear(x)", "getmonth(x)", "getyear(x)", "datetime_part('quarter', x)",
    "datetime_add('month', 1, x)", "datetime_diff('week', x, datetime(2000-01-01))", "x + 1d", "bin(x, 7d)",
    "bin_at(x, 1d, datetime(2017-01-01 12:00))", "x - datetime(2000-01-01)", "x % 1h", "tostring(x)",
    "format_datetime(x, 'yyyy-M-dd hh:mm:ss.fffffff tt')", "format_datetime(x, 'yy.FFF')",
)  # fmt: skip
OF_WHOLES = ("x + 3", "x - 3", "x * 3", "x / 2", "x % 3", "-x", "bin(x, 5)", "tostring(x)", "toreal(x)", "x > 0")
OF_SPANS = ("x + 1h", "x * 3", "x / 7", "x * 0.3", "x % 1h", "-x", "bin(x, 1h)", "tostring(x)", "x / 1h")
CASES = [
    (kind, value, expression)
    for kind, values, expressions in (
        ("datetime", TIMES, OF_TIMES),
        ("long", WHOLES, OF_WHOLES),
        ("timespan", SPANS, OF_SPANS),
    )
    for value in values
    for expression in expressions
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as embedded:
        yield embedded


@pytest.mark.parametrize(("kind", "value", "expression"), CASES)
def test_a_constant_gives_what_a_row_gives(engine: Engine, kind: str, value: str, expression: str) -> None:
    folded = engine.run(f"let x = {value}; print given = {expression}", now=NOW)
    computed = engine.run(f"datatable(x: {kind}) [{value}] | project given = {expression}", now=NOW)

    assert folded.json_rows() == computed.json_rows()


@pytest.mark.parametrize(
    ("query", "sql"),
    [
        ("print ago(1d)", "638447202000000000"),
        ("print startofday(now()) - 1h", "638447580000000000"),
        ("print 1h / 1m * 2", "120.0"),
        ("print strcat('a', 1)", "'a1'"),
    ],
)
def test_constants_reach_the_engine_computed(query: str, sql: str) -> None:
    compiled = compile_query(query, hunting_tables(), now=NOW)

    assert sql in compiled.sql
