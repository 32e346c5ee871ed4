"""What a result looks like to Python, to JSON, and to programs that read Arrow."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas
import polars
import pyarrow as pa
import pytest

from tests.spec.hunting.conftest import compiled
from vedette.errors import ConfigurationError
from vedette.hunting import Engine, Result, ResultColumn
from vedette.kql.compiled import Render

NOON = "datetime(2026-03-01T12:00:00.1234567Z)"
ONE_OF_EACH = f"""
print s = "text", b = true, i = int(7), l = 9007199254740993, r = 0.5, m = decimal(1.50), t = {NOON},
      p = 1d + 2h + 3m + 4.5s, g = guid(6F9619FF-8B86-D011-B42D-00C04FC964FF), d = dynamic({{"a": [1, null]}})
"""
NULL_OF_EACH = """
print s = "", b = bool(null), i = int(null), l = long(null), r = real(null), m = decimal(null), t = datetime(null),
      p = timespan(null), g = guid(null), d = dynamic(null)
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


def test_columns_have_kql_types_and_the_services_names_for_them(engine: Engine) -> None:
    columns = engine.run(ONE_OF_EACH).columns

    assert [(column.type, column.service_type) for column in columns] == [
        ("string", "String"),
        ("bool", "SByte"),
        ("int", "Int32"),
        ("long", "Int64"),
        ("real", "Double"),
        ("decimal", "SqlDecimal"),
        ("datetime", "DateTime"),
        ("timespan", "TimeSpan"),
        ("guid", "Guid"),
        ("dynamic", "Object"),
    ]
    assert columns[0] == ResultColumn("s", "string")


def test_rows_hold_python_values(engine: Engine) -> None:
    (row,) = engine.run(ONE_OF_EACH).rows()

    assert row == {
        "s": "text",
        "b": True,
        "i": 7,
        "l": 9007199254740993,
        "r": 0.5,
        "m": Decimal("1.5"),
        "t": datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
        "p": timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=500),
        "g": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "d": {"a": [1, None]},
    }
    assert row["t"].tzinfo is UTC


def test_json_rows_are_printed_as_the_service_prints_them(engine: Engine) -> None:
    """Times: ISO 8601 in UTC with seven fraction digits and Z (the API's page); spans: the constant format of .NET."""
    (row,) = engine.run(ONE_OF_EACH).json_rows()

    assert row["t"] == "2026-03-01T12:00:00.1234567Z"
    assert row["p"] == "1.02:03:04.5000000"
    assert row["b"] is True
    assert row["d"] == {"a": [1, None]}
    assert Decimal(row["m"]) == Decimal("1.5")


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("datetime(2026-03-01)", "2026-03-01T00:00:00.0000000Z"),
        ("datetime(0001-01-01)", "0001-01-01T00:00:00.0000000Z"),
        ("datetime(9999-12-31T23:59:59.9999999Z)", "9999-12-31T23:59:59.9999999Z"),
        ("0s", "00:00:00"),
        ("-1.5h", "-01:30:00"),
        ("1tick", "00:00:00.0000001"),
        ("real(nan)", "NaN"),
        ("real(+inf)", "Infinity"),
        ("real(-inf)", "-Infinity"),
    ],
)
def test_special_values_in_json(engine: Engine, value: str, printed: str) -> None:
    assert engine.run(f"print x = {value}").json_rows() == [{"x": printed}]


def test_null_is_none_and_text_is_never_null(engine: Engine) -> None:
    result = engine.run(NULL_OF_EACH)
    nothing = dict.fromkeys("bilrmtpgd")

    assert result.rows() == [{"s": "", **nothing}]
    assert result.json_rows() == [{"s": "", **nothing}]
    assert result.arrow().to_pylist() == [{"s": "", **nothing}]


def test_the_whole_result_as_json_text(engine: Engine) -> None:
    result = engine.run('print a = "é", d = dynamic([{"b": 1.5}]), n = real(nan)')

    assert json.loads(result.json()) == [{"a": "é", "d": [{"b": 1.5}], "n": "NaN"}]


def test_arrow_keeps_ticks(engine: Engine) -> None:
    table = engine.run(ONE_OF_EACH).arrow()

    assert {field.name: str(field.type) for field in table.schema} == {
        "s": "string",
        "b": "bool",
        "i": "int32",
        "l": "int64",
        "r": "double",
        "m": str(table.schema.field("m").type),
        "t": "timestamp[ns, tz=UTC]",
        "p": "duration[ns]",
        "g": "string",
        "d": "string",
    }
    assert pa.types.is_decimal(table.schema.field("m").type)
    assert table.column("t").cast(pa.int64()).to_pylist() == [1772366400123456700]
    assert table.column("d").to_pylist() == ['{"a":[1,null]}']


def test_a_time_that_nanoseconds_cannot_tell_makes_the_column_one_of_microseconds(engine: Engine) -> None:
    table = engine.run("datatable(t: datetime) [datetime(1500-01-01), datetime(2026-03-01T00:00:00.1234567Z)]").arrow()

    assert str(table.schema.field("t").type) == "timestamp[us, tz=UTC]"
    assert sorted(table.column("t").cast(pa.int64()).to_pylist()) == [-14831769600000000, 1772323200123456]


def test_times_before_1970_are_cut_towards_the_past(engine: Engine) -> None:
    (row,) = engine.run("print t = datetime(1969-12-31T23:59:59.9999999Z), p = -1tick").rows()

    assert row == {"t": datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "p": timedelta(microseconds=-1)}


def test_polars_gets_the_same_types(engine: Engine) -> None:
    frame = engine.run("print n = 1, t = datetime(2026-03-01)").polars()

    assert frame.schema == {"n": polars.Int64(), "t": polars.Datetime("ns", "UTC")}


def test_pandas_loses_no_digit_where_values_are_missing(engine: Engine) -> None:
    frame = engine.run(
        "datatable(n: long, i: int, yes: bool, t: datetime, r: real)"
        "[9007199254740993, 7, true, datetime(2026-03-01 10:00:00.1234567), 0.5,"
        "long(null), int(null), bool(null), datetime(null), real(null)] | sort by n desc"
    ).pandas()

    assert [str(type) for type in frame.dtypes] == ["Int64", "Int32", "boolean", "datetime64[ns, UTC]", "float64"]
    assert frame.iloc[0].tolist() == [9007199254740993, 7, True, pandas.Timestamp("2026-03-01T10:00:00.1234567Z"), 0.5]
    assert frame.iloc[1].isna().all()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_missing_library_is_named(engine: Engine, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    result = engine.run("print 1")

    with pytest.raises(ConfigurationError) as refused:
        getattr(result, library)()

    assert refused.value.hint == f"pip install {library}"


def test_an_empty_result_has_columns_and_no_rows(engine: Engine) -> None:
    result = engine.run("DeviceInfo | project DeviceName, Timestamp")

    assert [tuple(column) for column in result.columns] == [("DeviceName", "string"), ("Timestamp", "datetime")]
    assert (len(result), result.rows(), result.json_rows(), result.json()) == (0, [], [], b"[]")
    assert result.arrow().num_rows == 0


def test_a_result_is_iterated_by_rows(engine: Engine) -> None:
    assert [row["x"] for row in engine.run("range x from 1 to 3 step 1 | sort by x asc")] == [1, 2, 3]


def test_columns_that_differ_in_letter_case_only_stay_apart(engine: Engine) -> None:
    result = engine.run('print Id = 1, ID = "b"')

    assert result.rows() == [{"Id": 1, "ID": "b"}]


def test_a_dynamic_column_of_telemetry_that_is_no_json_is_text(engine: Engine) -> None:
    """Recorded AdditionalFields are not always JSON."""
    result = engine.run(compiled("SELECT 'not json' AS d UNION ALL SELECT ''", ("d", "dynamic")))

    assert result.rows() == [{"d": "not json"}, {"d": None}]


def test_statistics_tell_what_was_read_and_what_is_missing() -> None:
    with Engine({"W": [{"x": 1}, {"x": 2}]}) as engine:
        stats = engine.run("W | where x in (DeviceInfo | project DeviceName | take 0 | summarize c = count())").stats

    assert (stats.rows, stats.tables, stats.empty_tables) == (0, ("DeviceInfo", "W"), ("DeviceInfo",))
    assert stats.seconds >= 0
    assert stats.cpu_seconds >= 0


def test_how_to_draw_it_comes_with_the_result(engine: Engine) -> None:
    chart = Render("barchart", {"title": "t"})

    result: Result = engine.run(compiled("SELECT 1 AS x", ("x", "long"), render=chart))

    assert result.render == chart


def test_further_results_of_a_query_have_names(engine: Engine) -> None:
    query = compiled(
        "SELECT 1 AS x", ("x", "long"), parts=(("b", "SELECT 2 AS y", compiled("", ("y", "long")).columns),)
    )

    assert {name: part.rows() for name, part in engine.run(query).parts.items()} == {"b": [{"y": 2}]}
