"""Device health: the state of the antivirus on each machine. The same as files is in `exports`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from vedette.catalogue.entity import FILTERABLE, REQUIRED, Entity
from vedette.catalogue.limits import JSON_EXPORT
from vedette.catalogue.operation import LIST, Declared, Filter, M, OData, Operations


class DeviceAvInfo(Entity, frozen=True, kw_only=True):
    """The antivirus of one machine: mode, versions, scans. Its flags are texts, as the service sends them."""

    ENTITY_SET: ClassVar[str] = "DeviceAvInfo"

    id: str = ""
    machine_id: Annotated[str | None, FILTERABLE] = None
    computer_dns_name: Annotated[str | None, FILTERABLE] = None
    os_kind: Annotated[str | None, FILTERABLE] = None
    os_platform: Annotated[str | None, FILTERABLE] = None
    os_version: Annotated[str | None, FILTERABLE] = None
    av_mode: Annotated[str | None, FILTERABLE] = None
    av_signature_version: Annotated[str | None, FILTERABLE] = None
    av_engine_version: Annotated[str | None, FILTERABLE] = None
    av_platform_version: Annotated[str | None, FILTERABLE] = None
    last_seen_time: Annotated[datetime | None, REQUIRED] = None
    quick_scan_result: Annotated[str | None, FILTERABLE] = None
    quick_scan_error: Annotated[str | None, FILTERABLE] = None
    quick_scan_time: datetime | None = None
    full_scan_result: Annotated[str | None, FILTERABLE] = None
    full_scan_error: Annotated[str | None, FILTERABLE] = None
    full_scan_time: datetime | None = None
    data_refresh_timestamp: Annotated[datetime | None, REQUIRED] = None
    av_engine_update_time: datetime | None = None
    av_signature_update_time: datetime | None = None
    av_platform_update_time: datetime | None = None
    av_is_signature_up_to_date: Annotated[str | None, FILTERABLE] = None
    av_is_engine_up_to_date: Annotated[str | None, FILTERABLE] = None
    av_is_platform_up_to_date: Annotated[str | None, FILTERABLE] = None
    av_signature_publish_time: datetime | None = None
    av_signature_data_refresh_time: datetime | None = None
    cloud_protection_state: str | None = None
    av_mode_data_refresh_time: datetime | None = None
    rbac_group_name: str | None = None
    rbac_group_id: Annotated[int | None, FILTERABLE] = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class DeviceHealth(Operations[M], base="/api/deviceavinfo", resource="device_health"):
    """Antivirus health by machine."""

    @LIST(
        application="Machine.Read.All",
        delegated="Machine.Read",
        limits=JSON_EXPORT,
        odata=OData(
            filter=True,
            top=10_000,
            skip=True,
            page_size=20,
            note="A page has 20 rows where nothing is asked; 200,000 at most are said as well.",
        ),
        source=_PAGE + "device-health-export-antivirus-health-report-api",
        notes=("The list of operations calls this /api/public/avdeviceshealth.",),
    )
    def list(
        self,
        *,
        filter: Filter | None = None,
        top: int | None = None,
        skip: int | None = None,
        orderby: str | None = None,
        select: Sequence[str] = (),
    ) -> Sequence[DeviceAvInfo]:
        """List the state of the antivirus on each machine."""
        raise Declared
