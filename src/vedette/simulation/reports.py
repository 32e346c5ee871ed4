"""What devices report of themselves: `DeviceInfo`, `DeviceNetworkInfo`, signatures of files, and the accounts' records.

The same facts fill the machine entities, so that a hunt and the API agree.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from vedette.simulation.desk import Desk
from vedette.simulation.enterprise import COMPANY, DEVICE_GROUPS, DNS, NAT, Account, Host, identifier
from vedette.simulation.estate import Profile, hardware, installed
from vedette.simulation.estate.exposure import level
from vedette.simulation.files import FileImage
from vedette.simulation.tape import Tape


def device_info(desk: Desk, at: datetime) -> None:
    """A full report of the device: `DeviceInfo`."""
    host = desk.host
    joined = host.owner is not None
    logged_on = (
        [{"UserName": host.owner.name, "DomainName": host.owner.domain, "Sid": host.owner.sid}] if host.owner else []
    )
    columns: dict[str, object] = {
        "ClientVersion": "10.8760.26100.1",
        "PublicIP": NAT,
        "OSArchitecture": "64-bit",
        "OSPlatform": host.system.platform,
        "OSBuild": host.system.build,
        "IsAzureADJoined": joined,
        "JoinType": "Hybrid Azure AD Join" if joined else "Domain Joined",
        "LoggedOnUsers": json.dumps(logged_on),
        "OSVersion": "10.0" if host.is_windows else host.system.version,
        "MachineGroup": DEVICE_GROUPS[host.group],
        "OnboardingStatus": "Onboarded",
        "DeviceCategory": "Endpoint",
        "DeviceType": "Server" if host.is_server else "Workstation",
        "OSDistribution": host.system.distribution,
        "OSVersionInfo": host.system.version,
        "IsInternetFacing": host.role == "web",
        "SensorHealthState": "Active",
        "IsExcluded": False,
        "ExposureLevel": exposure(host),
        "AssetValue": asset_value(host),
        "OsBuildRevision": _revision(host),
        "Vendor": hardware.VENDOR,
        "Model": hardware.model(host.id),
        "ConnectivityType": "Streamlined",
        "IsTransient": False,
    }
    if joined:
        columns["AadDeviceId"] = aad_device_id(host)
    desk.tape.note(at, host, "DeviceInfo", None, columns)


def network_info(desk: Desk, at: datetime) -> None:
    """A report of the device's adapter: `DeviceNetworkInfo`."""
    host = desk.host
    gateway = host.ip.rpartition(".")[0] + ".1"
    desk.tape.note(
        at,
        host,
        "DeviceNetworkInfo",
        None,
        {
            "NetworkAdapterName": identifier(host.key, "adapter"),
            "MacAddress": mac(host),
            "NetworkAdapterType": "Ethernet",
            "NetworkAdapterStatus": "Up",
            "TunnelType": "None",
            "DnsAddresses": json.dumps(["10.20.1.10"]),
            "ConnectedNetworks": json.dumps(
                [{"Name": "halden.example", "Category": "DomainAuthenticated", "IsConnectedToInternet": True}]
            ),
            "DefaultGateways": json.dumps([gateway]),
            "IPv4Dhcp": gateway,
            "IPAddresses": json.dumps([{"IPAddress": host.ip, "SubnetPrefix": 24, "AddressType": "Private"}]),
            "OnboardingStatus": "Onboarded",
            "NetworkAdapterVendor": "Halden Hardware",
            "NetworkAdapterDnsSuffix": "halden.example",
        },
    )


def mac(host: Host) -> str:
    """The adapter's address in the form of hunting rows; the API writes it without separators."""
    return "-".join(host.mac[i : i + 2] for i in range(0, 12, 2))


def aad_device_id(host: Host) -> str:
    """The device's id in Entra ID."""
    return identifier(host.key, "entra")


def exposure(host: Host) -> str:
    """How exposed the machine is by what is installed on it."""
    return level(_profile(host))


def _profile(host: Host) -> Profile:
    system = host.system
    return Profile(host.id, host.dns, system.platform, system.version, system.build if host.is_windows else None)


def _revision(host: Host) -> str:
    """The last part of the version of the system; the update of a month does not touch every file of it."""
    if not host.is_windows:
        return str(host.system.revision)
    return installed(_profile(host))[0].release.version.rpartition(".")[2]


def asset_value(host: Host) -> str:
    """What the machine is worth to the company."""
    return "High" if host.role in ("dc", "sql", "files") else "Normal"


def certificate(desk: Desk, at: datetime, file: FileImage) -> None:
    """The signature of a file seen on the device: `DeviceFileCertificateInfo`."""
    microsoft = file.company.startswith("Microsoft")
    columns: dict[str, object] = {"SHA1": file.sha1, "IsSigned": bool(file.company), "IsTrusted": bool(file.company)}
    if file.company:
        columns |= {
            "SignatureType": "Catalog" if file.folder.lower().startswith("c:\\windows\\") else "Embedded",
            "Signer": "Microsoft Windows" if microsoft else file.company,
            "SignerHash": identifier("signer", file.company).replace("-", ""),
            "Issuer": "Microsoft Windows Production PCA 2011" if microsoft else "Halden Works Issuing CA",
            "IssuerHash": identifier("issuer", microsoft).replace("-", ""),
            "CertificateSerialNumber": identifier("serial", file.company).replace("-", ""),
            "CertificateCreationTime": at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=200),
            "CertificateExpirationTime": at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=165),
            "IsRootSignerMicrosoft": microsoft,
        }
    desk.tape.note(at, desk.host, "DeviceFileCertificateInfo", None, columns)


def identity_info(tape: Tape, at: datetime, account: Account, tenant_id: str) -> None:
    """The directory's record of an account: `IdentityInfo`."""
    given, _, surname = account.display_name.partition(" ")
    tape.note(
        at,
        None,
        "IdentityInfo",
        None,
        {
            "AccountObjectId": account.object_id,
            "AccountUpn": account.upn,
            "OnPremSid": account.sid,
            "AccountDisplayName": account.display_name,
            "AccountName": account.name,
            "AccountDomain": DNS,
            "CriticalityLevel": 1 if account.is_admin else 3,
            "Type": "User",
            "GivenName": given,
            **({"Surname": surname} if surname else {}),
            "DistinguishedName": f"CN={account.display_name},OU={account.department},DC=halden,DC=example",
            "Department": account.department,
            "JobTitle": account.title,
            "EmailAddress": account.upn,
            "City": "Halden",
            "Country": "Norway",
            "IsAccountEnabled": True,
            "ChangeSource": "System-UserPersistence",
            "CompanyName": COMPANY,
            "BlastRadius": "High" if account.is_admin else "Low",
            "TenantId": tenant_id,
            "SourceSystem": "AzureAD",
            "TenantMembershipType": "Member",
            "IdentityEnvironment": "Hybrid",
            "GroupMembership": json.dumps(["Domain Admins", "Domain Users"] if account.is_admin else ["Domain Users"]),
        },
    )
