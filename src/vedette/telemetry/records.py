"""One recorded event, whatever collector wrote it: which log it is from, where and when it happened.

Collectors name host and time differently, and some put the event's own fields into XML; `read` makes them alike.
What the event becomes is said in `sysmon`, `security` and `defender_export`.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from vedette.telemetry.fields import instant, number, text

SYSMON: Final = "Microsoft-Windows-Sysmon/Operational"
SECURITY: Final = "Security"
DEFENDER: Final = "Defender"
"""Not a Windows log: a row that Defender itself exported."""

_CHANNELS: Final = {
    "microsoft-windows-sysmon/operational": SYSMON,
    "microsoft-windows-sysmon": SYSMON,
    "security": SECURITY,
    "microsoft-windows-security-auditing": SECURITY,
}
_CHANNEL_FIELDS: Final = ("Channel", "SourceName", "EventSourceName", "ProviderName", "Provider")
_HOST_FIELDS: Final = ("Hostname", "Computer", "ComputerName", "host")
_LOG_TIME_FIELDS: Final = ("@timestamp", "TimeCreated", "EventTime", "TimeGenerated")
_SUFFIXES: Final = ("_string", "_long", "_dynamic")

_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
"""Types of an event's own fields; lists and objects come from collectors."""

Fields = dict[str, Any]  # JSON: text, numbers, true, false, null, lists, objects


class Rejected(Exception):
    """A record that becomes no row.

    `reason` is one of a small set that results count by; `detail` says more where there is more to say.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


BAD_JSON: Final = "bad JSON"
BAD_CSV: Final = "bad CSV"
UNKNOWN_TABLE: Final = "unknown table"
DAMAGED_FILE: Final = "damaged file"
UNKNOWN_EVENT: Final = "unknown event"
NO_COUNTERPART: Final = "no counterpart in hunting"
MISSING_HOST: Final = "missing host"
MISSING_TIME: Final = "missing time"
BAD_TIME: Final = "bad time"
MISSING_FIELD: Final = "missing field"
BAD_VALUE: Final = "bad value"
TWICE: Final = "recorded twice"
"""Sysmon recorded the same thing on that machine; both rows would count it double."""


@dataclass(slots=True)
class Record:
    """A recorded event. `at` is None until `timeline` has decided between the clocks."""

    dataset: str
    channel: str
    event_id: int
    host: str
    """Name of the machine in lower case, with its domain where that was recorded."""
    log_time: int | None
    """When the log took it, in nanoseconds since 1970; the zone is the log's own."""
    sensor_time: int | None
    """Sysmon's UtcTime."""
    fields: Fields
    at: int = 0
    """When it happened: UTC, in the time of the recording."""
    shift: int = 0
    """What to add to a time of the recording."""

    def text(self, name: str) -> str:
        """A field's text; empty when it is absent or `-`."""
        value = self.fields.get(name)
        return value if isinstance(value, str) and value != "-" else text(value)

    def needed(self, name: str) -> str:
        """A field's text. Raises `Rejected` when it is absent or empty."""
        if not (value := self.text(name)):
            raise Rejected(MISSING_FIELD, name)
        return value


def read(content: bytes, default_dataset: str) -> Record:
    """The event that one JSON text holds.

    Raises: `Rejected` when it is no JSON object, no event of a known log, or lacks host or time.
    """
    try:
        fields = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected(BAD_JSON, str(error)) from error
    if not isinstance(fields, dict):
        raise Rejected(BAD_JSON, "not an object")
    dataset = text(fields.get("_dataset")) or default_dataset
    if isinstance(logged := fields.get("Event"), dict):
        fields = _from_event_log(logged)
    if "EventID" not in fields and "ActionType" in fields and "Timestamp" in fields:
        return Record(dataset, DEFENDER, 0, "", _time(fields, ("Timestamp",)), None, fields)
    channel = _channel(fields)
    event_id = number(fields.get("EventID"))
    if not channel or event_id is None:
        raise Rejected(UNKNOWN_EVENT, f"{text(fields.get('Channel')) or 'no channel'} {text(fields.get('EventID'))}")
    if "EventData" in fields or "Type" in fields:
        fields = _from_log_analytics(fields)
    if not _SCALARS.issuperset(map(type, fields.values())):
        fields = {name: value for name, value in fields.items() if type(value) in _SCALARS}
    host = fields.get("Hostname") or _first_text(fields, _HOST_FIELDS)
    if not isinstance(host, str) or not host or host == "-":
        raise Rejected(MISSING_HOST)
    log_time = _time(fields, _LOG_TIME_FIELDS)
    sensor_time = _time(fields, ("UtcTime",)) if channel is SYSMON else None
    if log_time is None and sensor_time is None:
        raise Rejected(MISSING_TIME)
    return Record(dataset, channel, event_id, host.lower(), log_time, sensor_time, fields)


def _first_text(fields: Fields, names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := fields.get(name)) and isinstance(found, str)), "")


def _channel(fields: Fields) -> str:
    channel = fields.get("Channel")
    if channel == SYSMON:
        return SYSMON
    if channel == SECURITY:
        return SECURITY
    for name in _CHANNEL_FIELDS:
        value = fields.get(name)
        if isinstance(value, str) and (found := _CHANNELS.get(value.lower())):
            return found
    return ""


def _time(fields: Fields, names: tuple[str, ...]) -> int | None:
    for name in names:
        value = fields.get(name)
        if value is None or value == "" or value == "-":
            continue
        if not isinstance(value, str):
            raise Rejected(BAD_TIME, f"{name} is {value!r}")
        try:
            return instant(value)
        except ValueError as error:
            raise Rejected(BAD_TIME, f"{name} is {value!r}") from error
    return None


_GUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def _from_event_log(event: Fields) -> Fields:
    """The fields of an event as event logs write it: `System` with attributes, and `EventData` or `UserData`."""
    system = event.get("System")
    if not isinstance(system, dict):
        return {}
    flat: Fields = {}
    for data in (event.get("EventData"), *_objects(event.get("UserData"))):
        if isinstance(data, dict):
            flat.update(data)
    for name, value in flat.items():
        # Collectors put GUIDs into braces, as Windows prints them; the log holds them bare.
        if name[-4:].lower() == "guid" and isinstance(value, str) and _GUID.fullmatch(value):
            flat[name] = f"{{{value}}}"
    flat["EventID"] = _content(system.get("EventID"))
    flat["Channel"] = _content(system.get("Channel"))
    flat["Computer"] = flat["Hostname"] = _content(system.get("Computer"))
    flat["ProviderName"] = _attributes(system, "Provider").get("Name")
    flat["@timestamp"] = text(_attributes(system, "TimeCreated").get("SystemTime")).removesuffix(" UTC")
    return flat


def _objects(value: object) -> list[object]:
    """The members of `UserData`: one element, of a name that depends on the event."""
    return list(value.values()) if isinstance(value, dict) else []


def _content(value: Any) -> Any:  # JSON of any shape
    """What an element holds, which stands below `#text` when the element has attributes."""
    return value.get("#text") if isinstance(value, dict) else value


def _attributes(system: Fields, name: str) -> Fields:
    """The attributes of an element, below `#attributes`, or beside it under `NAME_attributes`."""
    element = system.get(name)
    found = element.get("#attributes") if isinstance(element, dict) else system.get(f"{name}_attributes")
    return found if isinstance(found, dict) else {}


_DATA = re.compile(r'<Data Name="([^"]+)">([^<]*)</Data>')


def _from_log_analytics(fields: Fields) -> Fields:
    """The fields of a Log Analytics record: out of their XML, and without the suffix that tells columns' types."""
    flat = without_suffixes(fields)
    data = flat.get("EventData")
    if isinstance(data, str):
        flat.update((name, html.unescape(value)) for name, value in _DATA.findall(data))
    return flat


def without_suffixes(fields: Fields) -> Fields:
    """Columns by their own name: a union of tables splits a column of two types into `Name_string` and `Name_long`."""
    flat = dict(fields)
    for name, value in fields.items():
        for suffix in _SUFFIXES:
            if name.endswith(suffix):
                plain = name.removesuffix(suffix)
                if value not in (None, "") or plain not in flat:
                    flat[plain] = value
                del flat[name]
    return flat
