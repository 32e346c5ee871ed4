"""Behaviour of response actions: starting, following and cancelling them, and the link to what one collected.

How an action goes on after its request is in `courses`; which systems take it, in `platforms`; live response has a
module of its own.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from vedette.catalogue.machine_actions import (
    FINAL_STATUSES,
    ActionAvailabilityStatus,
    ActionType,
    CustomPlaybookCommandResult,
    FullActionType,
    IsolationType,
    KnownRequestSource,
    MachineAction,
    MachineActions,
    MachineResponse,
    RelatedFileInfo,
    ScanType,
)
from vedette.catalogue.machines import Machine, Machines
from vedette.catalogue.operation import Filter, Operation
from vedette.tenant.call import Call
from vedette.tenant.defender import investigation_package, platforms
from vedette.tenant.defender.courses import DURATION, FULL_SCAN, is_away, never_heard, usual
from vedette.tenant.defender.forensics import Forensics
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.machines import machine
from vedette.tenant.problems import Problem
from vedette.tenant.store.collection import Selection
from vedette.tenant.store.response import Course, Step

FILE_NOT_FOUND = -2147024894
"""HRESULT 0x80070002: the machine does not have the file."""
ACCESS_DENIED = -2147024891
"""HRESULT 0x80070005: the file is one that may not be quarantined."""
PACKAGE_LINK = timedelta(minutes=30)
"""Documented as short-lived; the time is ours."""
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_NOT_ONBOARDED = frozenset({"CanBeOnboarded", "Unsupported"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What every request for an action says beside what is to be done."""

    comment: str
    external_id: str | None
    request_source: KnownRequestSource | None
    title: str | None


def start(
    call: Call,
    kind: ActionType,
    on: Machine,
    asked: Asked,
    *,
    steps: Sequence[Step] | None = None,
    scope: str | None = None,
    file: RelatedFileInfo | None = None,
    commands: Sequence[CustomPlaybookCommandResult] = (),
    id: str | None = None,
) -> MachineAction:
    """A new action on a machine; without `steps` it succeeds after the usual time.

    Raises: Problem ActiveRequestAlreadyExists while one like it is under way, BadRequest where nothing is onboarded.
    """
    if not asked.comment.strip():
        raise Problem("MissingRequiredParameter", name="Comment")
    if (on.onboarding_status in _NOT_ONBOARDED) != (scope == "UnManagedDevice"):
        state = "is onboarded" if scope == "UnManagedDevice" else "is not onboarded"
        raise Problem("BadRequest", reason=f"Machine {on.id} {state}, so this action is not for it.")
    away = is_away(on) and scope != "UnManagedDevice"
    if away:
        steps = never_heard(call.now)
    with call.store.database.transaction():
        if _under_way(call, kind, on, file):
            raise Problem("ActiveRequestAlreadyExists")
        action = MachineAction(
            id=id or str(uuid.uuid4()),
            type=kind,
            title=asked.title,
            requestor=call.caller.name,
            requestor_comment=asked.comment,
            status="Pending",
            machine_id=on.id,
            computer_dns_name=on.computer_dns_name,
            related_file_info=file,
            creation_date_time_utc=call.now,
            last_update_date_time_utc=call.now,
            scope=scope,
            commands=list(commands),
            external_id=asked.external_id,
            request_source=asked.request_source or "PublicApi",
        )
        call.store.machine_actions.put(action)
        planned = usual(call.now, DURATION[kind]) if steps is None else steps
        call.store.courses.put(Course.along(action.id, "action", planned, queued=away))
        return action


def _under_way(call: Call, kind: ActionType, on: Machine, file: RelatedFileInfo | None = None) -> bool:
    """Whether the machine is busy with the same; different files are quarantined side by side."""
    return any(
        action.status not in FINAL_STATUSES and (file is None or action.related_file_info == file)
        for action in call.store.machine_actions.where(machine_id=on.id, type=kind)
    )


def action(call: Call, id: str) -> MachineAction:
    """The action with this id, within the caller's device groups. Raises: Problem ResourceNotFound."""
    found: MachineAction | None = next(iter(call.visible(call.store.machine_actions.where(id=id.lower()))), None)
    if found is None:
        raise Problem("ResourceNotFound", kind="MachineAction", id=id)
    return found


# -- following -----------------------------------------------------------------------------------------------------


@handles(MachineActions.list)
def list_actions(
    call: Call,
    /,
    *,
    filter: Filter | None = None,
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Selection[MachineAction]:
    """All actions on machines that the caller may see; the query options are applied by the listing."""
    return call.visible(call.store.machine_actions.all())


@handles(MachineActions.get)
def get(call: Call, /, id: str) -> MachineAction:
    """One action."""
    return action(call, id)


@handles(Machines.list_actions)
def list_of_machine(call: Call, /, id: str) -> Selection[MachineAction]:
    """The actions of a visible machine."""
    return call.store.machine_actions.where(machine_id=machine(call, id).id)


@handles(Machines.list_latest_actions)
def list_latest_of_machine(call: Call, /, id: str) -> Sequence[MachineAction]:
    """The last one asked for of each type."""
    latest: dict[str, MachineAction] = {}
    for each in call.store.machine_actions.where(machine_id=machine(call, id).id):
        latest[each.type] = each
    return list(latest.values())


@handles(MachineActions.get_package_uri)
def get_package_uri(call: Call, /, id: str) -> str:
    """A link to the package, without the second pair of quotes that the sample has: every client can read it so."""
    found = action(call, id)
    if found.type != "CollectInvestigationPackage" or found.status != "Succeeded":
        raise Problem("ResourceNotFound", kind="Package of MachineAction", id=id)
    path = f"{investigation_package.KIND}/{call.caller.tenant_id}/{found.id}"
    return call.state.links.link(call.address.origin, path, PACKAGE_LINK)


# -- cancelling ----------------------------------------------------------------------------------------------------

_ASKED_BY: Mapping[str, Operation[Any, Any]] = {
    "Isolate": Machines.isolate,
    "Unisolate": Machines.unisolate,
    "RestrictCodeExecution": Machines.restrict_code_execution,
    "UnrestrictCodeExecution": Machines.unrestrict_code_execution,
    "RunAntiVirusScan": Machines.run_antivirus_scan,
    "CollectInvestigationPackage": Machines.collect_investigation_package,
    "StopAndQuarantineFile": Machines.stop_and_quarantine_file,
    "Offboard": Machines.offboard,
    "LogsCollection": Machines.collect_logs,
    "LiveResponse": Machines.run_live_response,
}
"""Type of an action → the operation that asks for one, whose permission cancelling needs too."""


@handles(MachineActions.cancel)
def cancel(
    call: Call,
    /,
    id: str,
    *,
    comment: str,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """End an action that has not ended. Whoever may not ask for such an action may not cancel it either."""
    if not comment.strip():
        raise Problem("MissingRequiredParameter", name="Comment")
    with call.store.database.transaction():
        found = action(call, id)
        _may_ask(call, _ASKED_BY[found.type])
        if found.status in FINAL_STATUSES:
            raise Problem("BadRequest", reason=f"MachineAction {found.id} has ended as {found.status}.")
        commands = [
            msgspec.structs.replace(each, command_status="Failed", end_time=call.now, errors=["Cancelled"])
            if each.command_status == "Executing"
            else each
            for each in found.commands
        ]
        cancelled = msgspec.structs.replace(
            found,
            status="Cancelled",
            commands=commands,
            cancellation_requestor=call.caller.name,
            cancellation_comment=comment,
            cancellation_date_time_utc=call.now,
            last_update_date_time_utc=call.now,
        )
        call.store.machine_actions.put(cancelled)
        call.store.courses.delete(found.id)
        return cancelled


def _may_ask(call: Call, operation: Operation[Any, Any]) -> None:
    held = call.caller.scopes if call.caller.is_delegated else call.caller.roles
    wanted = operation.delegated if call.caller.is_delegated else operation.application
    if held.isdisjoint(wanted):
        kind = "scopes" if call.caller.is_delegated else "application roles"
        needs = ", ".join(wanted)
        raise Problem("Forbidden", reason=f"Missing {kind}. Cancelling this action requires one of: {needs}.")
    if operation.user_role is not None:
        require_role(call, operation.user_role)


def require_role(call: Call, role: str) -> None:
    """Raises: Problem Forbidden where a signed-in user lacks this permission of a Defender role."""
    if call.user is not None and role not in call.user.defender_permissions:
        raise Problem("Forbidden", reason=f"Missing user role permission. The operation requires: {role}.")


# -- asking --------------------------------------------------------------------------------------------------------


@handles(MachineResponse.isolate)
def isolate(
    call: Call,
    /,
    id: str,
    *,
    comment: str,
    isolation_type: IsolationType = "Full",
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """Cut the machine off."""
    on = machine(call, id)
    if isolation_type != "UnManagedDevice":
        platforms.require(on, _isolation(isolation_type))
    asked = Asked(comment, external_id, request_source, title)
    return start(call, "Isolate", on, asked, scope=isolation_type)


def _isolation(isolation_type: str) -> platforms.Needs:
    return platforms.SELECTIVE_ISOLATION if isolation_type == "Selective" else platforms.FULL_ISOLATION


@handles(MachineResponse.unisolate)
def unisolate(
    call: Call,
    /,
    id: str,
    *,
    comment: str,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """Let the machine back."""
    on = machine(call, id)
    scope = "UnManagedDevice" if on.onboarding_status in _NOT_ONBOARDED else None
    return start(call, "Unisolate", on, Asked(comment, external_id, request_source, title), scope=scope)


@handles(MachineResponse.restrict_code_execution)
def restrict_code_execution(
    call: Call,
    /,
    id: str,
    *,
    comment: str,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """Let only signed programs run."""
    on = machine(call, id)
    platforms.require(on, platforms.CODE_RESTRICTION)
    return start(call, "RestrictCodeExecution", on, Asked(comment, external_id, request_source, title))


@handles(MachineResponse.unrestrict_code_execution)
def unrestrict_code_execution(
    call: Call,
    /,
    id: str,
    *,
    comment: str,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """Let all programs run again."""
    on = machine(call, id)
    platforms.require(on, platforms.CODE_RESTRICTION)
    return start(call, "UnrestrictCodeExecution", on, Asked(comment, external_id, request_source, title))


@handles(MachineResponse.run_antivirus_scan)
def run_antivirus_scan(
    call: Call,
    /,
    id: str,
    *,
    comment: str,
    scan_type: ScanType,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """Scan; a full scan takes its time."""
    asked = Asked(comment, external_id, request_source, title)
    steps = usual(call.now, FULL_SCAN if scan_type == "Full" else DURATION["RunAntiVirusScan"])
    return start(call, "RunAntiVirusScan", machine(call, id), asked, scope=scan_type, steps=steps)


@handles(MachineResponse.collect_investigation_package)
def collect_investigation_package(
    call: Call,
    /,
    id: str,
    *,
    comment: str,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """Collect; the package is made when it is downloaded."""
    asked = Asked(comment, external_id, request_source, title)
    return start(call, "CollectInvestigationPackage", machine(call, id), asked)


@handles(MachineResponse.collect_logs)
def collect_logs(
    call: Call,
    /,
    id: str,
    *,
    comment: str,
    logs_collection_params: str | None = None,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """Collect logs for support; nobody can download them."""
    return start(call, "LogsCollection", machine(call, id), Asked(comment, external_id, request_source, title))


@handles(MachineResponse.offboard)
def offboard(
    call: Call,
    /,
    id: str,
    *,
    comment: str,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """Take the machine out; once it succeeded, the machine can be onboarded and is silent."""
    on = machine(call, id)
    platforms.require(on, platforms.OFFBOARDING)
    return start(call, "Offboard", on, Asked(comment, external_id, request_source, title))


@handles(MachineResponse.stop_and_quarantine_file, in_thread=True)
def stop_and_quarantine_file(
    call: Call,
    /,
    id: str,
    *,
    comment: str,
    sha1: str,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """Fails for a file that telemetry never showed on the machine, and for one whose signature is trusted."""
    on = machine(call, id)
    if _SHA1.fullmatch(sha1) is None:
        raise Problem("InvalidHashValue", hash=sha1[:100])
    platforms.require(on, platforms.QUARANTINE)
    told = Forensics(call.store.lake, on.id, call.now)
    wanted = sha1.lower()
    error = FILE_NOT_FOUND if not told.has_seen(wanted) else ACCESS_DENIED if told.is_trusted(wanted) else 0
    return start(
        call,
        "StopAndQuarantineFile",
        on,
        Asked(comment, external_id, request_source, title),
        steps=usual(call.now, DURATION["StopAndQuarantineFile"], error=error),
        file=RelatedFileInfo(file_identifier=wanted, file_identifier_type="Sha1"),
    )


# -- what a machine can take ---------------------------------------------------------------------------------------


def is_isolated(call: Call, on: Machine) -> bool:
    """Whether the last of its isolations and releases that succeeded was an isolation."""
    return _is_on(call, on, "Isolate", "Unisolate")


def is_restricted(call: Call, on: Machine) -> bool:
    """Whether the machine runs signed programs only."""
    return _is_on(call, on, "RestrictCodeExecution", "UnrestrictCodeExecution")


def _is_on(call: Call, on: Machine, turns_on: ActionType, turns_off: ActionType) -> bool:
    done = [
        each
        for kind in (turns_on, turns_off)
        for each in call.store.machine_actions.where(machine_id=on.id, type=kind, status="Succeeded")
    ]
    last = max(done, key=lambda each: each.last_update_date_time_utc or call.now, default=None)
    return last is not None and last.type == turns_on


_FULL_TYPES: Mapping[FullActionType, tuple[ActionType | None, platforms.Needs]] = {
    "FullIsolation": ("Isolate", platforms.FULL_ISOLATION),
    "SelectiveIsolation": ("Isolate", platforms.SELECTIVE_ISOLATION),
    "UnManagedDeviceIsolation": ("Isolate", platforms.ANYWHERE),
    "Unisolation": ("Unisolate", platforms.ANYWHERE),
    "UnManagedDeviceUnisolation": ("Unisolate", platforms.ANYWHERE),
    "RestrictCodeExecution": ("RestrictCodeExecution", platforms.CODE_RESTRICTION),
    "UnrestrictCodeExecution": ("UnrestrictCodeExecution", platforms.CODE_RESTRICTION),
    "RunAntiVirusScan": ("RunAntiVirusScan", platforms.ANYWHERE),
    "CollectInvestigationPackage": ("CollectInvestigationPackage", platforms.ANYWHERE),
    "StopAndQuarantineFile": (None, platforms.QUARANTINE),
    "InitiateInvestigation": (None, platforms.INVESTIGATION),
    "LiveResponse": ("LiveResponse", platforms.ANYWHERE),
    "LogsCollection": ("LogsCollection", platforms.ANYWHERE),
    "OffBoard": ("Offboard", platforms.OFFBOARDING),
}


@handles(Machines.list_available_actions)
def list_available_actions(call: Call, /, id: str) -> Sequence[ActionAvailabilityStatus]:
    """Each action with what stands in its way: state, platform, or one under way."""
    on = machine(call, id)
    isolated, restricted = is_isolated(call, on), is_restricted(call, on)
    standing: Mapping[str, tuple[bool, str]] = {
        "FullIsolation": (isolated, "The machine is isolated."),
        "SelectiveIsolation": (isolated, "The machine is isolated."),
        "UnManagedDeviceIsolation": (isolated, "The machine is isolated."),
        "Unisolation": (not isolated, "The machine is not isolated."),
        "UnManagedDeviceUnisolation": (not isolated, "The machine is not isolated."),
        "RestrictCodeExecution": (restricted, "Code execution is restricted."),
        "UnrestrictCodeExecution": (not restricted, "Code execution is not restricted."),
    }
    found: list[ActionAvailabilityStatus] = []
    for name, (kind, needs) in _FULL_TYPES.items():
        is_unmanaged = name.startswith("UnManaged")
        in_the_way, reason = standing.get(name, (False, ""))
        refused = platforms.problem(on, needs)
        if (on.onboarding_status in _NOT_ONBOARDED) != is_unmanaged:
            reason = "The machine is onboarded." if is_unmanaged else "The machine is not onboarded."
        elif refused is not None:
            reason = refused.message
        elif kind is not None and _under_way(call, kind, on):
            reason = Problem("ActiveRequestAlreadyExists").message
        elif not in_the_way:
            reason = ""
        found.append(
            ActionAvailabilityStatus(action=name, is_available=not reason, not_supported_reason=reason or None)
        )
    return found
