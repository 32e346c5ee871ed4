"""Public keys of a sign-in service, fetched and remembered.

A key set belongs to one authority and tenant. It is fetched on first use, again after a day, and once more when a token
names an unknown key, though not more often than every five minutes, so that forged key ids cannot make us hammer the
service. A key id is only ever looked up in the set: it never becomes a path, an address or a query.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vedette.auth.authority import Authority
from vedette.auth.sign_in_http import SignInHttp
from vedette.errors import NoAnswer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

REFRESH_S = 24 * 3600
UNKNOWN_KEY_REFRESH_S = 300
MIN_BITS = 2048
MIN_EXPONENT = 65537


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key that signatures may be checked with."""

    key: RSAPublicKey
    issuer: str
    """The issuer that the set binds the key to; empty where it does not."""


Document = Mapping[str, Any]  # Any: a JWKS document, as JSON


def read_keys(document: Document) -> Mapping[str, VerificationKey]:
    """The usable keys of a JWKS document, by key id.

    Left out: other key types, keys not for signatures, RSA keys under 2048 bits or with an exponent under 65537.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    keys: dict[str, VerificationKey] = {}
    listed = document.get("keys")
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, dict) or entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
            continue
        kid, issuer = entry.get("kid"), entry.get("issuer", "")
        modulus, exponent = _number(entry.get("n")), _number(entry.get("e"))
        if not isinstance(kid, str) or not isinstance(issuer, str) or kid in keys:
            continue
        if modulus.bit_length() < MIN_BITS or exponent < MIN_EXPONENT:
            continue
        try:
            keys[kid] = VerificationKey(RSAPublicNumbers(exponent, modulus).public_key(), issuer)
        except ValueError:
            continue
    return keys


def _number(text: object) -> int:
    if not isinstance(text, str):
        return 0
    try:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
    except (binascii.Error, ValueError):
        return 0


class KeySet:
    """The keys of one issuer, kept fresh. Safe to share between threads."""

    def __init__(self, fetch: Callable[[], Document], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, VerificationKey] = {}
        self._fetched_at: float | None = None

    @classmethod
    def of(cls, document: Document) -> KeySet:
        """A set that never changes, from a JWKS document that is already here."""
        return cls(lambda: document)

    @classmethod
    def at(cls, authority: Authority, *, ca_bundle: str | None = None) -> KeySet:
        """The published set of a tenant; one and the same object for each authority and CA bundle."""
        with _SHARED_LOCK:
            place = (authority.keys_url, ca_bundle)
            if place not in _SHARED:
                _SHARED[place] = cls(lambda: _download(authority.keys_url, ca_bundle))
            return _SHARED[place]

    def get(self, key_id: str) -> VerificationKey | None:
        """The key of this id, or None. Raises: NoAnswer when the set cannot be fetched."""
        with self._lock:
            age = None if self._fetched_at is None else self._clock() - self._fetched_at
            if age is None or age > REFRESH_S or (key_id not in self._keys and age >= UNKNOWN_KEY_REFRESH_S):
                self._keys = read_keys(self._fetch())
                self._fetched_at = self._clock()
            return self._keys.get(key_id)


_SHARED: dict[tuple[str, str | None], KeySet] = {}
_SHARED_LOCK = threading.Lock()


def _download(url: str, ca_bundle: str | None) -> Document:
    with SignInHttp(ca_bundle=ca_bundle) as http:
        answer = http.get(url)
    try:
        document = json.loads(answer.text)
    except ValueError:
        document = None
    if answer.status_code != 200 or not isinstance(document, dict):
        raise NoAnswer(f"{url} answered {answer.status_code} instead of a set of keys")
    return document
