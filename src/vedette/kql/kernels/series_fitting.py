"""Statistics of series, and lines and polynomials fitted to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vedette.kql.kernels.series import number, numbers, series

# Dynamic values have no type of their own, hence `Any`.


def variance(values: Sequence[float]) -> float:
    """Of a sample."""
    if len(values) < 2:
        return 0.0
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


@series()
def series_stats_dynamic(values: Any, ignore_nonfinite: Any = False) -> dict[str, float | int | None] | None:
    """Statistics as a bag."""
    if not isinstance(values, list):
        return None
    finite = {
        position: float(value)
        for position, one in enumerate(values)
        if (value := number(one)) is not None and math.isfinite(value)
    }
    names = ("min", "min_idx", "max", "max_idx", "avg", "stdev", "variance", "sum", "len")
    if not finite or (len(finite) < len(values) and not ignore_nonfinite):
        return dict.fromkeys(names)
    lowest, highest = min(finite, key=finite.__getitem__), max(finite, key=finite.__getitem__)
    spread = variance(list(finite.values()))
    total = sum(finite.values())
    found = (finite[lowest], lowest, finite[highest], highest, total / len(finite), math.sqrt(spread), spread, total)
    return dict(zip(names, (*found, len(finite)), strict=True))


@series()
def series_stats(values: Any, ignore_nonfinite: Any = False) -> list[float | int | None] | None:
    """Statistics as columns."""
    found = series_stats_dynamic(values, ignore_nonfinite)
    return None if found is None else list(found.values())[:7]


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points at 1, 2, 3, …."""

    rsquare: float
    slope: float
    variance: float
    rvariance: float
    interception: float
    line_fit: list[float]


def fitted_line(values: Sequence[float]) -> Line:
    """The line of least squares."""
    count = len(values)
    middle, mean = (count + 1) / 2, sum(values) / count
    under = sum((position - middle) ** 2 for position in range(1, count + 1))
    over = sum((position - middle) * (value - mean) for position, value in enumerate(values, 1))
    slope = over / under if under else 0.0
    interception = mean - slope * middle
    fit = [interception + slope * position for position in range(1, count + 1)]
    spread = variance(values)
    rest = variance([value - on_line for value, on_line in zip(values, fit, strict=True)])
    return Line(_explained(spread, rest), slope, spread, rest, interception, fit)


def _explained(spread: float, rest: float) -> float:
    return 1 - rest / spread if spread else 1.0


def _line_of(values: Any) -> Line | None:
    found = numbers(values)
    return fitted_line(found) if found else None


@series()
def series_fit_line(values: Any) -> list[Any] | None:
    """The line as columns."""
    line = _line_of(values)
    if line is None:
        return None
    return [line.rsquare, line.slope, line.variance, line.rvariance, line.interception, line.line_fit]


@series()
def series_fit_line_dynamic(values: Any) -> dict[str, Any] | None:
    """The line as a bag."""
    line = _line_of(values)
    return None if line is None else {name: getattr(line, name) for name in Line.__slots__}


@series()
def series_fit_2lines_dynamic(values: Any) -> dict[str, Any] | None:
    """Two lines as a bag: the split at which both together explain most."""
    found = numbers(values)
    if not found or len(found) < 4:
        return None
    spread = variance(found)

    def split_at(position: int) -> tuple[float, Line, Line]:
        left, right = fitted_line(found[:position]), fitted_line(found[position:])
        fit = left.line_fit + right.line_fit
        return variance([value - on_line for value, on_line in zip(found, fit, strict=True)]), left, right

    splits = {position: split_at(position) for position in range(2, len(found) - 1)}
    best = min(splits, key=lambda position: splits[position][0])
    rest, left, right = splits[best]
    return {
        "rsquare": _explained(spread, rest),
        "split_idx": best,
        "variance": spread,
        "rvariance": rest,
        "line_fit": left.line_fit + right.line_fit,
        "right": _side(right),
        "left": _side(left),
    }


def _side(line: Line) -> dict[str, float]:
    return {name: getattr(line, name) for name in ("rsquare", "slope", "interception", "variance", "rvariance")}


@series()
def series_fit_2lines(values: Any) -> list[Any] | None:
    """Two lines as columns."""
    found = series_fit_2lines_dynamic(values)
    if found is None:
        return None
    right, left = found.pop("right"), found.pop("left")
    return [*found.values(), *right.values(), *left.values()]


@series()
def series_fit_poly(y_values: Any, x_values: Any = None, degree: Any = 1) -> list[Any] | None:
    """The polynomial of least squares; coefficients from the highest power down."""
    y = numbers(y_values)
    x = numbers(x_values) if x_values is not None else [float(place) for place in range(1, len(y or ()) + 1)]
    order = number(degree)
    if not y or x is None or len(x) != len(y) or not isinstance(order, int) or not 0 <= order < len(y):
        return None
    # Powers of what is scaled to [-1, 1] stay of one size.
    centre, half = (max(x) + min(x)) / 2, (max(x) - min(x)) / 2 or 1.0
    scaled = [(value - centre) / half for value in x]
    powers = [[value**power for power in range(order + 1)] for value in scaled]
    matrix = [
        [sum(row[i] * row[j] for row in powers) for j in range(order + 1)]
        + [sum(row[i] * value for row, value in zip(powers, y, strict=True))]
        for i in range(order + 1)
    ]
    weights = _solved(matrix)
    if weights is None:
        return None
    fit = [sum(weight * power for weight, power in zip(weights, row, strict=True)) for row in powers]
    coefficients = [0.0]
    for weight in reversed(weights):  # p(t) with t = (x - centre) / half, by Horner's rule on polynomials of x
        shifted = [0.0, *(one / half for one in coefficients)]
        for place, one in enumerate(coefficients):
            shifted[place] -= one * centre / half
        shifted[0] += weight
        coefficients = shifted
    coefficients = coefficients[: order + 1]
    spread = variance(y)
    rest = variance([value - on_curve for value, on_curve in zip(y, fit, strict=True)])
    return [_explained(spread, rest), coefficients[::-1], spread, rest, fit]


def _solved(matrix: list[list[float]]) -> list[float] | None:
    """The solution of linear equations, by elimination; None when there is no single one."""
    size = len(matrix)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(matrix[row][column]))
        if abs(matrix[pivot][column]) < 1e-300:
            return None
        matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
        for row in range(size):
            if row != column:
                factor = matrix[row][column] / matrix[column][column]
                matrix[row] = [value - factor * above for value, above in zip(matrix[row], matrix[column], strict=True)]
    return [matrix[row][size] / matrix[row][row] for row in range(size)]
