"""Where the command line starts: the root command, and what every way of ending looks like.

Exit status: 0 done, 1 the service refused or did not answer, 2 the command line or a configuration was wrong, 130
interrupted, 141 nobody reads stdout any more. An error is one sentence and, where there is advice, a `hint:` line,
both on stderr; `VEDETTE_DEBUG=1` shows the traceback as well. Only click and the index of commands may be imported at
the top.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Sequence

import click

from vedette.cli._index import SUMMARIES
from vedette.cli.settings import Group, common_options

SERVICE_REFUSED = 1
COMMAND_LINE_WRONG = 2
INTERRUPTED = 130
NOBODY_READS = 141

_HERE = "vedette.cli"
_EXCERPT = re.compile(r" *\d+ \| ")


def _derived(*resources: str) -> dict[str, tuple[str, str]]:
    """The groups of resources whose commands are all derived from the catalogue."""
    return {name.replace("_", "-"): (f"{_HERE}.groups:{name}", SUMMARIES.get(name, "")) for name in resources}


MEMBERS = {
    "Start here": {
        "quickstart": (f"{_HERE}.quickstart:quickstart", "Watch the whole documented path happen, offline."),
        "login": (f"{_HERE}.sign_in:login", "Sign in and keep a profile."),
        "logout": (f"{_HERE}.sign_in:logout", "Forget the tokens of a profile."),
        "status": (f"{_HERE}.sign_in:status", "Show who is signed in, and where."),
        "check": (f"{_HERE}.check:check", "Prove that sign-in and API work, part by part."),
    },
    "Defender for Endpoint": {
        "alerts": (f"{_HERE}.groups:alerts", "Read, judge and raise alerts."),
        "machines": (f"{_HERE}.groups:machines", "Find machines, tag them, respond on them."),
        "machine-actions": (f"{_HERE}.groups:machine_actions", "Follow response actions."),
        **_derived("library_files", "investigations", "indicators"),
        "hunt": (f"{_HERE}.hunt:hunt", "Run an advanced hunting query."),
        "detect": (f"{_HERE}.detect:detect", "Run detection rules, and their tests."),
        "lookup": (f"{_HERE}.lookup:lookup", "Is a hash, address, domain or account known here?"),
        "sweep": (f"{_HERE}.sweep:sweep", "Look for many values in the telemetry."),
        **_derived("advanced_queries", "advanced_hunting", "files", "ips", "domains", "users", "incidents"),
    },
    "Vulnerability management": {
        "posture": (f"{_HERE}.posture:posture", "Show how exposed the organization is, and what to do."),
        **_derived(
            "vulnerabilities",
            "software",
            "recommendations",
            "remediation_tasks",
            "scores",
            "exports",
            "baselines",
            "browser_extensions",
            "firmware",
        ),
    },
    "Machines and settings": _derived(
        "device_health",
        "device_groups",
        "authenticated_scans",
        "scan_agents",
        "data_export_settings",
        "metadata",
    ),
    "Apps and tokens": {
        "apps": (f"{_HERE}.apps:apps", "Register apps, give them permissions, grant consent."),
        "token": (f"{_HERE}.token:token", "Show and validate access tokens."),
    },
    "Local tenant": {
        "serve": (f"{_HERE}.serve:serve", "Serve a whole tenant on this machine."),
        "run": (f"{_HERE}.serve:run", "Run any program against the local tenant."),
        "ingest": (f"{_HERE}.ingest:ingest", "Load recordings and hunting exports, to hunt in them."),
        "tenant": (f"{_HERE}.tenant_state:tenant", "Show, export, import or reset the local tenant."),
        "env": (f"{_HERE}.serve:env", "Print shell settings for programs that use the local tenant."),
    },
    "This program": {
        "completion": (f"{_HERE}.completion:completion", "Print the shell completion script."),
    },
}


def _show_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"vedette {version('vedette')}")
        context.exit()


root = Group(
    "vedette",
    members=MEMBERS,
    help="Microsoft Defender for Endpoint on the command line, and a local tenant to test against.",
    params=[
        *common_options(),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Show the version and exit.",
        ),
    ],
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a character gets its number
            stream.reconfigure(errors="backslashreplace")
    status = run(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = _give_up_stdout()
    sys.exit(status)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    try:
        outcome = root.main(
            args=list(arguments) if arguments is not None else None, prog_name="vedette", standalone_mode=False
        )
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except SystemExit as ended:
        # click exits by itself in two cases: 0 after answering a shell's completion request, 1 on a broken pipe.
        return _give_up_stdout() if ended.code else 0
    except Exception as error:
        return failed(error)
    return outcome if isinstance(outcome, int) else 0


def failed(error: Exception) -> int:
    """Say on stderr what went wrong; returns the exit status for it."""
    if isinstance(error, click.ClickException):
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is a whole help page; click 8.1 has no such error
            error.show()
        else:
            _say(_message_of(error), _hint_of(error))
        return COMMAND_LINE_WRONG
    if os.environ.get("VEDETTE_DEBUG"):
        import traceback

        traceback.print_exception(error)
    # Errors of our own are raised by modules that are loaded by then; nothing is imported to look at one.
    ours = sys.modules.get("vedette.errors")
    if ours is not None and isinstance(error, ours.VedetteError):
        _say(error.message, error.hint)
        request_id = getattr(error, "request_id", "") or getattr(error, "correlation_id", "")
        if request_id and os.environ.get("VEDETTE_DEBUG"):
            click.echo(f"request id: {request_id}", err=True)
        return COMMAND_LINE_WRONG if isinstance(error, ours.ConfigurationError) else SERVICE_REFUSED
    if isinstance(error, OSError) and error.filename is not None:
        _say(f"{error.filename}: {(error.strerror or 'cannot be used').lower()}", "")
        return COMMAND_LINE_WRONG
    _say(
        f"{type(error).__name__}: {error}" if str(error) else type(error).__name__,
        "this is a fault in vedette; VEDETTE_DEBUG=1 shows where it happened",
    )
    return SERVICE_REFUSED


def _message_of(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        return f"{error.ctx.command_path} has no option '{error.option_name}'"
    return error.format_message().rstrip(".")


def _hint_of(error: click.ClickException) -> str:
    hint = getattr(error, "hint", "")
    if hint:
        return str(hint)
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        return error.possibilities[0]
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{error.ctx.command_path} --help"
    return ""


def _say(message: str, hint: str) -> None:
    lines = message.splitlines()
    # An excerpt of a query keeps its lines: the carets below it point into the line above them.
    at = next((number for number, line in enumerate(lines) if _EXCERPT.match(line)), len(lines))
    first = " ".join(" ".join(lines[:at]).split())
    click.echo(click.style("error", fg="red", bold=True) + f": {first}" if _colored() else f"error: {first}", err=True)
    for line in lines[at:]:
        if line.startswith("hint: "):
            hint = hint or line.removeprefix("hint: ")
        elif line.strip():
            click.echo(line, err=True)
    if hint:
        label = click.style("hint", fg="cyan", bold=True) if _colored() else "hint"
        click.echo(f"{label}: {' '.join(hint.split())}", err=True)


def _colored() -> bool:
    return not os.environ.get("NO_COLOR") and "--no-color" not in sys.argv and sys.stderr.isatty()


def _give_up_stdout() -> int:
    # Python flushes stdout once more at exit; pointing it nowhere keeps that quiet.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return NOBODY_READS


if __name__ == "__main__":
    main()
