"""Checks one query: does it compile, and which habits does it show.

`// vedette: ignore KQL101` on a line, or on a line of its own above it, silences rules there; without an id, all of
them. Errors cannot be silenced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from vedette.errors import QueryError, QuerySyntaxError, UnknownName, UnsupportedQuery
from vedette.kql import syntax
from vedette.kql.compiling import compile_query
from vedette.kql.lint.findings import RULES, Finding, Rule
from vedette.kql.lint.habits import habits
from vedette.kql.lint.mending import Mending
from vedette.kql.parser import parse
from vedette.kql.source import Source, Span
from vedette.kql.tables import Tables

_IGNORE = re.compile(r"//\s*vedette:\s*ignore\b([^\n]*)")
_AT = datetime(2024, 1, 1, tzinfo=UTC)


def check(text: str, tables: Tables, *, parameters: Mapping[str, object] | None = None) -> list[Finding]:
    """Everything found in a query, in the order of the text. A query without findings gives an empty list."""
    source = Source(text)
    found: list[Finding] = []
    try:
        tree = parse(text)
    except QueryError as error:
        return [_of_error(source, error)]
    errors, tree = _mistakes(text, tree, tables, parameters)
    found.extend(_of_error(source, error) for error in errors)
    silenced = dict(_silenced(text))
    for rule, span, message in habits(tree, source, tables):
        finding = _finding(source, rule, span, message or rule.says, rule.advice)
        ids = silenced.get(finding.line)
        if ids is None or (ids and rule.id not in ids):
            found.append(finding)
    return sorted(found, key=lambda one: (one.line, one.column, one.rule.id))


def _mistakes(
    text: str, tree: syntax.Query, tables: Tables, parameters: Mapping[str, object] | None
) -> tuple[list[QueryError], syntax.Query]:
    """What does not compile, and the query with that mended as well as may be."""
    found: list[QueryError] = []
    mending = Mending(tree)
    while True:
        try:
            # What a column depends on data for cannot be known here; such a query is taken to be right.
            compile_query(text, tables, now=_AT, parameters=parameters, probe=lambda compiled: [], tree=mending.tree)
        except QueryError as error:
            if not mending.follows(error):
                found.append(error)
            if mending.mend(error):
                continue
        return found, mending.tree


def _of_error(source: Source, error: QueryError) -> Finding:
    match error:
        case QuerySyntaxError():
            rule = RULES["KQL001"]
        case UnknownName():
            rule = RULES["KQL002"]
        case UnsupportedQuery():
            rule = RULES["KQL004"]
        case _:
            rule = RULES["KQL003"]
    span = Span(*error.span) if error.span else Span(0, 0)
    message = error.message.split("\n")[0]
    return _finding(source, rule, span, re.sub(r" \(line \d+, column \d+\)$", "", message), error.hint)


def _finding(source: Source, rule: Rule, span: Span, message: str, hint: str) -> Finding:
    line, column = source.place(span.start)
    end_line, end_column = source.place(max(span.end, span.start + 1))
    return Finding(rule, message, hint, line, column, end_line, end_column, source.excerpt(span))


def _silenced(text: str) -> Iterator[tuple[int, frozenset[str]]]:
    """Line → the rules that are silenced there; none named means all."""
    for number, line in enumerate(text.split("\n"), 1):
        match = _IGNORE.search(line)
        if match:
            ids = frozenset(re.findall(r"KQL\d{3}", match[1]))
            alone = not line[: match.start()].strip()
            yield number + 1 if alone else number, ids
