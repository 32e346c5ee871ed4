"""Validates access tokens in full, as a service that receives them must.

The order of checks is fixed: shape, algorithm, key, signature, issuer and tenant, audience, times, kind and
permissions. Nothing in a token chooses how it is checked: the algorithm is RS256, keys come from the configured
issuer's published set, and header members that point at other keys are ignored.

A client does not need this; to a client its access token is opaque.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from vedette.auth.authority import Authority
from vedette.auth.keys import KeySet, VerificationKey
from vedette.auth.tokens import TokenClaims, TokenParts, read_claims, split_token
from vedette.catalogue.permission import DEFENDER
from vedette.errors import TokenInvalid

MAX_LEEWAY_S = 300
_LAST = 253402300799  # the last second of the year 9999


def validate_token(
    token: str,
    *,
    tenant_id: str,
    audience: str | Collection[str] | None = None,
    scopes: str | Iterable[str] = (),
    roles: str | Iterable[str] = (),
    keys: KeySet | Mapping[str, Any] | None = None,  # Any: a JWKS document, as JSON
    authority: str | None = None,
    cloud: str = "commercial",
    ca_bundle: str | None = None,
    leeway_s: float = MAX_LEEWAY_S,
    now: datetime | Callable[[], datetime] | None = None,
) -> TokenClaims:
    """Check an access token and answer what it says.

    `tenant_id`: the GUID of the one tenant whose tokens are accepted.
    `audience`: accepted audiences, each with or without a slash at the end exactly as listed; None takes every
    registered name of the Defender API.
    `scopes`, `roles`: what the token must hold: all of `scopes` when it is delegated, all of `roles` when it is an
    app's. When only one kind is named, only that kind of token is accepted.
    `keys`: a key set or JWKS document; None fetches the tenant's own from `authority` and remembers it.
    `leeway_s`: how far clocks may be apart, five minutes at most.

    Raises: TokenInvalid, whose `check` names the first check that failed. NoAnswer when keys cannot be fetched.
    ValueError when the arguments make no sense.
    """
    if not 0 <= leeway_s <= MAX_LEEWAY_S:
        raise ValueError(f"leeway_s is between 0 and {MAX_LEEWAY_S}, not {leeway_s}")
    place = Authority.of(_guid(tenant_id), cloud=cloud, origin=authority)
    parts = split_token(token)
    _check_signature(parts, _key_set(keys, place, ca_bundle), place)
    _check_issuer(parts.claims, place)
    _check_audience(parts.claims, _audiences(audience))
    moment = now() if callable(now) else now if now is not None else datetime.now(UTC)
    _check_times(parts.claims, moment.timestamp(), leeway_s)
    _check_kind(parts.claims)
    _check_permissions(parts.claims, _words(scopes), _words(roles))
    return read_claims(parts)


def _guid(tenant_id: str) -> str:
    try:
        return str(uuid.UUID(tenant_id))
    except ValueError:
        raise ValueError(f"tenant_id is the GUID of the tenant, as tokens carry it, not {tenant_id!r}") from None


def _key_set(keys: KeySet | Mapping[str, Any] | None, place: Authority, ca_bundle: str | None) -> KeySet:
    if isinstance(keys, KeySet):
        return keys
    return KeySet.at(place, ca_bundle=ca_bundle) if keys is None else KeySet.of(keys)


def _audiences(audience: str | Collection[str] | None) -> frozenset[str]:
    if audience is None:
        return frozenset(DEFENDER.identifier_uris)
    return frozenset({audience} if isinstance(audience, str) else audience)


def _words(values: str | Iterable[str]) -> frozenset[str]:
    return frozenset({values} if isinstance(values, str) else values)


def _check_signature(parts: TokenParts, keys: KeySet, place: Authority) -> None:
    header = parts.header
    if header.get("alg") != "RS256":
        raise TokenInvalid("the token is not signed with RS256, the only algorithm accepted", check="algorithm")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise TokenInvalid("the header's typ is not JWT", check="format")
    if refused := sorted({"crit", "zip", "b64"} & header.keys()):
        raise TokenInvalid(f"the header uses {', '.join(refused)}, which is not accepted", check="format")
    key_id = header.get("kid")
    if not isinstance(key_id, str):
        raise TokenInvalid("the header names no key", check="key")
    key = keys.get(key_id)
    if key is None:
        raise TokenInvalid("the tenant's key set has no key of the id that the header names", check="key")
    _check_key_issuer(key, place)
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        key.key.verify(parts.signature, parts.signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise TokenInvalid("the signature does not fit the token", check="signature") from None


def _check_key_issuer(key: VerificationKey, place: Authority) -> None:
    if not key.issuer:
        return
    # A key for every tenant says so by a placeholder, braces and all.
    issuers = place.issuers
    accepted = {*issuers, *(issuer.replace(place.tenant, "{tenantid}") for issuer in issuers)}
    if key.issuer not in accepted:
        raise TokenInvalid("the key that the header names belongs to another issuer", check="key")


def _check_issuer(claims: Mapping[str, Any], place: Authority) -> None:
    v1, v2 = place.issuers
    expected = {"1.0": v1, "2.0": v2}
    version = claims.get("ver")
    if not isinstance(version, str) or version not in expected:
        raise TokenInvalid("the token is neither of version 1.0 nor of version 2.0", check="issuer")
    if claims.get("iss") != expected[version]:
        raise TokenInvalid("the token is from another issuer", check="issuer")
    if claims.get("tid") != place.tenant:
        raise TokenInvalid("the token is from another tenant", check="tenant")


def _check_audience(claims: Mapping[str, Any], accepted: frozenset[str]) -> None:
    audience = claims.get("aud")
    if not isinstance(audience, str) or audience not in accepted:
        raise TokenInvalid("the token is for another API", check="audience")


def _check_times(claims: Mapping[str, Any], now: float, leeway_s: float) -> None:
    expires = _instant(claims, "exp")
    if expires is None:
        raise TokenInvalid("the token does not say when it ends", check="time")
    if now - leeway_s >= expires:
        raise TokenInvalid("the token has expired", check="time")
    starts, issued = _instant(claims, "nbf"), _instant(claims, "iat")
    if starts is not None and starts > now + leeway_s:
        raise TokenInvalid("the token is not good yet", check="time")
    if issued is not None and (issued > now + leeway_s or issued > expires):
        raise TokenInvalid("the token says that it was issued at a time that makes no sense", check="time")


def _instant(claims: Mapping[str, Any], name: str) -> int | None:
    if name not in claims:
        return None
    value = claims[name]
    # In Python a boolean is an integer.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LAST:
        raise TokenInvalid(f"{name} is not a number of seconds", check="time")
    return value


def _check_kind(claims: Mapping[str, Any]) -> None:
    if "scp" in claims and not isinstance(claims["scp"], str):
        raise TokenInvalid("scp is not a text", check="permission")
    roles = claims.get("roles", [])
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise TokenInvalid("roles is not a list of texts", check="permission")
    contradiction = {"app": "scp" in claims, "user": "scp" not in claims}
    kind = claims.get("idtyp")
    if kind is not None and (not isinstance(kind, str) or contradiction.get(kind, False)):
        raise TokenInvalid("idtyp contradicts the permissions", check="permission")
    app = claims.get("appid" if claims.get("ver") == "1.0" else "azp")
    if not isinstance(app, str) or not app:
        raise TokenInvalid("the token does not say which app it was issued to", check="permission")
    if not isinstance(claims.get("oid"), str) or not claims["oid"]:
        raise TokenInvalid("the token does not say whom it stands for", check="permission")


def _check_permissions(claims: Mapping[str, Any], scopes: frozenset[str], roles: frozenset[str]) -> None:
    if not scopes and not roles:
        return
    is_delegated = "scp" in claims
    needed, held = (scopes, claims["scp"].split(" ")) if is_delegated else (roles, claims.get("roles", ()))
    kind = "delegated" if is_delegated else "application"
    if not needed:
        raise TokenInvalid(f"a token with {kind} permissions is not accepted here", check="permission")
    if missing := needed - set(held):
        raise TokenInvalid(f"the token lacks the {kind} permission {', '.join(sorted(missing))}", check="permission")
