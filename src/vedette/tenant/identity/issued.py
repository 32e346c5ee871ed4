"""What sign-in has handed out and must recognize again: codes, refresh tokens, sessions, sign-ins under way.

All of it lives in the database, so it survives a restart, and under the SHA-256 of its secret, so that the database
alone lets nobody in. A code is taken out in one step: of two that redeem it, one gets it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from vedette.tenant.identity.problems import new_guid
from vedette.tenant.store.collection import Collection, column_time
from vedette.tenant.store.database import Database

ClientKind = Literal["public", "web", "spa"]
"""What a redirect URI, or where there is none the app itself, makes of the client."""
Purpose = Literal["authorize", "device", "admin_consent"]
Version = Literal[1, 2]

CODE_LIFE = timedelta(minutes=10)
DEVICE_CODE_LIFE = timedelta(seconds=900)
DEVICE_INTERVAL_S = 5
"""How often a client may ask whether the user has approved."""
REFRESH_LIFE = timedelta(days=90)
SPA_REFRESH_LIFE = timedelta(hours=24)
SESSION_LIFE = timedelta(hours=24)
FLOW_LIFE = timedelta(hours=1)


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """Something kept under the hash of its secret until it expires."""

    id: str
    expires: datetime


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asked for, as it was sent; read again where it is redeemed."""

    version: Version
    scope: str = ""
    resource: str | None = None
    claims: str | None = None
    """JSON text."""


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """One time that a person signed in. Everything that follows from it carries its id."""

    id: str
    user_id: str
    tenant_id: str
    """Where they signed in, which for a guest is not where they are at home."""
    amr: list[str]
    auth_time: datetime
    nonce: str | None = None
    max_age: int | None = None
    met_challenge: bool = False
    """The external challenge was met as well."""


class AuthorizationCode(Issued, frozen=True, kw_only=True):
    """A code from the authorize page."""

    app_id: str
    redirect_uri: str
    kind: ClientKind
    wanted: Wanted
    sign_in: SignIn
    challenge: str | None = None
    challenge_method: Literal["S256", "plain"] | None = None


class SpentCode(Issued, frozen=True, kw_only=True):
    """A code that was redeemed. Seen again, it takes the tokens of its sign-in with it."""

    sign_in_id: str


class DeviceCode(Issued, frozen=True, kw_only=True):
    """A device sign-in under way."""

    user_code: str
    app_id: str
    tenant_name: str
    """The door that it was asked at."""
    wanted: Wanted
    state: Literal["pending", "approved", "declined"] = "pending"
    sign_in: SignIn | None = None
    polled: datetime | None = None
    """When it was last asked for; kept only where polling too fast is answered."""


class RefreshToken(Issued, frozen=True, kw_only=True):
    """A refresh token: good for every API that its client may use for this user."""

    sign_in_id: str
    sign_in: SignIn
    app_id: str
    kind: ClientKind
    wanted: Wanted
    issued: datetime
    is_revoked: bool = False


class Session(Issued, frozen=True, kw_only=True):
    """A browser in which people are signed in."""

    sign_ins: list[SignIn]


class AuthorizeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An authorize request that passed its checks."""

    app_id: str
    redirect_uri: str
    kind: ClientKind
    response_types: list[str]
    response_mode: Literal["query", "fragment", "form_post"]
    wanted: Wanted
    state: str | None = None
    nonce: str | None = None
    prompt: str = ""
    login_hint: str = ""
    max_age: int | None = None
    challenge: str | None = None
    challenge_method: Literal["S256", "plain"] | None = None
    wants_client_info: bool = False


class Flow(Issued, frozen=True, kw_only=True):
    """A sign-in under way in a browser, from the first page to the last."""

    browser: str
    """Hash of the cookie of the browser that began it; no other may go on with it."""
    purpose: Purpose
    tenant_name: str
    version: Version
    correlation_id: str
    request: AuthorizeRequest | None = None
    device_code_id: str | None = None
    app_id: str = ""
    user_id: str | None = None
    """Who is signing in; proven only once `sign_in` is there."""
    user_name: str = ""
    sign_in: SignIn | None = None
    is_confirmed: bool = False
    """For a device: the person has said that this is the app they are signing in to."""
    consented: bool = False
    """The consent page was answered, so `prompt=consent` is met."""
    failures: int = 0
    factor_secret: str | None = None
    """For a user who sets up a second factor in this sign-in: what the page shows."""


class SecondFactorUse(msgspec.Struct, frozen=True, kw_only=True):
    """The last time step whose one-time password a user has used; it is good only once."""

    id: str
    step: int


class _Pepper(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    value: bytes


class Ledger:
    """Everything issued by this server."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.codes = Collection(database, AuthorizationCode, columns=["expires"])
        self.spent = Collection(database, SpentCode, columns=["expires"])
        self.device_codes = Collection(database, DeviceCode, columns=["expires", "user_code"])
        self.refresh_tokens = Collection(database, RefreshToken, columns=["expires", "sign_in_id"])
        self.sessions = Collection(database, Session, columns=["expires"])
        self.flows = Collection(database, Flow, columns=["expires"])
        self.second_factors = Collection(database, SecondFactorUse)
        peppers = Collection(database, _Pepper, name="IdentityKey")
        with database.transaction():
            peppers.add(_Pepper(id="forms", value=secrets.token_bytes(32)))
            stored = peppers.get("forms")
        self._key = stored.value if stored else b""

    def proof(self, *parts: str) -> str:
        """A MAC over these texts with this server's own key: signs cookies and forms."""
        return _text(hmac.digest(self._key, "\0".join(parts).encode(), "sha256"))

    def pairwise(self, *parts: str) -> str:
        """An identifier that stays the same for the same parts, and cannot be traced back to them."""
        return self.proof("pairwise", *parts)

    def spend(self, id: str, sign_in_id: str, expires: datetime) -> None:
        """Remember that a code was redeemed, until nobody could mistake it for a good one any more."""
        self.spent.put(SpentCode(id=id, sign_in_id=sign_in_id, expires=expires + CODE_LIFE))

    def revoke(self, sign_in_id: str) -> None:
        """Revoke every refresh token that goes back to this sign-in."""
        with self.database.transaction():
            for token in self.refresh_tokens.where(sign_in_id=sign_in_id):
                self.refresh_tokens.put(msgspec.structs.replace(token, is_revoked=True))

    def sweep(self, now: datetime) -> None:
        """Forget what has been expired for a week; until then it is recognized, to say that it has expired."""
        limit = column_time(now - timedelta(days=7))
        for table in (self.codes, self.spent, self.device_codes, self.refresh_tokens, self.sessions, self.flows):
            self.database.execute(f'DELETE FROM {table.table} WHERE "expires" < ?', (limit,))  # noqa: S608  (own names)


def new_secret(prefix: str = "") -> str:
    """An unguessable text that is safe in URLs."""
    return prefix + secrets.token_urlsafe(48)


def hashed(secret: str) -> str:
    """What a secret is kept under."""
    return _text(hashlib.sha256(secret.encode()).digest())


def new_sign_in(user_id: str, tenant_id: str, amr: list[str], now: datetime) -> SignIn:
    """A sign-in that happens now."""
    return SignIn(id=new_guid(), user_id=user_id, tenant_id=tenant_id, amr=amr, auth_time=now)


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
