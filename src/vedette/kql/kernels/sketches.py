"""Sketches of values: of how many are distinct, and of how they are distributed. Their states are dynamic arrays.

Distinct values are sketched by the least of their hashes: `[limit, hash, hash, …]`. Below the limit that is all of
them and the count is exact; at the limit their density tells it. A distribution is a list of values with weights,
`[type, [value, …], [weight, …]]`; beyond a limit neighbours are united to their mean, the fewer the nearer to the ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from vedette.kql.kernels.kernel import kernel
from vedette.kql.ticks import datetime_text, timespan_text

# Dynamic values have no type of their own, hence `Any`.

_HASHES: Final = 2**64
_VALUES: Final = 4096
"""How many values a digest keeps apart."""


def _hashes(state: Any) -> tuple[int, list[int]]:
    if not isinstance(state, list) or not state or not all(isinstance(one, int) for one in state):
        raise ValueError("this is no state made by hll()")
    return state[0], state[1:]


@kernel("dynamic", returns="dynamic")
def united_hll(states: Sequence[Any] | None) -> list[int] | None:
    """One sketch of what all the sketches have seen."""
    found = [_hashes(state) for state in states or () if state is not None]
    if not found:
        return None
    limit = min(limit for limit, _ in found)
    return [limit, *sorted({one for _, hashes in found for one in hashes})[:limit]]


@kernel("dynamic", returns="long")
def dcount_hll(state: Any) -> int | None:
    """How many distinct values the sketch has seen."""
    if state is None:
        return None
    limit, hashes = _hashes(state)
    if len(hashes) < limit:
        return len(hashes)
    return round((limit - 1) * _HASHES / hashes[-1])


State = list[Any]


@kernel("dynamic", "dynamic", "string", returns="dynamic")
def tdigest_of(values: Sequence[Any] | None, weights: Sequence[Any] | None, type: str) -> State | None:
    """The digest of values (times in ticks) with weights (1 for all when there are none)."""
    if not values:
        return None
    pairs = zip(values, weights or [1] * len(values), strict=True)
    return _packed(type, [(value, weight) for value, weight in pairs if value is not None and weight and weight > 0])


def _packed(type: str, pairs: list[tuple[float, float]]) -> State | None:
    if not pairs:
        return None
    merged: list[tuple[float, float]] = []
    for value, weight in sorted(pairs):
        if merged and merged[-1][0] == value:
            merged[-1] = (value, merged[-1][1] + weight)
        else:
            merged.append((value, weight))
    if len(merged) > _VALUES:
        merged = _compressed(merged)
    return [type, [value for value, _ in merged], [weight for _, weight in merged]]


def _compressed(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Neighbours united; how many depends on how far both ends are."""
    total = sum(weight for _, weight in pairs)
    kept: list[tuple[float, float]] = []
    seen = 0.0
    for value, weight in pairs:
        share = (seen + weight / 2) / total
        most = 8 * total * share * (1 - share) / _VALUES
        if kept and kept[-1][1] + weight <= most:
            before, heavy = kept[-1]
            kept[-1] = (before + (value - before) * weight / (heavy + weight), heavy + weight)
        else:
            kept.append((value, weight))
        seen += weight
    return kept


def _digest(state: Any) -> tuple[str, list[float], list[float]]:
    if not isinstance(state, list) or len(state) != 3 or not isinstance(state[0], str):
        raise ValueError("this is no state made by tdigest()")
    values, weights = state[1:]
    if not (_are_numbers(values) and _are_numbers(weights) and len(values) == len(weights) > 0):
        raise ValueError("this is no state made by tdigest()")
    return state[0], state[1], state[2]


def _are_numbers(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(one, int | float) for one in values)


@kernel("dynamic", returns="dynamic")
def united_tdigest(states: Sequence[Any] | None) -> State | None:
    """One digest of what all the digests have seen."""
    found = [_digest(state) for state in states or () if state is not None]
    if not found:
        return None
    pairs = [pair for _, values, weights in found for pair in zip(values, weights, strict=True)]
    return _packed(found[0][0], pairs)


def _at(state: Any, percentile: float) -> float:
    """The value at which so many percent of the weight are reached first."""
    _, values, weights = _digest(state)
    wanted = percentile * sum(weights) / 100
    wanted -= 1e-9 * max(1.0, abs(wanted))
    reached = 0.0
    for value, weight in zip(values, weights, strict=True):
        reached += weight
        if reached >= wanted:
            return value
    return values[-1]


def _shown(type: str, value: float) -> Any:
    match type:
        case "datetime":
            return datetime_text(round(value))
        case "timespan":
            return timespan_text(round(value))
        case "int" | "long":
            return round(value)
        case _:
            return float(value)


@kernel("dynamic", "real", returns="dynamic")
def percentile_tdigest(state: Any, percentile: float | None) -> Any:
    """One percentile."""
    return None if state is None or percentile is None else _shown(_digest(state)[0], _at(state, percentile))


@kernel("dynamic", "dynamic", returns="dynamic")
def percentiles_array_tdigest(state: Any, percentiles: Sequence[float]) -> list[Any] | None:
    """Several percentiles."""
    if state is None or not isinstance(percentiles, list):
        return None
    return [percentile_tdigest(state, one) for one in percentiles if isinstance(one, int | float)]


@kernel("dynamic", "dynamic", returns="real")
def rank_tdigest(state: Any, value: Any) -> float | None:
    """The weight of what is not greater than the value."""
    if state is None or not isinstance(value, int | float):
        return None
    _, values, weights = _digest(state)
    return float(sum(weight for one, weight in zip(values, weights, strict=True) if one <= value))


@kernel("dynamic", "dynamic", returns="real")
def percentrank_tdigest(state: Any, value: Any) -> float | None:
    """The same in percent of the whole."""
    rank = rank_tdigest(state, value)
    return None if rank is None else rank * 100 / math.fsum(_digest(state)[2])
