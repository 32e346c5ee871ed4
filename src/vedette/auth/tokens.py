"""Looks into a token: parts, header and claims. Nothing here checks a signature; `validation` does.

The parser is the one that validation uses, so it is strict: three base64url parts without padding, JSON objects without
duplicate members, 16 KiB at most. To a client an access token is opaque: what `decode_token` shows is for people and
for explaining a refusal.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, NoReturn

from vedette.errors import TokenInvalid

MAX_SIZE = 16 * 1024
"""Characters in a token. Real ones have two to four thousand."""

TokenKind = Literal["delegated", "application", "unknown"]
_PART = re.compile(r"[A-Za-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a token says. The token itself is not kept."""

    kind: TokenKind
    """`delegated` has `scp`; `application` has none and holds `roles`; `unknown` has neither."""
    issuer: str
    audience: str
    tenant_id: str
    object_id: str
    """The user, or the app's service principal."""
    app_id: str
    app_name: str
    user_name: str
    """Empty for an application."""
    scopes: frozenset[str]
    """Delegated permissions, from `scp`."""
    roles: frozenset[str]
    """Application permissions; in a delegated token, roles of the user."""
    issued_at: datetime | None
    not_before: datetime | None
    expires_at: datetime | None
    version: str
    token_id: str
    """`uti`: unique for each token; sign-in logs name it."""
    algorithm: str
    key_id: str
    raw: Mapping[str, Any] = field(repr=False)  # Any: claims are whatever the service puts there
    """Every claim, under its own name."""

    def is_expired(self, now: datetime | None = None) -> bool:
        """Whether the token's time is over. A token that does not say never is."""
        return self.expires_at is not None and self.expires_at <= (now or datetime.now(UTC))


class TokenParts(NamedTuple):
    """A token taken apart."""

    header: dict[str, Any]  # Any: as with the claims
    claims: dict[str, Any]
    signed: bytes
    """The bytes that the signature covers."""
    signature: bytes


def decode_token(token: str) -> TokenClaims:
    """What a token says, without checking that it is genuine.

    Raises: TokenInvalid when it is no token that can be read, for example an opaque one.
    """
    parts = split_token(token)
    return read_claims(parts)


def split_token(token: str) -> TokenParts:
    """Take a token apart, strictly. Raises: TokenInvalid (check `format`)."""
    if len(token) > MAX_SIZE:
        raise TokenInvalid(f"the token has more than {MAX_SIZE} characters", check="format")
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenInvalid(f"a signed token has three parts between dots, this has {len(parts)}", check="format")
    header, claims, signature = parts
    return TokenParts(
        header=_object(_decode(header, "header"), "header"),
        claims=_object(_decode(claims, "claims"), "claims"),
        signed=f"{header}.{claims}".encode("ascii"),
        signature=_decode(signature, "signature"),
    )


def read_claims(parts: TokenParts) -> TokenClaims:
    """The claims under names of their own. Values of the wrong type count as absent."""
    claims = parts.claims
    scopes = frozenset(filter(None, _text(claims.get("scp")).split(" ")))
    roles = claims.get("roles")
    role_set = frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else frozenset()
    kind: TokenKind = (
        "delegated" if scopes else "application" if role_set or claims.get("idtyp") == "app" else "unknown"
    )
    return TokenClaims(
        kind=kind,
        issuer=_text(claims.get("iss")),
        audience=_text(claims.get("aud")),
        tenant_id=_text(claims.get("tid")),
        object_id=_text(claims.get("oid")),
        app_id=_text(claims.get("appid")) or _text(claims.get("azp")),
        app_name=_text(claims.get("app_displayname")),
        user_name=next(filter(None, (_text(claims.get(n)) for n in ("upn", "preferred_username", "unique_name"))), ""),
        scopes=scopes,
        roles=role_set,
        issued_at=_time(claims.get("iat")),
        not_before=_time(claims.get("nbf")),
        expires_at=_time(claims.get("exp")),
        version=_text(claims.get("ver")),
        token_id=_text(claims.get("uti")),
        algorithm=_text(parts.header.get("alg")),
        key_id=_text(parts.header.get("kid")),
        raw=claims,
    )


def _decode(part: str, what: str) -> bytes:
    if not _PART.match(part):
        raise TokenInvalid(f"the {what} is not base64url", check="format")
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise TokenInvalid(f"the {what} is not base64url", check="format") from None
    # Unused bits of the last character must be zero, else one token could be spelled in several ways.
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != part.encode("ascii"):
        raise TokenInvalid(f"the {what} is not base64url", check="format")
    return decoded


def _object(text: bytes, what: str) -> dict[str, Any]:  # Any: JSON
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    # RecursionError: nested too deep. ValueError covers bad UTF-8, bad JSON and integers of absurd length.
    except (ValueError, RecursionError):
        raise TokenInvalid(f"the {what} is not a JSON object with unique members", check="format") from None
    if not isinstance(value, dict):
        raise TokenInvalid(f"the {what} is not a JSON object", check="format")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:  # Any: JSON
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _time(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None
