"""The admin consent endpoints: an administrator grants an app, for the whole organisation, all that it asks for."""

from __future__ import annotations

from starlette.responses import Response

from vedette.tenant.identity import sessions
from vedette.tenant.identity.client_authentication import find_application
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.flows import proceed, start
from vedette.tenant.identity.issued import AuthorizeRequest, Wanted
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.redirects import choose
from vedette.tenant.identity.rendering import refusal_page
from vedette.tenant.identity.request import missing, parse_form
from vedette.tenant.identity.responding import refuse
from vedette.tenant.identity.scopes import read


async def admin_consent(exchange: Exchange) -> Response:
    """Sign an administrator in and ask. The v2 endpoint may name scopes; v1 always means the whole registration."""
    try:
        _ = exchange.authority
        form = parse_form(exchange.request.scope["query_string"])
        client_id = form.filled("client_id")
        if client_id is None:
            raise missing(exchange.version, "client_id")
        application = find_application(exchange, client_id)
        redirect_uri, kind = choose(application, form.filled("redirect_uri"))
    except Refused as refused:
        return refusal_page(exchange, refused)
    request = AuthorizeRequest(
        app_id=application.app_id,
        redirect_uri=redirect_uri,
        kind=kind,
        response_types=[],
        response_mode="query",
        wanted=Wanted(version=2, scope=form.get("scope", "") if exchange.version == 2 else ""),
        state=form.get("state"),
    )
    try:
        if request.wanted.scope:
            read(request.wanted)
        turn = start(
            exchange, "admin_consent", app_id=application.app_id, tenant_name=exchange.tenant_name, request=request
        )
        accounts = sessions.accounts(exchange, exchange.authority)
        if accounts:
            return turn.seal(turn.page("accounts", accounts=[account.user for account in accounts]))
        return turn.seal(proceed(turn))
    except Refused as refused:
        return refuse(exchange, request, refused)
