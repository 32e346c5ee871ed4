"""What all credentials that go through MSAL share: one application object, one lock, our HTTP, our errors.

MSAL is imported on first use. It answers an identical refused request from memory for a minute, so the application
object is thrown away after a refusal: "refused, consent granted, tried again" then works at once. Tokens are kept in
the token cache and outlive the object.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vedette.auth.authority import Authority
from vedette.auth.cache import TokenCache
from vedette.auth.credential import AccessToken
from vedette.auth.sign_in_http import SignInHttp
from vedette.errors import NoAnswer, SignInError

if TYPE_CHECKING:
    import httpx2

Result = Mapping[str, Any]  # Any: MSAL answers dictionaries
_OIDC = frozenset({"openid", "profile", "offline_access"})
"""MSAL adds these by itself and refuses to be given them."""


class MsalCredential:
    """Base of the credentials that MSAL carries out. Not used by itself."""

    def __init__(
        self,
        *,
        tenant_id: str,
        client_id: str,
        cloud: str = "commercial",
        authority: str | None = None,
        ca_bundle: str | None = None,
        cache: TokenCache | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`authority`: origin of another sign-in service, such as a local tenant's."""
        self.authority = Authority.of(tenant_id, cloud=cloud, origin=authority)
        self.client_id = client_id
        self._cache = cache
        self._memory: Any = None  # Any: MSAL has no types
        self._http = SignInHttp(origin=self.authority.origin, ca_bundle=ca_bundle, transport=transport)
        self._lock = threading.RLock()
        self._held: Any = None

    # Any: azure-identity's protocol passes options of its own.
    def get_token(self, *scopes: str, claims: str | None = None, **kwargs: Any) -> AccessToken:
        """A token for these scopes. `claims`: JSON text of a claims challenge. Raises: SignInError, NoAnswer."""
        if not scopes:
            raise ValueError("get_token needs a scope, such as https://api.securitycenter.microsoft.com/.default")
        wanted = [scope for scope in scopes if scope not in _OIDC]
        with self._lock:
            try:
                return self._token(self._acquire(wanted, claims))
            except SignInError:
                self._held = None
                raise

    def close(self) -> None:
        """Close the connection to the sign-in service."""
        self._http.close()

    def __repr__(self) -> str:
        shown = "".join(f"{value!r}, " for value in self._shown())
        return f"{type(self).__name__}({shown}authority={self.authority.url!r}, client_id={self.client_id!r})"

    # -- what a kind of credential says for itself --------------------------------------------------------------------

    def _shown(self) -> tuple[str, ...]:
        """Values that `repr` may show first; never a secret."""
        return ()

    def _make(self, **options: Any) -> Any:  # Any: MSAL has no types
        """The application object."""
        raise TypeError(f"{type(self).__name__} is not a credential by itself")

    def _acquire(self, scopes: list[str], claims: str | None) -> Result:
        """Ask MSAL, by `self._application()`."""
        raise TypeError(f"{type(self).__name__} is not a credential by itself")

    # -- for them -----------------------------------------------------------------------------------------------------

    def _application(self) -> Any:  # Any: MSAL has no types
        if self._held is None:
            try:
                self._held = self._make(
                    client_id=self.client_id,
                    authority=self.authority.url,
                    token_cache=self._store(),
                    http_client=self._http,
                    # Unknown hosts would be looked up at login.microsoftonline.com, which knows no local tenant.
                    instance_discovery=None if self.authority.is_microsoft else False,
                )
            except ValueError as error:
                # MSAL reports a refusal while reading the tenant's metadata without what the service said.
                if self._http.refusal.get("error"):
                    raise SignInError.from_answer(self._http.refusal) from error
                raise SignInError(
                    f"{self.authority.url} could not be set up for signing in: {error}", error="invalid_request"
                ) from error
        return self._held

    def _store(self) -> Any:  # Any: MSAL has no types
        if self._cache is not None:
            return self._cache.store()
        if self._memory is None:
            import msal

            self._memory = msal.TokenCache()
        return self._memory

    def _token(self, result: Result | None) -> AccessToken:
        if result is None:
            raise NoAnswer(f"{self.authority.url} answered nothing that can be used")
        if "access_token" not in result:
            raise SignInError.from_answer(result)
        return AccessToken(result["access_token"], int(time.time()) + int(result.get("expires_in", 0)))
