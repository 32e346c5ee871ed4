"""Domain names: the entity, its operations, and how common one is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar

from vedette.catalogue.entity import INT32, Complex, Entity
from vedette.catalogue.limits import USUAL, LookBackHours
from vedette.catalogue.operation import GET, LIST, Declared, M, Operations

if TYPE_CHECKING:
    from vedette.catalogue.alerts import Alert
    from vedette.catalogue.machines import Machine


class Domain(Entity, frozen=True, kw_only=True):
    """A domain name, as host."""

    ENTITY_SET: ClassVar[str] = "Domains"
    KEY: ClassVar[str] = "host"
    NAVIGATION: ClassVar = {"alerts": "Collection(Alert)", "machines": "Collection(Machine)"}

    host: str = ""


class InOrgDomainStats(Complex, frozen=True, kw_only=True):
    """How common a domain is in the organization."""

    host: str | None = None
    org_prevalence: str | None = None
    org_first_seen: datetime | None = None
    org_last_seen: datetime | None = None
    organization_prevalence: Annotated[int | None, INT32] = None


MAX_MACHINES = 500
"""How many machines of a domain are listed."""

_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Domains(Operations[M], base="/api/domains", resource="domains"):
    """Look up a domain."""

    @LIST(
        "{domain}/alerts",
        application=("Alert.Read.All", "Alert.ReadWrite.All"),
        delegated=("Alert.Read", "Alert.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-domain-related-alerts",
        errors=("InvalidDomainName",),
        notes=("The page lists write permissions only; earlier forms of it list read permissions too.",),
    )
    def list_alerts(self, domain: str) -> Sequence[Alert]:
        """List the alerts that a domain takes part in."""
        raise Declared

    @LIST(
        "{domain}/machines",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-domain-related-machines",
        errors=("InvalidDomainName",),
    )
    def list_machines(self, domain: str) -> Sequence[Machine]:
        """List the machines that talked to a domain, 500 at most."""
        raise Declared

    @GET(
        "{domain}/stats",
        application="Url.Read.All",
        delegated="Url.Read.All",
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-domain-statistics",
        errors=("InvalidDomainName",),
        notes=("The page spells the permission URL.Read.All.",),
    )
    def get_stats(self, domain: str, *, look_back_hours: LookBackHours | None = None) -> InOrgDomainStats:
        """Fetch how common a domain is in the organization."""
        raise Declared
