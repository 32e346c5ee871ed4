"""Verifies a bearer token as the API that it was issued for must: Defender and Graph both come through here.

The order of checks, and the attacks that they stop, are those of a resource server that pins RS256 and knows its keys.
What the caller may do is decided elsewhere; here it is only established who they are.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from vedette.tenant.state import State

MAX_TOKEN_BYTES = 16 * 1024
SKEW = timedelta(minutes=5)
_CACHED_TOKENS = 4096
_PART = re.compile(rb"[A-Za-z0-9_-]+")


class BadToken(Exception):
    """The token is missing or not acceptable. `reason` never quotes it."""

    def __init__(self, reason: str, *, is_missing: bool = False, is_expired: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_missing = is_missing
        self.is_expired = is_expired


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: an application, on its own behalf or on that of a user."""

    tenant_id: str
    app_id: str
    user_id: str | None
    """Object id of the signed-in user; None for an application on its own behalf."""
    scopes: frozenset[str]
    """Delegated permissions; empty for an application on its own behalf."""
    roles: frozenset[str]
    """Application permissions; empty for a delegated call."""
    claims: Mapping[str, object]

    @property
    def is_delegated(self) -> bool:
        """Whether the call is made on behalf of a user."""
        return self.user_id is not None

    @property
    def name(self) -> str:
        """The user's name, or the application's: what audit fields such as `requestor` show."""
        value = self.claims.get("upn") or self.claims.get("app_displayname") or self.app_id
        return str(value)


class Authenticator:
    """Verifies tokens for one API, remembering those that passed until they expire."""

    def __init__(self, state: State, audiences: Collection[str]) -> None:
        self._state = state
        self._audiences = frozenset(audiences)
        self._passed: dict[bytes, tuple[Caller, float]] = {}
        self._keys = state.keys.public_keys()

    def caller(self, authorization: list[bytes]) -> Caller:
        """The caller that the `Authorization` headers name. Raises: BadToken."""
        if not authorization:
            raise BadToken("Authorization header is missing", is_missing=True)
        if len(authorization) > 1:
            raise BadToken("more than one Authorization header")
        scheme, _, token = authorization[0].strip().partition(b" ")
        if scheme.lower() != b"bearer" or not token.strip():
            raise BadToken("Authorization header does not hold a bearer token", is_missing=True)
        token = token.strip()
        now = self._state.clock.now().timestamp()
        if (keys := self._state.keys.public_keys()) is not self._keys:
            # A key has come or gone; what it signed is verified anew.
            self._keys = keys
            self._passed.clear()
        known = self._passed.get(token)
        if known is not None and now < known[1]:
            return known[0]
        caller, expires = self._verified(token, now)
        if len(self._passed) >= _CACHED_TOKENS:
            self._passed.clear()
        self._passed[token] = (caller, expires)
        return caller

    def _verified(self, token: bytes, now: float) -> tuple[Caller, float]:
        if len(token) > MAX_TOKEN_BYTES:
            raise BadToken("token is too long")
        parts = token.split(b".")
        if len(parts) != 3:
            raise BadToken("token does not have three parts")
        header, claims = _json(parts[0]), _json(parts[1])
        if header.get("alg") != "RS256":
            raise BadToken("token is not signed with RS256")
        if "crit" in header or header.get("typ", "JWT") != "JWT":
            raise BadToken("token carries header members that are not accepted")
        kid = header.get("kid")
        key = self._state.keys.public_keys().get(kid) if isinstance(kid, str) else None
        if key is None:
            raise BadToken("token is signed with an unknown key")
        try:
            key.verify(_decode(parts[2]), parts[0] + b"." + parts[1], PKCS1v15(), SHA256())
        except InvalidSignature:
            raise BadToken("signature is wrong") from None
        return self._checked(claims, now)

    def _checked(self, claims: Mapping[str, object], now: float) -> tuple[Caller, float]:
        tenant_id = claims.get("tid")
        if not isinstance(tenant_id, str) or self._state.directory.tenants.get(tenant_id) is None:
            raise BadToken("tenant is not known here")
        if claims.get("iss") != f"https://sts.windows.net/{tenant_id}/" or claims.get("ver") != "1.0":
            raise BadToken("issuer is wrong")
        if not isinstance(claims.get("aud"), str) or claims["aud"] not in self._audiences:
            raise BadToken("audience is wrong: the token is for another API")
        expires, not_before = claims.get("exp"), claims.get("nbf")
        if type(expires) is not int or type(not_before) is not int:
            raise BadToken("times are missing or not whole numbers")
        skew = SKEW.total_seconds()
        if now >= expires + skew:
            raise BadToken("token has expired", is_expired=True)
        if now < not_before - skew:
            raise BadToken("token is not valid yet")
        return self._caller(claims, tenant_id), float(expires) + skew

    @staticmethod
    def _caller(claims: Mapping[str, object], tenant_id: str) -> Caller:
        app_id, object_id = claims.get("appid"), claims.get("oid")
        if not isinstance(app_id, str) or not isinstance(object_id, str):
            raise BadToken("token names no application or no object")
        scp, roles = claims.get("scp"), claims.get("roles", [])
        if scp is not None:
            if not isinstance(scp, str) or claims.get("idtyp") == "app":
                raise BadToken("scp is not a text of delegated permissions")
            return Caller(tenant_id, app_id, object_id, frozenset(scp.split(" ")) - {""}, frozenset(), claims)
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise BadToken("roles is not a list of application permissions")
        if claims.get("idtyp") == "user":
            raise BadToken("token of a user without scp")
        return Caller(tenant_id, app_id, None, frozenset(), frozenset(cast("list[str]", roles)), claims)


def _decode(part: bytes) -> bytes:
    if not _PART.fullmatch(part):
        raise BadToken("token is not base64url")
    try:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except binascii.Error:
        raise BadToken("token is not base64url") from None


def _json(part: bytes) -> Mapping[str, object]:
    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise BadToken("token repeats a member")
        return members

    try:
        value = json.loads(_decode(part), object_pairs_hook=unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadToken("token is not JSON") from None
    if not isinstance(value, dict):
        raise BadToken("token is not a JSON object")
    return value


def _refuse_constant(name: str) -> object:
    raise ValueError(name)
