"""Expressions after binding: every name resolved, every type known. No engine is named here.

An operator is a call like any other, by its name: `Call("+", …)`, `Call("has", …)`, `Call("and", …)`; so are access to
dynamic values (`Call("[]", (target, key))`) and conversions that the binder puts in (`tostring`, `toreal`, …).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalogue.tables import KqlType
from vedette.kql.schema import Column
from vedette.kql.source import NOWHERE, Span

if TYPE_CHECKING:
    from vedette.kql.plan import Plan


@dataclass(frozen=True, slots=True)
class Bound:
    """A scalar expression."""

    type: KqlType
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Const(Bound):
    """A constant; `value` as in `syntax.Literal`."""

    value: object


@dataclass(frozen=True, slots=True)
class Ref(Bound):
    """The value of a column in the row at hand."""

    column: Column


@dataclass(frozen=True, slots=True)
class Call(Bound):
    """A function or operator over scalar arguments. `variant` tells emitters which of several signatures matched,
    when the types of the arguments do not say it."""

    name: str
    args: tuple[Bound, ...]
    variant: int = 0


@dataclass(frozen=True, slots=True)
class First(Bound):
    """The first column of a plan's first row: `toscalar`."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Among(Bound):
    """Whether a value is among those of a plan's first column: `in (pipeline)`. `fold_case` for `in~`."""

    value: Bound
    plan: Plan
    fold_case: bool


@dataclass(frozen=True, slots=True)
class Values(Bound):
    """All values of a plan's first column as one dynamic array (for `has_any (pipeline)` and its kin)."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Aggregation(Bound):
    """An aggregate over the rows of a group. `filter` keeps only some (the `…if` forms)."""

    name: str
    args: tuple[Bound, ...]
    filter: Bound | None = None


def missing_value(type: KqlType) -> Const:
    """What a value of this type is where there is none: null, for a text the empty one."""
    return Const(type, "" if type == "string" else None)


def walk(expression: Bound) -> Iterator[Bound]:
    """The expression and all parts of it; the insides of plans are not entered."""
    pending = [expression]
    while pending:
        at = pending.pop()
        yield at
        match at:
            case Call(args=args):
                pending.extend(args)
            case Aggregation(args=args, filter=kept):
                pending.extend(args)
                if kept is not None:
                    pending.append(kept)
            case Among(value=value):
                pending.append(value)


def is_constant(expression: Bound) -> bool:
    """Whether the value is the same for every row."""
    return all(
        isinstance(part, Const | First | Values) or (isinstance(part, Call) and part.name not in VOLATILE)
        for part in walk(expression)
    )


VOLATILE = frozenset({"rand", "new_guid"})
