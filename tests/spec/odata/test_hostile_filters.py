"""Hostile text costs little and ends in an error; it never reaches SQL as text."""

from __future__ import annotations

import sqlite3

import pytest

from vedette.odata import EntityModel, ODataError, TooComplex, bind_filter, filter_sql, predicate
from vedette.odata.parser import MAX_HEIGHT


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "x" * 100_000,
        "(" * 30_000 + "isExcluded" + ")" * 100,
        "not " * 8_000 + "isExcluded",
        "-" * 30_000 + "1 eq 1",
        "tolower(" * 4_000 + "id" + ")" * 4_000 + " eq 'x'",
        "1 add " * 5_000 + "1 eq 1",
        "true eq " * 4_000 + "true",
        "machineTags/any(a: " * 1_000 + "true" + ")" * 1_000,
        "'" * 32_001,
    ],
)
def test_deep_and_long_text_is_refused(machine: EntityModel, text: str) -> None:
    with pytest.raises(ODataError):
        bind_filter(text, machine)


def test_lambdas_nest_two_deep_and_no_deeper(machine: EntityModel) -> None:
    two = "machineTags/any(a: machineTags/any(b: a eq b))"
    three = "machineTags/any(a: machineTags/any(b: machineTags/any(c: c eq a and c eq b)))"

    assert bind_filter(two, machine) is not None
    with pytest.raises(TooComplex):
        bind_filter(three, machine)


@pytest.mark.parametrize("joint", [" or ", " and "])
def test_chains_of_thousands_are_answered(database: sqlite3.Connection, machine: EntityModel, joint: str) -> None:
    bound = bind_filter(joint.join(["osBuild eq 1"] * 1_900), machine)
    where = filter_sql(bound, {"osBuild": "build"})

    assert database.execute(f"SELECT count(*) FROM m WHERE {where.text}", where.parameters).fetchone() == (0,)
    assert predicate(bound)({"osBuild": 1}) is True


def test_a_list_of_thousands_is_answered(database: sqlite3.Connection, machine: EntityModel) -> None:
    bound = bind_filter(f"osBuild in ({','.join(map(str, range(6_000)))})", machine)
    where = filter_sql(bound, {"osBuild": "build"})

    assert database.execute(f"SELECT count(*) FROM m WHERE {where.text}", where.parameters).fetchone() == (0,)


@pytest.mark.parametrize(
    ("leaf", "layer"),
    [
        ("id", "tolower({})"),
        ("id", "concat('a',{})"),
        ("id", "substring(concat('a',{}),1,9)"),
        ("1", "1 add ({})"),
        ("1.5", "1.5 mul ({})"),
        ("1.5", "exposure mul (-({}))"),
        ("true", "true eq ({})"),
        ("osBuild lt 1", "not ({})"),
        ("osBuild lt 1", "not (isExcluded and (isExcluded or {}))"),
        ("osBuild lt 1", "isExcluded eq (not (isExcluded and {}))"),
        ("osBuild lt 1", "not (osBuild lt 1 eq (isExcluded or {}))"),
        ("osBuild", "indexof('x',concat('a',substring('abc',{})))"),
        ("osBuild lt 1", "machineTags/any(t: t eq 'a' and (isExcluded eq (true and {})))"),
        ("osBuild lt 1", "not machineTags/all(t: isExcluded ne (true and {}))"),
    ],
)
def test_whatever_the_parser_lets_through_sqlite_can_read(
    database: sqlite3.Connection, machine: EntityModel, leaf: str, layer: str
) -> None:
    """SQLite's own parser has a stack of 100 entries; the height limit has to keep within it."""
    ran = 0
    expression = leaf
    for _ in range(MAX_HEIGHT):
        expression = layer.replace("any(t", f"any(t{_}").replace("all(t", f"all(t{_}").format(expression)
        expression = expression.replace(f"t{_}: t eq", f"t{_}: t{_} eq")
        try:
            bound = bind_filter(f"({expression}) ne null", machine)
        except TooComplex:
            break
        where = filter_sql(bound, {})
        query = f"SELECT id, body FROM m WHERE build > ? AND (tags IS NOT NULL AND ({where.text})) ORDER BY id LIMIT 5"
        database.execute(query, (0, *where.parameters)).fetchall()
        ran += 1
    assert ran >= 2


@pytest.mark.parametrize("text", ["x'; DROP TABLE m; --", "?", "{0}", '"', "%", "\\", "' OR 1=1"])
def test_user_text_becomes_parameters_only(database: sqlite3.Connection, machine: EntityModel, text: str) -> None:
    quoted = text.replace("'", "''")
    for shape in (
        "id eq '{}'",
        "id in ('{}')",
        "startswith(id,'{}')",
        "contains(computerDnsName,'{}')",
        "machineTags/any(t: t eq '{}')",
        "vmMetadata/vmId eq '{}'",
        "concat(id,'{}') eq 'a'",
    ):
        where = filter_sql(bind_filter(shape.replace("{}", quoted), machine), {"id": "id", "machineTags": "tags"})

        assert text not in where.text.replace("?", "").replace('"', "").replace("ESCAPE '\\'", "") or text in '?"{0}'
        assert where.text.count("?") == len(where.parameters)
        assert database.execute(f"SELECT id FROM m WHERE {where.text}", where.parameters).fetchall() == []
