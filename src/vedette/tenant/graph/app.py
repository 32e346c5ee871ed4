"""Microsoft Graph as an ASGI application: the chain that every call goes through, as one readable list.

    correlation ids → version and route → authenticate → permissions and directory role → throttle → handler → encode

Whatever a step refuses it raises as a `GraphProblem`; `problems.answer` alone writes it.
"""

from __future__ import annotations

import uuid
from collections import deque

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vedette.catalogue.advanced_hunting import HUNTING_DIRECTORY_ROLES
from vedette.catalogue.graph import CALLS_IN_TEN_SECONDS
from vedette.catalogue.graph_operations import CONSENTERS, GraphOperation
from vedette.catalogue.permission import GRAPH
from vedette.tenant.authenticate import Authenticator, BadToken, Caller
from vedette.tenant.defender.courses import caught_up
from vedette.tenant.directory import ServicePrincipal, User
from vedette.tenant.graph import applications, credentials, grants, hunting, people, service_principals
from vedette.tenant.graph.call import Answer, Call
from vedette.tenant.graph.decode import MAX_BODY_BYTES
from vedette.tenant.graph.problems import MEDIA_TYPE, GraphProblem, answer, bad_request, denied, lacking
from vedette.tenant.graph.routes import HANDLERS, IN_THREAD, find
from vedette.tenant.state import State

HANDLER_MODULES = (applications, credentials, grants, hunting, people, service_principals)
"""Imported so that their handlers are registered."""

VERSIONS = ("v1.0", "beta")
"""Both answer alike."""

_WINDOW_S = 10.0


def graph_app(state: State) -> ASGIApp:
    """The ASGI application that answers `/v1.0/…`, `/beta/…` and `/oidc/userinfo`."""
    graph = _Graph(state)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await graph.respond(request))(scope, receive, send)

    return app


class _Graph:
    def __init__(self, state: State) -> None:
        self._state = state
        self._authenticator = Authenticator(state, {*GRAPH.identifier_uris, GRAPH.app_id})
        self._calls: dict[tuple[str, str], deque[float]] = {}

    async def respond(self, request: Request) -> Response:
        request_id = str(uuid.uuid4())
        client_request_id = _guid_or_new(request.headers.get("client-request-id", ""))
        try:
            body = await _body(request)
            response = self._encoded(await self._answered(request, body))
        except GraphProblem as problem:
            response = answer(problem, request_id, client_request_id, self._state.clock.now())
        response.headers["request-id"] = request_id
        response.headers["client-request-id"] = client_request_id
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def _answered(self, request: Request, body: bytes) -> Answer:
        raw_path = request.scope.get("raw_path") or request.url.path.encode()
        path = raw_path.partition(b"?")[0].decode("ascii", "replace")
        if path.rstrip("/").lower() == "/oidc/userinfo":
            return self._userinfo(request)
        version, _, rest = path.lstrip("/").partition("/")
        if version.lower() not in VERSIONS:
            raise GraphProblem("BadRequest", "Invalid version.", status=400)
        # Microsoft's own client for Python writes two slashes after the version.
        operation, places = find(request.method, f"/{rest.lstrip('/')}")
        caller = self._caller(request)
        principal, user = self._who(caller)
        _check_permissions(operation, caller, user)
        self._throttle(caller)
        origin = f"{request.url.scheme}://{request.headers.get('host') or request.url.netloc}"
        call = Call(
            state=self._state,
            operation=operation,
            caller=caller,
            tenant=self._state.directory.tenants.get(caller.tenant_id),  # type: ignore[arg-type]  # the token was checked
            user=user,
            principal=principal,
            base=f"{origin}/{version}",
            address=f"{origin}{path}",
            path=places,
            query=tuple(request.query_params.multi_items()),
            is_eventual=request.headers.get("consistencylevel", "").strip().lower() == "eventual",
            body=body,
        )
        handler = HANDLERS[operation.id]
        if operation.id not in IN_THREAD:
            return handler(call)
        if (store := self._state.defender.get(caller.tenant_id)) is not None:
            await caught_up(store, self._state.clock.now())
        return await run_in_threadpool(handler, call)

    def _caller(self, request: Request) -> Caller:
        headers = [value for name, value in request.scope["headers"] if name == b"authorization"]
        try:
            return self._authenticator.caller(headers)
        except BadToken as bad:
            raise _unauthenticated(_reason(bad)) from None

    def _who(self, caller: Caller) -> tuple[ServicePrincipal, User | None]:
        """The calling application and the signed-in user. Raises: GraphProblem for those gone or blocked since."""
        directory = self._state.directory
        principal = directory.service_principal(caller.tenant_id, caller.app_id)
        if principal is None or not principal.is_enabled:
            raise _unauthenticated("The application that the token was issued to is gone or blocked.")
        if caller.user_id is None:
            return principal, None
        user = directory.users.get(caller.user_id)
        if user is None or user.tenant_id != caller.tenant_id or not user.is_enabled:
            raise _unauthenticated("The user that the token was issued to is gone or blocked.")
        return principal, user

    def _throttle(self, caller: Caller) -> None:
        factor = self._state.options.limit_factor
        if factor is None:
            return
        allowed = max(1, round(CALLS_IN_TEN_SECONDS * factor))
        now = self._state.clock.now().timestamp()
        calls = self._calls.setdefault((caller.tenant_id, caller.app_id), deque())
        while calls and calls[0] <= now - _WINDOW_S:
            calls.popleft()
        if len(calls) >= allowed:
            wait = max(1, round(calls[0] + _WINDOW_S - now))
            raise GraphProblem("TooManyRequests", "Too many requests.", headers={"Retry-After": str(wait)})
        calls.append(now)

    def _userinfo(self, request: Request) -> Answer:
        """What OpenID Connect tells about the signed-in user."""
        if request.method not in ("GET", "POST"):
            raise GraphProblem("Request_BadRequest", "Specified HTTP method is not allowed.", status=405)
        caller = self._caller(request)
        _, user = self._who(caller)
        if user is None or "openid" not in caller.scopes:
            raise denied()
        # For UserInfo the user goes by the name that the app knows from its ID token, not by Graph's own for them.
        st = caller.claims.get("xms_st")
        names = st if isinstance(st, dict) else caller.claims
        told: dict[str, object] = {"sub": names.get("sub", user.id)}
        if "profile" in caller.scopes:
            told |= {"name": user.display_name, "given_name": user.given_name, "family_name": user.surname}
        if "email" in caller.scopes:
            told["email"] = user.upn
        return Answer(told)

    @staticmethod
    def _encoded(given: Answer) -> Response:
        headers = dict(given.headers)
        if given.status == 204:
            return Response(status_code=204, headers=headers)
        headers["OData-Version"] = "4.0"
        if isinstance(given.content, str):
            return Response(given.content, given.status, headers, media_type="text/plain; charset=utf-8")
        return Response(msgspec.json.encode(given.content), given.status, headers, media_type=MEDIA_TYPE)


def _check_permissions(operation: GraphOperation, caller: Caller, user: User | None) -> None:
    """Refuse a token that lacks the permissions, or a user who lacks the directory role. Raises: GraphProblem (403).

    Who may change what is also a matter of ownership; the handlers check that where they know the object.
    """
    needs, held = (operation.delegated, caller.scopes) if caller.is_delegated else (operation.application, caller.roles)
    if needs is None or not all(held & set(group) for group in needs):
        raise lacking(needs, held, is_delegated=caller.is_delegated) if operation.user == "hunter" else denied()
    if user is not None and operation.user == "hunter" and not _may_hunt(user):
        raise GraphProblem("Forbidden", "The signed-in user has no role that allows hunting.", status=403)
    if user is not None and operation.user == "consenter" and not CONSENTERS & set(user.directory_roles):
        raise denied()


def _may_hunt(user: User) -> bool:
    return "View Data" in user.defender_permissions or bool(HUNTING_DIRECTORY_ROLES & set(user.directory_roles))


def _reason(bad: BadToken) -> str:
    if bad.is_missing:
        return "Access token is empty."
    if bad.is_expired:
        return "Lifetime validation failed, the token is expired."
    if "audience" in bad.reason:
        return "Invalid audience."
    return f"Access token validation failure: {bad.reason}."


def _unauthenticated(message: str) -> GraphProblem:
    return GraphProblem("InvalidAuthenticationToken", message, headers={"WWW-Authenticate": 'Bearer realm=""'})


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > MAX_BODY_BYTES:
                raise bad_request(f"The request body is larger than {MAX_BODY_BYTES} bytes.")
            parts.append(part)
    except ClientDisconnect:
        raise bad_request("The request ended early.") from None
    return b"".join(parts)


def _guid_or_new(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return str(uuid.uuid4())
