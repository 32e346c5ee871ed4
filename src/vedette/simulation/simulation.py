"""Puts the parts together: the enterprise, the scenarios on their stage, and the stream of all rows.

Scenarios are played at once, because alerts are made of what they tell; they are few hundred rows. The background is
told only while the stream is read, one day at a time, and forgotten after it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count

from vedette.catalogue.alerts import Alert
from vedette.catalogue.machines import Machine, MachineIpAddress
from vedette.catalogue.tables import Event
from vedette.catalogue.users import User
from vedette.simulation import scenarios as _scenarios
from vedette.simulation.alerts import Trace, settle
from vedette.simulation.background import directory, server, unix, workstation
from vedette.simulation.desk import Calendar, Desk
from vedette.simulation.enterprise import DEVICE_GROUPS, NAT, Account, Enterprise, Host, InstalledSoftware, build
from vedette.simulation.estate import installed, profile_of
from vedette.simulation.logons import everyone, logons
from vedette.simulation.reports import aad_device_id, asset_value, exposure
from vedette.simulation.scene import REGISTRY, Scenario, Scene, Stage
from vedette.simulation.tape import Counters, Note, Tape, expand

SCENARIOS: Mapping[str, Scenario] = {found.id: found for found in map(REGISTRY.__getitem__, _scenarios.ORDER)}
"""Scenario id → scenario."""

MACHINES_PER_CAMPAIGN = 250
"""Every scenario plays once, and once more for each further set of so many machines."""

_RISKS = ("None", "Informational", "Low", "Medium", "High")


class Simulation:
    """A told story: entities are there at once, rows when `events` is read. Made by `simulate`."""

    def __init__(self, calendar: Calendar, played: Iterable[Scenario]) -> None:
        enterprise = calendar.enterprise
        self.enterprise = enterprise
        self.start = calendar.start
        self.until = calendar.until
        self.device_groups: Mapping[int, str] = DEVICE_GROUPS
        self._calendar = calendar
        stage = Stage(calendar)
        for occurrence in range(1 + (len(enterprise.hosts) - 1) // MACHINES_PER_CAMPAIGN):
            for scenario in played:
                scenario.play(Scene(stage, scenario, occurrence))
        settled = settle(stage.drafts, enterprise, calendar.until, stage.tape)
        self.alerts: list[Alert] = [alert for alert, _ in settled.values()]
        """In the order of their creation."""
        self.traces: Mapping[str, Trace] = {alert_id: trace for alert_id, (_, trace) in settled.items()}
        """Alert id → scenario, techniques and the rows behind the evidence."""
        self._logons = logons(enterprise, stage.tape.notes)
        self._notes: dict[date, list[Note]] = {}
        for note in stage.tape.notes:
            self._notes.setdefault(note.time.date(), []).append(note)

    @functools.cached_property
    def machines(self) -> list[Machine]:
        """The devices, as the API shows them at the end of the window."""
        risk: dict[str | None, int] = {}
        for alert in self.alerts:
            if alert.status != "Resolved":
                risk[alert.machine_id] = max(risk.get(alert.machine_id, 0), _RISKS.index(alert.severity))
        return [self._machine(host, _RISKS[risk.get(host.id, 0)]) for host in self.enterprise.hosts]

    @functools.cached_property
    def users(self) -> list[User]:
        """The accounts of people and services that log on somewhere."""
        seen: dict[Account, dict[Host, list[str]]] = {}
        for host, accounts in self._logons.items():
            for account, kinds in accounts.items():
                seen.setdefault(account, {})[host] = kinds
        return [self._user(account, seen[account]) for account in everyone(self.enterprise) if account in seen]

    @functools.cached_property
    def logons(self) -> Mapping[str, tuple[str, ...]]:
        """Machine id → ids of the users that log on there, its owner first."""
        return {host.id: tuple(account.id for account in accounts) for host, accounts in self._logons.items()}

    @functools.cached_property
    def software(self) -> list[InstalledSoftware]:
        """What is installed where."""
        return [
            InstalledSoftware(machine.id, each.product.vendor, each.product.name, each.release.version)
            for machine in self.machines
            for each in installed(profile_of(machine))
        ]

    def events(self) -> Iterator[Event]:
        """All rows in the order of time. Starts from the beginning at each call; holds one day in memory."""
        counters = Counters(self.enterprise.seed)
        for number, day in enumerate(self._calendar.dates()):
            notes = self._day(day, first=number == 0)
            notes.sort(key=_by_time)
            notes.reverse()
            yield from expand(_consume(notes), counters)

    def _day(self, day: date, *, first: bool) -> list[Note]:
        tape = Tape()
        desks = [desk for host in self.enterprise.hosts if (desk := self._desk(host, day, tape))]
        personal = [desk for desk in desks if desk.host.owner is not None]
        working = [desk for desk in personal if desk.host.role == "workstation"]
        for desk in desks:
            boots = desk.hours.boot.date() == day
            if desk.host.role == "workstation":
                workstation.day(desk)
            elif desk.host.role == "mac":
                unix.mac(desk)
            elif desk.host.role == "linux":
                unix.linux(desk, self.enterprise, boots=boots)
            else:
                server.day(desk, self.enterprise, working, boots=boots)
        directory.day(tape, self.enterprise, day, personal, first=first)
        # A day that the window cuts off ends where the window ends, and no activity spills into the next day.
        end = min(self.until, datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, microseconds=-1))
        return [note for note in tape.notes if note.time <= end] + self._notes.get(day, [])

    def _desk(self, host: Host, day: date, tape: Tape) -> Desk | None:
        hours = self._calendar.hours(host, day)
        if hours is None or hours.boot.date() > day:
            return None
        return Desk(host, day, hours, tape, count(5000 + 4 * (host.index % 50), 4))

    @functools.cached_property
    def _last_seen(self) -> Mapping[Host, datetime]:
        """The last full report of every machine that ran at all."""
        days = list(self._calendar.dates())[::-1]
        found: dict[Host, datetime] = {}
        for host in self.enterprise.hosts:
            every = (self._calendar.hours(host, day) for day in days)
            last = next((hours for hours in every if hours is not None and hours.end > hours.boot), None)
            if last is not None:
                found[host] = last.end
        return found

    def _machine(self, host: Host, risk: str) -> Machine:
        last_seen = self._last_seen.get(host, self.start)
        owner = host.owner
        return Machine(
            id=host.id,
            computer_dns_name=host.dns,
            first_seen=self.start - timedelta(days=40 + host.index * 7 % 250),
            last_seen=last_seen,
            os_platform=host.system.platform,
            os_processor="arm64" if host.role == "mac" else "x64",
            version=host.system.version,
            last_ip_address=host.ip,
            last_external_ip_address=NAT,
            agent_version="10.8760.26100.1" if host.is_windows else "101.24092.0001",
            os_build=host.system.build if host.is_windows else None,
            health_status="Inactive" if self.until - last_seen > timedelta(days=7) else "Active",
            device_value=asset_value(host),
            rbac_group_id=host.group,
            rbac_group_name=DEVICE_GROUPS[host.group],
            ip_addresses=[
                MachineIpAddress(ip_address=host.ip, mac_address=host.mac, type="Ethernet", operational_status="Up")
            ],
            risk_score=risk,
            exposure_level=exposure(host),
            is_aad_joined=owner is not None,
            aad_device_id=aad_device_id(host) if owner else None,
            machine_tags=[owner.department] if owner else [host.role],
            onboarding_status="Onboarded",
            os_architecture="64-bit",
            managed_by="Intune" if owner else "MicrosoftDefenderForEndpoint",
            managed_by_status="Success",
        )

    def _user(self, account: Account, places: Mapping[Host, list[str]]) -> User:
        hosts = sorted(places, key=lambda host: host.owner is not account)
        kinds = list(dict.fromkeys(kind for host in hosts for kind in places[host]))
        return User(
            id=account.id,
            account_name=account.name,
            account_domain=account.domain,
            account_sid=account.sid,
            first_seen=self.start,
            last_seen=max(self._last_seen.get(host, self.start) for host in hosts),
            most_prevalent_machine_id=hosts[0].id,
            least_prevalent_machine_id=hosts[-1].id,
            logon_types=",".join(kinds),
            log_on_machines_count=len(hosts),
            is_domain_admin=account.is_admin,
            is_only_network_user=kinds == ["Network"],
        )


def simulate(
    *,
    seed: int = 1,
    machines: int = 24,
    days: int = 30,
    until: datetime,
    scenarios: Iterable[str] | None = None,
    tenant_id: str | None = None,
) -> Simulation:
    """A deterministic enterprise over the days before `until`: equal arguments give equal rows, alerts and machines.

    `scenarios` names the stories to play, by their ids in `SCENARIOS`; all when left out, none for an empty list.
    `tenant_id` is written into alerts and account records; without it, one is made from the seed.

    Raises: `ValueError` for an unknown scenario, a time without zone, less than a day, or too few machines.
    """
    if until.tzinfo is None:
        raise ValueError("`until` needs a time zone, such as datetime(…, tzinfo=UTC)")
    if days < 1:
        raise ValueError(f"a story needs at least one day, not {days}")
    wanted = list(SCENARIOS if scenarios is None else dict.fromkeys(scenarios))
    unknown = [name for name in wanted if name not in SCENARIOS]
    if unknown:
        raise ValueError(f"there is no scenario {unknown[0]!r}; there are {', '.join(SCENARIOS)}")
    end = until.astimezone(UTC)
    enterprise: Enterprise = build(seed, machines, tenant_id)
    calendar = Calendar(enterprise, end - timedelta(days=days), end)
    return Simulation(calendar, [SCENARIOS[name] for name in wanted])


def _by_time(note: Note) -> datetime:
    return note.time


def _consume(notes: list[Note]) -> Iterator[Note]:
    """The notes from the back of the list, each let go once it is taken."""
    while notes:
        yield notes.pop()
