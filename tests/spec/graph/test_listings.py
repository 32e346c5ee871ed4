"""Listing: filters, search, order, pages, selection, counts, and what needs `ConsistencyLevel: eventual`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.spec.graph.graph_server import EVENTUAL, TOOL, GraphServer, error
from vedette.catalogue.permission import DEFENDER, GRAPH, XDR


@pytest.fixture
def apps(graph: GraphServer) -> GraphServer:
    """Four applications beside the one that the users sign in to."""
    for name in ("Alert sync", "Alert export", "Host isolator", "O'Brien's tool"):
        graph.new_app(name)
    return graph


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("displayName eq 'Alert sync'", ["Alert sync"]),
        ("displayName eq 'O''Brien''s tool'", ["O'Brien's tool"]),
        (f"appId eq '{TOOL}'", ["Directory tool"]),
        ("startswith(displayName,'Alert')", ["Alert export", "Alert sync"]),
        ("displayName eq 'Alert sync' or displayName eq 'Host isolator'", ["Alert sync", "Host isolator"]),
        ("displayName in ('Alert sync','Host isolator')", ["Alert sync", "Host isolator"]),
        ("displayName eq 'nothing'", []),
    ],
)
def test_filters(apps: GraphServer, text: str, names: list[str]) -> None:
    assert sorted(apps.names("/applications", params={"$filter": text})) == names


ADVANCED = [
    ("displayName ne 'Alert sync'", 4),
    ("not(startswith(displayName,'Alert'))", 3),
    ("endswith(displayName,'tool')", 2),
    ("identifierUris/$count eq 0", 5),
]


@pytest.mark.parametrize(("text", "number"), ADVANCED)
def test_advanced_filters_with_the_header_and_a_count(apps: GraphServer, text: str, number: int) -> None:
    answer = apps.get("/applications", params={"$filter": text, "$count": "true"}, headers=EVENTUAL)

    assert answer["@odata.count"] == number
    assert len(answer["value"]) == number


@pytest.mark.parametrize("text", [text for text, _ in ADVANCED])
def test_advanced_filters_without_the_header_or_the_count(apps: GraphServer, text: str) -> None:
    bare = apps.send("GET", "/applications", params={"$filter": text})
    uncounted = apps.send("GET", "/applications", params={"$filter": text}, headers=EVENTUAL)

    assert error(bare)[:2] == (400, "Request_BadRequest")
    assert error(uncounted)[:2] == (400, "Request_BadRequest")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('"displayName:alert"', ["Alert export", "Alert sync"]),
        ('"displayName:alert" AND "displayName:ex"', ["Alert export"]),
        ('"displayName:isol" OR "displayName:sync"', ["Alert sync", "Host isolator"]),
        ('"displayName:lert"', []),
    ],
)
def test_search_finds_words_by_their_beginnings(apps: GraphServer, text: str, names: list[str]) -> None:
    assert sorted(apps.names("/applications", params={"$search": text}, headers=EVENTUAL)) == names


@pytest.mark.parametrize("text", ["alert", '"alert"', '"displayName:a" AND', '"colour:blue"', ""])
def test_a_bad_search(apps: GraphServer, text: str) -> None:
    assert error(apps.send("GET", "/applications", params={"$search": text}, headers=EVENTUAL))[:2] == (
        400,
        "Request_BadRequest",
    )


@pytest.mark.parametrize("query", ["$count=true", '$search="displayName:a"', "$filter=contains(displayName,'a')"])
def test_what_needs_the_header_is_refused_without_it(apps: GraphServer, query: str) -> None:
    assert error(apps.send("GET", f"/applications?{query}"))[:2] == (400, "Request_BadRequest")


def test_the_count_alone_is_plain_text(apps: GraphServer) -> None:
    answer = apps.send("GET", "/applications/$count", headers=EVENTUAL)

    assert (answer.status_code, answer.headers["content-type"], answer.text) == (200, "text/plain; charset=utf-8", "5")
    assert apps.send("GET", "/applications/$count").status_code == 400


def test_order(apps: GraphServer) -> None:
    assert apps.names("/applications?$orderby=displayName desc") == [
        "O'Brien's tool",
        "Host isolator",
        "Directory tool",
        "Alert sync",
        "Alert export",
    ]


def pages(graph: GraphServer, path: str, **request: Any) -> Iterator[list[str]]:
    answer = graph.get(path, **request)
    while True:
        yield [item["displayName"] for item in answer["value"]]
        if "@odata.nextLink" not in answer:
            return
        answer = graph.get(answer["@odata.nextLink"], **{k: v for k, v in request.items() if k != "params"})


def test_pages_follow_their_links(apps: GraphServer) -> None:
    found = list(
        pages(apps, "/applications", params={"$top": "2", "$orderby": "displayName", "$select": "displayName"})
    )

    assert found == [["Alert export", "Alert sync"], ["Directory tool", "Host isolator"], ["O'Brien's tool"]]


def test_a_link_keeps_what_was_asked(apps: GraphServer) -> None:
    link = apps.get("/applications?$top=2&$filter=startswith(displayName,'A') or appId ge '0'")["@odata.nextLink"]

    asked = parse_qs(urlsplit(link).query)
    assert urlsplit(link).netloc == "graph.microsoft.com"
    assert asked["$top"] == ["2"]
    assert asked["$filter"] == ["startswith(displayName,'A') or appId ge '0'"]


def test_deleting_what_was_shown_loses_nothing(apps: GraphServer) -> None:
    seen: list[str] = []
    answer = apps.get("/applications?$top=2")
    while True:
        for app in answer["value"]:
            seen.append(app["displayName"])
            apps.directory.applications.delete(app["id"])
        if "@odata.nextLink" not in answer:
            break
        answer = apps.get(answer["@odata.nextLink"])

    assert sorted(seen) == ["Alert export", "Alert sync", "Directory tool", "Host isolator", "O'Brien's tool"]


def test_a_page_holds_a_hundred_unless_asked(graph: GraphServer) -> None:
    for number in range(100):
        graph.new_app(f"app {number:03}")

    first, second = pages(graph, "/applications")

    assert (len(first), len(second)) == (100, 1)


@pytest.mark.parametrize("top", ["0", "1000", "-1", "ten"])
def test_a_page_size_out_of_range(graph: GraphServer, top: str) -> None:
    assert error(graph.send("GET", f"/applications?$top={top}")) == (
        400,
        "Request_BadRequest",
        f"Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive.",
    )


@pytest.mark.parametrize("token", ["x", "W10", "e30", "!!"])
def test_a_forged_skip_token(graph: GraphServer, token: str) -> None:
    assert error(graph.send("GET", f"/applications?$skiptoken={token}"))[:2] == (400, "Request_BadRequest")


@pytest.mark.parametrize(("member", "order"), [("displayName", "displayName"), ("web", "web/homePageUrl")])
def test_a_skip_token_with_values_of_another_type(apps: GraphServer, member: str, order: str) -> None:
    token = base64.urlsafe_b64encode(json.dumps({"id": 1, member: 5}).encode()).decode()

    answer = apps.send("GET", "/applications", params={"$orderby": order, "$skiptoken": token})

    assert error(answer) == (400, "Request_BadRequest", "Invalid $skiptoken.")


def test_the_sign_before_an_option_may_be_left_out(apps: GraphServer) -> None:
    assert apps.names("/applications?filter=displayName eq 'Alert sync'&select=displayName") == ["Alert sync"]


# -- service principals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"appId eq '{DEFENDER.app_id}'",
        "displayName eq 'WindowsDefenderATP'",
        "servicePrincipalNames/any(n:n eq 'https://api.securitycenter.microsoft.com')",
    ],
)
def test_the_defender_api_is_found(graph: GraphServer, text: str) -> None:
    (found,) = graph.get(
        "/servicePrincipals",
        params={
            "$filter": text,
            "$select": "id,appId,displayName,servicePrincipalNames,oauth2PermissionScopes,appRoles",
        },
    )["value"]

    assert set(found) == {
        "id", "appId", "displayName", "servicePrincipalNames", "oauth2PermissionScopes", "appRoles",
    }  # fmt: skip
    assert found["id"] == graph.apis[DEFENDER.app_id].id
    isolate = next(role for role in found["appRoles"] if role["value"] == "Machine.Isolate")
    assert (isolate["id"], isolate["allowedMemberTypes"], isolate["origin"], isolate["isEnabled"]) == (
        "7e4e1300-e1b9-4102-88ba-f0cb6e6d5974",
        ["Application"],
        "Application",
        True,
    )
    scope = next(scope for scope in found["oauth2PermissionScopes"] if scope["value"] == "Machine.Read")
    assert set(scope) == {
        "adminConsentDescription", "adminConsentDisplayName", "id", "isEnabled", "type",
        "userConsentDescription", "userConsentDisplayName", "value",
    }  # fmt: skip
    assert len(found["oauth2PermissionScopes"]) == len(DEFENDER.scopes)
    assert len(found["appRoles"]) == len(DEFENDER.roles)


def test_the_well_known_apis_belong_to_microsoft(graph: GraphServer) -> None:
    api = graph.get(f"/servicePrincipals(appId='{GRAPH.app_id}')")

    assert api["appOwnerOrganizationId"] == "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
    assert api["displayName"] == "Microsoft Graph"
    assert sorted(graph.names("/servicePrincipals")) == sorted([DEFENDER.name, GRAPH.name, XDR.name, "Directory tool"])
