"""Grants of delegated permissions and assignments of app roles."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest

from tests.spec.graph.graph_server import GraphServer, error, guid
from vedette.catalogue.permission import DEFENDER, GRAPH


def guids_in_id(id: str) -> tuple[str, ...]:
    """The GUIDs that an id is made of, each little-endian."""
    octets = base64.urlsafe_b64decode(id + "=" * (-len(id) % 4))
    return tuple(str(uuid.UUID(bytes_le=octets[start : start + 16])) for start in range(0, len(octets), 16))


def grant(graph: GraphServer, **members: Any) -> dict[str, Any]:
    return {
        "clientId": graph.tool.id,
        "consentType": "AllPrincipals",
        "resourceId": graph.apis[DEFENDER.app_id].id,
        "scope": "Alert.Read",
        **members,
    }


# -- delegated permissions --------------------------------------------------------------------------------------------


def test_a_grant_for_one_user_holds_for_that_user(graph: GraphServer) -> None:
    made = graph.create("/oauth2PermissionGrants", grant(graph, consentType="Principal", principalId=graph.alice.id))

    api = graph.apis[DEFENDER.app_id]
    assert guids_in_id(made["id"]) == (graph.tool.id, api.id, graph.alice.id)
    assert len(made["id"]) == 64
    assert graph.directory.granted_scopes(graph.tool, api, graph.alice.id) == {"Alert.Read"}
    assert graph.directory.granted_scopes(graph.tool, api, graph.admin.id) == set()


def test_a_grant_for_everybody_has_a_shorter_id(graph: GraphServer) -> None:
    assert len(graph.create("/oauth2PermissionGrants", grant(graph))["id"]) == 43


def test_an_update_replaces_the_scopes(graph: GraphServer) -> None:
    made = graph.create("/oauth2PermissionGrants", grant(graph))

    answer = graph.send("PATCH", f"/oauth2PermissionGrants/{made['id']}", json={"scope": "Machine.Read Score.Read"})

    assert answer.status_code == 204
    assert graph.get(f"/oauth2PermissionGrants/{made['id']}")["scope"] == "Machine.Read Score.Read"


def test_a_grant_can_be_taken_back(graph: GraphServer) -> None:
    made = graph.create("/oauth2PermissionGrants", grant(graph))

    assert graph.send("DELETE", f"/oauth2PermissionGrants/{made['id']}").status_code == 204
    assert graph.get("/oauth2PermissionGrants")["value"] == []


def test_grants_are_found_by_client_and_type(graph: GraphServer) -> None:
    everybody = graph.create("/oauth2PermissionGrants", grant(graph))
    graph.create("/oauth2PermissionGrants", grant(graph, consentType="Principal", principalId=graph.alice.id))

    (found,) = graph.get(
        "/oauth2PermissionGrants",
        params={"$filter": f"clientId eq '{graph.tool.id}' and consentType eq 'AllPrincipals'"},
    )["value"]
    of_client = graph.get(f"/servicePrincipals/{graph.tool.id}/oauth2PermissionGrants")["value"]

    assert found["id"] == everybody["id"]
    assert len(of_client) == 2


def test_an_unknown_scope_is_accepted(graph: GraphServer) -> None:
    assert graph.create("/oauth2PermissionGrants", grant(graph, scope="Nothing.Real"))["scope"] == "Nothing.Real"


@pytest.mark.parametrize(
    ("members", "target"),
    [
        ({"consentType": "Everybody"}, "consentType"),
        ({"principalId": guid("x")}, "principalId"),
        ({"consentType": "Principal"}, "principalId"),
        ({"clientId": "me"}, "clientId"),
        ({"resourceId": DEFENDER.name}, "resourceId"),
        ({"id": "x"}, "id"),
        ({"scope": ["Alert.Read"]}, "scope"),
    ],
)
def test_a_malformed_grant(graph: GraphServer, members: dict[str, Any], target: str) -> None:
    answer = graph.send("POST", "/oauth2PermissionGrants", json=grant(graph, **members))

    assert error(answer)[:2] == (400, "Request_BadRequest")
    assert answer.json()["error"]["details"][0]["target"] == target


def test_a_grant_between_things_that_do_not_exist(graph: GraphServer) -> None:
    for members in ({"clientId": guid("x")}, {"consentType": "Principal", "principalId": guid("x")}):
        assert graph.send("POST", "/oauth2PermissionGrants", json=grant(graph, **members)).status_code == 404


def test_only_the_scopes_of_a_grant_can_change(graph: GraphServer) -> None:
    made = graph.create("/oauth2PermissionGrants", grant(graph))

    answer = graph.send("PATCH", f"/oauth2PermissionGrants/{made['id']}", json={"consentType": "Principal"})

    assert error(answer)[:2] == (400, "Request_BadRequest")


# -- app roles --------------------------------------------------------------------------------------------------------


def assignment(graph: GraphServer, role: str = "Alert.Read.All", **members: Any) -> dict[str, Any]:
    return {
        "principalId": graph.tool.id,
        "resourceId": graph.apis[DEFENDER.app_id].id,
        "appRoleId": DEFENDER.roles[role].id,
        **members,
    }


@pytest.mark.parametrize("side", ["client", "resource"])
def test_an_app_role_is_assigned_from_either_side(graph: GraphServer, side: str) -> None:
    api = graph.apis[DEFENDER.app_id]
    client_path = f"/servicePrincipals/{graph.tool.id}/appRoleAssignments"
    resource_path = f"/servicePrincipals/{api.id}/appRoleAssignedTo"

    made = graph.create(client_path if side == "client" else resource_path, assignment(graph))

    shown = {name: value for name, value in made.items() if not name.startswith("@")}
    octets = base64.urlsafe_b64decode(made["id"] + "=")
    assert shown == {
        "id": made["id"],
        "deletedDateTime": None,
        "appRoleId": "71fe6b80-7034-4028-9ed8-0f316df9c3ff",
        "createdDateTime": "2026-11-22T20:00:00Z",
        "principalDisplayName": "Directory tool",
        "principalId": graph.tool.id,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": "WindowsDefenderATP",
        "resourceId": api.id,
    }
    assert len(made["id"]) == 43
    assert uuid.UUID(bytes_le=octets[:16]) == uuid.UUID(graph.tool.id)
    assert graph.get(client_path)["value"] == [shown]
    assert graph.get(resource_path)["value"] == [shown]
    assert graph.directory.granted_roles(graph.tool, api, DEFENDER) == {"Alert.Read.All"}


def test_an_assignment_can_be_taken_back(graph: GraphServer) -> None:
    path = f"/servicePrincipals/{graph.tool.id}/appRoleAssignments"
    made = graph.create(path, assignment(graph))

    assert graph.send("DELETE", f"{path}/{made['id']}").status_code == 204
    assert graph.send("DELETE", f"{path}/{made['id']}").status_code == 404
    assert graph.get(path)["value"] == []


def test_a_user_is_given_a_role_for_people(graph: GraphServer) -> None:
    api = graph.apis[DEFENDER.app_id]

    made = graph.create(
        f"/servicePrincipals/{api.id}/appRoleAssignedTo", assignment(graph, "secop", principalId=graph.alice.id)
    )

    assert (made["principalType"], made["principalDisplayName"]) == ("User", "Alice")


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"appRoleId": guid("none")}, 400),
        ({"appRoleId": DEFENDER.scopes["Alert.Read"].id}, 400),
        ({"appRoleId": DEFENDER.roles["secop"].id}, 400),
        ({"appRoleId": None}, 400),
        ({"resourceId": guid("none")}, 404),
        ({"principalId": guid("none")}, 400),
    ],
)
def test_a_malformed_assignment(graph: GraphServer, members: dict[str, Any], status: int) -> None:
    path = f"/servicePrincipals/{graph.tool.id}/appRoleAssignments"

    assert graph.send("POST", path, json=assignment(graph, **members)).status_code == status


# -- service principals -----------------------------------------------------------------------------------------------


def test_a_service_principal_needs_an_application(graph: GraphServer) -> None:
    assert error(graph.send("POST", "/servicePrincipals", json={"appId": guid("none")}))[:2] == (
        400,
        "Request_BadRequest",
    )


def test_a_well_known_api_can_be_brought_into_a_tenant_that_lacks_it(graph: GraphServer) -> None:
    api = graph.apis[DEFENDER.app_id]
    graph.directory.service_principals.delete(api.id)
    path = "/servicePrincipals?$filter=displayName eq 'WindowsDefenderATP'"

    before = graph.get(path)["value"]
    made = graph.create("/servicePrincipals", {"appId": DEFENDER.app_id})

    assert before == []
    assert made["id"] == api.id


def test_sign_in_can_be_blocked_and_assignment_required(graph: GraphServer) -> None:
    answer = graph.send(
        "PATCH",
        f"/servicePrincipals(appId='{GRAPH.app_id}')",
        json={"accountEnabled": True, "appRoleAssignmentRequired": True, "tags": ["watched"]},
    )

    changed = graph.get(f"/servicePrincipals(appId='{GRAPH.app_id}')")
    assert answer.status_code == 204
    assert (changed["appRoleAssignmentRequired"], changed["tags"]) == (True, ["watched"])


def test_what_the_application_says_cannot_be_changed_on_its_service_principal(graph: GraphServer) -> None:
    answer = graph.send("PATCH", f"/servicePrincipals/{graph.tool.id}", json={"replyUrls": []})

    assert error(answer) == (400, "Request_BadRequest", "Property 'replyUrls' is read-only and cannot be set.")
