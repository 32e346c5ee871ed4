"""Certificates of applications: read from what a request sends, and used to check the proof of addKey and removeKey."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from vedette.catalogue import graph as wire
from vedette.catalogue.graph import PROOF_AUDIENCE
from vedette.tenant.directory import Application, KeyCredential
from vedette.tenant.graph.problems import bad_request, denied, invalid_value

_LONGEST_PROOF = timedelta(minutes=10)
_SKEW = timedelta(minutes=5)


def certificate_credential(sent: wire.KeyCredential, *, key_id: str) -> KeyCredential:
    """The certificate in a request, read and named. Raises: GraphProblem."""
    if sent.type != "AsymmetricX509Cert":
        raise invalid_value("keyCredentials.type", "only AsymmetricX509Cert is offered.")
    if sent.usage != "Verify":
        raise invalid_value("keyCredentials.usage", "only Verify is offered.")
    certificate = _read(sent.key or "")
    start = sent.start_date_time or certificate.not_valid_before_utc
    end = sent.end_date_time or certificate.not_valid_after_utc
    if end > certificate.not_valid_after_utc or start < certificate.not_valid_before_utc or end <= start:
        raise invalid_value("keyCredentials.endDateTime", "the credential must lie within the certificate's own time.")
    return KeyCredential(
        key_id=key_id,
        certificate=certificate.public_bytes(Encoding.DER),
        thumbprint_sha1=_base64url(certificate.fingerprint(SHA1())),  # noqa: S303  (x5t is defined over SHA-1)
        thumbprint_sha256=_base64url(certificate.fingerprint(SHA256())),
        start=start,
        end=end,
        display_name=sent.display_name or certificate.subject.rfc4514_string(),
    )


def sha1_hex(key: KeyCredential) -> str:
    """The thumbprint as `customKeyIdentifier` shows it."""
    return _octets(key.thumbprint_sha1.encode()).hex().upper()


def check_proof(proof: str, application: Application, now: datetime) -> None:
    """Refuse unless one of the application's own certificates signed the proof. Raises: GraphProblem."""
    parts = proof.encode().split(b".")
    try:
        header, claims = (msgspec.json.decode(_octets(part)) for part in parts[:2])
        signature = _octets(parts[2])
        is_ours = header["alg"] in _PADDINGS and claims["aud"] == PROOF_AUDIENCE and claims["iss"] == application.id
        begins, ends = float(claims["nbf"]), float(claims["exp"])
    except (ValueError, TypeError, KeyError, IndexError):
        raise bad_request("The proof is not a signed token.", target="proof") from None
    is_timely = (
        begins - _SKEW.total_seconds() <= now.timestamp() <= ends + _SKEW.total_seconds()
        and ends - begins <= _LONGEST_PROOF.total_seconds()
    )
    if len(parts) != 3 or not is_ours or not is_timely:
        raise denied()
    signed = parts[0] + b"." + parts[1]
    valid = [key for key in application.key_credentials if key.start <= now < key.end]
    if not any(_verifies(key, header["alg"], signed, signature) for key in valid):
        raise denied()


_PADDINGS: dict[str, AsymmetricPadding] = {"RS256": PKCS1v15(), "PS256": PSS(MGF1(SHA256()), SHA256.digest_size)}


def _verifies(key: KeyCredential, algorithm: str, signed: bytes, signature: bytes) -> bool:
    public = x509.load_der_x509_certificate(key.certificate).public_key()
    if not isinstance(public, RSAPublicKey):
        return False
    try:
        public.verify(signature, signed, _PADDINGS[algorithm], SHA256())
    except InvalidSignature:
        return False
    return True


def _read(text: str) -> x509.Certificate:
    try:
        octets = base64.b64decode(text, validate=True)
        if octets.startswith(b"-----BEGIN"):
            certificate = x509.load_pem_x509_certificate(octets)
        else:
            certificate = x509.load_der_x509_certificate(octets)
        public = certificate.public_key()
    except (binascii.Error, ValueError):
        raise invalid_value("keyCredentials.key", "it is not the base64 of a certificate in DER.") from None
    if not isinstance(public, RSAPublicKey) or public.key_size < 2048:
        raise invalid_value("keyCredentials.key", "an RSA key of at least 2048 bits is needed.")
    return certificate


def _octets(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
