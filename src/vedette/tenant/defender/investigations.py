"""Behaviour of automated investigations: those that alerts started, and those that somebody asks for.

One that is asked for raises an informational alert to hang from, is queued, runs, and ends by what is known of the
machine: clean without other open alerts, waiting for approval with severe ones, remediated with the rest.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from vedette.catalogue.alerts import Alert
from vedette.catalogue.investigations import Investigation, Investigations, MachineInvestigations
from vedette.catalogue.machine_actions import KnownRequestSource
from vedette.catalogue.machines import Machine
from vedette.catalogue.operation import Filter
from vedette.tenant.call import Call
from vedette.tenant.defender import platforms
from vedette.tenant.defender.alerts import new_id
from vedette.tenant.defender.courses import GIVEN_UP_AFTER, HEARD_AFTER, is_away
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.machines import machine
from vedette.tenant.problems import Problem
from vedette.tenant.store.collection import Selection, column_time
from vedette.tenant.store.response import Course, Step

TAKES = timedelta(minutes=5)
TITLE = "Automated investigation started manually"


@handles(Investigations.list)
def list_investigations(
    call: Call,
    /,
    *,
    filter: Filter | None = None,
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Selection[Investigation]:
    """All investigations of machines that the caller may see; the query options are applied by the listing."""
    return _visible(call)


def _visible(call: Call) -> Selection[Investigation]:
    """Those that have begun; the world may know of later ones."""
    return call.visible(call.store.investigations.all()).narrowed('"start_time" <= ?', [column_time(call.now)])


@handles(Investigations.get)
def get(call: Call, /, id: str) -> Investigation:
    """By its id or by that of the alert that triggered it."""
    wanted = _visible(call).narrowed('"id" = ? OR "triggering_alert_id" = ?', [id, id])
    found: Investigation | None = next(iter(wanted), None)
    if found is None:
        raise Problem("ResourceNotFound", kind="Investigation", id=id)
    return found


@handles(MachineInvestigations.start_investigation)
def start_investigation(
    call: Call,
    /,
    id: str,
    *,
    comment: str,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> Investigation:
    """Start one."""
    return _started(call, machine(call, id), comment)


@handles(MachineInvestigations.initiate_investigation)
def initiate_investigation(call: Call, /, id: str, *, comment: str) -> Investigation:
    """The same, under the older name."""
    return _started(call, machine(call, id), comment)


def _started(call: Call, on: Machine, comment: str) -> Investigation:
    if not comment.strip():
        raise Problem("MissingRequiredParameter", name="Comment")
    platforms.require(on, platforms.INVESTIGATION)
    with call.store.database.transaction():
        steps = _steps(call, on)
        (row,) = call.store.database.rows(
            f'SELECT COALESCE(MAX(CAST("id" AS INTEGER)), 0) + 1 FROM {call.store.investigations.table}'  # noqa: S608  (a fixed name)
        )
        number = int(str(row[0]))
        alert = _raised(call, on, comment, number)
        started = Investigation(
            id=str(number),
            start_time=call.now,
            state="Queued",
            machine_id=on.id,
            computer_dns_name=on.computer_dns_name,
            triggering_alert_id=alert.id,
        )
        call.store.alerts.put(alert)
        call.store.investigations.put(started)
        call.store.courses.put(Course.along(f"investigation/{number}", "investigation", steps, queued=is_away(on)))
        return started


def _raised(call: Call, on: Machine, comment: str, number: int) -> Alert:
    """The alert that the investigation hangs from."""
    return Alert(
        id=new_id(call),
        investigation_id=number,
        severity="Informational",
        status="New",
        investigation_state="Queued",
        detection_source="AutomatedInvestigation",
        detector_id=str(uuid.uuid5(uuid.NAMESPACE_URL, TITLE)),
        category="SuspiciousActivity",
        title=TITLE,
        description=f"{call.caller.name} started an automated investigation: {comment}",
        alert_creation_time=call.now,
        first_event_time=call.now,
        last_event_time=call.now,
        last_update_time=call.now,
        machine_id=on.id,
        computer_dns_name=on.computer_dns_name,
        rbac_group_name=on.rbac_group_name,
        aad_tenant_id=call.caller.tenant_id,
    )


def _steps(call: Call, on: Machine) -> list[Step]:
    if is_away(on):
        return [
            Step(at=call.now + HEARD_AFTER, status="PendingResource", details="The machine is not reachable."),
            Step(at=call.now + GIVEN_UP_AFTER, status="TerminatedBySystem", details="The machine was never reachable."),
        ]
    state, details = _verdict(call, on)
    return [
        Step(at=call.now + HEARD_AFTER, status="Running"),
        Step(at=call.now + TAKES, status=state, details=details),
    ]


def _verdict(call: Call, on: Machine) -> tuple[str, str | None]:
    is_open = [each for each in call.visible(call.store.alerts.where(machine_id=on.id)) if each.status != "Resolved"]
    found = [each for each in is_open if each.title != TITLE]
    if not found:
        return "Benign", None
    if any(each.severity == "High" for each in found):
        return "PendingApproval", "Remediation waits for somebody to approve it."
    return "SuccessfullyRemediated", None
