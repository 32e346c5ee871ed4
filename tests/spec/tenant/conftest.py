"""One small tenant for all that do not change it much, with clients for its users and apps."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import httpx2
import pytest

from vedette.tenant import LocalTenant

from .server_process import token_of

Call = Callable[..., httpx2.Response]


@pytest.fixture(scope="package")
def tenant() -> Iterator[LocalTenant]:
    with LocalTenant(machines=8, days=1, limits="off") as running:
        yield running


@pytest.fixture(scope="package")
def client(tenant: LocalTenant) -> Iterator[httpx2.Client]:
    context = ssl.create_default_context(cafile=tenant.ca_bundle)
    with httpx2.Client(base_url=tenant.authority, verify=context, timeout=30, trust_env=False) as made:
        yield made


@pytest.fixture(scope="package")
def app_token(tenant: LocalTenant, client: httpx2.Client) -> Callable[[str], str]:
    """Token of a confidential app for the Defender API."""

    def made(app: str) -> str:
        access = tenant.apps[app]
        return token_of(client, tenant.tenant_id, access.client_id, str(access.client_secret))

    return made


@pytest.fixture(scope="package")
def user_token(tenant: LocalTenant, client: httpx2.Client) -> Callable[..., str]:
    """Token of a user by the documented v1 password request, through one of the public apps."""

    def made(user: str, *, app: str = "soc-cli", resource: str = "https://api.securitycenter.microsoft.com") -> str:
        access = tenant.users[user]
        answer = client.post(
            f"/{tenant.tenant_id}/oauth2/token",
            data={
                "grant_type": "password",
                "client_id": tenant.apps[app].client_id,
                "resource": resource,
                "username": access.upn,
                "password": str(access.password),
            },
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    return made


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
