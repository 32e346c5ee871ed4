"""On-behalf-of: an API exchanges its caller's token for one of another API, as the same user."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.spec.sign_in.cloud import (
    DEFENDER_AUDIENCE,
    SECRET,
    TENANT,
    Cloud,
    claims,
    code_of,
    header,
)
from vedette.tenant.directory import PublishedPermission

API = "c0000000-0000-4000-8000-0000000000a1"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture(params=[1, 2])
def middle(cloud: Cloud, request: pytest.FixtureRequest) -> Cloud:
    """A registered API between the command line and Defender, whose own tokens are of either format."""
    api = cloud.add_app(
        API,
        "Middle",
        secrets=[SECRET],
        identifier_uris=["api://middle"],
        requested_access_token_version=request.param,
        published_scopes=[PublishedPermission(id="11111111-1111-4111-8111-111111111111", value="act")],
    )
    cloud.consent(api, "Alert.Read")
    cloud.directory.grant_scopes(cloud.principal(cloud.cli.app_id), cloud.principal(API), ["act"])
    return cloud


def incoming(cloud: Cloud) -> str:
    token: str = cloud.password_token(scope="api://middle/act").json()["access_token"]
    return token


def exchange(cloud: Cloud, assertion: str, **form: str) -> Any:
    base = {
        "grant_type": GRANT,
        "client_id": API,
        "client_secret": SECRET,
        "assertion": assertion,
        "requested_token_use": "on_behalf_of",
        "scope": f"{DEFENDER_AUDIENCE}/.default offline_access openid",
    }
    return cloud.token(**{k: v for k, v in {**base, **form}.items() if v})


def test_the_user_stays_the_same_and_the_app_changes(middle: Cloud) -> None:
    answer = exchange(middle, incoming(middle)).json()
    found = claims(answer["access_token"])

    assert (found["oid"], found["appid"], found["scp"]) == (middle.alice.id, API, "Alert.Read")
    assert {"refresh_token", "id_token"} < set(answer)


def test_an_apis_own_tokens_are_of_the_format_that_it_asks_for(middle: Cloud) -> None:
    token = incoming(middle)
    found = claims(token)

    if found["ver"] == "2.0":
        assert found["aud"] == API
        assert found["iss"] == f"https://login.microsoftonline.com/{TENANT}/v2.0"
        assert (found["azp"], found["azpacr"]) == (middle.cli.app_id, "0")
        assert "x5t" not in header(token)
        assert {"appid", "appidacr", "upn", "unique_name", "amr", "acr", "ipaddr"}.isdisjoint(found)
    else:
        assert (found["aud"], found["iss"]) == ("api://middle", f"https://sts.windows.net/{TENANT}/")


def _swapped(token: str) -> str:
    head, body, signature = token.split(".")
    return f"{head}.{body}.{signature[:-8]}AAAAAAAA"


def test_what_cannot_be_exchanged(middle: Cloud) -> None:
    middle.consent(middle.cli, "Alert.Read")
    token = incoming(middle)
    app_only = middle.token(
        grant_type="client_credentials", client_id=API, client_secret=SECRET, scope=f"{API}/.default"
    )
    id_token = middle.password_token(scope="api://middle/act openid").json()["id_token"]

    assert code_of(exchange(middle, _swapped(token))) == 50013
    assert code_of(exchange(middle, "nonsense")) == 50013
    assert code_of(exchange(middle, middle.password_token().json()["access_token"])) == 500131
    assert code_of(exchange(middle, id_token)) == 240002
    assert code_of(exchange(middle, app_only.json()["access_token"])) == 7000114
    assert code_of(exchange(middle, token, client_secret="")) == 7000218
    assert code_of(exchange(middle, token, requested_token_use="")) == 900144
    middle.clock.advance(timedelta(hours=1, minutes=5))
    assert code_of(exchange(middle, token)) == 500133


def test_without_consent_for_the_next_api_the_user_has_to_be_asked(middle: Cloud) -> None:
    answer = exchange(middle, incoming(middle), scope="https://graph.microsoft.com/User.Read")

    assert (answer.json()["error"], answer.json()["suberror"], code_of(answer)) == (
        *("invalid_grant", "consent_required"),
        65001,
    )
