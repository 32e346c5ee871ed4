"""Remediation tasks: what somebody was asked to fix, and how far it got."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from vedette.catalogue.assets import PublicAssetDto
from vedette.catalogue.entity import FILTERABLE, INT32, REQUIRED, Entity, OneOf
from vedette.catalogue.operation import GET, LIST, Declared, Filter, M, OData, Operations

TaskStateValueTypeDto = Literal["Active", "Completed"]

TaskCategoryDto = Literal["Software", "SecurityConfiguration"]

TaskProductivityImpactTypeDto = Literal["AllExposedAssets", "NonImpactedAssets"]

TaskPriorityDto = Literal["None", "Low", "Medium", "High"]

TaskCompletionMethod = Literal["Manual", "Automatic"]

TaskTypeDto = Literal["Update", "Uninstall", "ConfigurationChange", "AttentionRequired", "Upgrade", "FirmwareUpdate"]


class RemediationTask(Entity, frozen=True, kw_only=True):
    """A request to fix something on a number of machines."""

    ENTITY_SET: ClassVar[str] = "RemediationTasks"

    id: str = ""
    title: str | None = None
    created_on: Annotated[datetime | None, FILTERABLE] = None
    requester_id: str | None = None
    requester_email: str | None = None
    status: Annotated[str | None, OneOf(TaskStateValueTypeDto, "TaskStateValueTypeDto"), FILTERABLE] = None
    status_last_modified_on: Annotated[datetime | None, REQUIRED] = None
    description: str | None = None
    related_component: str | None = None
    target_devices: Annotated[int | None, INT32] = None
    rbac_group_names: list[str] = []
    fixed_devices: Annotated[int | None, INT32] = None
    requester_notes: str | None = None
    due_on: datetime | None = None
    category: Annotated[str | None, OneOf(TaskCategoryDto, "TaskCategoryDto")] = None
    productivity_impact_remediation_type: Annotated[
        str | None, OneOf(TaskProductivityImpactTypeDto, "TaskProductivityImpactTypeDto")
    ] = None
    priority: Annotated[str | None, OneOf(TaskPriorityDto, "TaskPriorityDto")] = None
    completion_method: Annotated[str | None, OneOf(TaskCompletionMethod, "TaskCompletionMethod")] = None
    completer_id: str | None = None
    completer_email: str | None = None
    scid: str | None = None
    type: Annotated[str | None, OneOf(TaskTypeDto, "TaskTypeDto")] = None
    product_id: str | None = None
    vendor_id: str | None = None
    name_id: str | None = None
    recommended_version: str | None = None
    recommended_vendor: str | None = None
    recommended_program: str | None = None
    recommendation_reference: str | None = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class RemediationTasks(Operations[M], base="/api/remediationTasks", resource="remediation_tasks"):
    """What somebody was asked to fix."""

    @LIST(
        application="RemediationTasks.Read.All",
        delegated="RemediationTasks.Read",
        odata=OData(filter=True, top=10_000, skip=True),
        source=_PAGE + "get-remediation-all-activities",
        preview=True,
        notes=("Pages spell the delegated permission in two other ways; this is the published name.",),
    )
    def list(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[RemediationTask]:
        """List remediation tasks."""
        raise Declared

    @GET(
        "{id}",
        application="RemediationTasks.Read.All",
        delegated="RemediationTasks.Read",
        source=_PAGE + "get-remediation-one-activity",
        preview=True,
        errors=("ResourceNotFound",),
        notes=("Pages spell the delegated permission in two other ways; this is the published name.",),
    )
    def get(self, id: str) -> RemediationTask:
        """Fetch one remediation task."""
        raise Declared

    @LIST(
        "{id}/machineReferences",
        application="RemediationTasks.Read.All",
        delegated="RemediationTasks.Read",
        context="#MachineReferences",
        source=_PAGE + "get-remediation-exposed-devices-activities",
        preview=True,
        errors=("ResourceNotFound",),
        notes=("Pages spell the delegated permission in two other ways; this is the published name.",),
    )
    def list_machines(self, id: str) -> Sequence[PublicAssetDto]:
        """List the machines of a remediation task that are not fixed yet."""
        raise Declared
