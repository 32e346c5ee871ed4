"""Signing keys change from the command line, under a running server as well as under a stopped one."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import httpx2

from tests.spec.cli.conftest import Cli
from vedette.tenant import LocalTenant


def trust(tenant: LocalTenant) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=tenant.ca_bundle)


def published(tenant: LocalTenant) -> list[str]:
    answer = httpx2.get(f"{tenant.authority}/{tenant.tenant_id}/discovery/v2.0/keys", verify=trust(tenant))
    return [key["kid"] for key in answer.json()["keys"]]


def app_token(tenant: LocalTenant) -> str:
    app = tenant.apps["soc-reader"]
    form = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "scope": "https://api.securitycenter.microsoft.com/.default",
    }
    url = f"{tenant.authority}/{tenant.tenant_id}/oauth2/v2.0/token"
    answer: dict[str, Any] = httpx2.post(url, data=form, verify=trust(tenant)).json()
    return str(answer["access_token"])


def status(tenant: LocalTenant, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.get(f"{tenant.api_base}/api/machines?$top=1", headers=headers, verify=trust(tenant)).status_code


def running(state: Path) -> LocalTenant:
    return LocalTenant(state=state, machines=8, days=1, telemetry="none")


def test_a_planned_rotation_uses_the_next_key_and_keeps_earlier_tokens_good(cli: Cli, tmp_path: Path) -> None:
    with running(tmp_path / "state") as tenant:
        before, token = published(tenant), app_token(tenant)
        ended = cli("tenant", "rotate-keys", "--state", str(tmp_path / "state"), "-o", "json")

        assert ended.status == 0, ended.err
        assert ended.json()["signingKey"] == before[1]  # published before it signed
        assert ended.json()["published"] == published(tenant)
        assert published(tenant)[:2] == before
        assert (status(tenant, token), status(tenant, app_token(tenant))) == (200, 200)


def test_an_emergency_ends_every_token_at_once(cli: Cli, tmp_path: Path) -> None:
    with running(tmp_path / "state") as tenant:
        before, token = published(tenant), app_token(tenant)
        assert status(tenant, token) == 200  # so it has been verified, and is remembered
        ended = cli("tenant", "rotate-keys", "--emergency", "--state", str(tmp_path / "state"), "-o", "json")

        assert ended.status == 0, ended.err
        assert set(before).isdisjoint(published(tenant))
        assert status(tenant, token) == 401
        assert status(tenant, app_token(tenant)) == 200


def test_a_stopped_tenant_rotates_too(cli: Cli, tmp_path: Path) -> None:
    with running(tmp_path / "state") as tenant:
        before = published(tenant)
    ended = cli("tenant", "rotate-keys", "--state", str(tmp_path / "state"), "-o", "json")

    assert ended.json()["signingKey"] == before[1]
    with running(tmp_path / "state") as tenant:
        assert published(tenant) == ended.json()["published"]


def test_where_there_is_no_tenant_nothing_is_made(cli: Cli, tmp_path: Path) -> None:
    ended = cli("tenant", "rotate-keys", "--state", str(tmp_path / "none"))

    assert ended.status == 2
    assert "there is no tenant in" in ended.err
    assert not (tmp_path / "none").exists()
