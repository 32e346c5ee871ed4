"""What a running server holds: the parts that the sign-in, Graph, Defender and portal applications share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.tenant.clock import Clock
from vedette.tenant.directory import Directory
from vedette.tenant.signed_links import SignedLinks
from vedette.tenant.store.database import Database
from vedette.tenant.throttle import Throttle

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
    links: SignedLinks = field(init=False)
    """What makes and checks links to downloads."""
    throttle: Throttle = field(init=False)
    """Counts calls of the Defender APIs, and hunting in Graph with them."""

    def __post_init__(self) -> None:
        self.links = SignedLinks(self.database, self.clock)
        self.throttle = Throttle(self)


@dataclass(frozen=True)
class SignInFault:
    """A transient fault of the token endpoint: what `times` requests are answered instead of an answer."""

    error: int
    """An AADSTS number (90006, 90024, 90033), or 429."""
    times: int = 1
    retry_after_s: int = 1


@dataclass(frozen=True)
class Options:
    """Choices of whoever runs the server."""

    limit_factor: float | None = 1.0
    """How much wider than documented the rate limits are; None: no limits."""
    hide_unknown_users: bool = False
    """Answer a wrong password and an unknown user alike."""
    read_after_write_delay_s: float = 0.0
    """New Graph objects are not readable for this long, as can happen with the real service."""
    slow_down: bool = False
    """A device code that is polled faster than its interval is answered `slow_down`."""
    client_loop_limit: int | None = None
    """More identical token requests than this in a minute are a client's request loop; None: never."""
    sign_in_faults: tuple[SignInFault, ...] = ()
    """Transient faults with which the token endpoint answers its first requests."""
