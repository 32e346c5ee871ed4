"""`vedette serve`, `run`, `ingest` and `tenant`: the local tenant from the command line.

Thin: ports, certificates, signals and the proxy are the work of `vedette.tenant.serve`.
"""

from __future__ import annotations

from pathlib import Path

import click

from vedette.cli.output import Output
from vedette.cli.settings import UsageError, command

_FOLDER = click.Path(file_okay=False, path_type=Path)
_PORT = click.IntRange(0, 65535)
_FILE = click.Path(dir_okay=False, path_type=Path)


@command(
    "serve",
    examples=("vedette serve", "vedette serve --ephemeral --port 0 --ready-file tenant.json"),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=_PORT, default=8443, show_default=True, help="HTTPS port; 0 takes a free one.")
@click.option("--proxy-port", type=_PORT, default=8480, show_default=True, help="Proxy port.")
@click.option("--state", type=_FOLDER, metavar="DIR", help="Folder that keeps the tenant. Otherwise one in your home.")
@click.option("--ephemeral", is_flag=True, help="Keep everything in memory.")
@click.option("--config", type=_FILE, metavar="FILE", help="Tenant file: users, apps, telemetry, clock.")
@click.option("--ready-file", type=_FILE, metavar="FILE", help="Write where everything is, as JSON, once ready.")
@click.option("--limits", default="documented", show_default=True, metavar="off|documented|xN", help="Rate limits.")
@click.option("--machines", type=click.IntRange(min=1), default=24, show_default=True, help="Simulated machines.")
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True, help="Simulated days.")
@click.option("--telemetry", type=_FOLDER, metavar="DIR", help="Recorded telemetry to load instead of the simulation.")
@click.pass_context
def serve(
    context: click.Context,
    /,
    *,
    host: str,
    port: int,
    proxy_port: int,
    state: Path | None,
    ephemeral: bool,
    config: Path | None,
    ready_file: Path | None,
    limits: str,
    machines: int,
    days: int,
    telemetry: Path | None,
) -> None:
    """Serve a whole tenant on this machine: sign-in, Graph, Defender API, portal.

    Runs until Ctrl-C or SIGTERM and loses nothing that it answered. Started again, it goes on where it stopped.
    """
    if ephemeral and state is not None:
        raise UsageError("--ephemeral keeps nothing and --state says where to keep it", hint="leave one of them out")
    from vedette.tenant import serve as lifecycle

    lifecycle.serve(
        host=host,
        port=port,
        proxy_port=proxy_port,
        state=state,
        ephemeral=ephemeral,
        config=config,
        ready_file=ready_file,
        limits=limits,
        machines=machines,
        days=days,
        telemetry=telemetry,
        say=Output.of(context).note,
    )
