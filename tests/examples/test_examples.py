"""The example programs, run as a user would run them, against a local tenant whose clock is quick."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vedette.tenant import LocalTenant
from vedette.tenant.clock import RunningClock

Run = Callable[..., "subprocess.CompletedProcess[str]"]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    with LocalTenant(machines=8, days=2, clock=RunningClock(speed=60)) as tenant:
        yield tenant


@pytest.fixture
def run(tenant: LocalTenant, tmp_path: Path) -> Run:
    ready = tmp_path / "tenant.json"
    ready.write_text(json.dumps(tenant.ready()))
    config = tmp_path / "config.toml"

    def start(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"VEDETTE_TENANT": str(ready), "VEDETTE_CONFIG": str(config), "HOME": str(tmp_path)}
        command = [sys.executable, str(EXAMPLES / program), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    return start


def test_triage_shows_open_alerts_of_high_severity(run: Run, tenant: LocalTenant) -> None:
    done = run("triage_new_alerts.py")

    assert done.returncode == 0, done.stderr
    with tenant.defender() as defender:
        wanted = list(defender.alerts.list(filter="severity eq 'High' and status ne 'Resolved'"))
    titles = [line.split("  ", 2)[2] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert sorted(titles) == sorted(alert.title for alert in wanted)
    assert " → " in done.stdout


def test_containing_a_machine_isolates_it_and_notes_the_alerts(run: Run, tenant: LocalTenant) -> None:
    with tenant.defender() as defender:
        alert = defender.alerts.list(filter="status eq 'New'").first()
        assert alert is not None
        assert alert.machine_id is not None
        machine = defender.machines.get(alert.machine_id)

        done = run("contain_machine.py", str(machine.computer_dns_name), "--case", "INC-42")

        assert done.returncode == 0, done.stderr
        assert f"{machine.computer_dns_name}: Isolate Succeeded" in done.stdout
        noted = defender.alerts.get(alert.id)
        assert noted.status == "InProgress"
        assert (noted.comments[-1].comment or "").startswith("INC-42: machine isolated, action ")


def test_the_inventory_holds_every_machine(run: Run, tenant: LocalTenant) -> None:
    done = run("inventory.py")

    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    with tenant.defender() as defender:
        assert {row["id"] for row in rows} == {machine.id for machine in defender.machines.list()}
    assert sum(int(row["open alerts"]) for row in rows) > 0


def test_hunting_around_an_alert_lists_what_ran(run: Run, tenant: LocalTenant) -> None:
    with tenant.defender() as defender:
        alert = next(
            one
            for one in defender.alerts.list(expand=["evidence"])
            if any(item.entity_type == "Process" for item in one.evidence)
        )
        started = {item.file_name for item in alert.evidence if item.entity_type == "Process"}

    done = run("hunt_around_alert.py", alert.id, "--minutes", "5")

    assert done.returncode == 0, done.stderr
    heading, *rows = csv.reader(done.stdout.splitlines())
    assert heading == ["Timestamp", "Account", "Parent", "FileName", "ProcessCommandLine"]
    assert started & {row[3] for row in rows}
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert f"{len(rows)} processes around '{alert.title}'" in done.stderr
