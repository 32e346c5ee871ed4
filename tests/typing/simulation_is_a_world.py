"""The simulation delivers what whoever loads telemetry asks for. Checked by mypy, never run."""

from __future__ import annotations

from vedette.catalogue.tables.world import World
from vedette.simulation import Simulation


def loads(world: World) -> None: ...


def a_simulation_can_be_loaded(story: Simulation) -> None:
    loads(story)
