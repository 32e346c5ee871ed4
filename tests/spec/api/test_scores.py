"""Scores as the API serves them: exposure of all machines and by device group, and the secure score."""

from __future__ import annotations

import msgspec
import pytest

from tests.spec.api.conftest import TENANT, Api
from vedette.simulation import Simulation
from vedette.simulation.estate import exposure_level

READ = "Score.Read.All"
_WEIGHT = {"Low": 0.5, "Normal": 1.0, "High": 2.0}


def test_the_exposure_score_is_the_mean_of_the_groups_by_the_value_of_their_machines(
    company: Api, story: Simulation
) -> None:
    groups = company.rows("/api/exposureScore/ByMachineGroups", READ)
    weights = {
        each["rbacGroupName"]: sum(
            _WEIGHT[machine.device_value]
            for machine in story.machines
            if machine.rbac_group_name == each["rbacGroupName"]
        )
        for each in groups
    }
    mean = sum(each["score"] * weights[each["rbacGroupName"]] for each in groups) / sum(weights.values())

    answer = company.get("/api/exposureScore", READ).json()

    assert answer["score"] == pytest.approx(mean, abs=1e-5)
    assert answer["@odata.context"] == "https://tenant.test/api/$metadata#ExposureScore/$entity"
    assert {each["rbacGroupName"] for each in groups} == set(story.device_groups.values())


def test_secure_score_and_what_recommendations_add_make_the_highest_score(company: Api) -> None:
    score = company.get("/api/configurationScore", READ).json()
    settings = company.rows("/api/recommendations?$filter=startswith(id,'sca-')", "SecurityRecommendation.Read.All")
    # All settings weigh this much together; those that every machine has are in no recommendation.
    highest = company.state.defender[TENANT].estate().highest_secure_score

    assert score["score"] + sum(each["configScoreImpact"] for each in settings) == pytest.approx(highest, abs=1e-4)
    assert score["@odata.context"] == "https://tenant.test/api/$metadata#ConfigurationScore/$entity"


def test_a_machine_that_matters_more_weighs_more(company: Api, story: Simulation) -> None:
    before = company.get("/api/exposureScore", READ).json()["score"]
    web = next(machine for machine in story.machines if machine.exposure_level == "High")

    company.call(
        "POST",
        f"/api/machines/{web.id}/setDeviceValue",
        roles=("Machine.ReadWrite.All",),
        json={"DeviceValue": "High"},
    )

    assert company.get("/api/exposureScore", READ).json()["score"] > before


def test_machines_carry_the_level_that_follows_from_their_weaknesses(company: Api, story: Simulation) -> None:
    assert {machine.id: machine.exposure_level for machine in story.machines} == {
        machine.id: exposure_level(machine) for machine in story.machines
    }
    clean = [
        machine.id
        for machine in story.machines
        if not company.rows(f"/api/machines/{machine.id}/vulnerabilities", "Vulnerability.Read.All")
    ]
    assert {machine.id for machine in story.machines if machine.exposure_level == "None"} == set(clean)


def test_a_user_reads_the_scores_of_their_device_groups(company: Api) -> None:
    token = company.user_token("server-viewer", "Score.Read")
    groups = company.rows("/api/exposureScore/ByMachineGroups", token=token)

    assert [each["rbacGroupName"] for each in groups] == ["Servers"]
    score = company.call("GET", "/api/exposureScore", token=token).json()["score"]
    assert score == groups[0]["score"] != company.get("/api/exposureScore", READ).json()["score"]


def test_without_machines_nothing_is_exposed(company: Api, story: Simulation) -> None:
    store = company.state.defender[TENANT]
    for machine in story.machines:
        store.machines.put(msgspec.structs.replace(machine, onboarding_status="CanBeOnboarded"))

    answer = company.get("/api/exposureScore", READ).json()
    assert (answer["time"], answer["score"]) == ("2026-11-22T12:00:00Z", 0)
    assert company.rows("/api/exposureScore/ByMachineGroups", READ) == []


def test_reading_scores_takes_their_permission(company: Api) -> None:
    for path in ("exposureScore", "configurationScore", "exposureScore/ByMachineGroups"):
        assert company.get(f"/api/{path}", "Machine.Read.All").status_code == 403
