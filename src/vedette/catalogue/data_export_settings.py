"""Where the tenant streams its raw events. Known from the schema of the service alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vedette.catalogue.entity import Complex, Entity
from vedette.catalogue.operation import ASSUMED, LIST, SERVICE_SCHEMA, Declared, M, Operations


class DataExportSettingsLogDefinition(Complex, frozen=True, kw_only=True):
    """Whether one table is streamed."""

    category: str | None = None
    enabled: bool = False


class EventHubProperties(Complex, frozen=True, kw_only=True):
    """The event hub that is streamed to."""

    event_hub_resource_id: str | None = None
    subscription_id: str | None = None
    resource_group: str | None = None
    namespace: str | None = None
    name: str | None = None


class StorageAccountProperties(Complex, frozen=True, kw_only=True):
    """The storage account that is streamed to."""

    storage_account_resource_id: str | None = None
    subscription_id: str | None = None
    resource_group: str | None = None
    name: str | None = None


class WorkspaceProperties(Complex, frozen=True, kw_only=True):
    """The workspace that is streamed to."""

    workspace_resource_id: str | None = None
    subscription_id: str | None = None
    resource_group: str | None = None
    name: str | None = None


class DataExportSettings(Entity, frozen=True, kw_only=True):
    """One stream of raw events: which tables go where."""

    ENTITY_SET: ClassVar[str] = "DataExportSettings"

    id: str = ""
    designated_tenant_id: str | None = None
    event_hub_properties: EventHubProperties | None = None
    storage_account_properties: StorageAccountProperties | None = None
    workspace_properties: WorkspaceProperties | None = None
    logs: list[DataExportSettingsLogDefinition] = []


class DataExport(Operations[M], base="/api/dataExportSettings", resource="data_export_settings"):
    """Settings of raw-data streaming."""

    @LIST(
        application=("SecurityConfiguration.Read.All", "SecurityConfiguration.ReadWrite.All"),
        delegated=("SecurityConfiguration.Read", "SecurityConfiguration.ReadWrite"),
        user_role="Manage security settings",
        source=SERVICE_SCHEMA,
        basis="service schema",
        notes=(ASSUMED,),
    )
    def list(self) -> Sequence[DataExportSettings]:
        """List the streams of raw events."""
        raise Declared
