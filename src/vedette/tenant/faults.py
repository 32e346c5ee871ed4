"""Faults on purpose: answers that fail, connections that break and delays, to see how a program takes them.

A rule names calls and what happens to them: `GET /api/alerts: 5% 503, 2% reset, latency 200ms`. Method and path may be
`*` or hold it; paths match without regard to letter case, on whatever host. Of the outcomes, one at the most ends the
call; delays add to it. A number of times makes tests exact: `POST /*/oauth2/v2.0/token: first 2 503`.
"""

from __future__ import annotations

import asyncio
import fnmatch
import random
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vedette.errors import ConfigurationError

_RULE = re.compile(r"\s*(?P<method>[A-Za-z]+|\*)\s+(?P<path>[/*]\S*)\s*:\s*(?P<outcomes>.+)", re.DOTALL)
_OUTCOME = re.compile(
    r"(?:(?P<percent>\d+(?:\.\d+)?)%|first\s+(?P<first>\d+))?\s*"
    r"(?:(?P<status>[45]\d\d)(?:\s+after\s+(?P<after>\d+)s)?|(?P<reset>reset)"
    r"|latency\s+(?P<latency>\d+(?:\.\d+)?)(?P<unit>ms|s))"
)
_EXAMPLE = "GET /api/alerts: 5% 503, 2% reset, latency 200ms"
MAX_LATENCY_S = 600.0


@dataclass
class Outcome:
    """One thing that may happen to a call."""

    status: int | None = None
    """Answer with this status, and nothing else happens."""
    retry_after_s: int | None = None
    is_reset: bool = False
    """Break the connection in the middle of the answer."""
    latency_s: float = 0.0
    share: float = 1.0
    """Of the calls that it befalls, from 0 to 1."""
    remaining: int | None = None
    """How often it still happens; None: always."""


@dataclass
class Rule:
    """Calls, and what happens to them."""

    text: str
    method: str
    path: re.Pattern[str]
    outcomes: list[Outcome]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def matches(self, method: str, path: str) -> bool:
        """Whether the rule is about this call."""
        return self.method in ("*", method) and self.path.fullmatch(path) is not None

    def drawn(self, chance: random.Random) -> list[Outcome]:
        """What happens to the next call."""
        happening = []
        with self.lock:
            for outcome in self.outcomes:
                if outcome.remaining == 0 or chance.random() >= outcome.share:
                    continue
                if outcome.remaining is not None:
                    outcome.remaining -= 1
                happening.append(outcome)
        return happening


def parse_rule(text: str) -> Rule:
    """The rule that a text says. Raises: ConfigurationError, naming the part that is not understood."""
    found = _RULE.fullmatch(text)
    if found is None:
        raise ConfigurationError(f"{text!r} is no fault rule.", hint=f"method, path, colon, outcomes: {_EXAMPLE!r}")
    pattern = re.compile(fnmatch.translate(found["path"].rstrip("/") or "/"), re.IGNORECASE)
    return Rule(
        text, found["method"].upper(), pattern, [_outcome(part.strip()) for part in found["outcomes"].split(",")]
    )


def _outcome(text: str) -> Outcome:
    found = _OUTCOME.fullmatch(text)
    if found is None:
        raise ConfigurationError(
            f"{text!r} is no outcome of a fault rule.",
            hint="a status (503, 429 after 7s), reset or latency 200ms, each alone, with 5% or with first 2 before it",
        )
    share = float(found["percent"]) / 100 if found["percent"] else 1.0
    latency_s = float(found["latency"] or 0) / (1000 if found["unit"] == "ms" else 1)
    if share > 1 or latency_s > MAX_LATENCY_S:
        raise ConfigurationError(f"{text!r} is out of range: at most 100% and {MAX_LATENCY_S:.0f}s.")
    return Outcome(
        status=int(found["status"]) if found["status"] else None,
        retry_after_s=int(found["after"]) if found["after"] else None,
        is_reset=bool(found["reset"]),
        latency_s=latency_s,
        share=share,
        remaining=int(found["first"]) if found["first"] else None,
    )


class Faults:
    """The rules in force. They may be changed while the tenant runs."""

    def __init__(self, rules: Iterable[str] = (), *, seed: int = 0) -> None:
        self._chance = random.Random(seed)  # noqa: S311  (chance of a fault, nothing secret)
        self._rules = [parse_rule(rule) for rule in rules]

    def add(self, rule: str) -> None:
        """Put one more rule in force. Raises: ConfigurationError."""
        self._rules = [*self._rules, parse_rule(rule)]

    def clear(self) -> None:
        """No more faults."""
        self._rules = []

    def befalling(self, method: str, path: str) -> list[Outcome]:
        """What happens to this call, by all rules that are about it."""
        return [o for rule in self._rules if rule.matches(method, path) for o in rule.drawn(self._chance)]


class FaultyApp:
    """Lets the faults befall the calls of another application."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        outcomes = self._faults.befalling(scope.get("method", ""), path.rstrip("/") or "/")
        for outcome in outcomes:
            if outcome.latency_s:
                await asyncio.sleep(outcome.latency_s)
        ending = next((outcome for outcome in outcomes if outcome.status or outcome.is_reset), None)
        if ending is None:
            await self._app(scope, receive, send)
        elif ending.status is not None:
            await _failure(ending)(scope, receive, send)
        else:
            await _broken(send)


def _failure(outcome: Outcome) -> JSONResponse:
    status = HTTPStatus(outcome.status or 500)
    code = {429: "TooManyRequests", 500: "InternalServerError"}.get(status, status.phrase.replace(" ", ""))
    retry_after_s = outcome.retry_after_s if outcome.retry_after_s is not None else (1 if status == 429 else None)
    return JSONResponse(
        {"error": {"code": code, "message": "A fault on purpose.", "target": "fault"}},
        status_code=status,
        headers={} if retry_after_s is None else {"Retry-After": str(retry_after_s)},
    )


async def _broken(send: Send) -> None:
    """Promise more bytes than are sent; the server then closes the connection."""
    start: Message = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"1048576")],
    }
    await send(start)
    await send({"type": "http.response.body", "body": b'{"value":[', "more_body": True})
