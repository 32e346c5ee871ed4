"""How a recorded event becomes rows: one entry per event id, made by the `event` decorator.

`MAPPINGS` is the whole table; `sysmon` and `security` fill it. A mapping gives the rows' own columns; `complete` adds
what every row has: time, device, report number.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from vedette.catalogue.tables import Event
from vedette.telemetry.fields import file_name, hashes
from vedette.telemetry.lookup import Columns, Lookup
from vedette.telemetry.records import DEFENDER, NO_COUNTERPART, UNKNOWN_EVENT, Record, Rejected

Rows = Sequence[Event]
Make = Callable[[Record, Lookup], Rows]
"""The rows that an event becomes; none when it only adds to rows of others. Raises `Rejected`."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """What one kind of event becomes."""

    channel: str
    event_id: int
    title: str
    table: str | None
    """None: hunting has no counterpart."""
    make: Make


MAPPINGS: Final[dict[tuple[str, int], Mapping]] = {}
"""(log, event id) → what becomes of it."""


def event(channel: str, *event_ids: int, title: str, table: str) -> Callable[[Make], Make]:
    """Declare that a function makes the rows of these events, which go to `table` first of all."""

    def declare(make: Make) -> Make:
        for event_id in event_ids:
            MAPPINGS[channel, event_id] = Mapping(channel, event_id, title, table, make)
        return make

    return declare


def without_counterpart(channel: str, title: str, *event_ids: int) -> None:
    """Declare events that hunting has no row for."""

    def reject(record: Record, _: Lookup) -> Rows:
        raise Rejected(NO_COUNTERPART, f"{record.channel} {record.event_id}: {title}")

    for event_id in event_ids:
        MAPPINGS[channel, event_id] = Mapping(channel, event_id, title, None, reject)


def rows_of(record: Record, lookup: Lookup) -> Rows:
    """The rows that an event becomes, without what `Devices.complete` adds. Raises: `Rejected`."""
    mapping = MAPPINGS.get((record.channel, record.event_id))
    if mapping is None:
        raise Rejected(UNKNOWN_EVENT, f"{record.channel} {record.event_id}")
    return mapping.make(record, lookup)


def device_id(device_name: str) -> str:
    """The id of a recorded machine: the same 40 hexadecimal digits for the same name, always."""
    return hashlib.sha1(f"device:{device_name.lower()}".encode(), usedforsecurity=False).hexdigest()


def becomes_rows(record: Record) -> bool:
    """Whether an event of this kind becomes rows; what is wrong with this one in particular is not looked at."""
    if record.channel == DEFENDER:
        return True
    mapping = MAPPINGS.get((record.channel, record.event_id))
    return mapping is not None and mapping.table is not None


class Devices:
    """Gives rows their device and their number on it. Numbers start at 1 and follow the order of the recordings."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._reports: defaultdict[str, int] = defaultdict(int)

    def complete(self, host: str, at: int, rows: Iterable[Event]) -> None:
        """Add time, device and report number to rows of one machine, in place."""
        device = self._ids.get(host) or self._ids.setdefault(host, device_id(host))
        for _, row in rows:
            self._reports[host] += 1
            row["Timestamp"] = at
            row["DeviceId"] = device
            row["DeviceName"] = host
            row["ReportId"] = self._reports[host]


def kept(columns: Columns) -> Columns:
    """Only the columns that have a value."""
    return {name: value for name, value in columns.items() if value is not None and value != ""}


def additional(**members: object) -> str:
    """AdditionalFields: JSON text of the members that have a value."""
    return json.dumps({name: value for name, value in members.items() if value not in (None, "")}, ensure_ascii=False)


def file_columns(path: str, digests: str = "") -> Columns:
    """FileName, FolderPath and hashes of a file."""
    return {"FileName": file_name(path), "FolderPath": path, **hashes(digests)}
