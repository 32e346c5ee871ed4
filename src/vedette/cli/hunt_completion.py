"""What may come next in a query that is being typed: tables, operators, columns in scope, functions, kinds.

The text before the cursor is scanned for brackets, bars and semicolons. The columns in scope are those that the
pipeline so far gives, as the binder says, or, where it is not a query yet, those of the tables that are named. Nothing
here knows a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from vedette.errors import QueryError

if TYPE_CHECKING:
    from vedette.kql.tables import Tables

COMMANDS: Final = {
    ".tables": "Tables whose name holds a text: .tables logon",
    ".schema": "The columns of a table: .schema DeviceInfo",
    ".explain": "The plan and the SQL of a query, or of the last one",
    ".output": "The form of results: table, json, jsonl or csv",
    ".param": "A value for a name in queries: .param since=7d",
    ".help": "What can be typed here",
    ".quit": "Leave, as Ctrl-D does",
}
"""Commands of the shell."""

CHARTS: Final = (
    "timechart", "linechart", "columnchart", "barchart", "piechart", "areachart", "stackedareachart", "scatterchart",
    "card", "table",
)  # fmt: skip
_RENDER_PROPERTIES: Final = ("title", "xtitle", "ytitle", "kind", "xcolumn", "ycolumns", "series", "legend",
                             "accumulate", "yaxis", "ymin", "ymax")  # fmt: skip
_KINDS: Final = {
    "union": ("outer", "inner"),
    "parse": ("simple", "regex", "relaxed"),
    "parse-where": ("simple", "regex", "relaxed"),
    "mv-expand": ("bag", "array"),
    "make-series": ("nonempty",),
    "search": ("case_insensitive", "case_sensitive"),
    "render": ("default", "stacked", "stacked100", "unstacked"),
}
_SOURCES: Final = ("let", "print", "range", "datatable", "union", "search", "find")
_TAKES_TABLES: Final = frozenset({"join", "lookup", "union", "find", "macro-expand"})
_TABLE_CALLS: Final = frozenset({"toscalar", "materialize", "in", "in~", "!in", "!in~", "has_any", "has_all"})
_SUBQUERIES: Final = frozenset({"fork", "partition", "mv-apply", "facet", "by", "with"})
_COLUMNS_ONLY: Final = frozenset({"project-away", "project-keep", "project-reorder", "distinct", "facet"})
_AGGREGATING: Final = frozenset({"summarize", "make-series", "top-nested", "evaluate"})
_ORDERING: Final = frozenset({"sort", "order", "top"})
_TEXT_OPERATORS: Final = ("has", "has_any", "has_all", "contains", "startswith", "endswith", "matches regex", "in",
                          "in~", "between", "and", "or", "!has", "!contains", "!in", "!startswith",
                          "!endswith")  # fmt: skip

_VALUE_ENDS: Final = frozenset(")]\"'0123456789")
_OFTEN: Final = ("where", "project", "extend", "summarize", "take", "sort", "join", "distinct", "count", "top")

_PIECE: Final = re.compile(
    r"""(?P<comment>//[^\n]*(?P<open_comment>\Z)?)
      | (?P<string>```.*?(?:```|(?P<open_fence>\Z))
        | [hH]?@(?P<at>["'])[^\n]*?(?:(?P=at)|(?P<open_at>\Z))
        | [hH]?(?P<quote>["'])(?:\\.|[^\n])*?(?:(?P=quote)|(?P<open_quote>\Z)))
      | (?P<word>[A-Za-z_$!][\w$]*(?:-[A-Za-z][\w]*)*~?)
      | (?P<number>\d[\w.]*)
      | (?P<sign>[|;()\[\]{}]|[^\s\w])""",
    re.VERBOSE | re.DOTALL,
)
_PREFIX: Final = re.compile(r"[A-Za-z_!][\w-]*\Z|\.\w*\Z")
_OPENING: Final = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Suggestion:
    """A word that may stand at the cursor."""

    text: str
    about: str = ""


@dataclass
class Level:
    """One bracket that is open, or the statement itself."""

    start: int
    """Where its content begins."""
    before: tuple[str, ...] = ()
    """The words in front of the bracket since the last bar, the last one last."""
    bars: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """Words and signs since the last bar, brackets inside left out."""


@dataclass
class Scanned:
    """What the text before the cursor is."""

    text: str
    levels: list[Level]
    statement: int
    """Where the statement begins."""
    last: str
    """The piece before the word that is being typed."""
    is_literal: bool
    """Whether the cursor is inside of a text or a comment."""
    names: list[str]
    """Words of the whole text."""


def scan(text: str) -> Scanned:
    """Brackets, bars and semicolons of a text that may be cut off anywhere."""
    levels = [Level(0)]
    names: list[str] = []
    statement, last, is_literal = 0, "", False
    for found in _PIECE.finditer(text):
        piece, level = found[0], levels[-1]
        if found["comment"] is not None:
            is_literal = found["open_comment"] is not None
            continue
        if found["string"] is not None:
            is_literal = any(found[name] is not None for name in ("open_fence", "open_at", "open_quote"))
            level.words.append("''")
        elif piece in _OPENING:
            levels.append(Level(found.end(), tuple(level.words)))
        elif piece in _OPENING.values():
            if len(levels) > 1:
                levels.pop()
                levels[-1].words.append(piece)
        elif piece == "|":
            level.bars.append(found.start())
            level.words.clear()
        elif piece == ";":
            levels[-1] = Level(found.end(), level.before)
            statement = found.end() if len(levels) == 1 else statement
        else:
            if piece == "=" and level.words[:1] == ["let"] and len(level.words) == 2:
                level.start = found.end()
            level.words.append(piece)
            if found["word"] is not None:
                names.append(piece)
        last = piece
    return Scanned(text, levels, statement, last, is_literal, names)


def is_open(text: str) -> bool:
    """Whether a bracket, or a text of several lines, is still open."""
    scanned = scan(text)
    return len(scanned.levels) > 1 or (scanned.is_literal and "```" in text)


class Completion:
    """Suggestions over some tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._known: dict[str, tuple[Suggestion, ...]] = {}

    def suggest(self, before: str) -> tuple[str, list[Suggestion]]:
        """The word that is being typed, and what it may become, best first."""
        prefix = found[0] if (found := _PREFIX.search(before)) else ""
        head = before[: len(before) - len(prefix)]
        if before.lstrip().startswith("."):
            return self._command(before.lstrip())
        if "-" in prefix and not _is_after_bar(head):
            prefix = prefix.rpartition("-")[2]
            head = before[: len(before) - len(prefix)]
        if prefix.startswith("."):  # a property of a dynamic value
            return prefix, []
        scanned = scan(head)
        if scanned.is_literal:
            return prefix, []
        return prefix, list(_matching(prefix, self._at(scanned, prefix)))

    def _command(self, before: str) -> tuple[str, list[Suggestion]]:
        command, blank, rest = before.partition(" ")
        if not blank:
            return command, [Suggestion(name, says) for name, says in COMMANDS.items() if name.startswith(command)]
        if command == ".explain":
            return self.suggest(rest)
        if command in (".schema", ".tables"):
            return rest, list(_matching(rest, self._table_names))
        if command == ".output":
            return rest, [Suggestion(form) for form in ("table", "json", "jsonl", "csv") if form.startswith(rest)]
        return rest, []

    def _at(self, scanned: Scanned, prefix: str) -> Iterator[Suggestion]:
        level = scanned.levels[-1]
        if scanned.last == "|":
            yield from _operators()
            return
        if not level.words and not level.bars:  # the beginning of a statement or of a bracket
            if self._begins_rows(scanned):
                yield from self._sources(scanned)
                return
            if level.before and level.before[0] in _SUBQUERIES:
                yield from _operators()
        elif len(scanned.levels) == 1 and not level.bars and level.words[0] == "let" and level.words[-1] == "=":
            yield from self._sources(scanned)
            yield from _functions(("scalar",), prefix)
            return
        pipeline = next((one for one in reversed(scanned.levels) if one.bars), None)
        if pipeline is None:
            yield from self._in_source(scanned, prefix)
            return
        operator = pipeline.words[0] if pipeline.words else ""
        yield from self._in_operator(scanned, pipeline, operator, prefix)

    def _begins_rows(self, scanned: Scanned) -> bool:
        if len(scanned.levels) == 1:
            return True
        before = scanned.levels[-1].before
        operator = before[0] if before else ""
        return bool(before) and (operator in _TAKES_TABLES or before[-1] in _TABLE_CALLS)

    def _in_source(self, scanned: Scanned, prefix: str) -> Iterator[Suggestion]:
        """Before the first bar: `print`, `union`, a let."""
        first = scanned.levels[0].words[:1]
        if first and first[0] in ("union", "find", "search"):
            if scanned.last == "=":
                yield from map(Suggestion, _KINDS.get(first[0], ()))
                return
            yield from self._sources(scanned)
        elif first != [] and (first[0] in ("print", "range", "let") or len(scanned.levels) > 1):
            yield from map(Suggestion, _lets(scanned))
            yield from _functions(("scalar",), prefix)

    def _in_operator(self, scanned: Scanned, pipeline: Level, operator: str, prefix: str) -> Iterator[Suggestion]:
        words = pipeline.words
        if operator == "render":
            yield from self._render(scanned, pipeline)
            return
        if scanned.last == "=" and words[-2:-1] in (["kind"], ["bagexpansion"]):
            yield from map(Suggestion, _join_kinds() if operator == "join" else _KINDS.get(operator, ()))
            return
        if operator == "evaluate" and words[-1] == "evaluate":
            yield from _functions(("plugin",), prefix or "*")
            return
        if operator == "invoke":
            yield from _functions(("tabular",), prefix or "*")
            return
        if operator in _TAKES_TABLES and "on" not in words and len(scanned.levels) == 1:
            yield from self._sources(scanned)
            yield from map(Suggestion, ("on", "kind"))
            return
        columns = self._columns(scanned, pipeline)
        if operator == "where" and (scanned.last in {one.text for one in columns} or scanned.last[-1:] in _VALUE_ENDS):
            yield from map(Suggestion, _TEXT_OPERATORS)  # behind a value
            return
        yield from columns
        if operator in _COLUMNS_ONLY:
            return
        yield from map(Suggestion, _lets(scanned))
        if operator in _AGGREGATING:
            yield from () if "by" in words else _functions(("aggregate",), prefix)
            yield Suggestion("by")
        if operator in _ORDERING:
            yield from map(Suggestion, ("by", "asc", "desc", "nulls first", "nulls last"))
        if operator == "parse":
            yield Suggestion("with")
        yield from _functions(("scalar", "window"), prefix)

    def _render(self, scanned: Scanned, pipeline: Level) -> Iterator[Suggestion]:
        if len(scanned.levels) == 1 or scanned.levels[-1] is pipeline:
            yield from map(Suggestion, CHARTS if pipeline.words == ["render"] else ("with",))
            return
        inside = scanned.levels[-1].words
        if scanned.last != "=":
            yield from (Suggestion(f"{name}=") for name in _RENDER_PROPERTIES)
        elif inside[-2:-1] == ["kind"]:
            yield from map(Suggestion, _KINDS["render"])
        elif inside[-2:-1] in (["xcolumn"], ["ycolumns"], ["series"]):
            yield from self._columns(scanned, pipeline)

    # -- names ---------------------------------------------------------------------------------------------------------

    @cached_property
    def _table_names(self) -> tuple[Suggestion, ...]:
        from vedette.catalogue.tables import TABLES

        found = []
        for name, schema in self._tables.items():
            known = TABLES.get(name)
            about = known.description if known else f"{len(schema.columns)} columns"
            found.append(Suggestion(name, about))
        own = [one for one in found if one.text not in TABLES]
        return (*own, *sorted((one for one in found if one.text in TABLES), key=lambda one: one.text))

    def _sources(self, scanned: Scanned) -> Iterator[Suggestion]:
        yield from map(Suggestion, _lets(scanned))
        yield from self._table_names
        yield from map(Suggestion, _SOURCES)

    def _columns(self, scanned: Scanned, pipeline: Level) -> tuple[Suggestion, ...]:
        text = _fragment(scanned, pipeline)
        if text not in self._known:
            if len(self._known) > 200:
                self._known.clear()
            self._known[text] = self._bound(text) or self._mentioned(scanned)
        return self._known[text]

    def _bound(self, text: str) -> tuple[Suggestion, ...]:
        """The columns that a query gives; nothing for one that is none."""
        from vedette.kql import bind_query

        try:
            program = bind_query(text, self._tables, now=datetime.now(UTC))
        except (QueryError, ValueError, RecursionError):
            return ()
        return tuple(Suggestion(column.name, column.type) for column in program.results[-1][1].columns)

    def _mentioned(self, scanned: Scanned) -> tuple[Suggestion, ...]:
        """The columns of all tables that the text names."""
        named = [self._tables[name] for name in dict.fromkeys(scanned.names) if name in self._tables]
        found = {column.name: Suggestion(column.name, column.type) for table in named for column in table.columns}
        return tuple(found.values())


def _fragment(scanned: Scanned, pipeline: Level) -> str:
    """The statements before, and the pipeline up to its last bar; subqueries begin with the rows around them."""
    own = scanned.text[pipeline.start : pipeline.bars[-1]]
    place = next(number for number, one in enumerate(scanned.levels) if one is pipeline)
    outer = next((one for one in reversed(scanned.levels[:place]) if one.bars), None)
    if outer is not None and pipeline.before and pipeline.before[0] in _SUBQUERIES:
        return f"{_fragment(scanned, outer)} | {own}"
    return f"{scanned.text[: scanned.statement]}\n{own}"


def _is_after_bar(head: str) -> bool:
    return head.rstrip().endswith(("|", "("))


def _matching(prefix: str, suggestions: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """Each once: those that begin with the prefix, then those that hold it."""
    folded = prefix.casefold()
    unique = list({one.text: one for one in suggestions}.values())
    begins = [one for one in unique if one.text.casefold().startswith(folded)]
    yield from begins
    if len(folded) >= 3:
        yield from (one for one in unique if folded in one.text.casefold()[1:] and one not in begins)


def _lets(scanned: Scanned) -> Sequence[str]:
    found = re.findall(r"\blet\s+([A-Za-z_]\w*)\s*=", scanned.text[: scanned.statement])
    return list(dict.fromkeys(found))


def _operators() -> Iterator[Suggestion]:
    from vedette.kql.functions.tabular_operators import TABULAR_OPERATORS

    for name in dict.fromkeys((*_OFTEN, *TABULAR_OPERATORS)):
        says, _ = TABULAR_OPERATORS[name]
        if name not in ("print", "range", "datatable", "externaldata", "find"):
            yield Suggestion(name, says)


def _functions(kinds: Sequence[str], prefix: str) -> Iterator[Suggestion]:
    """Functions, which are too many to show before a letter is typed."""
    from vedette.kql.functions.catalogue import functions

    if not prefix:
        return
    for name, function in sorted(functions().items()):
        if function.kind in kinds and not function.deprecated and name[0].isidentifier():
            yield Suggestion(f"{name}(", function.summary)


def _join_kinds() -> Sequence[str]:
    from vedette.kql.bind.operators.joining import KINDS

    return list(KINDS)
