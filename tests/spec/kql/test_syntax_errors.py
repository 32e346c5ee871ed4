"""A text that is no query is refused with what was expected, where, and what to write instead."""

from __future__ import annotations

import pytest

from vedette.errors import QueryError, QuerySyntaxError, UnknownName
from vedette.kql.parser import parse


def refused(query: str) -> QueryError:
    with pytest.raises(QueryError) as raised:
        parse(query)
    return raised.value


@pytest.mark.parametrize(
    ("query", "message", "piece"),
    [
        ("T | where a ==", "The query ends where an expression was expected.", ""),
        ("T | where (a", "The query ends where ')' was expected.", ""),
        ("T | where a in b", "Found b where '(' was expected.", "b"),
        ("T | sort a", "Found a where 'by' was expected.", "a"),
        ("T | project a b", "Found b where a bar, a semicolon or the end of the query was expected.", "b"),
        ("T | where a has b has c", "'has' cannot follow another comparison directly.", "has"),
        ("T | where a between (1, 2)", "Found , where '..' was expected.", ","),
        ("T | parse a", "The query ends where 'with' was expected.", ""),
        ("print 'a", "This text is never closed.", "'a"),
        ("T where x", "Found where where the statement should end.", "where"),
        ("", "The query is empty.", ""),
        ("// nothing", "The query is empty.", ""),
        (".show tables", "Management commands, which begin with a dot, are no queries.", "."),
    ],
)
def test_the_message_says_what_was_expected_and_points_at_it(query: str, message: str, piece: str) -> None:
    error = refused(query)

    assert isinstance(error, QuerySyntaxError)
    assert error.message.startswith(message)
    assert error.span
    start, end = error.span
    # Where a word stands twice, the later one is meant.
    assert (query[start:end], start) == (piece, query.rfind(piece) if piece else len(query))


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("T where x", "Is a bar missing before it?"),
        ("T | where a && b", "Write 'and'."),
        ("T | where a || b", "Write 'or'."),
        ("T | where !a", "Write not(…)."),
        ("T | where “a”", "Write \" or '."),
        (r'T | where a == "C:\q"', "A backslash is written \\\\, or the text as @'…'."),
        ("T | project first", "For a column of this name write ['first']."),
        ("T | where t > datetime(t2)", "To convert a column or an expression, write todatetime(…)."),
        ("T | join (materialize(U)) on a", "Write let name = materialize(…);"),
        ('T | where a startwith "x"', "Did you mean startswith or startswith_cs?"),
        ('T | where a has_anyy ("x")', "Did you mean has_any?"),
        ("T | order by a descending", "Write desc."),
        ("T | summarize count() group by a", "Write by: summarize count() by …"),
        ("T | count by a", "Only summarize and its kin group: summarize count() by …"),
        ("T | where a is null", "Write isnull(…), or isempty(…) for a text."),
        ('T | where not a == "x"', "Put the condition in parentheses: not(…)"),
        ('T | where a notin ("x")', "Write !in."),
        ('T | where a in "x"', "Values stand in parentheses: in (…, …)"),
        ('T | where a has_any "x", "y"', "Values stand in parentheses: has_any (…, …)"),
        ("T | where a between (1, 2)", "Both bounds stand in parentheses: between (low .. high)"),
        ('T | where a contains "x" or contains "y"', "Write the value again: Name contains …"),
        ("T | extend b = a > 1 ? 2 : 3", "Write iff(condition, then, otherwise)."),
        ("T | project a b", "Is a comma, an operator or a parenthesis missing before it?"),
        ("SELECT * FROM T", "This looks like SQL. A query begins with its table: DeviceEvents | where … | project …"),
    ],
)
def test_a_common_mistake_is_answered_with_what_to_write(query: str, hint: str) -> None:
    assert refused(query).hint == hint


def test_line_and_column_count_from_one_and_the_line_is_shown() -> None:
    error = refused("T\n| where a = = 1")

    assert (error.line, error.column) == (2, 13)
    assert error.message.endswith("   2 | | where a = = 1\n     |             ^")


def test_an_unknown_operator_is_answered_with_the_nearest() -> None:
    error = refused("T | sumarize count()")

    assert isinstance(error, UnknownName)
    assert error.nearest[0] == "summarize"
    assert error.span == (4, 12)


@pytest.mark.parametrize(
    "query",
    [
        "print " + "(" * 10_000 + "1" + ")" * 10_000,
        "print " + "f(" * 10_000,
        "print dynamic(" + "[" * 10_000,
        "print " + "toscalar(" * 10_000,
        "T | fork " + "(fork " * 10_000,
        "let f = () { " * 10_000,
    ],
)
def test_ten_thousand_levels_are_refused_cleanly(query: str) -> None:
    error = refused(query)

    assert isinstance(error, QuerySyntaxError)
    assert "inside one another" in error.message


def test_a_hundred_levels_are_read() -> None:
    assert parse("print " + "(" * 100 + "1" + ")" * 100) == parse("print 1")
    assert parse("print " + "f(" * 100 + "1" + ")" * 100).statements


def test_chains_have_no_limit() -> None:
    assert parse("T | where " + " or ".join(["a == 1"] * 5_000)).statements
    assert parse("T" + " | where a" * 5_000).statements
