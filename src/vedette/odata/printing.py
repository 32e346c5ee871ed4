"""Writes a syntax tree as text: canonical spelling, no parentheses that precedence does not need.

Parsing the text again gives an equal tree. The text is not percent-encoded.
"""

from __future__ import annotations

from typing import assert_never

from vedette.odata import times
from vedette.odata.tree import (
    PRECEDENCE,
    PRIMARY,
    UNARY,
    Arithmetic,
    Call,
    Comparison,
    In,
    Literal,
    Logical,
    Negate,
    Node,
    Not,
    Path,
    Quantifier,
)


def print_filter(node: Node) -> str:
    """The canonical text of a filter."""
    return _at(node, 1)


def quoted(text: str) -> str:
    """A text literal: in single quotes, quotes inside it doubled."""
    return "'" + text.replace("'", "''") + "'"


def print_literal(literal: Literal) -> str:
    value = literal.value
    match literal.kind:
        case "null":
            return "null"
        case "boolean":
            return "true" if value else "false"
        case "decimal":
            # A '+' in an exponent would have to survive percent-decoding; it says nothing, so it is left out.
            return repr(value).replace("e+", "e")
        case "string":
            return quoted(str(value))
        case "member":
            return literal.namespace + quoted(str(value))
        case "datetime":
            return times.short_time(str(value))
        case "duration":
            return f"duration'{times.duration_text(int(value or 0))}'"
        case "integer" | "guid" | "date":
            return str(value)
        case _:
            assert_never(literal.kind)


def _at(node: Node, minimum: int) -> str:
    strength, text = _print(node)
    return text if strength >= minimum else f"({text})"


def _print(node: Node) -> tuple[int, str]:
    """How tightly the node holds together, and its text."""
    match node:
        case Literal():
            return PRIMARY, print_literal(node)
        case Path():
            return PRIMARY, "/".join(node.segments)
        case Call():
            return PRIMARY, f"{node.name}({','.join(_at(argument, 1) for argument in node.arguments)})"
        case Quantifier():
            inner = "" if node.predicate is None else f"{node.variable}: {_at(node.predicate, 1)}"
            return PRIMARY, f"{'/'.join(node.collection.segments)}/{node.kind}({inner})"
        case In():
            if isinstance(node.values, Path):
                listed = "/".join(node.values.segments)
            else:
                listed = f"({','.join(print_literal(value) for value in node.values)})"
            return PRIMARY, f"{_at(node.operand, PRIMARY)} in {listed}"
        case Not():
            return UNARY, f"not {_at(node.operand, UNARY)}"
        case Negate():
            # The sign of a number is read as part of it, so a negated number keeps its parentheses.
            if isinstance(node.operand, Literal):
                return UNARY, f"-({print_literal(node.operand)})"
            return UNARY, f"-{_at(node.operand, UNARY)}"
        case Comparison() | Arithmetic():
            strength = PRECEDENCE[node.operator]
            return strength, f"{_at(node.left, strength)} {node.operator} {_at(node.right, strength + 1)}"
        case Logical():
            strength = PRECEDENCE[node.operator]
            return strength, f" {node.operator} ".join(_at(operand, strength + 1) for operand in node.operands)
        case _:
            assert_never(node)
