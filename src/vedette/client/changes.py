"""What changed in vulnerabilities since the last run, with the position kept in a file between runs.

The service answers changes in whole periods of six hours, and may add to a period afterwards. A run therefore asks
again for the last day that it has seen, and leaves out the rows that it has had: the state file holds the moment to ask
from, and a digest of every row since. The position moves only after all rows were taken, or the output was in place, so
a run that breaks off is repeated in full; a row may come twice then, and none is lost.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from vedette.catalogue.exported_rows import DeltaAssetVulnerability
from vedette.catalogue.exports import CHANGES_LOOK_BACK_DAYS, CHANGES_PERIOD_HOURS
from vedette.client.row_tables import arrow, batches, columns_of, schema_of, write_csv, write_parquet
from vedette.errors import ConfigurationError

LOOK_BACK = timedelta(days=CHANGES_LOOK_BACK_DAYS)
SEEN_AGAIN = timedelta(days=1)
"""So much of what was seen is asked for again, for rows that come late."""
_MARGIN = timedelta(minutes=30)
"""The first run asks for less than the service allows: clocks differ."""

Pages = Callable[[datetime], Iterable[list[DeltaAssetVulnerability]]]


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """What the state file says."""

    since: datetime
    """Where the next run begins."""
    seen: list[str] = []
    """Digests of the rows from the period of that moment on."""


class Changes:
    """Rows that came, went or changed. With a state file, iterating again gives what is new since then."""

    def __init__(
        self,
        pages: Pages,
        *,
        now: Callable[[], datetime],
        since: datetime | None = None,
        state: str | os.PathLike[str] | None = None,
    ) -> None:
        self._pages = pages
        self._now = now
        self._since = since
        self._state = None if state is None else Path(state)

    def __repr__(self) -> str:
        return f"Changes(state={str(self._state) if self._state else None!r})"

    @property
    def position(self) -> Position:
        """Where the next run begins: as the state file says, else at `since`, else as far back as the service goes.

        Raises: ConfigurationError for a state file that cannot be read, or that is too old to go on from.
        """
        now = self._now()
        if self._state is not None and self._state.exists():
            return _read(self._state, now)
        if self._since is not None and self._since.tzinfo is None:
            raise ValueError(f"{self._since.isoformat()} has no time zone; pass an aware datetime")
        return Position(since=self._since or now - LOOK_BACK + _MARGIN)

    def __iter__(self) -> Iterator[DeltaAssetVulnerability]:
        return self.rows()

    def rows(self) -> Iterator[DeltaAssetVulnerability]:
        """The rows. The position moves once the last one was taken.

        Raises: ServiceError and its kin, NoAnswer, ConfigurationError.
        """
        return chain.from_iterable(self.blocks())

    def blocks(self) -> Iterator[list[DeltaAssetVulnerability]]:
        """The rows of each page."""
        run = _Run(self.position, self._now())
        yield from run.new(self._pages(run.begin.since))
        self._keep(run)

    def to_jsonl(self, path: str | os.PathLike[str]) -> int:
        """Write JSON lines to a file; gives the number of rows."""

        def write(blocks: Iterator[list[DeltaAssetVulnerability]], to: Path) -> int:
            count = 0
            with to.open("wb") as file:
                for block in blocks:
                    file.write(msgspec.json.Encoder().encode_lines(block))
                    count += len(block)
            return count

        return self._into(path, write)

    def to_csv(self, path: str | os.PathLike[str]) -> int:
        """Write CSV to a file; gives the number of rows."""

        def write(blocks: Iterator[list[DeltaAssetVulnerability]], to: Path) -> int:
            with to.open("w", encoding="utf-8", newline="") as file:
                return write_csv(file, _columns(), blocks)

        return self._into(path, write)

    def to_parquet(self, path: str | os.PathLike[str]) -> int:
        """Write Parquet to a file; gives the number of rows. Raises: ConfigurationError without pyarrow."""
        arrow()
        return self._into(path, lambda blocks, to: write_parquet(to, _columns(), blocks))

    def to_arrow(self) -> Any:  # Any: pyarrow.Table, which has no types
        """All rows as a `pyarrow.Table`. Raises: ConfigurationError without pyarrow."""
        pa = arrow()
        run = _Run(self.position, self._now())
        blocks = run.new(self._pages(run.begin.since))
        table = pa.Table.from_batches(list(batches(_columns(), blocks)), schema=schema_of(_columns()))
        self._keep(run)
        return table

    def _into(
        self,
        path: str | os.PathLike[str],
        write: Callable[[Iterator[list[DeltaAssetVulnerability]], Path], int],
    ) -> int:
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        run = _Run(self.position, self._now())
        try:
            count = write(run.new(self._pages(run.begin.since)), temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        self._keep(run)
        return count

    def _keep(self, run: _Run) -> None:
        if self._state is None:
            return
        self._state.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._state.with_name(f".{self._state.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(msgspec.json.encode(run.end()))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._state)
        finally:
            temporary.unlink(missing_ok=True)


class _Run:
    """One pass over the changes."""

    def __init__(self, begin: Position, now: datetime) -> None:
        self.begin = begin
        self._had = frozenset(begin.seen)
        # Rows before this need not be remembered: no later run asks for them.
        self._until = max(begin.since, now - SEEN_AGAIN)
        self._latest: datetime | None = None
        self._seen: dict[str, datetime] = {}

    def new(self, pages: Iterable[list[DeltaAssetVulnerability]]) -> Iterator[list[DeltaAssetVulnerability]]:
        """The rows of each page that no earlier run had."""
        for page in pages:
            fresh = []
            for row in page:
                digest = hashlib.blake2b(msgspec.json.encode(row), digest_size=8).hexdigest()
                at = row.event_timestamp
                if at is not None:
                    self._latest = at if self._latest is None else max(self._latest, at)
                # A row without a time is remembered as if it were of the end.
                self._seen[digest] = at or datetime.max.replace(tzinfo=UTC)
                if digest not in self._had:
                    fresh.append(row)
            yield fresh

    def end(self) -> Position:
        """Where the next run begins."""
        # A service whose clock is behind ours may still tell of times after its latest row.
        since = self._until if self._latest is None else max(self.begin.since, min(self._until, self._latest))
        first = _period(since)
        return Position(since=since, seen=[digest for digest, at in self._seen.items() if at >= first])


def _period(moment: datetime) -> datetime:
    utc = moment.astimezone(UTC)
    hour = utc.hour // CHANGES_PERIOD_HOURS * CHANGES_PERIOD_HOURS
    return utc.replace(hour=hour, minute=0, second=0, microsecond=0)


def _columns() -> Any:  # Any: as row_tables has them
    return columns_of(DeltaAssetVulnerability, lambda: ())


def _read(path: Path, now: datetime) -> Position:
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Position)
    except msgspec.MsgspecError as error:
        raise ConfigurationError(
            f"{path} is no state of changes", path=str(path), hint="delete it to start over, from a full export"
        ) from error
    if kept.since < now - LOOK_BACK:
        raise ConfigurationError(
            f"{path} ends at {kept.since:%Y-%m-%d %H:%M}Z, and changes reach back {CHANGES_LOOK_BACK_DAYS} days",
            path=str(path),
            hint="take a full export, delete the file and start over",
        )
    return kept
