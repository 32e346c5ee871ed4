"""Arithmetic that SQL has no exact form for: decimals, and dynamic values on both sides."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, localcontext
from typing import Any, Final

from vedette.kql.kernels.kernel import kernel

EXACT: Final = Context(prec=76, rounding=ROUND_HALF_EVEN)
_SCALE: Final = Decimal(1).scaleb(-18)
_LIMIT: Final = Decimal(10) ** 20


def decimal_result(value: Decimal) -> Decimal:
    """A decimal with the 18 places that decimals have here."""
    if not value.is_finite() or abs(value) >= _LIMIT:
        raise ValueError("a decimal is too large: 20 digits before the point and 18 behind it are kept")
    with localcontext(EXACT):
        return value.quantize(_SCALE)


@kernel("decimal", "decimal", returns="decimal")
def decimal_multiply(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    if left is None or right is None:
        return None
    return decimal_result(EXACT.multiply(left, right))


@kernel("decimal", "decimal", returns="decimal")
def decimal_divide(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    if left is None or right is None or not right:
        return None
    return decimal_result(EXACT.divide(left, right))


@kernel("decimal", "decimal", "decimal", returns="decimal")
def decimal_bin_at(value: Decimal | None, size: Decimal | None, point: Decimal | None) -> Decimal | None:
    if value is None or size is None or point is None or size <= 0:
        return None
    with localcontext(EXACT):
        steps = math.floor((value - point) / size)
        return decimal_result(point + steps * size)


@kernel("decimal", "long", returns="decimal")
def decimal_round(value: Decimal | None, places: int | None) -> Decimal | None:
    """Halves go away from zero."""
    if value is None or places is None:
        return None
    with localcontext(EXACT) as context:
        context.rounding = "ROUND_HALF_UP"
        try:
            return decimal_result(value.quantize(Decimal(1).scaleb(-min(places, 18))))
        except InvalidOperation:
            return Decimal(0)


@kernel("string", "dynamic", "dynamic", returns="dynamic")
def dynamic_arithmetic(operator: str, left: Any, right: Any) -> Any:  # Any: dynamic values
    if not _is_number(left) or not _is_number(right):
        return None
    match operator:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case "/":
            result = _quotient(left, right)
        case _:
            result = _remainder(left, right)
    if isinstance(result, int) and not -(2**63) <= result < 2**63:
        raise ValueError(f"the result of {left} {operator} {right} does not fit a long")
    return result


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _quotient(left: int | float, right: int | float) -> int | float | None:
    if isinstance(left, int) and isinstance(right, int):
        return None if right == 0 else truncated(left, right)
    if right == 0:
        return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
    return left / right


def truncated(left: int, right: int) -> int:
    """A whole quotient, cut towards zero."""
    whole = abs(left) // abs(right)
    return whole if (left < 0) == (right < 0) else -whole


def _remainder(left: int | float, right: int | float) -> int | float | None:
    if right == 0:
        return None if isinstance(left, int) and isinstance(right, int) else math.nan
    if isinstance(left, float) and math.isinf(left):
        return math.nan
    return left % abs(right)
