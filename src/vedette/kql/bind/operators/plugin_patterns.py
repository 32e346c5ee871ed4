"""Plugins that look for what rows have in common: `basket`, `autocluster`, `diffpatterns`, `diffpatterns_text`."""

from __future__ import annotations

from typing import Any, Final

from vedette.catalogue.tables import KqlType
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.operators.plugins import PluginCall, plugin
from vedette.kql.bound import Aggregation, Bound, Ref
from vedette.kql.plan import Aggregate, Plan, Procedure, Project
from vedette.kql.schema import Column, Naming
from vedette.kql.signatures import NUMBERS

SEGMENT: Final[tuple[tuple[str, KqlType], ...]] = (("SegmentId", "long"), ("Count", "long"), ("Percent", "real"))
DIFFERENCE: Final[tuple[tuple[str, KqlType], ...]] = (
    ("SegmentId", "long"),
    ("CountA", "long"),
    ("CountB", "long"),
    ("PercentA", "real"),
    ("PercentB", "real"),
    ("PercentDiffAB", "real"),
)

TEXTS: Final[tuple[tuple[str, KqlType], ...]] = (
    ("Count_of_True", "long"),
    ("Count_of_False", "long"),
    ("Percent_of_True", "real"),
    ("Percent_of_False", "real"),
    ("Pattern", "string"),
)


@plugin("basket")
def basket(call: PluginCall) -> Plan:
    threshold = _share(call, 0, "the threshold", 0.05, low=0.015)
    options = {"threshold": threshold, "most": _whole(call, 2, "the number of dimensions", 5)}
    return _patterns(call, "basket", 1, 3, options, SEGMENT)


@plugin("autocluster")
def autocluster(call: PluginCall) -> Plan:
    options = {
        "size_weight": _share(call, 0, "the size weight", 0.5, low=0.0),
        "seeds": _whole(call, 2, "the number of seeds", 25),
    }
    return _patterns(call, "autocluster", 1, 3, options, SEGMENT)


@plugin("diffpatterns")
def diffpatterns(call: PluginCall) -> Plan:
    split = call.column(0, "the column that splits rows")
    options = {
        "split": call.input.columns.index(split),
        "first": str(call.constant(1, "the first value")),
        "second": str(call.constant(2, "the second value")),
        "threshold": _share(call, 4, "the threshold", 0.05, low=0.015),
        "most": _whole(call, 5, "the number of dimensions", len(call.input.columns)),
    }
    return _patterns(call, "diffpatterns", 3, 6, options, DIFFERENCE, split)


@plugin("diffpatterns_text")
def diffpatterns_text(call: PluginCall) -> Plan:
    text = call.value(0, "the text")
    if text.type != "string":
        raise call.error(f"diffpatterns_text takes a text, and this is a {text.type}.", hint="Convert it: tostring(…).")
    condition = call.value(1, "the condition")
    if condition.type != "bool":
        raise call.error(f"diffpatterns_text takes a condition, and this is a {condition.type}.")
    options = {
        "least": _whole(call, 2, "the least number of words", 1, low=0, high=200),
        "threshold": _share(call, 3, "the threshold", 0.05, low=0.015),
        "most": _whole(call, 4, "the greatest number of words", 20, low=0, high=20),
    }
    naming = Naming()
    keys = naming.column("text", "string"), naming.column("condition", "bool")
    count = naming.column("count", "long")
    total = Aggregation("long", "count", ())
    rows = Aggregate((*keys, count), call.input, (text, condition), (total,), ((count,),))
    out = Naming()
    return Procedure(tuple(out.column(name, type) for name, type in TEXTS), (rows,), "diffpatterns_text", options)


def _share(call: PluginCall, place: int, what: str, default: float, *, low: float) -> float:
    value = call.constant(place, what, default=default)
    if not isinstance(value, int | float) or not low <= value <= 1:
        raise call.error(f"{what[0].upper()}{what[1:]} is a number from {low:g} to 1.")
    return float(value)


def _whole(call: PluginCall, place: int, what: str, default: int, *, low: int = 1, high: int | None = None) -> int:
    value = call.constant(place, what, default=default)
    if not isinstance(value, int) or value < low or (high is not None and value > high):
        until = "on" if high is None else f"to {high}"
        raise call.error(f"{what[0].upper()}{what[1:]} is a whole number from {low} {until}.")
    return value


def _patterns(
    call: PluginCall,
    name: str,
    weight_place: int,
    wildcard_place: int,
    options: dict[str, Any],  # plain values
    numbers: tuple[tuple[str, KqlType], ...],
    split: Column | None = None,
) -> Plan:
    """The program over each combination of values and its weight.

    split: the column by which rows are of one set or the other. It goes in as text, and is none of the result's.
    """
    weight: Column | None = None
    if call.given(weight_place) is not None:
        weight = call.column(weight_place, "the column of weights")
        if weight.type not in NUMBERS:
            raise call.error(f"A weight is a number, and '{weight.name}' is a {weight.type}.")
    wildcards = _wildcards(call, wildcard_place)
    columns = [column for column in call.input.columns if column is not weight or name == "diffpatterns"]
    naming = Naming()
    keys: list[Column] = []
    values: list[Bound] = []
    for column in columns:
        type: KqlType = "string" if column is split or column.type in ("dynamic", "decimal") else column.type
        keys.append(naming.column(column.name, type))
        values.append(convert(Ref(column.type, column), type))
    summed = naming.column("weight", "real" if weight is not None and weight.type in ("real", "decimal") else "long")
    total = Aggregation(summed.type, "count", ())
    if weight is not None:
        total = Aggregation(summed.type, "sum", (convert(Ref(weight.type, weight), summed.type),))
    rows = Aggregate((*keys, summed), call.input, tuple(values), (total,), ((summed,),))
    out = Naming()
    given = [out.column(title, type) for title, type in numbers]
    shown = [out.column(key.name, key.type) for key in keys]
    options["wildcards"] = [wildcards.get(key.type, "" if key.type == "string" else None) for key in keys]
    options["skipped"] = [
        None if key.type in wildcards else wild for key, wild in zip(keys, options["wildcards"], strict=True)
    ]
    plan: Plan = Procedure((*given, *shown), (rows,), name, options)
    if all(key.type == column.type and column is not split for key, column in zip(keys, columns, strict=True)):
        return plan
    pairs = [(one, column) for one, column in zip(shown, columns, strict=True) if column is not split]
    last = Naming()
    final = [last.column(one.name, one.type) for one in given]
    final += [last.column(column.name, column.type) for _, column in pairs]
    results: list[Bound] = [Ref(one.type, one) for one in given]
    results += [convert(Ref(one.type, one), column.type) for one, column in pairs]
    return Project(tuple(final), plan, tuple(results))


def _wildcards(call: PluginCall, place: int) -> dict[KqlType, Any]:  # Any: constants
    """What stands for any value, by type."""
    found: dict[KqlType, Any] = {}
    for node in call.positional[place:]:
        bound = call.binder.constant(node, call.scope, what="A wildcard")
        if bound.value != "~":
            found[bound.type] = bound.value
    return found


__all__ = ["autocluster", "basket", "diffpatterns", "diffpatterns_text"]
