"""The hunting schema: all tables of advanced hunting with their columns, types and known values.

One module per family. A table is declared by `schema.table`, its rows in documented order; `TABLES` finds it by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType

from vedette.catalogue.tables import (
    agents,
    alerts,
    cloud,
    cloud_apps,
    data_security,
    device_activity,
    device_events,
    devices,
    email,
    entra,
    exposure,
    identity,
    teams,
    vulnerability_management,
)
from vedette.catalogue.tables.event import Event
from vedette.catalogue.tables.schema import ActionType, Column, KqlType, Table
from vedette.catalogue.tables.values import DOMAINS, Domain, domains_of

__all__ = ["DOMAINS", "TABLES", "ActionType", "Column", "Domain", "Event", "KqlType", "Table", "domains_of"]

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        declared.name: declared
        for declared in chain(
            devices.TABLES,
            device_activity.TABLES,
            device_events.TABLES,
            vulnerability_management.TABLES,
            alerts.TABLES,
            email.TABLES,
            teams.TABLES,
            identity.TABLES,
            entra.TABLES,
            cloud_apps.TABLES,
            cloud.TABLES,
            data_security.TABLES,
            exposure.TABLES,
            agents.TABLES,
        )
    }
)
"""Table name → table, as queries spell it."""
