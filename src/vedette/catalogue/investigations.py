"""Automated investigations: the entity, its operations, and those that start one on a machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from vedette.catalogue.entity import FILTERABLE, Entity, OneOf
from vedette.catalogue.limits import USUAL, PerCaller
from vedette.catalogue.machine_actions import KnownRequestSource
from vedette.catalogue.operation import GET, LIST, POST, SEEN_IN_CLIENTS, Declared, Filter, M, OData, Operations

InvestigationState = Literal[
    "Unknown", "Terminated", "SuccessfullyRemediated", "Benign", "Failed", "PartiallyRemediated", "Running",
    "PendingApproval", "PendingResource", "Disabled", "Queued", "InnerFailure", "PreexistingAlert", "UnsupportedOs",
    "UnsupportedAlertType", "SuppressedAlert", "PartiallyInvestigated", "TerminatedByUser", "TerminatedBySystem",
]  # fmt: skip


class Investigation(Entity, frozen=True, kw_only=True):
    """What the service looked into by itself, and how it ended."""

    ENTITY_SET: ClassVar[str] = "Investigations"

    id: Annotated[str, FILTERABLE] = ""
    start_time: Annotated[datetime | None, FILTERABLE] = None
    end_time: datetime | None = None
    state: Annotated[str, OneOf(InvestigationState, "InvestigationState"), FILTERABLE] = "Unknown"
    cancelled_by: str | None = None
    status_details: str | None = None
    machine_id: Annotated[str | None, FILTERABLE] = None
    computer_dns_name: str | None = None
    triggering_alert_id: Annotated[str | None, FILTERABLE] = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Investigations(Operations[M], base="/api/investigations", resource="investigations"):
    """Automated investigations and how they ended."""

    @LIST(
        application=("Alert.Read.All", "Alert.ReadWrite.All"),
        delegated=("Alert.Read", "Alert.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        odata=OData(filter=True, top=10_000, skip=True),
        source=_PAGE + "get-investigation-collection",
    )
    def list(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[Investigation]:
        """List automated investigations."""
        raise Declared

    @GET(
        "{id}",
        application=("Alert.Read.All", "Alert.ReadWrite.All"),
        delegated=("Alert.Read", "Alert.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-investigation-object",
        errors=("ResourceNotFound",),
    )
    def get(self, id: str) -> Investigation:
        """Fetch one investigation, by its id or by that of the alert that started it."""
        raise Declared


class MachineInvestigations(Operations[M], base="/api/machines", resource="machines"):
    """Automated investigations of a machine."""

    @POST(
        "{id}/startInvestigation",
        application="Alert.ReadWrite.All",
        delegated="Alert.ReadWrite",
        user_role="Active remediation actions",
        limits=PerCaller(hour=50),
        answers=201,
        body_names="pascal",
        source=_PAGE + "initiate-autoir-investigation",
        errors=("ResourceNotFound",),
        notes=("ExternalId, RequestSource and Title stand in the service's schema, not on the page.",),
    )
    def start_investigation(
        self,
        id: str,
        *,
        comment: str,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> Investigation:
        """Start an automated investigation of a machine."""
        raise Declared

    @POST(
        "{id}/initiateInvestigation",
        application="Alert.ReadWrite.All",
        delegated="Alert.ReadWrite",
        user_role="Active remediation actions",
        body_names="pascal",
        basis="client practice",
        errors=("ResourceNotFound",),
        notes=(SEEN_IN_CLIENTS,),
    )
    def initiate_investigation(self, id: str, *, comment: str) -> Investigation:
        """Start an automated investigation of a machine, under the older name."""
        raise Declared
