"""A deterministic enterprise in which ordinary days pass and attacks play out, told as rows of the hunting tables."""

from __future__ import annotations

from vedette.simulation.alerts import Trace
from vedette.simulation.enterprise import InstalledSoftware
from vedette.simulation.scene import Scenario
from vedette.simulation.simulation import SCENARIOS, Simulation, simulate

__all__ = ["SCENARIOS", "InstalledSoftware", "Scenario", "Simulation", "Trace", "simulate"]
