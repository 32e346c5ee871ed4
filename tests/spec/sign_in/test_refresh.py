"""Refresh tokens: for any API, for one app, until ninety quiet days, a changed password or a revocation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.spec.sign_in.cloud import CLI, DAEMON, DEFENDER_AUDIENCE, SECRET, Cloud, claims, code_of
from vedette.catalogue.permission import GRAPH

SCOPE = f"{DEFENDER_AUDIENCE}/.default offline_access openid"


@pytest.fixture
def signed_in(cloud: Cloud) -> Cloud:
    cloud.consent(cloud.cli, "Alert.Read")
    cloud.consent(cloud.cli, "User.Read", resource=GRAPH)
    return cloud


def first(cloud: Cloud) -> str:
    token: str = cloud.password_token(scope=SCOPE).json()["refresh_token"]
    return token


def refresh(cloud: Cloud, token: str, *, version: int = 2, **form: str) -> Any:
    return cloud.token(
        version=version, grant_type="refresh_token", **{"client_id": CLI, "refresh_token": token, **form}
    )


def test_a_refresh_token_is_good_for_every_api_of_its_app(signed_in: Cloud) -> None:
    answer = refresh(signed_in, first(signed_in), scope="https://graph.microsoft.com/User.Read").json()

    assert claims(answer["access_token"])["aud"] == "https://graph.microsoft.com"
    assert answer["scope"] == "https://graph.microsoft.com/User.Read"
    assert "refresh_token" in answer


def test_without_a_scope_it_answers_what_was_asked_at_first(signed_in: Cloud) -> None:
    answer = refresh(signed_in, first(signed_in)).json()

    assert claims(answer["access_token"])["aud"] == DEFENDER_AUDIENCE
    assert answer["scope"] == f"{DEFENDER_AUDIENCE}/Alert.Read {DEFENDER_AUDIENCE}/.default"
    assert "id_token" in answer


def test_it_may_be_used_at_the_other_endpoint(signed_in: Cloud) -> None:
    answer = refresh(signed_in, first(signed_in), version=1).json()

    assert answer["resource"] == DEFENDER_AUDIENCE
    assert answer["expires_in"] == "3599"


def test_each_use_gives_a_new_one_and_the_old_one_stays_good(signed_in: Cloud) -> None:
    old = first(signed_in)
    new = refresh(signed_in, old).json()["refresh_token"]

    assert new != old
    assert refresh(signed_in, old).status_code == refresh(signed_in, new).status_code == 200


def test_ninety_days_count_from_the_last_use(signed_in: Cloud) -> None:
    old = first(signed_in)
    signed_in.clock.advance(timedelta(days=89))
    new = refresh(signed_in, old).json()["refresh_token"]
    signed_in.clock.advance(timedelta(days=1))

    answer = refresh(signed_in, old)
    assert (answer.json()["suberror"], code_of(answer)) == ("token_expired", 700082)
    assert refresh(signed_in, new).status_code == 200


def test_it_survives_a_restart_and_is_not_stored_in_clear(signed_in: Cloud) -> None:
    token = first(signed_in)
    signed_in.restart()

    assert refresh(signed_in, token).status_code == 200
    stored = signed_in.state.database.rows('SELECT body FROM "RefreshToken"')
    assert stored
    assert all(token.encode() not in bytes(row[0]) for row in stored)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"is_enabled": False}, {"password_changed": 1}, {"sessions_valid_from": 1}])
def test_it_ends_with_the_password_the_sessions_or_the_account(signed_in: Cloud, change: dict[str, Any]) -> None:
    token = first(signed_in)
    signed_in.clock.advance(timedelta(minutes=1))
    values = {name: signed_in.clock.now() if value == 1 else value for name, value in change.items()}
    signed_in.directory.users.put(msgspec.structs.replace(signed_in.alice, **values))

    answer = refresh(signed_in, token)
    assert (answer.status_code, answer.json()["error"], answer.json()["suberror"], code_of(answer)) == (
        *(400, "invalid_grant", "bad_token"),
        50173,
    )


def test_it_belongs_to_one_app(signed_in: Cloud) -> None:
    other = signed_in.add_app("c0000000-0000-4000-8000-0000000000aa", "Other", is_fallback_public_client=True)
    answer = refresh(signed_in, first(signed_in), client_id=other.app_id)

    assert (answer.json()["error"], answer.json()["suberror"], code_of(answer)) == ("invalid_grant", "bad_token", 70000)


@pytest.mark.parametrize("token", ["", "1.made-up", "x" * 2000])
def test_an_unknown_one_is_refused(signed_in: Cloud, token: str) -> None:
    assert code_of(refresh(signed_in, token)) == (70000 if token else 900144)


def test_neither_a_code_nor_an_access_token_is_one(signed_in: Cloud) -> None:
    access = signed_in.password_token().json()["access_token"]

    assert code_of(refresh(signed_in, access)) == 70000


def test_a_confidential_apps_token_needs_its_secret_again(cloud: Cloud) -> None:
    cloud.consent(cloud.daemon, "Alert.Read")
    form = {"client_id": DAEMON, "client_secret": SECRET}
    token = cloud.password_token(scope=SCOPE, **form).json()["refresh_token"]

    assert code_of(refresh(cloud, token, client_id=DAEMON)) == 7000218
    assert refresh(cloud, token, **form).status_code == 200


def test_withdrawn_consent_ends_what_it_gives(signed_in: Cloud) -> None:
    token = first(signed_in)
    for grant in list(signed_in.directory.delegated_grants.all()):
        signed_in.directory.delegated_grants.delete(grant.id)

    assert code_of(refresh(signed_in, token)) == 65001
