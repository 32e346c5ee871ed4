"""The portal as an ASGI application: addresses, who may see them, and what a refusal looks like.

Every page calls the Defender API in this process with the signed-in user's own token, so that permissions, user roles
and device groups are decided where they are decided for everybody else.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

import httpx2
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vedette.auth.credential import StaticToken
from vedette.catalogue.clouds import portal_hosts
from vedette.client.async_defender import AsyncDefender
from vedette.client.transport import AsyncHttpTransport
from vedette.errors import NotFound, PermissionDenied, RateLimited, ServiceError
from vedette.tenant.defender.app import defender_app
from vedette.tenant.identity.app import identity_app
from vedette.tenant.portal import alerts, apps, connect, hunting, machines, overview, rendering
from vedette.tenant.portal.sessions import Notice, Session
from vedette.tenant.portal.sign_in import SignIn, origin, sign_in_origin
from vedette.tenant.portal.visit import Visit
from vedette.tenant.state import State

_MICROSOFT_HOSTS = portal_hosts()
MAX_FORM_BYTES = 64 * 1024
_FAR = 253402300799
_log = logging.getLogger("vedette.tenant.portal")

Handler = Callable[..., Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One address; `{name}` is a path segment, handed on by name."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)), handler)


ROUTES: tuple[Route, ...] = (
    _route("GET", "/portal", overview.show),
    _route("GET", "/portal/alerts", alerts.show_all),
    _route("GET", "/portal/alerts/{id}", alerts.show),
    _route("POST", "/portal/alerts/{id}", alerts.update),
    _route("GET", "/portal/machines", machines.show_all),
    _route("GET", "/portal/machines/{id}", machines.show),
    _route("POST", "/portal/machines/{id}/tags", machines.tag),
    _route("POST", "/portal/machines/{id}/isolate", machines.isolate),
    _route("POST", "/portal/machines/{id}/release", machines.release),
    _route("GET", "/portal/hunting", hunting.show),
    _route("POST", "/portal/hunting", hunting.run),
    _route("GET", "/portal/apps", apps.show),
    _route("GET", "/portal/connect", connect.show),
)
"""Pages for people who are signed in."""


def portal_app(state: State) -> ASGIApp:
    """The portal over this state."""
    return PortalApp(state)


class PortalApp:
    """Answers `/` and `/portal/…`."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._sign_in = SignIn(state, identity_app(state))
        self._api = AsyncHttpTransport(transport=httpx2.ASGITransport(defender_app(state)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answered(request)
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            response = rendering.message("Something went wrong", "The server's log has the details.", status=500)
        _finish(request, response)
        await response(scope, receive, send)

    async def _answered(self, request: Request) -> Response:
        path = request.url.path.rstrip("/") or "/"
        method = "GET" if request.method == "HEAD" else request.method
        if path.startswith("/portal/static/"):
            return rendering.static(path.removeprefix("/portal/static/"))
        match method, path:
            case "GET", "/":
                return rendering.see_other("/portal")
            case "GET", "/favicon.ico":
                return rendering.static("mark.svg")
            case "GET", "/portal/sign-in":
                return self._sign_in.begin(request)
            case "GET", "/portal/signed-in" if not request.query_params:
                return rendering.message(
                    "Signed out", "You are signed out.", status=200, link=("/portal/sign-in", "Sign in")
                )
            case "GET", "/portal/signed-in":
                return await self._sign_in.finish(request)
        matched = [(route, found) for route in ROUTES if (found := route.pattern.fullmatch(path))]
        if not matched and path != "/portal/sign-out":
            return rendering.message("Not found", "There is no such page.", status=404)
        session = self._sign_in.session(request)
        if session is None:
            return _to_sign_in(request, path)
        form = await _form(request)
        if method != "GET" and (form is None or not _is_own(request) or not session.owns(form.get("form_token", ""))):
            return rendering.message("Not done", "The form is stale. Go back, reload the page, try again.", status=403)
        if (method, path) == ("POST", "/portal/sign-out"):
            return self._sign_in.end(request)
        for route, found in matched:
            if route.method == method:
                return await self._visited(request, session, form or {}, route, found.groupdict())
        return rendering.message("Not possible", f"{request.method} is not possible here.", status=405)

    async def _visited(
        self, request: Request, session: Session, form: dict[str, str], route: Route, parts: dict[str, str]
    ) -> Response:
        user = self._state.directory.users.get(session.user_id)
        tenant = self._state.directory.tenants.get(session.tenant_id)
        if user is None or tenant is None:
            return _to_sign_in(request, "/portal")
        # The end of the token is the tenant's to judge, by its own clock.
        defender = AsyncDefender(
            StaticToken(session.access_token, expires_on=_FAR),
            base_url=origin(request),
            transport=self._api,
            pace=False,
            retries=False,
        )
        visit = Visit(
            state=self._state,
            request=request,
            session=session,
            user=user,
            tenant=tenant,
            defender=defender,
            origin=origin(request),
            sign_in_origin=sign_in_origin(request),
            form=form,
        )
        try:
            return await route.handler(visit, **parts)
        except ServiceError as error:
            if error.status == 401:
                return _to_sign_in(request, "/portal")
            if route.method == "POST":
                session.notice = Notice("refused", error.message)
                return rendering.see_other(request.url.path.rpartition("/")[0] if _is_act(route) else request.url.path)
            return _refused(visit, error)


def _is_act(route: Route) -> bool:
    return not route.pattern.pattern.endswith(")")


def _refused(visit: Visit, error: ServiceError) -> Response:
    title = {NotFound: "Not found", PermissionDenied: "Not allowed", RateLimited: "Too many requests"}
    named = title.get(type(error), "Not possible")
    return visit.page("refused", status=error.status, section="", title=named, error=error)


def _to_sign_in(request: Request, path: str) -> Response:
    if request.method not in ("GET", "HEAD"):
        return rendering.message(
            "Signed out", "You are not signed in any more, and nothing was changed.", status=403,
            link=("/portal/sign-in", "Sign in"),
        )  # fmt: skip
    wanted = f"{path}?{request.url.query}" if request.url.query else path
    return rendering.see_other("/portal/sign-in" + ("" if wanted == "/portal" else f"?to={quote(wanted, safe='')}"))


def _is_own(request: Request) -> bool:
    """Browsers say where a form comes from; one from elsewhere is refused before its token is looked at."""
    return request.headers.get("origin", origin(request)) == origin(request)


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a posted form; None where there is none, or it is too large."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return None
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_FORM_BYTES:
            return None
    return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))


def _finish(request: Request, response: Response) -> None:
    """Add what every answer carries."""
    headers = response.headers
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    # Under a name of this machine it would force HTTPS on every other server that is developed there.
    if request.url.hostname in _MICROSOFT_HOSTS:
        headers["Strict-Transport-Security"] = "max-age=31536000"
