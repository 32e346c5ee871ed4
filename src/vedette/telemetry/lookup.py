"""What one event says about another: process starts by their GUID, tokens by process id, addresses by machine.

A first pass over the recordings fills a `Lookup`; the mappings ask it while they make rows. Everything is kept per data
set: GUIDs and ids mean nothing across recordings. The oldest process starts are forgotten beyond `MOST_STARTS`, so
memory stays flat.
"""

from __future__ import annotations

import functools
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from vedette.catalogue.tables import TABLES
from vedette.telemetry.fields import WELL_KNOWN_SIDS, account, address, count, file_name, hashes, sid, text
from vedette.telemetry.records import SYSMON, Record

MOST_STARTS: Final = 200_000
_MOST_COLUMNS: Final = 20_000
_TOKEN_REACH_NS: Final = 10 * 60 * 1_000_000_000
"""A process id is used again after a while: starts that both logs recorded lie closer together than this."""

Columns = dict[str, object]
_K = TypeVar("_K")
_V = TypeVar("_V")

ELEVATION: Final[Mapping[str, str]] = {
    "%%1936": "TokenElevationTypeDefault",
    "%%1937": "TokenElevationTypeFull",
    "%%1938": "TokenElevationTypeLimited",
}


@dataclass(slots=True)
class ProcessStart:
    """A process as its Sysmon start event describes it. Times are those of the recording."""

    host: str
    at: int
    process_id: int | None
    image: str
    command_line: str
    user: str
    hashes: Mapping[str, str]
    version_info: Columns
    integrity: str
    logon_id: int | None
    session: int | None
    parent_guid: str
    parent_id: int | None
    parent_image: str
    sid: str = ""
    elevation: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """What the Security log knows of a process start and Sysmon does not."""

    at: int
    image: str
    sid: str
    elevation: str


@functools.cache
def _initiating_names(table: str) -> frozenset[str]:
    return frozenset(column.name for column in TABLES[table].columns if column.name.startswith("InitiatingProcess"))


def sid_of(user: str) -> str:
    """The SID of an account that has the same one everywhere, otherwise empty."""
    return WELL_KNOWN_SIDS.get(account(user), "")


class Lookup:
    """Facts of other events, by data set."""

    def __init__(self) -> None:
        self._starts: OrderedDict[tuple[str, str], ProcessStart] = OrderedDict()
        self._ids: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._tokens: OrderedDict[tuple[str, str, int], list[Token]] = OrderedDict()
        self._sysmon_starts: OrderedDict[tuple[str, str, int], list[tuple[int, str]]] = OrderedDict()
        self._addresses: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self._sysmon_network: set[tuple[str, str]] = set()
        self._columns: dict[tuple[str, str, str, str, str, int | None], Columns] = {}

    # First pass

    def see(self, record: Record) -> None:
        """Take note of what one event says about others."""
        record.at = record.sensor_time if record.sensor_time is not None else record.log_time or 0
        fields = record.fields
        if record.channel is SYSMON:
            guid = text(fields.get("ProcessGuid"))
            process_id = count(fields.get("ProcessId"))
            if guid and process_id is not None and (record.dataset, guid) not in self._ids:
                _remember(self._ids, (record.dataset, guid), process_id)
            if record.event_id == 1:
                self._see_start(record, guid)
            elif record.event_id == 3:
                self._sysmon_network.add((record.dataset, record.host))
                if text(fields.get("Initiated")).lower() == "true":
                    self._see_address(record, "SourceIp")
        elif record.event_id == 4688:
            self._see_token(record)
        elif record.event_id == 5156 and fields.get("Direction") == "%%14593":
            self._see_address(record, "SourceAddress")

    def _see_start(self, record: Record, guid: str) -> None:
        fields = record.fields
        image = record.text("Image")
        process_id = count(fields.get("ProcessId"))
        start = ProcessStart(
            host=record.host,
            at=record.at,
            process_id=process_id,
            image=image,
            command_line=record.text("CommandLine"),
            user=record.text("User"),
            hashes=hashes(record.text("Hashes")),
            version_info={
                "CompanyName": record.text("Company"),
                "ProductName": record.text("Product"),
                "ProductVersion": record.text("FileVersion"),
                "OriginalFileName": record.text("OriginalFileName"),
                "FileDescription": record.text("Description"),
            },
            integrity=record.text("IntegrityLevel"),
            logon_id=count(fields.get("LogonId")),
            session=count(fields.get("TerminalSessionId")),
            parent_guid=record.text("ParentProcessGuid"),
            parent_id=count(fields.get("ParentProcessId")),
            parent_image=record.text("ParentImage"),
        )
        if guid:
            _remember(self._starts, (record.dataset, guid), start)
        if process_id is not None:
            key = (record.dataset, record.host, process_id)
            _remember_one(self._sysmon_starts, key, (record.at, image.lower()))

    def _see_token(self, record: Record) -> None:
        fields = record.fields
        process_id = count(fields.get("NewProcessId"))
        if process_id is not None:
            owner = "Target" if record.text("TargetUserName") else "Subject"
            token = Token(
                at=record.at,
                image=record.text("NewProcessName").lower(),
                sid=sid(fields.get(f"{owner}UserSid")),
                elevation=ELEVATION.get(record.text("TokenElevationType"), ""),
            )
            _remember_one(self._tokens, (record.dataset, record.host, process_id), token)

    def _see_address(self, record: Record, name: str) -> None:
        own = address(record.text(name))
        if own:
            seen = self._addresses[record.dataset, record.host]
            seen[own] = seen.get(own, 0) + 1

    # Questions of the mappings

    def start(self, record: Record, guid: str) -> ProcessStart | None:
        """The recorded start of a process."""
        return self._starts.get((record.dataset, guid)) if guid else None

    def process_id(self, record: Record, guid: str) -> int | None:
        """The id of a process, from any event that carries both."""
        return self._ids.get((record.dataset, guid)) if guid else None

    def token(self, record: Record, process_id: int | None, image: str) -> Token | None:
        """What the Security log says of a start that Sysmon recorded."""
        if process_id is None:
            return None
        tokens = self._tokens.get((record.dataset, record.host, process_id), ())
        near = [one for one in tokens if one.image == image.lower() and abs(one.at - record.at) <= _TOKEN_REACH_NS]
        return min(near, key=lambda one: abs(one.at - record.at), default=None)

    def has_sysmon_start(self, record: Record, process_id: int | None, image: str) -> bool:
        """Whether Sysmon recorded the start that a Security event reports."""
        if process_id is None:
            return False
        starts = self._sysmon_starts.get((record.dataset, record.host, process_id), ())
        return any(seen == image.lower() and abs(at - record.at) <= _TOKEN_REACH_NS for at, seen in starts)

    def has_sysmon_network(self, record: Record) -> bool:
        """Whether Sysmon recorded connections on the event's machine."""
        return (record.dataset, record.host) in self._sysmon_network

    def is_own(self, record: Record, ip: str) -> bool:
        """Whether an address belongs to the event's machine: it has opened connections from it."""
        return ip in self._addresses.get((record.dataset, record.host), ())

    def addresses(self, dataset: str, host: str) -> Mapping[str, int]:
        """The addresses that a machine opened connections from, with how many."""
        return self._addresses.get((dataset, host), {})

    def initiating(
        self, table: str, record: Record, *, guid: str, image: str, user: str, process_id: int | None
    ) -> Columns:
        """A new dict with the `InitiatingProcess…` columns of a table for the process that caused an event.

        Image, user and id are the event's own; the rest comes from the process's start, if that was recorded.
        """
        key = (record.dataset, table, guid, image, user, process_id)
        known = self._columns.get(key)
        if known is None:
            if len(self._columns) >= _MOST_COLUMNS:
                self._columns.clear()
            allowed = _initiating_names(table)
            made = self._describe(record, guid, image, user, process_id)
            known = self._columns[key] = {
                name: value for name, value in made.items() if value not in (None, "") and name in allowed
            }
        return known.copy()

    def _describe(self, record: Record, guid: str, image: str, user: str, process_id: int | None) -> Columns:
        start = self.start(record, guid)
        user = user or (start.user if start else "")
        domain, name = account(user)
        columns: Columns = {
            "InitiatingProcessFileName": file_name(image),
            "InitiatingProcessFolderPath": image.lower(),
            "InitiatingProcessId": process_id if process_id is not None else self.process_id(record, guid),
            "InitiatingProcessAccountDomain": domain,
            "InitiatingProcessAccountName": name,
            "InitiatingProcessAccountSid": sid_of(user),
            "InitiatingProcessUniqueId": guid,
        }
        if start is None:
            return columns
        parent = self.start(record, start.parent_guid)
        columns |= {f"InitiatingProcess{kind}": value for kind, value in start.hashes.items()}
        columns |= {f"InitiatingProcessVersionInfo{part}": value for part, value in start.version_info.items()}
        columns |= {
            "InitiatingProcessAccountSid": start.sid or columns["InitiatingProcessAccountSid"],
            "InitiatingProcessCommandLine": start.command_line,
            "InitiatingProcessCreationTime": start.at + record.shift,
            "InitiatingProcessIntegrityLevel": start.integrity,
            "InitiatingProcessTokenElevation": start.elevation,
            "InitiatingProcessLogonId": start.logon_id,
            "InitiatingProcessSessionId": start.session,
            "InitiatingProcessParentFileName": file_name(start.parent_image),
            "InitiatingProcessParentId": start.parent_id,
            "InitiatingProcessParentCreationTime": parent.at + record.shift if parent else None,
        }
        return columns

    def finish(self, skews: Mapping[str, int]) -> None:
        """After the first pass: put the Security log's times right, and bring what it says of starts to them.

        skews: data set → what to add to the log's time.
        """
        for (dataset, _, _), tokens in self._tokens.items():
            tokens[:] = [replace(token, at=token.at + skews[dataset]) for token in tokens]
        for (dataset, _), start in self._starts.items():
            if start.process_id is None:
                continue
            for token in self._tokens.get((dataset, start.host, start.process_id), ()):
                if token.image == start.image.lower() and abs(start.at - token.at) <= _TOKEN_REACH_NS:
                    start.sid, start.elevation = token.sid, token.elevation


def _remember(known: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    known[key] = value
    if len(known) > MOST_STARTS:
        known.popitem(last=False)


def _remember_one(known: OrderedDict[_K, list[_V]], key: _K, value: _V) -> None:
    if key in known:
        known[key].append(value)
    else:
        _remember(known, key, [value])
