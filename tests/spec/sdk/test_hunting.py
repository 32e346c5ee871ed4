"""`defender.hunt`: a query with values that are never pasted into its text, and rows with types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import httpx2
import pytest

from vedette import AsyncDefender, Defender
from vedette.client.hunting import HuntingColumn, constant, with_parameters
from vedette.hunting import Engine

ANSWER = {
    "Schema": [
        {"Name": "At", "Type": "DateTime"},
        {"Name": "Took", "Type": "TimeSpan"},
        {"Name": "Name", "Type": "String"},
        {"Name": "Count", "Type": "Int64"},
        {"Name": "Known", "Type": "SByte"},
        {"Name": "More", "Type": "Object"},
    ],
    "Results": [
        {
            "At": "2026-11-20T10:11:12.1234567Z",
            "Took": "-1.02:03:04.5000000",
            "Name": "cmd.exe",
            "Count": 9007199254740993,
            "Known": True,
            "More": {"a": [1, None]},
        },
        {"At": None, "Took": None, "Name": "", "Count": None, "Known": None, "More": None},
    ],
}


class Token:
    token = "not-a-secret"
    expires_on = 4_000_000_000

    def get_token(self, *scopes: str, **options: object) -> Token:
        return self


class Service:
    """Answers every call alike, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(json.loads(request.content))
        return httpx2.Response(200, json=ANSWER)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def defender(service: Service) -> Iterator[Defender]:
    with Defender(Token(), transport=httpx2.MockTransport(service)) as client:
        yield client


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as embedded:
        yield embedded


def test_rows_have_python_values_of_the_columns_types(defender: Defender) -> None:
    result = defender.hunt("Anything")

    assert result.columns[0] == HuntingColumn("At", "datetime")
    assert len(result) == 2
    assert result.rows() == [
        {
            "At": datetime(2026, 11, 20, 10, 11, 12, 123456, tzinfo=UTC),
            "Took": -timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=500),
            "Name": "cmd.exe",
            "Count": 9007199254740993,
            "Known": True,
            "More": {"a": [1, None]},
        },
        {"At": None, "Took": None, "Name": "", "Count": None, "Known": None, "More": None},
    ]


def test_arrow_keeps_all_seven_digits(defender: Defender) -> None:
    table = defender.hunt("Anything").arrow()

    assert str(table.schema.field("At").type) == "timestamp[ns, tz=UTC]"
    assert table.column("At")[0].value % 1_000_000_000 == 123_456_700
    assert table.column("More").to_pylist() == ['{"a": [1, null]}', None]


def test_polars_frames_come_from_arrow(defender: Defender) -> None:
    frame = defender.hunt("Anything").polars()

    assert frame.columns == ["At", "Took", "Name", "Count", "Known", "More"]
    assert frame["Count"].to_list() == [9007199254740993, None]


def test_parameters_become_let_statements(defender: Defender, service: Service) -> None:
    defender.hunt("T | where Name in~ (names)", {"names": ['a"b', "c\\d"], "low": 5})

    assert service.asked == [
        {"Query": 'let names = dynamic(["a\\"b", "c\\\\d"]);\nlet low = long(5);\nT | where Name in~ (names)'}
    ]


async def _hunted(service: Service) -> list[dict[str, object]]:
    async with AsyncDefender(Token(), transport=httpx2.MockTransport(service)) as client:
        return (await client.hunt("T", {"x": 1})).rows()


def test_the_async_client_hunts_alike(service: Service) -> None:
    import asyncio

    rows = asyncio.run(_hunted(service))

    assert rows[0]["Name"] == "cmd.exe"
    assert service.asked == [{"Query": "let x = long(1);\nT"}]


@pytest.mark.parametrize(
    ("value", "type", "printed"),
    [
        ("a\"b\\c'd\n\t\x00e", "string", "a\"b\\c'd\n\t\x00e"),
        ("naïve 🜁 名", "string", "naïve 🜁 名"),
        (True, "bool", True),
        (-(2**63) + 1, "long", -(2**63) + 1),
        (0.1, "real", 0.1),
        (float("inf"), "real", "Infinity"),
        (Decimal("1.25"), "decimal", "1.25"),
        (datetime(2024, 2, 29, 1, 2, 3, 456789, tzinfo=UTC), "datetime", "2024-02-29T01:02:03.4567890Z"),
        (date(2024, 2, 29), "datetime", "2024-02-29T00:00:00.0000000Z"),
        (-timedelta(days=1, microseconds=1), "timespan", "-1.00:00:00.0000010"),
        (UUID("12345678-1234-5678-1234-567812345678"), "guid", "12345678-1234-5678-1234-567812345678"),
        ({"k": [1, "x", None]}, "dynamic", {"k": [1, "x", None]}),
        (None, "dynamic", None),
    ],
)
def test_a_constant_means_its_value(engine: Engine, value: object, type: str, printed: object) -> None:
    result = engine.run(f"print v = {constant(value)}")

    assert result.columns[0].type == type
    (row,) = result.json_rows()
    assert (row["v"].rstrip("0") if type == "decimal" else row["v"]) == printed


def test_a_value_cannot_change_the_query(engine: Engine) -> None:
    hostile = '" | union DeviceInfo //'

    assert engine.run(with_parameters("print v = x", {"x": hostile})).json_rows() == [{"v": hostile}]


@pytest.mark.parametrize("name", ["a b", "1a", "x;y", ""])
def test_a_name_that_kql_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a value in KQL"):
        with_parameters("T", {name: 1})


def test_a_value_without_a_constant_is_refused() -> None:
    with pytest.raises(TypeError, match="has no constant in KQL"):
        constant(object())
