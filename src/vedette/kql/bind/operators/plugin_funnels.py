"""Plugins over the states that ids go through: `session_count`, `funnel_sequence`, `funnel_sequence_completion`."""

from __future__ import annotations

import itertools
from typing import Any

from vedette.kql.bind.conversions import convert
from vedette.kql.bind.operators.plugin_timelines import SPAN, Timeline
from vedette.kql.bind.operators.plugins import PluginCall, plugin
from vedette.kql.bound import Ref
from vedette.kql.plan import Plan, Procedure, Project
from vedette.kql.schema import Column, Naming
from vedette.kql.syntax import TypedValue


@plugin("session_count")
def session_count(call: PluginCall) -> Plan:
    line = Timeline(call)
    options = {
        "start": line.point(2, "the start"),
        "end": line.point(3, "the end"),
        "step": line.span(4, "the bin"),
        "look_back": line.span(5, "the look-back"),
    }
    return line.finished(6, "session_count", options, [("count_sessions", "long")])


@plugin("funnel_sequence")
def funnel_sequence(call: PluginCall) -> Plan:
    """States on both sides of a sequence; those before it and those behind it alone are further results."""
    line = Timeline(call)
    options: dict[str, Any] = {
        "start": line.point(2, "the start"),
        "end": line.point(3, "the end"),
        "between": line.span(4, "the time between steps"),
        "step": line.span(5, "the bin"),
    }
    state = _state(call, 6)
    sequence = options["sequence"] = _sequence(call, 7)
    if any(one == other for one, other in itertools.pairwise(sequence)):
        raise call.error("A sequence cannot have one state twice in a row: events of one state in a row count as one.")
    kept = call.binder.kept(_events(call, line, state))
    results: list[tuple[str, Plan]] = []
    for name, sides in (("prev-next", ("prev", "next")), ("prev", ("prev",)), ("next", ("next",))):
        naming = Naming()
        columns = [naming.column(line.name, line.time.type)]
        columns += [naming.column(side, "string") for side in sides]
        columns += [naming.column("dcount", "long"), naming.column("samples", "dynamic")]
        chosen = {**options, "prev": "prev" in sides, "next": "next" in sides}
        results.append((name, Procedure(tuple(columns), (call.binder.shared(kept),), "funnel_sequence", chosen)))
    call.binder.further += results[1:]
    return results[0][1]


@plugin("funnel_sequence_completion")
def funnel_sequence_completion(call: PluginCall) -> Plan:
    line = Timeline(call)
    options: dict[str, Any] = {
        "start": line.point(2, "the start"),
        "end": line.point(3, "the end"),
        "step": line.span(4, "the bin"),
    }
    state = _state(call, 5)
    options["sequence"] = _sequence(call, 6)
    span = SPAN.get(line.time.type, (line.time.type,))[0]
    periods = call.constant(7, "the periods")
    options["periods"] = [_length(one, span) for one in periods] if isinstance(periods, list) else []
    if not options["periods"] or None in options["periods"]:
        raise call.error(f"The periods are an array of {span}s, such as dynamic([1h, 1d]).")
    naming = Naming()
    columns = (
        naming.column(line.name, line.time.type),
        naming.column(state.name, "string"),
        naming.column("Period", span),
        naming.column("dcount", "long"),
    )
    return Procedure(columns, (_events(call, line, state),), "funnel_sequence_completion", options)


def _state(call: PluginCall, place: int) -> Column:
    state = call.column(place, "the column of states")
    if state.type != "string":
        raise call.error(f"A state is a text, and '{state.name}' is a {state.type}.", hint="Convert it: tostring(…).")
    return state


def _sequence(call: PluginCall, place: int) -> list[str]:
    sequence = call.constant(place, "the sequence")
    if not isinstance(sequence, list) or not sequence or not all(isinstance(one, str) for one in sequence):
        raise call.error("The sequence is an array of states, such as dynamic(['a', 'b']).")
    return sequence


def _length(value: object, span: str) -> int | float | None:
    if isinstance(value, TypedValue):
        return value.value if value.type == span and isinstance(value.value, int | float) else None
    return value if span != "timespan" and isinstance(value, int | float) else None


def _events(call: PluginCall, line: Timeline, state: Column) -> Plan:
    """Id, time and state. Samples of ids are JSON, where times have no number of their own."""
    naming = Naming()
    key = convert(line.id, "string") if line.id.type in ("datetime", "timespan", "decimal") else line.id
    columns = (
        naming.column("id", key.type),
        naming.column("time", line.time.type),
        naming.column("state", "string"),
    )
    return Project(columns, call.input, (key, line.time, Ref("string", state)))


__all__ = ["funnel_sequence", "funnel_sequence_completion", "session_count"]
