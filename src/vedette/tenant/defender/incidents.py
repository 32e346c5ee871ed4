"""Behaviour of incidents: each is the alerts of one number, as far as the caller sees them; nothing is stored twice.

An active indicator shows in the verdict on an alert's evidence. No page documents these operations: the behaviour is
assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar, get_args

from vedette.catalogue.alerts import Alert, AlertEvidence, AlertSeverity
from vedette.catalogue.clouds import CLOUDS
from vedette.catalogue.incidents import Incident, Incidents, MtpAlert, MtpAlertEvidence, MtpDevice
from vedette.catalogue.indicators import Indicator
from vedette.catalogue.machines import Machine
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.hosts import host_of
from vedette.tenant.defender.indicators import BLOCKING, matching
from vedette.tenant.defender.machines import with_ids
from vedette.tenant.problems import Problem

T = TypeVar("T")

_SEVERITIES: tuple[str, ...] = get_args(AlertSeverity)
_SOURCES: Mapping[str, str] = {
    "OfficeATP": "MicrosoftDefenderForOffice365",
    "AzureATP": "MicrosoftDefenderForIdentity",
    "MCAS": "MicrosoftCloudAppSecurity",
    "AAD": "AADIdentityProtection",
    "MTP": "Microsoft365Defender",
}
"""Detection source of an alert → the service that raised it; Defender for Endpoint where it is not listed."""


@handles(Incidents.list, in_thread=True)
def list_incidents(call: Call, /) -> Sequence[Incident]:
    """Incidents with an alert that the caller sees, newest first."""
    return _incidents(call, call.visible(call.store.alerts.all()))


@handles(Incidents.get, in_thread=True)
def get(call: Call, /, id: int) -> Incident:
    """The alerts of the number that the caller sees."""
    found = _incidents(call, call.visible(call.store.alerts.where(incident_id=id)))
    if not found:
        raise Problem("ResourceNotFound", kind="Incident", id=id)
    return found[0]


def _incidents(call: Call, alerts: Iterable[Alert]) -> list[Incident]:
    by_number: dict[int, list[Alert]] = {}
    for alert in alerts:
        if alert.incident_id is not None:
            by_number.setdefault(alert.incident_id, []).append(alert)
    everything = [alert for members in by_number.values() for alert in members]
    machines = {each.id: each for each in with_ids(call, {alert.machine_id or "" for alert in everything})}
    verdicts = _Verdicts(call, everything)
    found = [_incident(number, members, machines, verdicts) for number, members in by_number.items()]
    return sorted(found, key=lambda incident: incident.incident_id, reverse=True)


def _incident(number: int, alerts: list[Alert], machines: Mapping[str, Machine], verdicts: _Verdicts) -> Incident:
    alerts = sorted(alerts, key=lambda alert: (_time(alert.alert_creation_time), alert.id))
    places = len({alert.machine_id for alert in alerts})
    comments = [comment for alert in alerts for comment in alert.comments]
    return Incident(
        incident_id=number,
        incident_uri=f"{CLOUDS['commercial'].portal}/incidents/{number}",
        incident_name=f"{alerts[0].title} on {'one endpoint' if places == 1 else f'{places} endpoints'}",
        created_time=min(_time(alert.alert_creation_time) for alert in alerts),
        last_update_time=max(_time(alert.last_update_time or alert.alert_creation_time) for alert in alerts),
        assigned_to=_shared([alert.assigned_to for alert in alerts], None),
        classification=_shared([alert.classification for alert in alerts], None) or "Unknown",
        determination=_shared([alert.determination for alert in alerts], None) or "NotAvailable",
        status=_status(alerts),
        severity=max((alert.severity for alert in alerts), key=_rank),
        comments=sorted(comments, key=lambda each: _time(each.created_time)),
        alerts=[_alert(alert, machines.get(alert.machine_id or ""), verdicts) for alert in alerts],
    )


def _time(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("an alert without a time")  # the store holds none
    return moment


def _rank(severity: str) -> int:
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else 0


def _shared(values: Sequence[T], otherwise: T) -> T:
    """What all of them say, else something else."""
    return values[0] if all(value == values[0] for value in values) else otherwise


def _status(alerts: Sequence[Alert]) -> str:
    if all(alert.status == "Resolved" for alert in alerts):
        return "Resolved"
    return "InProgress" if any(alert.status == "InProgress" for alert in alerts) else "Active"


def _alert(alert: Alert, machine: Machine | None, verdicts: _Verdicts) -> MtpAlert:
    return MtpAlert(
        alert_id=alert.id,
        provider_alert_id=alert.id,
        incident_id=alert.incident_id or 0,
        service_source=_SOURCES.get(alert.detection_source or "", "MicrosoftDefenderForEndpoint"),
        creation_time=alert.alert_creation_time,
        last_updated_time=alert.last_update_time,
        resolved_time=alert.resolved_time,
        first_activity=alert.first_event_time,
        last_activity=alert.last_event_time,
        title=alert.title,
        description=alert.description,
        category=alert.category,
        status=alert.status,
        severity=alert.severity,
        investigation_id=alert.investigation_id,
        investigation_state=alert.investigation_state,
        classification=alert.classification,
        determination=alert.determination,
        detection_source=alert.detection_source,
        detector_id=alert.detector_id,
        assigned_to=alert.assigned_to,
        threat_family_name=alert.threat_family_name,
        mitre_techniques=alert.mitre_techniques,
        devices=[_device(machine, alert)] if machine else [],
        entities=[_entity(each, alert, verdicts.of(each)) for each in alert.evidence],
    )


def _device(machine: Machine, alert: Alert) -> MtpDevice:
    return MtpDevice(
        mdatp_device_id=machine.id,
        aad_device_id=machine.aad_device_id,
        device_dns_name=machine.computer_dns_name,
        os_platform=machine.os_platform,
        version=machine.version,
        os_processor=machine.os_processor,
        os_build=machine.os_build,
        health_status=machine.health_status,
        risk_score=machine.risk_score,
        rbac_group_name=machine.rbac_group_name,
        first_seen=machine.first_seen,
        tags=machine.machine_tags,
        vm_metadata=machine.vm_metadata,
        onboarding_status=machine.onboarding_status,
        logged_on_users=alert.logged_on_users,
    )


def _entity(evidence: AlertEvidence, alert: Alert, indicator: Indicator | None) -> MtpAlertEvidence:
    verdict, remediation = "Suspicious", "Active"
    if evidence.entity_type == "User":
        verdict, remediation = "Unknown", "None"
    if indicator is not None and indicator.action in BLOCKING:
        verdict, remediation = "Malicious", "Blocked"
    elif indicator is not None and indicator.action == "Allowed":
        verdict, remediation = "Clean", "None"
    return MtpAlertEvidence(
        entity_type=evidence.entity_type,
        evidence_creation_time=evidence.evidence_creation_time,
        verdict=verdict,
        remediation_status=remediation,
        sha1=evidence.sha1,
        sha256=evidence.sha256,
        file_name=evidence.file_name,
        file_path=evidence.file_path,
        process_id=evidence.process_id,
        process_command_line=evidence.process_command_line,
        process_creation_time=evidence.process_creation_time,
        parent_process_id=evidence.parent_process_id,
        parent_process_creation_time=evidence.parent_process_creation_time,
        ip_address=evidence.ip_address,
        url=evidence.url,
        account_name=evidence.account_name,
        domain_name=evidence.domain_name,
        user_sid=evidence.user_sid,
        aad_user_id=evidence.aad_user_id,
        user_principal_name=evidence.user_principal_name,
        registry_hive=evidence.registry_hive,
        registry_key=evidence.registry_key,
        registry_value_type=evidence.registry_value_type,
        registry_value=evidence.registry_value,
        detection_status=evidence.detection_status,
        device_id=alert.machine_id,
    )


class _Verdicts:
    """The active indicators that the evidence of some alerts meets, asked for at once."""

    def __init__(self, call: Call, alerts: Iterable[Alert]) -> None:
        values = {value for alert in alerts for each in alert.evidence for _, value in _values(each)}
        self._found = {
            (each.indicator_type, _folded(each.indicator_type, each.indicator_value or "")): each
            for each in matching(call, values)
        }

    def of(self, evidence: AlertEvidence) -> Indicator | None:
        """The indicator that decides over a piece of evidence: the most exact one."""
        wanted = ((kind, _folded(kind, value)) for kind, value in _values(evidence))
        return next((self._found[key] for key in wanted if key in self._found), None)


def _values(evidence: AlertEvidence) -> list[tuple[str, str]]:
    """What an indicator could name, by kind and the most exact first. A domain covers what lies below it."""
    host = host_of(evidence.url)
    labels = host.split(".") if host else []
    above = [".".join(labels[start:]) for start in range(max(0, len(labels) - 1))]
    pairs = [
        ("FileSha256", evidence.sha256),
        ("FileSha1", evidence.sha1),
        ("IpAddress", evidence.ip_address),
        ("Url", evidence.url),
        ("IpAddress", host),
        *(("DomainName", domain) for domain in above),
    ]
    return [(kind, value) for kind, value in pairs if value]


def _folded(kind: str, value: str) -> str:
    return value if kind == "Url" else value.lower()
