"""Requests that come at the same moment: a code is redeemed once, and a burst of guesses is counted in full."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx2

from tests.spec.sign_in.cloud import CLI, DEFENDER_AUDIENCE, HOST, PASSWORD, TENANT, Browser, Cloud, code_of


def at_once(cloud: Cloud, forms: list[dict[str, str]]) -> list[httpx2.Response]:
    async def go() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(app=cloud.app)
        async with httpx2.AsyncClient(transport=transport, base_url=HOST) as client:
            path = f"/{TENANT}/oauth2/v2.0/token"
            return list(await asyncio.gather(*(client.post(path, data=form) for form in forms)))

    return asyncio.run(go())


def test_of_many_that_redeem_a_code_one_gets_tokens(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")
    browser = Browser(cloud)
    code = browser.sign_in(browser.authorize(), cloud.alice).target["code"]
    form = {
        "grant_type": "authorization_code",
        "client_id": CLI,
        "code": code,
        "redirect_uri": "http://localhost:5001",
    }
    answers = at_once(cloud, [form] * 8)

    assert Counter(code_of(answer) for answer in answers) == {0: 1, 54005: 7}


def test_a_burst_of_guesses_learns_no_more_than_ten_in_a_row(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")
    form = {
        "grant_type": "password",
        "client_id": CLI,
        "username": cloud.alice.upn,
        "scope": f"{DEFENDER_AUDIENCE}/.default",
    }
    answers = at_once(cloud, [{**form, "password": "wrong"}] * 16)

    assert Counter(code_of(answer) for answer in answers) == {50126: 10, 50053: 6}
    assert code_of(cloud.password_token(password=PASSWORD)) == 50053
