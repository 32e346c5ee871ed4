"""Expressions: operators by how tightly they bind, calls, literals, names, pipelines in parentheses.

From loosest to tightest: `or`; `and`; equality, `in`, `between`; order; `+ -`; `* / %`; the text operators such as
`has` and `=~`; a sign; `.` and `[]`. Equality, order and text operators do not chain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax as s
from vedette.kql.parser.cursor import Cursor
from vedette.kql.parser.dynamic import dynamic_literal
from vedette.kql.parser.instants import timespan_ticks
from vedette.kql.parser.lexer import LONG, REAL, STRING, TIMESPAN, TYPED, WORD
from vedette.kql.parser.literals import long_value, typed_literal
from vedette.kql.parser.words import (
    BOOLEANS,
    NOT_DECLARED,
    NOT_REFERRED,
    TYPES,
    words,
)
from vedette.kql.source import Source

OR, AND, EQUALITY, ORDER, SUM, PRODUCT, TEXT = range(1, 8)

CHAINING = frozenset({OR, AND, SUM, PRODUCT})
"""Levels whose operators may follow one another, from left to right."""

_POSITIVE_TEXT = words(
    """has has_cs hasprefix hasprefix_cs hassuffix hassuffix_cs contains contains_cs startswith startswith_cs endswith
    endswith_cs"""
)
_LISTED = ("in", "!in", "in~", "!in~", "has_any", "has_all")
_BETWEEN = ("between", "!between")

_EMPTY_INSTANT = re.compile(r"date(?:time)?\s*\(\s*\)")
"""The time of the query."""

LARGEST_LONG = (1 << 63) - 1
_TOO_LARGE = str(LARGEST_LONG + 1)
"""Digits that are a long only behind a minus."""

INFIX: Mapping[str, tuple[int, str]] = {
    "or": (OR, "or"),
    "and": (AND, "and"),
    **{sign: (EQUALITY, sign) for sign in ("==", "!=", *_LISTED, *_BETWEEN)},
    "<>": (EQUALITY, "!="),
    **{sign: (ORDER, sign) for sign in ("<", "<=", ">", ">=")},
    **{sign: (SUM, sign) for sign in "+-"},
    **{sign: (PRODUCT, sign) for sign in "*/%"},
    **{sign: (TEXT, sign) for sign in ("=~", "!~", ":", "like", "notlike", "matches")},
    **{word: (TEXT, word) for word in _POSITIVE_TEXT},
    **{f"!{word}": (TEXT, f"!{word}") for word in _POSITIVE_TEXT},
    "containscs": (TEXT, "contains_cs"),
    "notcontains": (TEXT, "!contains"),
    "notcontainscs": (TEXT, "!contains_cs"),
    "likecs": (TEXT, "likecs"),
    "notlikecs": (TEXT, "notlikecs"),
}
"""How tightly an operator binds, and how the tree names it."""

_STAR_COMPARED = frozenset({"=="} | {sign for sign, (level, _) in INFIX.items() if level == TEXT})


_BOUNDS = "Both bounds stand in parentheses: between (low .. high)"
_OLD_SPELLINGS = frozenset({"mvexpand", "mvapply", "filter", "limit", "order"})


class Expressions(Cursor):
    """Reads expressions. `operators` and `sources` are the tabular operators by their keyword."""

    __slots__ = ("operators", "sources")

    def __init__(
        self,
        source: Source,
        operators: Mapping[str, Callable[[Expressions], s.Operator]],
        sources: Mapping[str, Callable[[Expressions], s.Expr | None]],
    ) -> None:
        super().__init__(source)
        self.operators = operators
        self.sources = sources

    # Pipelines

    def pipeline(self) -> s.Expr:
        """A source and the operators behind its bars, or an expression where no bar follows."""
        start = self.starts[self.at]
        first = self.source_or_expression()
        if self.text != "|":
            return first
        operators: list[s.Operator] = []
        while self.accept("|"):
            operators.append(self.operator())
        return s.Pipeline(first, tuple(operators), span=self.since(start))

    def source_or_expression(self) -> s.Expr:
        """What stands before the first bar."""
        read = self.sources.get(self.text)
        if read is not None:
            found = read(self)
            if found is not None:
                return found
        return self.expression()

    def operator(self) -> s.Operator:
        """One operator, from its keyword on."""
        read = self.operators.get(self.text)
        if read is not None:
            return read(self)
        known = [name for name in self.operators if name not in _OLD_SPELLINGS]
        if self.text == "|" and self.touches():
            raise self.error("KQL has no '||'.", hint="Write 'or'.")
        if self.kind != WORD:
            raise self.expected("an operator such as where or summarize")
        raise self.source.unknown("operator", self.text, known, self.span)

    def operators_in_parentheses(self) -> tuple[s.Operator, ...]:
        """`(where … | count)`: operators whose input is given from outside."""
        self.expect("(")
        self.enter()
        found = [self.operator()]
        while self.accept("|"):
            found.append(self.operator())
        self.leave()
        self.expect(")")
        return tuple(found)

    # Operators

    def expression(self, loosest: int = OR) -> s.Expr:
        """An expression whose operators bind at least as tightly as `loosest`."""
        start = self.starts[self.at]
        left = self.signed()
        ceiling = TEXT
        while True:
            found = INFIX.get(self.text)
            if found is None or found[0] < loosest:
                return left
            level, op = found
            if level > ceiling:
                raise self.error(
                    f"'{self.text}' cannot follow another comparison directly.",
                    hint="Put the first one in parentheses.",
                )
            ceiling = level if level in CHAINING else level - 1
            left = self._behind(left, level, op, start)

    def _behind(self, left: s.Expr, level: int, op: str, start: int) -> s.Expr:
        self.advance()
        if op in _LISTED:
            items = self._items(op)
            return s.In(op, left, items, span=self.since(start))
        if op in _BETWEEN:
            return self._between(op, left, start)
        if op == "matches":
            self.expect("regex")
            op = "matches regex"
        if self.text == "*" and level > AND:
            raise self.expected("an expression")
        right = self.expression(level + 1) if level < TEXT else self.signed()
        return s.Binary(op, left, right, span=self.since(start))

    def _items(self, op: str) -> tuple[s.Expr, ...]:
        self.expect("(", hint=f"Values stand in parentheses: {op} (…, …)")
        self.enter()
        items = [self.pipeline()]
        while self.accept(","):
            items.append(self.pipeline())
        self.leave()
        self.expect(")")
        return tuple(items)

    def _between(self, op: str, value: s.Expr, start: int) -> s.Expr:
        self.expect("(", hint=_BOUNDS)
        self.enter()
        low = self.expression()
        self.expect("..", hint=_BOUNDS)
        high = self.expression()
        self.leave()
        self.expect(")")
        return s.Between(op == "!between", value, low, high, span=self.since(start))

    def signed(self) -> s.Expr:
        """An operand, maybe behind a sign."""
        sign = self.text
        if sign == "-" or sign == "+":
            start = self.starts[self.at]
            self.advance()
            if self.text == _TOO_LARGE and sign == "-":
                self.advance()
                return s.Literal("long", -(1 << 63), span=self.since(start))
            operand = self.path()
            return s.Unary("-" if sign == "-" else "+", operand, span=self.since(start))
        return self.path()

    # Operands

    def path(self, *, wild: bool = False) -> s.Expr:
        """An operand and what is reached from it by `.` and `[]`; if `wild`, also `.*`, as a member of that name."""
        start = self.starts[self.at]
        found = self.operand()
        while True:
            if self.text == ".":
                self.advance()
                if wild and self.accept("*"):
                    return s.Member(found, "*", span=self.since(start))
                if self.text != "[" or self.kinds[self.at + 1] == STRING:
                    found = self._member(found, start)
            elif self.text == "[":
                self.advance()
                self.enter()
                index = self.expression()
                self.leave()
                self.expect("]")
                found = s.Index(found, index, span=self.since(start))
            else:
                return found

    def _member(self, target: s.Expr, start: int) -> s.Expr:
        name_span = self.span
        if self.text == "[":
            name = self.bracketed()
            return s.Member(target, name, span=self.since(start))
        if self.kind != WORD:
            raise self.expected("a name behind the dot")
        name = self.text
        if name in NOT_REFERRED:
            raise self.reserved()
        self.advance()
        if self.text == "(":
            arguments = self.arguments()
            return s.Call(name, arguments, name_span, target, span=self.since(start))
        return s.Member(target, name, span=self.since(start))

    def operand(self) -> s.Expr:
        """A literal, a name, a call or something in parentheses."""
        kind, text, at = self.kind, self.text, self.at
        start = self.starts[at]
        if kind == WORD:
            special = _SPECIAL.get(text)
            if special is not None:
                found = special(self)
                if found is not None:
                    return found
            if text in NOT_REFERRED or text[0] == "!":
                raise self.reserved()
            span = self.span
            self.advance()
            if self.text == "(":
                return s.Call(text, self.arguments(), span, span=self.since(start))
            return s.Name(text, span=span)
        if kind == STRING:
            return self.string()
        if kind == LONG:
            value = long_value(text)
            if value > LARGEST_LONG:
                raise self.error(f"{text} is too large for a long.", hint="Write decimal(…) or real(…).")
            self.advance()
            return s.Literal("long", value, span=self.since(start))
        if text == "(":
            return self._parentheses()
        if kind == TIMESPAN:
            ticks = timespan_ticks(text)
            if ticks is None:
                raise self.error(f"{text} is longer than a timespan can be.")
            self.advance()
            return s.Literal("timespan", ticks, span=self.since(start))
        if kind == TYPED:
            span = self.span
            self.advance()
            if _EMPTY_INSTANT.fullmatch(text):
                return s.Call("now", (), span, span=span)
            return typed_literal(self.source, text, span)
        if kind == REAL:
            self.advance()
            return s.Literal("real", float(text), span=self.since(start))
        if text == "[":
            name = self.bracketed()
            if self.text == "(":
                return s.Call(name, self.arguments(), self.since(start), span=self.since(start))
            return s.Name(name, True, span=self.since(start))
        if text == "*":
            return self._star()
        raise self.expected("an expression")

    def _star(self) -> s.Expr:
        span = self.span
        self.advance()
        if self.text in _STAR_COMPARED or self.text in (",", ")"):
            return s.Wildcard("*", span=span)
        raise self.source.syntax_error("'*' stands for no expression here.", span)

    def _parentheses(self) -> s.Expr:
        self.advance()
        self.enter()
        found = self.pipeline()
        self.leave()
        self.expect(")")
        return found

    # Calls

    def arguments(self) -> tuple[s.Argument, ...]:
        """`(a, name = b)`, from its parenthesis on."""
        self.expect("(")
        if self.accept(")"):
            return ()
        self.enter()
        found = [self._argument()]
        while self.accept(","):
            found.append(self._argument())
        self.leave()
        self.expect(")")
        return tuple(found)

    def _argument(self) -> s.Argument:
        start = self.starts[self.at]
        name = None
        if (self.kind == WORD and self.texts[self.at + 1] == "=") or (self.text == "[" and self.behind(3) == "="):
            name = self.declared_name()
            self.advance()
        value = self.expression()
        return s.Argument(value, name, span=self.since(start))

    # Names

    def reserved(self) -> Exception:
        """The error for a word that cannot name anything here."""
        if self.text[0] == "!":
            return self.error("'!' alone negates nothing.", hint="Write not(…).")
        if self.text == "materialize":
            return self.error("materialize(…) stands only behind let.", hint="Write let name = materialize(…);")
        if self.text in self.operators:
            message = f"An expression was expected, but '{self.text}' is an operator."
            return self.error(message, hint="Is a bar missing before it?")
        if self.text in INFIX:
            message = f"'{self.text}' needs a value before it."
            return self.error(message, hint=f"Write the value again: Name {self.text} …")
        message = f"'{self.text}' is a word of the language and names nothing here."
        return self.error(message, hint=f"For a column of this name write ['{self.text}'].")

    def bracketed(self) -> str:
        """`['any name']`, from its bracket on."""
        self.expect("[")
        if self.kind != STRING:
            raise self.expected("a name in quotes")
        name = self.string_value()
        self.expect("]")
        return name

    def declared_name(self) -> str:
        """A name that is being given."""
        if self.text == "[":
            return self.bracketed()
        if self.kind != WORD:
            raise self.expected("a name")
        if self.text in NOT_DECLARED:
            raise self.reserved()
        name = self.text
        self.advance()
        return name

    def referred_name(self) -> s.Name:
        """A name of something that exists."""
        start = self.starts[self.at]
        if self.text == "[":
            return s.Name(self.bracketed(), True, span=self.since(start))
        if self.kind != WORD:
            raise self.expected("a name")
        if self.text in NOT_REFERRED:
            raise self.reserved()
        name = self.text
        self.advance()
        return s.Name(name, span=self.since(start))

    def type_name(self) -> KqlType:
        """A type's name."""
        if self.kind != WORD or self.text not in TYPES:
            raise self.expected("a type such as string, long or datetime")
        found = TYPES[self.text]
        self.advance()
        return found

    def column_declarations(self) -> tuple[tuple[s.ColumnDeclaration, ...], bool]:
        """`(a: long, b: string)`, and whether it began with `*`."""
        self.expect("(")
        star = False
        found: list[s.ColumnDeclaration] = []
        if self.text == "*":
            self.advance()
            star = True
        while self.text != ")":
            if found or star:
                self.expect(",", "',' or ')'")
                if self.text == ")":
                    break
            start = self.starts[self.at]
            name = self.declared_name()
            self.expect(":")
            found.append(s.ColumnDeclaration(name, self.type_name(), span=self.since(start)))
        self.expect(")")
        return tuple(found), star


# Words that begin a special operand. Each answers None when the word turns out to be a mere name.


def _boolean(p: Expressions) -> s.Expr | None:
    value, span = BOOLEANS[p.text], p.span
    p.advance()
    return s.Literal("bool", value, span=span)


def wrapping(node: type[s.ToScalar] | type[s.ToTable] | type[s.Materialize]) -> Callable[[Expressions], s.Expr | None]:
    """Reads `keyword(pipeline)`."""

    def read(p: Expressions) -> s.Expr | None:
        start = p.starts[p.at]
        if p.texts[p.at + 1] != "(":
            return None
        p.advance()
        p.advance()
        p.enter()
        value = p.pipeline()
        p.leave()
        p.expect(")")
        return node(value, span=p.since(start))

    return read


def _type_of(p: Expressions) -> s.Expr | None:
    start = p.starts[p.at]
    if p.texts[p.at + 1] != "(":
        return None
    p.advance()
    if p.texts[p.at + 2] == ")" and p.texts[p.at + 1] != "*":
        p.advance()
        type_ = p.type_name()
        p.expect(")")
        return s.TypeOf(type_, span=p.since(start))
    columns, star = p.column_declarations()
    return s.TypeOf(None, columns, star, span=p.since(start))


def _source_inside(p: Expressions) -> s.Expr | None:
    return p.sources[p.text](p)


_SPECIAL: Mapping[str, Callable[[Expressions], s.Expr | None]] = {
    **dict.fromkeys(BOOLEANS, _boolean),
    "toscalar": wrapping(s.ToScalar),
    "totable": wrapping(s.ToTable),
    "typeof": _type_of,
    "dynamic": dynamic_literal,
    "datatable": _source_inside,
    "externaldata": _source_inside,
    "external_data": _source_inside,
}
