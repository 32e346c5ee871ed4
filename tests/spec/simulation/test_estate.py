"""The laws of the estate: what vulnerability management knows of machines follows from them, and adds up."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from vedette.catalogue.exported_rows import (
    AssetBaselineAssessment,
    AssetBrowserExtension,
    AssetCertificateAssessment,
    AssetConfiguration,
    AssetHardwareFirmware,
    AssetNonCpeSoftware,
    AssetSoftware,
    AssetVulnerability,
)
from vedette.catalogue.machines import Machine
from vedette.catalogue.tables import Event
from vedette.simulation import Simulation, simulate
from vedette.simulation.estate import Estate, changes, exposure_level, gathered, installed, profile_of
from vedette.simulation.estate import rows as exported
from vedette.simulation.estate.cvss import base_score, severity
from vedette.simulation.estate.products import PRODUCTS
from vedette.simulation.estate.weaknesses import KINDS

KINDS_OF_ROW = (
    AssetSoftware,
    AssetNonCpeSoftware,
    AssetVulnerability,
    AssetConfiguration,
    AssetBaselineAssessment,
    AssetBrowserExtension,
    AssetCertificateAssessment,
    AssetHardwareFirmware,
)


@pytest.fixture(scope="module")
def estate(month: Simulation) -> Estate:
    return Estate(month.machines)


def test_equal_machines_give_an_equal_estate(month: Simulation, estate: Estate) -> None:
    again = Estate(list(month.machines))

    assert again.software == estate.software
    assert again.vulnerabilities == estate.vulnerabilities
    assert again.recommendations == estate.recommendations
    for kind in KINDS_OF_ROW:
        assert list(exported(again, kind)) == list(exported(estate, kind))


def test_another_company_has_another_estate(estate: Estate) -> None:
    other = Estate(simulate(seed=2, days=1, until=datetime(2026, 11, 20, 12, tzinfo=UTC)).machines)

    assert [each.installed_machines for each in other.software.values()] != [
        each.installed_machines for each in estate.software.values()
    ]


def test_tags_values_and_groups_do_not_change_what_is_installed(month: Simulation) -> None:
    machine = month.machines[-1]
    changed = msgspec.structs.replace(machine, machine_tags=["x"], device_value="High", rbac_group_id=9)

    assert installed(profile_of(changed)) == installed(profile_of(machine))


# Scores of the published calculator of CVSS 3.1 for these vectors.
@pytest.mark.parametrize(
    ("vector", "score", "name"),
    [
        ("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, "Critical"),
        ("AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0, "Critical"),
        ("AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, "Medium"),
        ("AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8, "High"),
        ("AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4, "Medium"),
        ("AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", 1.6, "Low"),
        ("AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, "Low"),
    ],
)
def test_scores_are_those_of_the_specification(vector: str, score: float, name: str) -> None:
    found = base_score(f"CVSS:3.1/{vector}")

    assert (found, severity(found)) == (score, name)


def test_every_kind_of_weakness_has_a_score_and_names_its_product() -> None:
    assert all(base_score(kind.vector) > 0 and "{product}" in kind.text for kind in KINDS.values())


def test_releases_stand_in_the_order_of_time() -> None:
    for product in PRODUCTS.values():
        ages = [release.age_days for release in product.releases]
        assert ages == sorted(ages, reverse=True), product.id


def test_programs_that_rows_show_are_installed_in_the_version_that_rows_show(
    month: Simulation, rows: list[Event]
) -> None:
    names = {"msedge.exe": "edge_chromium-based", "WINWORD.EXE": "office", "OneDrive.exe": "onedrive"}
    versions = {(each.machine_id, each.name): each.version for each in month.software}
    seen = {
        (str(row["DeviceId"]), names[str(row["FileName"])]): row["ProcessVersionInfoProductVersion"]
        for table, row in rows
        if table == "DeviceProcessEvents" and row.get("FileName") in names
    }

    assert seen != {}
    assert seen == {key: versions[key] for key in seen}


def test_device_rows_show_the_level_and_the_update_of_the_estate(month: Simulation, rows: list[Event]) -> None:
    machines = {machine.id: machine for machine in month.machines}
    for table, row in rows:
        if table == "DeviceInfo":
            machine = machines[str(row["DeviceId"])]
            assert row["ExposureLevel"] == exposure_level(machine)
            if machine.os_build is not None:
                version = installed(profile_of(machine))[0].release.version
                assert version == f"10.0.{machine.os_build}.{row['OsBuildRevision']}"


def test_rows_of_vulnerabilities_are_the_findings_and_the_software_without_any(estate: Estate) -> None:
    vulnerable = list(exported(estate, AssetVulnerability))
    found = Counter((each.machine_id, each.cve_id, each.product_name) for each in estate.findings())

    assert Counter((row.device_id, row.cve_id, row.software_name) for row in vulnerable if row.cve_id) == found
    clean = {(row.device_id, row.software_name) for row in vulnerable if row.cve_id is None}
    software = {(row.device_id, row.software_name): row.number_of_weaknesses for row in exported(estate, AssetSoftware)}
    assert clean == {key for key, weaknesses in software.items() if weaknesses == 0}
    assert len({row.id for row in vulnerable}) == len(vulnerable)


def test_software_is_either_in_the_rows_with_a_product_code_or_in_those_without(estate: Estate) -> None:
    with_code = [(row.software_vendor, row.software_name) for row in exported(estate, AssetSoftware)]
    without = [(row.software_vendor, row.software_name) for row in exported(estate, AssetNonCpeSoftware)]

    assert set(without) == {("halden_works", each) for each in ("inventory", "backup_agent", "desk_booking")}
    assert set(with_code).isdisjoint(without)
    installations = sum(each.installed_machines for each in estate.software.values())
    assert len(with_code) + len(without) == installations


def test_rows_of_settings_are_what_recommendations_count(estate: Estate) -> None:
    failing = Counter(
        row.recommendation_reference
        for row in exported(estate, AssetConfiguration)
        if row.is_applicable and not row.is_compliant
    )

    assert failing == {
        each.id: each.exposed_machines_count
        for each in estate.recommendations.values()
        if each.remediation_type == "ConfigurationChange"
    }


def test_carrying_out_a_recommendation_lowers_the_exposure_by_its_impact(month: Simulation, estate: Estate) -> None:
    worth = {"Low": 0.5, "Normal": 1.0, "High": 2.0}
    total = sum(worth[machine.device_value] for machine in month.machines)

    def score_without(product_id: str) -> float:
        exposed = 0.0
        for machine in month.machines:
            stands = math.prod(
                1 - weakness.danger
                for each in estate.inventory(machine)
                for weakness in each.weaknesses
                if each.product.id != product_id
            )
            exposed += worth[machine.device_value] * 100 * (1 - stands)
        return exposed / total

    assert estate.exposure_score == pytest.approx(score_without("none"), abs=1e-5)
    for each in estate.recommendations.values():
        if each.id.startswith("va-_-"):
            left = score_without(each.id.removeprefix("va-_-"))
            assert each.exposure_impact == pytest.approx(estate.exposure_score - left, abs=1e-5)


def test_changes_are_what_came_and_went_in_the_time_asked_for(estate: Estate) -> None:
    since = estate.as_of - timedelta(days=14)
    found = list(changes(estate, since))
    present = {row.id for row in exported(estate, AssetVulnerability)}

    assert {each.status for each in found} == {"New", "Fixed"}
    assert all(each.event_timestamp is not None and since <= each.event_timestamp <= estate.as_of for each in found)
    assert {each.id for each in found if each.status == "New"} <= present
    assert {each.id for each in found if each.status == "Fixed"}.isdisjoint(present)
    assert list(changes(estate, estate.as_of + timedelta(seconds=1))) == []


def test_one_machine_gives_the_part_of_all_rows_that_is_its_own(month: Simulation, estate: Estate) -> None:
    machine = month.machines[3]

    everything = [row for row in exported(estate, AssetVulnerability) if row.device_id == machine.id]
    assert list(exported(estate, AssetVulnerability, [machine])) == everything != []


def test_gathered_information_is_about_the_antivirus_of_each_machine(month: Simulation, estate: Estate) -> None:
    found = list(gathered(estate))

    assert [each["DeviceId"] for each in found] == [machine.id for machine in month.machines]
    assert all(isinstance(each["DeviceGatheredInfo"], dict) for each in found)


def test_machines_that_only_a_recording_knows_have_an_estate_too() -> None:
    machine = Machine(
        id="d" * 40,
        computer_dns_name="mordor-dc01.example",
        os_platform="WindowsServer2019",
        os_build=17763,
        last_seen=datetime(2020, 10, 20, tzinfo=UTC),
        onboarding_status="Onboarded",
    )
    estate = Estate([machine])

    assert estate.inventory(machine)[0].product.name == "windows_server_2019"
    assert estate.as_of == machine.last_seen
    assert profile_of(machine).role == "dc"
    assert estate.exposure_score > 0


def test_a_platform_that_is_not_known_has_nothing_installed() -> None:
    phone = Machine(id="e" * 40, os_platform="iOS", onboarding_status="Onboarded")

    assert installed(profile_of(phone)) == ()
    assert exposure_level(phone) == "None"
    assert Estate([phone]).recommendations == {}
