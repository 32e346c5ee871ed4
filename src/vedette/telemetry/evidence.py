"""Chooses, while a data set's rows pass by, the few that its alert shows as evidence.

Only rows that are written are ever chosen, so whatever the alert says can be hunted. Memory is a handful of rows per
data set.
"""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from vedette.catalogue.alerts import AlertEvidence
from vedette.catalogue.tables import Event
from vedette.telemetry.attack import is_telling_file, is_telling_value, process_weight
from vedette.telemetry.fields import moment
from vedette.telemetry.lookup import Columns

_MOST_PROCESSES: Final = 6
_MOST_FILES: Final = 4
_MOST_ADDRESSES: Final = 3
_MOST_VALUES: Final = 3
_REMOTE_THREAD_WEIGHT: Final = 5
_LSASS_WEIGHT: Final = 5
_READS_MEMORY: Final = 0x10
_SYSTEM_READERS: Final = frozenset(
    (
        *("csrss.exe", "lsass.exe", "lsm.exe", "msmpeng.exe", "mssense.exe", "services.exe", "sihost.exe", "smss.exe"),
        *("svchost.exe", "taskhostw.exe", "vmtoolsd.exe", "waappagent.exe", "windowsazureguestagent.exe"),
        *("wininit.exe", "winlogon.exe", "wmiprvse.exe"),
    )
)

_weight = functools.lru_cache(maxsize=8_192)(process_weight)


@dataclass(slots=True)
class _Best:
    """The heaviest few of what was offered, one per key; the earlier one where two weigh the same."""

    most: int
    kept: dict[object, tuple[int, str, Columns]] = field(default_factory=dict)

    def offer(self, key: object, weight: int, table: str, row: Columns) -> None:
        if key in self.kept:
            return
        if len(self.kept) >= self.most:
            lightest = min(reversed(self.kept), key=lambda known: self.kept[known][0])
            if self.kept[lightest][0] >= weight:
                return
            del self.kept[lightest]
        self.kept[key] = (weight, table, row)

    def rows(self) -> list[tuple[str, Columns]]:
        """(table, row), in order of time."""
        found = [(table, row) for _, table, row in self.kept.values()]
        return sorted(found, key=lambda one: _at(one[1]))


@dataclass(slots=True)
class Choice:
    """What one data set has to show."""

    processes: _Best = field(default_factory=lambda: _Best(_MOST_PROCESSES))
    actors: _Best = field(default_factory=lambda: _Best(2))
    """Processes that touched another one; their own start may not be recorded."""
    files: _Best = field(default_factory=lambda: _Best(_MOST_FILES))
    values: _Best = field(default_factory=lambda: _Best(_MOST_VALUES))
    connections: dict[str, tuple[Columns, int]] = field(default_factory=dict)
    others: _Best = field(default_factory=lambda: _Best(1))
    """Any process, for a data set in which nothing stands out."""
    accounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    weights: Counter[str] = field(default_factory=Counter)
    """Host → how much of what stands out happened there."""

    def see(self, host: str, event: Event) -> None:
        """Look at one row that is written."""
        table, row = event
        if table == "DeviceProcessEvents":
            self._see_process(host, row)
        elif table == "DeviceRegistryEvents":
            if row["ActionType"] == "RegistryValueSet":
                key, name = str(row["RegistryKey"]), str(row.get("RegistryValueName", ""))
                if is_telling_value(key, name):
                    self._offer(self.values, (host, key, name), 1 + self._by_weight(row), host, event)
        elif table == "DeviceFileEvents":
            if row["ActionType"] == "FileCreated" and is_telling_file(str(row["FolderPath"])):
                self._offer(self.files, (host, row["FolderPath"]), 1 + self._by_weight(row), host, event)
        elif table == "DeviceNetworkEvents":
            self._see_connection(row)
        elif table == "DeviceEvents":
            self._see_device_event(host, event)
        if not self.others.kept and row.get("InitiatingProcessId") and row.get("InitiatingProcessFileName"):
            self.others.offer("any", 0, table, row)

    def evidence(self) -> list[AlertEvidence]:
        """The chosen rows as an alert shows them: processes with their files, then the rest, without repetition."""
        found = []
        for table, row in self.processes.rows():
            found.append(_process(row) if table == "DeviceProcessEvents" else _initiating_process(row))
            if row.get("SHA1"):
                found.append(_image(row))
        for _, row in self.actors.rows() or ([] if found else self.others.rows()):
            found.append(_initiating_process(row))
        found += [_file(row) for _, row in self.files.rows()]
        found += [_address(row) for row in self._connections()]
        found += [_value(row) for _, row in self.values.rows()]
        unique: dict[object, AlertEvidence] = {}
        for one in found:
            unique.setdefault(_identity(one), one)
        return list(unique.values())

    def hosts(self) -> list[str]:
        """The machines, the one where most that stands out happened first."""
        return [host for host, _ in self.weights.most_common()]

    def _see_process(self, host: str, row: Columns) -> None:
        weight = _weight(str(row["FolderPath"]), str(row.get("ProcessCommandLine", "")))
        who = (str(row.get("AccountDomain", "")), str(row.get("AccountName", "")))
        if weight > 0:
            # The same command line again says nothing new.
            key = (host, row.get("ProcessCommandLine") or row["FolderPath"])
            self._offer(self.processes, key, weight, host, ("DeviceProcessEvents", row))
            self.accounts[who] += weight
        else:
            self.accounts[who] += 0

    def _see_connection(self, row: Columns) -> None:
        ip = row.get("RemoteIP")
        if not ip or row.get("RemoteIPType") not in ("Public", "Private"):
            return
        weight = self._by_weight(row)
        known = self.connections.get(str(ip))
        if known:
            self.connections[str(ip)] = (known[0], known[1] + weight)
        elif weight > 0 and len(self.connections) < 64:
            self.connections[str(ip)] = (row, weight)

    def _see_device_event(self, host: str, event: Event) -> None:
        row = event[1]
        actor = str(row.get("InitiatingProcessFileName", "")).lower()
        action = row["ActionType"]
        if action == "CreateRemoteThreadApiCall":
            weight = _REMOTE_THREAD_WEIGHT
        elif action == "OpenProcessApiCall" and row.get("FileName") == "lsass.exe":
            access = str(row.get("AdditionalFields", "")).strip('{}" ').rpartition(" ")[2]
            weight = _LSASS_WEIGHT if access.isdigit() and int(access) & _READS_MEMORY else 0
        else:
            return
        if weight and actor not in _SYSTEM_READERS and row.get("InitiatingProcessId"):
            key = (host, actor, row["InitiatingProcessId"])
            self._offer(self.actors, key, weight + self._by_weight(row), host, event)

    def _offer(self, to: _Best, key: object, weight: int, host: str, event: Event) -> None:
        self.weights[host] += weight
        to.offer(key, weight, *event)

    def _connections(self) -> list[Columns]:
        heaviest = sorted(self.connections.values(), key=lambda one: -one[1])[:_MOST_ADDRESSES]
        return sorted((row for row, _ in heaviest), key=_at)

    @staticmethod
    def _by_weight(row: Columns) -> int:
        weight = _weight(
            str(row.get("InitiatingProcessFolderPath", "")), str(row.get("InitiatingProcessCommandLine", ""))
        )
        return max(0, weight)


def _at(row: Columns) -> int:
    at = row["Timestamp"]
    assert isinstance(at, int)  # `Devices.complete` sets it
    return at


def _text(row: Columns, name: str) -> str | None:
    value = row.get(name)
    return str(value) if value else None


def _number(row: Columns, name: str) -> int | None:
    value = row.get(name)
    return value if isinstance(value, int) else None


def _identity(one: AlertEvidence) -> object:
    if one.entity_type == "Process":
        return one.entity_type, one.process_id, one.process_command_line, one.file_name
    return one.entity_type, one.sha1 or one.file_path, one.ip_address, one.registry_key, one.registry_value_name


def _folder(path: str | None) -> str | None:
    return path.rpartition("\\")[0] or None if path else None


def _process(row: Columns) -> AlertEvidence:
    created, parent_created = _number(row, "ProcessCreationTime"), _number(row, "InitiatingProcessCreationTime")
    return AlertEvidence(
        entity_type="Process",
        evidence_creation_time=moment(_at(row)),
        sha1=_text(row, "SHA1"),
        sha256=_text(row, "SHA256"),
        file_name=_text(row, "FileName"),
        file_path=_folder(_text(row, "FolderPath")),
        process_id=_number(row, "ProcessId"),
        process_command_line=_text(row, "ProcessCommandLine"),
        process_creation_time=moment(created) if created is not None else None,
        parent_process_id=_number(row, "InitiatingProcessId"),
        parent_process_creation_time=moment(parent_created) if parent_created is not None else None,
        parent_process_file_name=_text(row, "InitiatingProcessFileName"),
        parent_process_file_path=_folder(_text(row, "InitiatingProcessFolderPath")),
        account_name=_text(row, "AccountName"),
        domain_name=_text(row, "AccountDomain"),
        user_sid=_text(row, "AccountSid"),
        detection_status="Detected",
    )


def _initiating_process(row: Columns) -> AlertEvidence:
    created = _number(row, "InitiatingProcessCreationTime")
    return AlertEvidence(
        entity_type="Process",
        evidence_creation_time=moment(_at(row)),
        sha1=_text(row, "InitiatingProcessSHA1"),
        sha256=_text(row, "InitiatingProcessSHA256"),
        file_name=_text(row, "InitiatingProcessFileName"),
        file_path=_folder(_text(row, "InitiatingProcessFolderPath")),
        process_id=_number(row, "InitiatingProcessId"),
        process_command_line=_text(row, "InitiatingProcessCommandLine"),
        process_creation_time=moment(created) if created is not None else None,
        parent_process_id=_number(row, "InitiatingProcessParentId"),
        parent_process_file_name=_text(row, "InitiatingProcessParentFileName"),
        account_name=_text(row, "InitiatingProcessAccountName"),
        domain_name=_text(row, "InitiatingProcessAccountDomain"),
        user_sid=_text(row, "InitiatingProcessAccountSid"),
        detection_status="Detected",
    )


def _image(row: Columns) -> AlertEvidence:
    """The file that a process ran from."""
    return AlertEvidence(
        entity_type="File",
        evidence_creation_time=moment(_at(row)),
        sha1=_text(row, "SHA1"),
        sha256=_text(row, "SHA256"),
        file_name=_text(row, "FileName"),
        file_path=_folder(_text(row, "FolderPath")),
        detection_status="Detected",
    )


_file = _image
"""A file that was written is shown by the same columns."""


def _address(row: Columns) -> AlertEvidence:
    return AlertEvidence(entity_type="Ip", evidence_creation_time=moment(_at(row)), ip_address=_text(row, "RemoteIP"))


def _value(row: Columns) -> AlertEvidence:
    hive, _, key = str(row["RegistryKey"]).partition("\\")
    return AlertEvidence(
        entity_type="Registry",
        evidence_creation_time=moment(_at(row)),
        registry_hive=hive,
        registry_key=key,
        registry_value_name=_text(row, "RegistryValueName"),
        registry_value_type=_text(row, "RegistryValueType"),
        registry_value=_text(row, "RegistryValueData"),
    )
