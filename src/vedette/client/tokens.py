"""Holds the access token of a client between calls, and asks the credential for the next one in time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

from vedette.auth.credential import AsyncCredential, Credential, Token
from vedette.auth.tokens import decode_token
from vedette.catalogue.permission import DEFENDER, Resource, resource_by_identifier
from vedette.errors import ConfigurationError, TokenInvalid

RENEW_BEFORE_S = 300


class TokenHolder:
    """One token for all threads of a client; only one of them asks for a new one."""

    def __init__(self, credential: Credential, scope: str, clock: Callable[[], float]) -> None:
        self._credential = credential
        self._scope = scope
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None

    def get(self, claims: str | None = None) -> Token:
        """A token that is good for minutes. `claims` forces a new one. Raises: what the credential raises."""
        with self._lock:
            if claims is not None or not is_good(self._token, self._clock()):
                self._token = ask(self._credential, self._scope, claims)
            return cast("Token", self._token)


def fitting(token: Token, api: Resource) -> Token:
    """The token, when it is for this API as far as it tells; what the Endpoint API thinks of one it says itself.

    Raises: ConfigurationError for a token of another API, which is not sent there.
    """
    if api is DEFENDER:
        return token
    try:
        audience = decode_token(token.token).audience
    except TokenInvalid:
        return token
    named = resource_by_identifier(audience)
    if named is None or named is api:
        return token
    raise ConfigurationError(
        f"the credential gave a token for {named.name} ({audience}), and this call takes one for {api.name}",
        hint=f"a fixed token is for one API; pass a credential that signs in, or a token for {api.audience}",
    )


def is_good(token: Token | None, now: float) -> bool:
    """Whether a token lasts for some minutes more."""
    return token is not None and token.expires_on - now > RENEW_BEFORE_S


def ask(credential: Credential | AsyncCredential, scope: str, claims: str | None) -> Any:  # Any: a token, or awaitable
    """Ask a credential. `claims` is passed only when there are any: not every credential knows it."""
    get_token: Any = credential.get_token  # Any: `claims` is not in the protocol; only credentials that know it get it
    return get_token(scope) if claims is None else get_token(scope, claims=claims)
