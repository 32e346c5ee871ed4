"""Tokens that are not what they seem, sent over the wire: the API answers 401, and does not repeat them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.clients.conftest import API
from vedette import TokenInvalid, validate_token
from vedette.tenant import LocalTenant

Json = dict[str, Any]  # Any: JSON


def packed(part: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unpacked(part: str) -> Json:
    found: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def sealed(header: Json, claims: Json, signature: bytes) -> str:
    return f"{packed(header)}.{packed(claims)}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.fixture(scope="module")
def genuine(tenant: LocalTenant, http: requests.Session) -> str:
    """A token that works."""
    app = tenant.apps["soc-automation"]
    answer = http.post(
        f"{tenant.authority}/{tenant.tenant_id}/oauth2/v2.0/token",
        data={
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "grant_type": "client_credentials",
            "scope": f"{API}/.default",
        },
    )
    token: str = answer.json()["access_token"]
    return token


@pytest.fixture
def header(genuine: str) -> Json:
    return unpacked(genuine.split(".")[0])


@pytest.fixture
def claims(genuine: str) -> Json:
    return unpacked(genuine.split(".")[1])


def refused(tenant: LocalTenant, http: requests.Session, token: str, reason: str, check: str) -> None:
    """The API refuses with the documented body, and `validate_token` for the reason that `check` names."""
    answer = http.get(f"{tenant.api_base}/api/alerts", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == f'Bearer error="invalid_token", error_description="{reason}"'
    assert answer.headers["Content-Type"].startswith("application/json")
    error = answer.json()["error"]
    assert answer.json() == {"error": {"code": "Unauthorized", "message": error["message"], "target": error["target"]}}
    assert error["message"]
    assert error["target"] == answer.headers["x-ms-request-id"]
    assert token not in answer.text
    with pytest.raises(TokenInvalid) as invalid:
        validate_token(token, tenant_id=tenant.tenant_id, authority=tenant.authority, ca_bundle=tenant.ca_bundle)
    assert invalid.value.check == check


def test_the_genuine_one_works(tenant: LocalTenant, http: requests.Session, genuine: str) -> None:
    answer = http.get(f"{tenant.api_base}/api/alerts", headers={"Authorization": f"Bearer {genuine}"})

    assert answer.status_code == 200


def test_expired(tenant: LocalTenant, http: requests.Session, claims: Json) -> None:
    hour_ago = int(time.time()) - 3600
    token = tenant.state.keys.sign({**claims, "iat": hour_ago - 3599, "nbf": hour_ago - 3599, "exp": hour_ago})

    refused(tenant, http, token, "token has expired", "time")


def test_not_valid_yet(tenant: LocalTenant, http: requests.Session, claims: Json) -> None:
    in_an_hour = int(time.time()) + 3600
    token = tenant.state.keys.sign({**claims, "nbf": in_an_hour, "exp": in_an_hour + 3599})

    refused(tenant, http, token, "token is not valid yet", "time")


@pytest.mark.parametrize("kid", ["the tenant's own", "the stranger's own"])
def test_signed_by_a_stranger(
    tenant: LocalTenant, http: requests.Session, header: Json, claims: Json, kid: str
) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if kid == "the stranger's own":
        header |= {"kid": "stranger", "x5t": "stranger"}
    signed = f"{packed(header)}.{packed(claims)}".encode()
    token = sealed(header, claims, stranger.sign(signed, PKCS1v15(), SHA256()))

    if kid == "the tenant's own":
        refused(tenant, http, token, "signature is wrong", "signature")
    else:
        refused(tenant, http, token, "token is signed with an unknown key", "key")


@pytest.mark.parametrize("spelling", ["none", "None", "nOnE"])
def test_signed_by_nobody(
    tenant: LocalTenant, http: requests.Session, header: Json, claims: Json, spelling: str
) -> None:
    token = sealed({**header, "alg": spelling}, claims, b"")

    # An empty third part is already no base64url text to a verifier that reads strictly.
    refused(tenant, http, token, "token is not signed with RS256", "algorithm")


@pytest.mark.parametrize("form", ["PEM", "DER", "JWK"])
def test_the_public_key_as_a_shared_secret(
    tenant: LocalTenant, http: requests.Session, header: Json, claims: Json, form: str
) -> None:
    keys = http.get(f"{tenant.authority}/{tenant.tenant_id}/discovery/v2.0/keys").json()["keys"]
    jwk = next(key for key in keys if key["kid"] == header["kid"])
    public = tenant.state.keys.public_keys()[header["kid"]]
    if form == "JWK":
        secret = json.dumps(jwk).encode()
    else:
        secret = public.public_bytes(getattr(Encoding, form), PublicFormat.SubjectPublicKeyInfo)
    header = {**header, "alg": "HS256"}
    signed = f"{packed(header)}.{packed(claims)}".encode()
    token = sealed(header, claims, hmac.digest(secret, signed, hashlib.sha256))

    refused(tenant, http, token, "token is not signed with RS256", "algorithm")


def test_permissions_written_in_afterwards(tenant: LocalTenant, http: requests.Session, genuine: str) -> None:
    header, body, signature = genuine.split(".")
    more = packed({**unpacked(body), "roles": ["Alert.Read.All", "Machine.Isolate"]})

    refused(tenant, http, f"{header}.{more}.{signature}", "signature is wrong", "signature")


def test_of_another_api(tenant: LocalTenant, http: requests.Session, claims: Json) -> None:
    token = tenant.state.keys.sign({**claims, "aud": "https://graph.microsoft.com"})

    refused(tenant, http, token, "audience is wrong: the token is for another API", "audience")


def test_of_another_tenant(tenant: LocalTenant, http: requests.Session, claims: Json) -> None:
    other = "00000000-1111-4222-8333-444444444444"
    token = tenant.state.keys.sign({**claims, "tid": other, "iss": f"https://sts.windows.net/{other}/"})

    refused(tenant, http, token, "tenant is not known here", "issuer")
