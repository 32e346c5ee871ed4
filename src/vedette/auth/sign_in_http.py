"""HTTP as the sign-in service is spoken to: a small blocking client, which MSAL also uses in place of its own.

Giving MSAL our client has three effects: the CA bundle that was given wins over `REQUESTS_CA_BUNDLE` in the
environment, a port in the authority is kept where MSAL drops it, and failures to connect are our `NoAnswer`.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from vedette.errors import ConfigurationError, NoAnswer, SignInError

if TYPE_CHECKING:
    import httpx2

TIMEOUT_S = 30.0


def trusting(ca_bundle: str | None) -> ssl.SSLContext | bool:
    """Whom to trust, as HTTP clients take it: the authorities in a PEM file, or `SSL_CERT_FILE`, else the system's.

    Raises: ConfigurationError when the file cannot be used.
    """
    if ca_bundle is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:  # a missing file, or ssl.SSLError for one that is not PEM
        is_gone = isinstance(error, FileNotFoundError)
        raise ConfigurationError(
            f"the CA bundle {ca_bundle} cannot be used: {error}",
            path=ca_bundle,
            hint="does the local tenant still run? `vedette serve` starts one, and its ready file names the bundle"
            if is_gone
            else "it is a PEM file",
        ) from error


class SignInAnswer:
    """An answer, in the shape that MSAL reads."""

    def __init__(self, url: str, status_code: int, headers: Mapping[str, str], text: str) -> None:
        self.url = url
        self.status_code = status_code
        self.headers = headers
        self.text = text

    def body(self) -> dict[str, Any]:  # Any: JSON
        """The JSON object in the answer; empty when there is none."""
        try:
            value = json.loads(self.text)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def raise_for_status(self) -> None:
        """Raises: SignInError where the answer says why, else NoAnswer; nothing under 400."""
        if self.status_code < 400:
            return
        body = self.body()
        if "error" in body:
            raise SignInError.from_answer(body)
        raise NoAnswer(f"{self.url} answered {self.status_code} without saying why", hint="try again in a moment")


class SignInHttp:
    """A client for one sign-in service. Opens its connections on first use; safe to share between threads."""

    def __init__(
        self,
        *,
        origin: str = "",
        ca_bundle: str | None = None,
        transport: httpx2.BaseTransport | None = None,
        trust_env: bool = True,
    ) -> None:
        """`origin`: requests to its host that lost the port get it back."""
        self._origin = urlsplit(origin)
        self._ca_bundle = ca_bundle
        self._transport = transport
        self._trust_env = trust_env
        self._client: httpx2.Client | None = None
        self.refusal: dict[str, Any] = {}  # Any: JSON
        """Body of the last answer of 400 or more. MSAL reports some of them as a ValueError without it."""

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> SignInAnswer:
        """Ask for `url`. Raises: NoAnswer."""
        return self._send("GET", url, params=params, headers=headers)

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> SignInAnswer:
        """Send a form to `url`, every value percent-encoded. Raises: NoAnswer."""
        return self._send("POST", url, params=params, data=data, headers=headers)

    def close(self) -> None:
        """Close the connections. The client can be used again."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> SignInAnswer:
        import httpx2

        url = self._with_port(url)
        client = self._open()
        content = data if isinstance(data, str) else None
        form = {name: value for name, value in data.items() if value is not None} if isinstance(data, Mapping) else None
        clean = {name: value for name, value in (headers or {}).items() if value is not None}
        if content is not None:
            clean.setdefault("Content-Type", "application/x-www-form-urlencoded")
        started = time.monotonic()
        for attempt in (1, 2):
            try:
                answer = client.request(method, url, params=params, data=form, content=content, headers=clean)
                break
            except httpx2.TransportError as error:
                # A kept connection that the service has closed fails at once; one new try is right, also for a POST,
                # as a token request changes nothing.
                if attempt == 2 or isinstance(error, httpx2.TimeoutException):
                    raise NoAnswer(
                        f"{_place(url)} did not answer: {_reason(error)}",
                        attempts=attempt,
                        elapsed_s=time.monotonic() - started,
                        hint="check the network and HTTPS_PROXY; for a local tenant, that it runs, and its CA bundle",
                    ) from error
        result = SignInAnswer(_place(url), answer.status_code, answer.headers, answer.text)
        if result.status_code >= 400:
            self.refusal = result.body()
        return result

    def _open(self) -> httpx2.Client:
        if self._client is None:
            import httpx2

            self._client = httpx2.Client(
                verify=trusting(self._ca_bundle),
                transport=self._transport,
                timeout=TIMEOUT_S,
                trust_env=self._trust_env,
                follow_redirects=False,
            )
        return self._client

    def _with_port(self, url: str) -> str:
        parts = urlsplit(url)
        if self._origin.port is None or parts.port is not None or parts.hostname != self._origin.hostname:
            return url
        return parts._replace(netloc=self._origin.netloc).geturl()


def _place(url: str) -> str:
    """The address without its query, which may name a user."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
