"""One machine on one day: what runs there since boot, and the verbs with which a story acts on it.

A desk is a pure function of machine and date. The background and the scenarios each open their own and meet the same
services, the same explorer.exe and the same logon session; only the notes of the boot are written once.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import count
from random import Random

from vedette.simulation.enterprise import (
    LOCAL_SERVICE,
    NETWORK_SERVICE,
    SYSTEM,
    WEB_POOL,
    Account,
    Enterprise,
    Host,
)
from vedette.simulation.files import FileImage, artifact, program
from vedette.simulation.tape import Note, Process, Tape

SYSTEM_LOGON = 0x3E7
NETWORK_SERVICE_LOGON = 0x3E4
LOCAL_SERVICE_LOGON = 0x3E5

# key | parent | program | command line | account
_WINDOWS = r"""
smss     | system   | smss.exe     | smss.exe
wininit  | smss     | wininit.exe  | wininit.exe
services | wininit  | services.exe | services.exe
lsass    | wininit  | lsass.exe    | lsass.exe
winlogon | smss     | winlogon.exe | winlogon.exe
dcom     | services | svchost.exe  | svchost.exe -k DcomLaunch -p
schedule | services | svchost.exe  | svchost.exe -k netsvcs -p -s Schedule
winmgmt  | services | svchost.exe  | svchost.exe -k netsvcs -p -s Winmgmt
dnscache | services | svchost.exe  | svchost.exe -k NetworkService -p -s Dnscache
bits     | services | svchost.exe  | svchost.exe -k netsvcs -p -s BITS
msmpeng  | services | MsMpEng.exe  | "MsMpEng.exe"
mssense  | services | MsSense.exe  | "MsSense.exe"
spooler  | services | spoolsv.exe  | spoolsv.exe
"""
_ROLE = {
    "dc": r"""
dns      | services | dns.exe      | C:\Windows\system32\dns.exe
dfsr     | services | dfsrs.exe    | C:\Windows\system32\DFSRs.exe
""",
    "web": r"""
was      | services | svchost.exe  | svchost.exe -k iissvcs
w3wp     | was      | w3wp.exe     | c:\windows\system32\inetsrv\w3wp.exe -ap "DefaultAppPool" -v "v4.0" -m 0
""",
    "sql": r"""
sql      | services | sqlservr.exe | "sqlservr.exe" -sMSSQLSERVER
""",
    "linux": """
sshd     | systemd  | sshd         | /usr/sbin/sshd -D
cron     | systemd  | cron         | /usr/sbin/cron -f -P
nginx    | systemd  | nginx        | nginx: master process /usr/sbin/nginx -g daemon on; master_process on;
app      | systemd  | python3.12   | /usr/bin/python3.12 /srv/orders/app.py --port 8080
wdav     | systemd  | wdavdaemon   | /opt/microsoft/mdatp/sbin/wdavdaemon
""",
    "mac": """
login    | launchd  | loginwindow  | /System/Library/CoreServices/loginwindow.app/Contents/MacOS/loginwindow console
updates  | launchd  | softwareupdated | softwareupdated
wdav     | launchd  | wdavdaemon   | wdavdaemon unprivileged
""",
}
_ROOTS = {"linux": ("systemd", 1, "/sbin/init"), "mac": ("launchd", 1, "/sbin/launchd")}
_SERVICE_ACCOUNTS = {"dnscache": (NETWORK_SERVICE, NETWORK_SERVICE_LOGON), "was": (SYSTEM, SYSTEM_LOGON)}


@dataclass(frozen=True, slots=True)
class Hours:
    """When a machine runs on a day."""

    boot: datetime
    logon: datetime
    """When its owner is at work; the start of the day's activity on servers."""
    end: datetime


class Calendar:
    """Who works when. Scenarios ask for presence before anything is told."""

    def __init__(self, enterprise: Enterprise, start: datetime, until: datetime) -> None:
        self.enterprise = enterprise
        self.start = start
        self.until = until
        self._required: set[tuple[int, date]] = set()
        workstations = enterprise.of_role("workstation")
        self.away: Host | None = workstations[-1] if (until - start).days >= 15 and len(workstations) > 4 else None
        """A machine whose owner is on leave for the last third of the time."""

    def dates(self) -> Iterator[date]:
        """The days of the window, by UTC."""
        day = self.start.date()
        while day <= self.until.date():
            yield day
            day += timedelta(days=1)

    def require(self, host: Host, day: date) -> None:
        """Have the owner come to work that day whatever the weekday."""
        self._required.add((host.index, day))

    def hours(self, host: Host, day: date) -> Hours | None:
        """The machine's hours on a day, or None when it stays off."""
        midnight = datetime.combine(day, time(), UTC)
        if host.is_server:
            boot = self.start + timedelta(minutes=2 + host.index % 7)
            begin = max(midnight, boot + timedelta(minutes=2))
            return Hours(boot, begin, min(midnight + timedelta(hours=23, minutes=50), self.until))
        random = Random(f"{host.key}:hours:{day}")
        roll = random.random()
        required = (host.index, day) in self._required
        if not required and (roll > (0.05 if day.weekday() >= 5 else 0.95) or self._on_leave(host, day)):
            return None
        boot = midnight + timedelta(hours=7, minutes=15, seconds=random.random() * 5400)
        end = midnight + timedelta(hours=16, minutes=20, seconds=random.random() * 7200)
        boot = max(boot, self.start + timedelta(seconds=120 + 300 * random.random()))
        if boot > end - timedelta(minutes=30):
            if not required:
                return None
            end = boot + timedelta(hours=3)
        if boot >= self.until:
            return None
        return Hours(boot, boot + timedelta(seconds=70 + 120 * random.random()), min(end, self.until))

    def _on_leave(self, host: Host, day: date) -> bool:
        return host is self.away and day > (self.until - (self.until - self.start) / 3).date()


@cache
def _base_rows(role: str) -> tuple[tuple[str, str, str, str], ...]:
    text = _ROLE.get(role, "") if role in _ROOTS else _WINDOWS + _ROLE.get(role, "")
    return tuple(
        (key, parent, image, command)
        for key, parent, image, command in (
            [part.strip() for part in row.split("|")] for row in text.splitlines() if row
        )
    )


class Desk:
    """A machine on a day, open for writing.

    `pids` are the process ids to give to what starts here; background and scenarios draw from separate ranges.
    """

    def __init__(
        self, host: Host, day: date, hours: Hours, tape: Tape, pids: Iterator[int], purpose: str = "day"
    ) -> None:
        self.host = host
        self.day = day
        self.hours = hours
        self.tape = tape
        self.pids = pids
        self.random = Random(f"{host.key}:{purpose}:{day}")
        self.logon_id: int | None = None
        """The owner's session."""
        self.base: dict[str, Process] = {}
        self._step = 4 * (31 + int(host.mac[2:4], 16) % 8)
        self._boot()
        self._ports = count(49700 + int(host.mac[4:6], 16) * 8 + day.toordinal() % 7)

    def __getitem__(self, key: str) -> Process:
        """A process that runs since boot, by its short name (`services`, `lsass`, `explorer`, …)."""
        return self.base[key]

    @property
    def owner(self) -> Account:
        """Who works here. Only for machines that have an owner."""
        assert self.host.owner is not None
        return self.host.owner

    @property
    def shell(self) -> Process:
        """The process from which the owner starts programs."""
        return self.base["explorer" if self.host.is_windows else "finder"]

    def _boot(self) -> None:
        host, boot = self.host, self.hours.boot
        root, pid, command = _ROOTS.get(host.role, ("ntoskrnl.exe", 4, "ntoskrnl.exe"))
        account = SYSTEM if host.is_windows else Account("root", host.name, "")
        logon = SYSTEM_LOGON if host.is_windows else None
        top = Process(host, pid, boot, self.image(root), command, account, None, logon)
        self.base["system" if host.is_windows else root] = top
        for number, (key, parent, image, command) in enumerate(_base_rows(host.role)):
            runs_as, session = _SERVICE_ACCOUNTS.get(key, (account, logon))
            if key == "w3wp":
                runs_as = WEB_POOL
            self.base[key] = Process(
                host,
                400 + number * self._step,
                boot + timedelta(seconds=1.5 + number * 0.7),
                self.image(image),
                command,
                runs_as,
                self.base[parent],
                session,
            )
        if host.owner is None:
            return
        self.logon_id = 0x40000 + Random(f"{host.key}:logon:{self.day}").randrange(1 << 24)
        number = len(self.base)
        chain = (
            [
                ("userinit", "winlogon", "userinit.exe", "C:\\Windows\\system32\\userinit.exe"),
                ("explorer", "userinit", "explorer.exe", "C:\\Windows\\Explorer.EXE"),
            ]
            if host.is_windows
            else [("finder", "launchd", "Finder", "/System/Library/CoreServices/Finder.app/Contents/MacOS/Finder")]
        )
        for step, (key, parent, image, command) in enumerate(chain):
            self.base[key] = Process(
                host,
                400 + (number + step) * self._step,
                self.hours.logon + timedelta(seconds=1 + 2 * step),
                self.image(image),
                command,
                host.owner,
                self.base[parent],
                self.logon_id,
                "Medium",
                "TokenElevationTypeLimited",
                1,
            )

    def tell_boot(self) -> None:
        """Write the rows of the boot: the sessions that Windows opens for itself, and every base process."""
        boot = self.hours.boot
        if self.host.is_windows:
            accounts = (
                (SYSTEM, SYSTEM_LOGON),
                (NETWORK_SERVICE, NETWORK_SERVICE_LOGON),
                (LOCAL_SERVICE, LOCAL_SERVICE_LOGON),
            )
            for account, logon_id in accounts:
                self._logon_row(self.base["system"], boot, "Service", account, logon_id, {})
        for process in self.base.values():
            if process.parent is not None and process.account is not self.host.owner:
                self._created(process)
        if self.host.owner is not None and self.logon_id is not None:
            watcher = self.base["lsass" if self.host.is_windows else "login"]
            self._logon_row(
                watcher,
                self.hours.logon,
                "Interactive",
                self.owner,
                self.logon_id,
                {"IsLocalAdmin": False, "Protocol": "Kerberos"},
            )
            for process in self.base.values():
                if process.account is self.host.owner:
                    self._created(process)

    def image(self, name: str) -> FileImage:
        """A program as it is on this machine."""
        return program(name, self.host.system.file_version)

    # --- what processes do -------------------------------------------------------------------------------------------

    def start(
        self,
        parent: Process,
        at: datetime,
        image: str | FileImage,
        command_line: str = "",
        *,
        account: Account | None = None,
        logon_id: int | None = None,
        integrity: str = "",
        elevated: bool = False,
    ) -> Process:
        """Start a program. What is not said is inherited from the parent; `elevated` is "run as administrator"."""
        file = self.image(image) if isinstance(image, str) else image
        process = Process(
            self.host,
            next(self.pids),
            at,
            file,
            command_line or f'"{file.path}"',
            account or parent.account,
            parent,
            logon_id if logon_id is not None else parent.logon_id,
            integrity or ("High" if elevated else parent.integrity),
            "TokenElevationTypeFull" if elevated else parent.elevation,
            parent.session,
        )
        self._created(process)
        return process

    def _created(self, process: Process) -> None:
        columns: dict[str, object] = {
            "ActionType": "ProcessCreated",
            **process.image.process_columns,
            **process.account.columns,
            "ProcessId": process.pid,
            "ProcessCommandLine": process.command_line,
            "ProcessCreationTime": process.created,
            "ProcessUniqueId": process.unique_id,
            "CreatedProcessSessionId": process.session,
            "IsProcessRemoteSession": False,
        }
        if self.host.is_windows:
            columns["ProcessIntegrityLevel"] = process.integrity
            columns["ProcessTokenElevation"] = process.elevation
        if process.logon_id is not None:
            columns["LogonId"] = process.logon_id
        self.tape.note(process.created, self.host, "DeviceProcessEvents", process.parent, columns)

    def connect(
        self,
        process: Process,
        at: datetime,
        ip: str,
        port: int = 443,
        url: str = "",
        *,
        action: str = "ConnectionSuccess",
        protocol: str = "Tcp",
        local_port: int | None = None,
    ) -> Note:
        """A connection by a process; for `InboundConnectionAccepted` the remote side is the caller."""
        columns: dict[str, object] = {
            "ActionType": action,
            "RemoteIP": ip,
            "RemotePort": port,
            "LocalIP": self.host.ip,
            "LocalPort": next(self._ports) if local_port is None else local_port,
            "Protocol": protocol,
            "LocalIPType": "Private",
            "RemoteIPType": ip_type(ip),
        }
        if url:
            columns["RemoteUrl"] = url
        return self.tape.note(at, self.host, "DeviceNetworkEvents", process, columns)

    def resolve(self, process: Process, at: datetime, name: str, ip: str) -> Note:
        """A DNS answer."""
        answer = json.dumps({"DnsQueryString": name, "DnsQueryResult": [{"Result": ip, "DnsQueryType": "A"}]})
        return self.tape.note(
            at, self.host, "DeviceEvents", process, {"ActionType": "DnsQueryResponse", "AdditionalFields": answer}
        )

    def file(
        self, process: Process, at: datetime, file: FileImage, action: str = "FileCreated", **columns: object
    ) -> Note:
        """A file written, renamed or removed. Further columns by their own names."""
        made: dict[str, object] = {"ActionType": action, **file.columns, "RequestProtocol": "Local", **columns}
        return self.tape.note(at, self.host, "DeviceFileEvents", process, made)

    def registry(
        self,
        process: Process,
        at: datetime,
        key: str,
        name: str = "",
        data: str = "",
        *,
        kind: str = "String",
        action: str = "RegistryValueSet",
        previous: str = "",
    ) -> Note:
        """A registry change."""
        columns: dict[str, object] = {"ActionType": action, "RegistryKey": key}
        if name:
            columns |= {"RegistryValueName": name, "RegistryValueData": data, "RegistryValueType": kind}
        if previous:
            columns["PreviousRegistryValueData"] = previous
        return self.tape.note(at, self.host, "DeviceRegistryEvents", process, columns)

    def load(self, process: Process, at: datetime, image: str | FileImage) -> Note:
        """A module loaded into a process."""
        file = self.image(image) if isinstance(image, str) else image
        return self.tape.note(
            at, self.host, "DeviceImageLoadEvents", process, {"ActionType": "ImageLoaded", **file.columns}
        )

    def event(
        self,
        process: Process | None,
        at: datetime,
        action: str,
        fields: dict[str, object] | None = None,
        **columns: object,
    ) -> Note:
        """Any other endpoint event; `fields` go to `AdditionalFields` as JSON text."""
        made: dict[str, object] = {"ActionType": action, **columns}
        if fields:
            made["AdditionalFields"] = json.dumps(fields)
        return self.tape.note(at, self.host, "DeviceEvents", process, made)

    def touches(self, process: Process, at: datetime, action: str, target: Process, fields: dict[str, object]) -> Note:
        """An API call on another process (`OpenProcessApiCall`, `CreateRemoteThreadApiCall`, …)."""
        return self.event(
            process,
            at,
            action,
            fields,
            **target.image.columns,
            ProcessId=target.pid,
            ProcessCommandLine=target.command_line,
            ProcessCreationTime=target.created,
        )

    def logon(
        self,
        at: datetime,
        kind: str,
        account: Account,
        *,
        source: Host | str | None = None,
        success: bool = True,
        reason: str = "",
        protocol: str = "Kerberos",
        local_admin: bool = False,
    ) -> int:
        """A logon, as the machine's authority records it. Returns the session's id."""
        session = 0x1000000 + self.random.randrange(1 << 28)
        columns: dict[str, object] = {"Protocol": protocol, "IsLocalAdmin": local_admin}
        if isinstance(source, Host):
            columns |= {"RemoteDeviceName": source.name, "RemoteIP": source.ip, "RemoteIPType": "Private"}
        elif source:
            columns |= {"RemoteIP": source, "RemoteIPType": ip_type(source)}
        if not success:
            columns["FailureReason"] = reason
        watcher = self.base["lsass" if self.host.is_windows else "sshd" if self.host.role == "linux" else "login"]
        self._logon_row(watcher, at, kind, account, session if success else None, columns)
        return session

    def _logon_row(
        self,
        watcher: Process,
        at: datetime,
        kind: str,
        account: Account,
        logon_id: int | None,
        columns: dict[str, object],
    ) -> None:
        made: dict[str, object] = {
            "ActionType": "LogonFailed" if "FailureReason" in columns else "LogonSuccess",
            "LogonType": kind,
            "AccountDomain": account.domain,
            "AccountName": account.name,
            **({"AccountSid": account.sid} if account.sid else {}),
            **columns,
        }
        if logon_id is not None:
            made["LogonId"] = logon_id
        self.tape.note(at, self.host, "DeviceLogonEvents", watcher, made)

    def sign_in(
        self, at: datetime, account: Account, controller: Host, kind: str = "Credentials validation", **columns: object
    ) -> Note:
        """The domain controller's view of an account that signs in from this machine."""
        return self.tape.note(
            at,
            None,
            "IdentityLogonEvents",
            None,
            {
                "ActionType": "LogonSuccess",
                "Application": "Active Directory",
                "LogonType": kind,
                "Protocol": "Kerberos",
                **account.columns,
                "AccountDisplayName": account.display_name,
                "DeviceName": self.host.dns,
                "DeviceType": "Server" if self.host.is_server else "Workstation",
                "OSPlatform": self.host.system.platform,
                "IPAddress": self.host.ip,
                "DestinationDeviceName": controller.dns,
                "DestinationIPAddress": controller.ip,
                "DestinationPort": 88,
                **columns,
            },
        )

    def document(self, name: str, content: str, *, folder: str = "Documents", size: int | None = None) -> FileImage:
        """A file in the owner's profile."""
        home = (
            f"C:\\Users\\{self.owner.name}\\{folder}\\"
            if self.host.is_windows
            else f"/Users/{self.owner.name}/{folder}/"
        )
        return artifact(home + name, f"{content}|{name}", size=size)


@cache
def ip_type(ip: str) -> str:
    """The kind of an address, as network rows name it. Documentation ranges stand for public ones."""
    if ip.startswith(("192.0.2.", "198.51.100.", "203.0.113.")):
        return "Public"
    address = ipaddress.ip_address(ip)
    if address.is_loopback:
        return "Loopback"
    return "Private" if address.is_private else "Public"
