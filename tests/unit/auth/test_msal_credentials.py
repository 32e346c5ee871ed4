"""Credentials that MSAL carries out, against a sign-in service on a port that MSAL does not know."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.unit.auth.service import ORIGIN, SCOPE, TENANT, SignInService, refused
from vedette import (
    ClientCertificateCredential,
    ClientSecretCredential,
    ConfigurationError,
    DeviceCodeCredential,
    DevicePrompt,
    InteractiveBrowserCredential,
    OnBehalfOfCredential,
    SignInError,
    TokenCache,
    UsernamePasswordCredential,
)

WHERE = {"tenant_id": TENANT, "client_id": "c1", "authority": ORIGIN}


@pytest.fixture
def service() -> SignInService:
    return SignInService()


def test_user_name_and_password_keep_the_port_in_the_user_realm_request(service: SignInService) -> None:
    alice = UsernamePasswordCredential("alice@contoso.com", "p", **WHERE, transport=service.transport)

    assert alice.get_token(SCOPE).token == "token-1"
    assert service.gets == [
        f"{ORIGIN}/{TENANT}/v2.0/.well-known/openid-configuration",
        f"{ORIGIN}/common/userrealm/alice@contoso.com?api-version=1.0",
    ]
    assert (service.forms[0]["grant_type"], service.forms[0]["password"]) == ("password", "p")


def test_a_second_token_comes_from_the_cache(service: SignInService) -> None:
    alice = UsernamePasswordCredential("alice@contoso.com", "p", **WHERE, transport=service.transport)
    scope = "https://api.securitycenter.microsoft.com/Alert.Read"

    assert [alice.get_token(scope).token, alice.get_token(scope).token] == ["token-1", "token-1"]
    assert alice.accounts() == ("alice@contoso.com",)


def test_a_claims_challenge_renews_the_token(service: SignInService) -> None:
    alice = UsernamePasswordCredential("alice@contoso.com", "p", **WHERE, transport=service.transport)
    alice.get_token(SCOPE)

    assert alice.get_token(SCOPE, claims='{"access_token":{"x":null}}').token == "token-2"
    assert (service.forms[1]["grant_type"], service.forms[1]["claims"]) == (
        "refresh_token",
        '{"access_token":{"x":null}}',
    )


def test_signing_out_forgets_the_person(service: SignInService) -> None:
    alice = UsernamePasswordCredential("alice@contoso.com", "p", **WHERE, transport=service.transport)
    alice.get_token(SCOPE)

    assert (alice.sign_out(), alice.accounts()) == (("alice@contoso.com",), ())


def test_device_code_tells_what_to_do_and_waits(service: SignInService) -> None:
    told: list[DevicePrompt] = []
    alice = DeviceCodeCredential(**WHERE, prompt=told.append, transport=service.transport)

    assert alice.get_token(SCOPE).token == "token-1"
    assert [(prompt.user_code, prompt.verification_uri) for prompt in told] == [("F7CG945YZ", f"{ORIGIN}/device")]


def test_a_declined_device_code_is_a_refusal(service: SignInService) -> None:
    def decline(prompt: DevicePrompt) -> None:
        service.queue = [refused(0, "authorization_declined")]

    with pytest.raises(SignInError) as declined:
        DeviceCodeCredential(**WHERE, prompt=decline, transport=service.transport).get_token(SCOPE)

    assert declined.value.error == "authorization_declined"


def test_a_person_is_not_bothered_when_that_is_not_wanted(service: SignInService) -> None:
    with pytest.raises(SignInError) as needed:
        InteractiveBrowserCredential(**WHERE, interactive=False, transport=service.transport).get_token(SCOPE)

    assert (needed.value.error, needed.value.hint) == ("interaction_required", "vedette login")


def test_a_client_secret(service: SignInService) -> None:
    app = ClientSecretCredential("s3cr3t+&", **WHERE, transport=service.transport)

    assert [app.get_token(SCOPE).token, app.get_token(SCOPE).token] == ["token-1", "token-1"]
    assert {key: service.forms[0][key] for key in ("grant_type", "client_secret", "scope")} == {
        "grant_type": "client_credentials",
        "client_secret": "s3cr3t+&",
        "scope": SCOPE,
    }
    assert "s3cr3t" not in repr(app)


def test_granting_consent_after_a_refusal_helps_at_once(service: SignInService) -> None:
    """MSAL answers the identical request from memory for a minute; people try again sooner."""
    service.queue = [refused(65001, "invalid_grant", suberror="consent_required")]
    alice = UsernamePasswordCredential("alice@contoso.com", "p", **WHERE, transport=service.transport)
    with pytest.raises(SignInError, match="AADSTS65001"):
        alice.get_token(SCOPE)

    assert alice.get_token(SCOPE).token == "token-1"


def test_an_unknown_tenant_says_so(service: SignInService) -> None:
    service.metadata = refused(90002, "invalid_tenant")

    with pytest.raises(SignInError) as unknown:
        ClientSecretCredential("s", **WHERE, transport=service.transport).get_token(SCOPE)

    assert (unknown.value.aadsts, unknown.value.error) == (90002, "invalid_tenant")


def test_on_behalf_of(service: SignInService) -> None:
    app = OnBehalfOfCredential("the-users-token", client_secret="s", **WHERE, transport=service.transport)

    assert app.get_token(SCOPE).token == "token-1"
    assert (service.forms[0]["requested_token_use"], service.forms[0]["assertion"]) == (
        "on_behalf_of",
        "the-users-token",
    )
    assert "the-users-token" not in repr(app)


@pytest.fixture(scope="session")
def pem() -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"open sesame"),
    )


def test_a_certificate_signs_an_assertion(service: SignInService, pem: bytes, tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    file.write_bytes(pem)
    app = ClientCertificateCredential(file, passphrase="open sesame", **WHERE, transport=service.transport)

    assert app.get_token(SCOPE).token == "token-1"
    assert service.forms[0]["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert service.forms[0]["client_assertion"].count(".") == 2
    assert "open sesame" not in repr(app)


def test_a_wrong_passphrase_and_a_file_without_key_are_explained(service: SignInService, pem: bytes) -> None:
    with pytest.raises(ConfigurationError, match="private key"):
        ClientCertificateCredential(b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----", **WHERE)
    wrong = ClientCertificateCredential(pem, passphrase="no", **WHERE, transport=service.transport)

    with pytest.raises(ConfigurationError, match="cannot be opened") as closed:
        wrong.get_token(SCOPE)

    assert "passphrase" in closed.value.hint


def test_the_shared_cache_serves_a_second_program(service: SignInService, tmp_path: Path) -> None:
    path = tmp_path / "state" / "tokens.json"
    first = UsernamePasswordCredential(
        "alice@contoso.com", "p", **WHERE, transport=service.transport, cache=TokenCache(path, encrypted=False)
    )
    first.get_token(SCOPE)
    second = DeviceCodeCredential(
        **WHERE, interactive=False, transport=service.transport, cache=TokenCache(path, encrypted=False)
    )

    assert second.get_token(SCOPE).token == "token-1"
    assert [form["grant_type"] for form in service.forms] == ["password"]


@pytest.mark.parametrize("authority", ["http://localhost:1", "localhost", "https://localhost:1/tenant", "https://"])
def test_an_authority_is_an_origin_over_https(authority: str) -> None:
    with pytest.raises(ConfigurationError, match="sign-in service"):
        ClientSecretCredential("s", tenant_id=TENANT, client_id="c", authority=authority)


def test_clouds_have_their_own_authority() -> None:
    credential = ClientSecretCredential("s", tenant_id=TENANT, client_id="c", cloud="gcc-high")

    assert credential.authority.url == f"https://login.microsoftonline.us/{TENANT}"
