"""Signing keys survive a restart and can be replaced without breaking tokens that are under way."""

from __future__ import annotations

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from tests.spec.sign_in.cloud import NOW, header
from vedette.auth.tokens import split_token
from vedette.tenant.clock import FixedClock
from vedette.tenant.identity.keys import OVERLAP, KeyRing
from vedette.tenant.store.database import Database


def _verifies(keys: KeyRing, token: str) -> bool:
    parts = split_token(token)
    key = keys.public_keys().get(parts.header["kid"])
    if key is None:
        return False
    key.verify(parts.signature, parts.signed, PKCS1v15(), SHA256())
    return True


def test_tokens_of_format_2_do_not_name_the_certificate() -> None:
    keys = KeyRing(Database(None), FixedClock(NOW))

    kid = keys.signing_key_id
    assert header(keys.sign({})) == {"typ": "JWT", "alg": "RS256", "x5t": kid, "kid": kid}
    assert header(keys.sign({}, with_x5t=False)) == {"typ": "JWT", "alg": "RS256", "kid": kid}


def test_keys_are_the_same_after_a_restart_and_a_planned_rotation_overlaps() -> None:
    database, clock = Database(None), FixedClock(NOW)
    keys = KeyRing(database, clock)
    token, announced = keys.sign({"n": 1}), list(keys.public_keys())

    assert list(KeyRing(database, clock).public_keys()) == announced

    assert keys.rotate() == announced[1]  # the next key was published before it signs
    assert len(keys.public_keys()) == 3
    assert _verifies(keys, token)

    clock.advance(OVERLAP - timedelta(seconds=1))
    assert _verifies(keys, token)
    clock.advance(timedelta(seconds=1))
    assert not _verifies(keys, token)
    assert KeyRing(database, clock).signing_key_id == announced[1]


def test_an_emergency_rotation_withdraws_every_earlier_key_at_once() -> None:
    keys = KeyRing(Database(None), FixedClock(NOW))
    token, before = keys.sign({}), set(keys.public_keys())

    keys.rotate(emergency=True)

    assert not _verifies(keys, token)
    assert before.isdisjoint(keys.public_keys())
    assert len(keys.public_keys()) == 2
    assert "PRIVATE" not in repr(keys._published)
