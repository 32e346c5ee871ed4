"""Every refusal of the sign-in service, with a request that brings it about and exactly what it answers."""

from __future__ import annotations

import ast
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

import vedette.tenant.identity
from tests.spec.sign_in.cloud import (
    CLI,
    DAEMON,
    DEFENDER_AUDIENCE,
    HOST,
    OTHER_TENANT,
    SECRET,
    TENANT,
    Browser,
    Cloud,
    code_of,
)
from tests.spec.sign_in.test_client_authentication import assertion, certificate, thumbprint
from tests.spec.sign_in.test_refusals_at_pages import AT_PAGES
from vedette.catalogue.permission import DEFENDER, GRAPH
from vedette.catalogue.sign_in_errors import OAUTH_ERRORS, SIGN_IN_ERRORS
from vedette.tenant.directory import KeyCredential, PublishedPermission, RequiredResourceAccess, ResourceAccess
from vedette.tenant.state import Options, SignInFault

GUID = "00000000-0000-4000-8000-00000000dead"
OBO = "urn:ietf:params:oauth:grant-type:jwt-bearer"
API = "c0000000-0000-4000-8000-0000000000a1"


@dataclass(frozen=True)
class Case:
    """A request, and the answer: `status` and `error` as documented."""

    number: int
    status: int
    error: str
    request: Callable[[Cloud], Any]
    suberror: str | None = None


def _change(cloud: Cloud, **members: Any) -> None:
    cloud.directory.users.put(msgspec.structs.replace(cloud.alice, **members))


def _user(**members: Any) -> Callable[[Cloud], Any]:
    def request(cloud: Cloud) -> Any:
        _change(cloud, **members)
        return cloud.password_token()

    return request


def _locked(cloud: Cloud) -> Any:
    for _ in range(10):
        cloud.password_token(password="wrong")
    return cloud.password_token()


def _disabled_app(cloud: Cloud) -> Any:
    principal = cloud.principal(CLI)
    cloud.directory.service_principals.put(msgspec.structs.replace(principal, is_enabled=False))
    return cloud.password_token()


def _unassigned(cloud: Cloud) -> Any:
    principal = cloud.principal(CLI)
    cloud.directory.service_principals.put(msgspec.structs.replace(principal, assignment_required=True))
    return cloud.password_token()


def _policy(**members: Any) -> Callable[[Cloud], Any]:
    def request(cloud: Cloud) -> Any:
        cloud.directory.tenants.put(msgspec.structs.replace(cloud.tenant, **members))
        return cloud.password_token()

    return request


def _withdrawn_app(cloud: Cloud) -> Any:
    cloud.directory.applications.put(msgspec.structs.replace(cloud.cli, is_disabled=True))
    return cloud.password_token()


def _misconfigured_app(cloud: Cloud) -> Any:
    asked = RequiredResourceAccess(
        resource_app_id=DEFENDER.app_id, resource_access=[ResourceAccess(id=GUID, type="Scope")]
    )
    cloud.directory.applications.put(msgspec.structs.replace(cloud.cli, required_resource_access=[asked]))
    return cloud.password_token(version=1)


def _old_sign_in(cloud: Cloud) -> Any:
    cloud.directory.tenants.put(msgspec.structs.replace(cloud.tenant, sign_in_frequency_s=3600))
    cloud.consent(cloud.cli, "Alert.Read")
    token = cloud.password_token(scope=f"{DEFENDER_AUDIENCE}/.default offline_access").json()["refresh_token"]
    cloud.clock.advance(timedelta(hours=1))
    return _refresh(cloud, refresh_token=token)


def _with(**options: Any) -> Callable[[Cloud], Cloud]:
    def changed(cloud: Cloud) -> Cloud:
        cloud.state.options = Options(**options)
        cloud.restart()
        return cloud

    return changed


def _faulty(error: int) -> Callable[[Cloud], Any]:
    return lambda cloud: _with(sign_in_faults=(SignInFault(error, retry_after_s=7),))(cloud).app_token()


def _loop(cloud: Cloud) -> Any:
    _with(client_loop_limit=3)(cloud)
    assert [cloud.app_token().status_code for _ in range(3)] == [200, 200, 200]
    return cloud.app_token()


def _hasty(cloud: Cloud) -> Any:
    _with(slow_down=True)(cloud)
    poll = {"grant_type": "device_code", "client_id": CLI, "device_code": _device(cloud).json()["device_code"]}
    assert code_of(cloud.token(**poll)) == 70016
    cloud.clock.advance(timedelta(seconds=4))
    return cloud.token(**poll)


def _declined(cloud: Cloud) -> Any:
    flow = _device(cloud).json()
    browser = Browser(cloud)
    page = browser.open("/common/oauth2/deviceauth").submit("deviceauth", user_code=flow["user_code"])
    page.submit("cancel")
    return cloud.token(grant_type="device_code", client_id=CLI, device_code=flow["device_code"])


def _foreigner(cloud: Cloud) -> Any:
    other = cloud.add_tenant(OTHER_TENANT, "fjell.example", "Fjell")
    return cloud.password_token(username=cloud.add_user("ola", tenant=other).upn)


def _expired_secret(cloud: Cloud) -> Any:
    cloud.clock.advance(timedelta(days=400))
    return cloud.app_token()


def _signed(**changes: Any) -> Callable[[Cloud], Any]:
    def request(cloud: Cloud) -> Any:
        credential = KeyCredential(
            key_id="k1",
            certificate=certificate("daemon")[1],
            thumbprint_sha1=thumbprint("sha1"),
            thumbprint_sha256=thumbprint(),
            start=cloud.clock.now(),
            end=cloud.clock.now() + timedelta(days=1),
        )
        cloud.directory.applications.put(msgspec.structs.replace(cloud.daemon, key_credentials=[credential]))
        return _assert(cloud, assertion(**changes))

    return request


def _assert(cloud: Cloud, token: str) -> Any:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return cloud.app_token(client_secret="", client_assertion=token, client_assertion_type=kind)


def _code(cloud: Cloud, **query: str) -> str:
    cloud.consent(cloud.cli, "Alert.Read")
    browser = Browser(cloud)
    return browser.sign_in(browser.authorize(**query), cloud.alice).target["code"]


def _redeem(cloud: Cloud, code: str, **form: str) -> Any:
    base = {"grant_type": "authorization_code", "client_id": CLI, "redirect_uri": "http://localhost:5001"}
    return cloud.token(**{**base, "code": code, **form})


def _code_case(*, days: int = 0, twice: bool = False, **form: str) -> Callable[[Cloud], Any]:
    def request(cloud: Cloud) -> Any:
        code = _code(cloud)
        cloud.clock.advance(timedelta(days=days))
        answer = _redeem(cloud, code, **form)
        return _redeem(cloud, code, **form) if twice else answer

    return request


def _foreign_code(cloud: Cloud) -> Any:
    cloud.add_tenant(OTHER_TENANT, "fjell.example", "Fjell")
    many = msgspec.structs.replace(cloud.cli, sign_in_audience="AzureADMultipleOrgs")
    cloud.directory.applications.put(many)
    return _redeem(cloud, _code(cloud), tenant=OTHER_TENANT)


def _spa_code(cloud: Cloud) -> Any:
    app = msgspec.structs.replace(cloud.cli, public_redirect_uris=[], spa_redirect_uris=["http://localhost"])
    cloud.directory.applications.put(app)
    challenge = {"code_challenge": "c" * 43, "code_challenge_method": "S256"}
    return _redeem(cloud, _code(cloud, **challenge))


def _refresh(cloud: Cloud, **form: str) -> Any:
    return cloud.token(**{"grant_type": "refresh_token", "client_id": CLI, "refresh_token": "1.x", **form})


def _refresh_later(*, days: int = 0, **members: Any) -> Callable[[Cloud], Any]:
    def request(cloud: Cloud) -> Any:
        cloud.consent(cloud.cli, "Alert.Read")
        scope = f"{DEFENDER_AUDIENCE}/.default offline_access"
        token = cloud.password_token(scope=scope).json()["refresh_token"]
        cloud.clock.advance(timedelta(days=days))
        if members:
            _change(cloud, **members)
        return _refresh(cloud, refresh_token=token)

    return request


def _old_spa_token(cloud: Cloud) -> Any:
    app = msgspec.structs.replace(cloud.cli, public_redirect_uris=[], spa_redirect_uris=["http://localhost"])
    cloud.directory.applications.put(app)
    verifier = "v" * 43
    scope = f"{DEFENDER_AUDIENCE}/Alert.Read offline_access"
    code = _code(cloud, scope=scope, code_challenge=verifier)
    origin = {"Origin": "http://localhost:5001"}
    first = _redeem(cloud, code, code_verifier=verifier, headers=origin)  # type: ignore[arg-type]
    cloud.clock.advance(timedelta(days=1))
    return _refresh(cloud, refresh_token=first.json()["refresh_token"], headers=origin)  # type: ignore[arg-type]


def _device(cloud: Cloud, **form: str) -> Any:
    body = {"client_id": CLI, "scope": f"{DEFENDER_AUDIENCE}/.default", **form}
    return cloud.send("POST", f"/{TENANT}/oauth2/v2.0/devicecode", data=body)


def _poll(*, seconds: int = 0, secret: str = "") -> Callable[[Cloud], Any]:
    def request(cloud: Cloud) -> Any:
        flow = _device(cloud).json()
        cloud.clock.advance(timedelta(seconds=seconds))
        return cloud.token(grant_type="device_code", client_id=CLI, device_code=secret or flow["device_code"])

    return request


def _on_behalf(which: str) -> Callable[[Cloud], Any]:
    def request(cloud: Cloud) -> Any:
        scope = PublishedPermission(id=GUID, value="act")
        cloud.add_app(API, "Middle", secrets=[SECRET], published_scopes=[scope])
        cloud.consent(cloud.cli, "Alert.Read")
        cloud.directory.grant_scopes(cloud.principal(CLI), cloud.principal(API), ["act"])
        asked = cloud.password_token(scope=f"api://{API}/act openid").json()
        token = {
            "nonsense": lambda: "nonsense",
            "late": lambda: asked["access_token"],
            "other": lambda: cloud.password_token().json()["access_token"],
            "app": lambda: cloud.app_token(client_id=API, scope=f"{API}/.default").json()["access_token"],
            "id": lambda: asked["id_token"],
        }[which]()
        cloud.clock.advance(timedelta(days=1 if which == "late" else 0))
        form = {"requested_token_use": "on_behalf_of", "scope": f"{DEFENDER_AUDIENCE}/.default"}
        return cloud.token(grant_type=OBO, client_id=API, client_secret=SECRET, assertion=token, **form)

    return request


def _instance(endpoint: str) -> Callable[[Cloud], Any]:
    query = {"api-version": "1.1", "authorization_endpoint": endpoint}
    return lambda cloud: cloud.send("GET", "/common/discovery/instance", params=query)


def _two_resources(cloud: Cloud) -> Any:
    return cloud.password_token(scope=f"{DEFENDER_AUDIENCE}/Alert.Read {GRAPH.audience}/User.Read")


TOKEN = f"/{TENANT}/oauth2/v2.0/token"
GRANTS = (
    Case(900144, 400, "invalid_request", lambda c: c.send("POST", TOKEN, data={"x": "y"})),
    Case(90014, 400, "invalid_request", lambda c: c.password_token(version=1, password="")),
    Case(9002313, 400, "invalid_request", lambda c: c.send("POST", TOKEN, content=b"a=1&a=2", headers=FORM)),
    Case(900561, 405, "invalid_request", lambda c: c.send("GET", TOKEN)),
    Case(901002, 400, "invalid_request", lambda c: c.password_token(resource=DEFENDER_AUDIENCE)),
    Case(9001023, 400, "invalid_request", lambda c: c.password_token(tenant="common")),
    Case(70003, 400, "unsupported_grant_type", lambda c: c.password_token(grant_type="telepathy")),
    Case(50059, 400, "invalid_request", lambda c: c.app_token(tenant="common")),
    Case(900023, 400, "invalid_request", lambda c: c.password_token(tenant="contoso")),
    Case(90002, 400, "invalid_request", lambda c: c.password_token(tenant=GUID)),
    Case(50194, 400, "invalid_request", lambda c: c.password_token(tenant="organizations")),
    Case(50049, 400, "invalid_instance", _instance("https://login.evil.example/common/oauth2/authorize")),
    Case(50050, 400, "invalid_request", _instance("nothing")),
    Case(700016, 400, "unauthorized_client", lambda c: c.password_token(client_id=GUID)),
    Case(700038, 400, "unauthorized_client", lambda c: c.password_token(client_id="soc-cli")),
    Case(70001, 400, "unauthorized_client", _withdrawn_app),
    Case(7000112, 401, "unauthorized_client", _disabled_app),
    Case(7000215, 401, "invalid_client", lambda c: c.app_token(client_secret="wrong")),
    Case(7000222, 401, "invalid_client", _expired_secret),
    Case(7000216, 401, "invalid_client", lambda c: c.app_token(client_secret="")),
    Case(7000218, 401, "invalid_client", lambda c: c.password_token(client_id=DAEMON)),
    Case(700025, 401, "invalid_client", lambda c: c.password_token(client_secret=SECRET)),
    Case(700027, 401, "invalid_client", _signed(signer="attacker")),
    Case(50027, 401, "invalid_client", lambda c: _assert(c, "nonsense")),
    Case(700021, 401, "invalid_client", _signed(aud="https://elsewhere.example")),
    Case(700024, 401, "invalid_client", _signed(exp=1)),
    Case(50048, 401, "invalid_client", _signed(iss=CLI)),
    Case(700213, 401, "invalid_client", _signed(iss="https://token.actions.example", sub="repo:soc/playbooks")),
    Case(9002327, 400, "invalid_request", _spa_code),
    Case(50034, 400, "invalid_grant", lambda c: c.password_token(username="nobody@halden.example")),
    Case(50126, 400, "invalid_grant", lambda c: c.password_token(password="wrong")),
    Case(50053, 400, "invalid_grant", _locked),
    Case(50055, 400, "invalid_grant", _user(password_expired=True), "user_password_expired"),
    Case(50056, 400, "invalid_grant", _user(password_hash=None)),
    Case(50057, 400, "invalid_grant", _user(is_enabled=False)),
    Case(50076, 400, "invalid_grant", _user(totp_secret="JBSWY3DPEHPK3PXP"), "basic_action"),
    Case(50079, 400, "invalid_grant", _user(must_register_factor=True), "basic_action"),
    Case(50158, 400, "invalid_grant", _user(has_external_challenge=True), "basic_action"),
    Case(53000, 400, "invalid_grant", _policy(compliant_device_app_ids=[CLI]), "message_only"),
    Case(53001, 400, "invalid_grant", _policy(joined_device_app_ids=[CLI]), "message_only"),
    Case(53003, 400, "invalid_grant", _policy(blocked_app_ids=[CLI]), "message_only"),
    Case(50105, 400, "invalid_grant", _unassigned),
    Case(50020, 400, "invalid_grant", _foreigner),
    Case(65001, 400, "invalid_grant", lambda c: c.password_token(), "consent_required"),
    Case(65005, 400, "invalid_client", _misconfigured_app),
    Case(650057, 400, "invalid_client", lambda c: c.password_token(version=1, resource=GRAPH.audience)),
    Case(500011, 400, "invalid_resource", lambda c: c.password_token(scope="https://elsewhere.example/.default")),
    Case(50001, 400, "invalid_resource", lambda c: c.password_token(version=1, resource="")),
    Case(70011, 400, "invalid_scope", lambda c: c.password_token(scope=f"{DEFENDER_AUDIENCE}/Coffee.Brew")),
    Case(1002012, 400, "invalid_scope", lambda c: c.app_token(scope=f"{DEFENDER_AUDIENCE}/Alert.Read")),
    Case(700022, 400, "invalid_scope", _two_resources),
    Case(28002, 400, "invalid_request", _code_case(scope=f"{DEFENDER_AUDIENCE}/Coffee.Brew")),
    Case(28003, 400, "invalid_request", _code_case(scope="")),
    Case(500112, 400, "invalid_client", _code_case(redirect_uri="http://localhost:5002")),
    Case(70008, 400, "invalid_grant", _code_case(days=1)),
    Case(54005, 400, "invalid_grant", _code_case(twice=True)),
    Case(700005, 400, "invalid_grant", _foreign_code),
    Case(501481, 400, "invalid_grant", _code_case(code_verifier="v" * 43)),
    Case(700082, 400, "invalid_grant", _refresh_later(days=90), "token_expired"),
    Case(700084, 400, "invalid_grant", _old_spa_token),
    Case(70000, 400, "invalid_grant", _refresh, "bad_token"),
    Case(70043, 400, "invalid_grant", _old_sign_in),
    Case(50173, 400, "invalid_grant", _refresh_later(is_enabled=False), "bad_token"),
    Case(50013, 400, "invalid_grant", _on_behalf("nonsense")),
    Case(500133, 400, "invalid_grant", _on_behalf("late")),
    Case(500131, 400, "invalid_grant", _on_behalf("other")),
    Case(7000114, 400, "unauthorized_client", _on_behalf("app")),
    Case(240002, 400, "invalid_grant", _on_behalf("id")),
    Case(70016, 400, "authorization_pending", _poll()),
    Case(70018, 400, "bad_verification_code", _poll(secret="x")),
    Case(70020, 400, "expired_token", _poll(seconds=900)),
    Case(50196, 400, "invalid_grant", _loop),
    Case(90006, 503, "temporarily_unavailable", _faulty(90006)),
    Case(90024, 503, "temporarily_unavailable", _faulty(90024)),
    Case(90033, 503, "temporarily_unavailable", _faulty(90033)),
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

UNNUMBERED: tuple[tuple[str, int, Callable[[Cloud], Any]], ...] = (
    ("slow_down", 400, _hasty),
    ("authorization_declined", 400, _declined),
    ("temporarily_unavailable", 429, _faulty(429)),
)


@pytest.mark.parametrize("case", GRANTS, ids=lambda case: str(case.number))
def test_each_refusal_is_answered_as_documented(cloud: Cloud, case: Case) -> None:
    answer = case.request(cloud)
    body = answer.json()

    assert (code_of(answer), answer.status_code, body["error"]) == (case.number, case.status, case.error)
    assert body.get("suberror") == case.suberror
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    moment = f"{cloud.clock.now():%Y-%m-%d %H:%M:%S}Z"
    assert body["timestamp"] == moment
    assert uuid.UUID(body["trace_id"]) != uuid.UUID(body["correlation_id"])
    assert body["error_description"].startswith(f"AADSTS{case.number}: ")
    assert body["error_description"].endswith(
        f" Trace ID: {body['trace_id']} Correlation ID: {body['correlation_id']} Timestamp: {moment}"
    )
    if case.number not in (65001, 70011):
        assert body["error_uri"] == f"{HOST}/error?code={case.number}"


@pytest.mark.parametrize(("error", "status", "request_"), UNNUMBERED, ids=[error for error, *_ in UNNUMBERED])
def test_refusals_without_a_number(cloud: Cloud, error: str, status: int, request_: Callable[[Cloud], Any]) -> None:
    answer = request_(cloud)
    body = answer.json()

    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [])
    assert "error_uri" not in body


@pytest.mark.parametrize("error", [90006, 90024, 90033, 429])
def test_a_passing_fault_says_when_to_try_again_and_then_is_over(cloud: Cloud, error: int) -> None:
    assert _faulty(error)(cloud).headers["retry-after"] == "7"
    assert cloud.app_token().status_code == 200


def test_ordinary_refusals_never_say_when_to_try_again(cloud: Cloud) -> None:
    assert "retry-after" not in cloud.app_token(client_secret="wrong").headers


def test_a_loop_is_over_after_a_quiet_minute(cloud: Cloud) -> None:
    assert code_of(_loop(cloud)) == 50196
    assert cloud.app_token(scope=f"{GRAPH.audience}/.default").status_code == 200
    cloud.clock.advance(timedelta(minutes=1))
    assert cloud.app_token().status_code == 200


def test_polling_fast_is_not_minded_unless_that_was_asked_for(cloud: Cloud) -> None:
    poll = {"grant_type": "device_code", "client_id": CLI, "device_code": _device(cloud).json()["device_code"]}

    assert [code_of(cloud.token(**poll)) for _ in range(3)] == [70016] * 3


def test_every_row_has_a_request_that_brings_it_about() -> None:
    shown = {case.number for case in GRANTS} | {case.number for case in AT_PAGES if case.number}

    assert shown == set(SIGN_IN_ERRORS)
    named = {error for error, *_ in UNNUMBERED} | {case.error for case in AT_PAGES if not case.number}
    # Our own server numbers this one (70018); clients meet it without a number elsewhere.
    assert named == set(OAUTH_ERRORS) - {"bad_verification_code"}


def test_every_number_that_the_service_can_answer_has_a_row() -> None:
    folder = Path(vedette.tenant.identity.__file__).parent
    raised = {
        argument.value
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused"
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant)
    }

    assert raised <= {*SIGN_IN_ERRORS, *OAUTH_ERRORS}
    assert len(raised) > 50


def test_a_405_says_what_is_allowed(cloud: Cloud) -> None:
    assert cloud.send("GET", TOKEN).headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"grant_type":"password"}', "application/json"),
        (b"grant_type=password&" * 2, FORM["Content-Type"]),
        (b"a=" + b"x" * 70_000, FORM["Content-Type"]),
        (b"&".join(b"p%d=1" % n for n in range(300)), FORM["Content-Type"]),
        (b"grant_type=password", f"{FORM['Content-Type']}; charset=utf-16"),
        (b"\xff\xfe=%zz&%", FORM["Content-Type"]),
    ],
)
def test_a_body_that_is_no_good_form_is_an_invalid_request(cloud: Cloud, content: bytes, kind: str) -> None:
    answer = cloud.send("POST", TOKEN, content=content, headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_what_was_sent_is_repeated_without_control_characters_and_not_at_length(cloud: Cloud) -> None:
    text = cloud.password_token(grant_type="x\r\ny\0" + "z" * 5000).json()["error_description"]

    assert re.search(r"'x  y z{200,300}…'", text)


def test_paths_are_matched_in_any_letter_case(cloud: Cloud) -> None:
    assert cloud.send("POST", f"/{TENANT}/OAuth2/V2.0/Token", data={}).json()["error_codes"] == [900144]
    assert cloud.send("GET", "/nothing/here").status_code == 404
