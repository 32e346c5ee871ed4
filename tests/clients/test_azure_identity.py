"""azure-identity signs in with every credential that a Defender client may use."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    AuthorizationCodeCredential,
    CertificateCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
    InteractiveBrowserCredential,
    OnBehalfOfCredential,
    UsernamePasswordCredential,
)

from tests.clients.browser import Browser, PersonAtTheBrowser
from tests.clients.conftest import API, Certificate, Witness
from vedette import Defender
from vedette.tenant import LocalTenant
from vedette.tenant.seed import UserAccess

pytestmark = pytest.mark.filterwarnings(
    "ignore:UsernamePasswordCredential is deprecated", "ignore:This API has been deprecated"
)

DEFAULT = f"{API}/.default"


@pytest.fixture
def here(tenant: LocalTenant) -> dict[str, Any]:
    """What any of these credentials is told to sign in at the tenant's own address."""
    return {
        "authority": tenant.authority,
        "disable_instance_discovery": True,
        "connection_verify": tenant.ca_bundle,
        "retry_total": 0,
    }


def test_client_secret(tenant: LocalTenant, here: dict[str, Any], witness: Witness) -> None:
    app = tenant.apps["soc-reader"]
    credential = ClientSecretCredential(tenant.tenant_id, app.client_id, app.client_secret or "", **here)

    token = credential.get_token(DEFAULT).token

    assert witness.checks(token, roles="Alert.Read.All").app_id == app.client_id


def test_certificate(tenant: LocalTenant, here: dict[str, Any], certificate: Certificate, witness: Witness) -> None:
    app = tenant.apps["signs-with-certificate"]
    credential = CertificateCredential(tenant.tenant_id, app.client_id, str(certificate.both_pem), **here)

    token = credential.get_token(DEFAULT).token

    assert witness.checks(token, roles="Alert.Read.All").app_id == app.client_id


@pytest.mark.usefixtures("proxied")
def test_password(tenant: LocalTenant, alice: UserAccess, witness: Witness) -> None:
    # Underneath, MSAL asks for the user realm on port 443, so this takes Microsoft's own address and the proxy.
    credential = UsernamePasswordCredential(
        tenant.apps["soc-cli"].client_id, alice.upn, alice.password or "", tenant_id=tenant.tenant_id
    )

    assert witness.checks(credential.get_token(DEFAULT).token, scopes="Alert.Read").user_name == alice.upn
    assert credential.authenticate(scopes=[DEFAULT]).username == alice.upn


def test_device_code(tenant: LocalTenant, here: dict[str, Any], alice: UserAccess, witness: Witness) -> None:
    def approve(address: str, user_code: str, _: object) -> None:
        Browser(tenant).approve_device(address, user_code, alice)

    credential = DeviceCodeCredential(
        tenant.apps["soc-cli"].client_id, tenant_id=tenant.tenant_id, prompt_callback=approve, **here
    )

    record = credential.authenticate(scopes=[DEFAULT])

    assert (record.username, record.tenant_id) == (alice.upn, tenant.tenant_id)
    assert witness.checks(credential.get_token(DEFAULT).token, scopes="Alert.Read").user_name == alice.upn


def test_browser(tenant: LocalTenant, here: dict[str, Any], alice: UserAccess, witness: Witness) -> None:
    credential = InteractiveBrowserCredential(
        tenant_id=tenant.tenant_id, client_id=tenant.apps["soc-cli"].client_id, timeout=20, **here
    )

    with PersonAtTheBrowser(tenant, alice):
        token = credential.get_token(DEFAULT).token

    assert witness.checks(token, scopes="Alert.Read").user_name == alice.upn


def test_authorization_code(tenant: LocalTenant, here: dict[str, Any], alice: UserAccess, witness: Witness) -> None:
    app = tenant.apps["soc-cli"]
    address = (
        f"{tenant.authority}/{tenant.tenant_id}/oauth2/v2.0/authorize?client_id={app.client_id}&response_type=code"
        f"&redirect_uri=http://localhost:5001&scope={DEFAULT}%20offline_access"
    )
    _, _, told = Browser(tenant).open(address).sign_in(alice).landed
    credential = AuthorizationCodeCredential(
        tenant.tenant_id, app.client_id, told["code"], "http://localhost:5001", **here
    )

    assert witness.checks(credential.get_token(DEFAULT).token, scopes="Alert.Read").user_name == alice.upn


@pytest.mark.usefixtures("proxied")
def test_on_behalf_of(
    tenant: LocalTenant, here: dict[str, Any], alice: UserAccess, triage_scope: str, witness: Witness
) -> None:
    incoming = UsernamePasswordCredential(
        tenant.apps["soc-cli"].client_id, alice.upn, alice.password or "", tenant_id=tenant.tenant_id
    ).get_token(triage_scope)
    app = tenant.apps["triage-api"]
    credential = OnBehalfOfCredential(
        tenant.tenant_id, app.client_id, client_secret=app.client_secret, user_assertion=incoming.token, **here
    )

    claims = witness.checks(credential.get_token(DEFAULT).token, scopes="Alert.Read")

    assert (claims.user_name, claims.app_id) == (alice.upn, app.client_id)


def test_any_credential_serves_the_sdk(tenant: LocalTenant, here: dict[str, Any]) -> None:
    app = tenant.apps["soc-reader"]
    credential = ClientSecretCredential(tenant.tenant_id, app.client_id, app.client_secret or "", **here)

    with Defender(credential, base_url=tenant.api_base, ca_bundle=tenant.ca_bundle) as defender:
        alerts = list(defender.alerts.list(top=2))

    assert [bool(alert.title) for alert in alerts] == [True, True]


@pytest.mark.parametrize(
    ("app", "change", "code"),
    [
        ("soc-reader", {"client_secret": "wrong-secret"}, "AADSTS7000215"),
        ("soc-reader", {"client_id": "00000000-1111-4222-8333-444444444444"}, "AADSTS700016"),
        ("soc-reader", {"scope": "https://api.nowhere.example/.default"}, "AADSTS500011"),
    ],
    ids=["wrong secret", "unknown app", "unknown api"],
)
def test_refusals(tenant: LocalTenant, here: dict[str, Any], app: str, change: dict[str, str], code: str) -> None:
    access = tenant.apps[app]
    wanted = {"client_id": access.client_id, "client_secret": access.client_secret or "", "scope": DEFAULT, **change}
    credential = ClientSecretCredential(tenant.tenant_id, wanted["client_id"], wanted["client_secret"], **here)

    with pytest.raises(ClientAuthenticationError, match=f"{code}: "):
        credential.get_token(wanted["scope"])
