"""Rows that Defender exported itself pass through, in the catalogue's types."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.spec.telemetry.conftest import Lab, rejects
from vedette.telemetry.mapping import device_id

LDAP = {
    "Timestamp": "2021-05-04T14:30:00.1234567Z",
    "DeviceId": "00000000-0000-0000-0000-000000000000",
    "DeviceName": "srv-01.lab.example",
    "ActionType": "LdapSearch",
    "InitiatingProcessId": 5692,
    "InitiatingProcessCreationTime": "2021-05-04T10:00:00.5Z",
    "ProcessId": None,
    "ReportId_long": 113597,
    "ReportId_string": "",
    "AdditionalFields_string": '{"ScopeOfSearch": "Base"}',
    "AdditionalFields_dynamic": None,
}


def test_a_column_that_a_union_split_by_type_is_one_again(lab: Lab) -> None:
    lab.ingest(lab.record(LDAP))

    (row,) = lab.lake.find("DeviceEvents")
    assert {name: value for name, value in row.items() if value not in (None, "")} == {
        "Timestamp": datetime(2021, 5, 4, 14, 30, 0, 123456, tzinfo=UTC),
        "DeviceId": device_id("srv-01.lab.example"),
        "DeviceName": "srv-01.lab.example",
        "ActionType": "LdapSearch",
        "InitiatingProcessId": 5692,
        "InitiatingProcessCreationTime": datetime(2021, 5, 4, 10, 0, 0, 500000, tzinfo=UTC),
        "ReportId": 113597,
        "AdditionalFields": '{"ScopeOfSearch": "Base"}',
    }


def test_times_keep_their_hundred_nanoseconds(lab: Lab) -> None:
    import duckdb

    lab.ingest(lab.record(LDAP))
    engine = duckdb.connect()
    lab.lake.create_views(engine)

    assert engine.execute('SELECT "Timestamp"::VARCHAR FROM "DeviceEvents"').fetchall() == [
        ("2021-05-04 14:30:00.1234567",)
    ]


def test_rows_without_a_device_are_identity_or_cloud_rows(lab: Lab) -> None:
    directory = {
        "Timestamp": "2021-05-04T14:30:00Z",
        "ActionType": "Directory Services replication",
        "Application": "Active Directory",
        "DestinationPort": 49668,
        "ISP": "INTERNAL",
        "ReportId": "a_1",
        "AdditionalFields": {"Count": "1"},
    }
    mail = {
        "Timestamp": "2021-05-04T14:31:00Z",
        "ActionType": "MailItemsAccessed",
        "Application": "Microsoft Exchange Online",
        "IsAdminOperation": 0,
        "ISP": "Lab Net",
        "ActivityObjects": [{"Type": "Task"}],
    }

    lab.ingest(lab.record(directory, mail))

    (identity,) = lab.lake.find("IdentityDirectoryEvents")
    assert (identity["DestinationPort"], identity["ISP"]) == (49668, "INTERNAL")
    assert json.loads(str(identity["AdditionalFields"])) == {"Count": "1"}
    (cloud,) = lab.lake.find("CloudAppEvents")
    assert (cloud["IsAdminOperation"], cloud["Isp"]) == (False, "Lab Net")
    assert json.loads(str(cloud["ActivityObjects"])) == [{"Type": "Task"}]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("InitiatingProcessId", "many", "bad value"),
        ("RemotePort", "2147483648", "bad value"),
        ("InitiatingProcessCreationTime", "noon", "bad time"),
    ],
)
def test_a_value_that_does_not_suit_its_column_is_rejected(lab: Lab, column: str, value: str, reason: str) -> None:
    result = lab.ingest(lab.record(LDAP | {column: value}))

    assert result.rejected_by_reason == {reason: 1}
    assert rejects(lab.rejects)[0]["detail"] == f"DeviceEvents.{column} is '{value}'"
