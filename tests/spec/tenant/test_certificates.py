"""The tenant's certificate authority: good for the tenant's names, useless for anything else."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from vedette.tenant.certificates import Certificates, ensure_certificates, microsoft_hosts, tenant_names

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    return ensure_certificates(tmp_path / "certificates", tenant_names(), now=NOW)


def test_the_server_certificate_carries_every_name(made: Certificates) -> None:
    names = _leaf(made).extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert set(names.get_values_for_type(x509.DNSName)) == {"localhost", *microsoft_hosts()}
    assert {str(address) for address in names.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1"}


def test_it_stands_strict_checking(made: Certificates) -> None:
    assert _openssl_verify(made, made.server) == 0


def test_the_authority_may_sign_for_these_names_alone_and_no_further_authority(made: Certificates) -> None:
    authority = x509.load_pem_x509_certificate(made.ca_bundle.read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)

    assert constraints.critical
    assert {str(name.value) for name in constraints.value.permitted_subtrees or ()} == {
        "localhost",
        "127.0.0.1/32",
        "::1/128",
        *microsoft_hosts(),
    }
    assert (basic.value.ca, basic.value.path_length) == (True, 0)


def test_a_certificate_for_another_name_is_not_believed(made: Certificates, tmp_path: Path) -> None:
    key = load_pem_private_key(made.ca_key.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    authority = x509.load_pem_x509_certificate(made.ca_bundle.read_bytes())
    forged = tmp_path / "forged.pem"
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank.example")]))
        .issuer_name(authority.subject)
        .public_key(ec.generate_private_key(ec.SECP256R1()).public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    forged.write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))

    assert _openssl_verify(made, forged) != 0


def test_the_trust_store_of_java_holds_the_authority(made: Certificates) -> None:
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

    held = load_pkcs12(made.trust_store.read_bytes(), b"changeit")

    authority = x509.load_pem_x509_certificate(made.ca_bundle.read_bytes())
    assert [each.certificate for each in held.additional_certs] == [authority]


def test_the_server_certificate_is_renewed_before_it_expires_under_the_same_authority(made: Certificates) -> None:
    first, authority = _leaf(made), made.ca_bundle.read_bytes()

    ensure_certificates(made.folder, tenant_names(), now=first.not_valid_after_utc - timedelta(days=31))
    assert _leaf(made) == first

    ensure_certificates(made.folder, tenant_names(), now=first.not_valid_after_utc - timedelta(days=29))
    assert _leaf(made) != first
    assert made.ca_bundle.read_bytes() == authority


def test_the_authority_is_renewed_before_it_expires(made: Certificates) -> None:
    authority = x509.load_pem_x509_certificate(made.ca_bundle.read_bytes())

    ensure_certificates(made.folder, tenant_names(), now=authority.not_valid_after_utc - timedelta(days=29))

    renewed = x509.load_pem_x509_certificate(made.ca_bundle.read_bytes())
    assert renewed.subject != authority.subject
    _leaf(made).verify_directly_issued_by(renewed)


def test_a_further_name_takes_a_new_authority(made: Certificates) -> None:
    before = made.ca_bundle.read_bytes()

    ensure_certificates(made.folder, tenant_names(["tenant.lab.example"]), now=NOW)

    assert made.ca_bundle.read_bytes() != before
    assert _openssl_verify(made, made.server) == 0


def test_damaged_files_are_replaced(made: Certificates) -> None:
    made.server.write_text("not a certificate")
    made.ca_key.write_text("not a key")

    ensure_certificates(made.folder, tenant_names(), now=NOW)

    assert _openssl_verify(made, made.server) == 0


def _leaf(made: Certificates) -> x509.Certificate:
    return x509.load_pem_x509_certificates(made.server.read_bytes())[0]


def _openssl_verify(made: Certificates, certificate: Path) -> int:
    """What OpenSSL says of it at the moment of the test, with every check that it has."""
    at = str(int(NOW.timestamp()))
    command = ["openssl", "verify", "-x509_strict", "-attime", at, "-CAfile", str(made.ca_bundle), str(certificate)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_a_client_that_asks_for_a_name_gets_no_addresses(made: Certificates) -> None:
    by_name = x509.load_pem_x509_certificates(made.server_by_name.read_bytes())[0]
    names = by_name.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert set(names.get_values_for_type(x509.DNSName)) == {"localhost", *microsoft_hosts()}
    assert names.get_values_for_type(x509.IPAddress) == []
    assert _openssl_verify(made, made.server_by_name) == 0


@pytest.mark.parametrize(
    ("asked", "has_addresses"), [("localhost", False), ("login.microsoftonline.com", False), ("127.0.0.1", True)]
)
def test_which_certificate_a_client_gets(tmp_path: Path, asked: str, has_addresses: bool) -> None:
    made = ensure_certificates(tmp_path / "certificates", tenant_names())
    client, server = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = ssl.create_default_context(cafile=str(made.ca_bundle)).wrap_bio(server, client, server_hostname=asked)
    other = made.context().wrap_bio(client, server, server_side=True)
    for _ in range(2):
        for side in (one, other):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    certificate = one.getpeercert()

    assert certificate is not None
    kinds = {kind for kind, _ in certificate["subjectAltName"]}
    assert ("IP Address" in kinds) is has_addresses


def test_the_name_in_a_trust_store_of_mono_is_openssls_hash_of_the_subject(made: Certificates) -> None:
    command = ["openssl", "x509", "-in", str(made.ca_bundle), "-noout", "-subject_hash"]
    known = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert made.mono_name == f"{known}.0"
