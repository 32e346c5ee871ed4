"""One simulated month of the default size, told once for all tests that only read it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vedette.catalogue.tables import Event
from vedette.simulation import Simulation, simulate

UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="package")
def month() -> Simulation:
    return simulate(until=UNTIL)


@pytest.fixture(scope="package")
def rows(month: Simulation) -> list[Event]:
    return list(month.events())
