"""A pytest plugin: the fixture `defender_tenant`, a local tenant for the whole test session.

Pytest loads this module in every run of every project that has Vedette installed, so it imports nothing but pytest;
the tenant itself is imported by the first test that asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from vedette.tenant.local import LocalTenant


@pytest.fixture(scope="session")
def defender_tenant() -> Iterator[LocalTenant]:
    """A running tenant in memory, with the default users, apps and simulated telemetry; one for the session."""
    from vedette.tenant.local import LocalTenant

    with LocalTenant() as tenant:
        yield tenant
