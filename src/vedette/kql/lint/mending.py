"""Puts something sound where a query is wrong, so that a check can find the mistakes behind the first.

A name that does not exist becomes the nearest one that does, an expression that makes no sense becomes null. What is
then found at a mended place, or about a column that has its values from one, follows from the mending and is not told.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, Final

from vedette.errors import QueryError, QuerySyntaxError, UnknownName, UnsupportedQuery
from vedette.kql import syntax
from vedette.kql.source import Span

MOST: Final = 50
"""So often one query is mended."""
_STAND_INS: Final = (
    syntax.Literal("dynamic", None),
    syntax.Literal("bool", True),
    syntax.Literal("long", 1),
    syntax.Literal("string", ""),
)
"""What may stand in for an expression, one after the other until it fits where it is."""
_SLIP: Final = 0.9
"""How alike two names are that differ by a slip of the fingers."""
_OF_CONDITIONS: Final = frozenset({"not", "iff", "iif", "case"})
"""Functions whose arguments are judged one by one."""


class Mending:
    """A query that is being mended. `tree` is its latest state."""

    def __init__(self, tree: syntax.Query) -> None:
        self.tree = tree
        self._places: list[Span] = []
        self._doubtful: set[str] = set()
        """Names whose values or types stand for nothing that was written."""

    def follows(self, error: QueryError) -> bool:
        """Whether the error comes of what was mended before."""
        span = Span(*error.span) if error.span else Span(0, 0)
        at = self._expression(span)
        call = self._around(at) if at is not None else None
        # What a function takes hangs together: `bin(a, 1h)` wants a time because 1h is a span, or the other way round.
        piece = call.span if isinstance(call, syntax.Call) and call.name not in _OF_CONDITIONS else span
        if any(piece.start < one.end and one.start < piece.end for one in self._places):
            return True
        inside = (one for one in _nodes(self.tree) if isinstance(one, syntax.Name))
        return any(one.name in self._doubtful for one in inside if span.start <= one.span.start < span.end)

    def mend(self, error: QueryError) -> bool:
        """Put something in place of what the error is about; whether anything could stand in."""
        if error.span is None or isinstance(error, QuerySyntaxError | UnsupportedQuery) or len(self._places) == MOST:
            return False
        if isinstance(error, UnknownName) and error.kind == "table" and not _is_slip(error):
            return False  # Another table has other columns, and each of them would seem to be a mistake.
        span = Span(*error.span)
        nearest = error.nearest if isinstance(error, UnknownName) and not self.follows(error) else ()
        at = self._expression(span)
        while at is not None and self._places.count(at.span) == len(_STAND_INS):
            at = self._around(at)
        if at is None:
            return False
        if nearest and isinstance(at, syntax.Name | syntax.Call):
            new: syntax.Expr = replace(at, name=nearest[0])
        else:
            new = replace(_STAND_INS[self._places.count(at.span)], span=at.span)
        self._places.append(at.span)
        try:
            self.tree = self._changed(self.tree, at, new, is_sound=bool(nearest))
        except RecursionError:
            return False
        return True

    def _expression(self, span: Span) -> syntax.Expr | None:
        """The innermost expression that stands there, or the call whose name does."""
        for at in _nodes(self.tree):
            if isinstance(at, syntax.Expr) and span in (at.span, getattr(at, "name_span", None)):
                return at
        return None

    def _around(self, inner: syntax.Expr) -> syntax.Expr | None:
        """The innermost expression that holds another one."""
        for at in _nodes(self.tree):
            start, end = at.span
            holds = start <= inner.span.start and inner.span.end <= end and at.span != inner.span
            if holds and isinstance(at, syntax.Expr):
                return at
        return None

    def _changed(self, at: Any, old: syntax.Expr, new: syntax.Expr, *, is_sound: bool) -> Any:  # Any: parts of the tree
        """The same tree with one expression for another. A column keeps the name that it had from the old one."""
        if at is old:
            return new
        if isinstance(at, tuple) and not hasattr(at, "_fields"):
            parts = tuple(self._changed(one, old, new, is_sound=is_sound) for one in at)
            return at if all(one is was for one, was in zip(parts, at, strict=True)) else parts
        if not isinstance(at, syntax.Node):
            return at
        changes = {}
        for name, value in _parts(at):
            inside = self._changed(value, old, new, is_sound=is_sound)
            if inside is not value:
                changes[name] = inside
        if not changes:
            return at
        if isinstance(at, syntax.NamedExpr):
            if at.value is old and not at.names and isinstance(old, syntax.Name):
                changes["names"] = (old.name,)
            if not is_sound:
                self._doubtful.update(changes.get("names", at.names))
        elif isinstance(at, syntax.Let) and not is_sound:
            self._doubtful.add(at.name)
        return replace(at, **changes)


def _is_slip(error: UnknownName) -> bool:
    """Whether the nearest name is so near that it must be meant."""
    return any(difflib.SequenceMatcher(None, error.name, one).ratio() >= _SLIP for one in error.nearest[:1])


def _nodes(query: syntax.Query) -> Iterator[syntax.Node]:
    """All nodes, inner ones before those that they are in."""
    pending: list[object] = [query]
    found: list[syntax.Node] = []
    while pending:
        at = pending.pop()
        if isinstance(at, syntax.Node):
            found.append(at)
            pending.extend(value for _, value in _parts(at))
        elif isinstance(at, tuple):
            pending.extend(at)
    return reversed(found)


def _parts(node: syntax.Node) -> Iterator[tuple[str, Any]]:  # Any: parts of the tree
    return ((one.name, getattr(node, one.name)) for one in fields(node) if one.name != "span")
