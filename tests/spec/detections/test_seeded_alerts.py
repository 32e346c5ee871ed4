"""The simulated enterprise's alerts are what the shipped rules find in its telemetry, and the rules find nothing else.

A tenant has its alerts from the start and its telemetry later, so the alerts are written by the scenarios. This is the
proof that running the rules gives the same ones.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vedette.catalogue.alerts import Alert
from vedette.detections import Match, Rule, alert_of, run_rule, shipped_rules
from vedette.hunting import Engine
from vedette.simulation import Simulation, simulate
from vedette.telemetry import Lake, LakeWriter

UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)
EventKey = tuple[str, datetime, str]
"""DeviceId, Timestamp and ReportId."""


class Story:
    """A simulated enterprise with its telemetry in a lake, and what every rule finds there."""

    def __init__(self, folder: Path, *, seed: int, machines: int, days: int) -> None:
        self.simulation: Simulation = simulate(until=UNTIL, seed=seed, machines=machines, days=days)
        evidence = {key for trace in self.simulation.traces.values() for key in trace.rows}
        self.reports: dict[tuple[str, str, datetime], str] = {}
        lake = Lake(folder)
        with LakeWriter(lake) as writer:
            for table, row in self.simulation.events():
                writer.add((table, row))
                key = (table, str(row.get("DeviceId", "")), row["Timestamp"])
                if key in evidence:
                    self.reports[key] = str(row["ReportId"])
        self.found: dict[str, list[Match]] = {}
        with Engine(lake) as engine:
            for rule in shipped_rules():
                self.found[rule.title] = list(run_rule(engine, rule, now=UNTIL, everything=True).matches)

    def events(self, alert: Alert) -> set[EventKey]:
        """The rows behind an alert's evidence. Rows of mail belong to no device; the alert says which one is meant."""
        return {
            (device or str(alert.machine_id), at, self.reports[table, device, at])
            for table, device, at in self.simulation.traces[alert.id].rows
        }


@pytest.fixture(scope="module", params=[(1, 24, 30), (9, 12, 14)], ids=["as seeded", "another one"])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    seed, machines, days = request.param
    return Story(tmp_path_factory.mktemp("lake"), seed=seed, machines=machines, days=days)


def test_the_rules_find_exactly_the_events_of_the_alerts(story: Story) -> None:
    told: dict[str, dict[str, set[EventKey]]] = defaultdict(dict)
    for alert in story.simulation.alerts:
        told[str(alert.title)][str(alert.machine_id)] = story.events(alert)

    found = {
        title: {
            match.device_id: {(event.row["DeviceId"], event.time, str(event.row["ReportId"])) for event in match.events}
            for match in matches
        }
        for title, matches in story.found.items()
    }

    assert found == told
    assert sum(map(len, found.values())) == 30


def test_the_rules_say_what_the_alerts_say(story: Story) -> None:
    rules: dict[str, Rule] = {rule.title: rule for rule in shipped_rules()}

    for alert in story.simulation.alerts:
        rule = rules[str(alert.title)]
        assert (rule.severity, rule.category, list(rule.techniques), rule.description, rule.id) == (
            alert.severity,
            alert.category,
            alert.mitre_techniques,
            alert.description,
            alert.detector_id,
        )


def test_evidence_read_off_the_rows_names_the_same_files_processes_and_addresses(story: Story) -> None:
    for alert in story.simulation.alerts:
        (match,) = story.found[str(alert.title)]
        raised = alert_of(match, UNTIL)

        for attribute in ("ip_address", "url", "process_id", "sha256", "registry_key"):
            told = {value for each in alert.evidence if (value := getattr(each, attribute)) is not None}
            found = {value for each in raised.evidence if (value := getattr(each, attribute)) is not None}
            assert told <= found, (alert.title, attribute)
