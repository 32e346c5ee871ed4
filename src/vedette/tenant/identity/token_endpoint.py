"""The token endpoint: parse once, choose the grant by name, answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from starlette.responses import JSONResponse, Response

from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.grants import (
    authorization_code,
    client_credentials,
    device_code,
    on_behalf_of,
    password,
    refresh_token,
)
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.redirects import form_target
from vedette.tenant.identity.request import TokenRequest, read_form, token_request

Grant = Callable[[Exchange, TokenRequest], Awaitable[dict[str, object]]]

GRANTS: Mapping[str, Grant] = MappingProxyType(
    {
        "authorization_code": authorization_code.redeem,
        "device_code": device_code.redeem,
        "urn:ietf:params:oauth:grant-type:device_code": device_code.redeem,
        "urn:ietf:params:oauth:grant-type:jwt-bearer": on_behalf_of.redeem,
        "password": password.redeem,
        "refresh_token": refresh_token.redeem,
        "client_credentials": client_credentials.redeem,
    }
)

_REPEATED_BY_LOOPS = frozenset({"password", "client_credentials", "refresh_token"})
"""Grants that a program without a token cache asks for again and again. Polling for a device is no loop."""


async def token(exchange: Exchange) -> Response:
    """Answer a token request. Raises: Refused."""
    exchange.faults.check()
    _ = exchange.authority
    asked = token_request(await read_form(exchange.request), exchange.request.headers, exchange.version)
    grant = GRANTS.get(asked.grant_type)
    if grant is None:
        raise Refused(70003, grant_type=asked.grant_type)
    _share_with_browser(exchange, asked)
    if asked.grant_type in _REPEATED_BY_LOOPS:
        what = asked.wanted
        exchange.faults.count(
            exchange.now, exchange.address, asked.grant_type, asked.client_id, asked.username, what.scope, what.resource
        )
    return JSONResponse(await grant(exchange, asked))


def _share_with_browser(exchange: Exchange, asked: TokenRequest) -> None:
    """Let a page of a single-page app read the answer, errors included; nobody else's page may."""
    application = exchange.state.directory.application(asked.client_id) if asked.client_id else None
    if application is not None and asked.browser_origin is not None:
        own = {form_target(uri) for uri in application.spa_redirect_uris}
        if asked.browser_origin in own:
            exchange.request.state.shared_with = asked.browser_origin
