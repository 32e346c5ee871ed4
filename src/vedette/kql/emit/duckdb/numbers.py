"""Numbers of one type as numbers of another, in SQL."""

from __future__ import annotations

from decimal import Decimal

from vedette.kql.bound import Bound, Const


def as_long(arg: Bound, sql: str) -> str:
    """As BIGINT: what is wider is cut towards zero, and null when it does not fit."""
    match arg.type:
        case "int":
            known = _known(arg)
            return f"{sql}::BIGINT" if known is None or known < 0 else f"{known:f}::BIGINT"
        case "real":
            return f"TRY_CAST(trunc({sql}) AS BIGINT)"
        case "decimal":
            return f"TRY_CAST(trunc({sql}) AS BIGINT)"
        case _:
            return sql


def as_real(arg: Bound, sql: str) -> str:
    """As DOUBLE."""
    if arg.type == "real":
        return sql
    known = _known(arg)
    if known is not None:
        value = float(known)
        return f"{value!r}::DOUBLE" if value >= 0 else f"({value!r})::DOUBLE"
    return f"{sql}::DOUBLE"


def as_decimal(arg: Bound, sql: str) -> str:
    """As DECIMAL; null when it does not fit."""
    return sql if arg.type == "decimal" else f"TRY_CAST({sql} AS DECIMAL(38, 18))"


def _known(arg: Bound) -> Decimal | None:
    """The value of a constant number."""
    return Decimal(str(arg.value)) if isinstance(arg, Const) and arg.value is not None else None
