"""An application proves who it is by secret or by signed assertion, and only if it is a confidential client."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from functools import cache
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.spec.sign_in.cloud import (
    CLI,
    DAEMON,
    DEFENDER_AUDIENCE,
    DOMAIN,
    HOST,
    NOW,
    SECRET,
    TENANT,
    Cloud,
    claims,
    code_of,
)
from vedette.tenant.directory import KeyCredential

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_ENDPOINT = f"{HOST}/{TENANT}/oauth2/v2.0/token"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@cache
def certificate(name: str) -> tuple[rsa.RSAPrivateKey, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=30))
        .sign(key, SHA256())
    )
    return key, made.public_bytes(Encoding.DER)


def thumbprint(algorithm: str = "sha256", name: str = "daemon") -> str:
    return _text(hashlib.new(algorithm, certificate(name)[1]).digest())


@pytest.fixture
def with_certificate(cloud: Cloud) -> Cloud:
    credential = KeyCredential(
        key_id="k1",
        certificate=certificate("daemon")[1],
        thumbprint_sha1=thumbprint("sha1"),
        thumbprint_sha256=thumbprint(),
        start=NOW - timedelta(days=1),
        end=NOW + timedelta(days=30),
    )
    cloud.directory.applications.put(msgspec.structs.replace(cloud.daemon, key_credentials=[credential]))
    cloud.assign(cloud.daemon, "Alert.Read.All")
    return cloud


def assertion(
    header: dict[str, Any] | None = None, *, algorithm: str = "PS256", signer: str = "daemon", **changes: Any
) -> str:
    moment = int(NOW.timestamp())
    head = header if header is not None else {"alg": algorithm, "typ": "JWT", "x5t#S256": thumbprint()}
    body = {"aud": TOKEN_ENDPOINT, "iss": DAEMON, "sub": DAEMON, "jti": "1", "exp": moment + 600, "iat": moment}
    signed = f"{_text(json.dumps(head).encode())}.{_text(json.dumps({**body, **changes}).encode())}"
    scheme: padding.AsymmetricPadding = (
        padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH) if algorithm == "PS256" else padding.PKCS1v15()
    )
    return f"{signed}.{_text(certificate(signer)[0].sign(signed.encode(), scheme, SHA256()))}"


def ask(cloud: Cloud, token: str, **form: str) -> Any:
    return cloud.token(
        grant_type="client_credentials",
        client_assertion_type=ASSERTION_TYPE,
        client_assertion=token,
        scope=f"{DEFENDER_AUDIENCE}/.default",
        **form,
    )


@pytest.mark.parametrize("version", [1, 2])
def test_an_app_gets_a_token_with_its_roles_and_nothing_beside_it(cloud: Cloud, version: int) -> None:
    cloud.assign(cloud.daemon, "Machine.Read.All", "Alert.Read.All")
    answer = cloud.app_token(version=version).json()
    found, principal = claims(answer["access_token"]), cloud.principal(DAEMON).id

    assert "refresh_token" not in answer
    assert "scope" not in answer
    expected = {
        "aud": DEFENDER_AUDIENCE,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "idp": f"https://sts.windows.net/{TENANT}/",
        "appid": DAEMON,
        "appidacr": "1",
        "idtyp": "app",
        "oid": principal,
        "sub": principal,
        "roles": ["Alert.Read.All", "Machine.Read.All"],
        "ver": "1.0",
        "wids": ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
    }
    assert {name: found[name] for name in expected} == expected
    assert {"scp", "upn", "unique_name", "amr", "acr"}.isdisjoint(found)


def test_without_granted_roles_the_token_has_none(cloud: Cloud) -> None:
    assert "roles" not in claims(cloud.app_token().json()["access_token"])


def test_basic_carries_id_and_secret_form_encoded(cloud: Cloud) -> None:
    encoded = base64.b64encode(f"{DAEMON}:{SECRET.replace('~', '%7E')}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": f"{DEFENDER_AUDIENCE}/.default"}

    assert cloud.token(headers={"Authorization": f"Basic {encoded}"}, **form).status_code == 200
    assert code_of(cloud.token(headers={"Authorization": "Basic !!!"}, **form)) == 9002313
    twice = cloud.token(headers={"Authorization": f"Basic {encoded}"}, client_secret=SECRET, **form)
    assert code_of(twice) == 9002313


def test_a_secret_counts_only_in_its_time(cloud: Cloud) -> None:
    assert code_of(cloud.app_token(client_secret="wrong")) == 7000215
    cloud.clock.advance(timedelta(days=365))
    answer = cloud.app_token()
    assert (answer.status_code, answer.json()["error"], code_of(answer)) == (401, "invalid_client", 7000222)


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
@pytest.mark.parametrize("padded", ["", "="])
def test_an_assertion_may_name_its_certificate_in_each_documented_way(
    with_certificate: Cloud, algorithm: str, padded: str
) -> None:
    for name, value in (("x5t#S256", thumbprint()), ("x5t", thumbprint("sha1"))):
        token = assertion({"alg": algorithm, "typ": "JWT", name: value + padded}, algorithm=algorithm)
        answer = ask(with_certificate, token)
        assert answer.status_code == 200
        assert claims(answer.json()["access_token"])["appidacr"] == "2"


@pytest.mark.parametrize(
    "audience",
    [
        TOKEN_ENDPOINT,
        f"{HOST}/{TENANT}/oauth2/token",
        f"{HOST}/{TENANT}/v2.0",
        f"{HOST}/{DOMAIN}/oauth2/v2.0/token",
        f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
    ],
)
def test_an_assertion_may_be_addressed_to_any_name_of_the_endpoint(with_certificate: Cloud, audience: str) -> None:
    assert ask(with_certificate, assertion(aud=audience)).status_code == 200


def test_an_assertion_is_reused_by_real_clients_and_has_fractional_times(with_certificate: Cloud) -> None:
    token = assertion(exp=NOW.timestamp() + 599.5, iat=NOW.timestamp() - 0.5)

    assert [ask(with_certificate, token).status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("token", "number"),
    [
        (lambda: "not.a.jwt", 50027),
        (lambda: "x", 50027),
        (lambda: assertion({"alg": "none", "x5t#S256": thumbprint()}), 50027),
        (lambda: assertion({"alg": "HS256", "x5t#S256": thumbprint()}), 50027),
        (lambda: assertion({"alg": "RS512", "x5t#S256": thumbprint()}), 50027),
        (lambda: assertion({"alg": "PS256"}), 50027),
        (lambda: assertion({"alg": "PS256", "x5t#S256": thumbprint(), "crit": ["b64"], "b64": False}), 50027),
        (lambda: assertion({"alg": "PS256", "x5t#S256": thumbprint(name="attacker")}, signer="attacker"), 700027),
        (lambda: assertion(signer="attacker"), 700027),
        (
            lambda: assertion(
                {
                    "alg": "PS256",
                    "x5t#S256": thumbprint(),
                    "x5c": [base64.b64encode(certificate("attacker")[1]).decode()],
                },
                signer="attacker",
            ),
            700027,
        ),
        (lambda: assertion(aud="https://login.evil.example/token"), 700021),
        (lambda: assertion(exp=int(NOW.timestamp()) - 301), 700024),
        (lambda: assertion(nbf=int(NOW.timestamp()) + 301), 700024),
        (lambda: assertion(exp=None), 700024),
        (lambda: assertion(exp=True), 700024),
        (lambda: assertion(iss=CLI), 50048),
        (lambda: assertion(iss=CLI, sub=CLI), 50048),
    ],
)
def test_a_bad_assertion_is_an_invalid_client(with_certificate: Cloud, token: Any, number: int) -> None:
    answer = ask(with_certificate, token(), client_id=DAEMON)

    assert (answer.status_code, answer.json()["error"], code_of(answer)) == (401, "invalid_client", number)


def test_an_access_token_is_no_assertion(with_certificate: Cloud) -> None:
    token = with_certificate.app_token().json()["access_token"]

    assert code_of(ask(with_certificate, token, client_id=DAEMON)) == 700027


def test_a_public_client_must_not_present_credentials(cloud: Cloud) -> None:
    answer = cloud.password_token(client_secret="any")

    assert (answer.status_code, answer.json()["error"], code_of(answer)) == (401, "invalid_client", 700025)


@pytest.mark.parametrize("scope", [f"{DEFENDER_AUDIENCE}/Alert.Read", ".default", f"{DEFENDER_AUDIENCE}/.default x"])
def test_client_credentials_ask_for_default_of_one_api(cloud: Cloud, scope: str) -> None:
    answer = cloud.app_token(scope=scope)

    assert (answer.status_code, answer.json()["error"], code_of(answer)) == (400, "invalid_scope", 1002012)
