"""Writes what a command found: a table for people, JSON, JSON lines or CSV for programs.

Data is the whole of stdout; hints and progress go to stderr. JSON carries the service's own names in full precision and
is stable. CSV is flattened (`relatedUser.userName`; lists of values joined by `; `; lists of objects as JSON) and safe
to open: a text that a spreadsheet would run as a formula gets an apostrophe in front, so take JSON lines where every
character counts. Tables fit the terminal; in a pipe nothing is cut, unless COLUMNS says how wide it is.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import click

from vedette.cli.columns import GAP, Column, Placed, attribute, cells, columns_of, of_rows, place
from vedette.cli.settings import Settings
from vedette.cli.text import flat, second, shown, spreadsheet, terminal

if TYPE_CHECKING:
    from vedette.catalogue.entity import Complex

T = TypeVar("T")

TABLE_ROWS = 100
"""Rows that a table shows unless it is told otherwise; the other forms give all."""

PIPE_GRID = 120
"""Width of a table whose cells wrap, where nobody says how wide it may be."""


class Output:
    """Where one command writes."""

    def __init__(self, settings: Settings, *, width: int | None = None) -> None:
        self.form = settings.form
        self.is_quiet = settings.quiet
        self.width = width if width is not None else terminal_width()
        self.has_color = settings.color
        self._margin = ""
        self.color = settings.color and (sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR")))

    @staticmethod
    def of(context: click.Context) -> Output:
        """The output that this command line asked for."""
        return Output(Settings.of(context))

    # -- data ------------------------------------------------------------------------------------------------------

    def entities(
        self,
        items: Iterable[Complex],
        kind: type[Complex],
        *,
        limit: int | None = None,
        everything: bool = False,
        only: Sequence[str] = (),
        none: str = "Nothing found.",
    ) -> None:
        """Many entities of one kind. `only` are the wire names that were selected."""
        if limit is None and self.form == "table" and not everything:
            limit = TABLE_ROWS
        if self.form == "table":
            with self.progress("Asking") as progress:
                found = list(progress.counting(items if limit is None else itertools.islice(items, limit + 1)))
            columns = [c for c in _of_wire(kind)[1] if c.title in only] if only else columns_of(kind)
            self.table(columns, found if limit is None else found[:limit], none=none)
            if limit is not None and len(found) > limit:
                self.note(f"{limit} shown, and there are more: --all for all of them, --limit for another number.")
            return
        chosen = items if limit is None else itertools.islice(items, limit)
        with self.progress("Asking", while_writing=True) as progress:
            self.records(
                (_selected(_builtins(item), only) for item in progress.counting(chosen)),
                names=[name for name in _of_wire(kind)[0] if not only or name in only],
            )

    def records(self, records: Iterable[Mapping[str, object]], *, names: Sequence[str] = ()) -> None:
        """Many records in the chosen form, written as they come. `names` are the columns of CSV."""
        if self.form == "table":
            found = list(records)
            self.table(of_rows(names or _names(found)), found)
        elif self.form == "csv":
            _write_csv(records, names)
        elif self.form == "jsonl":
            for record in records:
                write(_json(record) + "\n")
        else:
            _write_array(records)

    def entity(self, item: Complex) -> None:
        """One entity: properties below each other, or one JSON object."""
        if self.form == "table":
            from vedette.catalogue.entity import describe

            pairs = [(p.wire, getattr(item, p.attribute)) for p in describe(type(item))]
            self.pairs([(name, value) for name, value in pairs if value not in (None, "", [])])
        else:
            self.record(_builtins(item))

    def record(self, record: Mapping[str, object]) -> None:
        """One record."""
        if self.form == "table":
            self.pairs([(name, value) for name, value in record.items() if value not in (None, "", [])])
        elif self.form == "csv":
            _write_csv([record], ())
        elif self.form == "jsonl":
            write(_json(record) + "\n")
        else:
            write(_pretty(record) + "\n")

    # -- drawing ---------------------------------------------------------------------------------------------------

    def table(self, columns: Sequence[Column], items: Sequence[object], *, none: str = "Nothing found.") -> None:
        """A table that fits the terminal."""
        if not items:
            self.note(none)
            return
        placed = place(columns, items, self.width)
        self.line(self._row([(p, self.styled(_fit(p.column.title, p), "dim")) for p in placed]))
        for item in items:
            self.line(self._row([(p, self._cell(p, item)) for p in placed]))
            more = [_wrapped(p.column.text(item), p.width)[1:] if p.column.wraps else [] for p in placed]
            for rest in itertools.zip_longest(*more, fillvalue=""):
                self.line(
                    self._row([(p, _pad(text, p.width, right=False)) for p, text in zip(placed, rest, strict=True)])
                )
            for extra in itertools.zip_longest(*(p.below for p in placed)):
                below = [
                    (p, self.styled(_pad(c.text(item), p.width, right=False), "dim") if c else " " * p.width)
                    for p, c in zip(placed, extra, strict=True)
                ]
                if any(text.strip() for _, text in below):
                    self.line(self._row(below))

    def _cell(self, placed: Placed, item: object) -> str:
        text = placed.column.text(item)
        fitted = _fit(_wrapped(text, placed.width)[0] if placed.column.wraps else text, placed)
        tone = placed.column.tones.get(text)
        return self.styled(fitted, tone) if tone else fitted

    def _row(self, parts: Sequence[tuple[Placed, str]]) -> str:
        return (" " * GAP).join(text for _, text in parts).rstrip()

    def pairs(self, pairs: Sequence[tuple[str, object]]) -> None:
        """Names and values, values wrapped to the terminal; lists of objects as indented lines."""
        label = max((len(name) for name, _ in pairs), default=0)
        for name, value in pairs:
            for number, line in enumerate(self._value_lines(value, label + GAP) or [""]):
                head = self.styled(name.ljust(label), "dim") if number == 0 else " " * label
                self.line(f"{head}{' ' * GAP}{line}")

    def _value_lines(self, value: object, taken: int) -> list[str]:
        if isinstance(value, datetime):
            return [second(value)]
        if isinstance(value, (list, tuple)) and value and not isinstance(value[0], (str, int, float)):
            return [line for part in value for line in self._value_lines(_plain(part), taken)]
        return self.wrapped(shown(_plain(value)), taken)

    def grid(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table whose cells wrap, so that every character is shown. The first column keeps its width."""
        widths = _shared(titles, rows, self.width or PIPE_GRID)
        heads = (title.ljust(width) for title, width in zip(titles, widths, strict=True))
        self.line(self.styled((" " * GAP).join(heads).rstrip(), "dim"))
        for row in rows:
            parts = [_wrapped(text, width) for text, width in zip(row, widths, strict=True)]
            for line in itertools.zip_longest(*parts, fillvalue=""):
                padded = (_pad(text, width, right=False) for text, width in zip(line, widths, strict=True))
                self.line((" " * GAP).join(padded))

    def line(self, text: str = "") -> None:
        """One drawn line."""
        write(f"{self._margin}{text}".rstrip() + "\n")

    @contextlib.contextmanager
    def indented(self, blanks: int) -> Iterator[None]:
        """What is drawn inside stands that much to the right."""
        margin, width = self._margin, self.width
        self._margin, self.width = margin + " " * blanks, None if width is None else width - blanks
        try:
            yield
        finally:
            self._margin, self.width = margin, width

    def wrapped(self, text: str, taken: int = 0) -> list[str]:
        """Lines of a text for what is left of the terminal after `taken` characters."""
        return [text] if self.width is None else _wrapped(text, max(24, self.width - taken))

    def styled(self, text: str, tone: str) -> str:
        """The text in a tone such as `bold red`, or as it is where colour is off."""
        if not self.color or not tone:
            return text
        words = tone.split()
        color = next((word for word in words if word not in ("bold", "dim")), None)
        return click.style(text, fg=color, bold="bold" in words or None, dim="dim" in words or None)

    # -- beside the data -------------------------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """A remark on stderr."""
        if not self.is_quiet:
            click.echo(text, err=True)

    def progress(self, doing: str, *, while_writing: bool = False) -> Progress:
        """Shows on stderr that something goes on, if it takes longer than half a second and somebody watches."""
        is_shown = not self.is_quiet and not (while_writing and sys.stdout.isatty())
        return Progress(doing, shown=is_shown, color=self.has_color)


class Progress:
    """A spinner that appears after half a second on a terminal's stderr, and goes without a trace."""

    DELAY_S = 0.5

    def __init__(self, doing: str, *, shown: bool = True, color: bool = True) -> None:
        self._doing = doing
        self._has_color = color
        self._count = 0
        self._is_shown = shown and sys.stderr.isatty()
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Progress:
        if self._is_shown:
            self._thread = threading.Thread(target=self._draw, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()

    def say(self, doing: str) -> None:
        """What goes on now."""
        self._doing = doing

    def counting(self, items: Iterable[T]) -> Iterator[T]:
        """The items, counted in the spinner's text."""
        for item in items:
            self._count += 1
            yield item

    def _draw(self) -> None:
        if self._done.wait(self.DELAY_S):
            return
        from rich.console import Console

        with Console(stderr=True, no_color=not self._has_color).status(self._text()) as status:
            while not self._done.wait(0.2):
                status.update(self._text())

    def _text(self) -> str:
        return f"{self._doing} … {self._count}" if self._count else f"{self._doing} …"


def write(text: str) -> None:
    """Data, to stdout."""
    sys.stdout.write(text)


def terminal_width() -> int | None:
    """Characters in a line. None: stdout is no terminal and nobody said how wide it is."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return max(40, int(given))
    return max(40, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


_LONGEST_WORD = 40
"""Longer words may be broken, so that one address does not take the whole width."""


def _shared(titles: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Widths of wrapping columns: what they need where there is room, else their words; the last takes the rest.

    The first column is never wrapped.
    """
    texts = list(zip(titles, *rows, strict=True))
    natural = [max(map(cells, column)) for column in texts]
    least = [
        min(_LONGEST_WORD, max(cells(word) for text in column for word in text.split() or [""])) for column in texts
    ]
    least[0] = natural[0]
    room = width - GAP * (len(titles) - 1)
    widths = list(least)
    for index in range(1, len(titles) - 1):
        others = sum(widths[:index]) + sum(least[index + 1 : -1]) + max(24, least[-1])
        widths[index] = natural[index] if natural[index] + others <= room else least[index]
    widths[-1] = max(12, min(natural[-1], room - sum(widths[:-1])))
    return widths


def _fit(text: str, placed: Placed) -> str:
    return _pad(text, placed.width, right=placed.column.right)


def _pad(text: str, width: int, *, right: bool) -> str:
    if cells(text) > width:
        kept = list(itertools.takewhile(lambda end: cells(text[:end]) < width, range(1, len(text))))
        text = text[: kept[-1] if kept else 0] + "…"
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks


def _plain(value: object) -> object:
    import msgspec

    return msgspec.to_builtins(value, builtin_types=(datetime,)) if isinstance(value, msgspec.Struct) else value


def _builtins(item: Complex) -> Mapping[str, object]:
    import msgspec

    record: Mapping[str, object] = msgspec.to_builtins(item)
    return record


def _selected(record: Mapping[str, object], only: Sequence[str]) -> Mapping[str, object]:
    return {name: record[name] for name in only if name in record} if only else record


def _names(records: Sequence[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record))


def _json(value: object) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()


def _pretty(value: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _write_array(records: Iterable[Mapping[str, object]]) -> None:
    # Written item by item, so that a long listing starts at once. A listing that fails leaves the array open, and
    # whoever reads it notices.
    is_empty = True
    for record in records:
        write("[\n" if is_empty else ",\n")
        write("  " + _pretty(record).replace("\n", "\n  "))
        is_empty = False
    write("[]\n" if is_empty else "\n]\n")


def _write_csv(records: Iterable[Mapping[str, object]], names: Sequence[str]) -> None:
    import csv

    rows = iter(records)
    first = next(rows, None)
    header = list(names)
    if first is not None and not header:
        header = list(dict(flat(first)))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([spreadsheet(terminal(name)) for name in header])
    for record in itertools.chain([] if first is None else [first], rows):
        values = dict(flat(record))
        writer.writerow([_csv_cell(values.get(name)) for name in header])


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return spreadsheet(value)
    if isinstance(value, (list, tuple)):
        if all(isinstance(part, str) for part in value):
            return spreadsheet("; ".join(value))
        return _json(value)
    return str(value)


def _of_wire(kind: type[Complex], prefix: str = "") -> tuple[list[str], list[Column]]:
    """Flat wire names of an entity, nested objects as `outer.inner`, and a column for each of its own properties."""
    from vedette.catalogue.entity import describe

    names: list[str] = []
    columns: list[Column] = []
    for rank, prop in enumerate(describe(kind)):
        if prop.complex_type is not None and not prop.is_collection:
            names.extend(_of_wire(prop.complex_type, f"{prefix}{prop.wire}.")[0])
        else:
            names.append(prefix + prop.wire)
        columns.append(Column(prop.wire, attribute(prop.attribute), rank=rank, least=12))
    return names, columns
