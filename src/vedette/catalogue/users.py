"""Accounts seen on machines: the entity that alerts and machines point to."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from vedette.catalogue.entity import Entity


class User(Entity, frozen=True, kw_only=True):
    """An account that was seen logging on. Its id is `domain\\account`."""

    ENTITY_SET: ClassVar[str] = "Users"
    NAVIGATION: ClassVar = {
        "mostPrevalentMachine": "Machine",
        "leastPrevalentMachine": "Machine",
        "machines": "Collection(Machine)",
        "alerts": "Collection(Alert)",
    }

    id: str = ""
    account_name: str | None = None
    account_domain: str | None = None
    account_sid: str | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    most_prevalent_machine_id: str | None = None
    least_prevalent_machine_id: str | None = None
    logon_types: str | None = None
    log_on_machines_count: int | None = None
    is_domain_admin: bool | None = None
    is_only_network_user: bool | None = None
