"""Routes a request to sign-in, Graph, the Defender API or the portal: by host, and on this machine's own names by path.

A request whose `Host` is none that the tenant answers for is refused: a page on the internet whose name was made to
point at this machine (DNS rebinding) gets nothing out of it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from vedette.catalogue.clouds import api_hosts, graph_hosts, identity_hosts, portal_hosts, xdr_hosts
from vedette.tenant.defender.app import defender_app
from vedette.tenant.graph.app import graph_app
from vedette.tenant.identity.app import identity_app
from vedette.tenant.portal.app import portal_app
from vedette.tenant.state import State

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")
_DEFENDER_SEGMENTS = frozenset({"api", "download"})
_GRAPH_SEGMENTS = frozenset({"v1.0", "beta", "oidc"})
_PORTAL_SEGMENTS = frozenset({"", "portal", "static", "favicon.ico"})


def tenant_app(state: State, *, own_names: Collection[str] = ()) -> ASGIApp:
    """The whole tenant. `own_names`: names that the server is reached by besides `localhost` and loopback addresses."""
    return TenantApp(state, own_names=own_names)


class TenantApp:
    """The applications of one tenant server behind one door."""

    def __init__(self, state: State, *, own_names: Collection[str] = ()) -> None:
        self._identity = identity_app(state)
        self._graph = graph_app(state)
        self._defender = defender_app(state)
        self._portal = portal_app(state)
        self._own_names = frozenset(name.lower() for name in own_names)
        self._by_host: dict[str, ASGIApp] = {
            **dict.fromkeys(identity_hosts(), self._identity),
            **dict.fromkeys(graph_hosts(), self._graph),
            **dict.fromkeys(api_hosts() | xdr_hosts(), self._defender),
            **dict.fromkeys(portal_hosts(), self._portal),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the tenant answers HTTP, not {scope['type']}")
        host = _host(scope)
        application = self._by_host.get(host) if host else None
        if application is None and host and self._is_own(host):
            application = self._by_path(scope["path"])
        await (application or _misdirected)(scope, receive, send)

    def _is_own(self, host: str) -> bool:
        if host == "localhost" or host in self._own_names:
            return True
        try:
            return ipaddress.ip_address(host.strip("[]")).is_loopback
        except ValueError:
            return False

    def _by_path(self, path: str) -> ASGIApp:
        first = path.split("/", 2)[1].lower() if path.startswith("/") else ""
        if first in _DEFENDER_SEGMENTS:
            return self._defender
        if first in _GRAPH_SEGMENTS:
            return self._graph
        if first in _PORTAL_SEGMENTS:
            return self._portal
        return self._identity


def _host(scope: Scope) -> str | None:
    """The name in the `Host` header, without its port; None where there is not exactly one good header."""
    values = [value for name, value in scope["headers"] if name == b"host"]
    found = _HOST.fullmatch(values[0].decode("latin-1").lower()) if len(values) == 1 else None
    return found[1].removesuffix(".") if found else None


async def _misdirected(scope: Scope, receive: Receive, send: Send) -> None:
    text = "This is a Vedette local tenant. It answers for localhost and for Microsoft's hosts, not for this name.\n"
    await PlainTextResponse(text, status_code=421)(scope, receive, send)
