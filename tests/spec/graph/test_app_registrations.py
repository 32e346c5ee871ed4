"""The SDK's side: registering an app, adding permissions, granting consent, credentials, and what goes wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization

from tests.spec.graph.graph_server import EVERY_SCOPE, GraphServer, certificate, der
from vedette.auth.credential import AccessToken
from vedette.catalogue.permission import DEFENDER, GRAPH
from vedette.client.graph import AppRegistrations
from vedette.client.transport import Answer, Request
from vedette.errors import ConfigurationError, NoAnswer, NotFound, PermissionDenied, RateLimited, ServiceError
from vedette.tenant.state import Options


class InProcess:
    """A transport that ends in the server under test."""

    def __init__(self, graph: GraphServer) -> None:
        self.graph = graph
        self.sent: list[str] = []

    def send(self, request: Request) -> Answer:
        self.sent.append(f"{request.method} {request.url.partition('/v1.0')[2]}")
        answer = self.graph.send(
            request.method, request.url, token="", headers=request.headers, content=request.content
        )
        return Answer(answer.status_code, answer.headers, answer.content)

    def close(self) -> None:
        self.sent.append("closed")


class Signed:
    """A credential that signs its tokens with the server's own key."""

    def __init__(self, graph: GraphServer, *scopes: str, user: Any = None) -> None:
        self.token = graph.user_token(user or graph.admin, *(scopes or EVERY_SCOPE))
        self.asked: list[str] = []

    def get_token(self, *scopes: str) -> AccessToken:
        self.asked.extend(scopes)
        return AccessToken(self.token, int(datetime.now(UTC).timestamp()) + 3600)


class Patience:
    """Lets the tenant's time pass instead of sleeping."""

    def __init__(self, graph: GraphServer) -> None:
        self.graph = graph

    def __call__(self) -> float:
        return self.graph.clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self.graph.clock.advance(timedelta(seconds=seconds))


def client(graph: GraphServer, *scopes: str, user: Any = None) -> AppRegistrations:
    patience = Patience(graph)
    return AppRegistrations(InProcess(graph), Signed(graph, *scopes, user=user), sleep=patience.sleep, clock=patience)


@pytest.fixture
def apps(graph: GraphServer) -> AppRegistrations:
    return client(graph)


# -- the documented path ----------------------------------------------------------------------------------------------


def test_an_app_is_created_given_a_permission_and_consented(graph: GraphServer, apps: AppRegistrations) -> None:
    app = apps.create("SOC notebook", public_redirect_uris=["http://localhost"], allow_public_client=True)
    apps.add_permission(app, "Alert.Read")
    consent = apps.consent(app)

    principal = graph.directory.service_principal(graph.tenant.id, app.app_id)
    assert principal is not None
    assert consent.delegated == {"WindowsDefenderATP": ("Alert.Read",)}
    assert consent.application == {}
    assert graph.directory.granted_scopes(principal, graph.apis[DEFENDER.app_id], None) == {"Alert.Read"}
    assert (app.public_client.redirect_uris, app.is_fallback_public_client) == (["http://localhost"], True)
    assert app.sign_in_audience == "AzureADMyOrg"


def test_consent_merges_and_takes_nothing_away(graph: GraphServer, apps: AppRegistrations) -> None:
    app = apps.create("SOC notebook")
    apps.add_permission(app, "Alert.Read")
    apps.consent(app)
    principal = graph.directory.service_principal(graph.tenant.id, app.app_id)
    assert principal is not None
    graph.directory.grant_scopes(principal, graph.apis[DEFENDER.app_id], ["Score.Read"])

    apps.add_permission(app, "Machine.Read")

    assert apps.consent(app).delegated == {"WindowsDefenderATP": ("Alert.Read", "Machine.Read", "Score.Read")}


def test_application_permissions_are_assigned_once(graph: GraphServer, apps: AppRegistrations) -> None:
    app = apps.create("SOC automation")
    apps.add_permission(app, "Alert.Read.All", kind="application")
    apps.add_permission(app, "IntegrationConfiguration.ReadWrite", kind="application")
    first = apps.consent(app)
    second = apps.consent(app)

    principal = graph.directory.service_principal(graph.tenant.id, app.app_id)
    assert principal is not None
    held = {"Alert.Read.All", "IntegrationConfiguration.ReadWrite"}
    assert first.application == second.application == {"WindowsDefenderATP": tuple(sorted(held))}
    assert first.delegated == {}
    assert graph.directory.granted_roles(principal, graph.apis[DEFENDER.app_id], DEFENDER) == held


def test_permissions_of_another_api_are_found_by_its_name(graph: GraphServer, apps: AppRegistrations) -> None:
    app = apps.create("SOC notebook")
    apps.add_permission(app, "Alert.Read")
    apps.add_permission(app, "User.Read", api="Microsoft Graph")
    asked = apps.get(app).required_resource_access

    assert {each.resource_app_id for each in asked} == {DEFENDER.app_id, GRAPH.app_id}


def test_a_permission_that_is_asked_for_already_is_not_added_again(apps: AppRegistrations) -> None:
    app = apps.create("SOC notebook")
    once = apps.add_permission(app, "Alert.Read")

    assert apps.add_permission(app, "Alert.Read").required_resource_access == once.required_resource_access


def test_consent_without_anything_asked_for_grants_nothing(graph: GraphServer, apps: AppRegistrations) -> None:
    assert apps.consent(apps.create("SOC notebook")).delegated == {}
    assert graph.get("/oauth2PermissionGrants")["value"] == []


@pytest.mark.parametrize(
    ("graph_base", "scope"),
    [
        ("https://graph.microsoft.com/v1.0/", "https://graph.microsoft.com/.default"),
        ("https://graph.microsoft.us/v1.0", "https://graph.microsoft.us/.default"),
        ("https://localhost:8443/v1.0", "https://graph.microsoft.com/.default"),
    ],
)
def test_the_token_is_asked_for_the_graph_of_the_cloud(graph: GraphServer, graph_base: str, scope: str) -> None:
    credential = Signed(graph)

    AppRegistrations(InProcess(graph), credential, graph_base).create("SOC notebook")

    assert credential.asked == [scope]


def test_personal_accounts_bring_their_token_version(apps: AppRegistrations) -> None:
    app = apps.create("SOC notebook", audience="AzureADandPersonalMicrosoftAccount")

    assert app.api.requested_access_token_version == 2


# -- finding ----------------------------------------------------------------------------------------------------------


def test_an_app_is_found_by_name_client_id_and_object_id(apps: AppRegistrations) -> None:
    app = apps.create("O'Brien's notebook")

    assert [apps.find(key).id for key in ("O'Brien's notebook", app.app_id, app.id)] == [app.id] * 3


def test_a_name_that_nobody_has(apps: AppRegistrations) -> None:
    with pytest.raises(NotFound) as missing:
        apps.find("Nothing")

    assert missing.value.hint == "vedette apps list"


def test_a_name_that_several_have(apps: AppRegistrations) -> None:
    ids = {apps.create("Twin").app_id, apps.create("Twin").app_id}

    with pytest.raises(ConfigurationError) as several:
        apps.find("Twin")

    assert all(app_id in several.value.hint for app_id in ids)


def test_listing_follows_pages(graph: GraphServer, apps: AppRegistrations) -> None:
    for number in range(105):
        graph.new_app(f"app {number:03}")

    assert len([*apps.list()]) == 106
    assert len([*apps.list(top=7)]) == 7
    assert [app.display_name for app in apps.list(filter="startswith(displayName,'app 10')")] != []


def test_a_page_at_another_host_is_not_followed(graph: GraphServer) -> None:
    class Elsewhere(InProcess):
        def send(self, request: Request) -> Answer:
            return Answer(200, {}, b'{"value":[],"@odata.nextLink":"https://evil.example/v1.0/applications"}')

    with pytest.raises(NoAnswer):
        [*AppRegistrations(Elsewhere(graph), Signed(graph)).list()]


def test_an_api_that_the_tenant_lacks(graph: GraphServer, apps: AppRegistrations) -> None:
    graph.directory.service_principals.delete(graph.apis[DEFENDER.app_id].id)

    with pytest.raises(NotFound) as missing:
        apps.find_api("WindowsDefenderATP")

    assert "once the tenant has used Defender for Endpoint" in missing.value.hint


# -- credentials ------------------------------------------------------------------------------------------------------


def test_a_secret_is_in_the_answer_and_not_in_its_repr(apps: AppRegistrations) -> None:
    app = apps.create("SOC automation")
    secret = apps.add_password(app, name="ci", expires=datetime(2027, 1, 1, tzinfo=UTC))

    assert secret.secret_text is not None
    assert secret.secret_text not in repr(secret)
    assert (secret.display_name, secret.end_date_time) == ("ci", datetime(2027, 1, 1, tzinfo=UTC))
    apps.remove_password(app, secret.key_id)
    assert apps.get(app).password_credentials == []


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
def test_a_certificate_is_added_to_those_that_are_there(
    apps: AppRegistrations, encoding: serialization.Encoding
) -> None:
    app = apps.create("SOC automation")
    first = apps.add_certificate(app, certificate("one")[1].public_bytes(encoding), name="one")
    second = apps.add_certificate(app, certificate("two")[1].public_bytes(encoding))

    keys = {key.key_id: key for key in apps.get(app).key_credentials}
    assert set(keys) == {first.key_id, second.key_id}
    assert (first.display_name, second.display_name) == ("one", "CN=two")
    assert keys[first.key_id] == first
    assert der("one") != der("two")


def test_a_private_key_is_never_sent(graph: GraphServer) -> None:
    transport = InProcess(graph)
    apps = AppRegistrations(transport, Signed(graph))
    pem = certificate("one")[0].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    with pytest.raises(ConfigurationError):
        apps.add_certificate("Directory tool", pem)

    assert transport.sent == []


@pytest.mark.parametrize(
    "text",
    [b"", b"hello", b"-----BEGIN CERTIFICATE-----\n??\n-----END CERTIFICATE-----", b"-----BEGIN CERTIFICATE-----"],
)
def test_what_is_no_certificate(apps: AppRegistrations, text: bytes) -> None:
    with pytest.raises(ConfigurationError):
        apps.add_certificate("Directory tool", text)


# -- deleting and restoring -------------------------------------------------------------------------------------------


def test_a_deleted_app_can_be_restored_by_any_of_its_names(apps: AppRegistrations) -> None:
    app = apps.create("SOC notebook")
    for key in (app.id, app.app_id, "SOC notebook"):
        apps.delete(key)
        assert [deleted.id for deleted in apps.deleted()] == [app.id]
        assert apps.restore(key).id == app.id

    assert apps.get(app).id == app.id


def test_nothing_to_restore(apps: AppRegistrations) -> None:
    with pytest.raises(NotFound):
        apps.restore("SOC notebook")


# -- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_missing_permission_is_named(graph: GraphServer) -> None:
    reader = client(graph, "Application.Read.All")

    with pytest.raises(PermissionDenied) as refused:
        reader.create("SOC notebook")

    assert refused.value.missing == {"Application.ReadWrite.All"}
    assert refused.value.granted == {"Application.Read.All"}
    assert refused.value.operation == "applications.create"
    assert refused.value.request_id != ""


def test_a_plain_user_is_refused_consent(graph: GraphServer) -> None:
    apps = client(graph, user=graph.alice)
    app = apps.create("Mine")
    apps.add_permission(app, "Alert.Read")

    with pytest.raises(PermissionDenied) as refused:
        apps.consent(app)

    assert refused.value.missing == frozenset()


def test_an_unknown_permission_names_the_nearest(apps: AppRegistrations) -> None:
    app = apps.create("SOC notebook")

    with pytest.raises(ConfigurationError) as unknown:
        apps.add_permission(app, "alert.read")

    assert unknown.value.nearest[0] == "Alert.Read"


def test_a_delegated_permission_is_no_application_permission(apps: AppRegistrations) -> None:
    app = apps.create("SOC notebook")

    with pytest.raises(ConfigurationError):
        apps.add_permission(app, "Alert.Read", kind="application")
    with pytest.raises(ConfigurationError):
        apps.add_permission(app, "secop", kind="application")


def test_a_refused_value_is_a_service_error_with_its_code(apps: AppRegistrations) -> None:
    with pytest.raises(ServiceError) as refused:
        apps.create("SOC notebook", web_redirect_uris=["http://soc.example"])

    assert (refused.value.status, refused.value.code) == (400, "Request_BadRequest")


def test_being_throttled_is_waited_out_and_then_told(graph: GraphServer) -> None:
    class Busy(InProcess):
        def send(self, request: Request) -> Answer:
            self.sent.append(request.url)
            body = b'{"error":{"code":"TooManyRequests","message":"Too many requests."}}'
            return Answer(429, httpx2.Headers({"Retry-After": "2"}), body)

    transport, patience = Busy(graph), Patience(graph)
    apps = AppRegistrations(transport, Signed(graph), sleep=patience.sleep, clock=patience)

    with pytest.raises(RateLimited) as refused:
        apps.create("SOC notebook")

    assert refused.value.retry_after_s == 2
    assert len(transport.sent) == 5


def test_what_is_new_is_waited_for() -> None:
    graph = GraphServer(Options(read_after_write_delay_s=5))
    graph.clock.advance(timedelta(minutes=1))
    apps = client(graph)

    app = apps.create("SOC notebook")
    apps.add_permission(app, "Alert.Read")

    assert apps.consent(app).delegated == {"WindowsDefenderATP": ("Alert.Read",)}
    assert apps.consent(app).delegated == {"WindowsDefenderATP": ("Alert.Read",)}


def test_what_is_not_new_is_not_waited_for(graph: GraphServer, apps: AppRegistrations) -> None:
    before = graph.clock.now()

    with pytest.raises(NotFound):
        apps.get("00000000-0000-4000-8000-00000000dead")

    assert graph.clock.now() == before
