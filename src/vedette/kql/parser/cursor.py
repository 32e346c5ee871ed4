"""A place in the tokens of a query, and the errors that can be made there."""

from __future__ import annotations

from vedette.errors import QueryError, QuerySyntaxError
from vedette.kql.parser.lexer import END, STRING, tokenise
from vedette.kql.parser.literals import string_value
from vedette.kql.source import Source, Span
from vedette.kql.syntax import Literal

DEEPEST = 120
"""How many parentheses, brackets and calls may stand inside one another."""


class Cursor:
    """Walks over tokens, one way. `kind` and `text` are those of the token that comes next."""

    __slots__ = ("at", "depth", "ends", "kind", "kinds", "source", "starts", "text", "texts")

    def __init__(self, source: Source) -> None:
        tokens = tokenise(source)
        self.source = source
        self.kinds = tokens.kinds
        self.texts = tokens.texts
        self.starts = tokens.starts
        self.ends = tokens.ends
        self.at = 0
        self.depth = 0
        self.kind = self.kinds[0]
        self.text = self.texts[0]

    @property
    def span(self) -> Span:
        """Where the next token is."""
        return Span(self.starts[self.at], self.ends[self.at])

    def since(self, start: int) -> Span:
        """From an offset to the end of what was read last."""
        return Span(start, self.ends[self.at - 1])

    def advance(self) -> None:
        """Past the next token, which is not the end."""
        at = self.at = self.at + 1
        self.kind = self.kinds[at]
        self.text = self.texts[at]

    def accept(self, text: str) -> bool:
        """Past the next token if it is this one; whether it was."""
        if self.text != text:
            return False
        self.advance()
        return True

    def expect(self, text: str, said: str = "", *, hint: str = "") -> None:
        """Past the next token, which must be this one."""
        if self.text != text:
            raise self.expected(said or f"'{text}'", hint=hint)
        self.advance()

    def behind(self, steps: int) -> str:
        """The text of a later token, empty past the end."""
        at = self.at + steps
        return self.texts[at] if at < len(self.texts) else ""

    def touches(self) -> bool:
        """Whether the next token follows the one before it without a gap."""
        return self.at > 0 and self.starts[self.at] == self.ends[self.at - 1]

    def enter(self) -> None:
        """One level deeper."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(
                f"More than {DEEPEST} parentheses, brackets or calls stand inside one another.",
                hint="Name the inner parts with let.",
            )

    def leave(self) -> None:
        """One level back."""
        self.depth -= 1

    def string(self) -> Literal:
        """A text. Texts that stand side by side are one text."""
        start = self.starts[self.at]
        value, verbatim = string_value(self.source, self.text, start)
        self.advance()
        while self.kind == STRING:
            more, also = string_value(self.source, self.text, self.starts[self.at])
            value, verbatim = value + more, verbatim or also
            self.advance()
        return Literal("string", value, verbatim, span=self.since(start))

    def string_value(self) -> str:
        """The characters of a text that stands alone."""
        value, _ = string_value(self.source, self.text, self.starts[self.at])
        self.advance()
        return value

    def error(self, message: str, *, hint: str = "") -> QuerySyntaxError:
        """The next token is wrong."""
        return self.source.syntax_error(message, self.span, hint=hint)

    def expected(self, what: str, *, hint: str = "") -> QuerySyntaxError:
        """Something else was needed here."""
        if self.kind == END:
            return self.error(f"The query ends where {what} was expected.")
        found = self.text if len(self.text) <= 40 else self.text[:39] + "…"
        return self.error(f"Found {found} where {what} was expected.", hint=hint)

    def unsupported(self, message: str, *, hint: str = "") -> QueryError:
        """The next token begins something that is refused."""
        return self.source.unsupported(message, self.span, hint=hint)
