"""The tenant's own certificate authority: a CA that can speak for nothing but the tenant, and the server's certificate.

The CA is name-constrained to the hosts and addresses that the tenant answers for and may not sign further CAs, its key
stays in the state folder (mode 0600), and nothing here installs it anywhere: programs are told about it one by one.

Keys are elliptic (P-256): made in under a millisecond where RSA takes a tenth of a second, several times quicker in the
handshake, and accepted by every client that the tenant is meant for (OpenSSL, Go, Java since 7, Node, .NET, Mono).
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import ssl
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vedette.catalogue.clouds import api_hosts, graph_hosts, identity_hosts, portal_hosts, xdr_hosts

LOOPBACK_NAMES = ("localhost",)
LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")
TRUST_STORE_PASSWORD = "changeit"  # noqa: S105  (Java's customary one: the file holds nothing but a public certificate)

_CA_LIFE = timedelta(days=5 * 365)
_LEAF_LIFE = timedelta(days=397)
"""Some clients refuse server certificates that last longer."""
_RENEW_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(days=1)


def microsoft_hosts() -> frozenset[str]:
    """Every Microsoft host that the tenant answers for, of all clouds."""
    return identity_hosts() | graph_hosts() | api_hosts() | xdr_hosts() | portal_hosts()


def tenant_names(extra: Iterable[str] = ()) -> list[str]:
    """The names and addresses that the certificate carries, `extra` being what the server is reached by besides."""
    return list(dict.fromkeys((*LOOPBACK_NAMES, *LOOPBACK_ADDRESSES, *extra, *sorted(microsoft_hosts()))))


@dataclass(frozen=True)
class Certificates:
    """Files in one folder. All but the CA certificate and the trust store are for the owner's eyes only."""

    folder: Path

    @property
    def ca_bundle(self) -> Path:
        """The CA certificate (PEM): what clients have to trust."""
        return self.folder / "ca.pem"

    @property
    def trust_store(self) -> Path:
        """The CA certificate as a PKCS #12 trust store, for Java."""
        return self.folder / "ca.p12"

    @property
    def ca_key(self) -> Path:
        """The CA's private key."""
        return self.folder / "ca-key.pem"

    @property
    def server(self) -> Path:
        """The server's private key, its certificate and the CA's, in one file (PEM)."""
        return self.folder / "server.pem"

    @property
    def server_by_name(self) -> Path:
        """The same without addresses, for clients that ask for a name."""
        return self.folder / "server-by-name.pem"

    @property
    def mono_name(self) -> str:
        """What the CA certificate is called in a trust store of Mono: OpenSSL's hash of its subject."""
        return f"{_subject_hash(x509.load_pem_x509_certificate(self.ca_bundle.read_bytes()).subject)}.0"

    def context(self) -> ssl.SSLContext:
        """A TLS context of the server."""
        context, by_name = _context(self.server), _context(self.server_by_name)

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            # Mono gives up at a certificate with an address where the CA is constrained to addresses.
            if name is not None and _address(name) is None:
                connection.context = by_name

        context.sni_callback = choose
        return context


def ensure_certificates(folder: Path, names: Collection[str], *, now: datetime | None = None) -> Certificates:
    """The certificates in this folder: made where they are missing, renewed where they soon expire or lack a name.

    The CA stays the same as long as it can, so that clients which trust it go on doing so. `now` is the time of the
    outside world, not the tenant's: clients compare it with their own clocks.
    """
    now = now or datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = Certificates(folder)
    authority = _load_authority(files)
    if authority is None or not _is_good(authority[1], now) or not set(names) <= _constrained_to(authority[1]):
        authority = _make_authority(names, now)
        _write(files.ca_key, _pem_key(authority[0]), 0o600)
        _write(files.ca_bundle, authority[1].public_bytes(Encoding.PEM), 0o644)
        files.trust_store.unlink(missing_ok=True)
    if not files.trust_store.exists():
        _write(files.trust_store, _trust_store(authority[1]), 0o644)
    for file, carried in ((files.server, set(names)), (files.server_by_name, _without_addresses(names))):
        leaf = _load_leaf(file)
        if leaf is None or not _serves(leaf, authority[1], carried, now):
            key, leaf = _make_leaf(authority, [name for name in names if name in carried], now)
            chain = leaf.public_bytes(Encoding.PEM) + authority[1].public_bytes(Encoding.PEM)
            _write(file, _pem_key(key) + chain, 0o600)
    return files


_Authority = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


def _make_authority(names: Collection[str], now: datetime) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # Two CAs of one name confuse clients that hold both, so each has its own.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Vedette local tenant {serial & 0xFFFFFFFF:08x}")])
    permitted: list[x509.GeneralName] = []
    for each in names:
        address = _address(each)
        permitted.append(x509.IPAddress(ipaddress.ip_network(address)) if address else x509.DNSName(each))
    builder = (
        _builder(name, name, key.public_key(), serial, now, _CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return key, builder.sign(key, SHA256())


def _make_leaf(authority: _Authority, names: Collection[str], now: datetime) -> _Authority:
    ca_key, ca = authority
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    alternatives = [x509.IPAddress(address) if (address := _address(each)) else x509.DNSName(each) for each in names]
    builder = (
        _builder(subject, ca.subject, key.public_key(), x509.random_serial_number(), now, _LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
    )
    return key, builder.sign(ca_key, SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    serial: int,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + life - _BACKDATED)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _load_authority(files: Certificates) -> _Authority | None:
    try:
        key = load_pem_private_key(files.ca_key.read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate(files.ca_bundle.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return key, certificate


def _load_leaf(file: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())[0]
    except (OSError, ValueError):
        return None


def _is_good(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - _RENEW_BEFORE


def _serves(leaf: x509.Certificate, ca: x509.Certificate, names: Collection[str], now: datetime) -> bool:
    """Whether the server can go on with this certificate."""
    return _is_good(leaf, now) and set(names) <= _names_of(leaf) and _signed_by(leaf, ca)


def _signed_by(leaf: x509.Certificate, ca: x509.Certificate) -> bool:
    own = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    stated = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    return stated.key_identifier == own.digest


def _constrained_to(ca: x509.Certificate) -> set[str]:
    constraints = ca.extensions.get_extension_for_class(x509.NameConstraints).value
    return {
        # An address is written as a network of one: 127.0.0.1/32.
        str(name.value).partition("/")[0]
        for name in constraints.permitted_subtrees or ()
    }


def _names_of(leaf: x509.Certificate) -> set[str]:
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


def _without_addresses(names: Iterable[str]) -> set[str]:
    return {name for name in names if _address(name) is None}


def _context(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(file)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _subject_hash(subject: x509.Name) -> str:
    """OpenSSL's hash of a name: SHA-1 of it in lower case and without the outer sequence, the first four bytes.

    Only for names of one short common name, as ours are.
    """
    text = str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value).lower().encode("ascii")
    attribute = b"\x06\x03\x55\x04\x03" + b"\x0c" + bytes([len(text)]) + text
    sequence = b"\x30" + bytes([len(attribute)]) + attribute
    canonical = b"\x31" + bytes([len(sequence)]) + sequence
    return hashlib.sha1(canonical, usedforsecurity=False).digest()[:4][::-1].hex()


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _trust_store(ca: x509.Certificate) -> bytes:
    encryption = BestAvailableEncryption(TRUST_STORE_PASSWORD.encode())
    return serialize_java_truststore([PKCS12Certificate(ca, b"vedette")], encryption)


def _pem_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes, mode: int) -> None:
    """Replace a file in one step; it never stands there with a wider mode than it ends up with."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    temporary.replace(path)
