"""What detection rules leave behind: when each ran last, and the events that raised alerts."""

from __future__ import annotations

from datetime import datetime

import msgspec


class RuleRun(msgspec.Struct, frozen=True, kw_only=True):
    """The last run of a rule."""

    id: str
    """The rule's."""
    at: datetime
    alerts: int = 0
    """What the run raised."""
    error: str = ""
    """Why it could not be run."""


class RaisedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that an alert was raised about, so that the same rule raises no other one about it."""

    id: str
    alert_id: str
