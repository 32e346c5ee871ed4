"""What a running server holds: the parts that the sign-in, Graph, Defender and portal applications share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.tenant.clock import Clock
from vedette.tenant.directory import Directory
from vedette.tenant.store.database import Database

if TYPE_CHECKING:
    from vedette.tenant.identity.keys import KeyRing
    from vedette.tenant.store.defender import DefenderStore


@dataclass
class State:
    """One server. `folder` is None where everything stays in memory."""

    clock: Clock
    database: Database
    directory: Directory
    keys: KeyRing
    defender: Mapping[str, DefenderStore]
    """Tenant id → what Defender knows there."""
    folder: Path | None = None
    default_tenant_id: str = ""
    ca_bundle: Path | None = None
    """PEM file that clients have to trust; None without TLS of our own."""
    proxy_url: str = ""
    """The HTTPS proxy for unmodified programs; empty where there is none."""
    options: Options = field(default_factory=lambda: Options())


@dataclass(frozen=True)
class Options:
    """Choices of whoever runs the server."""

    limit_factor: float | None = 1.0
    """How much wider than documented the rate limits are; None: no limits."""
    hide_unknown_users: bool = False
    """Answer a wrong password and an unknown user alike."""
    read_after_write_delay_s: float = 0.0
    """New Graph objects are not readable for this long, as can happen with the real service."""
