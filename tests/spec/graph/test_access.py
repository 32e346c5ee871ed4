"""Who may do what: the permission in the token, then the directory role of the user or the ownership of the app."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.graph.graph_server import EVERY_SCOPE, GraphServer, error
from vedette.catalogue.graph_operations import OPERATIONS, GraphOperation, least_permission
from vedette.catalogue.permission import DEFENDER, GRAPH
from vedette.tenant.directory import User

DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
OWNED_BY = "Application.ReadWrite.OwnedBy"


def address(graph: GraphServer, operation: GraphOperation) -> str:
    return (
        operation.path.replace("{application}", f"(appId='{graph.tool.app_id}')")
        .replace("{servicePrincipal}", f"/{graph.tool.id}")
        .replace("{user}", graph.alice.id)
        .replace("{organization}", graph.tenant.id)
        .replace("{", "")
        .replace("}", "")
    )


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.id)
def test_every_operation_is_refused_without_its_least_permission(graph: GraphServer, operation: GraphOperation) -> None:
    """Each of the least permissions is taken away in turn, from an administrator who holds nothing beside them."""
    for without in least_permission(operation, delegated=True):
        left = set(least_permission(operation, delegated=True)) - {without}
        token = graph.user_token(graph.admin, *left, "openid")

        refused = error(graph.send(operation.method, address(graph, operation), token=token, json={}))

        # The security API says what is missing, unlike the directory.
        lacking = (403, "Forbidden", f"Missing scopes. API required scopes: {without}, scopes: openid.")
        assert refused == (lacking if operation.id.startswith("security.") else DENIED)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.id)
def test_every_operation_is_let_through_with_its_least_permissions(
    graph: GraphServer, operation: GraphOperation
) -> None:
    token = graph.user_token(graph.admin, *least_permission(operation, delegated=True))

    answer = graph.send(
        operation.method, address(graph, operation), token=token, json={}, headers={"ConsistencyLevel": "eventual"}
    )

    assert answer.status_code != 401
    # Without a proof, rolling a key is refused as a bad request; nothing is refused for lack of permission.
    assert answer.status_code != 403


def test_a_scope_name_among_the_roles_gives_nothing(graph: GraphServer) -> None:
    token = graph.app_token("User.Read", "openid")

    assert error(graph.send("GET", "/organization", token=token)) == DENIED


def test_a_scope_is_compared_whole_and_in_its_case(graph: GraphServer) -> None:
    for scope in ("application.read.all", "Application.Read.AllX", "Application.Read"):
        assert error(graph.send("GET", "/applications", token=graph.user_token(graph.admin, scope))) == DENIED


# -- users ------------------------------------------------------------------------------------------------------------


def consent(graph: GraphServer, user: User, api: str = DEFENDER.app_id) -> Any:
    body = {
        "clientId": graph.tool.id,
        "consentType": "AllPrincipals",
        "resourceId": graph.apis[api].id,
        "scope": "Alert.Read",
    }
    return graph.send("POST", "/oauth2PermissionGrants", json=body, token=graph.user_token(user))


def assign(graph: GraphServer, user: User, api: str, role: str) -> Any:
    body = {"principalId": graph.tool.id, "resourceId": graph.apis[api].id, "appRoleId": role}
    path = f"/servicePrincipals/{graph.tool.id}/appRoleAssignments"
    return graph.send("POST", path, json=body, token=graph.user_token(user))


def test_a_plain_user_cannot_consent_for_everybody(graph: GraphServer) -> None:
    assert error(consent(graph, graph.alice)) == DENIED
    assert error(assign(graph, graph.alice, DEFENDER.app_id, DEFENDER.roles["Alert.Read.All"].id)) == DENIED


@pytest.mark.parametrize(
    "role",
    [
        "Global Administrator",
        "Privileged Role Administrator",
        "Application Administrator",
        "Cloud Application Administrator",
    ],
)
def test_administrators_who_may_consent(graph: GraphServer, role: str) -> None:
    user = graph.add_user("somebody", [role])

    assert consent(graph, user).status_code == 201
    assert assign(graph, user, DEFENDER.app_id, DEFENDER.roles["Alert.Read.All"].id).status_code == 201


def test_app_roles_of_graph_itself_are_for_the_highest_administrators(graph: GraphServer) -> None:
    role = GRAPH.roles["Directory.Read.All"].id

    assert error(assign(graph, graph.appadmin, GRAPH.app_id, role)) == DENIED
    assert assign(graph, graph.admin, GRAPH.app_id, role).status_code == 201


def test_a_plain_user_changes_their_own_applications_only(graph: GraphServer) -> None:
    token = graph.user_token(graph.alice)
    own = graph.create("/applications", {"displayName": "Mine"}, token=token)
    other = graph.new_app("Not mine")

    def rename(app: Any) -> Any:
        return graph.send("PATCH", f"/applications/{app['id']}", json={"displayName": "Renamed"}, token=token)

    assert rename(own).status_code == 204
    assert error(rename(other)) == DENIED
    assert error(graph.send("DELETE", f"/applications/{other['id']}", token=token)) == DENIED
    assert error(graph.send("POST", f"/applications/{other['id']}/addPassword", token=token)) == DENIED
    assert graph.send("GET", f"/applications/{other['id']}", token=token).status_code == 200


def test_an_application_administrator_changes_every_application(graph: GraphServer) -> None:
    other = graph.new_app("Not mine")
    token = graph.user_token(graph.appadmin)

    answer = graph.send("PATCH", f"/applications/{other['id']}", json={"displayName": "Renamed"}, token=token)

    assert answer.status_code == 204


def test_a_security_role_does_not_change_applications(graph: GraphServer) -> None:
    user = graph.add_user("secadmin", ["Security Administrator"])

    assert error(consent(graph, user)) == DENIED


# -- applications on their own behalf ---------------------------------------------------------------------------------


def test_owned_by_reaches_what_the_app_made_and_nothing_else(graph: GraphServer) -> None:
    token = graph.app_token(OWNED_BY)
    other = graph.new_app("Not mine")
    own = graph.create("/applications", {"displayName": "Mine", "signInAudience": "AzureADMyOrg"}, token=token)

    assert graph.names("/applications", token=token) == ["Mine"]
    assert graph.send("PATCH", f"/applications/{own['id']}", json={"notes": "n"}, token=token).status_code == 204
    assert graph.send("POST", f"/applications/{own['id']}/addPassword", token=token).status_code == 200
    assert error(graph.send("GET", f"/applications/{other['id']}", token=token)) == DENIED
    assert error(graph.send("PATCH", f"/applications/{other['id']}", json={"notes": "n"}, token=token)) == DENIED
    assert error(graph.send("DELETE", f"/applications/{other['id']}", token=token)) == DENIED


def test_with_both_permissions_an_app_reaches_everything(graph: GraphServer) -> None:
    other = graph.new_app("Not mine")
    token = graph.app_token(OWNED_BY, "Application.ReadWrite.All")

    assert graph.send("PATCH", f"/applications/{other['id']}", json={"notes": "n"}, token=token).status_code == 204


def test_assigning_app_roles_takes_both_permissions(graph: GraphServer) -> None:
    body = {
        "principalId": graph.tool.id,
        "resourceId": graph.apis[DEFENDER.app_id].id,
        "appRoleId": DEFENDER.roles["Alert.Read.All"].id,
    }
    path = f"/servicePrincipals/{graph.tool.id}/appRoleAssignments"

    one = graph.send("POST", path, json=body, token=graph.app_token("AppRoleAssignment.ReadWrite.All"))
    both = graph.send(
        "POST", path, json=body, token=graph.app_token("AppRoleAssignment.ReadWrite.All", "Application.Read.All")
    )

    assert error(one) == DENIED
    assert both.status_code == 201


def test_another_tenant_sees_nothing_of_this_one(graph: GraphServer) -> None:
    import msgspec

    other = "5b1e2c77-2d34-4b0e-8f61-9a7d3c4e5f02"
    graph.directory.tenants.put(msgspec.structs.replace(graph.tenant, id=other, domain="other.example"))
    stranger = msgspec.structs.replace(
        graph.admin, id="9" * 8 + graph.admin.id[8:], tenant_id=other, upn="a@other.example"
    )
    graph.directory.users.put(stranger)
    graph.directory.service_principals.put(
        msgspec.structs.replace(graph.tool, id="9" * 8 + graph.tool.id[8:], tenant_id=other)
    )
    token = graph.user_token(stranger, *EVERY_SCOPE, tid=other, iss=f"https://sts.windows.net/{other}/")
    app = graph.new_app()

    assert graph.get("/applications", token=token)["value"] == []
    assert graph.names("/servicePrincipals", token=token) == ["Directory tool"]
    assert graph.send("GET", f"/applications/{app['id']}", token=token).status_code == 404
    assert graph.send("GET", f"/users/{graph.alice.id}", token=token).status_code == 404
    assert graph.send("POST", "/servicePrincipals", json={"appId": app["appId"]}, token=token).status_code == 400
