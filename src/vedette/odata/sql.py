"""Writes bound filters and orders as SQLite text with `?` parameters.

Values are never part of the text: it is made of operators, the column expressions that the caller gives, and JSON paths
that the model's property names make up. What a column must hold, so that comparing text is comparing values: datetimes
in `canonical_time` form, guids in lower case, collections and complex values as JSON text or NULL, booleans as 0 and 1.
Properties without a column are read from the JSON body.

Null follows OData, not SQL: comparisons are true or false. Where false and null make no difference, which is wherever
no `not` and no comparison stands above, the plain operator is written, so that an index can serve it.
The connection needs `install_functions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from vedette.odata import times
from vedette.odata.bound import (
    Bound,
    Calculate,
    Compare,
    Compute,
    Constant,
    Count,
    Junction,
    Member,
    Minus,
    Now,
    Opposite,
    Quantify,
    Read,
    Value,
)
from vedette.odata.options import OrderBy

_COMPARISON = {"eq": "IS", "ne": "IS NOT", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "div": "/", "divby": "/", "mod": "%"}

# SQLite counts every AND and OR as one level of depth, of which it allows 1,000.
_CHAIN = 200

# Longer patterns are matched by instr: SQLite limits the length of a pattern.
_LONGEST_PREFIX = 1000


@dataclass(frozen=True, slots=True)
class SqlText:
    """A piece of SQL and the values of its `?`, in order."""

    text: str
    parameters: tuple[Value, ...] = ()


def filter_sql(bound: Bound, columns: Mapping[str, str], *, body: str = "body", now: datetime | None = None) -> SqlText:
    """The condition of a WHERE clause.

    `columns` maps wire names, or paths such as `relatedUser/userName`, to SQL expressions; what is absent is read from
    `body`, the expression of the JSON text of the whole entity. `now` is what `now()` answers.
    """
    writer = _Writer(columns, body, now)
    return SqlText(writer.condition(bound, exact=False), tuple(writer.parameters))


def order_sql(orderby: Sequence[OrderBy], columns: Mapping[str, str], *, body: str = "body") -> SqlText:
    """The terms of an ORDER BY clause; empty for no order. Null comes first ascending, last descending."""
    writer = _Writer(columns, body, None)
    terms = []
    for item in orderby:
        text = writer.value(item.by)
        collation = " COLLATE NOCASE" if isinstance(item.by, Read) and item.by.any_case else ""
        terms.append(f"{text}{collation}{' DESC' if item.descending else ''}")
    return SqlText(", ".join(terms), tuple(writer.parameters))


class _Writer:
    def __init__(self, columns: Mapping[str, str], body: str, now: datetime | None) -> None:
        self.columns = columns
        self.body = body
        self.now = now
        self.parameters: list[Value] = []

    def parameter(self, value: Value) -> str:
        if value is None:
            return "NULL"
        self.parameters.append(value)
        return "?"

    # Conditions

    def condition(self, bound: Bound, *, exact: bool) -> str:
        """A truth value. Unless it is `exact`, null may stand for false."""
        match bound:
            case Junction():
                return self.junction(bound, exact=exact)
            case Compare():
                return self.compare(bound, exact=exact)
            case Member():
                return self.member(bound, exact=exact)
            case Opposite():
                return f"(NOT {self.condition(bound.operand, exact=True)})"
            case Quantify():
                return self.quantify(bound)
            case Compute(function=function) if function.name == "startswith":
                return self.starts_with(bound)
            case _:
                return self.value(bound)

    def junction(self, bound: Junction, *, exact: bool) -> str:
        word = f" {bound.operator.upper()} "
        parts = [self.condition(operand, exact=exact) for operand in bound.operands]
        while len(parts) > _CHAIN:
            parts = [f"({word.join(parts[at : at + _CHAIN])})" for at in range(0, len(parts), _CHAIN)]
        return f"({word.join(parts)})"

    def compare(self, bound: Compare, *, exact: bool) -> str:
        left = self.value(bound.left)
        collation = " COLLATE NOCASE" if bound.any_case else ""
        right = self.value(bound.right)
        text = f"({left}{collation} {_COMPARISON[bound.operator]} {right})"
        if exact and bound.operator not in ("eq", "ne"):
            return f"({text} IS TRUE)"
        return text

    def member(self, bound: Member, *, exact: bool) -> str:
        operand = self.value(bound.operand)
        if not bound.values:
            return f"({operand} IS NULL)"
        collation = " COLLATE NOCASE" if bound.any_case else ""
        listed = ", ".join(self.parameter(value) for value in bound.values)
        text = f"({operand}{collation} IN ({listed}))"
        if bound.or_null:
            # The list itself holds no null, so only a null operand makes the test null.
            return f"({text} IS NOT FALSE)"
        return f"({text} IS TRUE)" if exact else text

    def quantify(self, bound: Quantify) -> str:
        # Only column expressions and JSON paths of the model are put into the text.
        items = f"SELECT 1 FROM json_each({self.value(bound.collection)})"  # noqa: S608
        if bound.predicate is None:
            return f"EXISTS ({items})"
        items += f" AS e{bound.scope} WHERE "
        if bound.quantifier == "any":
            return f"EXISTS ({items}{self.condition(bound.predicate, exact=False)})"
        return f"(NOT EXISTS ({items}{self.condition(bound.predicate, exact=False)} IS NOT TRUE))"

    def starts_with(self, bound: Compute) -> str:
        """A pattern with a fixed beginning, which an index on the column can serve."""
        subject, prefix = bound.arguments
        if not isinstance(prefix, Constant) or not isinstance(prefix.value, str) or len(prefix.value) > _LONGEST_PREFIX:
            return self.value(bound)
        text = self.value(subject)
        if bound.any_case:
            pattern = "".join("\\" + c if c in "%_\\" else c for c in prefix.value)
            return f"({text} LIKE {self.parameter(pattern + '%')} ESCAPE '\\')"
        pattern = "".join(f"[{c}]" if c in "*?[" else c for c in prefix.value)
        return f"({text} GLOB {self.parameter(pattern + '*')})"

    # Values

    def value(self, bound: Bound) -> str:
        match bound:
            case Constant():
                return self.parameter(bound.value)
            case Now():
                return self.parameter(times.from_now(self.now or datetime.now(UTC), bound.ticks))
            case Read():
                return self.read(bound)
            case Count():
                return f"ifnull(json_array_length({self.read(bound.collection)}), 0)"
            case Compute():
                return self.compute(bound)
            case Calculate():
                return self.calculate(bound)
            case Minus():
                return f"(-{self.value(bound.operand)})"
            case Compare() | Member() | Junction() | Opposite() | Quantify():
                return self.condition(bound, exact=True)
            case _:
                assert_never(bound)

    def compute(self, bound: Compute) -> str:
        function = bound.function
        arguments = [self.value(argument) for argument in bound.arguments]
        if bound.any_case:
            arguments = [f"lower({argument})" for argument in arguments]
        if function.name == "substring":
            return f"odata_substring({', '.join(arguments)})"
        return function.sql.format(*arguments)

    def calculate(self, bound: Calculate) -> str:
        left, right = self.value(bound.left), self.value(bound.right)
        if bound.kind == "real":
            left, right = f"({left} + 0.0)", f"({right} + 0.0)"
        return f"({left} {_ARITHMETIC[bound.operator]} {right})"

    def read(self, bound: Read) -> str:
        if bound.scope == 0:
            column = self.columns.get("/".join(bound.path))
            if column is not None:
                return column
        elif not bound.path:
            return _comparable(bound, f"e{bound.scope}.value")
        return _comparable(bound, self.from_json(bound))

    def from_json(self, bound: Read) -> str:
        path = bound.path
        if bound.scope:
            source = f"e{bound.scope}.value"
        elif path[0] in self.columns:
            source, path = self.columns[path[0]], path[1:]
        else:
            source = self.body
        steps = "".join(f'."{name}"' for name in path)
        return f"json_extract({source}, '${steps}')"


def _comparable(bound: Read, text: str) -> str:
    """A value as it stands in JSON, brought into the form in which it is compared."""
    if bound.kind == "moment":
        return f"odata_time({text})"
    return f"lower({text})" if bound.kind == "guid" else text
