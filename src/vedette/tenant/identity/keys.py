"""The signing keys: made once, kept in the database, several published at any time.

Each key has a self-signed certificate, whose SHA-1 thumbprint names it (`kid` and `x5t`), as the service's keys do.
One key signs; the next one is published before it is used, so that verifiers that cache the set are ready for it; a
key that has been replaced stays published until every token that it signed has expired.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from vedette.tenant.clock import Clock
from vedette.tenant.store.collection import Collection
from vedette.tenant.store.database import Database

KEY_SIZE_BITS = 2048
OVERLAP = timedelta(hours=26)
"""How long a replaced key stays published: consumers refresh at least daily, and tokens outlive that a little."""
_CERTIFICATE_LIFE = timedelta(days=5 * 365)


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as the database keeps it."""

    id: str
    """`kid`: SHA-1 of the certificate in base64url."""
    private_pem: bytes
    certificate: bytes
    """DER."""
    position: int
    """Order of making. The signing key is the oldest one that is not replaced."""
    replaced: datetime | None = None

    def __repr__(self) -> str:
        return f"SigningKey(id={self.id!r})"


class RotationWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Another process has asked for a rotation. The server, which knows the time of the tenant, carries it out."""

    id: str = "next"
    emergency: bool = False


def ask_for_rotation(database: Database, *, emergency: bool = False) -> None:
    """Leave word for the server on this database: it rotates when its key set is read next, or when it starts."""
    Collection(database, RotationWanted).put(RotationWanted(emergency=emergency))


def rotation_is_done(database: Database) -> bool:
    """Whether nothing that was asked for is left to do."""
    return Collection(database, RotationWanted).get("next") is None


def signing_key(database: Database) -> str:
    """The `kid` of the key that signs."""
    keys = Collection(database, SigningKey, columns=["position"]).all()
    return min((key for key in keys if key.replaced is None), key=lambda key: key.position).id


class KeyRing:
    """The keys that this server signs tokens with, the same for all of its tenants."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._stored = Collection(database, SigningKey, columns=["position"])
        self._wanted = Collection(database, RotationWanted)
        self._read()
        if not self._current:
            self._stored.put(*(_make(self._clock.now(), position) for position in range(2)))
            self._read()
        self._rotate_if_wanted()

    def sign(self, claims: Mapping[str, object], *, with_x5t: bool = True) -> str:
        """A JWT over these claims. `with_x5t`: tokens of format 1.0 name the certificate as well."""
        kid = self._current[0].id
        header = {"typ": "JWT", "alg": "RS256", **({"x5t": kid} if with_x5t else {}), "kid": kid}
        signed = f"{_base64url(msgspec.json.encode(header))}.{_base64url(msgspec.json.encode(claims))}"
        signature = self._signer.sign(signed.encode(), padding.PKCS1v15(), SHA256())
        return f"{signed}.{_base64url(signature)}"

    @property
    def signing_key_id(self) -> str:
        """The `kid` that new tokens carry."""
        return self._current[0].id

    def public_keys(self) -> Mapping[str, rsa.RSAPublicKey]:
        """Every published key by `kid`. Tokens signed by any of them are good."""
        if self._next_withdrawal is not None and self._clock.now() >= self._next_withdrawal:
            self._read()
        return self._public

    def jwks(self, issuer: str | None) -> dict[str, object]:
        """The published key set; documents of the v1 endpoint name no issuer."""
        self._rotate_if_wanted()
        public = self.public_keys()
        return {"keys": [_jwk(key, public[key.id], issuer) for key in self._published if key.id in public]}

    def rotate(self, *, emergency: bool = False) -> str:
        """Sign with the next key from now on, and publish another one after it; gives the new `kid`.

        The replaced key stays published for `OVERLAP`. `emergency`: every key so far is withdrawn at once, and with
        them all tokens that they signed.
        """
        now = self._clock.now()
        with self._lock:
            position = max(key.position for key in self._published) + 1
            made = [_make(now, position + extra) for extra in range(2 if emergency else 1)]
            with self._stored.database.transaction():
                if emergency:
                    for key in self._stored.all():
                        self._stored.delete(key.id)
                else:
                    self._stored.put(msgspec.structs.replace(self._current[0], replaced=now))
                self._stored.put(*made)
            self._read()
        return self.signing_key_id

    def _rotate_if_wanted(self) -> None:
        wanted = self._wanted.pop("next")
        if wanted is not None:
            self.rotate(emergency=wanted.emergency)

    def _read(self) -> None:
        now = self._clock.now()
        keys = sorted(self._stored.all(), key=lambda key: key.position)
        self._published = [key for key in keys if key.replaced is None or now < key.replaced + OVERLAP]
        self._current = [key for key in self._published if key.replaced is None]
        self._next_withdrawal = min((k.replaced + OVERLAP for k in self._published if k.replaced), default=None)
        self._public = MappingProxyType({key.id: _public(key) for key in self._published})
        if self._current:
            self._signer = _private(self._current[0])


def _make(now: datetime, position: int) -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Vedette sign-in")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _CERTIFICATE_LIFE)
        .sign(private, SHA256())
    )
    der = certificate.public_bytes(Encoding.DER)
    return SigningKey(
        id=_base64url(hashlib.sha1(der, usedforsecurity=False).digest()),
        private_pem=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate=der,
        position=position,
    )


def _private(key: SigningKey) -> rsa.RSAPrivateKey:
    private = load_pem_private_key(key.private_pem, password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError(f"signing key {key.id} is not an RSA key")
    return private


def _public(key: SigningKey) -> rsa.RSAPublicKey:
    public = x509.load_der_x509_certificate(key.certificate).public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise TypeError(f"signing key {key.id} is not an RSA key")
    return public


def _jwk(key: SigningKey, public: rsa.RSAPublicKey, issuer: str | None) -> dict[str, object]:
    numbers = public.public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": key.id,
        "x5t": key.id,
        "n": _base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": _base64url(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")),
        "x5c": [base64.b64encode(key.certificate).decode()],
        "cloud_instance_name": "microsoftonline.com",
        **({"issuer": issuer} if issuer else {}),
    }


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
