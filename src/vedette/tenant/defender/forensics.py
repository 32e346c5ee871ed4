"""What a machine's telemetry tells an investigator: processes, connections, logons, what starts by itself, files.

Questions to the lake about one machine up to a moment. Packages and live response are made from the answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from vedette.telemetry import Lake

Row = Mapping[str, Any]  # Any: values of columns of all types

MOST_ROWS = 5_000
"""Of one kind, the latest."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_AUTORUN = re.compile(r"\\CurrentVersion\\(Run|RunOnce|RunServices|Winlogon)(\\|$)|\\Active Setup\\", re.IGNORECASE)
_SERVICE = re.compile(r"\\SYSTEM\\(CurrentControlSet|ControlSet001)\\Services\\", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file that telemetry shows on a machine."""

    path: str
    sha1: str
    size: int
    seen_at: datetime


class Forensics:
    """The telemetry of one machine, up to a moment."""

    def __init__(self, lake: Lake, device_id: str, until: datetime) -> None:
        self._lake = lake
        self._device_id = device_id
        self._until = until

    def _rows(self, table: str, columns: Sequence[str], **equals: object) -> list[Row]:
        found: list[Any] = self._lake.find(  # Any: values of columns of all types
            table,
            equals={"DeviceId": self._device_id, **equals},
            between=(_BEGINNING, self._until),
            columns=columns,
            order_by=["-Timestamp"],
            limit=MOST_ROWS,
        )
        return found

    def processes(self) -> list[Row]:
        """Processes that were started, latest first."""
        columns = (
            "ProcessCreationTime", "ProcessId", "FileName", "FolderPath", "ProcessCommandLine", "AccountDomain",
            "AccountName", "SHA1", "InitiatingProcessId", "InitiatingProcessFileName", "Timestamp",
        )  # fmt: skip
        return self._rows("DeviceProcessEvents", columns)

    def connections(self) -> list[Row]:
        """Network connections, latest first."""
        columns = (
            "Timestamp", "ActionType", "Protocol", "LocalIP", "LocalPort", "RemoteIP", "RemotePort", "RemoteUrl",
            "InitiatingProcessId", "InitiatingProcessFileName",
        )  # fmt: skip
        return self._rows("DeviceNetworkEvents", columns)

    def logons(self) -> list[Row]:
        """Logons, also those that failed, latest first."""
        columns = (
            "Timestamp", "ActionType", "LogonType", "AccountDomain", "AccountName", "AccountSid", "RemoteIP",
            "RemoteDeviceName", "FailureReason",
        )  # fmt: skip
        return self._rows("DeviceLogonEvents", columns)

    def autoruns(self) -> list[Row]:
        """Registry values that start a program by themselves, latest first."""
        return [row for row in self._registry() if _AUTORUN.search(row["RegistryKey"] or "")]

    def services(self) -> list[Row]:
        """Registry values of services, latest first."""
        return [row for row in self._registry() if _SERVICE.search(row["RegistryKey"] or "")]

    def _registry(self) -> list[Row]:
        columns = ("Timestamp", "RegistryKey", "RegistryValueName", "RegistryValueData", "InitiatingProcessFileName")
        return self._rows("DeviceRegistryEvents", columns, ActionType="RegistryValueSet")

    def events(self, action_type: str) -> list[Row]:
        """Other events of one type, latest first, such as `ScheduledTaskCreated`."""
        columns = ("Timestamp", "ActionType", "FileName", "AccountName", "AdditionalFields")
        return self._rows("DeviceEvents", columns, ActionType=action_type)

    def adapters(self) -> list[Row]:
        """Network adapters, each as it was last reported."""
        columns = ("Timestamp", "NetworkAdapterName", "MacAddress", "IPAddresses", "DnsAddresses", "DefaultGateways")
        latest: dict[str, Row] = {}
        for row in self._rows("DeviceNetworkInfo", columns):
            latest.setdefault(row["NetworkAdapterName"] or row["MacAddress"] or "", row)
        return list(latest.values())

    def has_seen(self, sha1: str) -> bool:
        """Whether a file of this hash was on the machine."""
        tables = ("DeviceFileEvents", "DeviceProcessEvents", "DeviceImageLoadEvents")
        equals = {"DeviceId": self._device_id, "SHA1": sha1}
        return any(
            self._lake.find(table, equals=equals, between=(_BEGINNING, self._until), columns=["DeviceId"], limit=1)
            for table in tables
        )

    def is_trusted(self, sha1: str) -> bool:
        """Whether a file of this hash carries a signature that machines trust."""
        trusted = {"SHA1": sha1, "IsTrusted": True}
        return bool(self._lake.find("DeviceFileCertificateInfo", equals=trusted, columns=["SHA1"], limit=1))

    def files(self) -> dict[str, SeenFile]:
        """The files that are there as far as telemetry shows, by path in lower case."""
        columns = ["Timestamp", "FolderPath", "SHA1", "FileSize"]
        found: dict[str, SeenFile] = {}
        for table in ("DeviceProcessEvents", "DeviceImageLoadEvents"):
            for row in reversed(self._rows(table, columns)):
                _place(found, row)
        for row in reversed(self._rows("DeviceFileEvents", [*columns, "ActionType", "PreviousFolderPath"])):
            if row["ActionType"] == "FileRenamed":
                found.pop((row["PreviousFolderPath"] or "").lower(), None)
            if row["ActionType"] == "FileDeleted":
                found.pop((row["FolderPath"] or "").lower(), None)
            else:
                _place(found, row)
        return found


def _place(found: dict[str, SeenFile], row: Row) -> None:
    path = row["FolderPath"]
    if path:
        sha1, size = row["SHA1"] or "", int(row["FileSize"] or 4096)
        found[path.lower()] = SeenFile(path, sha1, size, cast("datetime", row["Timestamp"]))


def addresses(text: str | None) -> list[str]:
    """IP addresses in the JSON of an adapter's column."""
    try:
        entries = json.loads(text or "[]")
    except ValueError:
        return []
    if not isinstance(entries, list):
        return []
    return [str(each.get("IPAddress", "")) if isinstance(each, dict) else str(each) for each in entries]
