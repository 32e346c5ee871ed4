"""has and its kin, by the definition of a term: a longest run of letters and digits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.hunting import Engine

TEXTS = st.text(alphabet="aAbB1é._- %\\'\n", max_size=8)
NEEDLES = st.text(alphabet="aAbB1é._- %\\'", min_size=1, max_size=3)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as embedded:
        yield embedded


def occurs(text: str, needle: str, starts_term: bool, ends_term: bool) -> bool:
    """Whether the needle stands somewhere, with no term going on across an end of it that must be a term's."""
    for at in range(len(text) - len(needle) + 1):
        end = at + len(needle)
        if text[at:end] != needle:
            continue
        if starts_term and needle[0].isalnum() and at and text[at - 1].isalnum():
            continue
        if ends_term and needle[-1].isalnum() and end < len(text) and text[end].isalnum():
            continue
        return True
    return False


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "has_cs": lambda text, needle: occurs(text, needle, starts_term=True, ends_term=True),
    "hasprefix_cs": lambda text, needle: occurs(text, needle, starts_term=True, ends_term=False),
    "hassuffix_cs": lambda text, needle: occurs(text, needle, starts_term=False, ends_term=True),
    "contains_cs": lambda text, needle: occurs(text, needle, starts_term=False, ends_term=False),
    "startswith_cs": str.startswith,
    "endswith_cs": str.endswith,
}


@settings(derandomize=True, max_examples=60, deadline=None)
@given(text=TEXTS, needle=NEEDLES)
def test_constants_and_columns_are_searched_by_the_same_rules(engine: Engine, text: str, needle: str) -> None:
    tests = [
        f"{form}_{kind} = {left} {form} {right}"
        for cased in OPERATORS
        for form in (cased, cased.removesuffix("_cs"), f"!{cased}")
        for kind, left, right in (("constant", "text", json.dumps(needle)), ("column", "text", "needle"))
    ]
    columns = ", ".join(test.replace("!", "not_", 1) if test.startswith("!") else test for test in tests)
    query = f"datatable(text: string, needle: string) [{json.dumps(text)}, {json.dumps(needle)}] | project {columns}"

    [row] = engine.run(query).json_rows()

    for cased, holds in OPERATORS.items():
        for kind in ("constant", "column"):
            assert row[f"{cased}_{kind}"] is holds(text, needle)
            assert row[f"not_{cased}_{kind}"] is not holds(text, needle)
            assert row[f"{cased.removesuffix('_cs')}_{kind}"] is holds(text.lower(), needle.lower())


@settings(derandomize=True, max_examples=40, deadline=None)
@given(text=TEXTS, needles=st.lists(NEEDLES, min_size=1, max_size=8))
def test_lists_of_needles_mean_any_or_all_of_them(engine: Engine, text: str, needles: list[str]) -> None:
    listed = ", ".join(json.dumps(needle) for needle in needles)
    query = (
        f"datatable(text: string, list: dynamic) [{json.dumps(text)}, dynamic([{listed}])]"
        f" | project any = text has_any ({listed}), any_of = text has_any (list),"
        f" every = text has_all ({listed}), every_of = text has_all (list)"
    )

    [row] = engine.run(query).json_rows()

    found = [OPERATORS["has_cs"](text.lower(), needle.lower()) for needle in needles]
    assert (row["any"], row["any_of"]) == (any(found), any(found))
    assert (row["every"], row["every_of"]) == (all(found), all(found))
