"""Vulnerabilities: the entity, its operations, and those of a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from vedette.catalogue.assets import PublicAssetDto
from vedette.catalogue.entity import FILTERABLE, REQUIRED, Complex, Entity, Is, OneOf
from vedette.catalogue.limits import PerCaller
from vedette.catalogue.operation import GET, LIST, Declared, Filter, M, OData, Operations, Wire

PublicVulnerabilityExceptionStatus = Literal[
    "RemediationRequired", "NoActionRequired", "UnderException", "PartialException",
]  # fmt: skip


class Vulnerability(Entity, frozen=True, kw_only=True):
    """A CVE that concerns the organization, with what is known of exploits and fixes."""

    ENTITY_SET: ClassVar[str] = "Vulnerabilities"
    READ_AS: ClassVar[Mapping[str, str]] = {"CveSupportability": "cveSupportability", "EPSS": "epss"}

    id: Annotated[str, FILTERABLE] = ""
    name: Annotated[str | None, FILTERABLE] = None
    description: Annotated[str | None, FILTERABLE] = None
    severity: Annotated[str | None, FILTERABLE] = None
    cvss_v3: Annotated[float, FILTERABLE] = 0.0
    cvss_vector: str | None = None
    exposed_machines: int = 0
    published_on: Annotated[datetime | None, Is(filterable=True, required=True)] = None
    updated_on: Annotated[datetime | None, Is(filterable=True, required=True)] = None
    first_detected: datetime | None = None
    patch_first_available: datetime | None = None
    public_exploit: bool = False
    exploit_verified: bool = False
    exploit_in_kit: bool = False
    exploit_types: list[str] = []
    exploit_uris: list[str] = []
    cve_supportability: str | None = None
    tags: list[str] = []
    epss: float = 0.0
    status: Annotated[str, OneOf(PublicVulnerabilityExceptionStatus, "PublicVulnerabilityExceptionStatus")] = (
        "RemediationRequired"
    )


class PublicVulnerabilityDto(Entity, frozen=True, kw_only=True):
    """A vulnerability as lists of a machine, product or recommendation show it; the same properties."""

    ENTITY_SET: ClassVar[str] = "PublicVulnerabilityDto"
    READ_AS: ClassVar[Mapping[str, str]] = {"CveSupportability": "cveSupportability", "EPSS": "epss"}

    id: str = ""
    name: str | None = None
    description: str | None = None
    severity: str | None = None
    cvss_v3: float = 0.0
    cvss_vector: str | None = None
    exposed_machines: int = 0
    published_on: Annotated[datetime | None, REQUIRED] = None
    updated_on: Annotated[datetime | None, REQUIRED] = None
    first_detected: datetime | None = None
    patch_first_available: datetime | None = None
    public_exploit: bool = False
    exploit_verified: bool = False
    exploit_in_kit: bool = False
    exploit_types: list[str] = []
    exploit_uris: list[str] = []
    cve_supportability: str | None = None
    tags: list[str] = []
    epss: float = 0.0
    status: Annotated[str, OneOf(PublicVulnerabilityExceptionStatus, "PublicVulnerabilityExceptionStatus")] = (
        "RemediationRequired"
    )


class PublicAssetVulnerabilityDto(Complex, frozen=True, kw_only=True):
    """A vulnerability of one product on one machine."""

    id: Annotated[str | None, FILTERABLE] = None
    cve_id: Annotated[str | None, FILTERABLE] = None
    machine_id: Annotated[str | None, FILTERABLE] = None
    fixing_kb_id: Annotated[str | None, FILTERABLE] = None
    product_name: Annotated[str | None, FILTERABLE] = None
    product_vendor: Annotated[str | None, FILTERABLE] = None
    product_version: Annotated[str | None, FILTERABLE] = None
    severity: Annotated[str | None, FILTERABLE] = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Vulnerabilities(Operations[M], base="/api/vulnerabilities", resource="vulnerabilities"):
    """Known weaknesses, and which machines have them."""

    @LIST(
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        odata=OData(filter=True, top=8_000, skip=True),
        source=_PAGE + "get-all-vulnerabilities",
        preview=True,
    )
    def list(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[Vulnerability]:
        """List the vulnerabilities that concern the organization."""
        raise Declared

    @GET(
        "{id}",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        source=_PAGE + "get-vulnerability-by-id",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def get(self, id: Annotated[str, Wire("cveId")]) -> Vulnerability:
        """Fetch one vulnerability by its CVE id."""
        raise Declared

    @LIST(
        "{id}/machineReferences",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        context="#MachineReferences",
        source=_PAGE + "get-machines-by-vulnerability",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def list_machines(self, id: Annotated[str, Wire("cveId")]) -> Sequence[PublicAssetDto]:
        """List the machines that a vulnerability concerns."""
        raise Declared

    @LIST(
        "machinesVulnerabilities",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        odata=OData(filter=True, top=10_000, skip=True),
        source=_PAGE + "get-all-vulnerabilities-by-machines",
    )
    def list_by_machine(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[PublicAssetVulnerabilityDto]:
        """List vulnerabilities by machine and product."""
        raise Declared


class MachineVulnerabilities(Operations[M], base="/api/machines", resource="machines"):
    """What of a machine is vulnerable."""

    @LIST(
        "{id}/vulnerabilities",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        limits=PerCaller(minute=50, hour=1500),
        context="#Collection(Analytics.Contracts.PublicAPI.PublicVulnerabilityDto)",
        source=_PAGE + "get-discovered-vulnerabilities",
        errors=("ResourceNotFound",),
        notes=("The schema types the answer as Vulnerability; the properties are the same.",),
    )
    def list_vulnerabilities(self, id: str) -> Sequence[PublicVulnerabilityDto]:
        """List the vulnerabilities of a machine."""
        raise Declared
