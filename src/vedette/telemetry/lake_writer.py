"""Writes a stream of events into a lake: fast, in flat memory, and all or nothing.

Rows wait as they came, then as Arrow batches, then become row groups of Parquet files, one file per table and day.
Limits on what waits and on open files keep memory flat however many rows, tables and days the stream has.
"""

from __future__ import annotations

import contextlib
import secrets
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import IO, Any, Final, Protocol, Self

from vedette.catalogue.tables import TABLES, Event
from vedette.telemetry.lake import UNDATED, Incoming, Lake, day_name
from vedette.telemetry.parquet import DAY_NS, nanoseconds, schema, to_batch

ROWS_PER_GROUP: Final = 65_536
_ROWS_PER_BATCH: Final = 2_048
_WAITING_ROWS: Final = 16_384
_WAITING_BYTES: Final = 64 * 1024 * 1024
_OPEN_FILES: Final = 128
_FIRST_DAY: Final = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


@dataclass(slots=True)
class _Partition:
    """One table on one day."""

    table: str
    day: str
    rows: list[dict[str, object]] = field(default_factory=list)
    batches: list[Any] = field(default_factory=list)  # pyarrow.RecordBatch; stubs are absent
    batched_rows: int = 0
    batched_bytes: int = 0


class Log(Protocol):
    """Something to write lines to."""

    def write(self, line: bytes, /) -> object:
        """Add a line, its end included."""


class LakeWriter:
    """Adds rows to a lake. They can be read after the `with` block ends well; if it raises, nothing was written.

    ```python
    with LakeWriter(lake) as writer:
        writer.add_many(world.events())
    ```

    A writer belongs to one thread; several writers may be open on one lake. Rows are kept for a while: do not change a
    dict after adding it. Besides `datetime`, a time may be given as whole nanoseconds since 1970, for the 100 ns ticks
    that Python's `datetime` cannot hold.
    """

    def __init__(self, lake: Lake, *, rows_per_group: int = ROWS_PER_GROUP) -> None:
        self.lake = lake
        self.written: Counter[str] = Counter()
        """Rows per table so far, those still in memory included."""
        self._rows_per_group = rows_per_group
        self._name = secrets.token_hex(8)
        self._partitions: dict[tuple[str, int | None], _Partition] = {}
        self._waiting_rows = 0
        self._waiting_bytes = 0
        self._files: OrderedDict[tuple[str, str], Any] = OrderedDict()  # pyarrow.parquet.ParquetWriter; no stubs
        self._file_count = 0
        # Arrow sorts and compresses without the interpreter's lock, so one row group is written while the next gathers.
        self._writers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lake-writer")
        self._writing: Future[None] | None = None
        self._stack = contextlib.ExitStack()
        self._incoming: Incoming | None = None
        self._logs: list[_RejectLog] = []

    def __enter__(self) -> Self:
        self._incoming = self._stack.enter_context(self.lake.incoming(self._name))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._finish(commit=kind is None)
        except BaseException as failure:
            self._stack.__exit__(type(failure), failure, failure.__traceback__)
            raise
        finally:
            self._writers.shutdown()
        self._stack.__exit__(kind, error, trace)

    def _finish(self, *, commit: bool) -> None:
        try:
            if commit:
                for partition in self._partitions.values():
                    self._batch(partition)
                    self._write(partition)
        finally:
            self._close_files()
            for log in self._logs:
                log.close()
        if commit:
            self._open_incoming.commit()

    def add(self, event: Event) -> None:
        """Add one row. A value that does not suit its column is noticed when the row is packed, at the latest on exit.

        Raises: `KeyError` for an unknown table; `ValueError` for a row without Timestamp where the table has one, an
        unknown column, or a value of another type.
        """
        self.add_many((event,))

    def add_many(self, events: Iterable[Event]) -> None:
        """Add rows, in any order; a stream that is ordered by day needs the least memory and makes the fewest files."""
        partitions = self._partitions
        for table, row in events:
            at = row.get("Timestamp")
            day = at // DAY_NS if type(at) is int else self._day(table, at)
            partition = partitions.get((table, day))
            if partition is None:
                TABLES[table]
                partition = partitions[table, day] = _Partition(table, UNDATED if day is None else day_name(day))
            partition.rows.append(row)
            self._waiting_rows += 1
            if len(partition.rows) >= _ROWS_PER_BATCH:
                self._batch(partition)
            elif self._waiting_rows >= _WAITING_ROWS:
                self._batch_all()

    def add_batch(self, table: str, batch: Any) -> None:  # pyarrow.RecordBatch; no stubs
        """Add rows that are an Arrow batch of the table's `parquet.schema` already. They may be of several days.

        Raises: `ValueError` for another schema, or a row without Timestamp where the table has one.
        """
        if not batch.schema.equals(schema(table)):
            raise ValueError(f"the batch has not the columns and types of {table}")
        for day, part in _by_day(table, batch):
            partition = self._partitions.get((table, day))
            if partition is None:
                named = UNDATED if day is None else day_name(day)
                partition = self._partitions[table, day] = _Partition(table, named)
            self._take(partition, part)

    def rejects(self, source: str) -> Log:
        """A file for what became no row, which appears in the lake (`Lake.rejects`) together with the rows."""
        log = _RejectLog(self._open_incoming, source)
        self._logs.append(log)
        return log

    def record(self, name: str, content: object) -> None:
        """Leave a JSON note in the lake (`Lake.records`) that becomes visible together with the rows."""
        self._open_incoming.record(name, content)

    @property
    def _open_incoming(self) -> Incoming:
        if self._incoming is None:
            raise RuntimeError("a LakeWriter writes inside its with block")
        return self._incoming

    def _day(self, table: str, at: object) -> int | None:
        if isinstance(at, datetime):
            if at.tzinfo is UTC:
                return at.toordinal() - _FIRST_DAY
            ticks = nanoseconds(at)
            return None if ticks is None else ticks // DAY_NS
        if TABLES[table].time_column is None and at is None:
            return None
        raise ValueError(f"{table} needs a Timestamp in every row, and this one has {at!r}")

    def _batch(self, partition: _Partition) -> None:
        """Pack a partition's rows; write them when there are enough for a row group."""
        if not partition.rows:
            return
        batch = to_batch(partition.table, partition.rows)
        self._waiting_rows -= len(partition.rows)
        partition.rows = []
        self._take(partition, batch)

    def _take(self, partition: _Partition, batch: Any) -> None:  # pyarrow.RecordBatch; no stubs
        """Let a packed batch wait until there is enough for a row group."""
        self.written[partition.table] += batch.num_rows
        partition.batched_rows += batch.num_rows
        partition.batched_bytes += batch.nbytes
        self._waiting_bytes += batch.nbytes
        partition.batches.append(batch)
        if partition.batched_rows >= self._rows_per_group:
            self._write(partition)
        while self._waiting_bytes > _WAITING_BYTES:
            self._write(max(self._partitions.values(), key=lambda one: one.batched_bytes))

    def _batch_all(self) -> None:
        for partition in self._partitions.values():
            self._batch(partition)

    def _write(self, partition: _Partition) -> None:
        """One row group more for the partition's file."""
        if not partition.batches:
            return
        self._written()
        self._writing = self._writers.submit(self._encode, partition.table, partition.day, partition.batches)
        self._waiting_bytes -= partition.batched_bytes
        partition.batches, partition.batched_rows, partition.batched_bytes = [], 0, 0

    def _written(self) -> None:
        """Wait for the row group that is being written, and raise what went wrong with it."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()

    def _encode(self, table: str, day: str, batches: Sequence[Any]) -> None:  # pyarrow.RecordBatch; no stubs
        import pyarrow as pa

        # Rows in time order let a reader skip row groups and pages by their statistics.
        rows = pa.Table.from_batches(batches)
        if "Timestamp" in rows.schema.names and not _in_order(rows.column("Timestamp")):
            rows = rows.sort_by("Timestamp")
        self._file(table, day).write_table(rows, row_group_size=self._rows_per_group)

    def _file(self, table: str, day: str) -> Any:  # pyarrow.parquet.ParquetWriter; no stubs
        import pyarrow.parquet as pq

        key = (table, day)
        if key in self._files:
            self._files.move_to_end(key)
            return self._files[key]
        if len(self._files) >= _OPEN_FILES:
            self._files.popitem(last=False)[1].close()
        path = self._open_incoming.file(*key, f"part-{self._name}-{self._file_count}.parquet")
        self._file_count += 1
        writer = self._files[key] = pq.ParquetWriter(
            path, schema(table), compression="zstd", compression_level=1, store_schema=False
        )
        return writer

    def _close_files(self) -> None:
        self._written()
        while self._files:
            self._files.popitem()[1].close()


class _RejectLog:
    """The rejects of one source. A source without any leaves no file."""

    def __init__(self, incoming: Incoming, source: str) -> None:
        self._incoming = incoming
        self._source = source
        self._file: IO[bytes] | None = None

    def write(self, line: bytes, /) -> None:
        if self._file is None:
            self._file = self._incoming.rejects(self._source).open("wb")
        self._file.write(line)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _in_order(times: Any) -> bool:  # pyarrow.ChunkedArray; no stubs
    """Whether times never go back: sorting what is sorted would copy every column all the same."""
    import pyarrow.compute as pc

    return bool(pc.all(pc.less_equal(times.slice(0, len(times) - 1), times.slice(1))).as_py())


def _by_day(table: str, batch: Any) -> Iterator[tuple[int | None, Any]]:  # pyarrow.RecordBatch; no stubs
    """The rows of each day, days counted from 1970; None for a table without times."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not batch.num_rows:
        return
    if TABLES[table].time_column is None:
        yield None, batch
        return
    times = batch.column(batch.schema.get_field_index("Timestamp"))
    if times.null_count:
        raise ValueError(f"{table} needs a Timestamp in every row")
    days = times.cast(pa.date32(), safe=False).view(pa.int32())
    span = pc.min_max(days)
    first, last = span["min"].as_py(), span["max"].as_py()
    if first == last:
        yield first, batch
        return
    for day in pc.unique(days).to_pylist():
        yield day, batch.filter(pc.equal(days, day))
