"""Alerts: the entity and its operations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from vedette.catalogue.domains import Domain
from vedette.catalogue.entity import FILTERABLE, REQUIRED, Complex, Entity, OneOf
from vedette.catalogue.files import File
from vedette.catalogue.investigations import InvestigationState
from vedette.catalogue.ips import Ip
from vedette.catalogue.limits import USUAL, PerCaller
from vedette.catalogue.machines import Machine
from vedette.catalogue.operation import GET, LIST, PATCH, POST, Declared, Filter, M, OData, Operations
from vedette.catalogue.users import User

AlertSeverity = Literal["UnSpecified", "Informational", "Low", "Medium", "High"]
AlertStatus = Literal["Unknown", "Unspecified", "New", "InProgress", "Resolved", "Hidden"]
AlertClassification = Literal["Unknown", "FalsePositive", "TruePositive", "InformationalExpectedActivity"]
AlertDetermination = Literal[
    "NotAvailable", "Apt", "Malware", "SecurityPersonnel", "SecurityTesting", "UnwantedSoftware", "Other",
    "MultiStagedAttack", "CompromisedAccount", "Phishing", "MaliciousUserActivity", "NotMalicious",
    "NoEnoughDataToValidate", "ConfirmedActivity", "LineOfBusinessApplication",
]  # fmt: skip
DetectionSource = Literal[
    "Unknown", "WindowsDefenderAtp", "WindowsDefenderAv", "WindowsDefenderSmartScreen", "iSight", "Bitdefender",
    "CustomerTI", "Ziften", "Lookout", "SentinelOne", "ThirdPartySensors", "OfficeATP", "AutomatedInvestigation",
    "ThreatExperts", "CustomDetection", "AzureATP", "MCAS", "MTP", "AAD", "MAPG", "Manual", "DLP", "AppGPolicy",
    "AppGDetection", "MDC", "Compliance", "Forms", "MailFlow", "MSTIC", "Unspecified", "Sentinel", "All", "ThirdParty",
    "DefenderForIoT", "DefenderForServers", "DefenderForStorage", "DefenderForDNS", "DefenderForDatabases",
    "DefenderForContainers", "DefenderForNetwork", "DefenderForAppService", "DefenderForKeyVault",
    "DefenderForResourceManager", "DefenderForApiManagement", "NRTAlerts", "ScheduledAlerts",
    "MicrosoftDefenderThreatIntelligenceAnalytics", "BuiltInML", "MicrosoftInsiderRiskManagement", "Nsn",
    "DefenderForAIServices", "SecurityCopilot",
]  # fmt: skip
EntityType = Literal[
    "Url", "User", "File", "Machine", "Ip", "Process", "Mailbox", "MailCluster", "MailMessage", "SecurityGroup",
    "RegistryKey", "Registry", "CommandLine", "CloudApplication", "OAuthApplication",
]  # fmt: skip

NewStatus = Literal["New", "InProgress", "Resolved"]
"""Statuses that a request may set."""
NewClassification = Literal["TruePositive", "InformationalExpectedActivity", "FalsePositive"]
"""Verdicts that a request may set."""
NewDetermination = Literal[
    "MultiStagedAttack", "MaliciousUserActivity", "CompromisedAccount", "Malware", "Phishing", "UnwantedSoftware",
    "Other", "SecurityTesting", "LineOfBusinessApplication", "ConfirmedActivity", "NotMalicious",
    "NoEnoughDataToValidate",
]  # fmt: skip
"""Details of a verdict that a request may set. Pages print CompromisedUser, ConfirmedUserActivity, Clean and
InsufficientData for CompromisedAccount, ConfirmedActivity, NotMalicious and NoEnoughDataToValidate; the service's
schema has the names used here."""
NewSeverity = Literal["Low", "Medium", "High"]
NewCategory = Literal[
    "General", "CommandAndControl", "Collection", "CredentialAccess", "DefenseEvasion", "Discovery", "Exfiltration",
    "Exploit", "Execution", "InitialAccess", "LateralMovement", "Malware", "Persistence", "PrivilegeEscalation",
    "Ransomware", "SuspiciousActivity",
]  # fmt: skip


class AlertComment(Complex, frozen=True, kw_only=True):
    """A remark on an alert."""

    comment: str | None = None
    created_by: str | None = None
    created_time: Annotated[datetime | None, REQUIRED] = None


class AlertRelatedUser(Complex, frozen=True, kw_only=True):
    """The account at the centre of an alert."""

    user_name: str | None = None
    domain_name: str | None = None


class LoggedOnUser(Complex, frozen=True, kw_only=True):
    """An account that was logged on when the alert was raised."""

    account_name: str | None = None
    domain_name: str | None = None


class AlertEvidence(Complex, frozen=True, kw_only=True):
    """One thing that took part in what the alert reports; properties that do not suit its kind are None."""

    entity_type: Annotated[str, OneOf(EntityType, "EntityType")] = ""
    evidence_creation_time: Annotated[datetime | None, REQUIRED] = None
    sha1: str | None = None
    sha256: str | None = None
    file_name: str | None = None
    file_path: str | None = None
    process_id: int | None = None
    process_command_line: str | None = None
    process_creation_time: datetime | None = None
    parent_process_id: int | None = None
    parent_process_creation_time: datetime | None = None
    parent_process_file_name: str | None = None
    parent_process_file_path: str | None = None
    ip_address: str | None = None
    url: str | None = None
    registry_key: str | None = None
    registry_hive: str | None = None
    registry_value_type: str | None = None
    registry_value: str | None = None
    registry_value_name: str | None = None
    account_name: str | None = None
    domain_name: str | None = None
    user_sid: str | None = None
    aad_user_id: str | None = None
    user_principal_name: str | None = None
    detection_status: str | None = None


class Alert(Entity, frozen=True, kw_only=True):
    """Something the service, a rule or a person considered worth a look on one machine."""

    ENTITY_SET: ClassVar[str] = "Alerts"
    NAVIGATION: ClassVar = {
        "machine": "Machine",
        "user": "User",
        "files": "Collection(File)",
        "iPs": "Collection(Ip)",
    }
    EXPANDABLE: ClassVar[tuple[str, ...]] = ("evidence",)

    id: Annotated[str, FILTERABLE] = ""
    incident_id: Annotated[int | None, FILTERABLE] = None
    investigation_id: Annotated[int | None, FILTERABLE] = None
    assigned_to: Annotated[str | None, FILTERABLE] = None
    severity: Annotated[str, OneOf(AlertSeverity, "AlertSeverity"), FILTERABLE] = "UnSpecified"
    status: Annotated[str, OneOf(AlertStatus, "AlertStatus"), FILTERABLE] = "Unknown"
    classification: Annotated[str | None, OneOf(AlertClassification, "AlertClassification")] = None
    determination: Annotated[str | None, OneOf(AlertDetermination, "AlertDetermination")] = None
    investigation_state: Annotated[str | None, OneOf(InvestigationState, "InvestigationState")] = None
    detection_source: Annotated[str | None, OneOf(DetectionSource, "DetectionSource"), FILTERABLE] = None
    detector_id: str | None = None
    category: Annotated[str | None, FILTERABLE] = None
    threat_family_name: str | None = None
    title: str | None = None
    description: str | None = None
    alert_creation_time: Annotated[datetime | None, FILTERABLE] = None
    first_event_time: datetime | None = None
    last_event_time: Annotated[datetime | None, FILTERABLE] = None
    last_update_time: Annotated[datetime | None, FILTERABLE] = None
    resolved_time: datetime | None = None
    machine_id: str | None = None
    computer_dns_name: str | None = None
    rbac_group_name: str | None = None
    aad_tenant_id: str | None = None
    related_user: AlertRelatedUser | None = None
    threat_name: str | None = None
    mitre_techniques: list[str] = []
    logged_on_users: list[LoggedOnUser] = []
    comments: list[AlertComment] = []
    evidence: list[AlertEvidence] = []
    domains: list[Domain] = []


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Alerts(Operations[M], base="/api/alerts", resource="alerts"):
    """Alerts: read them, judge them, raise your own."""

    @LIST(
        application=("Alert.Read.All", "Alert.ReadWrite.All"),
        delegated=("Alert.Read", "Alert.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        odata=OData(filter=True, top=10_000, skip=True, expand=("evidence",)),
        source=_PAGE + "get-alerts",
        notes=("Without $expand=evidence the evidence list is empty.",),
    )
    def list(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        expand: Sequence[str] = (),
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[Alert]:
        """List alerts, optionally with their evidence."""
        raise Declared

    @GET(
        "{id}",
        application=("Alert.Read.All", "Alert.ReadWrite.All"),
        delegated=("Alert.Read", "Alert.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        odata=OData(expand=("evidence",), note="Used by clients; the page shows no query option."),
        source=_PAGE + "get-alert-info-by-id",
        errors=("ResourceNotFound",),
    )
    def get(self, id: str, *, expand: Sequence[str] = (), select: Sequence[str] = ()) -> Alert:
        """Fetch one alert."""
        raise Declared

    @PATCH(
        "{id}",
        application="Alert.ReadWrite.All",
        delegated="Alert.ReadWrite",
        user_role="Alerts investigation",
        limits=USUAL,
        source=_PAGE + "update-alert",
        errors=("ResourceNotFound",),
        notes=("Properties left out keep their value.", "The page prints the application permission with a plural s."),
    )
    def update(
        self,
        id: str,
        *,
        status: NewStatus | None = None,
        assigned_to: str | None = None,
        classification: NewClassification | None = None,
        determination: NewDetermination | None = None,
        comment: str | None = None,
    ) -> Alert:
        """Change status, owner or verdict of an alert, or add a comment."""
        raise Declared

    @POST(
        "batchUpdate",
        application="Alert.ReadWrite.All",
        delegated="Alert.ReadWrite",
        user_role="Alerts investigation",
        limits=PerCaller(minute=10, hour=500),
        source=_PAGE + "batch-update-alerts",
        notes=("The answer has no body.",),
    )
    def batch_update(
        self,
        alert_ids: Sequence[str],
        *,
        status: NewStatus | None = None,
        assigned_to: str | None = None,
        classification: NewClassification | None = None,
        determination: NewDetermination | None = None,
        comment: str | None = None,
    ) -> None:
        """Set status, owner or verdict of several alerts, or add a comment to each."""
        raise Declared

    @POST(
        "CreateAlertByReference",
        application="Alert.ReadWrite.All",
        delegated="Alert.ReadWrite",
        user_role="Alerts investigation",
        limits=PerCaller(minute=15),
        source=_PAGE + "create-alert-by-reference",
        errors=("ResourceNotFound",),
        notes=("An open alert of the same title on the same machine takes the new one in.",),
    )
    def create_by_reference(
        self,
        *,
        machine_id: str,
        report_id: str,
        event_time: datetime,
        severity: NewSeverity,
        title: str,
        description: str,
        recommended_action: str,
        category: NewCategory,
    ) -> Alert:
        """Raise an alert from an event that hunting found: its machine, report id and exact time name it."""
        raise Declared

    @LIST(
        "{id}/domains",
        application="Url.Read.All",
        delegated="Url.Read.All",
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-alert-related-domain-info",
        errors=("ResourceNotFound",),
    )
    def list_domains(self, id: str) -> Sequence[Domain]:
        """List the domains that take part in an alert."""
        raise Declared

    @LIST(
        "{id}/files",
        application="File.Read.All",
        delegated="File.Read.All",
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-alert-related-files-info",
        errors=("ResourceNotFound",),
    )
    def list_files(self, id: str) -> Sequence[File]:
        """List the files that take part in an alert."""
        raise Declared

    @LIST(
        "{id}/ips",
        application="Ip.Read.All",
        delegated="Ip.Read.All",
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-alert-related-ip-info",
        errors=("ResourceNotFound",),
    )
    def list_ips(self, id: str) -> Sequence[Ip]:
        """List the IP addresses that take part in an alert."""
        raise Declared

    @GET(
        "{id}/machine",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-alert-related-machine-info",
        errors=("ResourceNotFound",),
    )
    def get_machine(self, id: str) -> Machine:
        """Fetch the machine on which an alert was raised."""
        raise Declared

    @GET(
        "{id}/user",
        application="User.Read.All",
        delegated="User.Read.All",
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-alert-related-user-info",
        errors=("ResourceNotFound",),
    )
    def get_user(self, id: str) -> User:
        """Fetch the account at the centre of an alert."""
        raise Declared
