"""`vedette alerts triage`, `pull`, `related` and `raise`: what analysts and SIEMs do with alerts, as one command each.

Pulling gives each change of an alert once: the newest time of change and what was seen around it are kept in a file,
which moves on only after everything was written.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import click
import msgspec

from vedette.catalogue.alerts import Alert, Alerts, NewCategory, NewSeverity
from vedette.cli import bulk
from vedette.cli.arguments import MOMENT, all_of, asking_options, choice, confirm, listing_options, literal, one_of
from vedette.cli.bulk import Outcome
from vedette.cli.columns import ALERT, ALERT_STATUS, FILE, MACHINE, SEVERITY, USER, Column, attribute
from vedette.cli.connection import connected
from vedette.cli.output import TABLE_ROWS, Output, write
from vedette.cli.resources import help_text, request_of
from vedette.cli.settings import UsageError, command
from vedette.cli.text import duration, terminal

if TYPE_CHECKING:
    from vedette import Defender

_SEVERITIES = ("Informational", "Low", "Medium", "High")
OVERLAP = timedelta(minutes=5)
"""How far back a pull looks behind the newest change it has seen, for alerts that come up late."""


# -- triage ------------------------------------------------------------------------------------------------------------


def _age(item: object) -> str:
    created = getattr(item, "alert_creation_time", None)
    if created is None:
        return ""
    seconds = max(0.0, (datetime.now(UTC) - created).total_seconds())
    return f"{int(seconds // 86400)} d" if seconds >= 2 * 86400 else duration(seconds).split(" ", 2)[0] + " " + (
        duration(seconds).split(" ")[1]
    )  # fmt: skip


_TRIAGE = (
    Column("SEVERITY", attribute("severity"), rank=0, tones=SEVERITY),
    Column("AGE", _age, rank=1, right=True),
    Column("STATUS", attribute("status"), rank=4, tones=ALERT_STATUS),
    Column(
        "MACHINE", lambda item: str(getattr(item, "computer_dns_name", None) or "").partition(".")[0], rank=2, least=10
    ),
    Column("ALERT", attribute("title"), rank=0, least=24),
    Column("OWNER", lambda item: str(getattr(item, "assigned_to", None) or "").partition("@")[0], rank=3, least=8),
    Column("ID", attribute("id"), rank=1, under="ALERT"),
)


@command(
    "triage",
    help=help_text(Alerts.list, "List open alerts, worst first: what to look at next."),
    examples=("vedette alerts triage", "vedette alerts triage --unassigned --severity High"),
)
@click.option("--severity", type=choice(_SEVERITIES), multiple=True, help="Of this severity. Repeatable.")
@click.option("--since", type=MOMENT, metavar="TIME", help="Created since, such as 7d.")
@click.option("--unassigned", is_flag=True, help="Owned by nobody.")
@click.option("--mine", metavar="UPN", help="Owned by this person.")
@listing_options
@click.pass_context
def triage(
    context: click.Context,
    *,
    severity: tuple[str, ...],
    since: datetime | None,
    unassigned: bool,
    mine: str | None,
    limit: int | None,
    everything: bool,
) -> None:
    if unassigned and mine:
        raise UsageError("--unassigned and --mine contradict each other", hint="leave one of them out")
    where = all_of(
        one_of("status", ("New", "InProgress")),
        one_of("severity", severity),
        f"alertCreationTime ge {literal(since)}" if since else None,
        "assignedTo eq null" if unassigned else None,
        f"assignedTo eq {literal(mine)}" if mine else None,
    )
    output = Output.of(context)
    with connected(context) as defender, output.progress("Asking") as progress:
        found = list(progress.counting(defender.alerts.list(filter=where)))
    found.sort(key=lambda alert: alert.alert_creation_time or _EPOCH, reverse=True)
    found.sort(key=lambda alert: -_SEVERITIES.index(alert.severity) if alert.severity in _SEVERITIES else 0)
    if output.form != "table":
        output.records(msgspec.to_builtins(alert) for alert in found[:limit])
        return
    output.table(_TRIAGE, found if everything else found[: limit or TABLE_ROWS], none="No alert is open.")
    counts = [(name, sum(alert.severity == name for alert in found)) for name in reversed(_SEVERITIES)]
    if found:
        nobody = sum(not alert.assigned_to for alert in found)
        output.note(
            f"{len(found)} open: {', '.join(f'{n} {name}' for name, n in counts if n)}; {nobody} owned by nobody."
        )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# -- pull --------------------------------------------------------------------------------------------------------------


class Position(msgspec.Struct, kw_only=True):
    """How far a pull has come."""

    api: str
    """The origin that was asked: a position of one tenant is none of another."""
    newest: datetime
    """The newest time of change that was given."""
    seen: dict[str, str]
    """Id → time of change of what was given and may come again: all that changed within `OVERLAP` of the newest."""

    @property
    def since(self) -> datetime:
        """Where the next pull begins."""
        return self.newest - OVERLAP


@command(
    "pull",
    help=help_text(
        Alerts.list,
        "Give alerts that came or changed since the last pull, as JSON lines with their evidence: none "
        "twice, none lost.\n\n--state keeps the position. It moves on after all was written; a pull that "
        "breaks off is made up for by the next. An alert that changes is given again.",
    ),
    examples=(
        "vedette alerts pull --state /var/lib/soc/alerts.json | logger -t defender",
        "vedette alerts pull --state alerts.json --since 30d --severity High > first.jsonl",
    ),
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Keeps the position.",
)
@click.option(
    "--since", type=MOMENT, default="7d", show_default=True, metavar="TIME", help="Where the first pull begins."
)
@click.option("--severity", type=choice(_SEVERITIES), multiple=True, help="Of this severity. Repeatable.")
@click.option("--no-evidence", "without_evidence", is_flag=True, help="Leave the evidence out.")
@click.option("--created-only", is_flag=True, help="New alerts only, not changes.")
@click.pass_context
def pull(
    context: click.Context,
    *,
    state: Path,
    since: datetime,
    severity: tuple[str, ...],
    without_evidence: bool,
    created_only: bool,
) -> None:
    output = Output.of(context)
    with _alone(state), connected(context) as defender:
        before = _position(state, defender.base_url)
        begin = before.since if before else since
        property_ = "alertCreationTime" if created_only else "lastUpdateTime"
        found = defender.alerts.list(
            filter=all_of(f"{property_} ge {literal(begin)}", one_of("severity", severity)),
            expand=[] if without_evidence else ["evidence"],
        )
        newest = before.newest if before else since
        seen = dict(before.seen) if before else {}
        given = 0
        with output.progress("Pulling", while_writing=True) as progress:
            for alert in progress.counting(found):
                moment = (alert.alert_creation_time if created_only else alert.last_update_time) or begin
                mark = moment.isoformat()
                if seen.get(alert.id) == mark:
                    continue
                seen[alert.id] = mark
                newest = max(newest, moment)
                write(msgspec.json.encode(alert).decode() + "\n")
                given += 1
        sys.stdout.flush()  # what was written is with the reader before the position moves on
        edge = newest - OVERLAP
        kept = {each: mark for each, mark in seen.items() if datetime.fromisoformat(mark) >= edge}
        _keep(state, Position(api=defender.base_url, newest=newest, seen=kept))
    output.note(f"{given} {'alert' if given == 1 else 'alerts'} since {begin:%Y-%m-%d %H:%M:%SZ}.")


def _position(state: Path, api: str) -> Position | None:
    """The position that is kept, or None at the first pull. Raises: UsageError for a file that holds none."""
    try:
        position = msgspec.json.decode(state.read_bytes(), type=Position)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{state} holds no position: {error}", hint="name another file, or move this one away"
        ) from error
    if position.api != api:
        raise UsageError(
            f"{state} is the position in {position.api}, and this is {api}", hint="use a file for each tenant"
        )
    return position


def _keep(state: Path, position: Position) -> None:
    fresh = state.with_name(f"{state.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(position), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(state)


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Two pulls with one position would give alerts twice. Raises: UsageError where another one runs."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system; a scheduler keeps runs apart
        yield
        return
    state.parent.mkdir(parents=True, exist_ok=True)
    with state.with_name(f"{state.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"another pull uses {state}", hint="wait for its end, or name another file") from None
        yield


# -- related -----------------------------------------------------------------------------------------------------------


@command(
    "related",
    help=help_text(
        Alerts.get,
        "Show everything about an alert: machine, account, files, addresses, domains, and other alerts of the machine.",
    ),
    examples=("vedette alerts related da637…", "vedette alerts related da637… -o json | jq '.files[].sha1'"),
)
@click.argument("alert_id")
@click.pass_context
def related(context: click.Context, alert_id: str) -> None:
    output = Output.of(context)
    with connected(context) as defender, output.progress("Asking"):
        alert = defender.alerts.get(alert_id, expand=["evidence"])
        machine = _one(lambda: defender.alerts.get_machine(alert_id))
        user = _one(lambda: defender.alerts.get_user(alert_id))
        files = list(defender.alerts.list_files(alert_id))
        addresses = [each.id for each in defender.alerts.list_ips(alert_id)]
        domains = [each.host for each in defender.alerts.list_domains(alert_id)]
        others = [] if machine is None else [
            each for each in defender.machines.list_alerts(machine.id) if each.id != alert.id
        ]  # fmt: skip
    if output.form != "table":
        plain = msgspec.to_builtins
        output.record(
            {
                "alert": plain(alert),
                "machine": plain(machine),
                "user": plain(user),
                "files": plain(files),
                "ips": addresses,
                "domains": domains,
                "otherAlerts": plain(others),
            }
        )
        return
    from vedette.cli.alert_view import draw

    draw(output, alert)
    for title, columns, rows in (
        ("Machine", MACHINE, [machine] if machine else []),
        ("Account", USER, [user] if user else []),
        ("Files", FILE, files),
    ):
        _part(output, title, columns, rows)
    for title, values in (("Addresses", addresses), ("Domains", domains)):
        if values:
            output.line()
            output.line(output.styled(f"{title} ({len(values)})", "bold"))
            for value in values:
                output.line(f"  {terminal(value)}")
    others.sort(key=lambda each: each.alert_creation_time or _EPOCH, reverse=True)
    _part(output, "Other alerts of the machine", ALERT, others[:10], of=len(others))
    output.note("vedette lookup VALUE says where else a file, address, domain or account was seen.")


def _one(ask: Any) -> Any:  # Any: a call that gives an entity
    """What a call gives, or None where the alert has nothing of the kind."""
    from vedette.errors import NotFound

    try:
        return ask()
    except NotFound:
        return None


def _part(output: Output, title: str, columns: Sequence[Column], rows: Sequence[object], of: int = 0) -> None:
    if rows:
        output.line()
        count = f"{len(rows)} of {of}" if of > len(rows) else str(len(rows))
        output.line(output.styled(f"{title} ({count})", "bold"))
        output.table(columns, rows)


# -- raise -------------------------------------------------------------------------------------------------------------

_NEEDED = ("DeviceId", "ReportId", "Timestamp")


@command(
    "raise",
    help=help_text(
        Alerts.create_by_reference,
        "Raise alerts from the events that a hunting query finds.\n\nQUERY is KQL, or a file that ends in .kql; "
        "its result has to have DeviceId, ReportId and Timestamp. One alert is raised for each machine, from its "
        "newest event, unless --each-event is given.",
    ),
    examples=(
        "vedette alerts raise rule.kql --title 'Suspicious mshta' --severity High --category Execution --dry-run",
    ),
)
@click.argument("query", metavar="QUERY|FILE|-")
@click.option("--title", required=True, metavar="TEXT", help="What the alert is called.")
@click.option("--severity", type=choice(get_args(NewSeverity)), default="Medium", show_default=True, help="How bad.")
@click.option("--category", type=choice(get_args(NewCategory)), default="SuspiciousActivity", show_default=True,
              metavar="NAME", help="Such as Execution.")  # fmt: skip
@click.option("--description", metavar="TEXT", help="Otherwise the title.")
@click.option("--action", "recommended_action", default="Investigate the machine.", metavar="TEXT", help="What to do.")
@click.option("--each-event", is_flag=True, help="An alert for each event, not one for each machine.")
@asking_options
@click.pass_context
def raise_alerts(
    context: click.Context,
    /,
    query: str,
    *,
    title: str,
    description: str | None,
    each_event: bool,
    yes: bool,
    dry_run: bool,
    **given: str,
) -> int:
    from vedette.cli.hunt import query_text
    from vedette.cli.hunt_places import refusals

    output = Output.of(context)
    with connected(context) as defender:
        with output.progress("Hunting"), refusals():
            answer = defender.advanced_queries.run(query_text(query))
        lacking = [name for name in _NEEDED if name not in {column.name for column in answer.schema}]
        if lacking:
            raise UsageError(
                f"the result has no {', '.join(lacking)}",
                hint="end the query with | project DeviceId, ReportId, Timestamp",
            )
        events = sorted(answer.results, key=lambda row: str(row["Timestamp"]), reverse=True)
        if not each_event:
            events = list({str(row["DeviceId"]): row for row in reversed(events)}.values())
        if not events:
            output.note("The query finds nothing.")
            return 0
        requests = {
            f"{row['DeviceId']} {row['ReportId']} {row['Timestamp']}": {
                "machine_id": str(row["DeviceId"]),
                "report_id": str(row["ReportId"]),
                "event_time": _exact(str(row["Timestamp"])),
                "title": title,
                "description": description or title,
                **given,
            }
            for row in events
        }
        if dry_run:
            bulk.report(output, [
                Outcome(name, "planned", title, {"request": request_of(Alerts.create_by_reference, request)})
                for name, request in requests.items()
            ])  # fmt: skip
            output.note("Nothing was sent.")
            return 0
        confirm(f"Raise {len(requests)} {'alert' if len(requests) == 1 else 'alerts'}: {title}?", yes=yes)

        def act(name: str) -> Outcome:
            alert = raised_exactly(defender, requests[name], name.rpartition(" ")[2])
            return Outcome(alert.computer_dns_name or name, "done", alert.id, {
                "id": alert.id, "machineId": alert.machine_id, "title": alert.title
            })  # fmt: skip

        outcomes = bulk.each(list(requests), act, output=output, doing="Raising alerts")
    return bulk.report(output, outcomes)


def raised_exactly(defender: Defender, given: dict[str, Any], exact: str) -> Alert:
    """The alert of an event.

    Its time names the event, and has a digit more than a Python time: it goes as it came.
    """
    from vedette.client.decode import decode

    request = request_of(Alerts.create_by_reference, given)
    body: dict[str, Any] = {**cast("dict[str, Any]", request["body"]), "eventTime": exact}
    answer = defender.request("POST", str(request["path"]), json=body)
    alert: Alert = decode(Alerts.create_by_reference, answer.content)
    return alert


def _exact(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
