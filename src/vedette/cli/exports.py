"""`vedette exports list` and `get`: whole exports as files. The operations behind them are derived commands."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vedette.catalogue.exports import Exports
from vedette.catalogue.operation import Operation
from vedette.cli.arguments import MOMENT, choice
from vedette.cli.connection import connected
from vedette.cli.output import Output
from vedette.cli.settings import UsageError, command
from vedette.client.exports import WORKERS, export_name

if TYPE_CHECKING:
    from vedette import Defender
    from vedette.client.file_exports import ExportProgress, Written

CHANGES = "software-vulnerability-changes"
FORMATS = ("jsonl", "csv", "parquet", "gz")


@dataclass(frozen=True, slots=True)
class Offered:
    """An export as `list` shows it."""

    operation: Operation[Any, Any]  # Any: operations of every signature
    summary: str

    @property
    def takes_hours(self) -> bool:
        return any(parameter.name == "sas_valid_hours" for parameter in self.operation.parameters)


def _offered() -> Mapping[str, Offered]:
    files = (each for each in Exports.operations() if each.name.endswith("_files"))
    found = {export_name(each): Offered(each, each.summary.removeprefix("Ask for files with ")) for each in files}
    changes = Exports.list_software_vulnerability_changes
    found[CHANGES] = Offered(changes, "which vulnerabilities came, went or changed since a time.")
    return found


OFFERED = _offered()


@command("list", examples=("vedette exports list", "vedette exports list -o json"))
@click.pass_context
def list_exports(context: click.Context) -> None:
    """List the exports, and the permission that each needs. Nothing is sent."""
    Output.of(context).records(
        [
            {
                "name": name,
                "holds": each.summary[:1].upper() + each.summary[1:].rstrip("."),
                "application": ", ".join(each.operation.application),
                "delegated": ", ".join(each.operation.delegated),
            }
            for name, each in OFFERED.items()
        ],
        names=("name", "holds", "application", "delegated"),
    )


@command(
    "get",
    examples=(
        "vedette exports get software-vulnerabilities --to estate --format parquet",
        "vedette exports get certificates --to certificates.csv",
        "vedette exports get software-vulnerability-changes --to changes --state changes.state",
    ),
)
@click.argument("name", type=choice(OFFERED), metavar="NAME")
@click.option(
    "--to",
    "target",
    required=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Folder for a file of each part, or one file: the name ends in .jsonl, .csv, .parquet or .jsonl.gz.",
)
@click.option(
    "--format",
    "form",
    type=choice(FORMATS),
    help="What is written. By the name of --to where left out, else jsonl. gz keeps the files as they are.",
)
@click.option("--since", type=MOMENT, metavar="TIME", help="Changes since, such as 7d; 14 days back at most.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the position of changes here, and go on from it the next time.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 32),
    default=WORKERS,
    show_default=True,
    metavar="N",
    help="Files downloaded at once.",
)
@click.option("--sas-valid-hours", "hours", type=click.IntRange(1, 24), metavar="N", help="Hours that links live.")
@click.pass_context
def get(
    context: click.Context,
    name: str,
    target: Path,
    form: str | None,
    since: datetime | None,
    state: Path | None,
    workers: int,
    hours: int | None,
) -> None:
    """Download an export and write it. NAME is one of `vedette exports list`.

    Broken downloads go on where they stopped, and every file is verified. With --format gz that holds from one run to
    the next as well: run the same command again.
    """
    output = Output.of(context)
    chosen = form or _form_of(target)
    is_changes = name == CHANGES
    if not is_changes and (since or state):
        raise UsageError(f"{name} is a snapshot and takes no --since or --state", hint=f"vedette exports get {CHANGES}")
    if is_changes and chosen == "gz":
        raise UsageError(f"{CHANGES} comes in pages, not in files", hint="--format jsonl")
    if hours is not None and not OFFERED[name].takes_hours:
        raise UsageError(f"the life of the links of {name} cannot be chosen", hint="leave --sas-valid-hours out")
    with connected(context) as defender:
        if is_changes:
            record = _changes(output, defender, target, chosen, since, state)
        else:
            record = _snapshot(output, defender, name, target, chosen, workers, hours)
    output.record(record)


def _form_of(target: Path) -> str:
    suffix = target.suffix.lower()
    known = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".json": "jsonl", ".gz": "jsonl"}
    return known.get(suffix, "jsonl")


def _snapshot(
    output: Output, defender: Defender, name: str, target: Path, form: str, workers: int, hours: int | None
) -> Mapping[str, object]:
    given = {} if hours is None else {"sas_valid_hours": hours}
    with _bars(output, name) as told:
        export = getattr(defender.exports, name.replace("-", "_"))(workers=workers, on_progress=told, **given)
        if form == "gz":
            paths = export.download(target)
            return {"export": name, "generatedTime": export.generated_time, "files": len(paths), "to": str(target)}
        written: Written = getattr(export, f"to_{form}")(target)
    return {
        "export": name,
        "generatedTime": written.generated_time,
        "rows": written.rows,
        "files": len(written.paths),
        "to": str(target),
    }


def _changes(
    output: Output, defender: Defender, target: Path, form: str, since: datetime | None, state: Path | None
) -> Mapping[str, object]:
    if not target.suffix or target.is_dir():
        target = target / f"changes-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{form}"
    changes = defender.exports.software_vulnerability_changes(since=since, state=state)
    begin = changes.position.since
    with output.progress("Asking for changes"):
        rows = getattr(changes, f"to_{form}")(target)
    return {"export": CHANGES, "since": begin, "rows": rows, "to": str(target)}


@contextlib.contextmanager
def _bars(output: Output, name: str) -> Iterator[Callable[[ExportProgress], None] | None]:
    """A bar of files, and how much has come, on a terminal's stderr."""
    if output.is_quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.filesize import decimal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn(name),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files, {task.fields[came]}"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True, no_color=not output.has_color)
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(name, total=None, came=decimal(0))

        def told(progress: ExportProgress) -> None:
            bars.update(task, total=progress.files, completed=progress.files_done, came=decimal(progress.bytes_done))

        yield told
