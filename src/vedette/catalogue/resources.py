"""Every resource of the service, by the name it has on a client: the root from which all else is derived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vedette.catalogue.advanced_hunting import AdvancedHunting
from vedette.catalogue.advanced_queries import AdvancedQueries
from vedette.catalogue.alerts import Alerts
from vedette.catalogue.authenticated_scans import AuthenticatedScans, ScanAgents
from vedette.catalogue.baselines import Baselines
from vedette.catalogue.browser_extensions import BrowserExtensionPermissions
from vedette.catalogue.data_export_settings import DataExport
from vedette.catalogue.device_groups import DeviceGroups
from vedette.catalogue.device_health import DeviceHealth
from vedette.catalogue.domains import Domains
from vedette.catalogue.exports import Exports
from vedette.catalogue.files import Files
from vedette.catalogue.firmware import FirmwareInventory
from vedette.catalogue.incidents import Incidents
from vedette.catalogue.indicators import Indicators
from vedette.catalogue.investigations import Investigations
from vedette.catalogue.ips import Ips
from vedette.catalogue.library_files import LiveResponseLibrary
from vedette.catalogue.machine_actions import MachineActions
from vedette.catalogue.machines import Machines
from vedette.catalogue.metadata import Metadata
from vedette.catalogue.operation import Operation, Operations
from vedette.catalogue.permission import Resource
from vedette.catalogue.recommendations import Recommendations
from vedette.catalogue.remediation_tasks import RemediationTasks
from vedette.catalogue.scores import Scores
from vedette.catalogue.software import SoftwareInventory
from vedette.catalogue.users import Users
from vedette.catalogue.vulnerabilities import Vulnerabilities

# Any: a resource class stands for both its blocking and its asynchronous form here.
RESOURCES: Mapping[str, type[Operations[Any]]] = {
    resource.RESOURCE: resource
    for resource in (
        Alerts,
        Machines,
        MachineActions,
        LiveResponseLibrary,
        Indicators,
        Investigations,
        AdvancedQueries,
        AdvancedHunting,
        Files,
        Ips,
        Domains,
        Users,
        Vulnerabilities,
        SoftwareInventory,
        Recommendations,
        RemediationTasks,
        Scores,
        Exports,
        Baselines,
        BrowserExtensionPermissions,
        DeviceHealth,
        AuthenticatedScans,
        ScanAgents,
        DeviceGroups,
        FirmwareInventory,
        Incidents,
        DataExport,
        Metadata,
    )
}
"""Resource name → declarations."""


def operations(api: Resource | None = None) -> Iterator[Operation[Any, Any]]:
    """Every declared operation, resource by resource; with `api`, those whose tokens are for it."""
    for resource in RESOURCES.values():
        if api is None or resource.API is api:
            yield from resource.operations()
