"""Finds people and checks their passwords and second factors, with smart lockout.

The hash is computed in a thread. Failures are counted on what the database says after the hash, so a burst of parallel
guesses learns no more than ten in a row would: a right guess that comes after the lock is answered as locked too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Literal

import anyio.to_thread
import msgspec

from vedette.tenant.directory import Tenant, User, hash_secret, secret_matches
from vedette.tenant.identity.authority import PERSONAL_TENANT, Authority
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.issued import Ledger, SecondFactorUse, SignIn
from vedette.tenant.identity.problems import Refused
from vedette.tenant.state import State

LOCK_AFTER = 10
FIRST_LOCK = timedelta(seconds=60)
LONGEST_LOCK = timedelta(hours=1)
_TOTP_STEP_S = 30
_TOTP_DIGITS = 6


def find_user(state: State, authority: Authority, user_name: str) -> User | None:
    """The person of this name, as they stand where this door leads: a guest is their guest account there."""
    name = user_name.strip()
    if authority.kind in ("tenant", "consumers"):
        if authority.tenant is None:
            return None
        own = state.directory.user(authority.tenant.id, name)
        if own is not None:
            return own
        home = _at_home(state, name)
        return (
            state.directory.users.first(tenant_id=authority.tenant.id, home_user_id=home.id)
            if home is not None
            else None
        )
    user = _at_home(state, name)
    return user if user is not None and authority.admits(user) else None


def home_user(state: State, user: User) -> User:
    """The account that knows the password: of a guest, the one at home."""
    if user.home_user_id is None:
        return user
    return state.directory.users.get(user.home_user_id) or user


def unknown_user(state: State, authority: Authority, user_name: str) -> Refused:
    """Why a name leads nowhere: nobody has it, or somebody of another tenant does."""
    home = _at_home(state, user_name.strip())
    if home is not None:
        provider = f"https://sts.windows.net/{home.tenant_id}/"
        return Refused(50020, provider=provider, tenant=authority.name)
    return Refused(50034, tenant=authority.tenant.display_name if authority.tenant else authority.name)


async def check_password(
    exchange: Exchange, authority: Authority, user_name: str, password: str, *, hide_unknown: bool = False
) -> User:
    """The person, proven by password, as they stand behind this door.

    `hide_unknown`: an unknown user takes as long, and is answered, as a wrong password would.

    Raises: Refused (50034, 50020, 50056, 50053, 50126, then 50057 and 50055 for a right password).
    """
    state = exchange.state
    user = find_user(state, authority, user_name)
    matches = _matches_evenly if hide_unknown or state.options.hide_unknown_users else _matches
    if user is None:
        if matches is _matches:
            raise unknown_user(state, authority, user_name)
        await matches(password, "")
        raise Refused(50126)
    home = home_user(state, user)
    if home.password_hash is None:
        raise Refused(50056)
    is_right = await matches(password, home.password_hash)
    # With a second factor to come, a right password alone must not wipe out the failures of that factor.
    _count(state, home.id, exchange.now, is_right=is_right, wipes=home.totp_secret is None)
    check_usable(state, user)
    if home.password_expired:
        raise Refused(50055)
    return user


def check_usable(state: State, user: User) -> None:
    """Whether the account may be used at all. Raises: Refused (50057)."""
    if not user.is_enabled or not home_user(state, user).is_enabled:
        raise Refused(50057)


def needs_second_factor(state: State, user: User) -> bool:
    """Whether a password alone is not enough."""
    return home_user(state, user).totp_secret is not None


def must_register_factor(state: State, user: User) -> bool:
    """Whether a second factor is required and has to be set up first."""
    home = home_user(state, user)
    return home.must_register_factor and home.totp_secret is None


def new_factor_secret() -> str:
    """A secret for an authenticator app, in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def register_factor(exchange: Exchange, user: User, secret: str, code: str) -> bool:
    """Set up a second factor with the first one-time password that it shows; False for a wrong one."""
    step = matching_step(secret, code.replace(" ", ""), exchange.now)
    home = home_user(exchange.state, user)
    if step is None or not _use_step(exchange.ledger, home.id, step):
        return False
    exchange.state.directory.users.put(msgspec.structs.replace(home, totp_secret=secret, must_register_factor=False))
    return True


def is_too_old(tenant: Tenant, sign_in: SignIn, now: datetime) -> bool:
    """Whether the tenant wants people to sign in more often than this one did."""
    frequency = tenant.sign_in_frequency_s
    return frequency is not None and (now - sign_in.auth_time).total_seconds() >= frequency


def check_second_factor(exchange: Exchange, user: User, code: str) -> bool:
    """Whether this is the one-time password of now, or of the step before or after, and was not used before.

    A wrong one counts towards the lockout. Raises: Refused (50053) for a locked account.
    """
    home = home_user(exchange.state, user)
    step = matching_step(home.totp_secret or "", code.replace(" ", ""), exchange.now)
    is_right = step is not None and _use_step(exchange.ledger, home.id, step)
    try:
        _count(exchange.state, home.id, exchange.now, is_right=is_right)
    except Refused as refused:
        if refused.number == 50126:
            return False
        raise
    return True


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose one-time password (RFC 6238: SHA-1, six digits, 30 s) this is."""
    current = int(now.timestamp()) // _TOTP_STEP_S
    found = None
    for step in (current - 1, current, current + 1):
        if hmac.compare_digest(totp(secret, step).encode(), code.encode()):
            found = step
    return found


def totp(secret: str, step: int) -> str:
    """The one-time password of a time step. `secret` is base32, as authenticator apps take it."""
    try:
        key = base64.b32decode(secret.upper().replace(" ", "") + "=" * (-len(secret.replace(" ", "")) % 8))
    except binascii.Error:
        raise ValueError("the second factor's secret is not base32") from None
    digest = hmac.digest(key, step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_TOTP_DIGITS:0{_TOTP_DIGITS}d}"


def is_still_valid(user: User, home: User, sign_in: SignIn) -> bool:
    """Whether a sign-in of the past still counts: not disabled, password not changed, sessions not ended since."""
    if not user.is_enabled or not home.is_enabled:
        return False
    limits = (home.password_changed, home.sessions_valid_from, user.sessions_valid_from)
    return all(limit is None or sign_in.auth_time >= limit for limit in limits)


def realm(state: State, user_name: str) -> tuple[Literal["Managed", "Unknown"], str]:
    """What the user's domain says about how its people sign in, whether or not this user exists."""
    domain = user_name.rpartition("@")[2].lower()
    return ("Managed" if state.directory.tenants.first(domain=domain) else "Unknown"), domain


def _at_home(state: State, name: str) -> User | None:
    """The account of this name in a tenant of its own, wherever on this server that is."""
    homes = [user for user in state.directory.users.where(upn=name) if user.home_user_id is None]
    return min(homes, key=lambda user: user.tenant_id == PERSONAL_TENANT, default=None)


async def _matches(password: str, password_hash: str) -> bool:
    return await anyio.to_thread.run_sync(partial(secret_matches, password, password_hash))


async def _matches_evenly(password: str, password_hash: str) -> bool:
    """The same in the same time, whosever hash it is; an empty one is nobody's. There is a quick and a slow kind."""
    is_right = False
    for kind, nobodys in _nobody().items():
        is_own = _kind(password_hash) == kind
        found = await _matches(password, password_hash if is_own else nobodys)
        is_right |= found and is_own
    return is_right


@cache
def _nobody() -> Mapping[str, str]:
    """Hashes that take as long to check as anybody's, by kind."""
    made = (hash_secret("nobody", is_random=True), hash_secret("nobody"))
    return {_kind(each): each for each in made}


def _kind(password_hash: str) -> str:
    return password_hash.split("$")[1] if password_hash else ""


def _count(state: State, user_id: str, now: datetime, *, is_right: bool, wipes: bool = True) -> None:
    """Count a try. Raises: Refused (50053 locked, 50126 wrong)."""
    refused: Refused | None = None
    with state.directory.database.transaction():
        user = state.directory.users.get(user_id)
        if user is None or (user.locked_until is not None and now < user.locked_until):
            refused = Refused(50053)
        elif not is_right:
            failures = user.failed_sign_ins + 1
            lock = (
                min(FIRST_LOCK * 2 ** min(failures - LOCK_AFTER, 10), LONGEST_LOCK) if failures >= LOCK_AFTER else None
            )
            state.directory.users.put(
                msgspec.structs.replace(
                    user, failed_sign_ins=failures, locked_until=now + lock if lock is not None else None
                )
            )
            refused = Refused(50126)
        elif wipes and (user.failed_sign_ins or user.locked_until):
            state.directory.users.put(msgspec.structs.replace(user, failed_sign_ins=0, locked_until=None))
    if refused is not None:
        raise refused


def _use_step(ledger: Ledger, user_id: str, step: int) -> bool:
    with ledger.database.transaction():
        last = ledger.second_factors.get(user_id)
        if last is not None and step <= last.step:
            return False
        ledger.second_factors.put(SecondFactorUse(id=user_id, step=step))
        return True
