"""`vedette serve`, `run` and `env`: the local tenant from the command line, and programs that use it.

Thin: ports, certificates, signals and the proxy are the work of `vedette.tenant.serve`.
"""

from __future__ import annotations

from pathlib import Path

import click

from vedette.cli.arguments import FILE, FOLDER
from vedette.cli.output import Output
from vedette.cli.settings import Settings, UsageError, command

_PORT = click.IntRange(0, 65535)


@command(
    "serve",
    examples=(
        "vedette serve",
        "vedette serve --ephemeral --port 0 --ready-file tenant.json",
        "vedette serve --fault 'GET /api/alerts: 5% 503, 2% reset, latency 200ms'",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=_PORT, default=8443, show_default=True, help="HTTPS port; 0 takes a free one.")
@click.option("--proxy-port", type=_PORT, help="Proxy port.  [default: 8480; a free one with --port 0]")
@click.option("--listen-443", is_flag=True, help="Answer on port 443 too, for programs that know no other.")
@click.option("--state", type=FOLDER, metavar="DIR", help="Folder that keeps the tenant. Otherwise one in your home.")
@click.option("--ephemeral", is_flag=True, help="Keep everything in memory.")
@click.option("--config", type=FILE, metavar="FILE", help="Tenant file: users, apps, telemetry, clock.")
@click.option("--ready-file", type=FILE, metavar="FILE", help="Write where everything is, as JSON, once ready.")
@click.option("--limits", default="documented", show_default=True, metavar="off|documented|xN", help="Rate limits.")
@click.option("--fault", "faults", multiple=True, metavar="RULE", help="Let calls fail on purpose. Repeatable.")
@click.option("--machines", type=click.IntRange(min=8), metavar="N", help="How many machines to simulate.")
@click.option("--days", type=click.IntRange(min=1), metavar="N", help="How many days to simulate.")
@click.option("--telemetry", type=FOLDER, metavar="DIR", help="Recorded telemetry to load instead of the simulation.")
@click.option(
    "--rules", multiple=True, metavar="PATH", type=click.Path(exists=True, path_type=Path), help="Run these detections."
)
@click.pass_context
def serve(
    context: click.Context,
    /,
    *,
    host: str,
    port: int,
    proxy_port: int | None,
    listen_443: bool,
    state: Path | None,
    ephemeral: bool,
    config: Path | None,
    ready_file: Path | None,
    limits: str,
    faults: tuple[str, ...],
    machines: int | None,
    days: int | None,
    telemetry: Path | None,
    rules: tuple[Path, ...],
) -> None:
    """Serve a whole tenant on this machine: sign-in, Graph, Defender API, portal.

    Runs until Ctrl-C or SIGTERM and loses nothing that it answered. Started again, it goes on where it stopped; what a
    tenant was first filled with, it keeps.
    """
    if ephemeral and state is not None:
        raise UsageError("--ephemeral keeps nothing and --state says where to keep it", hint="leave one of them out")
    from vedette.tenant import serve as lifecycle

    is_quiet = Settings.of(context).quiet
    lifecycle.serve(
        host=host,
        port=port,
        proxy_port=proxy_port if proxy_port is not None else lifecycle.PROXY_PORT if port else 0,
        listen_443=listen_443,
        state=state,
        ephemeral=ephemeral,
        config=config,
        ready_file=ready_file,
        limits=limits,
        faults=faults,
        machines=machines,
        days=days,
        telemetry=telemetry,
        rules=rules,
        say=lambda line: None if is_quiet else click.echo(line),
    )


@command(
    "run",
    context_settings={"allow_interspersed_args": False, "help_option_names": ["-h", "--help"]},
    examples=("vedette run -- python playbook.py", "vedette run -- pytest tests/"),
)
@click.argument("words", metavar="COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--state", type=FOLDER, metavar="DIR", help="Tenant to join or start. Otherwise yours, or one in memory.")
@click.option("--config", type=FILE, metavar="FILE", help="Tenant file, where one is started.")
@click.option("--telemetry", type=FOLDER, metavar="DIR", help="Recorded telemetry, where one is started.")
@click.option("--limits", default="documented", show_default=True, metavar="off|documented|xN", help="Rate limits.")
@click.option("--allow-host", "hosts", multiple=True, metavar="HOST", help="Let it reach this host too. Repeatable.")
@click.pass_context
def run(
    context: click.Context,
    /,
    *,
    words: tuple[str, ...],
    state: Path | None,
    config: Path | None,
    telemetry: Path | None,
    limits: str,
    hosts: tuple[str, ...],
) -> int:
    """Run any program, unmodified, against the local tenant.

    Its traffic for the Microsoft hosts ends in the tenant; other hosts are refused. Ends with the program's own status.
    """
    from vedette.tenant import serve as lifecycle

    return lifecycle.run(
        words,
        state=state,
        config=config,
        telemetry=telemetry,
        limits=limits,
        allow_hosts=hosts,
        say=Output.of(context).note,
    )


@command("env", examples=('eval "$(vedette env)"',))
@click.option("--state", type=FOLDER, metavar="DIR", help="Folder of the running tenant. Otherwise yours.")
def env(state: Path | None) -> None:
    """Print what a shell needs for its programs to use the running tenant."""
    import json
    import shlex

    from vedette.cli.tenant_state import running
    from vedette.tenant.serve import exports

    for name, value in exports(json.loads(running(state).read_text(encoding="utf-8"))).items():
        click.echo(f"export {name}={shlex.quote(value)}")
