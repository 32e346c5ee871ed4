"""Habits that are slow or surprising, read off the syntax tree. Advice comes from the service's own pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from vedette.kql import syntax
from vedette.kql.bind.scope import TIME_NAMES
from vedette.kql.functions.catalogue import functions
from vedette.kql.lint.findings import RULES, Rule
from vedette.kql.source import Source, Span
from vedette.kql.tables import Tables

Found = tuple[Rule, Span, str]
"""A rule, where it is broken, and what to say about it (empty: what the rule says)."""

_TERM: Final = re.compile(r"[A-Za-z0-9]{4,}")
_SPECIAL: Final = re.compile(r"[\\.^$*+?()\[\]{}|]")
_PROCESS_IDS: Final = frozenset({"ProcessId", "InitiatingProcessId", "InitiatingProcessParentId"})
_ANY_CASE: Final = frozenset({"FolderPath", "ProcessCommandLine", "InitiatingProcessCommandLine",
                              "InitiatingProcessFolderPath"})  # fmt: skip
_FOLDING: Final = frozenset({"tolower", "toupper"})
_PARSING: Final = frozenset({"parse_json", "todynamic", "parse_xml", "extractjson", "extract_json"})
_ORDERLESS: Final = (syntax.Summarize, syntax.Join, syntax.Union, syntax.Distinct, syntax.Count, syntax.Sort)


def habits(query: syntax.Query, source: Source, tables: Tables) -> Iterator[Found]:
    """All habits of a query."""
    nodes = list(walk(query))
    for node in nodes:
        match node:
            case syntax.Binary():
                yield from _comparison(node)
            case syntax.Literal() if node.unread:
                yield RULES["KQL113"], node.span, f"'{node.unread}' is no date and counts as null."
            case syntax.In():
                yield from _list(node)
            case syntax.Call():
                yield from _call(node)
            case syntax.Join():
                yield from _join(node)
            case syntax.Pipeline():
                yield from _pipeline(node)
            case syntax.Search() | syntax.Find() if not node.tables:
                yield RULES["KQL104"], _head(node.span, 6 if isinstance(node, syntax.Search) else 4), ""
            case syntax.Union(tables=listed) if any(_is_everything(one) for one in listed):
                yield RULES["KQL104"], _head(node.span, 5), ""
    yield from _time(nodes, tables)
    yield from _unused(query, nodes)


def walk(node: object) -> Iterator[syntax.Node]:
    """A node and all nodes inside of it, in the order of the text."""
    pending: list[object] = [node]
    while pending:
        at = pending.pop()
        if isinstance(at, syntax.Node):
            yield at
            pending.extend(getattr(at, one.name) for one in reversed(fields(at)) if one.name != "span")
        elif isinstance(at, tuple):
            pending.extend(reversed(at))


def _comparison(node: syntax.Binary) -> Iterator[Found]:
    constant = node.right.value if isinstance(node.right, syntax.Literal) else None
    if node.op in ("contains", "!contains", "contains_cs", "!contains_cs") and isinstance(constant, str):
        if _TERM.fullmatch(constant):
            yield RULES["KQL101"], node.span, f'{node.op} "{constant}" looks into every text; has looks terms up.'
    elif node.op == "matches regex" and isinstance(constant, str) and not _SPECIAL.search(constant):
        yield RULES["KQL105"], node.span, ""
    elif node.op in ("==", "!="):
        for side in (node.left, node.right):
            if isinstance(side, syntax.Call) and side.name in _FOLDING:
                yield RULES["KQL102"], node.span, ""
                return
        if isinstance(constant, str) and constant and _column(node.left) in _ANY_CASE:
            yield RULES["KQL111"], node.span, f"{_column(node.left)} differs in letter case from device to device."


def _list(node: syntax.In) -> Iterator[Found]:
    if node.op in ("in", "!in"):
        if isinstance(node.left, syntax.Call) and node.left.name in _FOLDING:
            yield RULES["KQL102"], node.span, ""
        elif _column(node.left) in _ANY_CASE:
            yield RULES["KQL111"], node.span, f"{_column(node.left)} differs in letter case from device to device."


def _column(node: syntax.Expr) -> str:
    return node.name if isinstance(node, syntax.Name) else ""


def _call(node: syntax.Call) -> Iterator[Found]:
    known = functions().get(node.name)
    if known is not None and known.deprecated:
        message = f"{node.name} is now named {known.deprecated}."
        yield RULES["KQL108"], node.name_span if node.name_span.end else node.span, message


def _join(node: syntax.Join) -> Iterator[Found]:
    if not any(option.name == "kind" for option in node.options):
        yield RULES["KQL106"], _head(node.span, 4), ""
    names = {
        part.name for condition in node.conditions for part in walk(condition)
        if isinstance(part, syntax.Name | syntax.Member)
    }  # fmt: skip
    if names & _PROCESS_IDS and not any("CreationTime" in name or "UniqueId" in name for name in names):
        yield RULES["KQL107"], _head(node.span, 4), ""


def _pipeline(node: syntax.Pipeline) -> Iterator[Found]:
    seen_has = False
    for position, operator in enumerate(node.operators):
        following = node.operators[position + 1] if position + 1 < len(node.operators) else None
        if isinstance(operator, syntax.Sort) and isinstance(following, _ORDERLESS):
            yield RULES["KQL110"], _head(operator.span, 4), ""
        if isinstance(operator, syntax.Where):
            parts = list(walk(operator.predicate))
            seen_has = seen_has or any(
                isinstance(part, syntax.Binary | syntax.In)
                and isinstance(part.left, syntax.Name)
                and part.op.startswith(("has", "contains", "==", "=~", "in"))
                for part in parts
            )
            parsing = next((p for p in parts if isinstance(p, syntax.Call) and p.name in _PARSING), None)
            if parsing is not None and not seen_has:
                yield RULES["KQL109"], parsing.span, ""


def _time(nodes: list[syntax.Node], tables: Tables) -> Iterator[Found]:
    """One finding, at the first table with times, for a query that never filters by time."""
    reads: syntax.Name | None = None
    for node in nodes:
        if isinstance(node, syntax.Where | syntax.Find | syntax.Search):
            predicate = node.predicate
            if any(isinstance(part, syntax.Name) and part.name in TIME_NAMES for part in walk(predicate)):
                return
        elif isinstance(node, syntax.MakeSeries) and node.low is not None:
            return
        elif isinstance(node, syntax.Name) and reads is None and node.name in tables:
            columns = {column.name for column in tables[node.name].columns}
            if columns & TIME_NAMES.keys() and not node.name.startswith("DeviceTvm"):
                reads = node
    if reads is not None:
        yield RULES["KQL103"], reads.span, f"Without a time filter, all 30 days of {reads.name} are read."


def _unused(query: syntax.Query, nodes: list[syntax.Node]) -> Iterator[Found]:
    used = {node.name for node in nodes if isinstance(node, syntax.Name | syntax.Call)}
    for statement in query.statements:
        if isinstance(statement, syntax.Let) and statement.name not in used:
            yield RULES["KQL112"], _head(statement.span, 4 + len(statement.name)), f"'{statement.name}' is never used."


def _is_everything(node: syntax.Expr) -> bool:
    return isinstance(node, syntax.Wildcard) and node.pattern == "*"


def _head(span: Span, length: int) -> Span:
    return Span(span.start, min(span.end, span.start + length))
