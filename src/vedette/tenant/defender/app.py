"""The Defender API as an ASGI application: the chain that every call goes through, as one readable list."""

from __future__ import annotations

import functools
import logging
import time
import uuid
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vedette.catalogue.clouds import api_hosts, xdr_hosts
from vedette.catalogue.entity import Entity
from vedette.catalogue.library_files import MAX_FILE_BYTES
from vedette.catalogue.operation import Operation
from vedette.catalogue.permission import DEFENDER, XDR, Resource
from vedette.catalogue.resources import operations
from vedette.odata import ODataError, Options, parse_options
from vedette.odata.entities import model_of
from vedette.tenant import encode
from vedette.tenant.authenticate import Authenticator, BadToken, Caller
from vedette.tenant.authorize import authorize
from vedette.tenant.blobs import download
from vedette.tenant.call import Address, Call
from vedette.tenant.decode import arguments
from vedette.tenant.defender import (
    advanced_queries,
    alerts,
    authenticated_scans,
    baselines,
    browser_extensions,
    data_export_settings,
    device_groups,
    device_health,
    domains,
    exports,
    files,
    firmware,
    incidents,
    indicators,
    investigations,
    ips,
    library_files,
    live_response,
    machine_actions,
    machines,
    recommendations,
    remediation_tasks,
    scores,
    software,
    users,
    vulnerabilities,
)
from vedette.tenant.defender.courses import caught_up
from vedette.tenant.defender.handling import HANDLERS, Result, default
from vedette.tenant.describe.metadata import metadata
from vedette.tenant.describe.openapi import openapi
from vedette.tenant.problems import Problem, answer
from vedette.tenant.routes import Match, Routes
from vedette.tenant.signed_links import PREFIX
from vedette.tenant.state import State

HANDLED = (
    alerts,
    machines,
    machine_actions,
    live_response,
    library_files,
    investigations,
    vulnerabilities,
    software,
    recommendations,
    remediation_tasks,
    scores,
    baselines,
    browser_extensions,
    device_health,
    authenticated_scans,
    firmware,
    exports,
    indicators,
    files,
    ips,
    domains,
    users,
    device_groups,
    incidents,
    data_export_settings,
    advanced_queries,
)
"""Importing these registers their handlers."""

MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_FORM_BYTES = MAX_FILE_BYTES + 64 * 1024
"""A file of the largest size, and what stands around it in a form."""
_ELSEWHERE = {DEFENDER.app_id: xdr_hosts() - api_hosts(), XDR.app_id: api_hosts() - xdr_hosts()}
"""API → hosts of the other API at which no page has it. Names of our own answer for both."""
_log = logging.getLogger("vedette.tenant.defender")


def defender_app(state: State) -> ASGIApp:
    """The Defender API over this state."""
    return DefenderApp(state)


class DefenderApp:
    """Answers `/api/…`, and `/download/…` behind signed links; one instance for all tenants of a server.

    The XDR API has its operations here too: it shares hosts with the Endpoint API, not what tokens are for.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._routes = Routes(operations())
        self._authenticators = {
            DEFENDER.app_id: Authenticator(state, DEFENDER.identifier_uris),
            XDR.app_id: Authenticator(state, {*XDR.identifier_uris, XDR.app_id}),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        request_id = str(uuid.uuid4())
        began = time.perf_counter()
        try:
            response = await self._answered(request, request_id)
        except Problem as problem:
            response = answer(problem, request_id)
        except Exception:
            _log.exception("%s %s failed, request %s", request.method, request.url.path, request_id)
            response = answer(Problem("InternalServerError"), request_id)
        response.headers["x-ms-request-id"] = request_id
        elapsed_ms = (time.perf_counter() - began) * 1000
        _log.info("%s %s %d %.1f ms %s", request.method, request.url.path, response.status_code, elapsed_ms, request_id)
        await response(scope, receive, send)

    async def _answered(self, request: Request, request_id: str) -> Response:
        if request.url.path.startswith(PREFIX):
            return await download(self._state, request, request_id)
        description = _description(request)
        if description is not None:
            return description
        match = self._routed(request)
        caller = self._authenticated(request, match.operation.api)
        user = authorize(self._state, match.operation, caller)
        self._state.throttle.admit(match.operation, caller)
        address = _address(request)
        call = Call(
            state=self._state,
            operation=match.operation,
            caller=caller,
            user=user,
            store=self._state.defender[caller.tenant_id],
            address=address,
            request_id=request_id,
            options=_options(match, address),
        )
        await caught_up(call.store, call.now)
        body = await _body(request, match.operation) if match.operation.has_body else b""
        content_type = request.headers.get("content-type", "")
        call.arguments = arguments(match.operation, match.arguments, address.query, body, content_type)
        return await _answer_of(call, match)

    def _routed(self, request: Request) -> Match:
        path = request.scope.get("raw_path", b"").partition(b"?")[0].decode("latin-1") or request.url.path
        match = self._routes.match(request.method, path)
        if isinstance(match, Match) and request.url.hostname not in _ELSEWHERE[match.operation.api.app_id]:
            return match
        if match is None or isinstance(match, Match):
            raise Problem("NotFound", reason=f"There is no operation at {request.url.path}.")
        allowed = ", ".join(sorted(match))
        raise Problem(
            "BadRequest", reason=f"{request.method} is not supported at {request.url.path}; use {allowed}."
        ).with_headers(Allow=allowed)

    def _authenticated(self, request: Request, api: Resource) -> Caller:
        authorization = [value for name, value in request.scope["headers"] if name == b"authorization"]
        try:
            caller = self._authenticators[api.app_id].caller(authorization)
        except BadToken as bad:
            detail = "" if bad.is_missing else f' error="invalid_token", error_description="{bad.reason}"'
            raise Problem("Unauthorized").with_headers(WWW_Authenticate=f"Bearer{detail}") from bad
        if caller.tenant_id not in self._state.defender:
            raise Problem("Forbidden", reason="Defender for Endpoint is not set up in the tenant of this token.")
        return caller


def _description(request: Request) -> Response | None:
    """The documents that describe the API; they are open to everybody."""
    name = request.url.path.lower().removeprefix("/api/").removeprefix("v1.0/")
    if request.method != "GET" or name not in ("$metadata", "openapi.json"):
        return None
    if name == "$metadata":
        return Response(_metadata(), media_type="application/xml")
    return Response(_openapi(f"{request.url.scheme}://{request.url.netloc}"), media_type="application/json")


@functools.cache
def _metadata() -> bytes:
    return metadata()


@functools.lru_cache(maxsize=8)
def _openapi(server: str) -> bytes:
    return msgspec.json.encode(openapi(server))


def _address(request: Request) -> Address:
    raw_path = request.scope.get("raw_path", b"").partition(b"?")[0].decode("latin-1") or request.url.path
    query = tuple(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return Address(f"{request.url.scheme}://{request.url.netloc}", raw_path, query)


def _options(match: Match, address: Address) -> Options | None:
    entity, odata = match.operation.entity, match.operation.odata
    options = [(name, value) for name, value in address.query if name.startswith("$")]
    if entity is None or not (match.operation.is_listing or issubclass(entity, Entity)):
        if options:
            raise Problem("ODataError", reason=f"{match.operation.id} takes no query options.")
        return None
    filterable = None if odata.filter is True else tuple(odata.filter or ())
    try:
        return parse_options(options, model_of(entity, filterable), max_top=odata.top)
    except ODataError as error:
        raise Problem("ODataError", reason=str(error)) from error


async def _body(request: Request, operation: Operation[Any, Any]) -> bytes:
    allowed = MAX_FORM_BYTES if operation.body_format == "multipart" else MAX_BODY_BYTES
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > allowed:
            raise Problem("InvalidRequestBody")
        parts.append(chunk)
    return b"".join(parts)


async def _answer_of(call: Call, match: Match) -> Response:
    handler = HANDLERS.get(call.operation.id)
    if handler is None:
        return _written(call, match, default(call))

    def answered() -> Response:
        return _written(call, match, handler.function(call, **call.arguments))

    # Rows may be made while they are written, so the writing goes where the handler goes.
    return await run_in_threadpool(answered) if handler.in_thread else answered()


def _written(call: Call, match: Match, result: Result) -> Response:
    if result is None:
        return encode.nothing(call)
    if isinstance(result, str):
        return encode.value(call, result)
    if match.is_count:
        return encode.count(call, result)  # type: ignore[arg-type]  # only listings match a count
    if call.operation.is_listing:
        return encode.page(call, result)  # type: ignore[arg-type]  # handlers of listings give rows
    return encode.single(call, result)  # type: ignore[arg-type]  # handlers of other operations give one entity
