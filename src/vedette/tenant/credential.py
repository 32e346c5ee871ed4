"""Signs a program's client in to a tenant whose time does not run with the wall clock.

Ordinary credentials judge by the machine's clock whether a token is still good; a tenant's clock may stand still or
have been moved on by days. This one asks the tenant's clock, and signs in by the documented request as any client does.
"""

from __future__ import annotations

import json
import ssl
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import httpx2

from vedette.auth.credential import AccessToken
from vedette.errors import SignInError
from vedette.tenant.clock import Clock

if TYPE_CHECKING:
    from vedette.tenant.seed import AppAccess

RENEW_BEFORE = timedelta(minutes=5)


class TenantCredential:
    """A confidential app of a local tenant, on its own behalf."""

    def __init__(self, app: AppAccess, clock: Clock, *, authority: str, tenant_id: str, ca_bundle: str) -> None:
        self._app = app
        self._clock = clock
        self._url = f"{authority}/{tenant_id}/oauth2/v2.0/token"
        self._context = ssl.create_default_context(cafile=ca_bundle)
        self._held: dict[tuple[str, ...], tuple[str, datetime]] = {}
        """Scopes → the token for them, and when it ends."""

    def get_token(self, *scopes: str) -> AccessToken:
        """A token that is good by the tenant's clock. Raises: SignInError."""
        token, ends = self._held.get(scopes, ("", None))
        if ends is None or self._clock.now() >= ends - RENEW_BEFORE:
            form = {
                "grant_type": "client_credentials",
                "client_id": self._app.client_id,
                "client_secret": self._app.client_secret or "",
                "scope": " ".join(scopes),
            }
            began = self._clock.now()
            answer = httpx2.post(self._url, data=form, verify=self._context)
            body = json.loads(answer.content)
            if answer.status_code != 200:
                raise SignInError.from_answer(body)
            token = str(body["access_token"])
            self._held[scopes] = token, began + timedelta(seconds=body["expires_in"])
        # Said to end now, so that a client asks each time: only the tenant's clock knows.
        return AccessToken(token, int(time.time()))

    def __repr__(self) -> str:
        return f"TenantCredential(app={self._app.name!r})"
