"""The engine: tables, a database that can read them and nothing else, and queries on it from any number of threads."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vedette.catalogue.tables import TABLES, KqlType
from vedette.errors import ConfigurationError, QueryError, QueryFault
from vedette.hunting import failures, programs
from vedette.hunting.database import Resources, open_database
from vedette.hunting.discovery import find, hunting_table_name
from vedette.hunting.execution import Answer, Execution, Running, supervise
from vedette.hunting.files import FilesTable
from vedette.hunting.frames import FrameTable
from vedette.hunting.lakes import LakeTable
from vedette.hunting.limits import Cancellation, Limits
from vedette.hunting.names import quoted
from vedette.hunting.outside import Outside
from vedette.hunting.result import Result, ResultColumn, Stats
from vedette.hunting.scope import Scope
from vedette.hunting.shelf import Shelf, Source
from vedette.kql.compiled import Compiled
from vedette.kql.compiling import compile_query
from vedette.kql.kernels.kernel import PROCEDURES
from vedette.kql.tables import TableSchema
from vedette.telemetry.lake import Lake

if TYPE_CHECKING:
    import duckdb

Types = Mapping[str, Mapping[str, KqlType]]
"""Table → column → type."""

_AT_ONCE: Final = 32
_DATABASE: Final = "memory"


class Engine:
    """Runs KQL over tables: those of lakes, and others by name.

    ```python
    with Engine("telemetry/", {"Watchlist": [{"DeviceName": "ws-01"}]}) as engine:
        engine.run("DeviceInfo | join kind=inner Watchlist on DeviceName").rows()
    ```

    sources: each a `Lake` or a lake's folder, or a mapping of table names to data: paths (Parquet, CSV or JSON), an
    Arrow table, a frame of polars or pandas, or a list of dicts. All hunting tables are there, empty without data;
    later sources replace tables of earlier ones.
    types: types of columns that should not be found out from the data.
    hot: keep what is read from Parquet in memory; several times as fast, and new rows of lakes are still seen.
    outside: what `externaldata` may read; nothing by default.
    memory_bytes, temp_bytes, threads: what all queries together may use; by default most of the machine.
    limits: for queries that come without limits of their own.

    An engine is safe to share between threads. A query can reach only the tables and what `outside` allows.
    """

    def __init__(
        self,
        *sources: Lake | Path | str | Mapping[str, object],
        types: Types | None = None,
        hot: bool = False,
        outside: Outside | None = None,
        limits: Limits | None = None,
        memory_bytes: int | None = None,
        temp_bytes: int | None = None,
        threads: int | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._outside = outside or Outside()
        self._resources = Resources(memory_bytes=memory_bytes, temp_bytes=temp_bytes, threads=threads)
        self._temp = Path(tempfile.mkdtemp(prefix="vedette-hunting-"))
        self._lock = threading.Lock()
        self._registered: set[str] = set()
        self._busy = 0
        lakes, tables, self._places = _sorted_out(sources, types or {}, hot)
        self._shelf = Shelf({name: LakeTable(table, lakes, hot=hot) for name, table in TABLES.items()} | tables)
        self._held = _Held(self._temp)
        self._finalizer = weakref.finalize(self, self._held.release)
        self._open()

    @classmethod
    def from_paths(
        cls,
        paths: Iterable[Path | str],
        *,
        types: Types | None = None,
        hot: bool = False,
        outside: Outside | None = None,
        limits: Limits | None = None,
        memory_bytes: int | None = None,
        temp_bytes: int | None = None,
        threads: int | None = None,
    ) -> Engine:
        """An engine over what lies at some paths: lakes, folders named after tables, files named after tables.

        A file's name without its ending is the table; files of one name are one table. Files of a hunting table, also
        such as `DeviceEvents-2026-01.csv`, have the types of the catalogue.
        Raises: ConfigurationError when a path is not there or holds no tables.
        """
        places = find(Path(path) for path in paths)
        return cls(
            *places.lakes,
            dict(places.tables),
            types=types,
            hot=hot,
            outside=outside,
            limits=limits,
            memory_bytes=memory_bytes,
            temp_bytes=temp_bytes,
            threads=threads,
        )

    @property
    def tables(self) -> Mapping[str, TableSchema]:
        """All tables with their columns."""
        return self._shelf

    def run(
        self,
        query: str | Compiled,
        parameters: Mapping[str, object] | None = None,
        *,
        now: datetime | None = None,
        limits: Limits | None = None,
        cancellation: Cancellation | None = None,
        scope: Scope | None = None,
    ) -> Result:
        """Run a query and wait for all of its rows.

        parameters: values for names that the query uses and does not define. now: what `now()` is; the present by
        default. scope: which rows the query may see.
        Raises: QueryError; among its kinds QueryLimitExceeded, and QueryCancelled after `cancellation.cancel()`.
        Ctrl-C stops the query too. The engine can be used again after any of them.
        """
        if not self._finalizer.alive:
            raise ConfigurationError("the engine is closed", hint="Make a new one.")
        began, used = time.monotonic(), time.process_time()
        allowed = limits or self._limits
        if isinstance(query, Compiled):
            compiled = query
        else:
            compiled = self.compile(query, parameters, now=now, limits=limits, cancellation=cancellation, scope=scope)
        names = [self._name(table) for table in sorted(compiled.tables)]
        with self._lock:
            self._busy += 1
            together = self._busy
        try:
            answer, parts = supervise(
                lambda running: self._work(running, compiled, names, allowed, scope),
                self._held.executor,
                allowed,
                cancellation,
                began,
            )
        finally:
            with self._lock:
                self._busy -= 1
        seconds, cpu = time.monotonic() - began, (time.process_time() - used) / together
        empty = tuple(self._shelf.empty(names))

        def result(one: Answer, further: Mapping[str, Result]) -> Result:
            stats = Stats(
                rows=one.table.num_rows,
                bytes=one.table.nbytes,
                seconds=seconds,
                cpu_seconds=cpu,
                tables=tuple(names),
                empty_tables=empty,
            )
            columns = tuple(ResultColumn(column.name, column.type) for column in one.columns)
            return Result(columns, stats, compiled, one.table, one.columns, one.truncated_by, further)

        return result(answer, {name: result(part, {}) for name, part in parts.items()})

    async def run_async(
        self,
        query: str | Compiled,
        parameters: Mapping[str, object] | None = None,
        *,
        now: datetime | None = None,
        limits: Limits | None = None,
        scope: Scope | None = None,
    ) -> Result:
        """As `run`, without blocking the event loop. Cancelling the task stops the query."""
        cancellation = Cancellation()
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(
            self._held.waiters,
            lambda: self.run(query, parameters, now=now, limits=limits, cancellation=cancellation, scope=scope),
        )
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            cancellation.cancel()
            await asyncio.wait([future])
            if not future.cancelled():
                future.exception()
            raise

    def compile(
        self,
        query: str,
        parameters: Mapping[str, object] | None = None,
        *,
        now: datetime | None = None,
        limits: Limits | None = None,
        cancellation: Cancellation | None = None,
        scope: Scope | None = None,
    ) -> Compiled:
        """What a query becomes for this engine, without running it as a whole.

        Parts of it may run, within limits and scope: the columns of `evaluate bag_unpack` and `pivot` depend on data.
        Raises: QueryError.
        """

        def probe(part: Compiled) -> list[tuple[Any, ...]]:  # values of all types
            rows = self.run(part, limits=limits, cancellation=cancellation, scope=scope).physical
            return list(zip(*(column.to_pylist() for column in rows.columns), strict=True))

        return compile_query(query, self._shelf, parameters=parameters or {}, now=now or datetime.now(UTC), probe=probe)

    def close(self) -> None:
        """Let go of memory, threads and temporary files. Also done when the program ends."""
        self._finalizer()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Inside

    def _work(
        self, running: Running, compiled: Compiled, names: list[str], limits: Limits, scope: Scope | None
    ) -> tuple[Answer, dict[str, Answer]]:
        import duckdb as engine

        connection = self._held.connection
        try:
            self._shelf.prepare(names)
            self._register(compiled)
            cursor = connection.cursor()
        except engine.Error as error:
            self._reopen_if_lost(error, connection)
            raise failures.translate(error, "") from error
        running.begin(cursor)
        try:
            execution = Execution(cursor, running, limits, PROCEDURES, self._outside, self._temp / "downloads")
            for name in names if scope else ():
                schema = self._shelf[name]
                if scope and (condition := scope.condition(schema)):
                    table = quoted(schema.engine_name)
                    execution.view(
                        schema.engine_name,
                        f"SELECT * FROM {_DATABASE}.main.{table} WHERE {condition}",  # noqa: S608  (quoted)
                    )
            return execution.run(compiled)
        except QueryFault as fault:
            if isinstance(fault.__cause__, engine.Error):
                self._reopen_if_lost(fault.__cause__, connection)
            raise
        finally:
            running.end()
            cursor.close()

    def _name(self, table: str) -> str:
        """The name that queries use for a table that SQL names."""
        if table in self._shelf:
            return table
        for name in self._shelf:
            if self._shelf[name].engine_name == table:
                return name
        raise QueryError(f"There is no table named '{table}'.")

    def _register(self, compiled: Compiled) -> None:
        """Give the database the macros and kernels that a query calls and that it does not have yet."""
        texts = [compiled.sql, *(given.sql for stage in compiled.stages for given in stage.inputs)]
        texts += [sql for _, sql, _ in compiled.parts]
        called = {name for text in texts for name in programs.called(text)}
        with self._lock:
            if not called <= self._registered:
                programs.provide(self._held.connection, sorted(called), self._registered)

    def _open(self) -> None:
        places = [*self._places, *(folder.resolve() for folder in self._outside.folders), self._temp]
        self._held.connection = open_database(self._temp / "spill", places, self._resources)
        self._registered = set()
        self._shelf.attach(self._held.connection)

    def _reopen_if_lost(self, error: duckdb.Error, connection: duckdb.DuckDBPyConnection) -> None:
        """A fault inside of DuckDB makes a database unusable: take a new one for the queries to come."""
        if failures.is_lost(error):
            with self._lock:
                if self._held.connection is connection:
                    self._open()


class _Held:
    """What an engine must give back."""

    def __init__(self, temp: Path) -> None:
        self._temp = temp
        self._connection: duckdb.DuckDBPyConnection | None = None
        self.executor = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="vedette-query")
        self.waiters = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="vedette-await")

    def release(self) -> None:
        self.executor.shutdown(wait=True)
        self.waiters.shutdown(wait=True)
        if self._connection is not None:
            self._connection.close()
        shutil.rmtree(self._temp, ignore_errors=True)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The database."""
        if self._connection is None:
            raise RuntimeError("the engine has no database")
        return self._connection

    @connection.setter
    def connection(self, opened: duckdb.DuckDBPyConnection) -> None:
        self._connection = opened


def _sorted_out(
    sources: Iterable[Lake | Path | str | Mapping[str, object]], types: Types, hot: bool
) -> tuple[list[Lake], dict[str, Source], list[Path]]:
    """The lakes, the other tables by name, and the places on disk that they read."""
    lakes: list[Lake] = []
    tables: dict[str, Source] = {}
    places: list[Path] = []
    for source in sources:
        if isinstance(source, Mapping):
            for name, data in source.items():
                known = hunting_table_name(name)
                tables[known or name] = _table(known or name, data, types.get(name, {}), hot, places)
        else:
            lake = source if isinstance(source, Lake) else Lake(source)
            lakes.append(lake)
            places.append(lake.path)
    return lakes, tables, places


def _table(name: str, data: Any, types: Mapping[str, KqlType], hot: bool, places: list[Path]) -> Source:  # any data
    table = TABLES.get(name)
    paths = [data] if isinstance(data, str | Path) else data
    if isinstance(paths, list | tuple) and paths and all(isinstance(path, str | Path) for path in paths):
        read = [Path(path) for path in paths]
        places.extend(read)
        return FilesTable(name, read, table=table, types=types, hot=hot)
    return FrameTable(name, data, table=table, types=types)
