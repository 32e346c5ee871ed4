"""UserInfo of the sign-in service: who the user of a Graph token is."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from vedette.catalogue.permission import GRAPH
from vedette.tenant.authenticate import Authenticator, BadToken
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.tokens import subject


async def userinfo(exchange: Exchange) -> Response:
    """Claims about the user that the bearer token speaks for; the token must hold `openid`."""
    headers = exchange.request.headers.getlist("authorization")
    try:
        caller = Authenticator(exchange.state, GRAPH.identifier_uris).caller([each.encode() for each in headers])
    except BadToken as bad:
        return _refused(401, "invalid_token", bad.reason)
    user = exchange.state.directory.users.get(caller.user_id) if caller.user_id else None
    if user is None or "openid" not in caller.scopes:
        return _refused(403, "insufficient_scope", "the token does not hold openid")
    members: dict[str, object] = {"sub": subject(exchange, user, caller.app_id)}
    if "profile" in caller.scopes:
        members |= {"name": user.display_name, "given_name": user.given_name, "family_name": user.surname}
    if "email" in caller.scopes:
        members["email"] = user.upn
    return JSONResponse(members)


def _refused(status: int, error: str, reason: str) -> Response:
    headers = {"WWW-Authenticate": f'Bearer error="{error}", error_description="{reason}"'}
    return JSONResponse({"error": error, "error_description": reason}, status, headers=headers)
