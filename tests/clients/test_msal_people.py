"""MSAL Python signs people in: password, device code, authorization code, the browser, and silently afterwards."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msal
import pytest
import requests

from tests.clients.browser import Browser, PersonAtTheBrowser
from tests.clients.conftest import API, GRAPH, ODD_PASSWORD, Witness
from vedette import decode_token
from vedette.tenant import LocalTenant
from vedette.tenant.seed import UserAccess

# Deprecated or discouraged, and meant: the password grant, a poll before its time, an answer in the query.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{text}") for text in ("This API has been", "Attempted too", "response_mode")
]

SCOPES = [f"{API}/Alert.Read"]
DEFAULT = [f"{API}/.default"]


class PutsThePortBack(requests.Session):
    """MSAL asks for the user realm at the host without its port; a documented `http_client` may know better."""

    def __init__(self, tenant: LocalTenant) -> None:
        super().__init__()
        self.verify = tenant.ca_bundle
        self._port = tenant.port

    def request(self, method: Any, url: Any, *args: Any, **more: Any) -> requests.Response:
        address = str(url).replace("https://localhost/", f"https://localhost:{self._port}/")
        return super().request(method, address, *args, **more)


def client(tenant: LocalTenant, app: str = "soc-cli", **more: Any) -> msal.PublicClientApplication:
    """A new client each time: MSAL remembers refusals for a minute."""
    if "http_client" not in more:
        more["verify"] = tenant.ca_bundle
    authority = f"{tenant.authority}/{tenant.tenant_id}"
    return msal.PublicClientApplication(
        tenant.apps[app].client_id, authority=authority, instance_discovery=False, **more
    )


def with_password(tenant: LocalTenant, user: UserAccess, scopes: list[str], **more: Any) -> tuple[Any, dict[str, Any]]:
    app = client(tenant, http_client=PutsThePortBack(tenant), **more)
    return app, app.acquire_token_by_username_password(user.upn, user.password, scopes=scopes)


def test_password(tenant: LocalTenant, alice: UserAccess, witness: Witness) -> None:
    _, answer = with_password(tenant, alice, SCOPES)

    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3599
    assert answer["id_token_claims"]["preferred_username"] == alice.upn
    assert witness.checks(answer["access_token"], scopes="Alert.Read").user_name == alice.upn


@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize("name", ["tenant_id", "tenant_domain"])
def test_password_at_microsofts_own_address(
    tenant: LocalTenant, alice: UserAccess, witness: Witness, name: str
) -> None:
    authority = f"https://login.microsoftonline.com/{getattr(tenant, name)}"
    app = msal.PublicClientApplication(tenant.apps["reads-alerts"].client_id, authority=authority)

    answer = app.acquire_token_by_username_password(alice.upn, alice.password, scopes=SCOPES)

    witness.checks(answer["access_token"], scopes="Alert.Read")
    assert [account["username"] for account in app.get_accounts()] == [alice.upn]
    silent = app.acquire_token_silent(SCOPES, account=app.get_accounts()[0])
    assert (silent["token_source"], silent["access_token"]) == ("cache", answer["access_token"])


@pytest.mark.usefixtures("proxied")
def test_password_without_turning_instance_discovery_off(
    tenant: LocalTenant, alice: UserAccess, witness: Witness
) -> None:
    # MSAL asks login.microsoftonline.com whether it knows this host, naming it without its port; by the proxy the
    # tenant answers that too.
    app = msal.PublicClientApplication(
        tenant.apps["soc-cli"].client_id,
        authority=f"{tenant.authority}/{tenant.tenant_id}",
        http_client=PutsThePortBack(tenant),
    )

    answer = app.acquire_token_by_username_password(alice.upn, alice.password, scopes=SCOPES)

    witness.checks(answer["access_token"], scopes="Alert.Read")


def test_password_with_signs_that_forms_have_a_use_for(tenant: LocalTenant, witness: Witness) -> None:
    olga = tenant.users["olga"]
    assert olga.password == ODD_PASSWORD

    _, answer = with_password(tenant, olga, SCOPES)

    assert witness.checks(answer["access_token"], scopes="Alert.Read").user_name == olga.upn


def test_what_was_granted_is_told_in_scope(tenant: LocalTenant, alice: UserAccess) -> None:
    # MSAL finds a token in its cache by this text: with what was asked for missing, every silent call would refresh.
    app = client(tenant, "reads-alerts", http_client=PutsThePortBack(tenant))

    named = app.acquire_token_by_username_password(alice.upn, alice.password, scopes=SCOPES)
    default = app.acquire_token_by_username_password(alice.upn, alice.password, scopes=DEFAULT)

    assert named["scope"] == f"{API}/Alert.Read"
    assert default["scope"] == f"{API}/Alert.Read {API}/.default"


def test_accounts(tenant: LocalTenant, alice: UserAccess) -> None:
    app, answer = with_password(tenant, alice, DEFAULT)

    (account,) = app.get_accounts()

    oid = answer["id_token_claims"]["oid"]
    assert account["username"] == alice.upn
    assert account["home_account_id"] == f"{oid}.{tenant.tenant_id}"
    assert (account["local_account_id"], account["realm"]) == (oid, tenant.tenant_id)
    assert account["environment"] == "localhost"


def test_silently_from_the_cache(tenant: LocalTenant, alice: UserAccess) -> None:
    app, answer = with_password(tenant, alice, DEFAULT)

    silent = app.acquire_token_silent(DEFAULT, account=app.get_accounts()[0])

    assert silent["token_source"] == "cache"
    assert silent["access_token"] == answer["access_token"]


def test_silently_after_the_access_token_has_expired(tenant: LocalTenant, alice: UserAccess, witness: Witness) -> None:
    before = msal.SerializableTokenCache()
    _, answer = with_password(tenant, alice, DEFAULT, token_cache=before)
    kept = json.loads(before.serialize())
    for token in kept["AccessToken"].values():
        token["expires_on"] = "1700000000"
    later = msal.SerializableTokenCache()
    later.deserialize(json.dumps(kept))
    app = client(tenant, token_cache=later)

    silent = app.acquire_token_silent(DEFAULT, account=app.get_accounts()[0])

    assert silent["token_source"] == "identity_provider"
    assert silent["access_token"] != answer["access_token"]
    assert witness.checks(silent["access_token"], scopes="Alert.Read").user_name == alice.upn


def test_silently_for_another_api(tenant: LocalTenant, alice: UserAccess) -> None:
    app, _ = with_password(tenant, alice, DEFAULT)

    silent = app.acquire_token_silent([f"{GRAPH}/User.Read"], account=app.get_accounts()[0])

    assert decode_token(silent["access_token"]).audience == GRAPH
    assert set(decode_token(silent["access_token"]).scopes) >= {"User.Read"}


def test_device_code(tenant: LocalTenant, alice: UserAccess, witness: Witness) -> None:
    app = client(tenant)
    flow = app.initiate_device_flow(scopes=SCOPES)
    waiting = app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
    assert (waiting["error"], waiting["error_codes"]) == ("authorization_pending", [70016])

    assert Browser(tenant).approve_device(flow["verification_uri"], flow["user_code"], alice) == "You are signed in"
    answer = app.acquire_token_by_device_flow(flow)

    assert answer["id_token_claims"]["preferred_username"] == alice.upn
    assert witness.checks(answer["access_token"], scopes="Alert.Read").user_name == alice.upn


@pytest.mark.usefixtures("proxied")
def test_device_code_at_microsofts_own_address(tenant: LocalTenant, alice: UserAccess, witness: Witness) -> None:
    app = msal.PublicClientApplication(
        tenant.apps["soc-cli"].client_id, authority=f"https://login.microsoftonline.com/{tenant.tenant_id}"
    )
    flow = app.initiate_device_flow(scopes=SCOPES)
    assert flow["verification_uri"] == "https://login.microsoftonline.com/common/oauth2/deviceauth"

    Browser(tenant, through_proxy=True).approve_device(flow["verification_uri"], flow["user_code"], alice)

    witness.checks(app.acquire_token_by_device_flow(flow)["access_token"], scopes="Alert.Read")


def test_device_code_that_the_person_refuses(tenant: LocalTenant, alice: UserAccess) -> None:
    app = client(tenant)
    flow = app.initiate_device_flow(scopes=SCOPES)
    person = Browser(tenant).open(flow["verification_uri"]).submit("/deviceauth", user_code=flow["user_code"])
    person.sign_in(alice).submit("/cancel")

    assert app.acquire_token_by_device_flow(flow)["error"] == "authorization_declined"


@pytest.mark.parametrize(("response_mode", "method"), [("query", "GET"), ("form_post", "POST")])
def test_authorization_code_with_pkce(
    tenant: LocalTenant, alice: UserAccess, witness: Witness, response_mode: str, method: str
) -> None:
    app = client(tenant)
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri="http://localhost:5001", response_mode=response_mode)
    asked = parse_qs(urlsplit(flow["auth_uri"]).query)
    assert (asked["code_challenge_method"], len(asked["code_challenge"][0])) == (["S256"], 43)

    how, where, told = Browser(tenant).open(flow["auth_uri"]).sign_in(alice).landed

    assert (how, where.rstrip("/"), told["state"]) == (method, "http://localhost:5001", flow["state"])
    answer = app.acquire_token_by_auth_code_flow(flow, told)
    assert answer["id_token_claims"]["preferred_username"] == alice.upn
    assert witness.checks(answer["access_token"], scopes="Alert.Read").user_name == alice.upn


def test_authorization_code_is_good_for_its_own_verifier_only(tenant: LocalTenant, alice: UserAccess) -> None:
    app = client(tenant)
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri="http://localhost:5001")
    _, _, told = Browser(tenant).open(flow["auth_uri"]).sign_in(alice).landed

    refused = app.acquire_token_by_auth_code_flow({**flow, "code_verifier": "x" * 43}, told)

    assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [501481])


def test_interactively(tenant: LocalTenant, alice: UserAccess, witness: Witness) -> None:
    with PersonAtTheBrowser(tenant, alice) as person:
        answer = client(tenant).acquire_token_interactive(SCOPES, timeout=20)

    assert parse_qs(urlsplit(person.opened[0]).query)["response_mode"] == ["form_post"]
    assert answer["id_token_claims"]["preferred_username"] == alice.upn
    assert witness.checks(answer["access_token"], scopes="Alert.Read").user_name == alice.upn


def test_the_first_time_the_person_is_asked_to_agree(tenant: LocalTenant, alice: UserAccess, witness: Witness) -> None:
    app = client(tenant, "asks-first")
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri="http://localhost:5001")

    person = Browser(tenant).open(flow["auth_uri"]).sign_in(alice)
    assert person.heading == "Permissions requested"
    _, _, told = person.submit("/consent").landed

    witness.checks(app.acquire_token_by_auth_code_flow(flow, told)["access_token"], scopes="Alert.Read")


def test_a_person_who_does_not_agree(tenant: LocalTenant, alice: UserAccess) -> None:
    app = client(tenant, "nobody-agreed")
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri="http://localhost:5001")

    _, _, told = Browser(tenant).open(flow["auth_uri"]).sign_in(alice).submit("/cancel").landed

    assert told["error_description"].startswith("AADSTS65004")
    assert app.acquire_token_by_auth_code_flow(flow, told)["error"] == "access_denied"
