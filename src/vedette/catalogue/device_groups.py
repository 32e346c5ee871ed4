"""Device groups: which machines belong together. Known from the schema and from clients alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from vedette.catalogue.entity import INT32, Complex, Entity, OneOf
from vedette.catalogue.operation import (
    ASSUMED,
    GET,
    LIST,
    POST,
    SEEN_IN_CLIENTS,
    SERVICE_SCHEMA,
    Declared,
    M,
    Operations,
)

AutomationLevelEnum = Literal[
    "NoAutomatedResponse", "SemiRequireApprovalForAllFolders", "SemiRequireApprovalForNonTempFolders",
    "SemiRequireApprovalForCoreFolders", "FullRemediateThreatsAutomatically",
]  # fmt: skip

OperatorType = Literal["StartsWith", "EndsWith", "Equals", "Contains", "In"]


class AadUsersGroup(Complex, frozen=True, kw_only=True):
    """A group of the directory whose members may see a device group."""

    display_name: str | None = None
    id: str | None = None


class DeviceGroupPropertyCondition(Complex, frozen=True, kw_only=True):
    """A condition on one value."""

    condition: Annotated[str, OneOf(OperatorType, "OperatorType")] = "StartsWith"
    value: str | None = None


class DeviceGroupListPropertyCondition(Complex, frozen=True, kw_only=True):
    """A condition on several values."""

    condition: Annotated[str, OneOf(OperatorType, "OperatorType")] = "StartsWith"
    values_list: list[str] = []


class DeviceGroupRules(Complex, frozen=True, kw_only=True):
    """Which machines a device group takes in."""

    devices_names_conditions: list[DeviceGroupPropertyCondition] = []
    devices_domains_conditions: list[DeviceGroupPropertyCondition] = []
    devices_tags_conditions: list[DeviceGroupPropertyCondition] = []
    devices_os_conditions: list[DeviceGroupListPropertyCondition] = []


class DeviceGroup(Entity, frozen=True, kw_only=True):
    """A set of machines with rules, people who may see it, and a remediation level."""

    ENTITY_SET: ClassVar[str] = "DeviceGroups"

    id: Annotated[int, INT32] = 0
    priority: Annotated[int, INT32] = 0
    device_group_name: str | None = None
    is_unassigned_device_group: bool = False
    automation_level: Annotated[str, OneOf(AutomationLevelEnum, "AutomationLevelEnum")] = "NoAutomatedResponse"
    description: str | None = None
    device_count: Annotated[int, INT32] = 0
    last_update_time: datetime | None = None
    aad_users_groups: list[AadUsersGroup] = []
    device_group_rules: DeviceGroupRules | None = None


class DeviceGroups(Operations[M], base="/api/deviceGroups", resource="device_groups"):
    """Device groups and their rules."""

    @LIST(
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        source=SERVICE_SCHEMA,
        basis="service schema",
        notes=(ASSUMED,),
    )
    def list(self) -> Sequence[DeviceGroup]:
        """List device groups."""
        raise Declared

    @GET(
        "{id}",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def get(self, id: int) -> DeviceGroup:
        """Fetch one device group."""
        raise Declared

    @POST(
        "addDeviceGroups",
        application="Machine.ReadWrite.All",
        delegated="Machine.ReadWrite",
        user_role="Manage security settings",
        basis="client practice",
        notes=(SEEN_IN_CLIENTS,),
    )
    def add(self, device_groups: Sequence[DeviceGroup]) -> None:
        """Add device groups."""
        raise Declared

    @POST(
        "deleteDeviceGroups",
        application="Machine.ReadWrite.All",
        delegated="Machine.ReadWrite",
        user_role="Manage security settings",
        basis="client practice",
        notes=(SEEN_IN_CLIENTS,),
    )
    def batch_delete(self, ids: Sequence[int]) -> None:
        """Delete device groups."""
        raise Declared

    @POST(
        "postDeviceGroups",
        application="Machine.ReadWrite.All",
        delegated="Machine.ReadWrite",
        user_role="Manage security settings",
        basis="client practice",
        notes=(SEEN_IN_CLIENTS,),
    )
    def replace(self, device_groups: Sequence[DeviceGroup], *, additions_count: int, deletions_count: int) -> None:
        """Replace the device groups, saying how many come and go."""
        raise Declared
