"""What the claims of an access token mean, and the table that says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from vedette.cli.output import Output
from vedette.cli.text import second, shown

_TIMES = frozenset({"iat", "nbf", "exp", "auth_time", "xms_tcdt"})

MEANING: Mapping[str, str] = {
    "aud": "API that the token is for; no other may accept it",
    "iss": "who issued it: the sign-in service of this tenant",
    "tid": "tenant",
    "iat": "issued at",
    "nbf": "not good before",
    "exp": "not good after",
    "appid": "application (client) id that asked for it",
    "azp": "application (client) id that asked for it",
    "app_displayname": "name of that application",
    "appidacr": "how the application proved itself",
    "azpacr": "how the application proved itself",
    "scp": "delegated permissions: what the app may do for the user",
    "roles": "application permissions: what the app may do by itself",
    "oid": "object id of the user, or of the app itself",
    "sub": "subject: the user as this application sees them",
    "upn": "user name",
    "unique_name": "name to show; never decide by it",
    "preferred_username": "name to show; never decide by it",
    "name": "full name",
    "given_name": "first name",
    "family_name": "last name",
    "amr": "how the user signed in",
    "acr": "strength of the sign-in, in an old scale",
    "ipaddr": "address that the user signed in from",
    "idp": "identity provider that knows the user",
    "idtyp": "whether it stands for a user or an app",
    "wids": "directory roles of the user, as template ids",
    "uti": "unique id of the token; sign-in logs name it",
    "ver": "format of the token",
    "tenant_region_scope": "region of the tenant",
    "tenant_ctry": "country of the tenant",
    "auth_time": "when the user signed in",
    "xms_cc": "what the client can handle, such as claims challenges",
    "xms_tcdt": "when the tenant was made",
    "aio": "internal to the sign-in service",
    "rh": "internal to the sign-in service",
    "puid": "internal to the sign-in service",
    "sid": "session",
    "deviceid": "device that the user signed in on",
}
"""Claim → what it says."""

_ORDER = tuple(MEANING)
_PROOF = {"0": "0 (public client: it did not)", "1": "1 (by a secret)", "2": "2 (by a certificate)"}
IN_SHORT = (
    "aud",
    "iss",
    "tid",
    "appid",
    "azp",
    "scp",
    "roles",
    "upn",
    "preferred_username",
    "oid",
    "iat",
    "nbf",
    "exp",
)
"""Claims that decide; the others are in the full table."""


def rows(claims: Mapping[str, object], *, only: Sequence[str] = ()) -> Iterator[tuple[str, str, str]]:
    """Claim, value, meaning; known claims first, in an order that reads well."""
    known = [name for name in _ORDER if name in claims]
    names = known + [name for name in claims if name not in MEANING]
    for name in names:
        if not only or name in only:
            yield name, value_of(name, claims[name]), MEANING.get(name, "")


def value_of(name: str, value: object) -> str:
    """A claim's value as a person reads it."""
    if name in _TIMES and isinstance(value, int) and not isinstance(value, bool):
        try:
            return second(datetime.fromtimestamp(value, UTC))
        except (ValueError, OverflowError, OSError):
            return str(value)
    if name in ("appidacr", "azpacr"):
        return _PROOF.get(str(value), shown(value))
    if name == "scp" and isinstance(value, str):
        return shown(" ".join(sorted(value.split())))
    return shown(value)


def draw(output: Output, claims: Mapping[str, object], *, only: Sequence[str] = ()) -> None:
    """Write the table to stdout."""
    output.grid(("CLAIM", "VALUE", "MEANING"), list(rows(claims, only=only)))
