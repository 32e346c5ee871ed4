"""Tables in files of other programs: Parquet, CSV and JSON, several of them side by side.

Parquet is read where it is. Text is read once, into memory, when a query first names the table, and again when a file
has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from vedette.catalogue.tables import KqlType, Table
from vedette.errors import ConfigurationError
from vedette.hunting.columns import WIDE, Found, Reading, declared_types, readings
from vedette.hunting.names import listed, literal, quoted
from vedette.kql.tables import TableSchema

if TYPE_CHECKING:
    import duckdb

Format = Literal["parquet", "csv", "json"]
FORMATS: Final[Mapping[str, Format]] = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".psv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_COMPRESSED: Final = (".gz", ".zst")
_LARGEST_OBJECT: Final = 64 * 1024**2
"""Bytes of one JSON value."""


def format_of(file: Path) -> Format | None:
    """By the ending of the name; None when it is of no known kind."""
    endings = [ending.lower() for ending in file.suffixes]
    if endings and endings[-1] in _COMPRESSED:
        endings.pop()
    return FORMATS.get(endings[-1]) if endings else None


def stem_of(file: Path) -> str:
    """The name without the endings that tell its format."""
    name = file.name
    for known in (_COMPRESSED, tuple(FORMATS)):
        for ending in known:
            if name.lower().endswith(ending):
                name = name[: -len(ending)]
                break
    return name


def files_below(path: Path) -> list[Path]:
    """A file, or all files of known kinds in a folder and in those below it."""
    if not path.is_dir():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and format_of(file) and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )


class FilesTable:
    """A table whose rows are in files; a column is in the table when any of them has it.

    table: the hunting table that it is, if it is one. types: column → type, where it should not be found out.
    """

    def __init__(
        self,
        name: str,
        paths: Sequence[Path],
        *,
        table: Table | None = None,
        types: Mapping[str, KqlType] | None = None,
        hot: bool = False,
    ) -> None:
        self._name = name
        self._paths = paths
        self._table = table
        self._types = dict(types or {})
        self._hot = hot
        self._seen: list[tuple[str, int, int]] | None = None
        self._made: list[tuple[str, int, int]] | None = None
        self._schema: TableSchema | None = None

    def schema(self, connection: duckdb.DuckDBPyConnection) -> TableSchema:
        """Name and type of each column. Text is read for it: only all rows tell the types.

        Raises: ConfigurationError when there is no file, or one cannot be read.
        """
        self.prepare(connection)
        if self._schema is None:  # pragma: no cover  (`prepare` sets it or raises)
            raise RuntimeError(f"{self._name} is not prepared")
        return self._schema

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the view or table, or bring it up to date."""
        import duckdb as engine

        self._look_at()
        if self._made == self._seen:
            return
        by_format = self._by_format()
        text = set(by_format) != {"parquet"}
        kind = "TABLE" if text or self._hot else "VIEW"
        # What the first rows look like may not hold for all: then all are looked at, then texts are taken as texts.
        for care in (0, 1, 2) if text else (0,):
            try:
                self._schema, rows = self._way(connection, by_format, care)
                _drop(connection, self._name)
                connection.execute(f"CREATE {kind} {quoted(self._name)} AS {rows}")
                break
            except (engine.ConversionException, engine.InvalidInputException) as error:
                if care == 2 or not text:
                    raise _unreadable(self._name, error) from error
            except engine.Error as error:
                raise _unreadable(self._name, error) from error
            except RuntimeError as error:
                # This is how DuckDB tells of Ctrl-C.
                raise KeyboardInterrupt from error
        self._made = self._seen

    def is_empty(self) -> bool:
        """Not told: files are there."""
        return False

    def forget(self) -> None:
        """The database is a new one."""
        self._made = None

    def _look_at(self) -> None:
        files = [file for path in self._paths for file in files_below(path)]
        try:
            self._seen = [(str(file.absolute()), (at := file.stat()).st_mtime_ns, at.st_size) for file in files]
        except OSError as error:
            raise ConfigurationError(
                f"table {self._name}: {error.filename} cannot be read: {error.strerror}"
            ) from error
        if not self._seen:
            places = ", ".join(map(str, self._paths))
            raise ConfigurationError(f"table {self._name}: there is no file of a known kind in {places}", hint=_KINDS)

    def _by_format(self) -> dict[Format, list[str]]:
        by_format: dict[Format, list[str]] = {}
        for file, _, _ in self._seen or ():
            kind = format_of(Path(file))
            if kind is None:
                raise ConfigurationError(f"table {self._name}: {file} is of no known kind", hint=_KINDS)
            by_format.setdefault(kind, []).append(file)
        return by_format

    def _way(
        self, connection: duckdb.DuckDBPyConnection, by_format: Mapping[Format, list[str]], care: int
    ) -> tuple[TableSchema, str]:
        """Schema and SQL."""
        pieces = [_piece(connection, kind, paths, care) for kind, paths in by_format.items()]
        found, source = _together(connection, pieces)
        known = declared_types([column.name for column in found], self._table) if self._table or care == 0 else {}
        declared = known | self._types
        read = readings(self._name, found, declared, complete=self._table)
        return TableSchema(self._name, tuple(reading.column for reading in read)), _select(read, source)


_KINDS: Final = f"Known endings: {' '.join(FORMATS)}, also with .gz or .zst."


def _select(read: Sequence[Reading], source: str) -> str:
    values = ", ".join(f"{reading.sql} AS {quoted(reading.column.stored)}" for reading in read)
    return f"SELECT {values} FROM {source}"  # noqa: S608  (names, quoted)


def _piece(
    connection: duckdb.DuckDBPyConnection, kind: Format, paths: Sequence[str], care: int
) -> tuple[list[Found], str]:
    """The columns of files of one format, and the FROM clause that reads them.

    care: 0 judges by the first rows; 1 by all rows; 2 takes every text as a text.
    """
    if kind == "parquet":
        return _parquet(connection, paths)
    if kind == "csv":
        return _csv(connection, paths, care)
    return _json(connection, paths, care)


def _parquet(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> tuple[list[Found], str]:
    source = f"read_parquet({listed(paths)}, union_by_name = true)"
    described = _described(connection, source)
    # A column may have nulls where a file says so, does not say, or lacks the column.
    doubts = f"coalesce(sum(stats_null_count), 1) + count(*) - count(stats_null_count) + {len(paths)}"
    nulls = dict(
        connection.execute(
            f"SELECT path_in_schema, {doubts} - count(DISTINCT file_name) "  # noqa: S608  (paths, quoted)
            f"FROM parquet_metadata({listed(paths)}) GROUP BY 1"
        ).fetchall()
    )
    names = _first_spellings(
        connection,
        f"SELECT name FROM parquet_schema({literal(paths[0])}) OFFSET 1",  # noqa: S608  (paths, quoted)
        described,
    )
    found = [Found(names.get(name, name), name, kind, has_nulls=bool(nulls.get(name, 1))) for name, kind in described]
    wide = [column.read_as for column in found if column.engine_type in WIDE]
    fits = _fitting(connection, source, wide)
    return [replace(column, fits_long=column.read_as in fits) for column in found], source


def _first_spellings(
    connection: duckdb.DuckDBPyConnection, names_sql: str, described: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """What DuckDB calls a column → what the file calls it, for names that differ in letter case only."""
    original = {str(name) for (name,) in connection.execute(names_sql).fetchall()}
    spelled = {}
    for name, _ in described:
        base, _, number = name.rpartition("_")
        if name not in original and number.isdigit() and base in original:
            spelled[name] = base
    return spelled


def _fitting(connection: duckdb.DuckDBPyConnection, source: str, columns: Sequence[str]) -> set[str]:
    if not columns:
        return set()
    ranges = ", ".join(f"coalesce(max({quoted(name)}), 0) <= {2**63 - 1}" for name in columns)
    answer = connection.execute(f"SELECT {ranges} FROM {source}").fetchone() or ()  # noqa: S608  (names, quoted)
    return {name for name, fits in zip(columns, answer, strict=True) if fits}


def _csv(connection: duckdb.DuckDBPyConnection, paths: Sequence[str], care: int) -> tuple[list[Found], str]:
    # Quotes are those of RFC 4180; left to themselves, few rows are often taken for text without any.
    quotes = "quote = '\"', escape = '\"', strict_mode = false"
    base = f"{listed(paths)}, union_by_name = true, {quotes}, max_line_size = {_LARGEST_OBJECT}"
    sampled = "" if care == 0 else ", sample_size = -1"
    described = _described(connection, f"read_csv({base}{sampled})")
    names = _first_spellings(
        connection,
        "SELECT unnest([*COLUMNS(*)]) FROM "  # noqa: S608  (paths, quoted)
        f"(FROM read_csv({literal(paths[0])}, header = false, all_varchar = true) LIMIT 1)",
        described,
    )
    found = [
        Found(
            names.get(name, name),
            name,
            kind if kind in _SIMPLE and care < 2 else "VARCHAR",
            kind=_text_kind(kind, care),
        )
        for name, kind in described
    ]
    types = ", ".join(f"{literal(column.read_as)}: {literal(column.engine_type)}" for column in found)
    return found, f"read_csv({base}{sampled}, types = {{{types}}})"


def _json(connection: duckdb.DuckDBPyConnection, paths: Sequence[str], care: int) -> tuple[list[Found], str]:
    # All rows are looked at: a property that the first ones lack would otherwise be missing without a word.
    base = f"read_json({listed(paths)}, maximum_object_size = {_LARGEST_OBJECT}, sample_size = -1, union_by_name = true"
    described = _described(connection, f"{base}, maximum_depth = 2)")
    names = _first_spellings(
        connection,
        f"SELECT DISTINCT unnest(json_keys(json)) FROM read_json_objects({listed(paths)})",  # noqa: S608  (paths, quoted)
        described,
    )
    # Values come as JSON and get their type here: DuckDB would fill up bags with each other's properties.
    found = [Found(names.get(name, name), name, "JSON", kind=_text_kind(kind, care)) for name, kind in described]
    return found, f"{base}, maximum_depth = 1)"


def _text_kind(engine_type: str, care: int) -> KqlType:
    """The type of a column of texts that look like an engine's type."""
    if engine_type in _SIMPLE:
        return _SIMPLE[engine_type] if care < 2 else "string"
    if engine_type == "DATE" or engine_type.startswith("TIMESTAMP"):
        return "datetime" if care < 2 else "string"
    return "string" if engine_type in ("VARCHAR", "UUID", "TIME") else "dynamic"


_SIMPLE: Final[Mapping[str, KqlType]] = {"BOOLEAN": "bool", "BIGINT": "long", "DOUBLE": "real"}


def _described(connection: duckdb.DuckDBPyConnection, source: str) -> list[tuple[str, str]]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608  (made here)
    return [(str(row[0]), str(row[1])) for row in rows]


def _together(
    connection: duckdb.DuckDBPyConnection, pieces: Sequence[tuple[list[Found], str]]
) -> tuple[list[Found], str]:
    """Files of several formats as one: by name, every column as text where they do not agree."""
    if len(pieces) == 1:
        return pieces[0]
    selects = []
    for found, source in pieces:
        values = [f"{reading.sql} AS {quoted(reading.column.stored)}" for reading in readings("", found, {})]
        selects.append(f"SELECT {', '.join(values)} FROM {source}")  # noqa: S608  (names, quoted)
    source = f"({' UNION ALL BY NAME '.join(selects)})"
    return [Found(name, name, kind) for name, kind in _described(connection, source)], source


def _drop(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    found = connection.execute(
        "SELECT table_type FROM information_schema.tables WHERE table_schema = 'main' AND table_name = ?", [name]
    ).fetchone()
    if found:
        connection.execute(f"DROP {'VIEW' if found[0] == 'VIEW' else 'TABLE'} {quoted(name)}")


def _unreadable(name: str, error: Exception) -> ConfigurationError:
    said = str(error).partition("\n")[0].partition(": ")[2] or str(error)
    return ConfigurationError(
        f"table {name} cannot be read: {said}", hint="Declare the types of its columns, or repair the file."
    )
