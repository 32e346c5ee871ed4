"""Windows event logs become rows like the same events in JSON. The logs are written by `event_log`, byte by byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.spec.telemetry.conftest import NOW, SYSMON, Lab, security, sysmon
from tests.spec.telemetry.event_log import Event, event_log
from vedette.telemetry import IngestOptions, Lake, ingest

AT = datetime(2021, 5, 4, 14, 30, 0, 125_000, tzinfo=UTC)
GUID = "0f2b6a1e-3d83-5ceb-0000-001000000001"
START = {
    "UtcTime": "2021-05-04 14:30:00.125",
    "ProcessGuid": GUID,
    "ProcessId": "5692",
    "Image": r"C:\Windows\System32\cmd.exe",
    "CommandLine": 'cmd.exe /c "echo 1 & 2"',
    "User": r"LAB\mira",
    "LogonId": "0x1fe83",
    "Hashes": "SHA1=DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
}


def log(folder: Path, *events: Event, name: str = "Sysmon.evtx") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(event_log(events))
    return folder / name


def started(**data: str) -> Event:
    return (1, SYSMON, "WS-01.lab.example", AT, START | data)


def kept(lake: Lake, table: str) -> list[dict[str, object]]:
    return [{k: v for k, v in row.items() if v not in (None, "")} for row in lake.find(table, order_by=["Timestamp"])]


def test_an_event_is_the_same_row_as_from_a_collector(lab: Lab, tmp_path: Path) -> None:
    # Collectors write GUIDs in braces, as Windows prints them; the log holds them bare.
    collected = START | {"ProcessGuid": f"{{{GUID}}}"}
    lab.ingest(lab.record(sysmon(1, **collected)))
    other = Lake(tmp_path / "other")

    ingest([log(tmp_path / "case", started())], other, options=IngestOptions(keep_times=True), now=NOW)

    assert kept(other, "DeviceProcessEvents") == kept(lab.lake, "DeviceProcessEvents")
    assert kept(other, "DeviceProcessEvents")[0]["ProcessCommandLine"] == 'cmd.exe /c "echo 1 & 2"'


def test_security_events_take_the_time_of_the_log(lab: Lab, tmp_path: Path) -> None:
    logon = {"LogonType": "10", "TargetUserName": "mira", "TargetDomainName": "LAB", "IpAddress": "10.1.1.7"}
    file = log(tmp_path / "case", (4624, "Security", "WS-01.lab.example", AT, logon), name="Security.evtx")

    ingest([file], lab.lake, options=IngestOptions(keep_times=True), now=NOW)

    (row,) = lab.lake.find("DeviceLogonEvents")
    assert (row["Timestamp"], row["LogonType"], row["AccountName"]) == (AT, "RemoteInteractive", "mira")


def test_the_logs_of_a_folder_are_one_data_set_and_move_together(lab: Lab, tmp_path: Path) -> None:
    later = AT.replace(hour=15)
    log(tmp_path / "case" / "ws-01", started(), name="Sysmon.evtx")
    log(tmp_path / "case" / "dc-01", (1102, "Security", "DC-01.lab.example", later, {}), name="Security.evtx")

    report = ingest([tmp_path / "case"], lab.lake, now=NOW)

    (start,) = lab.lake.find("DeviceProcessEvents")
    (cleared,) = lab.lake.find("DeviceEvents")
    assert cleared["Timestamp"] == NOW
    assert cleared["Timestamp"] - start["Timestamp"] == later - AT  # type: ignore[operator]  # both are times
    assert [alert.title for alert in report.alerts] == ["Case"]


def test_json_that_event_log_tools_write_is_understood(lab: Lab) -> None:
    dumped = {
        "Event": {
            "System": {
                "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}},
                "EventID": {"#attributes": {"Qualifiers": ""}, "#text": 1},
                "TimeCreated": {"#attributes": {"SystemTime": "2021-05-04T14:30:00.125Z"}},
                "Channel": SYSMON,
                "Computer": "WS-01.lab.example",
            },
            "EventData": START,
        }
    }

    lab.ingest(lab.record(dumped))

    (row,) = lab.lake.find("DeviceProcessEvents")
    assert (row["DeviceName"], row["AccountName"], row["LogonId"]) == ("ws-01.lab.example", "mira", 0x1FE83)


def test_what_stands_in_user_data_counts_too(lab: Lab) -> None:
    system = {"EventID": 1102, "Channel": "Security", "Computer": "WS-01.lab.example"}
    system |= {"TimeCreated": {"#attributes": {"SystemTime": "2021-05-04T14:30:00Z"}}}
    data = {"LogFileCleared": {"SubjectUserName": "mira", "SubjectDomainName": "LAB"}}
    lab.ingest(lab.record({"Event": {"System": system, "UserData": data}}))
    other = Lab(lab.folder / "other")
    (lab.folder / "other").mkdir()

    other.ingest(other.record(security(1102, SubjectUserName="mira", SubjectDomainName="LAB")))

    assert [row["InitiatingProcessAccountName"] for row in lab.lake.find("DeviceEvents")] == [
        row["InitiatingProcessAccountName"] for row in other.lake.find("DeviceEvents")
    ]


def test_a_kind_of_event_without_a_mapping_is_a_reject_with_its_json(lab: Lab, tmp_path: Path) -> None:
    file = log(tmp_path / "case", started(), (4711, SYSMON, "WS-01.lab.example", AT, {"A": "b"}))

    report = ingest([file], lab.lake, now=NOW)

    assert report.rejected_by_reason == {"unknown event": 1}
    assert report.rejects is not None
    (reject,) = [json.loads(line) for line in report.rejects.read_text().splitlines()]
    assert (reject["reason"], reject["file"], reject["line"]) == ("unknown event", "Sysmon.evtx", 2)
    assert json.loads(reject["event"])["Event"]["EventData"] == {"A": "b"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"MZ\x90\x00 not a log", "it is no event log: it begins with b'MZ\\x90\\x00 not'"),
        (event_log([started()])[:2_000], "the event log is cut off in its header"),
        (event_log([started()])[:50_000], "the event log is cut off: 0 of 1 chunks are there"),
    ],
)
def test_a_file_that_is_no_whole_event_log_fails(lab: Lab, tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "Sysmon.evtx"
    file.write_bytes(content)

    report = ingest([file], lab.lake, now=NOW)

    assert [(one.state, one.why) for one in report.sources] == [("failed", why)]
    assert lab.lake.counts() == {}


def test_a_damaged_event_does_not_take_the_others_along(lab: Lab, tmp_path: Path) -> None:
    whole = event_log([started(), started(UtcTime="2021-05-04 14:31:00.000")])
    second = whole.index(b"**\0\0", whole.index(b"**\0\0") + 4)
    file = tmp_path / "case" / "Sysmon.evtx"
    file.parent.mkdir()
    file.write_bytes(whole[: second + 28] + b"\xee" * 16 + whole[second + 44 :])

    report = ingest([file], lab.lake, now=NOW)

    assert report.rows["DeviceProcessEvents"] == 1
    assert report.rejected_by_reason == {"damaged file": 1}
