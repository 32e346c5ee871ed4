"""Rows of different tables speak of the same processes, sessions, files and machines."""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict
from datetime import datetime
from typing import cast

from vedette.catalogue.tables import TABLES, Event
from vedette.simulation import SCENARIOS, Simulation

ROOTS = {4, 1}
"""The kernel's own process on Windows, and the first process elsewhere: nothing starts them."""

ACTING = (
    ("InitiatingProcessSHA1", "SHA1"),
    ("InitiatingProcessSHA256", "SHA256"),
    ("InitiatingProcessFileName", "FileName"),
    ("InitiatingProcessCommandLine", "ProcessCommandLine"),
    ("InitiatingProcessAccountName", "AccountName"),
    ("InitiatingProcessAccountSid", "AccountSid"),
    ("InitiatingProcessUniqueId", "ProcessUniqueId"),
    ("InitiatingProcessIntegrityLevel", "ProcessIntegrityLevel"),
    ("InitiatingProcessParentId", "InitiatingProcessId"),
    ("InitiatingProcessParentCreationTime", "InitiatingProcessCreationTime"),
    ("InitiatingProcessParentFileName", "InitiatingProcessFileName"),
)

Key = tuple[object, object]


def _started(rows: list[Event]) -> dict[Key, list[tuple[datetime, dict[str, object]]]]:
    """(DeviceId, ProcessId) → its starts, in order of time."""
    found: dict[Key, list[tuple[datetime, dict[str, object]]]] = defaultdict(list)
    for table, row in rows:
        if table == "DeviceProcessEvents":
            found[row["DeviceId"], row["ProcessId"]].append((cast("datetime", row["ProcessCreationTime"]), row))
    return found


def test_every_acting_process_was_started_before_on_that_machine(rows: list[Event]) -> None:
    started = _started(rows)
    checked = 0
    for table, row in rows:
        pid = row.get("InitiatingProcessId")
        if pid is None or pid in ROOTS:
            continue
        starts = started[row["DeviceId"], pid]
        position = bisect.bisect_right(starts, cast("datetime", row["Timestamp"]), key=lambda start: start[0])
        assert position, f"{table} at {row['Timestamp']}: process {pid} of {row['DeviceName']} had not been started"
        # The latest start under this number is the one that acts: a number is not given away while its process lives.
        created, start = starts[position - 1]
        assert created == row["InitiatingProcessCreationTime"], (table, row)
        for acting, own in ACTING:
            if acting in row:
                assert row[acting] == start[own], (table, acting, row)
        checked += 1
    assert checked > 20_000


def test_the_processes_that_nothing_starts_are_the_system_roots(rows: list[Event]) -> None:
    roots = {
        (row["InitiatingProcessId"], row["InitiatingProcessFileName"])
        for _, row in rows
        if row.get("InitiatingProcessId") in ROOTS
    }

    assert roots == {(4, "ntoskrnl.exe"), (1, "systemd"), (1, "launchd")}


def test_calls_into_another_process_name_one_that_runs(rows: list[Event]) -> None:
    started = {key: {created for created, _ in starts} for key, starts in _started(rows).items()}
    targets = [
        row
        for table, row in rows
        if table == "DeviceEvents" and row["ActionType"] in ("OpenProcessApiCall", "ReadProcessMemoryApiCall")
    ]

    assert targets
    for row in targets:
        assert row["ProcessCreationTime"] in started[row["DeviceId"], row["ProcessId"]]


def test_every_session_that_a_process_runs_in_began_with_a_logon(rows: list[Event]) -> None:
    opened: set[Key] = set()
    used: set[Key] = set()
    for table, row in rows:
        if table == "DeviceLogonEvents" and "LogonId" in row:
            assert row["ActionType"] == "LogonSuccess"
            opened.add((row["DeviceId"], row["LogonId"]))
        for column in ("LogonId", "InitiatingProcessLogonId"):
            if column in row:
                used.add((row["DeviceId"], row[column]))
                assert (row["DeviceId"], row[column]) in opened, (table, row)
    assert len(used) > 300


def test_sessions_of_people_belong_to_one_account(rows: list[Event]) -> None:
    owners: dict[Key, set[object]] = defaultdict(set)
    for table, row in rows:
        if table in ("DeviceLogonEvents", "DeviceProcessEvents") and cast("int", row.get("LogonId", 0)) > 0x3E7:
            owners[row["DeviceId"], row["LogonId"]].add(row["AccountName"])

    assert {key: names for key, names in owners.items() if len(names) > 1} == {}


def test_a_dropped_file_that_runs_later_has_the_same_hash(rows: list[Event]) -> None:
    dropped: dict[Key, object] = {}
    ran = 0
    for table, row in rows:
        place = (row.get("DeviceId"), row.get("FolderPath"))
        if table == "DeviceFileEvents" and row["ActionType"] == "FileCreated":
            dropped[place] = row["SHA256"]
        elif table == "DeviceProcessEvents" and place in dropped:
            assert row["SHA256"] == dropped[place], row
            ran += 1
    assert ran >= len({"loader", "helper", "installer", "tool", "service", "miner"})


def test_a_sha256_always_comes_with_the_same_sha1_and_md5(rows: list[Event]) -> None:
    hashes: dict[object, set[Key]] = defaultdict(set)
    for _, row in rows:
        if "SHA256" in row and "SHA1" in row and "MD5" in row:
            hashes[row["SHA256"]].add((row["SHA1"], row["MD5"]))

    assert len(hashes) > 500
    assert {key: pairs for key, pairs in hashes.items() if len(pairs) > 1} == {}


def test_a_version_of_a_program_has_one_hash_everywhere(rows: list[Event]) -> None:
    versions: dict[object, set[object]] = defaultdict(set)
    for table, row in rows:
        if table == "DeviceProcessEvents" and "ProcessVersionInfoProductVersion" in row:
            versions[row["FolderPath"], row["ProcessVersionInfoProductVersion"]].add(row["SHA256"])

    assert {version: hashes for version, hashes in versions.items() if len(hashes) > 1} == {}


def test_device_rows_agree_with_the_machine_entities(month: Simulation, rows: list[Event]) -> None:
    machines = {machine.id: machine for machine in month.machines}

    assert {(row["DeviceId"], row["DeviceName"]) for _, row in rows if "DeviceId" in row} == {
        (machine.id, machine.computer_dns_name) for machine in month.machines
    }
    for table, row in rows:
        if table == "DeviceInfo":
            machine = machines[cast("str", row["DeviceId"])]
            assert row["MachineGroup"] == machine.rbac_group_name == month.device_groups[machine.rbac_group_id]
            assert row["PublicIP"] == machine.last_external_ip_address
            assert (row["OSPlatform"], row.get("AadDeviceId")) == (machine.os_platform, machine.aad_device_id)
            assert (row["ExposureLevel"], row["AssetValue"]) == (machine.exposure_level, machine.device_value)
        elif table == "DeviceNetworkInfo":
            machine = machines[cast("str", row["DeviceId"])]
            assert str(machine.last_ip_address) in str(row["IPAddresses"])
            assert str(row["MacAddress"]).replace("-", "") == machine.ip_addresses[0].mac_address
        elif table == "DeviceNetworkEvents":
            assert row["LocalIP"] == machines[cast("str", row["DeviceId"])].last_ip_address


def test_a_machine_was_last_seen_with_its_last_full_report(month: Simulation, rows: list[Event]) -> None:
    reports = {row["DeviceId"]: row["Timestamp"] for table, row in rows if table == "DeviceInfo"}

    assert reports == {machine.id: machine.last_seen for machine in month.machines}


def test_a_machine_unseen_for_a_week_is_inactive(month: Simulation) -> None:
    states = Counter(machine.health_status for machine in month.machines)

    assert states == {"Active": 23, "Inactive": 1}


def test_accounts_in_rows_are_known_users_or_system_accounts(month: Simulation, rows: list[Event]) -> None:
    sids = {user.account_sid for user in month.users} | {"S-1-5-18", "S-1-5-19", "S-1-5-20"}
    unknown = {
        (row["AccountName"], row["AccountSid"])
        for table, row in rows
        if table in ("DeviceProcessEvents", "DeviceLogonEvents")
        and "AccountSid" in row
        and row["AccountSid"] not in sids
    }

    assert {name for name, _ in unknown} == {"defaultapppool"}


def test_public_addresses_and_domains_are_reserved_ones(rows: list[Event]) -> None:
    public = {str(row["RemoteIP"]) for _, row in rows if row.get("RemoteIPType") == "Public"}
    names = {
        str(row["RemoteUrl"]).partition("://")[2] or str(row["RemoteUrl"]) for _, row in rows if "RemoteUrl" in row
    }

    assert len(public) > 20
    assert [ip for ip in public if not ip.startswith(("192.0.2.", "198.51.100.", "203.0.113."))] == []
    hosts = {name.partition("/")[0] for name in names}
    assert [host for host in hosts if not host.endswith(".example") and host not in public] == []


def test_the_month_has_the_variety_of_a_real_tenant(rows: list[Event]) -> None:
    tables = Counter(table for table, _ in rows)
    kinds = {row["ActionType"] for table, row in rows if table == "DeviceEvents"}

    assert 25_000 <= len(rows) <= 45_000
    assert set(tables) >= {
        name for name in TABLES if name.startswith("Device") and "Tvm" not in name and "Base" not in name
    }
    assert set(tables) >= {"AlertInfo", "AlertEvidence", "IdentityInfo", "IdentityLogonEvents", "IdentityQueryEvents"}
    assert set(tables) >= {"EmailEvents", "EmailAttachmentInfo", "EmailUrlInfo", "UrlClickEvents"}
    assert kinds >= {
        "AntivirusScanCompleted", "PowerShellCommand", "NamedPipeEvent", "ScheduledTaskCreated", "ServiceInstalled",
        "UserAccountCreated", "DnsQueryResponse", "OpenProcessApiCall",
    }  # fmt: skip
    assert len(SCENARIOS) == 12


def test_people_work_on_weekdays(rows: list[Event]) -> None:
    days = Counter(
        cast("datetime", row["Timestamp"]).weekday() >= 5
        for table, row in rows
        if table == "DeviceProcessEvents" and row["FileName"] == "OUTLOOK.EXE"
    )

    assert days[False] > 10 * days[True]


def test_accounts_that_log_on_are_the_users_of_the_machine(month: Simulation, rows: list[Event]) -> None:
    known = {user.account_sid: user for user in month.users}
    for table, row in rows:
        if table != "DeviceLogonEvents" or row["ActionType"] != "LogonSuccess":
            continue
        user = known.get(cast("str", row["AccountSid"]))
        if user is not None:
            assert user.id in month.logons[cast("str", row["DeviceId"])], row
            assert row["LogonType"] in str(user.logon_types).split(","), row


def test_users_count_the_machines_that_they_log_on_to(month: Simulation) -> None:
    counts = Counter(user for users in month.logons.values() for user in users)

    assert {user.id: user.log_on_machines_count for user in month.users} == dict(counts)
    for machine in month.machines:
        assert month.logons[machine.id], machine.computer_dns_name
