"""Machines: the entity and its operations.

What concerns a machine and another subject is declared with that subject: response actions in `machine_actions`, live
response, investigations, software, vulnerabilities, recommendations and firmware in the modules of these names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from vedette.catalogue.entity import FILTERABLE, GUID, Complex, Entity, Is, OneOf
from vedette.catalogue.firmware import MachineFirmware
from vedette.catalogue.investigations import MachineInvestigations
from vedette.catalogue.limits import NO_FIGURE, USUAL
from vedette.catalogue.live_response import MachineLiveResponse
from vedette.catalogue.machine_actions import MachineResponse
from vedette.catalogue.operation import (
    ASSUMED,
    GET,
    LIST,
    PATCH,
    POST,
    POST_LIST,
    SERVICE_SCHEMA,
    Declared,
    Filter,
    M,
    OData,
    Wire,
)
from vedette.catalogue.recommendations import MachineRecommendations
from vedette.catalogue.software import MachineSoftware
from vedette.catalogue.users import User
from vedette.catalogue.vulnerabilities import MachineVulnerabilities

if TYPE_CHECKING:
    from vedette.catalogue.alerts import Alert

MachineHealthStatus = Literal[
    "Active", "Inactive", "ImpairedCommunication", "NoSensorData", "NoSensorDataImpairedCommunication", "Unknown"
]
DeviceValue = Literal["Normal", "Low", "High"]
RiskScore = Literal["None", "Informational", "Low", "Medium", "High"]
ExposureLevel = Literal["None", "Low", "Medium", "High"]
OnboardingStatus = Literal["InsufficientInfo", "Onboarded", "CanBeOnboarded", "Unsupported"]
ExclusionReason = Literal["Other", "InactiveDevice", "DuplicateDevice", "DeviceDoesNotExist", "DeviceOutOfScope"]
DeviceManagedBy = Literal["Unknown", "Intune", "SystemCenterConfigurationManager", "MicrosoftDefenderForEndpoint"]
DeviceManagedByStatus = Literal["Unknown", "Success", "Error"]
InterfaceType = Literal[
    "Unknown", "Other", "Ethernet", "TokenRing", "PPP", "SoftwareLoopback", "ATM", "IEEE80211", "Tunnel", "IEEE1394"
]
IpInterfaceOperationalStatus = Literal["Up", "Down", "Testing", "Unknown", "Dormant", "Present", "LowerLayerDown"]
CloudProvider = Literal["Unknown", "Azure"]
MachineConfigurationStatus = Literal["Valid", "UnsupportedOs", "InactiveAV", "NotificationsDisabled", "MissingUpdate"]
TagAction = Literal["Add", "Remove"]

MAX_TAGGED = 500
"""Machines in one request for tags."""
FIND_BY_IP_DAYS = 30
"""How far back machines are found by their address."""
FIND_BY_IP_MINUTES = 15
"""How far from the asked time, either way."""


class MachineIpAddress(Complex, frozen=True, kw_only=True):
    """An address of one network adapter."""

    ip_address: str | None = None
    mac_address: str | None = None
    type: Annotated[str | None, OneOf(InterfaceType, "InterfaceType")] = None
    operational_status: Annotated[str | None, OneOf(IpInterfaceOperationalStatus, "IpInterfaceOperationalStatus")] = (
        None
    )


class VmMetadata(Complex, frozen=True, kw_only=True):
    """Where a virtual machine runs."""

    vm_id: str | None = None
    cloud_provider: Annotated[str, OneOf(CloudProvider, "vmCloudProvider")] = "Unknown"
    resource_id: str | None = None
    subscription_id: str | None = None


class Machine(Entity, frozen=True, kw_only=True):
    """A device that Defender for Endpoint knows. Addressed by id, computer DNS name or Entra device id."""

    ENTITY_SET: ClassVar[str] = "Machines"
    NAVIGATION: ClassVar = {
        "logOnUsers": "Collection(User)",
        "alerts": "Collection(Alert)",
        "machineActions": "Collection(MachineAction)",
        "vulnerabilities": "Collection(Vulnerability)",
        "recommendations": "Collection(Recommendation)",
        "software": "Collection(Software)",
    }

    id: Annotated[str, FILTERABLE] = ""
    merged_into_machine_id: str | None = None
    is_potential_duplication: bool = False
    is_excluded: bool = False
    exclusion_reason: Annotated[str | None, OneOf(ExclusionReason, "ExclusionReason")] = None
    computer_dns_name: Annotated[str | None, Is(filterable=True, any_case=True)] = None
    first_seen: datetime | None = None
    last_seen: Annotated[datetime | None, FILTERABLE] = None
    os_platform: Annotated[str | None, FILTERABLE] = None
    os_processor: str | None = None
    version: Annotated[str | None, FILTERABLE] = None
    last_ip_address: Annotated[str | None, FILTERABLE] = None
    last_external_ip_address: str | None = None
    agent_version: str | None = None
    os_build: int | None = None
    health_status: Annotated[str, OneOf(MachineHealthStatus, "MachineHealthStatus"), FILTERABLE] = "Unknown"
    device_value: Annotated[str, OneOf(DeviceValue, "DeviceValue"), FILTERABLE] = "Normal"
    rbac_group_id: Annotated[int, Is(edm="Edm.Int32", filterable=True)] = 0
    rbac_group_name: str | None = None
    ip_addresses: list[MachineIpAddress] = []
    risk_score: Annotated[str | None, OneOf(RiskScore, "RiskScore"), FILTERABLE] = None
    exposure_level: Annotated[str, OneOf(ExposureLevel, "ExposureLevel"), FILTERABLE] = "None"
    is_aad_joined: bool | None = None
    aad_device_id: Annotated[str | None, Is(edm=GUID.edm, filterable=True)] = None
    machine_tags: Annotated[list[str], FILTERABLE] = []
    vm_metadata: VmMetadata | None = None
    onboarding_status: Annotated[str, OneOf(OnboardingStatus, "OnboardingStatus"), FILTERABLE] = "InsufficientInfo"
    os_architecture: str | None = None
    managed_by: Annotated[str, OneOf(DeviceManagedBy, "DeviceManagedBy")] = "Unknown"
    managed_by_status: Annotated[str, OneOf(DeviceManagedByStatus, "DeviceManagedByStatus")] = "Unknown"


class DlpMachine(Complex, frozen=True, kw_only=True):
    """How one machine stands with data-loss prevention."""

    id: str | None = None
    computer_dns_name: str | None = None
    health_status: Annotated[str, OneOf(MachineHealthStatus, "MachineHealthStatus")] = "Unknown"
    config_status: Annotated[str, OneOf(MachineConfigurationStatus, "MachineConfigurationStatus")] = "Valid"
    last_seen: datetime | None = None
    os_platform: str | None = None
    version: str | None = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"
_READ_APP = ("Machine.Read.All", "Machine.ReadWrite.All")
_READ = ("Machine.Read", "Machine.ReadWrite")


class Machines(
    MachineResponse[M],
    MachineLiveResponse[M],
    MachineInvestigations[M],
    MachineSoftware[M],
    MachineVulnerabilities[M],
    MachineRecommendations[M],
    MachineFirmware[M],
    base="/api/machines",
    resource="machines",
):
    """Machines: find them, read what is known of them, tag and value them, respond on them."""

    @LIST(
        application=_READ_APP,
        delegated=_READ,
        user_role="View Data",
        limits=USUAL,
        odata=OData(filter=True, top=10_000, skip=True),
        source=_PAGE + "get-machines",
    )
    def list(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[Machine]:
        """List the machines seen within the tenant's retention period."""
        raise Declared

    @GET(
        "{id}",
        application=_READ_APP,
        delegated=_READ,
        user_role="View Data",
        limits=USUAL,
        context="#Machine",
        source=_PAGE + "get-machine-by-id",
        errors=("ResourceNotFound",),
        notes=("The sample's context ends in #Machine, not in the usual #Machines/$entity.",),
    )
    def get(self, id: str) -> Machine:
        """Fetch one machine by id or computer name."""
        raise Declared

    @PATCH(
        "{id}",
        application="Machine.ReadWrite.All",
        delegated="Machine.ReadWrite",
        user_role="Alerts investigation",
        limits=USUAL,
        source=_PAGE + "update-machine-method",
        errors=("ResourceNotFound",),
        notes=(
            "The page says both that tags are appended and that the list is replaced; send the present tags and the "
            "new ones, which suits either reading.",
        ),
    )
    def update(
        self, id: str, *, machine_tags: Sequence[str] | None = None, device_value: DeviceValue | None = None
    ) -> Machine:
        """Change the tags or the value of a machine."""
        raise Declared

    @POST(
        "{id}/setDeviceValue",
        application="Machine.ReadWrite.All",
        delegated="Machine.ReadWrite",
        user_role="Manage security settings",
        limits=USUAL,
        body_names="pascal",
        source=_PAGE + "set-device-value",
        errors=("ResourceNotFound",),
    )
    def set_device_value(self, id: str, *, device_value: DeviceValue) -> Machine:
        """Say how much a machine matters."""
        raise Declared

    @POST(
        "{id}/tags",
        application="Machine.ReadWrite.All",
        delegated="Machine.ReadWrite",
        user_role="Manage security settings",
        limits=USUAL,
        body_names="pascal",
        source=_PAGE + "add-or-remove-machine-tags",
        errors=("ResourceNotFound",),
    )
    def tag(self, id: str, *, value: str, action: TagAction = "Add") -> Machine:
        """Add a tag to a machine, or remove one."""
        raise Declared

    @POST_LIST(
        "AddOrRemoveTagForMultipleMachines",
        application="Machine.ReadWrite.All",
        delegated="Machine.ReadWrite",
        user_role="Manage security settings",
        limits=USUAL,
        body_names="pascal",
        source=_PAGE + "add-or-remove-multiple-machine-tags",
        errors=("MaximumBatchSizeExceeded",),
        notes=("At most 500 machines a call.",),
    )
    def tag_many(self, *, value: str, action: TagAction, machine_ids: Sequence[str]) -> Sequence[Machine]:
        """Add a tag to many machines, or remove one."""
        raise Declared

    @LIST(
        "{id}/logonusers",
        application="User.Read.All",
        delegated="User.Read.All",
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-machine-log-on-users",
        errors=("ResourceNotFound",),
    )
    def list_logon_users(self, id: str) -> Sequence[User]:
        """List the accounts that logged on to a machine."""
        raise Declared

    @LIST(
        "{id}/alerts",
        application=("Alert.Read.All", "Alert.ReadWrite.All"),
        delegated=("Alert.Read", "Alert.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        odata=OData(
            filter=("status",), note="Only the samples page shows options here: /$count with a filter on status."
        ),
        source=_PAGE + "get-machine-related-alerts",
        errors=("ResourceNotFound",),
    )
    def list_alerts(self, id: str, *, filter: Filter | None = None) -> Sequence[Alert]:
        """List the alerts of a machine."""
        raise Declared

    @LIST(
        "findbyip(ip='{ip}',timestamp={timestamp})",
        application=_READ_APP,
        delegated=_READ,
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "find-machines-by-ip",
        errors=("InvalidIpAddress", "InvalidInput"),
        notes=("The time must lie in the past 30 days.",),
    )
    def find_by_ip(self, ip: str, timestamp: datetime) -> Sequence[Machine]:
        """Find the machines that had an internal IP address within 15 minutes of a time."""
        raise Declared

    @LIST(
        "find(timestamp={timestamp},key='{ip}')",
        application=_READ_APP,
        limits=NO_FIGURE,
        source=_PAGE + "find-machine-info-by-ip",
        errors=("InvalidIpAddress", "ResourceNotFound"),
        notes=("Older than find_by_ip and absent from the service's schema. Looks 16 minutes either way.",),
    )
    def find_info_by_ip(self, ip: str, timestamp: datetime) -> Sequence[Machine]:
        """Find machines by internal IP address near a time, in the older form."""
        raise Declared

    @LIST(
        "findbytag",
        application=_READ_APP,
        delegated=_READ,
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "find-machines-by-tag",
    )
    def find_by_tag(
        self, tag: str, *, starts_with: Annotated[bool | None, Wire("useStartsWithFilter", "query")] = None
    ) -> Sequence[Machine]:
        """Find the machines that carry a tag, or one that starts with it."""
        raise Declared

    @LIST(
        "bigPageSize",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        source=SERVICE_SCHEMA,
        basis="service schema",
        notes=(ASSUMED,),
    )
    def list_in_big_pages(self) -> Sequence[Machine]:
        """List the machines in larger pages."""
        raise Declared

    @LIST(
        "unTaggedMachines",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        source=SERVICE_SCHEMA,
        basis="service schema",
        notes=(ASSUMED,),
    )
    def list_untagged(self) -> Sequence[Machine]:
        """List the machines without a tag."""
        raise Declared

    @LIST(
        "dlp",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        source=SERVICE_SCHEMA,
        basis="service schema",
        notes=(ASSUMED,),
    )
    def list_dlp(self) -> Sequence[DlpMachine]:
        """List how machines stand with data-loss prevention."""
        raise Declared

    @POST(
        "{id}/setExclusion",
        application="Machine.ReadWrite.All",
        delegated="Machine.ReadWrite",
        user_role="Manage security settings",
        body_names="pascal",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def set_exclusion(self, id: str, *, is_excluded: bool, exclusion_reason: ExclusionReason | None = None) -> Machine:
        """Leave a machine out of views and scores, or take it in again."""
        raise Declared
