"""Applications: what creating answers, what updating keeps, and the recycle bin."""

from __future__ import annotations

from datetime import timedelta

from tests.spec.graph.graph_server import GraphServer, error, guid
from vedette.catalogue.permission import DEFENDER, GRAPH


def test_a_new_application_is_answered_whole(graph: GraphServer) -> None:
    answer = graph.send("POST", "/applications", json={"displayName": "Playbook", "signInAudience": "AzureADMyOrg"})
    app = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"https://graph.microsoft.com/v1.0/applications/{app['id']}"
    assert app["id"] != app["appId"]
    assert app["createdDateTime"] == "2026-11-22T20:00:00Z"
    assert app["publisherDomain"] == "halden.example"
    assert app["api"] == {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "requestedAccessTokenVersion": None,
        "oauth2PermissionScopes": [],
        "preAuthorizedApplications": [],
    }
    assert {name: app[name] for name in ("appRoles", "keyCredentials", "passwordCredentials", "identifierUris")} == {
        "appRoles": [],
        "keyCredentials": [],
        "passwordCredentials": [],
        "identifierUris": [],
    }
    assert app["web"] == {
        "homePageUrl": None,
        "logoutUrl": None,
        "redirectUris": [],
        "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
        "redirectUriSettings": [],
    }
    assert app["isFallbackPublicClient"] is None


def test_the_default_account_types_are_everybody(graph: GraphServer) -> None:
    app = graph.create("/applications", {"displayName": "Playbook"})

    assert app["signInAudience"] == "AzureADandPersonalMicrosoftAccount"
    assert app["api"]["requestedAccessTokenVersion"] == 2


def test_a_name_is_needed(graph: GraphServer) -> None:
    answer = graph.send("POST", "/applications", json={"signInAudience": "AzureADMyOrg"})

    assert error(answer)[:2] == (400, "Request_BadRequest")
    assert answer.json()["error"]["details"][0]["target"] == "displayName"


def test_secrets_are_refused_when_creating(graph: GraphServer) -> None:
    answer = graph.send(
        "POST", "/applications", json={"displayName": "x", "passwordCredentials": [{"displayName": "first"}]}
    )

    assert error(answer)[:2] == (400, "Request_BadRequest")


def test_an_application_is_read_by_object_id_and_by_app_id(graph: GraphServer) -> None:
    app = graph.new_app()

    assert graph.get(f"/applications/{app['id']}")["appId"] == app["appId"]
    assert graph.get(f"/applications(appId='{app['appId'].upper()}')")["id"] == app["id"]
    assert graph.send("GET", f"/applications/{app['appId']}").status_code == 404


def test_select_leaves_the_rest_out(graph: GraphServer) -> None:
    app = graph.new_app()

    assert graph.get(f"/applications/{app['id']}?$select=appId,displayName") == {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications(appId,displayName)/$entity",
        "appId": app["appId"],
        "displayName": "Playbook",
    }


def test_collections_are_replaced_whole(graph: GraphServer) -> None:
    app = graph.new_app(web={"redirectUris": ["https://a.example/cb", "https://b.example/cb"]}, tags=["one", "two"])

    graph.send(
        "PATCH", f"/applications/{app['id']}", json={"web": {"redirectUris": ["https://c.example/cb"]}, "tags": ["six"]}
    )

    changed = graph.get(f"/applications/{app['id']}")
    assert changed["web"]["redirectUris"] == ["https://c.example/cb"]
    assert changed["tags"] == ["six"]


def test_complex_members_are_merged_per_property(graph: GraphServer) -> None:
    app = graph.new_app(web={"redirectUris": ["https://a.example/cb"], "homePageUrl": "https://a.example"})

    graph.send(
        "PATCH",
        f"/applications/{app['id']}",
        json={
            "web": {"implicitGrantSettings": {"enableIdTokenIssuance": True}},
            "info": {"supportUrl": "https://h.example"},
        },
    )

    changed = graph.get(f"/applications/{app['id']}")
    assert changed["web"] == {
        "homePageUrl": "https://a.example",
        "logoutUrl": None,
        "redirectUris": ["https://a.example/cb"],
        "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": True},
        "redirectUriSettings": [],
    }
    assert changed["info"]["supportUrl"] == "https://h.example"


def test_what_an_application_publishes_is_kept_in_full(graph: GraphServer) -> None:
    scope = {
        "adminConsentDescription": "Read cases",
        "adminConsentDisplayName": "Read",
        "id": guid("scope"),
        "isEnabled": True,
        "type": "Admin",
        "userConsentDescription": "Read your cases",
        "userConsentDisplayName": None,
        "value": "Case.Read",
    }
    app = graph.new_app(api={"oauth2PermissionScopes": [scope]})

    principal = graph.create("/servicePrincipals", {"appId": app["appId"]})

    assert app["api"]["oauth2PermissionScopes"] == [scope]
    assert principal["oauth2PermissionScopes"] == [scope]


def test_read_only_members_cannot_be_changed(graph: GraphServer) -> None:
    app = graph.new_app()

    assert error(graph.send("PATCH", f"/applications/{app['id']}", json={"appId": guid("x")})) == (
        400,
        "Request_BadRequest",
        "Property 'appId' is read-only and cannot be set.",
    )


def test_secrets_cannot_be_smuggled_in_by_an_update(graph: GraphServer) -> None:
    app = graph.new_app()

    answer = graph.send("PATCH", f"/applications/{app['id']}", json={"passwordCredentials": [{"secretText": "mine"}]})

    assert error(answer)[:2] == (400, "Request_BadRequest")
    assert graph.get(f"/applications/{app['id']}")["passwordCredentials"] == []


def test_renaming_renames_the_service_principal(graph: GraphServer) -> None:
    app = graph.new_app()
    principal = graph.create("/servicePrincipals", {"appId": app["appId"]})

    graph.send("PATCH", f"/applications/{app['id']}", json={"displayName": "Runbook"})

    assert graph.get(f"/servicePrincipals/{principal['id']}")["displayName"] == "Runbook"


def test_a_refused_update_changes_nothing(graph: GraphServer) -> None:
    app = graph.new_app()

    answer = graph.send(
        "PATCH",
        f"/applications/{app['id']}",
        json={"displayName": "New", "web": {"redirectUris": ["http://a.example"]}},
    )

    assert answer.status_code == 400
    assert graph.get(f"/applications/{app['id']}")["displayName"] == "Playbook"


# -- the recycle bin --------------------------------------------------------------------------------------------------


def test_deleting_takes_the_service_principal_and_its_grants_along(graph: GraphServer) -> None:
    app = graph.new_app()
    principal = graph.create("/servicePrincipals", {"appId": app["appId"]})
    api = graph.apis[DEFENDER.app_id]
    graph.create(
        "/oauth2PermissionGrants",
        {"clientId": principal["id"], "consentType": "AllPrincipals", "resourceId": api.id, "scope": "Alert.Read"},
    )
    graph.create(
        f"/servicePrincipals/{api.id}/appRoleAssignedTo",
        {"principalId": principal["id"], "resourceId": api.id, "appRoleId": DEFENDER.roles["Alert.Read.All"].id},
    )

    assert graph.send("DELETE", f"/applications/{app['id']}").status_code == 204
    assert graph.send("GET", f"/applications/{app['id']}").status_code == 404
    assert graph.send("GET", f"/servicePrincipals/{principal['id']}").status_code == 404
    assert graph.get("/oauth2PermissionGrants")["value"] == []
    assert graph.get(f"/servicePrincipals/{api.id}/appRoleAssignedTo")["value"] == []


def test_a_deleted_application_is_restored_as_it_was(graph: GraphServer) -> None:
    app = graph.new_app(tags=["soc"])
    graph.send("DELETE", f"/applications/{app['id']}")

    (deleted,) = graph.get("/directory/deletedItems/microsoft.graph.application")["value"]
    answer = graph.send("POST", f"/directory/deletedItems/{app['id']}/restore")

    assert deleted["deletedDateTime"] == "2026-11-22T20:00:00Z"
    assert answer.status_code == 200
    assert graph.get(f"/applications/{app['id']}") == {
        **app,
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications/$entity",
    }
    assert graph.get("/directory/deletedItems/microsoft.graph.application")["value"] == []


def test_deleting_from_the_recycle_bin_is_for_good(graph: GraphServer) -> None:
    app = graph.new_app()
    graph.send("DELETE", f"/applications/{app['id']}")

    assert graph.send("DELETE", f"/directory/deletedItems/{app['id']}").status_code == 204
    assert graph.send("POST", f"/directory/deletedItems/{app['id']}/restore").status_code == 404


def test_after_thirty_days_nothing_can_be_restored(graph: GraphServer) -> None:
    app = graph.new_app()
    graph.send("DELETE", f"/applications/{app['id']}")
    graph.clock.advance(timedelta(days=30))

    assert graph.send("POST", f"/directory/deletedItems/{app['id']}/restore").status_code == 404


# -- owners -----------------------------------------------------------------------------------------------------------


def test_whoever_creates_an_application_owns_it(graph: GraphServer) -> None:
    app = graph.create("/applications", {"displayName": "Mine"}, token=graph.user_token(graph.alice))

    assert [owner["id"] for owner in graph.get(f"/applications/{app['id']}/owners")["value"]] == [graph.alice.id]


def test_owners_are_added_and_removed_by_reference(graph: GraphServer) -> None:
    app = graph.new_app()
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{graph.alice.id}"}

    added = graph.send("POST", f"/applications/{app['id']}/owners/$ref", json=reference)
    removed = graph.send("DELETE", f"/applications/{app['id']}/owners/{graph.admin.id}/$ref")

    assert (added.status_code, removed.status_code) == (204, 204)
    assert [owner["id"] for owner in graph.get(f"/applications/{app['id']}/owners")["value"]] == [graph.alice.id]


def test_the_well_known_apis_have_the_same_ids_in_every_run(graph: GraphServer) -> None:
    again = GraphServer()

    assert graph.apis[DEFENDER.app_id].id == again.apis[DEFENDER.app_id].id
    assert graph.apis[DEFENDER.app_id].id != graph.apis[GRAPH.app_id].id
