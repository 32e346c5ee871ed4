"""`vedette indicators block`, `allow`, `unblock` and `sync`: what to look out for, by value rather than by id.

Values may be typed, listed in a file or piped; `hxxp` and `[.]` are undone. Their kind follows from their form. The
service takes 500 in one request and answers for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from vedette.catalogue.indicators import (
    MAX_ACTIVE,
    MAX_BATCH,
    Indicator,
    Indicators,
    NewIndicator,
    NewIndicatorAction,
    NewIndicatorSeverity,
    NewIndicatorType,
)
from vedette.cli import bulk
from vedette.cli.arguments import asking_options, choice, confirm, literal, moment
from vedette.cli.bulk import Outcome
from vedette.cli.connection import connected
from vedette.cli.output import Output
from vedette.cli.resources import help_text, request_of
from vedette.cli.settings import UsageError, command
from vedette.cli.values import file_option, kind_of, listed, refanged

if TYPE_CHECKING:
    from vedette import Defender

F = TypeVar("F", bound=Callable[..., Any])
_KINDS = get_args(NewIndicatorType)
_HASHES = frozenset({"FileSha1", "FileSha256", "FileMd5"})


def _wanted_options(function: F) -> F:
    """What is said of every value."""
    function = click.option("--alert/--no-alert", default=None, help="Raise an alert when it is met.")(function)
    function = click.option(
        "--group", "groups", multiple=True, metavar="NAME", help="For this device group alone. Repeatable."
    )(function)
    function = click.option(
        "--severity", type=choice(get_args(NewIndicatorSeverity)), default="High", show_default=True,
        help="Severity of its alerts.",
    )(function)  # fmt: skip
    function = click.option("--description", metavar="TEXT", help="Otherwise the title.")(function)
    function = click.option("--title", metavar="TEXT", help="Otherwise the case.")(function)
    function = click.option("--case", metavar="CASE", help="Case or ticket: the title, where there is none.")(function)
    function = click.option(
        "--expires", metavar="TIME", help="When it ends: 30d from now, or a time. Otherwise never."
    )(function)
    return click.option("--kind", type=choice(_KINDS), help="What the values are, where their form does not say.")(
        function
    )


@command(
    "block",
    help=help_text(
        Indicators.import_many,
        "Block hashes, addresses, domains and URLs.\n\nFiles are put into quarantine (BlockAndRemediate), the rest is "
        "blocked; --warn and --audit are milder. The same value again is changed, not doubled.",
    ),
    examples=(
        "vedette indicators block evil[.]example 203.0.113.7 --case INC-42 --expires 30d",
        "vedette indicators block --file hashes.txt --case INC-42 --dry-run",
    ),
)
@click.argument("values", metavar="VALUE...", nargs=-1)
@file_option("Values")
@_wanted_options
@click.option("--warn", "action", flag_value="Warn", help="Warn people, and let them go on.")
@click.option("--audit", "action", flag_value="Audit", help="Only raise alerts.")
@asking_options
@click.pass_context
def block(context: click.Context, /, values: tuple[str, ...], *, file: Path | None, **given: Any) -> int:
    return _submit(context, values, file, verb="Block", **given)


@command(
    "allow",
    help=help_text(Indicators.import_many, "Allow values that would be blocked or detected otherwise."),
    examples=("vedette indicators allow 3395856ce81f… --case CHG-7 --expires 7d",),
)
@click.argument("values", metavar="VALUE...", nargs=-1)
@file_option("Values")
@_wanted_options
@asking_options
@click.pass_context
def allow(context: click.Context, /, values: tuple[str, ...], *, file: Path | None, **given: Any) -> int:
    return _submit(context, values, file, verb="Allow", action="Allowed", **given)


def _submit(
    context: click.Context,
    values: tuple[str, ...],
    file: Path | None,
    *,
    verb: str,
    kind: str | None,
    expires: str | None,
    case: str | None,
    title: str | None,
    description: str | None,
    severity: str,
    groups: tuple[str, ...],
    alert: bool | None,
    action: str | None,
    yes: bool,
    dry_run: bool,
) -> int:
    if not case and not title:
        raise UsageError("an indicator needs a title", hint="add --case CASE or --title TEXT")
    output = Output.of(context)
    wanted, outcomes = _typed(listed(values, file, what="value"), kind)
    heading = title or case or ""
    ends = expiry(expires, datetime.now(UTC))
    indicators = [
        NewIndicator(
            indicator_value=value,
            indicator_type=of_kind,  # type: ignore[arg-type]  # `_typed` gives kinds of indicators only
            action=action or ("BlockAndRemediate" if of_kind in _HASHES else "Block"),  # type: ignore[arg-type]  # flags are named after actions
            title=heading,
            description=description or (f"{case}: {title}" if case and title else heading),
            expiration_time=ends,
            severity=severity,  # type: ignore[arg-type]  # choices come from the catalogue
            rbac_group_names=list(groups) or None,
            generate_alert=True if action == "Audit" and alert is None else alert,
        )
        for value, of_kind in wanted.items()
    ]
    if dry_run:
        outcomes += [_planned(each) for each in indicators]
        return _end(output, outcomes, dry_run=True)
    if len(indicators) > 1 or verb == "Allow":
        confirm(f"{verb} {len(indicators)} values on every machine?", yes=yes)
    with connected(context) as defender:
        outcomes += imported(output, defender, indicators)
    return _end(output, sorted(outcomes, key=lambda outcome: outcome.result == "failed"))


@command(
    "unblock",
    help=help_text(Indicators.batch_delete, "Take indicators back, by value."),
    examples=(
        "vedette indicators unblock evil[.]example --yes",
        'vedette indicators unblock --title "INC-42" --dry-run',
    ),
)
@click.argument("values", metavar="VALUE...", nargs=-1)
@file_option("Values")
@click.option("--title", metavar="TEXT", help="All of this title, such as a case.")
@asking_options
@click.pass_context
def unblock(
    context: click.Context,
    values: tuple[str, ...],
    *,
    file: Path | None,
    title: str | None,
    yes: bool,
    dry_run: bool,
) -> int:
    if title and (values or file):
        raise UsageError("--title and values contradict each other", hint="leave one of them out")
    output = Output.of(context)
    wanted = [] if title else [refanged(value) for value in listed(values, file, what="value")]
    with connected(context) as defender:
        if title:
            found = list(defender.indicators.list(filter=f"title eq {literal(title)}"))
            outcomes: list[Outcome] = []
        else:
            found, outcomes = _of_values(output, defender, wanted)
        if dry_run:
            return _end(output, outcomes + [_gone(each, "planned") for each in found], dry_run=True)
        if found:
            confirm(f"Take {len(found)} {'indicator' if len(found) == 1 else 'indicators'} back?", yes=yes)
        outcomes += deleted(output, defender, found)
    return _end(output, outcomes)


@dataclass
class Plan:
    """What a feed asks for, compared with what is there."""

    add: list[NewIndicator]
    update: list[NewIndicator]
    remove: list[Indicator]
    same: int


@command(
    "sync",
    help=help_text(
        Indicators.import_many,
        "Make the indicators of a feed what a CSV file says: add, change, remove.\n\nThe file has a column "
        "indicatorValue (or value), and may have indicatorType, action, title, description, severity, expirationTime, "
        "generateAlert, rbacGroupNames and externalId. --feed names the feed: its title, where a row has none, and its "
        "mark. Only indicators with that mark are removed. The plan is shown first.",
    ),
    examples=(
        "vedette indicators sync feed.csv --feed 'Sector CERT' --dry-run",
        "vedette indicators sync feed.csv --feed 'Sector CERT' --expires 14d --yes",
    ),
)
@click.argument("file", metavar="FILE.csv", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--feed", required=True, metavar="NAME", help="Name of the feed: marks what is its own.")
@click.option("--expires", metavar="TIME", help="When new ones end, where a row does not say: 30d from now, or a time.")
@click.option("--keep", is_flag=True, help="Remove nothing.")
@asking_options
@click.pass_context
def sync(
    context: click.Context, file: Path, *, feed: str, expires: str | None, keep: bool, yes: bool, dry_run: bool
) -> int:
    output = Output.of(context)
    wanted, outcomes = read_feed(file, feed, expiry(expires, datetime.now(UTC)))
    with connected(context) as defender:
        with output.progress("Reading indicators") as progress:
            present = list(progress.counting(defender.indicators.list()))
        plan = compare(wanted, present, feed, keep=keep)
        output.note(
            f"{len(plan.add)} to add, {len(plan.update)} to change, {len(plan.remove)} to remove, "
            f"{plan.same} as they are."
        )
        if len(present) + len(plan.add) - len(plan.remove) > MAX_ACTIVE:
            raise UsageError(
                f"the tenant would have more than {MAX_ACTIVE:,} indicators", hint="shorten the feed, or let others end"
            )
        if dry_run:
            outcomes += [_planned(each, "add") for each in plan.add]
            outcomes += [_planned(each, "change") for each in plan.update]
            outcomes += [_gone(each, "planned") for each in plan.remove]
            return _end(output, outcomes, dry_run=True)
        if not plan.add and not plan.update and not plan.remove:
            return _end(output, outcomes) if outcomes else 0
        confirm("Go on?", yes=yes)
        # What is to go goes first, so that a full list has room.
        outcomes += deleted(output, defender, plan.remove)
        outcomes += imported(output, defender, [*plan.add, *plan.update])
    return _end(output, outcomes)


# -- feeds -------------------------------------------------------------------------------------------------------------


def read_feed(file: Path, feed: str, ends: datetime | None) -> tuple[list[NewIndicator], list[Outcome]]:
    """Indicators of a CSV file, and what is wrong with the rows that give none."""
    import csv

    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        names = {name.strip().casefold(): name for name in reader.fieldnames or ()}
        column = names.get("indicatorvalue") or names.get("value")
        if column is None:
            raise UsageError(
                f"{file} has no column indicatorValue", hint="the first line names the columns; see indicators sync -h"
            )
        rows = list(reader)
    found: dict[tuple[str, str], NewIndicator] = {}
    wrong: list[Outcome] = []
    for number, row in enumerate(rows, start=2):
        cells = {name: (row.get(spelled) or "").strip() for name, spelled in names.items()}
        value = refanged(row.get(column) or "")
        if not value:
            continue
        try:
            indicator = _of_row(value, cells, feed, ends)
        except ValueError as error:
            wrong.append(Outcome(value, "failed", f"line {number}: {error}"))
            continue
        found[_key(indicator.indicator_type, value)] = indicator
    return list(found.values()), wrong


def _of_row(value: str, cells: Mapping[str, str], feed: str, ends: datetime | None) -> NewIndicator:
    kind = _member(cells.get("indicatortype"), _KINDS) or kind_of(value)
    if kind is None or kind == "User":
        raise ValueError("its form does not say what it is; add a column indicatorType")
    action = _member(cells.get("action"), get_args(NewIndicatorAction))
    flag = cells.get("generatealert", "").casefold()
    groups = [part.strip() for part in cells.get("rbacgroupnames", "").replace(";", ",").split(",") if part.strip()]
    until = cells.get("expirationtime")
    return NewIndicator(
        indicator_value=value,
        indicator_type=kind,  # type: ignore[arg-type]  # a member, or what `kind_of` found
        action=action or ("BlockAndRemediate" if kind in _HASHES else "Block"),  # type: ignore[arg-type]  # members of the same set
        title=cells.get("title") or feed,
        description=cells.get("description") or feed,
        severity=_member(cells.get("severity"), get_args(NewIndicatorSeverity)) or "High",  # type: ignore[arg-type]  # as above
        expiration_time=expiry(until, datetime.now(UTC)) if until else ends,
        generate_alert=None if not flag else flag in ("true", "yes", "1"),
        rbac_group_names=groups or None,
        external_id=cells.get("externalid") or None,
        application=feed,
    )


def _member(text: str | None, members: Sequence[str]) -> str | None:
    if not text:
        return None
    found = next((member for member in members if member.casefold() == text.casefold()), None)
    if found is None:
        raise ValueError(f"{text!r} is none of {', '.join(members)}")
    return found


def compare(wanted: Sequence[NewIndicator], present: Sequence[Indicator], feed: str, *, keep: bool) -> Plan:
    """What has to be done so that the feed's indicators are those that are wanted.

    Indicators that others made stay theirs: a value that is there already is changed, but only what carries the feed's
    mark (its application) is ever removed.
    """
    there = {_key(each.indicator_type, each.indicator_value or ""): each for each in present}
    plan = Plan([], [], [], 0)
    for new in wanted:
        old = there.get(_key(new.indicator_type, new.indicator_value))
        if old is None:
            plan.add.append(new)
        elif _differs(old, new):
            plan.update.append(new)
        else:
            plan.same += 1
    if not keep:
        kept = {_key(each.indicator_type, each.indicator_value) for each in wanted}
        plan.remove = [each for key, each in there.items() if each.application == feed and key not in kept]
    return plan


def _differs(old: Indicator, new: NewIndicator) -> bool:
    pairs: list[tuple[object, object]] = [
        (old.action, new.action),
        (old.title, new.title),
        (old.description, new.description),
        (old.severity, new.severity),
        (sorted(old.rbac_group_names), sorted(new.rbac_group_names or ())),
    ]
    if new.generate_alert is not None:
        pairs.append((old.generate_alert, new.generate_alert))
    if any(before != after for before, after in pairs):
        return True
    # An end counted from now moves with every run; an hour's difference is none.
    if old.expiration_time is None or new.expiration_time is None:
        return old.expiration_time is not new.expiration_time
    return abs(old.expiration_time - new.expiration_time) > timedelta(hours=1)


def _key(kind: str, value: str) -> tuple[str, str]:
    return kind, value.casefold()


# -- calls -------------------------------------------------------------------------------------------------------------


def imported(output: Output, defender: Defender, indicators: Sequence[NewIndicator]) -> list[Outcome]:
    """Make or change indicators, 500 a call, and say what became of each."""
    outcomes: list[Outcome] = []
    with output.progress("Sending indicators") as progress:
        for start in range(0, len(indicators), MAX_BATCH):
            part = indicators[start : start + MAX_BATCH]
            answers = {each.indicator.casefold(): each for each in defender.indicators.import_many(part)}
            for each in progress.counting(part):
                answer = answers.get(each.indicator_value.casefold())
                is_failed = answer is not None and answer.is_failed
                outcomes.append(
                    Outcome(
                        each.indicator_value,
                        "failed" if is_failed else "done",
                        (answer.failure_reason or "refused")
                        if answer and is_failed
                        else f"{each.action}{_until(each)}",
                        {**_named(each), "id": answer.id if answer else None},
                    )
                )
    return outcomes


def deleted(output: Output, defender: Defender, indicators: Sequence[Indicator]) -> list[Outcome]:
    """Delete indicators, 500 a call."""
    from vedette.errors import ServiceError

    outcomes: list[Outcome] = []
    with output.progress("Taking indicators back") as progress:
        for start in range(0, len(indicators), MAX_BATCH):
            part = indicators[start : start + MAX_BATCH]
            try:
                defender.indicators.batch_delete([each.id for each in part])
            except ServiceError as error:
                outcomes += [_gone(each, "failed", error.message) for each in progress.counting(part)]
            else:
                outcomes += [_gone(each, "done") for each in progress.counting(part)]
    return outcomes


def _of_values(output: Output, defender: Defender, values: Sequence[str]) -> tuple[list[Indicator], list[Outcome]]:
    """Indicators of these values; values that have none are skipped."""
    found: dict[str, list[Indicator]] = {}

    def ask(value: str) -> Outcome:
        found[value] = list(defender.indicators.list(filter=f"indicatorValue eq {literal(value)}"))
        return Outcome(value) if found[value] else Outcome(value, "skipped", "is no indicator")

    outcomes = bulk.each(values, ask, output=output, doing="Looking values up")
    return [each for value in values for each in found.get(value, ())], [o for o in outcomes if o.result != "done"]


def _typed(values: Iterable[str], kind: str | None) -> tuple[dict[str, str], list[Outcome]]:
    """Value → kind of indicator, and what is wrong with the other values."""
    found: dict[str, str] = {}
    wrong: list[Outcome] = []
    for value in map(refanged, values):
        of_kind = kind or kind_of(value)
        if of_kind is None or of_kind == "User":
            wrong.append(Outcome(value, "failed", "is no hash, address, domain or URL; --kind says what it is"))
        else:
            found[value] = of_kind
    return found, wrong


def expiry(text: str | None, now: datetime) -> datetime | None:
    """`30d` from now, or a time. Raises: UsageError."""
    if not text:
        return None
    try:
        meant = moment(text, now)
    except ValueError:
        raise UsageError(f"{text!r} is no time", hint="write 30d, 12h, 2027-01-31 or 2027-01-31T12:00:00Z") from None
    # A span is understood as ago everywhere else; here it can only mean ahead.
    ahead = now + (now - meant) if text.strip()[-1:].isalpha() and meant < now and "T" not in text else meant
    if ahead <= now:
        raise UsageError(f"{text} is over", hint="give a time that is still to come")
    return ahead.replace(microsecond=0)


def _named(each: NewIndicator) -> dict[str, object]:
    return {"indicatorType": each.indicator_type, "action": each.action, "expirationTime": each.expiration_time}


def _planned(each: NewIndicator, what: str = "") -> Outcome:
    detail = " ".join(part for part in (what, f"{each.action} {each.indicator_type}{_until(each)}") if part)
    facts = {**_named(each), "request": request_of(Indicators.import_many, {"indicators": [each]})}
    return Outcome(each.indicator_value, "planned", detail, facts)


def _gone(each: Indicator, result: bulk.Result, why: str = "") -> Outcome:
    detail = why or f"{'remove ' if result == 'planned' else 'removed '}{each.action} {each.indicator_type}"
    return Outcome(
        each.indicator_value or each.id, result, detail, {"id": each.id, "indicatorType": each.indicator_type}
    )


def _until(each: NewIndicator) -> str:
    return f" until {each.expiration_time:%Y-%m-%d %H:%MZ}" if each.expiration_time else ""


def _end(output: Output, outcomes: Sequence[Outcome], *, dry_run: bool = False) -> int:
    status = bulk.report(output, outcomes)
    if dry_run:
        output.note("Nothing was sent.")
    return status
