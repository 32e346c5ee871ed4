"""What recordings say about the world: machines, users, and one alert per recorded attack.

`Sightings` looks at every row that the importer makes and keeps a little per machine, account and data set. It also
writes the rows that no event records but that a machine's other rows hang from: `DeviceInfo` and `DeviceNetworkInfo`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from vedette.catalogue.alerts import Alert, AlertRelatedUser, LoggedOnUser
from vedette.catalogue.machines import Machine, MachineIpAddress, RiskScore
from vedette.catalogue.tables import Event
from vedette.catalogue.users import User
from vedette.telemetry.attack import category, severity, techniques, title
from vedette.telemetry.evidence import Choice
from vedette.telemetry.fields import address_kind, moment
from vedette.telemetry.lookup import Columns, Lookup
from vedette.telemetry.mapping import Devices, device_id, kept
from vedette.telemetry.records import SYSMON, Record
from vedette.telemetry.sources import DatasetDescription

_ALERT_DELAY: Final = timedelta(minutes=1)
_SERVICE_DOMAINS: Final = frozenset(
    ("", "nt authority", "nt service", "font driver host", "window manager", "iis apppool", "nt virtual machine")
)
_SERVICE_NAMES: Final = frozenset(("", "system", "local service", "network service", "anonymous logon", "local system"))
_GROUPS: Final = {"Workstation": (1, "Workstations"), "Server": (3, "Servers"), "Controller": (4, "Domain controllers")}
"""Kind of machine → device group."""
_SERVER_NAME: Final = re.compile(r"(?:dc|srv|sql|file|mxs|adfs|exch|web)\d*$")
_CONTROLLER_NAME: Final = re.compile(r"dc\d*$")
_SERVER_PROGRAMS: Final = frozenset(("dns.exe", "dfsrs.exe", "ismserv.exe", "servermanager.exe", "w3wp.exe"))
_CONTROLLER_PROGRAMS: Final = frozenset(("microsoft.activedirectory.webservices.exe", "ismserv.exe", "ntfrs.exe"))
_SERVER_BUILDS: Final = {14393: "WindowsServer2016", 17763: "WindowsServer2019", 20348: "WindowsServer2022"}
_VERSIONS: Final = {
    14393: "1607",
    17134: "1803",
    17763: "1809",
    18362: "1903",
    18363: "1909",
    19041: "2004",
    19042: "20H2",
    19043: "21H1",
    19044: "21H2",
    19045: "22H2",
    20348: "21H2",
    22000: "21H2",
    22621: "22H2",
    22631: "23H2",
}
_FIRST_WINDOWS_11: Final = 22_000
_BUILD: Final = re.compile(r"10\.0\.(\d{5})\.")
_RISKS: Final[tuple[RiskScore, ...]] = ("None", "Informational", "Low", "Medium", "High")


@dataclass(slots=True)
class _Seen:
    first: int
    last: int

    def at(self, at: int) -> None:
        if at < self.first:
            self.first = at
        elif at > self.last:
            self.last = at


@dataclass(slots=True)
class _Machine:
    name: str
    seen: _Seen
    builds: Counter[int] = field(default_factory=Counter)
    programs: set[str] = field(default_factory=set)
    addresses: Counter[str] = field(default_factory=Counter)

    @property
    def kind(self) -> str:
        short = self.name.partition(".")[0]
        if _CONTROLLER_NAME.search(short) or self.programs & _CONTROLLER_PROGRAMS:
            return "Controller"
        return "Server" if _SERVER_NAME.search(short) or self.programs & _SERVER_PROGRAMS else "Workstation"

    @property
    def build(self) -> int | None:
        """The Windows build that most system files carry."""
        return self.builds.most_common(1)[0][0] if self.builds else None

    @property
    def platform(self) -> str:
        build = self.build or 0
        if self.kind == "Workstation":
            return "Windows11" if build >= _FIRST_WINDOWS_11 else "Windows10"
        return _SERVER_BUILDS[max((known for known in _SERVER_BUILDS if known <= build), default=17763)]


@dataclass(slots=True)
class _User:
    domain: str
    name: str
    seen: _Seen
    sid: str = ""
    logon_types: set[str] = field(default_factory=set)
    machines: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Dataset:
    seen: _Seen
    hosts: dict[str, _Seen] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    users: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    """Host → accounts that were on it."""
    choice: Choice = field(default_factory=Choice)


class Sightings:
    """Collects what rows say, and makes entities of it."""

    def __init__(self) -> None:
        self._machines: dict[str, _Machine] = {}
        self._users: dict[tuple[str, str], _User] = {}
        self._datasets: dict[str, _Dataset] = {}

    def see(self, record: Record, rows: Sequence[Event]) -> None:
        """Look at the finished rows of one event."""
        for event in rows:
            row = event[1]
            host = record.host or str(row.get("DeviceName", "")).lower()
            at = record.at + record.shift
            dataset = self._datasets.get(record.dataset)
            if dataset is None:
                dataset = self._datasets[record.dataset] = _Dataset(_Seen(at, at))
            dataset.seen.at(at)
            if "DeviceId" not in row:
                continue
            self._see_machine(record, dataset, host, at, row)
            self._see_users(dataset, host, at, event)
            dataset.choice.see(host, event)

    def see_addresses(self, lookup: Lookup) -> None:
        """Take over the addresses that machines opened connections from."""
        for name, dataset in self._datasets.items():
            for host in dataset.hosts:
                self._machines[host].addresses.update(lookup.addresses(name, host))

    def snapshots(self, dataset: str, devices: Devices) -> Iterator[Event]:
        """State and network of a data set's machines, when the data set begins and when it ends."""
        for host, seen in self._datasets[dataset].hosts.items() if dataset in self._datasets else ():
            for at in dict.fromkeys((seen.first, seen.last)):
                rows = (("DeviceInfo", self._state(host, dataset)), ("DeviceNetworkInfo", self._network(host)))
                devices.complete(host, at, rows)
                yield from rows

    def machines(self, alerts: Sequence[Alert]) -> list[Machine]:
        """The recorded hosts; how risky they are is said by their alerts."""
        risks: dict[str | None, int] = {}
        for alert in alerts:
            level = next((place for place, name in enumerate(_RISKS) if name == alert.severity), 0)
            risks[alert.machine_id] = max(level, risks.get(alert.machine_id, 0))
        return [self._machine(one, risks.get(device_id(one.name), 0)) for _, one in sorted(self._machines.items())]

    def users(self) -> list[User]:
        """The recorded accounts of people and programs, those of machines and of Windows itself left out."""
        return [_user(one) for _, one in sorted(self._users.items())]

    def alerts(self, described: Mapping[str, DatasetDescription], now: datetime | None) -> list[Alert]:
        """One alert per data set, in the order of `datasets`. None is raised later than `now`."""
        return [self._alert(name, described.get(name, DatasetDescription(name)), now) for name in self.datasets()]

    def datasets(self) -> list[str]:
        """The data sets that have rows, oldest first."""
        return sorted(self._datasets, key=lambda name: (self._datasets[name].seen.last, name))

    # Looking

    def _see_machine(self, record: Record, dataset: _Dataset, host: str, at: int, row: Columns) -> None:
        machine = self._machines.get(host)
        if machine is None:
            machine = self._machines[host] = _Machine(host, _Seen(at, at))
        machine.seen.at(at)
        here = dataset.hosts.get(host)
        if here is None:
            dataset.hosts[host] = _Seen(at, at)
        else:
            here.at(at)
        dataset.rows[host] += 1
        program = row.get("InitiatingProcessFileName")
        if program and len(machine.programs) < 1_000:
            machine.programs.add(str(program).lower())
        if record.channel is SYSMON and record.event_id in (1, 7):
            build = _BUILD.match(record.text("FileVersion"))
            if build and "windows" in record.text("Product").lower():
                machine.builds[int(build[1])] += 1

    def _see_users(self, dataset: _Dataset, host: str, at: int, event: Event) -> None:
        table, row = event
        if table == "DeviceLogonEvents":
            if row["ActionType"] == "LogonSuccess":
                self._see_user(dataset, host, at, row, "", str(row.get("LogonType", "")))
        elif table == "DeviceProcessEvents":
            self._see_user(dataset, host, at, row, "", "")
        elif "InitiatingProcessAccountName" in row:
            self._see_user(dataset, host, at, row, "InitiatingProcess", "")

    def _see_user(self, dataset: _Dataset, host: str, at: int, row: Columns, prefix: str, logon_type: str) -> None:
        name = str(row.get(f"{prefix}AccountName", ""))
        # The same domain is written with and without its DNS suffix.
        domain = str(row.get(f"{prefix}AccountDomain", "")).partition(".")[0]
        if not _is_person(domain, name):
            return
        user = self._users.get((domain, name))
        if user is None:
            user = self._users[domain, name] = _User(domain, name, _Seen(at, at))
        user.seen.at(at)
        user.machines[host] += 1
        user.sid = user.sid or str(row.get(f"{prefix}AccountSid", ""))
        if logon_type:
            user.logon_types.add(logon_type)
        if logon_type != "Network":
            dataset.users.setdefault(host, Counter())[domain, name] += 1

    # Telling

    def _state(self, host: str, dataset: str) -> Columns:
        machine = self._machines[host]
        on_it = self._datasets[dataset].users.get(host, Counter())
        users = [
            kept({"UserName": name, "DomainName": domain, "Sid": self._users[domain, name].sid})
            for domain, name in sorted(on_it)
        ]
        return kept(
            {
                "OSPlatform": machine.platform,
                "OSBuild": machine.build,
                "OSVersion": "10.0",
                "OSVersionInfo": _VERSIONS.get(machine.build or 0),
                "OSArchitecture": "64-bit",
                "LoggedOnUsers": json.dumps(users),
                "MachineGroup": _GROUPS[machine.kind][1],
                "OnboardingStatus": "Onboarded",
                "DeviceCategory": "Endpoint",
                "DeviceType": "Workstation" if machine.kind == "Workstation" else "Server",
                "SensorHealthState": "Active",
            }
        )

    def _network(self, host: str) -> Columns:
        found = [
            {"IPAddress": ip, "AddressType": address_kind(ip)} for ip in _addresses(self._machines[host].addresses)
        ]
        return {
            "NetworkAdapterType": "Ethernet",
            "NetworkAdapterStatus": "Up",
            "OnboardingStatus": "Onboarded",
            "IPAddresses": json.dumps(found),
        }

    def _machine(self, machine: _Machine, risk: int) -> Machine:
        group_id, group = _GROUPS[machine.kind]
        ips = _addresses(machine.addresses)
        return Machine(
            id=device_id(machine.name),
            computer_dns_name=machine.name,
            first_seen=moment(machine.seen.first),
            last_seen=moment(machine.seen.last),
            os_platform=machine.platform,
            os_processor="x64",
            os_architecture="64-bit",
            os_build=machine.build,
            version=_VERSIONS.get(machine.build or 0),
            last_ip_address=ips[0] if ips else None,
            health_status="Active",
            rbac_group_id=group_id,
            rbac_group_name=group,
            ip_addresses=[MachineIpAddress(ip_address=ip, type="Ethernet", operational_status="Up") for ip in ips],
            risk_score=_RISKS[risk],
            onboarding_status="Onboarded",
        )

    def _alert(self, name: str, described: DatasetDescription, now: datetime | None) -> Alert:
        dataset = self._datasets[name]
        hosts = [*dataset.choice.hosts(), *(host for host, _ in dataset.rows.most_common())]
        host = hosts[0] if hosts else ""
        kind = category(name, described.attack_techniques)
        ended = moment(dataset.seen.last)
        raised = min(ended + _ALERT_DELAY, now) if now else ended + _ALERT_DELAY
        on_it = dataset.users.get(host, Counter())
        acting = {who: weight for who, weight in dataset.choice.accounts.items() if _is_person(*who)}
        main = max(acting, key=lambda who: acting[who], default=max(on_it, key=lambda who: on_it[who], default=None))
        digits = str(int(hashlib.sha256(name.encode()).hexdigest(), 16))
        named = title(name, described.title)
        return Alert(
            id=f"da{digits[:18]}_{digits[18:28]}",
            incident_id=int(digits[28:34]) + 1,
            severity=severity(kind),
            status="New",
            investigation_state="UnsupportedAlertType",
            detection_source="CustomDetection",
            category=kind,
            title=named,
            description=f"{named}. Recorded attack, data set {name}.",
            alert_creation_time=raised,
            first_event_time=moment(dataset.seen.first),
            last_event_time=ended,
            last_update_time=raised,
            machine_id=device_id(host) if host else None,
            computer_dns_name=host or None,
            rbac_group_name=_GROUPS[self._machines[host].kind][1] if host else None,
            related_user=AlertRelatedUser(user_name=main[1], domain_name=main[0]) if main else None,
            logged_on_users=[LoggedOnUser(account_name=who[1], domain_name=who[0]) for who in sorted(on_it)],
            mitre_techniques=techniques(described.attack_techniques),
            evidence=dataset.choice.evidence(),
        )


def _is_person(domain: str, name: str) -> bool:
    """Whether an account is somebody's, not a machine's or Windows' own."""
    return not (name in _SERVICE_NAMES or name.endswith("$") or domain in _SERVICE_DOMAINS)


def _addresses(seen: Counter[str]) -> list[str]:
    """A machine's addresses, the one it uses most first; those that never leave it are left out."""
    usual = [ip for ip, _ in seen.most_common() if address_kind(ip) not in ("Loopback", "Reserved", "Multicast")]
    return sorted(usual, key=lambda ip: (address_kind(ip) == "LinkLocal", ":" in ip))


def _user(user: _User) -> User:
    ranked = [name for name, _ in sorted(user.machines.items(), key=lambda one: (-one[1], one[0]))]
    return User(
        id=f"{user.domain}\\{user.name}",
        account_name=user.name,
        account_domain=user.domain,
        account_sid=user.sid or None,
        first_seen=moment(user.seen.first),
        last_seen=moment(user.seen.last),
        most_prevalent_machine_id=device_id(ranked[0]),
        least_prevalent_machine_id=device_id(ranked[-1]),
        logon_types=",".join(sorted(user.logon_types)) or None,
        log_on_machines_count=len(ranked),
        is_only_network_user=user.logon_types == {"Network"},
    )
