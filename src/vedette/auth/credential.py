"""What a credential is: anything with `get_token(*scopes)`, the shape that azure-identity gave it.

Here are the protocols, the token they answer, and the credential that only hands out a token it was given.
Credentials that ask the sign-in service live beside: `password`, `user`, `application`.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, NamedTuple, Protocol

from vedette.auth.tokens import decode_token
from vedette.errors import SignInError, TokenInvalid


class Token(Protocol):
    """An access token as credentials answer it."""

    @property
    def token(self) -> str:
        """The bearer token itself. Opaque to clients."""

    @property
    def expires_on(self) -> int:
        """When it ends, in seconds since 1970."""


class AccessToken(NamedTuple):
    """An access token and its end. Its `repr` does not show the token."""

    token: str
    expires_on: int

    def __repr__(self) -> str:
        return f"AccessToken(token=<hidden>, expires_on={self.expires_on})"


class Credential(Protocol):
    """Answers access tokens. Every credential of azure-identity is one.

    A credential may take `claims=`, a JSON text from a claims challenge; it is passed only after such a challenge.
    """

    def get_token(self, *scopes: str) -> Token:
        """A token for these scopes, from a cache where one is still good."""


class AsyncCredential(Protocol):
    """A credential whose `get_token` is awaited, such as those of `azure.identity.aio`."""

    def get_token(self, *scopes: str) -> Awaitable[Token]:
        """A token for these scopes, from a cache where one is still good."""


class StaticToken:
    """Hands out one token, until it ends. It cannot be renewed."""

    def __init__(self, token: str, *, expires_on: int | None = None) -> None:
        """`expires_on`: None takes the end from the token itself; one that does not say is used until refused."""
        if expires_on is None:
            expires_on = _end_of(token)
        self._token = AccessToken(token, expires_on)

    # Any: azure-identity's protocol passes options of its own.
    def get_token(self, *scopes: str, claims: str | None = None, **kwargs: Any) -> AccessToken:
        """The token. Raises: SignInError on a claims challenge, which only a new sign-in can meet."""
        if claims is not None:
            raise SignInError(
                "the API asks for a token with more claims, and a fixed token cannot be renewed",
                error="interaction_required",
                claims=claims,
                hint="sign in again and pass a credential instead of a token",
            )
        return self._token

    def __repr__(self) -> str:
        return f"StaticToken(expires_on={self._token.expires_on})"


_FAR = 253402300799  # the last second of the year 9999


def _end_of(token: str) -> int:
    try:
        ends = decode_token(token).expires_at
    except TokenInvalid:
        return _FAR
    return _FAR if ends is None else int(ends.timestamp())
