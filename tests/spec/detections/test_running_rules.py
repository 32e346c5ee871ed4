"""What comes of a rule's rows: one alert for a device, with evidence read off the columns, and each event once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.spec.detections.conftest import Write
from vedette.catalogue.alerts import Alert, AlertEvidence, AlertRelatedUser
from vedette.detections import Rule, RuleError, alert_of, check_rule, run_rule
from vedette.detections.alerts import with_events
from vedette.detections.matching import event_key
from vedette.hunting import Engine
from vedette.kql.tables import hunting_tables

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DEVICE, OTHER = "a" * 40, "b" * 40
HEAD = "id: r1\nname: A page ran\nseverity: High\ncategory: DefenseEvasion\ntechniques: [T1218.005]\n"
EVERYTHING = HEAD + "query: DeviceProcessEvents\n"


def _process(minute: int, device: str = DEVICE, **more: object) -> dict[str, object]:
    return {
        "Timestamp": NOW - timedelta(hours=1) + timedelta(minutes=minute),
        "DeviceId": device,
        "DeviceName": f"ws-{device[0]}.halden.example",
        "ReportId": 100 + minute,
        "FileName": "mshta.exe",
        "ProcessId": 4000 + minute,
        **more,
    }


def _run(rule: Rule, known: frozenset[str] = frozenset(), **tables: list[dict[str, object]]) -> list[Alert]:
    with Engine(tables, threads=1) as engine:
        outcome = run_rule(engine, rule, now=NOW, known=lambda match, event: event_key(match.rule, event) in known)
    return [alert_of(match, NOW) for match in outcome.matches]


def test_an_alert_says_what_the_rule_says_and_where_it_was_found(rule: Write) -> None:
    found = rule(EVERYTHING + "description: mshta ran.\nrecommendedActions: Block the site.\n")

    (alert,) = _run(found, DeviceProcessEvents=[_process(3), _process(9)])

    assert (alert.title, alert.severity, alert.category) == ("A page ran", "High", "DefenseEvasion")
    assert (alert.detection_source, alert.detector_id, alert.status) == ("CustomDetection", "r1", "New")
    assert alert.mitre_techniques == ["T1218.005"]
    assert alert.description == "mshta ran.\n\nRecommended actions: Block the site."
    assert (alert.machine_id, alert.computer_dns_name) == (DEVICE, "ws-a.halden.example")
    assert alert.first_event_time == NOW - timedelta(minutes=57)
    assert alert.last_event_time == NOW - timedelta(minutes=51)
    assert alert.alert_creation_time == NOW


def test_the_rows_of_a_device_make_one_alert(rule: Write) -> None:
    rows = [_process(1), _process(2, OTHER), _process(3)]

    alerts = _run(rule(EVERYTHING), DeviceProcessEvents=rows)

    assert [(alert.machine_id, len(alert.evidence)) for alert in alerts] == [(DEVICE, 2), (OTHER, 1)]


def test_a_rule_may_raise_an_alert_for_each_event_or_for_all(rule: Write) -> None:
    rows = [_process(1), _process(2, OTHER), _process(3)]

    assert len(_run(rule(EVERYTHING + "groupBy: event\n"), DeviceProcessEvents=rows)) == 3
    assert len(_run(rule(EVERYTHING + "groupBy: rule\n"), DeviceProcessEvents=rows)) == 1


def test_a_process_is_shown_with_its_parent_and_its_account(rule: Write) -> None:
    row = _process(
        3,
        SHA1="1" * 40,
        SHA256="2" * 64,
        FolderPath=r"C:\Windows\System32\mshta.exe",
        ProcessCommandLine="mshta.exe https://a.example",
        ProcessCreationTime=NOW,
        AccountName="ana",
        AccountDomain="halden",
        AccountSid="S-1-5-21-1-2-3-1001",
        InitiatingProcessFileName="cmd.exe",
        InitiatingProcessFolderPath=r"c:\windows\system32\cmd.exe",
        InitiatingProcessId=17,
        InitiatingProcessCreationTime=NOW - timedelta(minutes=1),
    )

    (alert,) = _run(rule(EVERYTHING), DeviceProcessEvents=[row])

    assert alert.evidence == [
        AlertEvidence(
            entity_type="Process",
            evidence_creation_time=NOW,
            sha1="1" * 40,
            sha256="2" * 64,
            file_name="mshta.exe",
            file_path=r"C:\Windows\System32",
            process_id=4003,
            process_command_line="mshta.exe https://a.example",
            process_creation_time=NOW,
            parent_process_id=17,
            parent_process_creation_time=NOW - timedelta(minutes=1),
            parent_process_file_name="cmd.exe",
            parent_process_file_path=r"c:\windows\system32",
            account_name="ana",
            domain_name="halden",
            user_sid="S-1-5-21-1-2-3-1001",
            detection_status="Detected",
        ),
        AlertEvidence(
            entity_type="User",
            evidence_creation_time=NOW,
            account_name="ana",
            domain_name="halden",
            user_sid="S-1-5-21-1-2-3-1001",
        ),
    ]
    assert alert.related_user == AlertRelatedUser(user_name="ana", domain_name="halden")


def test_files_addresses_urls_and_registry_values_are_shown_each_once(rule: Write) -> None:
    acting = {"InitiatingProcessId": 5, "InitiatingProcessFileName": "cmd.exe", "DeviceId": DEVICE, "Timestamp": NOW}
    found = rule(HEAD + "query: union DeviceFileEvents, DeviceNetworkEvents, DeviceRegistryEvents\n")

    (alert,) = _run(
        found,
        DeviceFileEvents=[{**acting, "ReportId": 1, "FileName": "a.exe", "FolderPath": "/tmp/a.exe", "SHA1": "3" * 40}],
        DeviceNetworkEvents=[
            {**acting, "ReportId": number, "RemoteIP": "203.0.113.5", "RemoteUrl": "a.example"} for number in (2, 3)
        ],
        DeviceRegistryEvents=[
            {**acting, "ReportId": 4, "RegistryKey": r"HKEY_LOCAL_MACHINE\SOFTWARE\Run", "RegistryValueName": "x"}
        ],
    )

    shown = {
        (each.entity_type, each.file_name or each.ip_address or each.url or each.registry_key)
        for each in alert.evidence
    }
    assert shown == {
        ("Process", "cmd.exe"),
        ("File", "a.exe"),
        ("Ip", "203.0.113.5"),
        ("Url", "a.example"),
        ("Registry", r"SOFTWARE\Run"),
    }
    assert len(alert.evidence) == 5


def test_events_that_are_known_raise_nothing_again(rule: Write) -> None:
    found = rule(EVERYTHING)
    with Engine({"DeviceProcessEvents": [_process(1)]}, threads=1) as engine:
        (match,) = run_rule(engine, found, now=NOW).matches
    known = frozenset(event_key(found, event) for event in match.events)

    assert _run(found, known, DeviceProcessEvents=[_process(1)]) == []
    (alert,) = _run(found, known, DeviceProcessEvents=[_process(1), _process(2)])
    assert alert.first_event_time == alert.last_event_time == NOW - timedelta(minutes=58)


def test_further_events_are_taken_in_by_an_alert_that_is_there(rule: Write) -> None:
    found = rule(EVERYTHING)
    (alert,) = _run(found, DeviceProcessEvents=[_process(1)])
    with Engine({"DeviceProcessEvents": [_process(1), _process(5)]}, threads=1) as engine:
        (match,) = run_rule(engine, found, now=NOW).matches

    merged = with_events(alert, match, NOW + timedelta(hours=1))

    assert merged.id == alert.id
    assert [each.process_id for each in merged.evidence] == [4001, 4005]
    assert (merged.first_event_time, merged.last_event_time) == (
        NOW - timedelta(minutes=59),
        NOW - timedelta(minutes=55),
    )


def test_only_rows_of_the_look_back_are_seen(rule: Write) -> None:
    rows = [_process(1), _process(2, OTHER, Timestamp=NOW - timedelta(hours=5))]

    assert [alert.machine_id for alert in _run(rule(EVERYTHING), DeviceProcessEvents=rows)] == [DEVICE]


def test_a_threshold_counts_rows(rule: Write) -> None:
    found = rule(EVERYTHING + "triggerOperator: gt\ntriggerThreshold: 2\n")

    assert _run(found, DeviceProcessEvents=[_process(1), _process(2)]) == []
    assert len(_run(found, DeviceProcessEvents=[_process(1), _process(2), _process(3)])) == 1


def test_one_run_raises_no_more_alerts_than_the_service_allows(rule: Write) -> None:
    # source: https://learn.microsoft.com/defender-xdr/custom-detection-rules
    rows = [_process(1, f"{number:040x}") for number in range(130)]
    with Engine({"DeviceProcessEvents": rows}, threads=1) as engine:
        outcome = run_rule(engine, rule(EVERYTHING), now=NOW)

    assert (len(outcome.matches), outcome.left_out) == (100, 30)


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        ("DeviceId, ReportId", "Timestamp"),
        ("Timestamp, DeviceId", "ReportId"),
        ("Timestamp, ReportId, FileName", "DeviceId or another column that names a device, a user or a mailbox"),
    ],
)
def test_a_query_must_return_what_the_service_demands(rule: Write, columns: str, missing: str) -> None:
    # source: https://learn.microsoft.com/defender-xdr/custom-detection-rules#required-columns-in-the-query-results
    found = rule(HEAD + f"query: DeviceProcessEvents | project {columns}\n")

    with pytest.raises(RuleError, match=f"does not return {missing}") as wrong:
        check_rule(found, hunting_tables())

    assert wrong.value.line == 6


def test_entity_mappings_stand_in_for_those_columns(rule: Write) -> None:
    found = rule(
        HEAD
        + "query: DeviceProcessEvents | summarize Runs = count() by DeviceName, Who = AccountName, From = 'x'\n"
        + "entityMappings:\n"
        + "  - {entityType: Host, fieldMappings: [{identifier: FullName, columnName: DeviceName}]}\n"
        + "  - {entityType: Account, fieldMappings: [{identifier: Name, columnName: Who}]}\n"
    )

    (alert,) = _run(found, DeviceProcessEvents=[_process(1, AccountName="ana")])

    assert (alert.machine_id, alert.computer_dns_name) == (None, "ws-a.halden.example")
    assert [(each.entity_type, each.account_name) for each in alert.evidence] == [("User", "ana")]


def test_a_mapped_column_must_be_returned(rule: Write) -> None:
    found = rule(
        HEAD
        + "query: DeviceProcessEvents\n"
        + "entityMappings:\n  - {entityType: IP, fieldMappings: [{identifier: Address, columnName: SourceIP}]}\n"
    )

    with pytest.raises(RuleError, match="does not return SourceIP, which entityMappings says is IP Address"):
        check_rule(found, hunting_tables())
