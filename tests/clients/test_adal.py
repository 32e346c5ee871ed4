"""adal, the retired library for the v1 endpoints: programs from the days of the documented samples still use it."""

from __future__ import annotations

import adal
import pytest

from tests.clients.browser import Browser
from tests.clients.conftest import API, GRAPH, Certificate, Witness
from vedette import decode_token
from vedette.tenant import LocalTenant
from vedette.tenant.seed import UserAccess


@pytest.fixture
def context(tenant: LocalTenant) -> adal.AuthenticationContext:
    return adal.AuthenticationContext(
        f"{tenant.authority}/{tenant.tenant_id}", validate_authority=False, verify_ssl=tenant.ca_bundle
    )


def test_password(
    tenant: LocalTenant, context: adal.AuthenticationContext, alice: UserAccess, witness: Witness
) -> None:
    answer = context.acquire_token_with_username_password(
        API, alice.upn, alice.password, tenant.apps["soc-cli"].client_id
    )

    assert (answer["tokenType"], answer["resource"], answer["expiresIn"]) == ("Bearer", API, 3599)
    assert answer["userId"] == alice.upn
    assert answer["tenantId"] == tenant.tenant_id
    assert answer["refreshToken"]
    assert witness.checks(answer["accessToken"], scopes="Alert.Read").user_name == alice.upn


def test_device_code(
    tenant: LocalTenant, context: adal.AuthenticationContext, alice: UserAccess, witness: Witness
) -> None:
    app_id = tenant.apps["soc-cli"].client_id
    code = context.acquire_user_code(API, app_id)
    assert (code["expires_in"], code["interval"]) == (900, 5)

    Browser(tenant).approve_device(code["verification_url"], code["user_code"], alice)
    answer = context.acquire_token_with_device_code(API, code, app_id)

    # adal does not ask for `openid` here, so it is not told who signed in; the access token says so.
    assert witness.checks(answer["accessToken"], scopes="Alert.Read").user_name == alice.upn


def test_client_secret(tenant: LocalTenant, context: adal.AuthenticationContext, witness: Witness) -> None:
    app = tenant.apps["soc-reader"]

    answer = context.acquire_token_with_client_credentials(API, app.client_id, app.client_secret)

    assert "refreshToken" not in answer
    assert witness.checks(answer["accessToken"], roles="Alert.Read.All").app_id == app.client_id


def test_client_certificate(
    tenant: LocalTenant, context: adal.AuthenticationContext, certificate: Certificate, witness: Witness
) -> None:
    app = tenant.apps["signs-with-certificate"]

    answer = context.acquire_token_with_client_certificate(
        API, app.client_id, certificate.private_key, certificate.thumbprint
    )

    assert witness.checks(answer["accessToken"], roles="Alert.Read.All").app_id == app.client_id


def test_authorization_code(
    tenant: LocalTenant, context: adal.AuthenticationContext, alice: UserAccess, witness: Witness
) -> None:
    app_id = tenant.apps["reads-alerts-v1"].client_id
    address = (
        f"{tenant.authority}/{tenant.tenant_id}/oauth2/authorize?client_id={app_id}&response_type=code"
        f"&redirect_uri=https://soc.example/cb&resource={API}&state=s1"
    )
    _, where, told = Browser(tenant).open(address).sign_in(alice).landed
    assert (where, told["state"]) == ("https://soc.example/cb", "s1")

    answer = context.acquire_token_with_authorization_code(
        told["code"], "https://soc.example/cb", API, app_id, tenant.apps["reads-alerts-v1"].client_secret
    )

    assert witness.checks(answer["accessToken"], scopes="Alert.Read").user_name == alice.upn


def test_refresh_for_another_api(tenant: LocalTenant, context: adal.AuthenticationContext, alice: UserAccess) -> None:
    app_id = tenant.apps["soc-cli"].client_id
    first = context.acquire_token_with_username_password(API, alice.upn, alice.password, app_id)

    answer = context.acquire_token_with_refresh_token(first["refreshToken"], app_id, GRAPH)

    assert decode_token(answer["accessToken"]).audience == GRAPH


@pytest.mark.usefixtures("proxied")
def test_at_microsofts_own_address(tenant: LocalTenant, alice: UserAccess, witness: Witness) -> None:
    context = adal.AuthenticationContext(f"https://login.microsoftonline.com/{tenant.tenant_id}")

    answer = context.acquire_token_with_username_password(
        API, alice.upn, alice.password, tenant.apps["soc-cli"].client_id
    )

    witness.checks(answer["accessToken"], scopes="Alert.Read")


def test_wrong_password(tenant: LocalTenant, context: adal.AuthenticationContext, alice: UserAccess) -> None:
    with pytest.raises(adal.AdalError) as refused:
        context.acquire_token_with_username_password(API, alice.upn, "wrong", tenant.apps["soc-cli"].client_id)

    answer = refused.value.error_response
    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [50126])


def test_no_consent(tenant: LocalTenant, context: adal.AuthenticationContext, alice: UserAccess) -> None:
    with pytest.raises(adal.AdalError) as refused:
        context.acquire_token_with_username_password(
            API, alice.upn, alice.password, tenant.apps["nobody-agreed"].client_id
        )

    answer = refused.value.error_response
    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [65001])
