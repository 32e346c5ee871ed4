"""Watches what a command has started until it ends: response actions and investigations, one or many."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from vedette.catalogue.machine_actions import FINAL_STATUSES
from vedette.cli.text import duration

if TYPE_CHECKING:
    from vedette import Defender, MachineAction
    from vedette.catalogue.investigations import Investigation

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
"""Between two looks at something that goes on."""
GOING_ON = frozenset({"Unknown", "Queued", "Running", "PendingResource", "PendingApproval"})
"""An investigation in one of these may still change. One that waits for approval waits for a person."""
T = TypeVar("T")


def ended_action(
    defender: Defender, action: MachineAction, *, timeout_s: float, say: Callable[[str], None] = lambda text: None
) -> MachineAction:
    """The action after its end. Raises: NoAnswer after `timeout_s`."""
    return _ended(
        action,
        again=lambda seen: defender.machine_actions.get(seen.id),
        state=lambda seen: seen.status,
        is_over=lambda state: state in FINAL_STATUSES,
        name=action.type,
        hint=f"vedette machine-actions wait {action.id} goes on waiting",
        timeout_s=timeout_s,
        say=say,
    )


def ended_investigation(
    defender: Defender,
    investigation: Investigation,
    *,
    timeout_s: float,
    say: Callable[[str], None] = lambda text: None,
) -> Investigation:
    """The investigation after its end, or when it waits for a person's approval. Raises: NoAnswer after `timeout_s`."""
    return _ended(
        investigation,
        again=lambda seen: defender.investigations.get(seen.id),
        state=lambda seen: seen.state,
        is_over=lambda state: state not in GOING_ON or state == "PendingApproval",
        name="the investigation",
        hint=f"vedette investigations wait {investigation.id} goes on waiting",
        timeout_s=timeout_s,
        say=say,
    )


def _ended(
    thing: T,
    *,
    again: Callable[[T], T],
    state: Callable[[T], str],
    is_over: Callable[[str], bool],
    name: str,
    hint: str,
    timeout_s: float,
    say: Callable[[str], None],
) -> T:
    from vedette.errors import NoAnswer

    started, pause_s = time.monotonic(), FIRST_PAUSE_S
    while not is_over(state(thing)):
        elapsed_s = time.monotonic() - started
        if elapsed_s >= timeout_s:
            raise NoAnswer(
                f"{name} is still {state(thing)} after {duration(elapsed_s)}", elapsed_s=elapsed_s, hint=hint
            )
        say(f"{name} is {state(thing)}, {duration(elapsed_s)}")
        time.sleep(min(pause_s, max(0.0, timeout_s - elapsed_s)))
        pause_s = min(LONGEST_PAUSE_S, pause_s * 1.5)
        thing = again(thing)
    return thing
