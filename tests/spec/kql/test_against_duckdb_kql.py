"""What duckdb-kql, another implementation over DuckDB, answers to the same questions about the same values.

Each expression is computed over rows of edge cases and of seeded chance. Where the two differ, the documentation
decides; `DISAGREEMENTS` says who is right and by which page, and a disagreement that ends must leave the table.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from vedette.catalogue.tables import KqlType
from vedette.hunting import Engine

duckdb_kql = pytest.importorskip("duckdb_kql", reason="duckdb-kql is not installed: it is in requirements/dev.lock")

NOW = datetime(2024, 3, 15, 12, 30, 45, tzinfo=UTC)
DOCS = "https://learn.microsoft.com/kusto/query/"
EXPRESSIONS = """
strlen(s) | toupper(s) | tolower(s) | reverse(s) | strcat(s, t) | strcat(s, i) | strcat_delim("-", s, t, i)
trim(" ", s) | trim_start("a", s) | trim_end("[a-z]+", s) | substring(s, 1) | substring(s, i, 3) | indexof(s, "b")
indexof(s, t) | countof(s, "a") | replace_string(s, "a", "bb") | replace_regex(s, "[aeiou]", "_") | split(s, ",")
split(s, "a", 0) | extract("([a-z]+)", 1, s) | extract_all("([a-z])([a-z])", s) | isempty(s) | isnotempty(s)
isnull(i) | isnotnull(i) | s == t | s != t | s =~ t | s !~ t | strcmp(s, t) < 0 | s contains t | s has t
s !has "power" | s has_cs "Power" | s hasprefix "pow" | s hassuffix "shell" | s startswith "a" | s endswith "E"
s contains_cs "B" | s in ("abc", "b") | s in~ ("ABC", "b") | s has_any ("abc", "power") | s has_all ("a", "b")
s matches regex "^[a-c]+$" | tolong(s) | toint(s) | todouble(s) | tobool(s) | todatetime(s) | totimespan(s)
toguid(s) | tostring(i) | tostring(x) | tostring(d) | tostring(p) | tostring(f) | tostring(b) | i + j | i - j | i * 3
i / j | i % j | x + y | x / y | x - i | -i | abs(i) | abs(x) | sign(x) | floor(x, 1) | ceiling(x) | round(x)
round(x, 1) | bin(i, 5) | bin(x, 0.5) | bin(d, 1h) | bin(d, 7d) | bin(p, 1h) | bin_at(i, 5, 2)
bin_at(d, 1d, datetime(2024-01-01 06:00)) | sqrt(x) | exp(x) | log(x) | log10(x) | pow(x, 2) | min_of(i, j)
max_of(i, j) | iff(f, s, t) | case(i > 0, "p", i < 0, "n", "z") | coalesce(i, j) | coalesce(s, t) | f and i > 0
f or i > 0 | not(f) | i between (0 .. 5) | i !between (0 .. 5) | i in (1, 2, 3) | d + p | d - p | d - e | p + q
p * 2 | p / 2 | p / q | d < e | startofday(d) | startofweek(d) | startofmonth(d) | startofyear(d) | endofday(d)
endofweek(d) | endofmonth(d) | endofyear(d) | startofday(d, -1) | startofmonth(d, 1) | dayofweek(d) | dayofmonth(d)
dayofyear(d) | weekofyear(d) | monthofyear(d) | getyear(d) | getmonth(d) | hourofday(d) | datetime_part("minute", d)
datetime_part("quarter", d) | datetime_add("month", 1, d) | datetime_add("day", -1, d) | datetime_diff("day", d, e)
datetime_diff("month", d, e) | datetime_diff("hour", d, e) | format_datetime(d, "yyyy-MM-dd HH:mm:ss.fff")
format_datetime(d, "yy-M-d h:m:s tt") | format_timespan(p, "d.hh:mm:ss") | unixtime_seconds_todatetime(i)
make_datetime(2024, 2, 29) | make_timespan(1, 2, 3) | b.a | b["b"] | b.a.c | b[0] | b[-1] | b.absent | tostring(b.a)
tolong(b.a) | array_length(b) | bag_keys(b) | gettype(b) | parse_json(s) | todynamic(s).a
array_concat(b, dynamic([9])) | array_slice(b, 1, 2) | array_sum(b) | array_index_of(b, 2) | array_reverse(b)
array_sort_asc(b) | set_has_element(b, 1) | set_union(b, dynamic([1])) | set_intersect(b, dynamic([1, 2]))
set_difference(b, dynamic([1])) | bag_merge(b, dynamic({"a": 9})) | bag_has_key(b, "a") | pack_array(i, s)
bag_pack("k", i) | array_iff(dynamic([true, false]), "a", "b") | zip(dynamic([1, 2]), dynamic([3])) | repeat(i, 2)
range(1, 7, 3) | strrep(s, 2) | base64_encode_tostring(s) | base64_decode_tostring(s) | hash_md5(s) | hash_sha1(s)
hash_sha256(s) | url_encode(s) | url_decode(s) | parse_url(s) | parse_path(s) | parse_ipv4(s) | ipv4_is_private(s)
ipv4_is_in_range(s, "10.0.0.0/8") | ipv4_compare(s, "10.0.0.1") | format_ipv4(i) | parse_version(s) | parse_csv(s)
binary_and(i, 3) | binary_or(i, 3) | binary_xor(i, 3) | binary_not(i) | binary_shift_left(i, 2) | isnan(x) | isinf(x)
isfinite(x) | tohex(i) | translate("ab", "x", s) | isascii(s) | strcmp(s, t) | string_size(s) | to_utf8(s)
array_split(b, 1) | treepath(b) | bag_remove_keys(b, dynamic(["a"])) | has_any_index(s, dynamic(["abc", "power"]))
jaccard_index(dynamic([1, 2]), dynamic([2, 3])) | array_shift_left(b, 1)
"""
SUMMARIES = """
count() | countif(i > 0) | sum(i) | sum(x) | sumif(i, f) | avg(i) | avg(x) | min(i) | max(x) | min(s) | max(d)
dcount(s) | dcountif(s, f) | make_list(i) | make_set(i) | make_list(s) | make_set(s) | stdev(i) | variance(i)
stdevp(i) | percentile(i, 50) | percentile(i, 95) | percentiles(i, 5, 50, 95) | arg_max(i, s) | arg_min(i, s)
take_any(1) | make_bag(bag_pack("k", i)) | make_list(i, 2) | binary_all_and(i) | binary_all_or(i) | sum(p) | avg(d)
max(f) | count_distinct(s) | make_list_with_nulls(i)
"""
WORDS = (
    "", "abc", "ABC", "b", "a,b,,c", "PowerShell.exe", "powershell -enc", "  padded ", "été", "10.1.2.3",
    "192.168.0.0/16",
    "1", "-5", "0x1F", "1.5", "true", "2024-02-29", "1.02:03:04", '{"a": {"c": 2}}', "[1, 2]", "YWJj", "a%20b",
    "https://user:pw@host.example:8080/p/a?x=1#f", "C:\\Windows\\System32\\cmd.exe", "1.2.3.4", '"x, y",z', "aXbXc",
    "74be27de-1e4e-49d9-b579-fe0b331d3642",
)  # fmt: skip
BAGS: tuple[Any, ...] = (
    {"a": 1, "b": [1, 2]}, {"a": {"c": "x"}, "d": None}, [1, 2, 3], [3, 1, 2], ["a", "b"], None, [], {}, 5, "text",
    [1.5, 2.5],
)  # fmt: skip


UNORDERED = ("make_set(i)", "make_set(s)")
"""What gives elements in an order that says nothing."""


class Disagreement(NamedTuple):
    """Two answers to one question, judged."""

    right: str
    why: str
    source: str


_ARRAYS_ALONE = "a value that is no array gives null (or nothing), and the other ends the query with an error"
_NOT_THERE = "the other has no SQL for a timespan here, and ends the query with an error"
DISAGREEMENTS: dict[str, Disagreement] = {
    name: Disagreement("vedette", why, source if source.startswith("http") else f"{DOCS}{source}")
    for name, why, source in (
        ('trim(" ", s)', "the pattern is cut off as often as it matches", "trim-function"),
        ("substring(s, i, 3)", "text has no null, and a start before the text is its beginning", "substring-function"),
        ("tobool(s)", "a number in a text is true unless it is 0", "tobool-function"),
        ("totimespan(s)", "a whole number in a text is days", "scalar-data-types/timespan"),
        ("tostring(x)", "a whole real is written without a fraction", "tostring-function"),
        ("x / y", "a real divided by zero is infinite", "scalar-data-types/real"),
        ("sign(x)", "the sign of null is null", "scalar-data-types/null-values"),
        ("bin(d, 7d)", "bins of time are counted from the year 1, a Monday", "bin-function"),
        ("bin(p, 1h)", "a bin of a timespan is a timespan", "bin-function"),
        ("sqrt(x)", "null for negative numbers", "sqrt-function"),
        ("log(x)", "null for numbers that have no logarithm", "log-function"),
        ("log10(x)", "null for numbers that have no logarithm", "log10-function"),
        ("p / 2", _NOT_THERE, "datetime-timespan-arithmetic"),
        ("p / q", _NOT_THERE, "datetime-timespan-arithmetic"),
        ("sum(p)", _NOT_THERE, "sum-aggregation-function"),
        ("avg(d)", "the other has no SQL for the mean of times, and fails", "avg-aggregation-function"),
        ("weekofyear(d)", "the older function begins weeks on Sunday and years by Wednesday", "week-of-year-function"),
        ("gettype(b)", "a small whole number inside a dynamic value is an int", "gettype-function"),
        ("parse_json(s)", "a text that is no JSON is a dynamic string", "parse-json-function"),
        ("array_concat(b, dynamic([9]))", _ARRAYS_ALONE, "array-concat-function"),
        ("array_slice(b, 1, 2)", _ARRAYS_ALONE, "array-slice-function"),
        ("array_sum(b)", _ARRAYS_ALONE, "array-sum-function"),
        ("array_index_of(b, 2)", _ARRAYS_ALONE, "array-index-of-function"),
        ("array_reverse(b)", _ARRAYS_ALONE, "array-reverse-function"),
        ("array_sort_asc(b)", _ARRAYS_ALONE, "array-sort-asc-function"),
        ("set_has_element(b, 1)", _ARRAYS_ALONE, "set-has-element-function"),
        ("base64_encode_tostring(s)", "text is encoded as UTF-8; the other fails", "base64-encode-tostring-function"),
        (
            "base64_decode_tostring(s)",
            "what is no base64 gives no text; the other fails",
            "base64-decode-tostring-function",
        ),
        ("hash_md5(s)", "the hash of the empty text", "hash-md5-function"),
        ("hash_sha1(s)", "the hash of the empty text", "hash-sha1-function"),
        ("hash_sha256(s)", "the hash of the empty text", "hash-sha256-function"),
        ("binary_shift_left(i, 2)", "negative numbers have bits too; the other fails", "binary-shift-left-function"),
        ("isnan(x)", "a value that is null is not NaN: false", "isnan-function"),
        ("isinf(x)", "a value that is null is not infinite: false", "isinf-function"),
        ("isfinite(x)", "a value that is null is not finite: false", "isfinite-function"),
        ("make_set(s)", "texts that look like JSON arrays are texts; the other fails", "make-set-aggregation-function"),
        ("make_list(i, 2)", "the list has so many elements at most", "make-list-aggregation-function"),
    )
}

TYPES: dict[str, KqlType] = {
    "n": "long", "s": "string", "t": "string", "i": "long", "j": "long", "x": "real", "y": "real",
    "d": "datetime", "e": "datetime", "p": "timespan", "q": "timespan", "b": "dynamic", "f": "bool",
}  # fmt: skip
_SQL = {"long": "BIGINT", "string": "VARCHAR", "real": "DOUBLE", "datetime": "TIMESTAMP", "timespan": "INTERVAL",
        "dynamic": "JSON", "bool": "BOOLEAN"}  # fmt: skip


def _rows() -> list[dict[str, Any]]:
    chance = Random(20240315)
    longs = [None, 0, 1, -1, 2, 5, -7, 100, -100, 2**31, 86_400]
    reals = [None, 0.0, 1.5, -2.5, 0.5, 1e10, -0.1, 3.0, 2.25]
    hours = [1, -1, 24, 36, 1.5, 1 / 360, 192]

    def moment() -> datetime:
        return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(
            seconds=chance.randrange(-40_000_000, 40_000_000), milliseconds=chance.randrange(3)
        )

    return [
        {
            "n": number,
            "s": WORDS[number] if number < len(WORDS) else chance.choice(WORDS),
            "t": chance.choice(WORDS),
            **{name: chance.choice(longs) for name in "ij"},
            **{name: chance.choice(reals) for name in "xy"},
            **{name: moment() for name in "de"},
            **{name: timedelta(hours=chance.choice(hours)) for name in "pq"},
            "b": BAGS[number % len(BAGS)],
            "f": chance.choice([True, False, None]),
        }
        for number in range(40)
    ]


ROWS = _rows()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine({"T": ROWS}, types={"T": TYPES}, threads=1) as engine:
        yield engine


@pytest.fixture(scope="module")
def other() -> Any:  # a DuckDB connection
    connection = duckdb_kql.connect()
    connection.execute(f"CREATE TABLE T ({', '.join(f'{name} {_SQL[kind]}' for name, kind in TYPES.items())})")
    for row in ROWS:
        values = [json.dumps(row["b"]) if name == "b" else _without_zone(row[name]) for name in TYPES]
        connection.execute(f"INSERT INTO T VALUES ({', '.join('?' * len(values))})", values)
    return connection


def _without_zone(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _listed(text: str) -> list[str]:
    return [one.strip() for line in text.strip().splitlines() for one in line.split(" | ")]


@pytest.mark.parametrize("expression", _listed(EXPRESSIONS))
def test_expressions(expression: str, engine: Engine, other: Any) -> None:
    _judged(expression, f"T\n| project n, r = {expression}\n| sort by n asc", engine, other)


@pytest.mark.parametrize("summary", _listed(SUMMARIES))
def test_summaries(summary: str, engine: Engine, other: Any) -> None:
    _judged(
        summary,
        f"T\n| sort by n asc\n| summarize r = {summary} by k = n % 5\n| project k, r | sort by k asc",
        engine,
        other,
    )


def _judged(expression: str, query: str, engine: Engine, other: Any) -> None:
    result = engine.run(query, now=NOW)
    ours = [tuple(_plain(value) for value in row.values()) for row in result.rows()]
    dynamic = next(column.type for column in result.columns if column.name == "r") == "dynamic"
    try:
        found: Sequence[tuple[Any, ...]] = duckdb_kql.execute(other, query, query_now=NOW).fetchall()
    except Exception as error:
        if isinstance(error, duckdb_kql.KqlError):
            pytest.skip(f"duckdb-kql refuses it: {str(error)[:80]}")
        theirs: Any = f"{type(error).__name__}: {str(error)[:200]}"
    else:
        theirs = [(*map(_plain, row[:-1]), _decoded(row[-1]) if dynamic else _plain(row[-1])) for row in found]
    if expression in UNORDERED and isinstance(theirs, list):
        ours, theirs = ([(*row[:-1], sorted(row[-1])) for row in rows] for rows in (ours, theirs))
    agree = isinstance(theirs, list) and _same(ours, theirs)
    if expression in DISAGREEMENTS:
        assert not agree, "they agree by now: take it out of the table"
    elif isinstance(theirs, list):
        differing = [(a, b) for a, b in zip(ours, theirs, strict=False) if not _same(a, b)]
        assert agree, f"{differing[:6]}"
    else:
        assert agree, theirs


def _plain(value: Any) -> Any:
    """A value with what only one of the two engines tells apart taken away."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return str(value) if isinstance(value, UUID) else value


def _decoded(value: Any) -> Any:
    """A dynamic value, which the other engine gives as JSON text, or as what it holds."""
    try:
        return json.loads(value) if isinstance(value, str) else _plain(value)
    except ValueError:
        return value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(one, bool):
        return math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)
