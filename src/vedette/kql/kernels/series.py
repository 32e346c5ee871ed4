"""Programs over series, element by element and as a whole. Fitting and decomposition are in modules of their own.

They get all arguments of a call as one array; those left out are missing from its end.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final, ParamSpec, TypeVar

from vedette.catalogue.tables import KqlType
from vedette.kql.kernels.kernel import kernel

# Dynamic values have no type of their own, hence `Any`.

Number = int | float
P = ParamSpec("P")
R = TypeVar("R")
SERIES: Final[dict[str, KqlType]] = {}
"""Name → what it gives, of all functions that take their arguments as one array."""


def series(returns: KqlType = "dynamic") -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The decorated function is the kernel of its name; it gets the elements of the argument array one by one."""

    def register(function: Callable[P, R]) -> Callable[P, R]:
        name = function.__name__
        SERIES[name] = returns
        spread: Callable[..., R] = function
        kernel("dynamic", returns=returns, name=name)(lambda arguments: spread(*arguments))
        return function

    return register


def number(value: Any) -> Number | None:
    """The value, when it is a number."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def numbers(values: Any) -> list[float] | None:
    """All values as reals; None when it is no array or any of them is no finite number."""
    if not isinstance(values, list):
        return None
    found = [number(value) for value in values]
    if any(value is None or not math.isfinite(value) for value in found):
        return None
    return [float(value) for value in found if value is not None]


def _paired(one: Any, other: Any) -> list[tuple[Number | None, Number | None]] | None:
    length = max((len(side) for side in (one, other) if isinstance(side, list)), default=None)
    if length is None or not all(isinstance(side, list) or number(side) is not None for side in (one, other)):
        return None

    def spread(side: Any) -> list[Number | None]:
        if isinstance(side, list):
            return [number(value) for value in side] + [None] * (length - len(side))
        return [number(side)] * length

    return list(zip(spread(one), spread(other), strict=True))


def _between(name: str, operation: Callable[[Number, Number], Number | bool]) -> None:
    def function(one: Any, other: Any) -> list[Number | bool | None] | None:
        pairs = _paired(one, other)
        if pairs is None:
            return None
        return [None if a is None or b is None else operation(a, b) for a, b in pairs]

    function.__name__ = f"series_{name}"
    series()(function)


def _divided(one: Number, other: Number) -> Number:
    if other:
        return one / other
    return math.nan if not one or math.isnan(one) else math.copysign(math.inf, one) * math.copysign(1, other)


def _power(base: Number, exponent: Number) -> Number:
    try:
        raised = math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.inf if not base else math.nan
    return raised


_between("add", lambda a, b: a + b)
_between("subtract", lambda a, b: a - b)
_between("multiply", lambda a, b: a * b)
_between("divide", _divided)
_between("pow", _power)
_between("greater", lambda a, b: a > b)
_between("greater_equals", lambda a, b: a >= b)
_between("less", lambda a, b: a < b)
_between("less_equals", lambda a, b: a <= b)
_between("equals", lambda a, b: a == b)
_between("not_equals", lambda a, b: a != b)


def _each(name: str, operation: Callable[[Number], Number]) -> None:
    def function(values: Any) -> list[Number | None] | None:
        if not isinstance(values, list):
            return None
        return [None if (value := number(one)) is None else _careful(operation, value) for one in values]

    function.__name__ = f"series_{name}"
    series()(function)


def _careful(operation: Callable[[Number], Number], value: Number) -> Number:
    try:
        return operation(value)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _logarithm(value: Number) -> Number:
    return math.log(value) if value else -math.inf


_each("exp", math.exp)
_each("log", _logarithm)
_each("sign", lambda value: (value > 0) - (value < 0))
_each("abs", abs)
_each("sin", math.sin)
_each("asin", math.asin)
_each("cos", math.cos)
_each("acos", math.acos)
_each("tan", math.tan)
_each("atan", math.atan)
_each("floor", math.floor)
_each("ceiling", math.ceil)


# One value of a whole series. What is no number is left out.


def _there(values: Any) -> list[Number] | None:
    if not isinstance(values, list):
        return None
    return [value for one in values if (value := number(one)) is not None]


@series("real")
def series_sum(values: Any) -> float | None:
    """All elements added up; null when one is neither a number nor null."""
    found = _there(values)
    if found is None or len(found) < sum(value is not None for value in values):
        return None
    return float(sum(found))


@series("real")
def series_product(values: Any) -> float | None:
    """All elements multiplied."""
    found = _there(values)
    return None if found is None else float(math.prod(found))


@series("real")
def series_magnitude(values: Any) -> float | None:
    """The root of the sum of squares."""
    found = _there(values)
    return None if found is None else math.sqrt(sum(value * value for value in found))


@series("real")
def series_dot_product(one: Any, other: Any) -> float | None:
    """The sum of the products; the longer series is cut, and null when one is empty."""
    pairs = _paired(one, other)
    if pairs is None or [] in (one, other):
        return None
    return float(sum(a * b for a, b in pairs if a is not None and b is not None))


@series("real")
def series_cosine_similarity(one: Any, other: Any, *magnitudes: Any) -> float | None:
    """The dot product over the product of the magnitudes."""
    pairs = [(a, b) for a, b in _paired(one, other) or () if a is not None and b is not None]
    if not pairs:
        return None
    given = [number(value) for value in (*magnitudes, None, None)[:2]]
    left, right = (
        math.sqrt(sum(pair[side] ** 2 for pair in pairs)) if value is None else value
        for side, value in enumerate(given)
    )
    dot = sum(a * b for a, b in pairs)
    return float(_divided(dot, left * right))


@series("real")
def series_pearson_correlation(one: Any, other: Any) -> float | None:
    """The covariance over the product of the deviations; NaN when one series does not vary."""
    left, right = numbers(one), numbers(other)
    if not left or not right or len(left) != len(right):
        return None
    mean_left, mean_right = sum(left) / len(left), sum(right) / len(right)
    over = sum((a - mean_left) * (b - mean_right) for a, b in zip(left, right, strict=True))
    under = math.sqrt(sum((a - mean_left) ** 2 for a in left) * sum((b - mean_right) ** 2 for b in right))
    return over / under if under else math.nan


# Gaps


def _gap(value: Any, placeholder: Any) -> bool:
    if placeholder is None:
        return value is None or value == "NaN"
    return bool(value == placeholder)


@series()
def series_fill_forward(values: Any, placeholder: Any = None) -> list[Any] | None:
    """Gaps get the value before them; those at the start stay."""
    if not isinstance(values, list):
        return None
    filled: list[Any] = []
    for value in values:
        filled.append(filled[-1] if filled and _gap(value, placeholder) else value)
    return filled


@series()
def series_fill_backward(values: Any, placeholder: Any = None) -> list[Any] | None:
    """Gaps get the value after them; those at the end stay."""
    if not isinstance(values, list):
        return None
    return (series_fill_forward(values[::-1], placeholder) or [])[::-1]


@series()
def series_fill_const(values: Any, constant: Any = 0, placeholder: Any = None) -> list[Any] | None:
    """Gaps get a constant."""
    if not isinstance(values, list):
        return None
    return [constant if _gap(value, placeholder) else value for value in values]


@series()
def series_fill_linear(
    values: Any, placeholder: Any = None, fill_edges: Any = True, constant: Any = 0
) -> list[Any] | None:
    """Gaps get values on the line between their neighbours; whole numbers stay whole."""
    if not isinstance(values, list):
        return None
    known = [position for position, value in enumerate(values) if not _gap(value, placeholder)]
    if not known:
        return [constant] * len(values)
    if not all(isinstance(values[position], int | float) for position in known):
        return None
    whole = all(isinstance(values[position], int) for position in known)
    filled = list(values)
    for low, high in pairwise(known):
        for position in range(low + 1, high):
            share = (position - low) / (high - low)
            value = values[low] + (values[high] - values[low]) * share
            filled[position] = int(value) if whole else value
    if fill_edges is not False:
        filled[: known[0]] = [values[known[0]]] * known[0]
        filled[known[-1] + 1 :] = [values[known[-1]]] * (len(values) - known[-1] - 1)
    return filled


# Filters and transforms


@series()
def series_fir(
    values: Any, weights: Any, normalize: bool | None = None, center: bool | None = None
) -> list[float | None] | None:
    """Each element becomes a weighted sum of itself and those before it (around it, when centred)."""
    factors = numbers(weights)
    if not isinstance(values, list) or not factors:
        return None
    negative = any(factor < 0 for factor in factors)
    if normalize and negative:
        return None
    if normalize or (normalize is None and not negative):
        total = sum(factors)
        factors = [factor / total for factor in factors]
    ahead = (len(factors) - 1) // 2 if center else 0
    found = [number(value) for value in values]
    filtered: list[float | None] = []
    for position in range(len(found)):
        taken = [
            (factor, found[at])
            for offset, factor in enumerate(factors)
            if 0 <= (at := position + ahead - offset) < len(found)
        ]
        missing = any(value is None for _, value in taken)
        filtered.append(None if missing else sum(factor * value for factor, value in taken if value is not None))
    return filtered


@series()
def series_iir(values: Any, numerators: Any, denominators: Any) -> list[float] | None:
    """Each element depends on those before it, and on the results before it."""
    found, forward, back = numbers(values), numbers(numerators), numbers(denominators)
    if found is None or not forward or not back or not back[0]:
        return None
    filtered: list[float] = []
    for position in range(len(found)):
        ahead = sum(one * found[position - offset] for offset, one in enumerate(forward) if offset <= position)
        behind = sum(one * filtered[position - offset] for offset, one in enumerate(back) if 0 < offset <= position)
        filtered.append((ahead - behind) / back[0])
    return filtered


def transformed(values: Sequence[complex], sign: int) -> list[complex]:
    """The discrete Fourier transform, not normalised; fast where the length has small factors."""
    length = len(values)
    factor = next((prime for prime in (2, 3, 5, 7) if length % prime == 0 and length > prime), None)
    if factor is None:
        roots = [cmath.exp(sign * 2j * math.pi * step / length) for step in range(length)]
        return [
            sum(value * roots[position * step % length] for position, value in enumerate(values))
            for step in range(length)
        ]
    parts = [transformed(values[offset::factor], sign) for offset in range(factor)]
    size = length // factor
    twists = [cmath.exp(sign * 2j * math.pi * step / length) for step in range(length)]
    return [
        sum(parts[offset][step % size] * twists[offset * step % length] for offset in range(factor))
        for step in range(length)
    ]


def _complex(real: Any, imaginary: Any) -> list[complex] | None:
    found = numbers(real)
    if found is None:
        return None
    unreal = numbers(imaginary) if imaginary is not None else [0.0] * len(found)
    if unreal is None or len(unreal) != len(found):
        return None
    return [complex(*pair) for pair in zip(found, unreal, strict=True)]


@series()
def series_fft(real: Any, imaginary: Any = None) -> list[list[float]] | None:
    """Real and imaginary parts of the transform."""
    found = _complex(real, imaginary)
    if not found:
        return None
    result = transformed(found, -1)
    return [[value.real for value in result], [value.imag for value in result]]


@series()
def series_ifft(real: Any, imaginary: Any = None) -> list[list[float]] | None:
    """Real and imaginary parts of the transform back."""
    found = _complex(real, imaginary)
    if not found:
        return None
    result = [value / len(found) for value in transformed(found, 1)]
    return [[value.real for value in result], [value.imag for value in result]]
