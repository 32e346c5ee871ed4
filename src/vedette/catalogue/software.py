"""Software: the inventory of the organization and of a machine, with missing updates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from vedette.catalogue.assets import PublicAssetDto
from vedette.catalogue.entity import FILTERABLE, SINGLE, Complex, Entity
from vedette.catalogue.operation import GET, LIST, Declared, Filter, M, OData, Operations, Wire
from vedette.catalogue.vulnerabilities import PublicVulnerabilityDto


class PublicDistributionDto(Complex, frozen=True, kw_only=True):
    """How often one version of a product is installed."""

    version: str | None = None
    installations: int = 0
    vulnerabilities: int = 0


class Software(Entity, frozen=True, kw_only=True):
    """A product that is installed somewhere. Its id is `vendor-_-name`."""

    ENTITY_SET: ClassVar[str] = "Software"
    NAVIGATION: ClassVar = {"vulnerabilities": "Collection(Vulnerability)"}

    id: Annotated[str, FILTERABLE] = ""
    name: Annotated[str | None, FILTERABLE] = None
    vendor: Annotated[str | None, FILTERABLE] = None
    weaknesses: int = 0
    public_exploit: bool = False
    active_alert: bool = False
    exposed_machines: int = 0
    installed_machines: int = 0
    impact_score: Annotated[float, SINGLE] = 0.0
    is_normalized: bool = False
    category: str | None = None
    tags: list[str] = []
    distributions: list[PublicDistributionDto] = []


class PublicProductDto(Entity, frozen=True, kw_only=True):
    """The product that a recommendation is about."""

    ENTITY_SET: ClassVar[str] = "PublicProductDto"

    id: str = ""
    name: str | None = None
    vendor: str | None = None
    weaknesses: int = 0
    public_exploit: bool = False
    active_alert: bool = False
    exposed_machines: int = 0
    installed_machines: int = 0
    impact_score: Annotated[float, SINGLE] = 0.0
    is_normalized: bool = False
    category: str | None = None
    tags: list[str] = []


class PublicProductFixDto(Complex, frozen=True, kw_only=True):
    """A security update that is missing somewhere."""

    id: str | None = None
    name: str | None = None
    os_build: int | None = None
    products_names: list[str] = []
    url: str | None = None
    machine_missed_on: int = 0
    cve_addressed: int = 0


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class SoftwareInventory(Operations[M], base="/api/Software", resource="software"):
    """Installed products, versions and missing updates."""

    @LIST(
        application="Software.Read.All",
        delegated="Software.Read",
        odata=OData(filter=True, top=10_000, skip=True),
        source=_PAGE + "get-software",
    )
    def list(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[Software]:
        """List the software of the organization."""
        raise Declared

    @GET(
        "{id}",
        application="Software.Read.All",
        delegated="Software.Read",
        source=_PAGE + "get-software-by-id",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def get(self, id: Annotated[str, Wire("Id")]) -> Software:
        """Fetch one product."""
        raise Declared

    @LIST(
        "{id}/machineReferences",
        application="Software.Read.All",
        delegated="Software.Read",
        context="#MachineReferences",
        source=_PAGE + "get-machines-by-software",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def list_machines(self, id: Annotated[str, Wire("Id")]) -> Sequence[PublicAssetDto]:
        """List the machines that have a product."""
        raise Declared

    @LIST(
        "{id}/getmissingkbs",
        application="Software.Read.All",
        delegated="Software.Read",
        source=_PAGE + "get-missing-kbs-software",
        errors=("ResourceNotFound",),
    )
    def list_missing_kbs(self, id: Annotated[str, Wire("Id")]) -> Sequence[PublicProductFixDto]:
        """List the security updates that a product lacks."""
        raise Declared

    @LIST(
        "{id}/distributions",
        application="Software.Read.All",
        delegated="Software.Read",
        context="#Distributions",
        source=_PAGE + "get-software-ver-distribution",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def list_versions(self, id: Annotated[str, Wire("Id")]) -> Sequence[PublicDistributionDto]:
        """List the installed versions of a product, and how often each is installed."""
        raise Declared

    @LIST(
        "{id}/vulnerabilities",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        context="#Collection(Analytics.Contracts.PublicAPI.PublicVulnerabilityDto)",
        source=_PAGE + "get-vuln-by-software",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def list_vulnerabilities(self, id: Annotated[str, Wire("Id")]) -> Sequence[PublicVulnerabilityDto]:
        """List the vulnerabilities of a product."""
        raise Declared


class MachineSoftware(Operations[M], base="/api/machines", resource="machines"):
    """What is installed on a machine, and what it lacks."""

    @LIST(
        "{id}/software",
        application="Software.Read.All",
        delegated="Software.Read",
        source=_PAGE + "get-installed-software",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def list_software(self, id: str) -> Sequence[Software]:
        """List the software of a machine."""
        raise Declared

    @LIST(
        "{id}/getmissingkbs",
        application="Software.Read.All",
        delegated="Software.Read",
        source=_PAGE + "get-missing-kbs-machine",
        errors=("ResourceNotFound",),
        notes=("The page lists no delegated permission; the one of a product does, and it is taken here too.",),
    )
    def list_missing_kbs(self, id: str) -> Sequence[PublicProductFixDto]:
        """List the security updates that a machine lacks."""
        raise Declared
