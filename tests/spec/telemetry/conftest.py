"""A small laboratory: events in the shape of recordings go in, hunting rows come out. All values are invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from vedette.telemetry import ImportResult, Lake, import_recordings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SYSMON = "Microsoft-Windows-Sysmon/Operational"

Fields = dict[str, Any]  # JSON


def sysmon(event_id: int, **fields: object) -> Fields:
    """A Sysmon event on ws-01.lab.example, half past two on 4 May 2021."""
    common: Fields = {
        "_dataset": "lab/first",
        "Channel": SYSMON,
        "EventID": event_id,
        "Hostname": "WS-01.lab.example",
        "@timestamp": "2021-05-04T14:30:01.000Z",
        "UtcTime": "2021-05-04 14:30:00.125",
    }
    return common | fields


def security(event_id: int, **fields: object) -> Fields:
    """A Security event on ws-01.lab.example, half past two on 4 May 2021."""
    common: Fields = {
        "_dataset": "lab/first",
        "Channel": "Security",
        "EventID": event_id,
        "Hostname": "WS-01.lab.example",
        "@timestamp": "2021-05-04T14:30:00.125Z",
    }
    return common | fields


def rejects(at: Path) -> list[Fields]:
    return [json.loads(line) for line in at.read_text().splitlines()]


class Lab:
    """One lake, and imports into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = Lake(folder / "lake")
        self.rejects = folder / "rejects.jsonl"

    def record(self, *events: Fields | str, name: str = "events.jsonl") -> Path:
        """Write a recording."""
        file = self.folder / "recordings" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in events))
        return file

    def ingest(self, *sources: Path, keep_times: bool = True, now: datetime = NOW) -> ImportResult:
        return import_recordings(sources, self.lake, keep_times=keep_times, now=now, rejects=self.rejects)

    def rows(self, table: str, *events: Fields) -> list[Fields]:
        """Record events, import them with their times kept, and give a table's rows with the columns that have a
        value, without those that every row of the laboratory has."""
        self.ingest(self.record(*events))
        common = {"DeviceId", "DeviceName", "ReportId", "Timestamp"}
        found = self.lake.find(table, order_by=["Timestamp", "ReportId"])
        return [
            {name: value for name, value in row.items() if value not in (None, "") and name not in common}
            for row in found
        ]

    def row(self, table: str, *events: Fields) -> Fields:
        (row,) = self.rows(table, *events)
        return row


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)
