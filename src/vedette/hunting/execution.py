"""One query on its own cursor: external files, stages, then the rows, counted against the limits.

The work runs in a thread of the engine while the caller's thread watches the clock: DuckDB does not look for Ctrl-C
while it fetches, and an interrupt that comes between two statements is lost, so it is repeated until the work ends.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar

from vedette.errors import QueryCancelled, QueryError, QueryFault
from vedette.hunting import failures
from vedette.hunting.columns import ENGINE_TYPE
from vedette.hunting.limits import Cancellation, Limits
from vedette.hunting.names import quoted
from vedette.hunting.outside import Outside, reading
from vedette.kql.compiled import Compiled, Stage
from vedette.kql.kernels.kernel import STOPPING, Procedure
from vedette.kql.schema import Column

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")
Reason = Literal["", "seconds", "cancelled", "interrupted"]
_BATCH: Final = 20_000
_AGAIN_S: Final = 0.02
_PATIENCE_S: Final = 10
"""How long Ctrl-C waits for a query to let go."""


class Answer(NamedTuple):
    """Rows of one SELECT."""

    table: Any  # an Arrow table; stubs are absent
    columns: tuple[Column, ...]
    truncated_by: Literal["", "rows", "bytes"]


class Running:
    """A query at work: whether it should stop, and its cursor for as long as there is one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self.reason: Reason = ""

    def begin(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """The cursor to interrupt."""
        with self._lock:
            self._cursor = cursor

    def end(self) -> None:
        """Interrupt nothing any more: the cursor is about to be closed."""
        with self._lock:
            self._cursor = None

    def stop(self, reason: Reason) -> None:
        """Ask it to end. Repeat until it has."""
        with self._lock:
            self.reason = self.reason or reason
            if self._cursor is not None:
                self._cursor.interrupt()

    def check(self) -> None:
        """Raise when it should stop: between statements, batches and programs."""
        if self.reason:
            raise _Stopped


class _Stopped(Exception):
    """The work noticed that it should stop."""


def supervise(
    work: Callable[[Running], T], executor: Executor, limits: Limits, cancellation: Cancellation | None, began: float
) -> T:
    """What the work gives, unless its time is up, it is cancelled, or Ctrl-C is pressed: then it is stopped first.

    Raises: QueryLimitExceeded, QueryCancelled, KeyboardInterrupt, and what the work raises.
    """
    running = Running()
    wake = threading.Event()
    future = executor.submit(work, running)
    future.add_done_callback(lambda _: wake.set())
    if cancellation:
        cancellation.attach(wake.set)
    try:
        while not future.done():
            if running.reason:
                wake.wait(_AGAIN_S)
                running.stop(running.reason)
            elif cancellation and cancellation.is_cancelled:
                running.stop("cancelled")
                wake.clear()
            elif limits.seconds is not None and (left := began + limits.seconds - time.monotonic()) <= 0:
                running.stop("seconds")
            else:
                wake.wait(None if limits.seconds is None else left)
                if not future.done():
                    wake.clear()
    except BaseException:
        give_up = time.monotonic() + _PATIENCE_S
        while not future.done() and time.monotonic() < give_up:
            running.stop("interrupted")
            time.sleep(_AGAIN_S)
        raise
    finally:
        if cancellation:
            cancellation.detach(wake.set)
    try:
        return future.result()
    except _Stopped:
        raise _why(running.reason, limits) from None


def _why(reason: Reason, limits: Limits) -> QueryError:
    if reason == "seconds":
        return limits.too_long()
    return QueryCancelled("The query was cancelled before it ended.")


class Execution:
    """Runs what one compiled query consists of."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        running: Running,
        limits: Limits,
        procedures: Mapping[str, Procedure],
        outside: Outside,
        downloads: Path,
    ) -> None:
        self._cursor = cursor
        self._running = running
        self._limits = limits
        self._procedures = procedures
        self._outside = outside
        self._downloads = downloads

    def run(self, compiled: Compiled) -> tuple[Answer, dict[str, Answer]]:
        """The result, and the further ones by name."""
        for external in compiled.externals:
            self._running.check()
            files = [self._outside.resolve(address, self._downloads) for address in external.addresses]
            self.view(external.name, reading(external, files))
        for stage in compiled.stages:
            self._stage(stage)
        first = self._answer(compiled.sql, compiled.columns)
        return first, {name: self._answer(sql, columns) for name, sql, columns in compiled.parts}

    def view(self, name: str, sql: str) -> None:
        """A view that only this query sees."""
        self._do(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {sql}")

    def _stage(self, stage: Stage) -> None:
        import pyarrow as pa

        inputs = [self._answer(given.sql, given.columns, counted=False).table for given in stage.inputs]
        self._running.check()
        before = STOPPING.set(self._running.check)
        try:
            rows = self._procedures[stage.procedure](inputs, stage.options)
        except QueryError:
            raise
        except ValueError as error:
            raise QueryError(f"{stage.procedure}: {error}") from error
        finally:
            STOPPING.reset(before)
        if rows.num_columns != len(stage.columns):
            raise QueryFault(f"{stage.procedure} gave {rows.num_columns} columns instead of {len(stage.columns)}")
        rows = rows.rename_columns([f"c{place}" for place in range(rows.num_columns)])
        held = f"{stage.name} (rows)"
        try:
            self._cursor.register(held, rows)
        except pa.ArrowException as error:
            raise QueryFault(f"{stage.procedure} gave rows that cannot be read: {error}") from error
        values = [
            f"CAST(c{place} AS {_engine_type(column)}) AS {quoted(column.physical)}"
            for place, column in enumerate(stage.columns)
        ]
        self.view(stage.name, f"SELECT {', '.join(values)} FROM {quoted(held)}")  # noqa: S608  (quoted)

    def _do(self, sql: str) -> None:
        import duckdb as engine

        self._running.check()
        try:
            self._cursor.execute(sql)
        except engine.InterruptException as error:
            raise _Stopped from error
        except engine.Error as error:
            raise failures.translate(error, sql) from error

    def _answer(self, sql: str, columns: tuple[Column, ...], *, counted: bool = True) -> Answer:
        """The rows of a SELECT, batch by batch.

        counted: whether they are the query's result, for which limits of rows and bytes hold.
        """
        import duckdb as engine
        import pyarrow as pa

        self._running.check()
        try:
            _only_select(self._cursor, sql)
            # DuckDB warns of this way out of a cursor; the other one would bind every query twice.
            warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)
            reader: Any = self._cursor.execute(sql).to_arrow_reader(_BATCH)  # stubs of Arrow are absent
            batches: list[Any] = []  # Arrow batches; stubs are absent
            rows = size = 0
            truncated_by: Literal["", "rows", "bytes"] = ""
            for batch in reader:
                self._running.check()
                if counted:
                    batch, truncated_by = self._within(batch, rows, size)
                batches.append(batch)
                rows, size = rows + batch.num_rows, size + batch.nbytes
                if truncated_by:
                    break
            table = pa.Table.from_batches(batches, schema=reader.schema)
        except engine.InterruptException as error:
            raise _Stopped from error
        except (engine.Error, pa.ArrowException) as error:
            if self._running.reason and "nterrupt" in str(error):
                raise _Stopped from error
            if isinstance(error, engine.Error):
                raise failures.translate(error, sql) from error
            raise failures.translate_text(str(error), sql) from error
        if not columns:
            table = table.select([])  # SQL cannot select nothing.
        if table.num_columns != len(columns):
            raise QueryFault(f"The query gave {table.num_columns} columns instead of {len(columns)}", sql=sql)
        return Answer(table, columns, truncated_by)

    def _within(self, batch: Any, rows: int, size: int) -> tuple[Any, Literal["", "rows", "bytes"]]:  # Arrow batches
        """What of a batch the limits allow, and the limit that it hits."""
        limits = self._limits
        if limits.rows is not None and rows + batch.num_rows > limits.rows:
            if not limits.truncate:
                raise limits.too_many_rows()
            return batch.slice(0, limits.rows - rows), "rows"
        if limits.bytes is not None and size + batch.nbytes > limits.bytes:
            if not limits.truncate:
                raise limits.too_many_bytes()
            fitting = batch.slice(0, batch.num_rows * (limits.bytes - size) // batch.nbytes)
            while fitting.nbytes > limits.bytes - size:  # rows differ in size
                fitting = fitting.slice(0, fitting.num_rows // 2)
            return fitting, "bytes"
        return batch, ""


def _only_select(cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuse anything but one SELECT: a second line of defence, should a query's text ever reach SQL as code."""
    import duckdb as engine

    statements = cursor.extract_statements(sql)
    if [statement.type for statement in statements] != [engine.StatementType.SELECT]:
        raise QueryFault("The query is valid, and its SQL is not one SELECT.", sql=sql)


def _engine_type(column: Column) -> str:
    if column.type == "datetime" and column.encoding:
        return "TIMESTAMP_NS" if column.encoding == "ns" else "TIMESTAMP"
    return ENGINE_TYPE[column.type]
