"""Rows on their way into the stream: what happened is noted briefly, and becomes a full row when it is its turn.

A note holds a time, a machine, an acting process and the columns that are particular to it. The thirty columns about
the acting process and the machine are added in `expand`, so a day of a thousand machines waits in little memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from vedette.catalogue.tables import TABLES, Event
from vedette.simulation.enterprise import Account, Host, identifier
from vedette.simulation.files import FileImage

_ACTING: dict[str, frozenset[str]] = {
    name: frozenset(column.name for column in table.columns if "InitiatingProcess" in column.name)
    for name, table in TABLES.items()
}


@dataclass(slots=True, eq=False)
class Process:
    """A running program, with everything that rows say about it."""

    host: Host
    pid: int
    created: datetime
    image: FileImage
    command_line: str
    account: Account
    parent: Process | None
    logon_id: int | None = None
    integrity: str = "System"
    elevation: str = "TokenElevationTypeDefault"
    session: int = 0
    _acting: dict[str, dict[str, object]] = field(default_factory=dict, repr=False)

    @property
    def unique_id(self) -> str:
        """A key that no other process of the machine has, ever."""
        return str(int(self.created.timestamp()) << 24 | self.pid & 0xFFFFFF)

    def acting(self, table: str) -> dict[str, object]:
        """The columns of a table that describe this process as the one that acts."""
        found = self._acting.get(table)
        if found is None:
            every: dict[str, object] = {
                **self.image.acting_columns,
                **self.account.acting_columns,
                "InitiatingProcessId": self.pid,
                "InitiatingProcessCommandLine": self.command_line,
                "InitiatingProcessCreationTime": self.created,
                "InitiatingProcessUniqueId": self.unique_id,
                "IsInitiatingProcessRemoteSession": False,
                "InitiatingProcessSessionId": self.session,
            }
            if self.host.is_windows:
                every["InitiatingProcessIntegrityLevel"] = self.integrity
                every["InitiatingProcessTokenElevation"] = self.elevation
                is_vendor = self.image.company.startswith("Microsoft")
                every["InitiatingProcessSignerType"] = "OsVendor" if is_vendor else "Unknown"
                every["InitiatingProcessSignatureStatus"] = "Valid" if self.image.company else "Unsigned"
            if self.logon_id is not None:
                every["InitiatingProcessLogonId"] = self.logon_id
            if self.parent is not None:
                every["InitiatingProcessParentId"] = self.parent.pid
                every["InitiatingProcessParentFileName"] = self.parent.image.name
                every["InitiatingProcessParentCreationTime"] = self.parent.created
            wanted = _ACTING[table]
            found = self._acting[table] = {name: value for name, value in every.items() if name in wanted}
        return found


class Note(NamedTuple):
    """Something that happened."""

    time: datetime
    host: Host | None
    """None: the row belongs to no device (mail, identity, alerts)."""
    table: str
    process: Process | None
    columns: dict[str, object]


class Tape:
    """Collects notes in the order in which they are told."""

    def __init__(self) -> None:
        self.notes: list[Note] = []

    def note(
        self, time: datetime, host: Host | None, table: str, process: Process | None, columns: dict[str, object]
    ) -> Note:
        """Remember that something happened."""
        made = Note(time, host, table, process, columns)
        self.notes.append(made)
        return made


class Counters:
    """The running `ReportId` of every device, and unique texts for rows of no device."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._devices: dict[int, int] = {}
        self._others = 0

    def next(self, host: Host | None) -> int | str:
        """The next `ReportId`."""
        if host is None:
            self._others += 1
            return identifier(self._seed, "report", self._others)
        number = self._devices.get(host.index, 1000 + host.index) + 1
        self._devices[host.index] = number
        return number


def expand(notes: Iterable[Note], counters: Counters) -> Iterator[Event]:
    """Full rows, in the order of the notes."""
    reports = {name for name, table in TABLES.items() if "ReportId" in table}
    for time, host, table, process, columns in notes:
        row: dict[str, object] = {"Timestamp": time}
        if host is not None:
            row.update(host.columns)
        row.update(columns)
        if process is not None:
            row.update(process.acting(table))
        if table in reports:
            row["ReportId"] = counters.next(host)
        yield table, row
