"""Several organisations on one server, as a tenant file names them: guests, the shared doors, personal accounts."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from vedette import decode_token
from vedette.tenant import LocalTenant

PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
FILE = f"""
[[tenants]]
domain = "north.example"

[[tenants]]
domain = "south.example"

[[tenants]]
domain = "personal.example"
id = "{PERSONAL}"
defender = false

[[users]]
upn = "ana@north.example"
password = "correct horse 1"
role = "analyst"
directory_roles = ["Global Administrator"]
guest_in = ["south.example"]

[[users]]
upn = "bo@south.example"
password = "correct horse 2"
role = "analyst"

[[users]]
upn = "pia@personal.example"
password = "correct horse 3"

[[apps]]
name = "at-home"
public_client = true
delegated = ["Alert.Read"]

[[apps]]
name = "everywhere"
public_client = true
account_types = "multi-tenant"
delegated = ["Alert.Read"]

[[apps]]
name = "in-the-south"
tenant = "south.example"
public_client = true
delegated = ["Alert.Read"]

[[apps]]
name = "registrar"
public_client = true
delegated = ["graph:Application.ReadWrite.All", "graph:User.Read"]

[telemetry]
source = "none"
"""
ANA, BO = ("ana@north.example", "correct horse 1"), ("bo@south.example", "correct horse 2")
SCOPE = "https://api.securitycenter.microsoft.com/.default"


class Doors:
    """Requests to the token endpoint of any door."""

    def __init__(self, tenant: LocalTenant) -> None:
        self.tenant = tenant
        self._http = httpx2.Client(verify=ssl.create_default_context(cafile=tenant.ca_bundle))

    def ask(self, door: str, app: str, person: tuple[str, str], scope: str = SCOPE) -> dict[str, Any]:
        form = {
            "grant_type": "password",
            "client_id": self.tenant.apps[app].client_id,
            "username": person[0],
            "password": person[1],
            "scope": scope,
        }
        answer = self._http.post(f"{self.tenant.authority}/{door}/oauth2/v2.0/token", data=form)
        said: dict[str, Any] = answer.json()
        return said

    def number(self, door: str, app: str, person: tuple[str, str]) -> int:
        return int(self.ask(door, app, person)["error_codes"][0])

    def graph(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        token = self.ask("north.example", "registrar", ANA, "https://graph.microsoft.com/.default")["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return self._http.request(method, f"{self.tenant.graph_base}{path}", json=body, headers=headers)


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    path = tmp_path / "tenant.toml"
    path.write_text(FILE)
    with LocalTenant(config=path) as tenant:
        yield Doors(tenant)


def test_everybody_signs_in_at_home(doors: Doors) -> None:
    north = decode_token(doors.ask("north.example", "at-home", ANA)["access_token"])
    south = decode_token(doors.ask("south.example", "in-the-south", BO)["access_token"])

    assert (north.user_name, south.user_name) == (ANA[0], BO[0])
    assert north.tenant_id == doors.tenant.tenant_id != south.tenant_id
    assert doors.number("north.example", "at-home", BO) == 50020
    assert doors.number("south.example", "at-home", BO) == 700016


def test_a_guest_is_somebody_else_abroad_and_proves_it_with_the_password_from_home(doors: Doors) -> None:
    home = decode_token(doors.ask("north.example", "at-home", ANA)["access_token"])
    abroad = decode_token(doors.ask("south.example", "in-the-south", ANA)["access_token"])

    assert abroad.tenant_id != home.tenant_id
    assert abroad.object_id != home.object_id
    assert abroad.raw["idp"] == f"https://sts.windows.net/{home.tenant_id}/"
    assert abroad.user_name == "ana_north.example#EXT#@south.example"


def test_organizations_finds_the_tenant_and_the_apps_account_types_decide(doors: Doors) -> None:
    assert decode_token(doors.ask("organizations", "everywhere", ANA)["access_token"]).tenant_id == (
        doors.tenant.tenant_id
    )
    assert doors.number("organizations", "at-home", ANA) == 50194
    assert doors.number("common", "everywhere", ANA) == 9001023
    assert doors.number("consumers", "everywhere", ("pia@personal.example", "correct horse 3")) == 9001023
    assert doors.number("organizations", "everywhere", BO) == 65001  # nobody in the south has agreed yet


def test_changing_the_account_types_changes_which_doors_open(doors: Doors) -> None:
    client_id = doors.tenant.apps["at-home"].client_id
    assert doors.number("organizations", "at-home", ANA) == 50194

    change = {"signInAudience": "AzureADMultipleOrgs"}
    assert doors.graph("PATCH", f"/applications(appId='{client_id}')", change).status_code == 204
    assert "access_token" in doors.ask("organizations", "at-home", ANA)

    personal = {"signInAudience": "AzureADandPersonalMicrosoftAccount"}
    refused = doors.graph("PATCH", f"/applications(appId='{client_id}')", personal)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidAccessTokenVersion")
    manifest = {**personal, "api": {"requestedAccessTokenVersion": 2}}
    assert doors.graph("PATCH", f"/applications(appId='{client_id}')", manifest).status_code == 204
    back = {"signInAudience": "AzureADMyOrg"}
    assert doors.graph("PATCH", f"/applications(appId='{client_id}')", back).status_code == 204
    assert doors.number("organizations", "at-home", ANA) == 50194
