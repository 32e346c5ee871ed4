"""Finds the operation that a request means. Made from the catalogue; nothing is listed here.

Paths match without regard to letter case and with or without a version or a trailing slash, as clients rely on.
Arguments of OData functions are read from the last segment in any order: `findbyip(ip='10.0.0.1',timestamp=…)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from vedette.catalogue.operation import Operation

_FUNCTION = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
_ARGUMENT = re.compile(r"\s*(\w+)\s*=\s*('(?:[^']|'')*'|[^,()']*)\s*(?:,|$)")


@dataclass(frozen=True, slots=True)
class Match:
    """An operation with the arguments that its path carries, still as text."""

    operation: Operation[Any, Any]  # Any: an operation of whatever signature
    arguments: Mapping[str, str]
    is_count: bool = False
    """The path ends in `/$count`: only the number is wanted."""


@dataclass(frozen=True, slots=True)
class _Route:
    operation: Operation[Any, Any]  # Any: an operation of whatever signature
    segments: tuple[str, ...]
    """Lower-case literals, and `{name}` for parameters; a function is its bare name."""


class Routes:
    """All operations, ready to be matched."""

    def __init__(self, operations: Iterable[Operation[Any, Any]]) -> None:
        self._routes: dict[int, list[_Route]] = {}
        for operation in operations:
            *front, last = operation.path.removeprefix("/api/").split("/")
            function = _FUNCTION.fullmatch(last)
            segments = tuple(
                part if part.startswith("{") else part.lower() for part in (*front, function[1] if function else last)
            )
            self._routes.setdefault(len(segments), []).append(_Route(operation, segments))
        for routes in self._routes.values():  # literals win over parameters
            routes.sort(key=lambda route: [part.startswith("{") for part in route.segments])

    def match(self, method: str, path: str) -> Match | frozenset[str] | None:
        """The operation meant; else the methods that the path takes; else None. `path` is still percent-encoded."""
        segments = [unquote(part) for part in path.strip("/").split("/")]
        if not segments or segments[0].lower() != "api":
            return None
        segments = segments[2:] if len(segments) > 1 and segments[1].lower() == "v1.0" else segments[1:]
        is_count = len(segments) > 1 and segments[-1].lower() == "$count"
        if is_count:
            segments.pop()
        if not segments:
            return None
        function = _FUNCTION.fullmatch(segments[-1])
        given = _arguments(function[2]) if function else {}
        if function and given is not None:
            segments[-1] = function[1]
        methods: set[str] = set()
        for route in self._routes.get(len(segments), ()):
            arguments = _matches(route, segments)
            if arguments is None or (is_count and not route.operation.is_listing):
                continue
            if route.operation.method != method:
                methods.add(route.operation.method)
                continue
            return Match(route.operation, arguments | _renamed(route.operation, given or {}), is_count)
        return frozenset(methods) or None


def _matches(route: _Route, segments: list[str]) -> dict[str, str] | None:
    arguments: dict[str, str] = {}
    for pattern, segment in zip(route.segments, segments, strict=True):
        if pattern.startswith("{"):
            arguments[pattern[1:-1]] = segment
        elif pattern != segment.lower():
            return None
    return arguments


def _arguments(text: str) -> dict[str, str] | None:
    arguments: dict[str, str] = {}
    position = 0
    while position < len(text):
        found = _ARGUMENT.match(text, position)
        if found is None:
            return None
        value = found[2]
        arguments[found[1].lower()] = value[1:-1].replace("''", "'") if value.startswith("'") else value.strip()
        position = found.end()
    return arguments


def _renamed(operation: Operation[Any, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Arguments of a function by the names of the signature; the path may use the wire name of a query parameter."""
    template = dict(re.findall(r"(\w+)='?{(\w+)}", operation.template))
    names = {p.wire.lower(): p.name for p in operation.parameters if p.where in ("path", "query")}
    names |= {wire.lower(): name for wire, name in template.items()}
    return {names.get(name, name): value for name, value in given.items()}
