"""What an import tells besides rows: machines, users, and one alert per recorded attack."""

from __future__ import annotations

import json

import pytest

from tests.spec.telemetry.conftest import NOW, Lab, security, sysmon
from vedette.catalogue.alerts import AlertEvidence, AlertRelatedUser, LoggedOnUser
from vedette.telemetry.attack import category, severity
from vedette.telemetry.mapping import device_id

DUMP = sysmon(
    1,
    _dataset="atomic/windows/credential_access/host/lab_dump",
    Image=r"C:\lab\procdump.exe",
    Hashes="SHA1=" + "A1" * 20,
    ProcessId="4242",
    ProcessGuid="{1}",
    User=r"LAB\Joan",
    CommandLine="procdump -ma lsass.exe out.dmp",
    ParentImage=r"C:\Windows\System32\cmd.exe",
    ParentProcessId="700",
)
QUIET = sysmon(
    1,
    _dataset="atomic/windows/credential_access/host/lab_dump",
    Image=r"C:\Windows\System32\conhost.exe",
    ProcessId="4243",
    ProcessGuid="{2}",
    User=r"LAB\Joan",
    CommandLine="conhost.exe 0xffffffff",
)


def described(lab: Lab) -> None:
    (lab.folder / "recordings" / "datasets.json").write_text(
        json.dumps(
            [{"dataset": DUMP["_dataset"], "title": "Memory of lsass dumped", "attack_techniques": ["T1003.001"]}]
        )
    )


def test_one_alert_per_data_set_with_what_is_known_of_it(lab: Lab) -> None:
    file = lab.record(DUMP, QUIET)
    described(lab)

    (alert,) = lab.ingest(file, keep_times=False).alerts

    assert (alert.title, alert.category, alert.severity) == ("Memory of lsass dumped", "CredentialAccess", "High")
    assert alert.mitre_techniques == ["T1003.001"]
    assert (alert.machine_id, alert.computer_dns_name) == (device_id("ws-01.lab.example"), "ws-01.lab.example")
    assert alert.first_event_time == alert.last_event_time == alert.alert_creation_time == NOW
    assert alert.related_user == AlertRelatedUser(user_name="joan", domain_name="lab")
    assert alert.logged_on_users == [LoggedOnUser(account_name="joan", domain_name="lab")]


def test_an_alert_shows_the_rows_that_stand_out(lab: Lab) -> None:
    (alert,) = lab.ingest(lab.record(DUMP, QUIET), keep_times=False).alerts

    assert alert.evidence == [
        AlertEvidence(
            entity_type="Process",
            evidence_creation_time=NOW,
            sha1="a1" * 20,
            file_name="procdump.exe",
            file_path=r"C:\lab",
            process_id=4242,
            process_command_line="procdump -ma lsass.exe out.dmp",
            process_creation_time=NOW,
            parent_process_id=700,
            parent_process_file_name="cmd.exe",
            parent_process_file_path=r"c:\windows\system32",
            account_name="joan",
            domain_name="lab",
            detection_status="Detected",
        ),
        AlertEvidence(
            entity_type="File",
            evidence_creation_time=NOW,
            sha1="a1" * 20,
            file_name="procdump.exe",
            file_path=r"C:\lab",
            detection_status="Detected",
        ),
    ]


def test_a_data_set_without_description_is_named_by_its_key(lab: Lab) -> None:
    (alert,) = lab.ingest(lab.record(DUMP)).alerts

    assert (alert.title, alert.category, alert.mitre_techniques) == ("Lab dump", "CredentialAccess", [])


def test_an_alert_keeps_its_id(lab: Lab) -> None:
    file = lab.record(DUMP)

    assert lab.ingest(file).alerts[0].id == lab.ingest(file).alerts[0].id


@pytest.mark.parametrize(
    ("dataset", "techniques", "expected"),
    [
        ("recorded/one", ["T1003.001"], "CredentialAccess"),
        ("recorded/one", ["T1021.002"], "LateralMovement"),
        ("recorded/one", ["T1047"], "Execution"),
        ("atomic/windows/privilege_escalation/host/one", ["T1543.003"], "PrivilegeEscalation"),
        ("atomic/windows/persistence/host/one", ["T1543.003"], "Persistence"),
        ("atomic/windows/discovery/host/one", [], "Discovery"),
        ("recorded/one", ["T0000"], "SuspiciousActivity"),
    ],
)
def test_the_category_is_the_tactic_of_the_technique(dataset: str, techniques: list[str], expected: str) -> None:
    assert category(dataset, techniques) == expected


def test_severity_follows_the_category() -> None:
    assert [severity(one) for one in ("CredentialAccess", "Execution", "Discovery")] == ["High", "Medium", "Low"]


def test_machines_are_the_recorded_hosts(lab: Lab) -> None:
    library = sysmon(
        7,
        Image=r"C:\b.exe",
        ImageLoaded=r"C:\Windows\System32\ntdll.dll",
        FileVersion="10.0.19041.1 (Lab.1)",
        Product="Microsoft® Windows® Operating System",
        _dataset=DUMP["_dataset"],
    )
    connection = sysmon(
        3,
        Image=r"C:\b.exe",
        Initiated="true",
        Protocol="tcp",
        SourceIp="10.1.1.5",
        DestinationIp="52.1.2.3",
        _dataset=DUMP["_dataset"],
    )
    controller = security(1102, Hostname="DC01.lab.example", _dataset=DUMP["_dataset"])

    dc, station = lab.ingest(lab.record(DUMP, library, connection, controller), keep_times=False).machines

    assert (station.id, station.computer_dns_name) == (device_id("ws-01.lab.example"), "ws-01.lab.example")
    assert (station.os_platform, station.os_build, station.version) == ("Windows10", 19041, "2004")
    assert (station.last_ip_address, [ip.ip_address for ip in station.ip_addresses]) == ("10.1.1.5", ["10.1.1.5"])
    assert (station.first_seen, station.last_seen) == (NOW, NOW)
    assert (station.risk_score, dc.risk_score) == ("High", "None")
    assert (station.rbac_group_name, dc.rbac_group_name) == ("Workstations", "Domain controllers")
    assert dc.os_platform == "WindowsServer2019"


def test_users_are_the_recorded_accounts(lab: Lab) -> None:
    logon = security(
        4624,
        TargetUserName="Ravi",
        TargetDomainName="LAB.EXAMPLE",
        TargetUserSid="S-1-5-21-1-2-3-1106",
        LogonType="10",
        Hostname="WS-02.lab.example",
    )
    machine_account = logon | {"TargetUserName": "WS-02$"}
    system = DUMP | {"User": r"NT AUTHORITY\SYSTEM"}

    joan, ravi = lab.ingest(lab.record(DUMP, logon, machine_account, system)).users

    assert (joan.id, joan.most_prevalent_machine_id) == (r"lab\joan", device_id("ws-01.lab.example"))
    assert (ravi.id, ravi.account_sid, ravi.logon_types) == (r"lab\ravi", "S-1-5-21-1-2-3-1106", "RemoteInteractive")
    assert (ravi.log_on_machines_count, ravi.is_only_network_user) == (1, False)


def test_machines_report_their_state_when_a_data_set_begins_and_ends(lab: Lab) -> None:
    later = DUMP | {"UtcTime": "2021-05-04 15:00:00", "@timestamp": "2021-05-04T15:00:01Z"}

    lab.ingest(lab.record(DUMP, later))

    first, last = lab.lake.find("DeviceInfo", order_by=["Timestamp"])
    assert (first["OSPlatform"], first["DeviceType"], first["OnboardingStatus"]) == (
        "Windows10",
        "Workstation",
        "Onboarded",
    )
    assert json.loads(str(last["LoggedOnUsers"])) == [{"UserName": "joan", "DomainName": "lab"}]
    assert len(lab.lake.find("DeviceNetworkInfo")) == 2
