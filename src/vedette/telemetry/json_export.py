"""Hunting exports as JSON: rows as lines or as a list, answers of the API, and the streams that Defender writes.

| shape | one record |
|---|---|
| rows | `{"Timestamp": …, "DeviceId": …}`; may name its table in `$table`, `Type`, `TableName` or `SourceTable` |
| answer | `{"Schema": […], "Results": [row, …]}`, in any letter case |
| stream | `{"category": "AdvancedHunting-DeviceEvents", "properties": row}`, as raw data streaming writes blobs |
| batches | `{"records": [stream record, …]}`, as raw data streaming fills event hubs; `batch` when it spans lines |

Lines go to the engine in blocks and are taken apart there; Python touches single records only where a block is damaged.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from vedette.catalogue.tables import TABLES, Table
from vedette.telemetry.casting import Caster, engine, in_parts
from vedette.telemetry.outcome import Outcome, Reading, Reject
from vedette.telemetry.recognise import TABLE_FIELDS, Unusable, place, recognise
from vedette.telemetry.records import BAD_JSON, UNKNOWN_TABLE, Rejected
from vedette.telemetry.sources import Stream, elements, opened

Shape = Literal["rows", "answer", "stream", "batches", "batch"]

_BLOCK_BYTES: Final = 16 << 20
_LONGEST_LINE: Final = 256 << 20
_SAMPLE_ROWS: Final = 200
_PIECE: Final = 1 << 20
LISTS: Final[dict[Shape, re.Pattern[str]]] = {
    "answer": re.compile(r'(?<!\\)"[Rr]esults"\s*:\s*\['),
    "batch": re.compile(r'(?<!\\)"records"\s*:\s*\['),
}
_CATEGORY: Final = "AdvancedHunting-"

Number = int
"""A record's, from 1."""


class _Batch(msgspec.Struct):
    records: list[msgspec.Raw] = []


def shape_of(record: object) -> Shape | None:
    """How a record holds rows, when it holds any."""
    if not isinstance(record, dict):
        return None
    names = {name.lower() for name in record}
    if {"schema", "results"} <= names:
        return "answer"
    if isinstance(record.get("records"), list):
        return "batches"
    if isinstance(record.get("properties"), dict) and str(record.get("category", "")).startswith(_CATEGORY):
        return "stream"
    known = {column.name for table in TABLES.values() for column in table.columns} | {"TimeGenerated"}
    return "rows" if known & set(record) else None


def rows(path: Path, shape: Shape, reading: Reading, stream_of: list[Stream]) -> Iterator[Outcome]:
    """The rows of a JSON file. stream_of: takes the open file, whose position tells how far the reading is.

    Raises: `Unusable` when the file as a whole cannot be taken.
    """
    with opened(path) as stream:
        stream_of.append(stream)
        parts = _Parts(path, shape, reading)
        for first, lines in _blocks(stream, shape):
            yield from parts.outcomes(first, lines)
        if stream.damage:
            raise Unusable(stream.damage)


# Cutting a file into records


def _blocks(stream: Stream, shape: Shape) -> Iterator[tuple[Number, list[bytes]]]:
    """Records of a file, many at a time, with the number of the first."""
    head = stream.content.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head == b"[":
        text = io.TextIOWrapper(stream.content, encoding="utf-8-sig", errors="replace")
        found = _listed(stream, text, text.read(_PIECE).lstrip()[1:])
    elif shape in LISTS:
        found = _within(stream, LISTS[shape])
    else:
        found = _lines(stream)
    number = 1
    for block in found:
        lines = [line for batch in map(_records_of, block) for line in batch] if shape == "batches" else block
        yield number, lines
        number += len(lines)


def _lines(stream: Stream) -> Iterator[list[bytes]]:
    rest = b""
    while piece := stream.content.read(_BLOCK_BYTES):
        lines = (rest + piece).split(b"\n") if rest else piece.split(b"\n")
        rest = lines.pop()
        if len(rest) > _LONGEST_LINE:
            raise Unusable(f"it has a line of more than {_LONGEST_LINE >> 20} MB")
        yield lines
    if rest and not stream.damage:
        yield [rest]


def _within(stream: Stream, opening: re.Pattern[str]) -> Iterator[list[bytes]]:
    """The elements of a list that is a member of the one object that the file holds."""
    text = io.TextIOWrapper(stream.content, encoding="utf-8-sig", errors="replace")
    before = ""
    while piece := text.read(_PIECE):
        before += piece
        if found := opening.search(before):
            yield from _listed(stream, text, before[found.end() :])
            return
        before = before[-_PIECE:]
    raise Unusable(stream.damage or "it has no list of results")


def _listed(stream: Stream, text: io.TextIOWrapper, waiting: str) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    size = 0
    for element, is_whole in elements(text, waiting):
        if not is_whole:
            raise Unusable(stream.damage or "its list of rows has no end: the file is cut off, or no JSON")
        # Pretty-printed rows have line ends between their members, which mean nothing.
        block.append(element.encode("utf-8", "replace"))
        size += len(block[-1])
        if size > _BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def _records_of(line: bytes) -> Sequence[bytes]:
    """The records of one batch; a line that is none stays, to be rejected."""
    try:
        batch = msgspec.json.decode(line, type=_Batch)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return (line,)
    return [bytes(one) for one in batch.records]


# Making rows of records


@dataclass(slots=True)
class _Part:
    """One table of a file."""

    table: Table
    prefix: str
    """What stands before a column's name in the path to its value."""
    drop_unknown: bool
    names: dict[str, None] = field(default_factory=dict)
    """Names that the records have so far, in order."""
    caster: Caster | None = None
    source: str = ""

    def learn(self, names: Sequence[str]) -> None:
        """Take more names in. Raises: `Unusable` when the table lacks them."""
        import pyarrow as pa

        if self.caster is not None and self.names.keys() >= set(names):
            return
        self.names |= dict.fromkeys(names)
        placed = place(self.table, list(self.names), drop_unknown=self.drop_unknown)
        self.caster = Caster(
            self.table,
            {column.name: (f"s[{at}]", pa.string()) for at, column in enumerate(placed.columns.values(), 1)},
        )
        paths = ", ".join(_literal(f"{self.prefix}{_quoted(name)}") for name in placed.columns)
        self.source = f"(SELECT json_extract_string(line, [{paths}]) AS s FROM block)"  # noqa: S608  (quoted above)


class _Parts:
    """Sorts records by table and makes rows of them."""

    def __init__(self, path: Path, shape: Shape, reading: Reading) -> None:
        self.path = path
        self.reading = reading
        self.is_stream = shape in ("stream", "batches", "batch")
        self.prefix = "$.properties." if self.is_stream else "$."
        self.parts: dict[str, _Part] = {}
        self.names_of: dict[int, Sequence[str]] = {}
        """Hash of a set of members' names → the names."""
        self.only: Table | None = reading.table
        """The table of records that do not name theirs."""

    def outcomes(self, first: Number, lines: list[bytes]) -> Iterator[Outcome]:
        """The rows of a block of records, table by table."""
        import pyarrow as pa

        numbers: Sequence[int] = range(first, first + len(lines))
        kept = [(number, line) for number, line in zip(numbers, lines, strict=True) if line.strip()]
        if len(kept) < len(lines):
            numbers, lines = [number for number, _ in kept], [line for _, line in kept]
        if not lines:
            return
        try:
            block = pa.table({"line": pa.array(lines, pa.string())})
            keys = self._keys(block)
        except Exception as error:
            yield from self._without_damaged(numbers, lines, error)
            return
        if keys is None:
            yield from self._without_damaged(numbers, lines, None)
            return
        yield from self._cast(numbers, block, keys)

    def _keys(self, block: Any) -> list[str] | None:  # pyarrow.Table; no stubs
        """Names of the records' members; None when some are no objects. Raises: what the engine does for no JSON.

        Rows have few sets of names, each spelled out for its first record alone: told apart by their hash, they cost
        the engine a quarter of what comparing the names does.
        """
        inside = ", '$.properties'" if self.is_stream else ""
        asked = f"SELECT hash(json_keys(line{inside})) AS h, any_value(line) AS line FROM block GROUP BY 1"  # noqa: S608
        names: dict[str, None] = {}
        for digest, line in [pair for _, part in in_parts(lambda part: _pairs(asked, part), block) for pair in part]:
            if digest not in self.names_of:
                self.names_of[digest] = self._members(line.encode())
            if not self.names_of[digest]:
                return None
            names |= dict.fromkeys(self.names_of[digest])
        return list(names)

    def _members(self, line: bytes) -> Sequence[str]:
        """Names of a record's members; none when it is no object."""
        record = msgspec.json.decode(line)
        inner = record.get("properties") if self.is_stream and isinstance(record, dict) else record
        return tuple(inner) if isinstance(inner, dict) else ()

    def _without_damaged(
        self, numbers: Sequence[int], lines: list[bytes], error: Exception | None
    ) -> Iterator[Outcome]:
        """The good records of a block that has bad ones among them, and these as rejects."""
        good: list[tuple[int, bytes]] = []
        rejects = []
        for number, line in zip(numbers, lines, strict=True):
            try:
                record = msgspec.json.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as bad:
                rejects.append(Reject(number, line, Rejected(BAD_JSON, str(bad))))
                continue
            inner = record.get("properties") if self.is_stream and isinstance(record, dict) else record
            if isinstance(inner, dict) and inner:
                good.append((number, line))
            else:
                rejects.append(Reject(number, line, Rejected(BAD_JSON, "no object with members")))
        if not rejects:
            raise Unusable("it is no JSON that can be read") from error
        if good:
            again = [number for number, _ in good]
            for outcome in self._renumbered(again, [line for _, line in good]):
                yield Outcome(outcome.table, outcome.rows, [*outcome.rejects, *rejects])
                rejects = []
        if rejects:
            yield _only_rejects(rejects)

    def _renumbered(self, numbers: Sequence[int], lines: list[bytes]) -> Iterator[Outcome]:
        import pyarrow as pa

        block = pa.table({"line": pa.array(lines, pa.string())})
        keys = self._keys(block)
        if keys is None:
            raise Unusable("it is no JSON that can be read")
        yield from self._cast(numbers, block, keys)

    def _cast(self, numbers: Sequence[int], block: Any, keys: list[str]) -> Iterator[Outcome]:  # pyarrow; no stubs
        fields = () if self.is_stream else tuple(name for name in TABLE_FIELDS if name in keys)
        if not fields and not self.is_stream:
            self._choose(block, keys)
            assert self.only is not None  # chosen, or an error was raised
            yield self._one(self.only, numbers, block, keys)
            return
        yield from self._several(numbers, block, keys, fields)

    def _choose(self, block: Any, keys: list[str]) -> None:  # pyarrow.Table; no stubs
        if self.only is not None:
            return
        actions: frozenset[str] = frozenset()
        if "ActionType" in keys:
            asked = "SELECT DISTINCT json_extract_string(line, '$.ActionType') AS a FROM block"
            found = engine().run(asked, block.slice(0, _SAMPLE_ROWS))
            actions = frozenset(value for value in found.column("a").to_pylist() if value)
        self.only = recognise(keys, actions, self.path, self.reading.table)

    def _one(
        self, table: Table, numbers: Sequence[int], block: Any, keys: Sequence[str]
    ) -> Outcome:  # pyarrow.Table; no stubs
        """The rows of records of one table."""
        part = self.parts.get(table.name)
        if part is None:
            part = self.parts[table.name] = _Part(table, self.prefix, self.reading.drop_unknown)
        part.learn(keys)
        assert part.caster is not None  # `learn` makes it
        cast = part.caster.cast(block, part.source)
        lines = block.column("line")
        rejects = [Reject(numbers[row], lines[row].as_py().encode(), why) for row, why in cast.rejected]
        return Outcome(table, cast.rows, rejects)

    def _several(
        self, numbers: Sequence[int], block: Any, keys: list[str], fields: Sequence[str]
    ) -> Iterator[Outcome]:  # pyarrow.Table; no stubs
        """Records that name their table each."""
        import pyarrow as pa

        paths = ", ".join(_literal(f"$.{_quoted(name)}") for name in (fields or ("category",)))
        asked = f"SELECT json_extract_string(line, [{paths}]) AS t FROM block"  # noqa: S608
        named = engine().run(asked, block).column("t").to_pylist()
        by_table: dict[str, list[int]] = {}
        for row, values in enumerate(named):
            by_table.setdefault(self._table(values), []).append(row)
        for name, at in by_table.items():
            of = [numbers[row] for row in at]
            part = block if len(at) == block.num_rows else block.take(pa.array(at))
            if name in TABLES:
                yield self._one(TABLES[name], of, part, self._keys(part) or keys)
            elif not self.is_stream and (self.reading.table or name == ""):
                self._choose(part, keys)
                assert self.only is not None  # chosen, or an error was raised
                yield self._one(self.only, of, part, self._keys(part) or keys)
            else:
                texts = part.column("line").to_pylist()
                yield _only_rejects(
                    [
                        Reject(number, text.encode(), Rejected(UNKNOWN_TABLE, name or "none named"))
                        for number, text in zip(of, texts, strict=True)
                    ]
                )

    def _table(self, values: Sequence[str | None]) -> str:
        names = [value.removeprefix(_CATEGORY) for value in values if value]
        known = next((name for name in names if name in TABLES), None)
        # `Type` is a column of some tables, too: what is no table's name there says nothing.
        return known or (names[0] if self.is_stream and names else "")


def _only_rejects(rejects: Sequence[Reject]) -> Outcome:
    from vedette.telemetry.parquet import schema

    some = next(iter(TABLES.values()))
    return Outcome(some, schema(some.name).empty_table(), rejects)


def _pairs(sql: str, block: Any) -> list[tuple[int, str]]:  # pyarrow.Table; no stubs
    found = engine().run(sql, block)
    return list(zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True))


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
