"""`vedette alerts list`, `show` and `update`. The other operations of alerts have derived commands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vedette.catalogue.alerts import Alert, Alerts
from vedette.cli import bulk
from vedette.cli.alert_view import draw
from vedette.cli.arguments import MOMENT, all_of, choice, choices_help, listing_options, literal, one_of
from vedette.cli.bulk import Outcome
from vedette.cli.connection import connected
from vedette.cli.output import Output
from vedette.cli.resources import OPTION_HELP, help_text, members, show_request
from vedette.cli.settings import UsageError, command
from vedette.cli.values import file_option, listed

if TYPE_CHECKING:
    from vedette import Defender

_SEVERITIES = ("Informational", "Low", "Medium", "High")
_STATUSES = members(Alerts.update, "status")
_DETERMINATIONS = members(Alerts.update, "determination")
BATCH = 100
"""Alerts in one batch update. The service documents no largest number."""


@command(
    "list",
    help=help_text(Alerts.list, "List alerts, newest first. Conditions are joined by `and`."),
    examples=(
        "vedette alerts list --severity High --since 7d",
        "vedette alerts list --status New --unassigned -o jsonl",
    ),
)
@click.option("--severity", type=choice(_SEVERITIES), multiple=True, help="Of this severity. Repeatable.")
@click.option("--status", type=choice(_STATUSES), multiple=True, help="In this status. Repeatable.")
@click.option("--since", type=MOMENT, metavar="TIME", help="Created since, such as 7d, 24h or 2026-11-01.")
@click.option("--updated-since", type=MOMENT, metavar="TIME", help="Changed since.")
@click.option("--assigned-to", metavar="UPN", help="Owned by this person.")
@click.option("--unassigned", is_flag=True, help="Owned by nobody.")
@click.option("--category", multiple=True, metavar="NAME", help="Such as Execution or Persistence. Repeatable.")
@click.option("--filter", "condition", metavar="ODATA", help=OPTION_HELP["filter"])
@click.option("--expand-evidence", is_flag=True, help="Fetch the evidence too (JSON and CSV).")
@click.option("--select", multiple=True, metavar="NAME", help=OPTION_HELP["select"])
@listing_options
@click.pass_context
def list_alerts(
    context: click.Context,
    *,
    severity: tuple[str, ...],
    status: tuple[str, ...],
    since: datetime | None,
    updated_since: datetime | None,
    assigned_to: str | None,
    unassigned: bool,
    category: tuple[str, ...],
    condition: str | None,
    expand_evidence: bool,
    select: tuple[str, ...],
    limit: int | None,
    everything: bool,
) -> None:
    if unassigned and assigned_to:
        raise UsageError("--unassigned and --assigned-to contradict each other", hint="leave one of them out")
    where = all_of(
        one_of("severity", severity),
        one_of("status", status),
        f"alertCreationTime ge {literal(since)}" if since else None,
        f"lastUpdateTime ge {literal(updated_since)}" if updated_since else None,
        f"assignedTo eq {literal(assigned_to)}" if assigned_to else None,
        "assignedTo eq null" if unassigned else None,
        one_of("category", category),
        condition,
    )
    output = Output.of(context)
    with connected(context) as defender:
        found = defender.alerts.list(
            filter=where,
            top=limit,
            expand=["evidence"] if expand_evidence else [],
            orderby="alertCreationTime desc",
            select=list(select),
        )
        output.entities(found, Alert, limit=limit, everything=everything, only=select, none="No alert fits.")


@command(
    "show", help=help_text(Alerts.get, "Show one alert with its evidence."), examples=("vedette alerts show da637…",)
)
@click.argument("alert_id")
@click.pass_context
def show(context: click.Context, alert_id: str) -> None:
    output = Output.of(context)
    with connected(context) as defender, output.progress("Asking"):
        alert = defender.alerts.get(alert_id, expand=["evidence"])
    if output.form == "table":
        draw(output, alert)
    else:
        output.entity(alert)


@command(
    "update",
    help=help_text(
        Alerts.update,
        "Judge alerts: status, owner, verdict, comment.\n\nSeveral ids, also from a file or a pipe, are sent as "
        "batches. What is not given stays.",
    ),
    examples=(
        'vedette alerts update da637… --status InProgress --assign soc@halden.example --comment "INC-42"',
        "vedette alerts update da637… da638… --status Resolved --classification FalsePositive",
        "vedette alerts triage --severity Low -o jsonl | vedette alerts update - --status Resolved",
    ),
)
@click.argument("alert_ids", metavar="ALERT_ID...", nargs=-1)
@file_option("Ids")
@click.option("--status", type=choice(_STATUSES), help="New status.")
@click.option("--assign", "assigned_to", metavar="UPN", help="New owner.")
@click.option("--classification", type=choice(members(Alerts.update, "classification")), help="Verdict.")
@click.option(
    "--determination", type=choice(_DETERMINATIONS), help=f"Detail of the verdict. {choices_help(_DETERMINATIONS)}"
)
@click.option("--comment", metavar="TEXT", help="Remark to add.")
@click.option("--dry-run", is_flag=True, help="Show the request and send nothing.")
@click.pass_context
def update(
    context: click.Context, /, alert_ids: tuple[str, ...], *, file: Path | None, dry_run: bool, **changes: str | None
) -> int:
    given = {name: value for name, value in changes.items() if value is not None}
    if not given:
        raise UsageError("nothing to change was given", hint="add --status, --assign, --classification or --comment")
    ids = listed(alert_ids, file, what="alert id")
    output = Output.of(context)
    if dry_run:
        _show(output, ids, given)
        return 0
    with connected(context) as defender:
        if len(ids) == 1:
            with output.progress("Updating"):
                alert = defender.alerts.update(ids[0], **given)  # type: ignore[arg-type]  # choices come from the catalogue
            if output.form != "table":
                output.entity(alert)
                return 0
        else:
            outcomes = [
                outcome
                for start in range(0, len(ids), BATCH)
                for outcome in _updated(output, defender, ids[start : start + BATCH], given)
            ]
            if output.form != "table" or any(outcome.result == "failed" for outcome in outcomes):
                return bulk.report(output, outcomes)
    output.note(f"Updated {len(ids)} {'alert' if len(ids) == 1 else 'alerts'}.")
    return 0


def _updated(output: Output, defender: Defender, ids: list[str], given: Mapping[str, str]) -> list[Outcome]:
    """What became of each alert of a batch. A batch that is refused says not why, so its alerts are sent alone then."""
    from vedette.errors import NotFound, PermissionDenied, ServiceError

    try:
        with output.progress("Updating"):
            defender.alerts.batch_update(ids, **given)  # type: ignore[arg-type]  # choices come from the catalogue
    except PermissionDenied:
        raise
    except ServiceError as error:
        if not isinstance(error, NotFound) and error.status != 400:
            raise
    else:
        return [Outcome(each, detail="updated", facts={"id": each}) for each in ids]

    def alone(each: str) -> Outcome:
        defender.alerts.update(each, **given)  # type: ignore[arg-type]  # as above
        return Outcome(each, detail="updated", facts={"id": each})

    return bulk.each(ids, alone, output=output, doing="Updating one by one")


def _show(output: Output, ids: list[str], given: Mapping[str, str]) -> None:
    if len(ids) == 1:
        show_request(output, Alerts.update, {"id": ids[0], **given})
    else:
        show_request(output, Alerts.batch_update, {"alert_ids": ids[:BATCH], **given})
