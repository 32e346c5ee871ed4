"""Incidents: the alerts of one number, told together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.spec.api.conftest import EVIDENCE, NOW, SRV, TENANT, WS1, Api, alert
from vedette.catalogue.alerts import AlertEvidence

READ = "Alert.Read.All"


@pytest.fixture(autouse=True)
def incidents(api: Api) -> None:
    api.state.defender[TENANT].alerts.put(
        alert(4, incident_id=7, severity="High", classification="TruePositive", evidence=[EVIDENCE]),
        alert(
            5,
            incident_id=7,
            severity="Low",
            status="InProgress",
            classification="TruePositive",
            assigned_to="lena",
            machine_id=SRV,
            rbac_group_name="Servers",
            evidence=[
                AlertEvidence(entity_type="Url", url="https://cdn.files.example/a"),
                AlertEvidence(entity_type="Ip", ip_address="203.0.113.9"),
                AlertEvidence(entity_type="User", account_name="mira"),
            ],
        ),
        alert(6, incident_id=8, status="Resolved", determination="Malware"),
    )


def incident(api: Api, number: int, **call: Any) -> dict[str, Any]:
    return api.call("GET", f"/api/incidents/{number}", **(call or {"roles": (READ,)})).json()  # type: ignore[no-any-return]  # JSON


def test_incidents_are_listed_newest_first(api: Api) -> None:
    answer = api.get("/api/incidents", READ).json()

    assert answer["@odata.context"] == "https://tenant.test/api/$metadata#Incidents"
    assert [(row["incidentId"], len(row["alerts"])) for row in answer["value"]] == [(8, 1), (7, 2)]


def test_an_incident_sums_up_its_alerts(api: Api) -> None:
    found = incident(api, 7)

    assert (found["severity"], found["status"], found["classification"]) == ("High", "InProgress", "TruePositive")
    assert (found["assignedTo"], found["determination"]) == (None, "NotAvailable")
    assert found["incidentName"] == "Alert 5 on 2 endpoints"
    assert found["createdTime"] == (NOW - timedelta(hours=5)).isoformat().replace("+00:00", "Z")
    assert found["lastUpdateTime"] == (NOW - timedelta(hours=4)).isoformat().replace("+00:00", "Z")
    assert [row["alertId"] for row in found["alerts"]] == ["da5", "da4"]
    (device,) = found["alerts"][1]["devices"]
    assert (device["mdatpDeviceId"], device["deviceDnsName"]) == (WS1, "ws-01.halden.example")
    (process,) = found["alerts"][1]["entities"]
    assert (process["entityType"], process["sha1"], process["verdict"]) == ("Process", "d" * 40, "Suspicious")
    assert incident(api, 8)["status"] == "Resolved"


def test_a_change_of_an_alert_shows_in_its_incident(api: Api) -> None:
    body = {"alertIds": ["da4", "da5"], "status": "Resolved", "comment": "Done."}
    api.call("POST", "/api/alerts/batchUpdate", roles=("Alert.ReadWrite.All",), json=body)

    found = incident(api, 7)
    assert found["status"] == "Resolved"
    assert [comment["comment"] for comment in found["comments"]] == ["Done.", "Done."]
    assert found["lastUpdateTime"] == "2026-11-22T12:00:00Z"


@pytest.mark.parametrize(
    ("kind", "value", "action", "alert_id", "entity", "verdict"),
    [
        ("FileSha1", "d" * 40, "Block", 1, 0, ("Malicious", "Blocked")),
        ("FileSha1", "d" * 40, "Allowed", 1, 0, ("Clean", "None")),
        ("DomainName", "files.example", "Block", 0, 0, ("Malicious", "Blocked")),
        ("Url", "https://cdn.files.example/a", "Block", 0, 0, ("Malicious", "Blocked")),
        ("Url", "https://cdn.files.example/A", "Block", 0, 0, ("Suspicious", "Active")),
        ("IpAddress", "203.0.113.9", "Block", 0, 1, ("Malicious", "Blocked")),
        ("IpAddress", "203.0.113.9", "Warn", 0, 1, ("Suspicious", "Active")),
    ],
)
def test_an_active_indicator_decides_over_the_evidence(
    api: Api, kind: str, value: str, action: str, alert_id: int, entity: int, verdict: tuple[str, str]
) -> None:
    made = api.call(
        "POST",
        "/api/indicators",
        roles=("Ti.ReadWrite.All",),
        json={"indicatorType": kind, "indicatorValue": value, "action": action, "title": "x", "description": "x"},
    ).json()

    found = incident(api, 7)["alerts"][alert_id]["entities"][entity]
    assert (found["verdict"], found["remediationStatus"]) == verdict
    api.call("DELETE", f"/api/indicators/{made['id']}", roles=("Ti.ReadWrite.All",))
    found = incident(api, 7)["alerts"][alert_id]["entities"][entity]
    assert (found["verdict"], found["remediationStatus"]) == ("Suspicious", "Active")


def test_an_alert_that_a_caller_raises_is_an_incident_of_its_own(api: Api) -> None:
    body = {
        "machineId": WS1,
        "severity": "High",
        "title": "Download by certutil",
        "description": "Seen while hunting.",
        "recommendedAction": "Isolate",
        "eventTime": "2026-11-22T06:59:59.999877Z",
        "reportId": "77",
        "category": "Execution",
    }
    raised = api.call("POST", "/api/alerts/CreateAlertByReference", roles=("Alert.ReadWrite.All",), json=body).json()

    assert raised["incidentId"] == 9
    assert [each["alertId"] for each in incident(api, 9)["alerts"]] == [raised["id"]]


def test_an_unknown_number_is_not_found(api: Api) -> None:
    answer = api.get("/api/incidents/99", READ)

    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Incident 99 was not found")
    assert api.get("/api/incidents/x", READ).status_code == 400


def test_permission_role_and_device_groups_limit_what_is_seen(api: Api) -> None:
    assert api.get("/api/incidents", "Machine.Read.All").status_code == 403
    token = api.user_token("server-viewer", "Alert.Read")
    seen = api.call("GET", "/api/incidents", token=token).json()["value"]
    assert [(row["incidentId"], [each["alertId"] for each in row["alerts"]]) for row in seen] == [(7, ["da5"])]
    assert api.call("GET", "/api/incidents/8", token=token).status_code == 404
    assert api.call("GET", "/api/incidents", token=api.user_token("outsider", "Alert.Read")).status_code == 403
