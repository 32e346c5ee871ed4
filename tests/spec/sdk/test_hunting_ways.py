"""`defender.hunt(…, through=…)`: one query, three APIs, each with its address, its token and its form of answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx2
import pytest

from tests.spec.sdk.conftest import FAR, Service, refusal, unsigned
from vedette import AsyncDefender, ConfigurationError, Defender, PermissionDenied, RateLimited, StaticToken
from vedette.catalogue.advanced_hunting import HuntingWay
from vedette.catalogue.permission import GRAPH, XDR
from vedette.catalogue.timespans import Timespan, write_timespan
from vedette.client.hunting import HuntingColumn

ROWS = [{"Name": "cmd.exe", "Known": 1, "At": "2026-11-20T10:11:12.1234567Z", "More": {"Name": None, "a": [None]}}]
TYPES = {"Name": "String", "Known": "SByte", "At": "DateTime", "More": "Object"}
STATS = {"ExecutionTime": 4.6, "dataset_statistics": [{"table_row_count": 1, "table_size": 51}]}
PASCAL = {"Schema": [{"Name": name, "Type": type} for name, type in TYPES.items()], "Results": ROWS}
CAMEL = {"schema": [{"name": name, "type": type} for name, type in TYPES.items()], "results": ROWS}
WAYS: tuple[HuntingWay, ...] = ("endpoint", "xdr", "graph")
ENDPOINT = "https://api.securitycenter.microsoft.com/.default"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Apis:
    """Answers each API's route in its form, and keeps what was asked."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.bodies: list[dict[str, object]] = []
        self.scopes: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.urls.append(str(request.url))
        self.bodies.append(json.loads(request.content))
        last = request.url.path.rpartition("/api/")[2]
        answers = {"advancedqueries/run": PASCAL, "advancedhunting/run": {"Stats": STATS, **PASCAL}}
        return httpx2.Response(200, json=answers.get(last, {"@odata.context": "…", **CAMEL}))

    def get_token(self, *scopes: str, **options: object) -> Any:  # a token
        self.scopes += scopes
        audience = scopes[0].removesuffix("/.default")
        return StaticToken(unsigned({"aud": audience, "exp": FAR, "roles": ["x"]})).get_token()

    def client(self, **place: Any) -> Defender:
        return Defender(self, transport=httpx2.MockTransport(self), **place)


@pytest.fixture
def apis() -> Apis:
    return Apis()


@pytest.mark.parametrize(
    ("place", "addresses", "scopes"),
    [
        (
            {},
            [
                "https://api.security.microsoft.com/api/advancedqueries/run",
                "https://api.security.microsoft.com/api/advancedhunting/run",
                "https://graph.microsoft.com/v1.0/security/runHuntingQuery",
            ],
            [ENDPOINT, "https://api.security.microsoft.com/.default", "https://graph.microsoft.com/.default"],
        ),
        (
            {"region": "eu"},
            [
                "https://eu.api.security.microsoft.com/api/advancedqueries/run",
                "https://eu.api.security.microsoft.com/api/advancedhunting/run",
                "https://graph.microsoft.com/v1.0/security/runHuntingQuery",
            ],
            [ENDPOINT, "https://api.security.microsoft.com/.default", "https://graph.microsoft.com/.default"],
        ),
        (
            {"base_url": "https://api.securitycenter.microsoft.com"},
            [
                "https://api.securitycenter.microsoft.com/api/advancedqueries/run",
                "https://api.security.microsoft.com/api/advancedhunting/run",
                "https://graph.microsoft.com/v1.0/security/runHuntingQuery",
            ],
            [ENDPOINT, "https://api.security.microsoft.com/.default", "https://graph.microsoft.com/.default"],
        ),
        (
            {"cloud": "gcc-high"},
            [
                "https://api-gov.securitycenter.microsoft.us/api/advancedqueries/run",
                "https://api-gov.security.microsoft.us/api/advancedhunting/run",
                "https://graph.microsoft.us/v1.0/security/runHuntingQuery",
            ],
            [
                "https://api-gov.securitycenter.microsoft.us/.default",
                "https://api-gov.security.microsoft.us/.default",
                "https://graph.microsoft.us/.default",
            ],
        ),
        (
            {"base_url": "https://localhost:8443"},
            [
                "https://localhost:8443/api/advancedqueries/run",
                "https://localhost:8443/api/advancedhunting/run",
                "https://localhost:8443/v1.0/security/runHuntingQuery",
            ],
            [ENDPOINT, "https://api.security.microsoft.com/.default", "https://graph.microsoft.com/.default"],
        ),
    ],
)
def test_each_way_has_its_address_and_its_token(
    apis: Apis, place: dict[str, str], addresses: list[str], scopes: list[str]
) -> None:
    with apis.client(**place) as defender:
        for way in WAYS:
            defender.hunt("T", through=way)

    assert (apis.urls, apis.scopes) == (addresses, scopes)


@pytest.mark.parametrize("way", WAYS)
def test_the_result_is_the_same_whichever_way_it_came(apis: Apis, way: HuntingWay) -> None:
    with apis.client() as defender:
        result = defender.hunt("T | where Name == name", {"name": "x"}, through=way)

    assert apis.bodies == [{"Query": 'let name = "x";\nT | where Name == name'}]
    assert result.columns == (
        HuntingColumn("Name", "string"),
        HuntingColumn("Known", "bool"),
        HuntingColumn("At", "datetime"),
        HuntingColumn("More", "dynamic"),
    )
    assert result.rows() == [
        {
            "Name": "cmd.exe",
            "Known": True,
            "At": datetime(2026, 11, 20, 10, 11, 12, 123456, tzinfo=UTC),
            "More": {"Name": None, "a": [None]},
        }
    ]
    assert result.stats == (STATS if way == "xdr" else {})


def test_graphs_older_spelling_of_columns_is_read_too(apis: Apis) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"schema": PASCAL["Schema"], "results": ROWS})

    with Defender(apis, transport=httpx2.MockTransport(answer)) as defender:
        result = defender.hunt("T", through="graph")

    assert [column.name for column in result.columns] == list(TYPES)
    assert result.rows()[0]["Name"] == "cmd.exe"


def test_the_async_client_hunts_alike(apis: Apis) -> None:
    async def hunted() -> list[Mapping[str, object]]:
        async with AsyncDefender(apis, transport=httpx2.MockTransport(apis)) as client:
            through_xdr = await client.hunt("T", through="xdr")
            return [through_xdr.stats, *(await client.hunt("T", through="graph", timespan="P1D")).rows()]

    stats, row = asyncio.run(hunted())

    assert (stats, row["Name"]) == (STATS, "cmd.exe")
    assert apis.bodies == [{"Query": "T"}, {"Query": "T", "Timespan": "P1D"}]
    assert apis.scopes == ["https://api.security.microsoft.com/.default", "https://graph.microsoft.com/.default"]


def test_the_xdr_operation_is_a_method_of_its_resource(apis: Apis) -> None:
    with apis.client() as defender:
        answer = defender.advanced_hunting.run("T")

    assert (answer.stats, answer.results) == (STATS, ROWS)


# -- time --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timespan", "text"),
    [
        ("P7D", "P7D"),
        (timedelta(days=7), "P7D"),
        (timedelta(hours=1, microseconds=1500), "P0DT3600.0015S"),
        (NOON, "2026-11-22T12:00:00Z"),
        (NOON.astimezone(timezone(timedelta(hours=2))), "2026-11-22T12:00:00Z"),
        ((NOON - timedelta(days=2), NOON), "2026-11-20T12:00:00Z/2026-11-22T12:00:00Z"),
        ((timedelta(days=2), NOON), "P2D/2026-11-22T12:00:00Z"),
        ((NOON, timedelta(days=2)), "2026-11-22T12:00:00Z/P2D"),
    ],
)
def test_a_timespan_is_written_as_graph_takes_it(apis: Apis, timespan: Timespan, text: str) -> None:
    with apis.client() as defender:
        defender.hunt("T", through="graph", timespan=timespan)

    assert apis.bodies == [{"Query": "T", "Timespan": text}]


@pytest.mark.parametrize(
    ("timespan", "said"),
    [
        (timedelta(0), "is no length of time"),
        (NOON.replace(tzinfo=None), "has no time zone"),
        ((timedelta(days=1), timedelta(days=2)), "one end has to be a moment"),
    ],
)
def test_a_timespan_that_means_nothing_is_refused(timespan: Timespan, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        write_timespan(timespan)


@pytest.mark.parametrize("way", ["endpoint", "xdr"])
def test_the_older_apis_take_no_timespan(apis: Apis, way: HuntingWay) -> None:
    with apis.client() as defender, pytest.raises(ValueError, match='only through="graph" takes a timespan'):
        defender.hunt("T", through=way, timespan="P7D")

    assert apis.urls == []


def test_a_way_that_there_is_not_is_refused(apis: Apis) -> None:
    with apis.client() as defender, pytest.raises(ValueError, match="there is no way to hunt called 'sentinel'"):
        defender.hunt("T", through="sentinel")  # type: ignore[arg-type]  # what the test is about


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_a_fixed_token_for_another_api_is_not_sent(apis: Apis) -> None:
    token = unsigned({"aud": "https://api.securitycenter.microsoft.com", "exp": FAR})

    with (
        Defender.from_token(token, transport=httpx2.MockTransport(apis)) as defender,
        pytest.raises(ConfigurationError) as refused,
    ):
        defender.hunt("T", through="graph")

    assert str(refused.value) == (
        "the credential gave a token for WindowsDefenderATP (https://api.securitycenter.microsoft.com), "
        "and this call takes one for Microsoft Graph\n"
        "hint: a fixed token is for one API; pass a credential that signs in, or a token for https://graph.microsoft.com"
    )
    assert apis.urls == []


@pytest.mark.parametrize(
    ("way", "audience", "permission", "api"),
    [("xdr", XDR.audience, "AdvancedHunting.Read.All", "'Microsoft Threat Protection'"),
     ("graph", GRAPH.audience, "ThreatHunting.Read.All", "'Microsoft Graph'")],
)  # fmt: skip
def test_a_missing_permission_names_the_command_that_gives_it(
    service: Service, way: HuntingWay, audience: str, permission: str, api: str
) -> None:
    service.issuer.claims = {"aud": audience, "exp": FAR, "idtyp": "app", "roles": [], "app_displayname": "SOC app"}
    service.answers(refusal(403, "Forbidden", "Missing application roles."))

    with pytest.raises(PermissionDenied) as refused:
        service.client().hunt("T", through=way)

    assert refused.value.missing == {permission}
    assert refused.value.hint == (
        f"vedette apps permissions add 'SOC app' {permission} --application --api {api} "
        "&& vedette apps consent 'SOC app'"
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_refused_query_is_sent_again_after_the_time_that_was_asked_for(service: Service, way: HuntingWay) -> None:
    service.issuer.claims = {"exp": FAR}
    service.answers(
        refusal(429, "TooManyRequests", Retry_After="7"),
        httpx2.Response(200, json=CAMEL if way == "graph" else PASCAL),
    )

    assert len(service.client().hunt("T", through=way)) == 1
    assert service.clock.slept == [7.0]


@pytest.mark.parametrize("way", WAYS)
def test_a_lost_query_is_sent_again_since_it_only_reads(service: Service, way: HuntingWay) -> None:
    service.issuer.claims = {"exp": FAR}
    service.answers(httpx2.ReadError("gone"), httpx2.Response(200, json=CAMEL if way == "graph" else PASCAL))

    assert len(service.client().hunt("T", through=way)) == 1


def test_all_ways_wait_for_one_another_to_stay_under_the_limit(service: Service) -> None:
    service.issuer.claims = {"exp": FAR}
    service.answer = lambda request: httpx2.Response(200, json=CAMEL if "/v1.0/" in str(request.url) else PASCAL)
    client = service.client(pace=True)

    for number in range(46):
        client.hunt("T", through=WAYS[number % 3])

    assert service.clock.slept == [61.0]
    assert [waiting.reason for waiting in service.waits] == ["pacing"]


def test_a_limit_that_does_not_end_is_an_error(service: Service) -> None:
    service.answers(refusal(429, "TooManyRequests", "Read the body.", Retry_After="600"))

    with pytest.raises(RateLimited) as refused:
        service.client().hunt("T", through="graph")

    assert refused.value.retry_after_s == 600
