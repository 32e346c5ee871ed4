"""IP addresses that alerts point to."""

from __future__ import annotations

from typing import ClassVar

from vedette.catalogue.entity import Entity


class Ip(Entity, frozen=True, kw_only=True):
    """An IP address; its id is the address."""

    ENTITY_SET: ClassVar[str] = "Ips"
    NAVIGATION: ClassVar = {"alerts": "Collection(Alert)", "machines": "Collection(Machine)"}

    id: str = ""
