"""Every alert's evidence is found among the rows, and alerts are what the API documents."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest

from vedette.catalogue.alerts import (
    Alert,
    AlertClassification,
    AlertDetermination,
    AlertEvidence,
    AlertSeverity,
    AlertStatus,
    DetectionSource,
    EntityType,
    InvestigationState,
    NewCategory,
)
from vedette.catalogue.tables import Event
from vedette.simulation import SCENARIOS, Simulation


class Rows:
    """The rows, found by what evidence names."""

    def __init__(self, rows: list[Event]) -> None:
        self.at: dict[tuple[str, object, object], list[dict[str, object]]] = defaultdict(list)
        self.processes: dict[tuple[object, ...], dict[str, object]] = {}
        self.facts: set[tuple[object, ...]] = set()
        for table, row in rows:
            device = row.get("DeviceId", "")
            self.at[table, device, row["Timestamp"]].append(row)
            if table == "DeviceProcessEvents":
                self.processes[device, row["ProcessId"], row["ProcessCreationTime"]] = row
            if table in ("AlertInfo", "AlertEvidence"):
                continue
            for column in ("RemoteIP", "RemoteUrl", "FileOriginUrl", "Url", "AccountSid", "AccountUpn"):
                self.facts.add((column, device, row.get(column)))
            self.facts.add(("file", device, row.get("FolderPath"), row.get("SHA1")))
            self.facts.add(("attachment", row.get("FileName"), row.get("SHA256")))
            self.facts.add(
                ("registry", device, row.get("RegistryKey"), row.get("RegistryValueName"), row.get("RegistryValueData"))
            )


@pytest.fixture(scope="module")
def index(rows: list[Event]) -> Rows:
    return Rows(rows)


def _is_found(evidence: AlertEvidence, device: str | None, index: Rows) -> bool:
    facts = index.facts
    match evidence.entity_type:
        case "Process":
            row = index.processes.get((device, evidence.process_id, evidence.process_creation_time))
            return row is not None and all(
                row[column] == value
                for column, value in (
                    ("SHA1", evidence.sha1),
                    ("SHA256", evidence.sha256),
                    ("FileName", evidence.file_name),
                    ("ProcessCommandLine", evidence.process_command_line),
                    ("AccountName", evidence.account_name),
                    ("InitiatingProcessId", evidence.parent_process_id),
                    ("InitiatingProcessCreationTime", evidence.parent_process_creation_time),
                    ("InitiatingProcessFileName", evidence.parent_process_file_name),
                )
            )
        case "File":
            separator = "/" if (evidence.file_path or "").startswith("/") else "\\"
            return ("file", device, f"{evidence.file_path}{separator}{evidence.file_name}", evidence.sha1) in facts or (
                "attachment",
                evidence.file_name,
                evidence.sha256,
            ) in facts
        case "Ip":
            return ("RemoteIP", device, evidence.ip_address) in facts
        case "Url":
            return any((column, device, evidence.url) in facts for column in ("RemoteUrl", "FileOriginUrl", "Url"))
        case "Registry" | "RegistryKey":
            key = f"{evidence.registry_hive}\\{evidence.registry_key}"
            return ("registry", device, key, evidence.registry_value_name, evidence.registry_value) in facts
        case "User":
            return ("AccountSid", device, evidence.user_sid) in facts
        case _:
            return False


def test_every_item_of_evidence_is_found_among_the_rows(month: Simulation, index: Rows) -> None:
    missing = [
        (alert.title, evidence)
        for alert in month.alerts
        for evidence in alert.evidence
        if not _is_found(evidence, alert.machine_id, index)
    ]

    assert missing == []


def test_traces_lead_from_an_alert_to_its_rows(month: Simulation, index: Rows) -> None:
    for alert in month.alerts:
        trace = month.traces[alert.id]
        assert trace.scenario in SCENARIOS
        assert list(trace.techniques) == alert.mitre_techniques
        assert trace.rows
        assert [key for key in trace.rows if not index.at[key]] == []


def test_every_scenario_raises_alerts_under_its_own_techniques(month: Simulation) -> None:
    raised: dict[str, set[str]] = defaultdict(set)
    for trace in month.traces.values():
        raised[trace.scenario].update(trace.techniques)

    assert set(raised) == set(SCENARIOS)
    for name, techniques in raised.items():
        assert techniques <= set(SCENARIOS[name].techniques), name


def test_scenarios_have_a_title_a_summary_and_well_formed_techniques() -> None:
    for scenario in SCENARIOS.values():
        assert scenario.title
        assert scenario.summary.endswith(".")
        for technique in scenario.techniques:
            number, _, sub = technique.partition(".")
            assert number[0] == "T"
            assert len(number[1:]) == 4
            assert number[1:].isdigit()
            assert not sub or (len(sub) == 3 and sub.isdigit())


def test_alerts_use_the_documented_values(month: Simulation) -> None:
    for alert in month.alerts:
        assert alert.severity in get_args(AlertSeverity)
        assert alert.status in get_args(AlertStatus)
        assert alert.classification in (None, *get_args(AlertClassification))
        assert alert.determination in (None, *get_args(AlertDetermination))
        assert alert.detection_source in get_args(DetectionSource)
        assert alert.investigation_state in get_args(InvestigationState)
        assert alert.category in get_args(NewCategory)
        assert {evidence.entity_type for evidence in alert.evidence} <= set(get_args(EntityType))


def test_alert_ids_look_like_the_services_own(month: Simulation) -> None:
    ids = [alert.id for alert in month.alerts]

    assert len(set(ids)) == len(ids) >= 25
    for alert_id in ids:
        stamp, _, tail = alert_id.removeprefix("da").partition("_")
        assert stamp.isdigit()
        assert len(stamp) == 18
        assert tail.lstrip("-").isdigit()


def test_times_of_an_alert_follow_each_other(month: Simulation) -> None:
    for alert in month.alerts:
        times = [alert.last_event_time, alert.alert_creation_time, alert.last_update_time]
        assert all(isinstance(time, datetime) for time in times)
        assert times == sorted(times)  # type: ignore[type-var] # none of them is None, as just shown
        assert month.start <= alert.first_event_time <= alert.last_event_time <= month.until  # type: ignore[operator]
        assert (alert.resolved_time is not None) == (alert.status == "Resolved")


def test_verdicts_agree_with_states(month: Simulation) -> None:
    for alert in month.alerts:
        judged = alert.classification is not None
        assert judged == (alert.status == "Resolved"), alert.title
        assert judged == (alert.determination is not None)
        assert not judged or (alert.assigned_to and alert.comments)


def test_there_is_something_of_every_state_and_severity(month: Simulation) -> None:
    assert set(Counter(alert.status for alert in month.alerts)) == {"New", "InProgress", "Resolved"}
    assert set(Counter(alert.severity for alert in month.alerts)) == {"Informational", "Low", "Medium", "High"}
    assert set(Counter(alert.classification for alert in month.alerts)) == {
        None, "TruePositive", "FalsePositive", "InformationalExpectedActivity",
    }  # fmt: skip


def test_alerts_of_one_story_share_an_incident(month: Simulation) -> None:
    incidents: dict[str, set[int | None]] = defaultdict(set)
    for alert in month.alerts:
        incidents[month.traces[alert.id].scenario].add(alert.incident_id)

    assert all(len(numbers) == 1 for numbers in incidents.values())
    assert len(set().union(*incidents.values())) == len(SCENARIOS)


def test_alert_tables_repeat_the_alert_entities(month: Simulation, rows: list[Event]) -> None:
    infos = {row["AlertId"]: row for table, row in rows if table == "AlertInfo"}
    told: Counter[object] = Counter(row["AlertId"] for table, row in rows if table == "AlertEvidence")

    assert set(infos) == {alert.id for alert in month.alerts}
    for alert in month.alerts:
        row = infos[alert.id]
        assert (row["Title"], row["Category"], row["Severity"]) == (alert.title, alert.category, alert.severity)
        assert json.loads(str(row["AttackTechniques"])) == alert.mitre_techniques
        # One row for every item of evidence, and one for the machine.
        assert told[alert.id] == len(alert.evidence) + 1


def test_an_alert_names_each_thing_once(month: Simulation) -> None:
    for alert in month.alerts:
        assert len(set(alert.evidence)) == len(alert.evidence), alert.title


def test_machines_at_risk_are_those_with_open_alerts(month: Simulation) -> None:
    order = ["None", "Informational", "Low", "Medium", "High"]
    worst: dict[str | None, str] = {}
    for alert in month.alerts:
        if alert.status != "Resolved":
            worst[alert.machine_id] = max(worst.get(alert.machine_id, "None"), alert.severity, key=order.index)

    assert {machine.id: machine.risk_score for machine in month.machines if machine.risk_score != "None"} == worst


def test_an_alert_names_its_machine_and_its_people(month: Simulation) -> None:
    machines = {machine.id: machine for machine in month.machines}
    users = {(user.account_domain, user.account_name) for user in month.users} | {("iis apppool", "defaultapppool")}
    for alert in month.alerts:
        machine = machines[str(alert.machine_id)]
        assert (alert.computer_dns_name, alert.rbac_group_name) == (machine.computer_dns_name, machine.rbac_group_name)
        for person in alert.logged_on_users:
            assert (person.domain_name, person.account_name) in users or person.account_name == "root"


def test_evidence_can_be_reached_from_python(month: Simulation) -> None:
    alert: Alert = next(alert for alert in month.alerts if alert.title == "Memory of lsass.exe was dumped")

    assert [evidence.file_name for evidence in alert.evidence if evidence.entity_type == "Process"] == [
        "cmd.exe", "rundll32.exe",
    ]  # fmt: skip
    assert alert.mitre_techniques == ["T1003.001"]


def test_the_concept_page_lists_every_scenario_with_its_techniques() -> None:
    page = Path(__file__).parents[3] / "docs" / "concepts" / "simulated-enterprise.md"
    listed = {
        cells[1].strip().strip("`"): tuple(cells[3].split())
        for line in page.read_text(encoding="utf-8").splitlines()
        if len(cells := line.split("|")) == 5 and cells[1].strip().startswith("`")
    }

    assert listed == {name: scenario.techniques for name, scenario in SCENARIOS.items()}
