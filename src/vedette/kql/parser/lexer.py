"""Cuts a query into words, literals and signs. Nothing here knows the grammar.

One regular expression does all the work. A token is told by its text: no literal's text is ever equal to a sign or a
word, because texts keep their quotes and numbers start with a digit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vedette.kql.source import Source, Span

WORD, STRING, LONG, REAL, TIMESPAN, TYPED, SIGN, END = range(1, 9)
"""What a token is. `TYPED` is a whole `datetime(…)`, `long(…)` and so on, whose inside has rules of its own."""

_UNITS = (
    r"days?|d|hours?|hrs?|h|minutes?|min|m|seconds?|sec|s|milliseconds?|millis?|ms"
    r"|microseconds?|micros?|us|ticks?|tick|nanoseconds?|nanos?|nano|ns"
)

_DASHED = (
    r"project-(?:away|keep|rename|reorder|smart|by-names)|mv-(?:expand|apply)|make-(?:series|graph)|top-(?:nested|hitters)"
    r"|sample-distinct|parse-(?:where|kv)|granny-(?:asc|desc)|partitioned-by|macro-expand|assert-schema|execute-and-cache"
    r"|graph-(?:match|shortest-paths|mark-components|where-nodes|where-edges|to-table)"
)

_TOKEN = re.compile(
    rf"""(?:[\s\u200b\ufeff]++|//[^\r\n]*+)*+(?:
    (?P<typed>(?:datetime|date|timespan|time|guid|int|int32|long|int64|real|double|decimal|bool)\([^()\r\n]*\))
  | (?P<string>[hH]?(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*'
      |@"(?:[^"\r\n]|"")*"|@'(?:[^'\r\n]|'')*'
      |```.*?```|~~~.*?~~~))
  | (?P<timespan>\d+(?:\.\d+)?(?:{_UNITS})(?!\w))
  | (?P<real>(?:\d+\.(?!\.)\d*(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)(?!\w))
  | (?P<long>(?:0[xX][0-9a-fA-F]+|\d+)(?!\w))
  | (?P<word>(?:{_DASHED})(?![\w-])|!?in~|![A-Za-z_]+|[$]?[A-Za-z0-9_]+)
  | (?P<sign>=>|==|=~|!=|!~|<>|<=|>=|\.\.|<\||[-+*/%<>=(){{}}\[\],;:.|?])
  | (?P<end>\Z)
)""",
    re.VERBOSE | re.DOTALL,
)
_KIND = {"word": WORD, "string": STRING, "long": LONG, "real": REAL, "timespan": TIMESPAN, "typed": TYPED, "sign": SIGN}
_KIND_OF_GROUP = {_TOKEN.groupindex[name]: kind for name, kind in _KIND.items()} | {_TOKEN.groupindex["end"]: END}
_SPACE = re.compile(r"(?:[\s\u200b\ufeff]++|//[^\r\n]*+)*+")


@dataclass(frozen=True, slots=True)
class Tokens:
    """A query's tokens as parallel lists. The last token is the end, with an empty text."""

    kinds: list[int]
    texts: list[str]
    starts: list[int]
    ends: list[int]


def tokenise(source: Source) -> Tokens:
    """Raises `QuerySyntaxError` for a character that begins nothing and for a text that is never closed."""
    kinds: list[int] = []
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    text, match, kind_of = source.text, _TOKEN.match, _KIND_OF_GROUP
    at = 0
    while True:
        found = match(text, at)
        if found is None:
            raise _stray(source, at)
        group = found.lastindex or 0
        start, at = found.span(group)
        kind = kind_of[group]
        kinds.append(kind)
        texts.append(text[start:at])
        starts.append(start)
        ends.append(at)
        if kind == END:
            return Tokens(kinds, texts, starts, ends)


def _stray(source: Source, after: int) -> Exception:
    """The error for what stands behind `after`, which is no token."""
    space = _SPACE.match(source.text, after)
    at = space.end() if space else after
    rest = source.text[at : at + 4]
    line_end = source.text.find("\n", at)
    to_line_end = Span(at, line_end if line_end >= 0 else len(source.text))
    if rest.lstrip("hH@")[:1] in ("'", '"'):
        return _broken_text(source, to_line_end)
    if rest.lstrip("hH")[:3] in ("```", "~~~"):
        return source.syntax_error("This block of text is never closed.", Span(at, at + 3))
    here = Span(at, at + 1)
    if rest[:2] == "&&":
        return source.syntax_error("KQL has no '&&'.", Span(at, at + 2), hint="Write 'and'.")
    if rest[0] == "!":
        return source.syntax_error("'!' alone negates nothing.", here, hint="Write not(…).")
    if rest[0] in "“”‘’":
        return source.syntax_error("Typographic quotes do not begin a text.", here, hint="Write \" or '.")
    hint = "Names with other than English letters stand in brackets: ['…']." if rest[0].isalpha() else ""
    return source.syntax_error(f"'{rest[0]}' cannot stand here.", here, hint=hint)


def _broken_text(source: Source, span: Span) -> Exception:
    return source.syntax_error(
        "This text is never closed.",
        span,
        hint="A backslash at the end of a text is written \\\\, or the text as @'…'.",
    )
