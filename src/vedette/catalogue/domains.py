"""Domain names that alerts point to."""

from __future__ import annotations

from typing import ClassVar

from vedette.catalogue.entity import Entity


class Domain(Entity, frozen=True, kw_only=True):
    """A domain name, as host."""

    ENTITY_SET: ClassVar[str] = "Domains"
    KEY: ClassVar[str] = "host"
    NAVIGATION: ClassVar = {"alerts": "Collection(Alert)", "machines": "Collection(Machine)"}

    host: str = ""
