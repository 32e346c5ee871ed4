"""What the tenant does for any operation of a shape: pages of exports, forms, single entities, what nobody answers.

The behaviour behind the operations is put in by the specifications themselves.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from tests.spec.api.conftest import NOW, WS1, Api
from vedette.catalogue.authenticated_scans import DeviceAuthenticatedScanAgent, SnmpAuthParams
from vedette.catalogue.device_health import DeviceAvInfo
from vedette.catalogue.exported_rows import AssetSoftware
from vedette.catalogue.library_files import MAX_FILE_BYTES, LibraryFiles
from vedette.catalogue.operation import Operation, Upload
from vedette.catalogue.resources import operations
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import HANDLERS, Handler

INVENTORY = "/api/machines/SoftwareInventoryByMachine"


def answer(monkeypatch: pytest.MonkeyPatch, operation: str, result: Any) -> list[dict[str, Any]]:
    """Let an operation answer this; what it is called with is collected."""
    calls: list[dict[str, Any]] = []

    def handler(call: Call, **arguments: Any) -> Any:  # Any: those of any operation
        calls.append(arguments)
        return result

    monkeypatch.setitem(HANDLERS, operation, Handler(handler))
    return calls


@pytest.fixture
def inventory(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    rows = [AssetSoftware(device_id=str(number), rbac_group_id=1) for number in range(5)]
    return answer(monkeypatch, "exports.list_software_inventory", rows)


def test_an_export_comes_in_pages_of_the_asked_size_linked_by_a_token(api: Api, inventory: list[Any]) -> None:
    url, pages = f"{INVENTORY}?pageSize=2", []
    while url:
        page = api.get(url, "Software.Read.All").json()
        pages.append([row["deviceId"] for row in page["value"]])
        url = page.get("@odata.nextLink", "").removeprefix("https://tenant.test")
        assert not url or ("$skiptoken=" in url and "pageSize=2" in url)

    assert pages == [["0", "1"], ["2", "3"], ["4"]]
    assert page["@odata.context"] == (
        "https://tenant.test/api/$metadata#Collection(microsoft.windowsDefenderATP.api.AssetSoftware)"
    )


def test_top_cuts_an_export_and_leaves_no_link(api: Api, inventory: list[Any]) -> None:
    page = api.get(f"{INVENTORY}?pageSize=1&$top=3", "Software.Read.All").json()

    assert [row["deviceId"] for row in page["value"]] == ["0", "1", "2"]
    assert "@odata.nextLink" not in page


@pytest.mark.parametrize("query", ["pageSize=200001", "pageSize=0", "pageSize=many"])
def test_a_page_size_out_of_bounds_is_refused(api: Api, inventory: list[Any], query: str) -> None:
    answered = api.get(f"{INVENTORY}?{query}", "Software.Read.All")

    assert (answered.status_code, answered.json()["error"]["code"]) == (400, "InvalidInput")


def test_a_token_that_is_none_is_refused(api: Api, inventory: list[Any]) -> None:
    answered = api.get(f"{INVENTORY}?$skiptoken=x", "Software.Read.All")

    assert (answered.status_code, answered.json()["error"]["code"]) == (400, "ODataError")


def test_antivirus_health_comes_in_pages_of_twenty(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [DeviceAvInfo(id=f"{number:02}", last_seen_time=NOW, data_refresh_timestamp=NOW) for number in range(45)]
    answer(monkeypatch, "device_health.list", rows)

    first = api.get("/api/deviceavinfo", "Machine.Read.All").json()
    more = api.get("/api/deviceavinfo?$top=40", "Machine.Read.All").json()

    assert len(first["value"]) == 20
    assert first["@odata.nextLink"] == "https://tenant.test/api/deviceavinfo?$skip=20"
    assert len(more["value"]) == 40
    assert "@odata.nextLink" not in more


# -- forms -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    stored = LibraryFiles(file_name="a.ps1", creation_time=NOW, last_updated_time=NOW)
    return answer(monkeypatch, "library_files.upload", stored)


@pytest.mark.parametrize("name", ["File", "file"])
def test_a_form_arrives_as_typed_arguments(api: Api, uploads: list[dict[str, Any]], name: str) -> None:
    content = b"\r\n--x\x00\xff\r\n"
    answered = api.call(
        "POST",
        "/api/libraryfiles",
        roles=("Library.Manage",),
        files={name: ("Ärger.ps1", content)},
        data={"Description": "Für INC-42", "OverrideIfExists": "True", "ParametersDescription": ""},
    )

    assert answered.status_code == 200, answered.text
    (given,) = uploads
    assert given == {
        "file": Upload("Ärger.ps1", content),
        "description": "Für INC-42",
        "override_if_exists": True,
        "parameters_description": None,
    }
    assert answered.json()["fileName"] == "a.ps1"


def test_a_form_without_its_file_names_what_is_missing(api: Api, uploads: list[Any]) -> None:
    answered = api.call(
        "POST", "/api/libraryfiles", roles=("Library.Manage",), files={"Description": (None, b"only words")}
    )

    assert (answered.status_code, answered.json()["error"]["code"]) == (400, "MissingRequiredParameter")
    assert "File" in answered.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"File": "x"}},
        {"content": b""},
        {"files": {"File": (None, b"a text where a file belongs")}},
        {"files": {"File": ("a", b"1"), "Colour": (None, b"red")}},
        {"files": {"File": ("a", b"\0" * (MAX_FILE_BYTES + 100_000))}},
    ],
    ids=["json", "empty", "text for file", "unknown part", "too large"],
)
def test_what_is_no_such_form_is_refused(api: Api, uploads: list[Any], body: dict[str, Any]) -> None:
    answered = api.call("POST", "/api/libraryfiles", roles=("Library.Manage",), **body)

    assert (answered.status_code, answered.json()["error"]["code"]) == (400, "InvalidRequestBody")
    assert uploads == []


# -- parts of bodies, single answers -----------------------------------------------------------------------------------

SCAN = {
    "scanType": "Network",
    "scanName": "Switches",
    "isActive": True,
    "target": "10.0.0.1",
    "targetType": "Ip",
    "intervalInHours": 24,
    "scannerAgent": {"machineId": WS1},
    "scanAuthenticationParams": {
        "@odata.type": "#microsoft.windowsDefenderATP.api.SnmpAuthParams",
        "type": "CommunityString",
        "communityString": "public",
    },
}


def test_credentials_of_a_scan_are_told_apart_by_their_type(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = answer(monkeypatch, "authenticated_scans.create", None)

    api.call("POST", "/api/DeviceAuthenticatedScanDefinitions", roles=("Machine.ReadWrite.All",), json=SCAN)

    assert calls[0]["scan_authentication_params"] == SnmpAuthParams(type="CommunityString", community_string="public")


def test_credentials_of_an_unknown_type_are_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "authenticated_scans.create", None)
    body = {**SCAN, "scanAuthenticationParams": {"@odata.type": "#other", "type": "CommunityString"}}

    answered = api.call("POST", "/api/DeviceAuthenticatedScanDefinitions", roles=("Machine.ReadWrite.All",), json=body)

    assert (answered.status_code, answered.json()["error"]["code"]) == (400, "InvalidRequestBody")


def test_one_scan_agent_comes_in_a_list_as_on_the_page(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = DeviceAuthenticatedScanAgent(id="a1", machine_id=WS1, last_seen=NOW, last_command_execution_timestamp=NOW)
    answer(monkeypatch, "scan_agents.get", agent)

    answered = api.get("/api/DeviceAuthenticatedScanAgents/a1", "Machine.Read.All").json()

    assert [row["machineId"] for row in answered["value"]] == [WS1]
    assert answered["@odata.context"].endswith("#DeviceAuthenticatedScanAgents/$entity")


def test_a_link_comes_as_a_bare_value(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = answer(monkeypatch, "machine_actions.get_live_response_result", "https://files.test/1")

    answered = api.get("/api/machineactions/5382/GetLiveResponseResultDownloadLink(index=2)", "Machine.Read.All").json()

    assert calls == [{"id": "5382", "index": 2}]
    assert answered == {
        "@odata.context": "https://tenant.test/api/$metadata#Edm.String",
        "value": "https://files.test/1",
    }


# -- what nobody answers -----------------------------------------------------------------------------------------------


def below_something(operation: Operation[Any, Any]) -> bool:
    return (
        operation.method == "GET"
        and operation.answer_format == "json"
        and re.fullmatch(r"/api/\w+(/{id})?", operation.path) is None
    )


@pytest.mark.parametrize("operation", list(filter(below_something, operations())), ids=lambda operation: operation.id)
def test_a_list_below_something_is_never_that_of_everything(
    api: Api, monkeypatch: pytest.MonkeyPatch, operation: Operation[Any, Any]
) -> None:
    monkeypatch.delitem(HANDLERS, operation.id, raising=False)
    values = {p.name: "2026-11-22T00:00:00Z" if p.annotation is datetime else "1" for p in operation.parameters}
    asked = [f"{p.wire}={values[p.name]}" for p in operation.parameters if p.where == "query" and p.is_required]

    answered = api.get(operation.path.format_map(values) + "?" + "&".join(asked), *operation.application)

    assert answered.status_code == 404
    assert answered.json()["error"]["message"] == f"This tenant does not answer {operation.id}."
