"""Baselines as the API serves them: profiles, the settings they check, and an exception."""

from __future__ import annotations

import pytest

from tests.spec.api.conftest import TENANT, Api
from vedette.catalogue.exported_rows import AssetBaselineAssessment
from vedette.simulation import Simulation
from vedette.simulation.estate import rows

READ = "SecurityBaselinesAssessment.Read.All"


def test_devices_of_a_profile_are_counted_from_its_results(company: Api) -> None:
    results = list(rows(company.state.defender[TENANT].estate(), AssetBaselineAssessment))

    for profile in company.rows("/api/baselineProfiles", READ):
        of_profile = [each for each in results if each.profile_id == profile["id"]]
        covered = {each.device_id for each in of_profile}
        failing = {each.device_id for each in of_profile if not each.is_compliant and not each.is_exempt}

        assert profile["totalDevices"] == len(covered) > 0
        assert profile["passedDevices"] == len(covered - failing)
        assert profile["settingsNumber"] == len({each.configuration_id for each in of_profile})


def test_every_setting_that_is_checked_is_described(company: Api) -> None:
    described = {each["id"]: each for each in company.rows("/api/baselineConfigurations", READ)}

    for each in rows(company.state.defender[TENANT].estate(), AssetBaselineAssessment):
        setting = described[str(each.configuration_id)]
        assert setting["recommendedValue"] == each.recommended_value
        assert setting["source"] == each.source
        assert (each.current_value == each.recommended_value) is each.is_compliant


def test_settings_are_filtered_by_category(company: Api) -> None:
    found = company.rows("/api/baselineConfigurations?$filter=category eq 'Network'", READ)

    assert {each["category"] for each in found} == {"Network"}


def test_an_exception_names_the_machines_that_are_exempt(company: Api, story: Simulation) -> None:
    (exception,) = company.rows("/api/baselineExceptions", READ)
    exempt = {
        each.device_id
        for each in rows(company.state.defender[TENANT].estate(), AssetBaselineAssessment)
        if each.is_exempt
    }

    assert {each["id"] for each in exception["devices"]} == exempt
    assert exempt == {machine.id for machine in story.machines if machine.os_platform == "WindowsServer2019"}


@pytest.mark.parametrize("kind", ["baselineProfiles", "baselineConfigurations", "baselineExceptions"])
def test_each_is_fetched_by_id(company: Api, kind: str) -> None:
    first = company.rows(f"/api/{kind}", READ)[0]

    one = company.get(f"/api/{kind}/{first['id']}", READ).json()

    assert {name: value for name, value in one.items() if name != "@odata.context"} == first
    missing = company.get(f"/api/{kind}/none", READ)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_a_user_counts_the_machines_of_their_device_groups(company: Api) -> None:
    token = company.user_token("server-viewer", "SecurityBaselinesAssessment.Read")
    counts = {each["name"]: each["totalDevices"] for each in company.rows("/api/baselineProfiles", token=token)}

    assert counts == {"Workstations": 0, "Servers 2022": 1, "Servers 2019": 2, "Linux servers": 0}


def test_reading_baselines_takes_its_permission(company: Api) -> None:
    assert company.get("/api/baselineProfiles", "Machine.Read.All").status_code == 403
