"""A tree written out as KQL reads as the same tree again, and equal trees have one text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spec.kql.conftest import PublicQuery
from tests.spec.kql.test_syntax_agreement import ACCEPTED
from vedette.catalogue.tables import KqlType
from vedette.kql import syntax as s
from vedette.kql.parser import parse
from vedette.kql.printing import print_expression, print_query


def assert_the_law(query: s.Query) -> None:
    """Trees are compared by `repr`: it tells 1 from true, and takes a NaN to be itself."""
    printed = print_query(query)
    again = parse(printed)
    assert repr(again) == repr(query), printed
    assert print_query(again) == printed


@pytest.mark.parametrize("query", ACCEPTED)
def test_our_queries(query: str) -> None:
    assert_the_law(parse(query))


def test_public_queries(public_queries: list[PublicQuery]) -> None:
    for query in public_queries:
        if query.is_valid:
            assert_the_law(parse(query.text))


def test_the_text_has_an_operator_a_line_and_no_needless_parentheses() -> None:
    query = (
        "let x=(5);DeviceInfo|where ((OSBuild)>x)and(DeviceName has'a' or(IsExcluded))"
        "|project-away ['Site']// c\n|limit 3"
    )

    assert print_query(parse(query)) == (
        "let x = 5;\n"
        "DeviceInfo\n"
        '| where OSBuild > x and (DeviceName has "a" or IsExcluded)\n'
        '| project-away ["Site"]\n'
        "| take 3\n"
    )


def test_a_chain_of_thousands_is_printed() -> None:
    query = parse("T | where " + " or ".join(["a == 1"] * 5_000))

    assert print_query(query).count(" or ") == 4_999


# Trees that nobody wrote

names = st.sampled_from(["a", "b", "Timestamp", "count", "kind_", "x1"])
declared = names | st.sampled_from(["by", "a b", "first", "1", "é", 'q"', "$left", ""])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ticks = st.integers(0, 10**14)


def _literal(type_: KqlType, values: st.SearchStrategy[object]) -> st.SearchStrategy[s.Expr]:
    return st.builds(s.Literal, st.just(type_), st.none() | values)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)

literals: st.SearchStrategy[s.Expr] = st.one_of(
    st.builds(s.Literal, st.just("string"), texts, st.booleans()),
    _literal("long", st.integers(0, 2**63 - 1)),
    _literal("int", st.integers(-(2**31), 2**31 - 1)),
    _literal("real", st.floats()),
    _literal("bool", st.booleans()),
    _literal("datetime", st.integers(0, 3_155_378_975_999_999_999)),
    _literal("timespan", st.integers(-(2**60), 2**60)),
    _literal("decimal", st.decimals(allow_nan=False, allow_infinity=False).map(lambda value: Decimal(value))),
    _literal("guid", st.uuids().map(str)),
    st.builds(s.Literal, st.just("dynamic"), json),
)

leaves = literals | st.builds(s.Name, names) | st.builds(s.Name, declared, st.just(True))

SIGNS = [
    "or", "and", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "=~", "!~", ":", "has", "!has_cs",
    "contains", "startswith_cs", "matches regex",
]  # fmt: skip


def _compound(inner: st.SearchStrategy[s.Expr]) -> st.SearchStrategy[s.Expr]:
    items = st.lists(inner, min_size=1, max_size=3).map(tuple)
    operators = st.lists(_operators(inner), min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(s.Binary, st.sampled_from(SIGNS), inner, inner),
        st.builds(s.Unary, st.sampled_from(["-", "+"]), inner),
        st.builds(s.In, st.sampled_from(["in", "!in", "in~", "!in~", "has_any", "has_all"]), inner, items),
        st.builds(s.Between, st.booleans(), inner, inner, inner),
        st.builds(s.Member, inner, declared),
        st.builds(s.Index, inner, inner),
        st.builds(s.Call, names, st.lists(st.builds(s.Argument, inner, st.none() | declared), max_size=3).map(tuple)),
        st.builds(s.ToScalar, inner),
        st.builds(s.Pipeline, inner, operators),
    )


def _operators(inner: st.SearchStrategy[s.Expr]) -> st.SearchStrategy[s.Operator]:
    pieces = st.lists(st.builds(s.ColumnDeclaration, declared, st.just("long")), max_size=2).map(tuple)
    named = st.builds(s.NamedExpr, inner, st.lists(declared, max_size=2).map(tuple))
    columns = st.lists(named, min_size=1, max_size=3).map(tuple)
    keys = st.lists(
        st.builds(s.Ordering, named, st.none() | st.booleans(), st.none() | st.booleans()), min_size=1, max_size=2
    ).map(tuple)
    return st.one_of(
        st.builds(s.Where, inner),
        st.builds(s.Extend, columns),
        st.builds(s.Summarize, columns, columns | st.just(())),
        st.builds(s.Sort, keys),
        st.builds(s.Take, inner),
        st.builds(s.Count, st.none() | declared),
        st.builds(s.Join, inner, st.lists(inner, max_size=2).map(tuple)),
        st.builds(s.Union, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(s.Parse, inner, pieces),
        st.builds(s.MvExpand, st.lists(st.builds(s.MvExpandItem, named), min_size=1, max_size=2).map(tuple)),
    )


expressions = st.recursive(leaves, _compound, max_leaves=12)


@given(expressions)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_trees_that_nobody_wrote(tree: s.Expr) -> None:
    assert_the_law(s.Query((s.Evaluated(s.Print((s.NamedExpr(tree),))),)))


@given(expressions)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_an_expression_alone_prints_as_it_does_in_a_query(tree: s.Expr) -> None:
    assert print_query(s.Query((s.Evaluated(s.Print((s.NamedExpr(s.ToScalar(tree)),))),))) == (
        f"print toscalar({print_expression(tree)})\n"
    )
