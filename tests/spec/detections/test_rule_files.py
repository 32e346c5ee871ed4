"""Rules as files: YAML, Sentinel's YAML as it is, a commented `.kql` file; and what is said of mistakes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.spec.detections.conftest import Write
from vedette.detections import EntityMapping, RuleError, read_rules, shipped_rules

OURS = """
id: 6f7d6c1e-30a3-4a5a-9a51-6f6f0b0f7a11
title: A page ran
description: mshta with an address.
severity: high
category: DefenseEvasion
techniques: [T1218.005, t1105]
frequency: 3h
lookBack: 1d
recommendedActions:
  - Block the site.
  - Ask the user.
enabled: false
groupBy: event
query: |
  DeviceProcessEvents
  | where FileName =~ "mshta.exe"
"""

# In the shape of a scheduled analytics rule of Microsoft Sentinel.
SENTINEL = """
id: 2f0c4c43-8f0f-4b6c-8a58-3a4f2f0f7a12
name: Many refusals
version: 1.0.3
kind: Scheduled
description: |
  'Somebody tries passwords.'
severity: Medium
status: Available
requiredDataConnectors:
  - connectorId: MicrosoftThreatProtection
    dataTypes: [DeviceLogonEvents]
queryFrequency: PT1H
queryPeriod: P1D
triggerOperator: gt
triggerThreshold: 4
tactics: [CredentialAccess, InitialAccess]
relevantTechniques: [T1110]
tags: [Example]
query: |
  DeviceLogonEvents
  | where ActionType == "LogonFailed"
  | summarize Refusals = count() by DeviceName, AccountSid, RemoteIP
entityMappings:
  - entityType: Host
    fieldMappings:
      - identifier: FullName
        columnName: DeviceName
  - entityType: IP
    fieldMappings:
      - identifier: Address
        columnName: RemoteIP
eventGroupingSettings:
  aggregationKind: AlertPerResult
"""


def test_a_rule_says_what_its_alert_says(rule: Write) -> None:
    found = rule(OURS)

    assert (found.id, found.title) == ("6f7d6c1e-30a3-4a5a-9a51-6f6f0b0f7a11", "A page ran")
    assert (found.severity, found.category) == ("High", "DefenseEvasion")
    assert found.techniques == ("T1218.005", "T1105")
    assert (found.frequency, found.look_back) == (timedelta(hours=3), timedelta(days=1))
    assert found.recommended_actions == "- Block the site.\n- Ask the user."
    assert (found.enabled, found.group_by) == (False, "event")
    assert found.query == 'DeviceProcessEvents\n| where FileName =~ "mshta.exe"\n'


def test_a_rule_of_sentinel_is_read_as_it_is(rule: Write) -> None:
    found = rule(SENTINEL)

    assert (found.title, found.description) == ("Many refusals", "Somebody tries passwords.")
    assert (found.category, found.techniques) == ("CredentialAccess", ("T1110",))
    assert (found.frequency, found.look_back) == (timedelta(hours=1), timedelta(days=1))
    assert (found.trigger, found.threshold, found.group_by) == ("gt", 4, "event")
    assert found.entities == (
        EntityMapping(kind="Host", columns={"FullName": "DeviceName"}),
        EntityMapping(kind="IP", columns={"Address": "RemoteIP"}),
    )
    assert found.ignored == ("requiredDataConnectors", "status", "tags", "version")


@pytest.mark.parametrize(
    ("frequency", "look_back"),
    [
        ("1h", timedelta(hours=4)),
        ("3h", timedelta(hours=12)),
        ("12h", timedelta(hours=48)),
        ("24h", timedelta(days=30)),
    ],
)
def test_without_a_look_back_it_is_the_documented_one_of_the_frequency(
    rule: Write, frequency: str, look_back: timedelta
) -> None:
    # source: https://learn.microsoft.com/defender-xdr/custom-detection-rules#rule-frequency
    found = rule(f"name: Any\nfrequency: {frequency}\nquery: DeviceInfo\n")

    assert found.look_back == look_back


def test_a_query_file_says_it_in_comments(rule: Write) -> None:
    found = rule(
        """
        // title: Shadow copies were deleted
        // severity: High
        // techniques: T1490, T1485
        // description: Somebody deletes
        //   what backups are made of.
        // frequency: continuous

        // vssadmin is one way of several.
        DeviceProcessEvents
        | where FileName =~ "vssadmin.exe"
        """,
        "shadow.kql",
    )

    assert (found.title, found.severity, found.techniques) == ("Shadow copies were deleted", "High", ("T1490", "T1485"))
    assert found.description == "Somebody deletes\nwhat backups are made of."
    assert found.is_continuous
    assert found.query.startswith("// vssadmin is one way of several.\nDeviceProcessEvents")
    assert found.query_line == 8


def test_a_query_file_without_a_title_has_that_of_its_name(rule: Write) -> None:
    assert rule("DeviceInfo\n", "old-sensor_versions.kql").title == "Old sensor versions"


def test_an_id_that_is_not_given_follows_from_name_and_title(rule: Write) -> None:
    text = "name: Any\nquery: DeviceInfo\n"

    assert rule(text).id == rule(text).id
    assert rule(text).id != rule(text, "other.yaml").id


@pytest.mark.parametrize(
    ("text", "line", "message", "nearest"),
    [
        ("name: A\nseverty: High\nquery: DeviceInfo\n", 2, "there is no key 'severty'", ("severity",)),
        ("name: A\nseverity: Hihg\nquery: DeviceInfo\n", 2, "there is no severity 'Hihg'", ("High",)),
        (
            "name: A\nquery: DeviceInfo\ntactics:\n  - Persistance\n",
            4,
            "there is no tactics 'Persistance'",
            ("Persistence",),
        ),
        ("name: A\nquery: DeviceInfo\ntechniques: [T1059, T99]\n", 3, "T99 is no technique", ()),
        ("name: A\nquery: DeviceInfo\nfrequency: soon\n", 3, "frequency: soon is no time span", ()),
        ("name: A\nquery: DeviceInfo\nfrequency: 1d\nlookBack: 1h\n", 4, "looks back less far", ()),
        ("name: A\n", 1, "the rule has no query", ()),
        ("query: DeviceInfo\n", 1, "the rule has no name", ()),
        ("name: A\ntitle: B\nquery: DeviceInfo\n", 2, "'name' and 'title' say the same", ()),
        ("name: A\nname: B\nquery: DeviceInfo\n", 2, "the key 'name' is there twice", ()),
        ("name: A\nkind: Fusion\nquery: DeviceInfo\n", 2, "there is no kind 'Fusion'", ()),
        ("name: A\nquery: [\n", 3, "this is not YAML", ()),
        ("- a\n- b\n", 1, "a rule is a mapping", ()),
        ("name: A\nquery: DeviceInfo\nenabled: perhaps\n", 3, "enabled is true or false", ()),
        (
            "name: A\nquery: DeviceInfo\nentityMappings:\n  - entityType: Hots\n    fieldMappings: []\n",
            4,
            "there is no entityType 'Hots'",
            ("Host",),
        ),
        (
            "name: A\nquery: DeviceInfo\ntests:\n  - rows:\n      DeviceInfo:\n        - {DeviceNam: x}\n    expect: 1",
            6,
            "there is no column of DeviceInfo 'DeviceNam'",
            ("DeviceName",),
        ),
        ("name: A\nquery: DeviceInfo\ntests:\n  - name: x\n    rows: {}\n", 4, "the test does not say expect", ()),
        (
            "name: A\nquery: DeviceInfo\ntests:\n  - rows: {}\n    expct: 1\n",
            5,
            "no key of a test 'expct'",
            ("expect",),
        ),
    ],
)
def test_a_mistake_is_answered_with_its_place_and_the_nearest_name(
    rule: Write, tmp_path: Path, text: str, line: int, message: str, nearest: tuple[str, ...]
) -> None:
    with pytest.raises(RuleError) as wrong:
        rule(text)

    assert wrong.value.line == line
    assert wrong.value.message.startswith(f"{tmp_path / 'rule.yaml'}:{line}: ")
    assert message in wrong.value.message
    assert wrong.value.nearest[:1] == nearest


def test_a_mistake_in_the_comments_of_a_query_has_its_place(rule: Write) -> None:
    with pytest.raises(RuleError, match="there is no severity 'Hgh'") as wrong:
        rule("// title: A\n// severity: Hgh\nDeviceInfo\n", "a.kql")

    assert (wrong.value.line, wrong.value.nearest[0]) == (2, "High")


def test_a_folder_gives_all_rules_below_it_in_order(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "b.yaml").write_text("name: Bee\nquery: DeviceInfo\n")
    (tmp_path / "more" / "c.kql").write_text("DeviceInfo\n")
    (tmp_path / "a.yml").write_text("name: Ay\nquery: DeviceInfo\n---\nname: Also\nquery: DeviceInfo\n")
    (tmp_path / "notes.md").write_text("not a rule")

    assert [rule.title for rule in read_rules([tmp_path])] == ["Ay", "Also", "Bee", "C"]


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("id: one\nname: A\nquery: DeviceInfo\n")

    with pytest.raises(RuleError, match="has the same id, one"):
        read_rules([tmp_path])


def test_a_place_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="there are no rules here"):
        read_rules([tmp_path])
    with pytest.raises(RuleError, match="no such file or folder"):
        read_rules([tmp_path / "absent"])


def test_a_file_that_names_itself_in_circles_is_refused(rule: Write) -> None:
    with pytest.raises(RuleError, match="not YAML"):
        rule("name: &a [*a]\nquery: DeviceInfo\n")


def test_shipped_rules_each_have_a_test_that_matches_and_one_that_does_not() -> None:
    rules = shipped_rules()

    assert len(rules) == 30
    for rule in rules:
        assert {case.count == 0 for case in rule.cases} == {True, False}, rule.title
