"""Device code: a program shows a code, a person enters it elsewhere, the program's next poll brings tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.spec.sign_in.cloud import CLI, DAEMON, DEFENDER_AUDIENCE, HOST, TENANT, Browser, Cloud, Page, claims, code_of

URN = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = f"{DEFENDER_AUDIENCE}/.default openid profile offline_access"


@pytest.fixture
def consented(cloud: Cloud) -> Cloud:
    cloud.consent(cloud.cli, "Alert.Read")
    return cloud


def begin(cloud: Cloud, version: int = 2) -> dict[str, Any]:
    what = {"scope": SCOPE} if version == 2 else {"resource": DEFENDER_AUDIENCE}
    path = f"/{TENANT}/oauth2/{'v2.0/' if version == 2 else ''}devicecode"
    answer: dict[str, Any] = cloud.send("POST", path, data={"client_id": CLI, **what}).json()
    return answer


def poll(cloud: Cloud, flow: dict[str, Any], *, grant_type: str = URN, version: int = 2, **form: str) -> Any:
    base = {"grant_type": grant_type, "client_id": CLI, "device_code": flow["device_code"], "client_info": "1"}
    return cloud.token(version=version, **{**base, **form})


def enter(cloud: Cloud, flow: dict[str, Any]) -> Page:
    browser = Browser(cloud)
    page = browser.open("/common/oauth2/deviceauth").submit("deviceauth", user_code=flow["user_code"])
    return browser.sign_in(page, cloud.alice)


def test_the_v2_answer_names_this_servers_page(cloud: Cloud) -> None:
    flow = begin(cloud)

    assert len(flow["user_code"]) == 9
    assert flow["user_code"].isalnum()
    assert flow["user_code"].isupper()
    assert flow["verification_uri"] == f"{HOST}/common/oauth2/deviceauth"
    assert (flow["expires_in"], flow["interval"]) == (900, 5)
    assert flow["message"] == (
        f"To sign in, use a web browser to open the page {HOST}/common/oauth2/deviceauth "
        f"and enter the code {flow['user_code']} to authenticate."
    )
    assert "verification_uri_complete" not in flow


def test_the_v1_answer_spells_it_its_own_way(cloud: Cloud) -> None:
    flow = begin(cloud, version=1)

    assert flow["verification_url"] == f"{HOST}/common/oauth2/deviceauth"
    assert (flow["expires_in"], flow["interval"]) == ("900", "5")
    assert "verification_uri" not in flow


def test_polls_wait_until_the_person_has_confirmed_the_app(consented: Cloud) -> None:
    flow = begin(consented)
    assert (poll(consented, flow).json()["error"], code_of(poll(consented, flow))) == ("authorization_pending", 70016)

    page = enter(consented, flow)
    assert page.heading == "Are you signing in to SOC CLI?"
    assert code_of(poll(consented, flow)) == 70016

    assert page.submit("confirm").heading == "You are signed in"
    answer = poll(consented, flow).json()
    assert answer["scope"] == f"{DEFENDER_AUDIENCE}/Alert.Read {DEFENDER_AUDIENCE}/.default"
    assert claims(answer["id_token"])["preferred_username"] == consented.alice.upn
    assert {"refresh_token", "client_info"} < set(answer)

    again = poll(consented, flow)
    assert (again.json()["error"], code_of(again)) == ("invalid_grant", 54005)


@pytest.mark.parametrize(
    ("grant_type", "version", "name"),
    [("device_code", 2, "device_code"), ("device_code", 1, "code"), (URN, 2, "code")],
)
def test_every_spelling_of_the_poll_is_understood(consented: Cloud, grant_type: str, version: int, name: str) -> None:
    flow = begin(consented, version)
    consented.restart()
    enter(consented, flow).submit("confirm")
    form = {"grant_type": grant_type, "client_id": CLI, name: flow["device_code"]}

    assert claims(consented.token(version=version, **form).json()["access_token"])["scp"] == "Alert.Read"


def test_cancelling_ends_the_polling(consented: Cloud) -> None:
    flow = begin(consented)
    assert enter(consented, flow).submit("cancel").heading == "Nothing was signed in"

    answer = poll(consented, flow)
    assert (answer.status_code, answer.json()["error"]) == (400, "authorization_declined")


def test_a_code_expires_after_fifteen_minutes(consented: Cloud) -> None:
    flow = begin(consented)
    page = enter(consented, flow)
    consented.clock.advance(timedelta(seconds=900))

    assert "AADSTS70020" in page.submit("confirm").notice
    assert (poll(consented, flow).json()["error"], code_of(poll(consented, flow))) == ("expired_token", 70020)


def test_an_unknown_code_and_that_of_another_app_are_bad(consented: Cloud) -> None:
    flow = begin(consented)
    other = consented.add_app("c0000000-0000-4000-8000-0000000000aa", "Other", is_fallback_public_client=True)

    for answer in (poll(consented, {"device_code": "x"}), poll(consented, flow, client_id=other.app_id)):
        assert (answer.json()["error"], code_of(answer)) == ("bad_verification_code", 70018)


def test_a_confidential_app_gets_no_device_code(cloud: Cloud) -> None:
    answer = cloud.send("POST", f"/{TENANT}/oauth2/v2.0/devicecode", data={"client_id": DAEMON, "scope": SCOPE})

    assert (answer.status_code, answer.json()["error"], code_of(answer)) == (401, "invalid_client", 7000218)


def test_codes_cannot_be_tried_out(cloud: Cloud) -> None:
    browser = Browser(cloud)
    page = browser.open("/common/oauth2/deviceauth")
    notices = [page.submit("deviceauth", user_code=f"WRONG{n}").notice for n in range(10)]
    flow = begin(cloud)

    assert set(notices) == {"That code is wrong. Check it on your device."}
    last = page.submit("deviceauth", user_code=flow["user_code"])
    assert last.answer.status_code == 429
    cloud.clock.advance(timedelta(minutes=10))
    assert page.submit("deviceauth", user_code=flow["user_code"].lower()).heading == "Sign in"


def test_the_code_page_takes_forms_of_this_browser_only(cloud: Cloud) -> None:
    flow = begin(cloud)
    answer = Browser(cloud).send("POST", "/common/oauth2/deviceauth", data={"user_code": flow["user_code"]})

    assert answer.status_code == 403
