"""Security baselines: profiles, the settings they check, and exceptions. Results by machine are in `exports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from vedette.catalogue.entity import FILTERABLE, INT32, REQUIRED, Complex, Entity, Is
from vedette.catalogue.operation import ASSUMED, GET, LIST, SERVICE_SCHEMA, Declared, Filter, M, OData, Operations


class BaselineProfile(Entity, frozen=True, kw_only=True):
    """A benchmark level that a set of machines is measured against."""

    ENTITY_SET: ClassVar[str] = "BaselineProfiles"
    READ_AS: ClassVar[Mapping[str, str]] = {
        "createdOnTimestampUTC": "createdOnTimeOffset",
        "lastUpdateTimestampUTC": "lastUpdateTimeOffset",
    }

    id: Annotated[str, FILTERABLE] = ""
    name: Annotated[str | None, FILTERABLE] = None
    description: str | None = None
    benchmark: str | None = None
    version: str | None = None
    operating_system: Annotated[str | None, FILTERABLE] = None
    operating_system_version: Annotated[str | None, FILTERABLE] = None
    status: Annotated[bool, FILTERABLE] = False
    compliance_level: str | None = None
    settings_number: Annotated[int, Is(edm="Edm.Int32", filterable=True)] = 0
    created_by: str | None = None
    last_updated_by: str | None = None
    created_on_time_offset: Annotated[datetime | None, REQUIRED] = None
    last_update_time_offset: Annotated[datetime | None, REQUIRED] = None
    passed_devices: Annotated[int, Is(edm="Edm.Int32", filterable=True)] = 0
    total_devices: Annotated[int, Is(edm="Edm.Int32", filterable=True)] = 0
    rbac_group_ids_profile_scope: list[Annotated[int, INT32]] = []
    rbac_group_names_profile_scope: list[str] = []
    device_tags_profile_scope: list[str] = []


class BaselineConfiguration(Entity, frozen=True, kw_only=True):
    """One setting that a benchmark wants in a certain way."""

    ENTITY_SET: ClassVar[str] = "BaselineConfigurations"

    id: Annotated[str, FILTERABLE] = ""
    unique_id: str | None = None
    benchmark_name: str | None = None
    benchmark_version: str | None = None
    name: Annotated[str | None, FILTERABLE] = None
    description: str | None = None
    category: Annotated[str | None, FILTERABLE] = None
    compliance_levels: list[str] = []
    cce: Annotated[str | None, FILTERABLE] = None
    rationale: str | None = None
    remediation: str | None = None
    recommended_value: list[str] = []
    source: list[str] = []
    is_custom: bool | None = None
    assessment_method: str | None = None


class UserDto(Complex, frozen=True, kw_only=True):
    """Somebody, by id and mail."""

    id: str | None = None
    email: str | None = None


class BaselineConfigurationDto(Complex, frozen=True, kw_only=True):
    """A setting that an exception covers."""

    id: str | None = None
    title: str | None = None


class BaselineExceptionDeviceDto(Complex, frozen=True, kw_only=True):
    """A machine that an exception covers."""

    id: str | None = None
    name: str | None = None
    rbac_group_id: Annotated[int, INT32] = 0


class BaselineException(Entity, frozen=True, kw_only=True):
    """Leave for machines to differ from a baseline."""

    ENTITY_SET: ClassVar[str] = "BaselineExceptions"

    id: str = ""
    approved_by: str | None = None
    justification: str | None = None
    due_date: Annotated[datetime | None, REQUIRED] = None
    description: str | None = None
    status: str | None = None
    is_active: bool = False
    software_name: str | None = None
    software_version: str | None = None
    benchmark_name: str | None = None
    benchmark_version: str | None = None
    compliance_level: str | None = None
    configurations: list[BaselineConfigurationDto] = []
    devices: list[BaselineExceptionDeviceDto] = []
    last_modified_on: datetime | None = None
    last_modified_by: UserDto | None = None
    title: str | None = None
    created_on: datetime | None = None
    requester: UserDto | None = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Baselines(Operations[M], base="/api", resource="baselines"):
    """Baseline profiles, settings and exceptions."""

    @LIST(
        "baselineProfiles",
        application="SecurityBaselinesAssessment.Read.All",
        delegated="SecurityBaselinesAssessment.Read",
        odata=OData(filter=True, top=10_000, skip=True),
        context="#Collection(microsoft.windowsDefenderATP.api.PublicBaselineProfileDto)",
        source=_PAGE + "get-security-baselines-assessment-profiles",
        notes=("The page lists no permissions; these are the ones of the baseline export.",),
    )
    def list_profiles(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[BaselineProfile]:
        """List baseline profiles."""
        raise Declared

    @GET(
        "baselineProfiles/{id}",
        application="SecurityBaselinesAssessment.Read.All",
        delegated="SecurityBaselinesAssessment.Read",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def get_profile(self, id: str) -> BaselineProfile:
        """Fetch one baseline profile."""
        raise Declared

    @LIST(
        "baselineConfigurations",
        application="SecurityBaselinesAssessment.Read.All",
        delegated="SecurityBaselinesAssessment.Read",
        odata=OData(filter=True, top=10_000, skip=True),
        source=_PAGE + "get-security-baselines-assessment-configurations",
        notes=("The page lists no permissions; these are the ones of the baseline export.",),
    )
    def list_configurations(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[BaselineConfiguration]:
        """List the settings that active profiles check."""
        raise Declared

    @GET(
        "baselineConfigurations/{id}",
        application="SecurityBaselinesAssessment.Read.All",
        delegated="SecurityBaselinesAssessment.Read",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def get_configuration(self, id: str) -> BaselineConfiguration:
        """Fetch one baseline setting."""
        raise Declared

    @LIST(
        "baselineExceptions",
        application="SecurityBaselinesAssessment.Read.All",
        delegated="SecurityBaselinesAssessment.Read",
        source=SERVICE_SCHEMA,
        basis="service schema",
        notes=(ASSUMED,),
    )
    def list_exceptions(self) -> Sequence[BaselineException]:
        """List baseline exceptions."""
        raise Declared

    @GET(
        "baselineExceptions/{id}",
        application="SecurityBaselinesAssessment.Read.All",
        delegated="SecurityBaselinesAssessment.Read",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def get_exception(self, id: str) -> BaselineException:
        """Fetch one baseline exception."""
        raise Declared
