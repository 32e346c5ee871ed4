"""One SQLite file: opened once, safe to use from several threads, durable for every answered write.

`journal_mode=WAL` lets readers go on beside the writer; `synchronous=FULL` makes a commit wait for the disk, so that
nothing is lost when the process is killed.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from vedette.odata import install_functions


class Database:
    """A connection shared under a lock. `path=None` keeps everything in memory."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._connection = sqlite3.connect(
            ":memory:" if path is None else path, check_same_thread=False, isolation_level=None
        )
        if path is not None:
            path.chmod(0o600)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
        install_functions(self._connection)

    @property
    def version(self) -> tuple[int, int]:
        """Differs after every write, of this connection or another; what was derived before it may be out of date."""
        with self._lock:
            (row,) = self._connection.execute("PRAGMA data_version").fetchall()
            return self._connection.total_changes, int(row[0])

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement that answers no rows; gives the number of rows it changed."""
        with self._lock:
            return self._connection.execute(sql, parameters).rowcount

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for each row, as one transaction."""
        with self.transaction():
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. May be nested: only the outermost commits, and any exception undoes it all."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def close(self) -> None:
        """Write back the journal and close the file."""
        with self._lock:
            self._connection.close()
