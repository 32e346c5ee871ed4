"""Hunting queries in a tenant without an engine for them: refused in the service's way, under its quotas."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.spec.api.conftest import Api

PATH = "/api/advancedqueries/run"
ROLE = "AdvancedQuery.Read.All"


def run(api: Api, body: object = None, **call: Any) -> Any:  # a response
    return api.call("POST", PATH, **(call or {"roles": (ROLE,)}), json=body or {"Query": "DeviceEvents | take 1"})


@pytest.mark.parametrize("path", [PATH, "/api/AdvancedQueries/Run", "/api/v1.0/advancedqueries/run/"])
def test_a_query_is_refused_by_saying_that_there_is_no_engine(api: Api, path: str) -> None:
    answer = api.call("POST", path, roles=(ROLE,), json={"Query": "DeviceEvents | take 1"})

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "BadRequest"
    assert "not available in this tenant" in error["message"]
    assert error["target"] == answer.headers["x-ms-request-id"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "DeviceEvents"}, "MissingRequiredParameter"),
        ({"Query": None}, "MissingRequiredParameter"),
        ({"Query": 1}, "InvalidRequestBody"),
        ({"Query": "DeviceEvents", "Other": 1}, "InvalidRequestBody"),
        ({"Query": "  "}, "BadRequest"),
        (["DeviceEvents"], "InvalidRequestBody"),
    ],
)
def test_a_wrong_body_is_refused(api: Api, body: object, code: str) -> None:
    answer = run(api, body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_permission_and_role_are_needed(api: Api) -> None:
    assert run(api, roles=("Machine.Read.All",)).status_code == 403
    assert run(api, token=api.user_token("outsider", "AdvancedQuery.Read")).status_code == 403
    assert run(api, token=api.user_token("viewer", "AdvancedQuery.Read")).status_code == 400


def test_all_apps_of_a_tenant_share_45_queries_a_minute(api: Api) -> None:
    other = api.token(roles=[ROLE], appid="88888888-8888-4888-8888-888888888888")
    for number in range(45):
        assert run(api, **({"token": other} if number % 2 else {"roles": (ROLE,)})).status_code == 400

    refused = run(api, token=other)

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TooManyRequests")
    assert refused.headers["retry-after"] == "60"
    assert "45 calls a minute" in refused.json()["error"]["message"]
    api.clock.advance(timedelta(seconds=60))
    assert run(api).status_code == 400
