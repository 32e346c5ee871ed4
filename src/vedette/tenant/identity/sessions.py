"""Cookies: which browser this is, and who is signed in there.

Two cookies, both `__Host-`, Secure, HttpOnly and SameSite=Lax, both signed. The browser cookie ties every form to the
browser that it was shown in; the session cookie is made anew with each sign-in, so that nobody can plant one.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from starlette.responses import Response

from vedette.tenant.directory import User
from vedette.tenant.identity.accounts import find_user, home_user, is_still_valid, is_too_old
from vedette.tenant.identity.authority import Authority
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.issued import SESSION_LIFE, Session, SignIn, hashed, new_secret

BROWSER_COOKIE = "__Host-vedette-browser"
SESSION_COOKIE = "__Host-vedette-session"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who is signed in, as they stand behind the door that was asked at."""

    user: User
    sign_in: SignIn


def browser_secret(exchange: Exchange) -> str | None:
    """What the browser cookie holds, where its signature is good."""
    return _read(exchange, BROWSER_COOKIE)


def form_token(exchange: Exchange, browser: str, flow_id: str) -> str:
    """What a form carries to prove that it was shown in this browser, for this sign-in."""
    return exchange.ledger.proof("form", browser, flow_id)


def is_own_form(exchange: Exchange, flow_id: str, token: str) -> bool:
    """Whether a form was shown in the browser that sends it."""
    browser = browser_secret(exchange)
    return browser is not None and hmac.compare_digest(
        form_token(exchange, browser, flow_id).encode(), token.encode("utf-8", "replace")
    )


def set_browser(exchange: Exchange, response: Response, browser: str) -> None:
    """Let the browser be recognized."""
    _write(exchange, response, BROWSER_COOKIE, browser, None)


def accounts(exchange: Exchange, authority: Authority) -> list[Account]:
    """Who is signed in here and may come in through this door, the latest first."""
    found = []
    for sign_in in _session(exchange).sign_ins:
        user = exchange.state.directory.users.get(sign_in.user_id)
        if user is None or not is_still_valid(user, home_user(exchange.state, user), sign_in):
            continue
        here = find_user(exchange.state, authority, home_user(exchange.state, user).upn)
        tenant = exchange.state.directory.tenants.get(here.tenant_id) if here is not None else None
        if here is not None and here.is_enabled and tenant and not is_too_old(tenant, sign_in, exchange.now):
            found.append(Account(here, msgspec.structs.replace(sign_in, user_id=here.id, tenant_id=here.tenant_id)))
    return found


def remember(exchange: Exchange, response: Response, sign_in: SignIn) -> None:
    """Keep a sign-in for this browser, under a new session cookie; the old cookie is good for nothing any more."""
    old = _session(exchange)
    secret = new_secret()
    home = _home_id(exchange, sign_in)
    others = [each for each in old.sign_ins if _home_id(exchange, each) != home]
    with exchange.ledger.database.transaction():
        exchange.ledger.sessions.delete(old.id)
        exchange.ledger.sessions.put(
            Session(id=hashed(secret), expires=exchange.now + SESSION_LIFE, sign_ins=[sign_in, *others])
        )
    _write(exchange, response, SESSION_COOKIE, secret, SESSION_LIFE)


def end(exchange: Exchange, response: Response) -> None:
    """Sign everybody out of this browser."""
    exchange.ledger.sessions.delete(_session(exchange).id)
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def _session(exchange: Exchange) -> Session:
    secret = _read(exchange, SESSION_COOKIE)
    stored = exchange.ledger.sessions.get(hashed(secret)) if secret else None
    if stored is None or exchange.now >= stored.expires:
        return Session(id="", expires=exchange.now, sign_ins=[])
    return stored


def _home_id(exchange: Exchange, sign_in: SignIn) -> str:
    user = exchange.state.directory.users.get(sign_in.user_id)
    return home_user(exchange.state, user).id if user else sign_in.user_id


def _read(exchange: Exchange, name: str) -> str | None:
    secret, _, signature = exchange.request.cookies.get(name, "").partition(".")
    expected = exchange.ledger.proof(name, secret)
    return secret if secret and hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode()) else None


def _write(exchange: Exchange, response: Response, name: str, secret: str, life: timedelta | None) -> None:
    response.set_cookie(
        name,
        f"{secret}.{exchange.ledger.proof(name, secret)}",
        max_age=int(life.total_seconds()) if life else None,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
