"""Authenticated scans as the API keeps them: made, changed and deleted, and run by the tenant's clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.spec.api.conftest import Api
from vedette.simulation import Simulation

READ, WRITE = "Machine.Read.All", "Machine.ReadWrite.All"
SCANS, AGENTS = "/api/DeviceAuthenticatedScanDefinitions", "/api/DeviceAuthenticatedScanAgents"
GMSA = {
    "@odata.type": "#microsoft.windowsDefenderATP.api.WindowsAuthParams",
    "type": "Kerberos",
    "username": "scan$",
    "domain": "halden.example",
    "isgmsaUser": True,
}
SNMP = {
    "@odata.type": "#microsoft.windowsDefenderATP.api.SnmpAuthParams",
    "type": "CommunityString",
    "communityString": "a-community-string",
}


def body(company: Api, **changes: Any) -> dict[str, Any]:  # Any: JSON
    scanner = company.rows(AGENTS, READ)[0]["machineId"]
    return {
        "scanType": "Windows",
        "scanName": "Nightly",
        "isActive": True,
        "target": "hw-ws-001.halden.example,hw-ws-002.halden.example",
        "targetType": "Hostname",
        "intervalInHours": 4,
        "scannerAgent": {"machineId": scanner},
        "scanAuthenticationParams": GMSA,
        **changes,
    }


def make(company: Api, **changes: Any) -> dict[str, Any]:  # Any: JSON
    answer = company.call("POST", SCANS, roles=(WRITE,), json=body(company, **changes))
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def history(company: Api, scan: str, query: str = "") -> list[dict[str, Any]]:  # Any: JSON
    answer = company.call(
        "POST", f"{SCANS}/GetScanHistoryByScanDefinitionId{query}", roles=(READ,), json={"ScanDefinitionIds": [scan]}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def test_a_scan_is_made_and_shows_no_credentials(company: Api) -> None:
    made = make(company)

    assert made["@odata.context"].endswith("$metadata#DeviceAuthenticatedScanDefinitions/$entity")
    assert made["scanAuthenticationParams"] is None
    assert made["scannerAgent"]["machineName"].endswith(".halden.example")
    assert made["createdBy"] == "soc-automation"
    listed = company.rows(SCANS, READ)
    assert [each["id"] for each in listed] == [made["id"]]
    one = company.get(f"{SCANS}/{made['id']}", READ).json()
    assert {name: value for name, value in one.items() if name != "@odata.context"} == listed[0]


def test_a_secret_is_not_kept(company: Api) -> None:
    make(company, scanType="Network", target="192.0.2.7", targetType="Ip", scanAuthenticationParams=SNMP)

    kept = company.state.defender["11111111-1111-4111-8111-111111111111"].scans.all().bodies()
    assert len(kept) == 1
    assert b"a-community-string" not in kept[0]


def test_runs_come_with_the_time(company: Api) -> None:
    scan = make(company)["id"]
    assert history(company, scan) == []

    company.clock.advance(timedelta(minutes=5))
    (first,) = history(company, scan)
    company.clock.advance(timedelta(hours=8))

    runs = history(company, scan)
    assert len(runs) == 3
    assert runs[-1] == first
    assert len({each["sessionId"] for each in runs}) == 3
    assert (first["scanStatus"], first["numberOfTargets"], first["numberOfSuccessfullyScannedTargets"]) == (
        "Success",
        2,
        2,
    )
    assert company.get(f"{SCANS}/{scan}", READ).json()["latestScan"] == {
        "status": "Success",
        "failureReason": None,
        "executionDateTime": "2026-11-22T20:00:00Z",
    }


def test_targets_that_do_not_answer_or_do_not_fit_fail(company: Api, story: Simulation) -> None:
    linux = next(machine for machine in story.machines if machine.os_platform == "Linux")
    target = f"hw-ws-001.halden.example, {linux.computer_dns_name}, nowhere.halden.example"
    scan = make(company, target=target)["id"]
    company.clock.advance(timedelta(hours=1))

    (run,) = history(company, scan)

    assert run["scanStatus"] == "PartialSuccess"
    assert [(each["hostname"], each["scanStatus"], each["errorMessage"]) for each in run["scannedTargets"]] == [
        ("hw-ws-001.halden.example", "Success", None),
        (linux.computer_dns_name, "Failure", "The target refused the credentials."),
        ("nowhere.halden.example", "Failure", "The target did not answer."),
    ]


def test_a_range_of_addresses_reaches_the_machines_in_it(company: Api, story: Simulation) -> None:
    servers = [each.computer_dns_name for each in story.machines if str(each.last_ip_address).startswith("10.20.1.")]
    scan = make(company, target="10.20.1.0/24", targetType="Ip")["id"]
    company.clock.advance(timedelta(hours=1))

    (run,) = history(company, scan)

    assert [each["hostname"] for each in run["scannedTargets"]] == servers


def test_a_change_keeps_the_runs_so_far(company: Api) -> None:
    scan = make(company)["id"]
    company.clock.advance(timedelta(hours=5))
    before = history(company, scan)

    changed = company.call(
        "PATCH", f"{SCANS}/{scan}", roles=(WRITE,), json={"isActive": False, "scanName": "Stopped"}
    ).json()
    company.clock.advance(timedelta(days=2))

    assert (changed["isActive"], changed["scanName"], changed["intervalInHours"]) == (False, "Stopped", 4)
    assert history(company, scan) == before
    assert len(before) == 2
    latest = company.get(f"{SCANS}/{scan}", READ).json()["latestScan"]
    assert latest["executionDateTime"] == "2026-11-22T16:00:00Z"


def test_history_is_paged_and_found_by_session(company: Api) -> None:
    scan = make(company)["id"]
    company.clock.advance(timedelta(days=1))
    runs = history(company, scan)

    assert history(company, scan, "?$top=2&$skip=1") == runs[1:3]
    found = company.call(
        "POST",
        f"{SCANS}/GetScanHistoryBySessionId",
        roles=(READ,),
        json={"SessionIds": [runs[3]["sessionId"], "00000000-0000-4000-8000-000000000000"]},
    )
    assert found.json()["value"] == [runs[3]]


def test_scans_are_deleted_together_or_not_at_all(company: Api) -> None:
    ids = [make(company)["id"], make(company)["id"]]
    path = f"{SCANS}/BatchDelete"

    refused = company.call("POST", path, roles=(WRITE,), json={"ScanDefinitionIds": [*ids, "none"]})
    assert refused.status_code == 404
    assert len(company.rows(SCANS, READ)) == 2
    deleted = company.call("POST", path, roles=(WRITE,), json={"ScanDefinitionIds": ids})
    assert (deleted.status_code, deleted.content) == (200, b"")
    assert company.rows(SCANS, READ) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"target": " "}, "InvalidInput"),
        ({"intervalInHours": 0}, "InvalidInput"),
        ({"scanAuthenticationParams": SNMP}, "InvalidInput"),
        ({"scanAuthenticationParams": {**GMSA, "isgmsaUser": False}}, "InvalidInput"),
        ({"scannerAgent": {"machineId": "f" * 40}}, "ResourceNotFound"),
        ({"scanName": None}, "MissingRequiredParameter"),
    ],
)
def test_a_scan_that_cannot_be_is_refused(company: Api, changes: dict[str, Any], code: str) -> None:
    answer = company.call("POST", SCANS, roles=(WRITE,), json=body(company, **changes))

    assert answer.json()["error"]["code"] == code
    assert company.rows(SCANS, READ) == []


def test_a_machine_without_the_scanner_scans_nothing(company: Api, story: Simulation) -> None:
    workstation = next(machine for machine in story.machines if machine.os_platform == "Windows11")

    answer = company.call("POST", SCANS, roles=(WRITE,), json=body(company, scannerAgent={"machineId": workstation.id}))

    assert answer.json()["error"]["code"] == "InvalidInput"
    assert "the scanner is not installed" in answer.json()["error"]["message"]


def test_agents_are_machines_with_the_scanner(company: Api) -> None:
    agents = company.rows(AGENTS, READ)

    assert [each["computerDnsName"] for each in agents] == ["hw-fs-01.halden.example"]
    one = company.get(f"{AGENTS}/{agents[0]['id']}", READ).json()
    assert one["value"] == agents
    assert company.get(f"{AGENTS}/none", READ).json()["error"]["code"] == "ResourceNotFound"


def test_making_and_reading_scans_take_their_permissions_and_roles(company: Api) -> None:
    assert company.call("POST", SCANS, roles=(READ,), json=body(company)).status_code == 403
    assert company.get(SCANS, "Software.Read.All").status_code == 403
    viewer = company.user_token("viewer", "Machine.ReadWrite")
    assert company.call("POST", SCANS, token=viewer, json=body(company)).status_code == 403
    responder = company.user_token("responder", "Machine.ReadWrite")
    assert company.call("POST", SCANS, token=responder, json=body(company)).status_code == 200
