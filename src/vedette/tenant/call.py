"""One call of the Defender API on its way through the chain: what every step and every handler may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vedette.catalogue.alerts import Alert
from vedette.catalogue.operation import Operation
from vedette.odata import Options
from vedette.tenant.authenticate import Caller
from vedette.tenant.directory import User
from vedette.tenant.state import State
from vedette.tenant.store.collection import Selection, column_time
from vedette.tenant.store.defender import DefenderStore


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request went: what links in the answer are built from."""

    origin: str
    """Scheme, host and port that the client used."""
    path: str
    """The path as it was sent, still percent-encoded."""
    query: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Call:
    """An authenticated call. Handlers take it first, by position."""

    state: State
    operation: Operation[Any, Any]  # Any: an operation of whatever signature
    caller: Caller
    user: User | None
    """The signed-in user of a delegated call."""
    store: DefenderStore
    address: Address
    request_id: str
    options: Options | None = None
    """OData query options; None where the operation takes none."""
    arguments: Mapping[str, object] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The present moment of the tenant."""
        return self.state.clock.now()

    def visible(self, selection: Selection[Any]) -> Selection[Any]:
        """What of a selection there is by now and the caller's device groups let through.

        Machines and alerts have a group; what names a machine has that of the machine.
        """
        if selection.collection.kind is Alert:
            selection = selection.narrowed('"alert_creation_time" <= ?', [column_time(self.now)])
        groups = None if self.user is None else self.user.device_groups
        columns = selection.collection.columns
        if groups is None or not {"rbac_group_name", "machine_id"} & set(columns):
            return selection
        if not groups:
            return selection.narrowed("0", ())
        condition = f'"rbac_group_name" IN ({", ".join("?" * len(groups))})'
        if "rbac_group_name" not in columns:
            machines = self.store.machines.table
            condition = f'"machine_id" IN (SELECT "id" FROM {machines} WHERE {condition})'  # noqa: S608  (fixed names)
        return selection.narrowed(condition, groups)
