"""The names that columns get when a query gives none, as Kusto's own language service names them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vedette.kql import syntax
from vedette.kql.signatures import CANONICAL, Function


def default_name(node: syntax.Expr, functions: Mapping[str, Function]) -> str | None:
    """The name that an expression suggests; None when it suggests none (`Column1`, `print_0`, … are then counted)."""
    match node:
        case syntax.Name(name=name):
            return name
        case syntax.Member() | syntax.Index():
            return _path(node, functions)
        case syntax.Call(name=name, arguments=arguments):
            # A few aggregates have a function of their name, which unites several values of one row.
            function = (
                functions.get(f"${CANONICAL.get(name, name)}") if len(arguments) > 1 else None
            ) or functions.get(name)
            first = arguments[0].name or default_name(arguments[0].value, functions) if arguments else None
            match function.naming if function else "none":
                case "first":
                    return first
                case "only":
                    return first if len(arguments) == 1 else None
                case "function_and_first":
                    return f"{name}_{first or ''}"
                case "prefix_and_first":
                    return f"{function.prefix if function else name}_{first or ''}"
                case "prefix":
                    return function.prefix if function else None
                case _:
                    return None
        case syntax.ToScalar(value=value):
            return default_name(value, functions) if isinstance(value, syntax.Name) else None
        case _:
            return None


def _path(node: syntax.Expr, functions: Mapping[str, Function]) -> str | None:
    match node:
        case syntax.Member(target=syntax.Name(name="$left" | "$right"), name=name):
            return name
        case syntax.Member(target=target, name=name):
            base = default_name(target, functions)
            return f"{base}_{name}" if base else name
        case syntax.Index(target=target, index=syntax.Literal(value=str() | int() as key)):
            base = default_name(target, functions)
            return f"{base}_{key}" if base else None
        case _:
            return None


class Names:
    """The names of an operator's output, which must differ from each other."""

    def __init__(self, taken: Mapping[str, object] | set[str] | None = None) -> None:
        self._taken = set(taken or ())
        self._written: set[str] = set()
        self._counted = 0

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def claim(self, name: str) -> bool:
        """Take a name that was written. False when it was taken before."""
        if name in self._taken:
            return False
        self._taken.add(name)
        self._written.add(name)
        return True

    def written(self, name: str) -> str | None:
        """Take a name that was written, with a number where one that was not written has it. None when it was written
        before."""
        if name in self._written:
            return None
        self._written.add(name)
        return self.unique(name)

    def release(self, name: str, *, for_written: bool = False) -> None:
        """Make a name free again; for one that is written, only when it was not written before."""
        if not (for_written and name in self._written):
            self._taken.discard(name)

    def unique(self, name: str) -> str:
        """Take this name, or the first free one of name1, name2, …"""
        found, count = name, 0
        while found in self._taken:
            count += 1
            found = f"{name}{count}"
        self._taken.add(found)
        return found

    def counted(self, prefix: str = "Column") -> str:
        """Take the next of Column1, Column2, …"""
        while True:
            self._counted += 1
            name = f"{prefix}{self._counted}"
            if name not in self._taken:
                self._taken.add(name)
                return name


def wildcard(pattern: str) -> re.Pattern[str]:
    """A name pattern, in which `*` stands for anything."""
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
