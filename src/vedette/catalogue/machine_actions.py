"""Response actions on machines: the entity that follows an action, and the operations that start one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from vedette.catalogue.entity import FILTERABLE, INT32, REQUIRED, Complex, Entity, Is, OneOf
from vedette.catalogue.limits import USUAL, PerCaller
from vedette.catalogue.operation import ASSUMED, GET, LIST, POST, SERVICE_SCHEMA, Declared, Filter, M, OData, Operations

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
ScanType = Literal["Quick", "Full"]
FileIdentifierType = Literal["Sha1", "Sha256", "Md5"]
CommandType = Literal["PutFile", "GetFile", "RunPowerShell", "RunScript"]
CommandStatus = Literal["Executing", "Completed", "Failed", "PendingResource", "Submitted", "Created"]
CommandParameterKey = Literal[
    "FileName", "Args", "Path", "ScriptName", "IsExternalSource", "FileUri", "ScriptHash", "ScriptSource"
]
FullActionType = Literal[
    "Unknown", "FullIsolation", "SelectiveIsolation", "RunAntiVirusScan", "CollectInvestigationPackage",
    "StopAndQuarantineFile", "RestrictCodeExecution", "InitiateInvestigation", "OffBoard", "LiveResponse",
    "Troubleshoot", "LogsCollection", "UnManagedDeviceIsolation", "TokenRefresh", "RegenerateId",
    "EnableActiveDirectoryUser", "DisableActiveDirectoryUser", "ResetPasswordActiveDirectoryUser",
    "ImmuneActiveDirectoryCustomPlaybook", "Unisolation", "UnrestrictCodeExecution", "UnManagedDeviceUnisolation",
    "LiveResponsePortal",
]  # fmt: skip

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
    READ_AS: ClassVar[Mapping[str, str]] = {"lastUpdateTimeUtc": "lastUpdateDateTimeUtc"}

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


class ActionAvailabilityStatus(Complex, frozen=True, kw_only=True):
    """Whether a machine can take one response action now."""

    action: Annotated[str, OneOf(FullActionType, "FullActionType")] = "Unknown"
    is_available: bool = False
    not_supported_reason: str | None = None


_MORE = "ExternalId, RequestSource and Title stand in the service's schema, not on the page."
_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"
_READ_APP = ("Machine.Read.All", "Machine.ReadWrite.All")
_READ = ("Machine.Read", "Machine.ReadWrite")
_ANY_ACTION = (
    "Machine.CollectForensics",
    "Machine.Isolate",
    "Machine.RestrictExecution",
    "Machine.Scan",
    "Machine.Offboard",
    "Machine.StopAndQuarantine",
    "Machine.LiveResponse",
)


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

    @POST(
        "{id}/cancel",
        application=_ANY_ACTION,
        delegated=_ANY_ACTION,
        limits=USUAL,
        body_names="pascal",
        source=_PAGE + "cancel-machine-action",
        preview=True,
        errors=("ResourceNotFound", "BadRequest"),
        notes=(
            "The permission that the action itself needs is the one that counts.",
            _MORE,
        ),
    )
    def cancel(
        self,
        id: str,
        *,
        comment: str,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Cancel a response action that has not ended."""
        raise Declared

    @GET(
        "{id}/getPackageUri",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated="Machine.CollectForensics",
        user_role="Alerts investigation",
        limits=PerCaller(minute=2, hour=120),
        context="#Edm.String",
        source=_PAGE + "get-package-sas-uri",
        errors=("ResourceNotFound",),
        notes=("The sample has the link in a second pair of quotes.",),
    )
    def get_package_uri(self, id: str) -> str:
        """Fetch the link to a collected investigation package."""
        raise Declared

    @GET(
        "{id}/GetLiveResponseResultDownloadLink(index={index})",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated="Machine.LiveResponse",
        limits=USUAL,
        context="#Edm.String",
        source=_PAGE + "get-live-response-result",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def get_live_response_result(self, id: str, index: int) -> str:
        """Fetch the link to what one live response command gave; it lives 30 minutes."""
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
        notes=(_MORE,),
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
        notes=(_MORE,),
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

    @POST(
        "{id}/collectInvestigationPackage",
        application="Machine.CollectForensics",
        delegated="Machine.CollectForensics",
        user_role="Alerts investigation",
        limits=USUAL,
        answers=201,
        body_names="pascal",
        source=_PAGE + "collect-investigation-package",
        errors=("ResourceNotFound", "ActiveRequestAlreadyExists"),
        notes=(_MORE,),
    )
    def collect_investigation_package(
        self,
        id: str,
        *,
        comment: str,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Collect a package of evidence from a machine."""
        raise Declared

    @POST(
        "{id}/restrictCodeExecution",
        application="Machine.RestrictExecution",
        delegated="Machine.RestrictExecution",
        user_role="Active remediation actions",
        limits=USUAL,
        answers=201,
        body_names="pascal",
        source=_PAGE + "restrict-code-execution",
        errors=("ActiveRequestAlreadyExists", "ResourceNotFound"),
        notes=(_MORE,),
    )
    def restrict_code_execution(
        self,
        id: str,
        *,
        comment: str,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Let only programs signed by Microsoft run on a machine."""
        raise Declared

    @POST(
        "{id}/unrestrictCodeExecution",
        application="Machine.RestrictExecution",
        delegated="Machine.RestrictExecution",
        user_role="Active remediation actions",
        limits=USUAL,
        answers=201,
        body_names="pascal",
        source=_PAGE + "unrestrict-code-execution",
        errors=("ActiveRequestAlreadyExists", "ResourceNotFound"),
        notes=(_MORE,),
    )
    def unrestrict_code_execution(
        self,
        id: str,
        *,
        comment: str,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Let all programs run on a machine again."""
        raise Declared

    @POST(
        "{id}/runAntiVirusScan",
        application="Machine.Scan",
        delegated="Machine.Scan",
        user_role="Active remediation actions",
        limits=USUAL,
        answers=201,
        body_names="pascal",
        source=_PAGE + "run-av-scan",
        errors=("ActiveRequestAlreadyExists", "ResourceNotFound"),
        notes=(_MORE,),
    )
    def run_antivirus_scan(
        self,
        id: str,
        *,
        comment: str,
        scan_type: ScanType,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Scan a machine with its antivirus."""
        raise Declared

    @POST(
        "{id}/offboard",
        application="Machine.Offboard",
        delegated="Machine.Offboard",
        user_role="Active remediation actions",
        limits=USUAL,
        body_names="pascal",
        source=_PAGE + "offboard-machine-api",
        errors=("OsPlatformNotSupported", "ResourceNotFound", "MissingRequiredParameter"),
        notes=(
            "The text says '200 - Created'; 200 is what the code says, while other actions answer 201.",
            "The page asks for an appropriate role without naming it; the one of other actions is taken.",
            _MORE,
        ),
    )
    def offboard(
        self,
        id: str,
        *,
        comment: str,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Take a machine out of Defender for Endpoint."""
        raise Declared

    @POST(
        "{id}/StopAndQuarantineFile",
        application="Machine.StopAndQuarantine",
        delegated="Machine.StopAndQuarantine",
        user_role="Active remediation actions",
        limits=USUAL,
        answers=201,
        body_names="pascal",
        source=_PAGE + "stop-and-quarantine-file",
        errors=("ResourceNotFound", "ActiveRequestAlreadyExists", "InvalidHashValue"),
        notes=(
            "The page lets apps with read permissions do this, which is taken for a mistake.",
            _MORE,
        ),
    )
    def stop_and_quarantine_file(
        self,
        id: str,
        *,
        comment: str,
        sha1: str,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Stop a file that runs on a machine and put it into quarantine."""
        raise Declared

    @POST(
        "{id}/logsCollection",
        application="Machine.CollectForensics",
        delegated="Machine.CollectForensics",
        user_role="Alerts investigation",
        body_names="pascal",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ActiveRequestAlreadyExists", "ResourceNotFound"),
        notes=(ASSUMED,),
    )
    def collect_logs(
        self,
        id: str,
        *,
        comment: str,
        logs_collection_params: str | None = None,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Collect support logs from a machine."""
        raise Declared

    @LIST(
        "{id}/availableMachineActions",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def list_available_actions(self, id: str) -> Sequence[ActionAvailabilityStatus]:
        """List which response actions a machine can take now."""
        raise Declared

    @LIST(
        "{id}/machineActions",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def list_actions(self, id: str) -> Sequence[MachineAction]:
        """List the response actions of a machine."""
        raise Declared

    @LIST(
        "{id}/latestMachineActions",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def list_latest_actions(self, id: str) -> Sequence[MachineAction]:
        """List the latest response action of each kind on a machine."""
        raise Declared
