"""Hardware and firmware of machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from vedette.simulation.estate.inventory import Profile
from vedette.simulation.estate.steady import number, pick

VENDOR = "Halden Hardware"
_FIRMWARE = (("1.18.0", 340), ("1.19.2", 160), ("1.20.1", 45))
_PROCESSORS = ("Northlight N7 1260", "Northlight N5 1145", "Kestrel K9 7840")


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a machine, or the program in it."""

    kind: str
    vendor: str
    name: str
    family: str
    version: str
    details: str
    """More, as JSON text."""

    @property
    def is_firmware(self) -> bool:
        return self.kind in ("Bios", "Firmware")


def model(machine_id: str) -> str:
    """The model that a machine reports."""
    return f"HX-{1 + number(machine_id, 'model') % 4}00"


def components(profile: Profile) -> Iterator[Component]:
    """The parts of a machine."""
    type_name = model(profile.id)
    version, age_days = pick(_FIRMWARE, type_name, "firmware")
    yield Component("Hardware", VENDOR, type_name, "HX", "", json.dumps({"SystemFamily": "HX", "Model": type_name}))
    processor = "Orchard A3" if profile.role == "mac" else pick(_PROCESSORS, profile.id, "processor")
    yield Component(
        "Processor", processor.partition(" ")[0], processor, processor.split(" ")[1], "", json.dumps({"Cores": 8})
    )
    yield Component(
        "Bios",
        VENDOR,
        f"{type_name} system firmware",
        "HX",
        version,
        json.dumps({"ReleasedDaysBefore": age_days}),
    )
