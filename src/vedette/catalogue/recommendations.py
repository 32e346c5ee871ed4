"""Security recommendations: the entity, its operations, and those of a machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from vedette.catalogue.assets import PublicAssetDto
from vedette.catalogue.entity import FILTERABLE, Entity, OneOf
from vedette.catalogue.operation import GET, LIST, Declared, Filter, M, OData, Operations
from vedette.catalogue.software import PublicProductDto
from vedette.catalogue.vulnerabilities import PublicVulnerabilityDto

PublicRecommendationExceptionStatus = Literal["Active", "Exception", "PartialException"]


class Recommendation(Entity, frozen=True, kw_only=True):
    """Something to do that makes machines less exposed."""

    ENTITY_SET: ClassVar[str] = "Recommendations"
    NAVIGATION: ClassVar = {"software": "Software", "vulnerabilities": "Collection(Vulnerability)"}

    id: Annotated[str, FILTERABLE] = ""
    product_name: Annotated[str | None, FILTERABLE] = None
    recommendation_name: str | None = None
    weaknesses: int = 0
    vendor: Annotated[str | None, FILTERABLE] = None
    recommended_version: Annotated[str | None, FILTERABLE] = None
    recommended_vendor: Annotated[str | None, FILTERABLE] = None
    recommended_program: Annotated[str | None, FILTERABLE] = None
    recommendation_category: Annotated[str | None, FILTERABLE] = None
    sub_category: Annotated[str | None, FILTERABLE] = None
    severity_score: Annotated[float, FILTERABLE] = 0.0
    public_exploit: bool = False
    active_alert: bool = False
    associated_threats: list[str] = []
    remediation_type: Annotated[str | None, FILTERABLE] = None
    status: Annotated[
        str, OneOf(PublicRecommendationExceptionStatus, "PublicRecommendationExceptionStatus"), FILTERABLE
    ] = "Active"
    config_score_impact: float = 0.0
    exposure_impact: float = 0.0
    total_machine_count: int = 0
    exposed_machines_count: int = 0
    non_productivity_impacted_assets: int = 0
    related_component: str | None = None
    has_unpatchable_cve: bool = False
    tags: list[str] = []
    exposed_critical_devices: int = 0


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Recommendations(Operations[M], base="/api/recommendations", resource="recommendations"):
    """What to do, where, and against what."""

    @LIST(
        application="SecurityRecommendation.Read.All",
        delegated="SecurityRecommendation.Read",
        odata=OData(filter=True, top=10_000, skip=True),
        source=_PAGE + "get-all-recommendations",
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
    ) -> Sequence[Recommendation]:
        """List security recommendations."""
        raise Declared

    @GET(
        "{id}",
        application="SecurityRecommendation.Read.All",
        delegated="SecurityRecommendation.Read",
        source=_PAGE + "get-recommendation-by-id",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def get(self, id: str) -> Recommendation:
        """Fetch one recommendation."""
        raise Declared

    @LIST(
        "{id}/machineReferences",
        application="SecurityRecommendation.Read.All",
        delegated="SecurityRecommendation.Read",
        context="#MachineReferences",
        source=_PAGE + "get-recommendation-machines",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def list_machines(self, id: str) -> Sequence[PublicAssetDto]:
        """List the machines that a recommendation is for."""
        raise Declared

    @LIST(
        "{id}/vulnerabilities",
        application="Vulnerability.Read.All",
        delegated="Vulnerability.Read",
        context="#Collection(Analytics.Contracts.PublicAPI.PublicVulnerabilityDto)",
        source=_PAGE + "get-recommendation-vulnerabilities",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def list_vulnerabilities(self, id: str) -> Sequence[PublicVulnerabilityDto]:
        """List the vulnerabilities that a recommendation removes."""
        raise Declared

    @GET(
        "{id}/software",
        application="Software.Read.All",
        delegated="SecurityRecommendation.Read",
        context="#Analytics.Contracts.PublicAPI.PublicProductDto",
        source=_PAGE + "list-recommendation-software",
        preview=True,
        errors=("ResourceNotFound",),
        notes=(
            "One product, though the title of the page says a list.",
            "The page asks apps for a software permission and users for a recommendation permission.",
        ),
    )
    def get_software(self, id: str) -> PublicProductDto:
        """Fetch the product that a recommendation is about."""
        raise Declared


class MachineRecommendations(Operations[M], base="/api/machines", resource="machines"):
    """What would make a machine less exposed."""

    @LIST(
        "{id}/recommendations",
        application="SecurityRecommendation.Read.All",
        delegated="SecurityRecommendation.Read",
        source=_PAGE + "get-security-recommendations",
        preview=True,
        errors=("ResourceNotFound",),
    )
    def list_recommendations(self, id: str) -> Sequence[Recommendation]:
        """List the security recommendations for a machine."""
        raise Declared
