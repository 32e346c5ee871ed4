"""Values that columns are known to hold, beside the action types that each table declares itself.

The service may send others. `certainty` says which of the values the documentation gives and which are only usual.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Domain:
    """The known values of some columns of some tables."""

    columns: tuple[str, ...]
    tables: tuple[str, ...]
    """Table names; one that ends in `*` stands for all tables of that beginning."""
    values: tuple[str, ...]
    certainty: str

    def covers(self, table: str) -> bool:
        """Whether the domain speaks of this table."""
        return any(table.startswith(name[:-1]) if name.endswith("*") else table == name for name in self.tables)


def _domain(columns: str, tables: str, values: str, certainty: str) -> Domain:
    split = values.split("; ")
    return Domain(tuple(columns.split()), tuple(tables.split()), tuple(split), certainty)


DOMAINS: tuple[Domain, ...] = (
    _domain(
        "LogonType",
        "DeviceLogonEvents IdentityLogonEvents",
        "Interactive; RemoteInteractive; Network; Batch; Service; NetworkCleartext; CachedInteractive; "
        "CachedRemoteInteractive; NewCredentials; Unlock; Local; Unknown",
        "Interactive, RemoteInteractive, Network, Batch and Service kinds are documented; the others are "
        "Windows logon kinds and not confirmed here. IdentityLogonEvents also has texts such as Credentials "
        "validation, LDAP cleartext, Failed logon (first two seen in public queries).",
    ),
    _domain(
        "ProcessIntegrityLevel InitiatingProcessIntegrityLevel",
        "Device*",
        "Low; Medium; High; System",
        "Windows levels; a recorded Sysmon stream also has AppContainer",
    ),
    _domain(
        "ProcessTokenElevation InitiatingProcessTokenElevation",
        "Device*",
        "TokenElevationTypeDefault; TokenElevationTypeFull; TokenElevationTypeLimited; None",
        "first three documented; None is commonly seen, not confirmed here",
    ),
    _domain(
        "RemoteIPType LocalIPType",
        "DeviceNetworkEvents DeviceLogonEvents",
        "Public; Private; Reserved; Loopback; Teredo; FourToSixMapping; Broadcast; LinkLocal; Multicast",
        "first seven documented; the last two not confirmed",
    ),
    _domain(
        "Protocol",
        "DeviceNetworkEvents",
        "Tcp; Udp; Icmp; TcpV4; TcpV6; UdpV4; UdpV6",
        "Tcp seen in public queries; the rest not confirmed",
    ),
    _domain(
        "Protocol",
        "IdentityLogonEvents IdentityQueryEvents IdentityDirectoryEvents",
        "Kerberos; Ntlm; Ldap; Samr; Dns; Drsr; Smb",
        "Kerberos, Ntlm, Ldap, Dns, Drsr seen in queries or recorded rows; the rest not confirmed",
    ),
    _domain(
        "RequestProtocol",
        "DeviceFileEvents",
        "Unknown; Local; SMB; NFS",
        "documented",
    ),
    _domain(
        "OnboardingStatus",
        "DeviceInfo DeviceNetworkInfo",
        "Onboarded; Can be onboarded; Unsupported; Insufficient info",
        "first two seen in public queries; the others not confirmed",
    ),
    _domain(
        "DeviceCategory",
        "DeviceInfo",
        "Endpoint; Network device; IoT; Unknown",
        "documented; spelling in data may differ (NetworkDevice)",
    ),
    _domain(
        "DeviceType",
        "DeviceInfo",
        "Workstation; Server; Mobile; Network device; GamingConsole; Printer; Unknown",
        "Workstation and Server seen in public queries; others documented as kinds, spelling not confirmed",
    ),
    _domain(
        "OSPlatform",
        "DeviceInfo DeviceTvm*",
        "Windows11; Windows10; WindowsServer2022; WindowsServer2019; WindowsServer2016; Linux; macOS; Android; iOS",
        "Windows10 seen in public queries; the rest commonly seen, not confirmed here",
    ),
    _domain(
        "ExposureLevel",
        "DeviceInfo",
        "Low; Medium; High",
        "documented",
    ),
    _domain(
        "AssetValue",
        "DeviceInfo",
        "Low; Normal; High",
        "documented",
    ),
    _domain(
        "NetworkAdapterStatus",
        "DeviceNetworkInfo",
        "Up; Down; Testing; Unknown; Dormant; NotPresent; LowerLayerDown",
        "Up seen in public queries; the others are the .NET OperationalStatus names",
    ),
    _domain(
        "RegistryValueType",
        "DeviceRegistryEvents",
        "String; ExpandString; MultiString; Dword; Qword; Binary; None",
        "kinds documented in words only; spelling not confirmed",
    ),
    _domain(
        "SignatureType",
        "DeviceFileCertificateInfo",
        "Embedded; Catalog",
        "Embedded in a documented sample; Catalog by description",
    ),
    _domain(
        "EntityType",
        "AlertEvidence",
        "Machine; User; File; Process; Ip; Url; MailMessage; MailCluster; Mailbox; RegistryKey; RegistryValue; "
        "CloudApplication; OAuthApplication; CloudResource; SecurityGroup",
        "Machine, User, File seen in documented samples or public queries; the rest not confirmed",
    ),
    _domain(
        "EvidenceRole",
        "AlertEvidence",
        "Impacted; Related",
        "documented",
    ),
    _domain(
        "EvidenceDirection",
        "AlertEvidence",
        "Source; Destination",
        "documented in words",
    ),
    _domain(
        "Severity",
        "AlertInfo AlertEvidence",
        "Informational; Low; Medium; High",
        "Low, Medium, High documented; Informational commonly seen",
    ),
    _domain(
        "ServiceSource",
        "AlertInfo AlertEvidence",
        "Microsoft Defender for Endpoint; Microsoft Defender for Office 365; Microsoft Defender for Identity; "
        "Microsoft Defender for Cloud Apps; Microsoft Defender XDR",
        "product names documented; exact text not confirmed",
    ),
    _domain(
        "EmailDirection",
        "EmailEvents",
        "Inbound; Outbound; Intra-org",
        "documented",
    ),
    _domain(
        "DeliveryAction",
        "EmailEvents",
        "Delivered; Junked; Blocked; Replaced",
        "documented",
    ),
    _domain(
        "DeliveryLocation",
        "EmailEvents",
        "Inbox/Folder; On-premises/External; Junk; Quarantine; Failed; Dropped; Deleted items",
        "documented; data may write Inbox/folder and Junk folder",
    ),
    _domain(
        "Workload",
        "UrlClickEvents",
        "Email; Office; Teams",
        "documented",
    ),
)


def domains_of(table: str, column: str) -> frozenset[str]:
    """The known values of a column, or an empty set when none are listed."""
    return frozenset(
        value for domain in DOMAINS if column in domain.columns and domain.covers(table) for value in domain.values
    )
