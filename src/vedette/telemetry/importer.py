"""Imports recorded Windows events into a lake, and tells what world they were recorded in.

Files are read twice. The first pass learns what single events do not say: how far the clocks of each data set are
apart, which processes run, which addresses are whose. The second makes rows, one committed writer per file. A file that
a lake already holds (by size and content) is read again for what it says about the world, but adds no row, so an
import that was interrupted, or is repeated, ends with the same lake and the same result. What was decided when a data
set was first imported, above all how its times were moved, is kept in the lake and used again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from vedette.catalogue.alerts import Alert
from vedette.catalogue.machines import Machine
from vedette.catalogue.tables import Event
from vedette.catalogue.users import User
from vedette.telemetry import security, sysmon
from vedette.telemetry.alert_rows import rows_of_alert
from vedette.telemetry.defender_export import row_of
from vedette.telemetry.lake import Lake
from vedette.telemetry.lake_writer import LakeWriter, Log
from vedette.telemetry.lookup import Lookup
from vedette.telemetry.mapping import Devices, becomes_rows, rows_of
from vedette.telemetry.parquet import nanoseconds
from vedette.telemetry.records import DAMAGED_FILE, DEFENDER, Record, Rejected, read
from vedette.telemetry.sightings import Sightings
from vedette.telemetry.sources import (
    DatasetDescription,
    Progress,
    Reading,
    Source,
    descriptions,
    find_sources,
    total_size,
)
from vedette.telemetry.timeline import Clock, place, shifts

_REPORT_EVERY: Final = 5_000
_MOST_CERTIFICATES: Final = 500_000
_MAPPED_BY: Final = (sysmon, security)
"""The modules that fill `mapping.MAPPINGS`."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import found and wrote."""

    events_read: int
    accepted: int
    """Events that became rows, or added to the row of another event."""
    rejected: int
    rejected_by_reason: Mapping[str, int]
    rows: Mapping[str, int]
    """Rows that this import added, by table."""
    first_event: datetime | None
    last_event: datetime | None
    imported: Sequence[Path]
    skipped: Sequence[Path]
    """Files that the lake already had."""
    rows_of: Mapping[Path, int]
    """Rows that each file gave."""
    rejected_of: Mapping[Path, int]
    machines: list[Machine] = field(repr=False)
    users: list[User] = field(repr=False)
    alerts: list[Alert] = field(repr=False)


def import_recordings(
    sources: Sequence[Path],
    lake: Lake,
    *,
    keep_times: bool = False,
    now: datetime,
    progress: Progress | None = None,
    rejects: Path | None = None,
) -> ImportResult:
    """Import files and folders of recorded events: JSON lines or JSON lists, also packed with gzip.

    keep_times: leave times as recorded (each data set still gets one clock). Otherwise each data set is moved so that
    the newest event is at `now` and all are within the last 28 days.
    progress: called with what is being done (`reading` or `importing`), the file, and how many bytes of how many are
    behind. rejects: where to write the events that became no row, as JSON lines with their reason.
    Raises: `ConfigurationError` when a path does not exist, holds no recordings or describes its data sets wrongly.
    """
    return import_sources(
        find_sources(sources),
        descriptions(sources),
        lake,
        keep_times=keep_times,
        now=now,
        progress=progress,
        rejects=rejects,
    )


def import_sources(
    sources: Sequence[Source],
    described: Mapping[str, DatasetDescription],
    lake: Lake,
    *,
    keep_times: bool,
    now: datetime,
    progress: Progress | None = None,
    rejects: Path | None = None,
    dry_run: bool = False,
) -> ImportResult:
    """Import files that were found already. dry_run: write nothing, and tell what would be written."""
    return _Import(lake, keep_times, now, progress, dry_run).run(sources, described, rejects)


class _Import:
    def __init__(
        self, lake: Lake, keep_times: bool, now: datetime, progress: Progress | None, dry_run: bool = False
    ) -> None:
        self.lake = lake
        self.dry_run = dry_run
        self.keep_times = keep_times
        self.now = now if now.tzinfo else now.replace(tzinfo=UTC)
        self.progress = progress
        self.clocks: dict[str, Clock] = {}
        self.skews: dict[str, int] = {}
        self.shifts: dict[str, int] = {}
        self.lookup = Lookup()
        self.devices = Devices()
        self.sightings = Sightings()
        self.certificates: set[tuple[str, object]] = set()
        self.read = 0
        self.accepted = 0
        self.rejected: Counter[str] = Counter()
        self.rejected_in: Counter[Path] = Counter()
        self.rows: Counter[str] = Counter()
        self.rows_of: dict[Path, int] = {}
        self.bytes_total = 0

    def run(
        self, sources: Sequence[Source], described: Mapping[str, DatasetDescription], rejects: Path | None
    ) -> ImportResult:
        self.bytes_total = total_size(sources)
        records = self.lake.records()
        finished = {name for name in records if name.startswith("source-")}
        self._survey(sources)
        self._plan(records)
        with _rejects(rejects) as log:
            before = 0
            for source in sources:
                self._import(source, before, log, write=source.record not in finished)
                before += source.size
        self.sightings.see_addresses(self.lookup)
        self._add_snapshots(records)
        alerts = self.sightings.alerts(described, None if self.keep_times else self.now)
        self._add_alerts(records, alerts)
        machines = self.sightings.machines(alerts)
        return ImportResult(
            events_read=self.read,
            accepted=self.accepted,
            rejected=self.rejected.total(),
            rejected_by_reason=dict(self.rejected.most_common()),
            rows={table: count for table, count in sorted(self.rows.items()) if count},
            first_event=min((one.first_event_time for one in alerts if one.first_event_time), default=None),
            last_event=max((one.last_event_time for one in alerts if one.last_event_time), default=None),
            imported=[source.path for source in sources if source.record not in finished],
            skipped=[source.path for source in sources if source.record in finished],
            rows_of=self.rows_of,
            rejected_of=dict(self.rejected_in),
            machines=machines,
            users=self.sightings.users(),
            alerts=alerts,
        )

    # First pass

    def _survey(self, sources: Sequence[Source]) -> None:
        before = 0
        for source in sources:
            reading = Reading(source.path)
            for count, line in enumerate(reading.lines(), 1):
                with contextlib.suppress(Rejected):  # the second pass says why
                    record = read(line.content, source.default_dataset)
                    clock = self.clocks.get(record.dataset)
                    if clock is None:
                        clock = self.clocks[record.dataset] = Clock()
                    clock.see(record, becomes_rows=becomes_rows(record))
                    if record.channel != DEFENDER:
                        self.lookup.see(record)
                if count % _REPORT_EVERY == 0:
                    self._report("reading", source, before + reading.bytes_read)
            before += source.size
            self._report("reading", source, before)

    def _plan(self, records: Mapping[str, Any]) -> None:
        """Decide on the clock and the shift of each data set, as before where it was imported before."""
        known: dict[str, dict[str, int]] = {}
        for name, content in records.items():
            if name.startswith("source-"):
                known |= content["datasets"]
        self.skews = {name: known.get(name, {}).get("skew_ns", clock.skew_ns) for name, clock in self.clocks.items()}
        spans = {name: span for name, clock in self.clocks.items() if name not in known and (span := clock.span())}
        moved = {} if self.keep_times else shifts(spans, nanoseconds(self.now) or 0)
        self.shifts = {name: known[name]["shift_ns"] if name in known else moved.get(name, 0) for name in self.clocks}
        self.lookup.finish(self.skews)

    # Second pass

    def _import(self, source: Source, before: int, log: IO[bytes] | None, *, write: bool) -> None:
        datasets: set[str] = set()
        read_before, accepted_before, rows_before = self.read, self.accepted, sum(self.rows.values())
        with LakeWriter(self.lake) if write and not self.dry_run else contextlib.nullcontext() as writer:
            kept = writer.rejects(source.record) if writer else None
            logs: list[Log] = [one for one in (log, kept) if one is not None]
            reading = Reading(source.path)
            for line in reading.lines():
                self.read += 1
                try:
                    record = read(line.content, source.default_dataset)
                    rows = self._rows(record)
                except Rejected as why:
                    self._reject(logs, source, line.number, line.content, why)
                else:
                    self.accepted += 1
                    datasets.add(record.dataset)
                    if writer is not None:
                        writer.add_many(rows)
                    elif write:
                        self.rows.update(table for table, _ in rows)
                if self.read % _REPORT_EVERY == 0:
                    self._report("importing", source, before + reading.bytes_read)
            if reading.damage:
                self.read += 1
                self._reject(logs, source, 0, b"", Rejected(DAMAGED_FILE, reading.damage))
            if writer is not None:
                plan = {name: {"skew_ns": self.skews[name], "shift_ns": self.shifts[name]} for name in sorted(datasets)}
                writer.record(
                    source.record,
                    {
                        "file": source.path.name,
                        "size": source.size,
                        "sha256": source.sha256,
                        "events": self.read - read_before,
                        "accepted": self.accepted - accepted_before,
                        "rejected": self.rejected_in[source.path],
                        "datasets": plan,
                    },
                )
        if writer is not None:
            self.rows.update(writer.written)
        self.rows_of[source.path] = sum(self.rows.values()) - rows_before
        self._report("importing", source, before + source.size)

    def _rows(self, record: Record) -> Sequence[Event]:
        """The finished rows of an event. Raises: `Rejected`."""
        dataset = record.dataset
        record.shift = self.shifts[dataset]
        rows: Sequence[Event]
        if record.channel == DEFENDER:
            record.at = record.log_time or 0
            rows = (row_of(record),)
        else:
            record.at = place(record, self.skews[dataset])
            rows = rows_of(record, self.lookup)
            if len(rows) > 1:
                rows = [row for row in rows if row[0] != "DeviceFileCertificateInfo" or self._is_new(record, row)]
            self.devices.complete(record.host, record.at + record.shift, rows)
        self.sightings.see(record, rows)
        return rows

    def _is_new(self, record: Record, certificate: Event) -> bool:
        """Whether a file's signature was not yet told for this machine."""
        key = (record.host, certificate[1]["SHA1"])
        if key in self.certificates:
            return False
        if len(self.certificates) < _MOST_CERTIFICATES:
            self.certificates.add(key)
        return True

    def _reject(self, logs: Sequence[Log], source: Source, line: int, content: bytes, why: Rejected) -> None:
        self.rejected[why.reason] += 1
        self.rejected_in[source.path] += 1
        told = rejection(why, source.path, line, content)
        for log in logs:
            log.write(told)

    # Afterwards

    def _add_snapshots(self, records: Mapping[str, Any]) -> None:
        """State of the machines, once per data set."""
        fresh = sorted(set(self.clocks) - _told(records, "snapshots"))
        self._add("snapshots", fresh, [row for name in fresh for row in self.sightings.snapshots(name, self.devices)])

    def _add_alerts(self, records: Mapping[str, Any], alerts: Sequence[Alert]) -> None:
        """The rows that hunting has for an alert, once per data set."""
        told = _told(records, "alerts")
        named = {name: alert for name, alert in zip(self.sightings.datasets(), alerts, strict=True) if name not in told}
        self._add("alerts", sorted(named), [row for alert in named.values() for row in rows_of_alert(alert)])

    def _add(self, what: str, datasets: Sequence[str], rows: Sequence[Event]) -> None:
        """Write rows that belong to data sets as a whole, and that they are there."""
        if not rows:
            return
        if self.dry_run:
            self.rows.update(table for table, _ in rows)
            return
        with LakeWriter(self.lake) as writer:
            writer.add_many(rows)
            digest = hashlib.sha256("\n".join(datasets).encode()).hexdigest()
            writer.record(f"{what}-{digest[:32]}", {"datasets": list(datasets)})
        self.rows.update(writer.written)

    def _report(self, doing: str, source: Source, behind: int) -> None:
        if self.progress is not None:
            self.progress(doing, source.path, behind, self.bytes_total)


def _told(records: Mapping[str, Any], what: str) -> set[str]:
    """The data sets of which an earlier import wrote this."""
    return {name for key, content in records.items() if key.startswith(f"{what}-") for name in content["datasets"]}


def rejection(why: Rejected, file: Path, line: int, content: bytes) -> bytes:
    """The line that a file of rejects has for one record."""
    told = {
        "reason": why.reason,
        "detail": why.detail,
        "file": file.name,
        "line": line,
        "event": content.decode("utf-8", "replace"),
    }
    return msgspec.json.encode(told) + b"\n"


@contextlib.contextmanager
def _rejects(path: Path | None) -> Iterator[IO[bytes] | None]:
    """The file for rejected events; it appears when the import is through."""
    if path is None:
        yield None
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as log:
            yield log
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
