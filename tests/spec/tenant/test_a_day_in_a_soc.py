"""Twenty-four hours of a SOC on the tenant's clock: alerts come up, a playbook contains, looks, and releases.

The day takes seconds: the clock stands still and is moved on by five minutes at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from vedette import Defender
from vedette.tenant import LocalTenant
from vedette.tenant.clock import FixedClock
from vedette.tenant.config import TelemetryEntry, TenantFile

MORNING = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
TICK = timedelta(minutes=5)
DAY = timedelta(hours=24)
FINAL = {"Succeeded", "Failed", "TimeOut", "Cancelled"}


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    file = TenantFile(telemetry=TelemetryEntry(machines=10, days=2, ahead_h=24))
    with LocalTenant(config=file, clock=FixedClock(MORNING), limits="documented") as tenant:
        yield tenant


@dataclass
class Playbook:
    """Pulls new alerts, none twice and none lost; isolates, notes, and releases after six hours."""

    defender: Defender
    since: datetime
    seen: list[str] = field(default_factory=list)
    isolated: dict[str, datetime] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    log: list[tuple[datetime, str, str]] = field(default_factory=list)

    def tick(self, now: datetime) -> None:
        wanted = (
            f"alertCreationTime gt {self.since:%Y-%m-%dT%H:%M:%S.%fZ} and alertCreationTime le {now:%Y-%m-%dT%H:%M:%SZ}"
        )
        for alert in self.defender.alerts.list(filter=wanted, orderby="alertCreationTime"):
            self.seen.append(alert.id)
            if alert.severity == "High" and alert.machine_id and alert.machine_id not in self.isolated:
                action = self.defender.machines.isolate(alert.machine_id, comment=f"playbook: {alert.id}")
                self.isolated[alert.machine_id] = now
                self.waiting[action.id] = alert.machine_id
                self.log.append((now, "isolate", alert.machine_id))
                self.defender.alerts.update(alert.id, status="InProgress", comment="isolated by the playbook")
        self.since = now
        for action_id, machine_id in list(self.waiting.items()):
            action = self.defender.machine_actions.get(action_id)
            if action.status in FINAL:
                del self.waiting[action_id]
                self.log.append((now, f"{action.type} {action.status}", machine_id))
        for machine_id, began in self.isolated.items():
            if now - began == timedelta(hours=6):
                action = self.defender.machines.unisolate(machine_id, comment="clean")
                self.waiting[action.id] = machine_id
                self.log.append((now, "release", machine_id))


@pytest.fixture(scope="module")
def day(tenant: LocalTenant) -> Playbook:
    with tenant.defender("soc-automation") as defender:
        defender_day = Playbook(defender, since=MORNING)
        now = MORNING
        while now < MORNING + DAY + timedelta(hours=7):
            now += TICK
            tenant.advance(TICK)
            defender_day.tick(now)
        return defender_day


def test_no_alert_of_the_day_is_known_before_it_comes_up(tenant: LocalTenant) -> None:
    with (
        LocalTenant(
            config=TenantFile(telemetry=TelemetryEntry(machines=10, days=2, ahead_h=24)), clock=FixedClock(MORNING)
        ) as fresh,
        fresh.defender("soc-reader") as defender,
    ):
        times = [alert.alert_creation_time for alert in defender.alerts.list()]
        assert times
        assert max(time for time in times if time) <= MORNING
        fresh.advance(DAY)
        assert len(list(defender.alerts.list())) > len(times)


def test_every_alert_of_the_day_is_pulled_once(tenant: LocalTenant, day: Playbook) -> None:
    with tenant.defender("soc-reader") as defender:
        expected = [a.id for a in defender.alerts.list(filter=f"alertCreationTime gt {MORNING:%Y-%m-%dT%H:%M:%SZ}")]

    assert len(day.seen) > 3
    assert sorted(day.seen) == sorted(expected)


def test_each_machine_is_isolated_and_released_in_this_order(day: Playbook) -> None:
    assert day.isolated
    for machine_id, began in day.isolated.items():
        steps = [(when - began, what) for when, what, machine in day.log if machine == machine_id]
        assert [what for _, what in steps] == ["isolate", "Isolate Succeeded", "release", "Unisolate Succeeded"]
        assert steps[2][0] == timedelta(hours=6)
    assert day.waiting == {}


def test_the_alerts_tell_what_the_playbook_did(tenant: LocalTenant, day: Playbook) -> None:
    with tenant.defender("soc-reader") as defender:
        first = dict.fromkeys(day.isolated)
        for alert_id in day.seen:
            alert = defender.alerts.get(alert_id)
            if alert.severity == "High" and alert.machine_id in first and first.pop(alert.machine_id, True) is None:
                assert alert.status == "InProgress"
                assert alert.comments[-1].comment == "isolated by the playbook"
                assert alert.comments[-1].created_by == "soc-automation"
        assert first == {}
