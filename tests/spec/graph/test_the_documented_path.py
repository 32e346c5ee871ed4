"""Registering an app, adding a permission and granting consent through Graph, as the portal does it."""

from __future__ import annotations

import base64
import uuid

from tests.spec.graph.graph_server import GraphServer
from vedette.catalogue.permission import DEFENDER

ALERT_READ = "b2069dc0-9fe9-4e6d-9aca-ccf3dd503819"


def test_an_app_is_registered_given_alert_read_and_consented(graph: GraphServer) -> None:
    app = graph.create(
        "/applications",
        {
            "displayName": "SOC notebook",
            "signInAudience": "AzureADMyOrg",
            "publicClient": {"redirectUris": ["http://localhost"]},
            "isFallbackPublicClient": True,
        },
    )
    (api,) = graph.get("/servicePrincipals?$filter=displayName eq 'WindowsDefenderATP'")["value"]
    scope = next(scope for scope in api["oauth2PermissionScopes"] if scope["value"] == "Alert.Read")
    asked = {"resourceAppId": api["appId"], "resourceAccess": [{"id": scope["id"], "type": "Scope"}]}
    answer = graph.send("PATCH", f"/applications/{app['id']}", json={"requiredResourceAccess": [asked]})
    client = graph.create("/servicePrincipals", {"appId": app["appId"]})
    grant = graph.create(
        "/oauth2PermissionGrants",
        {
            "clientId": client["id"],
            "consentType": "AllPrincipals",
            "principalId": None,
            "resourceId": api["id"],
            "scope": "Alert.Read",
        },
    )

    assert answer.status_code == 204
    assert answer.content == b""
    assert scope["id"] == ALERT_READ
    assert graph.get(f"/applications/{app['id']}")["requiredResourceAccess"] == [asked]
    stored = graph.directory.service_principal(graph.tenant.id, app["appId"])
    assert stored is not None
    assert graph.directory.granted_scopes(stored, graph.apis[DEFENDER.app_id], graph.alice.id) == {"Alert.Read"}
    assert grant == {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#oauth2PermissionGrants/$entity",
        "clientId": client["id"],
        "consentType": "AllPrincipals",
        "id": base64.urlsafe_b64encode(uuid.UUID(client["id"]).bytes_le + uuid.UUID(api["id"]).bytes_le)
        .rstrip(b"=")
        .decode(),
        "principalId": None,
        "resourceId": api["id"],
        "scope": "Alert.Read",
    }


def test_asking_for_a_permission_grants_nothing(graph: GraphServer) -> None:
    app = graph.new_app(
        requiredResourceAccess=[
            {"resourceAppId": DEFENDER.app_id, "resourceAccess": [{"id": ALERT_READ, "type": "Scope"}]}
        ]
    )
    client = graph.create("/servicePrincipals", {"appId": app["appId"]})

    assert graph.get(f"/servicePrincipals/{client['id']}/oauth2PermissionGrants")["value"] == []


def test_the_beta_version_answers_the_same(graph: GraphServer) -> None:
    app = graph.new_app()

    answer = graph.send("GET", f"/applications/{app['id']}", version="beta").json()

    assert answer["@odata.context"] == "https://graph.microsoft.com/beta/$metadata#applications/$entity"
    assert answer["appId"] == app["appId"]
