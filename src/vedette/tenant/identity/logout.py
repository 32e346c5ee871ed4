"""Logout: ends the browser's session, then goes back to the app where it registered the address."""

from __future__ import annotations

from starlette.responses import Response

from vedette.tenant.identity import sessions
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.redirects import registered_kind
from vedette.tenant.identity.rendering import page
from vedette.tenant.identity.request import parse_form, read_form
from vedette.tenant.identity.responding import redirect


async def logout(exchange: Exchange) -> Response:
    """Sign out. An address that no app registered is not followed."""
    is_post = exchange.request.method == "POST"
    form = await read_form(exchange.request) if is_post else parse_form(exchange.request.scope["query_string"])
    target = form.filled("post_logout_redirect_uri")
    applications = exchange.state.directory.applications.all() if target else ()
    if target and any(each.deleted is None and registered_kind(each, target) for each in applications):
        response = redirect(target, {"state": form["state"]} if "state" in form else {})
    else:
        response = page("done", heading="You are signed out", text="You can close this page.")
    sessions.end(exchange, response)
    return response
