"""Advanced hunting over the tenant's telemetry, within the service's limits and with its words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.spec.api.conftest import NOW, Api
from vedette.tenant.store.run_time import RunTime

PATH = "/api/advancedqueries/run"
ROLE = "AdvancedQuery.Read.All"
LOGONS = "DeviceLogonEvents | project Timestamp, ReportId | sort by ReportId asc"


def run(api: Api, query: str = "print 1", **call: Any) -> Any:  # a response
    return api.call("POST", PATH, **(call or {"roles": (ROLE,)}), json={"Query": query})


@pytest.mark.parametrize("path", [PATH, "/api/AdvancedQueries/Run", "/api/v1.0/advancedqueries/run/"])
def test_a_query_is_answered_with_its_schema_and_rows(api: Api, path: str) -> None:
    query = "DeviceProcessEvents | project Timestamp, FileName, FileSize"

    answer = api.call("POST", path, roles=(ROLE,), json={"Query": query})

    assert answer.status_code == 200
    assert answer.json() == {
        "Schema": [
            {"Name": "Timestamp", "Type": "DateTime"},
            {"Name": "FileName", "Type": "String"},
            {"Name": "FileSize", "Type": "Int64"},
        ],
        "Results": [{"Timestamp": "2026-11-22T06:59:59.9998770Z", "FileName": "certutil.exe", "FileSize": 1622016}],
    }


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
    answer = api.call("POST", PATH, roles=(ROLE,), json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DeviceEvents | where FileName ==", "A recognition error occurred."),
        ("DeviceEvent | take 1", "Failed to resolve table or column expression named 'DeviceEvent'"),
        ("DeviceEvents | project nope", "Failed to resolve scalar expression named 'nope'"),
        ("DeviceEvents | where Timestamp > 'x'", "The operator '>' is not defined for a datetime and a string."),
    ],
)
def test_a_query_that_cannot_be_run_is_refused_by_saying_why(api: Api, query: str, said: str) -> None:
    answer = run(api, query)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "BadRequest"
    assert said in error["message"]
    assert "line 1, column" in error["message"]
    assert error["target"] == answer.headers["x-ms-request-id"]


def test_too_many_rows_are_refused_in_the_services_words(api: Api) -> None:
    answer = run(api, "range x from 1 to 100001 step 1")

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == (
        "Query execution has exceeded the allowed result size. "
        "Optimize your query by limiting the number of results and try again"
    )


def test_permission_and_role_are_needed(api: Api) -> None:
    assert run(api, roles=("Machine.Read.All",)).status_code == 403
    assert run(api, token=api.user_token("outsider", "AdvancedQuery.Read")).status_code == 403
    assert run(api, token=api.user_token("viewer", "AdvancedQuery.Read")).status_code == 200


def test_a_user_sees_the_devices_of_the_users_groups_only(api: Api) -> None:
    everything = run(api, LOGONS).json()["Results"]
    of_servers = run(api, LOGONS, token=api.user_token("server-viewer", "AdvancedQuery.Read")).json()["Results"]

    assert [row["ReportId"] for row in everything] == [1, 2, 3, 4]
    assert [row["ReportId"] for row in of_servers] == [3]


def test_rows_older_than_thirty_days_and_from_later_than_now_are_not_there(api: Api) -> None:
    api.clock.advance(timedelta(days=28, hours=12))
    assert [row["ReportId"] for row in run(api, LOGONS).json()["Results"]] == [2, 3, 4]

    api.clock.advance(-timedelta(days=28, hours=13))
    assert [row["ReportId"] for row in run(api, LOGONS).json()["Results"]] == [1, 2, 3]


def test_now_is_the_clock_of_the_tenant(api: Api) -> None:
    answer = run(api, "print at = now()")

    assert answer.json()["Results"] == [{"at": "2026-11-22T12:00:00.0000000Z"}]


def test_all_apps_of_a_tenant_share_45_queries_a_minute(api: Api) -> None:
    other = api.token(roles=[ROLE], appid="88888888-8888-4888-8888-888888888888")
    for number in range(45):
        assert run(api, **({"token": other} if number % 2 else {"roles": (ROLE,)})).status_code == 200

    refused = run(api, token=other)

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TooManyRequests")
    assert refused.headers["retry-after"] == "60"
    assert "45 calls a minute" in refused.json()["error"]["message"]
    api.clock.advance(timedelta(seconds=60))
    assert run(api).status_code == 200


def test_run_time_of_an_hour_is_shared_too(api: Api) -> None:
    store = next(iter(api.state.defender.values()))
    store.run_time.add(NOW - timedelta(minutes=50), timedelta(minutes=4))
    store.run_time.add(NOW, timedelta(minutes=6))

    refused = run(api)

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TooManyRequests")
    assert refused.json()["error"]["message"] == (
        "You have exceeded processing resources allocated to this tenant. You can run queries again in 10 minutes."
    )
    assert refused.headers["retry-after"] == "600"
    api.clock.advance(timedelta(minutes=10))
    assert run(api).status_code == 200


def test_run_time_is_held_against_an_hour_and_a_day() -> None:
    spent = RunTime()
    for hour in range(18):
        spent.add(NOW + timedelta(hours=hour), timedelta(minutes=10))

    assert spent.wait(NOW + timedelta(hours=18)) == timedelta(hours=6)
    assert spent.wait(NOW + timedelta(hours=24)) == timedelta(0)
    assert spent.wait(NOW + timedelta(hours=18), factor=2) == timedelta(0)
