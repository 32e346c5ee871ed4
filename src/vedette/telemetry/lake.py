"""Hunting tables on disk: typed Parquet by table and day, read through DuckDB.

```text
<lake>/<Table>/<YYYY-MM-DD>/part-<writer>-<n>.parquet    rows of one UTC day; "undated" for tables without a Timestamp
<lake>/.records/<name>.json                               notes that writers committed together with their rows
<lake>/.rejects/<source>.jsonl                            what a source had that became no row, as JSON lines
<lake>/.incoming/<writer>/                                what an open writer has so far; never read
```

A writer's files appear when it closes, all of them or none: `committed` in its folder marks the point of no return,
and whoever opens the lake after a crash finishes the moves (or throws away what was never committed).
Column types are `parquet`'s matter, writing rows is `lake_writer`'s. Queries in KQL are not answered here: `files`
and `create_views` are what an engine needs.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vedette.catalogue.tables import TABLES, KqlType, Table
from vedette.telemetry.parquet import stored_names

if TYPE_CHECKING:
    import duckdb

Between = tuple[datetime, datetime]
"""From (included) to (excluded); naive times count as UTC."""

UNDATED: Final = "undated"
_INCOMING: Final = ".incoming"
_RECORDS: Final = ".records"
_REJECTS: Final = ".rejects"
_COMMITTED: Final = "committed"
_FETCH: Final = 4_096
ENGINE_TYPE: Final[Mapping[KqlType, str]] = {
    "string": "VARCHAR",
    "dynamic": "VARCHAR",
    "guid": "VARCHAR",
    "bool": "BOOLEAN",
    "int": "INTEGER",
    "long": "BIGINT",
    "real": "DOUBLE",
    "decimal": "DECIMAL(38, 18)",
    "datetime": "TIMESTAMP_NS",
    "timespan": "BIGINT",
}
"""KQL type → the DuckDB type that its Parquet column is read as."""


class Tally(NamedTuple):
    """Rows that have the same values in some columns: how many, and the first and last time."""

    values: tuple[Any, ...]  # Any: values of columns of all types
    rows: int
    first: datetime | None
    """None in a table without times."""
    last: datetime | None


class Lake:
    """The hunting tables under one folder. Safe to share between threads: every call has its own cursor."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._opening = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self.recover()

    def __repr__(self) -> str:
        return f"Lake({str(self.path)!r})"

    def close(self) -> None:
        """Let go of the engine. The lake can be used again afterwards."""
        with self._opening:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # Reading

    def tables(self) -> list[str]:
        """The tables that have rows, in the catalogue's order."""
        return [name for name in TABLES if self.files(name)]

    def days(self, table: str) -> list[date]:
        """The days for which a table has files, oldest first."""
        found = (_day(folder.name) for folder in self._folders(table))
        return sorted(day for day in found if day)

    def files(self, table: str, *, between: Between | None = None) -> list[Path]:
        """The Parquet files of a table, oldest day first; only those that can hold rows of a period.

        Raises: `KeyError` when the catalogue has no such table.
        """
        TABLES[table]
        folders = sorted(self._folders(table))
        if between:
            first, last = _utc(between[0]).date(), _utc(between[1]).date()
            folders = [folder for folder in folders if (day := _day(folder.name)) is None or first <= day <= last]
        return [file for folder in folders for file in sorted(folder.glob("part-*.parquet"))]

    def counts(self) -> dict[str, int]:
        """Rows per table, for the tables that have any."""
        counted = {}
        for name in self.tables():
            with self._cursor() as cursor:
                answer = cursor.execute("SELECT count(*) FROM read_parquet(?)", [_texts(self.files(name))]).fetchone()
            counted[name] = int(answer[0]) if answer else 0
        return counted

    def find(
        self,
        table: str,
        *,
        equals: Mapping[str, object] | None = None,
        between: Between | None = None,
        columns: Sequence[str] = (),
        order_by: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[dict[str, object]]:
        """Rows of a table, as `rows` gives them, in a list."""
        return list(self.rows(table, equals=equals, between=between, columns=columns, order_by=order_by, limit=limit))

    def rows(
        self,
        table: str,
        *,
        equals: Mapping[str, object] | None = None,
        between: Between | None = None,
        columns: Sequence[str] = (),
        order_by: Sequence[str] = (),
        limit: int | None = None,
    ) -> Iterator[dict[str, object]]:
        """Rows of a table, read a few thousand at a time. A table without files has none.

        equals: column → value, or a list, tuple or set of values of which one must match; None matches null.
        between: only rows of this period. columns: only these, in this order; all by default.
        order_by: column names, `-` before a name turns its order around; without it the order is unspecified.
        Times come back as aware UTC `datetime`, cut to microseconds.
        Raises: `KeyError` for a table or column that the catalogue does not have.
        """
        declared = TABLES[table]
        for name in (*columns, *(equals or {}), *(key.removeprefix("-") for key in order_by)):
            declared.column(name)
        files = self.files(table, between=between)
        return self._rows(declared, files, equals or {}, between, columns, order_by, limit) if files else iter(())

    def tally(
        self,
        table: str,
        *,
        by: Sequence[str],
        equals: Mapping[str, object] | None = None,
        contains: Mapping[str, str] | None = None,
        between: Between | None = None,
    ) -> list[Tally]:
        """Count the rows of a table by the values of columns, in the engine: the answer is as long as there are values.

        contains: column → text that it must hold somewhere, in any letter case. The rest is as in `rows`.
        """
        declared = TABLES[table]
        for name in (*by, *(equals or {}), *(contains or {})):
            declared.column(name)
        files = self.files(table, between=between)
        if not files:
            return []
        where = _conditions(declared, equals or {}, between)
        for name, text in (contains or {}).items():
            where.contain(table, name, text)
        stored = stored_names(table)
        names = ", ".join(_quoted(stored[name]) for name in by)
        when = _quoted(declared.time_column) if declared.time_column else "NULL::TIMESTAMP_NS"
        sql = f"SELECT {names}, count(*), min({when}), max({when}) FROM read_parquet(?) {where.sql} GROUP BY {names}"  # noqa: S608  (catalogue names)
        with self._cursor() as cursor:
            found = cursor.execute(sql, [_texts(files), *where.values]).fetchall()
        return [
            Tally(tuple(values), rows, first and first.replace(tzinfo=UTC), last and last.replace(tzinfo=UTC))
            for *values, rows, first, last in found
        ]

    def create_views(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give an engine a view per table of the catalogue, typed and empty where the lake has no files.

        Columns have their `parquet.stored_names`: others than the catalogue's where two names differ in case only.
        """
        for declared in TABLES.values():
            stored = stored_names(declared.name)
            files = self.files(declared.name)
            if files:
                listed = ", ".join(_literal(file) for file in _texts(files))
                source = f"SELECT * FROM read_parquet([{listed}])"  # noqa: S608  (paths of our own, quoted)
            else:
                nothing = ", ".join(
                    f"NULL::{ENGINE_TYPE[column.type]} AS {_quoted(stored[column.name])}" for column in declared.columns
                )
                source = f"SELECT {nothing} WHERE false"
            connection.execute(f"CREATE OR REPLACE VIEW {_quoted(declared.name)} AS {source}")

    # Records that were committed together with rows

    def records(self) -> dict[str, Any]:  # JSON of whoever wrote it
        """Name → content of every record."""
        return {file.stem: json.loads(file.read_text()) for file in sorted((self.path / _RECORDS).glob("*.json"))}

    def record(self, name: str) -> Any | None:  # JSON of whoever wrote it
        """The content of one record; None when there is none of this name."""
        try:
            return json.loads((self.path / _RECORDS / f"{name}.json").read_text())
        except FileNotFoundError:
            return None

    def rejects(self, source: str) -> Path:
        """Where the rejects of a source are, if it had any."""
        return self.path / _REJECTS / f"{source}.jsonl"

    # Writers

    @contextlib.contextmanager
    def incoming(self, writer: str) -> Iterator[Incoming]:
        """A folder for a writer's files, locked while it is open; used by `LakeWriter`."""
        folder = self.path / _INCOMING / writer
        with self._recovering():
            folder.mkdir(parents=True)
            lock = _locked(folder / "lock")
        if lock is None:  # pragma: no cover  (the folder is new and its name random)
            raise RuntimeError(f"{folder} is in use")
        try:
            yield Incoming(folder)
            if (folder / _COMMITTED).exists():
                self._move(folder)
        finally:
            if not (folder / _COMMITTED).exists():
                shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)

    def recover(self) -> None:
        """Finish what a crashed writer had committed, and throw away what it had not. Living writers are left alone."""
        if not (self.path / _INCOMING).is_dir():
            return
        with self._recovering():
            for folder in (self.path / _INCOMING).iterdir():
                if not folder.is_dir() or (lock := _locked(folder / "lock")) is None:
                    continue
                if (folder / _COMMITTED).exists():
                    self._move(folder)
                else:
                    shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)

    # Inside

    def _move(self, folder: Path) -> None:
        """Bring a committed folder's files to their places. Repeating it after a crash goes on where it stopped."""
        ready = folder / "files"
        moved_to = set()
        for file in sorted(path for path in ready.rglob("*") if path.is_file()):
            target = self.path / file.relative_to(ready)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
            moved_to.add(target.parent)
        for changed in moved_to:
            sync(changed)
        shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def _recovering(self) -> Iterator[None]:
        """One at a time: setting up a writer's folder, and looking for folders that were left behind."""
        (self.path / _INCOMING).mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path / _INCOMING / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _folders(self, table: str) -> list[Path]:
        try:
            return [entry for entry in (self.path / table).iterdir() if entry.is_dir()]
        except FileNotFoundError:
            return []

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        import duckdb

        with self._opening:
            if self._connection is None:
                connection = duckdb.connect()
                # Files are never changed once they are there, so what their footers say may be kept.
                connection.execute("SET GLOBAL parquet_metadata_cache = true")
                self._connection = connection
            cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def _rows(
        self,
        table: Table,
        files: Sequence[Path],
        equals: Mapping[str, object],
        between: Between | None,
        columns: Sequence[str],
        order_by: Sequence[str],
        limit: int | None,
    ) -> Iterator[dict[str, object]]:
        names = list(columns) or [column.name for column in table.columns]
        where = _conditions(table, equals, between)
        stored = stored_names(table.name)
        order = [
            f"{_quoted(stored[key.removeprefix('-')])} {'DESC' if key.startswith('-') else 'ASC'}" for key in order_by
        ]
        sql = (
            f"SELECT {', '.join(_quoted(stored[name]) for name in names)} FROM read_parquet(?) {where.sql}"  # noqa: S608  (catalogue names)
            + (f" ORDER BY {', '.join(order)}" if order else "")
            + (" LIMIT ?" if limit is not None else "")
        )
        values = [_texts(files), *where.values, *([limit] if limit is not None else [])]
        times = [name for name in names if table.column(name).type == "datetime"]
        with self._cursor() as cursor:
            cursor.execute(sql, values)
            while found := cursor.fetchmany(_FETCH):
                for record in found:
                    row = dict(zip(names, record, strict=True))
                    for name in times:
                        if (at := row[name]) is not None:
                            row[name] = at.replace(tzinfo=UTC)
                    yield row


class Incoming:
    """What one writer has so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, table: str, day: str, name: str) -> Path:
        """Where to write a file of a table; its folder is there."""
        path = self._folder / "files" / table / day / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def record(self, name: str, content: object) -> None:
        """A note that becomes visible together with the rows; the same name replaces an earlier one."""
        path = self._folder / "files" / _RECORDS / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, sort_keys=True))

    def rejects(self, source: str) -> Path:
        """Where to write what became no row, as JSON lines; its folder is there."""
        path = self._folder / "files" / _REJECTS / f"{source}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def commit(self) -> None:
        """From here on the files count as written, whatever happens."""
        for file in (self._folder / "files").rglob("*"):
            sync(file)
        (self._folder / _COMMITTED).touch()
        sync(self._folder / _COMMITTED)
        sync(self._folder)


class _Conditions:
    """The WHERE clause of a search, its values apart from its text."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.values: list[object] = []

    def equal(self, table: Table, name: str, value: object) -> None:
        several = isinstance(value, list | tuple | set | frozenset)
        wanted = [_bound(one) for one in value] if several else [_bound(value)]  # type: ignore[attr-defined]  # several
        column = _quoted(stored_names(table.name)[name])
        parts = []
        if None in wanted:
            parts.append(f"{column} IS NULL")
            wanted = [one for one in wanted if one is not None]
        if wanted:
            marks = ", ".join(f"?::{ENGINE_TYPE[table.column(name).type]}" for _ in wanted)
            parts.append(f"{column} IN ({marks})")
        self._parts.append(f"({' OR '.join(parts)})" if parts else "false")
        self.values += wanted

    def contain(self, table: str, name: str, text: str) -> None:
        self._parts.append(f"contains(lower({_quoted(stored_names(table)[name])}), lower(?))")
        self.values.append(text)

    def within(self, name: str, between: Between) -> None:
        self._parts.append(f"{_quoted(name)} >= ?::TIMESTAMP_NS AND {_quoted(name)} < ?::TIMESTAMP_NS")
        self.values += [_bound(at) for at in between]

    @property
    def sql(self) -> str:
        return f"WHERE {' AND '.join(self._parts)}" if self._parts else ""


def _conditions(table: Table, equals: Mapping[str, object], between: Between | None) -> _Conditions:
    where = _Conditions()
    for name, value in equals.items():
        where.equal(table, name, value)
    if between and table.time_column:
        where.within(table.time_column, between)
    return where


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _locked(path: Path) -> int | None:
    """An open lock on a file, or None while another process or thread holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _bound(value: object) -> object:
    """A value as the engine takes it: times without a zone, in UTC."""
    return _utc(value).replace(tzinfo=None) if isinstance(value, datetime) else value


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _texts(files: Sequence[Path]) -> list[str]:
    # DuckDB takes these signs for patterns; a folder in whose name they stand is meant literally.
    return [re.sub(r"[*?\[]", lambda found: f"[{found[0]}]", str(file)) for file in files]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@functools.lru_cache(maxsize=4_096)
def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def day_name(days_since_1970: int) -> str:
    """The folder of a day."""
    return (date(1970, 1, 1) + timedelta(days=days_since_1970)).isoformat()
