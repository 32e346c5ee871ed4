"""Hunting exports as CSV, with a heading: the portal's Export, a log workspace's, other tools'.

Arrow splits the text into columns, DuckDB makes values of them; both work on blocks of rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from vedette.catalogue.tables import TABLES
from vedette.telemetry.casting import Caster
from vedette.telemetry.outcome import Outcome, Reading, Reject
from vedette.telemetry.recognise import Placed, Unusable, place, plain, recognise
from vedette.telemetry.records import BAD_CSV, Rejected
from vedette.telemetry.sources import Stream, opened

HEAD_BYTES: Final = 1 << 20
_BLOCK_BYTES: Final = 8 << 20
_SAMPLE_ROWS: Final = 200
_DELIMITERS: Final = (",", ";", "\t")
_COLUMNS: Final = frozenset(column.name.lower() for table in TABLES.values() for column in table.columns)


@dataclass(frozen=True, slots=True)
class Heading:
    """What the first lines of a CSV file say."""

    names: Sequence[str]
    delimiter: str
    actions: frozenset[str]
    """Values of ActionType in the first rows."""


def heading(head: str) -> Heading:
    """The heading of a CSV text. Raises: `Unusable` when its first line names no column of any hunting table."""
    lines = head.removeprefix("\ufeff")
    best: tuple[int, str, list[str]] = (0, ",", [])
    for delimiter in _DELIMITERS:
        names = next(csv.reader(io.StringIO(lines), delimiter=delimiter), [])
        known = sum(1 for name in names if plain(name).lower() in _COLUMNS or plain(name) == "TimeGenerated")
        if known > best[0]:
            best = (known, delimiter, names)
    known, delimiter, names = best
    if not known:
        raise Unusable("its first line names no column of a hunting table", "a CSV file needs a heading")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Unusable(f"its heading has {twice[0]!r} twice")
    return Heading(names, delimiter, _actions(lines, names, delimiter))


def rows(path: Path, reading: Reading, stream_of: list[Stream]) -> Iterator[Outcome]:
    """The rows of a CSV file. stream_of: takes the open file, whose position tells how far the reading is.

    Raises: `Unusable` when the file as a whole cannot be taken.
    """
    with opened(path) as stream:
        told = heading(stream.content.read(HEAD_BYTES).decode("utf-8", "replace"))
    table = recognise(told.names, told.actions, path, reading.table)
    placed = place(table, told.names, drop_unknown=reading.drop_unknown)
    with opened(path) as stream:
        stream_of.append(stream)
        yield from _Pass(stream, told, placed).outcomes()
        if stream.damage:
            raise Unusable(stream.damage)


class _Pass:
    """One pass through a file whose columns are known."""

    def __init__(self, stream: Stream, told: Heading, placed: Placed) -> None:
        import pyarrow as pa

        self.stream = stream
        self.told = told
        self.table = placed.table
        self.caster = Caster(
            placed.table,
            {column.name: (f"c{told.names.index(name)}", pa.string()) for name, column in placed.columns.items()},
        )
        self.misshapen: list[tuple[int, str]] = []
        """Line and text of rows that have not as many values as there are columns."""

    def outcomes(self) -> Iterator[Outcome]:
        """Block by block."""
        import pyarrow as pa

        number = 0
        for batch in self._batches():
            block = pa.Table.from_batches([batch])
            cast = self.caster.cast(block)
            rejects = [Reject(number + row + 1, self._content(block, row), why) for row, why in cast.rejected]
            number += block.num_rows
            rejects += [
                Reject(line, text.encode(), Rejected(BAD_CSV, f"not {len(self.told.names)} values"))
                for line, text in self.misshapen
            ]
            self.misshapen.clear()
            yield Outcome(self.table, cast.rows, rejects)

    def _batches(self) -> Iterator[Any]:  # pyarrow.RecordBatch; no stubs
        import pyarrow as pa
        import pyarrow.csv as arrow_csv

        names = [f"c{place}" for place in range(len(self.told.names))]
        try:
            reader = arrow_csv.open_csv(
                pa.PythonFile(self.stream.content, "r"),
                read_options=arrow_csv.ReadOptions(
                    column_names=names, skip_rows=1, block_size=_BLOCK_BYTES, use_threads=False
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.told.delimiter, newlines_in_values=True, invalid_row_handler=self._misshapen
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types={name: pa.string() for name in names}, strings_can_be_null=False
                ),
            )
            yield from reader
        except pa.ArrowInvalid as error:
            if "Empty CSV file" in str(error):
                return
            raise Unusable(f"it is no CSV that can be read: {str(error).partition(chr(10))[0]}") from error
        if self.misshapen:
            yield pa.RecordBatch.from_pydict({name: pa.array([], pa.string()) for name in names})

    def _misshapen(self, row: Any) -> str:  # pyarrow.csv.InvalidRow; no stubs
        # Arrow counts the heading, and from 1.
        self.misshapen.append(((row.number or 1) - 1, row.text))
        return "skip"

    def _content(self, block: Any, row: int) -> bytes:  # pyarrow.Table; no stubs
        """A row as JSON, by the names of its heading."""
        values = {name: block.column(place)[row].as_py() for place, name in enumerate(self.told.names)}
        return msgspec.json.encode({name: value for name, value in values.items() if value})


def _actions(lines: str, names: Sequence[str], delimiter: str) -> frozenset[str]:
    if "ActionType" not in names:
        return frozenset()
    at = names.index("ActionType")
    found = set()
    reader = csv.reader(io.StringIO(lines), delimiter=delimiter)
    next(reader)
    try:
        for _, row in zip(range(_SAMPLE_ROWS), reader, strict=False):
            # The last row of the piece may be cut off.
            if len(row) == len(names) and row[at]:
                found.add(row[at])
    except csv.Error:  # a value that is longer than this reader takes
        pass
    return frozenset(found)
