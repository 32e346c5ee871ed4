"""Whatever is sent, the answer is a refusal of the documented shape, never a fault of the server."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.spec.sign_in.cloud import CLI, DAEMON, DEFENDER_AUDIENCE, TENANT, Browser, Cloud, code_of
from tests.spec.sign_in.test_client_authentication import ASSERTION_TYPE

EXAMPLES = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
NAMES = (
    *("grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type", "scope", "resource"),
    *("username", "password", "code", "redirect_uri", "code_verifier", "device_code", "refresh_token", "assertion"),
    *("requested_token_use", "claims", "client_info", "response_type", "response_mode", "state", "nonce", "prompt"),
    *("login_hint", "code_challenge", "code_challenge_method", "max_age"),
)
KNOWN = (
    *(
        "password",
        "client_credentials",
        "refresh_token",
        "authorization_code",
        "device_code",
        CLI,
        DAEMON,
        "on_behalf_of",
    ),
    *("urn:ietf:params:oauth:grant-type:jwt-bearer", ASSERTION_TYPE, f"{DEFENDER_AUDIENCE}/.default", "openid"),
    *(
        DEFENDER_AUDIENCE,
        "http://localhost:5001",
        "code",
        "id_token",
        "form_post",
        "none",
        "S256",
        "{}",
        "[]",
        "9" * 5000,
    ),
    *(CLI, DAEMON, "http://[", "https://[::1]:x/", "a.b.c", "\x00", "\ud7ff", "/", "//", "%", "x" * 300, "9" * 5000),
)
VALUES = st.one_of(st.sampled_from(KNOWN), st.text(max_size=30))
FORMS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8)


@cache
def server() -> Cloud:
    """One server for all examples: nothing that they send changes it."""
    return Cloud()


@EXAMPLES
@given(FORMS, st.sampled_from([1, 2]), st.sampled_from([TENANT, "common", "organizations", "consumers", "x"]))
def test_the_token_endpoint_refuses_in_json(form: dict[str, str], version: int, tenant: str) -> None:
    answer = server().token(tenant=tenant, version=version, **form)

    assert 400 <= answer.status_code < 500
    assert set(answer.json()) >= {"error", "error_description", "trace_id", "correlation_id", "timestamp"}


@EXAMPLES
@given(FORMS, st.sampled_from([1, 2]))
def test_the_authorize_page_answers_every_request(form: dict[str, str], version: int) -> None:
    query = {"client_id": CLI, "redirect_uri": "http://localhost:5001", **form}
    path = f"/{TENANT}/oauth2/{'v2.0/' if version == 2 else ''}authorize"
    answer = Browser(server()).send("GET", path, params=query)

    assert answer.status_code in (200, 302, 400)


@EXAMPLES
@given(FORMS, st.sampled_from(["user-name", "password", "second-factor", "account", "confirm", "consent", "cancel"]))
def test_steps_outside_of_a_sign_in_are_forbidden(form: dict[str, str], step: str) -> None:
    assert server().send("POST", f"/common/sign-in/{step}", data=form).status_code == 403


@EXAMPLES
@given(VALUES, VALUES)
def test_discovery_answers_every_request(one: str, other: str) -> None:
    query = {"authorization_endpoint": one, "api-version": other}

    assert server().send("GET", "/common/discovery/instance", params=query).status_code in (200, 400)
    assert server().send("GET", "/error", params={"code": one}).status_code in (200, 404)
    assert server().send("GET", f"/{TENANT}/oauth2/logout", params={"post_logout_redirect_uri": one}).status_code in (
        200,
        302,
    )


def _part(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


JSON_VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@EXAMPLES
@given(
    st.dictionaries(st.sampled_from(["alg", "x5t", "x5t#S256", "kid", "crit", "typ", "jku"]), JSON_VALUES),
    st.dictionaries(st.sampled_from(["aud", "iss", "sub", "exp", "nbf", "iat", "tid"]), JSON_VALUES),
    st.binary(max_size=20),
)
def test_odd_assertions_are_refused(header: dict[str, Any], body: dict[str, Any], signature: bytes) -> None:
    token = ".".join((_part(json.dumps(header).encode()), _part(json.dumps(body).encode()), _part(signature)))
    client = {"client_id": DAEMON, "client_assertion_type": ASSERTION_TYPE, "client_assertion": token}
    answer = server().token(grant_type="client_credentials", scope=f"{DEFENDER_AUDIENCE}/.default", **client)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    behalf = {"client_id": DAEMON, "client_secret": "x", "assertion": token, "requested_token_use": "on_behalf_of"}
    assert code_of(server().token(grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", **behalf)) == 7000215


@pytest.mark.parametrize(
    "text",
    [
        b'{"alg":"PS256","alg":"none"}',
        b"[" * 10_000,
        b'{"alg":' + b"9" * 6000 + b"}",
        b'{"alg":NaN}',
        b"\xff\xfe",
        b"null",
    ],
)
def test_assertions_that_are_no_json_object_are_malformed(text: bytes) -> None:
    form = {"client_id": DAEMON, "client_assertion_type": ASSERTION_TYPE, "scope": f"{DEFENDER_AUDIENCE}/.default"}
    token = f"{_part(text)}.{_part(b'{}')}.x"

    assert code_of(server().token(grant_type="client_credentials", client_assertion=token, **form)) == 50027
