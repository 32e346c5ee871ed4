"""What machines gave is saved from the command line: investigation packages and live response results."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.spec.cli.conftest import Cli
from vedette import Machine
from vedette.catalogue.live_response import LiveResponseCommand
from vedette.catalogue.operation import Upload
from vedette.tenant import LocalTenant
from vedette.tenant.clock import RunningClock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    with LocalTenant(machines=8, days=1, clock=RunningClock(NOON, speed=360)) as running:
        yield running


@pytest.fixture
def as_app(cli: Cli, tenant: LocalTenant) -> Cli:
    return partial(cli, environment={"VEDETTE_TENANT": str(tenant.ready_file)})


@pytest.fixture(scope="module")
def workstation(tenant: LocalTenant) -> Machine:
    with tenant.defender() as defender:
        found = defender.machines.list(filter="osPlatform eq 'Windows11'").first()
    assert found is not None
    return found


def test_a_package_is_saved_as_a_zip(as_app: Cli, tenant: LocalTenant, workstation: Machine, tmp_path: Path) -> None:
    with tenant.defender() as defender:
        action = defender.machines.collect_investigation_package(workstation.id, comment="drill")
        defender.machine_actions.wait(action, check=True)

    ended = as_app("machine-actions", "package", action.id, "--to", str(tmp_path / "p.zip"), "-o", "json")

    assert ended.status == 0, ended.err
    assert ended.json() == {
        "id": action.id, "path": str(tmp_path / "p.zip"), "bytes": (tmp_path / "p.zip").stat().st_size,
    }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        assert "Processes/Processes.csv" in archive.namelist()


def test_a_package_that_is_not_collected_is_an_error(
    as_app: Cli, tenant: LocalTenant, workstation: Machine, tmp_path: Path
) -> None:
    with tenant.defender() as defender:
        action = defender.machines.run_antivirus_scan(workstation.id, comment="drill", scan_type="Quick")

    ended = as_app("machine-actions", "package", action.id, "--to", str(tmp_path / "p.zip"))

    assert (ended.status, ended.out) == (1, "")
    assert not (tmp_path / "p.zip").exists()


def test_the_result_of_a_script_is_saved_as_json(
    as_app: Cli, tenant: LocalTenant, workstation: Machine, tmp_path: Path
) -> None:
    with tenant.defender() as defender:
        defender.library_files.upload(Upload("hello.ps1", b"Write-Output 'hello'\nexit 2"))
        commands = [LiveResponseCommand.run_script("hello.ps1")]
        action = defender.machines.run_live_response(workstation.id, comment="drill", commands=commands)
        defender.machine_actions.wait(action, check=True)

    ended = as_app("machine-actions", "result", action.id, "0", "--to", str(tmp_path / "r.json"))

    assert (ended.status, ended.out) == (0, "")
    saved = json.loads((tmp_path / "r.json").read_text())
    assert (saved["exit_code"], saved["script_output"].splitlines()[1:]) == (2, ["hello"])
