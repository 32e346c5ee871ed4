"""Functions and steps that are Python programs, and many queries at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.spec.hunting.conftest import column, compiled
from vedette.catalogue.tables import KqlType
from vedette.errors import ConfigurationError, QueryError, QueryFault
from vedette.hunting import Engine
from vedette.kql.compiled import Compiled, Stage, StageInput
from vedette.kql.kernels.kernel import KERNELS, PROCEDURES, Kernel

Declare = Callable[..., None]


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine({"W": [{"x": 1}, {"x": 2}, {"x": 3}]}) as engine:
        yield engine


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Declare:
    """Adds a kernel named `probe`."""

    def add(function: Callable[..., Any], *parameters: KqlType, returns: KqlType) -> None:
        monkeypatch.setitem(KERNELS, "probe", Kernel("probe", parameters, returns, function))

    return add


@pytest.mark.parametrize(
    ("kind", "sql", "given", "back"),
    [
        ("string", "'a'", "a", "a"),
        ("string", "NULL::VARCHAR", "", ""),
        ("bool", "true", True, True),
        ("int", "7::INTEGER", 7, 7),
        ("long", "9007199254740993", 9007199254740993, 9007199254740993),
        ("real", "0.5::DOUBLE", 0.5, 0.5),
        ("decimal", "1.5::DECIMAL(38, 18)", Decimal("1.5"), Decimal("1.5")),
        ("datetime", "621355968000000001", 621355968000000001, "1970-01-01T00:00:00.0000001Z"),
        ("timespan", "-1", -1, "-00:00:00.0000001"),
        ("guid", "'6f9619ff-8b86-d011-b42d-00c04fc964ff'", "6f9619ff-8b86-d011-b42d-00c04fc964ff", None),
        ("dynamic", "'{\"a\":[1,null]}'", {"a": [1, None]}, {"a": [1, None]}),
        ("dynamic", "'null'", None, None),
        ("dynamic", "''", None, None),
        ("long", "NULL::BIGINT", None, None),
    ],
)
def test_a_kernel_gets_and_gives_python_values(
    engine: Engine, declare: Declare, kind: KqlType, sql: str, given: object, back: object
) -> None:
    got: list[object] = []
    declare(lambda value: (got.append(value), value)[1], kind, returns=kind)

    (row,) = engine.run(compiled(f"SELECT kql_probe({sql}) AS x", ("x", kind))).json_rows()

    assert got == [given]
    if kind == "decimal":
        assert Decimal(row["x"]) == given
    else:
        assert row["x"] == (given if kind == "guid" else back)


def test_what_a_kernel_refuses_ends_the_query_with_its_words(engine: Engine, declare: Declare) -> None:
    def refuse(value: str) -> str:
        raise ValueError(f"{value} is not an address")

    declare(refuse, "string", returns="string")

    with pytest.raises(QueryError) as refused:
        engine.run(compiled("SELECT kql_probe('x') AS x", ("x", "string")))
    assert refused.value.message == "probe(): x is not an address"


def test_a_fault_of_a_kernel_is_called_one(engine: Engine, declare: Declare) -> None:
    declare(lambda value: value.nonsense, "string", returns="string")
    sql = "SELECT kql_probe('x') AS x"

    with pytest.raises(QueryFault, match=r"^probe\(\) failed \(AttributeError\)") as failed:
        engine.run(compiled(sql, ("x", "string")))
    assert failed.value.sql == sql


def doubled(tables: Any, options: Any) -> pa.Table:
    (table,) = tables
    return pa.table({"a": [value * options["by"] for value in table.column("x").to_pylist()]})


def staged(engine: Engine, monkeypatch: pytest.MonkeyPatch, procedure: Callable[..., Any]) -> list[dict[str, Any]]:
    monkeypatch.setitem(PROCEDURES, "probe", procedure)
    longs = (column("x", "long"),)
    first = Stage("stage_1", "probe", (StageInput('SELECT x FROM "W"', longs),), {"by": 10}, (column("y", "long"),))
    second = Stage(
        "stage_2", "probe", (StageInput('SELECT y + 1 AS x FROM "stage_1"', longs),), {"by": 2}, (column("z", "long"),)
    )
    query = compiled(
        'SELECT y, z FROM "stage_1" POSITIONAL JOIN "stage_2" ORDER BY y',
        ("y", "long"),
        ("z", "long"),
        tables=("W",),
        stages=(first, second),
    )
    return engine.run(query).rows()


def test_stages_run_in_order_and_later_sql_reads_their_rows(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert staged(engine, monkeypatch, doubled) == [{"y": 10, "z": 22}, {"y": 20, "z": 42}, {"y": 30, "z": 62}]


def test_stages_are_gone_after_the_query(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    staged(engine, monkeypatch, doubled)

    with pytest.raises(QueryFault):
        engine.run(compiled('SELECT * FROM "stage_1"', ("y", "long")))


def test_what_a_procedure_refuses(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(tables: object, options: object) -> pa.Table:
        raise ValueError("the step has no name")

    with pytest.raises(QueryError, match=r"^probe: the step has no name$"):
        staged(engine, monkeypatch, refuse)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT CAST('abc' AS BIGINT) AS x", "The query failed on a value: Could not convert string 'abc' to long"),
        ("SELECT 9223372036854775807 + range AS x FROM range(2)", "The query failed on a value: Overflow in addition"),
        ("SELECT error('own words')::BIGINT AS x", "The query failed on a value: own words"),
    ],
)
def test_a_value_that_does_not_fit_is_told_without_the_engines_noise(engine: Engine, sql: str, said: str) -> None:
    with pytest.raises(QueryError) as failed:
        engine.run(compiled(sql, ("x", "long")))

    assert failed.value.message.startswith(said)
    assert "\n" not in failed.value.message
    assert "LINE" not in failed.value.message


def test_sql_that_is_wrong_is_our_fault_and_kept_for_the_report(engine: Engine) -> None:
    with pytest.raises(QueryFault) as failed:
        engine.run(compiled("SELECT nonsense AS x", ("x", "long")))

    assert failed.value.sql == "SELECT nonsense AS x"
    assert failed.value.message.startswith("The query is valid and could not be run: ")
    assert "SELECT" not in str(failed.value)


def test_a_table_that_is_not_there(engine: Engine) -> None:
    with pytest.raises(QueryError, match=r"^There is no table named 'Nowhere'"):
        engine.run("Nowhere | take 1")


def squares(number: int) -> Compiled:
    return compiled(f'SELECT sum(x * {number}) AS n FROM "W"', ("n", "long"), tables=("W",))


def test_many_threads_query_at_once(engine: Engine) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda number: engine.run(squares(number)).rows()[0]["n"], range(100)))

    assert found == [6 * number for number in range(100)]


def test_many_tasks_query_at_once(engine: Engine) -> None:
    async def main() -> list[int]:
        results = await asyncio.gather(*(engine.run_async(squares(number)) for number in range(50)))
        return [result.rows()[0]["n"] for result in results]

    assert asyncio.run(main()) == [6 * number for number in range(50)]


def test_parameters_reach_the_query(engine: Engine) -> None:
    query = "declare query_parameters(least: long); W | where x >= least | summarize n = count()"

    assert engine.run(query, {"least": 2}).rows() == [{"n": 2}]


def test_an_engine_whose_database_broke_goes_on_with_a_new_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB refuses everything after a fault inside of it."""
    engine.run("W")
    with monkeypatch.context() as broken:
        broken.setattr("vedette.hunting.failures.is_lost", lambda error: True)
        with pytest.raises(QueryFault):
            engine.run(compiled("SELECT nonsense AS x", ("x", "long")))

    assert engine.run("W | summarize n = sum(x)").rows() == [{"n": 6}]


def test_a_closed_engine_says_so() -> None:
    engine = Engine()
    engine.close()

    with pytest.raises(ConfigurationError, match="the engine is closed"):
        engine.run("print 1")
