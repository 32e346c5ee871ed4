"""Plugins over a timeline: activity of users by windows of time, rows near others, sequences, rolling percentiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.naming import Names
from vedette.kql.bind.operators.plugins import PluginCall, plugin
from vedette.kql.bound import Bound, Const, Ref, is_constant
from vedette.kql.plan import Plan, Procedure, Project
from vedette.kql.schema import Column, Naming
from vedette.kql.signatures import NUMBERS

SPAN: Final[Mapping[KqlType, tuple[KqlType, ...]]] = {"datetime": ("timespan",), "timespan": ("timespan",)}
"""Type of a timeline → the types of its spans; numbers have numbers."""

PERIODS: Final = ("week", "month", "year")


class Timeline:
    """The arguments that these plugins have in common: id, time, start and end, then spans, then dimensions."""

    def __init__(self, call: PluginCall) -> None:
        self.call = call
        self.id = call.value(0, "the column of ids")
        self.time = call.value(1, "the timeline")
        if self.id.type == "dynamic":
            raise call.error("An id cannot be dynamic.", hint="Convert it first: tostring(…).")
        if self.time.type not in (*NUMBERS, "datetime", "timespan"):
            raise call.error(f"A timeline is a datetime, timespan or number, not a {self.time.type}.")

    @property
    def name(self) -> str:
        """What the column of times is called in the result."""
        return self.time.column.name if isinstance(self.time, Ref) else "Column1"

    def bounds(self, place: int) -> tuple[dict[str, int | float | None], int]:
        """The start and end, and the place of the argument behind them.

        They may be left out: the data's first and last time are the bounds then. place: that of the first dimension
        in this case.
        """
        following = self.call.given(place)
        if following is None or not is_constant(self.call.binder.scalar(following, self.call.frame)):
            return {"start": None, "end": None}, 2
        return {"start": self.point(2, "the start"), "end": self.point(3, "the end")}, 4

    def point(self, place: int, what: str) -> int | float:
        """A constant on the timeline."""
        types = NUMBERS if self.time.type in NUMBERS else (self.time.type,)
        return _number(self.call, self.call.typed_constant(place, what, types))

    def span(self, place: int, what: str) -> int | float:
        """A constant length on the timeline."""
        const = self.call.typed_constant(place, what, SPAN.get(self.time.type, NUMBERS))
        value = _number(self.call, const)
        if value <= 0:
            raise self.call.error(f"{what[0].upper()}{what[1:]} must be more than nothing.")
        return value

    def period(self, place: int, what: str) -> int | float | str:
        """A constant length, or the name of a period of the calendar."""
        value = self.call.constant(place, what)
        if not isinstance(value, str) or self.time.type != "datetime":
            return self.span(place, what)
        if value not in PERIODS:
            raise self.call.error(f"{what[0].upper()}{what[1:]} is a timespan, or 'week', 'month' or 'year'.")
        return value

    def rows(self, place: int) -> tuple[Plan, list[Column]]:
        """Id, time and dimensions (the arguments from a place on), and the columns of time and dimensions."""
        dims = [self.call.column(at, "a dimension") for at in range(place, len(self.call.positional))]
        naming = Naming()
        columns = [naming.column("id", self.id.type), naming.column("time", self.time.type)]
        columns += [naming.column(dim.name, dim.type) for dim in dims]
        values = (self.id, self.time, *(Ref(dim.type, dim) for dim in dims))
        out = Naming()
        given = [out.column(self.name, self.time.type), *(out.column(dim.name, dim.type) for dim in dims)]
        return Project(tuple(columns), self.call.input, values), given

    def finished(
        self, place: int, procedure: str, options: Mapping[str, object], added: Sequence[tuple[str, KqlType]]
    ) -> Plan:
        """The program over id, time and dimensions; it gives time, dimensions, and what is added."""
        rows, columns = self.rows(place)
        names = Names({column.name for column in columns})
        naming = Naming(columns)
        columns += [naming.column(names.unique(name), type) for name, type in added]
        return Procedure(tuple(columns), (rows,), procedure, options)


def _number(call: PluginCall, const: Const) -> int | float:
    if not isinstance(const.value, int | float):
        raise call.error("A value is needed here, and this is null.", const.span)
    return const.value


@plugin("sliding_window_counts")
def sliding_window_counts(call: PluginCall) -> Plan:
    line = Timeline(call)
    options = {
        "start": line.point(2, "the start"),
        "end": line.point(3, "the end"),
        "look_back": line.span(4, "the look-back"),
        "step": line.period(5, "the bin"),
    }
    return line.finished(6, "sliding_window_counts", options, [("Count", "long"), ("Dcount", "long")])


@plugin("active_users_count")
def active_users_count(call: PluginCall) -> Plan:
    line = Timeline(call)
    options = {
        "start": line.point(2, "the start"),
        "end": line.point(3, "the end"),
        "look_back": line.span(4, "the look-back"),
        "period": line.span(5, "the period"),
        "active": call.typed_constant(6, "the number of active periods", NUMBERS).value,
        "step": line.span(7, "the bin"),
    }
    return line.finished(8, "active_users_count", options, [("dcount", "long")])


@plugin("activity_counts_metrics")
def activity_counts_metrics(call: PluginCall) -> Plan:
    line = Timeline(call)
    options = {
        "start": line.point(2, "the start"),
        "end": line.point(3, "the end"),
        "step": line.period(4, "the window"),
    }
    added: list[tuple[str, KqlType]] = [
        ("count", "long"),
        ("dcount", "long"),
        ("new_dcount", "long"),
        ("aggregated_dcount", "long"),
    ]
    return line.finished(5, "activity_counts_metrics", options, added)


@plugin("activity_metrics")
def activity_metrics(call: PluginCall) -> Plan:
    line = Timeline(call)
    bounds, place = line.bounds(3)
    options = {**bounds, "step": line.period(place, "the window")}
    added: list[tuple[str, KqlType]] = [
        ("dcount_values", "long"),
        ("dcount_newvalues", "long"),
        ("retention_rate", "real"),
        ("churn_rate", "real"),
    ]
    return line.finished(place + 1, "activity_metrics", options, added)


@plugin("new_activity_metrics")
def new_activity_metrics(call: PluginCall) -> Plan:
    """A cohort may be named by its window, and rows of ids may say who is not new; dimensions are columns."""
    line = Timeline(call)
    options: dict[str, object] = {
        "start": line.point(2, "the start"),
        "end": line.point(3, "the end"),
        "step": line.period(4, "the window"),
        "cohort": None,
    }
    inputs: list[Plan] = []
    last = call.positional[-1]
    if len(call.positional) > 5 and call.binder.is_tabular(last, call.scope, call.frame.row):
        known = call.binder.rows(last, call.scope)
        name = line.id.column.name if isinstance(line.id, Ref) else ""
        ids = [column for column in known.columns if column.name == name] or list(known.columns[-1:])
        inputs.append(Project(tuple(ids[:1]), known, (Ref(ids[0].type, ids[0]),)))
        call.positional.pop()
    place = 5
    if len(call.positional) > 5 and isinstance(call.value(5, "a cohort"), Const):
        options["cohort"] = line.point(5, "the cohort")
        place = 6
    rows, (time, *dims) = line.rows(place)
    naming = Naming()
    columns = [naming.column(f"from_{time.name}", time.type), naming.column(f"to_{time.name}", time.type)]
    columns += [naming.column(dim.name, dim.type) for dim in dims]
    columns += [naming.column(f"dcount_{what}_values", "long") for what in ("new", "retained", "churn")]
    columns += [naming.column("retention_rate", "real"), naming.column("churn_rate", "real")]
    return Procedure(tuple(columns), (rows, *inputs), "new_activity_metrics", options)


@plugin("activity_engagement")
def activity_engagement(call: PluginCall) -> Plan:
    line = Timeline(call)
    bounds, place = line.bounds(4)
    options = {
        **bounds,
        "step": line.span(place, "the inner window"),
        "outer": line.span(place + 1, "the outer window"),
    }
    added: list[tuple[str, KqlType]] = [
        ("dcount_activities_inner", "long"),
        ("dcount_activities_outer", "long"),
        ("activity_ratio", "real"),
    ]
    return line.finished(place + 2, "activity_engagement", options, added)


@plugin("rolling_percentile")
def rolling_percentile(call: PluginCall) -> Plan:
    value = call.column(0, "the column of values")
    percentile = call.typed_constant(1, "the percentile", NUMBERS)
    index = call.column(2, "the index")
    step = _number(call, call.typed_constant(3, "the size of a bin", SPAN.get(index.type, NUMBERS)))
    bins = call.typed_constant(4, "the number of bins", ("int", "long"))
    dims = [call.column(place, "a dimension") for place in range(5, len(call.positional))]
    if step <= 0 or _number(call, bins) <= 0:
        raise call.error("Bins have a size and a number above zero.")
    naming = Naming()
    inside = tuple(naming.column(one.name, one.type) for one in (value, index, *dims))
    rows = Project(inside, call.input, tuple(Ref(one.type, one) for one in (value, index, *dims)))
    out = Naming()
    columns = [out.column(index.name, index.type), *(out.column(dim.name, dim.type) for dim in dims)]
    written = format(percentile.value, "g").replace(".", "_")
    kind: KqlType = "long" if value.type == "int" else value.type
    columns.append(out.column(f"rolling_{bins.value}_percentile_{value.name}_{written}", kind))
    options = {"percentile": percentile.value, "step": step, "bins": bins.value}
    return Procedure(tuple(columns), (rows,), "rolling_percentile", options)


@plugin("rows_near")
def rows_near(call: PluginCall) -> Plan:
    condition = call.binder.condition(call.needed(0, "a condition"), call.frame)
    before = _number(call, call.typed_constant(1, "the number of rows", ("int", "long")))
    after = before
    if call.given(2) is not None:
        after = _number(call, call.typed_constant(2, "the number of rows after", ("int", "long")))
    if before < 0 or after < 0:
        raise call.error("A number of rows is not negative.")
    naming = Naming(call.input.columns)
    met = naming.column("$met", "bool")
    values: tuple[Bound, ...] = (*(Ref(one.type, one) for one in call.input.columns), condition)
    rows = Project((*call.input.columns, met), call.input, values)
    # Timestamps leave a program as ticks: its columns are new ones, in the engine's plain form.
    fresh = Naming()
    columns = tuple(fresh.column(one.name, one.type) for one in call.input.columns)
    return Procedure(columns, (rows,), "rows_near", {"before": before, "after": after})


@plugin("sequence_detect")
def sequence_detect(call: PluginCall) -> Plan:
    """Sequences of two conditions or more; dimensions come behind the conditions."""
    time = call.column(0, "the timeline")
    spans = SPAN.get(time.type, NUMBERS)
    step = _number(call, call.typed_constant(1, "the time between steps", spans))
    span = _number(call, call.typed_constant(2, "the time of a sequence", spans))
    conditions: list[tuple[str, Bound]] = []
    dims: list[tuple[str, Bound]] = []
    names = Names()
    for number, argument in enumerate(call.node.call.arguments[3:], 1):
        bound = call.binder.scalar(argument.value, call.frame)
        plain = isinstance(argument.value, syntax.Name)
        if bound.type == "bool" and not dims and not plain:
            conditions.append((argument.name or f"Expr{number}", bound))
        else:
            name = argument.name or call.binder.suggested_name(argument.value) or names.counted()
            dims.append((names.unique(name), bound))
    if not conditions:
        raise call.error("sequence_detect needs conditions.", hint='sequence_detect(Timestamp, 1h, 1d, a = (x == "1"))')
    naming = Naming()
    inside = [naming.column("time", time.type)]
    inside += [naming.column("condition", "bool") for _ in conditions]
    inside += [naming.column(name, bound.type) for name, bound in dims]
    values: tuple[Bound, ...] = (Ref(time.type, time), *(one for _, one in conditions), *(one for _, one in dims))
    rows = Project(tuple(inside), call.input, values)
    out = Naming()
    columns = [out.column(name, bound.type) for name, bound in dims]
    columns += [out.column(f"{name}_{time.name}", time.type) for name, _ in conditions]
    duration: KqlType = "timespan" if time.type == "datetime" else time.type
    columns.append(out.column("Duration", duration))
    options = {"conditions": len(conditions), "step": step, "span": span}
    return Procedure(tuple(columns), (rows,), "sequence_detect", options)
