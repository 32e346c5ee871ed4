"""Periods of series, their decomposition into season and trend, and what lies outside of that.

The documentation says what is computed, not always how. Periods are peaks of the autocorrelation. A period scores as
well as the series repeats itself after the period and after every multiple of it up to half of the series, whichever is
least. A peak stands alone within a quarter of its period, and a multiple of a period that scores as much is no period
of its own. Decomposition looks for periods in what a line through the series leaves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from statistics import NormalDist, median
from typing import Any, Final

from vedette.kql.kernels.series import number, numbers, series
from vedette.kql.kernels.series_fitting import fitted_line

# Dynamic values have no type of their own, hence `Any`.

SHORTEST: Final = 4
"""Of the periods that can be told."""
_SEASONAL: Final = 0.7
_DECOMPOSED: Final = 0.6
"""The scores from which on a period counts."""
_NEAR: Final = 0.25
_AS_GOOD: Final = 0.9


def _autocorrelations(values: Sequence[float]) -> list[float]:
    """How alike the series is to itself moved by 0, 1, 2, … up to half of it and one more (unbiased)."""
    count = len(values)
    mean = sum(values) / count
    centred = [value - mean for value in values]
    spread = sum(value * value for value in centred)
    if not spread:
        return [0.0] * (count // 2 + 2)
    return [
        sum(map(mul, centred, centred[lag:])) / spread * count / (count - lag)
        for lag in range(min(count // 2 + 2, count))
    ]


def _score(known: Sequence[float], period: int) -> float:
    multiples = known[period : len(known) - 1 : period]
    return min(1.0, max(0.0, min(multiples, default=0.0)))


def detected(values: Sequence[float], low: float, high: float) -> list[tuple[int, float]]:
    """Periods and their scores, best first."""
    known = _autocorrelations(values)
    longest = len(values) // 2
    peaks = {
        lag: score
        for lag in range(SHORTEST, longest)
        if known[lag] >= max(known[max(1, math.ceil(lag * (1 - _NEAR))) : math.floor(lag * (1 + _NEAR)) + 1])
        and known[lag] > known[lag - 1]
        and (score := _score(known, lag)) > 0
    }
    found = [
        (lag, score)
        for lag, score in peaks.items()
        if low <= lag <= high and not any(_repeats(lag, base, peaks) for base in peaks)
    ]
    return sorted(found, key=lambda pair: (-round(pair[1], 6), pair[0]))


def _repeats(lag: int, base: int, peaks: dict[int, float]) -> bool:
    times = round(lag / base)
    return base < lag and times > 1 and abs(lag - times * base) <= times and peaks[base] >= _AS_GOOD * peaks[lag]


@series()
def series_periods_detect(values: Any, low: Any, high: Any, count: Any) -> list[list[float]] | None:
    """The best periods and their scores; zeros where there are fewer."""
    found, limits = numbers(values), (number(low), number(high), number(count))
    if found is None or limits[0] is None or limits[1] is None or limits[2] is None:
        return None
    wanted = max(0, int(limits[2]))
    periods = detected(found, limits[0], limits[1])[:wanted] if len(found) >= 2 * SHORTEST else []
    padding = [0.0] * (wanted - len(periods))
    return [[float(period) for period, _ in periods] + padding, [score for _, score in periods] + padding]


@series()
def series_periods_validate(values: Any, *periods: Any) -> list[list[float]] | None:
    """The scores of given periods; 0 for those out of bounds."""
    found = numbers(values)
    if found is None:
        return None
    asked = [float(number(period) or 0) for period in periods]
    known = _autocorrelations(found) if found else []
    scores = [_score(known, round(one)) if SHORTEST <= one <= len(found) / 2 else 0.0 for one in asked]
    return [asked, scores]


def _seasonal(values: Sequence[float], length: int, period: int) -> list[float]:
    """The median of each phase, repeated over the whole length."""
    phases = [median(values[phase::period]) for phase in range(min(period, len(values)))]
    if len(phases) < period:
        return [0.0] * length
    return [phases[position % period] for position in range(length)]


def _period(values: Sequence[float], asked: Any, threshold: float) -> int:
    """The period asked for; the best one that scores enough for -1; 0 for none."""
    given = number(asked)
    if given is not None and given >= 0:
        return int(given)
    best = detected(values, SHORTEST, len(values) / 2)[:1] if len(values) >= 2 * SHORTEST else []
    return best[0][0] if best and best[0][1] >= threshold else 0


@series()
def series_seasonal(values: Any, period: Any = -1, test_points: Any = 0) -> list[float] | None:
    """The part that repeats itself; zeros when nothing does."""
    if not isinstance(values, list):
        return None
    learned = numbers(values[: len(values) - int(number(test_points) or 0)])
    if not learned:
        return None
    found = _period(learned, period, _SEASONAL)
    return _seasonal(learned, len(values), found) if found else [0.0] * len(values)


def _parts(
    values: Any, seasonality: Any, trend: Any, test_points: Any, threshold: Any
) -> tuple[list[float], list[float], list[float], list[float | None]] | None:
    """Baseline, season, trend and rest."""
    if not isinstance(values, list):
        return None
    learned = numbers(values[: max(0, len(values) - int(number(test_points) or 0))])
    if not learned:
        return None
    enough = number(threshold)
    slope = fitted_line(learned).line_fit
    level = [value - on_line for value, on_line in zip(learned, slope, strict=True)]
    period = _period(level, seasonality, _DECOMPOSED if enough is None else enough)
    season = _seasonal(learned, len(values), period) if period else [0.0] * len(values)
    slow = _trend([value - part for value, part in zip(learned, season, strict=False)], len(values), trend)
    baseline = [one + other for one, other in zip(season, slow, strict=True)]
    rest = [
        None if (value := number(one)) is None else value - expected
        for one, expected in zip(values, baseline, strict=True)
    ]
    return baseline, season, slow, rest


def _trend(values: Sequence[float], length: int, kind: Any) -> list[float]:
    match kind or "avg":
        case "avg":
            return [sum(values) / len(values)] * length
        case "linefit":
            line = fitted_line(values)
            return [line.interception + line.slope * position for position in range(1, length + 1)]
        case "none":
            return [0.0] * length
        case _:
            raise ValueError(f"a trend is 'avg', 'linefit' or 'none', not {kind!r}")


@series()
def series_decompose(
    values: Any, seasonality: Any = -1, trend: Any = "avg", test_points: Any = 0, threshold: Any = None
) -> list[Any] | None:
    """Baseline, season, trend and rest as columns."""
    parts = _parts(values, seasonality, trend, test_points, threshold)
    return None if parts is None else list(parts)


@series()
def series_decompose_forecast(
    values: Any, points: Any, seasonality: Any = -1, trend: Any = "avg", threshold: Any = None
) -> list[Any] | None:
    """The same, learned without the last points."""
    return series_decompose(values, seasonality, trend, points, threshold)


@series()
def series_decompose_anomalies(
    values: Any,
    threshold: Any = 1.5,
    seasonality: Any = -1,
    trend: Any = "avg",
    test_points: Any = 0,
    method: Any = "ctukey",
    seasonality_threshold: Any = None,
) -> list[Any] | None:
    """Marks, scores and baseline as columns."""
    parts = _parts(values, seasonality, trend, test_points, seasonality_threshold)
    if parts is None:
        return None
    scores = series_outliers(parts[3], method, None, None, None, test_points) or []
    limit = number(threshold)
    limit = 1.5 if limit is None else limit
    flags = [0 if abs(score) < limit else 1 if score > 0 else -1 for score in scores]
    return [flags, scores, parts[0]]


def percentile(ordered: Sequence[float], share: float) -> float:
    """Of values in order, between neighbours in proportion."""
    place = (len(ordered) - 1) * share / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@series()
def series_outliers(
    values: Any,
    kind: Any = "ctukey",
    ignored: Any = None,
    low_percentile: Any = None,
    high_percentile: Any = None,
    test_points: Any = 0,
) -> list[float] | None:
    """How many quartile ranges each element lies outside of the quartiles; 0 inside.

    With other percentiles, quartiles are where they would be if values were distributed normally.
    """
    if not isinstance(values, list):
        return None
    method = kind or "ctukey"
    if method not in ("tukey", "ctukey"):
        raise ValueError(f"outliers are found by 'tukey' or 'ctukey', not by {kind!r}")
    found = [
        None if (value := number(one)) is None or value == ignored or not math.isfinite(value) else float(value)
        for one in values
    ]
    learned = found[: len(found) - int(number(test_points) or 0)]
    ordered = sorted(value for value in learned if value is not None)
    if not ordered:
        return [0.0] * len(values)
    low, high = (25.0, 75.0) if method == "tukey" else _bounds(low_percentile, high_percentile)
    lower, upper = _quartiles(ordered, low, high)
    between = upper - lower
    return [0.0 if value is None else _outside(value, lower, upper, between) for value in found]


def _bounds(low: Any, high: Any) -> tuple[float, float]:
    bounds = (10.0 if number(low) is None else float(low), 90.0 if number(high) is None else float(high))
    if not 2 <= bounds[0] < bounds[1] <= 98:
        raise ValueError("percentiles of outliers lie between 2 and 98")
    return bounds


def _quartiles(ordered: Sequence[float], low: float, high: float) -> tuple[float, float]:
    lower, upper = percentile(ordered, low), percentile(ordered, high)
    normal = NormalDist()
    at_low, at_high, at_quartile = (normal.inv_cdf(share / 100) for share in (low, high, 75))
    deviation = (upper - lower) / (at_high - at_low)
    centre = lower - at_low * deviation
    return centre - at_quartile * deviation, centre + at_quartile * deviation


def _outside(value: float, lower: float, upper: float, between: float) -> float:
    distance = value - upper if value > upper else value - lower if value < lower else 0.0
    if not distance:
        return 0.0
    return distance / between if between else math.copysign(math.inf, distance)
