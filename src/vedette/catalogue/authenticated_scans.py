"""Authenticated scans: machines that log on to others, or to network devices, and look at them from inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec

from vedette.catalogue.entity import INT32, REQUIRED, SINGLE, Complex, Entity, Is, OneOf
from vedette.catalogue.limits import USUAL
from vedette.catalogue.operation import (
    ASSUMED,
    GET,
    LIST,
    PATCH,
    POST,
    POST_LIST,
    SERVICE_SCHEMA,
    Declared,
    M,
    OData,
    Operations,
)

AuthScanType = Literal["Network", "Windows", "Linux", "AdvancedActive"]

TargetType = Literal["Ip", "Hostname", "Combined"]

WindowsAuthType = Literal["None", "Ntlm", "Kerberos", "Negotiate"]

ScanStatus = Literal["Success", "Fail"]

AuthenticatedScanStatus = Literal["Failure", "Success", "PartialSuccess"]

NewScanType = Literal["Windows", "Network"]
"""Kinds that a request may name."""

NewTargetType = Literal["Ip", "Hostname"]

SnmpAuthType = Literal["CommunityString", "NoAuthNoPriv", "AuthNoPriv", "AuthPriv"]


class AuthParamsBase(Complex, frozen=True, kw_only=True):
    """What a scan logs on with, whatever its kind. Answers leave it out."""

    key_vault_uri: str | None = None
    key_vault_secret_name: str | None = None
    type: Annotated[str | None, OneOf(WindowsAuthType, "WindowsAuthType")] = None
    username: str | None = None
    password: str | None = None
    domain: str | None = None
    isgmsa_user: bool | None = None
    packet_privacy: bool | None = None
    packet_integrity: bool | None = None
    private_key: str | None = None
    community_string: str | None = None
    auth_protocol: str | None = None
    auth_password: str | None = None
    priv_protocol: str | None = None
    priv_password: str | None = None

    def __repr__(self) -> str:
        return f"AuthParamsBase(type={self.type!r})"


class WindowsAuthParams(
    Complex,
    frozen=True,
    kw_only=True,
    tag_field="@odata.type",
    tag="#microsoft.windowsDefenderATP.api.WindowsAuthParams",
):
    """What a scan of Windows machines logs on with: a group-managed account, or a secret in a key vault."""

    type: Literal["Kerberos", "Negotiate"]
    username: str | None = None
    domain: str | None = None
    isgmsa_user: bool | None = None
    key_vault_uri: str | None = None
    key_vault_secret_name: str | None = None


class SnmpAuthParams(
    Complex, frozen=True, kw_only=True, tag_field="@odata.type", tag="#microsoft.windowsDefenderATP.api.SnmpAuthParams"
):
    """What a scan of network devices logs on with. Its `repr` shows no secret."""

    type: SnmpAuthType
    community_string: str | None = None
    username: str | None = None
    auth_protocol: Literal["MD5", "SHA1"] | None = None
    auth_password: str | None = None
    priv_protocol: Literal["DES", "3DES", "AES"] | None = None
    priv_password: str | None = None
    key_vault_uri: str | None = None
    key_vault_secret_name: str | None = None

    def __repr__(self) -> str:
        return f"SnmpAuthParams(type={self.type!r})"


class ScannerAgent(Complex, frozen=True, kw_only=True):
    """The machine that carries a scan out, as requests name it."""

    machine_id: str


class ScanState(Complex, frozen=True, kw_only=True):
    """How the latest run of a scan ended."""

    status: Annotated[str | None, OneOf(ScanStatus, "ScanStatus")] = None
    failure_reason: str | None = None
    execution_date_time: datetime | None = None


class AgentContract(Complex, frozen=True, kw_only=True):
    """The machine that carries a scan out."""

    id: str | None = None
    machine_id: str | None = None
    machine_name: str | None = None
    last_seen: Annotated[datetime | None, REQUIRED] = None
    assigned_application_id: str | None = None
    scanner_software_version: str | None = None
    last_command_execution_timestamp: Annotated[datetime | None, REQUIRED] = None
    mde_client_version: str | None = None


class AdvancedActiveConfiguration(Complex, frozen=True, kw_only=True):
    """Settings of active scans of networks."""

    addresses: list[str] = []
    site_id: str | None = None
    scan_identifier: str | None = None
    max_concurrent_scans: Annotated[int, INT32] = 0
    port_check_timeout: Annotated[float, SINGLE] = 0.0
    single_scan_timeout: Annotated[int, INT32] = 0
    disabled_scanners: list[str] = []
    enabled_endpoints: list[str] = []
    export_hmi: bool = msgspec.field(default=False, name="exportHMI")
    external_address: bool = False
    enable_tcp_port_scan: bool = msgspec.field(default=False, name="enableTCPPortScan")
    export_successfull_only_addresses: bool = False
    zone: str | None = None
    force: bool = False
    safe: bool = False


class DeviceAuthenticatedScanDefinition(Entity, frozen=True, kw_only=True):
    """A scan: what is looked at, from where, how often."""

    ENTITY_SET: ClassVar[str] = "DeviceAuthenticatedScanDefinitions"

    id: str = ""
    scan_type: Annotated[str, OneOf(AuthScanType, "AuthScanType")] = "Network"
    scan_name: str | None = None
    is_active: bool = False
    scan_authentication_params: AuthParamsBase | None = None
    target: str | None = None
    scanner_agent: AgentContract | None = None
    org_id: str | None = None
    latest_scan: ScanState | None = None
    interval_in_hours: Annotated[int | None, INT32] = None
    created_by: str | None = None
    target_type: Annotated[str | None, OneOf(TargetType, "TargetType")] = None
    is_troubleshoot_mode: bool = False
    advanced_active_configuration: AdvancedActiveConfiguration | None = None


class DeviceAuthenticatedScanAgent(Entity, frozen=True, kw_only=True):
    """A machine that can carry scans out."""

    ENTITY_SET: ClassVar[str] = "DeviceAuthenticatedScanAgents"
    SAMPLES_IN_PASCAL: ClassVar[bool] = True

    id: str = ""
    machine_id: str | None = None
    last_seen: Annotated[datetime | None, REQUIRED] = None
    computer_dns_name: str | None = None
    assigned_application_id: str | None = None
    scanner_software_version: str | None = None
    last_command_execution_timestamp: Annotated[datetime | None, REQUIRED] = None
    mde_client_version: str | None = None


class ScannedTargetResultContract(Complex, frozen=True, kw_only=True):
    """What a scan found at one target."""

    SAMPLES_IN_PASCAL: ClassVar[bool] = True

    scan_duration: Annotated[str, Is(edm="Edm.TimeOfDay")] = ""
    ip: str | None = None
    hostname: str | None = None
    scanned_device_description: str | None = None
    error_message: str | None = None
    scan_status: Annotated[str | None, OneOf(AuthenticatedScanStatus, "AuthenticatedScanStatus")] = None


class AuthScanHistoryContract(Complex, frozen=True, kw_only=True):
    """One run of a scan, target by target."""

    SAMPLES_IN_PASCAL: ClassVar[bool] = True
    READ_AS: ClassVar[Mapping[str, str]] = {
        "ListScannedTargets": "scannedTargets",
        "ScanDefinitionIds": "scanDefinitionId",
        "SessionIds": "sessionId",
    }

    org_id: str | None = None
    scan_definition_id: str | None = None
    session_id: str | None = None
    scanner_id: str | None = None
    number_of_successfully_scanned_targets: Annotated[int, INT32] = 0
    number_of_targets: Annotated[int, INT32] = 0
    scan_status: str | None = None
    general_error_message: str | None = None
    scanned_targets: list[ScannedTargetResultContract] = []


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class AuthenticatedScans(Operations[M], base="/api/DeviceAuthenticatedScanDefinitions", resource="authenticated_scans"):
    """Authenticated scans and their history."""

    @LIST(
        application="Machine.Read.All",
        delegated="Machine.Read",
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-all-scan-definitions",
        preview=True,
        notes=("The page prints the application permission for users as well; Machine.Read is the published one.",),
    )
    def list(self) -> Sequence[DeviceAuthenticatedScanDefinition]:
        """List authenticated scans."""
        raise Declared

    @GET(
        "{id}",
        application="Machine.Read.All",
        delegated="Machine.Read",
        user_role="View Data",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def get(self, id: str) -> DeviceAuthenticatedScanDefinition:
        """Fetch one authenticated scan."""
        raise Declared

    @POST(
        application="Machine.ReadWrite.All",
        delegated="Machine.ReadWrite",
        user_role="Manage security settings",
        limits=USUAL,
        source=_PAGE + "add-a-new-scan-definition",
        preview=True,
        notes=(
            "The page spells the delegated permission Machine.Read.Write.",
            "Answered with 200, not 201. The credentials come back as null.",
        ),
    )
    def create(
        self,
        *,
        scan_type: NewScanType,
        scan_name: str,
        is_active: bool,
        target: str,
        target_type: NewTargetType,
        interval_in_hours: int,
        scanner_agent: ScannerAgent,
        scan_authentication_params: WindowsAuthParams | SnmpAuthParams,
    ) -> DeviceAuthenticatedScanDefinition:
        """Add an authenticated scan."""
        raise Declared

    @PATCH(
        "{id}",
        application="Machine.ReadWrite.All",
        delegated="Machine.ReadWrite",
        user_role="Manage security settings",
        limits=USUAL,
        source=_PAGE + "add-a-new-scan-definition",
        preview=True,
        errors=("ResourceNotFound",),
        notes=("The page spells the delegated permission Machine.Read.Write.",),
    )
    def update(
        self,
        id: str,
        *,
        scan_type: NewScanType | None = None,
        scan_name: str | None = None,
        is_active: bool | None = None,
        target: str | None = None,
        target_type: NewTargetType | None = None,
        interval_in_hours: int | None = None,
        scanner_agent: ScannerAgent | None = None,
        scan_authentication_params: WindowsAuthParams | SnmpAuthParams | None = None,
    ) -> DeviceAuthenticatedScanDefinition:
        """Change an authenticated scan."""
        raise Declared

    @POST(
        "BatchDelete",
        application="Machine.ReadWrite.All",
        delegated="Machine.ReadWrite",
        user_role="Manage security settings",
        limits=USUAL,
        body_names="pascal",
        source=_PAGE + "add-a-new-scan-definition",
        preview=True,
        errors=("ResourceNotFound",),
        notes=(
            "The page spells the delegated permission Machine.Read.Write.",
            "The page shows no answer; 200 without a body is assumed.",
        ),
    )
    def batch_delete(self, scan_definition_ids: Sequence[str]) -> None:
        """Delete authenticated scans."""
        raise Declared

    @POST_LIST(
        "GetScanHistoryByScanDefinitionId",
        application="Machine.Read.All",
        delegated="Machine.Read",
        user_role="View Data",
        limits=USUAL,
        odata=OData(top=4096, skip=True, note="Both count sessions."),
        body_names="pascal",
        source=_PAGE + "Get-scan-history-by-definition",
        preview=True,
        notes=(
            "The page prints the application permission for users as well; Machine.Read is the published one.",
            "Samples use other names than the schema; both are read.",
        ),
    )
    def list_history(
        self, scan_definition_ids: Sequence[str], *, top: int | None = None, skip: int | None = None
    ) -> Sequence[AuthScanHistoryContract]:
        """List the runs of scans."""
        raise Declared

    @POST_LIST(
        "GetScanHistoryBySessionId",
        application="Machine.Read.All",
        delegated="Machine.Read",
        user_role="View Data",
        limits=USUAL,
        body_names="pascal",
        source=_PAGE + "Get-scan-history-by-session",
        preview=True,
        notes=(
            "The page prints the application permission for users as well; Machine.Read is the published one.",
            "Samples use other names than the schema; both are read.",
        ),
    )
    def list_history_of_sessions(self, session_ids: Sequence[str]) -> Sequence[AuthScanHistoryContract]:
        """List runs of scans by their session ids."""
        raise Declared


class ScanAgents(Operations[M], base="/api/DeviceAuthenticatedScanAgents", resource="scan_agents"):
    """Machines that can carry authenticated scans out."""

    @LIST(
        application="Machine.Read.All",
        delegated="Machine.Read",
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-all-scan-agents",
        preview=True,
        notes=("The page prints the application permission for users as well; Machine.Read is the published one.",),
    )
    def list(self) -> Sequence[DeviceAuthenticatedScanAgent]:
        """List the machines that can carry scans out."""
        raise Declared

    @GET(
        "{id}",
        application="Machine.Read.All",
        delegated="Machine.Read",
        user_role="View Data",
        limits=USUAL,
        in_value=True,
        source=_PAGE + "Get-agent-details",
        preview=True,
        errors=("ResourceNotFound",),
        notes=(
            "The page prints the application permission for users as well; Machine.Read is the published one.",
            "The sample has the one agent in a list under value.",
        ),
    )
    def get(self, id: str) -> DeviceAuthenticatedScanAgent:
        """Fetch one machine that can carry scans out."""
        raise Declared
