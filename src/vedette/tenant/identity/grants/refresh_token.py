"""Refresh tokens: new tokens without the user, for any API that the app may use for them.

Each use gives a new refresh token, and the old one stays good: 90 days from its own issue, 24 hours from the sign-in
for a single-page app. It belongs to one app and one user, and ends when the password changes or sessions are revoked.
"""

from __future__ import annotations

from vedette.tenant.identity.accounts import home_user, is_still_valid
from vedette.tenant.identity.client_authentication import (
    Client,
    authenticate_confidential,
    authenticate_public,
    identify,
)
from vedette.tenant.identity.delegation import delegate
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.issued import ClientKind, RefreshToken, Version, Wanted, hashed
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.request import TokenRequest
from vedette.tenant.identity.scopes import read
from vedette.tenant.identity.tokens import delegated_answer


async def redeem(exchange: Exchange, asked: TokenRequest) -> dict[str, object]:
    """New tokens for an earlier sign-in.

    Raises: Refused (the rows of the client, 70000, 700082, 700084, 50173, those of `delegate`).
    """
    secret = asked.require("refresh_token")
    application = identify(exchange, asked)
    token = exchange.ledger.refresh_tokens.get(hashed(secret))
    is_own = token is not None and token.app_id.lower() == application.app_id.lower()
    kind: ClientKind = token.kind if token is not None and is_own else "public"
    client = authenticate_as(exchange, asked, kind) if is_own else Client(application, "none")
    if token is None or not is_own:
        raise Refused(70000)
    if exchange.now >= token.expires:
        raise Refused(700084 if token.kind == "spa" else 700082)
    authority = exchange.authority
    if authority.tenant is not None and authority.tenant.id != token.sign_in.tenant_id:
        raise Refused(70000)
    user = exchange.state.directory.users.get(token.sign_in.user_id)
    if token.is_revoked or user is None or not is_still_valid(user, home_user(exchange.state, user), token.sign_in):
        raise Refused(50173)
    delegation = delegate(exchange, client, user, token.sign_in, _wanted(asked, token), kind=token.kind)
    return delegated_answer(exchange, delegation, wants_client_info=asked.wants_client_info, first_issued=token)


def authenticate_as(exchange: Exchange, asked: TokenRequest, kind: ClientKind) -> Client:
    """The client, held to what its redirect URI made of it.

    Raises: Refused (9002327 for a single-page app outside a browser, 700025, 7000218, the `invalid_client` rows).
    """
    application = identify(exchange, asked)
    if kind == "web":
        return authenticate_confidential(exchange, asked, application)
    if kind == "spa" and asked.browser_origin is None:
        raise Refused(9002327)
    return authenticate_public(exchange, asked, application)


def _wanted(asked: TokenRequest, token: RefreshToken) -> Wanted:
    """What is asked for now, or else what was asked for at first."""
    if asked.scope is not None and asked.version == 2:
        return asked.wanted
    if asked.version == 1 and asked.resource is not None:
        return asked.wanted
    if asked.version == 2 and asked.resource is not None:
        raise Refused(901002)
    return translated(token.wanted, asked.version)


def translated(wanted: Wanted, version: Version) -> Wanted:
    """The same question in the words of the other endpoint."""
    if wanted.version == version:
        return wanted
    question = read(wanted)
    audience = question.asks[0].audience
    if version == 1:
        return Wanted(
            version=1, resource=audience, scope="openid" if question.wants_id_token else "", claims=wanted.claims
        )
    oidc = " openid" if question.wants_id_token else ""
    return Wanted(version=2, scope=f"{audience}/.default offline_access{oidc}", claims=wanted.claims)
