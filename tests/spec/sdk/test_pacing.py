"""A client stays under the documented limits by itself. Here: 10 batch updates in a minute, 500 in an hour."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx2

from tests.spec.sdk.conftest import Clock, Issuer, Service, refusal
from vedette import AccessToken
from vedette.catalogue.limits import PerCaller
from vedette.client.pacing import MARGIN_S, Pacer


def most_in(moments: list[float], window: float) -> int:
    return max(sum(1 for other in moments if start <= other <= start + window) for start in moments)


def test_the_call_after_the_last_one_allowed_waits_and_says_so(service: Service) -> None:
    service.answer = lambda request: httpx2.Response(200)
    client = service.client(pace=True)
    for _ in range(11):
        client.alerts.batch_update(["a"], status="Resolved")

    assert service.clock.slept == [60.0 + MARGIN_S]
    assert [(wait.operation, wait.reason) for wait in service.waits] == [("alerts.batch_update", "pacing")]


def test_each_operation_has_windows_of_its_own(service: Service) -> None:
    service.answer = lambda request: httpx2.Response(200, json={})
    client = service.client(pace=True)
    for _ in range(10):
        client.alerts.batch_update(["a"], status="Resolved")
    client.alerts.get("a")

    assert service.clock.slept == []


def test_no_window_ever_holds_more_than_the_limit() -> None:
    clock, limits = Clock(), PerCaller(minute=10, hour=500)
    pacer, moments = Pacer(clock=clock), []
    for number in range(1200):
        clock.sleep(pacer.reserve("x", limits))
        moments.append(clock.now)
        clock.now += number % 7

    assert (most_in(moments, 60), most_in(moments, 3600)) == (10, 500)


def test_threads_share_the_windows() -> None:
    clock, limits = Clock(), PerCaller(minute=10)
    pacer = Pacer(clock=clock)
    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(lambda _: pacer.reserve("x", limits), range(40)))

    assert waits == [0.0] * 10 + [61.0] * 10 + [122.0] * 10 + [183.0] * 10


def test_tasks_share_the_windows(service: Service) -> None:
    service.answer = lambda request: httpx2.Response(200)

    async def sleep(seconds: float) -> None:
        """All tasks sleep at the same time, so the clock stands still."""

    async def many() -> None:
        async with service.async_client(pace=True, sleep=sleep) as client:
            await asyncio.gather(*(client.alerts.batch_update(["a"], status="Resolved") for _ in range(25)))

    asyncio.run(many())

    assert sorted(wait.seconds for wait in service.waits) == [61.0] * 10 + [122.0] * 5


def test_time_spent_on_signing_in_does_not_bunch_calls(service: Service) -> None:
    """The moment is reserved when the token is there: a minute at the sign-in page counts for nothing."""
    moments: list[float] = []

    class SlowIssuer(Issuer):
        def get_token(self, *scopes: str, claims: str | None = None) -> AccessToken:
            service.clock.now += 55
            return super().get_token(*scopes, claims=claims)

    def answer(request: httpx2.Request) -> httpx2.Response:
        moments.append(service.clock.now)
        return httpx2.Response(200)

    service.issuer, service.answer = SlowIssuer(), answer
    client = service.client(pace=True)
    for _ in range(20):
        client.alerts.batch_update(["a"], status="Resolved")

    assert most_in(moments, 60) == 10


def test_a_refusal_by_the_service_holds_the_whole_operation(service: Service) -> None:
    service.answers(
        refusal(429, "TooManyRequests", Retry_After="30"), httpx2.Response(200, json={}), httpx2.Response(200, json={})
    )
    client = service.client(pace=True)
    client.alerts.get("a")
    client.alerts.get("b")

    assert service.clock.slept == [30.0]


def test_pacing_can_be_turned_off(service: Service) -> None:
    service.answer = lambda request: httpx2.Response(200)
    client = service.client(pace=False)
    for _ in range(30):
        client.alerts.batch_update(["a"], status="Resolved")

    assert service.clock.slept == []


def test_raw_requests_count_against_the_operation_they_are(service: Service) -> None:
    service.answer = lambda request: httpx2.Response(200)
    client = service.client(pace=True)
    for _ in range(11):
        client.request("post", "/api/v1.0/ALERTS/batchUpdate", json={"alertIds": ["a"]})

    assert service.clock.slept == [61.0]
