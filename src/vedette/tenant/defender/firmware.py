"""Behaviour of firmware: of the organization, and of a machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vedette.catalogue.firmware import Firmware, FirmwareInventory
from vedette.catalogue.machines import Machine, Machines
from vedette.simulation.estate import profile_of
from vedette.simulation.estate.hardware import components
from vedette.tenant.call import Call
from vedette.tenant.defender.estates import covered, estate_of
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.machines import machine


def _firmware(machines: Iterable[Machine]) -> Iterator[Firmware]:
    for each in machines:
        for part in components(profile_of(each)):
            if part.is_firmware:
                yield Firmware(
                    name=part.name,
                    type=part.kind,
                    vendor=part.vendor,
                    family=part.family,
                    version=part.version,
                    additional_fields=part.details,
                )


@handles(FirmwareInventory.list, in_thread=True)
def list_all(call: Call, /) -> Iterable[Firmware]:
    """Each firmware once, in the order of names."""
    found = {each.name: each for each in _firmware(estate_of(call).machines)}
    return [found[name] for name in sorted(found)]


@handles(Machines.list_firmware, in_thread=True)
def list_of_machine(call: Call, /, id: str) -> Iterable[Firmware]:
    """The firmware of the machine."""
    return _firmware(covered(call, machine(call, id)))
