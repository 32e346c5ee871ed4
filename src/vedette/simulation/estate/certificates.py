"""Certificates on machines: their own, the service's, and the roots that they trust."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vedette.simulation.estate.inventory import Profile
from vedette.simulation.estate.steady import digits, share


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate in a store of a machine."""

    thumbprint: str
    path: str
    algorithm: str
    key_size: int
    issued_days: float
    """Days since it became valid."""
    valid_days: float
    """Days that it is valid for."""
    is_authority: bool
    serial_number: str
    issued_to: str
    issued_by: str
    key_usage: str
    extended_key_usage: str


_TLS = "Server Authentication (1.3.6.1.5.5.7.3.1)"
_CLIENT = "Client Authentication (1.3.6.1.5.5.7.3.2)"


def certificates(profile: Profile) -> Iterator[Certificate]:
    """The certificates of a machine. Roots are the same everywhere."""
    domain = profile.name.partition(".")[2] or "local"
    issuer = f"Issuing CA of {domain}"
    stores = "LocalMachine\\{}" if profile.is_windows else "/etc/ssl/certs/{}"
    yield Certificate(
        thumbprint=digits(40, "root", domain),
        path=stores.format("Root"),
        algorithm="sha256RSA",
        key_size=4096,
        issued_days=1400.0,
        valid_days=3650.0,
        is_authority=True,
        serial_number=digits(32, "root serial", domain),
        issued_to=issuer,
        issued_by=issuer,
        key_usage="Certificate Signing, CRL Signing",
        extended_key_usage="",
    )
    age = share(profile.id, "certificate age") * 400
    yield _leaf(profile, "machine", stores.format("My"), profile.name, issuer, "sha256RSA", 2048, age, 365.0, _CLIENT)
    if profile.is_windows:
        weak = share(profile.id, "remote desktop") < 0.2
        algorithm, size = ("sha1RSA", 1024) if weak else ("sha256RSA", 2048)
        path = stores.format("Remote Desktop")
        yield _leaf(profile, "rdp", path, profile.name, profile.name, algorithm, size, age % 170, 183.0, _TLS)
    if profile.role in ("web", "linux"):
        name = f"www.{domain}" if profile.role == "web" else profile.name
        path = stores.format("WebHosting" if profile.is_windows else "site.pem")
        yield _leaf(profile, "site", path, name, issuer, "sha256ECDSA", 256, age % 95, 90.0, _TLS)


def _leaf(
    profile: Profile,
    kind: str,
    path: str,
    subject: str,
    issuer: str,
    algorithm: str,
    size: int,
    age: float,
    valid: float,
    usage: str,
) -> Certificate:
    return Certificate(
        thumbprint=digits(40, profile.id, kind),
        path=path,
        algorithm=algorithm,
        key_size=size,
        issued_days=round(age, 3),
        valid_days=valid,
        is_authority=False,
        serial_number=digits(32, profile.id, kind, "serial"),
        issued_to=subject,
        issued_by=issuer,
        key_usage="Digital Signature, Key Encipherment",
        extended_key_usage=usage,
    )
