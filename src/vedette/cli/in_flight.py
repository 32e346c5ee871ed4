"""`vedette machine-actions pending` and `cancel`, and `vedette investigations wait`: what goes on, and ending it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from vedette.catalogue.investigations import Investigations
from vedette.catalogue.machine_actions import FINAL_STATUSES, MachineAction, MachineActions
from vedette.cli import bulk
from vedette.cli.arguments import all_of, asking_options, confirm, listing_options, literal
from vedette.cli.bulk import Outcome
from vedette.cli.columns import ACTION_STATUS, Column, attribute, short_name
from vedette.cli.connection import connected, machine_id
from vedette.cli.follow import ended_investigation
from vedette.cli.output import TABLE_ROWS, Output
from vedette.cli.resources import help_text, request_of, show_request
from vedette.cli.responses import comment_options, remark
from vedette.cli.settings import command
from vedette.cli.text import duration
from vedette.cli.values import file_option, is_list, listed

_PENDING = "status in ('Pending','InProgress')"


def _age(item: object) -> str:
    asked = getattr(item, "creation_date_time_utc", None)
    return duration(max(0.0, (datetime.now(UTC) - asked).total_seconds())) if asked else ""


_COLUMNS = (
    Column("FOR", _age, rank=1, right=True),
    Column("ACTION", attribute("type"), rank=0),
    Column("STATUS", attribute("status"), rank=0, tones=ACTION_STATUS),
    Column("MACHINE", lambda item: short_name(getattr(item, "computer_dns_name", None)), rank=1, least=12),
    Column("BY", attribute("requestor"), rank=4, least=14),
    Column("COMMENT", attribute("requestor_comment"), rank=3, least=12),
    Column("ID", attribute("id"), rank=1, under="COMMENT"),
)


@command(
    "pending",
    help=help_text(MachineActions.list, "List response actions that have not ended, oldest first."),
    examples=("vedette machine-actions pending", "vedette machine-actions pending --machine ws-01 -o json"),
)
@click.option("--machine", metavar="MACHINE", help="On this machine: id or name.")
@listing_options
@click.pass_context
def pending(context: click.Context, *, machine: str | None, limit: int | None, everything: bool) -> None:
    output = Output.of(context)
    with connected(context) as defender:
        where = all_of(_PENDING, f"machineId eq {literal(machine_id(defender, machine))}" if machine else None)
        found = defender.machine_actions.list(filter=where, top=limit, orderby="creationDateTimeUtc asc")
        if output.form != "table":
            output.entities(found, MachineAction, limit=limit, everything=everything)
            return
        with output.progress("Asking") as progress:
            actions = list(progress.counting(found))
    shown = actions if everything else actions[: limit or TABLE_ROWS]
    output.table(_COLUMNS, shown, none="No action is under way.")


@command(
    "cancel",
    help=help_text(
        MachineActions.cancel,
        "Cancel response actions that have not ended.\n\nWhat a machine has begun cannot always be called back.",
    ),
    examples=(
        'vedette machine-actions cancel 5382f7ea… --comment "wrong machine"',
        "vedette machine-actions pending -o jsonl | vedette machine-actions cancel - --case INC-42 --yes",
    ),
)
@click.argument("actions", metavar="ACTION_ID...", nargs=-1)
@file_option("Ids")
@comment_options
@asking_options
@click.pass_context
def cancel(
    context: click.Context,
    actions: tuple[str, ...],
    *,
    file: Path | None,
    comment: str | None,
    case: str | None,
    yes: bool,
    dry_run: bool,
) -> int:
    ids = listed(actions, file, what="action id")
    text = remark(comment, case)
    output = Output.of(context)
    single = not is_list(actions, file)
    if dry_run and single:
        show_request(output, MachineActions.cancel, {"id": ids[0], "comment": text})
        return 0
    if dry_run:
        planned = [
            Outcome(each, "planned", "cancel", {
                "request": request_of(MachineActions.cancel, {"id": each, "comment": text})
            })
            for each in ids
        ]  # fmt: skip
        status = bulk.report(output, planned)
        output.note("Nothing was sent.")
        return status
    confirm(f"Cancel {ids[0] if single else f'{len(ids)} actions'}?", yes=yes)
    with connected(context) as defender:
        if single:
            output.entity(defender.machine_actions.cancel(ids[0], comment=text))
            return 0

        def act(id: str) -> Outcome:
            ended = defender.machine_actions.cancel(id, comment=text)
            return Outcome(
                id,
                "done" if ended.status == "Cancelled" or ended.status not in FINAL_STATUSES else "failed",
                f"{ended.type} is {ended.status}",
                {"id": ended.id, "status": ended.status, "machineId": ended.machine_id},
            )

        outcomes = bulk.each(ids, act, output=output, doing="Cancelling")
    return bulk.report(output, outcomes)


@command(
    "wait",
    help=help_text(
        Investigations.get,
        "Wait until an automated investigation has ended, or waits for somebody's approval.\n\nEnds with status 1 "
        "unless it found nothing or removed what it found.",
    ),
)
@click.argument("investigation_id")
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0), default=3600, show_default=True, metavar="SECONDS",
    help="Longest wait.",
)  # fmt: skip
@click.pass_context
def wait_for_investigation(context: click.Context, investigation_id: str, *, timeout_s: float) -> int:
    output = Output.of(context)
    with connected(context) as defender, output.progress("") as progress:
        found = ended_investigation(
            defender, defender.investigations.get(investigation_id), timeout_s=timeout_s, say=progress.say
        )
    output.entity(found)
    if found.state == "PendingApproval":
        output.note("It waits for somebody's approval, in the portal.")
    return 0 if found.state in ("Benign", "SuccessfullyRemediated") else 1
