"""The sign-in pages: who may go on with a sign-in, what they remember, and what they never let through."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.spec.sign_in.cloud import (
    CLI,
    DEFENDER_AUDIENCE,
    PASSWORD,
    TENANT,
    Browser,
    Cloud,
    claims,
    code_of,
)
from vedette.catalogue.permission import GRAPH
from vedette.tenant.identity.accounts import totp

SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def consented(cloud: Cloud) -> Cloud:
    cloud.consent(cloud.cli, "Alert.Read")
    return cloud


def test_pages_allow_no_script_no_frame_and_no_other_target(cloud: Cloud) -> None:
    page = Browser(cloud).authorize()

    assert page.answer.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' http://localhost:5001; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    assert page.answer.headers["x-frame-options"] == "DENY"
    assert page.answer.headers["cache-control"] == "no-store, no-cache"
    assert "<script" not in page.answer.text
    assert "style=" not in page.answer.text


def test_cookies_are_for_this_host_over_https_and_out_of_reach_of_scripts(consented: Cloud) -> None:
    browser = Browser(consented)
    page = browser.authorize()
    cookies = page.answer.headers.get_list("set-cookie")
    page = browser.sign_in(page, consented.alice)
    cookies += page.answer.headers.get_list("set-cookie")

    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-vedette-browser", "__Host-vedette-session"}
    for cookie in cookies:
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"path=/", "secure", "httponly", "samesite=lax"} <= attributes
        assert not any(part.startswith("domain") for part in attributes)


def test_a_form_from_another_browser_is_refused(consented: Cloud) -> None:
    page = Browser(consented).authorize()
    form = {**page.form("user-name").fields, "user_name": consented.alice.upn}

    attacker = Browser(consented)
    attacker.authorize()
    assert attacker.send("POST", "/common/sign-in/user-name", data=form).status_code == 403
    assert Browser(consented).send("POST", "/common/sign-in/user-name", data=form).status_code == 403


@pytest.mark.parametrize("change", [{"token": "x"}, {"token": ""}, {"flow": "x"}, {"token": "é"}])
def test_a_form_with_a_wrong_token_is_refused(cloud: Cloud, change: dict[str, str]) -> None:
    browser = Browser(cloud)
    form = {**browser.authorize().form("user-name").fields, **change}

    assert browser.send("POST", "/common/sign-in/user-name", data=form).status_code == 403


def test_a_forged_cookie_is_nobody(consented: Cloud) -> None:
    browser = Browser(consented)
    browser.cookies["__Host-vedette-session"] = "made-up.signature"

    assert browser.authorize().heading == "Sign in"


def test_signing_in_changes_the_session_cookie(consented: Cloud) -> None:
    browser = Browser(consented)
    browser.sign_in(browser.authorize(), consented.alice)
    first = browser.cookies["__Host-vedette-session"]
    browser.sign_in(browser.authorize(prompt="login"), consented.alice)

    assert browser.cookies["__Host-vedette-session"] != first
    browser.cookies["__Host-vedette-session"] = first
    assert browser.authorize().heading == "Sign in"


def test_steps_cannot_be_skipped(consented: Cloud) -> None:
    browser = Browser(consented)
    page = browser.authorize()
    form = page.form("user-name").fields

    for step in ("consent", "confirm", "second-factor", "password"):
        answer = browser.send("POST", f"/common/sign-in/{step}", data={**form, "code": "1", "password": PASSWORD})
        assert answer.status_code == 200
        assert "<h1>Sign in</h1>" in answer.text


def test_an_unknown_user_and_a_wrong_password_look_alike(cloud: Cloud) -> None:
    browser = Browser(cloud)
    unknown = browser.authorize().submit("user-name", user_name="nobody@halden.example")
    unknown = unknown.submit("password", password="x")
    wrong = browser.authorize().submit("user-name", user_name=cloud.alice.upn).submit("password", password="x")

    assert unknown.notice == wrong.notice == "The user name or the password is wrong."
    assert unknown.answer.status_code == wrong.answer.status_code == 200


def test_the_pages_lock_an_account_too(cloud: Cloud) -> None:
    page = Browser(cloud).authorize().submit("user-name", user_name=cloud.alice.upn)
    for _ in range(10):
        page = page.submit("password", password="x")

    assert page.submit("password", password=PASSWORD).notice.startswith("The account is locked")


def test_nothing_that_was_sent_becomes_markup(consented: Cloud) -> None:
    browser = Browser(consented)
    nasty = '"><script>alert(1)</script>'
    page = browser.authorize(state=f"a{nasty}b", nonce=nasty, response_mode="form_post", login_hint=nasty)
    assert "<script>alert" not in page.answer.text
    page = browser.sign_in(page, consented.alice)

    assert "<script>alert" not in page.answer.text
    assert page.form("").fields["state"] == 'a">alert(1)b'  # tags are taken out of state, the rest is escaped
    assert "<script>alert" not in browser.open("/error", code=nasty).answer.text
    assert "<script>alert" not in browser.authorize(redirect_uri=f"https://x/{nasty}").answer.text


def test_line_breaks_cannot_split_the_answer(consented: Cloud) -> None:
    browser = Browser(consented)
    page = browser.sign_in(browser.authorize(state="a\r\nSet-Cookie: x=1"), consented.alice)

    assert "\r" not in page.answer.headers["location"]
    assert page.target["state"] == "a\r\nSet-Cookie: x=1"
    assert "set-cookie: x" not in str(page.answer.headers).lower()


def test_form_post_is_a_page_that_posts_itself_and_has_a_button(consented: Cloud) -> None:
    browser = Browser(consented)
    page = browser.sign_in(browser.authorize(response_mode="form_post"), consented.alice)

    assert page.answer.status_code == 200
    assert page.form("").action == "http://localhost:5001"
    assert {"code", "state", "session_state"} == set(page.target)
    assert "script-src 'self'" in page.answer.headers["content-security-policy"]
    assert '<script src="/common/static/submit.js"' in page.answer.text
    script = browser.send("GET", "/common/static/submit.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert browser.send("GET", "/common/static/site.css").status_code == 200
    assert browser.send("GET", "/common/static/..%2fapp.py").status_code == 404


def test_a_second_sign_in_asks_nothing(consented: Cloud) -> None:
    browser = Browser(consented)
    browser.sign_in(browser.authorize(), consented.alice)

    assert "code" in browser.authorize().target
    assert "code" in browser.authorize(prompt="none").target
    consented.restart()
    assert "code" in browser.authorize().target


def test_login_and_select_account_ask_again(consented: Cloud) -> None:
    browser = Browser(consented)
    browser.sign_in(browser.authorize(), consented.alice)

    assert browser.authorize(prompt="login").heading == "Sign in"
    page = browser.authorize(prompt="select_account")
    assert page.heading == "Pick an account"
    assert page.items == [f"Alice{consented.alice.upn}"]
    assert "code" in page.submit("account").target
    assert page.browser.authorize(prompt="select_account").submit("account", index=1).heading == "Sign in"


def test_a_browser_may_hold_several_accounts(consented: Cloud) -> None:
    browser = Browser(consented)
    browser.sign_in(browser.authorize(), consented.alice)
    browser.sign_in(browser.authorize(prompt="login"), consented.admin)

    assert browser.authorize().heading == "Pick an account"
    assert "code" in browser.authorize(login_hint=consented.admin.upn).target
    assert browser.authorize(login_hint="bob@halden.example").heading == "Enter password"


def test_max_age_asks_again_when_the_sign_in_is_older(consented: Cloud) -> None:
    browser = Browser(consented)
    browser.sign_in(browser.authorize(), consented.alice)
    consented.clock.advance(timedelta(minutes=10))

    assert "code" in browser.authorize(max_age="600").target
    assert browser.authorize(max_age="599").heading == "Sign in"


def test_a_changed_password_ends_sessions(consented: Cloud) -> None:
    browser = Browser(consented)
    browser.sign_in(browser.authorize(), consented.alice)
    consented.clock.advance(timedelta(seconds=1))
    changed = msgspec.structs.replace(consented.alice, password_changed=consented.clock.now())
    consented.directory.users.put(changed)

    assert browser.authorize().heading == "Sign in"


def test_a_sign_in_left_alone_for_an_hour_is_over(cloud: Cloud) -> None:
    page = Browser(cloud).authorize()
    cloud.clock.advance(timedelta(hours=1))

    assert page.submit("user-name", user_name=cloud.alice.upn).answer.status_code == 400


def test_a_second_factor_is_asked_for_and_is_good_once(consented: Cloud) -> None:
    mia = consented.add_user("mia", totp_secret=SECRET)
    step = int(consented.clock.now().timestamp()) // 30
    browser = Browser(consented)
    page = browser.sign_in(browser.authorize(), mia)
    assert page.heading == "Enter code"
    assert browser.authorize(prompt="none").target["error"] == "login_required"  # half signed in is not signed in

    wrong = page.submit("second-factor", code="000000")
    assert wrong.notice == "The code is wrong, or was used already. Wait for the next one."
    target = page.submit("second-factor", code=totp(SECRET, step)).target
    tokens = consented.token(
        grant_type="authorization_code", client_id=CLI, code=target["code"], redirect_uri="http://localhost:5001"
    )
    assert claims(tokens.json()["access_token"])["amr"] == ["pwd", "mfa"]

    other = Browser(consented)
    replay = other.sign_in(other.authorize(), mia).submit("second-factor", code=totp(SECRET, step))
    assert replay.heading == "Enter code"


def test_one_time_passwords_are_those_of_rfc_6238() -> None:
    # The RFC's own vectors for SHA-1 (appendix B), whose last six digits are the six-digit passwords.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    moments = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}

    assert {moment: totp(secret, moment // 30) for moment in moments} == moments


def test_second_factors_cannot_be_tried_out(consented: Cloud) -> None:
    mia = consented.add_user("mia", totp_secret=SECRET)
    browser = Browser(consented)
    for _ in range(2):
        page = browser.sign_in(browser.authorize(), mia)
        for _ in range(5):
            page = page.submit("second-factor", code="000000")
        assert page.heading == "Sign in"

    locked = browser.authorize().submit("user-name", user_name=mia.upn).submit("password", password=PASSWORD)
    assert locked.notice.startswith("The account is locked")


def test_logout_ends_the_session_and_follows_registered_addresses_only(consented: Cloud) -> None:
    browser = Browser(consented)
    browser.sign_in(browser.authorize(), consented.alice)
    path = f"/{TENANT}/oauth2/v2.0/logout"

    back = browser.open(path, post_logout_redirect_uri="http://localhost:5001", state="s3")
    assert (back.location, back.target) == ("http://localhost:5001/", {"state": "s3"})
    assert browser.authorize().heading == "Sign in"
    assert browser.open(path, post_logout_redirect_uri="https://evil.example").heading == "You are signed out"


def test_user_info_answers_the_holder_of_openid(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "openid", "profile", resource=GRAPH)
    cloud.consent(cloud.cli, "Alert.Read")
    tokens = cloud.password_token(scope="openid profile").json()
    answer = cloud.send(
        "GET", f"/{TENANT}/openid/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )

    assert answer.json() == {
        "sub": claims(tokens["id_token"])["sub"],
        "name": "Alice",
        "given_name": "Alice",
        "family_name": "Berg",
    }
    for bad in (cloud.password_token().json()["access_token"], tokens["id_token"], "x", ""):
        refused = cloud.send("GET", f"/{TENANT}/openid/userinfo", headers={"Authorization": f"Bearer {bad}"})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith('Bearer error="invalid_token"')


def test_the_lookup_page_explains_a_number(cloud: Cloud) -> None:
    page = Browser(cloud).open("/error", code="50126")

    assert page.heading == "AADSTS50126"
    assert "invalid_grant" in page.answer.text
    assert Browser(cloud).open("/error", code="1").answer.status_code == 404
    assert Browser(cloud).open("/error").heading == "Look up an error"


def test_a_blocked_app_is_refused_everywhere(consented: Cloud) -> None:
    consented.directory.tenants.put(msgspec.structs.replace(consented.tenant, blocked_app_ids=[CLI]))
    browser = Browser(consented)
    target = browser.sign_in(browser.authorize(), consented.alice).target

    assert "AADSTS53003:" in target["error_description"]
    answer = consented.password_token(scope=f"{DEFENDER_AUDIENCE}/.default")
    assert (code_of(answer), answer.json()["suberror"]) == (53003, "message_only")
