"""A rule as YAML: our own shape, which is Microsoft Sentinel's with `category`, `recommendedActions` and `tests`.

Everything is checked here, with the line of what is wrong; keys that only Sentinel acts upon are let through.
"""

from __future__ import annotations

import difflib
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar, cast, get_args

from vedette.catalogue.alerts import NewCategory
from vedette.catalogue.tables import TABLES
from vedette.detections.located_yaml import Document, Place
from vedette.detections.rule import (
    Case,
    EntityMapping,
    GroupBy,
    Row,
    Rule,
    RuleError,
    Severity,
    Trigger,
    look_back_of,
    wrong,
)

T = TypeVar("T")

KEYS: Final[Mapping[str, str]] = {
    "id": "id",
    "title": "title",
    "name": "title",
    "displayName": "title",
    "description": "description",
    "severity": "severity",
    "category": "category",
    "tactics": "tactics",
    "techniques": "techniques",
    "relevantTechniques": "techniques",
    "query": "query",
    "frequency": "frequency",
    "queryFrequency": "frequency",
    "lookBack": "look_back",
    "queryPeriod": "look_back",
    "entityMappings": "entities",
    "groupBy": "group_by",
    "eventGroupingSettings": "event_grouping",
    "triggerOperator": "trigger",
    "triggerThreshold": "threshold",
    "recommendedActions": "recommended_actions",
    "enabled": "enabled",
    "kind": "kind",
    "tests": "tests",
}
"""Key of the file → what it says; several spell the same."""

SENTINEL: Final = frozenset(
    {
        "alertDetailsOverride",
        "alertRuleTemplateName",
        "customDetails",
        "incidentConfiguration",
        "metadata",
        "requiredDataConnectors",
        "sentinelEntitiesMappings",
        "status",
        "subTechniques",
        "suppressionDuration",
        "suppressionEnabled",
        "tags",
        "templateVersion",
        "version",
    }
)
"""Keys that mean something to Sentinel and nothing here."""

PLAIN: Final = frozenset({"author", "created", "falsePositives", "modified", "references", "notes"})
"""Keys for people."""

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
CATEGORIES: Final[tuple[str, ...]] = (*get_args(NewCategory), "Impact", "Reconnaissance", "ResourceDevelopment")
"""Categories that alerts may be raised in, and the tactics that Sentinel's rules name besides."""
ENTITIES: Final[Mapping[str, frozenset[str]]] = {
    "Host": frozenset(
        {"FullName", "HostName", "DnsDomain", "NTDomain", "NetBiosName", "AzureID", "OMSAgentID", "OSFamily"}
        | {"DeviceId", "MdatpDeviceId", "MdeDeviceId", "OSVersion", "IsDomainJoined"}
    ),
    "Account": frozenset(
        {"Name", "FullName", "NTDomain", "DnsDomain", "UPNSuffix", "Sid", "AadTenantId", "AadUserId", "PUID"}
        | {"IsDomainJoined", "DisplayName", "ObjectGuid", "CloudAppAccountId", "UserPrincipalName"}
    ),
    "IP": frozenset({"Address", "AddressScope"}),
    "URL": frozenset({"Url"}),
    "DNS": frozenset({"DomainName"}),
    "File": frozenset({"Name", "Directory"}),
    "FileHash": frozenset({"Algorithm", "Value"}),
    "Process": frozenset({"ProcessId", "CommandLine", "ElevationToken", "CreationTimeUtc", "ImageFile"}),
    "RegistryKey": frozenset({"Hive", "Key"}),
    "RegistryValue": frozenset({"Name", "Value", "ValueType"}),
    "Mailbox": frozenset(
        {"MailboxPrimaryAddress", "DisplayName", "Upn", "AadId", "ExternalDirectoryObjectId", "RiskLevel"}
    ),
    "MailMessage": frozenset(
        {"Recipient", "Urls", "Threats", "Sender", "P1Sender", "P1SenderDisplayName", "P1SenderDomain", "SenderIP"}
        | {"P2Sender", "P2SenderDisplayName", "P2SenderDomain", "ReceivedDate", "NetworkMessageId", "InternetMessageId"}
        | {"Subject", "BodyFingerprintBin1", "AntispamDirection", "DeliveryAction", "DeliveryLocation", "Language"}
    ),
    "AzureResource": frozenset({"ResourceId"}),
    "CloudApplication": frozenset({"AppId", "Name", "InstanceName"}),
    "Malware": frozenset({"Name", "Category"}),
    "SecurityGroup": frozenset({"DistinguishedName", "SID", "ObjectGuid"}),
    "SubmissionMail": frozenset({"SubmissionId", "Submitter", "Recipient", "NetworkMessageId", "Sender", "Subject"}),
    "MailCluster": frozenset({"Query", "Source", "ClusterGroup", "Threats", "NetworkMessageIds"}),
    "IoTDevice": frozenset({"DeviceId", "DeviceName", "IpAddress", "MacAddress"}),
}
"""Kinds of entities and their identifiers, in Sentinel's words."""
_TRIGGERS: Final[Mapping[str, Trigger]] = {
    **{name: cast("Trigger", name) for name in get_args(Trigger)},
    "GreaterThan": "gt",
    "LessThan": "lt",
    "Equal": "eq",
    "NotEqual": "ne",
}
_KINDS: Final = ("Scheduled", "NRT")
_GROUPINGS: Final[tuple[GroupBy, ...]] = get_args(GroupBy)
_AGGREGATIONS: Final[Mapping[str, GroupBy]] = {"SingleAlert": "device", "AlertPerResult": "event"}
_TEST_KEYS: Final = ("name", "rows", "expect", "now")
_SHORT = re.compile(r"(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?\s*(?:(\d+)s)?", re.IGNORECASE)
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE)
_TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?", re.IGNORECASE)
_NO_ENTITIES: Final[tuple[EntityMapping, ...]] = ()
_NO_CASES: Final[tuple[Case, ...]] = ()
_NAMESPACE: Final = uuid.UUID("7a54fb1c-9d0e-5d46-8a43-0c8a5e5df2d1")


def rule_from(document: Document) -> Rule:
    """The rule that a YAML document is. Raises: RuleError with file, line and, for a wrong name, the nearest."""
    return _Reader(document).rule()


def id_for(path: Path, title: str) -> str:
    """The id of a rule that has none: it follows from file name and title."""
    return str(uuid.uuid5(_NAMESPACE, f"{path.stem}/{title}"))


def duration(text: str) -> timedelta:
    """`5m`, `1h`, `14d`, `1d12h`, or ISO 8601 such as `PT5M`. Raises: ValueError."""
    found = _ISO.fullmatch(text.strip()) or _SHORT.fullmatch(text.strip())
    if not found or not any(found.groups()):
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._path = document.path

    def rule(self) -> Rule:
        value = self._document.value
        if not isinstance(value, dict):
            raise self._wrong((), "a rule is a mapping of keys to values")
        for key in value:
            if key not in KEYS and key not in SENTINEL and key not in PLAIN:
                raise self._unknown((str(key),), "key", str(key), [*KEYS, *SENTINEL, *PLAIN])
        said: dict[str, str] = {}
        for key in value:
            meaning = KEYS.get(str(key))
            if meaning is None:
                continue
            if meaning in said:
                raise self._wrong((str(key),), f"{said[meaning]!r} and {key!r} say the same; leave one out")
            said[meaning] = str(key)

        def given(meaning: str, reader: Callable[[Place, Any], T], otherwise: T) -> T:  # Any: YAML
            key = said.get(meaning)
            if key is None or value[key] is None:
                return otherwise
            return reader((key,), value[key])

        title = given("title", self._text, "")
        query = given("query", self._text, "")
        for name, text in (("name (or title)", title), ("query", query)):
            if not text.strip():
                raise self._wrong((), f"the rule has no {name}")
        is_continuous = given("kind", self._kind, "Scheduled") == "NRT"
        frequency = given("frequency", self._frequency, timedelta(hours=1))
        if is_continuous:
            frequency = timedelta(0)
        look_back = given("look_back", self._duration, look_back_of(frequency))
        if look_back < frequency:
            message = "the rule looks back less far than the time between its runs, and would miss events"
            raise self._wrong((said["look_back"],), message)
        none: tuple[str, ...] = ()
        tactics = given("tactics", self._categories, none)
        return Rule(
            id=given("id", self._text, "") or id_for(self._path, title),
            title=title,
            description=given("description", self._prose, ""),
            severity=given("severity", self._severity, "Medium"),
            category=given("category", self._category, tactics[0] if tactics else "SuspiciousActivity"),
            techniques=given("techniques", self._techniques, none),
            query=query,
            frequency=frequency,
            look_back=look_back,
            entities=given("entities", self._entities, _NO_ENTITIES),
            group_by=given("group_by", self._grouping, given("event_grouping", self._aggregation, "device")),
            trigger=given("trigger", self._trigger, "gt"),
            threshold=given("threshold", self._count, 0),
            recommended_actions=given("recommended_actions", self._actions, ""),
            enabled=given("enabled", self._bool, True),
            cases=given("tests", self._cases, _NO_CASES),
            ignored=tuple(sorted(str(key) for key in value if key in SENTINEL)),
            path=self._path,
            query_line=self._document.text_line((said["query"],)),
        )

    # Values

    def _text(self, place: Place, value: Any) -> str:  # Any: YAML, here and below
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self._wrong(place, f"{place[-1]} is text")
        return str(value)

    def _prose(self, place: Place, value: Any) -> str:
        text = self._text(place, value).strip()
        # Sentinel's files put their descriptions into a second pair of quotes.
        return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == "'" else text

    def _actions(self, place: Place, value: Any) -> str:
        if isinstance(value, list):
            return "\n".join(f"- {self._text((*place, n), each)}" for n, each in enumerate(value))
        return self._text(place, value).strip()

    def _bool(self, place: Place, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self._wrong(place, f"{place[-1]} is true or false")
        return value

    def _count(self, place: Place, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._wrong(place, f"{place[-1]} is a whole number, 0 or more")
        return value

    def _duration(self, place: Place, value: Any) -> timedelta:
        try:
            found = duration(self._text(place, value))
        except ValueError:
            hint = "such as 5m, 1h, 14d or PT5M"
            raise self._wrong(place, f"{place[-1]}: {value} is no time span", hint=hint) from None
        if not found:
            raise self._wrong(place, f"{place[-1]} is longer than nothing")
        return found

    def _frequency(self, place: Place, value: Any) -> timedelta:
        if isinstance(value, str) and value.strip().lower() in ("nrt", "continuous", "continuously", "0", "0h", "0m"):
            return timedelta(0)
        return self._duration(place, value)

    def _one_of(self, place: Place, value: Any, known: Iterable[str]) -> str:
        by_case = {each.casefold(): each for each in known}
        text = self._text(place, value).strip()
        found = by_case.get(text.casefold())
        if found is None:
            what = next((str(part) for part in reversed(place) if isinstance(part, str)), "value")
            raise self._unknown(place, what, text, by_case.values())
        return found

    def _severity(self, place: Place, value: Any) -> Severity:
        return cast("Severity", self._one_of(place, value, SEVERITIES))

    def _category(self, place: Place, value: Any) -> str:
        if isinstance(value, str):
            value = value.replace(" ", "")
        return self._one_of(place, value, CATEGORIES)

    def _categories(self, place: Place, value: Any) -> tuple[str, ...]:
        return tuple(self._category((*place, n), each) for n, each in enumerate(self._listed(place, value)))

    def _kind(self, place: Place, value: Any) -> str:
        return self._one_of(place, value, _KINDS)

    def _grouping(self, place: Place, value: Any) -> GroupBy:
        return cast("GroupBy", self._one_of(place, value, _GROUPINGS))

    def _aggregation(self, place: Place, value: Any) -> GroupBy:
        if not isinstance(value, dict) or "aggregationKind" not in value:
            raise self._wrong(place, f"{place[-1]} holds aggregationKind")
        return _AGGREGATIONS[self._one_of((*place, "aggregationKind"), value["aggregationKind"], _AGGREGATIONS)]

    def _trigger(self, place: Place, value: Any) -> Trigger:
        return _TRIGGERS[self._one_of(place, value, _TRIGGERS)]

    def _techniques(self, place: Place, value: Any) -> tuple[str, ...]:
        found = []
        for number, each in enumerate(self._listed(place, value)):
            text = self._text((*place, number), each).strip()
            if not _TECHNIQUE.fullmatch(text):
                raise self._wrong((*place, number), f"{text} is no technique", hint="such as T1059 or T1059.001")
            found.append(text.upper())
        return tuple(dict.fromkeys(found))

    def _listed(self, place: Place, value: Any) -> list[Any]:
        if isinstance(value, str):
            return [each for each in re.split(r"[,\s]+", value) if each]
        if not isinstance(value, list):
            raise self._wrong(place, f"{place[-1]} is a list")
        return value

    def _entities(self, place: Place, value: Any) -> tuple[EntityMapping, ...]:
        found = []
        for number, each in enumerate(self._listed(place, value)):
            at = (*place, number)
            if not isinstance(each, dict) or not isinstance(each.get("fieldMappings"), list):
                raise self._wrong(at, "an entity mapping has entityType and fieldMappings")
            kind = self._one_of((*at, "entityType"), each.get("entityType", ""), ENTITIES)
            columns: dict[str, str] = {}
            for position, pair in enumerate(each["fieldMappings"]):
                inner = (*at, "fieldMappings", position)
                if not isinstance(pair, dict) or not {"identifier", "columnName"} <= set(pair):
                    raise self._wrong(inner, "a field mapping has identifier and columnName")
                identifier = self._one_of((*inner, "identifier"), pair["identifier"], ENTITIES[kind])
                columns[identifier] = self._text((*inner, "columnName"), pair["columnName"])
            found.append(EntityMapping(kind=kind, columns=columns))
        return tuple(found)

    # Cases

    def _cases(self, place: Place, value: Any) -> tuple[Case, ...]:
        return tuple(self._case((*place, n), each, n) for n, each in enumerate(self._listed(place, value)))

    def _case(self, place: Place, value: Any, number: int) -> Case:
        if not isinstance(value, dict):
            raise self._wrong(place, "a test has name, rows and expect")
        for key in value:
            if key not in _TEST_KEYS:
                raise self._unknown((*place, str(key)), "key of a test", str(key), _TEST_KEYS)
        for key in ("rows", "expect"):
            if key not in value:
                raise self._wrong(place, f"the test does not say {key}")
        count, matches = self._expected((*place, "expect"), value["expect"])
        return Case(
            name=self._text((*place, "name"), value.get("name", f"test {number + 1}")),
            rows=self._tables((*place, "rows"), value["rows"]),
            count=count,
            matches=matches,
            now=self._moment((*place, "now"), value["now"]) if value.get("now") is not None else None,
            line=self._document.line(place),
        )

    def _expected(self, place: Place, value: Any) -> tuple[int | None, tuple[Row, ...] | None]:
        if isinstance(value, list):
            return None, self._rows(place, value)
        if isinstance(value, str) and value.lower() in ("match", "matches", "nothing", "none"):
            return (None if value.lower().startswith("match") else 0), None
        if isinstance(value, bool):
            return (None if value else 0), None
        try:
            return self._count(place, value), None
        except RuleError:
            hint = "a number of rows, a list of what they hold, `match` or `nothing`"
            raise self._wrong(place, f"expect: {value} says no result", hint=hint) from None

    def _tables(self, place: Place, value: Any) -> Mapping[str, tuple[Row, ...] | Path]:
        if not isinstance(value, dict):
            raise self._wrong(place, "rows are given by table")
        found: dict[str, tuple[Row, ...] | Path] = {}
        for name, rows in value.items():
            at = (*place, str(name))
            if isinstance(rows, str):
                file = self._path.parent / rows
                if not file.is_file():
                    raise self._wrong(at, f"there is no file {file}")
                found[str(name)] = file
                continue
            given = self._rows(at, [] if rows is None else rows)
            found[str(name)] = given
            table = TABLES.get(str(name))
            for number, row in enumerate(given):
                for column in row:
                    if table and column not in table:
                        names = [each.name for each in table.columns]
                        raise self._unknown((*at, number, column), f"column of {name}", column, names)
        return found

    def _rows(self, place: Place, value: Any) -> tuple[Row, ...]:
        rows = self._listed(place, value)
        for number, row in enumerate(rows):
            if not isinstance(row, dict):
                raise self._wrong((*place, number), "a row is a mapping of columns to values")
        return tuple({str(name): _plain(each) for name, each in row.items()} for row in rows)

    def _moment(self, place: Place, value: Any) -> datetime:
        found = _plain(value)
        if isinstance(found, str):
            try:
                found = datetime.fromisoformat(found)
            except ValueError:
                raise self._wrong(place, f"{value} is no time", hint="such as 2026-01-31T12:00:00Z") from None
        if not isinstance(found, datetime):
            raise self._wrong(place, f"{value} is no time", hint="such as 2026-01-31T12:00:00Z")
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    # Complaints

    def _unknown(self, place: Place, kind: str, name: str, known: Iterable[str]) -> RuleError:
        return unknown(self._path, self._document.line(place), kind, name, known)

    def _wrong(self, place: Place, message: str, *, hint: str = "") -> RuleError:
        return wrong(self._path, self._document.line(place), message, hint=hint)


def unknown(path: Path, line: int | None, kind: str, name: str, known: Iterable[str]) -> RuleError:
    """A name that does not exist, with the nearest ones that do."""
    by_case = {each.casefold(): each for each in known}
    close = difflib.get_close_matches(name.casefold(), by_case, n=3, cutoff=0.5)
    nearest = [by_case[each] for each in close]
    hint = f"did you mean {nearest[0]}?" if nearest else f"there are: {', '.join(sorted(by_case.values()))}"
    return wrong(path, line, f"there is no {kind} {name!r}", nearest=nearest, hint=hint)


def _plain(value: Any) -> Any:  # Any: YAML
    """Times without a zone are UTC; a date is its midnight."""
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value
