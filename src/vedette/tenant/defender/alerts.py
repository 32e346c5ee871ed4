"""Behaviour of alerts: judging them, raising them from events, and what takes part in them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from vedette.catalogue.alerts import (
    Alert,
    AlertComment,
    AlertEvidence,
    AlertRelatedUser,
    Alerts,
    NewCategory,
    NewClassification,
    NewDetermination,
    NewSeverity,
    NewStatus,
)
from vedette.catalogue.domains import Domain
from vedette.catalogue.files import File
from vedette.catalogue.ips import Ip
from vedette.catalogue.machines import Machine
from vedette.catalogue.users import User
from vedette.tenant.call import Call
from vedette.tenant.defender import sightings
from vedette.tenant.defender.files import profile
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.hosts import host_of
from vedette.tenant.defender.machines import machine
from vedette.tenant.problems import Problem

OPEN = ("New", "InProgress")


def alert(call: Call, id: str) -> Alert:
    """The alert with this id, within the caller's device groups. Raises: Problem ResourceNotFound."""
    found: Alert | None = next(iter(call.visible(call.store.alerts.where(id=id))), None)
    if found is None:
        raise Problem("ResourceNotFound", kind="Alert", id=id)
    return found


@handles(Alerts.get)
def get(call: Call, /, id: str, *, expand: Sequence[str] = (), select: Sequence[str] = ()) -> Alert:
    """One alert; the query options are applied when it is written."""
    return alert(call, id)


@handles(Alerts.update)
def update(
    call: Call,
    /,
    id: str,
    *,
    status: NewStatus | None = None,
    assigned_to: str | None = None,
    classification: NewClassification | None = None,
    determination: NewDetermination | None = None,
    comment: str | None = None,
) -> Alert:
    """Change what is given, and note when."""
    changes = _changes(status, assigned_to, classification, determination, comment)
    with call.store.database.transaction():
        return _changed(call, alert(call, id), changes)


@handles(Alerts.batch_update)
def batch_update(
    call: Call,
    /,
    alert_ids: Sequence[str],
    *,
    status: NewStatus | None = None,
    assigned_to: str | None = None,
    classification: NewClassification | None = None,
    determination: NewDetermination | None = None,
    comment: str | None = None,
) -> None:
    """All of the alerts or, when one of them is not found, none."""
    changes = _changes(status, assigned_to, classification, determination, comment)
    if not alert_ids:
        raise Problem("InvalidInput", input="alertIds: name at least one alert")
    with call.store.database.transaction():
        for each in dict.fromkeys(alert_ids):
            _changed(call, alert(call, each), changes)


def _changes(
    status: str | None,
    assigned_to: str | None,
    classification: str | None,
    determination: str | None,
    comment: str | None,
) -> dict[str, str]:
    given = {
        "status": status,
        "assigned_to": assigned_to,
        "classification": classification,
        "determination": determination,
        "comment": comment,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise Problem("InvalidRequestBody")
    return changes


def _changed(call: Call, found: Alert, changes: dict[str, str]) -> Alert:
    now = call.now
    values: dict[str, Any] = dict(changes)  # Any: values for fields of all types
    text = values.pop("comment", None)
    if text is not None:
        comment = AlertComment(comment=text, created_by=call.caller.name, created_time=now)
        values["comments"] = [*found.comments, comment]
    if "status" in values:
        values["resolved_time"] = (found.resolved_time or now) if values["status"] == "Resolved" else None
    changed = msgspec.structs.replace(found, last_update_time=now, **values)
    call.store.alerts.put(changed)
    return changed


@handles(Alerts.create_by_reference, in_thread=True)
def create_by_reference(
    call: Call,
    /,
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
    """Raise an alert whose evidence is the event named; an open one of the same title takes it in."""
    on = machine(call, machine_id)
    if not report_id.isdecimal():
        raise Problem("InvalidInput", input=f"reportId: {report_id[:100]}; it is a whole number")
    found = sightings.event(call.store.lake, on.id, int(report_id), event_time)
    if found is None:
        raise Problem(
            "ResourceNotFound", kind="Event", id=f"{report_id} of machine {on.id} at {event_time.isoformat()}"
        )
    evidence = _evidence(*found, now=call.now)
    with call.store.database.transaction():
        for status in OPEN:
            same = call.store.alerts.where(machine_id=on.id, title=title, status=status)
            present: Alert | None = next(iter(call.visible(same)), None)
            if present is not None:
                return _taken_in(call, present, evidence, event_time)
        raised = Alert(
            id=new_id(call),
            incident_id=_new_incident(call),
            severity=severity,
            status="New",
            investigation_state="Queued",
            detection_source="CustomDetection",
            detector_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{call.caller.tenant_id}/{title}")),
            category=category,
            title=title,
            description=f"{description}\n\nRecommended action: {recommended_action}",
            alert_creation_time=call.now,
            first_event_time=event_time,
            last_event_time=event_time,
            last_update_time=call.now,
            machine_id=on.id,
            computer_dns_name=on.computer_dns_name,
            rbac_group_name=on.rbac_group_name,
            aad_tenant_id=call.caller.tenant_id,
            related_user=next(
                (
                    AlertRelatedUser(user_name=each.account_name, domain_name=each.domain_name)
                    for each in evidence
                    if each.account_name
                ),
                None,
            ),
            evidence=evidence,
        )
        call.store.alerts.put(raised)
        return raised


def _taken_in(call: Call, present: Alert, evidence: list[AlertEvidence], event_time: datetime) -> Alert:
    merged = msgspec.structs.replace(
        present,
        evidence=[*present.evidence, *(each for each in evidence if not _holds(present, each))],
        first_event_time=min(present.first_event_time or event_time, event_time),
        last_event_time=max(present.last_event_time or event_time, event_time),
        last_update_time=call.now,
    )
    call.store.alerts.put(merged)
    return merged


def _holds(present: Alert, evidence: AlertEvidence) -> bool:
    def same(other: AlertEvidence) -> AlertEvidence:
        return msgspec.structs.replace(other, evidence_creation_time=None)

    return any(same(each) == same(evidence) for each in present.evidence)


def new_id(call: Call) -> str:
    """`da`, a tick count, and a hash: the look of the service's own ids."""
    ticks = int(call.now.timestamp() * 10_000_000) + 621_355_968_000_000_000
    return f"da{ticks}_{uuid.uuid4().int % 2_000_000_000}"


def _new_incident(call: Call) -> int:
    """A number behind those of all incidents: an alert by itself is an incident of its own."""
    ((last,),) = call.store.database.rows(f'SELECT max("incident_id") FROM {call.store.alerts.table}')  # noqa: S608
    return int(str(last or 0)) + 1


def _evidence(table: str, row: sightings.Row, now: datetime) -> list[AlertEvidence]:
    """What the event shows: its process, file, registry value, address and account, as far as the row has them."""

    def text(name: str) -> str | None:
        return row.get(name) or None

    process = "" if table == "DeviceProcessEvents" else "InitiatingProcess"
    folder = "FolderPath" if not process else "InitiatingProcessFolderPath"
    pieces = [
        AlertEvidence(
            entity_type="Process",
            evidence_creation_time=now,
            sha1=text(f"{process}SHA1"),
            sha256=text(f"{process}SHA256"),
            file_name=text(f"{process}FileName"),
            file_path=_folder(text(folder)),
            process_id=row.get(f"{process}Id" if process else "ProcessId"),
            process_command_line=text("ProcessCommandLine" if not process else "InitiatingProcessCommandLine"),
            process_creation_time=row.get(f"{process}CreationTime" if process else "ProcessCreationTime"),
            parent_process_id=row.get("InitiatingProcessId" if not process else "InitiatingProcessParentId"),
            parent_process_creation_time=row.get(
                "InitiatingProcessCreationTime" if not process else "InitiatingProcessParentCreationTime"
            ),
            parent_process_file_name=text(
                "InitiatingProcessFileName" if not process else "InitiatingProcessParentFileName"
            ),
            parent_process_file_path=_folder(text("InitiatingProcessFolderPath")) if not process else None,
            account_name=text(f"{process}AccountName"),
            domain_name=text(f"{process}AccountDomain"),
            user_sid=text(f"{process}AccountSid"),
        )
    ]
    if table != "DeviceProcessEvents" and text("FileName"):
        pieces.append(
            AlertEvidence(
                entity_type="File",
                evidence_creation_time=now,
                sha1=text("SHA1"),
                sha256=text("SHA256"),
                file_name=text("FileName"),
                file_path=_folder(text("FolderPath")),
            )
        )
    if text("RegistryKey"):
        hive, _, key = str(row["RegistryKey"]).partition("\\")
        pieces.append(
            AlertEvidence(
                entity_type="Registry",
                evidence_creation_time=now,
                registry_hive=hive,
                registry_key=key,
                registry_value_type=text("RegistryValueType"),
                registry_value=text("RegistryValueData"),
                registry_value_name=text("RegistryValueName"),
            )
        )
    if text("RemoteIP"):
        pieces.append(AlertEvidence(entity_type="Ip", evidence_creation_time=now, ip_address=text("RemoteIP")))
    if text("RemoteUrl"):
        pieces.append(AlertEvidence(entity_type="Url", evidence_creation_time=now, url=text("RemoteUrl")))
    account = pieces[0] if table != "DeviceLogonEvents" else None
    name = account.account_name if account else text("AccountName")
    if name:
        pieces.append(
            AlertEvidence(
                entity_type="User",
                evidence_creation_time=now,
                account_name=name,
                domain_name=account.domain_name if account else text("AccountDomain"),
                user_sid=account.user_sid if account else text("AccountSid"),
            )
        )
    return [each for each in pieces if each.entity_type != "Process" or each.process_id is not None]


def _folder(path: str | None) -> str | None:
    return path.rpartition("\\")[0] if path and "\\" in path else path


# -- what takes part -----------------------------------------------------------------------------------------------


@handles(Alerts.list_files, in_thread=True)
def list_files(call: Call, /, id: str) -> Iterable[File]:
    """The files in the evidence, with what telemetry and indicators tell of each."""
    hashes = _distinct(each.sha1 for each in alert(call, id).evidence)
    by_now = sightings.until(call.now)
    return [profile(call, sightings.file(call.store.lake, sha1, by_now)) for sha1 in hashes]


@handles(Alerts.list_ips)
def list_ips(call: Call, /, id: str) -> Iterable[Ip]:
    """The addresses in the evidence."""
    return [Ip(id=address) for address in _distinct(each.ip_address for each in alert(call, id).evidence)]


@handles(Alerts.list_domains)
def list_domains(call: Call, /, id: str) -> Iterable[Domain]:
    """The hosts of the addresses in the evidence, and the domains the alert itself names."""
    found = alert(call, id)
    hosts = _distinct(host_of(each.url) for each in found.evidence)
    return [Domain(host=host) for host in dict.fromkeys([*(each.host for each in found.domains), *hosts])]


@handles(Alerts.get_machine)
def get_machine(call: Call, /, id: str) -> Machine:
    """The machine that the alert names."""
    found = alert(call, id)
    if found.machine_id is None:
        raise Problem("ResourceNotFound", kind="Machine", id=f"of alert {id}")
    return machine(call, found.machine_id)


@handles(Alerts.get_user, in_thread=True)
def get_user(call: Call, /, id: str) -> User:
    """The related account: its logons where telemetry has them, else its name alone."""
    related = alert(call, id).related_user
    if related is None or not related.user_name:
        raise Problem("ResourceNotFound", kind="User", id=f"of alert {id}")
    name, domain = related.user_name.lower(), (related.domain_name or "").lower()
    known = sightings.accounts(call.store.lake, sightings.until(call.now), domain=domain or None, name=name)
    return known[0] if known else User(id=f"{domain}\\{name}", account_name=name, account_domain=domain or None)


def _distinct(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))
