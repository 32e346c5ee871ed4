"""What Defender knows in one tenant: entities in SQLite, telemetry in a lake of Parquet files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.catalogue.alerts import Alert
from vedette.catalogue.device_groups import DeviceGroup
from vedette.catalogue.indicators import Indicator
from vedette.catalogue.investigations import Investigation
from vedette.catalogue.library_files import LibraryFiles
from vedette.catalogue.machine_actions import MachineAction
from vedette.catalogue.machines import Machine
from vedette.tenant.store.collection import Collection
from vedette.tenant.store.counter import Counter
from vedette.tenant.store.database import Database
from vedette.tenant.store.response import CommandResult, Content, Course, PutFile, courses_of, investigations_of
from vedette.tenant.store.run_time import RunTime
from vedette.tenant.store.scans import KeptScan

if TYPE_CHECKING:
    from vedette.hunting import Engine
    from vedette.simulation.estate import Estate
    from vedette.telemetry import Lake
    from vedette.tenant.defender.detections import Schedule


class DefenderStore:
    """The entities of one tenant and its telemetry."""

    def __init__(
        self, database: Database, lake: Lake, path: Path | None = None, *, fill: Callable[[], None] | None = None
    ) -> None:
        """`fill`: brings the lake up to what it should hold, and answers at once when it is; called before each use."""
        self.database = database
        self._lake = lake
        self._fill = fill
        self.path = path
        self._estates: tuple[tuple[int, int], dict[tuple[str, ...] | None, Estate]] = ((-1, -1), {})
        self.alerts: Collection[Alert] = Collection.of_entity(
            database, Alert, columns=["machine_id", "rbac_group_name", "title"]
        )
        self.machines: Collection[Machine] = Collection.of_entity(database, Machine, columns=["rbac_group_name"])
        self.machine_actions: Collection[MachineAction] = Collection.of_entity(database, MachineAction)
        self.investigations: Collection[Investigation] = Collection.of_entity(database, Investigation)
        self.library_files: Collection[LibraryFiles] = Collection(
            database, LibraryFiles, key="file_name", any_case=["file_name"]
        )
        self.contents: Collection[Content] = Collection(database, Content, key="sha256")
        self.put_files: Collection[PutFile] = Collection(database, PutFile, columns=["machine_id"])
        self.command_results: Collection[CommandResult] = Collection(database, CommandResult)
        self.courses: Collection[Course] = Collection(database, Course, columns=["of", "next_at"])
        self.indicators: Collection[Indicator] = Collection.of_entity(database, Indicator)
        self.indicator_ids = Counter(database, "indicators")
        self.device_groups: Collection[DeviceGroup] = Collection.of_entity(database, DeviceGroup)
        self.device_group_ids = Counter(database, "device groups")
        self.scans: Collection[KeptScan] = Collection(database, KeptScan)
        self.run_time = RunTime()
        """What hunting queries have taken so far."""
        self.schedule: Schedule | None = None
        """Detection rules that run on the tenant's clock; None where there are none."""
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    @property
    def lake(self) -> Lake:
        """The telemetry. The first use may wait until it is written, so ask beside the event loop."""
        if self._fill is not None:
            self._fill()
        return self._lake

    @property
    def engine(self) -> Engine:
        """What runs hunting queries over the telemetry. Ask beside the event loop, as for the lake."""
        from vedette.hunting import Engine

        lake = self.lake
        with self._opening:
            if self._engine is None:
                self._engine = Engine(lake)
            return self._engine

    def estate(self, groups: Sequence[str] | None = None) -> Estate:
        """What vulnerability management knows of all machines, or of those in these device groups.

        Made anew after a write, since tags, values and alerts show in it.
        """
        version = self.database.version
        if self._estates[0] != version:
            self._estates = (version, {})
        estates = self._estates[1]
        key = None if groups is None else tuple(groups)
        if key not in estates:
            estates[key] = self._estate(None if key is None else frozenset(key))
        return estates[key]

    def _estate(self, groups: frozenset[str] | None) -> Estate:
        from vedette.simulation.estate import Estate

        if groups is not None:
            whole = self.estate()
            return whole.narrowed(each for each in whole.machines if each.rbac_group_name in groups)
        rows = self.database.rows(f"SELECT DISTINCT machine_id FROM {self.alerts.table} WHERE status <> 'Resolved'")  # noqa: S608  (a fixed name)
        return Estate(self.machines.all(), alerting=[str(row[0]) for row in rows])

    def collection_of(
        self, entity: object
    ) -> Collection[Alert] | Collection[Machine] | Collection[MachineAction] | None:
        """Where entities of this type are kept, if they are."""
        collections = (self.alerts, self.machines, self.machine_actions)
        return next((collection for collection in collections if collection.kind is entity), None)

    def load(self, machines: Iterable[Machine], alerts: Iterable[Alert], now: datetime | None = None) -> None:
        """Take in a world: machines and alerts with their investigations, replacing what has the same id.

        `now`: what is under way then goes on; without it, nothing does.
        """
        with self.database.transaction():
            self.machines.put_many(machines)
            raised = list(alerts)
            self.alerts.put_many(raised)
            looked_into = investigations_of(raised)
            self.investigations.put_many(looked_into)
            if now is not None:
                self.courses.put_many(courses_of(looked_into, now))

    def close(self) -> None:
        """Close the database and the lake."""
        self.database.close()
        with self._opening:
            if self._engine is not None:
                self._engine.close()
                self._engine = None
        self._lake.close()
