"""Response actions from request to end, on the tenant's clock: what they need, how they go, and what they change."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.spec.api.conftest import SRV, TENANT, WS1, WS2, Api
from vedette.catalogue.machines import Machine
from vedette.tenant.defender.machine_actions import ACCESS_DENIED, FILE_NOT_FOUND

ISOLATE = "Machine.Isolate"
READ = "Machine.Read.All"
SEEN, TRUSTED, NEVER_SEEN = "e" * 40, "1" * 40, "9" * 40


def ask(api: Api, what: str, role: str, machine: str = WS1, **body: object) -> dict[str, Any]:
    answer = api.call("POST", f"/api/machines/{machine}/{what}", roles=(role,), json={"Comment": "INC-42", **body})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()  # type: ignore[no-any-return]  # an action as JSON


def refused(api: Api, what: str, role: str, machine: str = WS1, **body: object) -> tuple[int, str, str]:
    answer = api.call("POST", f"/api/machines/{machine}/{what}", roles=(role,), json={"Comment": "INC-42", **body})
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def isolate(api: Api, **body: str) -> dict[str, Any]:
    return ask(api, "isolate", ISOLATE, **body)


def now(api: Api, action: dict[str, Any]) -> dict[str, Any]:
    return api.get(f"/api/machineactions/{action['id']}", READ).json()  # type: ignore[no-any-return]  # an action as JSON


def status(api: Api, action: dict[str, Any]) -> str:
    return str(now(api, action)["status"])


def change(api: Api, machine: str, **fields: Any) -> None:  # Any: fields of all types
    machines = api.state.defender[TENANT].machines
    found = machines.get(machine)
    assert isinstance(found, Machine)
    machines.put(msgspec.structs.replace(found, **fields))


# -- the way of an action ------------------------------------------------------------------------------------------


def test_an_isolation_goes_from_pending_to_succeeded(api: Api) -> None:
    action = isolate(api, IsolationType="Selective")

    assert action["@odata.context"] == "https://tenant.test/api/$metadata#MachineActions/$entity"
    assert (action["type"], action["status"], action["scope"]) == ("Isolate", "Pending", "Selective")
    assert (action["requestor"], action["requestorComment"]) == ("soc-automation", "INC-42")
    api.clock.advance(timedelta(seconds=5))
    assert status(api, action) == "InProgress"
    api.clock.advance(timedelta(seconds=25))
    assert status(api, action) == "Succeeded"
    assert now(api, action)["lastUpdateDateTimeUtc"] == "2026-11-22T12:00:30Z"


@pytest.mark.parametrize(
    ("what", "role", "body", "answers", "kind", "scope", "seconds"),
    [
        ("isolate", ISOLATE, {}, 201, "Isolate", "Full", 30),
        ("unisolate", ISOLATE, {}, 201, "Unisolate", None, 30),
        ("restrictCodeExecution", "Machine.RestrictExecution", {}, 201, "RestrictCodeExecution", None, 30),
        ("unrestrictCodeExecution", "Machine.RestrictExecution", {}, 201, "UnrestrictCodeExecution", None, 30),
        ("runAntiVirusScan", "Machine.Scan", {"ScanType": "Quick"}, 201, "RunAntiVirusScan", "Quick", 180),
        ("runAntiVirusScan", "Machine.Scan", {"ScanType": "Full"}, 201, "RunAntiVirusScan", "Full", 2700),
        ("collectInvestigationPackage", "Machine.CollectForensics", {}, 201, "CollectInvestigationPackage", None, 90),
        ("logsCollection", "Machine.CollectForensics", {}, 200, "LogsCollection", None, 90),
        ("StopAndQuarantineFile", "Machine.StopAndQuarantine", {"Sha1": SEEN}, 201, "StopAndQuarantineFile", None, 30),
        ("offboard", "Machine.Offboard", {}, 200, "Offboard", None, 60),
    ],
)
def test_every_action_takes_its_time(
    api: Api, what: str, role: str, body: dict[str, str], answers: int, kind: str, scope: str | None, seconds: int
) -> None:
    answer = api.call("POST", f"/api/machines/{WS1}/{what}", roles=(role,), json={"Comment": "drill", **body})

    action = answer.json()
    assert (answer.status_code, action["type"], action["scope"]) == (answers, kind, scope)
    api.clock.advance(timedelta(seconds=seconds - 1))
    assert status(api, action) == "InProgress"
    api.clock.advance(timedelta(seconds=1))
    assert status(api, action) == "Succeeded"


def test_the_caller_s_own_ids_come_back(api: Api) -> None:
    action = isolate(api, ExternalId="case-7", RequestSource="Portal", Title="Contain")

    assert (action["externalId"], action["requestSource"], action["title"]) == ("case-7", "Portal", "Contain")
    assert ask(api, "unisolate", ISOLATE)["requestSource"] == "PublicApi"


def test_a_machine_that_is_away_is_waited_for_three_days(api: Api) -> None:
    action = ask(api, "isolate", ISOLATE, WS2)

    api.clock.advance(timedelta(days=3, seconds=-1))
    assert status(api, action) == "Pending"
    api.clock.advance(timedelta(seconds=1))
    assert status(api, action) == "TimeOut"


def test_what_is_due_shows_in_filters(api: Api) -> None:
    isolate(api)
    api.clock.advance(timedelta(minutes=1))
    ask(api, "unisolate", ISOLATE)

    wanted = f"machineId eq '{WS1}' and type in ('Isolate','Unisolate')&$orderby=creationDateTimeUtc desc"
    rows = api.get(f"/api/machineactions?$filter={wanted}", READ).json()["value"]

    assert [(row["type"], row["status"]) for row in rows] == [("Unisolate", "Pending"), ("Isolate", "Succeeded")]
    pending = api.get("/api/machineactions?$filter=status in ('Pending','InProgress')", READ).json()["value"]
    assert [row["type"] for row in pending] == ["Unisolate"]


# -- refusals ------------------------------------------------------------------------------------------------------


def test_a_second_isolation_waits_for_the_first(api: Api) -> None:
    isolate(api)

    assert refused(api, "isolate", ISOLATE) == (400, "ActiveRequestAlreadyExists", "Action is already in progress")
    assert ask(api, "isolate", ISOLATE, SRV)["status"] == "Pending"
    api.clock.advance(timedelta(seconds=30))
    assert isolate(api)["status"] == "Pending"


def test_different_files_are_quarantined_side_by_side(api: Api) -> None:
    role = "Machine.StopAndQuarantine"
    ask(api, "StopAndQuarantineFile", role, Sha1=SEEN)

    assert refused(api, "StopAndQuarantineFile", role, Sha1=SEEN.upper())[1] == "ActiveRequestAlreadyExists"
    assert ask(api, "StopAndQuarantineFile", role, Sha1=TRUSTED)["relatedFileInfo"] == {
        "fileIdentifier": TRUSTED,
        "fileIdentifierType": "Sha1",
    }


def test_a_comment_is_required(api: Api) -> None:
    answer = api.call("POST", f"/api/machines/{WS1}/isolate", roles=(ISOLATE,), json={"IsolationType": "Full"})

    assert answer.json()["error"]["code"] == "MissingRequiredParameter"
    assert answer.json()["error"]["message"] == "Parameter Comment is missing"


MAC = "OS Platform macOS isn't supported for this action"
LINUX = "OS Platform Linux isn't supported for this action"


@pytest.mark.parametrize(
    ("platform", "version", "what", "role", "body", "code", "message"),
    [
        ("macOS", "15.1", "offboard", "Machine.Offboard", {}, "OsPlatformNotSupported", MAC),
        ("Linux", "24.04", "offboard", "Machine.Offboard", {}, "OsPlatformNotSupported", LINUX),
        ("macOS", "15.1", "isolate", ISOLATE, {}, "OsPlatformNotSupported", MAC),
        ("Linux", "24.04", "isolate", ISOLATE, {"IsolationType": "Selective"}, "OsPlatformNotSupported", LINUX),
        ("Linux", "24.04", "restrictCodeExecution", "Machine.RestrictExecution", {}, "OsPlatformNotSupported", LINUX),
        (
            "Windows10", "1607", "isolate", ISOLATE, {},
            "ClientVersionNotSupported", "Isolation is supported on client version 1703 and above",
        ),
        (
            "Windows10", "1703", "isolate", ISOLATE, {"IsolationType": "Selective"},
            "ClientVersionNotSupported", "Selective isolation is supported on client version 1709 and above",
        ),
        (
            "WindowsServer2016", "1607", "startInvestigation", "Alert.ReadWrite.All", {},
            "OsPlatformNotSupported", "OS Platform WindowsServer2016 isn't supported for this action",
        ),
    ],
)  # fmt: skip
def test_systems_that_cannot_are_refused(
    api: Api, platform: str, version: str, what: str, role: str, body: dict[str, str], code: str, message: str
) -> None:
    change(api, WS1, os_platform=platform, version=version)

    assert refused(api, what, role, **body) == (400, code, message)


@pytest.mark.parametrize(
    ("platform", "version", "body"),
    [
        ("Linux", "24.04", {}),
        ("Windows10", "1703", {}),
        ("Windows10", "22H2", {"IsolationType": "Selective"}),
        ("Windows11", "23H2", {"IsolationType": "Selective"}),
        ("WindowsServer2019", "1809", {}),
    ],
)
def test_systems_that_can_are_isolated(api: Api, platform: str, version: str, body: dict[str, str]) -> None:
    change(api, WS1, os_platform=platform, version=version)

    assert isolate(api, **body)["status"] == "Pending"


def test_only_a_machine_that_is_not_onboarded_is_contained(api: Api) -> None:
    message = f"Machine {WS1} is onboarded, so this action is not for it."
    assert refused(api, "isolate", ISOLATE, IsolationType="UnManagedDevice") == (400, "BadRequest", message)

    change(api, WS1, onboarding_status="CanBeOnboarded", health_status="Inactive")
    assert refused(api, "isolate", ISOLATE)[1] == "BadRequest"
    contained = isolate(api, IsolationType="UnManagedDevice")
    api.clock.advance(timedelta(seconds=30))
    assert status(api, contained) == "Succeeded"


@pytest.mark.parametrize("sha1", ["d" * 39, "g" * 40, "d" * 64])
def test_a_file_is_named_by_its_sha1(api: Api, sha1: str) -> None:
    answer = refused(api, "StopAndQuarantineFile", "Machine.StopAndQuarantine", Sha1=sha1)

    assert answer == (400, "InvalidHashValue", f"Hash value {sha1} is invalid")


@pytest.mark.parametrize(("sha1", "error"), [(NEVER_SEEN, FILE_NOT_FOUND), (TRUSTED, ACCESS_DENIED)])
def test_quarantine_fails_for_a_file_never_seen_and_for_a_trusted_one(api: Api, sha1: str, error: int) -> None:
    action = ask(api, "StopAndQuarantineFile", "Machine.StopAndQuarantine", Sha1=sha1)

    api.clock.advance(timedelta(seconds=30))

    ended = now(api, action)
    assert (ended["status"], ended["errorHResult"]) == ("Failed", error)


# -- what actions change -------------------------------------------------------------------------------------------


def available(api: Api, machine: str = WS1) -> dict[str, str | None]:
    rows = api.get(f"/api/machines/{machine}/availableMachineActions", READ).json()["value"]
    assert all(row["isAvailable"] == (row["notSupportedReason"] is None) for row in rows)
    return {row["action"]: row["notSupportedReason"] for row in rows}


def test_isolation_shows_in_what_the_machine_can_take(api: Api) -> None:
    before = available(api)
    assert (before["FullIsolation"], before["Unisolation"]) == (None, "The machine is not isolated.")

    isolate(api)
    assert available(api)["SelectiveIsolation"] == "Action is already in progress"
    api.clock.advance(timedelta(seconds=30))
    after = available(api)
    assert (after["FullIsolation"], after["Unisolation"]) == ("The machine is isolated.", None)

    ask(api, "unisolate", ISOLATE)
    api.clock.advance(timedelta(seconds=30))
    assert available(api) == before


def test_the_system_shows_in_what_the_machine_can_take(api: Api) -> None:
    change(api, WS1, os_platform="Linux")

    assert {name: reason for name, reason in available(api).items() if reason == LINUX} == dict.fromkeys(
        ("SelectiveIsolation", "RestrictCodeExecution", "UnrestrictCodeExecution", "StopAndQuarantineFile",
         "InitiateInvestigation", "OffBoard"), LINUX
    )  # fmt: skip


def test_an_offboarded_machine_can_be_onboarded_and_is_silent(api: Api) -> None:
    ask(api, "offboard", "Machine.Offboard")
    api.clock.advance(timedelta(seconds=60))

    machine = api.get(f"/api/machines/{WS1}", READ).json()

    assert (machine["onboardingStatus"], machine["healthStatus"]) == ("CanBeOnboarded", "Inactive")
    assert available(api)["RunAntiVirusScan"] == "The machine is not onboarded."
    assert available(api)["UnManagedDeviceIsolation"] is None


def test_actions_of_a_machine_and_the_latest_of_each_type(api: Api) -> None:
    first = isolate(api)
    ask(api, "isolate", ISOLATE, SRV)
    api.clock.advance(timedelta(minutes=1))
    second = isolate(api)
    scan = ask(api, "runAntiVirusScan", "Machine.Scan", ScanType="Quick")

    everything = api.get(f"/api/machines/{WS1}/machineActions", READ).json()["value"]
    latest = api.get(f"/api/machines/{WS1}/latestMachineActions", READ).json()["value"]

    assert [row["id"] for row in everything] == [first["id"], second["id"], scan["id"]]
    assert [row["id"] for row in latest] == [second["id"], scan["id"]]


# -- cancelling ----------------------------------------------------------------------------------------------------


def cancel(api: Api, action: dict[str, Any], *roles: str) -> Any:  # Any: an answer of httpx2
    path = f"/api/machineactions/{action['id']}/cancel"
    return api.call("POST", path, roles=roles, json={"Comment": "wrong machine"})


def test_an_action_that_has_not_ended_is_cancelled(api: Api) -> None:
    action = isolate(api)
    api.clock.advance(timedelta(seconds=10))

    answer = cancel(api, action, ISOLATE)

    assert answer.status_code == 200
    cancelled = answer.json()
    assert (cancelled["status"], cancelled["cancellationComment"]) == ("Cancelled", "wrong machine")
    assert cancelled["cancellationRequestor"] == "soc-automation"
    assert cancelled["cancellationDateTimeUtc"] == "2026-11-22T12:00:10Z"
    api.clock.advance(timedelta(days=4))
    assert status(api, action) == "Cancelled"
    assert available(api)["FullIsolation"] is None


def test_an_action_that_has_ended_is_not_cancelled(api: Api) -> None:
    action = isolate(api)
    api.clock.advance(timedelta(seconds=30))

    answer = cancel(api, action, ISOLATE)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
    assert answer.json()["error"]["message"] == f"MachineAction {action['id']} has ended as Succeeded."


def test_cancelling_needs_a_comment_and_the_permission_of_the_action(api: Api) -> None:
    action = isolate(api)
    path = f"/api/machineactions/{action['id']}/cancel"

    assert api.call("POST", path, roles=(ISOLATE,), json={}).json()["error"]["code"] == "MissingRequiredParameter"
    answer = cancel(api, action, "Machine.Scan")
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == (
        "Missing application roles. Cancelling this action requires one of: Machine.Isolate."
    )
    as_viewer = api.call("POST", path, token=api.user_token("viewer", ISOLATE), json={"Comment": "no"})
    assert as_viewer.json()["error"]["message"] == (
        "Missing user role permission. The operation requires: Active remediation actions."
    )
    as_responder = api.call("POST", path, token=api.user_token("responder", ISOLATE), json={"Comment": "yes"})
    assert as_responder.json()["cancellationRequestor"] == "responder@halden.example"


# -- access --------------------------------------------------------------------------------------------------------


def test_actions_on_machines_of_other_groups_are_invisible(api: Api) -> None:
    action = isolate(api)
    own = ask(api, "isolate", ISOLATE, SRV)
    read = api.user_token("server-responder", "Machine.Read")

    rows = api.call("GET", "/api/machineactions", token=read).json()["value"]
    hidden = api.call("GET", f"/api/machineactions/{action['id']}", token=read)

    assert [row["id"] for row in rows] == [own["id"]]
    assert (hidden.status_code, hidden.json()["error"]["code"]) == (404, "ResourceNotFound")
    act = api.user_token("server-responder", ISOLATE)
    body = {"Comment": "x"}
    assert api.call("POST", f"/api/machines/{WS1}/unisolate", token=act, json=body).status_code == 404
    assert api.call("POST", f"/api/machineactions/{action['id']}/cancel", token=act, json=body).status_code == 404


# -- the package ---------------------------------------------------------------------------------------------------


def package_link(api: Api, action: dict[str, Any]) -> str:
    return str(api.get(f"/api/machineactions/{action['id']}/getPackageUri", READ).json()["value"])


def collected(api: Api) -> dict[str, Any]:
    action = ask(api, "collectInvestigationPackage", "Machine.CollectForensics")
    api.clock.advance(timedelta(seconds=90))
    return action


def test_there_is_no_package_before_it_is_collected(api: Api) -> None:
    action = ask(api, "collectInvestigationPackage", "Machine.CollectForensics")

    answer = api.get(f"/api/machineactions/{action['id']}/getPackageUri", READ)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")
    isolated = isolate(api)
    api.clock.advance(timedelta(minutes=2))
    assert api.get(f"/api/machineactions/{isolated['id']}/getPackageUri", READ).status_code == 404


def test_the_package_is_a_zip_with_what_telemetry_tells(api: Api) -> None:
    link = package_link(api, collected(api))

    answer = api.call("GET", link.removeprefix("https://tenant.test"), headers={})

    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="InvestigationPackage_ws-01_')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        processes = archive.read("Processes/Processes.csv").decode("utf-8-sig").splitlines()
        assert len(processes) == 2
        assert "certutil -urlcache -f http://cdn.files.example/x x.bin" in processes[1]
        logons = archive.read("Security Event Log/Logons.csv").decode("utf-8-sig").splitlines()
        assert len(logons) == 4
        assert "Host name:    ws-01.halden.example" in archive.read("System Information/SystemInformation.txt").decode()


def test_a_part_of_the_package_is_sent_and_the_link_ends(api: Api) -> None:
    path = package_link(api, collected(api)).removeprefix("https://tenant.test")
    whole = api.call("GET", path, headers={}).content

    part = api.call("GET", path, headers={"Range": "bytes=10-29"})

    assert (part.status_code, part.content) == (206, whole[10:30])
    assert part.headers["content-range"] == f"bytes 10-29/{len(whole)}"
    api.clock.advance(timedelta(minutes=30))
    assert api.call("GET", path, headers={}).status_code == 403
