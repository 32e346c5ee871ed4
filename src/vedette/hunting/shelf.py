"""All tables of an engine by name: what the compiler may name, and what SQL can read once it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from vedette.errors import ConfigurationError
from vedette.kql.tables import TableSchema

if TYPE_CHECKING:
    import duckdb


class Source(Protocol):
    """Where a table's rows come from."""

    def schema(self, connection: duckdb.DuckDBPyConnection) -> TableSchema:
        """The table's columns, as they are now."""

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the view or table that SQL reads, or bring it up to date."""

    def is_empty(self) -> bool:
        """Whether it is known to have no rows."""

    def forget(self) -> None:
        """The database is a new one: nothing is made yet."""


class Shelf(Mapping[str, TableSchema]):
    """Table name → schema. Schemas are found out when they are asked for."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = dict(sources)
        self._lock = threading.RLock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        by_folded: dict[str, str] = {}
        for name in self._sources:
            other = by_folded.setdefault(name.lower(), name)
            if other != name:
                raise ConfigurationError(f"tables {other} and {name} differ in letter case only", hint="Rename one.")

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Use this database from now on."""
        with self._lock:
            self._connection = connection
            for source in self._sources.values():
                source.forget()

    def prepare(self, names: Iterable[str]) -> None:
        """Make tables readable for SQL, with the rows that are there now."""
        with self._lock:
            for name in names:
                self._sources[name].prepare(self._attached())

    def empty(self, names: Iterable[str]) -> list[str]:
        """Those of the tables that are known to have no rows."""
        with self._lock:
            return [name for name in names if self._sources[name].is_empty()]

    def __getitem__(self, name: str) -> TableSchema:
        with self._lock:
            return self._sources[name].schema(self._attached())

    def __contains__(self, name: object) -> bool:
        return name in self._sources

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def _attached(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:  # pragma: no cover  (the engine attaches one at once)
            raise RuntimeError("the shelf has no database")
        return self._connection
