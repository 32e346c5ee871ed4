"""A code from the authorize page is good once, for ten minutes, for the app, address and challenge it was made for."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.spec.sign_in.cloud import (
    CLI,
    DAEMON,
    DEFENDER_AUDIENCE,
    NOW,
    OTHER_TENANT,
    SECRET,
    SPA,
    TENANT,
    Browser,
    Cloud,
    claims,
    code_of,
)

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
SCOPE = f"{DEFENDER_AUDIENCE}/Alert.Read openid profile offline_access"


@pytest.fixture
def consented(cloud: Cloud) -> Cloud:
    cloud.consent(cloud.cli, "Alert.Read")
    return cloud


def code(cloud: Cloud, **query: str) -> str:
    browser = Browser(cloud)
    done = browser.sign_in(browser.authorize(**{"scope": SCOPE, **query}), cloud.alice)
    return done.target["code"]


def redeem(cloud: Cloud, code: str, **form: Any) -> Any:
    base = {
        "grant_type": "authorization_code",
        "client_id": CLI,
        "code": code,
        "redirect_uri": "http://localhost:5001",
        "client_info": "1",
    }
    return cloud.token(**{k: v for k, v in {**base, **form}.items() if v is not None})


def test_a_code_brings_every_token_that_the_authorize_request_asked_for(consented: Cloud) -> None:
    answer = redeem(consented, code(consented, nonce="n-1", **PKCE), code_verifier=VERIFIER).json()

    assert answer["scope"] == f"{DEFENDER_AUDIENCE}/Alert.Read"
    found = claims(answer["id_token"])
    assert (found["aud"], found["nonce"], found["oid"], found["tid"]) == (CLI, "n-1", consented.alice.id, TENANT)
    assert "auth_time" not in found
    assert {"access_token", "refresh_token", "client_info"} < set(answer)


def test_a_second_redemption_revokes_the_first_ones_refresh_token(consented: Cloud) -> None:
    secret = code(consented)
    first = redeem(consented, secret).json()

    again = redeem(consented, secret)
    assert (again.status_code, again.json()["error"], code_of(again)) == (400, "invalid_grant", 54005)
    refreshed = consented.token(grant_type="refresh_token", client_id=CLI, refresh_token=first["refresh_token"])
    assert code_of(refreshed) == 50173


def test_a_code_survives_a_restart_but_not_ten_minutes(consented: Cloud) -> None:
    first, second = code(consented), code(consented)
    consented.restart()
    assert redeem(consented, first).status_code == 200
    consented.clock.advance(timedelta(minutes=10))
    assert code_of(redeem(consented, second)) == 70008


@pytest.mark.parametrize(
    ("query", "form", "number"),
    [
        (PKCE, {}, 501481),
        (PKCE, {"code_verifier": "w" * 43}, 501481),
        (PKCE, {"code_verifier": CHALLENGE}, 501481),  # plain where S256 was promised
        ({}, {"code_verifier": VERIFIER}, 501481),
        ({"code_challenge": VERIFIER}, {"code_verifier": "w" * 43}, 501481),
        ({}, {"redirect_uri": "http://localhost:5002"}, 500112),
        ({}, {"redirect_uri": "http://localhost:5001/"}, 500112),
        ({}, {"redirect_uri": None}, 900144),
        ({}, {"scope": ""}, 28003),
        ({}, {"scope": f"{DEFENDER_AUDIENCE}/Coffee.Brew"}, 28002),
        ({}, {"resource": DEFENDER_AUDIENCE}, 901002),
        ({}, {"client_secret": "x"}, 700025),
    ],
)
def test_a_code_is_bound_to_its_request(consented: Cloud, query: dict[str, str], form: Any, number: int) -> None:
    assert code_of(redeem(consented, code(consented, **query), **form)) == number


def test_an_absent_method_means_plain(consented: Cloud) -> None:
    secret = code(consented, code_challenge=VERIFIER)

    assert redeem(consented, secret, code_verifier=VERIFIER).status_code == 200


def test_a_code_of_another_app_or_tenant_is_refused(consented: Cloud) -> None:
    other = consented.add_tenant(OTHER_TENANT, "fjell.example", "Fjell")
    many = msgspec.structs.replace(consented.cli, sign_in_audience="AzureADMultipleOrgs")
    consented.directory.applications.put(many)
    secret = code(consented)

    assert code_of(redeem(consented, secret, client_id=DAEMON)) == 70000
    assert code_of(redeem(consented, secret, tenant=other.id)) == 700005
    assert code_of(redeem(consented, "1.made-up")) == 70000


def test_a_web_app_authenticates_when_it_redeems(cloud: Cloud) -> None:
    cloud.consent(cloud.daemon, "Alert.Read")
    address = "https://soc.example/cb"
    secret = code(cloud, client_id=DAEMON, redirect_uri=address)
    form = {"client_id": DAEMON, "redirect_uri": address}

    assert code_of(redeem(cloud, secret, **form)) == 7000218
    answer = redeem(cloud, secret, client_secret=SECRET, **form)
    assert claims(answer.json()["access_token"])["appidacr"] == "1"


@pytest.fixture
def spa(cloud: Cloud) -> Cloud:
    app = cloud.add_app(SPA, "Page", spa_redirect_uris=["https://page.example/cb"])
    cloud.consent(app, "Alert.Read")
    return cloud


def test_a_single_page_app_redeems_from_its_own_page_only(spa: Cloud) -> None:
    form = {"client_id": SPA, "redirect_uri": "https://page.example/cb", "code_verifier": VERIFIER}
    secret = code(spa, client_id=SPA, redirect_uri="https://page.example/cb", **PKCE)

    outside = redeem(spa, secret, **form)
    assert (outside.status_code, outside.json()["error"], code_of(outside)) == (400, "invalid_request", 9002327)
    inside = redeem(spa, secret, headers={"Origin": "https://page.example"}, **form)
    assert inside.status_code == 200
    assert inside.headers["access-control-allow-origin"] == "https://page.example"
    stranger = redeem(spa, secret, headers={"Origin": "https://evil.example"}, **form)
    assert "access-control-allow-origin" not in stranger.headers


def test_a_single_page_apps_refresh_tokens_end_a_day_after_the_first(spa: Cloud) -> None:
    origin = {"Origin": "https://page.example"}
    secret = code(spa, client_id=SPA, redirect_uri="https://page.example/cb", **PKCE)
    form = {"client_id": SPA, "redirect_uri": "https://page.example/cb", "code_verifier": VERIFIER}
    first = redeem(spa, secret, headers=origin, **form).json()["refresh_token"]

    spa.clock.advance(timedelta(hours=23))
    ask = {"grant_type": "refresh_token", "client_id": SPA}
    second = spa.token(headers=origin, refresh_token=first, **ask).json()["refresh_token"]
    spa.clock.advance(timedelta(hours=1))
    assert code_of(spa.token(headers=origin, refresh_token=second, **ask)) == 700084


@pytest.mark.parametrize(
    ("query", "error", "number"),
    [
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request", 501491),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S512"}, "invalid_request", 50147),
        ({"code_challenge_method": "S256"}, "invalid_request", 50147),
        ({"response_type": "token"}, "unsupported_response_type", 70005),
        ({"response_type": "password"}, "unsupported_response_type", 70005),
        ({"response_type": "id_token", "nonce": "n"}, "unsupported_response_type", 700054),
        ({"response_type": ""}, "invalid_request", 900144),
        ({"scope": ""}, "invalid_request", 900144),
        ({"scope": f"{DEFENDER_AUDIENCE}/.default {DEFENDER_AUDIENCE}/Alert.Read"}, "invalid_scope", 70011),
        ({"resource": DEFENDER_AUDIENCE}, "invalid_request", 901002),
        ({"prompt": "dance"}, "invalid_request", 9002313),
        ({"prompt": "none"}, "login_required", 50058),
    ],
)
def test_what_is_wrong_with_a_request_is_told_to_the_redirect_uri(
    cloud: Cloud, query: dict[str, str], error: str, number: int
) -> None:
    page = Browser(cloud).authorize(**query)

    assert page.answer.status_code == 302
    assert page.target["error"] == error
    assert f"AADSTS{number}:" in page.target["error_description"]
    assert page.target["state"] == "s1"


def test_a_single_page_app_must_send_a_challenge(spa: Cloud) -> None:
    page = Browser(spa).authorize(client_id=SPA, redirect_uri="https://page.example/cb")

    assert "AADSTS50147:" in page.target["error_description"]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://localhost:5001@evil.example",
        "http://localhost:5001\\@evil.example",
        "http://127.0.0.1",
        "http://localhost/x",
        "http://localhost:5001/../x",
        "http://localhost/%2F",
        "http://localhost:5001#f",
        "http://localhost:5001?x=1",
        "HTTP://localhost:5001/%0d%0aSet-Cookie:x",
        "http://localhost:99999",
        "https://localhost:5001",
        "//localhost",
        "",
    ],
)
def test_an_unregistered_redirect_uri_gets_a_page_and_never_a_redirect(cloud: Cloud, address: str) -> None:
    query = {"client_id": CLI, "response_type": "code", "redirect_uri": address, "scope": "openid"}
    answer = Browser(cloud).send("GET", f"/{TENANT}/oauth2/v2.0/authorize", params=query)

    if address:
        assert answer.status_code == 400
        assert "AADSTS50011" in answer.text
        assert "location" not in answer.headers
    else:  # left out, it is the only one that is registered
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"client_id": "00000000-0000-4000-8000-00000000dead"}, 700016),
        ({"client_id": "name"}, 700038),
        ({"client_id": ""}, 900144),
        ({"response_mode": "telepathy"}, 70007),
        ({"response_type": "id_token", "response_mode": "query"}, 70007),
        ({"tenant": "nowhere.example"}, 90002),
        ({"tenant": "nowhere"}, 900023),
        ({"tenant": "common"}, 50194),
    ],
)
def test_doubts_about_the_client_are_shown_on_a_page(cloud: Cloud, query: dict[str, str], number: int) -> None:
    page = Browser(cloud).authorize(**query)

    assert page.answer.status_code == 400
    assert f"AADSTS{number}:" in page.notice
    assert "location" not in page.answer.headers


def test_an_app_without_redirect_uris_cannot_be_signed_in_to(cloud: Cloud) -> None:
    cloud.directory.applications.put(msgspec.structs.replace(cloud.cli, public_redirect_uris=[]))

    assert "AADSTS900971:" in Browser(cloud).authorize().notice


def test_the_answer_comes_back_with_a_path_after_the_host(consented: Cloud) -> None:
    browser = Browser(consented)
    page = browser.sign_in(browser.authorize(client_info="1"), consented.alice)

    assert page.answer.status_code == 302
    assert page.location == "http://localhost:5001/"
    assert set(page.target) == {"code", "state", "session_state", "client_info"}
    assert page.target["state"] == "s1"


def test_hybrid_answers_bind_the_code_to_the_id_token(consented: Cloud) -> None:
    app = msgspec.structs.replace(consented.cli, issues_id_tokens=True, issues_access_tokens=True)
    consented.directory.applications.put(app)
    browser = Browser(consented)
    page = browser.authorize(response_type="code id_token", nonce="n-2", scope=SCOPE)
    page = browser.sign_in(page, consented.alice)

    assert "#" in page.answer.headers["location"]
    digest = hashlib.sha256(page.target["code"].encode()).digest()[:16]
    assert claims(page.target["id_token"])["c_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert claims(page.target["id_token"])["nonce"] == "n-2"


def test_max_age_brings_the_time_of_the_sign_in(consented: Cloud) -> None:
    answer = redeem(consented, code(consented, max_age="3600")).json()

    assert claims(answer["id_token"])["auth_time"] == int(NOW.timestamp())
