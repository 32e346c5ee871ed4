"""IP addresses: the entity, its operations, and how common one is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

from vedette.catalogue.entity import INT32, Complex, Entity
from vedette.catalogue.limits import USUAL, LookBackHours
from vedette.catalogue.operation import GET, LIST, Declared, M, Operations

if TYPE_CHECKING:
    from vedette.catalogue.alerts import Alert


class Ip(Entity, frozen=True, kw_only=True):
    """An IP address; its id is the address."""

    ENTITY_SET: ClassVar[str] = "Ips"
    NAVIGATION: ClassVar = {"alerts": "Collection(Alert)", "machines": "Collection(Machine)"}

    id: str = ""


class InOrgIPStats(Complex, frozen=True, kw_only=True):
    """How common an IP address is in the organization."""

    ip_address: str | None = None
    org_prevalence: str | None = None
    organization_prevalence: Annotated[int | None, INT32] = None
    org_first_seen: datetime | None = None
    org_last_seen: datetime | None = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Ips(Operations[M], base="/api/ips", resource="ips"):
    """Look up an IP address."""

    @LIST(
        "{ip}/alerts",
        application=("Alert.Read.All", "Alert.ReadWrite.All"),
        delegated=("Alert.Read", "Alert.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-ip-related-alerts",
        errors=("InvalidIpAddress",),
    )
    def list_alerts(self, ip: str) -> Sequence[Alert]:
        """List the alerts that an IP address takes part in."""
        raise Declared

    @GET(
        "{ip}/stats",
        application="Ip.Read.All",
        delegated="Ip.Read.All",
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-ip-statistics",
        errors=("InvalidIpAddress",),
    )
    def get_stats(self, ip: str, *, look_back_hours: LookBackHours | None = None) -> InOrgIPStats:
        """Fetch how common an IP address is in the organization."""
        raise Declared
