"""Response actions on machines: the entity that follows an action, and the operations that start one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from vedette.catalogue.entity import FILTERABLE, INT32, REQUIRED, Complex, Entity, Is, OneOf
from vedette.catalogue.limits import USUAL
from vedette.catalogue.operation import GET, LIST, POST, Declared, Filter, M, OData, Operations

ActionStatus = Literal["Pending", "Cancelled", "TimeOut", "Failed", "InProgress", "Succeeded"]
ActionType = Literal[
    "Unknown", "RequestSample", "Block", "RunAntiVirusScan", "Offboard", "RegenerateId", "CollectInvestigationPackage",
    "Isolate", "Unisolate", "StopAndQuarantineFile", "RestrictCodeExecution", "UnrestrictCodeExecution", "LiveResponse",
    "Troubleshoot", "LogsCollection", "TokenRefresh", "EndpointConfigManagementCheckin", "EnableActiveDirectoryUser",
    "DisableActiveDirectoryUser", "ResetPasswordActiveDirectoryUser", "ImmuneActiveDirectoryCustomPlaybook",
]  # fmt: skip
IsolationType = Literal["Full", "Selective", "UnManagedDevice"]
KnownRequestSource = Literal[
    "Unspecified", "PublicApi", "Portal", "MCAS", "TVM", "CustomDetection", "BulkAction", "ISG", "NDR",
    "EndpointConfigManagement", "IncidentTasks", "MDI", "ActiveScan",
]  # fmt: skip
FileIdentifierType = Literal["Sha1", "Sha256", "Md5"]
CommandType = Literal["PutFile", "GetFile", "RunPowerShell", "RunScript"]
CommandStatus = Literal["Executing", "Completed", "Failed", "PendingResource", "Submitted", "Created"]
CommandParameterKey = Literal[
    "FileName", "Args", "Path", "ScriptName", "IsExternalSource", "FileUri", "ScriptHash", "ScriptSource"
]

FINAL_STATUSES = frozenset({"Succeeded", "Failed", "TimeOut", "Cancelled"})
"""A machine action in one of these does not change any more."""


class RelatedFileInfo(Complex, frozen=True, kw_only=True):
    """The file that an action is about."""

    file_identifier: str | None = None
    file_identifier_type: Annotated[str | None, OneOf(FileIdentifierType, "fileIdentifierType")] = None


class CustomPlaybookParameter(Complex, frozen=True, kw_only=True):
    """One parameter of a live response command."""

    key: Annotated[str, OneOf(CommandParameterKey, "CustomPlaybookParams")] = ""
    value: str | None = None


class CustomPlaybookCommand(Complex, frozen=True, kw_only=True):
    """One live response command."""

    type: Annotated[str, OneOf(CommandType, "CustomPlaybookActionTypes")] = ""
    params: list[CustomPlaybookParameter] = []


class CustomPlaybookCommandResult(Complex, frozen=True, kw_only=True):
    """How far one live response command got."""

    index: Annotated[int, INT32] = 0
    command: CustomPlaybookCommand | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    command_status: Annotated[str, OneOf(CommandStatus, "CustomPlaybookCommandStatus")] = "Created"
    errors: list[str] = []


class TroubleshootInfo(Complex, frozen=True, kw_only=True):
    """State of a machine's troubleshooting mode."""

    expiration_utc: Annotated[datetime | None, REQUIRED] = None
    start_ts_mode_utc: Annotated[datetime | None, REQUIRED] = None
    params_json_format_version: Annotated[int, INT32] = 0
    state: Annotated[int, INT32] = 0


class MachineAction(Entity, frozen=True, kw_only=True):
    """A response action on a machine, from request to result."""

    ENTITY_SET: ClassVar[str] = "MachineActions"

    id: Annotated[str, Is(edm="Edm.Guid", filterable=True)] = ""
    type: Annotated[str, OneOf(ActionType, "actionType"), FILTERABLE] = "Unknown"
    title: str | None = None
    requestor: Annotated[str | None, FILTERABLE] = None
    requestor_comment: str | None = None
    status: Annotated[str, OneOf(ActionStatus, "actionStatus"), FILTERABLE] = "Pending"
    machine_id: Annotated[str | None, FILTERABLE] = None
    computer_dns_name: str | None = None
    related_file_info: RelatedFileInfo | None = None
    creation_date_time_utc: Annotated[datetime | None, Is(filterable=True, required=True)] = None
    last_update_date_time_utc: Annotated[datetime | None, REQUIRED] = None
    cancellation_requestor: str | None = None
    cancellation_comment: str | None = None
    cancellation_date_time_utc: datetime | None = None
    error_h_result: Annotated[int, INT32] = 0
    scope: str | None = None
    commands: list[CustomPlaybookCommandResult] = []
    troubleshoot_info: TroubleshootInfo | None = None
    external_id: str | None = None
    request_source: Annotated[str, OneOf(KnownRequestSource, "KnownRequestSource")] = "Unspecified"


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"
_READ_APP = ("Machine.Read.All", "Machine.ReadWrite.All")
_READ = ("Machine.Read", "Machine.ReadWrite")


class MachineActions(Operations[M], base="/api/machineactions", resource="machine_actions"):
    """Response actions and what became of them."""

    @LIST(
        application=_READ_APP,
        delegated=_READ,
        user_role="View Data",
        limits=USUAL,
        odata=OData(filter=True, top=10_000, skip=True),
        source=_PAGE + "get-machineactions-collection",
    )
    def list(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[MachineAction]:
        """List response actions."""
        raise Declared

    @GET(
        "{id}",
        application=_READ_APP,
        delegated=_READ,
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-machineaction-object",
        errors=("ResourceNotFound",),
    )
    def get(self, id: str) -> MachineAction:
        """Fetch one response action and its state."""
        raise Declared


class MachineResponse(Operations[M], base="/api/machines", resource="machines"):
    """Response actions that a machine takes."""

    @POST(
        "{id}/isolate",
        application="Machine.Isolate",
        delegated="Machine.Isolate",
        user_role="Active remediation actions",
        limits=USUAL,
        answers=201,
        body_names="pascal",
        source=_PAGE + "isolate-machine",
        errors=("ActiveRequestAlreadyExists", "ResourceNotFound"),
        notes=("ExternalId, RequestSource and Title stand in the service's schema, not on the page.",),
    )
    def isolate(
        self,
        id: str,
        *,
        comment: str,
        isolation_type: IsolationType = "Full",
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Cut a machine off the network while it keeps talking to Defender."""
        raise Declared

    @POST(
        "{id}/unisolate",
        application="Machine.Isolate",
        delegated="Machine.Isolate",
        user_role="Active remediation actions",
        limits=USUAL,
        answers=201,
        body_names="pascal",
        source=_PAGE + "unisolate-machine",
        errors=("ActiveRequestAlreadyExists", "ResourceNotFound"),
        notes=("ExternalId, RequestSource and Title stand in the service's schema, not on the page.",),
    )
    def unisolate(
        self,
        id: str,
        *,
        comment: str,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Let an isolated machine back on the network."""
        raise Declared
