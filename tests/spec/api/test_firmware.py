"""Firmware as the API serves it: of the organization and of a machine."""

from __future__ import annotations

from tests.spec.api.conftest import Api
from vedette.simulation import Simulation

READ = "Software.Read.All"


def test_the_organization_has_the_firmware_of_its_machines(company: Api, story: Simulation) -> None:
    of_machines = {
        (each["name"], each["version"])
        for machine in story.machines
        for each in company.rows(f"/api/machines/{machine.id}/firmware", READ)
    }

    assert {(each["name"], each["version"]) for each in company.rows("/api/firmware", READ)} == of_machines


def test_firmware_of_an_unknown_machine_is_not_found(company: Api) -> None:
    answer = company.get(f"/api/machines/{'f' * 40}/firmware", READ)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_reading_firmware_takes_a_permission(company: Api) -> None:
    assert company.get("/api/firmware", "Machine.Read.All").status_code == 403
