"""Alerts as the API serves them: listing, judging, raising, and what takes part in them."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.spec.api.conftest import NOW, SRV, WS1, Api

READ = "Alert.Read.All"
WRITE = "Alert.ReadWrite.All"


def ids(answer: object) -> list[str]:
    return [row["id"] for row in answer["value"]]  # type: ignore[index]  # a page as JSON


def test_a_listing_names_its_context_and_leaves_evidence_out(api: Api) -> None:
    answer = api.get("/api/alerts", READ)

    assert answer.status_code == 200
    assert answer.json()["@odata.context"] == "https://tenant.test/api/$metadata#Alerts"
    assert ids(answer.json()) == ["da1", "da2", "da3"]
    assert [row["evidence"] for row in answer.json()["value"]] == [[], [], []]


def test_evidence_comes_when_it_is_expanded(api: Api) -> None:
    first = api.get("/api/alerts?$expand=evidence", READ).json()["value"][0]

    assert first["evidence"][0]["processId"] == 4711
    assert first["evidence"][1]["ipAddress"] == "203.0.113.9"
    assert first["evidence"][1]["processId"] is None


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("severity eq 'High'", ["da1"]),
        ("status ne 'Resolved'", ["da1", "da2"]),
        ("status in ('New','InProgress')", ["da1", "da2"]),
        ("alertCreationTime ge 2026-11-22T09:30:00Z", ["da1", "da2"]),
        ("alertCreationTime+gt+2026-11-22T10:00:00.0000000Z", ["da1"]),
        ("assignedTo eq null and not (severity eq 'Low')", ["da1"]),
        ("startswith(assignedTo,'tier1')", ["da2"]),
        ("Status eq 'Resolved'", ["da3"]),
    ],
)
def test_documented_filters_select(api: Api, filter: str, expected: list[str]) -> None:
    assert ids(api.get(f"/api/alerts?$filter={filter}", READ).json()) == expected


def test_an_unknown_property_is_refused_by_name(api: Api) -> None:
    answer = api.get("/api/alerts?$filter=severty eq 'High'", READ)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "ODataError"
    assert "'severty'" in answer.json()["error"]["message"]
    assert "severity" in answer.json()["error"]["message"]


def test_a_property_that_cannot_be_filtered_is_refused_with_those_that_can(api: Api) -> None:
    error = api.get("/api/alerts?$filter=title eq 'x'", READ).json()["error"]

    assert error["code"] == "ODataError"
    assert "lastUpdateTime" in error["message"]


def test_top_answers_without_a_next_link(api: Api) -> None:
    answer = api.get("/api/alerts?$top=2", READ).json()

    assert ids(answer) == ["da1", "da2"]
    assert "@odata.nextLink" not in answer


def test_top_beyond_the_documented_page_is_refused(api: Api) -> None:
    assert api.get("/api/alerts?$top=10001", READ).json()["error"]["code"] == "ODataError"


def test_skip_beyond_the_end_is_an_empty_page(api: Api) -> None:
    assert api.get("/api/alerts?$skip=50", READ).json()["value"] == []


def test_order_selection_and_count(api: Api) -> None:
    answer = api.get("/api/alerts?$orderby=alertCreationTime&$select=id,severity&$count=true&$top=1", READ).json()

    assert answer["value"] == [{"id": "da3", "severity": "Low"}]
    assert answer["@odata.count"] == 3


def test_a_full_page_links_to_the_next_and_keeps_the_filter(api: Api) -> None:
    store = next(iter(api.state.defender.values()))
    template = store.alerts.get("da2")
    assert template is not None
    store.alerts.put_many(msgspec.structs.replace(template, id=f"x{n:05}") for n in range(10_000))

    first = api.get("/api/v1.0/Alerts/?$filter=status eq 'InProgress'", READ).json()
    assert len(first["value"]) == 10_000
    link = first["@odata.nextLink"]
    assert link.startswith("https://tenant.test/api/v1.0/Alerts/?")
    second = api.get(link.removeprefix("https://tenant.test"), READ).json()
    assert len(second["value"]) == 1
    assert "@odata.nextLink" not in second


def test_one_alert_has_its_properties_at_the_top(api: Api) -> None:
    answer = api.get("/api/alerts/da1", READ).json()

    assert answer["@odata.context"] == "https://tenant.test/api/$metadata#Alerts/$entity"
    assert answer["title"] == "Alert 1"
    assert answer["relatedUser"] == {"userName": "mira", "domainName": "halden"}


def test_an_unknown_alert_is_not_found(api: Api) -> None:
    answer = api.get("/api/alerts/da404", READ)

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "ResourceNotFound"
    assert answer.json()["error"]["message"] == "Alert da404 was not found"
    assert answer.json()["error"]["target"] == answer.headers["x-ms-request-id"]


def test_updating_changes_what_is_given_and_notes_who_and_when(api: Api) -> None:
    api.clock.advance(timedelta(minutes=5))
    token = api.user_token("investigator", "Alert.ReadWrite")
    body = {
        "status": "Resolved",
        "classification": "FalsePositive",
        "determination": "NotMalicious",
        "comment": "Ours.",
    }

    answer = api.call("PATCH", "/api/alerts/da1", token=token, json=body)

    assert answer.status_code == 200
    changed = api.get("/api/alerts/da1?$expand=evidence", READ).json()
    assert (changed["status"], changed["classification"], changed["determination"]) == (
        "Resolved",
        "FalsePositive",
        "NotMalicious",
    )
    assert changed["severity"] == "High"
    assert changed["lastUpdateTime"] == "2026-11-22T12:05:00Z"
    assert changed["resolvedTime"] == "2026-11-22T12:05:00Z"
    assert changed["comments"] == [
        {"comment": "Ours.", "createdBy": "investigator@halden.example", "createdTime": "2026-11-22T12:05:00Z"}
    ]
    assert len(changed["evidence"]) == 3


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "InvalidRequestBody"),
        (b"[]", "InvalidRequestBody"),
        (b"{}", "InvalidRequestBody"),
        (b'{"Status": "New"}', "InvalidRequestBody"),
        (b'{"status": 1}', "InvalidRequestBody"),
        (b'{"status": "Closed"}', "InvalidInput"),
        (b"\xff", "InvalidRequestBody"),
    ],
)
def test_a_body_that_is_wrong_is_refused(api: Api, body: bytes, code: str) -> None:
    answer = api.call("PATCH", "/api/alerts/da1", roles=(WRITE,), content=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    assert api.get("/api/alerts/da1", READ).json()["status"] == "New"


def test_a_batch_update_has_no_body_and_is_all_or_nothing(api: Api) -> None:
    done = api.call(
        "POST", "/api/alerts/batchUpdate", roles=(WRITE,), json={"alertIds": ["da1", "da2"], "status": "Resolved"}
    )
    assert (done.status_code, done.content) == (200, b"")
    assert ids(api.get("/api/alerts?$filter=status eq 'Resolved'", READ).json()) == ["da1", "da2", "da3"]

    refused = api.call(
        "POST", "/api/alerts/batchUpdate", roles=(WRITE,), json={"alertIds": ["da1", "nope"], "status": "New"}
    )
    assert refused.status_code == 404
    assert api.get("/api/alerts/da1", READ).json()["status"] == "Resolved"


def by_reference(**changes: object) -> dict[str, object]:
    moment = NOW - timedelta(hours=5, microseconds=123)
    return {
        "machineId": WS1,
        "reportId": "77",
        "eventTime": moment.isoformat(),
        "severity": "High",
        "title": "Download by certutil",
        "description": "A system program fetched a file.",
        "recommendedAction": "Look at the file.",
        "category": "Execution",
        **changes,
    }


def test_an_alert_can_be_raised_from_an_event(api: Api) -> None:
    answer = api.call("POST", "/api/alerts/CreateAlertByReference", roles=(WRITE,), json=by_reference())

    assert answer.status_code == 200
    raised = api.get(f"/api/alerts/{answer.json()['id']}?$expand=evidence", READ).json()
    assert (raised["title"], raised["severity"], raised["status"]) == ("Download by certutil", "High", "New")
    assert raised["machineId"] == WS1
    assert raised["firstEventTime"] == "2026-11-22T06:59:59.999877Z"
    process = raised["evidence"][0]
    assert (process["fileName"], process["processId"], process["parentProcessId"]) == ("certutil.exe", 900, 800)
    assert process["filePath"] == "C:\\Windows\\System32"
    assert raised["relatedUser"] == {"userName": "mira", "domainName": "halden"}


def test_an_open_alert_of_the_same_title_takes_the_new_one_in(api: Api) -> None:
    first = api.call("POST", "/api/alerts/CreateAlertByReference", roles=(WRITE,), json=by_reference()).json()
    again = api.call("POST", "/api/alerts/CreateAlertByReference", roles=(WRITE,), json=by_reference()).json()
    assert again["id"] == first["id"]

    api.call("PATCH", f"/api/alerts/{first['id']}", roles=(WRITE,), json={"status": "Resolved"})
    later = api.call("POST", "/api/alerts/CreateAlertByReference", roles=(WRITE,), json=by_reference()).json()
    assert later["id"] != first["id"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reportId": "78"}, "ResourceNotFound"),
        ({"machineId": SRV}, "ResourceNotFound"),
        ({"machineId": "f" * 40}, "ResourceNotFound"),
        ({"reportId": "x"}, "InvalidInput"),
        ({"severity": "Critical"}, "InvalidInput"),
        ({"eventTime": "yesterday"}, "InvalidRequestBody"),
    ],
)
def test_an_event_that_does_not_exist_raises_nothing(api: Api, changes: dict[str, object], code: str) -> None:
    answer = api.call("POST", "/api/alerts/CreateAlertByReference", roles=(WRITE,), json=by_reference(**changes))

    assert answer.json()["error"]["code"] == code
    assert len(api.get("/api/alerts", READ).json()["value"]) == 3


def test_a_missing_member_is_named(api: Api) -> None:
    body = by_reference()
    body["Title"] = body.pop("title")

    answer = api.call("POST", "/api/alerts/CreateAlertByReference", roles=(WRITE,), json=body)

    assert answer.json()["error"]["code"] == "MissingRequiredParameter"
    assert answer.json()["error"]["message"] == "Parameter title is missing"


def test_what_takes_part_in_an_alert(api: Api) -> None:
    assert api.get("/api/alerts/da1/domains", "Url.Read.All").json() == {
        "@odata.context": "https://tenant.test/api/$metadata#Domains",
        "value": [{"host": "cdn.files.example"}],
    }
    assert api.get("/api/alerts/da1/ips", "Ip.Read.All").json()["value"] == [{"id": "203.0.113.9"}]
    assert [row["sha1"] for row in api.get("/api/alerts/da1/files", "File.Read.All").json()["value"]] == ["d" * 40]
    assert api.get("/api/alerts/da1/machine", "Machine.Read.All").json()["id"] == WS1


def test_the_user_of_an_alert_is_described_by_their_logons(api: Api) -> None:
    user = api.get("/api/alerts/da1/user", "User.Read.All").json()

    assert user["@odata.context"] == "https://tenant.test/api/$metadata#Users/$entity"
    assert user["id"] == "halden\\mira"
    assert user["logOnMachinesCount"] == 2
    assert user["mostPrevalentMachineId"] == WS1
    assert user["leastPrevalentMachineId"] == SRV
    assert api.get("/api/alerts/da2/user", "User.Read.All").status_code == 404


def test_a_file_is_described_by_telemetry(api: Api) -> None:
    raised = api.call("POST", "/api/alerts/CreateAlertByReference", roles=(WRITE,), json=by_reference()).json()

    (file,) = api.get(f"/api/alerts/{raised['id']}/files", "File.Read.All").json()["value"]

    assert (file["sha1"], file["size"], file["fileType"], file["isPeFile"]) == ("e" * 40, 1_622_016, "exe", True)
    assert file["globalPrevalence"] == 1
