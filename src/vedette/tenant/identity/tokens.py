"""The only writer of tokens: access tokens in both formats, ID tokens, refresh tokens, and the answers around them.

The format of an access token follows the API, never the endpoint: tokens for Defender are of format 1.0 even when v2
issued them. On v1 endpoints numbers of the answer are texts.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from vedette.tenant.directory import Application, ServicePrincipal, Tenant, User
from vedette.tenant.identity.accounts import home_user
from vedette.tenant.identity.apis import Api
from vedette.tenant.identity.client_authentication import Client
from vedette.tenant.identity.delegation import Delegation
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.issued import (
    REFRESH_LIFE,
    SPA_REFRESH_LIFE,
    RefreshToken,
    SignIn,
    Version,
    hashed,
    new_secret,
)
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.roles import EVERY_APP, directory_role_ids

ACCESS_TOKEN_LIFE_S = 3599
ID_TOKEN_LIFE_S = 3600
BACKDATED_S = 300
"""Tokens are valid from a little before they are made, so that clocks that run late take them."""


def issuer(tenant_id: str, version: Version) -> str:
    """`iss` of tokens of this format."""
    if version == 1:
        return f"https://sts.windows.net/{tenant_id}/"
    return f"https://login.microsoftonline.com/{tenant_id}/v2.0"


def delegated_answer(
    exchange: Exchange,
    delegation: Delegation,
    *,
    wants_client_info: bool,
    first_issued: RefreshToken | None = None,
) -> dict[str, object]:
    """The answer of a grant that acts for a user. `first_issued`: the refresh token that was redeemed, if one was."""
    question, sign_in = delegation.question, delegation.sign_in
    members = {
        "token_type": "Bearer",
        "scope": _scope(delegation),
        **_lifetime(exchange, delegation.ask.audience),
        "access_token": _access_token(exchange, delegation),
    }
    if question.wants_refresh_token or first_issued is not None:
        members["refresh_token"] = _refresh_token(exchange, delegation, first_issued)
    if question.wants_id_token:
        members["id_token"] = id_token(
            exchange, delegation.client.application, delegation.tenant, delegation.user, sign_in, oidc=question.oidc
        )
    if wants_client_info:
        members["client_info"] = client_info(exchange, delegation.user)
    return members


def app_only_answer(
    exchange: Exchange,
    client: Client,
    principal: ServicePrincipal,
    tenant: Tenant,
    api: Api,
    audience: str,
    claims: str | None,
) -> dict[str, object]:
    """The answer of client credentials: an access token and nothing else."""
    roles = sorted(exchange.state.directory.granted_roles(principal, api.principal, api.resource))
    content = {
        **_common(exchange, api, audience, client, tenant),
        "idp": issuer(tenant.id, api.token_version),
        "idtyp": "app",
        "oid": principal.id,
        **({"roles": roles} if roles else {}),
        "sub": principal.id,
        **_capabilities(claims),
    }
    if api.token_version == 1:
        content["wids"] = [EVERY_APP]
    return {
        "token_type": "Bearer",
        **_lifetime(exchange, audience),
        "access_token": exchange.state.keys.sign(content, with_x5t=api.token_version == 1),
    }


def id_token(
    exchange: Exchange,
    application: Application,
    tenant: Tenant,
    user: User,
    sign_in: SignIn,
    *,
    oidc: frozenset[str],
    extra: Mapping[str, object] | None = None,
) -> str:
    """Who signed in, for the client itself. Its format follows the endpoint."""
    begins = int(exchange.now.timestamp()) - BACKDATED_S
    claims: dict[str, object] = {
        "aud": application.app_id,
        "iss": issuer(tenant.id, exchange.version),
        "iat": begins,
        "nbf": begins,
        "exp": begins + BACKDATED_S + ID_TOKEN_LIFE_S,
        **({"auth_time": int(sign_in.auth_time.timestamp())} if sign_in.max_age is not None else {}),
        "name": user.display_name,
        **({"nonce": sign_in.nonce} if sign_in.nonce is not None else {}),
        "oid": user.id,
        "rh": _opaque(),
        "sid": sign_in.id,
        "sub": subject(exchange, user, application.app_id),
        "tid": tenant.id,
        "uti": _unique(),
        "ver": f"{exchange.version}.0",
        **(extra or {}),
    }
    if exchange.version == 1:
        claims |= {
            "amr": sign_in.amr,
            "family_name": user.surname,
            "given_name": user.given_name,
            "ipaddr": exchange.address,
            "unique_name": user.upn,
            "upn": user.upn,
        }
    elif "profile" in oidc or "email" in oidc or "openid" in oidc:
        claims["preferred_username"] = user.upn
        if "email" in oidc:
            claims["email"] = user.upn
    if user.home_user_id is not None:
        claims["idp"] = issuer(home_user(exchange.state, user).tenant_id, 1)
    return exchange.state.keys.sign(claims, with_x5t=exchange.version == 1)


def client_info(exchange: Exchange, user: User) -> str:
    """Which account this is, for MSAL's cache: the user at home."""
    home = home_user(exchange.state, user)
    return _base64url(msgspec.json.encode({"uid": home.id, "utid": home.tenant_id}))


def access_token_alone(exchange: Exchange, delegation: Delegation) -> str:
    """An access token for the authorize page to hand out, where the app allows that."""
    return _access_token(exchange, delegation)


def visible(scopes: frozenset[str]) -> list[str]:
    """Permissions as tokens and answers list them: in order, without the one that only gives a refresh token."""
    return sorted(scopes - {"offline_access"})


def subject(exchange: Exchange, user: User, app_id: str) -> str:
    """`sub`: names the user to this app alone."""
    return exchange.ledger.pairwise(user.id, app_id.lower())


def _access_token(exchange: Exchange, delegation: Delegation) -> str:
    api, user, sign_in = delegation.api, delegation.user, delegation.sign_in
    content: dict[str, object] = {
        **_common(exchange, api, delegation.ask.audience, delegation.client, delegation.tenant),
        "idtyp": "user",
        "name": user.display_name,
        "oid": user.id,
        "scp": " ".join(visible(delegation.scopes)),
        "sub": subject(exchange, user, api.resource.app_id),
        **_user_roles(exchange, delegation),
        **_capabilities(delegation.wanted.claims),
    }
    if api.is_graph:
        # `sub` names the user to Graph; UserInfo, which Graph answers, has to say the `sub` of the app's ID token.
        content["xms_st"] = {"sub": subject(exchange, user, delegation.client.application.app_id)}
    if user.home_user_id is not None:
        content["idp"] = issuer(home_user(exchange.state, user).tenant_id, 1)
    if api.token_version == 2:
        content["preferred_username"] = user.upn
        return exchange.state.keys.sign(content, with_x5t=False)
    content |= {
        "acr": "1",
        "amr": sign_in.amr,
        "family_name": user.surname,
        "given_name": user.given_name,
        "ipaddr": exchange.address,
        "puid": f"1003{user.id.replace('-', '')[:12].upper()}",
        "unique_name": user.upn,
        "upn": user.upn,
        "wids": directory_role_ids(user.directory_roles),
    }
    return exchange.state.keys.sign(content)


def _common(exchange: Exchange, api: Api, audience: str, client: Client, tenant: Tenant) -> dict[str, object]:
    """Claims of every access token."""
    begins = int(exchange.now.timestamp()) - BACKDATED_S
    claims: dict[str, object] = {
        "aud": api.resource.app_id if api.token_version == 2 else audience,
        "iss": issuer(tenant.id, api.token_version),
        "iat": begins,
        "nbf": begins,
        "exp": begins + BACKDATED_S + ACCESS_TOKEN_LIFE_S,
        "aio": _opaque(),
        "rh": _opaque(),
        "tid": tenant.id,
        "uti": _unique(),
        "ver": f"{api.token_version}.0",
    }
    application = client.application
    if api.token_version == 2:
        return claims | {"azp": application.app_id, "azpacr": client.strength}
    return claims | {
        "app_displayname": application.display_name,
        "appid": application.app_id,
        "appidacr": client.strength,
        "tenant_region_scope": "EU",
        "xms_tcdt": int(tenant.created.timestamp()),
    }


def _user_roles(exchange: Exchange, delegation: Delegation) -> dict[str, object]:
    """App roles that the user holds on the API."""
    held = {
        assignment.app_role_id
        for assignment in exchange.state.directory.app_role_assignments.where(
            principal_id=delegation.user.id, resource_id=delegation.api.principal.id
        )
    }
    roles = sorted(
        role.value for role in delegation.api.resource.roles.values() if role.id in held and "User" in role.members
    )
    return {"roles": roles} if roles else {}


def _capabilities(claims: str | None) -> dict[str, object]:
    """What the client says it can do, from `claims`. Raises: Refused (9002313) where that is not JSON."""
    if claims is None:
        return {}
    try:
        asked = msgspec.json.decode(claims, type=_Claims)
    except msgspec.DecodeError:
        raise Refused(9002313) from None
    values = asked.access_token.xms_cc.values if asked.access_token and asked.access_token.xms_cc else []
    return {"xms_cc": values} if values else {}


class _Values(msgspec.Struct):
    values: list[str] = []


class _AccessTokenClaims(msgspec.Struct):
    xms_cc: _Values | None = None


class _Claims(msgspec.Struct):
    access_token: _AccessTokenClaims | None = None


def _scope(delegation: Delegation) -> str:
    """The answer's `scope`. On v2 it repeats `.default` where that was asked: clients look their cache up by it."""
    ask, granted = delegation.ask, visible(delegation.scopes)
    if delegation.question.version == 1:
        return " ".join(granted)
    default = [ask.written(".default")] if ask.is_default else []
    return " ".join([*(ask.written(value) for value in granted), *default])


def _lifetime(exchange: Exchange, audience: str) -> dict[str, object]:
    if not exchange.is_v1:
        return {"expires_in": ACCESS_TOKEN_LIFE_S, "ext_expires_in": ACCESS_TOKEN_LIFE_S}
    now = int(exchange.now.timestamp())
    return {
        "expires_in": str(ACCESS_TOKEN_LIFE_S),
        "ext_expires_in": str(ACCESS_TOKEN_LIFE_S),
        "expires_on": str(now + ACCESS_TOKEN_LIFE_S),
        "not_before": str(now - BACKDATED_S),
        "resource": audience,
    }


def _refresh_token(exchange: Exchange, delegation: Delegation, first_issued: RefreshToken | None) -> str:
    secret = new_secret("1.")
    life: timedelta = SPA_REFRESH_LIFE if delegation.kind == "spa" else REFRESH_LIFE
    # The 24 hours of a single-page app count from the first token; everybody else's time starts anew with each use.
    is_fixed = delegation.kind == "spa" and first_issued is not None
    exchange.ledger.refresh_tokens.put(
        RefreshToken(
            id=hashed(secret),
            expires=first_issued.expires if is_fixed and first_issued else exchange.now + life,
            sign_in_id=delegation.sign_in.id,
            sign_in=msgspec.structs.replace(delegation.sign_in, nonce=None),
            app_id=delegation.client.application.app_id,
            kind=delegation.kind,
            wanted=delegation.wanted,
            issued=exchange.now,
        )
    )
    return secret


def _unique() -> str:
    """`uti`: 22 characters, different for each token."""
    return _base64url(secrets.token_bytes(16))


def _opaque() -> str:
    """A value that the service alone understands, and nobody may use."""
    return _base64url(secrets.token_bytes(30))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
