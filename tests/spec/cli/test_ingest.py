"""`vedette ingest`: files into a folder's tables or a tenant's, and what is said of each."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.spec.cli.conftest import Cli
from vedette.telemetry import Lake
from vedette.tenant import LocalTenant

EXPORT = (
    "Timestamp,DeviceId,DeviceName,ActionType,ReportId\n8 Nov 2026 10:12:13,d1,ws-01.lab.example,X,1\nnoon,d1,,X,2\n"
)
SYSMON = {
    "EventID": 11,
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Hostname": "WS-02.lab.example",
    "UtcTime": "2021-05-04 14:30:00",
    "Image": r"C:\b.exe",
    "ProcessId": "5",
    "TargetFilename": r"C:\a.txt",
}


def test_a_folder_gets_the_rows_and_each_file_is_reported(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "DeviceEvents.csv").write_text(EXPORT)
    to = tmp_path / "lake"

    ended = cli("ingest", str(tmp_path / "DeviceEvents.csv"), "--to", str(to))

    assert ended.status == 0, ended.err
    assert [line.split() for line in ended.lines if line] == [
        ["file", "state", "kind", "rows", "rejected"],
        [str(tmp_path / "DeviceEvents.csv"), "ingested", "CSV", "export", "1", "1"],
        ["table", "rows"],
        ["DeviceEvents", "1"],
        ["rejected", "because", "records"],
        ["bad", "time", "1"],
    ]
    assert f"What became no row is in {tmp_path / 'lake.rejects.jsonl'}." in ended.err
    assert [row["Timestamp"] for row in Lake(to).find("DeviceEvents")] == [
        datetime(2026, 11, 8, 10, 12, 13, tzinfo=UTC)
    ]


def test_json_tells_all_of_it(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "DeviceEvents.csv").write_text(EXPORT)

    told = cli("ingest", str(tmp_path / "DeviceEvents.csv"), "--to", str(tmp_path / "lake"), "-o", "json").json()

    assert told["sources"] == [
        {
            "file": str(tmp_path / "DeviceEvents.csv"),
            "state": "ingested",
            "kind": "CSV export",
            "tables": ["DeviceEvents"],
            "rows": 1,
            "rejected": 1,
            "why": None,
            "hint": None,
        }
    ]
    assert (told["rows"], told["rejectedByReason"], told["machines"]) == ({"DeviceEvents": 1}, {"bad time": 1}, 1)


def test_a_file_that_fails_is_an_exit_status_of_1_and_the_others_are_taken(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "DeviceEvents.csv").write_text(EXPORT)
    (tmp_path / "in" / "empty.csv").write_text("")
    odd = tmp_path / "in" / "DeviceFileEvents.csv"
    odd.write_text("Timestamp,FileNam\n2026-11-08,a.exe\n")

    ended = cli("ingest", str(tmp_path / "in"), "--to", str(tmp_path / "lake"))

    assert ended.status == 1
    assert f"error: {tmp_path / 'in' / 'empty.csv'}: it is empty\n" in ended.err
    assert (
        f"error: {odd}: DeviceFileEvents has no column FileNam (nearest: FileName)\nhint: --drop-unknown" in ended.err
    )
    assert Lake(tmp_path / "lake").counts() == {"DeviceEvents": 1}


def test_a_dry_run_writes_nothing(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "DeviceEvents.csv").write_text(EXPORT)

    for place in ("--to", "--state"):
        ended = cli("ingest", str(tmp_path / "DeviceEvents.csv"), place, str(tmp_path / "there"), "--dry-run")
        assert ended.status == 0, ended.err
        assert "nothing was written" in ended.err
        assert not (tmp_path / "there").exists()


def test_an_unknown_table_is_a_wrong_command_line(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(EXPORT)

    ended = cli("ingest", str(tmp_path / "a.csv"), "--to", str(tmp_path / "lake"), "--table", "DeviceEvent")

    assert ended.status == 2
    assert "there is no hunting table DeviceEvent" in ended.err
    assert "hint: the nearest is DeviceEvents" in ended.err


def test_two_places_are_a_wrong_command_line(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(EXPORT)

    ended = cli("ingest", str(tmp_path / "a.csv"), "--to", str(tmp_path / "x"), "--state", str(tmp_path / "y"))

    assert ended.status == 2
    assert "--to and --state are two places" in ended.err


def test_a_tenant_gets_rows_machines_and_alerts(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "DeviceEvents.csv").write_text(EXPORT)
    (folder / "attack.jsonl").write_text(json.dumps(SYSMON))

    ended = cli("ingest", str(folder), "--state", str(tmp_path / "state"))

    assert ended.status == 0, ended.err
    with LocalTenant(state=tmp_path / "state", telemetry="none", sockets=False) as tenant:
        store = tenant.state.defender[tenant.tenant_id]
        assert {machine.computer_dns_name for machine in store.machines.all()} == {
            "ws-01.lab.example",
            "ws-02.lab.example",
        }
        (alert,) = store.alerts.all()
        assert [row["AlertId"] for row in store.lake.find("AlertInfo")] == [alert.id]
        assert store.lake.counts()["DeviceEvents"] == 1


def test_what_people_did_to_machines_and_alerts_stays(cli: Cli, tmp_path: Path) -> None:
    import msgspec

    (tmp_path / "attack.jsonl").write_text(json.dumps(SYSMON))
    arguments = ("ingest", str(tmp_path / "attack.jsonl"), "--state", str(tmp_path / "state"))
    assert cli(*arguments).status == 0
    with LocalTenant(state=tmp_path / "state", telemetry="none", sockets=False) as tenant:
        store = tenant.state.defender[tenant.tenant_id]
        (machine,), (alert,) = store.machines.all(), store.alerts.all()
        store.machines.put(msgspec.structs.replace(machine, machine_tags=["lab"]))
        store.alerts.put(msgspec.structs.replace(alert, status="Resolved"))

    assert cli(*arguments).status == 0

    with LocalTenant(state=tmp_path / "state", telemetry="none", sockets=False) as tenant:
        store = tenant.state.defender[tenant.tenant_id]
        assert [one.machine_tags for one in store.machines.all()] == [["lab"]]
        assert [one.status for one in store.alerts.all()] == ["Resolved"]
