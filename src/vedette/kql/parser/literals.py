"""Turns the text of a literal into its value.

Expects tokens of the lexer, whose shape is already right; what can still be wrong is inside: an escape, a date that
does not exist, a number out of its type's range.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from vedette.errors import QueryError
from vedette.kql.parser.instants import datetime_ticks, timespan_ticks
from vedette.kql.parser.words import TYPES
from vedette.kql.source import Source, Span
from vedette.kql.syntax import Literal

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|\d+)")
_REAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_REAL_WORDS = {"nan": float("nan"), "+inf": float("inf"), "inf": float("inf"), "-inf": float("-inf")}
_BOOLS = {"true": True, "false": False}


def string_value(source: Source, text: str, start: int) -> tuple[str, bool]:
    """The characters that a text literal stands for, and whether it is verbatim (`@"…"` or a block)."""
    if text[0] in "hH":
        text, start = text[1:], start + 1
    if text[0] == "@":
        quote = text[1]
        return text[2:-1].replace(quote * 2, quote), True
    if text[:3] in ("```", "~~~") and len(text) >= 6:
        return text[3:-3], True
    inside = text[1:-1]
    if "\\" not in inside:
        return inside, False

    def unescaped(found: re.Match[str]) -> str:
        code = found[1]
        if (code[0] in "uUx" and len(code) > 1) or code[0] in "01234567":
            number = int(code, 8) if code[0].isdigit() else int(code[1:], 16)
            if number <= 0x10FFFF:
                return chr(number)
        elif (known := _ESCAPED.get(code)) is not None:
            return known
        at = start + 1 + found.start()
        raise source.syntax_error(
            f"'\\{code}' is no escape in a text.",
            Span(at, at + 1 + len(code)),
            hint="A backslash is written \\\\, or the text as @'…'.",
        )

    value = _ESCAPE.sub(unescaped, inside)
    if _SURROGATE.search(value):
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value, False


def long_value(text: str) -> int:
    """The value of digits, or of digits of base 16 behind `0x`."""
    return int(text, 16) if text[:2] in ("0x", "0X") else int(text)


def typed_literal(source: Source, text: str, span: Span) -> Literal:
    """The value of `type(inside)`, such as `datetime(2024-05-01)`."""
    word, _, inside = text[:-1].partition("(")
    inside = inside.strip()
    is_quoted = len(inside) > 1 and inside[0] in "'\"" and inside[-1] == inside[0]
    if is_quoted:
        inside = inside[1:-1].strip()
    type_ = TYPES[word]
    if inside == "null" or (not inside and type_ in ("datetime", "timespan")):
        return Literal(type_, None, span=span)
    value = _READERS[type_](inside)
    if value is None and is_quoted and type_ == "datetime":
        return Literal(type_, None, unread=inside, span=span)
    if value is None:
        raise _unreadable(source, word, inside, span)
    return Literal(type_, value, span=span)


_EXAMPLES = {"datetime": "2024-05-01T12:30:00Z", "timespan": "1.02:30:00", "long": "5", "real": "1.5", "bool": "true"}
_CONVERTERS = {"datetime": "todatetime", "timespan": "totimespan", "real": "toreal"}


def _unreadable(source: Source, word: str, inside: str, span: Span) -> QueryError:
    type_ = TYPES[word]
    example = f", such as {word}({_EXAMPLES[type_]})" if type_ in _EXAMPLES else ""
    converter = _CONVERTERS.get(type_, f"to{type_}")
    return source.syntax_error(
        f"'{inside}' is no {type_}: {word}(…) takes a constant{example}.",
        span,
        hint=f"To convert a column or an expression, write {converter}(…).",
    )


def _integer(bits: int) -> Callable[[str], object]:
    def read(text: str) -> object:
        if not _INTEGER.fullmatch(text):
            return None
        sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.lstrip("+"))
        value = sign * long_value(digits)
        return value if -(1 << bits - 1) <= value < 1 << bits - 1 else None

    return read


def _real(text: str) -> object:
    if (word := _REAL_WORDS.get(text.lower())) is not None:
        return word
    return float(text) if _REAL.fullmatch(text) else None


def _decimal(text: str) -> object:
    try:
        return Decimal(text) if _REAL.fullmatch(text) else None
    except InvalidOperation:
        return None


def _bool(text: str) -> object:
    if text.lstrip("-").isdigit():
        return int(text) != 0
    return _BOOLS.get(text.lower())


def _guid(text: str) -> object:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


_READERS: Mapping[str, Callable[[str], object]] = {
    "bool": _bool,
    "int": _integer(32),
    "long": _integer(64),
    "real": _real,
    "decimal": _decimal,
    "guid": _guid,
    "datetime": datetime_ticks,
    "timespan": timespan_ticks,
}
