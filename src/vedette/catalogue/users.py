"""Accounts seen on machines: the entity and its operations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from vedette.catalogue.entity import Entity
from vedette.catalogue.limits import USUAL
from vedette.catalogue.operation import LIST, Declared, M, Operations

if TYPE_CHECKING:
    from vedette.catalogue.alerts import Alert
    from vedette.catalogue.machines import Machine


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


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class Users(Operations[M], base="/api/users", resource="users"):
    """Accounts: their alerts, and where they logged on.

    An id is the account name without its domain.
    """

    @LIST(
        "{id}/alerts",
        application=("Alert.Read.All", "Alert.ReadWrite.All"),
        delegated=("Alert.Read", "Alert.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-user-related-alerts",
    )
    def list_alerts(self, id: str) -> Sequence[Alert]:
        """List the alerts that an account takes part in."""
        raise Declared

    @LIST(
        "{id}/machines",
        application=("Machine.Read.All", "Machine.ReadWrite.All"),
        delegated=("Machine.Read", "Machine.ReadWrite"),
        user_role="View Data",
        limits=USUAL,
        source=_PAGE + "get-user-related-machines",
        notes=("The page lists write permissions only; earlier forms of it list read permissions too.",),
    )
    def list_machines(self, id: str) -> Sequence[Machine]:
        """List the machines that an account logged on to."""
        raise Declared
