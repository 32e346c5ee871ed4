"""Taking exports of a hunting table into a lake, against DuckDB's own JSON reader with types detected.

Both read the same rows of DeviceProcessEvents from the same disk. The reader makes a table in memory of what it finds;
ours also checks every value against the catalogue's type, sorts, and leaves Parquet by day on disk, synced. The first
figure is the one to watch; the others read the same rows in the other forms that exports have.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from harness import Comparison, compare
from vedette.catalogue.tables import TABLES, Column
from vedette.telemetry import Lake, ingest

ROWS = 50_000
TABLE = TABLES["DeviceProcessEvents"]
_FIRST = datetime(2026, 11, 1, tzinfo=UTC)
_COMMANDS = (
    "C:\\Windows\\System32\\svchost.exe -k netsvcs -p -s Schedule",
    'cmd.exe /c "dir C:\\Users"',
    "powershell.exe -NoProfile -File C:\\ProgramData\\inventory.ps1",
)


def measure() -> Iterator[Comparison]:
    """JSON lines, CSV and Parquet, each against the JSON reader."""
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        home = Path(folder)
        lines = home / "DeviceProcessEvents.jsonl"
        sheet = home / "DeviceProcessEvents.csv"
        _write(lines, sheet)

        def reader() -> int:
            with duckdb.connect() as engine:
                engine.execute("CREATE TABLE rows AS SELECT * FROM read_json(?)", [str(lines)])
                return _count(engine, "SELECT count(*) FROM rows")

        def taken(file: Path) -> int:
            lake = home / "lake"
            shutil.rmtree(lake, ignore_errors=True)
            return ingest([file], Lake(lake)).rows[TABLE.name]

        parquet = home / "DeviceProcessEvents.parquet"
        with duckdb.connect() as engine:
            engine.execute("CREATE TABLE rows AS SELECT * FROM read_csv(?)", [str(sheet)])
            engine.execute(f"COPY rows TO '{parquet}'")
        for name, file in (("JSON lines", lines), ("CSV", sheet), ("Parquet", parquet)):
            if not taken(file) == reader() == ROWS:
                raise RuntimeError("the two do not read the same rows")
            found = compare(
                f"ingest: {ROWS:,} rows, {lines.stat().st_size / 1e6:.0f} MB as JSON, from {name}",
                lambda file=file: taken(file),  # type: ignore[misc]  # bound now
                reader,
                against="DuckDB read_json, types detected, into memory",
                rounds=5,
                note="",
            )
            rate = f"{ROWS / found.ours_s:,.0f} rows/s against {ROWS / found.baseline_s:,.0f}"
            yield Comparison(**{**vars(found), "name": f"{found.name}: {rate}"})


def _count(engine: duckdb.DuckDBPyConnection, sql: str) -> int:
    (found,) = engine.execute(sql).fetchone() or (0,)
    return int(found)


def _write(lines: Path, sheet: Path) -> None:
    with lines.open("w") as as_lines, sheet.open("w", newline="") as as_sheet:
        writer = csv.DictWriter(as_sheet, [column.name for column in _COLUMNS])
        writer.writeheader()
        for number in range(ROWS):
            row = {column.name: _value(column, number) for column in _COLUMNS}
            as_lines.write(json.dumps(row) + "\n")
            writer.writerow(row)


# DuckDB's reader cannot have two columns that differ in letter case alone.
_COLUMNS = [column for column in TABLE.columns if column.name != "LogonID"]


def _value(column: Column, number: int) -> object:
    at = _FIRST + timedelta(seconds=17 * number)
    match column.type:
        case "datetime":
            return f"{at:%Y-%m-%dT%H:%M:%S}.{number % 10_000_000:07}Z"
        case "bool":
            return number % 2 == 0
        case "int" | "long":
            return number % 100_000
    if column.name.endswith(("SHA256", "SHA1", "MD5", "DeviceId")):
        length = 64 if column.name.endswith("SHA256") else 32 if column.name.endswith("MD5") else 40
        return hashlib.sha256(str(number % 500).encode()).hexdigest()[:length]
    if column.name.endswith("CommandLine"):
        return _COMMANDS[number % len(_COMMANDS)]
    if column.name == "ActionType":
        return "ProcessCreated"
    if column.name == "AdditionalFields":
        return '{"IntegrityLevel": "Medium"}'
    # Most columns of most rows hold little or nothing.
    return "" if number % 3 else f"{column.name[:12]} {number % 50}"
