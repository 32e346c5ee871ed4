"""`vedette machines list`, `find`, `show`, `tag` and `untag`.

Responses are in `responses`, what several calls do together in `contain`, `posture` and `upkeep`. The rest is derived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from vedette.catalogue.machines import (
    MAX_TAGGED,
    Machine,
    MachineHealthStatus,
    Machines,
    OnboardingStatus,
    RiskScore,
)
from vedette.cli import bulk
from vedette.cli.arguments import MOMENT, all_of, choice, listing_options, literal, one_of
from vedette.cli.bulk import Outcome
from vedette.cli.connection import MACHINE_ID, connected, find_machine, machine_id
from vedette.cli.output import Output
from vedette.cli.resources import OPTION_HELP, help_text, show_request
from vedette.cli.settings import UsageError, command
from vedette.cli.values import file_option, is_address, is_list, listed

if TYPE_CHECKING:
    from vedette import Defender

BATCH = MAX_TAGGED
_NEWEST = "lastSeen desc"
F = TypeVar("F", bound=Callable[..., Any])


@command(
    "list",
    help=help_text(Machines.list, "List machines, last seen first. Conditions are joined by `and`."),
    examples=(
        "vedette machines list --risk High --health Active",
        "vedette machines list --tag tier-0 -o csv",
        "vedette machines list --onboarding CanBeOnboarded",
        "vedette machines list --newest-per-name -o csv",
    ),
)
@click.option("--health", type=choice(get_args(MachineHealthStatus)), multiple=True, help="Sensor health. Repeatable.")
@click.option("--risk", type=choice(get_args(RiskScore)), multiple=True, help="Risk score. Repeatable.")
@click.option("--os", "os_platform", multiple=True, metavar="NAME", help="Such as Windows11. Repeatable.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Carries this tag. Repeatable: all of them.")
@click.option("--name", metavar="TEXT", help="DNS name starts so.")
@click.option("--since", type=MOMENT, metavar="TIME", help="Seen since, such as 24h.")
@click.option(
    "--onboarding", type=choice(get_args(OnboardingStatus)), multiple=True, help="Onboarding status. Repeatable."
)
@click.option("--newest-per-name", is_flag=True, help="Of records with one name only the one seen last.")
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
    onboarding: tuple[str, ...],
    newest_per_name: bool,
    condition: str | None,
    select: tuple[str, ...],
    limit: int | None,
    everything: bool,
) -> None:
    where = all_of(
        one_of("healthStatus", health),
        one_of("riskScore", risk),
        one_of("osPlatform", os_platform),
        one_of("onboardingStatus", onboarding),
        *(f"machineTags/any(tag: tag eq {literal(tag)})" for tag in tags),
        f"startswith(computerDnsName,{literal(name)})" if name else None,
        f"lastSeen ge {literal(since)}" if since else None,
        f"lastSeen lt {literal(silent_since)}" if silent_since else None,
        condition,
    )
    output = Output.of(context)
    with connected(context) as defender:
        top = None if newest_per_name else limit
        found: Iterable[Machine] = defender.machines.list(filter=where, top=top, orderby=_NEWEST, select=list(select))
        if newest_per_name:
            found = _newest(found)
        output.entities(found, Machine, limit=limit, everything=everything, only=select, none="No machine fits.")


def _newest(machines: Iterable[Machine]) -> Iterator[Machine]:
    """Machines that come last seen first, without the older records of a name: a machine set up anew is a new one."""
    seen: set[str] = set()
    for machine in machines:
        name = (machine.computer_dns_name or machine.id).casefold()
        if name not in seen:
            seen.add(name)
            yield machine


@command(
    "find",
    help=help_text(
        Machines.list,
        "Find machines by any part of what they are called.\n\nTEXT may be an id, an Entra device id, an IP address, "
        "the beginning of a name or tag; where nothing begins so, any part of a name, tag, group or address.",
    ),
    examples=("vedette machines find web", "vedette machines find 10.20.1.12"),
)
@click.argument("text")
@listing_options
@click.pass_context
def find(context: click.Context, text: str, *, limit: int | None, everything: bool) -> int:
    output = Output.of(context)
    with connected(context) as defender:
        with output.progress("Looking"):
            found = _named_so(defender, text.strip())
        output.entities(found, Machine, limit=limit, everything=everything, none=f"No machine fits {text}.")
    return 0 if found else 1


def _named_so(defender: Defender, text: str) -> list[Machine]:
    from vedette.errors import ConfigurationError, NotFound

    if MACHINE_ID.fullmatch(text) or is_address(text):
        try:
            return [find_machine(defender, text)]
        except NotFound:
            return []
        except ConfigurationError:  # none has the address, or several
            return list(defender.machines.list(filter=f"lastIpAddress eq {literal(text)}"))
    found = list(defender.machines.list(filter=f"startswith(computerDnsName,{literal(text)})", orderby=_NEWEST))
    found += list(defender.machines.find_by_tag(text, starts_with=True))
    if not found:
        part = text.casefold()
        found = [each for each in defender.machines.list(orderby=_NEWEST) if part in _words(each)]
    return list({machine.id: machine for machine in found}.values())


def _words(machine: Machine) -> str:
    words = (machine.computer_dns_name, machine.rbac_group_name, machine.last_ip_address, *machine.machine_tags)
    return "\n".join(word for word in words if word).casefold()


@command("show", help=help_text(Machines.get, "Show one machine."), examples=("vedette machines show ws-01",))
@click.argument("machine")
@click.pass_context
def show(context: click.Context, machine: str) -> None:
    output = Output.of(context)
    with connected(context) as defender, output.progress("Asking"):
        found = find_machine(defender, machine)
    output.entity(found)


def _tagging(function: F) -> F:
    """Arguments and options of both."""
    function = click.pass_context(function)  # type: ignore[assignment]  # it keeps what callers pass
    function = click.option("--dry-run", is_flag=True, help="Show the requests and send nothing.")(function)
    function = file_option("Machines")(function)
    function = click.argument("machines", metavar="MACHINE...", nargs=-1)(function)
    return click.argument("tag")(function)


@command(
    "tag",
    help=help_text(Machines.tag, "Add a tag to machines."),
    examples=("vedette machines tag INC-42 ws-01", "vedette machines tag INC-42 --file machines.txt"),
)
@_tagging
def tag(context: click.Context, tag: str, machines: tuple[str, ...], file: Path | None, dry_run: bool) -> int:
    return _tag(context, "Add", tag, machines, file, dry_run=dry_run)


@command(
    "untag",
    help=help_text(Machines.tag, "Take a tag from machines. Without machines: from all that carry it."),
    examples=("vedette machines untag INC-42 ws-01", "vedette machines untag INC-42 --everywhere"),
)
@click.option("--everywhere", is_flag=True, help="From every machine that carries it.")
@_tagging
def untag(
    context: click.Context,
    tag: str,
    machines: tuple[str, ...],
    file: Path | None,
    dry_run: bool,
    everywhere: bool,
) -> int:
    if everywhere and (machines or file):
        raise UsageError("--everywhere and named machines contradict each other", hint="leave one of them out")
    return _tag(context, "Remove", tag, machines, file, dry_run=dry_run, everywhere=everywhere)


def _tag(
    context: click.Context,
    action: str,
    value: str,
    given: tuple[str, ...],
    file: Path | None,
    *,
    dry_run: bool,
    everywhere: bool = False,
) -> int:
    output = Output.of(context)
    names = [] if everywhere else listed(given, file, what="machine")
    with connected(context) as defender:
        unknown: list[Outcome] = []
        if everywhere:
            ids = [machine.id for machine in defender.machines.find_by_tag(value) if value in machine.machine_tags]
        elif is_list(given, file):
            ids, unknown = _ids(output, defender, names)
        else:
            with output.progress("Looking up the machine"):
                ids = [machine_id(defender, names[0])]
        if dry_run:
            shown: dict[str, object] = {"value": value, "action": action}
            operation = Machines.tag if len(ids) == 1 else Machines.tag_many
            show_request(output, operation, shown | ({"id": ids[0]} if len(ids) == 1 else {"machine_ids": ids[:BATCH]}))
            return 1 if unknown else 0
        with output.progress("Tagging"):
            if len(ids) == 1:
                defender.machines.tag(ids[0], value=value, action=action)  # type: ignore[arg-type]  # Add or Remove
            else:
                for start in range(0, len(ids), BATCH):
                    part = ids[start : start + BATCH]
                    list(defender.machines.tag_many(value=value, action=action, machine_ids=part))  # type: ignore[arg-type]  # as above
    done = "Tagged" if action == "Add" else "Untagged"
    output.note(f"{done} {len(ids)} {'machine' if len(ids) == 1 else 'machines'}: {value}")
    return bulk.report(output, unknown) if unknown else 0


def _ids(output: Output, defender: Defender, names: list[str]) -> tuple[list[str], list[Outcome]]:
    """Ids of the machines that are meant, each once, and what is wrong with the names that mean none."""
    found: dict[str, str] = {}

    def find(name: str) -> Outcome:
        found[name] = machine_id(defender, name)
        return Outcome(name)

    outcomes = bulk.each(names, find, output=output, doing="Looking up machines")
    ids = list(dict.fromkeys(found[name] for name in names if name in found))
    return ids, [outcome for outcome in outcomes if outcome.result != "done"]
