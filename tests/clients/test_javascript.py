"""MSAL Node and @azure/identity: at the tenant's own address, and unmodified at Microsoft's by `vedette run`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.browser import Browser
from tests.clients.conftest import API, Certificate, Witness
from tests.clients.programs_run import JavaScript, javascript_libraries
from vedette.tenant import LocalTenant
from vedette.tenant.seed import UserAccess

READ = [f"{API}/Alert.Read"]
DEFAULT = [f"{API}/.default"]


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    javascript_libraries()


@pytest.fixture(params=["own address", "unmodified"])
def msal(request: pytest.FixtureRequest, tenant: LocalTenant) -> JavaScript:
    return JavaScript(tenant, "msal", unmodified=request.param == "unmodified")


@pytest.fixture(params=["own address", "unmodified"])
def azure(request: pytest.FixtureRequest, tenant: LocalTenant) -> JavaScript:
    return JavaScript(tenant, "azure", unmodified=request.param == "unmodified")


@pytest.fixture
def person(tenant: LocalTenant, alice: UserAccess) -> Any:
    """Does what a program asks a person to do: enter a code, or use the browser."""

    def act(asked: dict[str, Any]) -> str | None:
        browser = Browser(tenant, through_proxy=True)
        if "userCode" in asked:
            browser.approve_device(asked["verificationUri"], asked["userCode"], alice)
            return None
        browser.open(asked["url"]).sign_in(alice)
        _, where, told = browser.landed
        if where == "http://localhost:5001/":
            return told["code"]
        browser.deliver()
        return None

    return act


def password_of(user: UserAccess) -> dict[str, Any]:
    return {"username": user.upn, "password": user.password}


def assertion(tenant: LocalTenant, scope: str, http: Any, user: UserAccess) -> str:
    form = {
        "grant_type": "password",
        "client_id": tenant.apps["soc-cli"].client_id,
        "scope": scope,
        **password_of(user),
    }
    token: str = http.post(f"{tenant.authority}/{tenant.tenant_id}/oauth2/v2.0/token", data=form).json()["access_token"]
    return token


def test_msal_password(msal: JavaScript, alice: UserAccess, witness: Witness) -> None:
    said = msal.sign_in("password", "soc-cli", scopes=READ, **password_of(alice))

    assert said["account"] == alice.upn
    assert witness.checks(said["token"], scopes="Alert.Read").user_name == alice.upn


def test_msal_device_code(msal: JavaScript, person: Any, alice: UserAccess, witness: Witness) -> None:
    said = msal.sign_in("deviceCode", "soc-cli", scopes=READ, person=person)

    assert witness.checks(said["token"], scopes="Alert.Read").user_name == alice.upn


def test_msal_browser(msal: JavaScript, person: Any, alice: UserAccess, witness: Witness) -> None:
    said = msal.sign_in("interactive", "soc-cli", scopes=READ, person=person)

    assert said["account"] == alice.upn
    assert witness.checks(said["token"], scopes="Alert.Read").user_name == alice.upn


def test_msal_authorization_code(msal: JavaScript, person: Any, alice: UserAccess, witness: Witness) -> None:
    address = "http://localhost:5001"
    said = msal.sign_in("authorizationCode", "soc-cli", scopes=READ, redirectUri=address, person=person)

    assert witness.checks(said["token"], scopes="Alert.Read").user_name == alice.upn


def test_msal_refresh(msal: JavaScript, alice: UserAccess, witness: Witness) -> None:
    said = msal.sign_in("refresh", "soc-cli", scopes=READ, **password_of(alice))

    assert said["isNew"] is True
    assert witness.checks(said["token"], scopes="Alert.Read").user_name == alice.upn


def test_msal_client_secret(msal: JavaScript, tenant: LocalTenant, witness: Witness) -> None:
    app = tenant.apps["soc-reader"]
    said = msal.sign_in("application", "soc-reader", scopes=DEFAULT, secret=app.client_secret)

    assert witness.checks(said["token"], roles="Alert.Read.All").app_id == app.client_id


def test_msal_client_certificate(
    msal: JavaScript, tenant: LocalTenant, certificate: Certificate, witness: Witness
) -> None:
    proof = {"thumbprintSha256": certificate.thumbprint_sha256, "privateKey": certificate.private_key}
    said = msal.sign_in("application", "signs-with-certificate", scopes=DEFAULT, certificate=proof)

    app_id = tenant.apps["signs-with-certificate"].client_id
    assert witness.checks(said["token"], roles="Alert.Read.All").app_id == app_id


def test_msal_on_behalf_of(
    msal: JavaScript, tenant: LocalTenant, triage_scope: str, http: Any, alice: UserAccess, witness: Witness
) -> None:
    app = tenant.apps["triage-api"]
    token = assertion(tenant, triage_scope, http, alice)
    said = msal.sign_in("onBehalfOf", "triage-api", scopes=READ, secret=app.client_secret, assertion=token)

    claims = witness.checks(said["token"], scopes="Alert.Read")
    assert (claims.user_name, claims.app_id) == (alice.upn, app.client_id)


def test_msal_says_why_it_was_refused(msal: JavaScript, alice: UserAccess) -> None:
    wrong = msal.sign_in("password", "soc-cli", scopes=READ, username=alice.upn, password="wrong")
    missing = msal.sign_in("password", "nobody-agreed", scopes=READ, **password_of(alice))

    assert (wrong["error"], wrong["number"]) == ("invalid_grant", 50126)
    # Not `invalid_grant`: the library tells from `suberror` that a person can put it right.
    assert missing["message"].startswith("invalid_grant: ")
    assert "AADSTS65001: " in missing["message"]


def test_azure_client_secret(azure: JavaScript, tenant: LocalTenant, witness: Witness) -> None:
    app = tenant.apps["soc-reader"]
    said = azure.sign_in("secret", "soc-reader", scopes=DEFAULT, secret=app.client_secret)

    assert witness.checks(said["token"], roles="Alert.Read.All").app_id == app.client_id


def test_azure_client_certificate(
    azure: JavaScript, tenant: LocalTenant, certificate: Certificate, witness: Witness
) -> None:
    path = str(certificate.both_pem)
    said = azure.sign_in("certificate", "signs-with-certificate", scopes=DEFAULT, certificatePath=path)

    app_id = tenant.apps["signs-with-certificate"].client_id
    assert witness.checks(said["token"], roles="Alert.Read.All").app_id == app_id


def test_azure_password(azure: JavaScript, alice: UserAccess, witness: Witness) -> None:
    said = azure.sign_in("password", "soc-cli", scopes=READ, **password_of(alice))

    assert witness.checks(said["token"], scopes="Alert.Read").user_name == alice.upn


def test_azure_device_code(azure: JavaScript, person: Any, alice: UserAccess, witness: Witness) -> None:
    said = azure.sign_in("deviceCode", "soc-cli", scopes=READ, person=person)

    assert witness.checks(said["token"], scopes="Alert.Read").user_name == alice.upn


def test_azure_on_behalf_of(
    azure: JavaScript, tenant: LocalTenant, triage_scope: str, http: Any, alice: UserAccess, witness: Witness
) -> None:
    app = tenant.apps["triage-api"]
    token = assertion(tenant, triage_scope, http, alice)
    said = azure.sign_in("onBehalfOf", "triage-api", scopes=READ, secret=app.client_secret, assertion=token)

    claims = witness.checks(said["token"], scopes="Alert.Read")
    assert (claims.user_name, claims.app_id) == (alice.upn, app.client_id)
