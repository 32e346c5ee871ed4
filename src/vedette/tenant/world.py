"""What happens on a tenant's machines: plans it once, loads machines and alerts, and writes the telemetry when needed.

Machines and alerts are few and there from the start. Rows are many: the lake is filled by whoever first reads it, or in
the background before that. A server that is killed while writing leaves no rows behind, and the next one starts over,
from the same plan.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from vedette.catalogue.alerts import Alert
from vedette.catalogue.machines import Machine
from vedette.catalogue.tables import Event
from vedette.catalogue.tables.world import World
from vedette.simulation import simulate
from vedette.simulation.estate import exposure_level
from vedette.telemetry import Lake, LakeWriter, import_recordings
from vedette.tenant.config import TelemetryEntry
from vedette.tenant.directory import Record
from vedette.tenant.store.collection import Collection
from vedette.tenant.store.database import Database
from vedette.tenant.store.defender import DefenderStore

if TYPE_CHECKING:
    from vedette.telemetry.sources import Progress

_RECORD = "world"
"""The lake's note that the rows of the plan are written."""


class Plan(Record, frozen=True, kw_only=True):
    """What the tenant's telemetry consists of, kept beside its entities."""

    id: Literal["world"] = "world"
    tenant_id: str
    until: datetime
    telemetry: TelemetryEntry

    def world(self) -> World | None:
        """The machines, alerts and rows; equal plans give equal ones. None: the tenant has none of its own making."""
        entry = self.telemetry
        if entry.source != "simulation":
            return None
        return simulate(
            seed=entry.seed,
            machines=entry.machines,
            days=entry.days,
            until=self.until,
            scenarios=entry.scenarios,
            tenant_id=self.tenant_id,
        )


class Filling:
    """Writes a world's rows into a lake, once, whoever asks first."""

    def __init__(self, lake: Lake, plan: Plan, world: World | None) -> None:
        self._lake = lake
        self._plan = plan
        self._world = world
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._is_done = False
        self._thread: threading.Thread | None = None

    @property
    def is_done(self) -> bool:
        """Whether every row can be read."""
        return self._is_done

    @property
    def is_writing(self) -> bool:
        """Whether somebody is at work on it now."""
        return self._lock.locked()

    def ensure(self) -> None:
        """Return when every row can be read: at once, or after writing them, or after waiting for who writes them."""
        if self._is_done:
            return
        with self._lock:
            if self._is_done or self._stopped.is_set():
                return
            with _alone(self._lake.path):
                if _RECORD not in self._lake.records():
                    self._write()
            self._world = None
            self._is_done = not self._stopped.is_set()

    def begin(self) -> None:
        """Write in the background."""
        if self._thread is None and not self._is_done:
            self._thread = threading.Thread(target=self._in_background, name="vedette-telemetry", daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """Ask whoever writes to give up, without waiting for it."""
        self._stopped.set()

    def stop(self, timeout_s: float) -> bool:
        """Give up writing; the next server starts over. Says whether it ended within the time.

        Once all rows are told, their last files cannot be interrupted. Nobody has to wait for them: they either all
        appear or, when the process ends, none.
        """
        self._stopped.set()
        ended = self._lock.acquire(timeout=timeout_s)
        if ended:
            self._lock.release()
        return ended

    def _in_background(self) -> None:
        try:
            self.ensure()
        except OSError:
            if not self._stopped.is_set():  # a tenant in memory takes its folder away when it stops
                raise

    def _write(self) -> None:
        world = self._world or self._plan.world()
        if world is None:
            return
        try:
            with LakeWriter(self._lake) as writer:
                writer.add_many(self._until_stopped(world.events()))
                writer.record(_RECORD, {"source": self._plan.telemetry.source, "until": self._plan.until.isoformat()})
        except _Stopped:
            return

    def _until_stopped(self, events: Iterator[Event]) -> Iterator[Event]:
        for number, event in enumerate(events):
            if number % 1024 == 0 and self._stopped.is_set():
                raise _Stopped
            yield event
        if self._stopped.is_set():
            raise _Stopped


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One filling of a lake at a time, also when a server is started while the last one's is still at work."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / ".filling", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class _Stopped(Exception):
    """The server ends while the rows are being written."""


def open_store(
    database: Database,
    lake_path: Path,
    *,
    tenant_id: str,
    telemetry: TelemetryEntry,
    now: datetime,
    world: World | None = None,
    progress: Progress | None = None,
) -> tuple[DefenderStore, Filling]:
    """A tenant's Defender, with its machines and alerts. What it was first opened with stays.

    `world`: telemetry that a program brings along instead of what the plan says. `progress` is told of an import.
    An import that was interrupted goes on where it stopped.
    """
    lake = Lake(lake_path)
    plans = Collection(database, Plan)
    plan = plans.get("world")
    is_new = plan is None
    if plan is None:
        plan = Plan(tenant_id=tenant_id, until=now + timedelta(hours=telemetry.ahead_h), telemetry=telemetry)
    if world is None and is_new:
        world = plan.world()
    filling = Filling(lake, plan, world)
    store = DefenderStore(database, lake, lake_path, fill=filling.ensure)
    if is_new:
        found = _imported(lake, plan, progress) if world is None else (world.machines, world.alerts)
        with database.transaction():
            store.load(levelled(found[0]), found[1], now)
            plans.put(plan)
    return store, filling


def levelled(machines: Iterable[Machine]) -> Iterator[Machine]:
    """The machines with the exposure level that follows from what vulnerability management finds on them."""
    for machine in machines:
        yield msgspec.structs.replace(machine, exposure_level=exposure_level(machine))


def _imported(lake: Lake, plan: Plan, progress: Progress | None) -> tuple[Sequence[Machine], Sequence[Alert]]:
    """The machines and alerts of recordings, their rows being written now."""
    entry = plan.telemetry
    if entry.source != "recordings" or entry.recordings is None:
        return (), ()
    result = import_recordings(
        [Path(entry.recordings)], lake, keep_times=entry.keep_times, now=plan.until, progress=progress
    )
    return result.machines, result.alerts
