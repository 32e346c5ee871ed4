"""What a source of telemetry delivers: a stream of rows, and the entities that those rows speak of.

The simulation and the importers each build one; whoever stores or serves telemetry needs no more than this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from vedette.catalogue.alerts import Alert
from vedette.catalogue.machines import Machine
from vedette.catalogue.tables.event import Event
from vedette.catalogue.users import User


class World(Protocol):
    """Telemetry that hangs together: every alert's evidence is found among the rows, on one of the machines."""

    @property
    def machines(self) -> Sequence[Machine]:
        """The devices that rows come from."""

    @property
    def users(self) -> Sequence[User]:
        """The accounts seen on them."""

    @property
    def alerts(self) -> Sequence[Alert]:
        """The alerts, with evidence."""

    def events(self) -> Iterator[Event]:
        """The rows, in order of days. Each call starts from the beginning; nothing is kept in memory."""
