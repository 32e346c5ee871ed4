"""Every documented error of Graph: status, code, message and shape."""

from __future__ import annotations

import pytest

from tests.spec.graph.graph_server import EVERY_SCOPE, NOW, TOOL, GraphServer, error
from vedette.catalogue.permission import DEFENDER
from vedette.tenant.state import Options

NOBODY = "00000000-0000-4000-8000-00000000dead"
CALL = "11111111-2222-4333-8444-555555555555"


def test_an_error_names_the_request_and_its_time(graph: GraphServer) -> None:
    answer = graph.send("GET", f"/applications/{NOBODY}", headers={"client-request-id": CALL})

    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["client-request-id"] == CALL
    assert answer.json() == {
        "error": {
            "code": "Request_ResourceNotFound",
            "message": f"Resource '{NOBODY}' does not exist or one of its queried reference-property objects are "
            "not present.",
            "innerError": {
                "date": "2026-11-22T20:00:00",
                "request-id": answer.headers["request-id"],
                "client-request-id": CALL,
            },
        }
    }


def test_a_missing_token(graph: GraphServer) -> None:
    answer = graph.send("GET", "/applications", token="")

    assert error(answer) == (401, "InvalidAuthenticationToken", "Access token is empty.")
    assert answer.headers["www-authenticate"] == 'Bearer realm=""'


def test_a_malformed_token(graph: GraphServer) -> None:
    assert error(graph.send("GET", "/applications", token="not.a.token")) == (
        401,
        "InvalidAuthenticationToken",
        "Access token validation failure: token is not JSON.",
    )


def test_an_expired_token(graph: GraphServer) -> None:
    old = graph.user_token(graph.admin, exp=int(NOW.timestamp()) - 600)

    assert error(graph.send("GET", "/applications", token=old)) == (
        401,
        "InvalidAuthenticationToken",
        "Lifetime validation failed, the token is expired.",
    )


def test_a_token_for_another_api(graph: GraphServer) -> None:
    other = graph.user_token(graph.admin, aud="https://api.securitycenter.microsoft.com")

    assert error(graph.send("GET", "/applications", token=other)) == (
        401,
        "InvalidAuthenticationToken",
        "Invalid audience.",
    )


def test_a_token_of_a_user_who_was_blocked_since(graph: GraphServer) -> None:
    import msgspec

    token = graph.user_token(graph.alice)
    graph.directory.users.put(msgspec.structs.replace(graph.alice, is_enabled=False))

    assert error(graph.send("GET", "/me", token=token)) == (
        401,
        "InvalidAuthenticationToken",
        "The user that the token was issued to is gone or blocked.",
    )


def test_a_token_without_the_permission(graph: GraphServer) -> None:
    reader = graph.user_token(graph.admin, "Application.Read.All")

    assert error(graph.send("POST", "/applications", token=reader, json={"displayName": "x"})) == (
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )


@pytest.mark.parametrize(
    "path",
    [
        f"/applications/{NOBODY}",
        f"/applications(appId='{NOBODY}')",
        f"/servicePrincipals/{NOBODY}",
        f"/servicePrincipals(appId='{NOBODY}')",
        f"/oauth2PermissionGrants/{NOBODY}",
        f"/users/{NOBODY}",
        f"/directory/deletedItems/{NOBODY}",
        f"/organization/{NOBODY}",
    ],
)
def test_nothing_has_this_id(graph: GraphServer, path: str) -> None:
    assert error(graph.send("GET", path)) == (
        404,
        "Request_ResourceNotFound",
        f"Resource '{NOBODY}' does not exist or one of its queried reference-property objects are not present.",
    )


def test_an_unknown_property_of_a_new_application(graph: GraphServer) -> None:
    answer = graph.send("POST", "/applications", json={"displayName": "x", "colour": "blue"})

    assert error(answer) == (400, "Request_BadRequest", "Invalid property 'colour'.")


def test_an_unknown_property_inside_a_complex_one(graph: GraphServer) -> None:
    answer = graph.send("POST", "/applications", json={"displayName": "x", "web": {"redirectURIs": []}})

    assert error(answer) == (400, "Request_BadRequest", "Invalid property 'redirectURIs'.")


def test_an_unknown_property_in_select(graph: GraphServer) -> None:
    assert error(graph.send("GET", "/applications?$select=id,colour")) == (
        400,
        "Request_BadRequest",
        "Invalid property 'colour'.",
    )


@pytest.mark.parametrize("text", ["displayName equals 'x'", "colour eq 'x'", "displayName eq 'x", "displayName eq 7"])
def test_a_bad_filter(graph: GraphServer, text: str) -> None:
    status, code, message = error(graph.send("GET", "/applications", params={"$filter": text}))

    assert (status, code) == (400, "Request_BadRequest")
    assert message.startswith("Invalid filter clause")


def test_a_value_of_the_wrong_type_names_its_property(graph: GraphServer) -> None:
    answer = graph.send(
        "POST", "/applications", json={"displayName": "x", "web": {"redirectUris": "https://a.example"}}
    )

    assert error(answer)[:2] == (400, "Request_BadRequest")
    assert answer.json()["error"]["details"][0]["target"] == "web.redirectUris"


def test_personal_accounts_need_tokens_of_version_2(graph: GraphServer) -> None:
    app = graph.new_app()

    answer = graph.send(
        "PATCH", f"/applications/{app['id']}", json={"signInAudience": "AzureADandPersonalMicrosoftAccount"}
    )

    assert error(answer) == (
        400,
        "InvalidAccessTokenVersion",
        "Property api.requestedAccessTokenVersion is invalid.",
    )
    assert answer.json()["error"]["details"] == [
        {
            "code": "InvalidAccessTokenVersion",
            "message": "Property api.requestedAccessTokenVersion is invalid.",
            "target": "api.requestedAccessTokenVersion",
        }
    ]


def test_an_app_role_that_is_assigned_already(graph: GraphServer) -> None:
    api = graph.apis[DEFENDER.app_id]
    body = {
        "principalId": graph.tool.id,
        "resourceId": api.id,
        "appRoleId": DEFENDER.roles["Alert.Read.All"].id,
    }
    graph.create(f"/servicePrincipals/{api.id}/appRoleAssignedTo", body)

    answer = graph.send("POST", f"/servicePrincipals/{graph.tool.id}/appRoleAssignments", json=body)

    assert error(answer) == (
        400,
        "Request_BadRequest",
        "Permission being assigned already exists on the object",
    )
    assert answer.json()["error"]["details"][0]["code"] == "InvalidUpdate"


def test_a_second_grant_for_the_same_client_and_api(graph: GraphServer) -> None:
    body = {
        "clientId": graph.tool.id,
        "consentType": "AllPrincipals",
        "resourceId": graph.apis[DEFENDER.app_id].id,
        "scope": "Alert.Read",
    }
    graph.create("/oauth2PermissionGrants", body)

    answer = graph.send("POST", "/oauth2PermissionGrants", json={**body, "scope": "Machine.Read"})

    assert error(answer) == (
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        "Permission entry already exists.",
    )


def test_a_second_service_principal_for_an_application(graph: GraphServer) -> None:
    status, code, message = error(graph.send("POST", "/servicePrincipals", json={"appId": TOOL}))

    assert (status, code) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert message.endswith(f"the service principal name {TOOL} is already in use.")


def test_an_identifier_uri_that_another_application_has(graph: GraphServer) -> None:
    graph.new_app(identifierUris=["api://halden/soc"])

    answer = graph.send(
        "POST",
        "/applications",
        json={"displayName": "x", "signInAudience": "AzureADMyOrg", "identifierUris": ["API://halden/soc"]},
    )

    assert error(answer)[:2] == (409, "Request_MultipleObjectsWithSameKeyValue")


def test_too_many_calls_say_how_long_to_wait() -> None:
    graph = GraphServer(Options(limit_factor=2 / 3500))
    graph.get("/me")
    graph.get("/me")

    answer = graph.send("GET", "/me")

    assert error(answer) == (429, "TooManyRequests", "Too many requests.")
    assert answer.headers["retry-after"] == "10"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"x"', b"[" * 5000])
def test_a_body_that_is_no_json_object(graph: GraphServer, body: bytes) -> None:
    status, code, message = error(graph.send("POST", "/applications", content=body))

    assert (status, code) == (400, "Request_BadRequest")
    assert message.startswith("Unable to read JSON request payload.")


def test_an_address_that_is_no_resource(graph: GraphServer) -> None:
    assert error(graph.send("GET", "/devices")) == (
        400,
        "BadRequest",
        "Resource not found for the segment 'devices'.",
    )


def test_a_method_that_the_resource_does_not_take(graph: GraphServer) -> None:
    assert graph.send("PUT", "/applications", json={}).status_code == 405


def test_me_is_nobody_for_an_application(graph: GraphServer) -> None:
    assert error(graph.send("GET", "/me", token=graph.app_token("Directory.Read.All"))) == (
        400,
        "Request_BadRequest",
        "/me request is only valid with delegated authentication flow.",
    )


def test_no_error_quotes_the_token(graph: GraphServer) -> None:
    token = graph.user_token(graph.admin, *EVERY_SCOPE, exp=1)

    assert token not in graph.send("GET", "/me", token=token).text
