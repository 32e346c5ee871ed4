"""Events of the Windows Security log as hunting rows, one function per event.

Where Sysmon recorded the same start or the same machine's connections, the Security event adds no second row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vedette.telemetry.fields import address, address_kind, count, number, port, program, sid, text, unescaped
from vedette.telemetry.lookup import ELEVATION, Columns, Lookup
from vedette.telemetry.mapping import Rows, additional, event, file_columns, kept, without_counterpart
from vedette.telemetry.records import BAD_VALUE, SECURITY, TWICE, Record, Rejected


def _account(record: Record, prefix: str, *, sid_field: str = "") -> Columns:
    """Account columns of the account that fields with this prefix name."""
    return {
        "AccountDomain": record.text(f"{prefix}DomainName").lower(),
        "AccountName": record.text(f"{prefix}UserName").lower(),
        "AccountSid": sid(record.fields.get(sid_field or f"{prefix}UserSid")),
    }


def _by_subject(record: Record) -> Columns:
    """The account that acted, as the account of the process that it must have acted through."""
    return {f"InitiatingProcess{name}": value for name, value in _account(record, "Subject").items()}


def _by_process(table: str, record: Record, lookup: Lookup, path: str, process_id: int | None) -> Columns:
    return lookup.initiating(table, record, guid="", image=path, user="", process_id=process_id)


LOGON_TYPE: Final = {
    0: "",
    2: "Interactive",
    3: "Network",
    4: "Batch",
    5: "Service",
    7: "Unlock",
    8: "NetworkCleartext",
    9: "NewCredentials",
    10: "RemoteInteractive",
    11: "CachedInteractive",
}
"""0 is the system starting, which has no text."""

FAILURE: Final = {
    0xC000006A: "InvalidUserNameOrPassword",
    0xC0000064: "InvalidUserNameOrPassword",
    0xC0000234: "AccountLocked",
    0xC0000072: "AccountDisabled",
    0xC000010B: "UnauthorizedLogonType",
}


def _logon(record: Record, lookup: Lookup, action: str, **more: object) -> Rows:
    remote = address(record.text("IpAddress"))
    process_id = count(record.fields.get("ProcessId"))
    row = _by_process("DeviceLogonEvents", record, lookup, record.text("ProcessName"), process_id or None)
    row |= kept(
        {
            "ActionType": action,
            **_account(record, "Target"),
            "LogonType": _logon_type(record),
            "Protocol": record.text("AuthenticationPackageName"),
            "RemoteDeviceName": record.text("WorkstationName"),
            "RemoteIP": remote,
            "RemoteIPType": address_kind(remote),
            "RemotePort": port(record.fields.get("IpPort")),
            **_by_subject(record),
            **more,
        }
    )
    return (("DeviceLogonEvents", row),)


def _logon_type(record: Record) -> str:
    kind = number(record.fields.get("LogonType"))
    if kind is not None and kind not in LOGON_TYPE:
        raise Rejected(BAD_VALUE, f"LogonType {kind}")
    return LOGON_TYPE[kind or 0]


@event(SECURITY, 4624, title="logon accepted", table="DeviceLogonEvents")
def logon_accepted(record: Record, lookup: Lookup) -> Rows:
    """IsLocalAdmin has no field of its own: whether the token is elevated is the nearest."""
    elevated = record.text("ElevatedToken")
    return _logon(
        record,
        lookup,
        "LogonSuccess",
        LogonId=count(record.fields.get("TargetLogonId")),
        IsLocalAdmin=elevated in ("%%1842", "Yes") if elevated else None,
    )


@event(SECURITY, 4625, title="logon refused", table="DeviceLogonEvents")
def logon_refused(record: Record, lookup: Lookup) -> Rows:
    status = number(record.fields.get("SubStatus")) or number(record.fields.get("Status")) or 0
    return _logon(record, lookup, "LogonFailed", FailureReason=FAILURE.get(status, "unknown"))


@event(SECURITY, 4648, title="logon with given credentials", table="DeviceLogonEvents")
def logon_with_credentials(record: Record, lookup: Lookup) -> Rows:
    return _logon(record, lookup, "LogonAttempted", RemoteDeviceName=record.text("TargetServerName"))


_INTEGRITY: Final = {
    "S-1-16-4096": "Low",
    "S-1-16-8192": "Medium",
    "S-1-16-12288": "High",
    "S-1-16-16384": "System",
}


@event(SECURITY, 4688, title="process created", table="DeviceProcessEvents")
def process_created(record: Record, lookup: Lookup) -> Rows:
    """No row of its own where Sysmon recorded the start: its row then has the SID and the elevation from here."""
    image = record.needed("NewProcessName")
    process_id = count(record.fields.get("NewProcessId"))
    if lookup.has_sysmon_start(record, process_id, image):
        return ()
    owner = "Target" if record.text("TargetUserName") else "Subject"
    parent_id = count(record.fields.get("ProcessId"))
    row = _by_process("DeviceProcessEvents", record, lookup, record.text("ParentProcessName"), parent_id)
    row |= kept(
        {
            "ActionType": "ProcessCreated",
            **file_columns(image),
            "ProcessId": process_id,
            "ProcessCommandLine": record.text("CommandLine"),
            "ProcessIntegrityLevel": _INTEGRITY.get(record.text("MandatoryLabel")),
            "ProcessTokenElevation": ELEVATION.get(record.text("TokenElevationType")),
            "ProcessCreationTime": record.at + record.shift,
            **_account(record, owner),
            "LogonId": count(record.fields.get(f"{owner}LogonId")),
            **_by_subject(record),
            "InitiatingProcessLogonId": count(record.fields.get("SubjectLogonId")),
        }
    )
    return (("DeviceProcessEvents", row),)


def _device_event(action: str, *columns: Mapping[str, object]) -> Rows:
    row: Columns = {"ActionType": action}
    for some in columns:
        row |= kept(dict(some))
    return (("DeviceEvents", row),)


@event(SECURITY, 4697, title="service installed", table="DeviceEvents")
def service_installed(record: Record, lookup: Lookup) -> Rows:
    command = record.needed("ServiceFileName")
    more = additional(
        ServiceName=record.text("ServiceName"),
        ServiceType=record.text("ServiceType"),
        ServiceStartType=record.text("ServiceStartType"),
        ServiceAccount=record.text("ServiceAccount"),
        ServiceFileName=command,
    )
    return _device_event(
        "ServiceInstalled", file_columns(program(command)), _by_subject(record), {"AdditionalFields": more}
    )


_TASK: Final = {
    4698: "ScheduledTaskCreated",
    4699: "ScheduledTaskDeleted",
    4700: "ScheduledTaskEnabled",
    4701: "ScheduledTaskDisabled",
    4702: "ScheduledTaskUpdated",
}


@event(SECURITY, *_TASK, title="scheduled task changed", table="DeviceEvents")
def scheduled_task(record: Record, lookup: Lookup) -> Rows:
    content = unescaped(record.fields.get("TaskContent") or record.fields.get("TaskContentNew"))
    more = additional(TaskName=record.needed("TaskName"), TaskContent=content)
    return _device_event(_TASK[record.event_id], _by_subject(record), {"AdditionalFields": more})


_ACCOUNT: Final = {
    4720: "UserAccountCreated",
    4726: "UserAccountDeleted",
    4738: "UserAccountModified",
    4722: "UserAccountModified",
    4725: "UserAccountModified",
    4723: "PasswordChangeAttempt",
    4724: "PasswordChangeAttempt",
}


@event(SECURITY, *_ACCOUNT, title="account changed", table="DeviceEvents")
def account_changed(record: Record, lookup: Lookup) -> Rows:
    return _device_event(
        _ACCOUNT[record.event_id], _account(record, "Target", sid_field="TargetSid"), _by_subject(record)
    )


_LOCAL_GROUP: Final = {4732: "UserAccountAddedToLocalGroup", 4733: "UserAccountRemovedFromLocalGroup"}


@event(SECURITY, *_LOCAL_GROUP, title="local group member changed", table="DeviceEvents")
def local_group_changed(record: Record, lookup: Lookup) -> Rows:
    more = additional(
        GroupName=record.text("TargetUserName"),
        GroupDomainName=record.text("TargetDomainName"),
        GroupSid=record.text("TargetSid"),
    )
    member = {"AccountSid": sid(record.fields.get("MemberSid"))}
    return _device_event(_LOCAL_GROUP[record.event_id], member, _by_subject(record), {"AdditionalFields": more})


@event(SECURITY, 1102, title="log cleared", table="DeviceEvents")
def log_cleared(record: Record, lookup: Lookup) -> Rows:
    return _device_event("SecurityLogCleared", _account(record, "Subject"))


@event(SECURITY, 5140, 5145, title="share used", table="DeviceEvents")
def share_used(record: Record, lookup: Lookup) -> Rows:
    more = additional(
        ShareName=record.text("ShareName"),
        RelativeTargetName=record.text("RelativeTargetName"),
        AccessMask=record.text("AccessMask"),
    )
    remote = {
        "RemoteIP": address(record.text("IpAddress")),
        "RemotePort": port(record.fields.get("IpPort")),
        "LogonId": count(record.fields.get("SubjectLogonId")),
    }
    return _device_event(
        "NetworkShareObjectAccessChecked", _account(record, "Subject"), remote, {"AdditionalFields": more}
    )


@event(SECURITY, 5136, title="directory object changed", table="DeviceEvents")
def directory_changed(record: Record, lookup: Lookup) -> Rows:
    more = additional(
        ObjectDN=record.text("ObjectDN"),
        AttributeLDAPDisplayName=record.text("AttributeLDAPDisplayName"),
        AttributeValue=record.text("AttributeValue"),
    )
    return _device_event("DirectoryServiceObjectModified", _by_subject(record), {"AdditionalFields": more})


_PROTOCOL: Final = {1: "Icmp", 6: "Tcp", 17: "Udp"}
_DIRECTION: Final = {"%%14592": "InboundConnectionAccepted", "%%14593": "ConnectionSuccess"}


@event(SECURITY, 5156, title="connection allowed by the filtering platform", table="DeviceNetworkEvents")
def connection_allowed(record: Record, lookup: Lookup) -> Rows:
    if lookup.has_sysmon_network(record):
        raise Rejected(TWICE, "Sysmon recorded this machine's connections")
    direction = record.needed("Direction")
    if direction not in _DIRECTION:
        raise Rejected(BAD_VALUE, f"Direction {direction}")
    fields = record.fields
    local = (address(record.needed("SourceAddress")), port(fields.get("SourcePort")))
    remote = (address(record.needed("DestAddress")), port(fields.get("DestPort")))
    if direction == "%%14592" and lookup.is_own(record, remote[0]) and not lookup.is_own(record, local[0]):
        # Source and destination of an inbound packet: here the machine is the destination.
        local, remote = remote, local
    process_id = count(fields.get("ProcessID", fields.get("ProcessId")))
    row = _by_process("DeviceNetworkEvents", record, lookup, record.text("Application"), process_id)
    protocol = number(fields.get("Protocol"))
    row |= kept(
        {
            "ActionType": _DIRECTION[direction],
            "LocalIP": local[0],
            "LocalPort": local[1],
            "LocalIPType": address_kind(local[0]),
            "RemoteIP": remote[0],
            "RemotePort": remote[1],
            "RemoteIPType": address_kind(remote[0]),
            "Protocol": _PROTOCOL.get(protocol, text(fields.get("Protocol"))) if protocol is not None else "",
        }
    )
    return (("DeviceNetworkEvents", row),)


without_counterpart(SECURITY, "logoff", 4634, 4647)
without_counterpart(SECURITY, "privileges given at logon", 4672)
without_counterpart(SECURITY, "process ended", 4689)
without_counterpart(SECURITY, "Kerberos ticket", 4768, 4769)
without_counterpart(SECURITY, "NTLM validation", 4776)
without_counterpart(SECURITY, "group members listed", 4799)
