"""Incidents, as the schema of this API declares them. The documented ones belong to another service, Defender XDR."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from vedette.catalogue.alerts import (
    AlertClassification,
    AlertComment,
    AlertDetermination,
    AlertSeverity,
    AlertStatus,
    DetectionSource,
    EntityType,
    LoggedOnUser,
)
from vedette.catalogue.entity import GUID, REQUIRED, Complex, Entity, OneOf
from vedette.catalogue.investigations import InvestigationState
from vedette.catalogue.machines import MachineHealthStatus, OnboardingStatus, RiskScore, VmMetadata
from vedette.catalogue.operation import ASSUMED, GET, LIST, SERVICE_SCHEMA, Declared, M, Operations

IncidentStatus = Literal["Active", "Resolved", "InProgress", "Redirected"]

EvidenceRemediationStatus = Literal[
    "None", "Remediated", "Prevented", "Blocked", "NotFound", "Active", "PendingApproval", "Declined", "Unremediated",
    "Running",
]  # fmt: skip

EvidenceVerdict = Literal["Unknown", "Suspicious", "Malicious", "Clean"]

ServiceSource = Literal[
    "Unspecified", "MicrosoftDefenderForEndpoint", "MicrosoftDefenderForIdentity", "MicrosoftCloudAppSecurity",
    "MicrosoftDefenderForOffice365", "Microsoft365Defender", "AADIdentityProtection",
    "MicrosoftApplicationProtection", "MicrosoftEndPointDlp", "UnknownFutureValue", "MicrosoftDefenderForCloud",
    "MicrosoftSentinel", "MicrosoftInsiderRiskManagement",
]  # fmt: skip


class MtpDevice(Complex, frozen=True, kw_only=True):
    """A machine that an alert of an incident concerns."""

    mdatp_device_id: str | None = None
    aad_device_id: Annotated[str | None, GUID] = None
    device_dns_name: str | None = None
    os_platform: str | None = None
    version: str | None = None
    os_processor: str | None = None
    os_build: int | None = None
    health_status: Annotated[str | None, OneOf(MachineHealthStatus, "MachineHealthStatus")] = None
    risk_score: Annotated[str | None, OneOf(RiskScore, "RiskScore")] = None
    rbac_group_name: str | None = None
    first_seen: datetime | None = None
    tags: list[str] = []
    vm_metadata: VmMetadata | None = None
    onboarding_status: Annotated[str | None, OneOf(OnboardingStatus, "OnboardingStatus")] = None
    logged_on_users: list[LoggedOnUser] = []


class MtpAlertEvidence(Complex, frozen=True, kw_only=True):
    """One thing that took part; properties that do not suit its kind are None."""

    entity_type: Annotated[str, OneOf(EntityType, "EntityType")] = "Url"
    evidence_creation_time: Annotated[datetime | None, REQUIRED] = None
    verdict: Annotated[str, OneOf(EvidenceVerdict, "EvidenceVerdict")] = "Unknown"
    remediation_status: Annotated[str, OneOf(EvidenceRemediationStatus, "EvidenceRemediationStatus")] = "None"
    remediation_status_details: str | None = None
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
    account_name: str | None = None
    domain_name: str | None = None
    user_sid: str | None = None
    aad_user_id: str | None = None
    user_principal_name: str | None = None
    mailbox_display_name: str | None = None
    mailbox_address: str | None = None
    cluster_by: str | None = None
    cluster_by_value: str | None = None
    email_count: int | None = None
    sender: str | None = None
    recipient: str | None = None
    subject: str | None = None
    internet_message_id: str | None = None
    delivery_action: str | None = None
    security_group_id: str | None = None
    security_group_name: str | None = None
    registry_hive: str | None = None
    registry_key: str | None = None
    registry_value_type: str | None = None
    registry_value: str | None = None
    detection_status: str | None = None
    device_id: str | None = None
    application_id: str | None = None
    application_object_id: str | None = None
    application_name: str | None = None
    risk: str | None = None
    publisher: str | None = None


class MtpAlert(Complex, frozen=True, kw_only=True):
    """An alert of an incident."""

    alert_id: str | None = None
    provider_alert_id: str | None = None
    incident_id: int = 0
    service_source: Annotated[str, OneOf(ServiceSource, "ServiceSource")] = "Unspecified"
    creation_time: datetime | None = None
    last_updated_time: datetime | None = None
    resolved_time: datetime | None = None
    first_activity: datetime | None = None
    last_activity: datetime | None = None
    title: str | None = None
    description: str | None = None
    category: str | None = None
    status: Annotated[str, OneOf(AlertStatus, "AlertStatus")] = "Unknown"
    severity: Annotated[str, OneOf(AlertSeverity, "AlertSeverity")] = "UnSpecified"
    investigation_id: int | None = None
    investigation_state: Annotated[str | None, OneOf(InvestigationState, "InvestigationState")] = None
    classification: Annotated[str | None, OneOf(AlertClassification, "AlertClassification")] = None
    determination: Annotated[str | None, OneOf(AlertDetermination, "AlertDetermination")] = None
    detection_source: Annotated[str | None, OneOf(DetectionSource, "DetectionSource")] = None
    detector_id: str | None = None
    assigned_to: str | None = None
    actor_name: str | None = None
    threat_family_name: str | None = None
    mitre_techniques: list[str] = []
    devices: list[MtpDevice] = []
    entities: list[MtpAlertEvidence] = []


class Incident(Entity, frozen=True, kw_only=True):
    """Alerts that belong together."""

    ENTITY_SET: ClassVar[str] = "Incidents"
    KEY: ClassVar[str] = "incident_id"

    incident_id: int = 0
    incident_uri: str | None = None
    redirect_incident_id: int | None = None
    incident_name: str | None = None
    created_time: Annotated[datetime | None, REQUIRED] = None
    last_update_time: Annotated[datetime | None, REQUIRED] = None
    assigned_to: str | None = None
    classification: Annotated[str, OneOf(AlertClassification, "AlertClassification")] = "Unknown"
    determination: Annotated[str, OneOf(AlertDetermination, "AlertDetermination")] = "NotAvailable"
    status: Annotated[str, OneOf(IncidentStatus, "IncidentStatus")] = "Active"
    severity: Annotated[str, OneOf(AlertSeverity, "AlertSeverity")] = "UnSpecified"
    tags: list[str] = []
    comments: list[AlertComment] = []
    alerts: list[MtpAlert] = []


class Incidents(Operations[M], base="/api/incidents", resource="incidents"):
    """Incidents and their alerts."""

    @LIST(
        application=("Alert.Read.All", "Alert.ReadWrite.All"),
        delegated=("Alert.Read", "Alert.ReadWrite"),
        user_role="View Data",
        source=SERVICE_SCHEMA,
        basis="service schema",
        notes=(ASSUMED,),
    )
    def list(self) -> Sequence[Incident]:
        """List incidents."""
        raise Declared

    @GET(
        "{id}",
        application=("Alert.Read.All", "Alert.ReadWrite.All"),
        delegated=("Alert.Read", "Alert.ReadWrite"),
        user_role="View Data",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def get(self, id: int) -> Incident:
        """Fetch one incident."""
        raise Declared
