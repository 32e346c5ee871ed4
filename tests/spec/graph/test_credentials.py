"""Client secrets and certificates: shown once, kept hashed, rolled with a proof."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.spec.graph.graph_server import NOW, GraphServer, certificate, der, error, guid
from vedette.tenant.directory import secret_matches


def add(graph: GraphServer, app: dict[str, Any], **credential: Any) -> dict[str, Any]:
    made: dict[str, Any] = graph.create(
        f"/applications/{app['id']}/addPassword", {"passwordCredential": {"displayName": "ci", **credential}}
    )
    return made


# -- secrets ----------------------------------------------------------------------------------------------------------


def test_a_secret_is_shown_once_with_its_hint(graph: GraphServer) -> None:
    app = graph.new_app()

    made = add(graph, app)
    later = graph.get(f"/applications/{app['id']}")["passwordCredentials"]

    assert made["hint"] == made["secretText"][:3]
    assert made["displayName"] == "ci"
    assert made["customKeyIdentifier"] is None
    assert (made["startDateTime"], made["endDateTime"]) == ("2026-11-22T20:00:00Z", "2028-11-22T20:00:00Z")
    assert later == [{**{k: v for k, v in made.items() if not k.startswith("@")}, "secretText": None}]


def test_a_secret_is_kept_as_a_hash_only(graph: GraphServer) -> None:
    app = graph.new_app()
    text = add(graph, app)["secretText"]

    record = graph.directory.application(app["appId"])
    assert record is not None
    (kept,) = record.password_credentials
    assert secret_matches(text, kept.secret_hash)
    (body,) = graph.directory.applications.where(id=app["id"]).bodies()
    assert text.encode() not in body


def test_a_secret_without_a_body_has_no_name(graph: GraphServer) -> None:
    app = graph.new_app()

    assert graph.send("POST", f"/applications/{app['id']}/addPassword").json()["displayName"] is None


def test_a_secret_lasts_as_long_as_was_asked(graph: GraphServer) -> None:
    made = add(graph, graph.new_app(), endDateTime="2026-12-01T00:00:00Z")

    assert made["endDateTime"] == "2026-12-01T00:00:00Z"


def test_a_secret_cannot_end_before_it_begins(graph: GraphServer) -> None:
    app = graph.new_app()

    answer = graph.send(
        "POST",
        f"/applications/{app['id']}/addPassword",
        json={"passwordCredential": {"endDateTime": "2026-11-22T19:00:00Z"}},
    )

    assert answer.json()["error"]["details"][0]["target"] == "passwordCredential.endDateTime"


def test_the_text_of_a_secret_cannot_be_chosen(graph: GraphServer) -> None:
    app = graph.new_app()

    answer = graph.send(
        "POST", f"/applications/{app['id']}/addPassword", json={"passwordCredential": {"secretText": "hunter2"}}
    )

    assert error(answer)[:2] == (400, "Request_BadRequest")


def test_a_secret_is_removed_by_its_key_id(graph: GraphServer) -> None:
    app = graph.new_app()
    first, second = add(graph, app), add(graph, app)

    answer = graph.send("POST", f"/applications/{app['id']}/removePassword", json={"keyId": first["keyId"]})

    assert answer.status_code == 204
    left = graph.get(f"/applications/{app['id']}")["passwordCredentials"]
    assert [secret["keyId"] for secret in left] == [second["keyId"]]


def test_removing_a_secret_that_is_not_there(graph: GraphServer) -> None:
    app = graph.new_app()

    answer = graph.send("POST", f"/applications/{app['id']}/removePassword", json={"keyId": guid("none")})

    assert error(answer)[:2] == (400, "Request_BadRequest")


# -- certificates -----------------------------------------------------------------------------------------------------


def put_certificates(graph: GraphServer, app: dict[str, Any], *credentials: dict[str, Any]) -> Any:
    return graph.send("PATCH", f"/applications/{app['id']}", json={"keyCredentials": list(credentials)})


def key(name: str) -> dict[str, Any]:
    return {"type": "AsymmetricX509Cert", "usage": "Verify", "key": der(name), "displayName": name}


def test_a_certificate_is_added_by_an_update(graph: GraphServer) -> None:
    app = graph.new_app()

    assert put_certificates(graph, app, key("one")).status_code == 204

    (shown,) = graph.get(f"/applications/{app['id']}")["keyCredentials"]
    thumbprint = certificate("one")[1].fingerprint(hashes.SHA1()).hex().upper()
    assert {**shown, "keyId": ""} == {
        "customKeyIdentifier": thumbprint,
        "displayName": "one",
        "endDateTime": "2027-11-22T20:00:00Z",
        "key": None,
        "keyId": "",
        "startDateTime": "2026-11-21T20:00:00Z",
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def test_the_certificate_itself_is_read_only_by_select(graph: GraphServer) -> None:
    app = graph.new_app()
    put_certificates(graph, app, key("one"))

    (shown,) = graph.get(f"/applications/{app['id']}?$select=keyCredentials")["keyCredentials"]

    assert shown["key"] == der("one")


def test_certificates_that_are_not_sent_along_vanish(graph: GraphServer) -> None:
    app = graph.new_app()
    put_certificates(graph, app, key("one"))
    (one,) = graph.get(f"/applications/{app['id']}")["keyCredentials"]

    put_certificates(graph, app, one, key("two"))
    both = [shown["displayName"] for shown in graph.get(f"/applications/{app['id']}")["keyCredentials"]]
    put_certificates(graph, app, key("two"))
    last = [shown["displayName"] for shown in graph.get(f"/applications/{app['id']}")["keyCredentials"]]

    assert (both, last) == (["one", "two"], ["two"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "not base64"},
        {"key": base64.b64encode(b"not a certificate").decode()},
        {"key": None},
        {"type": "Symmetric"},
        {"usage": "Sign"},
        {"endDateTime": "2030-01-01T00:00:00Z"},
    ],
)
def test_what_is_no_certificate_is_refused(graph: GraphServer, wrong: dict[str, Any]) -> None:
    answer = put_certificates(graph, graph.new_app(), {**key("one"), **wrong})

    assert error(answer)[:2] == (400, "Request_BadRequest")
    assert answer.json()["error"]["details"][0]["target"].startswith("keyCredentials")


# -- rolling with a proof ---------------------------------------------------------------------------------------------


def proof(app: dict[str, Any], name: str, **claims: Any) -> str:
    now = int(NOW.timestamp())
    usual = {"aud": "00000002-0000-0000-c000-000000000000", "iss": app["id"], "nbf": now, "exp": now + 600}
    parts = [{"alg": "RS256", "typ": "JWT"}, {**usual, **claims}]
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
    signature = certificate(name)[0].sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_base64url(signature)}"


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def with_first_certificate(graph: GraphServer) -> tuple[dict[str, Any], str]:
    """An application with certificate `one`, and a token of its own without any permission."""
    app = graph.new_app()
    graph.create("/servicePrincipals", {"appId": app["appId"]})
    put_certificates(graph, app, key("one"))
    principal = graph.directory.service_principal(graph.tenant.id, app["appId"])
    return app, graph.app_token(principal=principal)


def test_an_app_rolls_its_certificate_without_any_permission(graph: GraphServer) -> None:
    app, token = with_first_certificate(graph)
    body = {"keyCredential": key("two"), "passwordCredential": None, "proof": proof(app, "one")}

    added = graph.create(f"/applications/{app['id']}/addKey", body, token=token)
    (one, _) = graph.get(f"/applications/{app['id']}")["keyCredentials"]
    removed = graph.send(
        "POST",
        f"/applications/{app['id']}/removeKey",
        json={"keyId": one["keyId"], "proof": proof(app, "two")},
        token=token,
    )

    assert added["displayName"] == "two"
    assert removed.status_code == 204
    assert [k["keyId"] for k in graph.get(f"/applications/{app['id']}")["keyCredentials"]] == [added["keyId"]]


@pytest.mark.parametrize(
    ("signer", "claims"),
    [
        ("two", {}),
        ("one", {"aud": "https://graph.microsoft.com"}),
        ("one", {"iss": guid("another")}),
        ("one", {"exp": int(NOW.timestamp()) + 601}),
        ("one", {"nbf": int(NOW.timestamp()) - 1800, "exp": int(NOW.timestamp()) - 1200}),
    ],
)
def test_a_proof_that_proves_nothing_is_refused(graph: GraphServer, signer: str, claims: dict[str, Any]) -> None:
    app, token = with_first_certificate(graph)
    body = {"keyCredential": key("two"), "passwordCredential": None, "proof": proof(app, signer, **claims)}

    assert graph.send("POST", f"/applications/{app['id']}/addKey", json=body, token=token).status_code == 403


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.e30.e30", "W10.W10.W10", None, 5])
def test_a_malformed_proof_is_refused(graph: GraphServer, text: object) -> None:
    app, token = with_first_certificate(graph)
    body = {"keyCredential": key("two"), "passwordCredential": None, "proof": text}

    assert graph.send("POST", f"/applications/{app['id']}/addKey", json=body, token=token).status_code == 400


def test_the_first_certificate_cannot_be_added_with_a_proof(graph: GraphServer) -> None:
    app = graph.new_app()
    body = {"keyCredential": key("one"), "passwordCredential": None, "proof": proof(app, "one")}

    assert graph.send("POST", f"/applications/{app['id']}/addKey", json=body).status_code == 403
