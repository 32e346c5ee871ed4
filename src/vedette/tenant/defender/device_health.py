"""Behaviour of device health: the antivirus of each machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vedette.catalogue.device_health import DeviceAvInfo, DeviceHealth
from vedette.catalogue.operation import Filter
from vedette.simulation.estate.antivirus import health
from vedette.tenant.call import Call
from vedette.tenant.defender.estates import estate_of
from vedette.tenant.defender.handling import handles


@handles(DeviceHealth.list, in_thread=True)
def list_all(
    call: Call,
    /,
    *,
    filter: Filter | None = None,
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Iterable[DeviceAvInfo]:
    """One row for each machine that has an antivirus."""
    return health(estate_of(call))
