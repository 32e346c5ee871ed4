"""What MSAL Python is told when something is wrong: `error`, number, and the HTTP answers that it would remember."""

from __future__ import annotations

from typing import Any

import msal
import pytest

from tests.clients.conftest import API
from tests.clients.test_msal_apps import client as confidential
from tests.clients.test_msal_people import PutsThePortBack
from tests.clients.test_msal_people import client as public
from vedette.tenant import LocalTenant
from vedette.tenant.seed import UserAccess

pytestmark = pytest.mark.filterwarnings("ignore:This API has been deprecated")

ALERTS = f"{API}/Alert.Read"


def said(answer: dict[str, Any]) -> tuple[str, list[int]]:
    """`error` and `error_codes`, once the rest of the answer has been found in its place."""
    code = answer["error_codes"][0]
    assert answer["error_description"].startswith(f"AADSTS{code}: ")
    assert f"Trace ID: {answer['trace_id']} Correlation ID: {answer['correlation_id']}" in answer["error_description"]
    assert answer["error_description"].endswith(f"Timestamp: {answer['timestamp']}")
    return answer["error"], answer["error_codes"]


def password(
    tenant: LocalTenant, user_name: str, text: str | None, *, app: str = "soc-cli", scope: str = ALERTS
) -> dict[str, Any]:
    client = public(tenant, app, http_client=PutsThePortBack(tenant))
    answer: dict[str, Any] = client.acquire_token_by_username_password(user_name, text, scopes=scope.split())
    return answer


def test_wrong_password(tenant: LocalTenant, alice: UserAccess) -> None:
    answer = password(tenant, alice.upn, "not-her-password")

    assert said(answer) == ("invalid_grant", [50126])
    assert "not-her-password" not in str(answer)


def test_unknown_user(tenant: LocalTenant) -> None:
    assert said(password(tenant, f"nobody@{tenant.tenant_domain}", "any")) == ("invalid_grant", [50034])


def test_no_consent(tenant: LocalTenant, alice: UserAccess) -> None:
    answer = password(tenant, alice.upn, alice.password, app="nobody-agreed")

    assert said(answer) == ("invalid_grant", [65001])
    assert answer["suberror"] == "consent_required"
    assert "error_uri" not in answer


def test_a_permission_beyond_what_was_consented(tenant: LocalTenant, alice: UserAccess) -> None:
    answer = password(tenant, alice.upn, alice.password, app="reads-alerts", scope=f"{API}/Machine.Isolate")

    assert said(answer) == ("invalid_grant", [65001])


def test_a_permission_that_does_not_exist(tenant: LocalTenant, alice: UserAccess) -> None:
    answer = password(tenant, alice.upn, alice.password, scope=f"{API}/Alert.Raed")

    assert said(answer) == ("invalid_scope", [70011])


def test_an_api_that_does_not_exist(tenant: LocalTenant, alice: UserAccess) -> None:
    answer = password(tenant, alice.upn, alice.password, scope="https://api.nowhere.example/.default")

    assert said(answer) == ("invalid_resource", [500011])


def test_permissions_of_two_apis(tenant: LocalTenant, alice: UserAccess) -> None:
    answer = password(tenant, alice.upn, alice.password, scope=f"{ALERTS} https://graph.microsoft.com/User.Read")

    assert said(answer) == ("invalid_scope", [700022])


def test_default_beside_a_named_permission(tenant: LocalTenant, alice: UserAccess) -> None:
    assert said(password(tenant, alice.upn, alice.password, scope=f"{ALERTS} {API}/.default")) == (
        "invalid_scope",
        [70011],
    )


def test_password_with_an_app_that_has_to_keep_a_secret(tenant: LocalTenant, alice: UserAccess) -> None:
    assert said(password(tenant, alice.upn, alice.password, app="soc-reader")) == ("invalid_client", [7000218])


def test_single_tenant_app_at_organizations(tenant: LocalTenant, alice: UserAccess) -> None:
    app = msal.PublicClientApplication(
        tenant.apps["soc-cli"].client_id,
        authority=f"{tenant.authority}/organizations",
        instance_discovery=False,
        http_client=PutsThePortBack(tenant),
    )

    answer = app.acquire_token_by_username_password(alice.upn, alice.password, scopes=[ALERTS])

    assert said(answer) == ("invalid_request", [50194])


def test_password_at_common(tenant: LocalTenant, alice: UserAccess) -> None:
    app = msal.PublicClientApplication(
        tenant.apps["soc-cli"].client_id,
        authority=f"{tenant.authority}/common",
        instance_discovery=False,
        http_client=PutsThePortBack(tenant),
    )

    answer = app.acquire_token_by_username_password(alice.upn, alice.password, scopes=[ALERTS])

    assert said(answer) == ("invalid_request", [9001023])


@pytest.mark.parametrize("flow", ["device code", "client secret"])
def test_unknown_app(tenant: LocalTenant, flow: str) -> None:
    unknown = "00000000-1111-4222-8333-444444444444"
    where = {
        "authority": f"{tenant.authority}/{tenant.tenant_id}",
        "instance_discovery": False,
        "verify": tenant.ca_bundle,
    }
    if flow == "device code":
        answer = msal.PublicClientApplication(unknown, **where).initiate_device_flow(scopes=[ALERTS])
    else:
        app = msal.ConfidentialClientApplication(unknown, client_credential="any-secret", **where)
        answer = app.acquire_token_for_client([f"{API}/.default"])

    assert said(answer) == ("unauthorized_client", [700016])


@pytest.mark.parametrize(
    "name", ["nowhere.example", "00000000-1111-4222-8333-444444444444"], ids=["domain", "tenant id"]
)
def test_unknown_tenant(tenant: LocalTenant, name: str) -> None:
    # MSAL asks for the metadata first, and turns any refusal there into a ValueError that names the authority.
    with pytest.raises(ValueError, match=f"Unable to get authority configuration for {tenant.authority}/{name}"):
        msal.PublicClientApplication(
            tenant.apps["soc-cli"].client_id,
            authority=f"{tenant.authority}/{name}",
            instance_discovery=False,
            verify=tenant.ca_bundle,
        )


def test_wrong_secret(tenant: LocalTenant) -> None:
    answer = confidential(tenant, "soc-reader", "wrong-secret").acquire_token_for_client([f"{API}/.default"])

    assert said(answer) == ("invalid_client", [7000215])
    assert "wrong-secret" not in str(answer)


@pytest.mark.usefixtures("proxied")
def test_secret_of_a_public_client(tenant: LocalTenant, alice: UserAccess) -> None:
    app = msal.ConfidentialClientApplication(
        tenant.apps["soc-cli"].client_id,
        client_credential="any-secret",
        authority=f"https://login.microsoftonline.com/{tenant.tenant_id}",
    )

    answer = app.acquire_token_by_username_password(alice.upn, alice.password, scopes=[ALERTS])

    assert said(answer) == ("invalid_client", [700025])


@pytest.mark.parametrize("scope", [f"{API}/Alert.Read.All", f"{API}/.default https://graph.microsoft.com/.default"])
def test_an_app_asks_for_anything_but_default(tenant: LocalTenant, scope: str) -> None:
    answer = confidential(tenant, "soc-reader").acquire_token_for_client(scope.split())

    assert said(answer) == ("invalid_scope", [1002012])


def test_a_certificate_that_is_not_registered(tenant: LocalTenant) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    app = confidential(tenant, "signs-with-certificate", {"private_key": private, "thumbprint": "ab" * 20})

    assert said(app.acquire_token_for_client([f"{API}/.default"])) == ("invalid_client", [700027])
