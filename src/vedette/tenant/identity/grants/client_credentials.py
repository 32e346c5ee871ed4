"""Client credentials: an application acts on its own behalf, with the application permissions that it was granted.

Permissions that were not granted are simply absent from the token; the API refuses the call.
"""

from __future__ import annotations

from vedette.tenant.identity.apis import find_api
from vedette.tenant.identity.client_authentication import authenticate, identify, principal_in
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.request import TokenRequest, missing
from vedette.tenant.identity.scopes import DEFAULT
from vedette.tenant.identity.tokens import app_only_answer


async def redeem(exchange: Exchange, asked: TokenRequest) -> dict[str, object]:
    """A token for the application itself.

    Raises: Refused (50059, the rows of the client, 7000216, 1002012, 901002, 50001, 500011).
    """
    tenant = exchange.authority.require_tenant()
    application = identify(exchange, asked)
    if not asked.has_credentials:
        raise Refused(7000216)
    client = authenticate(exchange, asked, application)
    audience = _audience(asked)
    api = find_api(exchange.state.directory, tenant, audience)
    principal = principal_in(exchange, tenant, application)
    if principal is None:
        raise Refused(700016, client_id=application.app_id, tenant=tenant.display_name)
    return app_only_answer(exchange, client, principal, tenant, api, audience, asked.claims)


def _audience(asked: TokenRequest) -> str:
    """The one API that is asked for: `resource` on v1, `API/.default` and nothing else on v2."""
    if asked.version == 1:
        if asked.resource is None:
            raise Refused(50001, resource="")
        return asked.resource
    if asked.resource is not None:
        raise Refused(901002)
    if asked.scope is None:
        raise missing(asked.version, "scope")
    audience, slash, value = asked.scope.strip().rpartition("/")
    if not slash or not audience or value != DEFAULT or len(asked.scope.split()) != 1:
        raise Refused(1002012, scope=asked.scope)
    return audience
