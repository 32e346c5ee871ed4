"""Conditions over all columns: `* has "x"`, and the bare terms of `search` and `find`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from vedette.kql import syntax
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.scope import Frame
from vedette.kql.bound import Bound, Call, Const, Ref

if TYPE_CHECKING:
    from vedette.kql.bind.binder import Binder

_CASED: Final = {
    "has": "has_cs", "hasprefix": "hasprefix_cs", "hassuffix": "hassuffix_cs", "contains": "contains_cs",
    "startswith": "startswith_cs", "endswith": "endswith_cs", "=~": "==", "!~": "!=",
    "!has": "!has_cs", "!hasprefix": "!hasprefix_cs", "!hassuffix": "!hassuffix_cs", "!contains": "!contains_cs",
    "!startswith": "!startswith_cs", "!endswith": "!endswith_cs",
}  # fmt: skip
"""Operator → the one that tells case apart."""
_WITHIN: Final = frozenset({
    "has", "has_cs", "hasprefix", "hasprefix_cs", "hassuffix", "hassuffix_cs", "contains", "contains_cs",
})  # fmt: skip
"""Operators that look for something inside of a text: those may look into all columns' texts put together."""
SEPARATOR: Final = "\x1e"
"""Stands between texts that are put together. It is part of no term."""
_NO_TEXT: Final = frozenset({"datetime", "timespan", "bool"})
"""Columns of these types are not looked into by a star."""


def names_all_columns(node: syntax.Expr) -> bool:
    """Whether a condition has a `*` in the place of a column."""
    return any(isinstance(part, syntax.Binary) and isinstance(part.left, syntax.Wildcard) for part in conditions(node))


def conditions(node: syntax.Expr) -> Iterator[syntax.Expr]:
    """The conditions that `and`, `or` and `not` combine."""
    pending = [node]
    while pending:
        match pending.pop():
            case syntax.Binary(op="and" | "or", left=left, right=right):
                pending += [left, right]
            case syntax.Call(name="not", arguments=(argument,)):
                pending.append(argument.value)
            case other:
                yield other


def names_in(node: syntax.Node) -> Iterator[str]:
    """All names that stand where a column may."""
    pending: list[object] = [node]
    while pending:
        at = pending.pop()
        if isinstance(at, syntax.Name):
            yield at.name
        elif isinstance(at, syntax.Node):
            pending.extend(getattr(at, one.name) for one in fields(at) if one.name not in ("span", "name_span"))
        elif isinstance(at, tuple):
            pending.extend(at)


@dataclass(frozen=True, slots=True)
class Terms:
    """Binds such conditions over the columns of a frame's row."""

    binder: Binder
    frame: Frame
    sensitive: bool = False
    """Whether texts are compared by case, too."""
    bare: bool = False
    """Whether a text alone is a condition: that some column has it."""

    def condition(self, node: syntax.Expr) -> Bound:
        """A condition."""
        match node:
            case syntax.Binary(op="and" | "or" as op, left=left, right=right):
                return Call("bool", op, (self.condition(left), self.condition(right)), span=node.span)
            case syntax.Call(name="not", arguments=(argument,)):
                return Call("bool", "not", (self.condition(argument.value),), span=node.span)
            case syntax.Wildcard(pattern="*") if self.bare:
                return Const("bool", True)
            case syntax.Literal(type="string", value=str() as text) if self.bare:
                return self._some_column(text)
            case syntax.Binary(op=":", left=left, right=syntax.Literal(type="string", value=str() as text)):
                if isinstance(left, syntax.Wildcard):
                    return self._some_column(text)
                return self._term(self.binder.scalar(left, self.frame), text)
            case syntax.Binary(op=op, left=syntax.Wildcard(), right=right):
                wanted = convert(self.binder.scalar(right, self.frame), "string")
                return self._anywhere(self._cased(op), wanted)
            case syntax.Binary(op=op) if self.sensitive and op in _CASED:
                node = syntax.Binary(_CASED[op], node.left, node.right, span=node.span)
        return self.binder.condition(node, self.frame)

    def _cased(self, op: str) -> str:
        return _CASED.get(op, op) if self.sensitive else op

    def _some_column(self, text: str) -> Bound:
        """Whether some column has a term."""
        op, wanted = self._looked_for(text)
        return Const("bool", True) if op == "*" else self._anywhere(op, Const("string", wanted))

    def _anywhere(self, op: str, wanted: Bound) -> Bound:
        texts = tuple(_text(Ref(one.type, one)) for one in self.frame.row if one.type not in _NO_TEXT)
        if not texts:
            return Const("bool", False)
        if op in _WITHIN and isinstance(wanted, Const) and wanted.value and SEPARATOR not in str(wanted.value):
            return Call("bool", op, (Call("string", "$joined", (Const("string", SEPARATOR), *texts)), wanted))
        tests = tuple(Call("bool", op, (text, wanted)) for text in texts)
        return tests[0] if len(tests) == 1 else Call("bool", "or", tests)

    def _term(self, value: Bound, text: str) -> Bound:
        """Whether a value has a term."""
        op, wanted = self._looked_for(text)
        return Const("bool", True) if op == "*" else Call("bool", op, (_text(value), Const("string", wanted)))

    def _looked_for(self, text: str) -> tuple[str, str]:
        """The operator and the text that a term means; `*` in it stands for anything."""
        core = text.strip("*")
        if not core:
            return "*", ""
        before, after = text.startswith("*"), text.endswith("*")
        if "*" in core:
            pattern = ".*".join(re.escape(part) for part in core.split("*"))
            pattern = ("" if before else r"\b") + pattern + ("" if after else r"\b")
            return "matches regex", ("(?s)" if self.sensitive else "(?is)") + pattern
        op = {(False, False): "has", (True, False): "hassuffix", (False, True): "hasprefix"}.get((before, after))
        return self._cased(op or "contains"), core


def _text(value: Bound) -> Bound:
    return convert(value, "string")
