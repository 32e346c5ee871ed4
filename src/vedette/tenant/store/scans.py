"""An authenticated scan as it is kept: its definition, since when it runs so, and the runs that ended before."""

from __future__ import annotations

from datetime import datetime

import msgspec

from vedette.catalogue.authenticated_scans import AuthScanHistoryContract, DeviceAuthenticatedScanDefinition


class KeptScan(msgspec.Struct, frozen=True, kw_only=True):
    """A scan without its credentials: nothing signs in anywhere, so they are checked and forgotten."""

    id: str
    definition: DeviceAuthenticatedScanDefinition
    scanner_machine_id: str
    since: datetime
    """The schedule counts from here; a change of the scan starts it anew."""
    ended: list[AuthScanHistoryContract] = []
    """Runs from before the last change."""
    last_ended: datetime | None = None
