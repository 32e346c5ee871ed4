"""Hunting tables of lakes as views of an engine: rows that are written later are there for the next query."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.catalogue.tables import Table
from vedette.hunting.columns import nothing
from vedette.hunting.names import listed, quoted
from vedette.kql.tables import TableSchema, hunting_table
from vedette.telemetry.lake import Lake
from vedette.telemetry.parquet import stored_names

if TYPE_CHECKING:
    import duckdb


class LakeTable:
    """One hunting table, in all lakes together; without a lake it has no rows.

    hot: keep the rows in memory. Queries are several times as fast, and new files are added to what is there.
    """

    def __init__(self, table: Table, lakes: Sequence[Lake], *, hot: bool = False) -> None:
        self._table = table
        self._lakes = lakes
        self._hot = hot
        self._files: list[str] | None = None
        self._incomplete: dict[str, frozenset[str]] = {}
        self._schema = hunting_table(table, stored_names)

    def schema(self, connection: duckdb.DuckDBPyConnection) -> TableSchema:
        """The columns, as the catalogue has them."""
        return self._schema

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the view, or bring it up to date."""
        files = [str(file.absolute()) for lake in self._lakes for file in lake.files(self._table.name)]
        if files == self._files:
            return
        known = set(self._files or ())
        added = [file for file in files if file not in known]
        self._look_at(connection, added)
        name = quoted(self._table.name)
        if not files:
            connection.execute(f"CREATE OR REPLACE VIEW {name} AS {self._nothing()}")
        elif not self._hot:
            connection.execute(f"CREATE OR REPLACE VIEW {name} AS {self._rows(files)}")
        elif self._files and len(added) == len(files) - len(known):
            connection.execute(f"INSERT INTO {name} {self._rows(added)}")
        else:
            if self._files is not None:
                connection.execute(f"DROP {'TABLE' if self._files else 'VIEW'} {name}")
            connection.execute(f"CREATE TABLE {name} AS {self._rows(files)}")
        self._files = files

    def is_empty(self) -> bool:
        """Whether no lake had files of it when it was last looked at."""
        return not self._files

    def forget(self) -> None:
        """The database is a new one."""
        self._files = None

    def _look_at(self, connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> None:
        """Remember which files lack columns, being from before those were declared. Files never change."""
        wanted = {column.stored for column in self._schema.columns}
        for start in range(0, len(files), 500):
            names = f"SELECT file_name, list(name) FROM parquet_schema({listed(files[start : start + 500])}) GROUP BY 1"  # noqa: S608  (paths, quoted)
            for file, columns in connection.execute(names).fetchall():
                if lacking := wanted.difference(columns):
                    self._incomplete[file] = frozenset(lacking)

    def _rows(self, files: Sequence[str]) -> str:
        older = [self._incomplete[file] for file in files if file in self._incomplete]
        lacking = frozenset.intersection(*older) if len(older) == len(files) else frozenset()
        values = []
        for column in self._schema.columns:
            name = quoted(column.stored)
            if column.stored in lacking:
                values.append(f"{nothing(column.type)} AS {name}")
            elif column.type in ("dynamic", "guid"):
                # Files have empty text where there is no value.
                values.append(f"nullif({name}, '') AS {name}")
            elif column.type == "string" and older:
                values.append(f"coalesce({name}, '') AS {name}")
            else:
                values.append(name)
        by_name = ", union_by_name = true" if older else ""
        return f"SELECT {', '.join(values)} FROM read_parquet({listed(files)}{by_name})"  # noqa: S608  (names and paths, quoted)

    def _nothing(self) -> str:
        values = [f"{nothing(column.type)} AS {quoted(column.stored)}" for column in self._schema.columns]
        return f"SELECT {', '.join(values)} WHERE false"


def is_lake(folder: Path) -> bool:
    """Whether a folder is laid out as a lake: tables, days, and a writer's files in them."""
    return (folder / ".incoming").is_dir() or any(folder.glob("*/*/part-*.parquet"))
