"""SQL of `make-series`: a grid of all bins, beside it the rows that there are, gathered into arrays."""

from __future__ import annotations

from vedette.kql.bound import Ref
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.aggregates import json_array
from vedette.kql.emit.duckdb.plans import Emitter, Needed, Select, writes
from vedette.kql.emit.duckdb.registry import macro
from vedette.kql.plan import Series

macro("kql_floor_div(a, b)", "(CASE WHEN a % b < 0 THEN a // b - 1 ELSE a // b END)")


@writes(Series)
def series(emitter: Emitter, plan: Series, needed: Needed) -> Select:
    used = frozenset((*plan.keys, plan.at, *plan.values))
    inner = emitter.select(plan.input, used)
    columns = [column for column in plan.input.columns if column in used]
    level = emitter.wrapped(inner, columns)
    value = emitter.expressions.value
    step = value(plan.step, {})
    base = value(plan.low, {}) if plan.low is not None and not plan.inclusive else None
    real = plan.at.type == "real"

    keys = [sql.identifier(column.physical) for column in plan.keys]
    listed = "".join(f", {key}" for key in keys)
    bin_of = _index(value(Ref(plan.at.type, plan.at), level.scope), base, step, real)
    given = ", ".join(
        [f"{level.scope[column]} AS {key}" for column, key in zip(plan.keys, keys, strict=True)]
        + [f"{value(Ref(one.type, one), level.scope)} AS kql_v{place}" for place, one in enumerate(plan.values)]
    )
    rows, grid = emitter.name("rows_"), emitter.name("grid_")
    low, high = _ends(emitter, plan, base, step, real)
    selects = f"SELECT {bin_of} AS kql_bin{', ' if given else ''}{given} FROM {level.origin}"
    bounds = f"SELECT {low} AS kql_low, {high} AS kql_high{listed} FROM {rows}"
    if keys:
        bounds += f" GROUP BY {', '.join(keys)}"
    elif plan.keep_empty:
        ends = f"coalesce({low}, 0) AS kql_low, coalesce({high}, 0) AS kql_high, count(*) AS n"
        bounds = f"SELECT {ends} FROM {rows}"
    else:
        bounds += " HAVING count(*) > 0"
    steps = f"SELECT unnest(range(kql_low, kql_high)) AS kql_bin{listed} FROM ({bounds})"
    joined = " AND ".join(["g.kql_bin = r.kql_bin", *(f"g.{key} IS NOT DISTINCT FROM r.{key}" for key in keys)])
    items = [f"g.{key} AS {key}" for key in keys]
    arrays = plan.columns[len(keys) :]
    for place, (one, default, column) in enumerate(zip(plan.values, plan.defaults, arrays, strict=False)):
        if default.type in ("dynamic", one.type):
            kept, missing, type = f"r.kql_v{place}", value(default, {}), one.type
            if default.type == "dynamic" and one.type != "dynamic":
                missing = f"NULL::{sql.SQL_TYPE[one.type]}"
        else:
            kept, missing, type = (
                sql.to_dynamic(f"r.kql_v{place}", one.type),
                sql.to_dynamic(value(default, {}), default.type),
                "dynamic",
            )
        cell = f"CASE WHEN r.kql_bin IS NULL THEN {missing} ELSE {kept} END"
        items.append(f"{json_array(f'list({cell} ORDER BY g.kql_bin)', type)} AS {sql.identifier(column.physical)}")
    at = f"{base} + g.kql_bin * {step}" if base else f"g.kql_bin * {step}"
    axis = json_array(f"list({at} ORDER BY g.kql_bin)", plan.at.type)
    items.append(f"{axis} AS {sql.identifier(arrays[-1].physical)}")
    group = (
        f" GROUP BY {', '.join(f'g.{key}' for key in keys)}"
        if keys
        else ""
        if plan.keep_empty
        else " HAVING count(*) > 0"
    )
    named = f"WITH {rows} AS MATERIALIZED ({selects}),\n  {grid} AS ({steps})"
    text = f"{named}\n  SELECT {', '.join(items)}\n  FROM {grid} AS g LEFT JOIN {rows} AS r ON {joined}{group}"
    scope = {column: sql.identifier(column.physical) for column in plan.columns}
    return Select(f"({text}) AS {emitter.name('s')}", scope)


def _index(at: str, base: str | None, step: str, real: bool) -> str:
    """The number of a bin that begins at this value."""
    distance = f"({at} - {base})" if base else at
    return f"round({distance} / {step})::BIGINT" if real else f"kql_floor_div({distance}, {step})"


def _ends(emitter: Emitter, plan: Series, base: str | None, step: str, real: bool) -> tuple[str, str]:
    """The numbers of the first bin, and of the one behind the last."""
    value = emitter.expressions.value
    low, high = "min(kql_bin)", "max(kql_bin) + 1"
    if base:
        low = "0"
    elif plan.low is not None:
        low = _floor(value(plan.low, {}), step, real)
    if plan.high is not None:
        end = value(plan.high, {})
        distance = f"({end} - {base})" if base else end
        if plan.inclusive:
            high = f"{_floor(end, step, real)} + 1"
        else:
            high = f"ceil({distance} / {step})::BIGINT" if real else f"kql_floor_div({distance} - 1, {step}) + 1"
    return low, high


def _floor(value: str, step: str, real: bool) -> str:
    return f"floor({value} / {step})::BIGINT" if real else f"kql_floor_div({value}, {step})"
