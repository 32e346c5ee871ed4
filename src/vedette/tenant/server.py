"""Runs the tenant's listeners: HTTPS and the proxy on one event loop, in a thread of their own.

The thread is the same whether the tenant belongs to a program, a test or `vedette serve`; who waits for signals is
decided elsewhere. Stopping finishes the requests under way and takes less than two seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
import threading
from collections.abc import Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from vedette.errors import ConfigurationError
from vedette.tenant.proxy import Proxy

LOOPBACK = "127.0.0.1"
MAX_HEAD_BYTES = 64 * 1024
"""Request line and headers together."""
HEAD_TIMEOUT_S = 30.0
"""How long a client may take to send the head of its first request."""
KEEP_ALIVE_S = 75
GRACE_S = 1
"""How long requests under way may take once the server is told to stop."""
PARTING_S = 0.1
"""How long an idle connection may take to close."""
_BACKLOG = 512


def listen(host: str, port: int, *, option: str = "--port") -> list[socket.socket]:
    """Sockets bound to one port: on both loopback addresses for 127.0.0.1, else on every address of `host`.

    Port 0 takes one that is free on all of them. A machine without IPv6 does without it.
    Raises: ConfigurationError, naming `option`, when the port is taken; or when `host` is no address of this machine.
    """
    addresses = [LOOPBACK, "::1"] if host in (LOOPBACK, "localhost") else _addresses(host)
    for _ in range(64):
        opened: list[socket.socket] = []
        wanted = port
        try:
            for address in addresses:
                bound = _bind(address, wanted)
                if bound is not None:
                    opened.append(bound)
                    wanted = bound.getsockname()[1]
        except OSError as refused:
            for each in opened:
                each.close()
            if refused.errno == errno.EADDRINUSE and port == 0:
                continue  # free on one address and taken on the other: try the next
            raise _not_bound(host, port, refused, option) from refused
        if opened:
            return opened
        break
    raise ConfigurationError(f"no port could be opened on {host}")


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as unknown:
        raise ConfigurationError(f"{host} is not a name or address of this machine: {unknown.strerror}") from unknown
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _bind(address: str, port: int) -> socket.socket | None:
    """A listening socket; None where the machine has no such kind of address."""
    is_v6 = ":" in address
    try:
        opened = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_v6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((address, port))
        # Listening at once makes a port that somebody else listens on show here, not later.
        opened.listen(_BACKLOG)
        opened.setblocking(False)
    except OSError as refused:
        opened.close()
        if is_v6 and refused.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            return None
        raise
    return opened


def _not_bound(host: str, port: int, refused: OSError, option: str) -> ConfigurationError:
    if refused.errno == errno.EACCES:
        return ConfigurationError(
            f"port {port} on {host} cannot be opened: this user may not open ports below 1024.",
            hint="sudo sysctl net.ipv4.ip_unprivileged_port_start=443; or use the proxy, which needs no such port.",
        )
    if refused.errno == errno.EADDRINUSE and option == "--listen-443":
        return ConfigurationError(
            f"port {port} on {host} is in use by another program.", hint="stop that one, or use the proxy instead."
        )
    if refused.errno == errno.EADDRINUSE:
        return ConfigurationError(
            f"port {port} on {host} is in use by another program.", hint=f"{option} 0 picks a free port."
        )
    return ConfigurationError(f"port {port} on {host} cannot be opened: {refused.strerror}.")


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP, with a limit to the size of a request's head and to the time that the first one takes."""

    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._deadline = self.loop.call_later(HEAD_TIMEOUT_S, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_time()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        super().shutdown()
        # A client that does not answer the end of TLS would hold its idle connection, and the server, open.
        self.loop.call_later(PARTING_S, self._abandon)

    def _abandon(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._on_time()
        super().on_headers_complete()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            # An exception inside a parser callback becomes a parser error: 400, and the connection is closed.
            raise ValueError("the head of the request is too large")

    def _on_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Listeners:
    """HTTPS for an application, a proxy, or both, until stopped."""

    def __init__(
        self,
        *,
        app: ASGIApp | None = None,
        context: ssl.SSLContext | None = None,
        sockets: Sequence[socket.socket] = (),
        proxy: Proxy | None = None,
        proxy_sockets: Sequence[socket.socket] = (),
    ) -> None:
        self._app, self._context, self._sockets = app, context, list(sockets)
        self._proxy, self._proxy_sockets = proxy, list(proxy_sockets)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._answering = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def start(self) -> None:
        """Begin to answer; returns when every listener does."""
        self._thread = threading.Thread(target=self._run, name="vedette-tenant", daemon=True)
        self._thread.start()
        self._answering.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Take no new requests, finish those under way within `GRACE_S`, and end the thread."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._answering.wait()  # a start that is broken off has a loop to stop only now
        with contextlib.suppress(RuntimeError):  # the loop has ended on its own
            if self._loop is not None and self._stopping is not None:
                self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_new_loop()) as runner:
                runner.run(self._serve())
        except BaseException as failure:
            if self._answering.is_set():
                logging.getLogger("vedette.tenant").exception("the server ended")
            self._failure = failure
        finally:
            self._answering.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with contextlib.AsyncExitStack() as stack:
            if self._proxy is not None:
                await self._proxy.start(self._proxy_sockets)
                stack.push_async_callback(self._proxy.stop)
            serving = asyncio.create_task(self._serve_https()) if self._app is not None else None
            while serving is not None and not (self._server is not None and self._server.started):
                if serving.done():
                    serving.result()
                    raise RuntimeError("the HTTPS server did not start")
                await asyncio.sleep(0.001)
            self._answering.set()
            await self._stopping.wait()
            if serving is not None and self._server is not None:
                self._server.should_exit = True
                await serving

    async def _serve_https(self) -> None:
        context = self._context

        def given_context(*_: Any) -> ssl.SSLContext:  # Any: uvicorn's own defaults, which are not wanted
            if context is None:
                raise RuntimeError("HTTPS needs a TLS context")
            return context

        config = uvicorn.Config(
            self._app,  # type: ignore[arg-type]  # Starlette's and uvicorn's names for the same protocol
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
            ssl_context_factory=given_context,
        )
        self._server = uvicorn.Server(config)
        # Off the main thread uvicorn leaves signals alone.
        await self._server.serve(sockets=self._sockets)


def _new_loop() -> Any:  # Any: a loop factory, whose type the two libraries spell differently
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
