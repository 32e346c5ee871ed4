"""`vedette machines unhealthy` and `users`: what several calls say together about machines and who used them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click

from vedette.catalogue.machines import Machine, Machines
from vedette.cli import bulk
from vedette.cli.arguments import MOMENT, listing_options
from vedette.cli.bulk import Outcome
from vedette.cli.columns import LEVEL, USER, Column, attribute, short_name
from vedette.cli.connection import connected
from vedette.cli.output import TABLE_ROWS, Output
from vedette.cli.resources import help_text
from vedette.cli.responses import look_up, named
from vedette.cli.settings import command
from vedette.cli.text import minute
from vedette.cli.values import file_option, listed

_AV_MODES = {"1": "antivirus is passive", "2": "antivirus is off", "3": "antivirus state is unknown"}
"""Antivirus modes that are worth a look; 0 is active, 4 is EDR in block mode."""


@dataclass(frozen=True)
class Ailing:
    """A machine and what is wrong with it."""

    machine: Machine
    problems: list[str] = field(default_factory=list)

    def record(self) -> dict[str, object]:
        """As JSON writes it."""
        return {
            "id": self.machine.id,
            "computerDnsName": self.machine.computer_dns_name,
            "healthStatus": self.machine.health_status,
            "onboardingStatus": self.machine.onboarding_status,
            "lastSeen": self.machine.last_seen,
            "problems": self.problems,
        }


_AILING = (
    Column("MACHINE", lambda item: getattr(item, "machine").computer_dns_name, rank=0, least=20),  # noqa: B009
    Column("LAST SEEN", lambda item: getattr(item, "machine").last_seen, rank=2),  # noqa: B009
    Column("PROBLEMS", attribute("problems"), rank=1, least=30),
    Column("RISK", lambda item: getattr(item, "machine").risk_score, rank=3, tones=LEVEL),  # noqa: B009
    Column("GROUP", lambda item: getattr(item, "machine").rbac_group_name, rank=4, least=12),  # noqa: B009
    Column("ID", lambda item: getattr(item, "machine").id, rank=5),  # noqa: B009
)


@command(
    "unhealthy",
    help=help_text(
        Machines.list,
        "List machines that are silent, unhealthy or not onboarded, and say what is wrong.\n\nThe state of the "
        "antivirus is asked for too; --no-antivirus leaves it out.",
    ),
    examples=("vedette machines unhealthy --silent-since 7d", "vedette machines unhealthy -o csv"),
)
@click.option("--silent-since", type=MOMENT, default="7d", show_default=True, metavar="TIME", help="Not seen since.")
@click.option("--no-antivirus", "without_antivirus", is_flag=True, help="Do not ask for the state of the antivirus.")
@listing_options
@click.pass_context
def unhealthy(
    context: click.Context,
    *,
    silent_since: datetime,
    without_antivirus: bool,
    limit: int | None,
    everything: bool,
) -> None:
    output = Output.of(context)
    with connected(context) as defender, output.progress("Asking") as progress:
        machines = list(progress.counting(defender.machines.list()))
        antivirus = {} if without_antivirus else _antivirus(defender.device_health.list(top=10_000))
    found = [
        Ailing(machine, problems)
        for machine in sorted(machines, key=lambda each: each.last_seen or _NEVER)
        if not machine.is_excluded and (problems := _problems(machine, silent_since, antivirus.get(machine.id, [])))
    ]
    if output.form != "table":
        output.records([each.record() for each in found[:limit]])
        return
    shown = found if everything else found[: limit or TABLE_ROWS]
    output.table(_AILING, shown, none=f"All {len(machines)} machines are well.")
    if found:
        output.note(f"{len(found)} of {len(machines)} machines.")


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _problems(machine: Machine, silent_since: datetime, antivirus: list[str]) -> list[str]:
    problems = []
    if machine.onboarding_status == "CanBeOnboarded":
        problems.append("not onboarded")
    elif machine.onboarding_status == "Unsupported":
        problems.append("cannot be onboarded")
    if machine.last_seen is not None and machine.last_seen < silent_since:
        problems.append(f"silent since {minute(machine.last_seen)}")
    if machine.health_status not in ("Active", "Unknown"):
        problems.append(f"sensor: {machine.health_status}")
    return problems + antivirus


def _antivirus(rows: Iterable[object]) -> Mapping[str, list[str]]:
    """Machine id → what is wrong with its antivirus."""
    found: dict[str, list[str]] = {}
    for row in rows:
        problems = []
        mode = _AV_MODES.get(str(getattr(row, "av_mode", None)))
        if mode:
            problems.append(mode)
        problems += [
            f"antivirus {part} is old"
            for part in ("signature", "engine", "platform")
            if str(getattr(row, f"av_is_{part}_up_to_date", None)).casefold() == "false"
        ]
        found[str(getattr(row, "machine_id", ""))] = problems
    return found


@command(
    "users",
    help=help_text(Machines.list_logon_users, "Show who logged on to machines, last first."),
    examples=("vedette machines users ws-01", "vedette machines users --file machines.txt -o csv"),
)
@click.argument("machines", metavar="MACHINE...", nargs=-1)
@file_option("Machines")
@click.option("--since", type=MOMENT, metavar="TIME", help="Seen since, such as 7d.")
@click.pass_context
def users(context: click.Context, machines: tuple[str, ...], file: Path | None, *, since: datetime | None) -> int:
    output = Output.of(context)
    names = listed(machines, file, what="machine")
    rows: dict[str, list[LoggedOn]] = {}
    with connected(context) as defender:
        found, outcomes = look_up(output, defender, names)

        def ask(name: str) -> Outcome:
            machine = found[name]
            everybody = [
                LoggedOn(named(machine), machine.id, user) for user in defender.machines.list_logon_users(machine.id)
            ]
            rows[name] = [one for one in everybody if since is None or (one.last_seen or _NEVER) >= since]
            return Outcome(name)

        outcomes |= dict(zip(found, bulk.each(list(found), ask, output=output, doing="Asking"), strict=True))
    everyone = [
        row
        for name in found
        for row in sorted(rows.get(name, ()), key=lambda row: row.last_seen or _NEVER, reverse=True)
    ]
    if output.form == "table":
        machine = Column("MACHINE", lambda item: short_name(getattr(item, "machine", "")), rank=1, least=10)
        output.table([machine, *USER] if len(found) > 1 else USER, everyone, none="Nobody logged on.")
    else:
        output.records([row.record() for row in everyone])
    failed = [outcome for outcome in outcomes.values() if outcome.result == "failed"]
    for outcome in failed:
        output.note(f"{outcome.target}: {outcome.detail}")
    return 1 if failed else 0


class LoggedOn:
    """An account on a machine; it has the account's own properties."""

    def __init__(self, machine: str, machine_id: str, user: object) -> None:
        self.machine, self.machine_id, self.user = machine, machine_id, user

    def __getattr__(self, name: str) -> object:
        return getattr(self.user, name)

    @property
    def last_seen(self) -> datetime | None:
        """When the account was seen last."""
        return getattr(self.user, "last_seen", None)

    def record(self) -> dict[str, object]:
        """The account as the service writes it, with the machine before it."""
        import msgspec

        account: dict[str, object] = msgspec.to_builtins(self.user)
        return {"machineId": self.machine_id, "computerDnsName": self.machine, **account}
