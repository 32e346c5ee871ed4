"""The company that the story happens in: Halden Works, its people, its machines and what is installed on them.

Everything is a function of the seed and the number of machines. Names, addresses and domains are reserved for
documentation (`.example`, 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24), so nothing here names a real party.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from random import Random

COMPANY = "Halden Works"
DNS = "halden.example"
NETBIOS = "halden"
NAT = "198.51.100.24"
"""The address that the office's traffic leaves from."""
SMALLEST = 8
"""Fewer machines cannot hold the servers that the scenarios need."""

DEVICE_GROUPS: dict[int, str] = {
    1: "Workstations",
    2: "Finance workstations",
    3: "Servers",
    4: "Domain controllers",
    5: "Unix and Mac",
}
"""Device group id → name."""

_FIRST = """
Mara Ilse Tomas Priya Jonas Amina Oskar Lena Rafael Yuki Nadia Emil Sofia Kwame Ingrid Pavel Leila Marco Hanna
Deniz Astrid Bruno Carla Dmitri Elin Farid Greta Hugo Irina Jamal Katja Luis Mina Nils Olga Pedro Rosa Sven
Tara Viktor
""".split()  # noqa: SIM905
_LAST = """
Lindqvist Okafor Brandt Petrov Sharma Moreau Keller Tanaka Novak Haugen Silva Demir Larsen Kovacs Mensah Rossi
Fischer Ahmadi Berg Castro Dahl Eriksen Farkas Grant Holm Ivanov Jensen Klein Lopez Meyer
""".split()  # noqa: SIM905
_DEPARTMENTS = ("Sales", "Finance", "Engineering", "Operations", "Human Resources", "IT", "Legal", "Research")
_TITLES = {
    "Sales": "Account Manager",
    "Finance": "Accountant",
    "Engineering": "Engineer",
    "Operations": "Planner",
    "Human Resources": "Recruiter",
    "IT": "System Administrator",
    "Legal": "Counsel",
    "Research": "Analyst",
}


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """Someone or something that processes run as."""

    name: str
    domain: str
    sid: str
    upn: str = ""
    object_id: str = ""
    display_name: str = ""
    department: str = ""
    title: str = ""
    is_admin: bool = False
    columns: dict[str, object] = field(init=False, repr=False)
    """AccountDomain, AccountName, AccountSid and, for people, AccountUpn and AccountObjectId."""
    acting_columns: dict[str, object] = field(init=False, repr=False)

    @property
    def columns_without_cloud(self) -> dict[str, object]:
        """The columns of tables that know the account by domain, name and SID alone."""
        return {
            name: self.columns[name] for name in ("AccountDomain", "AccountName", "AccountSid") if name in self.columns
        }

    @property
    def id(self) -> str:
        """`domain\\name`, the key of the user entity."""
        return f"{self.domain}\\{self.name}"

    def __post_init__(self) -> None:
        named = {
            "AccountDomain": self.domain,
            "AccountName": self.name,
            "AccountSid": self.sid,
            "AccountUpn": self.upn,
            "AccountObjectId": self.object_id,
        }
        columns: dict[str, object] = {name: value for name, value in named.items() if value}
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "acting_columns", {f"InitiatingProcess{name}": v for name, v in columns.items()})


SYSTEM = Account("system", "nt authority", "S-1-5-18")
LOCAL_SERVICE = Account("local service", "nt authority", "S-1-5-19")
NETWORK_SERVICE = Account("network service", "nt authority", "S-1-5-20")
WEB_POOL = Account("defaultapppool", "iis apppool", "S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415")


@dataclass(frozen=True, slots=True)
class System:
    """An operating system release."""

    platform: str
    version: str
    build: int
    revision: int
    distribution: str

    @property
    def file_version(self) -> str:
        return f"10.0.{self.build}.{self.revision}"


WINDOWS_11 = System("Windows11", "23H2", 22631, 4317, "Windows11")
WINDOWS_10 = System("Windows10", "22H2", 19045, 5011, "Windows10")
SERVER_2022 = System("WindowsServer2022", "21H2", 20348, 2762, "WindowsServer2022")
SERVER_2019 = System("WindowsServer2019", "1809", 17763, 6414, "WindowsServer2019")
UBUNTU = System("Linux", "24.04", 24, 4, "Ubuntu")
MACOS = System("macOS", "15.1", 15, 1, "macOS")


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """A machine as the story knows it."""

    index: int
    name: str
    id: str
    role: str
    """workstation, dc, files, web, sql, app, linux or mac."""
    system: System
    ip: str
    mac: str
    group: int
    owner: Account | None
    """Who works on it; servers have none."""
    department: str
    key: str
    """Stable text to seed the machine's randomness with."""
    columns: dict[str, object] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", {"DeviceId": self.id, "DeviceName": self.dns})

    @property
    def dns(self) -> str:
        return f"{self.name}.{DNS}"

    @property
    def is_windows(self) -> bool:
        return self.role not in ("linux", "mac")

    @property
    def is_server(self) -> bool:
        """Runs day and night; the others follow their owner's hours."""
        return self.role not in ("workstation", "mac")


@dataclass(frozen=True, slots=True)
class InstalledSoftware:
    """One product on one machine."""

    machine_id: str
    vendor: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Enterprise:
    """Everybody and everything, before anything happens."""

    seed: int
    tenant_id: str
    hosts: tuple[Host, ...]
    people: tuple[Account, ...]
    """Owners of workstations, in the order of their machines."""
    admins: tuple[Account, ...]
    services: dict[str, Account]

    def of_role(self, *roles: str) -> list[Host]:
        """The machines of these roles, in order."""
        return [host for host in self.hosts if host.role in roles]

    def first(self, role: str) -> Host:
        """The first machine of a role; the smallest enterprise has one of each that scenarios ask for."""
        return self.of_role(role)[0]

    @property
    def admin_host(self) -> Host:
        """The workstation that administrators work from."""
        workstations = self.of_role("workstation")
        return next((host for host in workstations if host.department == "IT"), workstations[0])


def identifier(*parts: object) -> str:
    """A stable UUID text for these parts."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def build(seed: int, machines: int, tenant_id: str | None) -> Enterprise:
    """The enterprise of this seed and size.

    Raises: `ValueError` below `SMALLEST` machines.
    """
    if machines < SMALLEST:
        raise ValueError(f"an enterprise needs at least {SMALLEST} machines to hold its servers, not {machines}")
    authority = hashlib.sha256(f"{seed}:domain".encode()).digest()
    domain_sid = "S-1-5-21-" + "-".join(str(int.from_bytes(authority[i : i + 4], "big") >> 1) for i in (0, 4, 8))
    rids = iter(range(1104, 1104 + 4 * machines + 40))

    def person(name: str, **details: object) -> Account:
        display = str(details.pop("display_name", name))
        return Account(
            name=name,
            domain=NETBIOS,
            sid=f"{domain_sid}-{next(rids)}",
            upn=f"{name}@{DNS}",
            object_id=identifier(seed, "account", name),
            display_name=display,
            **details,  # type: ignore[arg-type] # text or flag
        )

    roles = ["dc", "files", "web", "linux", "mac"]
    roles += ["sql"] if machines >= 12 else []
    roles += ["dc", "linux", "mac"] if machines >= 20 else []
    roles += ["app"] * (machines // 25)
    admins = tuple(
        person(name, display_name=label, department="IT", title="System Administrator", is_admin=True)
        for name, label in (("adm.keller", "Ines Keller (admin)"), ("adm.haugen", "Olav Haugen (admin)"))
    )
    services = {
        name: person(name, department="IT", title="Service account")
        for name in ("svc-backup", "svc-sql", "svc-web", "svc-deploy")
    }
    random = Random(f"{seed}:people")
    taken: set[str] = set()
    people: list[Account] = []
    hosts: list[Host] = []
    counters: dict[str, int] = {}
    roles += ["workstation"] * (machines - len(roles))
    for index, role in enumerate(roles):
        counters[role] = counters.get(role, 0) + 1
        number = counters[role]
        owner = None
        department = "IT"
        if role in ("workstation", "mac"):
            department = _DEPARTMENTS[number % len(_DEPARTMENTS)] if role == "workstation" else "Engineering"
            first, last = random.choice(_FIRST), random.choice(_LAST)
            name = f"{first}.{last}".lower()
            while name in taken:
                name = f"{first}.{last}{len(taken)}".lower()
            taken.add(name)
            owner = person(name, display_name=f"{first} {last}", department=department, title=_TITLES[department])
            people.append(owner)
        hosts.append(_host(seed, index, role, number, owner, department))
    return Enterprise(
        seed=seed,
        tenant_id=tenant_id or identifier(seed, "tenant"),
        hosts=tuple(hosts),
        people=tuple(people),
        admins=admins,
        services=services,
    )


_NAMES = {"workstation": "ws", "files": "fs", "linux": "lnx"}
_GROUPS = {"workstation": 1, "dc": 4, "linux": 5, "mac": 5}


def _host(seed: int, index: int, role: str, number: int, owner: Account | None, department: str) -> Host:
    width = 3 if role == "workstation" else 2
    name = f"hw-{_NAMES.get(role, role)}-{number:0{width}d}"
    server = role not in ("workstation", "mac")
    system = {"workstation": WINDOWS_10 if number % 4 == 0 else WINDOWS_11, "linux": UBUNTU, "mac": MACOS}.get(
        role, SERVER_2019 if role in ("files", "sql") else SERVER_2022
    )
    return Host(
        index=index,
        name=name,
        id=hashlib.sha1(f"{seed}:device:{name}".encode(), usedforsecurity=False).hexdigest(),
        role=role,
        system=system,
        ip=f"10.20.{1 + index // 200 if server else 64 + index // 200}.{10 + index % 200}",
        mac="02" + hashlib.sha256(f"{seed}:mac:{name}".encode()).hexdigest()[:10].upper(),
        group=2 if department == "Finance" else _GROUPS.get(role, 3),
        owner=owner,
        department=department,
        key=f"{seed}:{name}",
    )
