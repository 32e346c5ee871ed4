"""Aggregates in DuckDB. `{filter}` stands behind every aggregate call, `{order}` inside those that depend on the order
of rows. What comes from one row (`arg_max`, `arg_min`, `take_any`) is a struct of fields `v0`, `v1`, ….
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql.bound import Aggregation, Bound, Const, is_constant
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.registry import emits_aggregate, macro

LIMIT: Final = 1_048_576
"""How many elements a collected array has at most."""
OLD_LIMIT: Final = 128
"""The same for the older names."""
IN_ORDER: Final = frozenset(
    {"make_list", "makelist", "make_list_with_nulls", "make_bag", "make_dictionary", "buildschema"}
)
"""Aggregates whose result depends on the order of rows."""

macro(
    "kql_wrapped(h)",
    "CASE WHEN h BETWEEN -9223372036854775808 AND 9223372036854775807 THEN h::BIGINT ELSE"
    " ((((h + 9223372036854775808) % 18446744073709551616) + 18446744073709551616) % 18446744073709551616"
    " - 9223372036854775808)::BIGINT END",
)
macro("kql_something(j)", "CASE WHEN json_type(j) <> 'NULL' THEN j END")
macro(
    "kql_number_json(x)",
    "CASE WHEN x = trunc(x) AND abs(x) < 9e15 THEN to_json(x::BIGINT) ELSE kql_real_json(x) END",
)


def present(argument: str, type: KqlType) -> str:
    """The value with everything that counts as null as NULL."""
    return f"kql_something({argument})" if type == "dynamic" else argument


def _struct(fields: Sequence[str]) -> str:
    return f"struct_pack({', '.join(f'v{index} := {field}' for index, field in enumerate(fields))})"


@emits_aggregate("count")
def _count(call: Aggregation) -> str:
    return "count(*){filter}"


@emits_aggregate("sum")
def _sum(call: Aggregation, value: str) -> str:
    match call.args[0].type:
        case "int" | "long" | "timespan":
            return f"kql_wrapped(coalesce(sum({value}){{filter}}, 0))"
        case "datetime":
            return f"kql_wrapped(sum({value}){{filter}})"
        case "decimal":
            return f"coalesce(sum({value}){{filter}}, 0)::DECIMAL(38, 18)"
        case _:
            return f"coalesce(sum({value}){{filter}}, 0)"


@emits_aggregate("min", "max")
def _extreme(call: Aggregation, value: str) -> str:
    found = f"{call.name}({value}){{filter}}"
    return f"coalesce({found}, '')" if call.args[0].type == "string" else found


@emits_aggregate("avg")
def _avg(call: Aggregation, value: str) -> str:
    match call.args[0].type:
        case "datetime" | "timespan":
            return f"(sum({value}){{filter}} // nullif(count({value}){{filter}}, 0))::BIGINT"
        case "decimal":
            return f"(avg({value}){{filter}})::DECIMAL(38, 18)"
        case _:
            return f"coalesce(avg({value}){{filter}}, 'nan'::DOUBLE)"


_SPREADS: Final = {
    "stdev": "coalesce(stddev_samp({0}){filter}, 0)",
    "variance": "coalesce(var_samp({0}){filter}, 0)",
    "stdevp": "stddev_pop({0}){filter}",
    "variancep": "var_pop({0}){filter}",
    "covariance": "covar_samp({0}, {1}){filter}",
    "covariancep": "covar_pop({0}, {1}){filter}",
}


@emits_aggregate(*_SPREADS)
def _spread(call: Aggregation, *values: str) -> str:
    return _SPREADS[call.name].format(*(f"{value}::DOUBLE" for value in values), filter="{filter}")


@emits_aggregate("dcount", "count_distinct")
def _dcount(call: Aggregation, value: str, accuracy: str = "") -> str:
    return f"count(DISTINCT {present(value, call.args[0].type)}){{filter}}"


@emits_aggregate("binary_all_and", "binary_all_or", "binary_all_xor")
def _bits(call: Aggregation, value: str) -> str:
    return f"bit_{call.name.removeprefix('binary_all_')}({value}){{filter}}"


def json_array(values: str, type: KqlType) -> str:
    """A list of values of this type as a dynamic array."""
    if type in ("datetime", "timespan", "real", "decimal"):
        values = f"list_transform({values}, lambda kql_e: {sql.to_dynamic('kql_e', type)})"
    return f"coalesce(to_json({values}), '[]'::JSON)"


def _filled(call: Aggregation, value: str) -> str:
    """A list of all values in the order of rows, nulls aside."""
    kind = call.args[0].type
    if kind == "string":
        return f"list({value}{{order}}){{filter}}"
    value = present(value, kind)
    if call.filter is None:
        return f"list({value}{{order}}) FILTER (WHERE {value} IS NOT NULL)"
    return f"list_filter(list({value}{{order}}){{filter}}, lambda kql_e: kql_e IS NOT NULL)"


def _most(call: Aggregation, limit: str, otherwise: int) -> str:
    if limit and not is_constant(call.args[1]):
        raise ValueError("the most elements to collect must be a constant")
    return limit or str(otherwise)


@emits_aggregate("make_list", "makelist")
def _make_list(call: Aggregation, value: str, limit: str = "") -> str:
    most = _most(call, limit, LIMIT if call.name == "make_list" else OLD_LIMIT)
    if call.args[0].type == "dynamic":  # arrays give their elements, as for make_set
        return f"kql_list_of_elements({_filled(call, value)}, {most})"
    return json_array(f"({_filled(call, value)})[1:{most}]", call.args[0].type)


@emits_aggregate("make_list_with_nulls")
def _make_list_with_nulls(call: Aggregation, value: str) -> str:
    return json_array(f"(list({value}{{order}}){{filter}})[1:{LIMIT}]", call.args[0].type)


# The order of a set is undefined: sorted is the same on every run.
@emits_aggregate("make_set", "makeset")
def _make_set(call: Aggregation, value: str, limit: str = "") -> str:
    most = _most(call, limit, LIMIT if call.name == "make_set" else OLD_LIMIT)
    kind = call.args[0].type
    distinct = f"list(DISTINCT {present(value, kind)}){{filter}}"
    if kind == "dynamic":
        return f"kql_set_of_elements({distinct}, {most})"
    if kind != "string":
        distinct = f"list_filter({distinct}, lambda kql_e: kql_e IS NOT NULL)"
    return json_array(f"(list_sort({distinct}))[1:{most}]", kind)


macro("kql_elements(j)", "CASE json_type(j) WHEN 'ARRAY' THEN from_json(j, '[\"JSON\"]') ELSE [j] END")
macro(
    "kql_list_of_elements(js, most)",
    "coalesce(to_json(flatten(list_transform(js, lambda kql_j: kql_elements(kql_j)))[1:most]), '[]'::JSON)",
)
macro(
    "kql_set_of_elements(js, most)",
    "coalesce(to_json((list_sort(list_distinct(list_filter(flatten(list_transform(js,"
    " lambda kql_j: kql_elements(kql_j))), lambda kql_e: json_type(kql_e) <> 'NULL'))))[1:most]), '[]'::JSON)",
)


@emits_aggregate("make_bag", "make_dictionary")
def _make_bag(call: Aggregation, value: str, limit: str = "") -> str:
    most = _most(call, limit, LIMIT if call.name == "make_bag" else OLD_LIMIT)
    return f"kql_merged_bag(coalesce(to_json(list({value}{{order}}){{filter}}), '[]'::JSON), {most})"


@emits_aggregate("buildschema")
def _buildschema(call: Aggregation, value: str) -> str:
    return f"kql_schema_of(to_json(list({value}{{order}}){{filter}}))"


@emits_aggregate("take_any")
def _take_any(call: Aggregation, *values: str) -> str:
    if len(values) > 1:
        return f"any_value({_struct(values)}){{filter}}"
    kind = call.args[0].type
    if kind == "string":
        return _struct([f"any_value(nullif({values[0]}, '')){{filter}}"])
    return _struct([f"any_value({present(values[0], kind)}){{filter}}"])


@emits_aggregate("arg_max", "arg_min")
def _arg_extreme(call: Aggregation, key: str, *returned: str) -> str:
    if not returned:
        return _struct([f"{call.name.removeprefix('arg_')}({key}){{filter}}"])
    row = _struct((key, *returned))
    found = f"{call.name}({row}, {key}){{filter}}"
    return found if call.args[0].type == "string" else f"coalesce({found}, any_value({row}){{filter}})"


def _fraction(percentile: Bound) -> str:
    """A percentile as a fraction; exact, because its rank is rounded up."""
    if isinstance(percentile, Const):
        value = Decimal(str(percentile.value)) if isinstance(percentile.value, int | float | Decimal) else None
        if value is None or not value.is_finite() or not 0 <= value <= 100:
            raise ValueError(f"a percentile is a number from 0 to 100, not {'null' if value is None else value}")
        return f"{format(value / 100, 'f')}::DECIMAL(18, 15)"
    raise ValueError("the percentiles must be constants")


def _constants(percentiles: Bound) -> list[Bound]:
    if isinstance(percentiles, Const) and isinstance(percentiles.value, list | tuple):
        return [Const("real", value) for value in percentiles.value]
    raise ValueError("the percentiles must be constants")


def _ranked(value: str, type: KqlType) -> str:
    """What is put in order."""
    match type:
        case "dynamic":
            return f"TRY_CAST({value} ->> '$' AS DOUBLE)"
        case "decimal":
            return f"{value}::DOUBLE"
        case "int":
            return f"{value}::BIGINT"
        case _:
            return value


def _found(value: str, type: KqlType) -> str:
    """The value at a rank as a value of the aggregate's type."""
    match type:
        case "dynamic":
            return f"kql_number_json({value})"
        case "string":
            return f"coalesce({value}, '')"
        case _:
            return value


def _quantiles(call: Aggregation, value: str, fractions: Sequence[str]) -> list[str]:
    ranked = _ranked(value, call.args[0].type)
    return [f"quantile_disc({ranked}, {fraction}){{filter}}" for fraction in fractions]


def _weighted(call: Aggregation, value: str, weight: str, fractions: Sequence[str]) -> list[str]:
    ranked = _ranked(value, call.args[0].type)
    pair = f"struct_pack(x := {ranked}, w := {weight}::HUGEINT)"
    order = "" if is_constant(call.args[0]) else f" ORDER BY {ranked}"
    pairs = f"list_filter(list({pair}{order}){{filter}}, lambda kql_e: kql_e.x IS NOT NULL AND kql_e.w > 0)"
    return [f"kql_weighted({pairs}, {fraction})" for fraction in fractions]


macro(
    "kql_weighted(pairs, fraction)",
    # An aggregate that is written several times, or inside of a lambda, can bring DuckDB down: it is taken once.
    "(list_transform([pairs], lambda kql_p: kql_reached("
    "list_transform(kql_p, lambda kql_e: kql_e.x), list_transform(kql_p, lambda kql_e: kql_e.w), fraction)))[1]",
)
macro(
    "kql_reached(xs, ws, fraction)",
    # The first place up to which the weights add up to enough, found by halving: running sums have no function.
    "xs[list_reduce(list_prepend(struct_pack(low := 1::BIGINT, high := len(xs)),"
    " list_transform(range(ceil(log2(len(xs) + 1))::BIGINT), lambda kql_i: struct_pack(low := kql_i, high := kql_i))),"
    " lambda kql_a, kql_i: CASE WHEN kql_a.low >= kql_a.high THEN kql_a"
    " WHEN list_sum(ws[1:(kql_a.low + kql_a.high) // 2]) >= fraction * list_sum(ws)"
    " THEN struct_pack(low := kql_a.low, high := (kql_a.low + kql_a.high) // 2)"
    " ELSE struct_pack(low := (kql_a.low + kql_a.high) // 2 + 1, high := kql_a.high) END).low]",
)


@emits_aggregate("percentile")
def _percentile(call: Aggregation, value: str, percentile: str) -> str:
    (found,) = _quantiles(call, value, [_fraction(call.args[1])])
    return _found(found, call.args[0].type)


@emits_aggregate("percentilew")
def _percentilew(call: Aggregation, value: str, weight: str, percentile: str) -> str:
    (found,) = _weighted(call, value, weight, [_fraction(call.args[2])])
    return _found(found, call.args[0].type)


def _fractions(arguments: Sequence[Bound]) -> list[str]:
    if arguments[0].type == "dynamic":
        return [_fraction(one) for one in _constants(arguments[0])]
    return [_fraction(one) for one in arguments]


def _array(call: Aggregation, values: Sequence[str]) -> str:
    kind: KqlType = "real" if call.args[0].type == "decimal" else call.args[0].type
    found = ", ".join(sql.to_dynamic(_found(value, kind), kind) for value in values)
    return f"to_json([{found}])"


@emits_aggregate("percentiles_array")
def _percentiles_array(call: Aggregation, value: str, *percentiles: str) -> str:
    return _array(call, _quantiles(call, value, _fractions(call.args[1:])))


@emits_aggregate("percentilesw_array")
def _percentilesw_array(call: Aggregation, value: str, weight: str, *percentiles: str) -> str:
    return _array(call, _weighted(call, value, weight, _fractions(call.args[2:])))
