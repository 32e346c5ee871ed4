"""The token endpoint: parse once, choose the grant by name, answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from starlette.responses import JSONResponse, Response

from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.grants import client_credentials, password
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.request import TokenRequest, read_form, token_request

Grant = Callable[[Exchange, TokenRequest], Awaitable[dict[str, object]]]

GRANTS: Mapping[str, Grant] = MappingProxyType(
    {
        "password": password.redeem,
        "client_credentials": client_credentials.redeem,
    }
)


async def token(exchange: Exchange) -> Response:
    """Answer a token request. Raises: Refused."""
    _ = exchange.authority
    asked = token_request(await read_form(exchange.request), exchange.request.headers, exchange.version)
    grant = GRANTS.get(asked.grant_type)
    if grant is None:
        raise Refused(70003, grant_type=asked.grant_type)
    return JSONResponse(await grant(exchange, asked))
