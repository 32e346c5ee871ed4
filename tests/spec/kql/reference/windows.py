"""Functions of rows in their order: row_number, prev, next, row_cumsum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from tests.spec.kql.reference.values import Unspecified, Value, null, whole
from vedette.kql import syntax

if TYPE_CHECKING:
    from tests.spec.kql.reference.scalars import Here


def _ordered(here: Here) -> None:
    if not here.table.ordered and len(here.table.rows) > 1:
        raise Unspecified("a place among rows that have no order")


def _row_number(arguments: Sequence[syntax.Expr], here: Here) -> Value:
    """Counts from the first argument (1), and again where the second is true (row-number-function)."""
    _ordered(here)
    first = here.value(arguments[0]).value if arguments else 1
    number = first
    for at in range(0 if here.at is None else here.at + 1):
        again = len(arguments) > 1 and here.row(at).value(arguments[1]).value is True
        number = first if at == 0 or again else number + 1
    return whole(number)


def _neighbour(direction: int) -> Callable[[Sequence[syntax.Expr], Here], Value]:
    def found(arguments: Sequence[syntax.Expr], here: Here) -> Value:
        """The value so many rows away (1), or the default (null) beyond the first and last row."""
        _ordered(here)
        distance = here.value(arguments[1]).value if len(arguments) > 1 else 1
        kind = here.row(None).value(arguments[0]).type
        if here.at is not None and 0 <= here.at + direction * distance < len(here.table.rows):
            return here.row(here.at + direction * distance).value(arguments[0])
        return here.value(arguments[2]) if len(arguments) > 2 else null(kind)

    return found


def _cumulative(arguments: Sequence[syntax.Expr], here: Here) -> Value:
    """The sum of the rows so far, from zero again where the second argument is true (row-cumsum-function)."""
    _ordered(here)
    kind = here.row(None).value(arguments[0]).type
    if here.at is None:
        return null(kind)
    total: float = 0
    for at in range(here.at + 1):
        if len(arguments) > 1 and here.row(at).value(arguments[1]).value is True:
            total = 0
        value = here.row(at).value(arguments[0]).value
        if value is None:
            raise Unspecified("a running sum over null")
        total += value
    return Value("real", float(total)) if kind == "real" else Value(kind, whole(int(total)).value)


WINDOWS: Final[Mapping[str, Callable[[Sequence[syntax.Expr], Here], Value]]] = {
    "row_number": _row_number,
    "prev": _neighbour(-1),
    "next": _neighbour(1),
    "row_cumsum": _cumulative,
}
