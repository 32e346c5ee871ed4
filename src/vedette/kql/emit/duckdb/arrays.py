"""Arrays in DuckDB. What queries do all the time is SQL; the rest are programs, which get their values as JSON."""

from __future__ import annotations

from vedette.kql.bound import Call
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.registry import emits, macro

_TICKS_PER_HOUR = 36_000_000_000


def array_of(call: Call, values: tuple[str, ...]) -> str:
    """A JSON array of the call's last so many arguments."""
    kinds = [one.type for one in call.args[-len(values) :]] if values else []
    return f"json_array({', '.join(sql.to_dynamic(*pair) for pair in zip(values, kinds, strict=True))})"


@emits("pack_array")
def _pack_array(call: Call, *values: str) -> str:
    return array_of(call, values)


@emits("array_length")
def _array_length(call: Call, array: str) -> str:
    if array.startswith("kql_"):  # a program: what is named twice in a condition would run twice
        return f"(list_transform([{array}], lambda kql_e: kql_array_length(kql_e))[1])"
    return f"kql_array_length({array})"


macro("kql_array_has_text(j, s)", "list_contains(TRY_CAST(j AS JSON[]), to_json(s))")
macro("kql_array_length(j)", "CASE json_type(j) WHEN 'ARRAY' THEN json_array_length(j)::BIGINT END")


@emits("array_concat")
def _array_concat(call: Call, *arrays: str) -> str:
    items = ", ".join(f"kql_items({array})" for array in arrays)
    return f"kql_joined([{items}])"


macro("kql_items(j)", "TRY_CAST(j AS JSON[])")
macro(
    "kql_joined(lists)",
    "CASE WHEN len(list_filter(lists, lambda kql_l: kql_l IS NOT NULL)) > 0"
    " THEN to_json(flatten(list_filter(lists, lambda kql_l: kql_l IS NOT NULL))) END",
)


@emits("set_union", "set_intersect", "set_difference")
def _over_arrays(call: Call, *arrays: str) -> str:
    return f"kql_{call.name}({array_of(call, arrays)})"


@emits("zip")
def _zip(call: Call, *arrays: str) -> str:
    return f"kql_zip_arrays({array_of(call, arrays)})"


@emits("array_iff")
def _array_iff(call: Call, *args: str) -> str:
    values = [sql.to_dynamic(arg, one.type) for arg, one in zip(args, call.args, strict=True)]
    return f"kql_array_iff({', '.join(values)})"


@emits("array_index_of")
def _array_index_of(call: Call, array: str, value: str, *places: str) -> str:
    given = [*places, *["NULL::BIGINT"] * (3 - len(places))]
    return f"kql_array_index_of({array}, {sql.to_dynamic(value, call.args[1].type)}, {', '.join(given)})"


@emits("array_split")
def _array_split(call: Call, array: str, at: str) -> str:
    return f"kql_array_split({array}, {sql.to_dynamic(at, call.args[1].type)})"


@emits("array_shift_left", "array_shift_right")
def _shift(call: Call, array: str, count: str, filler: str = "") -> str:
    value = sql.to_dynamic(filler, call.args[2].type) if filler else "NULL::JSON"
    return f"kql_{call.name}({array}, {count}, {value})"


@emits("array_sort_asc", "array_sort_desc")
def _sort(call: Call, *args: str) -> str:
    nulls_last = "true"
    if call.args[-1].type == "bool":
        *arrays, nulls_last = args
    else:
        arrays = list(args)
    descending = "true" if call.name.endswith("desc") else "false"
    found = f"kql_sorted_arrays(json_array({', '.join(arrays)}), {descending}, {nulls_last})"
    return f"json_extract({found}, '$[0]')" if len(arrays) == 1 else found


@emits("range")
def _range(call: Call, start: str, stop: str, step: str = "") -> str:
    kinds = {one.type for one in call.args}
    if kinds & {"real", "decimal"}:
        return f"kql_real_range({start}::DOUBLE, {stop}::DOUBLE, {step or '1'}::DOUBLE)"
    timed = kinds & {"datetime", "timespan"}
    values = f"kql_whole_range({start}, {stop}, {step or (_TICKS_PER_HOUR if timed else 1)})"
    if not timed:
        return values
    printed = "kql_datetime_text" if call.args[0].type == "datetime" else "kql_timespan_text"
    return f"to_json(list_transform(from_json({values}, '[\"BIGINT\"]'), lambda kql_e: {printed}(kql_e)))"


@emits("repeat")
def _repeat(call: Call, value: str, count: str) -> str:
    return f"kql_repeat({sql.to_dynamic(value, call.args[0].type)}, {count})"


@emits("set_has_element")
def _set_has_element(call: Call, array: str, value: str) -> str:
    if call.args[1].type == "string":
        return f"kql_array_has_text({array}, {value})"
    return f"kql_set_has_element({array}, {sql.to_dynamic(value, call.args[1].type)})"
