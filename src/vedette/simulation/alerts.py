"""From what a scenario considers evidence to alert entities and to the `AlertInfo` and `AlertEvidence` rows.

Evidence is never made up here: each item is read off a process or a note that the scenario has told.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeAlias, cast

from vedette.catalogue.alerts import Alert, AlertComment, AlertEvidence, AlertRelatedUser, LoggedOnUser
from vedette.simulation.enterprise import DEVICE_GROUPS, Account, Enterprise, Host, identifier
from vedette.simulation.tape import Note, Process, Tape

Item: TypeAlias = Process | Note | Account
"""Something that a scenario can hand over as evidence."""

SERVICES = {
    "OfficeATP": "Microsoft Defender for Office 365",
    "AzureATP": "Microsoft Defender for Identity",
}
_SOURCES = {
    "WindowsDefenderAtp": "EDR",
    "WindowsDefenderAv": "Antivirus",
    "CustomDetection": "Custom detection",
    "OfficeATP": "Microsoft Defender for Office 365",
    "AzureATP": "Microsoft Defender for Identity",
}


@dataclass(frozen=True, slots=True)
class Triage:
    """What analysts have made of an alert so far."""

    status: str = "New"
    classification: str | None = None
    determination: str | None = None
    assigned_to: str | None = None
    comments: tuple[str, ...] = ()
    investigation: str | None = None
    """State of the automated investigation, when there is one."""


@dataclass(slots=True)
class Draft:
    """An alert as a scenario raises it, before ids are given."""

    scenario: str
    incident: tuple[str, int]
    """Drafts of one incident share it: scenario id and its occurrence."""
    host: Host
    at: datetime
    title: str
    description: str
    category: str
    severity: str
    techniques: tuple[str, ...]
    evidence: tuple[Item, ...]
    triage: Triage
    source: str
    user: Account | None
    threat: str | None = None
    family: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """Where an alert comes from: the scenario, and the rows that its evidence is."""

    alert_id: str
    scenario: str
    techniques: tuple[str, ...]
    rows: tuple[tuple[str, str, datetime], ...] = field(repr=False)
    """(table, DeviceId or empty, Timestamp) of every row behind the evidence, in the order of the evidence."""


def settle(
    drafts: Sequence[Draft], enterprise: Enterprise, until: datetime, tape: Tape
) -> dict[str, tuple[Alert, Trace]]:
    """Give ids and incident numbers in the order of time, and write the alert tables' rows to the tape."""
    settled: dict[str, tuple[Alert, Trace]] = {}
    incidents: dict[tuple[str, int], int] = {}
    for draft in sorted(drafts, key=lambda draft: draft.at):
        incident = incidents.setdefault(draft.incident, 1001 + len(incidents))
        alert, trace = _settle(draft, incident, enterprise, until)
        settled[alert.id] = (alert, trace)
        _tell(tape, draft, alert)
    return settled


def _settle(draft: Draft, incident: int, enterprise: Enterprise, until: datetime) -> tuple[Alert, Trace]:
    random = Random(f"{enterprise.seed}:alert:{draft.incident}:{draft.title}:{draft.host.name}")
    # One delay for the whole incident: what was seen first is also raised first.
    delay = 40 + 200 * Random(f"{enterprise.seed}:delay:{draft.incident}").random()
    created = min(draft.at + timedelta(seconds=delay), until)
    ticks = (created - datetime(1, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10
    alert_id = f"da{ticks}_{random.randrange(-(1 << 31), 1 << 31)}"
    triage = draft.triage
    handled = min(created + timedelta(minutes=20 + 300 * random.random()), until)
    touched = triage.status != "New" or triage.comments
    times = [note.time for note in draft.evidence if isinstance(note, Note)]
    times += [process.created for process in draft.evidence if isinstance(process, Process)]
    user = draft.user or draft.host.owner
    people = [account for account in dict.fromkeys((draft.host.owner, draft.user)) if account is not None]
    alert = Alert(
        id=alert_id,
        incident_id=incident,
        investigation_id=random.randrange(100, 1 << 20) if triage.investigation else None,
        assigned_to=triage.assigned_to,
        severity=draft.severity,
        status=triage.status,
        classification=triage.classification,
        determination=triage.determination,
        investigation_state=triage.investigation or "UnsupportedAlertType",
        detection_source=draft.source,
        detector_id=identifier("detector", draft.scenario, draft.title),
        category=draft.category,
        threat_family_name=draft.family,
        title=draft.title,
        description=draft.description,
        alert_creation_time=created,
        first_event_time=min(times),
        last_event_time=max(times),
        last_update_time=handled if touched else created,
        resolved_time=handled if triage.status == "Resolved" else None,
        machine_id=draft.host.id,
        computer_dns_name=draft.host.dns,
        rbac_group_name=DEVICE_GROUPS[draft.host.group],
        aad_tenant_id=enterprise.tenant_id,
        related_user=AlertRelatedUser(user_name=user.name, domain_name=user.domain) if user else None,
        threat_name=draft.threat,
        mitre_techniques=list(draft.techniques),
        logged_on_users=[LoggedOnUser(account_name=one.name, domain_name=one.domain) for one in people],
        comments=[
            AlertComment(comment=text, created_by=triage.assigned_to or "Automation", created_time=handled)
            for text in triage.comments
        ],
        # Several rows may show the same address or file; it is named once.
        evidence=list(dict.fromkeys(each for item in draft.evidence for each in _evidence(item, created))),
    )
    return alert, Trace(
        alert_id,
        draft.scenario,
        draft.techniques,
        tuple(_row_key(item) for item in draft.evidence if not isinstance(item, Account)),
    )


def _row_key(item: Process | Note) -> tuple[str, str, datetime]:
    if isinstance(item, Process):
        return "DeviceProcessEvents", item.host.id, item.created
    return item.table, item.host.id if item.host else "", item.time


def _evidence(item: Item, at: datetime) -> list[AlertEvidence]:
    if isinstance(item, Account):
        return [_user(item, at)]
    if isinstance(item, Process):
        return [_process(item, at)]
    text = {name: value for name, value in item.columns.items() if isinstance(value, str)}
    found: list[AlertEvidence] = []
    if "RegistryKey" in text:
        hive, _, key = text["RegistryKey"].partition("\\")
        found.append(
            AlertEvidence(
                entity_type="Registry" if "RegistryValueName" in text else "RegistryKey",
                evidence_creation_time=at,
                registry_hive=hive,
                registry_key=key,
                registry_value_name=text.get("RegistryValueName"),
                registry_value=text.get("RegistryValueData"),
                registry_value_type=text.get("RegistryValueType"),
                detection_status="Detected",
            )
        )
    if "SHA1" in text or "SHA256" in text:
        path, name = text.get("FolderPath", ""), text["FileName"]
        found.append(
            AlertEvidence(
                entity_type="File",
                evidence_creation_time=at,
                sha1=text.get("SHA1"),
                sha256=text.get("SHA256"),
                file_name=name,
                file_path=path[: -len(name) - 1] or None,
                detection_status="Detected",
            )
        )
    if "RemoteIP" in text:
        found.append(
            AlertEvidence(
                entity_type="Ip", evidence_creation_time=at, ip_address=text["RemoteIP"], detection_status="Detected"
            )
        )
    url = text.get("Url") or text.get("RemoteUrl") or text.get("FileOriginUrl")
    if url:
        found.append(AlertEvidence(entity_type="Url", evidence_creation_time=at, url=url, detection_status="Detected"))
    if not found:
        raise ValueError(f"a {item.table} row of kind {text.get('ActionType')} holds nothing that evidence can name")
    return found


def _user(account: Account, at: datetime) -> AlertEvidence:
    return AlertEvidence(
        entity_type="User",
        evidence_creation_time=at,
        account_name=account.name,
        domain_name=account.domain,
        user_sid=account.sid or None,
        aad_user_id=account.object_id or None,
        user_principal_name=account.upn or None,
    )


def _process(process: Process, at: datetime) -> AlertEvidence:
    parent, account = process.parent, process.account
    return AlertEvidence(
        entity_type="Process",
        evidence_creation_time=at,
        sha1=process.image.sha1,
        sha256=process.image.sha256,
        file_name=process.image.name,
        file_path=process.image.folder[:-1],
        process_id=process.pid,
        process_command_line=process.command_line,
        process_creation_time=process.created,
        parent_process_id=parent.pid if parent else None,
        parent_process_creation_time=parent.created if parent else None,
        parent_process_file_name=parent.image.name if parent else None,
        parent_process_file_path=parent.image.folder[:-1] if parent else None,
        account_name=account.name,
        domain_name=account.domain,
        user_sid=account.sid or None,
        aad_user_id=account.object_id or None,
        user_principal_name=account.upn or None,
        detection_status="Detected",
    )


_TABLE_TYPES = {"Registry": "RegistryValue"}


def _tell(tape: Tape, draft: Draft, alert: Alert) -> None:
    at = cast("datetime", alert.alert_creation_time)
    service = SERVICES.get(draft.source, "Microsoft Defender for Endpoint")
    head: dict[str, object] = {
        "AlertId": alert.id,
        "Title": draft.title,
        "ServiceSource": service,
        "DetectionSource": _SOURCES.get(draft.source, draft.source),
        "AttackTechniques": json.dumps(list(draft.techniques)),
        "Severity": draft.severity,
    }
    tape.note(at, None, "AlertInfo", None, head | {"Category": draft.category})
    device: dict[str, object] = {"DeviceId": draft.host.id, "DeviceName": draft.host.dns}
    head |= {"Categories": json.dumps([draft.category])}
    tape.note(at, None, "AlertEvidence", None, head | device | {"EntityType": "Machine", "EvidenceRole": "Impacted"})
    for item in alert.evidence:
        registry = f"{item.registry_hive}\\{item.registry_key}" if item.registry_key else None
        folder = f"{item.file_path}{'/' if (item.file_path or '').startswith('/') else chr(92)}{item.file_name}"
        named = {
            "FileName": item.file_name,
            "FolderPath": folder if item.file_path else None,
            "SHA1": item.sha1,
            "SHA256": item.sha256,
            "RemoteIP": item.ip_address,
            "RemoteUrl": item.url,
            "AccountName": item.account_name,
            "AccountDomain": item.domain_name,
            "AccountSid": item.user_sid,
            "AccountObjectId": item.aad_user_id,
            "AccountUpn": item.user_principal_name,
            "ProcessCommandLine": item.process_command_line,
            "RegistryKey": registry,
            "RegistryValueName": item.registry_value_name,
            "RegistryValueData": item.registry_value,
            "EntityType": _TABLE_TYPES.get(item.entity_type, item.entity_type),
            "EvidenceRole": "Impacted" if item.entity_type == "User" else "Related",
            "ThreatFamily": draft.family if item.entity_type in ("File", "Process") else None,
        }
        tape.note(
            at, None, "AlertEvidence", None, head | device | {name: value for name, value in named.items() if value}
        )
