"""How much the weaknesses of a machine put it at risk: points from 0 to 100, a level, and what a fix would take away.

Each weakness is a chance that the machine falls; the machine stands when none comes true. That makes the worth of a fix
exact: it is the points with the weakness less the points without.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping

from vedette.catalogue.machines import ExposureLevel, Machine
from vedette.simulation.estate.inventory import Installed, Profile, installed, profile_of

_LEVELS: tuple[tuple[float, ExposureLevel], ...] = ((33.0, "High"), (18.0, "Medium"), (0.01, "Low"))
_WEIGHT: Mapping[str, float] = {"Low": 0.5, "Normal": 1.0, "High": 2.0}


def standing(products: Iterable[Installed]) -> float:
    """The chance that a machine stands with the weaknesses of these products."""
    return math.prod(1 - weakness.danger for each in products for weakness in each.weaknesses)


@functools.lru_cache(maxsize=50_000)
def points(profile: Profile) -> float:
    """How exposed a machine is, from 0 to 100."""
    return 100 * (1 - standing(installed(profile)))


@functools.lru_cache(maxsize=50_000)
def points_without(profile: Profile, product_id: str) -> float:
    """How exposed the machine would be without the weaknesses of one product."""
    return 100 * (1 - standing(each for each in installed(profile) if each.product.id != product_id))


def weight(machine: Machine) -> float:
    """How much a machine counts in scores, by its value."""
    return _WEIGHT.get(machine.device_value, 1.0)


def level(profile: Profile) -> ExposureLevel:
    """The level that the portal shows of a machine."""
    found = points(profile)
    return next((name for floor, name in _LEVELS if found >= floor), "None")


def exposure_level(machine: Machine) -> ExposureLevel:
    """What `Machine.exposure_level` says of a machine whose estate is this one."""
    return level(profile_of(machine))
