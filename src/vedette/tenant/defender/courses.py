"""The way of response actions and investigations on the tenant's clock: planned when asked for, carried on when due.

A course is decided at once, from what the machine and its telemetry are like then. What is due happens before each
call of the API, so that whoever reads sees the present, and filters do too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from starlette.concurrency import run_in_threadpool

from vedette.catalogue.live_response import QUEUE_DAYS
from vedette.catalogue.machine_actions import ActionType, MachineAction
from vedette.catalogue.machines import Machine
from vedette.tenant.store.collection import column_time
from vedette.tenant.store.defender import DefenderStore
from vedette.tenant.store.response import GOING_ON, Course, Step

HEARD_AFTER = timedelta(seconds=5)
"""A machine that is there asks for work this often."""
GIVEN_UP_AFTER = timedelta(days=QUEUE_DAYS)
"""How long a machine that is away is waited for. Documented for live response, taken for all."""
DURATION: Mapping[ActionType, timedelta] = {
    "Isolate": timedelta(seconds=30),
    "Unisolate": timedelta(seconds=30),
    "RestrictCodeExecution": timedelta(seconds=30),
    "UnrestrictCodeExecution": timedelta(seconds=30),
    "StopAndQuarantineFile": timedelta(seconds=30),
    "Offboard": timedelta(seconds=60),
    "CollectInvestigationPackage": timedelta(seconds=90),
    "LogsCollection": timedelta(seconds=90),
    "RunAntiVirusScan": timedelta(minutes=3),
}
"""From request to end, the time until the machine has heard of it included."""
FULL_SCAN = timedelta(minutes=45)
AWAY = frozenset({"Inactive", "ImpairedCommunication", "NoSensorDataImpairedCommunication"})
"""Health of machines that cannot be reached."""


def is_away(machine: Machine) -> bool:
    """Whether the machine will not hear of an action."""
    return machine.health_status in AWAY


def usual(now: datetime, duration: timedelta, *, error: int = 0) -> list[Step]:
    """Heard of, then done; failed where there is an error."""
    return [
        Step(at=now + HEARD_AFTER, status="InProgress"),
        Step(at=now + duration, status="Failed" if error else "Succeeded", error=error),
    ]


def never_heard(now: datetime) -> list[Step]:
    """Waited for, and given up."""
    return [Step(at=now + GIVEN_UP_AFTER, status="TimeOut")]


async def caught_up(store: DefenderStore, now: datetime) -> None:
    """Let happen what is due by now, detection rules on a schedule among it."""
    carry_on(store, now)
    if (schedule := store.schedule) is not None and schedule.is_due(now):
        await run_in_threadpool(schedule.carry_on, now)


def carry_on(store: DefenderStore, now: datetime) -> None:
    """Let happen what is due by now."""
    due = store.courses.all().narrowed('"next_at" <= ?', [column_time(now)])
    if not due.count():
        return
    with store.database.transaction():
        for course in due:
            for step in course.steps:
                if step.at > now:
                    break
                _take(store, course, step)
            left = [step for step in course.steps if step.at > now]
            if left:
                store.courses.put(msgspec.structs.replace(course, steps=left, next_at=left[0].at))
            else:
                store.courses.delete(course.id)


def _take(store: DefenderStore, course: Course, step: Step) -> None:
    if course.of == "investigation":
        _investigated(store, course.id, step)
        return
    action = store.machine_actions.get(course.id)
    if action is None:
        return
    commands = list(action.commands)
    if step.command is not None:
        ended = step.command_status != "Executing"
        before = commands[step.command]
        commands[step.command] = msgspec.structs.replace(
            before,
            command_status=step.command_status,
            start_time=before.start_time or step.at,
            end_time=step.at if ended else None,
            errors=list(step.errors),
        )
    if step.put is not None:
        store.put_files.put(step.put)
    store.machine_actions.put(
        msgspec.structs.replace(
            action,
            status=step.status or action.status,
            error_h_result=step.error,
            commands=commands,
            last_update_date_time_utc=step.at,
        )
    )
    if step.status == "Succeeded" and action.type == "Offboard":
        _offboarded(store, action)


def _offboarded(store: DefenderStore, action: MachineAction) -> None:
    machine = store.machines.get(str(action.machine_id))
    if machine is not None:
        store.machines.put(
            msgspec.structs.replace(machine, onboarding_status="CanBeOnboarded", health_status="Inactive")
        )


def _investigated(store: DefenderStore, course_id: str, step: Step) -> None:
    found = store.investigations.get(course_id.removeprefix("investigation/"))
    if found is None or step.status is None:
        return
    is_over = step.status not in GOING_ON
    store.investigations.put(
        msgspec.structs.replace(
            found, state=step.status, status_details=step.details, end_time=step.at if is_over else None
        )
    )
    alert = store.alerts.get(found.triggering_alert_id) if found.triggering_alert_id else None
    if alert is not None:
        store.alerts.put(msgspec.structs.replace(alert, investigation_state=step.status, last_update_time=step.at))
