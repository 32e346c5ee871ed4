"""What response on machines leaves behind beside actions and investigations: courses, put files, results, contents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from vedette.catalogue.alerts import Alert
from vedette.catalogue.investigations import Investigation


class PutFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that live response put on a machine."""

    id: str
    """Machine id and path in lower case."""
    machine_id: str
    path: str
    sha256: str
    put_at: datetime


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens on the way of an action or investigation."""

    at: datetime
    status: str | None = None
    """The status of the action, or the state of the investigation, from then on."""
    error: int = 0
    """HRESULT of an action that fails."""
    details: str | None = None
    """Why an investigation ended so."""
    command: int | None = None
    """Place of a live response command that changes, from 0."""
    command_status: str = ""
    errors: Sequence[str] = ()
    put: PutFile | None = None


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What is still going to happen to an action or investigation, decided when it was asked for."""

    id: str
    of: Literal["action", "investigation"]
    next_at: datetime
    steps: Sequence[Step]
    is_queued: bool = False
    """It waits for a machine that is away."""

    @staticmethod
    def along(id: str, of: Literal["action", "investigation"], steps: Sequence[Step], *, queued: bool) -> Course:
        """A course of these steps, in order of time."""
        return Course(id=id, of=of, next_at=steps[0].at, steps=steps, is_queued=queued)


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of a library file. Kept when the file leaves the library, since machines may have it."""

    sha256: str
    content: bytes


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a live response command gave, to be downloaded once it has completed."""

    id: str
    """Action id, a slash, and the place of the command."""
    file_name: str
    made_at: datetime
    content: bytes = b""
    sha256: str | None = None
    """Of a library file, where the content is one."""
    made_up: tuple[str, str, int] | None = None
    """Path, hash and size of a file that only telemetry knows."""


def investigations_of(alerts: Sequence[Alert]) -> list[Investigation]:
    """The investigations that alerts speak of, each triggered by the earliest of its alerts."""
    found: dict[int, Investigation] = {}
    for alert in sorted(alerts, key=lambda each: (each.alert_creation_time is None, each.alert_creation_time, each.id)):
        if alert.investigation_id is None or alert.investigation_id in found:
            continue
        state = alert.investigation_state
        found[alert.investigation_id] = Investigation(
            id=str(alert.investigation_id),
            start_time=alert.alert_creation_time,
            end_time=None if state in GOING_ON else alert.last_update_time or alert.alert_creation_time,
            state=state or "Unknown",
            machine_id=alert.machine_id,
            computer_dns_name=alert.computer_dns_name,
            triggering_alert_id=alert.id,
        )
    return list(found.values())


def courses_of(investigations: Sequence[Investigation], now: datetime) -> list[Course]:
    """How those that run or are queued go on: what is under way ends within hours, what is to come takes minutes."""
    courses = []
    for each in investigations:
        if each.state not in ("Queued", "Running") or each.start_time is None:
            continue
        # Ids are arbitrary numbers, so they spread the ends out, and the same world ends alike every time.
        number = int(each.id)
        if each.start_time > now:
            end = each.start_time + timedelta(minutes=5 + number % 20)
        else:
            end = now + timedelta(minutes=30 + number % 300)
        verdict = "Benign" if number % 3 == 0 else "SuccessfullyRemediated"
        steps = [Step(at=end - timedelta(minutes=4), status="Running"), Step(at=end, status=verdict)]
        courses.append(Course.along(f"investigation/{each.id}", "investigation", steps, queued=False))
    return courses


GOING_ON = frozenset({"Queued", "Running", "PendingApproval", "PendingResource"})
"""An investigation in one of these has not ended."""
