"""People sign in to the portal at the tenant's own pages, and a session is worth nothing outside its browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.spec.portal.browser import ORIGIN, Browser
from vedette.tenant import LocalTenant

SignedIn = Callable[[str], Browser]
SESSION = "__Host-vedette-portal"


def test_the_first_page_leads_to_sign_in_and_back(signed_in: SignedIn) -> None:
    browser = signed_in("analyst")

    assert browser.url == f"{ORIGIN}/portal"
    assert "Ana Analyst" in browser.page.text


def test_the_sign_in_is_an_authorization_code_with_pkce(tenant: LocalTenant) -> None:
    begun = Browser(tenant.asgi).send("GET", "/portal/sign-in", follow=False).answer

    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert urlsplit(begun.headers["location"]).path == "/organizations/oauth2/v2.0/authorize"
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert "client_secret" not in asked


def test_one_comes_back_to_the_page_that_one_wanted(tenant: LocalTenant) -> None:
    user = tenant.users["analyst"]
    browser = Browser(tenant.asgi).open("/portal/alerts?severity=High")
    browser.submit("/user-name", user_name=user.upn).submit("/password", password=user.password or "")

    assert browser.url == f"{ORIGIN}/portal/alerts?severity=High"


@pytest.mark.parametrize(
    "to", ["https://evil.example/portal", "//evil.example/portal", "/portal\\@evil.example", "/api"]
)
def test_sign_in_never_leads_out_of_the_portal(tenant: LocalTenant, to: str) -> None:
    user = tenant.users["analyst"]
    browser = Browser(tenant.asgi).send("GET", "/portal/sign-in", params={"to": to})
    browser.submit("/user-name", user_name=user.upn).submit("/password", password=user.password or "")

    assert browser.url == f"{ORIGIN}/portal"


def test_cookies_are_for_this_host_secure_and_out_of_reach_of_scripts(tenant: LocalTenant) -> None:
    begun = Browser(tenant.asgi).send("GET", "/portal/sign-in", follow=False).answer

    name, *attributes = begun.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-vedette-portal-flow=")
    assert {attribute.lower() for attribute in attributes} == {"httponly", "path=/", "samesite=lax", "secure"}


def test_an_answer_is_good_only_in_the_browser_that_began(tenant: LocalTenant) -> None:
    begun = Browser(tenant.asgi).send("GET", "/portal/sign-in", follow=False).answer
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]

    other = Browser(tenant.asgi).send("GET", "/portal/signed-in", params={"code": "x", "state": state})

    assert other.answer.status_code == 400
    assert "not begun in this browser" in other.page.text
    assert SESSION not in other.cookies


def test_a_made_up_session_is_none(tenant: LocalTenant) -> None:
    browser = Browser(tenant.asgi)
    browser.cookies.set(SESSION, "A" * 43, domain="localhost.local", path="/")

    assert browser.send("GET", "/portal", follow=False).answer.headers["location"] == "/portal/sign-in"


def test_a_session_ends_with_its_token(tenant: LocalTenant, signed_in: SignedIn) -> None:
    browser = signed_in("analyst")
    tenant.advance(timedelta(hours=2))

    assert browser.send("GET", "/portal", follow=False).answer.headers["location"] == "/portal/sign-in"


def test_signing_out_ends_the_session_here_and_at_the_sign_in_service(signed_in: SignedIn) -> None:
    browser = signed_in("analyst")
    kept = browser.cookies.get(SESSION)
    browser.submit("/portal/sign-out")
    assert "/oauth2/v2.0/logout" in str([each.url for each in browser.answer.history])

    browser.cookies.set(SESSION, kept or "", domain="localhost.local", path="/")
    browser.open("/portal")
    assert "Sign in" in browser.page.text
    assert "Ana Analyst" not in browser.page.text


def test_tokens_stay_on_the_server(signed_in: SignedIn) -> None:
    browser = signed_in("analyst")

    assert all("eyJ" not in (cookie.value or "") for cookie in browser.cookies.jar)
    assert "eyJ" not in browser.answer.text


@pytest.mark.parametrize(
    ("portal", "authority"),
    [
        ("https://security.microsoft.com", "https://login.microsoftonline.com"),
        ("https://127.0.0.1:8443", "https://127.0.0.1:8443"),
    ],
)
def test_at_each_of_its_addresses_the_portal_comes_back_to_itself(
    tenant: LocalTenant, portal: str, authority: str
) -> None:
    user = tenant.users["analyst"]
    browser = Browser(tenant.asgi, portal).open("/")
    assert browser.url.startswith(f"{authority}/organizations/oauth2/v2.0/authorize?")

    browser.submit("/user-name", user_name=user.upn).submit("/password", password=user.password or "")

    assert browser.url == f"{portal}/portal"
    assert "Ana Analyst" in browser.page.text
