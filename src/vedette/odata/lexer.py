"""Cuts the text of a filter into tokens.

One regular expression does the work. Words are words here: whether `eq` is an operator or a property is for the parser,
which knows what may stand where.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from vedette.odata.errors import ODataSyntaxError, TooComplex

MAX_LENGTH = 32_768
"""Characters in one option's text. Longer ones would not fit a request line anyway."""

TokenKind = Literal["word", "string", "time", "guid", "number", "symbol", "end"]


class Token(NamedTuple):
    kind: TokenKind
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![\w-]))
      | (?P<time>\d{4}-\d\d-\d\d
            (?:[Tt]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+\-\ ]\d\d:\d\d)?|[Zz])?(?![\w:.-]))
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<word>\$?[^\W\d]\w*(?:\.[^\W\d]\w*)*)
      | (?P<string>'(?:[^']|'')*')
      | (?P<symbol>[(),:/*;=-])
    """,
    re.VERBOSE,
)


def tokens(text: str) -> list[Token]:
    """The tokens of `text`, blanks left out, closed by one of kind `end`.

    Raises: TooComplex beyond `MAX_LENGTH`; ODataSyntaxError where no token begins.
    """
    check_text(text)
    found: list[Token] = []
    position, length = 0, len(text)
    match = _TOKEN.match
    while position < length:
        token = match(text, position)
        if token is None:
            raise _no_token(text, position)
        end = token.end()
        kind = token.lastgroup
        if kind != "space":
            found.append(Token(kind, token.group(), position, end))  # type: ignore[arg-type]  # group names are kinds
        position = end
    found.append(Token("end", "", length, length))
    return found


def check_text(text: str) -> None:
    """Refuses text that is too long, or that holds characters which no stored value can hold."""
    if len(text) > MAX_LENGTH:
        raise TooComplex(f"the text has {len(text)} characters, and at most {MAX_LENGTH} are read", text=text[:200])
    if text.isascii():
        odd = text.find("\0")
    else:
        odd = next((at for at, c in enumerate(text) if c == "\0" or "\ud800" <= c <= "\udfff"), -1)
    if odd >= 0:
        raise ODataSyntaxError(f"the character U+{ord(text[odd]):04X} is not allowed", text=text, position=odd)


def _no_token(text: str, position: int) -> ODataSyntaxError:
    if text[position] == "'":
        message = "the text that opens here has no closing quote; a quote inside text is written twice"
        return ODataSyntaxError(message, text=text, position=position, length=len(text) - position)
    if text[position] == '"':
        return ODataSyntaxError("text stands in single quotes", text=text, position=position)
    if text[position].isdigit():
        word = re.compile(r"[\w.:+-]+").match(text, position)
        length = len(word.group()) if word else 1
        message = f"'{text[position : position + length]}' is neither a number, a time nor a guid; text needs quotes"
        return ODataSyntaxError(message, text=text, position=position, length=length)
    return ODataSyntaxError(f"'{text[position]}' has no meaning here", text=text, position=position)
