"""Hunting through the Defender XDR API: the same rows as through the Endpoint API, for tokens of its own."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.spec.api.conftest import NOW, TENANT, Api
from vedette.catalogue.clouds import api_hosts, xdr_hosts
from vedette.catalogue.permission import DEFENDER, XDR
from vedette.tenant.app import tenant_app

PATH = "/api/advancedhunting/run"
ROLE, SCOPE = "AdvancedHunting.Read.All", "AdvancedHunting.Read"
LOGONS = "DeviceLogonEvents | project Timestamp, ReportId | sort by ReportId asc"


def run(api: Api, query: str = "print 1", **claims: Any) -> httpx2.Response:
    """A query, with a token that holds what it takes unless the claims say otherwise."""
    token = api.token(**{"aud": XDR.audience, "roles": [ROLE], **claims})
    return api.call("POST", PATH, token=token, json={"Query": query})


def as_user(api: Api, user: str, query: str = "print 1", scopes: str = SCOPE) -> httpx2.Response:
    return api.call("POST", PATH, token=api.user_token(user, scopes, aud=XDR.audience), json={"Query": query})


def test_a_query_is_answered_with_what_it_took_its_schema_and_rows(api: Api) -> None:
    answer = run(api, "DeviceProcessEvents | project Timestamp, FileName, FileSize")

    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"Stats", "Schema", "Results"}
    assert body["Schema"] == [
        {"Name": "Timestamp", "Type": "DateTime"},
        {"Name": "FileName", "Type": "String"},
        {"Name": "FileSize", "Type": "Int64"},
    ]
    assert body["Results"] == [
        {"Timestamp": "2026-11-22T06:59:59.9998770Z", "FileName": "certutil.exe", "FileSize": 1622016}
    ]


def test_what_a_query_took_has_the_documented_names(api: Api) -> None:
    stats = run(api, "range x from 1 to 3 step 1").json()["Stats"]

    assert stats.keys() == {"ExecutionTime", "resource_usage", "dataset_statistics"}
    assert stats["ExecutionTime"] > 0
    usage = stats["resource_usage"]
    assert usage.keys() == {"cache", "cpu", "memory"}
    assert {kind: counts.keys() for kind, counts in usage["cache"].items()} == {
        "memory": {"hits", "misses", "total"},
        "disk": {"hits", "misses", "total"},
    }
    assert usage["cpu"].keys() == {"user", "kernel", "total cpu"}
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d\.\d{7}", time) for time in usage["cpu"].values())
    assert usage["memory"].keys() == {"peak_per_node"}
    (dataset,) = stats["dataset_statistics"]
    assert dataset.keys() == {"table_row_count", "table_size"}
    assert dataset["table_row_count"] == 3
    assert dataset["table_size"] >= 24


@pytest.mark.parametrize("audience", [*XDR.identifier_uris, XDR.app_id])
def test_every_identifier_of_the_resource_is_an_audience(api: Api, audience: str) -> None:
    assert run(api, aud=audience).status_code == 200


@pytest.mark.parametrize("audience", [DEFENDER.audience, "https://graph.microsoft.com"])
def test_a_token_for_another_api_is_unauthorized(api: Api, audience: str) -> None:
    refused = run(api, aud=audience, roles=[ROLE, "AdvancedQuery.Read.All"])

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "Unauthorized")
    assert "audience" in refused.headers["www-authenticate"]


def test_a_token_for_it_opens_nothing_of_the_endpoint_api(api: Api) -> None:
    token = api.token(aud=XDR.audience, roles=[ROLE, "AdvancedQuery.Read.All", "Alert.Read.All"])

    assert api.call("GET", "/api/alerts", token=token).status_code == 401
    assert api.call("POST", "/api/advancedqueries/run", token=token, json={"Query": "print 1"}).status_code == 401


def test_permission_and_role_are_needed(api: Api) -> None:
    lacking = run(api, roles=["Incident.Read.All"])
    assert (lacking.status_code, lacking.json()["error"]["code"]) == (403, "Forbidden")
    assert ROLE in lacking.json()["error"]["message"]
    assert as_user(api, "viewer", scopes="Incident.Read").status_code == 403
    assert as_user(api, "outsider").status_code == 403
    assert as_user(api, "viewer").status_code == 200


def test_a_user_sees_the_devices_of_the_users_groups_only(api: Api) -> None:
    assert [row["ReportId"] for row in run(api, LOGONS).json()["Results"]] == [1, 2, 3, 4]
    assert [row["ReportId"] for row in as_user(api, "server-viewer", LOGONS).json()["Results"]] == [3]


def test_rows_older_than_thirty_days_are_not_there(api: Api) -> None:
    api.clock.advance(timedelta(days=28, hours=12))

    assert [row["ReportId"] for row in run(api, LOGONS).json()["Results"]] == [2, 3, 4]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DeviceEvents | where FileName ==", "A recognition error occurred."),
        ("DeviceEvents | project nope", "Failed to resolve scalar expression named 'nope'"),
        ("range x from 1 to 100001 step 1", "Query execution has exceeded the allowed result size."),
        (" ", "The query is empty."),
    ],
)
def test_a_query_is_refused_in_the_same_words(api: Api, query: str, said: str) -> None:
    refused = run(api, query)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "BadRequest")
    assert said in refused.json()["error"]["message"]


def test_names_in_the_body_are_case_sensitive(api: Api) -> None:
    token = api.token(aud=XDR.audience, roles=[ROLE])

    refused = api.call("POST", PATH, token=token, json={"query": "print 1"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "MissingRequiredParameter")


def test_both_apis_share_the_calls_of_a_minute(api: Api) -> None:
    for number in range(45):
        if number % 2:
            answer = run(api)
        else:
            answer = api.call(
                "POST", "/api/advancedqueries/run", roles=("AdvancedQuery.Read.All",), json={"Query": "print 1"}
            )
        assert answer.status_code == 200

    refused = run(api)

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TooManyRequests")
    assert refused.headers["retry-after"] == "60"
    api.clock.advance(timedelta(seconds=60))
    assert run(api).status_code == 200


def test_both_apis_share_the_run_time_of_an_hour(api: Api) -> None:
    api.state.defender[TENANT].run_time.add(NOW - timedelta(minutes=50), timedelta(minutes=10))

    refused = run(api)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "600")


@pytest.mark.parametrize("host", sorted(xdr_hosts()))
def test_every_host_of_the_xdr_api_answers(api: Api, host: str) -> None:
    assert _at(api, host).status_code == 200


@pytest.mark.parametrize("host", sorted(api_hosts() - xdr_hosts()))
def test_hosts_that_only_the_endpoint_api_has_do_not_know_it(api: Api, host: str) -> None:
    refused = _at(api, host)

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "NotFound")


@pytest.mark.parametrize("host", ["api-gcc.security.microsoft.us", "api-us.security.microsoft.com"])
def test_hosts_that_only_the_xdr_api_has_do_not_know_the_other(api: Api, host: str) -> None:
    refused = _at(api, host, "/api/advancedqueries/run", aud=DEFENDER.audience, roles=["AdvancedQuery.Read.All"])

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "NotFound")


def _at(api: Api, host: str, path: str = PATH, **claims: Any) -> httpx2.Response:
    token = api.token(**{"aud": XDR.audience, "roles": [ROLE], **claims})

    async def send() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(tenant_app(api.state))) as client:
            headers = {"Authorization": f"Bearer {token}"}
            return await client.post(f"https://{host}{path}", headers=headers, json={"Query": "print 1"})

    return asyncio.run(send())
