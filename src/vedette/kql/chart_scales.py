"""Scales of charts: ticks and labels of axes, and series stacked on each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from vedette.kql.charts import Axis, Chart, Series, X

MOST_SERIES = 8
"""Series that are drawn; colours and patterns for more cannot be told apart."""
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = (
    1, 2, 5, 10, 15, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR,
    3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 5 * _DAY, 10 * _DAY, 30 * _DAY,
)  # fmt: skip


def labels(places: Sequence[X], axis: Axis) -> list[str]:
    """Places on an axis as text: times as short as they can be told apart."""
    if axis == "name":
        return [str(place) for place in places]
    numbers = [float(place) for place in places]
    if axis == "number":
        return [short(number) for number in numbers]
    if axis == "span":
        return [str(timedelta(seconds=round(number, 3))) for number in numbers]
    reach = max(numbers) - min(numbers) if numbers else 0.0
    if all(number % 86_400 == 0 for number in numbers) or reach > 20 * 86_400:
        form = "%Y-%m-%d"
    else:
        form = "%m-%d %H:%M" if reach > 86_400 else "%H:%M" if reach > 600 else "%H:%M:%S"
        if reach <= 86_400:
            form = f"%m-%d {form}"
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return [(epoch + timedelta(seconds=number)).strftime(form) for number in numbers]


def short(number: float) -> str:
    """A number as a label: whole numbers with commas, others in four digits."""
    if abs(number) >= 1e12 or (number and abs(number) < 1e-3):
        return f"{number:.3g}"
    if number == int(number):
        return f"{int(number):,}"
    return f"{number:,.4g}" if abs(number) < 10_000 else f"{number:,.0f}"


def spelled(ticks: Sequence[float]) -> list[str]:
    return [short(round(tick, 10)) for tick in ticks]


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About so many round numbers between two, as people would choose them: 1, 2, 2.5 or 5 times a power of ten."""
    rough = (high - low) / count if high > low else 1.0
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if size * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def time_ticks(low: float, high: float, count: int = 6) -> list[float]:
    """About so many moments between two, in seconds: whole seconds, minutes, hours or days apart."""
    rough = (high - low) / count
    step = next((one for one in _STEPS if one >= rough), 0) or math.ceil(rough / _STEPS[-1]) * _STEPS[-1]
    return [float(number * step) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def power(value: float, is_log: bool) -> float:
    return 10**value if is_log else value


def largest(series: Sequence[Series]) -> list[Series]:
    """The series with the largest sums, in the order in which they came."""
    ranked = sorted(series, key=lambda one: sum(abs(y) for _, y in one.points), reverse=True)[:MOST_SERIES]
    return [one for one in series if any(one is kept for kept in ranked)]


def stacked(chart: Chart) -> list[Series]:
    """Each series on top of those before it, at every place that any of them has."""
    places = chart.places
    below = dict.fromkeys(places, 0.0)
    totals = dict.fromkeys(places, 0.0)
    for one in chart.series:
        for x, y in one.points:
            totals[x] += y
    stacked = []
    for one in chart.series:
        heights: dict[X, float] = {}
        for x, y in one.points:
            heights[x] = heights.get(x, 0.0) + y
        for place in places:
            y = heights.get(place, 0.0)
            below[place] += 100 * y / totals[place] if chart.stacking == "stacked100" and totals[place] else y
        stacked.append(Series(one.name, [(place, below[place]) for place in places]))
    return stacked


def heights(chart: Chart) -> list[list[float]]:
    """Per series, the value at each place."""
    places = chart.places
    found = []
    for one in chart.series:
        at = dict.fromkeys(places, 0.0)
        for x, y in one.points:
            at[x] += y
        found.append([at[place] for place in places])
    if chart.stacking == "stacked100":
        totals = [sum(column) for column in zip(*found, strict=True)]
        found = [[100 * y / total if total else 0.0 for y, total in zip(each, totals, strict=True)] for each in found]
    return found
