"""Antivirus health as the API serves it: a row for each machine, in agreement with the settings that are checked."""

from __future__ import annotations

from tests.spec.api.conftest import Api
from vedette.simulation import Simulation

READ = "Machine.Read.All"


def test_there_is_a_row_for_each_machine(company: Api, story: Simulation) -> None:
    found = company.rows("/api/deviceavinfo?$top=10000", READ)

    assert {each["machineId"]: each["computerDnsName"] for each in found} == {
        machine.id: machine.computer_dns_name for machine in story.machines
    }
    assert {each["osKind"] for each in found} == {"windows", "linux", "mac"}


def test_a_page_has_20_rows_unless_more_are_asked_for(company: Api) -> None:
    first = company.get("/api/deviceavinfo", READ).json()

    assert len(first["value"]) == 20
    path = first["@odata.nextLink"].removeprefix("https://tenant.test")
    assert len(company.rows(path, READ)) == 4


def test_old_signatures_are_what_the_recommendation_is_about(company: Api) -> None:
    old = company.rows("/api/deviceavinfo?$filter=avIsSignatureUpToDate eq 'False'&$top=100", READ)
    to_update = company.rows(
        "/api/recommendations/sca-_-scid-9102/machineReferences", "SecurityRecommendation.Read.All"
    )

    assert {each["machineId"] for each in old} == {each["id"] for each in to_update} != set()
    assert all(each["avSignatureUpdateTime"] < "2026-11-15" for each in old)


def test_rows_cannot_be_filtered_by_group_name(company: Api) -> None:
    answer = company.get("/api/deviceavinfo?$filter=rbacGroupName eq 'Servers'", READ)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ODataError")


def test_a_user_sees_the_machines_of_their_device_groups(company: Api) -> None:
    token = company.user_token("server-viewer", "Machine.Read")

    assert {each["rbacGroupName"] for each in company.rows("/api/deviceavinfo", token=token)} == {"Servers"}


def test_reading_antivirus_health_takes_its_permission(company: Api) -> None:
    assert company.get("/api/deviceavinfo", "Software.Read.All").status_code == 403
