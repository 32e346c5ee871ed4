"""Sketches in DuckDB. Hashes are DuckDB's own, so a state counts with states of the same version only."""

from __future__ import annotations

from typing import Final

from vedette.kql.bound import Aggregation, Call, Const
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.aggregates import present
from vedette.kql.emit.duckdb.arrays import array_of
from vedette.kql.emit.duckdb.registry import emits, emits_aggregate, macro, simple

_LIMITS: Final = {0: 4_096, 1: 16_384, 2: 65_536, 3: 131_072, 4: 262_144}
"""Accuracy → how many hashes are kept; the error is about one over the root of it."""

macro(
    "kql_sketch(hashes, most)",
    "CASE WHEN hashes IS NOT NULL THEN to_json(list_prepend(most, list_sort(hashes)[1:most])) END",
)


@emits_aggregate("hll")
def _hll(call: Aggregation, value: str, accuracy: str = "") -> str:
    at = call.args[1] if accuracy else Const("long", 1)
    if not isinstance(at, Const) or at.value not in _LIMITS:
        raise ValueError("the accuracy of hll is a constant from 0 to 4")
    kind = call.args[0].type
    seen = f"{value}::BIGINT" if kind == "int" else f"{value}::VARCHAR" if kind == "dynamic" else value
    hashed = f"CASE WHEN {present(value, kind)} IS NOT NULL THEN hash({seen}) END"
    hashes = f"list_filter(list(DISTINCT {hashed}){{filter}}, lambda kql_e: kql_e IS NOT NULL)"
    return f"kql_sketch({hashes}, {_LIMITS[at.value]}::UBIGINT)"


@emits_aggregate("hll_merge")
def _hll_merge(call: Aggregation, state: str) -> str:
    return f"kql_united_hll(to_json(list({state}){{filter}}))"


@emits_aggregate("tdigest")
def _tdigest(call: Aggregation, value: str, weight: str = "") -> str:
    kind = call.args[0].type
    seen = f"{value}::DOUBLE" if kind == "decimal" else value
    weights = f"to_json(list({weight}){{filter}})" if weight else "NULL::JSON"
    return f"kql_tdigest_of(to_json(list({seen}){{filter}}), {weights}, {sql.text(kind)})"


@emits_aggregate("merge_tdigest")
def _merge_tdigest(call: Aggregation, state: str) -> str:
    return f"kql_united_tdigest(to_json(list({state}){{filter}}))"


@emits("hll_merge")
def _merged_hll(call: Call, *states: str) -> str:
    return f"kql_united_hll({array_of(call, states)})"


@emits("merge_tdigest")
def _merged_tdigest(call: Call, *states: str) -> str:
    return f"kql_united_tdigest({array_of(call, states)})"


@emits("percentile_tdigest")
def _percentile_tdigest(call: Call, state: str, percentile: str) -> str:
    return sql.from_dynamic(f"kql_percentile_tdigest({state}, {percentile}::DOUBLE)", call.type)


@emits("percentiles_array_tdigest")
def _percentiles_array_tdigest(call: Call, state: str, *percentiles: str) -> str:
    if call.variant == 0:
        return _percentile_tdigest(call, state, percentiles[0])
    several = percentiles[0] if call.args[1].type == "dynamic" else array_of(call, percentiles)
    return f"kql_percentiles_array_tdigest({state}, {several})"


simple("kql_rank_tdigest({0}, to_json({1}))", "rank_tdigest")
simple("kql_percentrank_tdigest({0}, to_json({1}))", "percentrank_tdigest")
