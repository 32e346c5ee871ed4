"""Which application asks, and whether it proves it: secret in the body or by HTTP Basic, or a signed assertion.

An assertion's key is found by thumbprint among the certificates of the app registration, never taken from the
assertion. Clients reuse one assertion for minutes, so a repeated `jti` is fine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from vedette.auth.tokens import TokenParts, split_token
from vedette.errors import TokenInvalid
from vedette.tenant.directory import Application, KeyCredential, ServicePrincipal, Tenant, secret_matches
from vedette.tenant.identity.authority import Authority, is_guid
from vedette.tenant.identity.exchange import Exchange
from vedette.tenant.identity.problems import Refused
from vedette.tenant.identity.request import TokenRequest, missing

Proof = Literal["none", "secret", "certificate"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SKEW = timedelta(minutes=5)
_FAR_FUTURE = 1e12
_SCHEMES: Mapping[str, padding.AsymmetricPadding] = {
    "RS256": padding.PKCS1v15(),
    "PS256": padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=padding.PSS.DIGEST_LENGTH),
}


@dataclass(frozen=True, slots=True)
class Client:
    """The application that asks, and how sure we are of it."""

    application: Application
    proof: Proof

    @property
    def strength(self) -> str:
        """`appidacr` and `azpacr` of tokens: 0 public, 1 secret, 2 certificate."""
        return {"none": "0", "secret": "1", "certificate": "2"}[self.proof]


def identify(exchange: Exchange, asked: TokenRequest) -> Application:
    """The application that the request names.

    Raises: Refused (parameter missing, 700038, 700016, 70001, 50194, 7000112).
    """
    client_id = asked.client_id or _named_by_assertion(asked)
    if client_id is None:
        raise missing(exchange.version, "client_id")
    return find_application(exchange, client_id)


def find_application(exchange: Exchange, client_id: str) -> Application:
    """The application of this id, as far as it may be used through this door. Raises: Refused as `identify`."""
    authority, directory = exchange.authority, exchange.state.directory
    if not is_guid(client_id):
        raise Refused(700038, client_id=client_id)
    application = directory.application(client_id)
    if application is None:
        raise Refused(700016, client_id=client_id, tenant=directory_name(authority))
    if application.is_disabled:
        raise Refused(70001, client_id=application.app_id)
    authority.check_audience(application)
    if authority.tenant is not None:
        principal_in(exchange, authority.tenant, application)
    return application


def principal_in(exchange: Exchange, tenant: Tenant, application: Application) -> ServicePrincipal | None:
    """The app's service principal in this tenant, if there is one. Raises: Refused (7000112) where it is disabled."""
    principal = exchange.state.directory.service_principal(tenant.id, application.app_id)
    if principal is not None and not principal.is_enabled:
        raise Refused(7000112, client_id=application.app_id, name=application.display_name)
    return principal


def directory_name(authority: Authority) -> str:
    """The directory as messages name it."""
    return authority.tenant.display_name if authority.tenant else authority.name


def authenticate(exchange: Exchange, asked: TokenRequest, application: Application) -> Client:
    """The client, with its credentials checked where it presents any. Raises: Refused (the `invalid_client` rows)."""
    if asked.client_assertion is not None:
        if asked.client_secret is not None:
            raise Refused(9002313)
        if asked.client_assertion_type != ASSERTION_TYPE:
            raise missing(exchange.version, "client_assertion_type")
        _check_assertion(exchange, application, asked.client_assertion)
        return Client(application, "certificate")
    if asked.client_secret is not None:
        _check_secret(exchange, application, asked.client_secret)
        return Client(application, "secret")
    return Client(application, "none")


def authenticate_public(exchange: Exchange, asked: TokenRequest, application: Application) -> Client:
    """A client that must not present credentials. Raises: Refused (700025)."""
    if asked.has_credentials:
        raise Refused(700025)
    return authenticate(exchange, asked, application)


def authenticate_confidential(exchange: Exchange, asked: TokenRequest, application: Application) -> Client:
    """A client that must present credentials. Raises: Refused (7000218 and the `invalid_client` rows)."""
    if not asked.has_credentials:
        raise Refused(7000218)
    return authenticate(exchange, asked, application)


def authenticate_by_registration(
    exchange: Exchange, asked: TokenRequest, application: Application, *, is_public: bool
) -> Client:
    """A client of a grant without redirect URI: the registration decides which kind it is."""
    if is_public:
        return authenticate_public(exchange, asked, application)
    return authenticate_confidential(exchange, asked, application)


def _check_secret(exchange: Exchange, application: Application, secret: str) -> None:
    matching = [each for each in application.password_credentials if secret_matches(secret, each.secret_hash)]
    if not matching:
        raise Refused(7000215, client_id=application.app_id)
    if not any(each.start <= exchange.now < each.end for each in matching):
        raise Refused(7000222, client_id=application.app_id)


def _named_by_assertion(asked: TokenRequest) -> str | None:
    if asked.client_assertion is None:
        return None
    subject = _parts(asked.client_assertion).claims.get("sub")
    return subject if isinstance(subject, str) else None


def _parts(assertion: str) -> TokenParts:
    try:
        return split_token(assertion)
    except TokenInvalid:
        raise Refused(50027) from None


def _check_assertion(exchange: Exchange, application: Application, assertion: str) -> None:
    parts = _parts(assertion)
    scheme = _SCHEMES.get(str(parts.header.get("alg")))
    if scheme is None or "crit" in parts.header:
        raise Refused(50027)
    if is_foreign(parts):
        raise Refused(700213, subject=str(parts.claims.get("sub")))
    thumbprint, credential = _credential(application, parts)
    key = x509.load_der_x509_certificate(credential.certificate).public_key() if credential else None
    if (
        credential is None
        or not isinstance(key, rsa.RSAPublicKey)
        or not credential.start <= exchange.now < credential.end
    ):
        raise Refused(700027, thumbprint=thumbprint)
    try:
        key.verify(parts.signature, parts.signed, scheme, SHA256())
    except InvalidSignature:
        raise Refused(700027, thumbprint=thumbprint) from None
    _check_claims(exchange, application, parts.claims)


def is_foreign(parts: TokenParts) -> bool:
    """Whether another identity provider signed this. Apps of a local tenant trust none (no federated credentials)."""
    issuer = parts.claims.get("iss")
    own = ("https://login.microsoftonline.com/", "https://sts.windows.net/")
    return isinstance(issuer, str) and issuer.startswith("https://") and not issuer.startswith(own)


def _credential(application: Application, parts: TokenParts) -> tuple[str, KeyCredential | None]:
    """The certificate that the header's thumbprint names; some libraries pad it, some do not."""
    sha256, sha1 = parts.header.get("x5t#S256"), parts.header.get("x5t") or parts.header.get("kid")
    if isinstance(sha256, str):
        wanted = sha256.rstrip("=")
        return wanted, next((c for c in application.key_credentials if c.thumbprint_sha256 == wanted), None)
    if isinstance(sha1, str):
        wanted = sha1.rstrip("=")
        return wanted, next((c for c in application.key_credentials if c.thumbprint_sha1 == wanted), None)
    raise Refused(50027)


def _check_claims(exchange: Exchange, application: Application, claims: Mapping[str, object]) -> None:
    if claims.get("iss") != claims.get("sub") or str(claims.get("sub")).lower() != application.app_id.lower():
        raise Refused(50048)
    if claims.get("aud") not in _audiences(exchange):
        raise Refused(700021, audience=str(claims.get("aud")))
    now, skew = exchange.now.timestamp(), SKEW.total_seconds()
    expires = _seconds(claims.get("exp"))
    begins = [seconds for name in ("nbf", "iat") if name in claims and (seconds := _seconds(claims[name])) is not None]
    if expires is None or now >= expires + skew or any(now < moment - skew for moment in begins):
        raise Refused(700024)


def _audiences(exchange: Exchange) -> frozenset[str]:
    """Every spelling of this token endpoint: by the tenant's id or name, v1 or v2, here or at the service's host."""
    authority = exchange.authority
    names = {authority.name, authority.path}
    if authority.tenant is not None:
        names |= {authority.tenant.id, authority.tenant.domain}
    paths = ("oauth2/v2.0/token", "oauth2/token", "v2.0")
    return frozenset(
        f"{origin}/{name}/{path}"
        for origin in (exchange.origin, "https://login.microsoftonline.com")
        for name in names
        for path in paths
    )


def _seconds(value: object) -> float | None:
    """A time claim; some libraries send fractions. A number too large to be a time is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < _FAR_FUTURE:
        return None
    return float(value)
