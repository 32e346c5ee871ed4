"""Device groups: those of the machines, and those that callers add; moving a machine moves who sees it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.api.conftest import SRV, WS1, WS2, Api

READ = "Machine.Read.All"
WRITE = "Machine.ReadWrite.All"


def groups(api: Api) -> list[tuple[int, str, int]]:
    answer = api.get("/api/deviceGroups", READ)
    assert answer.json()["@odata.context"] == "https://tenant.test/api/$metadata#DeviceGroups"
    return [(row["id"], row["deviceGroupName"], row["deviceCount"]) for row in answer.json()["value"]]


def post(api: Api, what: str, **body: object) -> Any:  # a response
    return api.call("POST", f"/api/deviceGroups/{what}", roles=(WRITE,), json=body)


def rule(condition: str, value: str) -> dict[str, object]:
    return {"devicesNamesConditions": [{"condition": condition, "value": value}]}


def test_the_groups_of_the_machines_are_listed_with_their_counts(api: Api) -> None:
    assert groups(api) == [(1, "Workstations", 2), (2, "Servers", 1), (0, "Unassigned", 0)]
    one = api.get("/api/deviceGroups/2", READ).json()
    assert (one["deviceGroupName"], one["priority"], one["isUnassignedDeviceGroup"]) == ("Servers", 2, False)
    missing = api.get("/api/deviceGroups/9", READ)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_an_added_group_takes_in_the_machines_of_its_rules(api: Api) -> None:
    answer = post(
        api,
        "addDeviceGroups",
        deviceGroups=[{"deviceGroupName": "First", "priority": -1, "deviceGroupRules": rule("Equals", "WS-01")}],
    )

    assert answer.status_code == 200
    assert groups(api) == [(3, "First", 1), (1, "Workstations", 1), (2, "Servers", 1), (0, "Unassigned", 0)]
    machine = api.get(f"/api/machines/{WS1}", READ).json()
    assert (machine["rbacGroupId"], machine["rbacGroupName"]) == (3, "First")
    assert api.get("/api/alerts/da1", "Alert.Read.All").json()["rbacGroupName"] == "First"


def test_a_group_behind_the_present_one_takes_nothing_away(api: Api) -> None:
    post(
        api,
        "addDeviceGroups",
        deviceGroups=[{"deviceGroupName": "Late", "deviceGroupRules": rule("StartsWith", "ws-")}],
    )

    assert groups(api)[:3] == [(1, "Workstations", 2), (2, "Servers", 1), (3, "Late", 0)]
    post(api, "deleteDeviceGroups", ids=[1])
    assert groups(api) == [(2, "Servers", 1), (3, "Late", 2), (0, "Unassigned", 0)]


def test_machines_of_a_deleted_group_are_unassigned_and_out_of_sight(api: Api) -> None:
    token = api.user_token("server-viewer", "Machine.Read Alert.Read")
    assert api.call("GET", "/api/machines", token=token).json()["value"][0]["id"] == SRV

    assert post(api, "deleteDeviceGroups", ids=[2]).status_code == 200

    assert groups(api) == [(1, "Workstations", 2), (0, "Unassigned", 1)]
    assert api.call("GET", "/api/machines", token=token).json()["value"] == []
    assert api.call("GET", "/api/alerts", token=token).json()["value"] == []
    assert post(api, "deleteDeviceGroups", ids=[1, 2]).json()["error"]["code"] == "ResourceNotFound"
    assert groups(api) == [(1, "Workstations", 2), (0, "Unassigned", 1)]


def test_the_list_is_replaced_when_its_counts_agree(api: Api) -> None:
    wanted = [
        {"id": 2, "priority": 1, "deviceGroupName": "Servers"},
        {
            "deviceGroupName": "Tagged",
            "deviceGroupRules": {"devicesTagsConditions": [{"condition": "Equals", "value": "finance"}]},
        },
    ]

    refused = post(api, "postDeviceGroups", additionsCount=1, deletionsCount=0, deviceGroups=wanted)
    assert refused.json()["error"]["code"] == "InvalidInput"
    assert post(api, "postDeviceGroups", additionsCount=1, deletionsCount=1, deviceGroups=wanted).status_code == 200

    assert groups(api) == [(2, "Servers", 1), (3, "Tagged", 1), (0, "Unassigned", 1)]
    assert api.get(f"/api/machines/{WS2}", READ).json()["rbacGroupName"] == "Unassigned"


@pytest.mark.parametrize("name", ["", "Servers", "SERVERS", "Unassigned"])
def test_a_group_needs_a_name_of_its_own(api: Api, name: str) -> None:
    assert post(api, "addDeviceGroups", deviceGroups=[{"deviceGroupName": name}]).status_code == 400
    assert len(groups(api)) == 3


def test_a_number_is_never_given_twice(api: Api) -> None:
    post(api, "addDeviceGroups", deviceGroups=[{"deviceGroupName": "One"}])
    post(api, "deleteDeviceGroups", ids=[3])
    post(api, "addDeviceGroups", deviceGroups=[{"deviceGroupName": "Two"}])

    assert [number for number, _, _ in groups(api)] == [1, 2, 4, 0]


def test_permission_role_and_groups_limit_the_list(api: Api) -> None:
    assert api.get("/api/deviceGroups", "Alert.Read.All").status_code == 403
    body = {"deviceGroups": [{"deviceGroupName": "New"}]}
    path = "/api/deviceGroups/addDeviceGroups"
    assert api.call("POST", path, roles=(READ,), json=body).status_code == 403
    viewer = api.call("POST", path, token=api.user_token("viewer", "Machine.ReadWrite"), json=body)
    assert "Manage security settings" in viewer.json()["error"]["message"]
    token = api.user_token("server-viewer", "Machine.Read")
    seen = api.call("GET", "/api/deviceGroups", token=token).json()["value"]
    assert [row["deviceGroupName"] for row in seen] == ["Servers"]
    assert api.call("GET", "/api/deviceGroups/1", token=token).status_code == 404
