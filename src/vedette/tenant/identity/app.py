"""The sign-in service as an ASGI application: routes, headers that every answer carries, errors as JSON or as a page.

Paths are matched without regard to letter case. `problems` writes what goes wrong; nothing here knows a grant.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vedette.catalogue.clouds import identity_hosts
from vedette.catalogue.sign_in_errors import Place
from vedette.tenant.identity import (
    admin_consent,
    authorize,
    device,
    discovery,
    error_page,
    flows,
    logout,
    problems,
    rendering,
    token_endpoint,
    userinfo,
)
from vedette.tenant.identity.exchange import Exchange, new_trace
from vedette.tenant.identity.faults import Faults
from vedette.tenant.identity.issued import Ledger, Version
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.tries import Tries
from vedette.tenant.state import State

_MICROSOFT_HOSTS = identity_hosts()
SWEEP_EVERY = timedelta(hours=1)
Handler = Callable[[Exchange], Awaitable[Response]]
Audience = Literal["program", "person"]


@dataclass(frozen=True, slots=True)
class Route:
    """One address."""

    pattern: re.Pattern[str]
    methods: tuple[str, ...]
    handler: Handler
    place: Place = "token"
    audience: Audience = "program"


def _route(
    path: str, methods: str, handler: Handler, *, place: Place = "token", audience: Audience = "program"
) -> Route:
    """A route; `{name}` is one path segment and `{v}` the part that tells v2 from v1."""
    pattern = path.replace("{v}", r"(?P<v>v2\.0/)?")
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
    return Route(re.compile(pattern, re.IGNORECASE), tuple(methods.split()), handler, place, audience)


ROUTES: tuple[Route, ...] = (
    _route("/common/discovery/instance", "GET", discovery.instance, place="discovery"),
    _route("/common/userrealm/{user}", "GET", discovery.user_realm, place="discovery"),
    _route("/{tenant}/{v}\\.well-known/openid-configuration", "GET", discovery.metadata, place="discovery"),
    _route("/{tenant}/discovery/{v}keys", "GET", discovery.keys, place="discovery"),
    _route("/{tenant}/oauth2/{v}token", "POST", token_endpoint.token),
    _route("/{tenant}/oauth2/{v}devicecode", "POST", device.device_code),
    _route("/{tenant}/oauth2/{v}authorize", "GET POST", authorize.authorize, audience="person"),
    _route("/{tenant}/{v}adminconsent", "GET", admin_consent.admin_consent, audience="person"),
    _route("/{tenant}/oauth2/{v}logout", "GET POST", logout.logout, audience="person"),
    _route("/{tenant}/openid/userinfo", "GET POST", userinfo.userinfo),
    _route(device.DEVICE_PATH, "GET POST", device.device_page, audience="person"),
    _route(f"{flows.STEP_PATH}/{{step}}", "POST", flows.step, audience="person"),
    _route(f"{rendering.STATIC_PATH}/{{file}}", "GET", rendering.static, audience="person"),
    _route("/error", "GET", error_page.lookup, audience="person"),
)


def identity_app(state: State) -> ASGIApp:
    """Everything that lives under the sign-in service's host name."""
    service = _Service(state)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await (await _serve(service, Request(scope, receive)))(scope, receive, send)

    return app


class _Service:
    """What requests have in common."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.ledger, self.tries, self.faults = Ledger(state.database), Tries(), Faults(state.options)
        self._next_sweep = state.clock.now()

    def sweep(self, now: datetime) -> None:
        """Once in a while forget what has long expired."""
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_EVERY
            self.ledger.sweep(now)
            self.tries.sweep(now)


async def _serve(service: _Service, request: Request) -> Response:
    for route in ROUTES:
        found = route.pattern.fullmatch(request.scope["path"])
        if found is not None:
            break
    else:
        return _finish(Response("Not found", 404, media_type="text/plain"), request)
    parts = {name: value for name, value in found.groupdict().items() if value is not None}
    request.scope["path_params"] = parts
    version: Version = 2 if "v" in parts else 1
    trace = new_trace(request, service.state.clock.now())
    service.sweep(trace.moment)
    exchange = Exchange(
        state=service.state,
        ledger=service.ledger,
        tries=service.tries,
        faults=service.faults,
        request=request,
        tenant_name=parts.get("tenant", "common"),
        version=version,
        trace=trace,
    )
    response = await _answer(route, exchange)
    return _finish(response, request, trace)


async def _answer(route: Route, exchange: Exchange) -> Response:
    try:
        if exchange.request.method == "OPTIONS":
            return _preflight(exchange.request, route)
        if exchange.request.method not in (*route.methods, *(("HEAD",) if "GET" in route.methods else ())):
            raise Refused(900561, method=exchange.request.method)
        return await route.handler(exchange)
    except Refused as refused:
        if route.audience == "person":
            return rendering.refusal_page(exchange, refused)
        place: Place = "token v1" if route.place == "token" and exchange.version == 1 else route.place
        return problems.answer(refused, exchange.trace, place=place, origin=exchange.safe_origin)


def _preflight(request: Request, route: Route) -> Response:
    headers = {"Allow": ", ".join(dict.fromkeys((*route.methods, "OPTIONS")))}
    if "origin" in request.headers:
        headers |= {
            "Access-Control-Allow-Origin": request.headers["origin"],
            "Access-Control-Allow-Methods": headers["Allow"],
            "Access-Control-Allow-Headers": request.headers.get("access-control-request-headers", "content-type"),
            "Access-Control-Max-Age": "600",
            "Vary": "Origin",
        }
    return Response(status_code=204, headers=headers)


def _finish(response: Response, request: Request, trace: problems.Trace | None = None) -> Response:
    """Add what every answer carries."""
    headers = response.headers
    headers.setdefault("Cache-Control", "no-store, no-cache")
    headers["Pragma"] = "no-cache"
    headers["Expires"] = "-1"
    # Under a name of this machine it would force HTTPS on every other server that is developed there.
    if request.url.hostname in _MICROSOFT_HOSTS:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["P3P"] = 'CP="DSP CUR OTPi IND OTRi ONL FIN"'
    headers["x-ms-ests-server"] = "vedette"
    headers["x-ms-request-id"] = trace.trace_id if trace else problems.new_guid()
    if (origin := getattr(request.state, "shared_with", None)) is not None:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Vary"] = "Origin"
    asked = request.headers.get("client-request-id") or request.query_params.get("client-request-id")
    if asked and trace and request.headers.get("return-client-request-id", "").lower() == "true":
        headers["client-request-id"] = trace.correlation_id
    return response
