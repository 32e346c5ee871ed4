"""Reads the text of a filter into a syntax tree: a Pratt parser with OData's precedence.

From the tightest: `/` and calls, `in`; `-` and `not`; `mul div divby mod`; `add sub`; `gt ge lt le`; `eq ne`; `and`;
`or`. `not` binds tighter than comparisons, as the protocol has it: `not a eq b` is `(not a) eq b`.
Words are compared without regard to case, as the service's names are.

Two limits keep hostile text cheap: how many parentheses may be open, and how high the tree may grow. The second is what
SQLite's own parser can still read once the tree has become SQL.
"""

from __future__ import annotations

from typing import cast

from vedette.odata import times
from vedette.odata.errors import ODataSyntaxError, TooComplex, UnsupportedOption
from vedette.odata.lexer import Token, tokens
from vedette.odata.tree import (
    PRECEDENCE,
    Arithmetic,
    ArithmeticOperator,
    Call,
    Comparison,
    ComparisonOperator,
    In,
    Literal,
    LogicalOperator,
    Negate,
    Node,
    Not,
    Path,
    Quantifier,
    Span,
    join,
)

MAX_OPEN = 100
"""Parentheses, calls and signs that may be open at one time."""

MAX_HEIGHT = 15
"""Operators and calls nested in one another. A chain of `and`, or of `or`, is one level."""

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def parse_filter(text: str) -> Node:
    """The syntax tree of a `$filter` text.

    Raises: ODataSyntaxError where the text leaves the grammar; TooComplex where it is too long or too deep.
    """
    parser = _Parser(text)
    node = parser.expression(1)
    parser.expect_end()
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.open = 0
        self.height = 0
        """Height of the node that was read last."""

    # Reading tokens

    def next_is(self, symbol: str) -> bool:
        token = self.tokens[self.at]
        return token.text == symbol and token.kind == "symbol"

    def accept(self, symbol: str) -> bool:
        if self.next_is(symbol):
            self.at += 1
            return True
        return False

    def expect(self, symbol: str, why: str) -> Token:
        token = self.tokens[self.at]
        if not self.accept(symbol):
            raise self.wrong(token, f"'{symbol}' is missing {why}")
        return token

    def expect_end(self) -> None:
        token = self.tokens[self.at]
        if token.kind == "end":
            return
        if self.next_is(")"):
            raise self.wrong(token, "this ')' closes nothing")
        if token.kind == "word" and token.text.lower() == "has":
            message = "the operator 'has' is not offered; enums are compared with eq"
            raise UnsupportedOption(message, text=self.text, position=token.start, length=len(token.text))
        raise self.wrong(token, f"an operator is missing before {_shown(token)}", tuple(PRECEDENCE))

    def wrong(self, token: Token, message: str, allowed: tuple[str, ...] = ()) -> ODataSyntaxError:
        position, length = token.start, max(1, token.end - token.start)
        return ODataSyntaxError(message, text=self.text, position=position, length=length, allowed=allowed)

    def end(self) -> int:
        return self.tokens[self.at - 1].end

    # Limits

    def enter(self, token: Token) -> None:
        self.open += 1
        if self.open > MAX_OPEN:
            raise TooComplex(f"more than {MAX_OPEN} parentheses are open", text=self.text, position=token.start)

    def grow(self, height: int, start: int) -> None:
        if height > MAX_HEIGHT:
            message = f"the expression is nested deeper than {MAX_HEIGHT} levels"
            raise TooComplex(message, text=self.text, position=start)
        self.height = height

    # Grammar

    def expression(self, minimum: int) -> Node:
        start = self.tokens[self.at].start
        left = self.unary()
        while True:
            token = self.tokens[self.at]
            if token.kind != "word":
                return left
            operator = token.text.lower()
            strength = PRECEDENCE.get(operator, 0)
            if strength < minimum:
                return left
            height = self.height
            if strength <= 2:
                left, height = self.chain(left, height, operator, strength)
                self.grow(height, start)
                continue
            self.at += 1
            right = self.expression(strength + 1)
            self.grow(max(height, self.height) + 1, start)
            span = (start, self.end())
            if strength <= 4:
                left = Comparison(cast(ComparisonOperator, operator), left, right, span)
            else:
                left = Arithmetic(cast(ArithmeticOperator, operator), left, right, span)

    def chain(self, first: Node, height: int, operator: str, strength: int) -> tuple[Node, int]:
        """All operands that follow, joined by the same `and` or `or`."""
        start = self.tokens[self.at].start
        operands = [first]
        while self.tokens[self.at].kind == "word" and self.tokens[self.at].text.lower() == operator:
            self.at += 1
            operands.append(self.expression(strength + 1))
            height = max(height, self.height)
        span = (getattr(first, "span", (start, start))[0], self.end())
        node = join(cast(LogicalOperator, operator), tuple(operands), span)
        return node, height + 1

    def unary(self) -> Node:
        token = self.tokens[self.at]
        if token.kind == "word" and token.text.lower() == "not" and not self.next_ends_operand():
            self.at += 1
            self.enter(token)
            operand = self.unary()
            self.open -= 1
            self.grow(self.height + 1, token.start)
            return Not(operand, (token.start, self.end()))
        if token.kind == "symbol" and token.text == "-":
            if self.tokens[self.at + 1].kind == "number":
                return self.postfix()
            self.at += 1
            self.enter(token)
            operand = self.unary()
            self.open -= 1
            self.grow(self.height + 1, token.start)
            return Negate(operand, (token.start, self.end()))
        return self.postfix()

    def next_ends_operand(self) -> bool:
        """Whether the word at hand stands alone, so that it can only be a property."""
        following = self.tokens[self.at + 1]
        return following.kind == "end" or following.text in (")", ",", "/")

    def postfix(self) -> Node:
        start = self.tokens[self.at].start
        node = self.primary()
        while True:
            token = self.tokens[self.at]
            if token.kind != "word" or token.text.lower() != "in":
                return node
            self.at += 1
            height = self.height
            values = self.members()
            self.grow(height + 1, start)
            node = In(node, values, (start, self.end()))

    def members(self) -> tuple[Literal, ...] | Path:
        """What follows `in`: a list of literals, or a collection property."""
        opening = self.tokens[self.at]
        if not self.accept("("):
            if opening.kind == "word":
                return self.path()
            raise self.wrong(opening, "'in' is followed by a list in parentheses, or by a collection property")
        values: list[Literal] = []
        while True:
            token = self.tokens[self.at]
            value = self.primary()
            if not isinstance(value, Literal):
                raise self.wrong(token, "the list of 'in' holds literal values only")
            values.append(value)
            if self.accept(")"):
                return tuple(values)
            self.expect(",", "between the values of 'in', or ')' at the end")

    def primary(self) -> Node:
        token = self.tokens[self.at]
        self.height = 1
        if token.kind == "symbol":
            if token.text == "(":
                return self.group()
            if token.text == "-" and self.tokens[self.at + 1].kind == "number":
                self.at += 2
                return self.number(self.tokens[self.at - 1], token.start, "-")
        self.at += 1
        match token.kind:
            case "string":
                return Literal("string", token.text[1:-1].replace("''", "'"), (token.start, token.end))
            case "number":
                return self.number(token, token.start, "")
            case "time":
                return self.time(token)
            case "guid":
                return Literal("guid", token.text.lower(), (token.start, token.end))
            case "word":
                return self.word(token)
        self.at -= 1
        if token.kind == "end":
            raise self.wrong(token, "a value is missing at the end" if self.text.strip() else "the filter is empty")
        raise self.wrong(token, f"a value is missing before {_shown(token)}")

    def group(self) -> Node:
        opening = self.tokens[self.at]
        self.at += 1
        self.enter(opening)
        node = self.expression(1)
        self.expect(")", f"to close the '(' at character {opening.start + 1}")
        self.open -= 1
        return node

    def number(self, token: Token, start: int, sign: str) -> Literal:
        span: Span = (start, token.end)
        if token.text.isdigit():
            whole = int(sign + token.text) if len(token.text) <= 20 else _LARGEST + 1
            if not _SMALLEST <= whole <= _LARGEST:
                raise self.wrong(token, "the number does not fit 64 bits")
            return Literal("integer", whole, span)
        value = float(sign + token.text)
        if value in (float("inf"), float("-inf")):
            raise self.wrong(token, "the number is too large")
        return Literal("decimal", value, span)

    def time(self, token: Token) -> Literal:
        span = (token.start, token.end)
        try:
            if len(token.text) == len("2020-07-20"):
                return Literal("date", times.canonical_date(token.text), span)
            return Literal("datetime", times.canonical_time(token.text), span)
        except ValueError:
            raise self.wrong(token, f"'{token.text}' is not a time that exists, to 100 ns") from None

    def word(self, token: Token) -> Node:
        following = self.tokens[self.at]
        if following.kind == "string" and following.start == token.end:
            return self.prefixed(token, following)
        if following.kind == "symbol" and following.text == "(":
            return self.call(token)
        span = (token.start, token.end)
        match token.text.lower():
            case "null":
                return Literal("null", None, span)
            case "true":
                return Literal("boolean", True, span)
            case "false":
                return Literal("boolean", False, span)
        self.at -= 1
        path = self.path()
        if self.next_is("("):
            return self.quantifier(path)
        return path

    def prefixed(self, prefix: Token, quoted: Token) -> Literal:
        """A literal whose type stands before its quotes."""
        self.at += 1
        value = quoted.text[1:-1].replace("''", "'")
        span = (prefix.start, quoted.end)
        if prefix.text.lower() == "duration":
            try:
                return Literal("duration", times.parse_duration(value), span)
            except ValueError as error:
                raise self.wrong(quoted, str(error)) from None
        if "." in prefix.text:
            return Literal("member", value, span, prefix.text)
        message = f"'{prefix.text}' stands before a quoted value; OData 4 writes times and guids without quotes"
        raise self.wrong(prefix, message)

    def call(self, name: Token) -> Node:
        opening = self.tokens[self.at]
        self.at += 1
        self.enter(opening)
        arguments: list[Node] = []
        height = 0
        if not self.accept(")"):
            while True:
                arguments.append(self.expression(1))
                height = max(height, self.height)
                if self.accept(")"):
                    break
                self.expect(",", f"between the arguments of {name.text}, or ')' at the end")
        self.open -= 1
        self.grow(height + 1, name.start)
        return Call(name.text.lower(), tuple(arguments), (name.start, self.end()))

    def path(self) -> Path:
        first = self.tokens[self.at]
        segments: list[str] = []
        while True:
            token = self.tokens[self.at]
            if token.kind != "word":
                raise self.wrong(token, "a property name is missing")
            segments.append(token.text)
            self.at += 1
            if not self.accept("/"):
                return Path(tuple(segments), (first.start, token.end))

    def quantifier(self, path: Path) -> Quantifier:
        opening = self.tokens[self.at]
        name = self.tokens[self.at - 1]
        kind = name.text.lower()
        if kind not in ("any", "all"):
            message = f"'{name.text}' cannot be called on a property"
            raise ODataSyntaxError(message, allowed=("any", "all"), text=self.text, position=name.start)
        collection = Path(path.segments[:-1], (path.span[0], self.tokens[self.at - 3].end))
        self.at += 1
        self.enter(opening)
        variable = ""
        predicate: Node | None = None
        self.height = 0
        if kind == "all" or not self.next_is(")"):
            token = self.tokens[self.at]
            if token.kind != "word" or "." in token.text or "$" in token.text:
                raise self.wrong(token, f"{kind} begins with a variable, as in {kind}(item: item eq 'x')")
            variable = token.text
            self.at += 1
            self.expect(":", f"after the variable '{variable}'")
            predicate = self.expression(1)
        self.expect(")", f"to close '{kind}('")
        self.open -= 1
        self.grow(self.height + 1, path.span[0])
        return Quantifier(
            "any" if kind == "any" else "all", collection, variable, predicate, (path.span[0], self.end())
        )


def _shown(token: Token) -> str:
    return f"'{token.text}'" if len(token.text) <= 40 else f"'{token.text[:40]}…'"
