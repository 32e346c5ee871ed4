"""Every way to write a constant, and the value it has.

Source: the pages on scalar data types in Kusto's reference.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from vedette.errors import QuerySyntaxError
from vedette.kql import syntax as s
from vedette.kql.parser import parse

SECOND = 10_000_000
DAY = 86_400 * SECOND


def literal(text: str) -> s.Literal:
    """The constant that `print text` prints."""
    statement = parse(f"print {text}").statements[0]
    assert isinstance(statement, s.Evaluated)
    assert isinstance(statement.value, s.Print)
    value = statement.value.columns[0].value
    assert isinstance(value, s.Literal)
    return value


def ticks(year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return (moment - datetime(1, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"a"', "a"),
        ("'it\\'s'", "it's"),
        ('"it\'s"', "it's"),
        (r'"C:\\Temp"', r"C:\Temp"),
        (r'"\u00e9\x41\101\t\n\0"', "éAA\t\n\0"),
        (r'"\U0001F600\ud83d\ude00"', "😀😀"),
        (r'@"C:\Temp"', r"C:\Temp"),
        ('@"say ""hi"""', 'say "hi"'),
        ("@'it''s'", "it's"),
        ('h"secret"', "secret"),
        ("H@'secret'", "secret"),
        ('```two\nlines with \\ and "```', 'two\nlines with \\ and "'),
        ("~~~with ``` inside~~~", "with ``` inside"),
        ("\"a\" 'b' @'\\'", "ab\\"),
        ("''", ""),
        ('"// no comment"', "// no comment"),
    ],
)
def test_texts(written: str, text: str) -> None:
    assert literal(written).type == "string"
    assert literal(written).value == text


@pytest.mark.parametrize("written", ['"a', "'a\nb'", r'"\q"', r'"\u12"', '@"a', "```a", '@"a\nb"', '"a\\\nb"'])
def test_texts_that_are_never_closed_or_escape_nothing(written: str) -> None:
    with pytest.raises(QuerySyntaxError):
        parse(f"print {written}")


@pytest.mark.parametrize(
    ("written", "type_", "value"),
    [
        ("12", "long", 12),
        ("0x1F", "long", 31),
        ("9223372036854775807", "long", 2**63 - 1),
        ("-9223372036854775808", "long", -(2**63)),
        ("long(-5)", "long", -5),
        ("long(null)", "long", None),
        ("int(5)", "int", 5),
        ("int(0xff)", "int", 255),
        ("1.5", "real", 1.5),
        ("1e5", "real", 1e5),
        ("1.5E-3", "real", 0.0015),
        ("1.", "real", 1.0),
        ("real(2)", "real", 2.0),
        ("double(1.5)", "real", 1.5),
        ("real(+inf)", "real", math.inf),
        ("real(-inf)", "real", -math.inf),
        ("real(null)", "real", None),
        ("decimal(1.10)", "decimal", Decimal("1.10")),
        ("decimal(1e5)", "decimal", Decimal("1e5")),
        ("true", "bool", True),
        ("False", "bool", False),
        ("bool(1)", "bool", True),
        ("bool(null)", "bool", None),
        ("guid(74BE27DE-1E4E-49D9-B579-FE0B331D3642)", "guid", "74be27de-1e4e-49d9-b579-fe0b331d3642"),
        ('guid("74be27de-1e4e-49d9-b579-fe0b331d3642")', "guid", "74be27de-1e4e-49d9-b579-fe0b331d3642"),
        ("guid(null)", "guid", None),
    ],
)
def test_numbers_truth_and_guids(written: str, type_: str, value: object) -> None:
    assert literal(written) == s.Literal(type_, value)  # type: ignore[arg-type]  # the table holds names of types


def test_not_a_number() -> None:
    value = literal("real(nan)").value
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize(
    "written", ["int(3000000000)", "9223372036854775808", "guid(1)", "bool(x)", "decimal(x)", "int(a)"]
)
def test_constants_out_of_range_or_of_another_kind(written: str) -> None:
    with pytest.raises(QuerySyntaxError):
        parse(f"print {written}")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2024-05-01", ticks(2024, 5, 1)),
        ("2024-05", ticks(2024, 5)),
        ("2024", ticks(2024)),
        ("2024-05-01 12:30", ticks(2024, 5, 1, 12, 30)),
        ("2024-05-01T12:30:45Z", ticks(2024, 5, 1, 12, 30, 45)),
        ("2024-05-01T12:30:45.1234567Z", ticks(2024, 5, 1, 12, 30, 45) + 1_234_567),
        ("2024-05-01T12:30:45.1", ticks(2024, 5, 1, 12, 30, 45) + 1_000_000),
        ("2024-05-01T12:30:45+02:00", ticks(2024, 5, 1, 10, 30, 45)),
        ("2014-11-08 15:05:25 GMT", ticks(2014, 11, 8, 15, 5, 25)),
        ("Sat, 8 Nov 14 15:05:02 GMT", ticks(2014, 11, 8, 15, 5, 2)),
        ("8 Nov 2014 15:05", ticks(2014, 11, 8, 15, 5)),
        ("Saturday, 08-Nov-14 15:05:02 UTC", ticks(2014, 11, 8, 15, 5, 2)),
        ("5/1/2024", ticks(2024, 5, 1)),
        ("5/1/2024 1:05:00 PM", ticks(2024, 5, 1, 13, 5)),
        ('"2024-05-01"', ticks(2024, 5, 1)),
        ("0001-01-01", 0),
        ("null", None),
    ],
)
def test_datetimes_are_ticks_since_year_1(written: str, value: int | None) -> None:
    assert literal(f"datetime({written})") == s.Literal("datetime", value)


def test_a_quoted_text_that_is_no_date_is_null_and_keeps_its_text() -> None:
    assert literal('datetime("Insert date")') == s.Literal("datetime", None, unread="Insert date")


@pytest.mark.parametrize(
    "written", ["2024-02-30", "2024-13", "2024-01-01 25:00", "x", "Timestamp", "0001-01-01T00:00+01"]
)
def test_days_that_do_not_exist(written: str) -> None:
    with pytest.raises(QuerySyntaxError, match="is no datetime"):
        parse(f"print datetime({written})")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1d", DAY),
        ("2hours", 7200 * SECOND),
        ("30m", 1800 * SECOND),
        ("5min", 300 * SECOND),
        ("10s", 10 * SECOND),
        ("100ms", SECOND // 10),
        ("5microsecond", 50),
        ("1tick", 1),
        ("1.5h", 5400 * SECOND),
        ("0.1s", SECOND // 10),
        ("time(1.02:03:04.5)", DAY + 7384 * SECOND + SECOND // 2),
        ("timespan(1.02:03:04)", DAY + 7384 * SECOND),
        ("timespan(02:03)", 7380 * SECOND),
        ("timespan(-1d)", -DAY),
        ("timespan(2)", 2 * DAY),
        ('timespan("1.00:00:00")', DAY),
        ("time(null)", None),
    ],
)
def test_timespans_are_ticks(written: str, value: int | None) -> None:
    assert literal(written) == s.Literal("timespan", value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("null", None),
        ("[]", []),
        ("{}", {}),
        ("12345678901234567890", 12345678901234567890),
        ("-1.5", -1.5),
        ('"a"', "a"),
        ("""{"a": [1, true, null, {'b': "c"}]}""", {"a": [1, True, None, {"b": "c"}]}),
        ("datetime(2024)", s.TypedValue("datetime", ticks(2024))),
        ("[1d, long(2)]", [s.TypedValue("timespan", DAY), 2]),
        ("dynamic([1])", [1]),
    ],
)
def test_dynamic_values(written: str, value: object) -> None:
    assert literal(f"dynamic({written})") == s.Literal("dynamic", value)


@pytest.mark.parametrize("written", ["", "[1,]", "{a: 1}", '{"a": 1,}', "x", "+1", "1 2", "NaN"])
def test_dynamic_takes_json_and_constants_alone(written: str) -> None:
    with pytest.raises(QuerySyntaxError):
        parse(f"print dynamic({written})")
