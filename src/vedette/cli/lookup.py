"""`vedette lookup`: is a hash, address, domain or account known here, and who saw it? All answers in one view."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
import msgspec

from vedette.catalogue.files import Files
from vedette.cli import bulk
from vedette.cli.arguments import listing_options, literal
from vedette.cli.bulk import Outcome
from vedette.cli.columns import ALERT, MACHINE, Column, attribute
from vedette.cli.connection import connected
from vedette.cli.output import Output
from vedette.cli.resources import help_text
from vedette.cli.settings import command
from vedette.cli.text import minute, terminal
from vedette.cli.values import file_option, kind_of, listed, refanged

if TYPE_CHECKING:
    from vedette import Defender

LONGEST_HOURS = 720
Knowledge = dict[str, Any]  # Any: facts of four kinds of values, under the service's names


@dataclass
class Known:
    """What is known of one value."""

    value: str
    kind: str
    is_seen: bool = False
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    stats: Knowledge = field(default_factory=dict)
    about: Knowledge = field(default_factory=dict)
    machines: list[Any] = field(default_factory=list)  # entities, loaded late
    alerts: list[Any] = field(default_factory=list)  # as above
    indicators: list[Any] = field(default_factory=list)  # as above
    has_machines: bool = True
    """Whether the service can list machines for this kind of value."""

    @property
    def prevalence(self) -> str:
        """On how many machines, as text."""
        if self.machines:
            return str(len(self.machines))
        return str(self.stats.get("organizationPrevalence") or self.stats.get("orgPrevalence") or 0)

    def record(self) -> dict[str, object]:
        """All of it, as JSON writes it."""
        return {
            "value": self.value,
            "kind": self.kind,
            "isSeen": self.is_seen,
            "stats": self.stats,
            "about": self.about,
            "machines": [_brief(each, "id", "computer_dns_name", "last_seen", "risk_score") for each in self.machines],
            "alerts": [_brief(each, "id", "title", "severity", "status", "alert_creation_time", "computer_dns_name")
                       for each in self.alerts],
            "indicators": [_brief(each, "id", "action", "title", "expiration_time") for each in self.indicators],
        }  # fmt: skip


_TABLE = (
    Column("VALUE", attribute("value"), rank=0, least=20),
    Column("SEEN", attribute("is_seen"), rank=0, tones={"yes": "yellow", "no": "dim"}),
    Column("MACHINES", attribute("prevalence"), rank=1, right=True),
    Column("ALERTS", lambda item: len(getattr(item, "alerts", ())), rank=1, right=True),
    Column("INDICATOR", lambda item: ", ".join(each.action for each in getattr(item, "indicators", ())), rank=2),
    Column("LAST SEEN", attribute("last_seen"), rank=2),
    Column("FIRST SEEN", attribute("first_seen"), rank=4),
    Column("KIND", attribute("kind"), rank=3),
)


@command(
    "lookup",
    help=help_text(
        Files.get_stats,
        "Say whether a hash, address, domain, URL or account is known here, and who saw it.\n\nStatistics, machines, "
        "alerts and indicators in one view. A list is answered with a table, one line each."
        " Status 0 also where nothing is known.",
    ),
    examples=(
        "vedette lookup 3395856ce81f2b7382dee72602f798b642f14140",
        "vedette lookup evil[.]example 203.0.113.7 'HALDEN\\anna.berg'",
        "vedette lookup --file iocs.txt --seen-only -o csv",
    ),
)
@click.argument("values", metavar="VALUE...", nargs=-1)
@file_option("Values")
@click.option(
    "--hours",
    type=click.IntRange(1, LONGEST_HOURS),
    default=LONGEST_HOURS,
    show_default=True,
    metavar="N",
    help="How far statistics look back.",
)
@click.option("--seen-only", is_flag=True, help="Leave out what nobody saw.")
@listing_options
@click.pass_context
def lookup(
    context: click.Context,
    values: tuple[str, ...],
    *,
    file: Path | None,
    hours: int,
    seen_only: bool,
    limit: int | None,
    everything: bool,
) -> int:
    output = Output.of(context)
    wanted = [refanged(value) for value in listed(values, file, what="value")]
    found: dict[str, Known] = {}
    with connected(context) as defender:

        def ask(value: str) -> Outcome:
            found[value] = known(defender, value, hours)
            return Outcome(value)

        outcomes = bulk.each(wanted, ask, output=output, doing="Looking up")
    failed = [outcome for outcome in outcomes if outcome.result == "failed"]
    known_values = [found[value] for value in wanted if value in found and (found[value].is_seen or not seen_only)]
    if output.form != "table":
        output.records([_flat(each) if output.form == "csv" else each.record() for each in known_values])
    elif len(wanted) == 1 and known_values:
        _draw(output, known_values[0], limit or (None if everything else 10))
    else:
        output.table(_TABLE, known_values, none="Nobody saw any of them.")
        output.note(f"{sum(each.is_seen for each in found.values())} of {len(wanted)} seen.")
    for outcome in failed:
        output.note(f"{outcome.target}: {outcome.detail}")
    return 1 if failed else 0


def known(defender: Defender, value: str, hours: int) -> Known:
    """Everything that the service knows of a value. Raises: UsageError for what is none; VedetteError."""
    kind = kind_of(value)
    match kind:
        case "FileSha1" | "FileSha256" | "FileMd5":
            found = _file(defender, value, kind, hours)
        case "IpAddress":
            found = _address(defender, value, hours)
        case "DomainName" | "Url":
            host = value if kind == "DomainName" else urlsplit(value if "//" in value else f"//{value}").hostname or ""
            found = _host(defender, value, kind, host, hours)
        case "User":
            found = _account(defender, value)
        case _:
            from vedette.errors import ConfigurationError

            raise ConfigurationError(f"{value} is no hash, address, domain, URL or account")
    if kind != "User":
        found.indicators = _if_allowed(lambda: defender.indicators.list(filter=f"indicatorValue eq {literal(value)}"))
    found.is_seen = _is_seen(found)
    if kind == "DomainName" and not found.is_seen and value.count(".") == 1:
        account = _account(defender, value)  # first.last reads as a domain too
        account.is_seen = _is_seen(account)
        return account if account.is_seen else found
    return found


def _is_seen(found: Known) -> bool:
    return bool(found.machines or found.alerts or found.prevalence not in ("", "0"))


def _file(defender: Defender, value: str, kind: str, hours: int) -> Known:
    from vedette.errors import NotFound

    found = Known(value, kind)
    try:
        about = defender.files.get(value)
    except NotFound:
        return found
    found.about = {
        name: each for name, each in msgspec.to_builtins(about).items()
        if each not in (None, "") and not name.startswith("@")
    }  # fmt: skip
    sha1 = about.sha1 or value  # machines and alerts are kept by SHA-1
    with contextlib.suppress(NotFound):
        _counted(found, defender.files.get_stats(sha1, look_back_hours=hours))
    found.machines = list(defender.files.list_machines(sha1))
    found.alerts = list(defender.files.list_alerts(sha1))
    return found


def _address(defender: Defender, value: str, hours: int) -> Known:
    found = Known(value, "IpAddress", has_machines=False)
    _counted(found, defender.ips.get_stats(value, look_back_hours=hours))
    found.alerts = list(defender.ips.list_alerts(value))
    holders = list(defender.machines.list(filter=f"lastIpAddress eq {literal(value)}"))
    if holders:
        found.about = {"isAddressOf": [each.computer_dns_name for each in holders]}
    return found


def _host(defender: Defender, value: str, kind: str, host: str, hours: int) -> Known:
    found = Known(value, kind)
    _counted(found, defender.domains.get_stats(host, look_back_hours=hours))
    found.machines = list(defender.domains.list_machines(host))
    found.alerts = list(defender.domains.list_alerts(host))
    return found


def _account(defender: Defender, value: str) -> Known:
    account = value.rpartition("\\")[2].partition("@")[0]
    found = Known(value, "User")
    found.machines = list(defender.users.list_machines(account))
    found.alerts = list(defender.users.list_alerts(account))
    times = sorted(each.last_seen for each in found.machines if each.last_seen)
    found.last_seen = times[-1] if times else None
    return found


def _counted(found: Known, stats: Any) -> None:  # Any: statistics of a file, an address or a domain
    found.stats = msgspec.to_builtins(stats)
    found.first_seen, found.last_seen = stats.org_first_seen, stats.org_last_seen


def _if_allowed(ask: Callable[[], Iterable[Any]]) -> list[Any]:  # Any: entities, loaded late
    """Rows, or none where the token may not read them: indicators need a permission that lookups do without."""
    from vedette.errors import PermissionDenied

    try:
        return list(ask())
    except PermissionDenied:
        return []


def _draw(output: Output, found: Known, limit: int | None) -> None:
    output.line(output.styled(terminal(found.value), "bold"))
    stats, about = found.stats, found.about
    names = stats.get("topFileNames") or []
    seen = " to ".join(dict.fromkeys(minute(moment) for moment in (found.first_seen, found.last_seen) if moment))
    facts: list[tuple[str, object]] = [
        ("kind", found.kind),
        ("seen here", seen or ("yes" if found.is_seen else "no")),
        ("machines", found.prevalence),
        ("names", names),
        ("verdict", about.get("determinationType")),
        ("detection", about.get("determinationValue")),
        ("signer", about.get("signer")),
        ("product", about.get("fileProductName")),
        ("size", f"{about['size']:,} bytes" if about.get("size") else ""),
        ("sha256", about.get("sha256") if found.kind != "FileSha256" else ""),
        ("worldwide", stats.get("globallyPrevalence") or stats.get("globalPrevalence")),
        ("address of", about.get("isAddressOf")),
        ("alerts", str(len(found.alerts))),
        ("indicator", [
            f"{each.action} ({each.title})" + (f" until {minute(each.expiration_time)}" if each.expiration_time else "")
            for each in found.indicators
        ] or ("none" if found.kind != "User" else "")),
    ]  # fmt: skip
    output.pairs([(name, value) for name, value in facts if value not in (None, "", [])])
    for title, columns, rows in (("Machines", MACHINE, found.machines), ("Alerts", ALERT, found.alerts)):
        if rows:
            output.line()
            shown = rows[:limit]
            count = f"{len(shown)} of {len(rows)}" if len(rows) > len(shown) else str(len(rows))
            output.line(output.styled(f"{title} ({count})", "bold"))
            output.table(columns, shown)
    if not found.has_machines and found.is_seen:
        output.note("The service lists no machines for addresses: vedette sweep finds them in the telemetry.")


def _brief(entity: Any, *names: str) -> dict[str, object]:  # Any: an entity, loaded late
    record: dict[str, object] = msgspec.to_builtins(entity)
    words = (name.split("_") for name in names)
    wire = [first + "".join(word.capitalize() for word in rest) for first, *rest in words]
    return {name: record.get(name) for name in wire}


def _flat(found: Known) -> dict[str, object]:
    return {
        "value": found.value,
        "kind": found.kind,
        "isSeen": found.is_seen,
        "machines": found.prevalence,
        "alerts": len(found.alerts),
        "indicators": [each.action for each in found.indicators],
        "firstSeen": found.first_seen.isoformat() if found.first_seen else None,
        "lastSeen": found.last_seen.isoformat() if found.last_seen else None,
        "machineNames": [str(each.computer_dns_name) for each in found.machines],
    }
