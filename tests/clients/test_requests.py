"""A `requests` program as published ones are: Microsoft's addresses in its text, and two environment variables."""

from __future__ import annotations

import pytest
import requests

from tests.clients.conftest import API, GRAPH, Witness
from vedette import decode_token
from vedette.tenant import LocalTenant
from vedette.tenant.seed import UserAccess

pytestmark = pytest.mark.usefixtures("proxied")

LOGIN = "https://login.microsoftonline.com"


def test_an_app_reads_alerts_and_machines(tenant: LocalTenant, witness: Witness) -> None:
    app = tenant.apps["soc-reader"]
    form = {
        "resource": API,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "grant_type": "client_credentials",
    }

    token = requests.post(f"{LOGIN}/{tenant.tenant_id}/oauth2/token", data=form, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
    machines = requests.get(f"{API}/api/machines", headers=headers, timeout=10).json()

    witness.checks(token, roles="Alert.Read.All Machine.Read.All")
    assert machines["@odata.context"] == f"{API}/api/$metadata#Machines"
    assert len(machines["value"]) == 8


def test_paging_stays_at_the_host_that_was_asked(tenant: LocalTenant) -> None:
    app = tenant.apps["soc-reader"]
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "grant_type": "client_credentials"}
    asked = requests.post(
        f"{LOGIN}/{tenant.tenant_id}/oauth2/v2.0/token", data={**form, "scope": f"{API}/.default"}, timeout=10
    )
    headers = {"Authorization": f"Bearer {asked.json()['access_token']}"}

    for host in ("api.securitycenter.microsoft.com", "api-eu.securitycenter.microsoft.com"):
        page = requests.get(f"https://{host}/api/machines?$top=3", headers=headers, timeout=10).json()
        assert page["@odata.context"] == f"https://{host}/api/$metadata#Machines"
        assert len(page["value"]) == 3


def test_graph(tenant: LocalTenant) -> None:
    admin = tenant.users["admin"]
    form = {
        "grant_type": "password",
        "client_id": tenant.apps["vedette-admin"].client_id,
        "username": admin.upn,
        "password": admin.password,
        "scope": f"{GRAPH}/.default",
    }
    token = requests.post(f"{LOGIN}/{tenant.tenant_domain}/oauth2/v2.0/token", data=form, timeout=10)

    found = requests.get(
        f"{GRAPH}/v1.0/servicePrincipals?$filter=displayName eq 'WindowsDefenderATP'",
        headers={"Authorization": f"Bearer {token.json()['access_token']}"},
        timeout=10,
    ).json()

    assert [each["appId"] for each in found["value"]] == ["fc780465-2017-40d4-a0c5-307022471b92"]


def test_metadata_names_the_host_that_was_asked(tenant: LocalTenant) -> None:
    found = requests.get(f"{LOGIN}/{tenant.tenant_domain}/v2.0/.well-known/openid-configuration", timeout=10).json()

    assert found["issuer"] == f"{LOGIN}/{tenant.tenant_id}/v2.0"
    assert found["token_endpoint"] == f"{LOGIN}/{tenant.tenant_id}/oauth2/v2.0/token"
    assert found["jwks_uri"] == f"{LOGIN}/{tenant.tenant_id}/discovery/v2.0/keys"


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [("v2.0/", "https://graph.microsoft.com/oidc/userinfo"), ("", "{login}/{tenant_id}/openid/userinfo")],
    ids=["v2", "v1"],
)
def test_userinfo_names_the_person_as_the_id_token_does(
    tenant: LocalTenant, alice: UserAccess, path: str, endpoint: str
) -> None:
    metadata = requests.get(f"{LOGIN}/{tenant.tenant_id}/{path}.well-known/openid-configuration", timeout=10).json()
    assert metadata["userinfo_endpoint"] == endpoint.format(login=LOGIN, tenant_id=tenant.tenant_id)
    form = {
        "grant_type": "password",
        "client_id": tenant.apps["soc-cli"].client_id,
        "username": alice.upn,
        "password": alice.password,
        "scope": f"openid profile {GRAPH}/User.Read",
    }
    tokens = requests.post(f"{LOGIN}/{tenant.tenant_id}/oauth2/v2.0/token", data=form, timeout=10).json()

    told = requests.get(
        metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=10
    ).json()

    assert told["sub"] == decode_token(tokens["id_token"]).raw["sub"]
    assert told["name"] == "Alice Berg"


@pytest.mark.parametrize("user", ["alice", "nobody"])
def test_user_realm_tells_the_domain_not_the_user(tenant: LocalTenant, alice: UserAccess, user: str) -> None:
    address = f"{LOGIN}/common/userrealm/{user}@{tenant.tenant_domain}?api-version=1.0"

    assert requests.get(address, timeout=10).json() == {
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": tenant.tenant_domain,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    }


def test_instance_discovery_knows_the_public_cloud(tenant: LocalTenant) -> None:
    asked = f"{LOGIN}/{tenant.tenant_id}/oauth2/v2.0/authorize"

    found = requests.get(
        f"{LOGIN}/common/discovery/instance?api-version=1.1&authorization_endpoint={asked}", timeout=10
    ).json()

    assert found["api-version"] == "1.1"
    assert found["tenant_discovery_endpoint"] == f"{LOGIN}/{tenant.tenant_id}/v2.0/.well-known/openid-configuration"
    assert found["metadata"][0] == {
        "preferred_network": "login.microsoftonline.com",
        "preferred_cache": "login.windows.net",
        "aliases": ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
    }
