"""What telemetry says about accounts, addresses, files and single events: questions to the lake, answers as entities.

Counts and first and last times are those of this tenant's telemetry; a tenant knows nothing of the world outside it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from vedette.catalogue.files import File
from vedette.catalogue.limits import LOOK_BACK_HOURS
from vedette.catalogue.tables import TABLES
from vedette.catalogue.users import User
from vedette.telemetry import Lake
from vedette.telemetry.lake import Between
from vedette.tenant.defender.hosts import host_of

Row = Mapping[str, Any]  # Any: values of columns of all types

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_DEVICE_EVENTS = (
    "DeviceProcessEvents",
    "DeviceFileEvents",
    "DeviceNetworkEvents",
    "DeviceRegistryEvents",
    "DeviceLogonEvents",
    "DeviceImageLoadEvents",
    "DeviceEvents",
)
_FILE_TABLES = ("DeviceFileEvents", "DeviceProcessEvents", "DeviceImageLoadEvents", "DeviceEvents")
_ADDRESS_TABLES = ("DeviceNetworkEvents", "DeviceLogonEvents", "DeviceEvents")
_URL_COLUMNS = (
    ("DeviceNetworkEvents", "RemoteUrl"),
    ("DeviceEvents", "RemoteUrl"),
    ("DeviceFileEvents", "FileOriginUrl"),
    ("DeviceEvents", "FileOriginUrl"),
)


def accounts(
    lake: Lake, between: Between, *, device_id: str | None = None, domain: str | None = None, name: str | None = None
) -> list[User]:
    """Accounts with their logons: those of one machine, or one account wherever it logged on. Most recent first."""
    equals = {"AccountDomain": domain, "AccountName": name, "DeviceId": device_id if name is None else None}
    wanted = {column: value for column, value in equals.items() if value is not None}
    columns = ["Timestamp", "DeviceId", "AccountDomain", "AccountName", "AccountSid", "LogonType", "IsLocalAdmin"]
    rows: list[Any] = lake.find(  # Any: values of columns of all types
        "DeviceLogonEvents", equals={**wanted, "ActionType": "LogonSuccess"}, between=between, columns=columns
    )
    by_account: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["AccountName"]:
            by_account.setdefault((row["AccountDomain"], row["AccountName"]), []).append(row)
    users = [_account(domain, name, logons) for (domain, name), logons in by_account.items()]
    return sorted(users, key=lambda user: cast("datetime", user.last_seen), reverse=True)


def _account(domain: str, name: str, logons: list[Row]) -> User:
    times = [row["Timestamp"] for row in logons]
    machines = Counter(row["DeviceId"] for row in logons).most_common()
    kinds = list(dict.fromkeys(row["LogonType"] for row in logons if row["LogonType"]))
    return User(
        id=f"{domain}\\{name}",
        account_name=name,
        account_domain=domain,
        account_sid=next((row["AccountSid"] for row in logons if row["AccountSid"]), None),
        first_seen=min(times),
        last_seen=max(times),
        most_prevalent_machine_id=machines[0][0],
        least_prevalent_machine_id=machines[-1][0],
        logon_types=", ".join(kinds) or None,
        log_on_machines_count=len(machines),
        is_only_network_user=all(row["LogonType"] == "Network" for row in logons),
    )


def devices_with_address(lake: Lake, address: str, start: datetime, end: datetime) -> set[str]:
    """Ids of the machines that used an IP address of their own between two times."""
    found = {
        str(row["DeviceId"])
        for row in lake.find(
            "DeviceNetworkEvents", equals={"LocalIP": address}, between=(start, end), columns=["DeviceId"]
        )
    }
    for row in lake.find("DeviceNetworkInfo", between=(start, end), columns=["DeviceId", "IPAddresses"]):
        if any(entry.get("IPAddress") == address for entry in _entries(str(row["IPAddresses"]))):
            found.add(str(row["DeviceId"]))
    return found


def _entries(text: str) -> Iterable[Mapping[str, object]]:
    try:
        entries = json.loads(text or "[]")
    except ValueError:
        return ()
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else ()


def event(lake: Lake, device_id: str, report_id: int, moment: datetime) -> tuple[str, Row] | None:
    """The table and row of the event with these three, which together name one.

    Times in requests keep microseconds where the row keeps 100 ns, so a difference below a millisecond is none.
    """
    tolerance = timedelta(milliseconds=1)
    for table in _DEVICE_EVENTS:
        rows = lake.find(
            table,
            equals={"DeviceId": device_id, "ReportId": report_id},
            between=(moment - tolerance, moment + tolerance),
            columns=[column.name for column in TABLES[table].columns],
            limit=1,
        )
        if rows:
            return table, rows[0]
    return None


# -- how common something is -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sighting:
    """That one machine showed something: in how many rows, when first and last, and with which other values."""

    device_id: str
    rows: int
    first: datetime
    last: datetime
    values: Mapping[str, Any]  # Any: values of columns of all types


def window(now: datetime, hours: int | None) -> Between:
    """The hours before now, this moment included."""
    return now - timedelta(hours=hours or LOOK_BACK_HOURS), now + timedelta(microseconds=1)


def until(now: datetime) -> Between:
    """All that has happened by now: telemetry may be written ahead of the tenant's clock."""
    return _BEGINNING, now + timedelta(microseconds=1)


def prevalence(seen: Iterable[Sighting]) -> int:
    """How many machines there are among them."""
    return len({each.device_id for each in seen})


def first_seen(seen: Iterable[Sighting]) -> datetime | None:
    """The earliest time."""
    return min((each.first for each in seen), default=None)


def last_seen(seen: Iterable[Sighting]) -> datetime | None:
    """The latest time."""
    return max((each.last for each in seen), default=None)


def first_value(seen: Iterable[Sighting], column: str) -> Any:  # Any: values of columns of all types
    """The first value that a column has in any of them."""
    return next((each.values[column] for each in seen if each.values.get(column)), None)


def of_file(lake: Lake, column: str, value: str, between: Between) -> list[Sighting]:
    """Events about a file, by the hash that a column has."""
    found: list[Sighting] = []
    for table in _FILE_TABLES:
        columns = [name for name in ("FileName", "SHA1", "SHA256", "MD5", "FileSize") if name in TABLES[table]]
        found += _seen(lake, table, columns, equals={column: value}, between=between)
    return found


def of_address(lake: Lake, address: str, between: Between) -> list[Sighting]:
    """Events with an address at the other end of the line."""
    written = [address] if ":" in address else [address, f"::ffff:{address}"]
    return [
        sighting
        for table in _ADDRESS_TABLES
        for sighting in _seen(lake, table, [], equals={"RemoteIP": written}, between=between)
    ]


def of_host(lake: Lake, host: str, between: Between) -> list[Sighting]:
    """Events that name a host, alone or inside an address."""
    return [
        sighting
        for table, column in _URL_COLUMNS
        for sighting in _seen(lake, table, [column], contains={column: host}, between=between)
        if host_of(sighting.values[column]) == host
    ]


def of_account(lake: Lake, name: str, domain: str, between: Between) -> list[Sighting]:
    """Logons that succeeded, of the accounts with a name; a `domain` leaves those of other domains out."""
    seen = _seen(
        lake,
        "DeviceLogonEvents",
        ["AccountName", "AccountDomain"],
        equals={"ActionType": "LogonSuccess"},
        contains={"AccountName": name},
        between=between,
    )
    return [
        each
        for each in seen
        if each.values["AccountName"].lower() == name and (not domain or each.values["AccountDomain"].lower() == domain)
    ]


def _seen(
    lake: Lake,
    table: str,
    columns: list[str],
    *,
    equals: Mapping[str, object] | None = None,
    contains: Mapping[str, str] | None = None,
    between: Between,
) -> list[Sighting]:
    found = lake.tally(table, by=["DeviceId", *columns], equals=equals, contains=contains, between=between)
    return [
        Sighting(device, rows, first, last, dict(zip(columns, values, strict=True)))
        for (device, *values), rows, first, last in found
        if device and first is not None and last is not None
    ]


# -- files -------------------------------------------------------------------------------------------------------------


def file(lake: Lake, sha1: str, between: Between) -> File:
    """What telemetry tells of a file; nothing but its hash when it was not seen."""
    seen = of_file(lake, "SHA1", sha1, between)
    return file_from(lake, seen) if seen else File(sha1=sha1)


def file_from(lake: Lake, seen: list[Sighting]) -> File:
    """The file that these events are about."""
    sha1 = first_value(seen, "SHA1") or ""
    certificate = lake.find("DeviceFileCertificateInfo", equals={"SHA1": sha1}, limit=1) if sha1 else []
    signed: Row = certificate[0] if certificate else {}
    commonest = max(seen, key=lambda each: (bool(each.values["FileName"]), each.rows))
    name = commonest.values["FileName"] or ""
    kind = name.rpartition(".")[2].lower() if "." in name else ""
    return File(
        sha1=sha1,
        sha256=first_value(seen, "SHA256"),
        md5=first_value(seen, "MD5"),
        global_prevalence=prevalence(seen) or None,
        global_first_observed=first_seen(seen),
        global_last_observed=last_seen(seen),
        size=first_value(seen, "FileSize"),
        file_type=kind or None,
        is_pe_file=kind in {"exe", "dll", "sys", "scr", "cpl", "ocx"} if kind else None,
        file_publisher=signed.get("Signer") or None,
        signer=signed.get("Signer") or None,
        issuer=signed.get("Issuer") or None,
        signer_hash=signed.get("SignerHash") or None,
        is_valid_certificate=signed.get("IsTrusted"),
    )
