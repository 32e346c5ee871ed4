"""Indicators: values that Defender looks out for, and what it does when it meets one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from vedette.catalogue.entity import FILTERABLE, INT32, REQUIRED, Complex, Entity, Is, OneOf
from vedette.catalogue.limits import USUAL, PerCaller
from vedette.catalogue.machine_actions import KnownRequestSource
from vedette.catalogue.operation import (
    ASSUMED,
    COMMAS,
    DELETE,
    GET,
    LIST,
    POST,
    POST_LIST,
    SERVICE_SCHEMA,
    Declared,
    Filter,
    M,
    OData,
    Operations,
)

TiIndicatorType = Literal[
    "FileSha1", "FileSha256", "FileMd5", "IpAddress", "DomainName", "Url", "CertificateThumbprint",
    "ProcessMemorySimilarityHash", "WebCategory",
]  # fmt: skip

TiIndicatorAction = Literal["Allowed", "Alert", "AlertAndBlock", "Warn", "Block", "Audit", "BlockAndRemediate"]

IndicatorSeverity = Literal["Informational", "Low", "Medium", "High"]

NewIndicatorType = Literal[
    "FileSha1", "FileSha256", "FileMd5", "CertificateThumbprint", "IpAddress", "DomainName", "Url",
]  # fmt: skip
"""Kinds that a request may name."""

NewIndicatorAction = Literal["Warn", "Block", "Audit", "Alert", "AlertAndBlock", "BlockAndRemediate", "Allowed"]
"""What a request may ask for. Audit needs generate_alert; Alert and AlertAndBlock are from before 2022."""

NewIndicatorSeverity = Literal["Informational", "Low", "Medium", "High"]

MAX_BATCH = 500
"""Indicators in one request."""
MAX_ACTIVE = 15_000
"""Active indicators of a tenant."""


class CertificateIndicatorInformation(Complex, frozen=True, kw_only=True):
    """The certificate that an indicator names."""

    issuer: str | None = None
    serial: str | None = None
    subject: str | None = None
    sha256: str | None = None


class Indicator(Entity, frozen=True, kw_only=True):
    """Something to look out for, and what to do when it is met. Value and kind name it."""

    ENTITY_SET: ClassVar[str] = "Indicators"

    id: str = ""
    indicator_value: Annotated[str | None, Is(filterable=True, any_case=True)] = None
    indicator_type: Annotated[str, OneOf(TiIndicatorType, "tiIndicatorType"), FILTERABLE] = "FileSha1"
    action: Annotated[str, OneOf(TiIndicatorAction, "tiIndicatorAction"), FILTERABLE] = "Allowed"
    created_by: Annotated[str | None, FILTERABLE] = None
    severity: Annotated[str, OneOf(IndicatorSeverity, "severity"), FILTERABLE] = "Informational"
    category: Annotated[int | None, INT32] = None
    application: Annotated[str | None, FILTERABLE] = None
    educate_url: str | None = None
    bypass_duration_hours: Annotated[int | None, INT32] = None
    title: Annotated[str | None, FILTERABLE] = None
    description: str | None = None
    recommended_actions: str | None = None
    creation_time_date_time_utc: Annotated[datetime | None, Is(filterable=True, required=True)] = None
    expiration_time: Annotated[datetime | None, FILTERABLE] = None
    last_update_time: Annotated[datetime | None, REQUIRED] = None
    last_updated_by: str | None = None
    rbac_group_names: Annotated[list[str], FILTERABLE] = []
    rbac_group_ids: Annotated[list[int], Is(edm="Edm.Int32", filterable=True)] = []
    certificate_info: CertificateIndicatorInformation | None = None
    notification_id: Annotated[int | None, Is(edm="Edm.Byte")] = None
    notification_body: str | None = None
    version: str | None = None
    mitre_techniques: list[str] = []
    historical_detection: bool = False
    look_back_period: Annotated[int | None, INT32] = None
    generate_alert: Annotated[bool, FILTERABLE] = False
    additional_info: str | None = None
    created_by_display_name: Annotated[str | None, FILTERABLE] = None
    external_id: str | None = None
    created_by_source: Annotated[str, OneOf(KnownRequestSource, "KnownRequestSource")] = "Unspecified"


class NewIndicator(Complex, frozen=True, kw_only=True):
    """An indicator to make or to change, as requests carry it."""

    indicator_value: str
    indicator_type: NewIndicatorType
    action: NewIndicatorAction
    title: str
    description: str
    application: str | None = None
    expiration_time: datetime | None = None
    severity: NewIndicatorSeverity | None = None
    recommended_actions: str | None = None
    rbac_group_names: Annotated[Sequence[str] | None, COMMAS] = None
    educate_url: str | None = None
    generate_alert: bool | None = None
    external_id: str | None = None


class ImportIndicatorResult(Complex, frozen=True, kw_only=True):
    """What became of one indicator of a batch."""

    id: str | None = None
    indicator: str = ""
    is_failed: bool = False
    failure_reason: str | None = None


_WRITERS = (
    "A user's role needs Active remediation actions or Manage security settings: the page on roles gives the indicator "
    "lists to both."
)
_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Indicators(Operations[M], base="/api/indicators", resource="indicators"):
    """Keep the list of what to look out for."""

    @LIST(
        application=("Ti.ReadWrite", "Ti.ReadWrite.All"),
        delegated="Ti.ReadWrite",
        limits=USUAL,
        odata=OData(filter=True, top=10_000, skip=True),
        source=_PAGE + "get-ti-indicators-collection",
        notes=("An app with Ti.ReadWrite sees what it made; with Ti.ReadWrite.All it sees all.",),
    )
    def list(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[Indicator]:
        """List the active indicators."""
        raise Declared

    @GET(
        "{id}",
        application=("Ti.ReadWrite", "Ti.ReadWrite.All"),
        delegated="Ti.ReadWrite",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def get(self, id: str) -> Indicator:
        """Fetch one indicator."""
        raise Declared

    @POST(
        application=("Ti.ReadWrite", "Ti.ReadWrite.All"),
        delegated="Ti.ReadWrite",
        limits=USUAL,
        source=_PAGE + "post-ti-indicator",
        errors=("InvalidHashValue", "InvalidDomainName", "InvalidIpAddress", "InvalidUrl", "InvalidInput"),
        notes=(
            "Address ranges are not taken. The application is set when the indicator is made, never later.",
            "The page calls rbacGroupNames a text with commas; its sample sends a list.",
            _WRITERS,
        ),
    )
    def submit(
        self,
        *,
        indicator_value: str,
        indicator_type: NewIndicatorType,
        action: NewIndicatorAction,
        title: str,
        description: str,
        application: str | None = None,
        expiration_time: datetime | None = None,
        severity: NewIndicatorSeverity | None = None,
        recommended_actions: str | None = None,
        rbac_group_names: Annotated[Sequence[str] | None, COMMAS] = None,
        educate_url: str | None = None,
        generate_alert: bool | None = None,
        external_id: str | None = None,
    ) -> Indicator:
        """Make an indicator, or change the one of this value and kind."""
        raise Declared

    @POST_LIST(
        "import",
        application=("Ti.ReadWrite", "Ti.ReadWrite.All"),
        delegated="Ti.ReadWrite",
        limits=PerCaller(minute=30),
        body_names="pascal",
        source=_PAGE + "import-ti-indicators",
        errors=("MaximumBatchSizeExceeded",),
        notes=("What fails does so one by one: look at is_failed of each result.", _WRITERS),
    )
    def import_many(self, indicators: Sequence[NewIndicator]) -> Sequence[ImportIndicatorResult]:
        """Make or change many indicators, 500 at most, and say what became of each."""
        raise Declared

    @POST_LIST(
        "batchUpdate",
        application=("Ti.ReadWrite", "Ti.ReadWrite.All"),
        delegated="Ti.ReadWrite",
        body_names="pascal",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("MaximumBatchSizeExceeded",),
        notes=(ASSUMED,),
    )
    def batch_update(self, indicators: Sequence[NewIndicator]) -> Sequence[Indicator]:
        """Change many indicators."""
        raise Declared

    @DELETE(
        "{id}",
        application=("Ti.ReadWrite", "Ti.ReadWrite.All"),
        delegated="Ti.ReadWrite",
        limits=USUAL,
        answers=204,
        source=_PAGE + "delete-ti-indicator-by-id",
        errors=("ResourceNotFound",),
        notes=("The page lists application permissions only; who may make an indicator may delete it.", _WRITERS),
    )
    def delete(self, id: str) -> None:
        """Delete an indicator."""
        raise Declared

    @POST(
        "BatchDelete",
        application=("Ti.ReadWrite", "Ti.ReadWrite.All"),
        delegated="Ti.ReadWrite",
        limits=PerCaller(minute=30, hour=1500),
        answers=204,
        body_names="pascal",
        source=_PAGE + "batch-delete-ti-indicators",
        errors=("ResourceNotFound", "MaximumBatchSizeExceeded", "InvalidInput"),
        notes=(
            "The page lists application permissions only; who may make an indicator may delete it.",
            "An indicator of a device group that the caller cannot see is a 403.",
            _WRITERS,
        ),
    )
    def batch_delete(self, indicator_ids: Sequence[str]) -> None:
        """Delete many indicators, 500 at most."""
        raise Declared
