"""A refusal says what was asked, what is missing and what to do; a claims challenge is met once."""

from __future__ import annotations

import base64

import httpx2
import pytest

from tests.spec.sdk.conftest import FAR, Service, refusal
from vedette import Defender, NotFound, PermissionDenied, ServiceError, SignInError

CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'


def challenge(text: str = CLAIMS) -> httpx2.Response:
    encoded = base64.b64encode(text.encode()).decode()
    header = f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'
    return refusal(401, "Unauthorized", WWW_Authenticate=header)


def test_403_names_the_permissions_that_would_do(service: Service) -> None:
    service.issuer.claims = {"scp": "Machine.Read Alert.Read", "exp": FAR}
    service.answers(refusal(403, "Forbidden", "Missing application roles"))

    with pytest.raises(PermissionDenied) as refused:
        service.client().machines.isolate("m", comment="c")

    assert refused.value.missing == {"Machine.Isolate"}
    assert refused.value.granted == {"Machine.Read", "Alert.Read"}
    assert str(refused.value) == (
        "machines.isolate was refused (403): this token holds Alert.Read and Machine.Read, "
        "and machines.isolate needs Machine.Isolate.\n"
        "hint: vedette apps permissions add APP Machine.Isolate && vedette apps consent APP"
    )


def test_an_app_is_told_its_kind_of_permission(service: Service) -> None:
    service.issuer.claims = {"roles": ["Machine.Read.All"], "exp": FAR, "app_displayname": "SOC reader"}
    service.answers(refusal(403, "Forbidden"))

    with pytest.raises(PermissionDenied) as refused:
        service.client().alerts.get("a")

    assert refused.value.missing == {"Alert.Read.All", "Alert.ReadWrite.All"}
    assert refused.value.hint == (
        "vedette apps permissions add 'SOC reader' Alert.Read.All --application && vedette apps consent 'SOC reader'"
    )


def test_an_app_without_any_role_is_an_app_all_the_same(service: Service) -> None:
    service.issuer.claims = {"oid": "o", "appid": "a", "exp": FAR}
    service.answers(refusal(403, "Forbidden"))

    with pytest.raises(PermissionDenied) as refused:
        service.client().alerts.get("a")

    assert refused.value.missing == {"Alert.Read.All", "Alert.ReadWrite.All"}


def test_403_of_a_token_that_holds_the_permission_points_at_the_role(service: Service) -> None:
    service.issuer.claims = {"scp": "Alert.Read", "exp": FAR}
    service.answers(refusal(403, "Forbidden", "User role is missing"))

    with pytest.raises(PermissionDenied) as refused:
        service.client().alerts.get("a")

    assert (refused.value.missing, "role" in refused.value.hint) == (frozenset(), True)


def test_every_error_carries_operation_request_id_status_and_code(service: Service) -> None:
    service.answers(refusal(404, "ResourceNotFound", "Alert x was not found"))

    with pytest.raises(NotFound) as missing:
        service.client().alerts.get("x")

    error = missing.value
    assert (error.operation, error.request_id, error.status, error.code) == (
        "alerts.get",
        "9f1c",
        404,
        "ResourceNotFound",
    )


def test_a_refusal_that_is_not_json_is_still_a_service_error(service: Service) -> None:
    service.answers(httpx2.Response(400, text="<html>"))

    with pytest.raises(ServiceError) as failed:
        service.client().alerts.get("x")

    assert (failed.value.status, failed.value.code) == (400, "")


def test_a_redirect_is_not_followed(service: Service) -> None:
    service.answers(httpx2.Response(302, headers={"location": "https://evil.test/"}))

    with pytest.raises(ServiceError) as failed:
        service.client().alerts.get("x")

    assert (failed.value.status, len(service.requests)) == (302, 1)


def test_a_claims_challenge_is_met_with_a_new_token_once(service: Service) -> None:
    service.answers(challenge(), httpx2.Response(200, json={"id": "x"}), httpx2.Response(200, json={"id": "y"}))
    client = service.client()

    assert (client.alerts.get("x").id, client.alerts.get("y").id) == ("x", "y")
    assert [claims for _, claims in service.issuer.asked] == [None, CLAIMS]
    sent = [request.headers["authorization"] for request in service.requests]
    assert (sent[0] != sent[1], sent[1] == sent[2]) == (True, True)


def test_a_second_challenge_is_an_error(service: Service) -> None:
    service.answers(challenge(), challenge())

    with pytest.raises(ServiceError) as failed:
        service.client().alerts.get("x")

    assert failed.value.status == 401


@pytest.mark.parametrize("claims", ["", "not base64!", base64.b64encode(b"not json").decode()])
def test_a_401_without_a_readable_challenge_is_an_error_at_once(service: Service, claims: str) -> None:
    service.answers(refusal(401, "Unauthorized", WWW_Authenticate=f'Bearer claims="{claims}"'))

    with pytest.raises(ServiceError) as failed:
        service.client().alerts.get("x")

    assert (failed.value.status, len(service.issuer.asked)) == (401, 1)


def test_a_fixed_token_cannot_meet_a_challenge() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return challenge()

    defender = Defender.from_token("opaque", transport=httpx2.MockTransport(answer))

    with pytest.raises(SignInError) as refused:
        defender.alerts.get("x")

    assert refused.value.claims == CLAIMS


def test_no_error_shows_the_token(service: Service) -> None:
    service.answers(refusal(403, "Forbidden"))

    with pytest.raises(PermissionDenied) as refused:
        service.client().alerts.batch_update(["a"], status="New")

    token = service.requests[0].headers["authorization"].removeprefix("Bearer ")
    assert token not in repr(refused.value) + str(refused.value)
