"""Equal arguments give equal worlds; size and window are parameters; the stream needs little memory."""

from __future__ import annotations

import gc
import tracemalloc
from collections import deque
from datetime import UTC, datetime, timedelta, timezone

import pytest

from vedette.catalogue.tables import Event
from vedette.simulation import SCENARIOS, Simulation, simulate

UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _small(**changes: object) -> Simulation:
    return simulate(**{"machines": 10, "days": 4, "until": UNTIL, **changes})  # type: ignore[arg-type] # any argument


def test_the_same_seed_tells_the_same_story(month: Simulation, rows: list[Event]) -> None:
    again = simulate(until=UNTIL)

    assert again.alerts == month.alerts
    assert again.machines == month.machines
    assert again.users == month.users
    assert again.traces == month.traces
    assert list(again.events()) == rows


def test_reading_the_stream_twice_gives_the_same_rows() -> None:
    story = _small()

    assert list(story.events()) == list(story.events())


def test_another_seed_is_another_world() -> None:
    one, other = _small(seed=1), _small(seed=2)

    assert {machine.id for machine in one.machines}.isdisjoint(machine.id for machine in other.machines)
    assert {alert.id for alert in one.alerts}.isdisjoint(alert.id for alert in other.alerts)


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    oslo = UNTIL.astimezone(timezone(timedelta(hours=1)))

    assert list(_small(until=oslo).events()) == list(_small().events())


@pytest.mark.parametrize("machines", [8, 12, 20, 60])
def test_the_enterprise_has_as_many_machines_as_asked(machines: int) -> None:
    story = _small(machines=machines)

    assert len(story.machines) == machines
    assert len({machine.id for machine in story.machines}) == machines
    assert len({machine.computer_dns_name for machine in story.machines}) == machines
    assert len({machine.last_ip_address for machine in story.machines}) == machines
    assert {row["DeviceId"] for _, row in story.events() if "DeviceId" in row} <= {m.id for m in story.machines}


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_a_single_day_holds_every_scenario_whenever_it_ends(hour: int) -> None:
    until = datetime(2026, 11, 22, hour, 20, tzinfo=UTC)
    story = _small(days=1, until=until)
    keys = {(table, row.get("DeviceId", ""), row["Timestamp"]) for table, row in story.events()}

    assert {trace.scenario for trace in story.traces.values()} == set(SCENARIOS)
    for trace in story.traces.values():
        base = [key for key in trace.rows if key not in keys]
        assert base == [], (trace, base)
    times = [time for _, _, time in keys if isinstance(time, datetime)]
    assert until - timedelta(days=1) <= min(times) <= max(times) <= until


def test_a_large_enterprise_suffers_each_scenario_more_than_once() -> None:
    story = simulate(machines=600, days=7, until=UNTIL)

    assert len({alert.incident_id for alert in story.alerts}) == 3 * len(SCENARIOS)
    assert len({alert.id for alert in story.alerts}) == len(story.alerts)


def test_scenarios_can_be_chosen() -> None:
    story = _small(scenarios=["web-shell", "linux-miner"])

    assert {trace.scenario for trace in story.traces.values()} == {"web-shell", "linux-miner"}
    assert _small(scenarios=[]).alerts == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"scenarios": ["web-shel"]}, "no scenario 'web-shel'; there are phishing-to-ransomware, "),
        ({"until": datetime(2026, 11, 20)}, "needs a time zone"),  # noqa: DTZ001
        ({"days": 0}, "at least one day, not 0"),
        ({"machines": 7}, "at least 8 machines to hold its servers, not 7"),
    ],
)
def test_arguments_that_make_no_world_are_refused(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        _small(**changes)


def test_the_tenant_id_is_the_one_given() -> None:
    tenant = "11111111-2222-4333-8444-555555555555"
    story = _small(tenant_id=tenant)

    assert {alert.aad_tenant_id for alert in story.alerts} == {tenant}


def _peak(days: int) -> int:
    story = _small(days=days, scenarios=[])
    gc.collect()
    tracemalloc.start()
    deque(story.events(), maxlen=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_the_stream_needs_no_more_memory_for_more_days() -> None:
    _peak(8)  # program images and address kinds are kept once they have been seen

    assert _peak(32) < 1.5 * _peak(8)
