"""The documented password request: one form to the v1 token endpoint, with `resource` and the user's password.

Kept because the service's own walkthrough uses it. Microsoft discourages it: it cannot do a second factor, federated
users or users without a password. Prefer `DeviceCodeCredential` or `InteractiveBrowserCredential`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from vedette.auth.authority import Authority
from vedette.auth.credential import AccessToken
from vedette.auth.sign_in_http import SignInHttp
from vedette.errors import NoAnswer, SignInError

if TYPE_CHECKING:
    import httpx2

RENEW_BEFORE_S = 300


class PasswordCredential:
    """Signs a user in by name and password through the v1 endpoint. Tokens are kept in memory and renewed."""

    def __init__(
        self,
        username: str,
        password: str,
        *,
        tenant_id: str,
        client_id: str,
        client_secret: str | None = None,
        cloud: str = "commercial",
        authority: str | None = None,
        ca_bundle: str | None = None,
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.authority = Authority.of(tenant_id, cloud=cloud, origin=authority)
        self.client_id = client_id
        self.username = username
        self._password = password
        self._client_secret = client_secret
        self._http = SignInHttp(origin=self.authority.origin, ca_bundle=ca_bundle, transport=transport)
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str, AccessToken] = {}
        self._refresh_token: str | None = None

    # Any: azure-identity's protocol passes options of its own.
    def get_token(self, *scopes: str, claims: str | None = None, **kwargs: Any) -> AccessToken:
        """A token for the resource of the first scope. Raises: SignInError, NoAnswer."""
        resource = resource_of(scopes)
        with self._lock:
            held = self._tokens.get(resource)
            if held is not None and claims is None and held.expires_on - self._clock() > RENEW_BEFORE_S:
                return held
            token = self._tokens[resource] = self._renew(resource, claims) or self._sign_in(resource, claims)
            return token

    def close(self) -> None:
        """Close the connection to the sign-in service."""
        self._http.close()

    def __repr__(self) -> str:
        return f"PasswordCredential({self.username!r}, authority={self.authority.url!r}, client_id={self.client_id!r})"

    def _renew(self, resource: str, claims: str | None) -> AccessToken | None:
        if self._refresh_token is None:
            return None
        try:
            return self._ask(resource, claims, grant_type="refresh_token", refresh_token=self._refresh_token)
        except SignInError:
            self._refresh_token = None  # revoked or too old: the password is still here
            return None

    def _sign_in(self, resource: str, claims: str | None) -> AccessToken:
        return self._ask(resource, claims, grant_type="password", username=self.username, password=self._password)

    def _ask(self, resource: str, claims: str | None, **grant: str) -> AccessToken:
        form = {"resource": resource, "client_id": self.client_id, **grant}
        if self._client_secret is not None:
            form["client_secret"] = self._client_secret
        if claims is not None:
            form["claims"] = claims
        answer = self._http.post(self.authority.token_url_v1, data=form, headers={"Accept": "application/json"})
        answer.raise_for_status()
        body = answer.body()
        token, lifetime = body.get("access_token"), _seconds(body)
        if not isinstance(token, str) or lifetime is None:
            raise NoAnswer(f"{answer.url} answered {answer.status_code} without a token")
        refresh = body.get("refresh_token")
        self._refresh_token = refresh if isinstance(refresh, str) else self._refresh_token
        return AccessToken(token, int(self._clock()) + lifetime)


def resource_of(scopes: tuple[str, ...]) -> str:
    """The resource that a scope belongs to: everything before its last `/`."""
    if not scopes:
        raise ValueError("get_token needs a scope, such as https://api.securitycenter.microsoft.com/.default")
    return scopes[0].rpartition("/")[0] or scopes[0]


def _seconds(body: Mapping[str, object]) -> int | None:
    # The v1 endpoint writes its numbers as strings.
    try:
        return int(str(body.get("expires_in")))
    except ValueError:
        return None
