"""Sysmon events as hunting rows, one function per event.

Column by column this follows the nearest meaning; where Sysmon lacks something the column stays without a value.
"""

from __future__ import annotations

import re
from typing import Final

from vedette.telemetry.fields import (
    account,
    address,
    address_kind,
    count,
    hashes,
    instant,
    moment,
    number,
    port,
    registry_data,
    registry_path,
    split_registry_path,
    unescaped,
)
from vedette.telemetry.lookup import Columns, Lookup, sid_of
from vedette.telemetry.mapping import Rows, additional, event, file_columns, kept, without_counterpart
from vedette.telemetry.records import BAD_VALUE, SYSMON, Record, Rejected


def _by(table: str, record: Record, lookup: Lookup) -> Columns:
    """The process that an event names by Image, ProcessId, ProcessGuid and User."""
    return lookup.initiating(
        table,
        record,
        guid=record.text("ProcessGuid"),
        image=record.text("Image"),
        user=record.text("User"),
        process_id=count(record.fields.get("ProcessId")),
    )


def _by_source(table: str, record: Record, lookup: Lookup) -> Columns:
    """The process that an event names by SourceImage and so on."""
    return lookup.initiating(
        table,
        record,
        guid=record.text("SourceProcessGUID") or record.text("SourceProcessGuid"),
        image=record.text("SourceImage"),
        user=record.text("SourceUser"),
        process_id=count(record.fields.get("SourceProcessId")),
    )


@event(SYSMON, 1, title="process created", table="DeviceProcessEvents")
def process_created(record: Record, lookup: Lookup) -> Rows:
    fields = record.fields
    image = record.needed("Image")
    guid, user = record.text("ProcessGuid"), record.text("User")
    process_id = count(fields.get("ProcessId"))
    if process_id is None:
        process_id = lookup.process_id(record, guid)
    domain, name = account(user)
    token = lookup.token(record, process_id, image)
    session = count(fields.get("TerminalSessionId"))
    row = lookup.initiating(
        "DeviceProcessEvents",
        record,
        guid=record.text("ParentProcessGuid"),
        image=record.text("ParentImage"),
        user=record.text("ParentUser"),
        process_id=count(fields.get("ParentProcessId")),
    )
    row |= kept(
        {
            "ActionType": "ProcessCreated",
            **file_columns(image, record.text("Hashes")),
            "ProcessVersionInfoCompanyName": record.text("Company"),
            "ProcessVersionInfoProductName": record.text("Product"),
            "ProcessVersionInfoProductVersion": record.text("FileVersion"),
            "ProcessVersionInfoOriginalFileName": record.text("OriginalFileName"),
            "ProcessVersionInfoFileDescription": record.text("Description"),
            "ProcessId": process_id,
            "ProcessCommandLine": record.text("CommandLine"),
            "ProcessIntegrityLevel": record.text("IntegrityLevel"),
            "ProcessTokenElevation": token.elevation if token else "",
            "ProcessCreationTime": record.at + record.shift,
            "AccountDomain": domain,
            "AccountName": name,
            "AccountSid": (token.sid if token else "") or sid_of(user),
            "LogonId": count(fields.get("LogonId")),
            "CreatedProcessSessionId": session,
            "ProcessUniqueId": guid,
            "AdditionalFields": additional(CurrentDirectory=record.text("CurrentDirectory")),
            # The start event itself knows its parent's command line, also when the parent's start is not recorded.
            "InitiatingProcessCommandLine": record.text("ParentCommandLine"),
        }
    )
    return (("DeviceProcessEvents", row),)


@event(SYSMON, 2, title="file creation time changed", table="DeviceEvents")
def file_time_changed(record: Record, lookup: Lookup) -> Rows:
    row = _by("DeviceEvents", record, lookup)
    row["ActionType"] = "FileTimestampModificationEvent"
    row |= file_columns(record.needed("TargetFilename"))
    row["AdditionalFields"] = additional(
        CreationUtcTime=_moved_time(record, "CreationUtcTime"),
        PreviousCreationUtcTime=_moved_time(record, "PreviousCreationUtcTime"),
    )
    return (("DeviceEvents", row),)


def _moved_time(record: Record, name: str) -> str:
    """A time inside of an event, moved together with it and written as hunting does."""
    if not (value := record.text(name)):
        return ""
    try:
        at = instant(value) + record.shift
    except ValueError:
        return value
    return f"{moment(at):%Y-%m-%dT%H:%M:%S.%f}{at // 100 % 10}Z"


@event(SYSMON, 3, title="network connection", table="DeviceNetworkEvents")
def network_connection(record: Record, lookup: Lookup) -> Rows:
    source = (address(record.needed("SourceIp")), port(record.fields.get("SourcePort")))
    destination = (address(record.needed("DestinationIp")), port(record.fields.get("DestinationPort")))
    initiated = record.needed("Initiated").lower() == "true"
    local, remote = (source, destination) if initiated else (destination, source)
    if not initiated and lookup.is_own(record, source[0]) and not lookup.is_own(record, destination[0]):
        # For datagrams that it answers, Sysmon often gives the machine itself as the source.
        local, remote = source, destination
    name = record.text("DestinationHostname") if remote is destination else ""
    row = _by("DeviceNetworkEvents", record, lookup)
    row |= kept(
        {
            "ActionType": "ConnectionSuccess" if initiated else "InboundConnectionAccepted",
            "RemoteIP": remote[0],
            "RemotePort": remote[1],
            "RemoteUrl": "" if address(name) else name,
            "LocalIP": local[0],
            "LocalPort": local[1],
            "Protocol": record.text("Protocol").capitalize(),
            "LocalIPType": address_kind(local[0]),
            "RemoteIPType": address_kind(remote[0]),
        }
    )
    return (("DeviceNetworkEvents", row),)


@event(SYSMON, 6, title="driver loaded", table="DeviceEvents")
def driver_loaded(record: Record, lookup: Lookup) -> Rows:
    row: Columns = {"ActionType": "DriverLoad"}
    row |= file_columns(record.needed("ImageLoaded"), record.text("Hashes"))
    return (("DeviceEvents", row),)


@event(SYSMON, 7, title="image loaded", table="DeviceImageLoadEvents")
def image_loaded(record: Record, lookup: Lookup) -> Rows:
    """Also what is known of the file's signature; the importer keeps one such row per machine and file."""
    digests = record.text("Hashes")
    row = _by("DeviceImageLoadEvents", record, lookup)
    row["ActionType"] = "ImageLoaded"
    row |= file_columns(record.needed("ImageLoaded"), digests)
    sha1 = hashes(digests).get("SHA1")
    if not sha1 or not (signed := record.text("Signed").lower()):
        return (("DeviceImageLoadEvents", row),)
    certificate = kept(
        {
            "SHA1": sha1,
            "IsSigned": signed == "true",
            "Signer": record.text("Signature"),
            "IsTrusted": record.text("SignatureStatus").lower() == "valid",
        }
    )
    return (("DeviceImageLoadEvents", row), ("DeviceFileCertificateInfo", certificate))


def _on_process(record: Record, lookup: Lookup, action: str, more: str) -> Rows:
    """A process did something to another one."""
    guid = record.text("TargetProcessGUID") or record.text("TargetProcessGuid")
    target = lookup.start(record, guid)
    row = _by_source("DeviceEvents", record, lookup)
    row |= kept(
        {
            "ActionType": action,
            **file_columns(record.needed("TargetImage")),
            **(target.hashes if target else {}),
            "ProcessId": count(record.fields.get("TargetProcessId")),
            "ProcessCommandLine": target.command_line if target else "",
            "ProcessCreationTime": target.at + record.shift if target else None,
            "AdditionalFields": more,
        }
    )
    return (("DeviceEvents", row),)


@event(SYSMON, 8, title="remote thread", table="DeviceEvents")
def remote_thread(record: Record, lookup: Lookup) -> Rows:
    more = additional(
        StartAddress=record.text("StartAddress"),
        StartModule=record.text("StartModule"),
        StartFunction=record.text("StartFunction"),
    )
    return _on_process(record, lookup, "CreateRemoteThreadApiCall", more)


@event(SYSMON, 10, title="process access", table="DeviceEvents")
def process_accessed(record: Record, lookup: Lookup) -> Rows:
    """Whether memory was then read cannot be told apart from opening the process."""
    access = number(record.fields.get("GrantedAccess"))
    return _on_process(record, lookup, "OpenProcessApiCall", additional(DesiredAccess=access))


@event(SYSMON, 11, title="file created", table="DeviceFileEvents")
def file_created(record: Record, lookup: Lookup) -> Rows:
    row = _by("DeviceFileEvents", record, lookup)
    row["ActionType"] = "FileCreated"
    row |= file_columns(record.needed("TargetFilename"))
    return (("DeviceFileEvents", row),)


_ORIGIN: Final = re.compile(r"(HostUrl|ReferrerUrl)=(\S+)")


@event(SYSMON, 15, title="alternate stream created", table="DeviceFileEvents")
def stream_created(record: Record, lookup: Lookup) -> Rows:
    """The file that the stream belongs to, and where it came from, which a browser writes into the stream."""
    folder, slash, name = record.needed("TargetFilename").rpartition("\\")
    origin = dict(_ORIGIN.findall(record.text("Contents")))
    row = _by("DeviceFileEvents", record, lookup)
    row |= kept(
        {
            "ActionType": "FileCreated",
            **file_columns(folder + slash + name.partition(":")[0], record.text("Hash")),
            "FileOriginUrl": origin.get("HostUrl"),
            "FileOriginReferrerUrl": origin.get("ReferrerUrl"),
        }
    )
    return (("DeviceFileEvents", row),)


@event(SYSMON, 23, title="file deleted and kept", table="DeviceFileEvents")
@event(SYSMON, 26, title="file deleted", table="DeviceFileEvents")
def file_deleted(record: Record, lookup: Lookup) -> Rows:
    row = _by("DeviceFileEvents", record, lookup)
    row["ActionType"] = "FileDeleted"
    row |= file_columns(record.needed("TargetFilename"), record.text("Hashes"))
    return (("DeviceFileEvents", row),)


_KEY_ACTIONS: Final = {
    "CreateKey": "RegistryKeyCreated",
    "DeleteKey": "RegistryKeyDeleted",
    "DeleteValue": "RegistryValueDeleted",
}


@event(SYSMON, 12, title="registry key created or key or value deleted", table="DeviceRegistryEvents")
def registry_object(record: Record, lookup: Lookup) -> Rows:
    """Without EventType nothing says which of the three it was, nor where the key ends: such an event is rejected."""
    kind = record.needed("EventType")
    action = _KEY_ACTIONS.get(kind)
    if action is None:
        raise Rejected(BAD_VALUE, f"EventType {kind}")
    row = _by("DeviceRegistryEvents", record, lookup)
    row["ActionType"] = action
    target = record.needed("TargetObject")
    if kind == "DeleteValue":
        row["RegistryKey"], name = split_registry_path(target)
        if name:
            row["RegistryValueName"] = name
    else:
        row["RegistryKey"] = registry_path(target)
    return (("DeviceRegistryEvents", row),)


@event(SYSMON, 13, title="registry value set", table="DeviceRegistryEvents")
def registry_value_set(record: Record, lookup: Lookup) -> Rows:
    row = _by("DeviceRegistryEvents", record, lookup)
    row["ActionType"] = "RegistryValueSet"
    row["RegistryKey"], name = split_registry_path(record.needed("TargetObject"))
    if name:
        row["RegistryValueName"] = name
    details = record.fields.get("Details")
    if isinstance(details, str):
        kind, data = registry_data(details)
        row["RegistryValueType"] = kind
        if data:
            row["RegistryValueData"] = data
    return (("DeviceRegistryEvents", row),)


@event(SYSMON, 14, title="registry object renamed", table="DeviceRegistryEvents")
def registry_renamed(record: Record, lookup: Lookup) -> Rows:
    row = _by("DeviceRegistryEvents", record, lookup)
    row["ActionType"] = "RegistryKeyRenamed"
    row["PreviousRegistryKey"] = registry_path(record.needed("TargetObject"))
    row["RegistryKey"] = registry_path(record.needed("NewName"))
    return (("DeviceRegistryEvents", row),)


_PIPE_OPERATION: Final = {17: "File created", 18: "File opened"}


@event(SYSMON, 17, title="pipe created", table="DeviceEvents")
@event(SYSMON, 18, title="pipe connected", table="DeviceEvents")
def pipe(record: Record, lookup: Lookup) -> Rows:
    name = unescaped(record.needed("PipeName"))
    row = _by("DeviceEvents", record, lookup)
    row["ActionType"] = "NamedPipeEvent"
    row["AdditionalFields"] = additional(
        PipeName="\\Device\\NamedPipe" + ("" if name.startswith("\\") else "\\") + name,
        FileOperation=_PIPE_OPERATION[record.event_id],
    )
    return (("DeviceEvents", row),)


@event(SYSMON, 21, title="WMI consumer bound to filter", table="DeviceEvents")
def wmi_bound(record: Record, lookup: Lookup) -> Rows:
    domain, name = account(record.text("User"))
    row = kept(
        {
            "ActionType": "WmiBindEventFilterToConsumer",
            "InitiatingProcessAccountDomain": domain,
            "InitiatingProcessAccountName": name,
            "AdditionalFields": additional(Consumer=record.needed("Consumer"), Filter=record.needed("Filter")),
        }
    )
    return (("DeviceEvents", row),)


@event(SYSMON, 22, title="DNS query", table="DeviceEvents")
def dns_query(record: Record, lookup: Lookup) -> Rows:
    answers = [part.strip() for part in record.text("QueryResults").split(";") if part.strip()]
    row = _by("DeviceEvents", record, lookup)
    row["ActionType"] = "DnsQueryResponse"
    row["AdditionalFields"] = additional(DnsQueryString=record.needed("QueryName"), DnsQueryResult=answers or None)
    return (("DeviceEvents", row),)


without_counterpart(SYSMON, "process ended", 5)
without_counterpart(SYSMON, "WMI filter or consumer on its own", 19, 20)
without_counterpart(SYSMON, "process image tampering", 25)
