"""From the rows of a rule's query to matches: which events they are, and which of them make one alert."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from vedette.detections.rule import Row, Rule, RuleError

TIME_COLUMNS: Final = ("Timestamp", "TimeGenerated")
ENTITY_COLUMNS: Final = (
    "DeviceId",
    "DeviceName",
    "RemoteDeviceName",
    "RecipientEmailAddress",
    "SenderFromAddress",
    "SenderMailFromAddress",
    "RecipientObjectId",
    "AccountObjectId",
    "AccountSid",
    "AccountUpn",
    "InitiatingProcessAccountSid",
    "InitiatingProcessAccountUpn",
    "InitiatingProcessAccountObjectId",
)
"""Columns that name an entity which the service raises alerts on, as documented for custom detections."""


@dataclass(frozen=True, slots=True)
class Event:
    """One row that a rule found."""

    key: str
    """Names the event among all that the rule may ever find."""
    time: datetime
    row: Row


@dataclass(frozen=True, slots=True)
class Match:
    """What makes one alert."""

    rule: Rule
    device_id: str
    """Empty where the rows name no device."""
    device_name: str
    events: tuple[Event, ...]
    """In order of time."""


def check_columns(rule: Rule, columns: Iterable[str]) -> None:
    """See that the query gives what an alert needs. Raises: RuleError naming what is missing.

    The service demands `Timestamp`, `ReportId` and a column that names a device, a user or a mailbox. Rules of
    Sentinel name entities by `entityMappings` instead, and need the mapped columns alone.
    """
    present = set(columns)
    if rule.entities:
        for mapping in rule.entities:
            for identifier, column in mapping.columns.items():
                if column not in present:
                    raise _missing(rule, f"{column}, which entityMappings says is {mapping.kind} {identifier}")
        return
    if not present & set(TIME_COLUMNS):
        raise _missing(rule, "Timestamp, the time of the event")
    if "ReportId" not in present:
        raise _missing(rule, "ReportId, which names the event")
    if not present & set(ENTITY_COLUMNS):
        raise _missing(rule, "DeviceId or another column that names a device, a user or a mailbox")


def _missing(rule: Rule, what: str) -> RuleError:
    return rule.error(
        f"the query of {rule.title!r} does not return {what}",
        line=rule.query_line,
        hint="keep it in project and summarize, for instance by "
        "`summarize (Timestamp, ReportId) = arg_max(Timestamp, ReportId) by DeviceId`",
    )


def matches_of(rule: Rule, rows: Sequence[Row], now: datetime) -> list[Match]:
    """The alerts to be, by the rule's grouping, in order of their first event. Rows of one event count once."""
    events: dict[str, Event] = {}
    for row in rows:
        event = _event(row, now)
        events.setdefault(event.key, event)
    groups: dict[str, list[Event]] = {}
    for event in sorted(events.values(), key=lambda event: (event.time, event.key)):
        by = {"device": _device(rule, event.row)[2], "event": event.key, "rule": ""}[rule.group_by]
        groups.setdefault(by, []).append(event)
    return [Match(rule, *_named(rule, found), tuple(found)) for found in groups.values()]


def event_key(rule: Rule, event: Event) -> str:
    """What an alert remembers, so that the event raises no other one by the same rule."""
    return hashlib.sha256(f"{rule.id.lower()}\n{event.key}".encode()).hexdigest()[:32]


def _event(row: Row, now: datetime) -> Event:
    time = next((row[name] for name in TIME_COLUMNS if isinstance(row.get(name), datetime)), None)
    report = row.get("ReportId")
    if time is not None and report not in (None, ""):
        # A device's ReportId is a repeating counter: it names an event only together with device and time.
        parts: list[Any] = [row.get("DeviceId") or "", time.isoformat(), str(report)]  # Any: values of all types
    else:
        parts = [{name: value for name, value in row.items() if value not in (None, "")}]
    key = json.dumps(parts, default=str, sort_keys=True)
    if len(key) > 200:
        key = hashlib.sha256(key.encode()).hexdigest()
    return Event(key, time or now.astimezone(UTC), row)


def _device(rule: Rule, row: Row) -> tuple[str, str, str]:
    """Device id, device name, and what to group by: the device, else the first other entity that the row names."""
    mapped = next((mapping.columns for mapping in rule.entities if mapping.kind == "Host"), {})

    def text(*names: str | None) -> str:
        return next((str(row[name]) for name in names if name and row.get(name)), "")

    device = text("DeviceId", mapped.get("MdatpDeviceId"), mapped.get("MdeDeviceId"), mapped.get("DeviceId"))
    name = text("DeviceName", mapped.get("FullName"), mapped.get("HostName"), mapped.get("NetBiosName"))
    if not device:
        name = name or text("RemoteDeviceName")
    if device or name:
        return device.lower(), name.lower(), (device or name).lower()
    others = [column for mapping in rule.entities for column in mapping.columns.values()]
    return "", "", text(*ENTITY_COLUMNS[3:], *others)


def _named(rule: Rule, events: Iterable[Event]) -> tuple[str, str]:
    found = [_device(rule, event.row) for event in events]
    device = next((device for device, _, _ in found if device), "")
    name = next((name for of, name, _ in found if name and (not device or of == device)), "")
    return device, name
