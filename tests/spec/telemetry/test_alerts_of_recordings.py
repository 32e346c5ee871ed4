"""Alerts that recordings raise can be hunted: `AlertInfo` has a row for each, `AlertEvidence` one for all it shows."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.spec.telemetry.conftest import NOW, Lab, sysmon
from vedette.telemetry import import_recordings

EVENTS = (
    sysmon(
        1,
        Image=r"C:\lab\mimikatz.exe",
        ProcessId="5692",
        ProcessGuid="{1}",
        CommandLine="mimikatz.exe privilege::debug",
        User=r"LAB\mira",
        Hashes="SHA1=DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
    ),
    sysmon(
        13,
        Image=r"C:\lab\mimikatz.exe",
        ProcessGuid="{1}",
        ProcessId="5692",
        TargetObject=r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\Upd",
        Details=r"C:\lab\mimikatz.exe",
    ),
)


def test_an_alert_has_one_row_of_alert_info(lab: Lab) -> None:
    result = lab.ingest(lab.record(*EVENTS), keep_times=False)

    (alert,) = result.alerts
    (info,) = lab.lake.find("AlertInfo")
    assert info == {
        "Timestamp": alert.alert_creation_time,
        "AlertId": alert.id,
        "Title": alert.title,
        "Category": alert.category,
        "Severity": alert.severity,
        "ServiceSource": "Microsoft Defender for Endpoint",
        "DetectionSource": "Custom detection",
        "AttackTechniques": "[]",
    }
    assert alert.alert_creation_time is not None
    assert NOW - timedelta(minutes=1) <= alert.alert_creation_time <= NOW


def test_its_evidence_has_a_row_each_and_so_has_the_machine(lab: Lab) -> None:
    result = lab.ingest(lab.record(*EVENTS))

    (alert,) = result.alerts
    rows = lab.lake.find("AlertEvidence")
    assert {(row["AlertId"], row["DeviceId"], row["DeviceName"]) for row in rows} == {
        (alert.id, alert.machine_id, "ws-01.lab.example")
    }
    assert sorted((row["EntityType"], row["EvidenceRole"]) for row in rows) == [  # type: ignore[type-var]  # texts
        ("File", "Related"),
        ("Machine", "Impacted"),
        ("Process", "Related"),
        ("RegistryValue", "Related"),
    ]
    of = {row["EntityType"]: row for row in rows}
    process = of["Process"]
    assert (process["FolderPath"], process["ProcessCommandLine"], process["AccountName"]) == (
        r"C:\lab\mimikatz.exe",
        "mimikatz.exe privilege::debug",
        "mira",
    )
    value = of["RegistryValue"]
    assert value["RegistryKey"] == r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Run"
    assert value["RegistryValueName"] == "Upd"
    assert json.loads(str(value["Categories"])) == [alert.category]


def test_techniques_of_a_described_data_set_are_in_the_rows(lab: Lab) -> None:
    file = lab.record(*EVENTS)
    described = [{"dataset": "lab/first", "title": "Credential dump", "attack_techniques": ["T1003.001"]}]
    (file.parent / "datasets.json").write_text(json.dumps(described))

    lab.ingest(file.parent)

    (info,) = lab.lake.find("AlertInfo")
    assert json.loads(str(info["AttackTechniques"])) == ["T1003.001"]


def test_importing_again_adds_no_second_alert(lab: Lab) -> None:
    file = lab.record(*EVENTS)
    lab.ingest(file, keep_times=False)
    before = lab.lake.find("AlertEvidence", order_by=["EntityType"])

    import_recordings([file], lab.lake, now=NOW + timedelta(days=1))

    assert len(lab.lake.find("AlertInfo")) == 1
    assert lab.lake.find("AlertEvidence", order_by=["EntityType"]) == before
