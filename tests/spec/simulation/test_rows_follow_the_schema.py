"""Every simulated row is a row of a documented table: known columns, right types, known values, in the window."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from vedette.catalogue.tables import TABLES, Event, domains_of
from vedette.simulation import Simulation

PYTHON = {"string": str, "bool": bool, "int": int, "long": int, "real": float, "datetime": datetime, "dynamic": str}
LOWER_HEX = {"SHA1": 40, "SHA256": 64, "MD5": 32, "InitiatingProcessSHA1": 40, "DeviceId": 40}


def test_columns_exist_and_values_have_the_type_of_the_column(rows: list[Event]) -> None:
    wrong = {
        (table, name, type(value).__name__)
        for table, row in rows
        for name, value in row.items()
        if name not in TABLES[table] or type(value) is not PYTHON[TABLES[table].column(name).type]
    }

    assert wrong == set()


def test_columns_without_a_value_are_absent(rows: list[Event]) -> None:
    assert {
        (table, name) for table, row in rows for name, value in row.items() if value is None or value == ""
    } == set()


def test_action_types_are_documented_ones(rows: list[Event]) -> None:
    used = {(table, str(row["ActionType"])) for table, row in rows if "ActionType" in row}
    known = {(name, action.value) for name, table in TABLES.items() for action in table.action_types}

    assert used - known == set()


@pytest.mark.parametrize(
    "column",
    ["LogonType", "ProcessIntegrityLevel", "ProcessTokenElevation", "RemoteIPType", "LocalIPType", "Protocol",
     "RequestProtocol", "OnboardingStatus", "DeviceCategory", "DeviceType", "OSPlatform", "ExposureLevel", "AssetValue",
     "NetworkAdapterStatus", "RegistryValueType", "SignatureType", "EntityType", "EvidenceRole", "Severity",
     "ServiceSource", "EmailDirection", "DeliveryAction", "DeliveryLocation", "Workload"],
)  # fmt: skip
def test_values_are_within_the_documented_sets(rows: list[Event], column: str) -> None:
    beyond = {
        (table, row[column])
        for table, row in rows
        if column in row and (known := domains_of(table, column)) and row[column] not in known
    }

    # Published queries show that IdentityLogonEvents also holds texts of its own for the kind of a logon.
    assert beyond <= {("IdentityLogonEvents", "Credentials validation"), ("IdentityLogonEvents", "Resource access")}


def test_hashes_and_device_ids_are_lower_case_hex(rows: list[Event]) -> None:
    wrong = {
        (table, name, row[name])
        for table, row in rows
        for name, length in LOWER_HEX.items()
        if name in row and (len(str(row[name])) != length or set(str(row[name])) - set("0123456789abcdef"))
    }

    assert wrong == set()


def test_the_path_of_an_acting_process_is_lower_case_and_ends_in_its_file_name(rows: list[Event]) -> None:
    paths = {
        (str(row["InitiatingProcessFolderPath"]), str(row["InitiatingProcessFileName"]))
        for _, row in rows
        if "InitiatingProcessFolderPath" in row
    }

    assert [path for path, name in paths if path != path.lower() or not path.endswith(name.lower())] == []


def test_json_columns_hold_json(rows: list[Event]) -> None:
    dynamic = {name: {c.name for c in table.columns if c.type == "dynamic"} for name, table in TABLES.items()}
    texts = {
        str(value)
        for table, row in rows
        for name, value in row.items()
        if name == "AdditionalFields" or name in dynamic[table]
    }

    assert texts
    assert all(isinstance(json.loads(text), dict | list) for text in texts)


def test_times_lie_in_the_window_and_days_come_in_order(month: Simulation, rows: list[Event]) -> None:
    times = [time for _, row in rows if isinstance(time := row["Timestamp"], datetime)]

    assert len(times) == len(rows)
    assert month.until - timedelta(days=30) == month.start
    assert month.start <= min(times) <= max(times) <= month.until
    assert times == sorted(times)
    assert all(time.tzinfo is not None for time in times)


def test_an_event_is_named_by_device_time_and_report_id(rows: list[Event]) -> None:
    names = [
        (row["DeviceId"], row["Timestamp"], row["ReportId"])
        for table, row in rows
        if table.startswith("Device") and "ReportId" in row
    ]

    assert len(names) > 30_000
    assert len(set(names)) == len(names)
