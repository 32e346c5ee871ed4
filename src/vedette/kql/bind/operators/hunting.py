"""`FileProfile`, `DeviceFromIP`, `AssignedIPAddresses`, `SeenBy`: what advanced hunting knows beyond its tables.

The service asks its own stores. Here the hunting tables themselves are asked: a file is known by where it was seen and
by its certificate, an address by `DeviceNetworkInfo`. So "global" numbers count the devices of these tables. A table
named `FileProfiles`, with the columns of a profile and a SHA1 or SHA256, takes their place where an engine has one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, gives_rows, refs
from vedette.kql.bind.composing import compose
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.scope import Frame, Row, Scope
from vedette.kql.bound import Bound, Call, Const, Ref, missing_value
from vedette.kql.functions.hunting import REFUSED
from vedette.kql.plan import Join, Plan, Project, Window, Windows
from vedette.kql.schema import Column, Naming

PROFILE: Final[tuple[tuple[str, KqlType], ...]] = (
    ("SHA1", "string"),
    ("SHA256", "string"),
    ("MD5", "string"),
    ("FileSize", "int"),
    ("GlobalPrevalence", "int"),
    ("GlobalFirstSeen", "datetime"),
    ("GlobalLastSeen", "datetime"),
    ("Signer", "string"),
    ("Issuer", "string"),
    ("SignerHash", "string"),
    ("IsCertificateValid", "bool"),
    ("IsRootSignerMicrosoft", "bool"),
    ("SignatureState", "string"),
    ("IsExecutable", "bool"),
    ("ThreatName", "string"),
    ("Publisher", "string"),
    ("SoftwareName", "string"),
    ("ProfileAvailability", "string"),
)
"""Columns that `FileProfile` adds, in order."""
SOURCE: Final = "FileProfiles"
HASHES: Final = ("SHA1", "SHA256", "InitiatingProcessSHA1", "InitiatingProcessSHA256")
MOST_ROWS: Final = 1000

_SEEN: Final = """
let seen = union
    (DeviceProcessEvents | project Timestamp, DeviceId, SHA1, SHA256, MD5, FileSize, runs = true,
        company = ProcessVersionInfoCompanyName, product = ProcessVersionInfoProductName, threat = ""),
    (DeviceProcessEvents | project Timestamp, DeviceId, SHA1 = InitiatingProcessSHA1, SHA256 = InitiatingProcessSHA256,
        MD5 = InitiatingProcessMD5, FileSize = InitiatingProcessFileSize, runs = true,
        company = InitiatingProcessVersionInfoCompanyName, product = InitiatingProcessVersionInfoProductName,
        threat = ""),
    (DeviceImageLoadEvents | project Timestamp, DeviceId, SHA1, SHA256, MD5, FileSize, runs = true, company = "",
        product = "", threat = ""),
    (DeviceFileEvents | project Timestamp, DeviceId, SHA1, SHA256, MD5, FileSize, runs = bool(null), company = "",
        product = "", threat = ""),
    (DeviceEvents | project Timestamp, DeviceId, SHA1, SHA256, MD5, FileSize, runs = bool(null), company = "",
        product = "", threat = iff(ActionType == "AntivirusDetection",
            tostring(parse_json(AdditionalFields).ThreatName), ""))
| extend wanted = tolower($HASH)
| where isnotempty(wanted) and wanted in (asked);
let files = seen
| summarize First = min(Timestamp), Last = max(Timestamp), SHA1 = tolower(max(SHA1)), SHA256 = tolower(max(SHA256)),
    MD5 = tolower(max(MD5)), FileSize = toint(max(FileSize)), runs = max(iff(runs, 1, 0)), company = max(company),
    product = max(product), threat = max(threat) by wanted, DeviceId
| summarize GlobalFirstSeen = min(First), GlobalLastSeen = max(Last), GlobalPrevalence = toint(count()),
    SHA1 = max(SHA1), SHA256 = max(SHA256), MD5 = max(MD5), FileSize = max(FileSize), runs = max(runs),
    Publisher = max(company), SoftwareName = max(product), ThreatName = max(threat) by wanted;
let certificates = DeviceFileCertificateInfo
| extend known = tolower(SHA1)
| where known in ((files | where isnotempty(SHA1) | project SHA1))
| summarize arg_max(Timestamp, Signer, Issuer, SignerHash, IsSigned, IsTrusted, IsRootSignerMicrosoft) by known;
files
| join kind=leftouter certificates on $left.SHA1 == $right.known
| project wanted, SHA1, SHA256, MD5, FileSize, GlobalPrevalence, GlobalFirstSeen, GlobalLastSeen, Signer, Issuer,
    SignerHash, IsCertificateValid = IsTrusted, IsRootSignerMicrosoft,
    SignatureState = case(isnull(IsSigned), "Unknown", not(IsSigned), "Unsigned", IsTrusted == true, "SignedValid",
        "SignedInvalid"),
    IsExecutable = iff(runs == 1, true, bool(null)), ThreatName, Publisher, SoftwareName,
    ProfileAvailability = "Available"
"""


@gives_rows("FileProfile")
def file_profile(binder: Binder, node: syntax.Call, input: Plan | None, scope: Scope) -> Plan:
    if input is None:
        raise binder.source.semantic_error("FileProfile needs rows: … | invoke FileProfile().", node.span)
    hashed = _hash_column(binder, node, input, scope)
    limit = min(_whole(binder, node, scope, 1, 100), MOST_ROWS)
    naming = Naming(input.columns)
    number = naming.column("$number", "long")
    numbered: Plan = Windows((*input.columns, number), input, (Window("row_number", ()),), (number,))
    key = naming.column("$hash", "string")
    lower = Call("string", "tolower", (Ref("string", hashed),))
    within = Call("bool", "<=", (Ref("long", number), Const("long", limit)))
    valid = Call("bool", "matches regex", (lower, Const("string", "^([0-9a-f]{40}|[0-9a-f]{64})$")))
    wanted = Call("string", "iff", (Call("bool", "and", (within, valid)), lower, Const("string", "")))
    numbered = Project((*numbered.columns, key), numbered, (*refs(numbered.columns), wanted))
    asked = binder.kept(numbered)
    rows = binder.shared(asked)
    hashes = binder.project_columns(binder.shared(asked), ["$hash"])
    by = "SHA256" if "256" in hashed.name else "SHA1"
    profile = _profiles(binder, hashes, by)
    if profile is None:
        return _enriched(rows, None, input)
    return _enriched(rows, profile, input)


def _profiles(binder: Binder, hashes: Plan, by: str) -> Plan | None:
    """Profiles of files by hash: the first column, then those of `PROFILE`. None when there is nothing to ask."""
    if SOURCE in binder.tables:
        plan = binder.scan(SOURCE)
        have = Row(plan.columns)
        naming = Naming()
        key = have.find(by)
        if key is None:
            return None
        values: list[Bound] = [Call("string", "tolower", (convert(Ref(key.type, key), "string"),))]
        columns = [naming.column("wanted", "string")]
        for name, type in PROFILE:
            column = have.exactly(name)
            empty: Bound = missing_value(type)
            if name == "ProfileAvailability":
                empty = Const("string", "Available")
            columns.append(naming.column(name, type))
            values.append(convert(Ref(column.type, column), type) if column else empty)
        return Project(tuple(columns), plan, tuple(values))
    tables = ("DeviceProcessEvents", "DeviceImageLoadEvents", "DeviceFileEvents", "DeviceEvents")
    if not all(name in binder.tables for name in (*tables, "DeviceFileCertificateInfo")):
        return None
    return compose(binder, _SEEN.replace("$HASH", by), {"asked": hashes})


def _enriched(rows: Plan, profile: Plan | None, input: Plan) -> Plan:
    """The input's columns as they are, and those of a profile whose names are not taken."""
    *kept, _, key = rows.columns
    taken = {column.name for column in input.columns}
    joined = rows
    found: dict[str, Column] = {}
    if profile is not None:
        naming = Naming(rows.columns)
        added = tuple(naming.column(f"$profile_{one.name}", one.type, one.encoding) for one in profile.columns)
        on = ((Ref("string", key), Ref("string", profile.columns[0])),)
        joined = Join((*rows.columns, *added), rows, profile, "left", on)
        found = {one.name: column for one, column in zip(profile.columns, added, strict=True)}
    naming = Naming(kept)
    columns: list[Column] = list(kept)
    values: list[Bound] = list(refs(kept))
    for name, type in PROFILE:
        if name in taken:
            continue
        columns.append(naming.column(name, type))
        stored = found.get(name)
        empty: Bound = missing_value(type)
        value: Bound = Ref(type, stored) if stored else empty
        if name == "ProfileAvailability":
            asked = Call("bool", "!=", (Ref("string", key), Const("string", "")))
            known = Call("bool", "!=", (value, Const("string", "")))
            missing = Call("string", "iff", (asked, Const("string", "Missing"), Const("string", "")))
            value = Call("string", "iff", (known, value, missing)) if stored else missing
        elif name in ("SHA1", "SHA256"):
            width = 40 if name == "SHA1" else 64
            length = Call("long", "strlen", (Ref("string", key),))
            itself = Call("bool", "==", (length, Const("long", width)))
            value = Call("string", "iff", (itself, Ref("string", key), value))
        values.append(value)
    return Project(tuple(columns), joined, tuple(values))


def _hash_column(binder: Binder, node: syntax.Call, input: Plan, scope: Scope) -> Column:
    row = Row(input.columns)
    given = node.arguments[0].value if node.arguments else syntax.Name("SHA1", span=node.span)
    if isinstance(given, syntax.Name) and row.find(given.name) is not None:
        wanted = given.name
    elif isinstance(given, syntax.Name) and given.name in HASHES:
        raise binder.source.unknown("column", given.name, row.names, given.span)
    else:
        value = binder.constant(given, scope, what="The column of hashes").value
        wanted = str(value)
    column = row.find(wanted)
    if column is None:
        raise binder.source.unknown("column", wanted, row.names, given.span)
    if column.type != "string":
        raise binder.source.semantic_error(
            f"FileProfile looks files up by text, and '{wanted}' is a {column.type}.", given.span
        )
    return column


def _whole(binder: Binder, node: syntax.Call, scope: Scope, position: int, default: int) -> int:
    if len(node.arguments) <= position:
        return default
    argument = node.arguments[position].value
    value = binder.constant(argument, scope, what="The number of rows").value
    if not isinstance(value, int) or value < 1:
        raise binder.source.semantic_error("A number of rows from 1 to 1000 is needed here.", argument.span)
    return value


_ADDRESSES: Final = """
DeviceNetworkInfo
| where isnull(until) or Timestamp <= until
| mv-expand Entry = parse_json(IPAddresses)
| extend Address = tostring(Entry.IPAddress), Kind = tostring(Entry.AddressType)
| where isnotempty(Address)
"""

_FROM_IP: Final = (
    "let found = "
    + _ADDRESSES.replace("| where isnull(until) or Timestamp <= until\n", "")
    + """| where Address in ((asked | project ['$ip']))
| project Address, DeviceId, Timestamp;
asked
| distinct ['$ip'], ['$at']
| where isnotempty(['$ip'])
| join kind=inner found on $left.['$ip'] == $right.Address
| where isnull(['$at']) or Timestamp <= ['$at']
| summarize arg_max(Timestamp, DeviceId) by ['$ip'], ['$at']
| distinct IP = ['$ip'], DeviceId
"""
)


@gives_rows("DeviceFromIP")
def device_from_ip(binder: Binder, node: syntax.Call, input: Plan | None, scope: Scope) -> Plan:
    """For each address in the input, the device that it was last assigned to."""
    if input is None:
        raise binder.source.semantic_error("DeviceFromIP needs rows: … | invoke DeviceFromIP().", node.span)
    frame = binder.frame(input, scope)
    given = [argument.value for argument in node.arguments]
    ip = binder.scalar(given[0] if given else syntax.Name("IP", span=node.span), frame)
    if ip.type != "string":
        raise binder.source.semantic_error(f"An address is a text, and this is a {ip.type}.", node.span)
    at: Bound = Const("datetime", None)
    if len(given) > 1:
        at = binder.scalar(given[1], frame)
        if at.type != "datetime":
            raise binder.source.semantic_error(f"A datetime is needed here, and this is a {at.type}.", given[1].span)
    naming = Naming()
    columns = (naming.column("$ip", "string"), naming.column("$at", "datetime"))
    return compose(binder, _FROM_IP, {"asked": Project(columns, input, (ip, at))})


_ADAPTERS: Final = {
    "Ethernet": 6, "TokenRing": 9, "Fddi": 15, "BasicIsdn": 20, "PrimaryIsdn": 21, "Ppp": 23, "Loopback": 24,
    "Ethernet3Megabit": 26, "Slip": 28, "Atm": 37, "GenericModem": 48, "FastEthernetT": 62, "Isdn": 63,
    "FastEthernetFx": 69, "Wireless80211": 71, "AsymmetricDsl": 94, "RateAdaptDsl": 95, "SymmetricDsl": 96,
    "VeryHighSpeedDsl": 97, "IPOverAtm": 114, "GigabitEthernet": 117, "Tunnel": 131, "MultiRateSymmetricDsl": 143,
    "HighPerformanceSerialBus": 144, "Wman": 237, "Wwanpp": 243, "Wwanpp2": 244, "Unknown": 1,
}  # fmt: skip
"""Names of network adapter types → their numbers in .NET's `NetworkInterfaceType`."""

_ASSIGNED: Final = (
    """
let newest = DeviceNetworkInfo
| where (DeviceId =~ device or DeviceName =~ device) and (isnull(until) or Timestamp <= until)
| summarize arg_max(Timestamp, DeviceName, IPAddresses, NetworkAdapterType, ConnectedNetworks)
    by DeviceId, NetworkAdapterName, MacAddress;
newest
| mv-expand Entry = parse_json(IPAddresses)
| extend IPAddress = tostring(Entry.IPAddress), Said = tostring(Entry.AddressType)
| where isnotempty(IPAddress)
| extend IPType = case(Said in~ ("Public", "Private"), Said, isnull(ipv4_is_private(IPAddress)), Said,
    ipv4_is_private(IPAddress), "Private", "Public")
| summarize arg_max(Timestamp, IPType, NetworkAdapterType, ConnectedNetworks, DeviceName) by IPAddress
| project Timestamp, IPAddress, IPType, NetworkAdapterType = case("""
    + ", ".join(f'NetworkAdapterType =~ "{name}", int({number})' for name, number in _ADAPTERS.items())
    + """, toint(NetworkAdapterType)), ConnectedNetworks, DeviceName
"""
)


@gives_rows("AssignedIPAddresses")
def assigned_ip_addresses(binder: Binder, node: syntax.Call, input: Plan | None, scope: Scope) -> Plan:
    """The newest addresses of a device. `DeviceName` is added to the documented columns: their sample shows it."""
    given = [argument.value for argument in node.arguments]
    if not 1 <= len(given) <= 2:
        raise binder.source.semantic_error(
            "AssignedIPAddresses takes a device and maybe a time.", node.span, hint='AssignedIPAddresses("ws-01")'
        )
    device = binder.scalar(given[0], Frame(scope))
    until: Bound = Const("datetime", None) if len(given) == 1 else binder.scalar(given[1], Frame(scope))
    if device.type != "string" or until.type != "datetime":
        raise binder.source.semantic_error("AssignedIPAddresses takes a text and a datetime.", node.span)
    return compose(binder, _ASSIGNED, {"device": device, "until": until})


_MEETINGS: Final = """
let addresses = DeviceNetworkInfo
| where DeviceId in ((asked | project DeviceId))
| mv-expand Entry = parse_json(IPAddresses)
| extend Address = tostring(Entry.IPAddress)
| where isnotempty(Address)
| distinct Address, Target = DeviceId;
DeviceNetworkEvents
| where RemoteIP in ((addresses | project Address))
| distinct RemoteIP, DeviceId
| join kind=inner addresses on $left.RemoteIP == $right.Address
| where Target != DeviceId
| distinct Target, DeviceId
"""


@gives_rows("SeenBy")
def seen_by(binder: Binder, node: syntax.Call, input: Plan | None, scope: Scope) -> Plan:
    """The devices whose network traffic names one of a device's addresses.

    Over rows it adds `SeenBy`, an array of `{"DeviceId": …}`; called for one device it gives the column `DeviceId`.
    """
    naming = Naming()
    if node.arguments:
        frame = binder.frame(input, scope) if input is not None else Frame(scope)
        device = binder.scalar(node.arguments[0].value, frame)
        if device.type != "string":
            raise binder.source.semantic_error(f"A device id is a text, and this is a {device.type}.", node.span)
        if input is None:
            one = compose(binder, "print DeviceId = device", {"device": device})
            return compose(binder, _MEETINGS + "| project DeviceId", {"asked": one})
    elif input is None:
        raise binder.source.semantic_error("SeenBy needs rows: … | invoke SeenBy().", node.span)
    else:
        device = binder.scalar(syntax.Name("DeviceId", span=node.span), binder.frame(input, scope))
    kept = binder.kept(input)
    rows = binder.shared(kept)
    replaced = dict(zip(input.columns, rows.columns, strict=True))
    if not isinstance(device, Ref):
        raise binder.source.semantic_error("SeenBy takes a column of device ids.", node.span)
    key = replaced[device.column]
    again = binder.shared(kept)
    same = again.columns[rows.columns.index(key)]
    ids = Project((naming.column("DeviceId", "string"),), again, (Ref("string", same),))
    found = compose(
        binder,
        _MEETINGS + "| summarize Found = make_list(bag_pack('DeviceId', DeviceId)) by Target",
        {"asked": ids},
    )
    names = Naming(rows.columns)
    added = tuple(names.column(f"$seen_{one.name}", one.type) for one in found.columns)
    joined = Join(
        (*rows.columns, *added), rows, found, "left", ((Ref("string", key), Ref("string", found.columns[0])),)
    )
    out = Naming(rows.columns).column("SeenBy", "dynamic")
    return Project((*rows.columns, out), joined, (*refs(rows.columns), Ref("dynamic", added[1])))


def _refused(name: str) -> Callable[..., Plan]:
    def refuse(binder: Binder, node: syntax.Call, input: Plan | None, scope: Scope) -> Plan:
        raise binder.source.unsupported(
            f"The function '{name}' needs the service's models of behaviour and is not supported.",
            node.name_span,
            hint="The table BehaviorEntities holds behaviours that were reported.",
        )

    return refuse


for _name in REFUSED:
    gives_rows(_name)(_refused(_name))

__all__ = ["assigned_ip_addresses", "device_from_ip", "file_profile", "seen_by"]
