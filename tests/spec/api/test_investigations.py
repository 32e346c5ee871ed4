"""Automated investigations: those of alerts, those that are started, and how they end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.spec.api.conftest import MACHINES, NOW, SRV, TENANT, WS1, WS2, Api, alert

READ = "Alert.Read.All"
WRITE = "Alert.ReadWrite.All"


@pytest.fixture(autouse=True)
def known(api: Api) -> None:
    """Two investigations that alerts speak of, and one of an alert that is still to come."""
    api.state.defender[TENANT].load(
        MACHINES,
        [
            alert(5, investigation_id=500, investigation_state="Benign", last_update_time=NOW - timedelta(hours=4)),
            alert(4, investigation_id=500, investigation_state="Benign"),
            alert(6, investigation_id=501, investigation_state="Running", machine_id=SRV, rbac_group_name="Servers"),
            alert(-9, investigation_id=502, investigation_state="Queued"),
        ],
        NOW,
    )


def start(api: Api, machine: str = WS1, path: str = "startInvestigation") -> dict[str, Any]:
    answer = api.call("POST", f"/api/machines/{machine}/{path}", roles=(WRITE,), json={"Comment": "INC-42"})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()  # type: ignore[no-any-return]  # an investigation as JSON


def now(api: Api, id: str) -> dict[str, Any]:
    return api.get(f"/api/investigations/{id}", READ).json()  # type: ignore[no-any-return]  # as above


def test_alerts_bring_their_investigations(api: Api) -> None:
    answer = api.get("/api/investigations?$orderby=id", READ).json()

    assert answer["@odata.context"] == "https://tenant.test/api/$metadata#Investigations"
    first, second = answer["value"]
    assert (first["id"], first["state"], first["triggeringAlertId"]) == ("500", "Benign", "da5")
    assert (first["startTime"], first["endTime"]) == ("2026-11-22T07:00:00Z", "2026-11-22T08:00:00Z")
    assert (first["machineId"], first["computerDnsName"]) == (WS1, "ws-01.halden.example")
    assert (second["id"], second["state"], second["endTime"]) == ("501", "Running", None)


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("state eq 'Running'", ["501"]),
        (f"machineId eq '{WS1}'", ["500"]),
        ("triggeringAlertId eq 'da5'", ["500"]),
        ("startTime lt 2026-11-22T06:30:00Z", ["501"]),
    ],
)
def test_documented_filters_select(api: Api, filter: str, expected: list[str]) -> None:
    rows = api.get(f"/api/investigations?$filter={filter}", READ).json()["value"]

    assert [row["id"] for row in rows] == expected


def test_one_is_found_by_its_id_and_by_its_alert(api: Api) -> None:
    assert now(api, "500")["id"] == now(api, "da5")["id"] == "500"
    missing = api.get("/api/investigations/499", READ)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_what_an_alert_starts_later_is_not_there_yet(api: Api) -> None:
    assert api.get("/api/investigations/502", READ).status_code == 404

    api.clock.advance(timedelta(hours=9))
    assert now(api, "502")["state"] == "Queued"
    assert api.get("/api/alerts/da-9", READ).json()["investigationState"] == "Queued"

    api.clock.advance(timedelta(hours=1))
    assert now(api, "502")["state"] == "SuccessfullyRemediated"
    assert api.get("/api/alerts/da-9", READ).json()["investigationState"] == "SuccessfullyRemediated"


def test_what_runs_when_the_tenant_begins_ends_within_hours(api: Api) -> None:
    assert now(api, "501")["state"] == "Running"

    api.clock.advance(timedelta(hours=6))
    ended = now(api, "501")
    assert (ended["state"], ended["endTime"]) == ("Benign", "2026-11-22T15:51:00Z")


def test_a_started_one_is_queued_runs_and_ends_with_its_alert(api: Api) -> None:
    api.call("PATCH", "/api/alerts/da1", roles=(WRITE,), json={"status": "Resolved"})  # the severe one
    answer = api.call("POST", f"/api/machines/{WS1}/startInvestigation", roles=(WRITE,), json={"Comment": "INC-42"})
    assert answer.status_code == 201
    started = answer.json()

    assert (started["id"], started["state"], started["endTime"]) == ("503", "Queued", None)
    raised = api.get(f"/api/alerts/{started['triggeringAlertId']}", READ).json()
    assert (raised["investigationId"], raised["severity"]) == (503, "Informational")
    assert raised["detectionSource"] == "AutomatedInvestigation"
    api.clock.advance(timedelta(seconds=5))
    assert now(api, "503")["state"] == "Running"
    api.clock.advance(timedelta(minutes=5))
    ended = now(api, "503")
    assert (ended["state"], ended["endTime"]) == ("SuccessfullyRemediated", "2026-11-22T12:05:00Z")
    assert api.get(f"/api/alerts/{started['triggeringAlertId']}", READ).json()["investigationState"] == ended["state"]


def resolve(api: Api, **where: str) -> None:
    store = api.state.defender[TENANT]
    for each in list(store.alerts.where(**where)):
        api.call("PATCH", f"/api/alerts/{each.id}", roles=(WRITE,), json={"status": "Resolved"})


def test_it_ends_by_what_is_known_of_the_machine(api: Api) -> None:
    severe = alert(7, severity="High", machine_id=SRV, rbac_group_name="Servers")
    api.state.defender[TENANT].alerts.put(severe)
    waiting = start(api, SRV)
    resolve(api, machine_id=WS1)
    clean = start(api)

    api.clock.advance(timedelta(minutes=5))

    assert (now(api, waiting["id"])["state"], now(api, waiting["id"])["endTime"]) == ("PendingApproval", None)
    assert now(api, clean["id"])["state"] == "Benign"


def test_a_machine_that_is_away_is_waited_for(api: Api) -> None:
    started = start(api, WS2)

    api.clock.advance(timedelta(days=3, seconds=-1))
    assert now(api, started["id"])["state"] == "PendingResource"
    api.clock.advance(timedelta(seconds=1))
    assert now(api, started["id"])["state"] == "TerminatedBySystem"


def test_the_older_name_starts_one_too(api: Api) -> None:
    answer = api.call("POST", f"/api/machines/{WS1}/initiateInvestigation", roles=(WRITE,), json={"Comment": "x"})

    assert (answer.status_code, answer.json()["state"]) == (200, "Queued")


def test_fifty_are_started_in_an_hour(api: Api) -> None:
    for _ in range(50):
        start(api)

    answer = api.call("POST", f"/api/machines/{WS1}/startInvestigation", roles=(WRITE,), json={"Comment": "more"})

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")


def test_those_of_other_groups_are_invisible(api: Api) -> None:
    token = api.user_token("server-viewer", "Alert.Read")

    rows = api.call("GET", "/api/investigations", token=token).json()["value"]

    assert [row["id"] for row in rows] == ["501"]
    assert api.call("GET", "/api/investigations/500", token=token).status_code == 404
    act = api.user_token("server-responder", "Alert.ReadWrite")
    path = f"/api/machines/{WS1}/startInvestigation"
    assert api.call("POST", path, token=act, json={"Comment": "x"}).status_code == 404
