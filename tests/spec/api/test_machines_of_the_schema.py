"""What the service's schema alone says of machines: big pages, untagged ones, data-loss prevention, exclusion."""

from __future__ import annotations

import pytest

from tests.spec.api.conftest import SRV, WS1, WS2, Api

READ = "Machine.Read.All"
WRITE = "Machine.ReadWrite.All"


def ids(api: Api, path: str, *, token: str | None = None) -> list[str]:
    return [row["id"] for row in api.call("GET", f"/api/machines/{path}", roles=(READ,), token=token).json()["value"]]


def test_big_pages_hold_all_machines(api: Api) -> None:
    assert ids(api, "bigPageSize") == [WS1, WS2, SRV]


def test_untagged_machines_are_those_without_any_tag(api: Api) -> None:
    assert ids(api, "unTaggedMachines") == [WS2]

    api.call("POST", f"/api/machines/{WS2}/tags", roles=(WRITE,), json={"Value": "seen", "Action": "Add"})
    assert ids(api, "unTaggedMachines") == []


def test_how_machines_stand_with_data_loss_prevention(api: Api) -> None:
    answer = api.get("/api/machines/dlp", READ).json()

    name = "https://tenant.test/api/$metadata#Collection(microsoft.windowsDefenderATP.api.DlpMachine)"
    assert answer["@odata.context"] == name
    assert [(row["id"], row["configStatus"]) for row in answer["value"]] == [
        (WS1, "Valid"),
        (WS2, "InactiveAV"),
        (SRV, "Valid"),
    ]


@pytest.mark.parametrize(("given", "noted"), [({}, "Other"), ({"ExclusionReason": "InactiveDevice"}, "InactiveDevice")])
def test_a_machine_is_excluded_and_taken_in_again(api: Api, given: dict[str, object], noted: str) -> None:
    path = f"/api/machines/{WS2}/setExclusion"

    answer = api.call("POST", path, roles=(WRITE,), json={"IsExcluded": True, **given}).json()

    assert (answer["isExcluded"], answer["exclusionReason"]) == (True, noted)
    assert api.get(f"/api/machines/{WS2}", READ).json()["isExcluded"] is True
    again = api.call("POST", path, roles=(WRITE,), json={"IsExcluded": False}).json()
    assert (again["isExcluded"], again["exclusionReason"]) == (False, None)


def test_exclusion_wants_a_known_reason_and_a_known_machine(api: Api) -> None:
    body = {"IsExcluded": True, "ExclusionReason": "Boredom"}
    assert api.call("POST", f"/api/machines/{WS2}/setExclusion", roles=(WRITE,), json=body).status_code == 400
    unknown = api.call("POST", f"/api/machines/{'f' * 40}/setExclusion", roles=(WRITE,), json={"IsExcluded": True})
    assert unknown.json()["error"]["code"] == "ResourceNotFound"
    missing = api.call("POST", f"/api/machines/{WS2}/setExclusion", roles=(WRITE,), json={})
    assert missing.json()["error"]["message"] == "Parameter IsExcluded is missing"


def test_permission_role_and_device_groups_hold_here_too(api: Api) -> None:
    token = api.user_token("server-viewer", "Machine.Read Machine.ReadWrite")
    for path, seen in (("bigPageSize", [SRV]), ("unTaggedMachines", []), ("dlp", [SRV])):
        assert ids(api, path, token=token) == seen
        assert api.get(f"/api/machines/{path}", "Alert.Read.All").status_code == 403
    body = {"IsExcluded": True}
    assert api.call("POST", f"/api/machines/{SRV}/setExclusion", token=token, json=body).status_code == 403
    responder = api.user_token("server-responder", "Machine.ReadWrite")
    assert api.call("POST", f"/api/machines/{SRV}/setExclusion", token=responder, json=body).status_code == 200
    assert api.call("POST", f"/api/machines/{WS1}/setExclusion", token=responder, json=body).status_code == 404


def test_a_tenant_that_streams_nothing_has_no_streaming_settings(api: Api) -> None:
    answer = api.get("/api/dataExportSettings", "SecurityConfiguration.Read.All")

    assert answer.json() == {
        "@odata.context": "https://tenant.test/api/$metadata#DataExportSettings",
        "value": [],
    }
    assert api.get("/api/dataExportSettings", "Machine.Read.All").status_code == 403
    viewer = api.call("GET", "/api/dataExportSettings", token=api.user_token("viewer", "SecurityConfiguration.Read"))
    assert "Manage security settings" in viewer.json()["error"]["message"]
