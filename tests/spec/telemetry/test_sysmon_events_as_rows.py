"""What each Sysmon event becomes, column by column."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.spec.telemetry.conftest import Lab, rejects, security, sysmon

AT = datetime(2021, 5, 4, 14, 30, 0, 125000, tzinfo=UTC)
SHA1, SHA256, MD5 = "A1" * 20, "B2" * 32, "C3" * 16
HASHES = f"SHA1={SHA1},MD5={MD5},SHA256={SHA256},IMPHASH=00"
BY = {
    "Image": r"C:\Windows\System32\cmd.exe",
    "ProcessId": "4242",
    "ProcessGuid": "{11111111-0000-0000-0000-000000000001}",
    "User": r"LAB\Joan",
}
BY_ROW = {
    "InitiatingProcessFileName": "cmd.exe",
    "InitiatingProcessFolderPath": r"c:\windows\system32\cmd.exe",
    "InitiatingProcessId": 4242,
    "InitiatingProcessAccountDomain": "lab",
    "InitiatingProcessAccountName": "joan",
    "InitiatingProcessUniqueId": "{11111111-0000-0000-0000-000000000001}",
}
FILE_HASHES = {"SHA1": SHA1.lower(), "SHA256": SHA256.lower(), "MD5": MD5.lower()}
START = sysmon(
    1,
    **BY,
    Hashes=HASHES,
    Company="Halden",
    Product="Windows Tools",
    FileVersion="10.0.1",
    OriginalFileName="Cmd.Exe",
    Description="Shell",
    CommandLine="cmd.exe /c dir",
    IntegrityLevel="High",
    LogonId="0x1f4",
    TerminalSessionId="2",
    CurrentDirectory="C:\\",
    ParentProcessGuid="{11111111-0000-0000-0000-000000000000}",
    ParentProcessId="700",
    ParentImage=r"C:\Windows\Explorer.EXE",
    ParentCommandLine="explorer.exe",
    ParentUser=r"LAB\Joan",
    UtcTime="2021-05-04 14:29:00.000",
    **{"@timestamp": "2021-05-04T14:29:01Z"},
)


def test_every_row_has_time_device_and_report_number(lab: Lab) -> None:
    event = sysmon(11, **BY, TargetFilename=r"C:\a.txt")

    lab.ingest(lab.record(event, event))

    first, second = lab.lake.find("DeviceFileEvents", order_by=["ReportId"])
    assert first["Timestamp"] == second["Timestamp"] == AT
    assert first["DeviceName"] == "ws-01.lab.example"
    assert first["DeviceId"] == second["DeviceId"]
    assert len(str(first["DeviceId"])) == 40
    assert [first["ReportId"], second["ReportId"]] == [1, 2]


def test_1_process_created(lab: Lab) -> None:
    assert lab.row("DeviceProcessEvents", START) == {
        "ActionType": "ProcessCreated",
        "FileName": "cmd.exe",
        "FolderPath": r"C:\Windows\System32\cmd.exe",
        **FILE_HASHES,
        "ProcessVersionInfoCompanyName": "Halden",
        "ProcessVersionInfoProductName": "Windows Tools",
        "ProcessVersionInfoProductVersion": "10.0.1",
        "ProcessVersionInfoOriginalFileName": "Cmd.Exe",
        "ProcessVersionInfoFileDescription": "Shell",
        "ProcessId": 4242,
        "ProcessCommandLine": "cmd.exe /c dir",
        "ProcessIntegrityLevel": "High",
        "ProcessCreationTime": datetime(2021, 5, 4, 14, 29, tzinfo=UTC),
        "AccountDomain": "lab",
        "AccountName": "joan",
        "LogonId": 500,
        "CreatedProcessSessionId": 2,
        "ProcessUniqueId": "{11111111-0000-0000-0000-000000000001}",
        "AdditionalFields": '{"CurrentDirectory": "C:\\\\"}',
        "InitiatingProcessFileName": "Explorer.EXE",
        "InitiatingProcessFolderPath": r"c:\windows\explorer.exe",
        "InitiatingProcessId": 700,
        "InitiatingProcessCommandLine": "explorer.exe",
        "InitiatingProcessAccountDomain": "lab",
        "InitiatingProcessAccountName": "joan",
        "InitiatingProcessUniqueId": "{11111111-0000-0000-0000-000000000000}",
    }


def test_1_a_child_knows_its_recorded_parent(lab: Lab) -> None:
    child = sysmon(
        1,
        Image=r"C:\Windows\System32\whoami.exe",
        ProcessId="4300",
        ProcessGuid="{11111111-0000-0000-0000-000000000002}",
        User=r"LAB\Joan",
        CommandLine="whoami",
        ParentProcessGuid=BY["ProcessGuid"],
        ParentProcessId="4242",
        ParentImage=BY["Image"],
        ParentCommandLine="cmd.exe /c dir",
    )

    # The child is recorded first: order in the file does not matter.
    row = next(one for one in lab.rows("DeviceProcessEvents", child, START) if one["ProcessId"] == 4300)

    assert {name: value for name, value in row.items() if name.startswith("InitiatingProcess")} == {
        **BY_ROW,
        "InitiatingProcessSHA1": SHA1.lower(),
        "InitiatingProcessSHA256": SHA256.lower(),
        "InitiatingProcessMD5": MD5.lower(),
        "InitiatingProcessVersionInfoCompanyName": "Halden",
        "InitiatingProcessVersionInfoProductName": "Windows Tools",
        "InitiatingProcessVersionInfoProductVersion": "10.0.1",
        "InitiatingProcessVersionInfoOriginalFileName": "Cmd.Exe",
        "InitiatingProcessVersionInfoFileDescription": "Shell",
        "InitiatingProcessCommandLine": "cmd.exe /c dir",
        "InitiatingProcessCreationTime": datetime(2021, 5, 4, 14, 29, tzinfo=UTC),
        "InitiatingProcessIntegrityLevel": "High",
        "InitiatingProcessLogonId": 500,
        "InitiatingProcessSessionId": 2,
        "InitiatingProcessParentFileName": "Explorer.EXE",
        "InitiatingProcessParentId": 700,
    }


def test_1_takes_sid_and_elevation_from_the_security_log(lab: Lab) -> None:
    same = security(
        4688,
        NewProcessName=BY["Image"],
        NewProcessId="0x1092",
        SubjectUserSid="S-1-5-21-1-2-3-1105",
        TargetUserName="-",
        TokenElevationType="%%1937",
        **{"@timestamp": "2021-05-04T14:29:02Z"},
    )

    row = lab.row("DeviceProcessEvents", START, same)

    assert row["AccountSid"] == "S-1-5-21-1-2-3-1105"
    assert row["ProcessTokenElevation"] == "TokenElevationTypeFull"


def test_processes_of_other_recordings_are_other_processes(lab: Lab) -> None:
    event = sysmon(11, **BY, TargetFilename=r"C:\a.txt", _dataset="lab/second")

    assert "InitiatingProcessSHA1" not in lab.row("DeviceFileEvents", START, event)


def test_a_process_id_that_was_lost_is_found_by_the_guid(lab: Lab) -> None:
    lost = {name: value for name, value in BY.items() if name != "ProcessId"}
    event = sysmon(11, **lost, TargetFilename=r"C:\a.txt")

    assert lab.row("DeviceFileEvents", START, event)["InitiatingProcessId"] == 4242


def test_2_file_creation_time_changed(lab: Lab) -> None:
    event = sysmon(
        2,
        **BY,
        TargetFilename=r"C:\tmp\old.txt",
        CreationUtcTime="2019-01-01 00:00:00.000",
        PreviousCreationUtcTime="2021-05-04 14:00:00.500",
    )

    row = lab.row("DeviceEvents", event)

    more = json.loads(row.pop("AdditionalFields"))
    assert row == {
        **BY_ROW,
        "ActionType": "FileTimestampModificationEvent",
        "FileName": "old.txt",
        "FolderPath": r"C:\tmp\old.txt",
    }
    assert more == {
        "CreationUtcTime": "2019-01-01T00:00:00.0000000Z",
        "PreviousCreationUtcTime": "2021-05-04T14:00:00.5000000Z",
    }


def connection(**fields: object) -> dict[str, object]:
    common = {
        "Initiated": "true",
        "Protocol": "tcp",
        "SourceIp": "10.1.1.5",
        "SourcePort": "50123",
        "DestinationIp": "52.1.2.3",
        "DestinationPort": "443",
        "DestinationHostname": "files.lab.example",
    }
    return sysmon(3, **BY, **(common | fields))


def test_3_outbound_connection(lab: Lab) -> None:
    assert lab.row("DeviceNetworkEvents", connection()) == {
        **BY_ROW,
        "ActionType": "ConnectionSuccess",
        "LocalIP": "10.1.1.5",
        "LocalPort": 50123,
        "LocalIPType": "Private",
        "RemoteIP": "52.1.2.3",
        "RemotePort": 443,
        "RemoteIPType": "Public",
        "RemoteUrl": "files.lab.example",
        "Protocol": "Tcp",
    }


def test_3_inbound_connection_has_the_source_on_the_other_side(lab: Lab) -> None:
    event = connection(Initiated="false", SourceIp="10.1.1.9", DestinationIp="10.1.1.5", DestinationHostname="-")

    row = lab.row("DeviceNetworkEvents", event)

    assert row["ActionType"] == "InboundConnectionAccepted"
    assert (row["RemoteIP"], row["RemotePort"]) == ("10.1.1.9", 50123)
    assert (row["LocalIP"], row["LocalPort"]) == ("10.1.1.5", 443)
    assert "RemoteUrl" not in row


def test_3_a_datagram_answered_from_the_machines_own_address_leaves_from_there(lab: Lab) -> None:
    outbound = connection(SourcePort="50001")
    answer = connection(
        Initiated="false", Protocol="udp", SourceIp="10.1.1.5", SourcePort="53", DestinationIp="10.1.1.9"
    )

    row = next(one for one in lab.rows("DeviceNetworkEvents", outbound, answer) if one["Protocol"] == "Udp")

    assert (row["LocalIP"], row["RemoteIP"]) == ("10.1.1.5", "10.1.1.9")
    assert row["ActionType"] == "InboundConnectionAccepted"


@pytest.mark.parametrize(
    ("ip", "shown", "kind"),
    [
        ("8.8.8.8", "8.8.8.8", "Public"),
        ("192.168.1.4", "192.168.1.4", "Private"),
        ("127.0.0.1", "127.0.0.1", "Loopback"),
        ("0:0:0:0:0:0:0:1", "::1", "Loopback"),
        ("fe80:0:0:0:1:2:3:4", "fe80::1:2:3:4", "LinkLocal"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1", "FourToSixMapping"),
        ("2001:0:53aa::1", "2001:0:53aa::1", "Teredo"),
        ("255.255.255.255", "255.255.255.255", "Broadcast"),
        ("239.255.255.250", "239.255.255.250", "Multicast"),
        ("0.0.0.0", "0.0.0.0", "Reserved"),
    ],
)
def test_3_says_what_kind_an_address_is(lab: Lab, ip: str, shown: str, kind: str) -> None:
    row = lab.row("DeviceNetworkEvents", connection(DestinationIp=ip))

    assert (row["RemoteIP"], row["RemoteIPType"]) == (shown, kind)


def test_6_driver_loaded(lab: Lab) -> None:
    event = sysmon(6, ImageLoaded=r"C:\Windows\System32\drivers\tap.sys", Hashes=HASHES)

    assert lab.row("DeviceEvents", event) == {
        "ActionType": "DriverLoad",
        "FileName": "tap.sys",
        "FolderPath": r"C:\Windows\System32\drivers\tap.sys",
        **FILE_HASHES,
    }


LOAD = sysmon(
    7,
    **BY,
    ImageLoaded=r"C:\Windows\System32\amsi.dll",
    Hashes=HASHES,
    Signed="true",
    Signature="Halden Signing",
    SignatureStatus="Valid",
)


def test_7_image_loaded(lab: Lab) -> None:
    assert lab.row("DeviceImageLoadEvents", LOAD) == {
        **BY_ROW,
        "ActionType": "ImageLoaded",
        "FileName": "amsi.dll",
        "FolderPath": r"C:\Windows\System32\amsi.dll",
        **FILE_HASHES,
    }


def test_7_also_tells_the_files_signature_once_per_machine(lab: Lab) -> None:
    assert lab.rows("DeviceFileCertificateInfo", LOAD, LOAD) == [
        {"SHA1": SHA1.lower(), "IsSigned": True, "Signer": "Halden Signing", "IsTrusted": True}
    ]


def test_7_an_unsigned_file_is_neither_signed_nor_trusted(lab: Lab) -> None:
    unsigned = LOAD | {"Signed": "false", "Signature": "-", "SignatureStatus": "Unavailable"}

    assert lab.rows("DeviceFileCertificateInfo", unsigned) == [
        {"SHA1": SHA1.lower(), "IsSigned": False, "IsTrusted": False}
    ]


ON_LSASS = {
    "SourceImage": BY["Image"],
    "SourceProcessId": "4242",
    "SourceUser": BY["User"],
    "TargetImage": r"C:\Windows\System32\lsass.exe",
    "TargetProcessId": "612",
}
LSASS_ROW = {"FileName": "lsass.exe", "FolderPath": r"C:\Windows\System32\lsass.exe", "ProcessId": 612}


def test_8_remote_thread(lab: Lab) -> None:
    event = sysmon(
        8,
        **ON_LSASS,
        SourceProcessGuid=BY["ProcessGuid"],
        StartAddress="0x7FF0",
        StartModule=r"C:\Windows\System32\kernel32.dll",
        StartFunction="LoadLibraryA",
    )

    row = lab.row("DeviceEvents", event)

    assert json.loads(row.pop("AdditionalFields")) == {
        "StartAddress": "0x7FF0",
        "StartModule": r"C:\Windows\System32\kernel32.dll",
        "StartFunction": "LoadLibraryA",
    }
    assert row == {**BY_ROW, **LSASS_ROW, "ActionType": "CreateRemoteThreadApiCall"}


def test_10_process_access(lab: Lab) -> None:
    event = sysmon(10, **ON_LSASS, SourceProcessGUID=BY["ProcessGuid"], GrantedAccess="0x1410")

    assert lab.row("DeviceEvents", event) == {
        **BY_ROW,
        **LSASS_ROW,
        "ActionType": "OpenProcessApiCall",
        "AdditionalFields": '{"DesiredAccess": 5136}',
    }


def test_11_file_created(lab: Lab) -> None:
    event = sysmon(11, **BY, TargetFilename=r"C:\tmp\note.txt")

    assert lab.row("DeviceFileEvents", event) == {
        **BY_ROW,
        "ActionType": "FileCreated",
        "FileName": "note.txt",
        "FolderPath": r"C:\tmp\note.txt",
    }


def test_15_stream_created_tells_where_a_file_came_from(lab: Lab) -> None:
    event = sysmon(
        15,
        **BY,
        TargetFilename=r"C:\Users\joan\Downloads\tool.exe:Zone.Identifier",
        Hash=HASHES,
        Contents="[ZoneTransfer]  ZoneId=3  ReferrerUrl=http://share.example/  HostUrl=http://share.example/tool.exe  ",
    )

    assert lab.row("DeviceFileEvents", event) == {
        **BY_ROW,
        **FILE_HASHES,
        "ActionType": "FileCreated",
        "FileName": "tool.exe",
        "FolderPath": r"C:\Users\joan\Downloads\tool.exe",
        "FileOriginUrl": "http://share.example/tool.exe",
        "FileOriginReferrerUrl": "http://share.example/",
    }


@pytest.mark.parametrize("event_id", [23, 26])
def test_23_and_26_file_deleted(lab: Lab, event_id: int) -> None:
    event = sysmon(event_id, **BY, TargetFilename=r"C:\tmp\note.txt", Hashes=HASHES)

    assert lab.row("DeviceFileEvents", event) == {
        **BY_ROW,
        **FILE_HASHES,
        "ActionType": "FileDeleted",
        "FileName": "note.txt",
        "FolderPath": r"C:\tmp\note.txt",
    }


@pytest.mark.parametrize(
    ("kind", "target", "columns"),
    [
        (
            "CreateKey",
            r"HKLM\Software\Lab",
            {"ActionType": "RegistryKeyCreated", "RegistryKey": r"HKEY_LOCAL_MACHINE\Software\Lab"},
        ),
        (
            "DeleteKey",
            r"HKU\S-1-5-18\Software\Lab",
            {"ActionType": "RegistryKeyDeleted", "RegistryKey": r"HKEY_USERS\S-1-5-18\Software\Lab"},
        ),
        (
            "DeleteValue",
            r"HKCR\.lab\Handler",
            {
                "ActionType": "RegistryValueDeleted",
                "RegistryKey": r"HKEY_LOCAL_MACHINE\SOFTWARE\Classes\.lab",
                "RegistryValueName": "Handler",
            },
        ),
        (
            "CreateKey",
            r"\REGISTRY\A\{0}\Local",
            {"ActionType": "RegistryKeyCreated", "RegistryKey": r"\REGISTRY\A\{0}\Local"},
        ),
    ],
)
def test_12_registry_key_or_value(lab: Lab, kind: str, target: str, columns: dict[str, str]) -> None:
    event = sysmon(12, **BY, EventType=kind, TargetObject=target)

    assert lab.row("DeviceRegistryEvents", event) == BY_ROW | columns


def test_12_without_its_kind_is_rejected(lab: Lab) -> None:
    assert lab.rows("DeviceRegistryEvents", sysmon(12, **BY, TargetObject=r"HKLM\Software\Lab")) == []
    assert [(one["reason"], one["detail"]) for one in rejects(lab.rejects)] == [("missing field", "EventType")]


@pytest.mark.parametrize(
    ("details", "columns"),
    [
        ("DWORD (0x0000001f)", {"RegistryValueType": "Dword", "RegistryValueData": "31"}),
        ("QWORD (0x00000001-0x00000002)", {"RegistryValueType": "Qword", "RegistryValueData": "4294967298"}),
        ("Binary Data", {"RegistryValueType": "Binary"}),
        (r"C:\tools\run.exe", {"RegistryValueType": "String", "RegistryValueData": r"C:\tools\run.exe"}),
    ],
)
def test_13_registry_value_set(lab: Lab, details: str, columns: dict[str, str]) -> None:
    target = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Run\Lab"
    event = sysmon(13, **BY, TargetObject=target, Details=details)

    assert lab.row("DeviceRegistryEvents", event) == {
        **BY_ROW,
        "ActionType": "RegistryValueSet",
        "RegistryKey": r"HKEY_LOCAL_MACHINE\Software\Microsoft\Windows\CurrentVersion\Run",
        "RegistryValueName": "Lab",
        **columns,
    }


def test_13_the_default_value_has_an_empty_name(lab: Lab) -> None:
    row = lab.row("DeviceRegistryEvents", sysmon(13, **BY, TargetObject=r"HKLM\Lab\(Default)", Details="x"))

    assert row["RegistryKey"] == r"HKEY_LOCAL_MACHINE\Lab"
    assert "RegistryValueName" not in row


def test_14_registry_renamed(lab: Lab) -> None:
    event = sysmon(14, **BY, TargetObject=r"HKLM\Software\Old", NewName=r"HKLM\Software\New")

    assert lab.row("DeviceRegistryEvents", event) == {
        **BY_ROW,
        "ActionType": "RegistryKeyRenamed",
        "PreviousRegistryKey": r"HKEY_LOCAL_MACHINE\Software\Old",
        "RegistryKey": r"HKEY_LOCAL_MACHINE\Software\New",
    }


@pytest.mark.parametrize(("event_id", "operation"), [(17, "File created"), (18, "File opened")])
def test_17_and_18_named_pipe(lab: Lab, event_id: int, operation: str) -> None:
    row = lab.row("DeviceEvents", sysmon(event_id, **BY, PipeName=r"\lab-pipe"))

    assert json.loads(row.pop("AdditionalFields")) == {
        "PipeName": r"\Device\NamedPipe\lab-pipe",
        "FileOperation": operation,
    }
    assert row == {**BY_ROW, "ActionType": "NamedPipeEvent"}


def test_21_wmi_binding(lab: Lab) -> None:
    row = lab.row("DeviceEvents", sysmon(21, User=r"LAB\Joan", Consumer="C1", Filter="F1"))

    assert row == {
        "ActionType": "WmiBindEventFilterToConsumer",
        "InitiatingProcessAccountDomain": "lab",
        "InitiatingProcessAccountName": "joan",
        "AdditionalFields": '{"Consumer": "C1", "Filter": "F1"}',
    }


def test_22_dns_query(lab: Lab) -> None:
    event = sysmon(22, **BY, QueryName="files.lab.example", QueryResults="type:  5 edge.lab.example;::ffff:52.1.2.3;")

    row = lab.row("DeviceEvents", event)

    assert json.loads(row.pop("AdditionalFields")) == {
        "DnsQueryString": "files.lab.example",
        "DnsQueryResult": ["type:  5 edge.lab.example", "::ffff:52.1.2.3"],
    }
    assert row == {**BY_ROW, "ActionType": "DnsQueryResponse"}


@pytest.mark.parametrize("event_id", [5, 19, 20, 25])
def test_events_without_counterpart_are_rejected_as_such(lab: Lab, event_id: int) -> None:
    result = lab.ingest(lab.record(sysmon(event_id, **BY)))

    assert result.rejected_by_reason == {"no counterpart in hunting": 1}
    assert lab.lake.counts() == {}
