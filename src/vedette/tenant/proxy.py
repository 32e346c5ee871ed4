"""An HTTPS proxy that leads the Microsoft hosts to the tenant and refuses all others.

A program that is told to use it (`HTTPS_PROXY`) says `CONNECT login.microsoftonline.com:443`, and finds the tenant's
own TLS port behind that name; the tenant's certificate carries the name, so nothing is decrypted here. Whoever else is
asked for is refused, so that a test cannot reach a real service by accident, unless the host was allowed.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import socket
import ssl
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # the stubs leave it out

from vedette.errors import ConfigurationError
from vedette.tenant.certificates import microsoft_hosts

MAX_HEAD_BYTES = 32 * 1024
HEAD_TIMEOUT_S = 30.0
CONNECT_TIMEOUT_S = 15.0
IDLE_TIMEOUT_S = 600.0
"""A tunnel through which nothing went for so long is closed."""
MAX_CONNECTIONS = 2048
_CHUNK = 256 * 1024

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SHORT_LINKS = frozenset({"microsoft.com", "www.microsoft.com", "aka.ms"})
"""Where the real service shows people to for a device code; the tenant has that page under its own authority."""
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})")
_REQUEST_LINE = re.compile(r"([A-Z]+) (\S+) HTTP/1\.[01]")


@dataclass(frozen=True)
class Upstream:
    """Another proxy, that allowed hosts are reached through."""

    host: str
    port: int
    is_tls: bool = False
    authorization: str = ""
    """Value of `Proxy-Authorization`."""
    bypass: str = ""
    """`NO_PROXY`: hosts that are reached directly."""

    def __repr__(self) -> str:
        return f"Upstream({self.host}:{self.port})"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Upstream | None:
        """The proxy that `HTTPS_PROXY` names, if any. Raises: ConfigurationError for a value that is no proxy."""
        value = environment.get("https_proxy") or environment.get("HTTPS_PROXY")
        if not value:
            return None
        url = urlsplit(value if "://" in value else f"http://{value}")
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ConfigurationError(
                f"HTTPS_PROXY names a {url.scheme} proxy; only http and https proxies can be used."
            )
        user = f"{unquote(url.username or '')}:{unquote(url.password or '')}" if url.username else ""
        return cls(
            host=url.hostname,
            port=url.port or (443 if url.scheme == "https" else 80),
            is_tls=url.scheme == "https",
            authorization=f"Basic {base64.b64encode(user.encode()).decode()}" if user else "",
            bypass=environment.get("no_proxy") or environment.get("NO_PROXY") or "",
        )


class Refusal(Exception):
    """What a client is told instead of being connected."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


_Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """The proxy of one tenant.

    `tenant_port`: the tenant's HTTPS port on this machine. `own_names`: names of the tenant besides the loopback ones.
    `allow_hosts`: host names that are let through, `*.example.com` standing for every host below one.
    """

    def __init__(
        self,
        tenant_port: int,
        *,
        own_names: Collection[str] = (),
        allow_hosts: Collection[str] = (),
        upstream: Upstream | None = None,
    ) -> None:
        self._tenant_port = tenant_port
        self._microsoft = microsoft_hosts()
        self._own = _LOOPBACK | {name.lower() for name in own_names}
        self._allowed = frozenset(name.lower().rstrip(".") for name in allow_hosts)
        self._upstream = upstream
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Begin to answer on these sockets."""
        for each in sockets:
            self._servers.append(await asyncio.start_server(self._accept, sock=each, limit=MAX_HEAD_BYTES))

    async def stop(self) -> None:
        """Take no more connections and close those that are open."""
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("connections are handled in tasks")
        self._tasks.add(task)
        try:
            await self._handle(reader, writer)
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError, TimeoutError):
            pass  # either side went away, or the proxy stops: there is nobody to tell
        finally:
            self._tasks.discard(task)
            await _close(writer)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if len(self._tasks) > MAX_CONNECTIONS:
                raise Refusal(503, "Too many connections are open.")
            host, port = _target(await _head(reader))
            far = await self._connect(host, port)
        except Refusal as refusal:
            await _answer(writer, refusal)
            return
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _bridge((reader, writer), far)
        finally:
            await _close(far[1])

    async def _connect(self, host: str, port: int) -> _Stream:
        """A connection to what a client may reach. Raises: Refusal."""
        if host in self._microsoft:
            if port != 443:
                raise Refusal(403, f"{host} is answered by the local tenant on port 443 only, not on {port}.")
            return await _open("127.0.0.1", self._tenant_port)
        # MSAL for Python asks for the user realm at the authority's host without its port.
        if host in self._own and port in (self._tenant_port, 443):
            return await _open("127.0.0.1", self._tenant_port)
        if not self._is_allowed(host):
            raise Refusal(403, _refused(host))
        upstream = self._upstream
        if upstream is None or (upstream.bypass and proxy_bypass_environment(host, {"no": upstream.bypass})):
            return await _open(host, port)
        return await _through(upstream, host, port)

    def _is_allowed(self, host: str) -> bool:
        below = host.split(".")
        return host in self._allowed or any(
            f"*.{'.'.join(below[start:])}" in self._allowed for start in range(1, len(below))
        )


def _refused(host: str) -> str:
    if host in _SHORT_LINKS:
        return (
            f"{host} is not reachable through the local tenant. "
            "Its device sign-in page is https://login.microsoftonline.com/common/oauth2/deviceauth"
        )
    return (
        f"{host} is refused: only the Microsoft hosts of the local tenant are reachable here.\n"
        f"hint: to let programs reach it, start with --allow-host {host}"
    )


async def _head(reader: asyncio.StreamReader) -> str:
    """The request line and headers. Raises: Refusal, IncompleteReadError, TimeoutError."""
    try:
        async with asyncio.timeout(HEAD_TIMEOUT_S):
            return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.LimitOverrunError:
        raise Refusal(431, "The request's headers are too large.") from None


def _target(head: str) -> tuple[str, int]:
    """Where a CONNECT wants to go. Raises: Refusal."""
    line = _REQUEST_LINE.fullmatch(head.partition("\r\n")[0])
    if line is None:
        raise Refusal(400, "This is an HTTP proxy, and the request is not HTTP.")
    method, target = line[1], line[2]
    if method != "CONNECT":
        host = urlsplit(target).hostname or "this host"
        raise Refusal(
            403, f"{method} {target.partition('?')[0]} is refused: this proxy tunnels HTTPS only. Use https://{host}/."
        )
    authority = _AUTHORITY.fullmatch(target)
    if authority is None or not 0 < int(authority[3]) < 65536:
        raise Refusal(400, "CONNECT needs a host and a port, such as login.microsoftonline.com:443.")
    return (authority[1] or authority[2]).lower().rstrip("."), int(authority[3])


async def _open(host: str, port: int, *, tls: ssl.SSLContext | None = None) -> _Stream:
    """A connection. Raises: Refusal when there is none to be had."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await asyncio.open_connection(host, port, ssl=tls, limit=_CHUNK)
    except TimeoutError:
        raise Refusal(504, f"{host}:{port} did not answer within {CONNECT_TIMEOUT_S:.0f} seconds.") from None
    except OSError as failure:
        raise Refusal(502, f"{host}:{port} cannot be reached: {failure.strerror or failure}.") from failure


async def _through(upstream: Upstream, host: str, port: int) -> _Stream:
    reader, writer = await _open(
        upstream.host, upstream.port, tls=ssl.create_default_context() if upstream.is_tls else None
    )
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    credentials = f"Proxy-Authorization: {upstream.authorization}\r\n" if upstream.authorization else ""
    try:
        writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{credentials}\r\n".encode())
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            status = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").partition("\r\n")[0]
        if not re.fullmatch(r"HTTP/1\.[01] 2\d\d.*", status):
            raise Refusal(502, f"The proxy {upstream.host}:{upstream.port} refused {target}: {status}")
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError) as failure:
        await _close(writer)
        raise Refusal(502, f"The proxy {upstream.host}:{upstream.port} did not connect to {target}.") from failure
    except Refusal:
        await _close(writer)
        raise
    return reader, writer


async def _bridge(near: _Stream, far: _Stream) -> None:
    """Carry bytes both ways until both sides have said all, or nothing moved for `IDLE_TIMEOUT_S`."""
    async with asyncio.timeout(IDLE_TIMEOUT_S) as idle:

        async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            clock = asyncio.get_running_loop().time
            while data := await source.read(_CHUNK):
                idle.reschedule(clock() + IDLE_TIMEOUT_S)
                sink.write(data)
                await sink.drain()  # a slow reader slows the sender down
            if sink.can_write_eof():
                sink.write_eof()

        ways = [asyncio.create_task(carry(near[0], far[1])), asyncio.create_task(carry(far[0], near[1]))]
        try:
            await asyncio.gather(*ways)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    431: "Request Header Fields Too Large",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


async def _answer(writer: asyncio.StreamWriter, refusal: Refusal) -> None:
    body = f"vedette proxy: {refusal.text}\n".encode()
    # Clients that show no body of a refused CONNECT do show the reason in the status line.
    reason = f"{_REASONS[refusal.status]} ({' '.join(refusal.text.splitlines())})"
    head = (
        f"HTTP/1.1 {refusal.status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode("latin-1", "replace") + body)
    await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
