"""`vedette machines isolate` and every other response on machines: one machine by name, or a whole list.

One machine named on the command line is answered with its action. A list (several names, `--file`, `-`) is answered
with one result for each, a summary, and status 1 if any failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vedette.catalogue.machine_actions import FINAL_STATUSES
from vedette.catalogue.machines import Machine, Machines
from vedette.catalogue.operation import Operation
from vedette.cli import bulk
from vedette.cli.arguments import asking_options, choice, confirm, literal
from vedette.cli.bulk import Outcome
from vedette.cli.connection import connected, find_machine
from vedette.cli.follow import ended_action, ended_investigation
from vedette.cli.machine_actions import report, wait_options
from vedette.cli.output import Output
from vedette.cli.resources import OPTION_HELP, call_of, help_text, members, request_of, show_request
from vedette.cli.settings import Command, UsageError
from vedette.cli.text import minute
from vedette.cli.values import file_option, is_list, listed

if TYPE_CHECKING:
    from vedette import Defender
    from vedette.errors import ServiceError

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Response:
    """How one response is asked for."""

    operation: Operation[Any, Any]
    about: str
    question: str
    """What a person is asked first; `{}` is the machine, or how many."""
    example: str
    options: Callable[[F], F] = field(default=lambda function: function)

    @property
    def name(self) -> str:
        """The command's name: the operation's."""
        return self.operation.name.replace("_", "-")


def comment_options(function: F) -> F:
    """`--comment` and `--case`, one of which has to be given."""
    function = click.option("--case", metavar="CASE", help="Case or ticket, put in front of the comment.")(function)
    return click.option("--comment", metavar="TEXT", help=OPTION_HELP["comment"])(function)


def remark(comment: str | None, case: str | None) -> str:
    """The comment that is sent. Raises: UsageError where there is none."""
    if not comment and not case:
        raise UsageError("no reason was given", hint="add --comment TEXT, --case CASE or both")
    return f"{case}: {comment}" if comment and case else comment or case or ""


def _typed(operation: Operation[Any, Any], parameter: str, default: str) -> Callable[[F], F]:
    return click.option(
        "--type",
        f"--{parameter.replace('_', '-')}",
        parameter,
        type=choice(members(operation, parameter)),
        default=default,
        show_default=True,
        help="How far.",
    )


RESPONSES = (
    Response(
        Machines.isolate,
        "Cut machines off the network.\n\nThey keep talking to Defender. Selective isolation lets mail through.",
        "Cut {} off the network?",
        "vedette machines isolate ws-01 --case INC-42 --wait",
        _typed(Machines.isolate, "isolation_type", "Full"),
    ),
    Response(
        Machines.unisolate,
        "Let isolated machines back on the network.",
        "Let {} back on the network?",
        'vedette machines unisolate ws-01 --comment "INC-42 closed"',
    ),
    Response(
        Machines.restrict_code_execution,
        "Let only programs signed by Microsoft run on machines.",
        "Stop programs that Microsoft did not sign on {}?",
        "vedette machines restrict-code-execution ws-01 --case INC-42",
    ),
    Response(
        Machines.unrestrict_code_execution,
        "Let all programs run on machines again.",
        "Let all programs run again on {}?",
        "vedette machines unrestrict-code-execution ws-01 --case INC-42",
    ),
    Response(
        Machines.run_antivirus_scan,
        "Scan machines with their antivirus.",
        "Scan {}?",
        "vedette machines run-antivirus-scan --file ids.txt --type Full --case INC-42 --yes",
        _typed(Machines.run_antivirus_scan, "scan_type", "Quick"),
    ),
    Response(
        Machines.collect_investigation_package,
        "Collect a package of evidence from machines.",
        "Collect an investigation package from {}?",
        "vedette machines collect-investigation-package ws-01 --case INC-42 --wait",
    ),
    Response(
        Machines.stop_and_quarantine_file,
        "Stop a file that runs on machines and put it into quarantine.",
        "Quarantine the file on {}?",
        "vedette machines stop-and-quarantine-file ws-01 --sha1 3395856ce81f… --case INC-42",
        click.option("--sha1", required=True, metavar="SHA1", help="The file."),
    ),
    Response(
        Machines.start_investigation,
        "Start an automated investigation of machines.",
        "Start an investigation of {}?",
        "vedette machines start-investigation ws-01 --case INC-42 --wait",
    ),
    Response(
        Machines.offboard,
        "Take machines out of Defender for Endpoint.\n\nIt cannot be undone from here.",
        "Take {} out of Defender for Endpoint?",
        "vedette machines offboard ws-01 --case CHG-7",
    ),
)
"""All that takes a machine and a comment. Names of commands are those of the operations."""


def make(response: Response) -> Command:
    """The command of a response."""

    @click.argument("machines", metavar="MACHINE...", nargs=-1)
    @comment_options
    @response.options
    @file_option("Machines")
    @asking_options
    @wait_options
    @click.pass_context
    def callback(
        context: click.Context,
        /,
        machines: tuple[str, ...],
        *,
        comment: str | None,
        case: str | None,
        file: Path | None,
        yes: bool,
        dry_run: bool,
        wait: bool,
        timeout_s: float,
        **given: str,
    ) -> int:
        names = listed(machines, file, what="machine")
        given["comment"] = remark(comment, case)
        output = Output.of(context)
        with connected(context) as defender:
            if not is_list(machines, file):
                return _one(output, defender, response, names[0], given, yes, dry_run, timeout_s if wait else None)
            return _many(output, defender, response, names, given, yes, dry_run, timeout_s if wait else None)

    parameters: list[click.Parameter] = list(reversed(callback.__click_params__))  # type: ignore[attr-defined]  # where click keeps them
    return Command(
        response.name,
        callback=callback,
        params=parameters,
        help=help_text(response.operation, response.about),
        short_help=response.about.partition("\n")[0],
        examples=(response.example,),
    )


def _one(
    output: Output,
    defender: Defender,
    response: Response,
    name: str,
    given: Mapping[str, str],
    yes: bool,
    dry_run: bool,
    timeout_s: float | None,
) -> int:
    with output.progress("Looking up the machine"):
        machine = find_machine(defender, name)
    if dry_run:
        show_request(output, response.operation, {"id": machine.id, **given})
        return 0
    confirm(response.question.format(f"{machine.computer_dns_name} ({machine.id})"), yes=yes)
    started = start(defender, response.operation, machine.id, given)
    if response.operation is Machines.start_investigation:
        if timeout_s is not None:
            with output.progress("") as progress:
                started = ended_investigation(defender, started, timeout_s=timeout_s, say=progress.say)
        output.entity(started)
        if timeout_s is None:
            output.note(f"Follow it: vedette investigations wait {started.id}")
    else:
        report(output, defender, started, wait=timeout_s is not None, timeout_s=timeout_s or 0)
    return 0


def _many(
    output: Output,
    defender: Defender,
    response: Response,
    names: Sequence[str],
    given: Mapping[str, str],
    yes: bool,
    dry_run: bool,
    timeout_s: float | None,
) -> int:
    found, outcomes = look_up(output, defender, names)
    if dry_run:
        for name, machine in found.items():
            request = request_of(response.operation, {"id": machine.id, **given})
            outcomes[name] = Outcome(
                named(machine), "planned", call_of(request), _facts(machine) | {"request": request}
            )
        status = bulk.report(output, [outcomes[name] for name in names])
        output.note("Nothing was sent.")
        return status
    if found:
        shown = ", ".join(short(machine) for machine in list(found.values())[:5]) + (", …" if len(found) > 5 else "")
        confirm(response.question.format(f"{len(found)} machines ({shown})"), yes=yes)

    def act(name: str) -> Outcome:
        machine = found[name]
        try:
            started = start(defender, response.operation, machine.id, given)
        except _service_error() as error:
            return Outcome(named(machine), "failed", error.message, _facts(machine) | {"code": error.code})
        if timeout_s is None:
            state = getattr(started, "status", None) or started.state
            return Outcome(named(machine), "done", f"{state}, {started.id}", _facts(machine, started))
        if response.operation is Machines.start_investigation:
            over = ended_investigation(defender, started, timeout_s=timeout_s)
            return Outcome(named(machine), "done", f"{over.state}, {over.id}", _facts(machine, over))
        return after(machine, ended_action(defender, started, timeout_s=timeout_s))

    done = bulk.each(list(found), act, output=output, doing=response.about.partition("\n")[0].rstrip("."))
    outcomes |= dict(zip(found, done, strict=True))
    return bulk.report(output, [outcomes[name] for name in names])


def after(machine: Machine, action: Any) -> Outcome:  # Any: a machine action, loaded late
    """What became of an action that has ended."""
    result: bulk.Result = "done" if action.status == "Succeeded" else "failed"
    return Outcome(named(machine), result, f"{action.status}, {action.id}", _facts(machine, action))


def look_up(output: Output, defender: Defender, names: Sequence[str]) -> tuple[dict[str, Machine], dict[str, Outcome]]:
    """Machines by the names that were given, each machine once, and what became of the other names."""
    found: dict[str, Machine] = {}

    def find(name: str) -> Outcome:
        found[name] = find_machine(defender, name)
        return Outcome(name)

    outcomes = dict(zip(names, bulk.each(names, find, output=output, doing="Looking up machines"), strict=True))
    machines: dict[str, Machine] = {}
    ids: set[str] = set()
    for name in names:
        if name not in found:
            continue
        if found[name].id in ids:
            outcomes[name] = Outcome(name, "skipped", f"the same machine as before, {found[name].id}")
        else:
            ids.add(found[name].id)
            machines[name] = found[name]
            del outcomes[name]
    return machines, outcomes


def start(defender: Defender, operation: Operation[Any, Any], machine_id: str, given: Mapping[str, object]) -> Any:
    """Start a response. Any: an action or an investigation, as the operation declares.

    Raises: ServiceError; one that says that such an action is under way names it.
    """
    try:
        return getattr(defender.machines, operation.name)(machine_id, **given)
    except _service_error() as error:
        if error.code == "ActiveRequestAlreadyExists":
            error.hint = _under_way(defender, machine_id) or error.hint
        raise


def _under_way(defender: Defender, machine_id: str) -> str:
    from vedette.errors import VedetteError

    try:
        actions = defender.machine_actions.list(
            filter=f"machineId eq {literal(machine_id)} and status in ('Pending','InProgress')"
        ).take(5)
    except VedetteError:  # the advice is not worth a second error
        return ""
    first = next((action for action in actions if action.status not in FINAL_STATUSES), None)
    if first is None:
        return ""
    when = f" at {minute(first.creation_date_time_utc)}" if first.creation_date_time_utc else ""
    return f"{first.type} by {first.requestor}{when} is {first.status}; vedette machine-actions wait {first.id}"


def _service_error() -> type[ServiceError]:
    from vedette.errors import ServiceError

    return ServiceError


def named(machine: Machine) -> str:
    """The name of a machine, else its id."""
    return machine.computer_dns_name or machine.id


def short(machine: Machine) -> str:
    """The short name of a machine."""
    return named(machine).partition(".")[0]


def _facts(machine: Machine, started: object = None) -> dict[str, object]:
    facts: dict[str, object] = {"machineId": machine.id, "computerDnsName": machine.computer_dns_name}
    if started is not None:
        facts["id"] = getattr(started, "id", None)
        state = "status" if hasattr(started, "status") else "state"
        facts[state] = getattr(started, state, None)
    return facts


_MADE = {response.name.replace("-", "_"): response for response in RESPONSES}


def __getattr__(name: str) -> Command:
    """The command of a response by the name of its operation: `responses.isolate`."""
    if name not in _MADE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return make(_MADE[name])
