"""What an organisation may ask beside a password: a second factor set up first, another service, a fresh sign-in."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.spec.sign_in.cloud import CLI, DEFENDER_AUDIENCE, TENANT, Browser, Cloud, Page, claims, code_of
from vedette.catalogue.permission import GRAPH
from vedette.tenant.directory import RequiredResourceAccess, ResourceAccess, hash_secret, secret_matches
from vedette.tenant.identity import accounts
from vedette.tenant.identity.accounts import totp
from vedette.tenant.state import Options


@pytest.fixture
def consented(cloud: Cloud) -> Cloud:
    cloud.consent(cloud.cli, "Alert.Read")
    return cloud


def token_of(cloud: Cloud, page: Page) -> dict[str, object]:
    code = page.target["code"]
    form = {"grant_type": "authorization_code", "client_id": CLI, "redirect_uri": "http://localhost:5001"}
    return claims(cloud.token(code=code, **form).json()["access_token"])


def step(cloud: Cloud) -> int:
    return int(cloud.clock.now().timestamp()) // 30


def test_a_factor_that_has_to_be_set_up_is_set_up_in_the_browser_once(consented: Cloud) -> None:
    mia = consented.add_user("mia", must_register_factor=True)
    browser = Browser(consented)
    page = browser.sign_in(browser.authorize(), mia)
    assert page.heading == "Set up a second factor"
    secret = page.reader.text_of("secret").replace(" ", "")

    wrong = page.submit("enrolment", code="000000")
    assert wrong.notice.startswith("The code is wrong.")
    assert wrong.reader.text_of("secret").replace(" ", "") == secret
    landed = wrong.submit("enrolment", code=totp(secret, step(consented)))
    assert token_of(consented, landed)["amr"] == ["pwd", "mfa"]

    consented.clock.advance(timedelta(minutes=1))
    assert code_of(consented.password_token(username=mia.upn)) == 50076
    other = Browser(consented)
    asked = other.sign_in(other.authorize(), mia)
    assert asked.heading == "Enter code"
    assert "code" in asked.submit("second-factor", code=totp(secret, step(consented))).target


def test_setting_up_cannot_replace_a_factor_that_is_there(consented: Cloud) -> None:
    mia = consented.add_user("mia", must_register_factor=True)
    browser = Browser(consented)
    page = browser.sign_in(browser.authorize(), mia)
    secret = page.reader.text_of("secret").replace(" ", "")
    consented.directory.users.put(msgspec.structs.replace(mia, totp_secret="JBSWY3DPEHPK3PXP"))

    assert page.submit("enrolment", code=totp(secret, step(consented))).heading == "Enter code"
    kept = consented.directory.users.get(mia.id)
    assert kept is not None
    assert kept.totp_secret == "JBSWY3DPEHPK3PXP"


def test_another_service_has_to_agree(consented: Cloud) -> None:
    mia = consented.add_user("mia", has_external_challenge=True)
    browser = Browser(consented)
    page = browser.sign_in(browser.authorize(), mia)
    assert page.heading == "One more check"
    assert "code" in page.submit("challenge").target

    other = Browser(consented)
    refused = other.sign_in(other.authorize(), mia).submit("cancel").target
    assert refused["error_description"].startswith("AADSTS50158: ")


def test_a_fresh_sign_in_is_asked_for_after_the_time_that_the_tenant_sets(consented: Cloud) -> None:
    consented.directory.tenants.put(msgspec.structs.replace(consented.tenant, sign_in_frequency_s=3600))
    browser = Browser(consented)
    browser.sign_in(browser.authorize(), consented.alice)
    consented.clock.advance(timedelta(minutes=59))
    assert "code" in browser.authorize(prompt="none").target

    consented.clock.advance(timedelta(minutes=1))
    assert browser.authorize(prompt="none").target["error"] == "login_required"
    assert browser.authorize().heading == "Sign in"


@pytest.mark.parametrize(
    ("policy", "number"),
    [("blocked_app_ids", 53003), ("compliant_device_app_ids", 53000), ("joined_device_app_ids", 53001)],
)
def test_a_policy_on_the_app_holds_in_the_browser_too(consented: Cloud, policy: str, number: int) -> None:
    consented.directory.tenants.put(msgspec.structs.replace(consented.tenant, **{policy: [CLI]}))
    browser = Browser(consented)
    target = browser.sign_in(browser.authorize(), consented.alice).target

    assert target["error_description"].startswith(f"AADSTS{number}: ")


def test_hidden_users_are_not_told_by_the_time_that_an_answer_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(Options(hide_unknown_users=True))
    cloud.add_user("quick", password_hash=hash_secret("made by us", is_random=True))
    costs: list[str] = []

    def watched(text: str, hashed: str) -> bool:
        costs.append(hashed.split("$")[1])
        return secret_matches(text, hashed)

    monkeypatch.setattr(accounts, "secret_matches", watched)
    seen = set()
    for name in ("alice", "quick", "nobody"):
        assert code_of(cloud.password_token(username=f"{name}@halden.example", password="wrong")) == 50126
        seen.add(tuple(costs))
        costs.clear()

    assert seen == {("1024", "16384")}
    cloud.consent(cloud.cli, "Alert.Read")
    assert cloud.password_token(username="quick@halden.example", password="made by us").status_code == 200
    assert cloud.password_token().status_code == 200


@pytest.mark.parametrize("number", [50076, 50079])
def test_the_older_endpoint_calls_it_interaction_required(consented: Cloud, number: int) -> None:
    change = {50076: {"totp_secret": "JBSWY3DPEHPK3PXP"}, 50079: {"must_register_factor": True}}[number]
    consented.directory.users.put(msgspec.structs.replace(consented.alice, **change))
    answer = consented.password_token(version=1)

    assert (answer.json()["error"], code_of(answer)) == ("interaction_required", number)
    assert set(msgspec.json.decode(answer.json()["claims"])) == {"access_token"}


@pytest.mark.parametrize(
    ("role", "scope", "heading"),
    [
        ("Application Administrator", "Directory.Read.All", "Permissions requested"),
        ("Cloud Application Administrator", "Directory.Read.All", "Permissions requested"),
        ("Privileged Role Administrator", "Directory.Read.All", "Permissions requested"),
        ("Security Administrator", "Directory.Read.All", "An administrator has to approve"),
    ],
)
def test_administrators_of_applications_consent_for_everybody(
    cloud: Cloud, role: str, scope: str, heading: str
) -> None:
    mia = cloud.add_user("mia", directory_roles=[role])
    browser = Browser(cloud)

    assert browser.sign_in(browser.authorize(scope=f"{GRAPH.audience}/{scope}"), mia).heading == heading


def test_app_roles_of_graph_take_a_higher_administrator(cloud: Cloud) -> None:
    role = ResourceAccess(id=GRAPH.roles["Application.ReadWrite.All"].id, type="Role")
    required = RequiredResourceAccess(resource_app_id=GRAPH.app_id, resource_access=[role])
    app = cloud.add_app(
        "c0000000-0000-4000-8000-0000000000b1",
        "Registrar",
        web_redirect_uris=["https://r.example/cb"],
        required_resource_access=[required],
    )
    headings = {}
    for name in ("Application Administrator", "Privileged Role Administrator"):
        user = cloud.add_user(name.partition(" ")[0].lower(), directory_roles=[name])
        browser = Browser(cloud)
        page = browser.open(f"/{TENANT}/adminconsent", client_id=app.app_id, redirect_uri="https://r.example/cb")
        headings[name] = browser.sign_in(page, user).heading

    assert headings == {
        "Application Administrator": "An administrator has to approve",
        "Privileged Role Administrator": "Permissions requested",
    }


@pytest.mark.parametrize(
    ("market", "begins"),
    [("de-DE", "Öffnen Sie"), ("fr-FR", "Pour vous connecter"), ("nb-NO", "Åpne siden"), ("xx-XX", "To sign in, use")],
)
def test_the_device_message_is_in_the_language_of_the_market(cloud: Cloud, market: str, begins: str) -> None:
    body = {"client_id": CLI, "scope": f"{DEFENDER_AUDIENCE}/.default"}
    flow = cloud.send("POST", f"/{TENANT}/oauth2/v2.0/devicecode?mkt={market}", data=body).json()

    assert flow["message"].startswith(begins)
    assert flow["user_code"] in flow["message"]
    assert flow["verification_uri"] in flow["message"]


def test_what_has_long_expired_is_forgotten_while_the_server_runs(cloud: Cloud) -> None:
    body = {"client_id": CLI, "scope": f"{DEFENDER_AUDIENCE}/.default"}
    path = f"/{TENANT}/oauth2/v2.0/devicecode"
    first = cloud.send("POST", path, data=body).json()["device_code"]
    poll = {"grant_type": "device_code", "client_id": CLI, "device_code": first}
    cloud.clock.advance(timedelta(days=6))
    assert code_of(cloud.token(**poll)) == 70020

    cloud.clock.advance(timedelta(days=2))
    assert code_of(cloud.token(**poll)) == 70018
