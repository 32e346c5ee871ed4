"""The syntax tree of a filter: what was written, before any name is looked up.

Every node knows the characters it came from. Spans take no part in equality, so that a tree that was printed and parsed
again equals the first. `and` and `or` hold all their operands in one node: chains of thousands stay flat.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
"""First character and the one after the last."""

NOWHERE: Span = (0, 0)

LiteralKind = OneOf["null", "boolean", "integer", "decimal", "string", "guid", "datetime", "date", "duration", "member"]
ComparisonOperator = OneOf["eq", "ne", "gt", "ge", "lt", "le"]
ArithmeticOperator = OneOf["add", "sub", "mul", "div", "divby", "mod"]
LogicalOperator = OneOf["and", "or"]

PRECEDENCE = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("eq", "ne"), 3),
    **dict.fromkeys(("gt", "ge", "lt", "le"), 4),
    **dict.fromkeys(("add", "sub"), 5),
    **dict.fromkeys(("mul", "div", "divby", "mod"), 6),
}
"""How tightly an operator binds; larger is tighter."""

UNARY = 7
PRIMARY = 8


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written: datetimes in canonical text, durations in ticks of 100 ns, guids in lower case.

    A `member` is an enum literal in the namespaced form; its type stands in `namespace`.
    """

    kind: LiteralKind
    value: str | int | float | bool | None
    span: Span = field(default=NOWHERE, compare=False)
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """A property, or a property inside a complex one; may start with a lambda's variable or `$it`, end in `$count`."""

    segments: tuple[str, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A built-in function. The name is lower case."""

    name: str
    arguments: tuple[Node, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    operand: Node
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Negate:
    operand: Node
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: ComparisonOperator
    left: Node
    right: Node
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: ArithmeticOperator
    left: Node
    right: Node
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Logical:
    """Two or more operands, none of which is a `Logical` of the same operator."""

    operator: LogicalOperator
    operands: tuple[Node, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class In:
    """Membership in a list of literals, or in a collection property."""

    operand: Node
    values: tuple[Literal, ...] | Path
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Quantifier:
    """`any` or `all` over a collection. `any()` alone has neither variable nor predicate."""

    kind: OneOf["any", "all"]
    collection: Path
    variable: str
    predicate: Node | None
    span: Span = field(default=NOWHERE, compare=False)


Node: TypeAlias = Literal | Path | Call | Not | Negate | Comparison | Arithmetic | Logical | In | Quantifier


def join(operator: LogicalOperator, operands: tuple[Node, ...], span: Span = NOWHERE) -> Logical:
    """A `Logical` node; operands that are themselves joined by the same operator are taken apart."""
    flat: list[Node] = []
    for operand in operands:
        if isinstance(operand, Logical) and operand.operator == operator:
            flat.extend(operand.operands)
        else:
            flat.append(operand)
    return Logical(operator, tuple(flat), span)
