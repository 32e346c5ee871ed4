"""`vedette detect`: rules over files, their own tests as a report, and Sigma as KQL."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from tests.spec.cli.conftest import Cli, Service

PAGE = """
id: 3e0f6f0a-0000-4000-8000-000000000001
name: A page ran
severity: High
category: DefenseEvasion
query: |
  DeviceProcessEvents
  | where FileName =~ "mshta.exe"
tests:
  - name: finds it
    rows:
      DeviceProcessEvents: [{FileName: mshta.exe, ProcessId: 7}]
    expect: [{ProcessId: 7}]
  - name: leaves others
    rows:
      DeviceProcessEvents: [{FileName: cmd.exe}]
    expect: nothing
"""
ROWS = [
    {"Timestamp": f"2026-03-02T10:0{n}:00Z", "DeviceId": f"{n}" * 40, "FileName": "mshta.exe", "ReportId": n}
    for n in (1, 2)
]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "page.yaml").write_text(PAGE)
    return folder


@pytest.fixture
def telemetry(tmp_path: Path) -> Path:
    file = tmp_path / "DeviceProcessEvents.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return file


def test_rules_that_pass_are_ticked_off(cli: Cli, rules: Path) -> None:
    ended = cli("detect", "test", str(rules))

    assert (ended.status, ended.lines) == (0, ["✓ A page ran"])
    assert ended.err.startswith("2 tests of 1 rule, all passed in ")


def test_a_failure_shows_the_rows_and_the_status_says_so(cli: Cli, rules: Path) -> None:
    (rules / "page.yaml").write_text(
        PAGE.replace("ProcessId: 7}]\n    expect: [{ProcessId: 7", "ProcessId: 8}]\n    expect: [{ProcessId: 7")
    )

    ended = cli("detect", "test", str(rules))

    assert ended.status == 1
    assert ended.lines[:4] == [
        "✗ A page ran",
        "    ✗ finds it",
        f"      {rules / 'page.yaml'}:10: 1 row not found; 1 row found beside what was expected",
        "      missed: ProcessId=7",
    ]
    assert ended.lines[4].startswith("      matched: ")
    assert "2 tests of 1 rule, 1 failed" in ended.err


def test_a_rule_without_tests_is_named(cli: Cli, rules: Path) -> None:
    (rules / "bare.kql").write_text("DeviceInfo\n")

    ended = cli("detect", "test", str(rules))

    assert (ended.status, ended.lines) == (0, ["- Bare  (no tests)", "✓ A page ran"])
    assert "1 without tests" in ended.err


def test_the_report_is_written_as_junit_too(cli: Cli, rules: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"

    assert cli("detect", "test", str(rules), "--junit", str(report)).status == 0

    root = Xml.fromstring(report.read_text())
    assert [(case.get("classname"), case.get("name")) for case in root.iter("testcase")] == [
        ("A page ran", "finds it"),
        ("A page ran", "leaves others"),
    ]


def test_programs_get_the_outcome_of_each_test(cli: Cli, rules: Path) -> None:
    told = cli("detect", "test", str(rules), "-o", "json").json()

    assert [(each["rule"], each["test"], each["passed"], each["line"]) for each in told] == [
        ("A page ran", "finds it", True, 10),
        ("A page ran", "leaves others", True, 14),
    ]


def test_rules_run_over_files(cli: Cli, rules: Path, telemetry: Path) -> None:
    ended = cli("detect", "run", str(rules), "--local", str(telemetry), "-o", "json")

    assert ended.status == 0, ended.err
    assert [(alert["title"], alert["machineId"], alert["severity"]) for alert in ended.json()] == [
        ("A page ran", "1" * 40, "High"),
        ("A page ran", "2" * 40, "High"),
    ]
    assert ended.json()[0]["detectionSource"] == "CustomDetection"
    assert "2 alerts by 1 rule." in ended.err


def test_events_that_were_seen_raise_nothing_again(cli: Cli, rules: Path, telemetry: Path, tmp_path: Path) -> None:
    run = ("detect", "run", str(rules), "--local", str(telemetry), "--seen", str(tmp_path / "seen.json"), "-o", "json")

    assert len(cli(*run).json()) == 2
    assert cli(*run).json() == []
    telemetry.write_text(telemetry.read_text() + json.dumps({**ROWS[0], "ReportId": 9}) + "\n")
    assert [alert["machineId"] for alert in cli(*run).json()] == ["1" * 40]


def test_a_rule_that_cannot_run_is_refused_with_its_place(cli: Cli, rules: Path, telemetry: Path) -> None:
    (rules / "page.yaml").write_text(PAGE.replace("FileName =~", "FileNam =~"))

    ended = cli("detect", "run", str(rules), "--local", str(telemetry))

    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {rules / 'page.yaml'}:8: the query of 'A page ran'")
    assert "FileName" in ended.err


def test_a_key_that_does_not_exist_is_refused_with_the_nearest(cli: Cli, rules: Path) -> None:
    (rules / "page.yaml").write_text(PAGE.replace("severity:", "severty:"))

    ended = cli("detect", "list", str(rules))

    assert ended.status == 2
    assert ended.err.splitlines() == [
        f"error: {rules / 'page.yaml'}:4: there is no key 'severty'",
        "hint: did you mean severity?",
    ]


def test_without_paths_the_rules_of_the_simulated_enterprise_are_listed(cli: Cli) -> None:
    listed = cli("detect", "list", "-o", "json").json()

    assert len(listed) == 30
    assert "Memory of lsass.exe was dumped" in {rule["title"] for rule in listed}


def test_sigma_is_converted_to_a_query_file_that_is_a_rule_again(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "whoami.yml").write_text(
        "title: Who am I\nid: 5f8c2b0e-9e5f-4f0c-9c0f-0d7f1f2f7a13\nstatus: test\nlevel: low\n"
        "logsource: {category: process_creation, product: windows}\n"
        "detection:\n  selection: {Image|endswith: '\\whoami.exe'}\n  condition: selection\n"
    )

    ended = cli("detect", "convert", str(tmp_path / "whoami.yml"))

    assert ended.status == 0, ended.err
    assert ended.lines[:3] == ["// id: 5f8c2b0e-9e5f-4f0c-9c0f-0d7f1f2f7a13", "// title: Who am I", "// severity: Low"]
    assert ended.lines[-2] == "DeviceProcessEvents"
    (tmp_path / "again.kql").write_text(ended.out)
    (again,) = cli("detect", "list", str(tmp_path / "again.kql"), "-o", "json").json()
    assert (again["title"], again["severity"]) == ("Who am I", "Low")


def test_rules_hunt_on_the_service_and_raise_by_reference_when_told_to(cli: Cli, rules: Path, service: Service) -> None:
    names = {"Timestamp": "DateTime", "DeviceId": "String", "FileName": "String", "ReportId": "Int64"}
    service.answer(
        "POST /api/advancedqueries/run",
        {
            "Schema": [{"Name": name, "Type": kind} for name, kind in names.items()],
            "Results": [{**ROWS[0], "Timestamp": "2026-03-02T10:01:00.1234567Z"}],
        },
    )
    service.answer(f"GET /api/machines/{'1' * 40}/alerts", {"value": []})
    service.answer("POST /api/alerts/CreateAlertByReference", {"id": "da1_1", "title": "A page ran"}, 201)

    shown = cli("detect", "run", str(rules), "-o", "json").json()
    assert [alert["title"] for alert in shown] == ["A page ran"]
    assert service.asked == ["POST /api/advancedqueries/run"]

    raised = cli("detect", "run", str(rules), "--raise", "-o", "json").json()
    assert [alert["id"] for alert in raised] == ["da1_1"]
    assert service.bodies[-1] == {
        "machineId": "1" * 40,
        "reportId": "1",
        "eventTime": "2026-03-02T10:01:00.1234567Z",
        "severity": "High",
        "title": "A page ran",
        "description": "A page ran",
        "recommendedAction": "Look into it.",
        "category": "DefenseEvasion",
    }


def test_a_stopped_tenant_keeps_the_alerts(cli: Cli, rules: Path, tmp_path: Path) -> None:
    from vedette.tenant import LocalTenant

    state = tmp_path / "tenant"
    with LocalTenant(state=state, machines=12, days=2, sockets=False):
        pass
    (rules / "page.yaml").write_text(PAGE.replace('FileName =~ "mshta.exe"', 'FileName =~ "systeminfo.exe" | take 1'))

    first = cli("detect", "run", str(rules), "--tenant", "--state", str(state), "-o", "json")
    again = cli("detect", "run", str(rules), "--tenant", "--state", str(state), "-o", "json")

    assert first.status == 0, first.err
    assert ([alert["title"] for alert in first.json()], again.json()) == (["A page ran"], [])
    with LocalTenant(state=state, sockets=False) as tenant:
        kept = tenant.state.defender[tenant.tenant_id].alerts
        assert kept.get(first.json()[0]["id"]) is not None


def test_a_running_tenant_raises_them_through_its_api(cli: Cli, rules: Path, tmp_path: Path) -> None:
    from vedette.tenant import LocalTenant

    state = tmp_path / "tenant"
    (rules / "page.yaml").write_text(PAGE.replace('FileName =~ "mshta.exe"', 'FileName =~ "systeminfo.exe" | take 1'))
    with LocalTenant(state=state, machines=12, days=2) as tenant:
        first = cli("detect", "run", str(rules), "--tenant", "--state", str(state), "-o", "json")
        again = cli("detect", "run", str(rules), "--tenant", "--state", str(state), "-o", "json")
        with tenant.defender() as defender:
            kept = defender.alerts.get(first.json()[0]["id"])

    assert (first.status, len(first.json()), again.json()) == (0, 1, [])
    assert (kept.title, kept.detection_source) == ("A page ran", "CustomDetection")


def test_the_shipped_rules_raise_nothing_that_a_seeded_tenant_does_not_have(cli: Cli, tmp_path: Path) -> None:
    from vedette.detections import shipped_rules
    from vedette.tenant import LocalTenant

    state = tmp_path / "tenant"
    with LocalTenant(state=state, machines=12, days=14, sockets=False) as tenant:
        before = len(tenant.state.defender[tenant.tenant_id].alerts)
    chosen = [str(rule.path) for rule in shipped_rules() if rule.category in ("Persistence", "Ransomware")]

    ended = cli("detect", "run", *chosen, "--tenant", "--state", str(state), "-o", "json")

    assert (ended.status, ended.json(), before) == (0, [], 30)


def test_places_that_exclude_each_other_are_refused(cli: Cli, rules: Path, telemetry: Path) -> None:
    ended = cli("detect", "run", str(rules), "--local", str(telemetry), "--tenant")

    assert ended.status == 2
    assert ended.err.splitlines()[0] == "error: --local shows alerts and raises none"
