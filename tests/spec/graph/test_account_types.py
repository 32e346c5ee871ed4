"""Supported account types: the changes that are allowed, and the limits that each brings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.graph.graph_server import GraphServer, guid

V2 = {"requestedAccessTokenVersion": 2}


def target(graph: GraphServer, method: str, path: str, body: dict[str, Any]) -> str:
    """The property that a refusal names; empty when the request was accepted."""
    answer = graph.send(method, path, json=body)
    if answer.is_success:
        return ""
    assert answer.status_code == 400
    return str(answer.json()["error"]["details"][0]["target"])


def create(graph: GraphServer, audience: str, **body: Any) -> str:
    return target(graph, "POST", "/applications", {"displayName": "x", "signInAudience": audience, **body})


def permissions(apis: int, each: int) -> list[dict[str, Any]]:
    return [
        {
            "resourceAppId": guid("api", str(api)),
            "resourceAccess": [{"id": guid("permission", str(api), str(n)), "type": "Role"} for n in range(each)],
        }
        for api in range(apis)
    ]


def test_single_and_multi_tenant_change_freely(graph: GraphServer) -> None:
    app = graph.new_app()
    path = f"/applications/{app['id']}"

    assert target(graph, "PATCH", path, {"signInAudience": "AzureADMultipleOrgs"}) == ""
    assert target(graph, "PATCH", path, {"signInAudience": "AzureADMyOrg"}) == ""


def test_multi_tenant_needs_globally_unique_identifier_uris(graph: GraphServer) -> None:
    app = graph.new_app(identifierUris=["api://playbook"])
    path = f"/applications/{app['id']}"

    assert target(graph, "PATCH", path, {"signInAudience": "AzureADMultipleOrgs"}) == "identifierUris"
    for uri in (f"api://{app['appId']}", "https://soc.halden.example/api"):
        body = {"signInAudience": "AzureADMultipleOrgs", "identifierUris": [uri]}
        assert target(graph, "PATCH", path, body) == ""


@pytest.mark.parametrize("audience", ["AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"])
def test_personal_accounts_in_the_same_or_a_later_update_than_the_token_version(
    graph: GraphServer, audience: str
) -> None:
    same, later = graph.new_app("same"), graph.new_app("later")

    assert target(graph, "PATCH", f"/applications/{same['id']}", {"signInAudience": audience, "api": V2}) == ""
    assert target(graph, "PATCH", f"/applications/{later['id']}", {"api": V2}) == ""
    assert target(graph, "PATCH", f"/applications/{later['id']}", {"signInAudience": audience}) == ""


def test_the_token_version_cannot_be_lowered_while_personal_accounts_sign_in(graph: GraphServer) -> None:
    app = graph.create("/applications", {"displayName": "x"})

    assert (
        target(graph, "PATCH", f"/applications/{app['id']}", {"api": {"requestedAccessTokenVersion": 1}})
        == "api.requestedAccessTokenVersion"
    )


def test_back_from_personal_accounts(graph: GraphServer) -> None:
    app = graph.create("/applications", {"displayName": "x"})

    assert target(graph, "PATCH", f"/applications/{app['id']}", {"signInAudience": "AzureADMyOrg"}) == ""


def test_an_unknown_audience_is_refused(graph: GraphServer) -> None:
    assert create(graph, "Everybody") == "signInAudience"


@pytest.mark.parametrize(
    ("audience", "limit"), [("AzureADMyOrg", 256), ("AzureADMultipleOrgs", 256), ("PersonalMicrosoftAccount", 100)]
)
def test_redirect_uris_are_counted_over_all_platforms(graph: GraphServer, audience: str, limit: int) -> None:
    def body(number: int) -> dict[str, Any]:
        uris = [f"https://a.example/{n}" for n in range(number)]
        return {"web": {"redirectUris": uris[:50]}, "spa": {"redirectUris": uris[50:]}}

    assert create(graph, audience, **body(limit)) == ""
    assert create(graph, audience, **body(limit + 1)) == "redirectUris"


@pytest.mark.parametrize(("audience", "limit"), [("AzureADMyOrg", 120), ("PersonalMicrosoftAccount", 90)])
def test_the_length_of_a_name(graph: GraphServer, audience: str, limit: int) -> None:
    assert create(graph, audience, displayName="n" * limit) == ""
    assert create(graph, audience, displayName="n" * (limit + 1)) == "displayName"


@pytest.mark.parametrize(
    ("audience", "apis", "each", "outcome"),
    [
        ("AzureADMyOrg", 50, 8, ""),
        ("AzureADMyOrg", 51, 1, "requiredResourceAccess"),
        ("AzureADMyOrg", 1, 400, ""),
        ("AzureADMyOrg", 1, 401, "requiredResourceAccess"),
        ("PersonalMicrosoftAccount", 50, 4, ""),
        ("PersonalMicrosoftAccount", 41, 5, "requiredResourceAccess"),
        ("PersonalMicrosoftAccount", 1, 30, ""),
        ("PersonalMicrosoftAccount", 1, 31, "requiredResourceAccess"),
    ],
)
def test_the_number_of_permissions_asked_for(
    graph: GraphServer, audience: str, apis: int, each: int, outcome: str
) -> None:
    assert create(graph, audience, requiredResourceAccess=permissions(apis, each)) == outcome


@pytest.mark.parametrize(
    ("audience", "uris", "outcome"),
    [
        ("AzureADMyOrg", ["urn:halden:soc"], ""),
        ("AzureADMyOrg", ["https://halden.example/" + "p" * 232], ""),
        ("AzureADMyOrg", ["https://halden.example/" + "p" * 233], "identifierUris"),
        ("PersonalMicrosoftAccount", ["https://halden.example/" + "p" * 97], ""),
        ("PersonalMicrosoftAccount", ["https://halden.example/" + "p" * 98], "identifierUris"),
        ("PersonalMicrosoftAccount", ["urn:halden:soc"], "identifierUris"),
        ("PersonalMicrosoftAccount", ["https://halden.example/?a=b"], "identifierUris"),
        ("PersonalMicrosoftAccount", [f"https://halden.example/{n}" for n in range(50)], ""),
        ("PersonalMicrosoftAccount", [f"https://halden.example/{n}" for n in range(51)], "identifierUris"),
    ],
)
def test_identifier_uris(graph: GraphServer, audience: str, uris: list[str], outcome: str) -> None:
    assert create(graph, audience, identifierUris=uris) == outcome


def test_app_roles_are_not_supported_with_personal_accounts(graph: GraphServer) -> None:
    roles = [{"id": guid("role"), "value": "Case.Read", "displayName": "Read", "allowedMemberTypes": ["Application"]}]

    assert create(graph, "AzureADMyOrg", appRoles=roles) == ""
    assert create(graph, "PersonalMicrosoftAccount", appRoles=roles) == "appRoles"


@pytest.mark.parametrize(("audience", "limit"), [("AzureADMyOrg", 120), ("PersonalMicrosoftAccount", 40)])
def test_the_length_of_a_scope_name(graph: GraphServer, audience: str, limit: int) -> None:
    def api(length: int) -> dict[str, Any]:
        return {**V2, "oauth2PermissionScopes": [{"id": guid("scope"), "value": "s" * length, "type": "User"}]}

    assert create(graph, audience, api=api(limit)) == ""
    assert create(graph, audience, api=api(limit + 1)) == "api.oauth2PermissionScopes"


def test_a_third_secret_with_personal_accounts_is_refused(graph: GraphServer) -> None:
    app = graph.create("/applications", {"displayName": "x"})
    path = f"/applications/{app['id']}/addPassword"

    assert [target(graph, "POST", path, {}) for _ in range(3)] == ["", "", "passwordCredentials"]


@pytest.mark.parametrize(("tag", "outcome"), [("t" * 256, ""), ("t" * 257, "tags"), ("", "tags"), ("a b", "tags")])
def test_tags(graph: GraphServer, tag: str, outcome: str) -> None:
    assert create(graph, "AzureADMyOrg", tags=[tag]) == outcome
