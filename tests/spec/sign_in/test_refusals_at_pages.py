"""Refusals that people and apps meet at the pages: on a page, or at the redirect URI, each with a request for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import pytest

from tests.spec.sign_in.cloud import CLI, DEFENDER_AUDIENCE, TENANT, Browser, Cloud, Page

CHALLENGE = "c" * 43
ADMIN_SCOPE = "https://graph.microsoft.com/Directory.Read.All"


@dataclass(frozen=True)
class PageCase:
    """What is done, and what comes of it: a page that says the number, or a redirect that carries it."""

    number: int | None
    error: str
    visit: Callable[[Cloud], Page]
    is_page: bool = False


def _asked(**query: str) -> Callable[[Cloud], Page]:
    return lambda cloud: Browser(cloud).authorize(**query)


def _signed_in(cloud: Cloud, **query: str) -> Page:
    browser = Browser(cloud)
    return browser.sign_in(browser.authorize(**query), cloud.alice)


def _no_redirect_uri(cloud: Cloud) -> Page:
    cloud.directory.applications.put(msgspec.structs.replace(cloud.cli, public_redirect_uris=[]))
    return Browser(cloud).authorize()


def _late_code(cloud: Cloud) -> Page:
    body = {"client_id": CLI, "scope": f"{DEFENDER_AUDIENCE}/.default"}
    code = cloud.send("POST", f"/{TENANT}/oauth2/v2.0/devicecode", data=body).json()["user_code"]
    page = Browser(cloud).open("/common/oauth2/deviceauth")
    cloud.clock.advance(timedelta(minutes=15))
    return page.submit("deviceauth", user_code=code)


def _silent_second_factor(cloud: Cloud) -> Page:
    cloud.consent(cloud.cli, "Alert.Read")
    browser = Browser(cloud)
    browser.sign_in(browser.authorize(), cloud.alice)
    cloud.directory.users.put(msgspec.structs.replace(cloud.alice, totp_secret="JBSWY3DPEHPK3PXP"))
    return browser.authorize(prompt="none")


AT_PAGES = (
    PageCase(50011, "invalid_request", _asked(redirect_uri="https://elsewhere.example"), is_page=True),
    PageCase(900971, "invalid_request", _no_redirect_uri, is_page=True),
    PageCase(70007, "invalid_request", _asked(response_mode="telepathy"), is_page=True),
    PageCase(70019, "expired_token", _late_code, is_page=True),
    PageCase(70005, "unsupported_response_type", _asked(response_type="token")),
    PageCase(700054, "unsupported_response_type", _asked(response_type="id_token", nonce="n")),
    PageCase(50147, "invalid_request", _asked(code_challenge=CHALLENGE, code_challenge_method="S512")),
    PageCase(501491, "invalid_request", _asked(code_challenge="short", code_challenge_method="S256")),
    PageCase(50058, "login_required", _asked(prompt="none")),
    PageCase(65004, "access_denied", lambda cloud: _signed_in(cloud).submit("cancel")),
    PageCase(90094, "consent_required", lambda cloud: _signed_in(cloud, scope=ADMIN_SCOPE).submit("cancel")),
    PageCase(None, "access_denied", lambda cloud: Browser(cloud).authorize().submit("cancel")),
    PageCase(None, "interaction_required", _silent_second_factor),
)


@pytest.mark.parametrize("case", AT_PAGES, ids=lambda case: str(case.number or case.error))
def test_each_refusal_is_told_where_it_belongs(cloud: Cloud, case: PageCase) -> None:
    page = case.visit(cloud)

    if case.is_page:
        assert page.answer.status_code == 400
        assert page.notice.startswith(f"AADSTS{case.number}: ")
        assert "location" not in page.answer.headers
        return
    assert page.answer.status_code == 302
    assert page.target["error"] == case.error
    assert page.target["error_description"].startswith(f"AADSTS{case.number}: ") is (case.number is not None)
    assert page.target["state"] == "s1"
