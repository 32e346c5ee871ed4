"""A tenant's detection rules run as its clock passes their frequency, and their alerts appear through the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from vedette import Defender
from vedette.catalogue.alerts import Alert
from vedette.catalogue.machines import Machine
from vedette.detections import RuleError, read_rules
from vedette.errors import ConfigurationError
from vedette.telemetry import LakeWriter
from vedette.tenant import LocalTenant
from vedette.tenant.config import read_tenant_file
from vedette.tenant.defender.detections import run_rules
from vedette.tenant.store.defender import DefenderStore

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DEVICE = "a" * 40
HOURLY = """
id: 3e0f6f0a-0000-4000-8000-000000000001
name: A page ran
severity: High
category: DefenseEvasion
relevantTechniques: [T1218.005]
queryFrequency: 1h
query: DeviceProcessEvents | where FileName =~ "mshta.exe"
"""
MANY = HOURLY.replace("0001", "0002").replace("A page ran", "Many pages ran") + "triggerThreshold: 2\n"


class World:
    """One machine, and nothing happens on it by itself."""

    def __init__(self) -> None:
        self.machines = [Machine(id=DEVICE, computer_dns_name="ws-01.halden.example", rbac_group_name="Workstations")]
        self.alerts: list[Alert] = []

    def events(self) -> Any:
        """No rows."""
        return iter(())


class Place:
    """A running tenant with rules, whose clock stands still."""

    def __init__(self, tenant: LocalTenant, defender: Defender) -> None:
        self.tenant = tenant
        self.defender = defender

    @property
    def store(self) -> DefenderStore:
        """Its entities and telemetry."""
        return self.tenant.state.defender[self.tenant.tenant_id]

    def happens(self, at: datetime, report: int, name: str = "mshta.exe") -> None:
        """A process starts on the machine."""
        row = {"Timestamp": at, "DeviceId": DEVICE, "DeviceName": "ws-01.halden.example", "ReportId": report}
        more = {"FileName": name, "ProcessId": report, "ActionType": "ProcessCreated"}
        with LakeWriter(self.store.lake) as writer:
            writer.add(("DeviceProcessEvents", row | more))

    def alerts(self) -> list[Alert]:
        """What the API lists."""
        return list(self.defender.alerts.list(expand=["evidence"]))


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "page.yaml").write_text(HOURLY)
    return folder


@pytest.fixture
def place(rules: Path) -> Any:
    with LocalTenant(telemetry=World(), clock=NOW, rules=[rules]) as tenant, tenant.defender() as defender:
        yield Place(tenant, defender)


def test_a_new_rule_looks_at_the_last_thirty_days(place: Place) -> None:
    # source: https://learn.microsoft.com/defender-xdr/custom-detection-rules#rule-frequency
    place.happens(NOW - timedelta(days=29), 1)
    place.happens(NOW - timedelta(days=31), 2)

    (alert,) = place.alerts()

    assert (alert.title, alert.severity, alert.category) == ("A page ran", "High", "DefenseEvasion")
    assert (alert.detection_source, alert.status, alert.mitre_techniques) == ("CustomDetection", "New", ["T1218.005"])
    assert (alert.machine_id, alert.rbac_group_name) == (DEVICE, "Workstations")
    assert alert.alert_creation_time == NOW
    assert [(each.entity_type, each.process_id) for each in alert.evidence] == [("Process", 1)]


def test_what_happens_later_is_found_at_the_next_run_and_not_before(place: Place) -> None:
    assert place.alerts() == []
    place.happens(NOW + timedelta(minutes=10), 1)

    place.tenant.advance(timedelta(minutes=59))
    assert place.alerts() == []
    place.tenant.advance(timedelta(minutes=1))
    (alert,) = place.alerts()

    assert alert.alert_creation_time == NOW + timedelta(hours=1)
    assert alert.first_event_time == NOW + timedelta(minutes=10)


def test_an_event_raises_no_second_alert(place: Place) -> None:
    place.happens(NOW - timedelta(minutes=10), 1)
    first = place.alerts()

    place.tenant.advance(timedelta(hours=3))

    assert [alert.id for alert in place.alerts()] == [alert.id for alert in first]


def test_an_open_alert_takes_further_events_in_and_a_resolved_one_does_not(place: Place) -> None:
    place.happens(NOW - timedelta(minutes=10), 1)
    (first,) = place.alerts()
    place.happens(NOW + timedelta(minutes=10), 2)
    place.tenant.advance(timedelta(hours=1))

    (same,) = place.alerts()
    assert (same.id, [each.process_id for each in same.evidence]) == (first.id, [1, 2])

    place.defender.alerts.update(first.id, status="Resolved", classification="TruePositive", determination="Malware")
    place.happens(NOW + timedelta(minutes=70), 3)
    place.tenant.advance(timedelta(hours=1))
    by_id = {alert.id: [each.process_id for each in alert.evidence] for alert in place.alerts()}
    assert by_id.pop(first.id) == [1, 2]
    assert list(by_id.values()) == [[3]]


def test_missed_runs_are_made_up_for_as_at_their_own_time(rules: Path) -> None:
    (rules / "page.yaml").unlink()
    (rules / "many.yaml").write_text(MANY)
    with LocalTenant(telemetry=World(), clock=NOW, rules=[rules]) as tenant, tenant.defender() as defender:
        place = Place(tenant, defender)
        assert place.alerts() == []
        for minute in (61, 62, 63):
            place.happens(NOW + timedelta(minutes=minute), minute)

        tenant.advance(timedelta(hours=9))

        (alert,) = place.alerts()
        assert alert.alert_creation_time == NOW + timedelta(hours=2)


def test_alerts_of_rules_can_be_hunted(place: Place) -> None:
    place.happens(NOW - timedelta(minutes=10), 1)
    (alert,) = place.alerts()

    rows = list(place.defender.hunt("AlertInfo | project AlertId, Title, DetectionSource").rows())

    assert rows == [{"AlertId": alert.id, "Title": "A page ran", "DetectionSource": "Custom detection"}]


def test_a_disabled_rule_does_not_run(rules: Path) -> None:
    (rules / "page.yaml").write_text(HOURLY + "enabled: false\n")
    with LocalTenant(telemetry=World(), clock=NOW, rules=[rules]) as tenant, tenant.defender() as defender:
        place = Place(tenant, defender)
        place.happens(NOW - timedelta(minutes=10), 1)

        assert place.alerts() == []


def test_a_tenant_that_is_started_again_goes_on_where_its_rules_stopped(rules: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with LocalTenant(telemetry=World(), clock=NOW, rules=[rules], state=state) as tenant, tenant.defender() as defender:
        place = Place(tenant, defender)
        place.happens(NOW - timedelta(minutes=10), 1)
        first = [alert.id for alert in place.alerts()]

    later = NOW + timedelta(hours=2)
    with LocalTenant(clock=later, rules=[rules], state=state) as tenant, tenant.defender() as defender:
        assert [alert.id for alert in Place(tenant, defender).alerts()] == first


def test_a_wrong_rule_is_refused_when_the_tenant_starts(rules: Path) -> None:
    (rules / "page.yaml").write_text(HOURLY.replace("FileName", "FileNam"))

    with pytest.raises(RuleError, match=r"page\.yaml:8: the query of 'A page ran'"):
        LocalTenant(telemetry=World(), clock=NOW, rules=[rules]).start()


def test_the_tenant_file_names_rules_relative_to_itself(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "tenant.toml"
    file.write_text('[detections]\nrules = ["rules"]\n')
    assert read_tenant_file(file).detections.rules == [str(rules)]

    file.write_text('[detections]\nrules = ["absent"]\n')
    with pytest.raises(ConfigurationError, match="absent does not exist") as wrong:
        read_tenant_file(file)
    assert wrong.value.line == 2


def test_a_rule_may_be_run_once_by_hand(rules: Path) -> None:
    with LocalTenant(telemetry=World(), clock=NOW, sockets=False) as tenant:
        place = Place(tenant, None)  # type: ignore[arg-type]  # nothing is asked through the API
        place.happens(NOW - timedelta(days=3), 1)
        found = read_rules([rules])

        ((_, raised),) = run_rules(tenant.state, tenant.tenant_id, found)
        ((_, again),) = run_rules(tenant.state, tenant.tenant_id, found)

    assert ([alert.title for alert in raised], again) == (["A page ran"], [])
