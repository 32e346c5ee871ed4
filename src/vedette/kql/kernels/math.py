"""Special functions and distributions."""

from __future__ import annotations

import math
from typing import Final

from vedette.kql.kernels.kernel import kernel

_TINY: Final = 1e-300
_CLOSE: Final = 1e-16


@kernel("real", returns="real")
def gamma(x: float | None) -> float | None:
    if x is None:
        return None
    try:
        return math.gamma(x)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


@kernel("real", returns="real")
def loggamma(x: float | None) -> float | None:
    if x is None:
        return None
    try:
        return math.lgamma(x)
    except (OverflowError, ValueError):
        return math.inf


@kernel("real", returns="real")
def erf(x: float | None) -> float | None:
    return None if x is None else math.erf(x)


@kernel("real", returns="real")
def erfc(x: float | None) -> float | None:
    return None if x is None else math.erfc(x)


@kernel("real", "real", "real", returns="real")
def beta_cdf(x: float | None, alpha: float | None, beta: float | None) -> float | None:
    if x is None or alpha is None or beta is None:
        return None
    if not 0 <= x <= 1 or not _is_shape(alpha) or not _is_shape(beta):
        return math.nan
    return incomplete_beta(x, alpha, beta)


@kernel("real", "real", "real", returns="real")
def beta_inv(probability: float | None, alpha: float | None, beta: float | None) -> float | None:
    if probability is None or alpha is None or beta is None:
        return None
    if not alpha > 0 or not beta > 0:
        return math.nan
    if not 0 < probability <= 1:
        return None
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return high if abs(incomplete_beta(high, alpha, beta) - probability) < _CLOSE else middle
        if incomplete_beta(middle, alpha, beta) < probability:
            low = middle
        else:
            high = middle


@kernel("real", "real", "real", returns="real")
def beta_pdf(x: float | None, alpha: float | None, beta: float | None) -> float | None:
    if x is None or alpha is None or beta is None:
        return None
    if not 0 < x < 1 or not alpha > 0 or not beta > 0:
        return math.nan
    return math.exp(_log_weight(x, alpha, beta)) / (x * (1 - x))


@kernel("real", "real", "real", "real", "real", "real", returns="real")
def welch_test(
    mean1: float | None,
    variance1: float | None,
    count1: float | None,
    mean2: float | None,
    variance2: float | None,
    count2: float | None,
) -> float | None:
    if (
        mean1 is None or variance1 is None or count1 is None or mean2 is None or variance2 is None or count2 is None
    ):  # fmt: skip
        return None
    if count1 <= 1 or count2 <= 1:
        return math.nan
    share1, share2 = variance1 / count1, variance2 / count2
    if not share1 + share2 > 0:
        return math.nan
    squared = (mean1 - mean2) ** 2 / (share1 + share2)
    freedom = (share1 + share2) ** 2 / (share1**2 / (count1 - 1) + share2**2 / (count2 - 1))
    return incomplete_beta(freedom / (freedom + squared), freedom / 2, 0.5)


def _is_shape(value: float) -> bool:
    return 0 < value <= 10_000


def _log_weight(x: float, alpha: float, beta: float) -> float:
    """The logarithm of x^alpha (1-x)^beta / B(alpha, beta)."""
    complete = math.lgamma(alpha + beta) - math.lgamma(alpha) - math.lgamma(beta)
    return complete + alpha * math.log(x) + beta * math.log1p(-x)


def incomplete_beta(x: float, alpha: float, beta: float) -> float:
    """The regularised incomplete beta function, by its continued fraction."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    weight = math.exp(_log_weight(x, alpha, beta))
    if x < (alpha + 1) / (alpha + beta + 2):
        return weight * _fraction(x, alpha, beta) / alpha
    return 1 - weight * _fraction(1 - x, beta, alpha) / beta


def _fraction(x: float, alpha: float, beta: float) -> float:
    """Lentz's way to evaluate the continued fraction."""
    c, d = 1.0, 1 / _away_from_zero(1 - (alpha + beta) * x / (alpha + 1))
    result = d
    for m in range(1, 20_000):
        even = m * (beta - m) * x / ((alpha + 2 * m - 1) * (alpha + 2 * m))
        odd = -(alpha + m) * (alpha + beta + m) * x / ((alpha + 2 * m) * (alpha + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            result *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return result


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
