"""`make-series`: aggregates per bin of an axis, gathered into arrays."""

from __future__ import annotations

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, new_column
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.naming import Names
from vedette.kql.bind.operators.joining import option, word
from vedette.kql.bind.operators.summarize import aggregate_columns, finished
from vedette.kql.bind.scope import Aggregates, Frame, Row, Scope
from vedette.kql.bound import Bound, Call, Const
from vedette.kql.plan import Filter, Plan, Series
from vedette.kql.schema import Column, Naming
from vedette.kql.signatures import NUMBERS

MOST_BINS = 1_048_576


@binds(syntax.MakeSeries)
def make_series(binder: Binder, node: syntax.MakeSeries, input: Plan, scope: Scope) -> Plan:
    said = option(node.options, "kind")
    kind = word(binder, said, "")
    if kind not in ("", "nonempty"):
        raise binder.source.unknown("kind of make-series", kind, ("nonempty",), said.span if said else node.span)
    row = Row(input.columns)
    frame = Frame(scope, row)
    names, naming = Names(), Naming()
    keys: list[tuple[Column, Bound]] = []
    for item in node.keys:
        bound = binder.scalar(item.value, frame)
        if bound.type == "dynamic":
            raise binder.source.semantic_error(
                "Rows cannot be grouped by a dynamic value.", item.span, hint="Group by tostring(…) of it."
            )
        name = item.names[0] if item.names else binder.suggested_name(item.value)
        if name is not None and not names.claim(name):
            raise binder.source.semantic_error(f"There are two columns named '{name}'.", item.span)
        keys.append((new_column(naming, name or names.counted(), bound), bound))

    axis, bounds = _axis(binder, node, scope, frame)
    binned, rows = _binned(node, axis, bounds, input)
    at = naming.column("bin", axis.type)
    groups = [*keys, (at, binned)]
    collected = Aggregates(Naming([*input.columns, *(column for column, _ in groups)]))
    inside = Frame(scope, row, aggregates=collected)
    outputs: list[tuple[str, Bound]] = []
    defaults: list[Bound] = []
    for made in node.items:
        found = aggregate_columns(binder, made.value, inside, names, [bound for _, bound in groups])
        outputs += found
        defaults += [_default(binder, made.default, value.type, scope) for _, value in found]
    axis_name = node.axis.names[0] if node.axis.names else binder.suggested_name(node.axis.value)
    if axis_name is not None and not names.claim(axis_name):
        raise binder.source.semantic_error(f"There are two columns named '{axis_name}'.", node.axis.span)
    plan = finished(rows, groups, collected, outputs, naming)

    values = plan.columns[len(groups) :]
    columns = [column for column, _ in keys]
    arrays = [naming.column(column.name, "dynamic") for column in values]
    arrays.append(naming.column(axis_name or names.counted(), "dynamic"))
    low, high, step = bounds
    return Series(
        (*columns, *arrays), plan, tuple(columns), at, values, tuple(defaults), step, low, high, node.in_range,
        keep_empty=kind == "nonempty",
    )  # fmt: skip


Bounds = tuple[Bound | None, Bound | None, Bound]


def _axis(binder: Binder, node: syntax.MakeSeries, scope: Scope, frame: Frame) -> tuple[Bound, Bounds]:
    """The value to bin by, and low, high and step, in types that go together."""
    axis = binder.scalar(node.axis.value, frame)
    outside = Frame(scope)
    low = binder.scalar(node.low, outside) if node.low is not None else None
    high = binder.scalar(node.high, outside) if node.high is not None else None
    step = binder.scalar(node.step, outside)
    given = [one for one in (low, high) if one is not None]
    if axis.type in NUMBERS:
        kinds = {axis.type, step.type, *(one.type for one in given)}
        if not kinds <= set(NUMBERS):
            raise binder.source.semantic_error(
                "The axis of a series, its bounds and its step must all be numbers here.", node.span
            )
        wide: KqlType = "real" if kinds & {"real", "decimal"} else "long"
        axis, step = convert(axis, wide), convert(step, wide)
        low = convert(low, wide) if low is not None else None
        high = convert(high, wide) if high is not None else None
    elif axis.type not in ("datetime", "timespan"):
        raise binder.source.semantic_error(
            f"The axis of a series is a number, datetime or timespan, not a {axis.type}.", node.axis.span
        )
    elif step.type != "timespan":
        raise binder.source.semantic_error("The step of a series over time is a timespan, such as 1h.", node.step.span)
    else:
        for one in given:
            if one.type != axis.type:
                raise binder.source.semantic_error(
                    f"The axis is a {axis.type}, and this bound is a {one.type}.",
                    one.span if one.span.end else node.span,
                )
    if isinstance(step, Const) and (step.value is None or not float(str(step.value)) > 0):
        raise binder.source.semantic_error("The step of a series must be positive.", node.step.span)
    numbers = [float(str(one.value)) for one in (low, high, step) if isinstance(one, Const) and one.value is not None]
    if len(numbers) == 3 and (numbers[1] - numbers[0]) / numbers[2] > MOST_BINS:
        raise binder.source.semantic_error(f"A series has at most {MOST_BINS} bins.", node.span)
    return axis, (low, high, step)


def _binned(node: syntax.MakeSeries, axis: Bound, bounds: Bounds, input: Plan) -> tuple[Bound, Plan]:
    """The bin of each row, and the rows that lie within the bounds."""
    low, high, step = bounds
    tests: list[Bound] = []
    if low is not None:
        tests.append(Call("bool", ">=", (axis, low)))
    if high is not None:
        tests.append(Call("bool", "<=" if node.in_range else "<", (axis, high)))
    if not tests:
        tests.append(Call("bool", "isnotnull", (axis,)))
    rows = Filter(input.columns, input, tests[0] if len(tests) == 1 else Call("bool", "and", tuple(tests)))
    if low is None or node.in_range:
        return Call(axis.type, "bin", (axis, step)), rows
    return Call(axis.type, "bin_at", (axis, step, low)), rows


def _default(binder: Binder, node: syntax.Expr | None, type: KqlType, scope: Scope) -> Bound:
    if node is None:
        return convert(Const("long", 0), type) if type in NUMBERS else _zero(type)
    bound = binder.scalar(node, Frame(scope))
    return convert(bound, type) if type in NUMBERS and bound.type in NUMBERS else bound


def _zero(type: KqlType) -> Bound:
    return Const("timespan", 0) if type == "timespan" else Const("dynamic", None)
