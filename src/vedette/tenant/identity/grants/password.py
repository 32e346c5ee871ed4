"""Resource owner password credentials: a user name and a password, sent by the app itself.

It knows no second factor and no personal accounts, so it works only where a tenant is named, or can be found from the
user name through `organizations`. Microsoft advises against it; the documented Defender sample uses it all the same.
"""

from __future__ import annotations

from vedette.tenant.identity.accounts import check_password
from vedette.tenant.identity.client_authentication import authenticate_by_registration, identify
from vedette.tenant.identity.delegation import delegate
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.issued import new_sign_in
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.request import TokenRequest
from vedette.tenant.identity.tokens import delegated_answer


async def redeem(exchange: Exchange, asked: TokenRequest) -> dict[str, object]:
    """Tokens for the user whose password this is.

    Raises: Refused (9001023, the rows of client and user, those of `delegate`).
    """
    authority = exchange.authority
    if authority.kind in ("common", "consumers"):
        raise Refused(9001023)
    user_name, password = asked.require("username"), asked.require("password")
    application = identify(exchange, asked)
    is_public = application.is_fallback_public_client is True
    client = authenticate_by_registration(exchange, asked, application, is_public=is_public)
    user = await check_password(exchange, authority, user_name, password)
    sign_in = new_sign_in(user.id, user.tenant_id, ["pwd"], exchange.now)
    delegation = delegate(exchange, client, user, sign_in, asked.wanted, kind="public" if is_public else "web")
    return delegated_answer(exchange, delegation, wants_client_info=asked.wants_client_info)
