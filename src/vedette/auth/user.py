"""Credentials of a person: browser, device code, name and password."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vedette.auth.cache import TokenCache
from vedette.auth.msal_credential import MsalCredential, Result
from vedette.errors import SignInError

if TYPE_CHECKING:
    import httpx2


@dataclass(frozen=True, slots=True)
class DevicePrompt:
    """What the person has to do to finish a device-code sign-in."""

    user_code: str
    verification_uri: str
    expires_in_s: int
    message: str
    """The service's own sentence, with code and address."""


class UserCredential(MsalCredential):
    """Base of the credentials of a person: what is signed in already is used, silently, as long as it lasts."""

    def __init__(
        self,
        *,
        tenant_id: str,
        client_id: str,
        username: str | None = None,
        interactive: bool = True,
        cloud: str = "commercial",
        authority: str | None = None,
        ca_bundle: str | None = None,
        cache: TokenCache | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`username`: whose sign-in to use, and whom to suggest. `interactive`: False never bothers the person."""
        super().__init__(
            tenant_id=tenant_id,
            client_id=client_id,
            cloud=cloud,
            authority=authority,
            ca_bundle=ca_bundle,
            cache=cache,
            transport=transport,
        )
        self.username = username
        self.interactive = interactive

    def accounts(self) -> tuple[str, ...]:
        """User names that are signed in."""
        with self._lock:
            return tuple(str(account["username"]) for account in self._accounts())

    def sign_out(self) -> tuple[str, ...]:
        """Forget the tokens of `username`, or of everybody when there is none. Returns: the names forgotten."""
        with self._lock:
            accounts = self._accounts()
            for account in accounts:
                self._application().remove_account(account)
            return tuple(str(account["username"]) for account in accounts)

    def _shown(self) -> tuple[str, ...]:
        return (self.username,) if self.username else ()

    def _make(self, **options: Any) -> Any:  # Any: MSAL has no types
        import msal

        return msal.PublicClientApplication(**options)

    def _accounts(self) -> list[dict[str, Any]]:  # Any: MSAL has no types
        found: list[dict[str, Any]] = self._application().get_accounts(username=self.username)
        return found

    def _acquire(self, scopes: list[str], claims: str | None) -> Result:
        accounts = self._accounts()
        # With several accounts and no name, taking one would be a guess at who is acting.
        if len(accounts) == 1:
            result: Result | None = self._application().acquire_token_silent_with_error(
                scopes, accounts[0], claims_challenge=claims
            )
            # Signing in again would not help where the app lacks consent for the API that was asked for.
            if result and ("access_token" in result or (not self.interactive and _lacks_consent(result))):
                return result
        if not self.interactive:
            raise SignInError(
                "nobody is signed in" if not accounts else "the sign-in has ended, or several people are signed in",
                error="interaction_required",
                claims=claims or "",
                hint="vedette login",
            )
        return self._ask(scopes, claims)

    def _ask(self, scopes: list[str], claims: str | None) -> Result:
        """Sign in with the person's help."""
        raise TypeError(f"{type(self).__name__} is not a credential by itself")


def _lacks_consent(result: Result) -> bool:
    return result.get("suberror") == "consent_required" or 65001 in (result.get("error_codes") or ())


class InteractiveBrowserCredential(UserCredential):
    """Signs a person in through the browser of this machine, answering at `http://localhost`."""

    def __init__(
        self,
        *,
        tenant_id: str,
        client_id: str,
        username: str | None = None,
        interactive: bool = True,
        port: int | None = None,
        timeout_s: float = 300,
        on_open: Callable[[], None] | None = None,
        cloud: str = "commercial",
        authority: str | None = None,
        ca_bundle: str | None = None,
        cache: TokenCache | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`port`: of the redirect address; None takes a free one. `on_open` is called before the browser is opened."""
        super().__init__(
            tenant_id=tenant_id,
            client_id=client_id,
            username=username,
            interactive=interactive,
            cloud=cloud,
            authority=authority,
            ca_bundle=ca_bundle,
            cache=cache,
            transport=transport,
        )
        self._port = port
        self._timeout_s = timeout_s
        self._on_open = on_open

    def _ask(self, scopes: list[str], claims: str | None) -> Result:
        if self._on_open is not None:
            self._on_open()
        result: Result = self._application().acquire_token_interactive(
            scopes,
            login_hint=self.username,
            claims_challenge=claims,
            timeout=self._timeout_s,
            port=self._port,
        )
        return result


def print_prompt(prompt: DevicePrompt) -> None:
    """Say on stderr what the person has to do."""
    print(prompt.message, file=sys.stderr, flush=True)


class DeviceCodeCredential(UserCredential):
    """Signs a person in by a code typed into a browser on any device."""

    def __init__(
        self,
        *,
        tenant_id: str,
        client_id: str,
        prompt: Callable[[DevicePrompt], None] = print_prompt,
        username: str | None = None,
        interactive: bool = True,
        timeout_s: float | None = None,
        cloud: str = "commercial",
        authority: str | None = None,
        ca_bundle: str | None = None,
        cache: TokenCache | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`prompt` is told the code. `timeout_s`: None waits as long as the code is good."""
        super().__init__(
            tenant_id=tenant_id,
            client_id=client_id,
            username=username,
            interactive=interactive,
            cloud=cloud,
            authority=authority,
            ca_bundle=ca_bundle,
            cache=cache,
            transport=transport,
        )
        self._prompt = prompt
        self._timeout_s = timeout_s

    def _ask(self, scopes: list[str], claims: str | None) -> Result:
        application = self._application()
        flow: dict[str, Any] = application.initiate_device_flow(scopes=scopes, claims_challenge=claims)
        if "user_code" not in flow:
            raise SignInError.from_answer(flow)
        self._prompt(
            DevicePrompt(
                user_code=str(flow["user_code"]),
                verification_uri=str(flow["verification_uri"]),
                expires_in_s=int(flow.get("expires_in", 900)),
                message=str(flow.get("message", "")),
            )
        )
        if self._timeout_s is not None:
            flow["expires_at"] = min(flow["expires_at"], time.time() + self._timeout_s)
        result: Result = application.acquire_token_by_device_flow(flow, claims_challenge=claims)
        if result.get("error") in ("authorization_pending", "slow_down"):
            raise SignInError(
                "sign-in was not finished in time", error="expired_token", hint="start again and enter the new code"
            )
        return result


class UsernamePasswordCredential(UserCredential):
    """Signs a person in by name and password through the v2 endpoint. Cannot do a second factor."""

    def __init__(
        self,
        username: str,
        password: str,
        *,
        tenant_id: str,
        client_id: str,
        cloud: str = "commercial",
        authority: str | None = None,
        ca_bundle: str | None = None,
        cache: TokenCache | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        super().__init__(
            tenant_id=tenant_id,
            client_id=client_id,
            username=username,
            cloud=cloud,
            authority=authority,
            ca_bundle=ca_bundle,
            cache=cache,
            transport=transport,
        )
        self._username = username
        self._password = password

    def _ask(self, scopes: list[str], claims: str | None) -> Result:
        with warnings.catch_warnings():
            # MSAL warns that the grant is discouraged. Our documentation says so where people choose it.
            warnings.simplefilter("ignore", DeprecationWarning)
            result: Result = self._application().acquire_token_by_username_password(
                self._username, self._password, scopes, claims_challenge=claims
            )
        return result
