"""Window functions as plain windows: restarts become partitions, ranks become running sums and maxima."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vedette.kql import syntax
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.functions import arguments
from vedette.kql.bind.scope import Frame, WindowCalls
from vedette.kql.bound import Bound, Call, Const, Ref, missing_value
from vedette.kql.plan import SortKey, Window
from vedette.kql.signatures import CANONICAL, Function

if TYPE_CHECKING:
    from vedette.kql.bind.binder import Binder


def bind_window(binder: Binder, node: syntax.Call, function: Function, frame: Frame) -> Bound:
    """A call of a window function: a reference to the column that will hold its value."""
    if frame.windows is None:
        raise binder.source.semantic_error(
            f"'{node.name}' needs rows in order and is not allowed here.",
            node.span,
            hint="Use it in extend, project or where, after sort by or serialize.",
        )
    args, _ = arguments(binder, node, function, frame)
    ref = _FORMS[CANONICAL.get(node.name, node.name)](frame.windows, args)
    return replace(ref, span=node.span)


def _neighbour(name: str) -> Callable[[WindowCalls, tuple[Bound, ...]], Ref]:
    def neighbour(calls: WindowCalls, args: tuple[Bound, ...]) -> Ref:
        value = args[0]
        offset = args[1] if len(args) > 1 else Const("long", 1)
        missing = missing_value(value.type)
        default = convert(args[2], value.type) if len(args) > 2 else missing
        return calls.add(Window(name, (value, offset, default)), value.type)

    return neighbour


def _row_number(calls: WindowCalls, args: tuple[Bound, ...]) -> Ref:
    number = calls.add(_within_run(calls, Window("row_number", ()), args[1:]), "long")
    if not args or args[0] == Const("long", 1):
        return number
    start = Call("long", "-", (args[0], Const("long", 1)))
    return calls.add(Window("value", (Call("long", "+", (start, number)),)), "long")


def _cumulative_sum(calls: WindowCalls, args: tuple[Bound, ...]) -> Ref:
    return calls.add(_within_run(calls, Window("running_sum", (args[0],)), args[1:]), args[0].type)


def _rank_dense(calls: WindowCalls, args: tuple[Bound, ...]) -> Ref:
    changed, _ = _changes(calls, args)
    one = Call("long", "iff", (changed, Const("long", 1), Const("long", 0)))
    return calls.add(_within_run(calls, Window("running_sum", (one,)), args[1:]), "long")


def _rank_min(calls: WindowCalls, args: tuple[Bound, ...]) -> Ref:
    changed, number = _changes(calls, args)
    first = Call("long", "iff", (changed, number, Const("long", 0)))
    return calls.add(_within_run(calls, Window("running_max", (first,)), args[1:]), "long")


def _changes(calls: WindowCalls, args: tuple[Bound, ...]) -> tuple[Bound, Ref]:
    """Whether a row begins a run of equal values, and its number."""
    term = args[0]
    missing = missing_value(term.type)
    before = calls.add(_within_run(calls, Window("prev", (term, Const("long", 1), missing)), args[1:]), term.type)
    number = calls.add(_within_run(calls, Window("row_number", ()), args[1:]), "long")
    first = Call("bool", "==", (number, Const("long", 1)))
    return Call("bool", "or", (first, Call("bool", "$differs", (term, before)))), number


def _session(calls: WindowCalls, args: tuple[Bound, ...]) -> Ref:
    return calls.add(Window("row_window_session", args), "datetime")


def _within_run(calls: WindowCalls, window: Window, restart: tuple[Bound, ...]) -> Window:
    """The window, counted anew from each row where the condition holds."""
    if not restart:
        return window
    order = calls.add(Window("row_number", ()), "long")
    one = Call("long", "iff", (restart[0], Const("long", 1), Const("long", 0)))
    run = calls.add(Window("running_sum", (one,)), "long")
    return replace(window, partition=(run,), order=(SortKey(order, descending=False, nulls_first=False),))


_FORMS: Final[Mapping[str, Callable[[WindowCalls, tuple[Bound, ...]], Ref]]] = {
    "prev": _neighbour("prev"),
    "next": _neighbour("next"),
    "row_number": _row_number,
    "row_cumsum": _cumulative_sum,
    "row_rank_dense": _rank_dense,
    "row_rank_min": _rank_min,
    "row_window_session": _session,
}
