"""What vulnerability management shows to a caller: the estate of the machines in their device groups."""

from __future__ import annotations

from vedette.catalogue.machines import Machine
from vedette.simulation.estate import Estate
from vedette.tenant.call import Call


def estate_of(call: Call) -> Estate:
    """The estate of the machines that the caller sees; every count in an answer is taken in it."""
    groups = None if call.user is None else call.user.device_groups
    return call.store.estate(groups)


def whole_estate(call: Call) -> Estate:
    """The estate of all machines: what decides which things there are, whoever asks."""
    return call.store.estate()


def covered(call: Call, machine: Machine) -> tuple[Machine, ...]:
    """The machine, where it is part of vulnerability management; excluded ones are not."""
    return (machine,) if estate_of(call).covers(machine) else ()
