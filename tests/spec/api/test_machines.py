"""Machines as the API serves them: found by id, name, address and tag; tagged and valued."""

from __future__ import annotations

import pytest

from tests.spec.api.conftest import SRV, WS1, WS2, Api

READ = "Machine.Read.All"
WRITE = "Machine.ReadWrite.All"


def ids(api: Api, path: str) -> list[str]:
    return [row["id"] for row in api.get(path, READ).json()["value"]]


@pytest.mark.parametrize(
    "name", [WS1, WS1.upper(), "ws-01.halden.example", "WS-01.Halden.Example", "33333333-3333-4333-8333-333333333333"]
)
def test_a_machine_is_found_by_id_by_name_and_by_entra_device_id(api: Api, name: str) -> None:
    answer = api.get(f"/api/machines/{name}", READ).json()

    assert answer["id"] == WS1
    assert answer["@odata.context"] == "https://tenant.test/api/$metadata#Machine"


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("computerDnsName eq 'WS-01.halden.example'", [WS1]),
        ("startswith(computerDnsName,'ws-')", [WS1, WS2]),
        ("machineTags/any(tag: tag eq 'finance')", [WS1, SRV]),
        ("healthStatus ne 'Active'", [WS2]),
        ("lastSeen lt 2026-11-20", [WS2]),
        ("lastSeen gt 2026-11-01Z and riskScore eq 'High'", [WS1]),
        ("rbacGroupId eq 2", [SRV]),
        ("osPlatform eq 'Windows10' or exposureLevel eq 'Medium'", [WS1, WS2]),
    ],
)
def test_documented_filters_select(api: Api, filter: str, expected: list[str]) -> None:
    assert ids(api, f"/api/machines?$filter={filter}") == expected


def test_machines_are_found_by_tag(api: Api) -> None:
    assert ids(api, "/api/machines/findbytag?tag=finance") == [WS1, SRV]
    assert ids(api, "/api/machines/findbytag?tag=pilot") == []
    assert ids(api, "/api/machines/findbytag?tag=pilot&useStartsWithFilter=true") == [WS1]
    assert ids(api, "/api/machines/findbytag(tag='pilot',useStartsWithFilter=true)") == [WS1]
    assert api.get("/api/machines/findbytag", READ).json()["error"]["message"] == "Parameter tag is missing"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("findbyip(ip='10.0.0.1',timestamp=2026-11-22T08:00:00Z)", [WS1, SRV]),
        ("FindByIp(timestamp=2026-11-22T08:10:00Z,ip='10.0.0.1')", [WS1]),
        ("findbyip(ip='10.0.0.1',timestamp=2026-11-21T08:00:00Z)", []),
        ("find(timestamp=2026-11-22T08:00:00Z,key='10.0.0.1')", [WS1, SRV]),
    ],
)
def test_machines_are_found_by_the_address_they_had(api: Api, call: str, expected: list[str]) -> None:
    assert ids(api, f"/api/machines/{call}") == expected


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        ("findbyip(ip='10.0.0.300',timestamp=2026-11-22T08:00:00Z)", 400, "InvalidIpAddress"),
        ("findbyip(ip='10.0.0.1',timestamp=2026-09-01T00:00:00Z)", 400, "InvalidInput"),
        ("findbyip(ip='10.0.0.1',timestamp=soon)", 400, "InvalidInput"),
        ("findbyip(ip='10.0.0.1')", 400, "MissingRequiredParameter"),
        ("find(timestamp=2026-11-22T08:00:00Z,key='10.9.9.9')", 404, "ResourceNotFound"),
    ],
)
def test_a_wrong_address_or_time_is_refused(api: Api, call: str, status: int, code: str) -> None:
    answer = api.get(f"/api/machines/{call}", READ)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_tag_is_added_once_and_removed(api: Api) -> None:
    for _ in range(2):
        answer = api.call(
            "POST", f"/api/machines/{WS1}/tags", roles=(WRITE,), json={"Value": "triage", "Action": "Add"}
        )
        assert answer.status_code == 200
    assert api.get(f"/api/machines/{WS1}", READ).json()["machineTags"] == ["finance", "pilot-1", "triage"]
    assert ids(api, "/api/machines/findbytag?tag=triage") == [WS1]

    api.call("POST", f"/api/machines/{WS1}/tags", roles=(WRITE,), json={"Value": "finance", "Action": "Remove"})
    assert api.get(f"/api/machines/{WS1}", READ).json()["machineTags"] == ["pilot-1", "triage"]


def test_body_names_are_case_sensitive(api: Api) -> None:
    answer = api.call("POST", f"/api/machines/{WS1}/tags", roles=(WRITE,), json={"value": "x", "Action": "Add"})

    assert answer.json()["error"]["code"] == "MissingRequiredParameter"
    assert answer.json()["error"]["message"] == "Parameter Value is missing"


def test_many_machines_are_tagged_at_once_or_none(api: Api) -> None:
    path = "/api/machines/AddOrRemoveTagForMultipleMachines"
    body = {"Value": "sweep", "Action": "Add", "MachineIds": [WS1, SRV]}

    answer = api.call("POST", path, roles=(WRITE,), json=body)

    assert [row["id"] for row in answer.json()["value"]] == [WS1, SRV]
    assert ids(api, "/api/machines/findbytag?tag=sweep") == [WS1, SRV]
    refused = api.call("POST", path, roles=(WRITE,), json={**body, "Value": "no", "MachineIds": [WS1, "f" * 40]})
    assert refused.status_code == 404
    assert ids(api, "/api/machines/findbytag?tag=no") == []


def test_501_machines_are_too_many(api: Api) -> None:
    answer = api.call(
        "POST",
        "/api/machines/AddOrRemoveTagForMultipleMachines",
        roles=(WRITE,),
        json={"Value": "x", "Action": "Add", "MachineIds": [WS1] * 501},
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "MaximumBatchSizeExceeded"
    assert answer.json()["error"]["message"] == "Maximum batch size exceeded. Received: 501, allowed: 500"


def test_the_value_of_a_machine_is_set(api: Api) -> None:
    answer = api.call("POST", f"/api/machines/{WS1}/setDeviceValue", roles=(WRITE,), json={"DeviceValue": "High"})
    assert answer.json()["deviceValue"] == "High"

    answer = api.call("PATCH", f"/api/machines/{WS1}", roles=(WRITE,), json={"deviceValue": "Low", "machineTags": []})
    assert (answer.json()["deviceValue"], answer.json()["machineTags"]) == ("Low", [])


def test_logon_users_come_from_logons_that_succeeded(api: Api) -> None:
    answer = api.get(f"/api/machines/{WS1}/logonusers", "User.Read.All").json()

    assert answer["@odata.context"] == "https://tenant.test/api/$metadata#Users"
    (user,) = answer["value"]
    assert (user["id"], user["accountSid"], user["logonTypes"]) == ("halden\\mira", "S-1-5-21-1", "Interactive")
    assert (user["firstSeen"], user["lastSeen"]) == ("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z")


def test_alerts_of_a_machine_are_listed_and_counted(api: Api) -> None:
    rows = api.get(f"/api/machines/{WS1}/alerts?$filter=status eq 'New'", "Alert.Read.All").json()["value"]
    assert [row["id"] for row in rows] == ["da1"]

    count = api.get(f"/api/machines/{WS1}/alerts/$count?$filter=status ne 'Resolved'", "Alert.Read.All")
    assert (count.text, count.headers["content-type"]) == ("2", "text/plain; charset=utf-8")
    refused = api.get(f"/api/machines/{WS1}/alerts?$filter=severity eq 'High'", "Alert.Read.All")
    assert refused.json()["error"]["code"] == "ODataError"
