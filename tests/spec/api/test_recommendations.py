"""Recommendations as the API serves them: derived from vulnerabilities and settings, and worth what they promise."""

from __future__ import annotations

import pytest

from tests.spec.api.conftest import Api
from vedette.simulation import Simulation

READ = "SecurityRecommendation.Read.All"
TELERIK = "/api/recommendations/va-_-progress-_-telerik"


def test_exposed_machines_of_a_recommendation_are_as_many_as_are_listed(company: Api) -> None:
    for each in company.rows("/api/recommendations", READ):
        machines = company.rows(f"/api/recommendations/{each['id']}/machineReferences", READ)

        assert each["exposedMachinesCount"] == len(machines) > 0
        assert len(machines) <= each["totalMachineCount"]


def test_a_recommendation_for_software_removes_the_weaknesses_of_its_product(company: Api) -> None:
    about_software = company.rows("/api/recommendations?$filter=startswith(id,'va-')", READ)

    for each in about_software:
        path = f"/api/recommendations/{each['id']}"
        product = company.get(f"{path}/software", "Software.Read.All").json()
        weaknesses = company.rows(f"{path}/vulnerabilities", "Vulnerability.Read.All")

        assert each["id"] == f"va-_-{product['id']}"
        assert product["@odata.context"].endswith("$metadata#Analytics.Contracts.PublicAPI.PublicProductDto")
        assert each["weaknesses"] == product["weaknesses"] == len(weaknesses)
        assert each["exposureImpact"] == product["impactScore"]


def test_a_machine_lists_the_recommendations_that_list_the_machine(company: Api, story: Simulation) -> None:
    everything = company.rows("/api/recommendations", READ)
    machines = {
        each["id"]: {host["id"] for host in company.rows(f"/api/recommendations/{each['id']}/machineReferences", READ)}
        for each in everything
    }

    for machine in story.machines:
        listed = company.rows(f"/api/machines/{machine.id}/recommendations", READ)
        assert listed == [each for each in everything if machine.id in machines[each["id"]]]


def test_what_can_be_updated_is_updated_and_what_has_ended_is_replaced_or_removed(company: Api) -> None:
    kinds = {each["id"]: each["remediationType"] for each in company.rows("/api/recommendations", READ)}

    assert kinds["va-_-google-_-chrome"] == "Update"
    assert kinds["va-_-microsoft-_-windows_10"] == "Upgrade"
    assert kinds["va-_-microsoft-_-silverlight"] == "Uninstall"
    assert kinds["sca-_-scid-9301"] == "ConfigurationChange"
    upgrade = company.get("/api/recommendations/va-_-microsoft-_-windows_10", READ).json()
    assert (upgrade["recommendedVendor"], upgrade["recommendedProgram"]) == ("microsoft", "windows_11")
    assert upgrade["tags"] == ["EOS Software"]


def test_the_weightiest_recommendation_comes_first(company: Api) -> None:
    impacts = [each["exposureImpact"] for each in company.rows("/api/recommendations", READ)]

    assert impacts == sorted(impacts, reverse=True)


def test_a_recommendation_tells_whether_an_alert_is_open_on_its_machines(company: Api) -> None:
    machine = company.rows(f"{TELERIK}/machineReferences", READ)[0]["id"]
    rights = ("Alert.ReadWrite.All",)
    before = company.get(TELERIK, READ).json()["activeAlert"]

    for alert in company.rows(f"/api/machines/{machine}/alerts", *rights):
        company.call("PATCH", f"/api/alerts/{alert['id']}", roles=rights, json={"status": "Resolved"})

    assert (before, company.get(TELERIK, READ).json()["activeAlert"]) == (True, False)


def test_recommendations_are_filtered(company: Api) -> None:
    found = company.rows(
        "/api/recommendations?$filter=recommendationCategory eq 'Network' and severityScore ge 8", READ
    )

    assert {each["recommendationCategory"] for each in found} == {"Network"}
    assert min(each["severityScore"] for each in found) >= 8


def test_a_setting_has_no_software_and_no_vulnerabilities(company: Api) -> None:
    path = "/api/recommendations/sca-_-scid-9301"

    assert company.rows(f"{path}/vulnerabilities", "Vulnerability.Read.All") == []
    assert company.get(f"{path}/software", "Software.Read.All").json()["error"]["code"] == "ResourceNotFound"


@pytest.mark.parametrize("path", ["", "/machineReferences"])
def test_an_unknown_recommendation_is_not_found(company: Api, path: str) -> None:
    answer = company.get(f"/api/recommendations/va-_-acme-_-rocket{path}", READ)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_the_software_of_a_recommendation_takes_the_permissions_that_its_page_prints(company: Api) -> None:
    assert company.get(f"{TELERIK}/software", READ).status_code == 403
    token = company.user_token("viewer", "SecurityRecommendation.Read")
    assert company.call("GET", f"{TELERIK}/software", token=token).status_code == 200


def test_reading_recommendations_takes_its_permission(company: Api) -> None:
    assert company.get("/api/recommendations", "Software.Read.All").status_code == 403
