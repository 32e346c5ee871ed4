"""Writes constants and names as KQL."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

from vedette.kql import syntax as s
from vedette.kql.parser.instants import TICKS_PER_DAY, TICKS_PER_SECOND
from vedette.kql.parser.words import NOT_DECLARED, NOT_REFERRED

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[$](?:left|right)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\\"]")
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}
_UNITS = (
    ("d", TICKS_PER_DAY),
    ("h", 3600 * TICKS_PER_SECOND),
    ("m", 60 * TICKS_PER_SECOND),
    ("s", TICKS_PER_SECOND),
    ("ms", 10_000),
    ("microsecond", 10),
    ("tick", 1),
)


def string(text: str, *, verbatim: bool = False) -> str:
    if verbatim:
        return _verbatim(text)
    return '"' + _CONTROL.sub(lambda found: _ESCAPES.get(found[0]) or f"\\x{ord(found[0]):02x}", text) + '"'


def _verbatim(text: str) -> str:
    if not ("\n" in text or "\r" in text):
        return '@"' + text.replace('"', '""') + '"'
    # Only a block may hold line breaks; texts side by side are one text.
    if "```" in text or text.endswith("`"):
        parts = [part for part in re.split(r"(`+)", text) if part]
        return " ".join(f"~~~{part}~~~" if "`" in part else f"```{part}```" for part in parts)
    return f"```{text}```"


def declared(name: str) -> str:
    # `summarize by = x` would be read as a `by` without columns before it.
    is_plain = _WORD.fullmatch(name) and name not in NOT_DECLARED and name != "by"
    return name if is_plain else f"[{string(name)}]"


def referred(name: str) -> str:
    return name if _WORD.fullmatch(name) and name not in NOT_REFERRED else f"[{string(name)}]"


def _datetime(ticks: int) -> str:
    days, rest = divmod(ticks, TICKS_PER_DAY)
    day = date.fromordinal(days + 1).isoformat()
    return day if not rest else f"{day}T{_clock(rest)}Z"


def _clock(ticks: int) -> str:
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    shown = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{shown}.{fraction:07}" if fraction else shown


def _timespan(ticks: int) -> str:
    if ticks < 0:
        days, rest = divmod(-ticks, TICKS_PER_DAY)
        return f"timespan(-{days}.{_clock(rest)})"
    for unit, size in _UNITS:
        if ticks % size == 0:
            return f"{ticks // size}{unit}"
    raise AssertionError(ticks)


def _real(value: float) -> str:
    if not math.isfinite(value):
        return "real(nan)" if math.isnan(value) else f"real({'+' if value > 0 else '-'}inf)"
    shown = repr(value)
    if math.copysign(1.0, value) < 0:
        return f"real({shown})"
    return shown


def literal(node: s.Literal) -> str:
    value = node.value
    if node.type == "dynamic":
        return f"dynamic({_json(value)})"
    if node.type == "string":
        return string(str(value), verbatim=node.verbatim)
    if node.unread:
        quote = "'" if '"' in node.unread else '"'
        return f"datetime({quote}{node.unread}{quote})"
    return _scalar(node.type, value)


def _scalar(type_: str, value: object) -> str:
    match type_, value:
        case _, None:
            return f"{type_}(null)"
        case "bool", bool():
            return "true" if value else "false"
        case "long", int() if value >= 0:
            return str(value)
        case "real", float():
            return _real(value)
        case "timespan", int():
            return _timespan(value)
        case "datetime", int():
            return f"datetime({_datetime(value)})"
        case _:
            return f"{type_}({value})"


def _json(value: Any) -> str:  # what json would load
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return string(value)
        case int():
            return str(value)
        case float():
            return repr(value) if math.isfinite(value) else _real(value)
        case list():
            return "[" + ", ".join(map(_json, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{string(key)}: {_json(item)}" for key, item in value.items()) + "}"
        case s.TypedValue():
            return _scalar(value.type, value.value)
    raise AssertionError(value)
