"""Where a tenant signs in: the origin of the sign-in service and the tenant in its path."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from vedette.catalogue import clouds
from vedette.errors import ConfigurationError

V1_ISSUER = "https://sts.windows.net/{tenant}/"
"""Issuer of v1.0 tokens in every cloud."""


@dataclass(frozen=True, slots=True)
class Authority:
    """One tenant at one sign-in service."""

    origin: str
    """Such as `https://login.microsoftonline.com` or `https://localhost:8443`; no path."""
    tenant: str
    """A GUID, a verified domain, or `organizations`, `common`, `consumers`."""

    @staticmethod
    def of(tenant: str, *, cloud: str = "commercial", origin: str | None = None) -> Authority:
        """The authority of a tenant in a cloud, or at `origin` when one is given.

        Raises: ConfigurationError for an unknown cloud, an origin that is not https, or an empty tenant.
        """
        try:
            origin = origin or clouds.cloud(cloud).authority
        except clouds.UnknownCloud as error:
            raise ConfigurationError(str(error)) from None
        parts = urlsplit(origin)
        if parts.scheme != "https" or not parts.netloc or parts.path.strip("/") or parts.query:
            raise ConfigurationError(
                f"{origin!r} is not the origin of a sign-in service",
                hint="an authority is https://HOST or https://HOST:PORT, and the tenant is given apart from it",
            )
        if not tenant or not all(c.isalnum() or c in ".-" for c in tenant):
            raise ConfigurationError(
                f"{tenant!r} is not a tenant", hint="a tenant is a GUID or a verified domain such as contoso.com"
            )
        return Authority(f"https://{parts.netloc}", tenant)

    @property
    def url(self) -> str:
        """Origin and tenant, as MSAL takes it."""
        return f"{self.origin}/{quote(self.tenant)}"

    @property
    def token_url_v1(self) -> str:
        """The v1 token endpoint."""
        return f"{self.url}/oauth2/token"

    @property
    def keys_url(self) -> str:
        """The key set for v1.0 and v2.0 tokens of this tenant."""
        return f"{self.url}/discovery/keys"

    @property
    def issuers(self) -> tuple[str, str]:
        """Issuer of v1.0 tokens, issuer of v2.0 tokens. The tenant must be a GUID."""
        return V1_ISSUER.format(tenant=self.tenant), f"{self.url}/v2.0"

    @property
    def is_microsoft(self) -> bool:
        """Whether the host is one that instance discovery knows. A local tenant is not."""
        return (urlsplit(self.origin).hostname or "") in clouds.identity_hosts()
