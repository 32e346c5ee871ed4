"""The DuckDB database of an engine: opened, given its data, then locked so that no SQL reaches anything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.errors import ConfigurationError
from vedette.hunting.names import listed, literal

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What all queries of an engine share. None leaves the choice to DuckDB: all cores, and most of the memory."""

    memory_bytes: int | None = None
    temp_bytes: int | None = None
    """Space on disk for what does not fit into memory."""
    threads: int | None = None


def open_database(temp: Path, allowed: Sequence[Path], resources: Resources) -> duckdb.DuckDBPyConnection:
    """A database in memory that can read files below `allowed`, and nothing else: no other file, no network, no
    extension, no Python variable, and none of this can be turned back on."""
    try:
        import duckdb as engine
    except ImportError as error:
        raise ConfigurationError("hunting needs DuckDB", hint="pip install 'vedette[hunt]'") from error

    connection = engine.connect(config={"python_enable_replacements": False})
    folders = [
        f"{folder}/" for path in allowed for folder in [path.absolute()] if folder.is_dir() or not folder.exists()
    ]
    files = [str(path.absolute()) for path in allowed if path.is_file()]
    for statement in (
        "SET GLOBAL TimeZone = 'UTC'",
        # Files of a lake are never changed once they are there.
        "SET GLOBAL parquet_metadata_cache = true",
        f"SET temp_directory = {literal(str(temp))}",
        f"SET memory_limit = '{resources.memory_bytes}B'" if resources.memory_bytes else "",
        f"SET max_temp_directory_size = '{resources.temp_bytes}B'" if resources.temp_bytes else "",
        f"SET threads = {int(resources.threads)}" if resources.threads else "",
        f"SET allowed_directories = {listed(folders)}",
        f"SET allowed_paths = {listed(files)}",
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET allow_community_extensions = false",
        "SET allow_persistent_secrets = false",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        if statement:
            connection.execute(statement)
    return connection
