"""Laws that hold for every filter: printing loses nothing, and SQLite answers what Python answers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vedette.odata import (
    CollectionType,
    ComplexType,
    EntityModel,
    EnumType,
    Property,
    TooComplex,
    bind_filter,
    canonical_time,
    filter_sql,
    install_functions,
    order_sql,
    ordered,
    parse_filter,
    parse_options,
    predicate,
    print_filter,
)
from vedette.odata.tree import Arithmetic, Call, Comparison, In, Literal, Negate, Node, Not, Path, Quantifier, join

NOW = datetime(2020, 6, 1, tzinfo=UTC)
COLOURS = EnumType("Colour", ("Red", "Green", "Blue"))
ITEM = ComplexType(
    "Item",
    (
        Property("label", "Edm.String"),
        Property("size", "Edm.Int64"),
        Property("at", "Edm.DateTimeOffset"),
        Property("inner", ComplexType("Inner", (Property("label", "Edm.String"),))),
    ),
)
MODEL = EntityModel(
    "Thing",
    (
        Property("key", "Edm.Int64"),
        Property("name", "Edm.String"),
        Property("host", "Edm.String", any_case=True),
        Property("whole", "Edm.Int64"),
        Property("real", "Edm.Double"),
        Property("flag", "Edm.Boolean"),
        Property("seen", "Edm.DateTimeOffset"),
        Property("colour", COLOURS),
        Property("guid", "Edm.Guid"),
        Property("tags", CollectionType("Edm.String")),
        Property("items", CollectionType(ITEM)),
        Property("item", ITEM),
    ),
)
COLUMNS = {name: name for name in ("key", "name", "host", "whole", "real", "flag", "seen", "tags")}

letters = st.text("aAbBzZ%_*?[]\\'é É ßİK\u2003😀", max_size=4)
wholes = st.one_of(st.integers(-3, 3), st.sampled_from([2**63 - 1, -(2**63), 2**53 + 1, 10**10]))
reals = st.one_of(st.integers(-12, 12).map(lambda n: n / 4), st.sampled_from([1e300, -1e300, 2.0**53, 0.5, 2.5]))
times = st.sampled_from(
    [
        "2020-01-01T00:00:00Z",
        "2020-01-01T00:00:00.0000001Z",
        "2020-01-01T00:00:00.5Z",
        "2019-12-31T23:59:59.999Z",
        "2020-06-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
    ]
)
guids = st.sampled_from(["80fe8ff8-2624-418e-9591-41f0491218f9", "80FE8FF8-2624-418E-9591-41F0491218F9"])


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


inner = st.fixed_dictionaries({}, optional={"label": maybe(letters)})
item = st.fixed_dictionaries(
    {}, optional={"label": maybe(letters), "size": maybe(wholes), "at": maybe(times), "inner": maybe(inner)}
)
entities = st.fixed_dictionaries(
    {
        "name": maybe(letters),
        "host": maybe(letters),
        "whole": maybe(wholes),
        "real": maybe(reals),
        "flag": maybe(st.booleans()),
        "seen": maybe(times),
        "tags": maybe(st.lists(maybe(letters), max_size=3)),
    },
    optional={
        "colour": maybe(st.sampled_from(COLOURS.members)),
        "guid": maybe(guids),
        "items": maybe(st.lists(maybe(item), max_size=2)),
        "item": maybe(item),
    },
)


def path(*names: str) -> st.SearchStrategy[Node]:
    return st.sampled_from(names).map(lambda name: Path(tuple(name.split("/"))))


def call(name: str, *arguments: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.tuples(*arguments).map(lambda given: Call(name, given))


NULL = st.just(Literal("null", None))


def texts(depth: int, variables: tuple[str, ...] = ()) -> st.SearchStrategy[Node]:
    leaves = st.one_of(
        letters.map(lambda text: Literal("string", text)),
        path("name", "host", "NAME", "item/label", "item/inner/label", *variables),
    )
    if depth == 0:
        return leaves
    deeper = texts(depth - 1, variables)
    return st.one_of(
        leaves,
        call("tolower", deeper),
        call("toupper", deeper),
        call("trim", deeper),
        call("concat", deeper, deeper),
        call("substring", deeper, path("whole", "item/size")),
        call("substring", deeper, path("whole"), numbers(depth - 1, whole=True).filter(_not_negative_literal)),
    )


def _not_negative_literal(node: Node) -> bool:
    return not (isinstance(node, Literal) and isinstance(node.value, int) and node.value < 0)


def numbers(depth: int, *, whole: bool = False) -> st.SearchStrategy[Node]:
    integers = st.one_of(
        wholes.map(lambda n: Literal("integer", n)), path("whole", "item/size", "tags/$count", "items/$count")
    )
    leaves = integers if whole else st.one_of(integers, reals.map(lambda n: Literal("decimal", float(n))), path("real"))
    if depth == 0:
        return leaves
    deeper = numbers(depth - 1, whole=whole)
    choices = [
        leaves,
        deeper.map(Negate),
        call("length", texts(depth - 1)),
        call("indexof", texts(depth - 1), texts(depth - 1)),
        call("year", path("seen", "item/at")),
        call("second", path("seen", "item/at")),
        st.builds(Arithmetic, st.sampled_from(["add", "sub", "mul", "div"]), deeper, deeper),
        st.builds(Arithmetic, st.just("mod"), numbers(depth - 1, whole=True), numbers(depth - 1, whole=True)),
    ]
    if not whole:
        choices += [
            st.builds(Arithmetic, st.just("divby"), deeper, deeper),
            call("round", deeper),
            call("floor", deeper),
            call("ceiling", deeper),
            call("fractionalseconds", path("seen", "item/at")),
        ]
    return st.one_of(choices).filter(_divides_by_no_literal_zero)


def _divides_by_no_literal_zero(node: Node) -> bool:
    return not (
        isinstance(node, Arithmetic)
        and node.operator in ("div", "divby", "mod")
        and isinstance(node.right, Literal)
        and node.right.value == 0
    )


moments = st.one_of(
    times.map(lambda text: Literal("datetime", canonical_time(text))),
    path("seen", "item/at"),
    st.just(Call("now", ())),
    st.just(Literal("date", "2020-01-01")),
)
EQUALITY = st.sampled_from(["eq", "ne"])
ORDER = st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])


def compared(operator: st.SearchStrategy[Any], side: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.builds(Comparison, operator, st.one_of(side, side, side, NULL), side)


def literals(kind: Any, values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Literal, ...]]:
    each = st.one_of(values.map(lambda value: Literal(kind, value)), NULL)
    return st.lists(each, min_size=1, max_size=3).map(tuple)


def conditions(depth: int, variables: tuple[str, ...] = (), scope: int = 0) -> st.SearchStrategy[Node]:
    below = max(depth - 1, 0)
    colours = st.sampled_from(COLOURS.members).map(lambda name: Literal("string", name))
    text = texts(below, variables)
    leaves = st.one_of(
        compared(ORDER, text),
        compared(ORDER, numbers(below)),
        compared(ORDER, moments),
        st.builds(Comparison, EQUALITY, path("colour"), st.one_of(colours, NULL)),
        st.builds(Comparison, EQUALITY, path("guid"), guids.map(lambda g: Literal("guid", g.lower()))),
        st.builds(Comparison, EQUALITY, path("item", "item/inner"), NULL),
        st.builds(In, text, literals("string", letters)),
        st.builds(In, numbers(below), literals("integer", wholes)),
        st.builds(In, text, st.just(Path(("tags",)))) if scope < 2 else path("flag"),
        st.sampled_from(["startswith", "endswith", "contains"]).flatmap(lambda name: call(name, text, text)),
        path("flag"),
        st.booleans().map(lambda value: Literal("boolean", value)),
    )
    if depth == 0:
        return leaves
    deeper = conditions(depth - 1, variables, scope)
    choices = [
        leaves,
        deeper.map(Not),
        st.builds(join, st.sampled_from(["and", "or"]), st.lists(deeper, min_size=2, max_size=3).map(tuple)),
        compared(ORDER, deeper),
    ]
    if scope < 2:
        names = f"v{scope}", f"w{scope}"
        over_tags = conditions(depth - 1, (*variables, names[0]), scope + 1)
        over_items = conditions(depth - 1, (*variables, f"{names[1]}/label", f"{names[1]}/inner/label"), scope + 1)
        kinds = st.sampled_from(["any", "all"])
        choices += [
            st.builds(Quantifier, kinds, st.just(Path(("tags",))), st.just(names[0]), over_tags),
            st.builds(Quantifier, kinds, st.just(Path(("items",))), st.just(names[1]), over_items),
            st.just(Quantifier("any", Path(("items",)), "", None)),
        ]
    return st.one_of(choices)


filters = conditions(3)
relaxed = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@relaxed
@given(filters)
def test_parsing_what_was_printed_gives_the_same_tree(node: Node) -> None:
    text = print_filter(node)

    assert parse_filter(text) == node
    assert print_filter(parse_filter(text)) == text


def _database(rows: list[dict[str, Any]]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    install_functions(connection)
    connection.execute("CREATE TABLE t (key INTEGER, name, host, whole, real, flag, seen, tags, body)")
    for row in rows:
        seen, tags = row["seen"], row["tags"]
        values = {
            **{name: row[name] for name in ("key", "name", "host", "whole", "real", "flag")},
            "seen": None if seen is None else canonical_time(seen),
            "tags": None if tags is None else json.dumps(tags),
            "body": json.dumps({name: value for name, value in row.items() if name not in COLUMNS}),
        }
        connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", list(values.values()))
    return connection


def _agree(rows: list[dict[str, Any]], nodes: list[Node]) -> None:
    rows = [{"key": key, **row} for key, row in enumerate(rows)]
    connection = _database(rows)
    for node in nodes:
        text = print_filter(node)
        try:
            bound = bind_filter(text, MODEL)
        except TooComplex:
            continue
        where = filter_sql(bound, COLUMNS, now=NOW)
        query = f"SELECT key FROM t WHERE {where.text} ORDER BY key"
        from_sqlite = [key for (key,) in connection.execute(query, where.parameters)]
        passes: Callable[[Any], bool] = predicate(bound, now=NOW)
        assert [row["key"] for row in rows if passes(row)] == from_sqlite, text
    connection.close()


some_entities = st.lists(entities, min_size=1, max_size=6)


def some(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[list[Node]]:
    return st.lists(nodes, min_size=1, max_size=4)


@relaxed
@given(some_entities, some(filters))
def test_sqlite_and_python_agree_on_every_filter_and_entity(rows: list[dict[str, Any]], nodes: list[Node]) -> None:
    _agree(rows, nodes)


@relaxed
@given(some_entities, some(compared(ORDER, numbers(2))))
def test_sqlite_and_python_agree_on_arithmetic(rows: list[dict[str, Any]], nodes: list[Node]) -> None:
    _agree(rows, nodes)


@relaxed
@given(some_entities, some(compared(ORDER, texts(2))))
def test_sqlite_and_python_agree_on_text(rows: list[dict[str, Any]], nodes: list[Node]) -> None:
    _agree(rows, nodes)


@relaxed
@given(st.lists(entities, max_size=6), st.lists(st.one_of(numbers(2), texts(2)), min_size=1, max_size=2), st.booleans())
def test_sqlite_and_python_agree_on_every_order(rows: list[dict[str, Any]], nodes: list[Node], down: bool) -> None:
    rows = [{"key": key, **row} for key, row in enumerate(rows)]
    connection = _database(rows)
    orderby = ",".join(print_filter(node) + (" desc" if down else "") for node in nodes) + ",key"
    terms = parse_options([("$orderby", orderby)], MODEL).orderby
    order = order_sql(terms, COLUMNS)
    from_sqlite = [key for (key,) in connection.execute(f"SELECT key FROM t ORDER BY {order.text}", order.parameters)]
    connection.close()

    assert [row["key"] for row in ordered(rows, terms)] == from_sqlite
