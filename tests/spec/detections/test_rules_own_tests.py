"""A rule's own tests: rows that it must find, rows that it must leave alone, and the report about them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

from tests.spec.detections.conftest import Write
from vedette.detections import RuleResult, run_cases
from vedette.detections.junit import details, junit

HEAD = """
name: A page ran
query: |
  DeviceProcessEvents
  | where FileName =~ "mshta.exe" and ProcessCommandLine has "https"
tests:
"""


def _run(rule: Write, tests: str, head: str = HEAD) -> RuleResult:
    (result,) = run_cases([rule(head.lstrip("\n") + tests)])
    return result


def test_a_case_passes_when_exactly_the_expected_rows_match(rule: Write) -> None:
    result = _run(
        rule,
        """
  - name: an address
    rows:
      DeviceProcessEvents:
        - {FileName: MSHTA.EXE, ProcessCommandLine: "mshta https://a.example/x", ProcessId: 7}
        - {FileName: mshta.exe, ProcessCommandLine: mshta x.hta}
    expect: [{ProcessId: 7, FileName: MSHTA.EXE}]
  - name: no address
    rows:
      DeviceProcessEvents: [{FileName: mshta.exe, ProcessCommandLine: mshta x.hta}]
    expect: nothing
""",
    )

    assert [(case.case.name, case.is_passed) for case in result.cases] == [("an address", True), ("no address", True)]
    assert result.lacks == ""


def test_a_failure_names_the_rows_that_were_missed_and_those_that_should_not_match(rule: Write) -> None:
    result = _run(
        rule,
        """
  - name: wrong
    rows:
      DeviceProcessEvents: [{FileName: mshta.exe, ProcessCommandLine: "mshta https://a.example", ProcessId: 7}]
    expect: [{ProcessId: 8}]
  - name: too many
    rows:
      DeviceProcessEvents: [{FileName: mshta.exe, ProcessCommandLine: "mshta https://a.example", ProcessId: 7}]
    expect: nothing
""",
    )

    wrong, too_many = result.cases
    assert wrong.reason == "1 row not found; 1 row found beside what was expected"
    assert details(wrong)[0] == "missed: ProcessId=8"
    assert "ProcessId=7" in details(wrong)[1]
    assert too_many.reason == "expected nothing, found 1 row"
    assert not result.is_passed


def test_cases_see_their_own_rows_alone(rule: Write) -> None:
    rows = "DeviceProcessEvents: [{FileName: mshta.exe, ProcessCommandLine: 'mshta https://a.example'}]"

    result = _run(rule, f"  - {{name: one, rows: {{{rows}}}, expect: 1}}\n  - {{name: none, rows: {{}}, expect: 0}}\n")

    assert [case.reason for case in result.cases] == ["", ""]


def test_the_rows_may_lie_in_a_file_beside_the_rule(rule: Write, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(
        '{"Timestamp": "2026-03-02T10:00:00Z", "FileName": "mshta.exe", "ProcessCommandLine": "mshta https://a.example"}\n'
    )

    result = _run(rule, "  - {name: a file, rows: {DeviceProcessEvents: rows.jsonl}, expect: 1}\n")

    assert result.cases[0].reason == ""


def test_now_is_the_newest_row_and_rows_before_the_look_back_are_not_seen(rule: Write) -> None:
    head = "name: Recent\nqueryPeriod: 4h\nquery: DeviceInfo | where Timestamp > ago(2h)\ntests:\n"
    old, recent = "{Timestamp: 2026-03-02T07:00:00Z}", "{Timestamp: 2026-03-02T10:00:00Z}"

    result = _run(
        rule,
        f"  - {{rows: {{DeviceInfo: [{old}, {recent}]}}, expect: 1}}\n"
        f"  - {{rows: {{DeviceInfo: [{old}]}}, now: 2026-03-02T08:00:00Z, expect: 1}}\n"
        f"  - {{rows: {{DeviceInfo: [{old}]}}, now: 2026-03-02T12:00:00Z, expect: 0}}\n",
        head,
    )

    assert [case.reason for case in result.cases] == ["", "", ""]


def test_a_table_of_ones_own_may_stand_beside_hunting_tables(rule: Write) -> None:
    head = "name: Watched\nquery: DeviceInfo | join kind=inner Watchlist on DeviceName\ntests:\n"

    result = _run(
        rule,
        "  - rows:\n"
        "      DeviceInfo: [{DeviceName: ws-01, ReportId: 1}, {DeviceName: ws-02, ReportId: 2}]\n"
        "      Watchlist: [{DeviceName: ws-02, Reason: leaver}]\n"
        "    expect: [{ReportId: 2, Reason: leaver}]\n",
        head,
    )

    assert result.cases[0].reason == ""


def test_a_query_that_is_wrong_fails_with_the_line_of_the_file(rule: Write, tmp_path: Path) -> None:
    head = "name: Wrong\nquery: |\n  DeviceInfo\n  | where DeviceNam == 'x'\ntests:\n"

    result = _run(rule, "  - {rows: {DeviceInfo: [{DeviceName: x}]}, expect: 1}\n", head)

    assert result.cases[0].reason.startswith(f"{tmp_path / 'rule.yaml'}:4: the query of 'Wrong'")
    assert "DeviceName" in result.cases[0].reason


def test_a_query_that_drops_a_column_that_alerts_need_fails(rule: Write) -> None:
    head = "name: Short\nquery: DeviceInfo | project Timestamp, DeviceId\ntests:\n"

    result = _run(rule, "  - {rows: {DeviceInfo: [{DeviceName: x}]}, expect: 1}\n", head)

    assert "does not return ReportId" in result.cases[0].reason


def test_a_rule_without_tests_is_told_apart(rule: Write) -> None:
    (result,) = run_cases([rule("name: Bare\nquery: DeviceInfo\n")])

    assert (result.cases, result.lacks) == ((), "no tests")


def test_the_junit_report_has_a_suite_by_rule_and_the_reason_of_each_failure(rule: Write) -> None:
    failed = _run(
        rule,
        "  - {name: right, rows: {}, expect: 0}\n  - {name: wrong, rows: {}, expect: 1}\n",
    )
    (bare,) = run_cases([rule("name: Bare\nquery: DeviceInfo\n", "bare.yaml")])

    root = Xml.fromstring(junit([failed, bare]))

    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
    }
    assert [(suite.get("name"), suite.get("tests"), suite.get("skipped")) for suite in root] == [
        ("A page ran", "2", "0"),
        ("Bare", "1", "1"),
    ]
    failure = root.find("./testsuite/testcase[@name='wrong']/failure")
    assert failure is not None
    assert failure.get("message") == "expected 1 row, found nothing"
