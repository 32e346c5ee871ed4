"""What is in the tenant that nobody described: people in the documented roles, apps for the usual uses, a world."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from vedette.catalogue.permission import DEFENDER
from vedette.tenant import LocalTenant
from vedette.tenant.seed import default_apps

from .conftest import bearer

Token = Callable[..., str]


def test_ids_are_the_same_in_every_tenant_and_secrets_are_not(tenant: LocalTenant) -> None:
    with LocalTenant(machines=8, days=1, telemetry="none", sockets=False) as other:
        assert other.tenant_id == tenant.tenant_id
        assert {a.name: a.client_id for a in other.apps.values()} == {a.name: a.client_id for a in tenant.apps.values()}
        assert other.users["admin"].password != tenant.users["admin"].password
        assert other.apps["soc-reader"].client_secret != tenant.apps["soc-reader"].client_secret


def test_users_are_found_by_their_full_name_or_what_is_before_the_at(tenant: LocalTenant) -> None:
    assert tenant.users["analyst"] is not None
    assert tenant.users["analyst"] == tenant.users["analyst@halden.example"]
    with pytest.raises(KeyError):
        tenant.users["nobody"]


def test_roles_are_told(tenant: LocalTenant) -> None:
    assert {upn.partition("@")[0]: user.role for upn, user in tenant.users.items()} == {
        "admin": "Administrator, Global Administrator",
        "secadmin": "Security Administrator",
        "analyst": "Analyst",
        "responder": "Responder",
        "tier1": "Analyst",
    }


@pytest.mark.parametrize(
    ("user", "may_view", "may_change_alerts", "may_isolate"),
    [
        ("admin", True, True, True),
        ("secadmin", True, True, True),
        ("responder", True, True, True),
        ("analyst", True, False, False),
        ("tier1", True, False, False),
    ],
)
def test_each_person_may_do_what_the_role_says(
    tenant: LocalTenant,
    client: httpx2.Client,
    user_token: Token,
    user: str,
    may_view: bool,
    may_change_alerts: bool,
    may_isolate: bool,
) -> None:
    headers = bearer(user_token(user))
    machines = client.get("/api/machines", headers=headers)
    workstation = next(m["id"] for m in machines.json()["value"] if m["rbacGroupName"] == "Workstations")
    alert = client.get("/api/alerts?$top=1", headers=headers).json()["value"][0]["id"]
    changed = client.patch(f"/api/alerts/{alert}", headers=headers, json={"assignedTo": user})
    isolated = client.post(
        f"/api/machines/{workstation}/isolate",
        headers=headers,
        json={"Comment": "drill", "IsolationType": "Full"},
    )

    assert (machines.status_code == 200) is may_view
    assert changed.status_code == (200 if may_change_alerts else 403)
    # Somebody isolated it before: the second request is refused as such, which takes the permission all the same.
    assert (isolated.status_code != 403) is may_isolate


def test_tier1_sees_the_workstations_alone(client: httpx2.Client, user_token: Token) -> None:
    def groups(user: str) -> set[str]:
        machines = client.get("/api/machines", headers=bearer(user_token(user))).json()["value"]
        return {machine["rbacGroupName"] for machine in machines}

    assert groups("tier1") == {"Workstations"}
    assert groups("analyst") > {"Workstations", "Servers"}


def test_soc_automation_holds_every_application_permission(tenant: LocalTenant) -> None:
    assert _roles(tenant, "soc-automation") == {
        role.value for role in DEFENDER.roles.values() if "Application" in role.members
    }


def test_soc_reader_reads_and_does_not_change(
    tenant: LocalTenant, client: httpx2.Client, app_token: Callable[[str], str]
) -> None:
    headers = bearer(app_token("soc-reader"))
    alert = client.get("/api/alerts?$top=1", headers=headers).json()["value"][0]["id"]

    assert client.patch(f"/api/alerts/{alert}", headers=headers, json={"assignedTo": "x"}).status_code == 403
    assert {"Alert.Read.All", "Machine.Read.All", "AdvancedQuery.Read.All"} <= _roles(tenant, "soc-reader")
    assert not {role for role in _roles(tenant, "soc-reader") if "Write" in role or "Manage" in role}


def test_vedette_admin_registers_apps_for_the_administrator(client: httpx2.Client, user_token: Token) -> None:
    token = user_token("admin", app="vedette-admin", resource="https://graph.microsoft.com")

    made = client.post("/v1.0/applications", headers=bearer(token), json={"displayName": "made here"})

    assert made.status_code == 201


def test_public_clients_take_loopback_redirects(tenant: LocalTenant) -> None:
    for app in ("soc-cli", "vedette-admin"):
        found = tenant.state.directory.application(tenant.apps[app].client_id)
        assert found is not None
        assert "http://localhost" in found.public_redirect_uris
        assert found.is_fallback_public_client is True


def test_the_world_is_there_from_the_start(tenant: LocalTenant) -> None:
    store = tenant.state.defender[tenant.tenant_id]

    assert len(store.machines) == 8
    assert len(store.alerts) > 0


def test_the_sdk_signs_in_as_an_app(tenant: LocalTenant) -> None:
    with tenant.defender("soc-reader") as defender:
        assert len(list(defender.alerts.list())) == len(tenant.state.defender[tenant.tenant_id].alerts)


def _roles(tenant: LocalTenant, app: str) -> set[str]:
    directory = tenant.state.directory
    client = directory.service_principal(tenant.tenant_id, tenant.apps[app].client_id)
    defender = directory.service_principal(tenant.tenant_id, DEFENDER.app_id)
    assert client is not None
    assert defender is not None
    return directory.granted_roles(client, defender, DEFENDER)


def test_every_app_asks_for_what_it_was_granted() -> None:
    assert all(app.delegated or app.application for app in default_apps())
