"""`vedette detect run`: rules over files, a local tenant or the service, and the alerts that come of them."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vedette.cli.arguments import FILE, FOLDER, Moment
from vedette.cli.connection import connected, open_defender
from vedette.cli.output import Output
from vedette.cli.settings import Settings, UsageError, command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vedette import Defender
    from vedette.catalogue.alerts import Alert
    from vedette.detections import Match, Outcome, Rule


@command(
    "run",
    examples=(
        "vedette detect run rules/ --local telemetry/",
        "vedette detect run rules/mshta.yaml --tenant",
        "vedette detect run rules/ --raise",
    ),
)
@click.argument("paths", metavar="[RULES]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--local", "places", multiple=True, metavar="PATH", type=click.Path(path_type=Path), help="Over files.")
@click.option("--tenant", "in_tenant", is_flag=True, help="In the local tenant, which keeps the alerts.")
@click.option("--state", type=FOLDER, metavar="DIR", help="State folder of that tenant. Otherwise yours.")
@click.option("--raise", "raises", is_flag=True, help="Raise the alerts on the service; otherwise they are only shown.")
@click.option("--now", type=Moment(), help="Run as at this time. Over files: all rows, as at the newest.")
@click.option("--seen", type=FILE, metavar="FILE", help="Remember events here; they raise no alert again.")
@click.pass_context
def run(
    context: click.Context,
    paths: tuple[Path, ...],
    places: tuple[Path, ...],
    in_tenant: bool,
    state: Path | None,
    raises: bool,
    now: datetime | None,
    seen: Path | None,
) -> None:
    """Run rules once, now, and show the alerts that come of them. Without RULES, those that come with Vedette.

    Over files with --local, over a local tenant's telemetry with --tenant, otherwise over the service's. One alert is
    raised for the rows of one device, unless a rule groups them otherwise; disabled rules are left out.
    """
    from vedette.detections import read_rules, shipped_rules

    if places and (in_tenant or raises):
        raise UsageError("--local shows alerts and raises none", hint="leave out --tenant and --raise")
    if (seen or now) and not places:
        raise UsageError("--now and --seen are for --local", hint="a tenant has a clock, and remembers")
    output = Output.of(context)
    found = read_rules(paths) if paths else shipped_rules()
    rules = [rule for rule in found if rule.enabled]
    with output.progress("Running rules"):
        if places:
            alerts = _over_files(output, rules, places, now, seen)
        elif in_tenant:
            alerts = _in_tenant(context, output, rules, state)
        else:
            with connected(context) as defender:
                alerts = _on_service(output, defender, rules, raises=raises)
    from vedette.catalogue.alerts import Alert

    output.entities(alerts, Alert, everything=True, none="No new alerts.")
    disabled = len(found) - len(rules)
    left = f"; {disabled} disabled" if disabled else ""
    raised = f"{len(alerts)} alert{'' if len(alerts) == 1 else 's'}"
    output.note(f"{raised} by {len(rules)} rule{'' if len(rules) == 1 else 's'}{left}.")


# -- files -------------------------------------------------------------------------------------------------------------


def _over_files(
    output: Output, rules: Sequence[Rule], places: Sequence[Path], now: datetime | None, seen: Path | None
) -> list[Alert]:
    from vedette.detections import alert_of, run_rule
    from vedette.detections.matching import event_key
    from vedette.hunting import Engine

    known = _remembered(seen)
    alerts: list[Alert] = []
    with Engine.from_paths(places) as engine:
        for rule in rules:
            at = now or _newest(engine, rule)
            outcome = run_rule(
                engine,
                rule,
                now=at,
                everything=now is None,
                known=lambda match, event: event_key(match.rule, event) in known,
                most=None,
            )
            _warn(output, outcome)
            alerts += [alert_of(match, at) for match in outcome.matches]
            known.update(event_key(rule, event) for match in outcome.matches for event in match.events)
    if seen is not None:
        seen.write_text(json.dumps(sorted(known), indent=0) + "\n", encoding="utf-8")
    return alerts


def _newest(engine: object, rule: Rule) -> datetime:
    """The time of the newest row that the rule reads: recordings are old, and `ago` should mean their time."""
    from vedette.errors import QueryError
    from vedette.hunting import Engine

    assert isinstance(engine, Engine)
    present = datetime.now(UTC)
    try:
        tables = engine.compile(rule.query, now=present).tables
    except QueryError as error:
        raise rule.query_error(error) from error
    times: list[datetime] = []
    for table in sorted(tables):
        with contextlib.suppress(QueryError):  # a table without times
            times += [row["at"] for row in engine.run(f"['{table}'] | summarize at = max(Timestamp)") if row["at"]]
    return max(times, default=present)


def _remembered(seen: Path | None) -> set[str]:
    from vedette.errors import ConfigurationError

    if seen is None or not seen.exists():
        return set()
    try:
        found = json.loads(seen.read_text(encoding="utf-8"))
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise ValueError
    except ValueError:
        raise ConfigurationError(f"{seen} was not written by --seen", path=str(seen)) from None
    return set(found)


def _warn(output: Output, outcome: Outcome) -> None:
    if outcome.empty_tables and not outcome.rows:
        output.note(f"{outcome.rule.title}: no rows in {', '.join(outcome.empty_tables)}, so it can find nothing.")
    if outcome.left_out:
        output.note(f"{outcome.rule.title}: {outcome.left_out} more alerts are left for the next run.")


# -- a local tenant ----------------------------------------------------------------------------------------------------


def _in_tenant(context: click.Context, output: Output, rules: Sequence[Rule], state: Path | None) -> list[Alert]:
    """In the tenant itself where it is stopped, through its API where it runs."""
    from vedette.tenant.local import LocalTenant, default_state
    from vedette.tenant.serve import running_at

    folder = state or default_state()
    ready = running_at(folder) if folder.is_dir() else None
    if ready is not None:
        with _running(context, ready) as defender:
            return _on_service(output, defender, rules, raises=True)
    from vedette.tenant.defender.detections import run_rules

    with LocalTenant(state=folder, sockets=False) as tenant:
        outcomes = run_rules(tenant.state, tenant.tenant_id, rules)
        for outcome, _ in outcomes:
            _warn(output, outcome)
        return [alert for _, raised in outcomes for alert in raised]


@contextlib.contextmanager
def _running(context: click.Context, ready: Path) -> Iterator[Defender]:
    import os

    from vedette import Profile

    profile = Profile.load(Settings.of(context).profile, environment={**os.environ, "VEDETTE_TENANT": str(ready)})
    with open_defender(profile, quiet=Settings.of(context).quiet) as defender:
        yield defender


# -- the service -------------------------------------------------------------------------------------------------------


def _on_service(output: Output, defender: Defender, rules: Sequence[Rule], *, raises: bool) -> list[Alert]:
    """Hunt on the service. An alert there is raised by naming an event, and takes in further ones while it is open."""
    from vedette.cli.hunt_places import refusals
    from vedette.detections import alert_of
    from vedette.detections.matching import check_columns, matches_of

    now = datetime.now(UTC)
    alerts: list[Alert] = []
    for rule in rules:
        with refusals():
            answer = defender.hunt(rule.query)
        check_columns(rule, [column.name for column in answer.columns])
        rows = answer.rows()
        # A Python time lacks the last digit of an event's time, which names the event: it goes back as it came.
        exact = {id(row): str(raw.get("Timestamp")) for row, raw in zip(rows, answer.answered, strict=True)}
        matches = matches_of(rule, rows, now) if rule.is_met(len(rows)) else []
        if not raises:
            alerts += [alert_of(match, now) for match in matches]
            continue
        for match in matches:
            alerts += _raised(output, defender, match, exact)
    return alerts


def _raised(output: Output, defender: Defender, match: Match, exact: Mapping[int, str]) -> list[Alert]:
    from vedette.cli.alert_jobs import raised_exactly

    rule = match.rule
    if not match.device_id or rule.severity == "Informational":
        why = "names no device" if match.device_id == "" else "is Informational"
        output.note(f"{rule.title}: not raised, since the service raises none by reference that {why}.")
        return []
    known = [
        (alert.first_event_time, alert.last_event_time)
        for alert in defender.machines.list_alerts(match.device_id)
        if alert.title == rule.title and alert.first_event_time and alert.last_event_time
    ]
    found: dict[str, Alert] = {}
    for event in match.events:
        if any(first <= event.time <= last for first, last in known):
            continue
        given = {
            "machine_id": match.device_id,
            "report_id": str(event.row["ReportId"]),
            "event_time": event.time,
            "severity": rule.severity,
            "title": rule.title,
            "description": rule.description or rule.title,
            "recommended_action": rule.recommended_actions or "Look into it.",
            "category": rule.category,
        }
        raised = raised_exactly(defender, given, exact[id(event.row)])
        found[raised.id] = raised
    return list(found.values())
