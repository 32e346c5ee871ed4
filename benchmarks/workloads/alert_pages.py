"""A page of 10,000 alerts: how much the server adds to sending the bytes, and the client to reading them.

Server: the tenant's whole chain (routing, token, permission, filter in SQLite, joining bodies) against a bare ASGI
application that sends the same bytes from memory; both by an in-process call, so that neither pays for sockets.
Client: the SDK's typed entities against `requests` with the standard library's `json`, both over loopback HTTP from the
same bare server.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from starlette.types import Receive, Scope, Send

from harness import Comparison, compare
from vedette import Defender
from vedette.catalogue.permission import DEFENDER
from vedette.telemetry import Lake
from vedette.tenant.clock import FixedClock
from vedette.tenant.defender.app import DefenderApp
from vedette.tenant.directory import Directory, Tenant
from vedette.tenant.identity.keys import KeyRing
from vedette.tenant.state import Options, State
from vedette.tenant.store.database import Database
from vedette.tenant.store.defender import DefenderStore
from workloads.samples import alerts

ROWS = 10_000
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TENANT = "11111111-1111-4111-8111-111111111111"


def measure() -> Iterator[Comparison]:
    """Server and client."""
    with TemporaryDirectory() as folder:
        state = _state(Path(folder))
        app, token = DefenderApp(state), _token(state)
        body = _page(app, token)

        async def bare(scope: Scope, receive: Receive, send: Send) -> None:
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
            )
            await send({"type": "http.response.body", "body": body})

        yield compare(
            f"server: GET /api/alerts, {ROWS:,} rows, {len(body) / 1e6:.0f} MB",
            lambda: _page(app, token),
            lambda: _page(bare, token),
            against="bare ASGI app, same bytes",
            note="the whole chain, from SQLite",
        )
        query = b"$filter=severity%20eq%20'High'&$orderby=lastUpdateTime%20desc&$top=100"
        yield compare(
            "server: 100 rows, filtered and sorted",
            lambda: _page(app, token, query),
            lambda: _page(bare, token, query),
            against="bare ASGI app, all bytes",
            calls=5,
        )
    with _served(body) as url:
        defender = Defender.from_token("x", base_url=url, pace=False)
        session = requests.Session()
        yield compare(
            f"client: {ROWS:,} alerts as typed entities",
            lambda: sum(1 for _ in defender.alerts.list()),
            lambda: len(session.get(f"{url}/api/alerts", timeout=60).json()["value"]),
            against="requests + json, dicts",
        )


def _state(folder: Path) -> State:
    clock = FixedClock(NOW)
    database = Database(None)
    directory = Directory(database)
    directory.tenants.put(Tenant(id=TENANT, domain="halden.example", display_name="Halden Works", created=NOW))
    store = DefenderStore(Database(folder / "entities.sqlite"), Lake(folder / "lake"))
    store.alerts.put_many(alerts(ROWS))
    return State(
        clock=clock,
        database=database,
        directory=directory,
        keys=KeyRing(database, clock),
        defender={TENANT: store},
        options=Options(limit_factor=None),
    )


def _token(state: State) -> str:
    moment = int(NOW.timestamp())
    return state.keys.sign(
        {
            "aud": DEFENDER.audience,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "tid": TENANT,
            "appid": "22222222-2222-4222-8222-222222222222",
            "oid": "44444444-4444-4444-8444-444444444444",
            "roles": ["Alert.Read.All"],
            "nbf": moment,
            "exp": moment + 3599,
            "ver": "1.0",
        }
    )


def _page(app: Any, token: str, query: bytes = b"") -> bytes:  # Any: an ASGI application
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": "/api/alerts",
        "raw_path": b"/api/alerts",
        "query_string": query,
        "headers": [(b"host", b"localhost"), (b"authorization", b"Bearer " + token.encode())],
        "server": ("localhost", 443),
    }
    parts: list[bytes] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:  # Any: an ASGI message
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"the benchmark was answered with status {message['status']}")
        parts.append(message.get("body", b""))

    asyncio.run(app(scope, receive, send))
    return b"".join(parts)


class _served:  # noqa: N801  (used as a context manager)
    """Serves one body at every path, over plain HTTP on loopback."""

    def __init__(self, body: bytes) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                # A full page without a link makes the SDK ask whether there is more; there is not.
                answer = b'{"value":[]}' if "skip=" in self.path else body
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
