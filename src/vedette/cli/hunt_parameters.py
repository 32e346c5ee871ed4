"""`--param name=value`: values that a query names and does not define, as Python values.

The type is read off the value as KQL writes it, or said: `--param since=7d`, `--param version:string=1.0`. What is no
number, truth value, time or duration is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from vedette.cli.settings import UsageError

_WHOLE: Final = re.compile(r"[+-]?(?:0|[1-9]\d{0,18})")
_REAL: Final = re.compile(r"[+-]?\d+\.\d+")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?(?:Z|[+-]\d\d:\d\d)?)?")
_SPAN: Final = re.compile(r"(-?)(\d+(?:\.\d+)?)(d|h|m|min|s|ms|w)")
_CLOCK: Final = re.compile(r"(-?)(?:(\d+)\.)?(\d{1,2}):(\d\d):(\d\d)(?:\.(\d{1,7}))?")
_UNIT_S: Final = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LONG: Final = range(-(2**63), 2**63)


def parameters(texts: Iterable[str]) -> dict[str, object]:
    """Name → value. Raises: UsageError for a text that is no parameter, or a name that is given twice."""
    given: dict[str, object] = {}
    for text in texts:
        name, value = _parameter(text)
        if name in given:
            raise UsageError(f"--param {name} was given twice", hint="leave one of them out")
        given[name] = value
    return given


def _parameter(text: str) -> tuple[str, object]:
    head, equals, value = text.partition("=")
    name, colon, kind = head.partition(":")
    if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise UsageError(f"--param {text!r} is no NAME=VALUE", hint="--param device=ws-01 --param since=7d")
    if not colon:
        return name, guessed(value)
    if kind not in _READ:
        raise UsageError(f"--param {name}: there is no type {kind!r}", hint=f"one of {', '.join(_READ)}")
    try:
        return name, _READ[kind](value)
    except (ValueError, InvalidOperation):
        raise UsageError(f"--param {name}: {value!r} is no {kind}", hint=f"such as {_EXAMPLES[kind]}") from None


def guessed(value: str) -> object:
    """The value that a text looks like: a number, a truth value, a time, a duration, or else the text itself."""
    if _WHOLE.fullmatch(value) and int(value) in _LONG:
        return int(value)
    if _REAL.fullmatch(value):
        return float(value)
    if value in ("true", "false"):
        return value == "true"
    for pattern, read in ((_DATE, moment), (_SPAN, span), (_CLOCK, span)):
        if pattern.fullmatch(value):
            try:
                return read(value)
            except (ValueError, OverflowError):
                return value
    return value


def moment(text: str) -> datetime:
    """An aware time; without a zone it is UTC. Raises: ValueError."""
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    parsed = datetime.fromisoformat(re.sub(r"(\.\d{6})\d", r"\1", text))
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def span(text: str) -> timedelta:
    """`7d`, `1.5h`, `100ms`, `1.02:03:04`. Raises: ValueError."""
    if (unit := _SPAN.fullmatch(text)) is not None:
        length = timedelta(seconds=float(unit[2]) * _UNIT_S[unit[3]])
        return -length if unit[1] else length
    if (clock := _CLOCK.fullmatch(text)) is not None:
        length = timedelta(
            days=int(clock[2] or 0),
            hours=int(clock[3]),
            minutes=int(clock[4]),
            seconds=int(clock[5]),
            microseconds=int((clock[6] or "").ljust(7, "0")) // 10,
        )
        return -length if clock[1] else length
    raise ValueError(text)


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError(text)
    return text.lower() in ("true", "1")


def _whole(text: str) -> int:
    number = int(text)
    if number not in _LONG:
        raise ValueError(text)
    return number


def _json(text: str) -> object:
    import msgspec

    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(text) from error


_READ: Final[Mapping[str, Callable[[str], object]]] = {
    "string": str,
    "int": _whole,
    "long": _whole,
    "real": float,
    "decimal": Decimal,
    "bool": _truth,
    "datetime": moment,
    "timespan": span,
    "guid": UUID,
    "dynamic": _json,
}
_EXAMPLES: Final = {
    "int": "42",
    "long": "42",
    "real": "0.5",
    "decimal": "0.5",
    "bool": "true",
    "datetime": "2026-11-22T14:03:09Z",
    "timespan": "7d",
    "guid": "74be27de-1e4e-49d9-b579-fe0b331d3642",
    "dynamic": '["a", "b"]',
}
