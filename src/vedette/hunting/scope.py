"""Which rows of the tables a query may see: by device and by time. What is left out is not there for the query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from vedette.hunting.names import listed, quoted
from vedette.kql.tables import TableSchema

_DEVICE = "DeviceId"
_TIMES = ("Timestamp", "TimeGenerated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The rows that are visible.

    devices: ids; rows of tables that have a `DeviceId` are visible when it is one of these, or when they name none.
    since, until: rows of tables that have a time are visible when it is not before the one and not after the other.
    """

    devices: frozenset[str] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self, schema: TableSchema) -> str:
        """What must hold for a row of a table; empty when all are visible."""
        return " AND ".join(self._parts(schema))

    def _parts(self, schema: TableSchema) -> Iterator[str]:
        columns = {column.name: column for column in schema.columns}
        if self.devices is not None and _DEVICE in columns:
            name = quoted(columns[_DEVICE].stored)
            yield f"({name} = '' OR {name} IN (SELECT unnest({listed(sorted(self.devices))}::VARCHAR[])))"
        time = next((columns[name] for name in _TIMES if name in columns), None)
        if time is not None and time.encoding:
            kind = "TIMESTAMP_NS" if time.encoding == "ns" else "TIMESTAMP"
            for bound, sign in ((self.since, ">="), (self.until, "<=")):
                if bound is not None:
                    at = bound.astimezone(UTC) if bound.tzinfo else bound
                    yield f"{quoted(time.stored)} {sign} {kind} '{at:%Y-%m-%d %H:%M:%S.%f}'"
