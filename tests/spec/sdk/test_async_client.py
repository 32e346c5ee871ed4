"""What is the asynchronous client's own: credentials of either kind, cancelling, listings with `async for`."""

from __future__ import annotations

import asyncio
import threading

import httpx2

from tests.spec.sdk.conftest import BASE, FAR, Service, refusal
from vedette import AccessToken, AsyncDefender


def ok(request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json={"id": "x"})


def test_an_awaitable_credential_is_awaited_and_asked_once_by_many_tasks() -> None:
    asked: list[tuple[str, ...]] = []

    class Awaited:
        async def get_token(self, *scopes: str) -> AccessToken:
            asked.append(scopes)
            await asyncio.sleep(0)
            return AccessToken("t", FAR)

    async def run() -> None:
        async with AsyncDefender(Awaited(), base_url=BASE, transport=httpx2.MockTransport(ok)) as defender:
            await asyncio.gather(*(defender.alerts.get(str(n)) for n in range(5)))

    asyncio.run(run())
    assert asked == [("https://api.securitycenter.microsoft.com/.default",)]


def test_a_blocking_credential_runs_in_a_thread() -> None:
    threads: list[int] = []

    class Blocking:
        def get_token(self, *scopes: str) -> AccessToken:
            threads.append(threading.get_ident())
            return AccessToken("t", FAR)

    async def run() -> None:
        async with AsyncDefender(Blocking(), base_url=BASE, transport=httpx2.MockTransport(ok)) as defender:
            await defender.alerts.get("x")

    asyncio.run(run())
    assert threads != [threading.get_ident()]
    assert len(threads) == 1


def test_listings_are_read_with_async_for(service: Service) -> None:
    service.answers(
        httpx2.Response(200, json={"value": [{"id": "1"}], "@odata.nextLink": f"{BASE}/api/alerts?$skip=1"}),
        httpx2.Response(200, json={"value": [{"id": "2"}]}),
    )

    async def run() -> list[str]:
        async with service.async_client() as defender:
            return [alert.id async for alert in defender.alerts.list()]

    assert asyncio.run(run()) == ["1", "2"]


def test_429_waits_without_blocking_the_loop(service: Service) -> None:
    service.answers(refusal(429, "TooManyRequests", Retry_After="7"), httpx2.Response(200, json={"id": "x"}))

    async def run() -> str:
        async with service.async_client() as defender:
            return (await defender.alerts.get("x")).id

    assert asyncio.run(run()) == "x"
    assert service.clock.slept == [7.0]
