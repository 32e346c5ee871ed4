"""Behaviour of response actions: starting one, and its way to the end on the tenant's clock.

An action is accepted as Pending, is InProgress once the machine has heard of it, and then succeeds. Where an action
stands is worked out from the clock whenever actions are read, and stored, so that filters see it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from vedette.catalogue.machine_actions import (
    FINAL_STATUSES,
    ActionType,
    IsolationType,
    KnownRequestSource,
    MachineAction,
    MachineActions,
    MachineResponse,
)
from vedette.catalogue.machines import Machine
from vedette.catalogue.operation import Filter
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.machines import machine
from vedette.tenant.problems import Problem
from vedette.tenant.store.collection import Selection

HEARD_AFTER = timedelta(seconds=5)
DONE_AFTER = timedelta(seconds=30)


def settle(call: Call) -> None:
    """Bring every action that is under way to where it stands by now."""
    for status in ("Pending", "InProgress"):
        for action in call.store.machine_actions.where(status=status):
            if action.creation_date_time_utc is None:
                continue
            age = call.now - action.creation_date_time_utc
            reached, after = ("Succeeded", DONE_AFTER) if age >= DONE_AFTER else ("InProgress", HEARD_AFTER)
            if age >= after and reached != action.status:
                moved = msgspec.structs.replace(
                    action, status=reached, last_update_date_time_utc=action.creation_date_time_utc + after
                )
                call.store.machine_actions.put(moved)


def start(call: Call, kind: ActionType, on: Machine, comment: str, **details: str | None) -> MachineAction:
    """A new action on a machine. Raises: Problem ActiveRequestAlreadyExists while one of its kind is under way."""
    if not comment.strip():
        raise Problem("MissingRequiredParameter", name="Comment")
    with call.store.database.transaction():
        settle(call)
        earlier = call.store.machine_actions.where(machine_id=on.id, type=kind)
        if any(action.status not in FINAL_STATUSES for action in earlier):
            raise Problem("ActiveRequestAlreadyExists")
        action = MachineAction(
            id=str(uuid.uuid4()),
            type=kind,
            title=details.get("title"),
            requestor=call.caller.name,
            requestor_comment=comment,
            status="Pending",
            machine_id=on.id,
            computer_dns_name=on.computer_dns_name,
            creation_date_time_utc=call.now,
            last_update_date_time_utc=call.now,
            scope=details.get("scope"),
            external_id=details.get("external_id"),
            request_source=details.get("request_source") or "PublicApi",
        )
        call.store.machine_actions.put(action)
        return action


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
    """All actions; the query options are applied by the listing."""
    settle(call)
    return call.store.machine_actions.all()


@handles(MachineActions.get)
def get(call: Call, /, id: str) -> MachineAction:
    """One action."""
    settle(call)
    found: MachineAction | None = call.store.machine_actions.get(id.lower())
    if found is None:
        raise Problem("ResourceNotFound", kind="MachineAction", id=id)
    return found


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
    return start(
        call,
        "Isolate",
        machine(call, id),
        comment,
        scope=isolation_type,
        external_id=external_id,
        request_source=request_source,
        title=title,
    )


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
    return start(
        call,
        "Unisolate",
        machine(call, id),
        comment,
        external_id=external_id,
        request_source=request_source,
        title=title,
    )
