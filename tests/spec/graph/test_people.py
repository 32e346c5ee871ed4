"""Users, the signed-in user, the organisation, and reads that come too soon after a write."""

from __future__ import annotations

from datetime import timedelta

from tests.spec.graph.graph_server import DOMAIN, TENANT, GraphServer
from vedette.tenant.state import Options


def test_me_is_the_signed_in_user(graph: GraphServer) -> None:
    assert graph.get("/me", token=graph.user_token(graph.alice, "User.Read")) == {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
        "businessPhones": [],
        "displayName": "Alice",
        "givenName": "Alice",
        "jobTitle": None,
        "mail": f"alice@{DOMAIN}",
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": "Berg",
        "userPrincipalName": f"alice@{DOMAIN}",
        "id": graph.alice.id,
    }


def test_a_user_is_read_by_id_or_name(graph: GraphServer) -> None:
    assert graph.get(f"/users/{graph.alice.id}")["displayName"] == "Alice"
    assert graph.get(f"/users/Alice@{DOMAIN}")["id"] == graph.alice.id


def test_a_user_is_found_by_name_whatever_its_case(graph: GraphServer) -> None:
    assert graph.names(f"/users?$filter=userPrincipalName eq 'ALICE@{DOMAIN}'") == ["Alice"]


def test_whether_an_account_is_enabled_is_told_when_asked(graph: GraphServer) -> None:
    assert graph.get(f"/users/{graph.alice.id}?$select=accountEnabled,userType") == {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users(accountEnabled,userType)/$entity",
        "accountEnabled": True,
        "userType": "Member",
    }


def test_no_answer_holds_a_password(graph: GraphServer) -> None:
    assert "hash" not in graph.send("GET", "/users").text.lower()


def test_the_organisation(graph: GraphServer) -> None:
    (found,) = graph.get("/organization")["value"]

    assert (found["id"], found["displayName"], found["createdDateTime"]) == (
        TENANT,
        "Halden Works",
        "2024-06-05T20:00:00Z",
    )
    assert found["verifiedDomains"][0]["name"] == DOMAIN
    assert graph.get(f"/organization/{TENANT}")["id"] == TENANT


def test_userinfo_tells_what_the_scopes_allow(graph: GraphServer) -> None:
    everything = graph.send("GET", "/oidc/userinfo", token=graph.user_token(graph.alice, "openid", "profile", "email"))
    little = graph.send("POST", "/oidc/userinfo", token=graph.user_token(graph.alice, "openid"))

    assert everything.json() == {
        "sub": "pairwise-subject",
        "name": "Alice",
        "given_name": "Alice",
        "family_name": "Berg",
        "email": f"alice@{DOMAIN}",
    }
    assert little.json() == {"sub": "pairwise-subject"}
    assert graph.send("GET", "/oidc/userinfo", token=graph.user_token(graph.alice, "User.Read")).status_code == 403


def test_new_objects_can_take_their_time_to_be_readable() -> None:
    graph = GraphServer(Options(read_after_write_delay_s=5))
    graph.clock.advance(timedelta(minutes=1))
    app = graph.new_app()

    before = graph.send("GET", f"/applications/{app['id']}").status_code
    listed = graph.names("/applications")
    graph.clock.advance(timedelta(seconds=5))
    after = graph.send("GET", f"/applications/{app['id']}").status_code

    assert (before, listed, after) == (404, ["Directory tool"], 200)
