"""Vedette's reader takes what Microsoft's takes and refuses what it refuses; differences are listed with a reason.

The verdicts are Microsoft's (`@kusto/language-service-next`). They are checked against it wherever Node is installed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.kql.conftest import PublicQuery
from tests.spec.kql.official import Official
from vedette.errors import QueryError, QuerySyntaxError, UnknownName, UnsupportedQuery
from vedette.kql.parser import parse

_FOLDER = Path(__file__).parent / "syntax"


def _queries(name: str) -> list[str]:
    lines = (_FOLDER / name).read_text(encoding="utf-8").split("\n")
    return [line for line in lines[1:] if line]


ACCEPTED = _queries("accepted.txt")
REFUSED = _queries("refused.txt")

REFUSED_HERE_ALONE = {
    # A constant is what stands in these parentheses; the service converts with toint(…) and its like.
    "print int(a)": QuerySyntaxError,
    "print datetime(x)": QuerySyntaxError,
    "T | extend a = bool(a), b = guid(a)": QuerySyntaxError,
    "print 99999999999999999999": QuerySyntaxError,
    # Not documented, or without use offline.
    "T | join (U) where a": UnsupportedQuery,
    "T | assert-schema (a:long)": UnsupportedQuery,
    "T | make-graph a --> b partitioned-by c (graph-match (x)-->(y) project z=1)": UnsupportedQuery,
    'alias database d = cluster("x").database("y"); T': UnsupportedQuery,
    "T | macro-expand X as Y (Y.T)": UnsupportedQuery,
    ".show tables": QuerySyntaxError,
    "T | render timechart by b": QuerySyntaxError,
    "T | make-series x=count() on t in range(a, b)": QuerySyntaxError,
    "T | scan with ()": QuerySyntaxError,
    "T | fork (a | take 5)": UnknownName,
    "T | getschema kind=csl": QuerySyntaxError,
    "T | partition by a { where b }": QuerySyntaxError,
    "let f = (a:long) { }; f": QuerySyntaxError,
}

ACCEPTED_HERE_ALONE = [
    # The reference page of find names pack_all() and project-away.
    "find in (T) where x project a, pack_all()",
    "find in (T) where a == 1 project-away a, b",
    # A documented sample limits with take.
    "T | mv-expand a take 3",
    # Brackets hold any name.
    "T | count as ['a b']",
]


@pytest.mark.parametrize("query", ACCEPTED)
def test_what_microsoft_takes_is_taken(query: str) -> None:
    assert parse(query).statements


@pytest.mark.parametrize("query", REFUSED)
def test_what_microsoft_refuses_is_refused_with_its_place(query: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(query)

    assert refused.value.span
    start, end = refused.value.span
    assert 0 <= start <= end <= len(query)


@pytest.mark.parametrize("query", REFUSED_HERE_ALONE)
def test_a_few_things_are_refused_here_alone(query: str) -> None:
    with pytest.raises(REFUSED_HERE_ALONE[query]):
        parse(query)


@pytest.mark.parametrize("query", ACCEPTED_HERE_ALONE)
def test_what_the_reference_shows_is_taken_even_where_microsofts_reader_refuses(query: str) -> None:
    assert parse(query).statements


def test_the_lists_say_what_microsofts_reader_says(official: Official) -> None:
    taken = [*ACCEPTED, *REFUSED_HERE_ALONE]
    assert [query for query in taken if official.syntax(query)] == []
    refused = [*REFUSED, *ACCEPTED_HERE_ALONE]
    assert [query for query in refused if not official.syntax(query)] == []


def test_microsofts_reader_knows_the_hunting_tables(official: Official) -> None:
    judged = official.judge("DeviceInfo | where OSBuild > 1 | summarize Devices = count() by DeviceName")

    assert (judged.syntax, judged.errors) == ((), ())
    assert judged.columns == (("DeviceName", "string"), ("Devices", "long"))
    assert len(official.judge("DeviceInfo | where NoSuchColumn > 1").errors) == 1


def test_public_queries_are_taken_exactly_when_microsofts_reader_takes_them(public_queries: list[PublicQuery]) -> None:
    differing = [query.id for query in public_queries if _is_taken(query.text) != query.is_valid]

    assert differing == []


def _is_taken(text: str) -> bool:
    try:
        parse(text)
    except QueryError:
        return False
    return True
