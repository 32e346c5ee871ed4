"""What the support table says is true: everything supported has cases, everything else is refused with its reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.spec.kql.cases import read_cases
from tests.spec.kql.test_cases import NOW
from vedette.errors import UnsupportedQuery
from vedette.kql import compile_query, hunting_tables
from vedette.kql.functions import plugins
from vedette.kql.functions.refused import REFUSED
from vedette.kql.functions.tabular_operators import TABULAR_OPERATORS
from vedette.kql.support import Entry, entries

QUERIES = [case.query for file in sorted(Path(__file__).parent.glob("*.kql")) for case in read_cases(file)]
SUPPORTED = [one for one in entries() if one.supported and not one.newer_name]
SHOWN_ELSEWHERE = {
    "render": "drawing is the command line's matter: tests/spec/cli",
    "externaldata": "files are the engine's matter: tests/spec/hunting",
    "neg": "it is the unary minus, which has no name in a query: other_forms.kql",
    **dict.fromkeys(
        ("FileProfile", "DeviceFromIP", "AssignedIPAddresses", "SeenBy"),
        "they need tables with rows: test_hunting_functions.py",
    ),
}
"""Supported without a case, and where it is shown instead."""


def _is_used(name: str) -> bool:
    if name.isidentifier() and name not in TABULAR_OPERATORS:
        return any(re.search(rf"\b{re.escape(name)}\s*\(|\s{re.escape(name)}\s", query) for query in QUERIES)
    return any(re.search(rf"(?<![\w!=<>~-]){re.escape(name)}(?![\w=~-])", query) for query in QUERIES)


@pytest.mark.parametrize("entry", SUPPORTED, ids=lambda entry: entry.name)
def test_what_is_supported_has_a_case(entry: Entry) -> None:
    assert entry.name in SHOWN_ELSEWHERE or _is_used(entry.name)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_known_and_not_supported_is_refused_with_its_reason(name: str) -> None:
    with pytest.raises(UnsupportedQuery) as refused:
        compile_query(f'print x = {name}("a")', hunting_tables(), now=NOW)

    assert "supported" in str(refused.value) or "cannot be reached" in str(refused.value)


@pytest.mark.parametrize("name", sorted(plugins.REFUSED))
def test_plugins_that_are_known_and_not_supported_are_refused_with_their_reason(name: str) -> None:
    with pytest.raises(UnsupportedQuery, match=f"'{name}' {re.escape(plugins.REFUSED[name])} and is not supported"):
        compile_query(f'print x = 1 | evaluate {name}("a")', hunting_tables(), now=NOW)


def test_every_entry_says_what_it_is_and_where_that_is_from() -> None:
    assert [one.name for one in SUPPORTED if not one.says or not one.source.startswith("https://")] == []
