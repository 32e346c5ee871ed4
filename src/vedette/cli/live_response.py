"""`vedette machines run-script` and `get-file`: live response as one command, from upload to result.

Anything longer goes through `vedette machines run-live-response --commands JSON`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

import click

from vedette.catalogue.live_response import LiveResponseCommand, LiveResponseScriptResult
from vedette.catalogue.machines import Machine, Machines
from vedette.catalogue.operation import Upload
from vedette.cli.arguments import FILE, asking_options, confirm
from vedette.cli.connection import connected, find_machine
from vedette.cli.follow import ended_action
from vedette.cli.output import Output, write
from vedette.cli.resources import help_text, show_request
from vedette.cli.responses import comment_options, named, remark, start
from vedette.cli.settings import UsageError, command
from vedette.cli.text import terminal

if TYPE_CHECKING:
    from vedette import Defender

_TIMEOUT = click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0), default=1800, show_default=True, metavar="SECONDS",
    help="Longest wait.",
)  # fmt: skip


@command(
    "run-script",
    help=help_text(
        Machines.run_live_response,
        "Run a script of the library on a machine and show what it wrote.\n\nSCRIPT is a name in the library; --upload "
        "puts a file there first. Ends with the status 1 where the script failed.",
    ),
    examples=(
        "vedette machines run-script ws-01 collect.ps1 --case INC-42",
        "vedette machines run-script ws-01 ./collect.ps1 --upload --args '-Days 7' --case INC-42",
    ),
)
@click.argument("machine")
@click.argument("script")
@click.option("--args", "arguments", metavar="TEXT", help="Arguments of the script.")
@click.option(
    "--upload", is_flag=True, help="SCRIPT is a file here: put it into the library first, in place of its like."
)
@comment_options
@asking_options
@_TIMEOUT
@click.pass_context
def run_script(
    context: click.Context,
    machine: str,
    script: str,
    *,
    arguments: str | None,
    upload: bool,
    comment: str | None,
    case: str | None,
    yes: bool,
    dry_run: bool,
    timeout_s: float,
) -> int:
    given = {"comment": remark(comment, case)}
    output = Output.of(context)
    path = Path(script)
    if upload and not path.is_file():
        raise UsageError(f"{script}: no such file", hint="without --upload, SCRIPT is a name in the library")
    name = path.name if upload else script
    steps = {**given, "commands": [LiveResponseCommand.run_script(name, arguments)]}
    with connected(context) as defender:
        found = _machine(output, defender, machine)
        if dry_run:
            show_request(output, Machines.run_live_response, {"id": found.id, **steps})
            return 0
        confirm(f"Run {name} on {named(found)} ({found.id})?", yes=yes)
        if upload:
            with output.progress(f"Uploading {name}"):
                defender.library_files.upload(Upload.of(path), override_if_exists=True)
        action = _ended(output, defender, found, steps, timeout_s)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "result"
            defender.machine_actions.download_live_response_result(action.id, 0, file)
            result = _result(file.read_bytes())
    if output.form != "table":
        output.record({"machineId": found.id, "computerDnsName": found.computer_dns_name, "id": action.id} | result)
    else:
        _tell(output, result)
    return 0 if action.status == "Succeeded" and not result["exit_code"] else 1


@command(
    "get-file",
    help=help_text(
        Machines.run_live_response,
        "Fetch a file from a machine.\n\nPATH is the path on the machine. What comes is what the machine has, packed "
        "as the service packs it: handle it as malware.",
    ),
    examples=(r"vedette machines get-file ws-01 'C:\Temp\evil.dll' --case INC-42 --to evil.dll.gz",),
)
@click.argument("machine")
@click.argument("path")
@click.option("--to", type=FILE, metavar="FILE", help="Where it goes. Otherwise its own name, in the present folder.")
@comment_options
@asking_options
@_TIMEOUT
@click.pass_context
def get_file(
    context: click.Context,
    machine: str,
    path: str,
    *,
    to: Path | None,
    comment: str | None,
    case: str | None,
    yes: bool,
    dry_run: bool,
    timeout_s: float,
) -> int:
    steps = {"comment": remark(comment, case), "commands": [LiveResponseCommand.get_file(path)]}
    output = Output.of(context)
    with connected(context) as defender:
        found = _machine(output, defender, machine)
        if dry_run:
            show_request(output, Machines.run_live_response, {"id": found.id, **steps})
            return 0
        confirm(f"Fetch {path} from {named(found)} ({found.id})?", yes=yes)
        action = _ended(output, defender, found, steps, timeout_s)
        own = PurePosixPath(path).name if path.startswith("/") else PureWindowsPath(path).name
        target = to or Path.cwd() / f"{own}.gz"
        with output.progress("Fetching the file"):
            defender.machine_actions.download_live_response_result(action.id, 0, target)
    if output.form == "table":
        output.note(f"Fetched {path} from {named(found)} to {target}, {target.stat().st_size:,} bytes.")
    else:
        facts = {"machineId": found.id, "computerDnsName": found.computer_dns_name, "id": action.id}
        output.record({**facts, "path": str(target), "bytes": target.stat().st_size})
    return 0


def _machine(output: Output, defender: Defender, name: str) -> Machine:
    with output.progress("Looking up the machine"):
        return find_machine(defender, name)


def _ended(
    output: Output, defender: Defender, machine: Machine, steps: Mapping[str, object], timeout_s: float
) -> Any:  # Any: a machine action, loaded late
    """The live response after its end. Raises: ServiceError with what the machine said where it failed."""
    from vedette.errors import ServiceError

    action = start(defender, Machines.run_live_response, machine.id, steps)
    with output.progress("") as progress:
        action = ended_action(defender, action, timeout_s=timeout_s, say=progress.say)
    if action.status != "Succeeded":
        said = "; ".join(error for step in action.commands for error in step.errors)
        raise ServiceError(
            f"live response on {named(machine)} ended as {action.status}" + (f": {said}" if said else ""),
            status=200,
            operation="machine_actions.get",
            hint=f"vedette machine-actions show {action.id}",
        )
    return action


def _result(content: bytes) -> dict[str, Any]:  # Any: what the service wrote
    import gzip

    import msgspec

    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    try:
        result = msgspec.json.decode(content, type=LiveResponseScriptResult)
    except msgspec.DecodeError:  # not what the page shows: the text is worth more than an error
        return {
            "script_name": "",
            "exit_code": 0,
            "script_output": content.decode("utf-8", "replace"),
            "script_errors": "",
        }
    found: dict[str, Any] = msgspec.to_builtins(result)
    return found


def _tell(output: Output, result: Mapping[str, Any]) -> None:
    text = str(result["script_output"] or "")
    for line in text.splitlines():
        write(terminal(line) + "\n")
    for line in str(result["script_errors"] or "").splitlines():
        click.echo(terminal(line), err=True)
    output.note(f"{result['script_name'] or 'The script'} ended with {result['exit_code']}.")
