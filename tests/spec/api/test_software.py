"""Software as the API serves it: products, versions, machines and missing updates, which all say the same."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from tests.spec.api.conftest import TENANT, Api
from vedette.simulation import Simulation

READ = "Software.Read.All"
CHROME = "/api/Software/google-_-chrome"


def test_the_inventory_lists_each_product_once_with_its_documented_id(company: Api, story: Simulation) -> None:
    products = company.rows("/api/Software", READ)

    assert [each["id"] for each in products] == sorted({f"{each.vendor}-_-{each.name}" for each in story.software})
    assert all(each["id"] == f"{each['vendor']}-_-{each['name']}" for each in products)
    answer = company.get("/api/Software", READ).json()
    assert answer["@odata.context"] == "https://tenant.test/api/$metadata#Software"


def test_counts_of_a_product_are_the_lengths_of_its_lists(company: Api) -> None:
    findings = company.rows("/api/vulnerabilities/machinesVulnerabilities", "Vulnerability.Read.All")
    exposed: dict[str, set[str]] = {}
    for each in findings:
        exposed.setdefault(f"{each['productVendor']}-_-{each['productName']}", set()).add(each["machineId"])

    for product in company.rows("/api/Software", READ):
        path = f"/api/Software/{product['id']}"
        machines = {each["id"] for each in company.rows(f"{path}/machineReferences", READ)}
        versions = company.rows(f"{path}/distributions", READ)
        weaknesses = company.rows(f"{path}/vulnerabilities", "Vulnerability.Read.All")

        assert product["installedMachines"] == len(machines) == sum(each["installations"] for each in versions)
        assert product["exposedMachines"] == len(exposed.get(product["id"], set()))
        assert exposed.get(product["id"], set()) <= machines
        assert product["weaknesses"] == len(weaknesses)
        assert product["publicExploit"] is any(each["publicExploit"] for each in weaknesses)
        assert product["distributions"] == versions


def test_the_machines_of_a_product_are_those_that_list_it(company: Api, story: Simulation) -> None:
    listed = {
        machine.id
        for machine in story.machines
        if "google-_-chrome" in {each["id"] for each in company.rows(f"/api/machines/{machine.id}/software", READ)}
    }

    assert {each["id"] for each in company.rows(f"{CHROME}/machineReferences", READ)} == listed


def test_a_machine_that_lacks_an_update_is_counted_by_it(company: Api, story: Simulation) -> None:
    lacking: Counter[str] = Counter()
    told: dict[str, int] = {}
    for machine in story.machines:
        for update in company.rows(f"/api/machines/{machine.id}/getmissingkbs", READ):
            lacking[update["id"]] += 1
            told[update["id"]] = update["machineMissedOn"]

    assert told == dict(lacking)
    assert lacking != {}


def test_windows_updates_that_a_machine_lacks_address_its_windows_vulnerabilities(company: Api) -> None:
    server = company.rows("/api/machines?$filter=computerDnsName eq 'hw-fs-01.halden.example'", "Machine.Read.All")[0]
    updates = company.rows(f"/api/machines/{server['id']}/getmissingkbs", READ)
    wanted = f"machineId eq '{server['id']}' and productName eq 'windows_server_2019'"
    findings = company.rows(f"/api/vulnerabilities/machinesVulnerabilities?$filter={wanted}", "Vulnerability.Read.All")

    assert Counter(each["fixingKbId"] for each in findings) == {each["id"]: each["cveAddressed"] for each in updates}
    assert {tuple(each["productsNames"]) for each in updates} == {("windows_server_2019",)}
    assert {each["osBuild"] for each in updates} == {17763}


def test_a_product_lacks_the_updates_that_its_machines_lack(company: Api, story: Simulation) -> None:
    windows = [machine for machine in story.machines if machine.os_platform == "Windows11"]
    of_machines = {
        each["id"] for machine in windows for each in company.rows(f"/api/machines/{machine.id}/getmissingkbs", READ)
    }
    of_product = company.rows("/api/Software/microsoft-_-windows_11/getmissingkbs", READ)

    assert {each["id"] for each in of_product} == of_machines


def test_software_is_filtered_and_paged(company: Api) -> None:
    assert {each["vendor"] for each in company.rows("/api/Software?$filter=vendor eq 'apple'", READ)} == {"apple"}
    everything = company.rows("/api/Software", READ)
    assert company.rows("/api/Software?$top=3&$skip=2", READ) == everything[2:5]
    refused = company.get("/api/Software?$filter=weaknesses gt 3", READ)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "ODataError")


@pytest.mark.parametrize("path", ["", "/machineReferences", "/getmissingkbs", "/distributions"])
def test_a_product_that_nobody_has_is_not_found(company: Api, path: str) -> None:
    answer = company.get(f"/api/Software/acme-_-rocket{path}", READ)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_a_user_counts_the_machines_of_their_device_groups_alone(company: Api) -> None:
    token = company.user_token("server-viewer", "Software.Read")

    assert {each["rbacGroupName"] for each in company.rows(
        "/api/Software/halden_works-_-backup_agent/machineReferences", token=token
    )} == {"Servers"}  # fmt: skip
    agent = company.call("GET", "/api/Software/halden_works-_-backup_agent", token=token).json()
    assert agent["installedMachines"] == 3
    assert company.call("GET", CHROME, token=token).status_code == 404
    assert company.get("/api/Software/halden_works-_-backup_agent", READ).json()["installedMachines"] == 5


def test_an_excluded_machine_is_no_part_of_vulnerability_management(company: Api, story: Simulation) -> None:
    store = company.state.defender[TENANT]
    before = company.get(CHROME, READ).json()["installedMachines"]
    host = company.rows(f"{CHROME}/machineReferences", READ)[0]["id"]
    machine = store.machines.get(host)
    assert machine is not None
    store.machines.put(msgspec.structs.replace(machine, is_excluded=True, exclusion_reason="InactiveDevice"))

    assert company.get(CHROME, READ).json()["installedMachines"] == before - 1
    assert company.rows(f"/api/machines/{host}/software", READ) == []


def test_reading_software_takes_its_permission(company: Api) -> None:
    answer = company.get("/api/Software", "Vulnerability.Read.All")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Forbidden")
