"""Who may call what: the token, the permission, the user's role, the device groups, the rate."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.spec.api.conftest import AUDIENCE, SRV, TENANT, WS1, Api


def unsigned(header: dict[str, object], claims: dict[str, object]) -> bytes:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))
    return b".".join(parts)


def parts_of(token: str) -> list[str]:
    return token.split(".")


def claims_of(token: str) -> dict[str, object]:
    part = parts_of(token)[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))  # type: ignore[no-any-return]  # claims


def assert_refused(api: Api, token: str) -> None:
    answer = api.call("GET", "/api/alerts", token=token)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "Unauthorized"
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    assert token not in answer.text
    assert token not in answer.headers["www-authenticate"]


def test_no_token_is_unauthorized(api: Api) -> None:
    answer = api.call("GET", "/api/alerts", headers={})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "Unauthorized"


@pytest.mark.parametrize("audience", [AUDIENCE, AUDIENCE + "/", "https://api.securitycenter.windows.com"])
def test_every_registered_audience_is_accepted(api: Api, audience: str) -> None:
    token = api.token(aud=audience, roles=["Alert.Read.All"])

    assert api.call("GET", "/api/alerts", token=token).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://graph.microsoft.com"},
        {"aud": "https://api.security.microsoft.com"},
        {"aud": AUDIENCE + ".evil"},
        {"aud": [AUDIENCE]},
        {"iss": "https://sts.windows.net/99999999-9999-4999-8999-999999999999/"},
        {"iss": f"https://sts.windows.net/{TENANT}"},
        {"iss": "https://sts.windows.net/{tenantid}/"},
        {"tid": "99999999-9999-4999-8999-999999999999"},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": None},
        {"nbf": None},
        {"oid": None},
        {"appid": None},
        {"scp": ["Alert.Read"]},
        {"roles": "Alert.Read.All"},
        {"ver": "2.0"},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(api: Api, claims: dict[str, object]) -> None:
    assert_refused(api, api.token(**{"roles": ["Alert.Read.All"], **claims}))


def test_an_expired_token_is_refused_after_five_minutes_of_grace(api: Api) -> None:
    token = api.token(roles=["Alert.Read.All"])
    api.clock.advance(timedelta(seconds=3599 + 299))
    assert api.call("GET", "/api/alerts", token=token).status_code == 200

    api.clock.advance(timedelta(seconds=1))
    assert_refused(api, token)


def test_a_token_of_the_future_is_refused(api: Api) -> None:
    assert_refused(api, api.token(roles=["Alert.Read.All"], nbf=int(api.clock.now().timestamp()) + 301))


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", ""])
def test_an_unsigned_token_is_refused(api: Api, algorithm: str) -> None:
    claims = claims_of(api.token(roles=["Alert.Read.All"]))
    head = {"typ": "JWT", "alg": algorithm, "kid": next(iter(api.state.keys.public_keys()))}

    assert_refused(api, unsigned(head, claims).decode() + ".")
    assert_refused(api, unsigned(head, claims).decode())


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(api: Api) -> None:
    kid, key = next(iter(api.state.keys.public_keys().items()))
    signed = unsigned({"typ": "JWT", "alg": "HS256", "kid": kid}, claims_of(api.token(roles=["Alert.Read.All"])))
    for secret in (
        key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ):
        mac = base64.urlsafe_b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).rstrip(b"=")
        assert_refused(api, (signed + b"." + mac).decode())


@pytest.mark.parametrize("kid", ["../../dev/null", "' OR 1=1", "https://evil.example/keys", 1, ["x"], None])
def test_a_key_id_is_nothing_but_a_name(api: Api, kid: object) -> None:
    token = api.token(roles=["Alert.Read.All"])
    head = unsigned({"typ": "JWT", "alg": "RS256", "kid": kid, "jku": "https://evil.example/keys"}, claims_of(token))

    assert_refused(api, f"{head.decode()}.{parts_of(token)[2]}")


def test_changed_claims_break_the_signature(api: Api) -> None:
    token = api.token(roles=["Alert.Read.All"])
    stronger = unsigned({}, {**claims_of(token), "roles": ["Machine.Isolate"]}).split(b".")[1].decode()
    head, _, signature = parts_of(token)

    assert_refused(api, f"{head}.{stronger}.{signature}")
    assert_refused(api, f"{head}.{parts_of(token)[1]}.{signature[:-4]}")


def test_an_application_needs_a_role_and_is_told_which(api: Api) -> None:
    answer = api.call("POST", f"/api/machines/{WS1}/isolate", roles=("Machine.Read.All",), json={"Comment": "x"})

    assert answer.status_code == 403
    error = answer.json()["error"]
    assert error["code"] == "Forbidden"
    assert "Machine.Isolate" in error["message"]
    assert "Machine.Read.All" in error["message"]


def test_scopes_and_roles_are_never_mixed(api: Api) -> None:
    assert api.call("GET", "/api/alerts", roles=("Alert.Read",)).status_code == 403
    for scopes in ("Alert.Read.All", "alert.read", "xAlert.Read", "Alert.Readx"):
        assert api.call("GET", "/api/alerts", token=api.user_token("viewer", scopes)).status_code == 403
    assert api.call("GET", "/api/alerts", token=api.user_token("viewer", "Alert.Read")).status_code == 200


def test_a_user_needs_the_role_permission_too(api: Api) -> None:
    body = {"status": "InProgress"}
    viewer = api.call("PATCH", "/api/alerts/da1", token=api.user_token("viewer", "Alert.ReadWrite"), json=body)
    assert viewer.status_code == 403
    assert "Alerts investigation" in viewer.json()["error"]["message"]

    token = api.user_token("investigator", "Alert.ReadWrite")
    assert api.call("PATCH", "/api/alerts/da1", token=token, json=body).status_code == 200


def test_a_user_without_a_defender_role_sees_nothing(api: Api) -> None:
    answer = api.call("GET", "/api/alerts", token=api.user_token("outsider", "Alert.Read"))

    assert answer.status_code == 403
    assert "no role in Defender" in answer.json()["error"]["message"]


def test_what_lies_outside_the_device_groups_does_not_exist(api: Api) -> None:
    token = api.user_token("server-responder", "Alert.ReadWrite Machine.ReadWrite Alert.Read Machine.Read")

    machines = api.call("GET", "/api/machines", token=token).json()["value"]
    alerts = api.call("GET", "/api/alerts", token=token).json()["value"]
    assert [row["id"] for row in machines] == [SRV]
    assert [row["id"] for row in alerts] == ["da3"]
    assert api.call("GET", f"/api/machines/{WS1}", token=token).status_code == 404
    assert api.call("GET", "/api/alerts/da1", token=token).status_code == 404
    assert api.call("PATCH", "/api/alerts/da1", token=token, json={"status": "New"}).status_code == 404
    tag = {"Value": "x", "Action": "Add"}
    assert api.call("POST", f"/api/machines/{WS1}/tags", token=token, json=tag).status_code == 404
    assert api.call("GET", "/api/machines/findbytag?tag=finance", token=token).json()["value"][0]["id"] == SRV


def test_the_hundred_and_first_call_in_a_minute_waits(api: Api) -> None:
    for _ in range(100):
        assert api.get("/api/machines/" + WS1, "Machine.Read.All").status_code == 200
        api.clock.advance(timedelta(seconds=0.1))

    refused = api.get("/api/machines/" + WS1, "Machine.Read.All")

    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "TooManyRequests"
    assert refused.headers["retry-after"] == "50"
    assert api.get("/api/machines", "Machine.Read.All").status_code == 200
    api.clock.advance(timedelta(seconds=50))
    assert api.get("/api/machines/" + WS1, "Machine.Read.All").status_code == 200


def test_the_apps_of_a_tenant_share_one_count_of_hunting_queries(api: Api) -> None:
    other = api.token(roles=["AdvancedQuery.Read.All"], appid="99999999-9999-4999-8999-999999999999")
    for _ in range(45):
        api.call("POST", "/api/advancedqueries/run", roles=("AdvancedQuery.Read.All",), json={"Query": "AlertInfo"})

    refused = api.call("POST", "/api/advancedqueries/run", token=other, json={"Query": "AlertInfo"})

    assert refused.status_code == 429


def test_a_path_that_means_nothing_is_not_found(api: Api) -> None:
    assert api.get("/api/alert", "Alert.Read.All").json()["error"]["code"] == "NotFound"
    wrong = api.call("DELETE", "/api/alerts/da1", roles=("Alert.ReadWrite.All",))
    assert wrong.status_code == 400
    assert wrong.headers["allow"] == "GET, PATCH"
