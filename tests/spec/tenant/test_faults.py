"""Faults on purpose: what a rule says happens, and the client takes it as it takes the real thing."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx2
import pytest

from vedette.errors import ConfigurationError, ServiceError
from vedette.tenant import LocalTenant
from vedette.tenant.faults import Faults


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    with LocalTenant(machines=8, days=1, limits="off") as tenant:
        yield tenant


@pytest.fixture(autouse=True)
def no_faults_left(tenant: LocalTenant) -> Iterator[None]:
    yield
    tenant.faults.clear()


def statuses(faults: Faults, count: int, method: str = "GET", path: str = "/api/alerts") -> list[int | None]:
    drawn = (faults.befalling(method, path) for _ in range(count))
    return [next((outcome.status for outcome in outcomes if outcome.status), None) for outcomes in drawn]


def test_a_share_of_the_calls_fails_and_the_same_ones_each_time() -> None:
    rule = "GET /api/alerts: 5% 503"

    first, again = (statuses(Faults([rule]), 2000) for _ in range(2))

    assert first == again
    assert 60 <= first.count(503) <= 140
    assert first.count(None) == 2000 - first.count(503)


def test_the_first_calls_fail_and_the_others_do_not() -> None:
    assert statuses(Faults(["* /api/alerts: first 2 503"]), 4) == [503, 503, None, None]


@pytest.mark.parametrize(
    ("method", "path", "is_met"),
    [
        ("GET", "/api/alerts", True),
        ("GET", "/API/Alerts", True),
        ("POST", "/api/alerts", False),
        ("GET", "/api/alerts/da1", False),
    ],
)
def test_a_rule_is_about_its_method_and_path(method: str, path: str, is_met: bool) -> None:
    assert statuses(Faults(["GET /api/alerts: 500"]), 1, method, path) == [500 if is_met else None]


def test_a_star_stands_for_any_part_of_a_path() -> None:
    faults = Faults(["POST /*/oauth2/v2.0/token: 503"])

    assert statuses(faults, 1, "POST", "/halden.example/oauth2/v2.0/token") == [503]


def test_the_client_outlives_a_passing_fault(tenant: LocalTenant) -> None:
    with tenant.defender("soc-reader") as defender:
        expected = len(list(defender.alerts.list()))
        tenant.faults.add("GET /api/alerts: first 1 503, latency 10ms")

        assert len(list(defender.alerts.list())) == expected


def test_the_client_outlives_a_broken_connection(tenant: LocalTenant) -> None:
    with tenant.defender("soc-reader") as defender:
        expected = len(list(defender.alerts.list()))
        tenant.faults.add("GET /api/alerts: first 1 reset")

        assert len(list(defender.alerts.list())) == expected


def test_a_lasting_fault_reaches_the_caller(tenant: LocalTenant) -> None:
    tenant.faults.add("PATCH /api/alerts/*: 500")
    with tenant.defender("soc-automation") as defender:
        alert = defender.alerts.list().first()
        assert alert is not None
        with pytest.raises(ServiceError) as failed:
            defender.alerts.update(alert.id, comment="x")

    assert (failed.value.status, failed.value.code) == (500, "InternalServerError")


def test_too_many_requests_say_how_long_to_wait(tenant: LocalTenant) -> None:
    tenant.faults.add("GET /api/machines: 429 after 7s")

    answer = httpx2.get(f"{tenant.api_base}/api/machines", verify=ssl.create_default_context(cafile=tenant.ca_bundle))

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["code"] == "TooManyRequests"


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "GET /api/alerts",
        "GET api/alerts: 503",
        "GET /api/alerts: 200",
        "GET /api/alerts: 101% 503",
        "GET /api/alerts: latency 200",
        "GET /api/alerts: latency 9999s",
        "GET /api/alerts: 5% 503, nonsense",
    ],
)
def test_a_rule_that_says_nothing_is_refused(rule: str) -> None:
    with pytest.raises(ConfigurationError):
        Faults([rule])
