"""The stage on which scenarios play: it picks who is hit and when, opens desks, and takes alerts.

A scenario is a function registered by `scenario(...)`. It may be played several times in a large enterprise, each time
with other victims; it never knows the background.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random

from vedette.simulation.alerts import Draft, Item, Triage
from vedette.simulation.desk import Calendar, Desk
from vedette.simulation.enterprise import Account, Enterprise, Host
from vedette.simulation.tape import Tape


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named story, with the techniques it shows."""

    id: str
    title: str
    techniques: tuple[str, ...]
    """MITRE ATT&CK ids."""
    play: Callable[[Scene], None]
    summary: str


REGISTRY: dict[str, Scenario] = {}
"""Scenario id → scenario, in the order in which the modules register."""


def scenario(id: str, title: str, *techniques: str) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Register the decorated function as a scenario; its docstring is the summary."""

    def register(play: Callable[[Scene], None]) -> Callable[[Scene], None]:
        REGISTRY[id] = Scenario(id, title, techniques, play, (play.__doc__ or "").strip())
        return play

    return register


class Stage:
    """What all scenes share: the calendar, the tape, process ids of scenario processes, and who is not yet a victim.

    Neither the machine whose owner is away nor the one that administrators use becomes a victim.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.tape = Tape()
        self.drafts: list[Draft] = []
        enterprise = calendar.enterprise
        # The background numbers its processes from 5000 each day; stories stay above, and never use a number twice.
        self._pids: dict[int, Iterator[int]] = {}
        self._victims = [
            host
            for host in enterprise.of_role("workstation")
            if host is not calendar.away and host is not enterprise.admin_host
        ]
        Random(f"{enterprise.seed}:victims").shuffle(self._victims)
        self._next_victim = 0

    def pids(self, host: Host) -> Iterator[int]:
        """Process ids for what scenarios start on a machine."""
        return self._pids.setdefault(host.index, count(20000, 4))

    def victim(self) -> Host:
        """The next workstation that nothing has happened to yet; the first again when all had their turn."""
        self._next_victim += 1
        return self._victims[(self._next_victim - 1) % len(self._victims)]


class Scene:
    """One playing of one scenario."""

    def __init__(self, stage: Stage, scenario: Scenario, occurrence: int) -> None:
        self.stage = stage
        self.scenario = scenario
        self.occurrence = occurrence
        self.enterprise: Enterprise = stage.calendar.enterprise
        self.tape = stage.tape
        self.random = Random(f"{self.enterprise.seed}:{scenario.id}:{occurrence}")
        self._desks: dict[tuple[int, date], Desk] = {}

    def moment(self, days_ago: float, clock: str) -> datetime:
        """A moment on about that day before the end, preferably a weekday, with two hours left to play.

        Later occurrences fall on other days. Short windows squeeze all scenes into what there is.
        """
        calendar = self.stage.calendar
        hour, minute = map(int, clock.split(":"))
        wanted = calendar.until.date() - timedelta(days=int(days_ago) + 3 * self.occurrence)
        best: datetime | None = None
        for day in sorted(calendar.dates(), key=lambda day: (day.weekday() >= 5, abs((day - wanted).days), day)):
            earliest = max(datetime.combine(day, time(9, 30), UTC), calendar.start + timedelta(minutes=45))
            latest = min(datetime.combine(day, time(19, 30), UTC), calendar.until - timedelta(hours=2, minutes=30))
            if earliest <= latest:
                chosen = datetime.combine(day, time(hour, minute), UTC) + timedelta(seconds=60 * self.random.random())
                best = min(max(chosen, earliest), latest)
                break
        if best is None:
            raise ValueError("the window leaves no room to play a scenario; it has to be at least a day long")
        return best

    def victim(self) -> Host:
        """A workstation to hit."""
        return self.stage.victim()

    def server(self, role: str) -> Host:
        """A server of a role; another one at each occurrence where there are several."""
        hosts = self.enterprise.of_role(role)
        return hosts[self.occurrence % len(hosts)]

    def desk(self, host: Host, at: datetime) -> Desk:
        """The machine on the day of that moment; its owner comes to work for it."""
        key = (host.index, at.date())
        if key not in self._desks:
            calendar = self.stage.calendar
            calendar.require(host, at.date())
            hours = calendar.hours(host, at.date())
            if hours is None:
                raise ValueError(f"{host.name} does not run on {at.date()}")
            purpose = f"{self.scenario.id}:{self.occurrence}"
            self._desks[key] = Desk(host, at.date(), hours, self.tape, self.stage.pids(host), purpose)
        return self._desks[key]

    def later(self, at: datetime, least: float, most: float = 0.0) -> datetime:
        """A moment some seconds after another."""
        return at + timedelta(seconds=least + max(most - least, 0.0) * self.random.random())

    def alert(
        self,
        desk: Desk,
        at: datetime,
        title: str,
        description: str,
        *evidence: Item,
        category: str,
        severity: str,
        techniques: tuple[str, ...],
        triage: Triage | None = None,
        source: str = "WindowsDefenderAtp",
        user: Account | None = None,
        threat: str | None = None,
        family: str | None = None,
    ) -> None:
        """Raise an alert on a machine, some seconds after the moment of detection."""
        self.stage.drafts.append(
            Draft(
                scenario=self.scenario.id,
                incident=(self.scenario.id, self.occurrence),
                host=desk.host,
                at=at,
                title=title,
                description=description,
                category=category,
                severity=severity,
                techniques=techniques,
                evidence=evidence,
                triage=triage or Triage(),
                source=source,
                user=user,
                threat=threat,
                family=family,
            )
        )
