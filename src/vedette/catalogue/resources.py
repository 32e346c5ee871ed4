"""Every resource of the service, by the name it has on a client: the root from which all else is derived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vedette.catalogue.alerts import Alerts
from vedette.catalogue.machine_actions import MachineActions
from vedette.catalogue.machines import Machines
from vedette.catalogue.operation import Operation, Operations

# Any: a resource class stands for both its blocking and its asynchronous form here.
RESOURCES: Mapping[str, type[Operations[Any]]] = {
    resource.RESOURCE: resource for resource in (Alerts, Machines, MachineActions)
}
"""Resource name → declarations."""


def operations() -> Iterator[Operation[Any, Any]]:
    """Every declared operation, resource by resource."""
    for resource in RESOURCES.values():
        yield from resource.operations()
