"""Aggregates over the rows of a group. Nulls are left out (scalar-data-types/null-values: null values and aggregates).

What an aggregate of nothing is: the table of default values in summarize-operator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from tests.spec.kql.reference.values import (
    NUMBERS,
    Table,
    Unspecified,
    Value,
    equal,
    identity,
    json_of,
    less,
    moment,
    null,
    span,
    whole,
)
from vedette.catalogue.tables import KqlType
from vedette.kql import syntax

if TYPE_CHECKING:
    from tests.spec.kql.reference.scalars import Here

Arguments = Sequence[syntax.Expr]


def _values(expr: syntax.Expr, here: Here) -> list[Value]:
    return [here.row(at).value(expr) for at in here.group or ()]


def _kind(expr: syntax.Expr, here: Here) -> KqlType:
    found = _values(expr, here)
    return found[0].type if found else here.row(None).value(expr).type


def _present(values: Sequence[Value]) -> list[Value]:
    return [value for value in values if value.value is not None]


def _chosen(arguments: Arguments, here: Here) -> list[Value]:
    """The values of the first argument in rows where the second is true."""
    pairs = zip(_values(arguments[0], here), _values(arguments[1], here), strict=True)
    return [value for value, condition in pairs if condition.value is True]


def _finite(values: Sequence[Value]) -> None:
    if any(isinstance(value.value, float) and not math.isfinite(value.value) for value in values):
        raise Unspecified("an aggregate over NaN or infinity")


def _exact(values: Sequence[Value], limit: float) -> None:
    """Sums of reals depend on their order where the numbers are of very different size."""
    _finite(values)
    if any(value.type == "real" and value.value and not 1e-3 <= abs(value.value) <= limit for value in values):
        raise Unspecified("a sum of reals that rounding decides")


def total(kind: KqlType, values: Sequence[Value]) -> Value:
    present = _present(values)
    if kind == "real":
        _exact(present, 1e6)
        return Value("real", math.fsum(value.value for value in present))
    found = sum(value.value for value in present)
    return span(found) if kind == "timespan" else whole(found)


def mean(kind: KqlType, values: Sequence[Value]) -> Value:
    """NaN without values (summarize-operator, of an empty table)."""
    present = _present(values)
    if not present:
        if values or kind not in NUMBERS:
            raise Unspecified("the mean of nothing but nulls")
        return Value("real", math.nan)
    if kind in NUMBERS:
        _exact(present, 1e6)
        if any(abs(value.value) > 2**53 for value in present):
            raise Unspecified("the mean of numbers that no real holds")
        return Value("real", math.fsum(value.value for value in present) / len(present))
    summed = sum(value.value for value in present)
    if summed % len(present):
        raise Unspecified("parts of a tick")
    return span(summed // len(present)) if kind == "timespan" else moment(summed // len(present))


def extreme(kind: KqlType, values: Sequence[Value], *, largest: bool) -> Value:
    present = _present(values)
    if kind in ("bool", "guid", "dynamic"):
        raise Unspecified(f"the order of {kind} values")
    if not present:
        return null(kind)
    if kind == "string":
        texts = [value.value for value in present]
        return Value(kind, max(texts) if largest else min(texts))
    found = present[0]
    for value in present[1:]:
        if less(found, value) is largest and equal(found, value) is not True:
            found = value
    return found


def deviation(values: Sequence[Value]) -> Value:
    """Of a sample, with n - 1; zero without values."""
    present = _present(values)
    if not present:
        return Value("real", 0.0)
    _exact(present, 1e6)
    if len(present) == 1 or any(abs(value.value) > 1e6 for value in present):
        raise Unspecified("the deviation of one value, or of large numbers")
    middle = math.fsum(value.value for value in present) / len(present)
    return Value("real", math.sqrt(math.fsum((value.value - middle) ** 2 for value in present) / (len(present) - 1)))


def percentile(kind: KqlType, values: Sequence[Value], percent: float) -> Value:
    """The nearest rank (percentiles-aggregation-function). Whole numbers give a long."""
    kind = "long" if kind == "int" else kind
    present = _present(values)
    _finite(present)
    if kind not in (*NUMBERS, "datetime", "timespan"):
        raise Unspecified(f"percentiles of {kind} values")
    if not present:
        return null(kind)
    rank = math.ceil(percent / 100 * len(present))
    return Value(kind, sorted(value.value for value in present)[max(rank, 1) - 1])


def distinct_count(values: Sequence[Value]) -> Value:
    return whole(len({identity(value.type, value.value) for value in _present(values)}))


def listed(values: Sequence[Value], here: Here, *, distinct: bool) -> Value:
    """make_list keeps the order of sorted rows; that of make_set is never defined (make-list-aggregation-function)."""
    found: list[Any] = []
    for value in _present(values):
        if value.type == "dynamic":
            raise Unspecified("a list of dynamic values")
        element = json_of(value)
        if not distinct or element not in found:
            found.append(element)
    settled = here.table.ordered and not distinct
    if not settled and not here.any_order and any(element != found[0] for element in found):
        raise Unspecified("a list in no order")
    return Value("dynamic", found)


def any_of(kind: KqlType, values: Sequence[Value]) -> Value:
    """One that is there, when one is (take-any-aggregation-function)."""
    present = [value for value in values if value.value not in (None, "")]
    if kind == "dynamic":
        raise Unspecified("any of dynamic values")
    if any(identity(kind, value.value) != identity(kind, present[0].value) for value in present):
        raise Unspecified("any of several values")
    return present[0] if present else null(kind)


def best_row(key: syntax.Expr, here: Here, *, largest: bool) -> list[int]:
    """The rows that may be the one of arg_max: those with the largest key, or all where every key is null."""
    keys = _values(key, here)
    kind = _kind(key, here)
    top = extreme(kind, keys, largest=largest)
    rows = list(here.group or ())
    if top.value is None:
        return rows
    return [at for at, value in zip(rows, keys, strict=True) if value.value is not None and equal(value, top) is True]


def _percent(expr: syntax.Expr) -> float:
    if isinstance(expr, syntax.Literal):
        return float(expr.value)  # type: ignore[arg-type]  # programs have numbers here
    raise Unspecified("a percentile that is not constant")


_Aggregate = Callable[[Arguments, "Here"], Value]

AGGREGATES: Final[Mapping[str, _Aggregate]] = {
    "count": lambda a, here: whole(len(here.group or ())),
    "countif": lambda a, here: whole(sum(value.value is True for value in _values(a[0], here))),
    "dcount": lambda a, here: distinct_count(_values(a[0], here)),
    "dcountif": lambda a, here: distinct_count(_chosen(a, here)),
    "count_distinct": lambda a, here: distinct_count(_values(a[0], here)),
    "sum": lambda a, here: total(_kind(a[0], here), _values(a[0], here)),
    "sumif": lambda a, here: total(_kind(a[0], here), _chosen(a, here)),
    "avg": lambda a, here: mean(_kind(a[0], here), _values(a[0], here)),
    "min": lambda a, here: extreme(_kind(a[0], here), _values(a[0], here), largest=False),
    "max": lambda a, here: extreme(_kind(a[0], here), _values(a[0], here), largest=True),
    "minif": lambda a, here: extreme(_kind(a[0], here), _chosen(a, here), largest=False),
    "maxif": lambda a, here: extreme(_kind(a[0], here), _chosen(a, here), largest=True),
    "stdev": lambda a, here: deviation(_values(a[0], here)),
    "percentile": lambda a, here: percentile(_kind(a[0], here), _values(a[0], here), _percent(a[1])),
    "make_list": lambda a, here: listed(_values(a[0], here), here, distinct=False),
    "make_list_if": lambda a, here: listed(_chosen(a, here), here, distinct=False),
    "make_set": lambda a, here: listed(_values(a[0], here), here, distinct=True),
    "make_set_if": lambda a, here: listed(_chosen(a, here), here, distinct=True),
    "take_any": lambda a, here: any_of(_kind(a[0], here), _values(a[0], here)),
    "take_anyif": lambda a, here: any_of(_kind(a[0], here), _chosen(a, here)),
}

_DEFAULT_NAMES: Final = {
    "make_list": "list_", "make_list_if": "list_", "make_set": "set_", "make_set_if": "set_", "take_any": "",
    "take_anyif": "", "count": "count_", "countif": "countif_",
}  # fmt: skip


def default_name(call: syntax.Call) -> str:
    """The column of an aggregate that was not named: function and argument, `count_` for `count()`."""
    if call.name in ("count", "countif"):
        return _DEFAULT_NAMES[call.name]
    first = call.arguments[0].value
    if not isinstance(first, syntax.Name):
        raise Unspecified("the name of an aggregate of an expression")
    prefix = _DEFAULT_NAMES.get(call.name, f"{call.name}_")
    suffix = f"_{_percent(call.arguments[1].value):g}" if call.name == "percentile" else ""
    return f"{prefix}{first.name}{suffix}"


def aggregate(name: str, arguments: Arguments, here: Here) -> Value:
    return AGGREGATES[name](arguments, here)


def same_rows(table: Table, rows: Sequence[int], columns: Sequence[int]) -> bool:
    """Whether it makes no difference which of the rows is taken."""
    return len({repr([table.rows[at][column] for column in columns]) for at in rows}) == 1
