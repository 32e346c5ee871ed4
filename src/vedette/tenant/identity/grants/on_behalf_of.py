"""On-behalf-of: an API exchanges the access token that a user's client sent to it for one of another API.

The assertion must be a token that this server signed for the very app that presents it, and that speaks for a user.
"""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from vedette.auth.tokens import split_token
from vedette.errors import TokenInvalid
from vedette.tenant.directory import Application, Tenant, User
from vedette.tenant.identity.accounts import check_usable
from vedette.tenant.identity.client_authentication import SKEW, authenticate_confidential, identify
from vedette.tenant.identity.delegation import delegate
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.issued import new_sign_in
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.request import TokenRequest, missing
from vedette.tenant.identity.tokens import delegated_answer, issuer


async def redeem(exchange: Exchange, asked: TokenRequest) -> dict[str, object]:
    """Tokens of another API for the user behind an assertion.

    Raises: Refused (the rows of the client, 50013, 500133, 500131, 240002, 7000114, those of `delegate`).
    """
    assertion = asked.require("assertion")
    if asked.requested_token_use != "on_behalf_of":  # noqa: S105  (a protocol word)
        raise missing(exchange.version, "requested_token_use")
    application = identify(exchange, asked)
    client = authenticate_confidential(exchange, asked, application)
    user, amr = _user(exchange, application, _verified(exchange, assertion))
    sign_in = new_sign_in(user.id, user.tenant_id, amr, exchange.now)
    delegation = delegate(exchange, client, user, sign_in, asked.wanted, kind="web")
    return delegated_answer(exchange, delegation, wants_client_info=asked.wants_client_info)


def _verified(exchange: Exchange, assertion: str) -> Mapping[str, object]:
    """The claims of a token that this server signed and whose time has not passed. Raises: Refused (50013, 500133)."""
    try:
        parts = split_token(assertion)
    except TokenInvalid:
        raise Refused(50013) from None
    kid = parts.header.get("kid")
    key = exchange.state.keys.public_keys().get(kid) if isinstance(kid, str) else None
    if key is None or parts.header.get("alg") != "RS256" or "crit" in parts.header:
        raise Refused(50013)
    try:
        key.verify(parts.signature, parts.signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise Refused(50013) from None
    expires, begins = parts.claims.get("exp"), parts.claims.get("nbf")
    now, skew = exchange.now.timestamp(), SKEW.total_seconds()
    if type(expires) is not int or type(begins) is not int or not begins - skew <= now < expires + skew:
        raise Refused(500133)
    return parts.claims


def _user(exchange: Exchange, application: Application, claims: Mapping[str, object]) -> tuple[User, list[str]]:
    """Whom the assertion speaks for, and how they signed in."""
    tenant = _tenant(exchange, claims)
    if "appid" not in claims and "azp" not in claims:
        raise Refused(240002)
    if claims.get("aud") not in _own_names(application):
        raise Refused(500131)
    if "scp" not in claims:
        raise Refused(7000114, client_id=application.app_id)
    user = exchange.state.directory.users.get(str(claims.get("oid")))
    if user is None or user.tenant_id != tenant.id:
        raise Refused(50013)
    check_usable(exchange.state, user)
    amr = claims.get("amr")
    # A token of format 2.0 does not say how its user signed in. It was issued only after a second factor, where the
    # user needs one, so it stands for that too.
    return user, [str(each) for each in amr] if isinstance(amr, list) else ["pwd", "mfa"]


def _tenant(exchange: Exchange, claims: Mapping[str, object]) -> Tenant:
    tenant_id = str(claims.get("tid"))
    tenant = exchange.state.directory.tenants.get(tenant_id)
    asked = exchange.authority.tenant
    if tenant is None or (asked is not None and asked.id != tenant.id):
        raise Refused(50013)
    if claims.get("iss") not in (issuer(tenant.id, 1), issuer(tenant.id, 2)):
        raise Refused(50013)
    return tenant


def _own_names(application: Application) -> frozenset[str]:
    names = {application.app_id, f"api://{application.app_id}", *application.identifier_uris}
    return frozenset(names | {f"{name}/" for name in names})
