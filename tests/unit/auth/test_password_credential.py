"""The documented password request, to the letter."""

from __future__ import annotations

import pytest

from tests.unit.auth.service import ORIGIN, SCOPE, TENANT, SignInService, refused
from vedette import NoAnswer, PasswordCredential, SignInError


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def service() -> SignInService:
    return SignInService()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def credential(service: SignInService, clock: Clock, password: str = "p") -> PasswordCredential:
    return PasswordCredential(
        "alice@contoso.com",
        password,
        tenant_id=TENANT,
        client_id="c1",
        authority=ORIGIN,
        transport=service.transport,
        clock=clock,
    )


def test_the_request_is_the_documented_one(service: SignInService, clock: Clock) -> None:
    token = credential(service, clock).get_token(SCOPE)

    (request,) = service.requests
    assert str(request.url) == f"{ORIGIN}/{TENANT}/oauth2/token"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert service.forms == [
        {
            "resource": "https://api.securitycenter.microsoft.com",
            "client_id": "c1",
            "grant_type": "password",
            "username": "alice@contoso.com",
            "password": "p",
        }
    ]
    assert (token.token, token.expires_on) == ("token-1", 1_003_600)


def test_a_password_of_special_characters_arrives_whole(service: SignInService, clock: Clock) -> None:
    credential(service, clock, "a+b&c=d%41 é").get_token(SCOPE)

    assert service.forms[0]["password"] == "a+b&c=d%41 é"


def test_a_token_is_kept_until_five_minutes_before_its_end_and_renewed_without_the_password(
    service: SignInService, clock: Clock
) -> None:
    alice = credential(service, clock)
    first = alice.get_token(SCOPE)
    clock.now += 3299
    assert alice.get_token(SCOPE) is first
    clock.now += 1

    assert alice.get_token(SCOPE).token == "token-2"
    assert (service.forms[1]["grant_type"], service.forms[1]["refresh_token"]) == ("refresh_token", "refresh-1")


def test_a_revoked_sign_in_falls_back_to_the_password(service: SignInService, clock: Clock) -> None:
    alice = credential(service, clock)
    alice.get_token(SCOPE)
    clock.now += 3600
    service.queue = [refused(50173, "invalid_grant")]

    assert alice.get_token(SCOPE).token == "token-2"
    assert [form["grant_type"] for form in service.forms] == ["password", "refresh_token", "password"]


def test_a_refusal_says_why_and_what_to_do(service: SignInService, clock: Clock) -> None:
    service.queue = [refused(65001, "invalid_grant", suberror="consent_required")]

    with pytest.raises(SignInError) as missing:
        credential(service, clock).get_token(SCOPE)

    error = missing.value
    assert (error.aadsts, error.error, error.suberror) == (65001, "invalid_grant", "consent_required")
    assert (error.trace_id, error.correlation_id) == ("t-1", "c-1")
    assert "consent" in error.hint


def test_a_second_factor_is_reported_with_its_claims(service: SignInService, clock: Clock) -> None:
    claims = '{"access_token":{"polids":{"essential":true}}}'
    service.queue = [refused(50076, "interaction_required", suberror="basic_action", claims=claims)]

    with pytest.raises(SignInError) as needed:
        credential(service, clock).get_token(SCOPE)

    assert needed.value.claims == claims


def test_an_answer_that_is_no_token_is_no_answer(service: SignInService, clock: Clock) -> None:
    import httpx2

    service.queue = [httpx2.Response(502, text="<html>bad gateway</html>")]

    with pytest.raises(NoAnswer, match="502"):
        credential(service, clock).get_token(SCOPE)


def test_a_claims_challenge_goes_into_the_request(service: SignInService, clock: Clock) -> None:
    alice = credential(service, clock)
    alice.get_token(SCOPE)

    assert alice.get_token(SCOPE, claims='{"x":1}').token == "token-2"
    assert service.forms[1]["claims"] == '{"x":1}'


def test_nothing_secret_is_shown(service: SignInService, clock: Clock) -> None:
    alice = credential(service, clock, "s3cr3t-p4ss")
    token = alice.get_token(SCOPE)

    assert "s3cr3t-p4ss" not in repr(alice)
    assert "token-1" not in f"{token!r}{token}"
