"""What the specifications of the SDK share: a service made of a function, and a clock that nobody waits for."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from vedette.auth.credential import AccessToken
from vedette.client.async_defender import AsyncDefender
from vedette.client.defender import Defender
from vedette.client.pacing import Pacer, Waiting
from vedette.client.retry import Retries

BASE = "https://api.test"
FAR = 4102444800  # 2100-01-01


def unsigned(claims: dict[str, Any]) -> str:
    """A token that says this; its signature is worthless."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.c2ln"


@dataclass
class Issuer:
    """A credential that hands out numbered tokens, and remembers what it was asked."""

    claims: dict[str, Any] = field(default_factory=lambda: {"scp": "Alert.Read", "exp": FAR})
    asked: list[tuple[tuple[str, ...], str | None]] = field(default_factory=list)

    def get_token(self, *scopes: str, claims: str | None = None) -> AccessToken:
        self.asked.append((scopes, claims))
        return AccessToken(unsigned({**self.claims, "uti": str(len(self.asked))}), FAR)


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)


Answers = Callable[[httpx2.Request], httpx2.Response]


@dataclass
class Service:
    """The API: answers by `answer`, and remembers what it was asked."""

    answer: Answers = lambda request: httpx2.Response(200, json={"value": []})
    requests: list[httpx2.Request] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    issuer: Issuer = field(default_factory=Issuer)
    waits: list[Waiting] = field(default_factory=list)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return self.answer(request)

    def answers(self, *answers: httpx2.Response | Exception) -> None:
        """Answer these, one after the other; more requests are a fault of the test."""
        left: Iterator[httpx2.Response | Exception] = iter(answers)

        def answer(request: httpx2.Request) -> httpx2.Response:
            following = next(left)
            if isinstance(following, Exception):
                raise following
            return following

        self.answer = answer

    def client(self, *, pace: bool = False, retries: Retries | bool = True) -> Defender:
        defender = Defender(
            self.issuer,
            base_url=BASE,
            transport=httpx2.MockTransport(self._handle),
            pace=Pacer(clock=self.clock) if pace else False,
            retries=retries,
            on_wait=self.waits.append,
            sleep=self.clock.sleep,
        )
        defender._channel = self._channel(defender._channel)
        return defender

    def async_client(
        self,
        *,
        pace: bool = False,
        retries: Retries | bool = True,
        sleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> AsyncDefender:
        defender = AsyncDefender(
            self.issuer,
            base_url=BASE,
            transport=httpx2.MockTransport(self._handle),
            pace=Pacer(clock=self.clock) if pace else False,
            retries=retries,
            on_wait=self.waits.append,
            sleep=sleep or self.clock.async_sleep,
        )
        defender._channel = self._channel(defender._channel)
        return defender

    def _channel(self, channel: Any) -> Any:
        return dataclasses.replace(channel, clock=self.clock, random=lambda: 0.0)

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.requests]


@pytest.fixture
def service() -> Service:
    return Service()


def refusal(status: int, code: str, message: str = "", **headers: str) -> httpx2.Response:
    """An error as the API writes it."""
    body = {"error": {"code": code, "message": message, "target": "9f1c"}}
    return httpx2.Response(
        status, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
