"""Remediation tasks as the API serves them: how many machines were to be fixed, and which still are."""

from __future__ import annotations

import pytest

from tests.spec.api.conftest import Api

READ = "RemediationTasks.Read.All"


def test_machines_of_a_task_are_those_that_are_not_fixed_yet(company: Api) -> None:
    for task in company.rows("/api/remediationTasks", READ):
        left = company.rows(f"/api/remediationTasks/{task['id']}/machineReferences", READ)

        assert task["targetDevices"] - task["fixedDevices"] == len(left)
        assert (task["status"] == "Completed") is (left == [])


def test_tasks_are_in_several_stages(company: Api) -> None:
    tasks = company.rows("/api/remediationTasks", READ)

    assert {task["status"] for task in tasks} == {"Active", "Completed"}
    assert any(0 < task["fixedDevices"] < task["targetDevices"] for task in tasks)


def test_a_task_carries_out_a_recommendation_on_its_machines(company: Api) -> None:
    for task in company.rows("/api/remediationTasks", READ):
        reference = task["recommendationReference"]
        left = {each["id"] for each in company.rows(f"/api/remediationTasks/{task['id']}/machineReferences", READ)}
        path = f"/api/recommendations/{reference}"
        exposed = {each["id"] for each in company.rows(f"{path}/machineReferences", "SecurityRecommendation.Read.All")}

        assert left <= exposed
        about = company.get(path, "SecurityRecommendation.Read.All").json()
        assert task["type"] == about["remediationType"]


def test_tasks_are_filtered_by_state_and_time(company: Api) -> None:
    done = company.rows("/api/remediationTasks?$filter=status eq 'Completed'", READ)
    assert {task["status"] for task in done} == {"Completed"}
    recent = company.rows("/api/remediationTasks?$filter=createdOn gt 2026-11-01", READ)
    assert min(task["createdOn"] for task in recent) > "2026-11-01"


def test_a_task_is_fetched_by_id(company: Api) -> None:
    first = company.rows("/api/remediationTasks", READ)[0]

    one = company.get(f"/api/remediationTasks/{first['id']}", READ).json()

    assert one.pop("@odata.context") == "https://tenant.test/api/$metadata#RemediationTasks/$entity"
    assert one == first


def test_users_see_the_same_tasks_on_their_machines_alone(company: Api) -> None:
    token = company.user_token("server-viewer", "RemediationTasks.Read")
    everything = {task["id"]: task for task in company.rows("/api/remediationTasks", READ)}
    seen = company.rows("/api/remediationTasks", token=token)

    assert {task["id"] for task in seen} < set(everything)
    assert all(task["targetDevices"] <= everything[task["id"]]["targetDevices"] for task in seen)
    assert max(task["targetDevices"] for task in seen) <= 3


@pytest.mark.parametrize("path", ["", "/machineReferences"])
def test_an_unknown_task_is_not_found(company: Api, path: str) -> None:
    answer = company.get(f"/api/remediationTasks/none{path}", READ)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_reading_tasks_takes_its_permission(company: Api) -> None:
    assert company.get("/api/remediationTasks", "SecurityRecommendation.Read.All").status_code == 403
