"""The machines that exported rows speak of: names and times from any Device table, the rest from `DeviceInfo`.

Exports hold rows only. A tenant that takes them in needs the machines too, or its API would know none of the devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from vedette.catalogue.machines import Machine
from vedette.catalogue.tables import TABLES
from vedette.telemetry.lake import Lake

_NAMED: Final = ("DeviceId", "DeviceName")
_STATE: Final = ("OSPlatform", "OSArchitecture", "OSBuild", "OSVersionInfo", "PublicIP", "MachineGroup", "AadDeviceId")


def machines_of(lake: Lake, tables: Sequence[str]) -> list[Machine]:
    """The machines of some tables' rows, by id. What no row says is left out."""
    found: dict[str, Machine] = {}
    for name in tables:
        table = TABLES[name]
        if table.time_column and all(column in table for column in _NAMED):
            for (device_id, device_name), _, first, last in lake.tally(name, by=_NAMED):
                if device_id:
                    found[device_id] = _seen(found.get(device_id), str(device_id), str(device_name), first, last)
    if "DeviceInfo" in tables:
        states = lake.tally("DeviceInfo", by=["DeviceId", *_STATE])
        for state in sorted(states, key=lambda one: str(one.last)):
            device_id, *values = state.values
            if device_id in found:
                found[device_id] = _with_state(found[device_id], dict(zip(_STATE, values, strict=True)))
    return [found[device_id] for device_id in sorted(found)]


def _seen(machine: Machine | None, device_id: str, name: str, first: datetime | None, last: datetime | None) -> Machine:
    if machine is None:
        return Machine(
            id=device_id,
            computer_dns_name=name or None,
            first_seen=first,
            last_seen=last,
            health_status="Active",
            onboarding_status="Onboarded",
        )
    return msgspec.structs.replace(
        machine,
        computer_dns_name=machine.computer_dns_name or name or None,
        first_seen=min((at for at in (machine.first_seen, first) if at), default=None),
        last_seen=max((at for at in (machine.last_seen, last) if at), default=None),
    )


def _with_state(machine: Machine, state: dict[str, object]) -> Machine:
    """The machine with what a row of DeviceInfo says; empty columns change nothing."""

    def text(name: str, otherwise: str | None) -> str | None:
        return str(state[name]) if state[name] else otherwise

    build = state["OSBuild"]
    return msgspec.structs.replace(
        machine,
        os_platform=text("OSPlatform", machine.os_platform),
        os_architecture=text("OSArchitecture", machine.os_architecture),
        os_build=build if isinstance(build, int) else machine.os_build,
        version=text("OSVersionInfo", machine.version),
        last_external_ip_address=text("PublicIP", machine.last_external_ip_address),
        rbac_group_name=text("MachineGroup", machine.rbac_group_name),
        aad_device_id=text("AadDeviceId", machine.aad_device_id),
    )
