"""`vedette ingest`: files of events and rows into the tables of a local tenant, or of a folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vedette.cli.arguments import FILE, FOLDER
from vedette.cli.columns import of_rows
from vedette.cli.output import Output, Progress
from vedette.cli.settings import UsageError, command
from vedette.cli.text import duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.catalogue.alerts import Alert
    from vedette.catalogue.machines import Machine
    from vedette.telemetry import IngestOptions, IngestReport, Lake, SourceReport
    from vedette.tenant.store.defender import DefenderStore


@command(
    "ingest",
    examples=(
        "vedette ingest recordings/ logs/Security.evtx",
        "vedette ingest export.csv --table DeviceProcessEvents",
        "vedette ingest exports/ --to ./lake --dry-run",
    ),
)
@click.argument("sources", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--to", type=FOLDER, metavar="FOLDER", help="Into the tables of this folder instead of a tenant's.")
@click.option("--state", type=FOLDER, metavar="DIR", help="State folder of the tenant. Otherwise yours.")
@click.option("--table", metavar="NAME", help="The hunting table that exports are of, where they do not tell.")
@click.option("--keep-times", is_flag=True, help="Leave times of recordings. Otherwise the newest event is now.")
@click.option(
    "--drop-unknown", is_flag=True, help="Leave out columns that a table lacks, instead of refusing the file."
)
@click.option("--rejects", type=FILE, metavar="FILE", help="Write what became no row here, not beside the tables.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, and write nothing.")
@click.pass_context
def ingest(
    context: click.Context,
    sources: tuple[Path, ...],
    to: Path | None,
    state: Path | None,
    table: str | None,
    keep_times: bool,
    drop_unknown: bool,
    rejects: Path | None,
    dry_run: bool,
) -> None:
    """Load recordings and hunting exports into a stopped tenant, or into a folder.

    Takes Sysmon and Security events (JSON lines, .evtx), exports of hunting tables (CSV, JSON, Parquet), text also
    packed with gzip, and folders of them. A file is taken whole or not at all, and only once: after an interruption,
    do it again. Exit status 1 says that some files failed.
    """
    if to is not None and state is not None:
        raise UsageError("--to and --state are two places", hint="give one of them")
    from vedette.telemetry import IngestOptions, Lake

    options = IngestOptions(
        table=table, keep_times=keep_times, drop_unknown=drop_unknown, dry_run=dry_run, rejects=rejects
    )
    output = Output.of(context)
    began = time.monotonic()
    with output.progress("Reading") as progress:
        if to is not None:
            lake = Lake(to)
            report = _taken(sources, lake, options, progress)
            lake.close()
        else:
            report = _into_tenant(sources, state, options, progress)
    _show(output, report)
    took = duration(time.monotonic() - began)
    if dry_run:
        output.note(f"Checked in {took}; nothing was written.")
    else:
        output.note(f"Done in {took}." + ("" if to else f" Next: vedette serve{f' --state {state}' if state else ''}"))
    if report.failed:
        context.exit(1)


def _taken(sources: Iterable[Path], lake: Lake, options: IngestOptions, progress: Progress) -> IngestReport:
    from vedette import telemetry

    def told(doing: str, file: Path, done: int, total: int) -> None:
        progress.say(f"{doing} {file.name}, {100 * done // max(total, 1)} %")

    return telemetry.ingest(list(sources), lake, options=options, progress=told)


def _into_tenant(
    sources: Iterable[Path], state: Path | None, options: IngestOptions, progress: Progress
) -> IngestReport:
    """Rows into the tenant's tables, and the machines and alerts that they speak of beside its own."""
    from vedette.telemetry import Lake
    from vedette.tenant import LocalTenant
    from vedette.tenant.local import default_state

    folder = state or default_state()
    if options.dry_run:
        # Opening a tenant may make one, and fills its tables: what it would hold already is looked up from outside.
        present = sorted(folder.glob("defender/*/lake"))
        return _taken(sources, Lake(present[0] if present else folder / "lake"), options, progress)
    with LocalTenant(state=folder, telemetry="none", sockets=False) as opened:
        store = opened.state.defender[opened.tenant_id]
        report = _taken(sources, store.lake, options, progress)
        _load(store, report)
    return report


def _load(store: DefenderStore, report: IngestReport) -> None:
    """Take in machines and alerts. What people did to those that are there stays: tags, values, status, comments."""
    import msgspec

    from vedette.tenant.world import levelled

    machines: list[Machine] = []
    for machine in levelled(report.machines):
        if (present := store.machines.get(machine.id)) is not None:
            times = [at for at in (present.first_seen, machine.first_seen) if at]
            lasts = [at for at in (present.last_seen, machine.last_seen) if at]
            machine = msgspec.structs.replace(
                present, first_seen=min(times, default=None), last_seen=max(lasts, default=None)
            )
        machines.append(machine)
    alerts: list[Alert] = [alert for alert in report.alerts if store.alerts.get(alert.id) is None]
    store.load(machines, alerts)


# -- telling ---------------------------------------------------------------------------------------------------------


def _show(output: Output, report: IngestReport) -> None:
    files = [_file(one) for one in report.sources]
    if output.form in ("csv", "jsonl"):
        output.records(files)
    elif output.form == "json":
        output.record(_whole(report, files))
    else:
        # Why a file failed is said in full below; a narrow column would cut it.
        output.table(of_rows(("file", "state", "kind", "rows", "rejected"), least=0), files)
        if report.rows:
            output.line()
            output.table(
                of_rows(("table", "rows"), least=0), [{"table": name, "rows": n} for name, n in report.rows.items()]
            )
        if report.rejected_by_reason:
            output.line()
            reasons = [{"rejected because": why, "records": count} for why, count in report.rejected_by_reason.items()]
            output.table(of_rows(("rejected because", "records"), least=0), reasons)
    for one in report.failed:
        output.note(f"error: {one.path}: {one.why}" + (f"\nhint: {one.hint}" if one.hint else ""))
    if report.rejects is not None:
        output.note(f"What became no row is in {report.rejects}.")


def _file(one: SourceReport) -> dict[str, object]:
    return {
        "file": str(one.path),
        "state": one.state,
        "kind": one.kind,
        "tables": list(one.tables),
        "rows": one.rows,
        "rejected": one.rejected,
        "why": one.why or None,
        "hint": one.hint or None,
    }


def _whole(report: IngestReport, files: list[dict[str, object]]) -> dict[str, object]:
    return {
        "sources": files,
        "rows": dict(report.rows),
        "rejected": report.rejected,
        "rejectedByReason": dict(report.rejected_by_reason),
        "rejects": str(report.rejects) if report.rejects else None,
        "machines": len(report.machines),
        "users": len(report.users),
        "alerts": len(report.alerts),
        "firstEvent": report.first_event,
        "lastEvent": report.last_event,
    }
