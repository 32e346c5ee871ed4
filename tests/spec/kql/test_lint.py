"""What a check of a query finds, where, and what it advises."""

from __future__ import annotations

import json

import pytest

from vedette.kql import hunting_tables
from vedette.kql.lint import RULES, check
from vedette.kql.lint.reports import as_sarif

TABLES = hunting_tables()
RECENT = "DeviceProcessEvents | where Timestamp > ago(1d)"


def found(query: str) -> list[tuple[str, int, int]]:
    """Rule, line and column of each finding."""
    return [(one.rule.id, one.line, one.column) for one in check(query, TABLES)]


def test_a_good_query_has_no_findings() -> None:
    assert found(f'{RECENT} and FileName has "mshta" | summarize count() by DeviceName') == []


@pytest.mark.parametrize(
    ("query", "rule", "hint"),
    [
        (f"{RECENT} | where FileName ==§", "KQL001", ""),
        ("§DeviceProcesEvents | take 1", "KQL002", "Did you mean DeviceProcessEvents"),
        (f"{RECENT} | project §DeviceNam", "KQL002", "Did you mean DeviceName"),
        (f"{RECENT} | where §ProcessId has 'x'", "KQL003", "Wrap it in tostring()."),
        (f"{RECENT} | evaluate §python(typeof(*), 'x')", "KQL004", ""),
        (f'{RECENT} | where §FileName contains "mshta"', "KQL101", "Use has when whole terms are meant."),
        (f'{RECENT} | where §tolower(FileName) == "cmd.exe"', "KQL102", "Use =~"),
        (f'{RECENT} | where §tolower(FileName) in ("cmd.exe")', "KQL102", "Use =~"),
        ("§DeviceProcessEvents | take 10", "KQL103", "Filter by Timestamp first"),
        ('§search "mimikatz" | where Timestamp > ago(1d)', "KQL104", "Name the tables"),
        (f'{RECENT} | where §FileName matches regex "mshta"', "KQL105", "Use has"),
        (f"{RECENT} | §join DeviceInfo on DeviceId", "KQL106", "kind=inner"),
        (
            f"{RECENT} | §join kind=inner DeviceNetworkEvents on DeviceId, "
            "$left.ProcessId == $right.InitiatingProcessId",
            "KQL107",
            "creation time",
        ),
        (f"{RECENT} | summarize §makeset(FileName)", "KQL108", "newer name"),
        (
            f"{RECENT} | where §parse_json(AdditionalFields).x == 1",
            "KQL109",
            "has on the text first",
        ),
        (f"{RECENT} | §sort by Timestamp | summarize count()", "KQL110", "Sort at the end."),
        (f'{RECENT} | where §FolderPath == "C:\\\\x"', "KQL111", "=~"),
        (f"§let unused = 1; {RECENT}", "KQL112", "Remove it."),
        (f'{RECENT} | where Timestamp > §datetime("Insert date")', "KQL113", "Write a date, such as datetime("),
    ],
)
def test_a_finding_says_where_and_what_to_do(query: str, rule: str, hint: str) -> None:
    before, _, after = query.partition("§")  # marks the place

    findings = [one for one in check(before + after, TABLES) if one.rule.id == rule]

    assert [(one.line, one.column) for one in findings] == [(1, len(before) + 1)]
    assert hint in findings[0].hint


def test_every_mistake_is_told_not_only_the_first() -> None:
    query = f"""{RECENT}
| where FileNam has "x" and len(AccountName) == 2 and ProcessId has "y"
| extend Short = tostirng(DeviceName)
| join kind=inner (DeviceNetworkEvnts | where RemotePrt == 443) on DeviceId
| project Short, Missing"""

    assert found(query) == [
        ("KQL002", 2, 9),
        ("KQL002", 2, 29),
        ("KQL003", 2, 55),
        ("KQL002", 3, 18),
        ("KQL002", 4, 20),
        ("KQL002", 4, 47),
        ("KQL002", 5, 18),
    ]


def test_what_follows_from_a_mistake_is_not_told() -> None:
    query = f"""{RECENT}
| extend Total = Missing + 1, Span = ProcessId has "x"
| summarize Mean = avg(Total), count() by bin(Span, 1h)
| where Mean > 2
| sort by Missing"""

    # The last line names the column anew, in rows that would lack it even if it were there.
    assert found(query) == [("KQL002", 2, 18), ("KQL003", 2, 38), ("KQL002", 5, 11)]


def test_a_missing_time_filter_is_not_claimed_where_its_column_is_misspelt() -> None:
    assert found("DeviceProcessEvents | where Timestmp > ago(1d) | take 1") == [("KQL002", 1, 29)]


def test_lines_count_from_one_and_the_end_is_behind_the_last_character() -> None:
    (finding,) = check(f"{RECENT}\n| project\n    Nope", TABLES)

    assert (finding.line, finding.column, finding.end_line, finding.end_column) == (3, 5, 3, 9)
    assert finding.excerpt == "   3 |     Nope\n     |     ^^^^"


@pytest.mark.parametrize(
    "query",
    [
        "DeviceEvents | take 1 // vedette: ignore KQL103",
        "// vedette: ignore KQL103\nDeviceEvents | take 1",
        "DeviceEvents | take 1 // vedette: ignore",
    ],
)
def test_a_comment_silences_a_rule_on_its_line(query: str) -> None:
    assert found(query) == []


def test_a_comment_does_not_silence_other_rules_or_errors() -> None:
    assert found("DeviceEvents | take 1 // vedette: ignore KQL101") == [("KQL103", 1, 1)]
    assert found("DeviceEvent | take 1 // vedette: ignore") == [("KQL002", 1, 1)]


def test_every_rule_has_a_source_and_a_sentence() -> None:
    for rule in RULES.values():
        assert rule.says.endswith(".")
        assert rule.source.startswith("https://learn.microsoft.com/")


def test_sarif_names_file_place_and_rule() -> None:
    query = 'DeviceEvents | where Timestamp > ago(1d)\n| where FileName contains "mshta"'

    log = json.loads(as_sarif([("rules/a.kql", one) for one in check(query, TABLES)], "1.2.3"))

    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["KQL101"]
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("KQL101", "warning")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "rules/a.kql"}
    assert place["region"] == {"startLine": 2, "startColumn": 9, "endLine": 2, "endColumn": 34}
