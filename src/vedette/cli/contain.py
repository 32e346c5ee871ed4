"""`vedette machines contain` and `release`: what a playbook does with one machine, as one command.

Contain starts isolation and the collection of evidence at once, tags the machine and notes its open alerts while those
run, then waits for both and fetches the package. Every step is tried even where another failed: half a containment is
better than none, and the table says which half. Release undoes only what is in force.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vedette.catalogue.alerts import Alert, Alerts
from vedette.catalogue.machine_actions import FINAL_STATUSES, MachineActions
from vedette.catalogue.machines import Machine, Machines
from vedette.catalogue.operation import Operation
from vedette.cli import bulk
from vedette.cli.arguments import FOLDER, asking_options, choice, confirm, literal
from vedette.cli.bulk import Outcome
from vedette.cli.columns import Column, attribute
from vedette.cli.connection import connected
from vedette.cli.follow import ended_action
from vedette.cli.output import Output
from vedette.cli.resources import call_of, help_text, members, request_of
from vedette.cli.responses import look_up, named, short, start
from vedette.cli.settings import command
from vedette.cli.values import file_option, listed

if TYPE_CHECKING:
    from vedette import Defender

_TONES = {"done": "green", "failed": "bold red", "skipped": "yellow", "planned": "cyan"}
STEPS = (
    Column("MACHINE", lambda item: str(getattr(item, "target", "")).partition(".")[0], rank=0, least=12),
    Column("STEP", lambda item: getattr(item, "facts", {}).get("step", ""), rank=0),
    Column("RESULT", attribute("result"), rank=0, tones=_TONES),
    Column("DETAIL", attribute("detail"), rank=0, least=24, wraps=True),
)
BATCH = 100
"""Alerts noted in one call."""


@dataclass
class Case:
    """What is asked of every machine, and where it is written down."""

    defender: Defender
    output: Output
    comment: str
    tag: str | None
    dry_run: bool
    timeout_s: float
    """How long to wait for the end of actions; 0: not at all."""
    outcomes: list[Outcome] = field(default_factory=list)

    def note(self, machine: Machine, step: str, result: bulk.Result, detail: str, **facts: object) -> None:
        """Write down what became of a step."""
        known = {"step": step, "machineId": machine.id, "computerDnsName": machine.computer_dns_name}
        self.outcomes.append(Outcome(named(machine), result, detail, known | facts))

    def take(
        self, machine: Machine, step: str, operation: Operation[Any, Any], given: Mapping[str, object],
        act: Callable[[], tuple[str, Mapping[str, object]]],
    ) -> bool:  # fmt: skip
        """Take a step, or plan it. Returns: whether it was done."""
        from vedette.errors import VedetteError

        if self.dry_run:
            request = request_of(operation, given)
            self.note(machine, step, "planned", _brief(request, machine), request=request)
            return False
        try:
            detail, facts = act()
        except VedetteError as error:
            self.note(machine, step, "failed", error.message)
            return False
        self.note(machine, step, "done", detail, **facts)
        return True

    def respond(self, machine: Machine, step: str, operation: Operation[Any, Any], **more: str) -> Any:
        """Start an action on the machine; one that is under way already will do. Any: the action, or None."""
        from vedette.errors import ServiceError

        given = {"comment": self.comment, **more}
        begun: list[Any] = []

        def act() -> tuple[str, Mapping[str, object]]:
            try:
                begun.append(start(self.defender, operation, machine.id, given))
            except ServiceError as error:
                going = latest(self.defender, machine, step) if error.code == "ActiveRequestAlreadyExists" else None
                if going is None or going.status in FINAL_STATUSES:
                    raise
                begun.append(going)
            return "started", {}

        if self.dry_run:
            self.take(machine, step, operation, {"id": machine.id, **given}, act)
            return None
        before = len(self.outcomes)
        if not self.take(machine, step, operation, {"id": machine.id, **given}, act):
            return None
        action = begun[0]
        self.outcomes[before:] = [
            Outcome(named(machine), "done", f"{action.status}, {action.id}", {
                **self.outcomes[before].facts, "id": action.id, "status": action.status
            })
        ]  # fmt: skip
        return action

    def await_end(self, machine: Machine, step: str, action: Any) -> bool:  # Any: a machine action, loaded late
        """Replace what is known of a step by how its action ended. Returns: whether it succeeded."""
        from vedette.errors import VedetteError

        if action is None or not self.timeout_s:
            return False
        at = next(
            i for i, each in enumerate(self.outcomes)
            if each.facts.get("id") == action.id and each.facts.get("step") == step
        )  # fmt: skip
        facts = self.outcomes[at].facts
        try:
            with self.output.progress("") as progress:
                action = ended_action(
                    self.defender,
                    action,
                    timeout_s=self.timeout_s,
                    say=lambda text: progress.say(f"{short(machine)}: {text}"),
                )
        except VedetteError as error:
            self.outcomes[at] = Outcome(named(machine), "failed", error.message, facts)
            return False
        succeeded: bool = action.status == "Succeeded"
        self.outcomes[at] = Outcome(
            named(machine),
            "done" if succeeded else "failed",
            action.status if succeeded else f"{action.status}, {action.id}",
            {**facts, "status": action.status},
        )
        return succeeded

    def note_alerts(self, machine: Machine, changes: Mapping[str, str]) -> None:
        """Say of the machine's open alerts what is done about them."""
        from vedette.errors import VedetteError

        try:
            ids = [alert.id for alert in open_alerts(self.defender, machine)]
        except VedetteError as error:
            self.note(machine, "alerts", "failed", error.message)
            return
        if not ids:
            self.note(machine, "alerts", "skipped", "no open alert")
            return

        def act() -> tuple[str, Mapping[str, object]]:
            for begin in range(0, len(ids), BATCH):
                self.defender.alerts.batch_update(ids[begin : begin + BATCH], **changes)  # type: ignore[arg-type]  # choices come from the catalogue
            return f"{len(ids)} noted", {"alertIds": ids}

        self.take(machine, "alerts", Alerts.batch_update, {"alert_ids": ids[:BATCH], **changes}, act)

    def tagged(self, machine: Machine, action: str) -> None:
        """Add or remove the tag of the case."""
        if self.tag is None:
            return
        if (self.tag in machine.machine_tags) == (action == "Add"):
            self.note(machine, "tag", "skipped", "carries it already" if action == "Add" else "does not carry it")
            return
        tag = self.tag

        def act() -> tuple[str, Mapping[str, object]]:
            self.defender.machines.tag(machine.id, value=tag, action=action)  # type: ignore[arg-type]  # Add or Remove
            return tag, {}

        self.take(machine, "tag", Machines.tag, {"id": machine.id, "value": tag, "action": action}, act)


@command(
    "contain",
    help=help_text(
        Machines.isolate,
        "Isolate machines, collect evidence, tag them and note their open alerts, in one go.\n\nThe evidence is "
        "fetched into a folder. A step that fails does not stop the others. `release` undoes it.",
    ),
    examples=(
        "vedette machines contain ws-01 --case INC-42",
        "vedette machines contain ws-01 --case INC-42 --dry-run",
        "vedette machines contain --file machines.txt --case INC-42 --no-package --yes",
    ),
)
@click.argument("machines", metavar="MACHINE...", nargs=-1)
@click.option("--case", required=True, metavar="CASE", help="Case or ticket: becomes the tag and heads each comment.")
@click.option("--comment", metavar="TEXT", help="What else to say.")
@click.option(
    "--type",
    "isolation_type",
    type=choice(members(Machines.isolate, "isolation_type")),
    default="Full",
    show_default=True,
    help="How far to isolate.",
)
@click.option("--restrict", is_flag=True, help="Also stop programs that Microsoft did not sign.")
@click.option("--no-package", "without_package", is_flag=True, help="Collect no investigation package.")
@click.option("--package-to", type=FOLDER, metavar="FOLDER", help="Where packages go. Otherwise the present folder.")
@click.option("--no-alerts", "without_alerts", is_flag=True, help="Leave the alerts as they are.")
@click.option("--assign", "assigned_to", metavar="UPN", help="New owner of the open alerts.")
@click.option("--no-wait", "at_once", is_flag=True, help="Do not wait for actions to end; fetches no package.")
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0), default=1800, show_default=True, metavar="SECONDS",
    help="Longest wait for each action.",
)  # fmt: skip
@file_option("Machines")
@asking_options
@click.pass_context
def contain(
    context: click.Context,
    machines: tuple[str, ...],
    *,
    case: str,
    comment: str | None,
    isolation_type: str,
    restrict: bool,
    without_package: bool,
    package_to: Path | None,
    without_alerts: bool,
    assigned_to: str | None,
    at_once: bool,
    timeout_s: float,
    file: Path | None,
    yes: bool,
    dry_run: bool,
) -> int:
    names = listed(machines, file, what="machine")
    output = Output.of(context)
    with connected(context) as defender:
        found, outcomes = _found(output, defender, names)
        text = f"{case}: {comment}" if comment else case
        work = Case(defender, output, text, case, dry_run, 0 if at_once else timeout_s, outcomes)
        if found and not dry_run:
            confirm(f"Cut {_listed(found)} off the network?", yes=yes)
        begun = []
        for machine in found:
            with output.progress(f"Containing {short(machine)}"):
                isolation = work.respond(machine, "Isolate", Machines.isolate, isolation_type=isolation_type)
                restriction = (
                    work.respond(machine, "RestrictCodeExecution", Machines.restrict_code_execution)
                    if restrict
                    else None
                )
                package = (
                    None
                    if without_package
                    else work.respond(machine, "CollectInvestigationPackage", Machines.collect_investigation_package)
                )
                work.tagged(machine, "Add")
                if not without_alerts:
                    changes = {"status": "InProgress", "comment": f"{text} (contained by vedette)"}
                    work.note_alerts(machine, changes | ({"assigned_to": assigned_to} if assigned_to else {}))
            begun.append((machine, isolation, restriction, package))
        for machine, isolation, restriction, package in begun:
            work.await_end(machine, "Isolate", isolation)
            work.await_end(machine, "RestrictCodeExecution", restriction)
            if work.await_end(machine, "CollectInvestigationPackage", package) and package is not None:
                _fetch(work, machine, package.id, (package_to or Path.cwd()) / f"{_safe(case)}-{short(machine)}.zip")
    return _report(work)


@command(
    "release",
    help=help_text(
        Machines.unisolate,
        "Undo what contain did, where it is still in force.\n\nEnds isolation and restriction of programs, and takes "
        "the tag of the case off. What is not in force is left alone.",
    ),
    examples=("vedette machines release ws-01 --case INC-42", "vedette machines release ws-01 --case INC-42 --dry-run"),
)
@click.argument("machines", metavar="MACHINE...", nargs=-1)
@click.option("--case", required=True, metavar="CASE", help="Case or ticket: its tag is taken off.")
@click.option("--comment", metavar="TEXT", help="What else to say.")
@click.option("--keep-tag", is_flag=True, help="Leave the tag of the case on.")
@click.option("--no-wait", "at_once", is_flag=True, help="Do not wait for actions to end.")
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0), default=1800, show_default=True, metavar="SECONDS",
    help="Longest wait for each action.",
)  # fmt: skip
@file_option("Machines")
@asking_options
@click.pass_context
def release(
    context: click.Context,
    machines: tuple[str, ...],
    *,
    case: str,
    comment: str | None,
    keep_tag: bool,
    at_once: bool,
    timeout_s: float,
    file: Path | None,
    yes: bool,
    dry_run: bool,
) -> int:
    names = listed(machines, file, what="machine")
    output = Output.of(context)
    with connected(context) as defender:
        found, outcomes = _found(output, defender, names)
        text = f"{case}: {comment}" if comment else f"{case}: released"
        work = Case(defender, output, text, None if keep_tag else case, dry_run, 0 if at_once else timeout_s, outcomes)
        if found and not dry_run:
            confirm(f"Let {_listed(found)} back on the network?", yes=yes)
        begun = []
        for machine in found:
            with output.progress(f"Releasing {short(machine)}"):
                for step, opposite, operation in _UNDO:
                    last = latest(defender, machine, opposite, step)
                    if not _in_force(last, opposite):
                        work.note(machine, step, "skipped", _why_not(last, opposite))
                        continue
                    begun.append((machine, step, work.respond(machine, step, operation)))
                work.tagged(machine, "Remove")
        for machine, step, action in begun:
            work.await_end(machine, step, action)
    return _report(work)


_UNDO = (
    ("Unisolate", "Isolate", Machines.unisolate),
    ("UnrestrictCodeExecution", "RestrictCodeExecution", Machines.unrestrict_code_execution),
)


def latest(defender: Defender, machine: Machine, *kinds: str) -> Any:
    """The newest action of these kinds on a machine, or None. Any: a machine action, loaded late."""
    spelled = ",".join(map(literal, kinds))
    condition = f"machineId eq {literal(machine.id)} and type in ({spelled})"
    found = defender.machine_actions.list(filter=condition, top=1, orderby="creationDateTimeUtc desc").take(1)
    return found[0] if found else None


def open_alerts(defender: Defender, machine: Machine) -> Iterator[Alert]:
    """The alerts of a machine that nobody has resolved."""
    return (alert for alert in defender.machines.list_alerts(machine.id) if alert.status not in ("Resolved", "Hidden"))


def _in_force(last: Any, kind: str) -> bool:  # Any: as above
    """Whether the newest of two opposite actions says that this one holds. One that goes on may come to hold."""
    if last is None:
        return False
    if last.type == kind:
        return last.status not in ("Failed", "TimeOut", "Cancelled")
    return last.status in ("Failed", "TimeOut", "Cancelled")


def _why_not(last: Any, kind: str) -> str:  # Any: as above
    state = {"Isolate": "isolated", "RestrictCodeExecution": "restricted"}[kind]
    if last is None:
        return f"was never {state}"
    return f"is not {state}: {last.type} is {last.status}"


def _brief(request: Mapping[str, object], machine: Machine) -> str:
    """The request in one line that fits a table; the whole one is among the facts."""
    return call_of(request).replace(machine.id, f"{machine.id[:7]}…")


def _found(output: Output, defender: Defender, names: Sequence[str]) -> tuple[list[Machine], list[Outcome]]:
    found, outcomes = look_up(output, defender, names)
    return list(found.values()), list(outcomes.values())


def _fetch(work: Case, machine: Machine, action_id: str, to: Path) -> None:
    def act() -> tuple[str, Mapping[str, object]]:
        with work.output.progress(f"Fetching the package of {short(machine)}"):
            work.defender.machine_actions.download_package(action_id, to)
        return f"saved as {to}", {"path": str(to)}

    work.take(machine, "package", MachineActions.get_package_uri, {"id": action_id}, act)


def _listed(machines: Sequence[Machine]) -> str:
    if len(machines) == 1:
        return f"{named(machines[0])} ({machines[0].id})"
    return f"{len(machines)} machines ({', '.join(map(short, machines[:5]))}{', …' if len(machines) > 5 else ''})"


def _safe(case: str) -> str:
    """The case as part of a file name."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in case).strip(".") or "case"


def _report(work: Case) -> int:
    status = bulk.report(work.output, work.outcomes, columns=STEPS)
    if work.dry_run:
        work.output.note("Nothing was sent.")
    return status
