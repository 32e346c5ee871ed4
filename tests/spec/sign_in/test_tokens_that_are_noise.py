"""Noise in place of a token is turned away by both verifiers, the server's and the SDK's, and never makes them fail."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.sign_in.cloud import DEFENDER_AUDIENCE, TENANT, Cloud
from tests.spec.sign_in.test_hostile_requests import EXAMPLES, JSON_VALUES
from vedette import TokenInvalid, validate_token
from vedette.tenant.authenticate import Authenticator, BadToken


@cache
def server() -> Cloud:
    return Cloud()


@cache
def genuine() -> str:
    server().assign(server().daemon, "Alert.Read.All")
    token: str = server().app_token().json()["access_token"]
    return token


def verifier() -> Authenticator:
    return Authenticator(server().state, [DEFENDER_AUDIENCE])


def refused(token: bytes) -> None:
    with pytest.raises(BadToken):
        verifier().caller([b"Bearer " + token])
    with pytest.raises(TokenInvalid):
        validate_token(
            token.decode("latin-1"),
            tenant_id=TENANT,
            audience=DEFENDER_AUDIENCE,
            keys=server().state.keys.jwks(None),
            now=server().clock.now(),
        )


def part(value: object) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "jku", "x5c", "jwk", "zip"]), JSON_VALUES)
CLAIMS = st.dictionaries(
    st.sampled_from(["aud", "iss", "tid", "exp", "nbf", "scp", "roles", "ver", "oid"]), JSON_VALUES
)


@EXAMPLES
@given(st.binary(max_size=200))
def test_bytes(noise: bytes) -> None:
    refused(noise or b"x")


@EXAMPLES
@given(HEADERS, CLAIMS, st.binary(max_size=40))
def test_tokens_of_a_kind(header: dict[str, Any], claims: dict[str, Any], signature: bytes) -> None:
    kid = server().state.keys.signing_key_id
    known = {"alg": "RS256", "typ": "JWT", "kid": kid}
    for each in (header, {**header, **known}):
        refused(b".".join((part(each), part(claims), base64.urlsafe_b64encode(signature).rstrip(b"="))))


@EXAMPLES
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_genuine_token_with_one_byte_changed(place: int, change: int) -> None:
    token = bytearray(genuine().encode())
    place %= len(token)
    token[place] ^= change
    # The last character of a part carries bits that no byte uses; the same bytes are the same token.
    if _decoded(bytes(token)) != _decoded(genuine().encode()):
        refused(bytes(token))


def test_the_genuine_one_passes() -> None:
    assert verifier().caller([b"Bearer " + genuine().encode()]).roles == {"Alert.Read.All"}


def _decoded(token: bytes) -> list[bytes]:
    try:
        return [
            base64.b64decode(each + b"=" * (-len(each) % 4), altchars=b"-_", validate=True)
            for each in token.split(b".")
        ]
    except ValueError:
        return []
