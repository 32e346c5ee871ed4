"""Takes files of all kinds into a lake: recorded events, event logs, hunting exports.

```python
report = ingest([Path("export.csv"), Path("logs/")], lake)
print(report.rows, report.rejected_by_reason, [(one.path, one.why) for one in report.failed])
```

A file is taken as a whole or not at all: its rows, its rejects and the note that it was taken (by size and content)
appear in the lake together. So whatever is interrupted can be done again, nothing gets lost and nothing comes twice.
A file that cannot be taken does not keep the others from it.

Recorded events are `importer`'s matter, which decides on their times and tells machines and alerts from them. Rows of
exports are what the service saw: they keep their times.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from vedette.catalogue.alerts import Alert
from vedette.catalogue.machines import Machine
from vedette.catalogue.users import User
from vedette.errors import ConfigurationError
from vedette.telemetry import csv_export, json_export, parquet_export
from vedette.telemetry.exported_machines import machines_of
from vedette.telemetry.importer import ImportResult, import_sources, rejection
from vedette.telemetry.kinds import ENDINGS, Kind, Told, kind_of
from vedette.telemetry.lake import Lake
from vedette.telemetry.lake_writer import LakeWriter, Log
from vedette.telemetry.outcome import Outcome, Reading
from vedette.telemetry.recognise import Unusable, named_table
from vedette.telemetry.sources import Progress, Source, Stream, descriptions, find_sources, opened, total_size

State = Literal["ingested", "known", "failed"]
"""What became of a file. Known: the lake has it already, from an earlier run."""

_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """How files are to be taken in."""

    table: str | None = None
    """The table that exports are of. Otherwise it is told by rows, file name, columns or actions."""
    keep_times: bool = False
    """Leave the times of recorded events as they are. Otherwise they are moved so that the newest is now."""
    drop_unknown: bool = False
    """Leave out columns of exports that their table lacks, instead of refusing the file."""
    dry_run: bool = False
    """Read and check everything, and write nothing."""
    rejects: Path | None = None
    """Where to write the records that became no row. By default beside the lake, as `<lake>.rejects.jsonl`."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of one file."""

    path: Path
    state: State
    kind: Kind | None = None
    tables: Sequence[str] = ()
    """Tables of an export's rows."""
    rows: int = 0
    """Rows that this run added; on a dry run, that it would add."""
    rejected: int = 0
    why: str = ""
    """Why it failed."""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What a run found and wrote."""

    sources: Sequence[SourceReport]
    rows: Mapping[str, int]
    """Rows that this run added, by table; on a dry run, that it would add."""
    rejected_by_reason: Mapping[str, int]
    rejects: Path | None
    """The records that became no row, as JSON lines; None when there are none."""
    first_event: datetime | None
    last_event: datetime | None
    machines: list[Machine] = field(repr=False)
    users: list[User] = field(repr=False)
    alerts: list[Alert] = field(repr=False)

    @property
    def failed(self) -> list[SourceReport]:
        """The files that could not be taken."""
        return [one for one in self.sources if one.state == "failed"]

    @property
    def rejected(self) -> int:
        """Records that became no row, those of files taken earlier left out."""
        return sum(self.rejected_by_reason.values())


def ingest(
    sources: Sequence[Path],
    lake: Lake,
    *,
    options: IngestOptions | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Take files, and folders with all that is below them, into a lake.

    now: the time that the newest recorded event is moved to. progress: called now and then with what is being done,
    the file, and how many bytes of how many are behind.
    Raises: `ConfigurationError` when a path does not exist, a folder holds nothing to take, or the table is unknown.
    What is wrong with single files is in the report.
    """
    return _Ingest(lake, options or IngestOptions(), now or datetime.now(UTC), progress).run(sources)


class _Ingest:
    def __init__(self, lake: Lake, options: IngestOptions, now: datetime, progress: Progress | None) -> None:
        self.lake = lake
        self.options = options
        self.now = now
        self.progress = progress
        self.reports: dict[Path, SourceReport] = {}
        self.rows: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.bytes_total = 0
        self.bytes_behind = 0
        try:
            self.reading = Reading(named_table(options.table) if options.table else None, options.drop_unknown)
        except Unusable as wrong:
            raise ConfigurationError(wrong.why, hint=wrong.hint) from wrong

    def run(self, paths: Sequence[Path]) -> IngestReport:
        sources = find_sources(paths, ENDINGS)
        described = descriptions(paths)
        recorded: list[Source] = []
        exported: list[tuple[Source, Told]] = []
        for source in sources:
            if (told := self._told(source)) is None:
                continue
            if told.kind in ("events", "event log"):
                recorded.append(source)
            else:
                exported.append((source, told))
        with tempfile.TemporaryDirectory(prefix="vedette-ingest-") as scratch:
            self.scratch = Path(scratch)
            imported = self._import(recorded, described) if recorded else None
            self.bytes_total = total_size([source for source, _ in exported])
            for source, told in exported:
                self._take(source, told)
                self.bytes_behind += source.size
            rejects = self._gather(sources)
        machines = list(imported.machines) if imported else []
        if exported and not self.options.dry_run:
            known = {machine.id for machine in machines}
            tables = sorted({name for one in self.reports.values() for name in one.tables})
            machines += [machine for machine in machines_of(self.lake, tables) if machine.id not in known]
        return IngestReport(
            sources=[self.reports[source.path] for source in sources],
            rows={table: count for table, count in sorted(self.rows.items()) if count},
            rejected_by_reason=dict(self.reasons.most_common()),
            rejects=rejects,
            first_event=imported.first_event if imported else None,
            last_event=imported.last_event if imported else None,
            machines=machines,
            users=imported.users if imported else [],
            alerts=imported.alerts if imported else [],
        )

    # What a file is

    def _told(self, source: Source) -> Told | None:
        """What a file is; None when it cannot be taken, which is then reported."""
        self._report("checking", source, 0)
        try:
            told = kind_of(source.path)
            if told.kind == "events" and (damage := self._damage(source)):
                # Taken in part, the whole file would be another one to the lake, and its first part come twice.
                raise Unusable(damage)
            return told
        except Unusable as wrong:
            self._fail(source, None, wrong)
        except OSError as error:
            self._fail(source, None, Unusable((error.strerror or str(error)).lower()))
        return None

    def _damage(self, source: Source) -> str:
        with opened(source.path) as stream:
            if stream.unpacked is not None:
                while stream.content.read(_PIECE):
                    pass
            return stream.damage

    def _fail(self, source: Source, kind: Kind | None, wrong: Unusable) -> None:
        self.reports[source.path] = SourceReport(source.path, "failed", kind, why=wrong.why, hint=wrong.hint)

    # Recorded events

    def _import(self, sources: Sequence[Source], described: Any) -> ImportResult:  # Any: descriptions by data set
        log = self.scratch / "recordings.jsonl"
        result = import_sources(
            sources,
            described,
            self.lake,
            keep_times=self.options.keep_times,
            now=self.now,
            progress=self.progress,
            rejects=log if self.options.dry_run else None,
            dry_run=self.options.dry_run,
        )
        skipped = set(result.skipped)
        for source in sources:
            rejected = result.rejected_of.get(source.path, 0)
            self.reports[source.path] = SourceReport(
                source.path,
                "known" if source.path in skipped else "ingested",
                "event log" if source.path.suffix.lower() == ".evtx" else "events",
                rows=result.rows_of.get(source.path, 0),
                rejected=rejected,
            )
        self.rows.update(result.rows)
        self.reasons.update(result.rejected_by_reason)
        return result

    # Exports

    def _take(self, source: Source, told: Told) -> None:
        name = source.record
        known = self.lake.record(name)
        if known is not None:
            self.reports[source.path] = SourceReport(source.path, "known", told.kind, known.get("tables", ()))
            return
        rows: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        try:
            if self.options.dry_run:
                with (self.scratch / f"{name}.jsonl").open("wb") as log:
                    self._write(source, told, None, log, rows, reasons)
            else:
                with LakeWriter(self.lake) as writer:
                    self._write(source, told, writer, writer.rejects(name), rows, reasons)
                    note = {"file": source.path.name, "size": source.size, "sha256": source.sha256, "datasets": {}}
                    counts = {"rows": dict(rows), "tables": sorted(rows), "rejected": dict(reasons)}
                    writer.record(name, note | counts)
        except Unusable as wrong:
            (self.scratch / f"{name}.jsonl").unlink(missing_ok=True)
            self._fail(source, told.kind, wrong)
            return
        self.rows.update(rows)
        self.reasons.update(reasons)
        self.reports[source.path] = SourceReport(
            source.path, "ingested", told.kind, sorted(rows), rows.total(), reasons.total()
        )
        self._report("ingesting", source, source.size)

    def _write(
        self,
        source: Source,
        told: Told,
        writer: LakeWriter | None,
        log: Log,
        rows: Counter[str],
        reasons: Counter[str],
    ) -> None:
        for outcome, behind in self._outcomes(source, told):
            if outcome.rows.num_rows:
                rows[outcome.table.name] += outcome.rows.num_rows
                if writer is not None:
                    for batch in outcome.rows.combine_chunks().to_batches():
                        writer.add_batch(outcome.table.name, batch)
            for one in outcome.rejects:
                reasons[one.why.reason] += 1
                log.write(rejection(one.why, source.path, one.number, one.content))
            self._report("ingesting", source, behind)

    def _outcomes(self, source: Source, told: Told) -> Iterator[tuple[Outcome, int]]:
        """What the blocks of an export became, and how many of its bytes are behind."""
        if told.kind == "Parquet":
            share = [0.0]
            for outcome in parquet_export.rows(source.path, self.reading, share):
                yield outcome, int(source.size * share[0])
            return
        streams: list[Stream] = []
        if told.kind == "CSV export":
            found = csv_export.rows(source.path, self.reading, streams)
        else:
            found = json_export.rows(source.path, told.shape, self.reading, streams)
        for outcome in found:
            yield outcome, 0 if streams[0].raw.closed else streams[0].raw.tell()

    # Afterwards

    def _gather(self, sources: Sequence[Source]) -> Path | None:
        """The rejects of the files of this run in one file, also of those that were taken earlier."""
        parts = [self.scratch / "recordings.jsonl", *(self.scratch / f"{one.record}.jsonl" for one in sources)]
        parts += [self.lake.rejects(one.record) for one in sources if self.reports[one.path].state != "failed"]
        found = [part for part in parts if part.is_file() and part.stat().st_size]
        if not found or (self.options.dry_run and self.options.rejects is None):
            return None
        to = self.options.rejects or self.lake.path.with_name(f"{self.lake.path.name}.rejects.jsonl")
        to.parent.mkdir(parents=True, exist_ok=True)
        unfinished = to.with_name(f".{to.name}.unfinished")
        with contextlib.ExitStack() as stack:
            stack.callback(unfinished.unlink, missing_ok=True)
            with unfinished.open("wb") as whole:
                for part in found:
                    with part.open("rb") as piece:
                        shutil.copyfileobj(piece, whole)
            unfinished.replace(to)
        return to

    def _report(self, doing: str, source: Source, behind: int) -> None:
        if self.progress is not None:
            self.progress(doing, source.path, self.bytes_behind + behind, max(self.bytes_total, source.size))
