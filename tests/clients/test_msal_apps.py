"""MSAL Python signs apps in: client secret, certificate, and on behalf of a user who called them."""

from __future__ import annotations

from typing import Any

import msal
import pytest

from tests.clients.conftest import API, Certificate, Witness
from tests.clients.test_msal_people import with_password
from vedette import decode_token
from vedette.tenant import LocalTenant
from vedette.tenant.seed import UserAccess

pytestmark = pytest.mark.filterwarnings("ignore:This API has been deprecated")

DEFAULT = [f"{API}/.default"]


def client(tenant: LocalTenant, app: str, credential: Any = None) -> msal.ConfidentialClientApplication:
    access = tenant.apps[app]
    return msal.ConfidentialClientApplication(
        access.client_id,
        client_credential=credential or access.client_secret,
        authority=f"{tenant.authority}/{tenant.tenant_id}",
        instance_discovery=False,
        verify=tenant.ca_bundle,
    )


def test_client_secret(tenant: LocalTenant, witness: Witness) -> None:
    answer = client(tenant, "soc-reader").acquire_token_for_client(DEFAULT)

    assert set(answer) == {"token_type", "expires_in", "ext_expires_in", "access_token", "token_source"}
    claims = witness.checks(answer["access_token"], roles="Alert.Read.All Machine.Read.All")
    assert claims.app_id == tenant.apps["soc-reader"].client_id
    assert (claims.kind, claims.scopes, claims.raw["appidacr"]) == ("application", frozenset(), "1")


@pytest.mark.usefixtures("proxied")
def test_client_secret_at_microsofts_own_address(tenant: LocalTenant, witness: Witness) -> None:
    access = tenant.apps["soc-reader"]
    app = msal.ConfidentialClientApplication(
        access.client_id,
        client_credential=access.client_secret,
        authority=f"https://login.microsoftonline.com/{tenant.tenant_id}",
    )

    witness.checks(app.acquire_token_for_client(DEFAULT)["access_token"], roles="Alert.Read.All")


def test_client_secret_twice_is_one_request(tenant: LocalTenant) -> None:
    app = client(tenant, "soc-reader")

    first, second = app.acquire_token_for_client(DEFAULT), app.acquire_token_for_client(DEFAULT)

    assert (first["token_source"], second["token_source"]) == ("identity_provider", "cache")
    assert first["access_token"] == second["access_token"]


@pytest.mark.parametrize("sends_chain", [False, True])
def test_client_certificate(tenant: LocalTenant, certificate: Certificate, witness: Witness, sends_chain: bool) -> None:
    credential = {"private_key": certificate.private_key, "thumbprint": certificate.thumbprint}
    if sends_chain:
        # With the certificate itself MSAL signs by PS256 and names it by its SHA-256.
        credential = {
            "private_key": certificate.private_key,
            "public_certificate": certificate.public_pem.read_text(),
        }

    answer = client(tenant, "signs-with-certificate", credential).acquire_token_for_client(DEFAULT)

    claims = witness.checks(answer["access_token"], roles="Alert.Read.All Machine.Read.All")
    assert claims.app_id == tenant.apps["signs-with-certificate"].client_id
    assert claims.raw["appidacr"] == "2"


def test_on_behalf_of(tenant: LocalTenant, alice: UserAccess, triage_scope: str, witness: Witness) -> None:
    _, incoming = with_password(tenant, alice, [triage_scope])
    assert decode_token(incoming["access_token"]).scopes == {"access_as_user"}

    answer = client(tenant, "triage-api").acquire_token_on_behalf_of(incoming["access_token"], DEFAULT)

    claims = witness.checks(answer["access_token"], scopes="Alert.Read")
    assert claims.user_name == alice.upn
    assert claims.app_id == tenant.apps["triage-api"].client_id


def test_on_behalf_of_with_a_token_for_somebody_else(tenant: LocalTenant, alice: UserAccess) -> None:
    _, incoming = with_password(tenant, alice, DEFAULT)

    refused = client(tenant, "triage-api").acquire_token_on_behalf_of(incoming["access_token"], DEFAULT)

    assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [500131])
