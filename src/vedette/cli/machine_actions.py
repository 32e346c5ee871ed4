"""`vedette machine-actions list`, `show` and `wait`, and what commands that start an action do afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from vedette.catalogue.machine_actions import FINAL_STATUSES, ActionStatus, ActionType, MachineAction, MachineActions
from vedette.cli.arguments import MOMENT, all_of, choice, listing_options, literal, one_of
from vedette.cli.connection import connected, machine_id
from vedette.cli.output import Output
from vedette.cli.resources import OPTION_HELP, help_text
from vedette.cli.settings import command
from vedette.cli.text import duration

if TYPE_CHECKING:
    from vedette import Defender

F = TypeVar("F", bound=Callable[..., Any])

LONGEST_PAUSE_S = 10.0
"""Between two looks at an action that goes on."""


def wait_options(function: F) -> F:
    """`--wait` and `--timeout` of a command that starts an action."""
    function = click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0),
        default=900,
        show_default=True,
        metavar="SECONDS",
        help="Longest wait.",
    )(function)
    return click.option("--wait", is_flag=True, help="Wait until the action has ended.")(function)


@command(
    "list",
    help=help_text(MachineActions.list, "List response actions, newest first. Conditions are joined by `and`."),
    examples=("vedette machine-actions list --status Pending --status InProgress",),
)
@click.option("--status", type=choice(get_args(ActionStatus)), multiple=True, help="In this status. Repeatable.")
@click.option(
    "--type", "kinds", type=choice(get_args(ActionType)), multiple=True, metavar="TYPE", help="Such as Isolate."
)
@click.option("--machine", metavar="MACHINE", help="On this machine: id or name.")
@click.option("--requestor", metavar="WHO", help="Asked for by this person or app.")
@click.option("--since", type=MOMENT, metavar="TIME", help="Asked for since, such as 7d.")
@click.option("--filter", "condition", metavar="ODATA", help=OPTION_HELP["filter"])
@listing_options
@click.pass_context
def list_actions(
    context: click.Context,
    *,
    status: tuple[str, ...],
    kinds: tuple[str, ...],
    machine: str | None,
    requestor: str | None,
    since: datetime | None,
    condition: str | None,
    limit: int | None,
    everything: bool,
) -> None:
    output = Output.of(context)
    with connected(context) as defender:
        where = all_of(
            one_of("status", status),
            one_of("type", kinds),
            f"machineId eq {literal(machine_id(defender, machine))}" if machine else None,
            f"requestor eq {literal(requestor)}" if requestor else None,
            f"creationDateTimeUtc ge {literal(since)}" if since else None,
            condition,
        )
        found = defender.machine_actions.list(filter=where, top=limit, orderby="creationDateTimeUtc desc")
        output.entities(found, MachineAction, limit=limit, everything=everything, none="No action fits.")


@command("show", help=help_text(MachineActions.get, "Show one response action."))
@click.argument("action_id")
@click.pass_context
def show(context: click.Context, action_id: str) -> None:
    output = Output.of(context)
    with connected(context) as defender, output.progress("Asking"):
        action = defender.machine_actions.get(action_id)
    output.entity(action)


@command(
    "wait",
    help=help_text(
        MachineActions.get,
        "Wait until a response action has ended.\n\nEnds with status 1 unless the action succeeded.",
    ),
)
@click.argument("action_id")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0),
    default=900,
    show_default=True,
    metavar="SECONDS",
    help="Longest wait.",
)
@click.pass_context
def wait(context: click.Context, action_id: str, timeout_s: float) -> None:
    output = Output.of(context)
    with connected(context) as defender:
        report(output, defender, defender.machine_actions.get(action_id), wait=True, timeout_s=timeout_s)


def report(output: Output, defender: Defender, action: MachineAction, *, wait: bool, timeout_s: float) -> None:
    """Show an action that was started, after its end where that is wanted.

    Raises: ServiceError where the action ended in another way than success, NoAnswer after `timeout_s`.
    """
    if wait:
        action = _ended(output, defender, action, timeout_s)
    output.entity(action)
    if not wait:
        output.note(f"Follow it: vedette machine-actions wait {action.id}")
    elif action.status != "Succeeded":
        from vedette.errors import ServiceError

        raise ServiceError(
            f"{action.type} on {action.computer_dns_name or action.machine_id} ended as {action.status}",
            status=200,
            operation="machine_actions.get",
            hint=f"vedette machine-actions show {action.id}",
        )


def _ended(output: Output, defender: Defender, action: MachineAction, timeout_s: float) -> MachineAction:
    from vedette.errors import NoAnswer

    started = time.monotonic()
    pause_s = 0.5
    with output.progress("") as progress:
        while action.status not in FINAL_STATUSES:
            elapsed_s = time.monotonic() - started
            if elapsed_s >= timeout_s:
                raise NoAnswer(
                    f"{action.type} is still {action.status} after {duration(elapsed_s)}",
                    elapsed_s=elapsed_s,
                    hint=f"vedette machine-actions wait {action.id} goes on waiting",
                )
            progress.say(f"{action.type} is {action.status}, {duration(elapsed_s)}")
            time.sleep(min(pause_s, max(0.0, timeout_s - elapsed_s)))
            pause_s = min(LONGEST_PAUSE_S, pause_s * 1.5)
            action = defender.machine_actions.get(action.id)
    return action
