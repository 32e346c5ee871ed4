"""`vedette tenant`: what a local tenant keeps in its state folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from vedette.cli.arguments import FILE, FOLDER, confirm
from vedette.cli.columns import of_rows
from vedette.cli.output import Output
from vedette.cli.settings import Group, UsageError, command

_STATE = click.option("--state", type=FOLDER, metavar="DIR", help="State folder. Otherwise yours.")


def running(state: Path | None) -> Path:
    """The ready file of the tenant that runs on a state folder. Raises: ConfigurationError where none runs."""
    from vedette.errors import ConfigurationError
    from vedette.tenant.local import default_state
    from vedette.tenant.serve import running_at

    folder = state or default_state()
    found = running_at(folder)
    if found is None:
        raise ConfigurationError(f"no tenant runs on {folder}", hint="vedette serve")
    return found


@command("show")
@_STATE
@click.pass_context
def show(context: click.Context, state: Path | None) -> None:
    """Show the running tenant: addresses, users and apps, with their passwords and secrets."""
    import json

    output = Output.of(context)
    ready = json.loads(running(state).read_text(encoding="utf-8"))
    if output.form != "table":
        output.record(ready)
        return
    output.pairs([(name, value) for name, value in ready.items() if isinstance(value, str)])
    for name, columns in (("users", ("upn", "password", "role")), ("apps", ("name", "client_id", "client_secret"))):
        output.line()
        output.table(of_rows(columns, least=0), ready[name])


@command("export", examples=("vedette tenant export halden.tar.gz",))
@click.argument("file", type=FILE)
@_STATE
@click.pass_context
def export(context: click.Context, file: Path, state: Path | None) -> None:
    """Write a stopped tenant to one file: directory, keys, machines, alerts, telemetry.

    The file holds the tenant's keys and is readable by you alone.
    """
    import tarfile

    output = Output.of(context)
    with _stopped(state) as folder, output.progress("Writing"):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.name not in _NOT_KEPT:
                    archive.add(path, arcname=path.relative_to(folder).as_posix(), recursive=False)
    output.note(f"Wrote {file}.")


@command("import", examples=("vedette tenant import halden.tar.gz --state ./halden",))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_STATE
@click.pass_context
def import_(context: click.Context, file: Path, state: Path | None) -> None:
    """Make a tenant from an exported file, in a folder that holds none."""
    import tarfile

    from vedette.errors import ConfigurationError
    from vedette.tenant.local import default_state

    output = Output.of(context)
    folder = state or default_state()
    if folder.exists() and any(path.name not in _NOT_KEPT for path in folder.iterdir()):
        raise ConfigurationError(f"{folder} is not empty", hint="vedette tenant reset, or another --state")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with output.progress("Reading"), tarfile.open(file, mode="r:gz") as archive:
            # The filter refuses links, devices and paths that lead out of the folder.
            archive.extractall(folder, filter="data")
    except tarfile.TarError as damaged:
        raise ConfigurationError(f"{file} is no exported tenant: {type(damaged).__name__}", path=str(file)) from damaged
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    output.note(f"The tenant is in {folder}. Next: vedette serve --state {folder}")


@command("reset")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@_STATE
@click.pass_context
def reset(context: click.Context, yes: bool, state: Path | None) -> None:
    """Delete a stopped tenant with everything in it."""
    import shutil

    with _stopped(state) as folder:
        confirm(f"Delete the tenant in {folder}?", yes=yes)
        for path in folder.iterdir():
            if path.name == "lock":
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    Output.of(context).note(f"Deleted what was in {folder}.")


@command("rotate-keys", examples=("vedette tenant rotate-keys", "vedette tenant rotate-keys --emergency"))
@click.option("--emergency", is_flag=True, help="Withdraw every earlier key at once, and with them all tokens.")
@_STATE
@click.pass_context
def rotate_keys(context: click.Context, emergency: bool, state: Path | None) -> None:
    """Sign tokens with another key from now on, whether the tenant runs or not.

    The key that signed so far stays published for 26 hours, so its tokens stay good.
    """
    from vedette.tenant.local import default_state
    from vedette.tenant.rotation import rotate

    kid, published = rotate(state or default_state(), emergency=emergency)
    Output.of(context).record({"signingKey": kid, "published": published, "emergency": emergency})


tenant = Group("tenant", help="Show, export, import or reset the local tenant; change its signing keys.")
for _each in (show, export, import_, reset, rotate_keys):
    tenant.add_command(_each)


_NOT_KEPT = frozenset({"lock", ".filling"})


@contextmanager
def _stopped(state: Path | None) -> Iterator[Path]:
    """The state folder of a tenant that does not run, held so that none is started meanwhile."""
    from vedette.tenant.local import default_state, locked

    folder = state or default_state()
    if not folder.is_dir():
        raise UsageError(f"there is no tenant in {folder}", hint="--state names another folder")
    with locked(folder):
        yield folder
