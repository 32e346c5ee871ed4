"""From a new app registration to rows, through each API that takes hunting queries, by clients that are not ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import msal
import pytest
import requests

from vedette import ConfigurationError, UsernamePasswordCredential
from vedette.catalogue.permission import Kind
from vedette.client.graph import AppRegistrations
from vedette.client.transport import HttpTransport
from vedette.tenant import LocalTenant

from .conftest import bearer

ENDPOINT = ("https://api.securitycenter.microsoft.com", "/api/advancedqueries/run", "WindowsDefenderATP")
XDR = ("https://api.security.microsoft.com", "/api/advancedhunting/run", "Microsoft Threat Protection")
GRAPH = ("https://graph.microsoft.com", "/v1.0/security/runHuntingQuery", "Microsoft Graph")
GROUPS = "DeviceInfo | summarize by MachineGroup | sort by MachineGroup asc"

each_api = pytest.mark.parametrize(
    ("api", "role", "scope"),
    [
        (ENDPOINT, "AdvancedQuery.Read.All", "AdvancedQuery.Read"),
        (XDR, "AdvancedHunting.Read.All", "AdvancedHunting.Read"),
        (GRAPH, "ThreatHunting.Read.All", "ThreatHunting.Read.All"),
    ],
    ids=["endpoint", "xdr", "graph"],
)
Api = tuple[str, str, str]


@pytest.fixture(scope="module")
def apps(tenant: LocalTenant) -> Iterator[AppRegistrations]:
    """App registration, as the tenant's administrator."""
    admin = tenant.users["admin"]
    credential = UsernamePasswordCredential(
        admin.upn,
        str(admin.password),
        tenant_id=tenant.tenant_id,
        client_id=tenant.apps["vedette-admin"].client_id,
        authority=tenant.authority,
        ca_bundle=tenant.ca_bundle,
    )
    with AppRegistrations(HttpTransport(ca_bundle=tenant.ca_bundle), credential, tenant.graph_base) as made:
        yield made
    credential.close()


@pytest.fixture
def http(tenant: LocalTenant) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.verify = tenant.ca_bundle
        session.trust_env = False
        yield session


@each_api
def test_an_app_registers_is_consented_and_hunts(
    tenant: LocalTenant, client: httpx2.Client, apps: AppRegistrations, http: requests.Session, api: Api, role: str,
    scope: str,
) -> None:  # fmt: skip
    audience, path, name = api
    app = apps.create(f"Hunts through {name}")
    secret = apps.add_password(app).secret_text
    apps.add_permission(app, role, kind="application", api=name)

    def answered() -> httpx2.Response:
        signed = msal.ConfidentialClientApplication(
            app.app_id,
            client_credential=secret,
            authority=f"{tenant.authority}/{tenant.tenant_id}",
            instance_discovery=False,
            http_client=http,
        ).acquire_token_for_client([f"{audience}/.default"])
        return client.post(path, headers=bearer(signed["access_token"]), json={"Query": "print x = 1"})

    apps.ensure_service_principal(app)
    before = answered()
    apps.consent(app)

    assert (before.status_code, before.json()["error"]["code"]) == (403, "Forbidden")
    assert role in before.json()["error"]["message"]
    assert rows(answered()) == [{"x": 1}]


@each_api
def test_a_person_hunts_within_their_device_groups(
    tenant: LocalTenant, client: httpx2.Client, api: Api, role: str, scope: str
) -> None:
    audience, path, _ = api

    def groups_seen_by(user: str) -> list[str]:
        token = signed_in(tenant, client, tenant.apps["soc-cli"].client_id, user, f"{audience}/{scope}")["access_token"]
        answer = client.post(path, headers=bearer(token), json={"Query": GROUPS})
        return [row["MachineGroup"] for row in rows(answer)]

    assert groups_seen_by("tier1") == ["Workstations"]
    assert set(groups_seen_by("analyst")) > {"Workstations", "Servers"}


@each_api
def test_without_consent_there_is_no_token(
    tenant: LocalTenant, client: httpx2.Client, apps: AppRegistrations, api: Api, role: str, scope: str
) -> None:
    audience, _, name = api
    app = apps.create(f"Unconsented for {name}", allow_public_client=True)

    refused = signed_in(tenant, client, app.app_id, "analyst", f"{audience}/{scope}")

    assert "access_token" not in refused
    assert 65001 in refused["error_codes"]


@pytest.mark.parametrize("kind", ["delegated", "application"])
def test_a_permission_is_asked_for_by_its_published_name(apps: AppRegistrations, kind: Kind) -> None:
    app = apps.create(f"Spells wrongly, {kind}")

    with pytest.raises(ConfigurationError, match=r"ThreatHunting\.Read\.All"):
        apps.add_permission(app, "ThreatHunting.Read", kind=kind, api="Microsoft Graph")


def signed_in(
    tenant: LocalTenant, client: httpx2.Client, client_id: str, user: str, scope: str
) -> dict[str, Any]:  # Any: JSON
    """What the token endpoint answers to a user's name and password."""
    access = tenant.users[user]
    form = {
        "grant_type": "password",
        "client_id": client_id,
        "scope": scope,
        "username": access.upn,
        "password": str(access.password),
    }
    found: dict[str, Any] = client.post(f"/{tenant.tenant_id}/oauth2/v2.0/token", data=form).json()
    return found


def rows(answer: httpx2.Response) -> list[dict[str, Any]]:  # Any: values of all types
    """The rows of an answer, whichever way it spells the member."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    found: list[dict[str, Any]] = body["results"] if "results" in body else body["Results"]
    return found
