"""Vulnerabilities as the API serves them: one world, whether asked by CVE, machine or product."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.spec.api.conftest import Api
from vedette.simulation import Simulation
from vedette.simulation.estate.cvss import base_score, severity

READ = "Vulnerability.Read.All"
FINDINGS = "/api/vulnerabilities/machinesVulnerabilities"


def test_exposed_machines_are_as_many_as_are_listed(company: Api) -> None:
    for each in company.rows("/api/vulnerabilities", READ):
        machines = company.rows(f"/api/vulnerabilities/{each['id']}/machineReferences", READ)

        assert each["exposedMachines"] == len(machines) == len({machine["id"] for machine in machines})


def test_a_machine_lists_the_vulnerabilities_that_list_the_machine(company: Api, story: Simulation) -> None:
    by_machine: dict[str, set[str]] = {machine.id: set() for machine in story.machines}
    for each in company.rows("/api/vulnerabilities", READ):
        for machine in company.rows(f"/api/vulnerabilities/{each['id']}/machineReferences", READ):
            by_machine[machine["id"]].add(each["id"])

    for machine_id, expected in by_machine.items():
        listed = company.rows(f"/api/machines/{machine_id}/vulnerabilities", READ)
        assert {each["id"] for each in listed} == expected


def test_findings_by_machine_and_product_add_up_to_the_vulnerabilities(company: Api) -> None:
    machines: dict[str, set[str]] = {}
    for each in company.rows(FINDINGS, READ):
        machines.setdefault(each["cveId"], set()).add(each["machineId"])

    exposed = {each["id"]: each["exposedMachines"] for each in company.rows("/api/vulnerabilities", READ)}
    assert {cve: len(ids) for cve, ids in machines.items()} == exposed


def test_score_and_severity_follow_from_the_vector(company: Api) -> None:
    for each in company.rows("/api/vulnerabilities", READ):
        assert each["cvssV3"] == base_score(each["cvssVector"])
        assert each["severity"] == severity(each["cvssV3"])
        assert 0 < each["epss"] < 1


def test_exploit_flags_do_not_contradict_each_other(company: Api) -> None:
    def is_consistent(each: Mapping[str, object]) -> bool:
        public, verified, kit = each["publicExploit"], each["exploitVerified"], each["exploitInKit"]
        return (not kit or bool(verified)) and (not verified or bool(public)) and bool(each["exploitTypes"]) == public

    found = company.rows("/api/vulnerabilities", READ)
    assert [each["id"] for each in found if not is_consistent(each)] == []
    assert {each["publicExploit"] for each in found} == {True, False}


def test_a_vulnerability_without_a_fix_says_so(company: Api) -> None:
    for each in company.rows("/api/vulnerabilities", READ):
        assert (each["patchFirstAvailable"] is None) is ("NoSecurityUpdate" in each["tags"])
        assert each["publishedOn"] <= each["updatedOn"]


@pytest.mark.parametrize(
    ("filter", "holds"),
    [
        ("severity eq 'Critical'", lambda each: each["severity"] == "Critical"),
        ("cvssV3 ge 9.0", lambda each: each["cvssV3"] >= 9.0),
        ("publishedOn gt 2026-11-01", lambda each: each["publishedOn"] > "2026-11-01"),
        ("contains(description,'Windows')", lambda each: "Windows" in each["description"]),
    ],
)
def test_documented_filters_select(company: Api, filter: str, holds: object) -> None:
    everything = company.rows("/api/vulnerabilities", READ)
    selected = company.rows(f"/api/vulnerabilities?$filter={filter}", READ)

    assert callable(holds)
    assert selected == [each for each in everything if holds(each)]
    assert selected != []


def test_findings_are_filtered_by_product_and_machine(company: Api) -> None:
    found = company.rows(f"{FINDINGS}?$filter=productName eq 'chrome' and severity eq 'High'", READ)

    assert {(each["productVendor"], each["productName"], each["severity"]) for each in found} == {
        ("google", "chrome", "High")
    }
    first = found[0]
    assert first["id"] == "-_-".join(
        (first["machineId"], first["cveId"], "google", "chrome", first["productVersion"], "")
    )
    answer = company.get(f"{FINDINGS}?$top=1", READ).json()
    assert len(answer["value"]) == 1
    assert "@odata.nextLink" not in answer


def test_a_cve_is_fetched_by_id_even_where_no_machine_has_it(company: Api) -> None:
    listed = {each["id"] for each in company.rows("/api/vulnerabilities", READ)}
    known = [f"CVE-2026-{number}" for number in range(99_001, 99_060)]
    unlisted = next(each for each in known if each not in listed)

    one = company.get(f"/api/vulnerabilities/{unlisted}", READ).json()

    assert one["@odata.context"] == "https://tenant.test/api/$metadata#Vulnerabilities/$entity"
    assert (one["id"], one["exposedMachines"], one["status"]) == (unlisted, 0, "NoActionRequired")
    assert company.rows(f"/api/vulnerabilities/{unlisted}/machineReferences", READ) == []


def test_an_unknown_cve_is_not_found(company: Api) -> None:
    for path in ("", "/machineReferences"):
        answer = company.get(f"/api/vulnerabilities/CVE-1999-0001{path}", READ)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")
    assert company.get(f"/api/machines/{'f' * 40}/vulnerabilities", READ).status_code == 404


def test_a_user_sees_the_findings_of_their_device_groups(company: Api) -> None:
    token = company.user_token("server-viewer", "Vulnerability.Read Machine.Read")
    servers = {each["id"] for each in company.rows("/api/machines", token=token)}

    assert {each["machineId"] for each in company.rows(FINDINGS, token=token)} == servers
    assert all(each["exposedMachines"] <= 3 for each in company.rows("/api/vulnerabilities", token=token))


def test_reading_vulnerabilities_takes_its_permission(company: Api) -> None:
    assert company.get("/api/vulnerabilities", "Software.Read.All").status_code == 403
    token = company.user_token("viewer", "Software.Read")
    assert company.call("GET", "/api/vulnerabilities", token=token).status_code == 403
