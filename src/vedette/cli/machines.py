"""`vedette machines list`, `show`, `tag`, `untag`, `isolate` and `unisolate`. The rest is derived."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import click

from vedette.catalogue.machines import Machine, MachineHealthStatus, Machines, RiskScore
from vedette.cli.arguments import MOMENT, all_of, asking_options, choice, confirm, listing_options, literal, one_of
from vedette.cli.connection import connected, find_machine, machine_id
from vedette.cli.machine_actions import report, wait_options
from vedette.cli.output import Output
from vedette.cli.resources import OPTION_HELP, help_text, members, show_request
from vedette.cli.settings import command

BATCH = 500
"""Machines that one tagging call takes."""


@command(
    "list",
    help=help_text(Machines.list, "List machines, last seen first. Conditions are joined by `and`."),
    examples=(
        "vedette machines list --risk High --health Active",
        "vedette machines list --tag tier-0 -o csv",
    ),
)
@click.option("--health", type=choice(get_args(MachineHealthStatus)), multiple=True, help="Sensor health. Repeatable.")
@click.option("--risk", type=choice(get_args(RiskScore)), multiple=True, help="Risk score. Repeatable.")
@click.option("--os", "os_platform", multiple=True, metavar="NAME", help="Such as Windows11. Repeatable.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Carries this tag. Repeatable: all of them.")
@click.option("--name", metavar="TEXT", help="DNS name starts so.")
@click.option("--since", type=MOMENT, metavar="TIME", help="Seen since, such as 24h.")
@click.option("--silent-since", type=MOMENT, metavar="TIME", help="Not seen since, such as 7d.")
@click.option("--filter", "condition", metavar="ODATA", help=OPTION_HELP["filter"])
@click.option("--select", multiple=True, metavar="NAME", help=OPTION_HELP["select"])
@listing_options
@click.pass_context
def list_machines(
    context: click.Context,
    *,
    health: tuple[str, ...],
    risk: tuple[str, ...],
    os_platform: tuple[str, ...],
    tags: tuple[str, ...],
    name: str | None,
    since: datetime | None,
    silent_since: datetime | None,
    condition: str | None,
    select: tuple[str, ...],
    limit: int | None,
    everything: bool,
) -> None:
    where = all_of(
        one_of("healthStatus", health),
        one_of("riskScore", risk),
        one_of("osPlatform", os_platform),
        *(f"machineTags/any(tag: tag eq {literal(tag)})" for tag in tags),
        f"startswith(computerDnsName,{literal(name)})" if name else None,
        f"lastSeen ge {literal(since)}" if since else None,
        f"lastSeen lt {literal(silent_since)}" if silent_since else None,
        condition,
    )
    output = Output.of(context)
    with connected(context) as defender:
        found = defender.machines.list(filter=where, top=limit, orderby="lastSeen desc", select=list(select))
        output.entities(found, Machine, limit=limit, everything=everything, only=select, none="No machine fits.")


@command("show", help=help_text(Machines.get, "Show one machine."), examples=("vedette machines show ws-01",))
@click.argument("machine")
@click.pass_context
def show(context: click.Context, machine: str) -> None:
    output = Output.of(context)
    with connected(context) as defender, output.progress("Asking"):
        found = find_machine(defender, machine)
    output.entity(found)


@command("tag", help=help_text(Machines.tag, "Add a tag to machines."), examples=("vedette machines tag INC-42 ws-01",))
@click.argument("tag")
@click.argument("machines", metavar="MACHINE...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Show the request and send nothing.")
@click.pass_context
def tag(context: click.Context, tag: str, machines: tuple[str, ...], dry_run: bool) -> None:
    _tag(context, "Add", tag, machines, dry_run=dry_run)


@command("untag", help=help_text(Machines.tag, "Take a tag from machines."))
@click.argument("tag")
@click.argument("machines", metavar="MACHINE...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Show the request and send nothing.")
@click.pass_context
def untag(context: click.Context, tag: str, machines: tuple[str, ...], dry_run: bool) -> None:
    _tag(context, "Remove", tag, machines, dry_run=dry_run)


def _tag(context: click.Context, action: str, value: str, names: tuple[str, ...], *, dry_run: bool) -> None:
    output = Output.of(context)
    with connected(context) as defender:
        with output.progress("Looking up machines"):
            ids = list(dict.fromkeys(machine_id(defender, name) for name in names))
        operation = Machines.tag if len(ids) == 1 else Machines.tag_many
        given: dict[str, object] = {"value": value, "action": action}
        if dry_run:
            show_request(output, operation, given | ({"id": ids[0]} if len(ids) == 1 else {"machine_ids": ids[:BATCH]}))
            return
        with output.progress("Tagging"):
            if len(ids) == 1:
                defender.machines.tag(ids[0], value=value, action=action)  # type: ignore[arg-type]  # Add or Remove
            else:
                for start in range(0, len(ids), BATCH):
                    part = ids[start : start + BATCH]
                    list(defender.machines.tag_many(value=value, action=action, machine_ids=part))  # type: ignore[arg-type]  # as above
    done = "Tagged" if action == "Add" else "Untagged"
    output.note(f"{done} {len(ids)} {'machine' if len(ids) == 1 else 'machines'}: {value}")


@command(
    "isolate",
    help=help_text(
        Machines.isolate,
        "Cut a machine off the network.\n\nIt keeps talking to Defender. Selective isolation lets mail through.",
    ),
    examples=('vedette machines isolate ws-01 --comment "INC-42" --wait',),
)
@click.argument("machine")
@click.option("--comment", required=True, metavar="TEXT", help=OPTION_HELP["comment"])
@click.option(
    "--type",
    "isolation_type",
    type=choice(members(Machines.isolate, "isolation_type")),
    default="Full",
    show_default=True,
    help="How far.",
)
@asking_options
@wait_options
@click.pass_context
def isolate(
    context: click.Context,
    machine: str,
    *,
    comment: str,
    isolation_type: str,
    yes: bool,
    dry_run: bool,
    wait: bool,
    timeout_s: float,
) -> None:
    output = Output.of(context)
    with connected(context) as defender:
        with output.progress("Looking up the machine"):
            found = find_machine(defender, machine)
        given = {"id": found.id, "comment": comment, "isolation_type": isolation_type}
        if dry_run:
            show_request(output, Machines.isolate, given)
            return
        confirm(f"Cut {found.computer_dns_name} ({found.id}) off the network?", yes=yes)
        action = defender.machines.isolate(found.id, comment=comment, isolation_type=isolation_type)  # type: ignore[arg-type]  # choices come from the catalogue
        report(output, defender, action, wait=wait, timeout_s=timeout_s)


@command(
    "unisolate",
    help=help_text(Machines.unisolate, "Let an isolated machine back on the network."),
    examples=('vedette machines unisolate ws-01 --comment "INC-42 closed"',),
)
@click.argument("machine")
@click.option("--comment", required=True, metavar="TEXT", help=OPTION_HELP["comment"])
@asking_options
@wait_options
@click.pass_context
def unisolate(
    context: click.Context, machine: str, *, comment: str, yes: bool, dry_run: bool, wait: bool, timeout_s: float
) -> None:
    output = Output.of(context)
    with connected(context) as defender:
        with output.progress("Looking up the machine"):
            found = find_machine(defender, machine)
        if dry_run:
            show_request(output, Machines.unisolate, {"id": found.id, "comment": comment})
            return
        confirm(f"Let {found.computer_dns_name} ({found.id}) back on the network?", yes=yes)
        action = defender.machines.unisolate(found.id, comment=comment)
        report(output, defender, action, wait=wait, timeout_s=timeout_s)
