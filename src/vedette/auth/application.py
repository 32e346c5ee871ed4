"""Credentials of an app acting as itself, or for a user who signed in to it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.auth.cache import TokenCache
from vedette.auth.credential import AccessToken
from vedette.auth.msal_credential import MsalCredential, Result
from vedette.auth.password import resource_of
from vedette.auth.sign_in_http import SignInHttp
from vedette.errors import ConfigurationError, SignInError

if TYPE_CHECKING:
    import httpx2


class ApplicationCredential(MsalCredential):
    """Base of the credentials of an app."""

    def __init__(
        self,
        proof: object,
        *,
        tenant_id: str,
        client_id: str,
        cloud: str = "commercial",
        authority: str | None = None,
        ca_bundle: str | None = None,
        cache: TokenCache | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`proof`: what MSAL takes as `client_credential`."""
        super().__init__(
            tenant_id=tenant_id,
            client_id=client_id,
            cloud=cloud,
            authority=authority,
            ca_bundle=ca_bundle,
            cache=cache,
            transport=transport,
        )
        self._proof = proof

    def _make(self, **options: Any) -> Any:  # Any: MSAL has no types
        import msal

        return msal.ConfidentialClientApplication(client_credential=self._proof, **options)

    def _acquire(self, scopes: list[str], claims: str | None) -> Result:
        result: Result = self._application().acquire_token_for_client(scopes=scopes, claims_challenge=claims)
        return result


class ClientSecretCredential(ApplicationCredential):
    """An app that proves itself by a secret."""

    def __init__(
        self,
        client_secret: str,
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
            client_secret,
            tenant_id=tenant_id,
            client_id=client_id,
            cloud=cloud,
            authority=authority,
            ca_bundle=ca_bundle,
            cache=cache,
            transport=transport,
        )


class ClientCertificateCredential(ApplicationCredential):
    """An app that proves itself by a certificate: PEM with the certificate and its private key."""

    def __init__(
        self,
        certificate: str | os.PathLike[str] | bytes,
        *,
        tenant_id: str,
        client_id: str,
        passphrase: str | None = None,
        cloud: str = "commercial",
        authority: str | None = None,
        ca_bundle: str | None = None,
        cache: TokenCache | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`certificate`: a path, or the PEM itself as bytes.

        Raises: ConfigurationError when the file cannot be read or lacks one of the two.
        """
        super().__init__(
            _certificate_proof(certificate, passphrase),
            tenant_id=tenant_id,
            client_id=client_id,
            cloud=cloud,
            authority=authority,
            ca_bundle=ca_bundle,
            cache=cache,
            transport=transport,
        )

    def _make(self, **options: Any) -> Any:  # Any: MSAL has no types
        try:
            return super()._make(**options)
        except (TypeError, ValueError) as error:
            if self._http.refusal:
                raise
            raise ConfigurationError(
                "the private key of the certificate cannot be opened", hint="check the passphrase"
            ) from error


def _certificate_proof(certificate: str | os.PathLike[str] | bytes, passphrase: str | None) -> dict[str, str]:
    path = "" if isinstance(certificate, bytes) else os.fspath(certificate)
    try:
        pem = certificate if isinstance(certificate, bytes) else Path(path).read_bytes()
        text = pem.decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the certificate cannot be read: {error}", path=path) from None
    key, public = _blocks(text, "PRIVATE KEY-----"), _blocks(text, "BEGIN CERTIFICATE-----")
    if not key or not public:
        raise ConfigurationError(
            f"the certificate file has no {'private key' if not key else 'certificate'}",
            path=path,
            hint="PEM with both is needed: openssl pkcs12 -in app.pfx -out app.pem -nodes",
        )
    proof = {"private_key": key, "public_certificate": public}
    if passphrase is not None:
        proof["passphrase"] = passphrase
    return proof


def _blocks(pem: str, kind: str) -> str:
    """The blocks of a kind, in order."""
    found: list[str] = []
    lines: list[str] | None = None
    for line in pem.splitlines():
        if line.startswith("-----BEGIN "):
            lines = [] if kind in line or kind.removeprefix("BEGIN ") in line else None
        if lines is not None:
            lines.append(line)
            if line.startswith("-----END "):
                found.extend(lines)
                lines = None
    return "\n".join(found) + "\n" if found else ""


class OnBehalfOfCredential(ApplicationCredential):
    """An API acting for the user whose token it was called with."""

    def __init__(
        self,
        user_assertion: str,
        *,
        tenant_id: str,
        client_id: str,
        client_secret: str | None = None,
        certificate: str | os.PathLike[str] | bytes | None = None,
        passphrase: str | None = None,
        cloud: str = "commercial",
        authority: str | None = None,
        ca_bundle: str | None = None,
        cache: TokenCache | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`user_assertion`: the access token that came in; its audience is this app. Give a secret or a certificate."""
        if (client_secret is None) == (certificate is None):
            raise ConfigurationError("on-behalf-of needs a client secret or a certificate, and only one of them")
        super().__init__(
            client_secret if certificate is None else _certificate_proof(certificate, passphrase),
            tenant_id=tenant_id,
            client_id=client_id,
            cloud=cloud,
            authority=authority,
            ca_bundle=ca_bundle,
            cache=cache,
            transport=transport,
        )
        self._user_assertion = user_assertion

    def _acquire(self, scopes: list[str], claims: str | None) -> Result:
        result: Result = self._application().acquire_token_on_behalf_of(
            self._user_assertion, scopes, claims_challenge=claims
        )
        return result


class ManagedIdentityCredential:
    """An Azure resource's own identity: nothing to keep, nothing to renew. Works inside Azure only."""

    def __init__(
        self,
        *,
        client_id: str | None = None,
        cache: TokenCache | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`client_id`: of a user-assigned identity; None takes the one that the system assigned."""
        self.client_id = client_id
        self._cache = cache
        # The endpoint is on this machine or link, never behind a proxy.
        self._http = SignInHttp(transport=transport, trust_env=False)
        self._held: Any = None  # Any: MSAL has no types

    # Any: azure-identity's protocol passes options of its own.
    def get_token(self, *scopes: str, claims: str | None = None, **kwargs: Any) -> AccessToken:
        """A token for the resource of the first scope. Raises: SignInError, NoAnswer."""
        import msal

        if self._held is None:
            identity = (
                msal.SystemAssignedManagedIdentity()
                if self.client_id is None
                else msal.UserAssignedManagedIdentity(client_id=self.client_id)
            )
            store = None if self._cache is None else self._cache.store()
            self._held = msal.ManagedIdentityClient(identity, http_client=self._http, token_cache=store)
        try:
            result: Result = self._held.acquire_token_for_client(resource=resource_of(scopes), claims_challenge=claims)
        except msal.ManagedIdentityError as error:
            raise SignInError(f"the managed identity gave no token: {error}", error="managed_identity") from error
        if "access_token" not in result:
            self._held = None
            raise SignInError.from_answer(result)
        return AccessToken(result["access_token"], int(time.time()) + int(result.get("expires_in", 0)))

    def close(self) -> None:
        """Close the connection to the endpoint."""
        self._http.close()

    def __repr__(self) -> str:
        return f"ManagedIdentityCredential(client_id={self.client_id!r})"
