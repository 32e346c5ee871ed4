"""`vedette machine-actions package` and `result`: what a response action gave, saved as a file."""

from __future__ import annotations

from pathlib import Path

import click

from vedette.catalogue.machine_actions import MachineActions
from vedette.cli.arguments import FILE
from vedette.cli.connection import connected
from vedette.cli.output import Output
from vedette.cli.resources import help_text
from vedette.cli.settings import command

_TO = click.option("--to", type=FILE, required=True, metavar="FILE", help="Where it goes; a file there is replaced.")


@command(
    "package",
    help=help_text(
        MachineActions.get_package_uri,
        "Save a collected investigation package, a zip file.\n\nA download that was interrupted goes on.",
    ),
    examples=("vedette machine-actions package ACTION_ID --to package.zip",),
)
@click.argument("action_id")
@_TO
@click.pass_context
def package(context: click.Context, action_id: str, to: Path) -> None:
    output = Output.of(context)
    with connected(context) as defender, output.progress("Fetching the package"):
        saved = defender.machine_actions.download_package(action_id, to)
    _tell(output, action_id, saved)


@command(
    "result",
    help=help_text(
        MachineActions.get_live_response_result,
        "Save what one live response command gave.\n\nINDEX is the place of the command, from 0. A script gives JSON, "
        "a fetched file comes packed with gzip.",
    ),
    examples=("vedette machine-actions result ACTION_ID 0 --to result.json",),
)
@click.argument("action_id")
@click.argument("index", type=click.IntRange(min=0))
@_TO
@click.pass_context
def result(context: click.Context, action_id: str, index: int, to: Path) -> None:
    output = Output.of(context)
    with connected(context) as defender, output.progress("Fetching the result"):
        saved = defender.machine_actions.download_live_response_result(action_id, index, to)
    _tell(output, action_id, saved)


def _tell(output: Output, action_id: str, saved: Path) -> None:
    size = saved.stat().st_size
    if output.form == "table":
        output.note(f"Saved {saved}, {size:,} bytes.")
    else:
        output.record({"id": action_id, "path": str(saved), "bytes": size})
