"""Which tables a place on disk holds: lakes, folders named after tables, and files named after tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from vedette.catalogue.tables import TABLES
from vedette.errors import ConfigurationError
from vedette.hunting.files import FORMATS, format_of, stem_of
from vedette.hunting.lakes import is_lake

_BY_FOLDED: Final = {name.lower(): name for name in TABLES}
_SEPARATORS: Final = "-_. ("


@dataclass(slots=True)
class Places:
    """What was found."""

    lakes: list[Path] = field(default_factory=list)
    tables: dict[str, list[Path]] = field(default_factory=dict)


def find(paths: Iterable[Path]) -> Places:
    """The lakes and tables below some paths.

    Raises: ConfigurationError when a path is not there, or holds nothing that can be read.
    """
    places = Places()
    for path in paths:
        if not path.exists():
            raise ConfigurationError(f"there is no file or folder {path}", path=str(path))
        before = len(places.lakes) + sum(map(len, places.tables.values()))
        _add(path, places)
        if len(places.lakes) + sum(map(len, places.tables.values())) == before:
            raise ConfigurationError(
                f"{path} holds no tables",
                path=str(path),
                hint=f"Known endings of files: {' '.join(FORMATS)}, also with .gz or .zst.",
            )
    return places


def hunting_table_name(name: str) -> str | None:
    """The hunting table of this name, however its letters' case is."""
    return _BY_FOLDED.get(name.lower())


def table_name(stem: str) -> str:
    """The table that a file or folder of this name belongs to: `deviceevents` and `DeviceEvents-2026-01` are both
    `DeviceEvents`; a name that is like no hunting table names a table of its own."""
    if known := hunting_table_name(stem):
        return known
    starts = [folded for folded in _BY_FOLDED if stem.lower().startswith(folded) and stem[len(folded)] in _SEPARATORS]
    return _BY_FOLDED[max(starts, key=len)] if starts else stem


def _add(path: Path, places: Places) -> None:
    if path.is_file():
        if format_of(path):
            places.tables.setdefault(table_name(stem_of(path)), []).append(path)
        return
    if is_lake(path):
        places.lakes.append(path)
        return
    for entry in sorted(path.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_file():
            _add(entry, places)
        elif is_lake(entry):
            places.lakes.append(entry)
        elif any(format_of(file) for file in entry.rglob("*") if file.is_file()):
            places.tables.setdefault(table_name(entry.name), []).append(entry)
