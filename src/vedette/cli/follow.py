"""Watches what a command has started until it ends: response actions and investigations, one or many."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vedette.cli.text import duration

if TYPE_CHECKING:
    from vedette import Defender, MachineAction
    from vedette.catalogue.investigations import Investigation

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
"""Between two looks at something that goes on."""
GOING_ON = frozenset({"Unknown", "Queued", "Running", "PendingResource", "PendingApproval"})
"""An investigation in one of these may still change. One that waits for approval waits for a person."""


def ended_action(
    defender: Defender, action: MachineAction, *, timeout_s: float, say: Callable[[str], None] = lambda text: None
) -> MachineAction:
    """The action after its end. Raises: ActionNotDone after `timeout_s`."""
    started = time.monotonic()
    return defender.machine_actions.wait(
        action,
        timeout_s=timeout_s,
        on_progress=lambda seen: say(f"{seen.type} is {seen.status}, {duration(time.monotonic() - started)}"),
    )


def ended_investigation(
    defender: Defender,
    investigation: Investigation,
    *,
    timeout_s: float,
    say: Callable[[str], None] = lambda text: None,
) -> Investigation:
    """The investigation after its end, or when it waits for a person's approval. Raises: NoAnswer after `timeout_s`."""
    from vedette.errors import NoAnswer

    started, pause_s = time.monotonic(), FIRST_PAUSE_S
    while investigation.state in GOING_ON and investigation.state != "PendingApproval":
        elapsed_s = time.monotonic() - started
        if elapsed_s >= timeout_s:
            raise NoAnswer(
                f"the investigation is still {investigation.state} after {duration(elapsed_s)}",
                elapsed_s=elapsed_s,
                hint=f"vedette investigations wait {investigation.id} goes on waiting",
            )
        say(f"the investigation is {investigation.state}, {duration(elapsed_s)}")
        time.sleep(min(pause_s, max(0.0, timeout_s - elapsed_s)))
        pause_s = min(LONGEST_PAUSE_S, pause_s * 1.5)
        investigation = defender.investigations.get(investigation.id)
    return investigation
