"""What binds tighter, what a pipeline is, and which words are names: read off the tree.

Source: the precedence is that of Microsoft's reader (`@kusto/language-service-next`), as its trees show it.
"""

from __future__ import annotations

import pytest

from vedette.errors import QuerySyntaxError
from vedette.kql import syntax as s
from vedette.kql.parser import parse


def value(text: str) -> s.Expr:
    """What the last statement evaluates."""
    statement = parse(text).statements[-1]
    assert isinstance(statement, s.Evaluated)
    return statement.value


def predicate(text: str) -> s.Expr:
    pipeline = value(f"T | where {text}")
    assert isinstance(pipeline, s.Pipeline)
    (where,) = pipeline.operators
    assert isinstance(where, s.Where)
    return where.predicate


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a or b and c", "a or (b and c)"),
        ("a and b == c", "a and (b == c)"),
        ("a == b < c", "a == (b < c)"),
        ("a < b == c", "(a < b) == c"),
        ("a + b < c", "(a + b) < c"),
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a / b * c", "(a / b) * c"),
        ("a + b =~ c * d", "a + ((b =~ c) * d)"),
        ("a * b has c", "a * (b has c)"),
        ("a contains b + c", "(a contains b) + c"),
        ("-a has b", "(-a) has b"),
        ("-a.b[0]", "-(a.b[0])"),
        ("a + b in (c)", "(a + b) in (c)"),
        ("a + b between (1 .. 2)", "(a + b) between (1 .. 2)"),
        ("a in (1) and b", "(a in (1)) and b"),
    ],
)
def test_precedence(written: str, meant: str) -> None:
    assert predicate(written) == predicate(meant)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a <> b", "a != b"),
        ("a notcontains b", "a !contains b"),
        ("a containscs b", "a contains_cs b"),
        ("a notcontainscs b", "a !contains_cs b"),
    ],
)
def test_old_spellings_read_as_the_new_ones(old: str, new: str) -> None:
    assert predicate(old) == predicate(new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("T | filter a", "T | where a"),
        ("T | limit 5", "T | take 5"),
        ("T | order by a", "T | sort by a"),
        ("T | mvexpand a", "T | mv-expand a"),
        ("T;", "T"),
        ("\n\nT // a comment\n\n\n| take 5\n\n", "T | take 5"),
        ("\ufeffT\u200b | take\u00a05", "T | take 5"),
        ("((T))", "T"),
        ("let x = 1;\n\nT", "let x = 1; T"),
    ],
)
def test_ways_to_write_the_same_query(old: str, new: str) -> None:
    assert parse(old) == parse(new)


def test_a_pipeline_may_stand_wherever_an_expression_does() -> None:
    assert predicate("a in (T | project b)") == s.In(
        "in", s.Name("a"), (s.Pipeline(s.Name("T"), (s.Project((s.NamedExpr(s.Name("b")),)),)),)
    )
    assert value("print a = (T | count)") == s.Print(
        (s.NamedExpr(s.Pipeline(s.Name("T"), (s.Count(),)), ("a",)),),
    )


@pytest.mark.parametrize(
    "word",
    [
        "count",
        "type",
        "from",
        "step",
        "name",
        "nodes",
        "edges",
        "output",
        "default",
        "id",
        "view",
        "null",
        "top",
        "take",
        "bin",
        "on",
    ],
)
def test_words_of_operators_are_names_where_no_operator_can_stand(word: str) -> None:
    assert predicate(f"{word} == 1") == s.Binary("==", s.Name(word), s.Literal("long", 1))
    assert parse(f"T | extend {word} = 1").statements


@pytest.mark.parametrize("word", ["by", "in", "has", "where", "contains", "search", "print", "to", "title"])
def test_some_words_can_be_given_as_names_but_refer_only_in_brackets(word: str) -> None:
    assert parse(f"T | extend {word} = 1").statements
    assert predicate(f"['{word}'] == 1") == s.Binary("==", s.Name(word, True), s.Literal("long", 1))
    with pytest.raises(QuerySyntaxError):
        parse(f"T | where {word} == 1")


def test_every_node_knows_its_place() -> None:
    query = "DeviceInfo | where OSBuild > 1000 and DeviceName has 'x'"
    pipeline = value(query)
    assert isinstance(pipeline, s.Pipeline)
    (where,) = pipeline.operators
    assert isinstance(where, s.Where)
    assert isinstance(where.predicate, s.Binary)

    assert query[slice(*pipeline.span)] == query
    assert query[slice(*where.span)] == "where OSBuild > 1000 and DeviceName has 'x'"
    assert query[slice(*where.predicate.left.span)] == "OSBuild > 1000"
    assert query[slice(*where.predicate.right.span)] == "DeviceName has 'x'"


def test_names_with_stars_are_patterns_of_tables_and_columns() -> None:
    union = value("union Device*, *Events, database('d').T*, U")
    assert isinstance(union, s.OperatorSource)
    assert union.operator == s.Union(
        (
            s.Wildcard("Device*"),
            s.Wildcard("*Events"),
            s.Member(s.Call("database", (s.Argument(s.Literal("string", "d")),)), "T*"),
            s.Name("U"),
        )
    )


def test_a_functions_parameters() -> None:
    (let,) = parse("let f = (a: long = 5, T: (b: string), U: (*)) { T | where b == a }").statements
    assert isinstance(let, s.Let)
    assert isinstance(let.value, s.Lambda)
    assert let.value.parameters == (
        s.Parameter("a", "long", s.Literal("long", 5)),
        s.Parameter("T", columns=(s.ColumnDeclaration("b", "string"),)),
        s.Parameter("U", columns=(), star=True),
    )


def test_edges_of_a_graph_pattern() -> None:
    pipeline = value("T | make-graph a --> b | graph-match (x)-[e*1..3]->(y)<--()--(z) project x")
    assert isinstance(pipeline, s.Pipeline)
    match = pipeline.operators[1]
    assert isinstance(match, s.GraphMatch)
    assert match.patterns == (
        (
            s.GraphNode("x"),
            s.GraphEdge("e", "->", 1, 3, True),
            s.GraphNode("y"),
            s.GraphEdge(None, "<-"),
            s.GraphNode(None),
            s.GraphEdge(None, "--"),
            s.GraphNode("z"),
        ),
    )
