"""Over a simulated enterprise: what an alert's evidence names is found again by every question about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.spec.api.conftest import NOW, TENANT, Api
from vedette.catalogue.alerts import Alert
from vedette.simulation import Simulation, simulate
from vedette.telemetry import Lake, LakeWriter
from vedette.tenant.defender.hosts import host_of, is_domain_name
from vedette.tenant.store.database import Database
from vedette.tenant.store.defender import DefenderStore

ROLES = ("Alert.Read.All", "Machine.Read.All", "File.Read.All", "Ip.Read.All", "Url.Read.All")


@pytest.fixture(scope="module")
def story() -> Simulation:
    return simulate(seed=3, machines=16, days=6, until=NOW - timedelta(minutes=1), tenant_id=TENANT)


@pytest.fixture(scope="module")
def filled(story: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DefenderStore]:
    lake = Lake(tmp_path_factory.mktemp("world"))
    with LakeWriter(lake) as writer:
        writer.add_many(story.events())
    store = DefenderStore(Database(None), lake)
    store.load(story.machines, story.alerts)
    yield store
    store.close()


@pytest.fixture
def world(api: Api, filled: DefenderStore) -> Api:
    api.state.defender = {TENANT: filled}
    api.state.options = type(api.state.options)(limit_factor=None)
    return api


def ask(api: Api, path: str) -> Any:  # JSON
    answer = api.get(path, *ROLES)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    return answer.json()


def ids(api: Api, path: str) -> set[str]:
    return {row["id"] for row in ask(api, path)["value"]}


def named(alerts: list[Alert], kind: str) -> dict[str, set[tuple[str, str]]]:
    """Value → (alert, machine) of every alert whose evidence names it."""
    found: dict[str, set[tuple[str, str]]] = {}
    for alert in alerts:
        for each in alert.evidence:
            host = host_of(each.url)
            value = {
                "files": each.sha1,
                "ips": each.ip_address,
                "domains": host if is_domain_name(host or "") else None,
            }
            if value[kind] is not None:
                found.setdefault(str(value[kind]), set()).add((alert.id, str(alert.machine_id)))
    assert found
    return found


@pytest.mark.parametrize("kind", ["files", "ips", "domains"])
def test_what_evidence_names_is_found_again(world: Api, story: Simulation, kind: str) -> None:
    for value, places in named(story.alerts, kind).items():
        assert ids(world, f"/api/{kind}/{value}/alerts") == {alert for alert, _ in places}
        counted = ask(world, f"/api/{kind}/{value}/stats")["organizationPrevalence"]
        if kind == "ips":
            assert counted >= 1
            continue
        machines = ids(world, f"/api/{kind}/{value}/machines")
        assert {machine for _, machine in places} <= machines
        assert counted == len(machines)


def test_incidents_hold_every_alert_once(world: Api, story: Simulation) -> None:
    incidents = ask(world, "/api/incidents")["value"]

    held = sorted(alert["alertId"] for incident in incidents for alert in incident["alerts"])
    assert held == sorted(alert.id for alert in story.alerts)
    assert {incident["incidentId"] for incident in incidents} == {alert.incident_id for alert in story.alerts}


def test_device_groups_hold_every_machine_once(world: Api, story: Simulation) -> None:
    groups = ask(world, "/api/deviceGroups")["value"]

    assert sum(group["deviceCount"] for group in groups) == len(story.machines)
    assert {group["deviceGroupName"] for group in groups if group["deviceCount"]} == {
        machine.rbac_group_name for machine in story.machines
    }
