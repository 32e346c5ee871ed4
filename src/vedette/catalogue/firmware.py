"""Firmware: of the organization and of a machine. Known from the schema of the service alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from vedette.catalogue.entity import Entity
from vedette.catalogue.operation import ASSUMED, LIST, SERVICE_SCHEMA, Declared, M, Operations


class Firmware(Entity, frozen=True, kw_only=True):
    """A firmware that is installed somewhere."""

    ENTITY_SET: ClassVar[str] = "Firmware"
    KEY: ClassVar[str] = "name"

    name: str = ""
    type: str | None = None
    vendor: str | None = None
    family: str | None = None
    version: str | None = None
    additional_fields: str | None = None


class FirmwareInventory(Operations[M], base="/api/firmware", resource="firmware"):
    """Firmware of the organization."""

    @LIST(
        application="Software.Read.All",
        delegated="Software.Read",
        source=SERVICE_SCHEMA,
        basis="service schema",
        notes=(ASSUMED,),
    )
    def list(self) -> Sequence[Firmware]:
        """List the firmware of the organization."""
        raise Declared


class MachineFirmware(Operations[M], base="/api/machines", resource="machines"):
    """Firmware of a machine."""

    @LIST(
        "{id}/firmware",
        application="Software.Read.All",
        delegated="Software.Read",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ResourceNotFound",),
        notes=(ASSUMED,),
    )
    def list_firmware(self, id: str) -> Sequence[Firmware]:
        """List the firmware of a machine."""
        raise Declared
