"""`dynamic(…)`: JSON, and the literals of KQL inside it."""

from __future__ import annotations

from vedette.kql.parser.cursor import Cursor
from vedette.kql.parser.instants import timespan_ticks
from vedette.kql.parser.lexer import LONG, REAL, STRING, TIMESPAN, TYPED
from vedette.kql.parser.literals import long_value, typed_literal
from vedette.kql.parser.words import BOOLEANS
from vedette.kql.syntax import Json, Literal, TypedValue


def dynamic_literal(p: Cursor) -> Literal | None:
    """From the word on. None where no parenthesis follows it."""
    start = p.starts[p.at]
    if p.behind(1) != "(":
        return None
    value = _inside_parentheses(p)
    return Literal("dynamic", value, span=p.since(start))


def _inside_parentheses(p: Cursor) -> Json:
    p.advance()
    p.enter()
    p.expect("(")
    value = _json(p)
    p.leave()
    p.expect(")")
    return value


def _json(p: Cursor) -> Json:
    text, kind = p.text, p.kind
    if kind == STRING:
        return _text(p)
    if text == "[" or text == "{":
        p.enter()
        found = _array(p) if text == "[" else _bag(p)
        p.leave()
        return found
    if text == "-":
        p.advance()
        return _number(p, -1)
    if kind in (LONG, REAL, TIMESPAN):
        return _number(p, 1)
    if kind == TYPED:
        literal = typed_literal(p.source, text, p.span)
        p.advance()
        return _typed(literal)
    if text in BOOLEANS:
        p.advance()
        return BOOLEANS[text]
    if text == "null":
        p.advance()
        return None
    if text == "dynamic":
        return _inside_parentheses(p)
    raise p.expected("a JSON value")


def _text(p: Cursor) -> str:
    """A text; several side by side are one."""
    found = p.string_value()
    while p.kind == STRING:
        found += p.string_value()
    return found


def _number(p: Cursor, sign: int) -> Json:
    text, kind = p.text, p.kind
    if kind not in (LONG, REAL, TIMESPAN):
        raise p.expected("a number")
    p.advance()
    if kind == TIMESPAN:
        return TypedValue("timespan", sign * (timespan_ticks(text) or 0))
    return sign * (long_value(text) if kind == LONG else float(text))


def _typed(literal: Literal) -> Json:
    value = literal.value
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int) and literal.type in ("int", "long"):
        return value
    return TypedValue(literal.type, value)


def _array(p: Cursor) -> Json:
    p.advance()
    found: list[Json] = []
    if p.text != "]":
        found.append(_json(p))
        while p.accept(","):
            found.append(_json(p))
    p.expect("]", "',' or ']'")
    return found


def _bag(p: Cursor) -> Json:
    p.advance()
    found: dict[str, Json] = {}
    while p.text != "}" or found:
        if p.kind != STRING:
            raise p.expected("a key in quotes")
        key = p.string_value()
        p.expect(":")
        found[key] = _json(p)
        if not p.accept(","):
            break
    p.expect("}", "',' or '}'")
    return found
