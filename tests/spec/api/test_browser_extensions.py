"""Permissions of browser extensions as the API explains them."""

from __future__ import annotations

from tests.spec.api.conftest import TENANT, Api
from vedette.catalogue.exported_rows import AssetBrowserExtension
from vedette.simulation.estate import rows

PATH = "/api/browserextensions/permissionsinfo"
READ = "Software.Read.All"


def test_every_permission_that_an_extension_asks_for_is_explained(company: Api) -> None:
    explained = {each["key"]: each for each in company.rows(PATH, READ)}
    asked = {
        permission.id
        for each in rows(company.state.defender[TENANT].estate(), AssetBrowserExtension)
        for permission in each.permissions
    }

    assert asked <= set(explained)
    assert asked != set()
    assert explained["cookies"]["permissionName"] == "Cookies"
    assert all(each["description"] for each in explained.values())


def test_permissions_are_filtered_by_name(company: Api) -> None:
    found = company.rows(f"{PATH}?$filter=permissionName eq 'Proxy'", READ)

    assert [each["key"] for each in found] == ["proxy"]


def test_reading_permissions_takes_a_permission(company: Api) -> None:
    assert company.get(PATH, "Machine.Read.All").status_code == 403
