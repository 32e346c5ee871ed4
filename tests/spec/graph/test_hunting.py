"""Hunting through Graph: Graph's way to ask and to refuse, and the same engine, rows and limits as the Defender API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.spec.graph.graph_server import NOW, TENANT, GraphServer, error, guid
from vedette.catalogue.machines import Machine
from vedette.catalogue.permission import GRAPH
from vedette.telemetry import Lake, LakeWriter
from vedette.tenant.defender.app import DefenderApp
from vedette.tenant.directory import User
from vedette.tenant.state import Options
from vedette.tenant.store.database import Database
from vedette.tenant.store.defender import DefenderStore

PATH = "/security/runHuntingQuery"
PERMISSION = "ThreatHunting.Read.All"
WS, SRV = "a" * 40, "c" * 40
LOGONS = "DeviceLogonEvents | project ReportId | sort by ReportId asc"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    folder: Path = tmp_path_factory.mktemp("lake")
    ages = {1: timedelta(days=29), 2: timedelta(days=8), 3: timedelta(days=2), 4: timedelta(hours=3)}
    with LakeWriter(Lake(folder)) as writer:
        writer.add_many(
            (
                "DeviceLogonEvents",
                {
                    "Timestamp": NOW - age,
                    "DeviceId": SRV if report == 3 else WS,
                    "ReportId": report,
                    "ActionType": "LogonSuccess",
                },
            )
            for report, age in ages.items()
        )
    lake = Lake(folder)
    yield lake
    lake.close()


def with_telemetry(graph: GraphServer, lake: Lake) -> GraphServer:
    store = DefenderStore(Database(None), lake)
    store.load(
        [
            Machine(id=WS, computer_dns_name="ws-01.halden.example", rbac_group_name="Workstations"),
            Machine(id=SRV, computer_dns_name="srv-01.halden.example", rbac_group_name="Servers"),
        ],
        [],
    )
    graph.state.defender = {TENANT: store}
    return graph


@pytest.fixture
def hunting(graph: GraphServer, lake: Lake) -> GraphServer:
    """A tenant with two machines and four logons."""
    return with_telemetry(graph, lake)


def run(hunting: GraphServer, query: str = "print 1", token: str | None = None, **body: Any) -> httpx2.Response:
    """A query, as the app that holds the permission unless there is a token."""
    bearer = hunting.app_token(PERMISSION) if token is None else token
    return hunting.send("POST", PATH, token=bearer, json={"Query": query, **body})


def reports(answer: httpx2.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [row["ReportId"] for row in answer.json()["results"]]


def hunter(graph: GraphServer, name: str, **fields: Any) -> str:
    """The token of a user with these fields and the scope."""
    user = User(id=guid(name), tenant_id=TENANT, upn=f"{name}@halden.example", display_name=name, **fields)
    graph.directory.users.put(user)
    return graph.user_token(user, PERMISSION)


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_a_query_is_answered_with_its_schema_and_rows(hunting: GraphServer, version: str) -> None:
    answer = hunting.send(
        "POST",
        PATH,
        version=version,
        token=hunting.app_token(PERMISSION),
        json={"Query": "DeviceLogonEvents | top 1 by Timestamp | project Timestamp, ReportId, Known = true"},
    )

    assert answer.status_code == 200
    assert answer.headers["odata-version"] == "4.0"
    assert answer.json() == {
        "@odata.context": (
            f"https://graph.microsoft.com/{version}/$metadata#microsoft.graph.security.huntingQueryResults"
        ),
        "schema": [
            {"name": "Timestamp", "type": "DateTime"},
            {"name": "ReportId", "type": "Int64"},
            {"name": "Known", "type": "SByte"},
        ],
        "results": [{"Timestamp": "2026-11-22T17:00:00.0000000Z", "ReportId": 4, "Known": 1}],
    }


@pytest.mark.parametrize(
    "path",
    [
        "/security/microsoft.graph.security.runHuntingQuery",
        "//security/microsoft.graph.security.runHuntingQuery",
        "/Security/RunHuntingQuery/",
    ],
)
def test_the_name_in_full_and_in_any_letter_case_is_the_same_address(hunting: GraphServer, path: str) -> None:
    answer = hunting.send("POST", path, token=hunting.app_token(PERMISSION), json={"query": "print x = 1"})

    assert answer.json()["results"] == [{"x": 1}]


def test_another_method_is_not_allowed(hunting: GraphServer) -> None:
    assert hunting.send("GET", PATH, token=hunting.app_token(PERMISSION)).status_code == 405


# -- what is asked -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"Query": "print x = 1", "Timespan": "P1D"},
        {"query": "print x = 1", "timespan": "P1D"},
        {"QUERY": "print x = 1", "Timespan": None},
        {"query": "print x = 1", "workspaceId": "00000000-0000-0000-0000-000000000001"},
        {"@odata.type": "#any", "Query": "print x = 1"},
    ],
)
def test_names_in_the_body_may_be_in_any_letter_case(hunting: GraphServer, body: dict[str, object]) -> None:
    answer = hunting.send("POST", PATH, token=hunting.app_token(PERMISSION), json=body)

    assert answer.json()["results"] == [{"x": 1}]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "The parameter 'Query' is missing."),
        ({"Query": None}, "The parameter 'Query' is missing."),
        ({"Query": "  "}, "The query is empty."),
        ({"Query": 1}, "The parameter 'Query' has to be a text."),
        ({"Query": "print 1", "Timespan": 7}, "The parameter 'Timespan' has to be a text."),
        ({"Query": "print 1", "query": "print 2"}, "The parameter 'Query' is given twice."),
        ({"Query": "print 1", "Since": "P1D"}, "'Since' is no parameter of runHuntingQuery"),
        ({"Query": "print 1", "workspaceId": "mine"}, "The parameter 'workspaceId' has to be a GUID."),
    ],
)
def test_a_wrong_body_is_refused(hunting: GraphServer, body: dict[str, object], said: str) -> None:
    refused = hunting.send("POST", PATH, token=hunting.app_token(PERMISSION), json=body)

    status, code, message = error(refused)
    assert (status, code) == (400, "BadRequest")
    assert said in message


@pytest.mark.parametrize(
    ("timespan", "seen"),
    [
        (None, [1, 2, 3, 4]),
        ("P30D", [1, 2, 3, 4]),
        ("P90D", [1, 2, 3, 4]),
        ("P7D", [3, 4]),
        ("P1W", [3, 4]),
        ("PT4H", [4]),
        ("P1DT24H30M", [3, 4]),
        ("2026-11-20T20:00:00Z", [3, 4]),
        ("2026-11-21T00:00:00+04:00", [3, 4]),
        ("2026-11-21", [4]),
        ("2026-11-14T00:00:00Z/2026-11-21T00:00:00Z", [2, 3]),
        ("P3D/2026-11-21T00:00:00Z", [3]),
        ("2026-11-14T00:00:00Z/P3D", [2]),
        ("2026-11-21T00:00:00Z/P30D", [4]),
    ],
)
def test_a_timespan_is_the_time_that_is_looked_at(hunting: GraphServer, timespan: str | None, seen: list[int]) -> None:
    assert reports(run(hunting, LOGONS, Timespan=timespan)) == seen


def test_the_shorter_of_timespan_and_query_counts(hunting: GraphServer) -> None:
    assert reports(run(hunting, f"DeviceLogonEvents | where Timestamp > ago(1d) | {LOGONS[20:]}", Timespan="P7D")) == [
        4
    ]
    assert reports(run(hunting, f"DeviceLogonEvents | where Timestamp > ago(9d) | {LOGONS[20:]}", Timespan="P1D")) == [
        4
    ]


@pytest.mark.parametrize(
    "timespan",
    [
        "",
        "7d",
        "P",
        "PT",
        "P1D/P2D",
        "P1D/2026-11-21/P1D",
        "yesterday",
        "2026-13-01",
        "2026-11-21T00:00:00Z/2026-11-14T00:00:00Z",
        "2027-01-01T00:00:00Z",
        "P99999999Y",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_a_timespan_that_is_none_is_refused(hunting: GraphServer, timespan: str) -> None:
    status, code, message = error(run(hunting, Timespan=timespan))

    assert (status, code) == (400, "BadRequest")
    assert message.startswith("The parameter 'Timespan' cannot be read: ")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DeviceEvents | where FileName ==", "A recognition error occurred."),
        ("DeviceEvents | project nope", "Failed to resolve scalar expression named 'nope'"),
        ("range x from 1 to 100001 step 1", "Query execution has exceeded the allowed result size."),
    ],
)
def test_a_query_that_cannot_be_run_is_refused_in_graphs_form(hunting: GraphServer, query: str, said: str) -> None:
    refused = run(hunting, query)

    assert error(refused)[:2] == (400, "BadRequest")
    assert said in refused.json()["error"]["message"]
    inner = refused.json()["error"]["innerError"]
    assert inner["request-id"] == refused.headers["request-id"]
    assert inner.keys() == {"date", "request-id", "client-request-id"}


# -- who may ask -------------------------------------------------------------------------------------------------------


def test_a_missing_token_and_one_for_another_api_are_refused(hunting: GraphServer) -> None:
    other = hunting.app_token(PERMISSION, aud="https://api.securitycenter.microsoft.com")

    assert error(run(hunting, token=""))[:2] == (401, "InvalidAuthenticationToken")
    assert error(run(hunting, token=other)) == (401, "InvalidAuthenticationToken", "Invalid audience.")


def test_an_app_without_the_permission_is_told_which_it_lacks(hunting: GraphServer) -> None:
    refused = run(hunting, token=hunting.app_token("Directory.Read.All", "Application.Read.All"))

    assert error(refused) == (
        403,
        "Forbidden",
        "Missing application roles. API required roles: ThreatHunting.Read.All, "
        "application roles: Application.Read.All,Directory.Read.All.",
    )


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"defender_role": "Analyst", "defender_permissions": ["View Data"]}, 200),
        ({"directory_roles": ["Security Reader"]}, 200),
        ({"directory_roles": ["Global Reader"]}, 200),
        ({"directory_roles": ["Security Operator"]}, 200),
        ({"directory_roles": ["Security Administrator"]}, 200),
        ({"directory_roles": ["Application Administrator"]}, 403),
        ({"defender_role": "Auditor", "defender_permissions": ["Manage security settings"]}, 403),
        ({}, 403),
    ],
)
def test_a_user_needs_a_role_that_allows_hunting(hunting: GraphServer, fields: dict[str, Any], status: int) -> None:
    assert run(hunting, token=hunter(hunting, "someone", **fields)).status_code == status


def test_a_user_sees_the_devices_of_the_users_groups_only(hunting: GraphServer) -> None:
    token = hunter(
        hunting, "tier1", defender_role="Analyst", defender_permissions=["View Data"], device_groups=["Servers"]
    )

    assert reports(run(hunting, LOGONS, token=token)) == [3]


def test_a_tenant_without_defender_is_refused(graph: GraphServer) -> None:
    assert error(run(graph))[:2] == (403, "Forbidden")


# -- how often ---------------------------------------------------------------------------------------------------------


def test_graph_and_the_defender_api_share_the_calls_of_a_minute(hunting: GraphServer) -> None:
    for _ in range(44):
        assert run(hunting).status_code == 200
    assert _through_endpoint(hunting).status_code == 200

    refused = run(hunting)

    assert error(refused)[:2] == (429, "TooManyRequests")
    assert "45 calls a minute" in refused.json()["error"]["message"]
    assert refused.headers["retry-after"] == "60"
    assert _through_endpoint(hunting).status_code == 429
    hunting.clock.advance(timedelta(seconds=60))
    assert run(hunting).status_code == 200


def test_they_share_the_run_time_of_an_hour(hunting: GraphServer) -> None:
    hunting.state.defender[TENANT].run_time.add(NOW, timedelta(minutes=10))

    refused = run(hunting)

    assert error(refused) == (
        429,
        "TooManyRequests",
        "You have exceeded processing resources allocated to this tenant. You can run queries again in 60 minutes.",
    )
    assert refused.headers["retry-after"] == "3600"


def test_without_limits_nothing_is_counted(lake: Lake) -> None:
    hunting = with_telemetry(GraphServer(Options(limit_factor=None)), lake)

    assert {run(hunting).status_code for _ in range(50)} == {200}


def _through_endpoint(hunting: GraphServer) -> httpx2.Response:
    token = hunting.app_token("AdvancedQuery.Read.All", aud="https://api.securitycenter.microsoft.com")

    async def send() -> httpx2.Response:
        transport = httpx2.ASGITransport(DefenderApp(hunting.state))
        async with httpx2.AsyncClient(transport=transport) as client:
            return await client.post(
                "https://tenant.test/api/advancedqueries/run",
                headers={"Authorization": f"Bearer {token}"},
                json={"Query": "print 1"},
            )

    return asyncio.run(send())


# -- how an app gets there ---------------------------------------------------------------------------------------------


def test_graph_publishes_the_permission_for_apps_and_for_users(hunting: GraphServer) -> None:
    api = hunting.get(f"/servicePrincipals(appId='{GRAPH.app_id}')")

    role = next(each for each in api["appRoles"] if each["value"] == PERMISSION)
    scope = next(each for each in api["oauth2PermissionScopes"] if each["value"] == PERMISSION)
    assert (role["id"], role["allowedMemberTypes"]) == ("dd98c7f5-2d42-42d3-a0e4-633161547251", ["Application"])
    assert (scope["id"], scope["type"]) == ("b152eca8-ea73-4a48-8c98-1a6742673d99", "Admin")
