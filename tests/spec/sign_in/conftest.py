"""Fixtures of the sign-in specifications."""

from __future__ import annotations

import pytest

from tests.spec.sign_in.cloud import Cloud


@pytest.fixture
def cloud() -> Cloud:
    """A fresh server. Alice's password is PASSWORD; nothing is consented to."""
    return Cloud()
