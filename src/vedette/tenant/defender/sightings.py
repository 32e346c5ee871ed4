"""What telemetry says about accounts, addresses, files and single events: questions to the lake, answers as entities.

Counts and first and last times are those of this tenant's telemetry; a tenant knows nothing of the world outside it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from vedette.catalogue.files import File
from vedette.catalogue.tables import TABLES
from vedette.catalogue.users import User
from vedette.telemetry import Lake

Row = Mapping[str, Any]  # Any: values of columns of all types

_DEVICE_EVENTS = (
    "DeviceProcessEvents",
    "DeviceFileEvents",
    "DeviceNetworkEvents",
    "DeviceRegistryEvents",
    "DeviceLogonEvents",
    "DeviceImageLoadEvents",
    "DeviceEvents",
)
_FILE_TABLES = ("DeviceFileEvents", "DeviceProcessEvents", "DeviceImageLoadEvents")


def accounts(
    lake: Lake, *, device_id: str | None = None, domain: str | None = None, name: str | None = None
) -> list[User]:
    """Accounts with their logons: those of one machine, or one account wherever it logged on. Most recent first."""
    equals = {"AccountDomain": domain, "AccountName": name, "DeviceId": device_id if name is None else None}
    wanted = {column: value for column, value in equals.items() if value is not None}
    columns = ["Timestamp", "DeviceId", "AccountDomain", "AccountName", "AccountSid", "LogonType", "IsLocalAdmin"]
    rows: list[Any] = lake.find(  # Any: values of columns of all types
        "DeviceLogonEvents", equals={**wanted, "ActionType": "LogonSuccess"}, columns=columns
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


def file(lake: Lake, sha1: str) -> File:
    """What telemetry tells of a file; nothing but its hash when it was never seen."""
    seen: list[Row] = []
    for table in _FILE_TABLES:
        names = {column.name for column in TABLES[table].columns}
        columns = [name for name in ("Timestamp", "DeviceId", "FileName", "SHA256", "MD5", "FileSize") if name in names]
        seen += lake.find(table, equals={"SHA1": sha1}, columns=columns)
    certificate = lake.find("DeviceFileCertificateInfo", equals={"SHA1": sha1}, limit=1)
    signed: Row = certificate[0] if certificate else {}
    times = [row["Timestamp"] for row in seen]
    name = _first(seen, "FileName") or ""
    kind = name.rpartition(".")[2].lower() if "." in name else ""
    return File(
        sha1=sha1,
        sha256=_first(seen, "SHA256"),
        md5=_first(seen, "MD5"),
        global_prevalence=len({row["DeviceId"] for row in seen}) or None,
        global_first_observed=min(times, default=None),
        global_last_observed=max(times, default=None),
        size=_first(seen, "FileSize"),
        file_type=kind or None,
        is_pe_file=kind in {"exe", "dll", "sys", "scr", "cpl", "ocx"} if kind else None,
        file_publisher=signed.get("Signer") or None,
        signer=signed.get("Signer") or None,
        issuer=signed.get("Issuer") or None,
        signer_hash=signed.get("SignerHash") or None,
        is_valid_certificate=signed.get("IsTrusted"),
    )


def _first(rows: Iterable[Row], column: str) -> Any:  # Any: values of columns of all types
    return next((row[column] for row in rows if row.get(column)), None)
