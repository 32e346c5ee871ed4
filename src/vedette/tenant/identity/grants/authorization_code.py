"""Authorization codes: what the authorize page handed to the redirect URI, exchanged for tokens.

A code is good once, for ten minutes, for one app, redirect URI, tenant and PKCE challenge. Redeemed twice, somebody
else may have it: the refresh tokens of that sign-in are revoked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import msgspec

from vedette.catalogue.permission import OIDC_SCOPES
from vedette.tenant.identity.client_authentication import identify
from vedette.tenant.identity.delegation import delegate
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.grants.refresh_token import authenticate_as, translated
from vedette.tenant.identity.issued import AuthorizationCode, ClientKind, Wanted, hashed
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.redirects import registered_kind
from vedette.tenant.identity.request import TokenRequest
from vedette.tenant.identity.scopes import read
from vedette.tenant.identity.tokens import delegated_answer

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


async def redeem(exchange: Exchange, asked: TokenRequest) -> dict[str, object]:
    """Tokens for the sign-in that a code stands for.

    Raises: Refused (the rows of the client, 70000, 54005, 70008, 700005, 500112, 501481, 28002, 28003, those of
    `delegate`).
    """
    secret, redirect_uri = asked.require("code"), asked.require("redirect_uri")
    application = identify(exchange, asked)
    code = exchange.ledger.codes.get(hashed(secret))
    kind: ClientKind = (code.kind if code else registered_kind(application, redirect_uri)) or "public"
    client = authenticate_as(exchange, asked, kind)
    if code is None:
        raise _unknown(exchange, hashed(secret))
    _check(exchange, asked, code, application.app_id, redirect_uri)
    wanted = _wanted(asked, code)
    if exchange.ledger.codes.pop(code.id) is None:
        raise _unknown(exchange, code.id)
    exchange.ledger.spend(code.id, code.sign_in.id, code.expires)
    user = exchange.state.directory.users.get(code.sign_in.user_id)
    if user is None or not user.is_enabled:
        raise Refused(50057)
    try:
        delegation = delegate(exchange, client, user, code.sign_in, wanted, kind=code.kind)
    except Refused as refused:
        if refused.number == 70011 and asked.scope is not None:
            raise Refused(28002, scope=asked.scope) from None
        raise
    return delegated_answer(exchange, delegation, wants_client_info=asked.wants_client_info)


def _unknown(exchange: Exchange, code_id: str) -> Refused:
    """A code that is not there: redeemed before, or never issued."""
    spent = exchange.ledger.spent.get(code_id)
    if spent is None:
        return Refused(70000)
    exchange.ledger.revoke(spent.sign_in_id)
    return Refused(54005)


def _check(exchange: Exchange, asked: TokenRequest, code: AuthorizationCode, app_id: str, redirect_uri: str) -> None:
    if code.app_id.lower() != app_id.lower():
        raise Refused(70000)
    if exchange.now >= code.expires:
        raise Refused(70008)
    tenant = exchange.authority.tenant
    if tenant is not None and tenant.id != code.sign_in.tenant_id:
        raise Refused(700005)
    if redirect_uri != code.redirect_uri:
        raise Refused(500112, redirect_uri=redirect_uri, expected=code.redirect_uri)
    if not _proves(asked.code_verifier, code):
        raise Refused(501481)


def _proves(verifier: str | None, code: AuthorizationCode) -> bool:
    """Whether the verifier is the one behind the challenge; a verifier without a challenge proves nothing."""
    if code.challenge is None or verifier is None:
        return code.challenge is None and verifier is None
    if not _VERIFIER.fullmatch(verifier):
        return False
    if code.challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(verifier.encode(), code.challenge.encode())


def _wanted(asked: TokenRequest, code: AuthorizationCode) -> Wanted:
    """What the tokens are for: what the authorize request asked, narrowed to one API by this one.

    An ID token and a refresh token were asked for at the authorize page; a scope sent here does not take them away.
    """
    claims = asked.claims or code.wanted.claims
    if asked.version == 1:
        first = translated(code.wanted, 1)
        if asked.resource is not None and code.wanted.version == 1 and asked.resource != code.wanted.resource:
            raise Refused(70000)
        return msgspec.structs.replace(first, resource=asked.resource or first.resource, claims=claims)
    if asked.resource is not None:
        raise Refused(901002)
    if asked.has_scope and asked.scope is None:
        raise Refused(28003)
    before = translated(code.wanted, 2)
    oidc = sorted(OIDC_SCOPES & set(before.scope.split()))
    if asked.scope is not None:
        return Wanted(version=2, scope=" ".join(dict.fromkeys((*asked.scope.split(), *oidc))), claims=claims)
    question = read(before)
    if len(question.asks) == 1:
        return msgspec.structs.replace(before, claims=claims)
    ask = question.asks[0]
    return Wanted(version=2, scope=" ".join([*map(ask.written, sorted(ask.values)), *oidc]), claims=claims)
