"""A query's text, and how places in it are shown to people."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from vedette.errors import QueryError, QuerySyntaxError, UnknownName, UnsupportedQuery
from vedette.kql import habits


class Span(NamedTuple):
    """Offsets of the first character of a piece of the query and of the character after its last."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """From here to the end of another piece."""
        return Span(self.start, max(self.end, other.end))


NOWHERE = Span(0, 0)
SHOWN: Final = 110
"""Characters of a line that an excerpt shows at most."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a query. Makes the errors that point into it."""

    text: str

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both counted from 1."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def excerpt(self, span: Span) -> str:
        """The line that a piece starts on, and below it carets under the piece. A long line is cut on both sides."""
        line, column = self.place(span.start)
        whole = self.text.split("\n")[line - 1].rstrip("\r")
        first = max(0, min(column - 1 - SHOWN // 3, len(whole) - SHOWN))
        shown = whole[first : first + SHOWN]
        before, after = "…" * (first > 0), "…" * (first + SHOWN < len(whole))
        at = column - 1 - first
        width = max(1, min(span.end - span.start, len(shown) - at))
        margin = " " * len(before) + "".join("\t" if one == "\t" else " " for one in shown[:at])
        return f"{line:>4} | {before}{shown}{after}\n     | {margin}{'^' * width}"

    def syntax_error(self, message: str, span: Span, *, hint: str = "") -> QuerySyntaxError:
        """The text is not KQL."""
        line, column = self.place(span.start)
        return QuerySyntaxError(self._said(message, span), span=span, line=line, column=column, hint=hint)

    def semantic_error(self, message: str, span: Span, *, hint: str = "") -> QueryError:
        """The text is KQL, but what it asks for makes no sense, by types or by the rules of an operator."""
        line, column = self.place(span.start)
        return QueryError(self._said(message, span), span=span, line=line, column=column, hint=hint)

    def unknown(self, kind: str, name: str, known: Iterable[str], span: Span) -> UnknownName:
        """There is no table, column or function of this name; `known` are the names that do exist."""
        known = tuple(known)
        said = habits.NAMES.get(kind, {}).get(name.lower(), ())
        near = (said if kind == "function" else tuple(one for one in said if one in known)) or nearest(name, known)
        line, column = self.place(span.start)
        hint = f"Did you mean {' or '.join(near)}?" if near else ""
        if kind == "column" and name.lower() == "null":
            hint = habits.NULL
        message = self._said(f"There is no {kind} named '{name}'.", span)
        return UnknownName(message, kind=kind, name=name, nearest=near, span=span, line=line, column=column, hint=hint)

    def unsupported(self, message: str, span: Span, *, hint: str = "") -> UnsupportedQuery:
        """Refused on purpose: the answer would be approximate."""
        line, column = self.place(span.start)
        return UnsupportedQuery(self._said(message, span), span=span, line=line, column=column, hint=hint)

    def _said(self, message: str, span: Span) -> str:
        line, column = self.place(span.start)
        return f"{message} (line {line}, column {column})\n{self.excerpt(span)}"


def nearest(name: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Known names close to a wrong one, best first. Letter case counts for little."""
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), by_folded, n=count, cutoff=0.7)
    return tuple(by_folded[folded] for folded in found)
