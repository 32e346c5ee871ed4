"""What each Security event becomes, column by column."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.spec.telemetry.conftest import Lab, rejects, security, sysmon

SUBJECT = {
    "SubjectUserName": "Joan",
    "SubjectDomainName": "LAB",
    "SubjectUserSid": "S-1-5-21-1-2-3-1105",
    "SubjectLogonId": "0x3e7",
}
BY_SUBJECT = {
    "InitiatingProcessAccountName": "joan",
    "InitiatingProcessAccountDomain": "lab",
    "InitiatingProcessAccountSid": "S-1-5-21-1-2-3-1105",
}
AS_SUBJECT = {"AccountName": "joan", "AccountDomain": "lab", "AccountSid": "S-1-5-21-1-2-3-1105"}
LOGON = security(
    4624,
    **SUBJECT,
    TargetUserName="Ravi",
    TargetDomainName="LAB",
    TargetUserSid="S-1-5-21-1-2-3-1106",
    TargetLogonId="0x1f4",
    LogonType="3",
    AuthenticationPackageName="Kerberos",
    WorkstationName="WS-02",
    IpAddress="10.1.1.9",
    IpPort="50123",
    ElevatedToken="%%1842",
    ProcessId="0x2bc",
    ProcessName=r"C:\Windows\System32\lsass.exe",
)
LOGON_ROW = {
    **BY_SUBJECT,
    "ActionType": "LogonSuccess",
    "LogonType": "Network",
    "AccountName": "ravi",
    "AccountDomain": "lab",
    "AccountSid": "S-1-5-21-1-2-3-1106",
    "Protocol": "Kerberos",
    "RemoteDeviceName": "WS-02",
    "RemoteIP": "10.1.1.9",
    "RemoteIPType": "Private",
    "RemotePort": 50123,
    "InitiatingProcessFileName": "lsass.exe",
    "InitiatingProcessFolderPath": r"c:\windows\system32\lsass.exe",
    "InitiatingProcessId": 700,
}


def test_4624_logon_accepted(lab: Lab) -> None:
    assert lab.row("DeviceLogonEvents", LOGON) == {**LOGON_ROW, "LogonId": 500, "IsLocalAdmin": True}


def test_4624_dashes_are_no_value(lab: Lab) -> None:
    bare = LOGON | {"WorkstationName": "-", "IpAddress": "-", "IpPort": "-", "ProcessName": "-", "ProcessId": "0x0"}

    row = lab.row("DeviceLogonEvents", bare)

    missing = {"RemoteDeviceName", "RemoteIP", "RemoteIPType", "RemotePort"}
    missing |= {"InitiatingProcessFileName", "InitiatingProcessFolderPath", "InitiatingProcessId"}
    assert row == {name: value for name, value in LOGON_ROW.items() if name not in missing} | {
        "LogonId": 500,
        "IsLocalAdmin": True,
    }


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("2", "Interactive"),
        ("3", "Network"),
        ("4", "Batch"),
        ("5", "Service"),
        ("7", "Unlock"),
        ("8", "NetworkCleartext"),
        ("9", "NewCredentials"),
        ("10", "RemoteInteractive"),
        ("11", "CachedInteractive"),
        ("0", None),
    ],
)
def test_4624_logon_types_by_name(lab: Lab, number: str, name: str | None) -> None:
    assert lab.row("DeviceLogonEvents", LOGON | {"LogonType": number}).get("LogonType") == name


@pytest.mark.parametrize(
    ("status", "sub_status", "reason"),
    [
        ("0xc000006d", "0xc000006a", "InvalidUserNameOrPassword"),
        ("0xc000006d", "0xc0000064", "InvalidUserNameOrPassword"),
        ("0xc0000234", "0x0", "AccountLocked"),
        ("0xc000006e", "0xc0000072", "AccountDisabled"),
        ("0xc000010b", "0x0", "UnauthorizedLogonType"),
        ("0xc000018d", "0x0", "unknown"),
    ],
)
def test_4625_logon_refused(lab: Lab, status: str, sub_status: str, reason: str) -> None:
    event = LOGON | {"EventID": 4625, "Status": status, "SubStatus": sub_status}

    assert lab.row("DeviceLogonEvents", event) == {**LOGON_ROW, "ActionType": "LogonFailed", "FailureReason": reason}


def test_4648_logon_with_given_credentials(lab: Lab) -> None:
    event = security(
        4648, **SUBJECT, TargetUserName="Ravi", TargetDomainName="LAB", TargetServerName="srv-01", IpAddress="-"
    )

    assert lab.row("DeviceLogonEvents", event) == {
        **BY_SUBJECT,
        "ActionType": "LogonAttempted",
        "AccountName": "ravi",
        "AccountDomain": "lab",
        "RemoteDeviceName": "srv-01",
    }


STARTED = security(
    4688,
    **SUBJECT,
    NewProcessName=r"C:\Windows\System32\whoami.exe",
    NewProcessId="0x1092",
    CommandLine="whoami /all",
    TokenElevationType="%%1938",
    MandatoryLabel="S-1-16-8192",
    TargetUserName="-",
    TargetUserSid="S-1-0-0",
    ParentProcessName=r"C:\Windows\System32\cmd.exe",
    ProcessId="0x2bc",
)


def test_4688_process_created(lab: Lab) -> None:
    assert lab.row("DeviceProcessEvents", STARTED) == {
        **AS_SUBJECT,
        **BY_SUBJECT,
        "ActionType": "ProcessCreated",
        "FileName": "whoami.exe",
        "FolderPath": r"C:\Windows\System32\whoami.exe",
        "ProcessId": 4242,
        "ProcessCommandLine": "whoami /all",
        "ProcessTokenElevation": "TokenElevationTypeLimited",
        "ProcessIntegrityLevel": "Medium",
        "ProcessCreationTime": datetime(2021, 5, 4, 14, 30, 0, 125000, tzinfo=UTC),
        "LogonId": 999,
        "InitiatingProcessFileName": "cmd.exe",
        "InitiatingProcessFolderPath": r"c:\windows\system32\cmd.exe",
        "InitiatingProcessId": 700,
        "InitiatingProcessLogonId": 999,
    }


def test_4688_a_start_for_another_account_is_that_accounts(lab: Lab) -> None:
    event = STARTED | {
        "TargetUserName": "Ravi",
        "TargetDomainName": "LAB",
        "TargetUserSid": "S-1-5-21-1-2-3-1106",
        "TargetLogonId": "0x1f4",
    }

    row = lab.row("DeviceProcessEvents", event)

    assert (row["AccountName"], row["AccountSid"], row["LogonId"]) == ("ravi", "S-1-5-21-1-2-3-1106", 500)


def test_4688_of_a_start_that_sysmon_recorded_makes_no_second_row(lab: Lab) -> None:
    start = sysmon(1, Image=r"C:\Windows\System32\whoami.exe", ProcessId="4242", ProcessGuid="{1}", User=r"LAB\Joan")

    result = lab.ingest(lab.record(start, STARTED))

    assert result.rows["DeviceProcessEvents"] == 1
    assert (result.accepted, result.rejected) == (2, 0)


@pytest.mark.parametrize(
    ("command", "name", "path"),
    [
        (r"%SystemRoot%\LABSVC.exe", "LABSVC.exe", r"%SystemRoot%\LABSVC.exe"),
        (r"C:\Windows\System32\svchost.exe -k Lab", "svchost.exe", r"C:\Windows\System32\svchost.exe"),
        (r'"C:\Program Files\Lab\svc.exe" --run', "svc.exe", r"C:\Program Files\Lab\svc.exe"),
        (r"C:\Program Files\Lab\svc.exe --run", "svc.exe", r"C:\Program Files\Lab\svc.exe"),
        (r"%COMSPEC% /C start C:\lab\run.exe", "%COMSPEC%", "%COMSPEC%"),
    ],
)
def test_4697_service_installed(lab: Lab, command: str, name: str, path: str) -> None:
    event = security(
        4697,
        **SUBJECT,
        ServiceName="Lab",
        ServiceFileName=command,
        ServiceType="0x10",
        ServiceStartType="3",
        ServiceAccount="LocalSystem",
    )

    row = lab.row("DeviceEvents", event)

    assert json.loads(row.pop("AdditionalFields")) == {
        "ServiceName": "Lab",
        "ServiceType": "0x10",
        "ServiceStartType": "3",
        "ServiceAccount": "LocalSystem",
        "ServiceFileName": command,
    }
    assert row == {**BY_SUBJECT, "ActionType": "ServiceInstalled", "FileName": name, "FolderPath": path}


@pytest.mark.parametrize(
    ("event_id", "action", "field"),
    [
        (4698, "ScheduledTaskCreated", "TaskContent"),
        (4699, "ScheduledTaskDeleted", "TaskContent"),
        (4700, "ScheduledTaskEnabled", "TaskContent"),
        (4701, "ScheduledTaskDisabled", "TaskContent"),
        (4702, "ScheduledTaskUpdated", "TaskContentNew"),
    ],
)
def test_4698_to_4702_scheduled_task(lab: Lab, event_id: int, action: str, field: str) -> None:
    event = security(event_id, **SUBJECT, TaskName=r"\Lab", **{field: "&lt;Task/&gt;"})

    row = lab.row("DeviceEvents", event)

    assert json.loads(row.pop("AdditionalFields")) == {"TaskName": r"\Lab", "TaskContent": "<Task/>"}
    assert row == {**BY_SUBJECT, "ActionType": action}


@pytest.mark.parametrize(
    ("event_id", "action"),
    [
        (4720, "UserAccountCreated"),
        (4726, "UserAccountDeleted"),
        (4738, "UserAccountModified"),
        (4722, "UserAccountModified"),
        (4725, "UserAccountModified"),
        (4723, "PasswordChangeAttempt"),
        (4724, "PasswordChangeAttempt"),
    ],
)
def test_4720_and_kin_account_changed(lab: Lab, event_id: int, action: str) -> None:
    event = security(
        event_id, **SUBJECT, TargetUserName="Backup", TargetDomainName="LAB", TargetSid="S-1-5-21-1-2-3-1200"
    )

    assert lab.row("DeviceEvents", event) == {
        **BY_SUBJECT,
        "ActionType": action,
        "AccountName": "backup",
        "AccountDomain": "lab",
        "AccountSid": "S-1-5-21-1-2-3-1200",
    }


@pytest.mark.parametrize(
    ("event_id", "action"),
    [(4732, "UserAccountAddedToLocalGroup"), (4733, "UserAccountRemovedFromLocalGroup")],
)
def test_4732_and_4733_local_group(lab: Lab, event_id: int, action: str) -> None:
    event = security(
        event_id,
        **SUBJECT,
        MemberSid="S-1-5-21-1-2-3-1200",
        TargetUserName="Administrators",
        TargetDomainName="Builtin",
        TargetSid="S-1-5-32-544",
    )

    row = lab.row("DeviceEvents", event)

    assert json.loads(row.pop("AdditionalFields")) == {
        "GroupName": "Administrators",
        "GroupDomainName": "Builtin",
        "GroupSid": "S-1-5-32-544",
    }
    assert row == {**BY_SUBJECT, "ActionType": action, "AccountSid": "S-1-5-21-1-2-3-1200"}


def test_1102_log_cleared(lab: Lab) -> None:
    assert lab.row("DeviceEvents", security(1102, **SUBJECT)) == {**AS_SUBJECT, "ActionType": "SecurityLogCleared"}


@pytest.mark.parametrize("event_id", [5140, 5145])
def test_5140_and_5145_share_used(lab: Lab, event_id: int) -> None:
    event = security(
        event_id,
        **SUBJECT,
        IpAddress="10.1.1.9",
        IpPort="50123",
        ShareName=r"\\*\C$",
        RelativeTargetName=r"tmp\a.exe",
        AccessMask="0x1",
    )

    row = lab.row("DeviceEvents", event)

    assert json.loads(row.pop("AdditionalFields")) == {
        "ShareName": r"\\*\C$",
        "RelativeTargetName": r"tmp\a.exe",
        "AccessMask": "0x1",
    }
    assert row == {
        **AS_SUBJECT,
        "ActionType": "NetworkShareObjectAccessChecked",
        "LogonId": 999,
        "RemoteIP": "10.1.1.9",
        "RemotePort": 50123,
    }


def test_5136_directory_object_changed(lab: Lab) -> None:
    members = {"ObjectDN": "DC=lab", "AttributeLDAPDisplayName": "member", "AttributeValue": "CN=joan"}

    row = lab.row("DeviceEvents", security(5136, **SUBJECT, **members))

    assert json.loads(row.pop("AdditionalFields")) == members
    assert row == {**BY_SUBJECT, "ActionType": "DirectoryServiceObjectModified"}


ALLOWED = security(
    5156,
    ProcessId="700",
    Application=r"\device\harddiskvolume2\windows\system32\curl.exe",
    Direction="%%14593",
    Protocol="6",
    SourceAddress="10.1.1.5",
    SourcePort="50123",
    DestAddress="52.1.2.3",
    DestPort="443",
)
ALLOWED_ROW = {
    "InitiatingProcessFileName": "curl.exe",
    "InitiatingProcessFolderPath": r"\device\harddiskvolume2\windows\system32\curl.exe",
    "InitiatingProcessId": 700,
    "ActionType": "ConnectionSuccess",
    "LocalIP": "10.1.1.5",
    "LocalPort": 50123,
    "LocalIPType": "Private",
    "RemoteIP": "52.1.2.3",
    "RemotePort": 443,
    "RemoteIPType": "Public",
    "Protocol": "Tcp",
}


def test_5156_connection_allowed(lab: Lab) -> None:
    assert lab.row("DeviceNetworkEvents", ALLOWED) == ALLOWED_ROW


def test_5156_inbound_packets_are_addressed_to_the_machine(lab: Lab) -> None:
    inbound = ALLOWED | {
        "Direction": "%%14592",
        "Protocol": "17",
        "SourceAddress": "10.1.1.9",
        "SourcePort": "50999",
        "DestAddress": "10.1.1.5",
        "DestPort": "53",
    }

    row = next(one for one in lab.rows("DeviceNetworkEvents", ALLOWED, inbound) if one["Protocol"] == "Udp")

    assert row["ActionType"] == "InboundConnectionAccepted"
    assert (row["LocalIP"], row["LocalPort"]) == ("10.1.1.5", 53)
    assert (row["RemoteIP"], row["RemotePort"]) == ("10.1.1.9", 50999)


def test_5156_adds_nothing_where_sysmon_recorded_connections(lab: Lab) -> None:
    seen = sysmon(
        3, Initiated="true", Protocol="tcp", SourceIp="10.1.1.5", DestinationIp="52.1.2.3", DestinationPort="443"
    )

    result = lab.ingest(lab.record(seen, ALLOWED))

    assert result.rows["DeviceNetworkEvents"] == 1
    assert result.rejected_by_reason == {"recorded twice": 1}


@pytest.mark.parametrize("event_id", [4634, 4647, 4672, 4689, 4768, 4769, 4776, 4799])
def test_events_without_counterpart_are_rejected_as_such(lab: Lab, event_id: int) -> None:
    result = lab.ingest(lab.record(security(event_id, **SUBJECT)))

    assert result.rejected_by_reason == {"no counterpart in hunting": 1}
    assert rejects(lab.rejects)[0]["detail"].startswith(f"Security {event_id}: ")


def test_log_analytics_records_are_read_out_of_their_xml(lab: Lab) -> None:
    data = "".join(
        f'<Data Name="{name}">{value}</Data>'
        for name, value in ALLOWED.items()
        if name not in ("_dataset", "Channel", "EventID", "Hostname", "@timestamp")
    )
    record = {
        "Computer": "WS-01.lab.example",
        "TimeGenerated": "2021-05-04T14:30:00.125Z",
        "EventSourceName": "Microsoft-Windows-Security-Auditing",
        "EventID": 5156,
        "Type": "Event",
        "EventData": f"<EventData>{data}</EventData>",
    }

    assert lab.row("DeviceNetworkEvents", record) == ALLOWED_ROW
