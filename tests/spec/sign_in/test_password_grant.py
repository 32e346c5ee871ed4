"""The documented password request: a user name and password for a token, on v1 and v2."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import msgspec
import pytest

from tests.spec.sign_in.cloud import (
    CLI,
    DEFENDER_AUDIENCE,
    NOW,
    OTHER_TENANT,
    PASSWORD,
    SECRET,
    TENANT,
    Cloud,
    claims,
    code_of,
    header,
)
from vedette.catalogue.permission import GRAPH
from vedette.tenant.state import Options


def test_v1_answers_numbers_as_texts_and_always_a_refresh_token(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read", "Machine.Read")
    answer = cloud.password_token(version=1).json()

    assert answer["token_type"] == "Bearer"
    assert answer["scope"] == "Alert.Read Machine.Read"
    assert answer["expires_in"] == answer["ext_expires_in"] == "3599"
    assert answer["expires_on"] == str(int(NOW.timestamp()) + 3599)
    assert answer["not_before"] == str(int(NOW.timestamp()) - 300)
    assert answer["resource"] == DEFENDER_AUDIENCE
    assert set(answer) == {
        *("token_type", "scope", "expires_in", "ext_expires_in", "expires_on", "not_before", "resource"),
        *("access_token", "refresh_token"),
    }


def test_v2_answers_numbers_and_repeats_default_in_the_scope(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")
    scope = f"{DEFENDER_AUDIENCE}/.default offline_access openid profile"
    answer = cloud.password_token(scope=scope, client_info="1").json()

    assert answer["scope"] == f"{DEFENDER_AUDIENCE}/Alert.Read {DEFENDER_AUDIENCE}/.default"
    assert answer["expires_in"] == answer["ext_expires_in"] == 3599
    padded = answer["client_info"] + "=" * (-len(answer["client_info"]) % 4)
    assert json.loads(base64.urlsafe_b64decode(padded)) == {"uid": cloud.alice.id, "utid": TENANT}
    assert claims(answer["id_token"])["preferred_username"] == cloud.alice.upn
    assert claims(answer["id_token"])["iss"] == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert "refresh_token" in answer


def test_v2_gives_no_more_than_was_asked_for(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")

    assert set(cloud.password_token().json()) == {"token_type", "scope", "expires_in", "ext_expires_in", "access_token"}


@pytest.mark.parametrize("version", [1, 2])
def test_a_token_for_defender_is_of_format_1_whatever_endpoint_gave_it(cloud: Cloud, version: int) -> None:
    cloud.consent(cloud.cli, "Machine.Read", "Alert.Read")
    token = cloud.password_token(version=version).json()["access_token"]
    found = claims(token)

    assert header(token)["x5t"] == header(token)["kid"]
    moment = int(NOW.timestamp())
    expected = {
        "aud": DEFENDER_AUDIENCE,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": moment - 300,
        "nbf": moment - 300,
        "exp": moment + 3599,
        "acr": "1",
        "amr": ["pwd"],
        "appid": CLI,
        "appidacr": "0",
        "idtyp": "user",
        "oid": cloud.alice.id,
        "scp": "Alert.Read Machine.Read",
        "tid": TENANT,
        "unique_name": cloud.alice.upn,
        "upn": cloud.alice.upn,
        "ver": "1.0",
    }
    assert {name: found[name] for name in expected} == expected
    assert "roles" not in found
    assert len(found["uti"]) == 22


@pytest.mark.parametrize(
    ("scope", "audience"),
    [
        (f"{DEFENDER_AUDIENCE}//.default", f"{DEFENDER_AUDIENCE}/"),
        ("fc780465-2017-40d4-a0c5-307022471b92/.default", "fc780465-2017-40d4-a0c5-307022471b92"),
        (
            "https://securitycenter.onmicrosoft.com/windowsatpservice/Alert.Read",
            "https://securitycenter.onmicrosoft.com/windowsatpservice",
        ),
    ],
)
def test_the_audience_is_the_text_before_the_last_slash(cloud: Cloud, scope: str, audience: str) -> None:
    cloud.consent(cloud.cli, "Alert.Read")

    assert claims(cloud.password_token(scope=scope).json()["access_token"])["aud"] == audience


def test_the_body_of_the_documented_sample_is_not_percent_encoded(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")
    body = (
        f"grant_type=password&client_id={CLI}&username={cloud.alice.upn}&password={PASSWORD}"
        f"&resource={DEFENDER_AUDIENCE}"
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    answer = cloud.send("POST", f"/{TENANT}/oauth2/token", content=body.encode(), headers=headers)

    assert answer.status_code == 200


def test_every_granted_scope_is_in_the_token_not_only_the_asked_one(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")
    cloud.consent(cloud.cli, "Machine.Read", user=cloud.alice)
    cloud.consent(cloud.cli, "Ti.ReadWrite", user=cloud.admin)

    token = cloud.password_token(scope=f"{DEFENDER_AUDIENCE}/Alert.Read").json()["access_token"]

    assert claims(token)["scp"] == "Alert.Read Machine.Read"


def test_an_unknown_scope_value_in_a_grant_never_shows_in_a_token(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read", "Coffee.Brew")

    assert claims(cloud.password_token(version=1).json()["access_token"])["scp"] == "Alert.Read"


def test_ten_wrong_passwords_lock_the_account_for_a_minute_then_for_longer(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")
    assert [code_of(cloud.password_token(password="wrong")) for _ in range(10)] == [50126] * 10

    assert code_of(cloud.password_token()) == 50053
    cloud.clock.advance(timedelta(seconds=59))
    assert code_of(cloud.password_token()) == 50053
    cloud.clock.advance(timedelta(seconds=1))
    assert code_of(cloud.password_token(password="wrong")) == 50126
    cloud.clock.advance(timedelta(seconds=119))
    assert code_of(cloud.password_token()) == 50053
    cloud.clock.advance(timedelta(seconds=1))
    assert cloud.password_token().status_code == 200

    assert [code_of(cloud.password_token(password="wrong")) for _ in range(9)] == [50126] * 9
    assert cloud.password_token().status_code == 200


def test_a_wrong_password_for_a_disabled_account_does_not_say_that_it_is_disabled(cloud: Cloud) -> None:
    cloud.add_user("bob", is_enabled=False)

    assert code_of(cloud.password_token(username="bob@halden.example", password="wrong")) == 50126
    assert code_of(cloud.password_token(username="bob@halden.example")) == 50057


def test_a_second_factor_cannot_be_met_by_password_alone(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")
    user = cloud.add_user("mia", totp_secret="JBSWY3DPEHPK3PXP")

    v2, v1 = cloud.password_token(username=user.upn), cloud.password_token(version=1, username=user.upn)

    assert (v2.status_code, v2.json()["error"], code_of(v2)) == (400, "invalid_grant", 50076)
    assert (v1.status_code, v1.json()["error"], code_of(v1)) == (400, "interaction_required", 50076)
    assert v2.json()["suberror"] == "basic_action"
    assert json.loads(v2.json()["claims"])["access_token"]["capolids"]["essential"] is True


def test_unknown_users_can_be_hidden() -> None:
    cloud = Cloud(Options(hide_unknown_users=True))

    unknown, wrong = cloud.password_token(username="nobody@halden.example"), cloud.password_token(password="x")

    assert code_of(unknown) == code_of(wrong) == 50126
    assert unknown.json()["error"] == wrong.json()["error"]


def test_organizations_finds_the_tenant_from_the_user_name(cloud: Cloud) -> None:
    other = cloud.add_tenant(OTHER_TENANT, "fjell.example", "Fjell")
    app = cloud.add_app(
        "c0000000-0000-4000-8000-00000000000a",
        "Many",
        sign_in_audience="AzureADMultipleOrgs",
        is_fallback_public_client=True,
        principal_in=[cloud.tenant, other],
    )
    cloud.consent(app, "Alert.Read")
    answer = cloud.password_token(tenant="organizations", client_id=app.app_id)

    assert claims(answer.json()["access_token"])["tid"] == TENANT


def test_a_guest_signs_in_to_the_other_tenant_with_the_password_from_home(cloud: Cloud) -> None:
    other = cloud.add_tenant(OTHER_TENANT, "fjell.example", "Fjell")
    guest = cloud.add_user("alice_guest", tenant=other, password_hash=None, home_user_id=cloud.alice.id)
    app = cloud.add_app(
        "c0000000-0000-4000-8000-00000000000b", "Fjell app", tenant=other, is_fallback_public_client=True
    )
    cloud.directory.grant_scopes(
        cloud.principal(app.app_id, other), cloud.principal(GRAPH.app_id, other), ["User.Read"]
    )
    answer = cloud.password_token(
        tenant=OTHER_TENANT, client_id=app.app_id, scope="https://graph.microsoft.com/User.Read", client_info="1"
    )

    found = claims(answer.json()["access_token"])
    assert (found["tid"], found["oid"]) == (OTHER_TENANT, guest.id)
    assert found["idp"] == f"https://sts.windows.net/{TENANT}/"


def test_a_confidential_app_may_ask_with_its_secret(cloud: Cloud) -> None:
    cloud.consent(cloud.daemon, "Alert.Read")
    answer = cloud.password_token(client_id=cloud.daemon.app_id, client_secret=SECRET)

    assert claims(answer.json()["access_token"])["appidacr"] == "1"


def test_client_capabilities_end_up_in_the_token(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")
    asked = '{"access_token":{"xms_cc":{"values":["CP1"]}}}'

    assert claims(cloud.password_token(claims=asked).json()["access_token"])["xms_cc"] == ["CP1"]


def test_claims_that_are_not_json_are_refused(cloud: Cloud) -> None:
    cloud.consent(cloud.cli, "Alert.Read")

    assert code_of(cloud.password_token(claims="{not json")) == 9002313


def test_passwords_appear_in_no_error(cloud: Cloud) -> None:
    cloud.directory.users.put(msgspec.structs.replace(cloud.alice, is_enabled=False))

    for answer in (cloud.password_token(), cloud.password_token(password="Hunter-2", client_id="nonsense")):
        assert answer.status_code == 400
        assert PASSWORD not in answer.text
        assert "Hunter-2" not in answer.text
