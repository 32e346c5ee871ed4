"""How requests travel: one method, in a blocking and an asynchronous form, over httpx2.

A transport sends one request once. It does not retry, follow redirects or read tokens. Anything with `send` and `close`
can be injected; so can transports of httpx2, such as `MockTransport` or `ASGITransport`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx2
import msgspec

from vedette.auth.sign_in_http import trusting

TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request, complete. Its `repr` shows neither headers nor content, which may hold secrets."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read to its end."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in any letter case."""
    content: bytes = field(repr=False)

    def json(self) -> Any:  # Any: whatever the service answered
        """The content as JSON. Raises: ValueError."""
        return msgspec.json.decode(self.content)

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", errors="replace")


class ConnectionLost(Exception):
    """No answer came. Internal: callers of the client see `NoAnswer`."""

    def __init__(self, reason: str, *, never_left: bool, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final
        """Trying again would end in the same, as with a certificate that is not trusted."""
        self.never_left = never_left
        """No connection was made, so the service cannot have seen the request."""


class Transport(Protocol):
    """Sends requests, blocking."""

    def send(self, request: Request) -> Answer:
        """One request, one answer. Raises: ConnectionLost."""

    def close(self) -> None:
        """Close what is open."""


class AsyncTransport(Protocol):
    """Sends requests, awaited."""

    async def send(self, request: Request) -> Answer:
        """One request, one answer. Raises: ConnectionLost."""

    async def close(self) -> None:
        """Close what is open."""


class HttpTransport:
    """Blocking HTTP/1.1 with kept connections. Safe to share between threads."""

    def __init__(
        self,
        *,
        ca_bundle: str | None = None,
        timeout_s: float = TIMEOUT_S,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`ca_bundle`: PEM file of the authorities to trust; None takes `SSL_CERT_FILE`, else the system's."""
        self._client = httpx2.Client(
            verify=trusting(ca_bundle), timeout=_timeout(timeout_s), transport=transport, follow_redirects=False
        )

    def send(self, request: Request) -> Answer:
        """One request, one answer. Raises: ConnectionLost."""
        try:
            answer = self._client.request(request.method, request.url, headers=request.headers, content=request.content)
        except httpx2.TransportError as error:
            raise _lost(error) from error
        return Answer(answer.status_code, answer.headers, answer.content)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class AsyncHttpTransport:
    """Asynchronous HTTP/1.1 with kept connections. Belongs to one event loop."""

    def __init__(
        self,
        *,
        ca_bundle: str | None = None,
        timeout_s: float = TIMEOUT_S,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`ca_bundle`: PEM file of the authorities to trust; None takes `SSL_CERT_FILE`, else the system's."""
        self._client = httpx2.AsyncClient(
            verify=trusting(ca_bundle), timeout=_timeout(timeout_s), transport=transport, follow_redirects=False
        )

    async def send(self, request: Request) -> Answer:
        """One request, one answer. Raises: ConnectionLost."""
        try:
            answer = await self._client.request(
                request.method, request.url, headers=request.headers, content=request.content
            )
        except httpx2.TransportError as error:
            raise _lost(error) from error
        return Answer(answer.status_code, answer.headers, answer.content)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _timeout(timeout_s: float) -> httpx2.Timeout:
    return httpx2.Timeout(timeout_s, connect=min(timeout_s, CONNECT_TIMEOUT_S))


def _lost(error: httpx2.TransportError) -> ConnectionLost:
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    never_left = isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError))
    return ConnectionLost(reason, never_left=never_left, is_final="CERTIFICATE_VERIFY_FAILED" in reason)
