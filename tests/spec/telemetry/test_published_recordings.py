"""The published recordings, imported whole. They lie outside of the repository: VEDETTE_TELEMETRY names the folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.spec.telemetry.conftest import NOW
from vedette.catalogue.alerts import AlertEvidence
from vedette.catalogue.tables import TABLES
from vedette.telemetry import ImportResult, Lake, import_recordings
from vedette.telemetry.lake import ENGINE_TYPE
from vedette.telemetry.parquet import stored_names

_FOLDER = os.environ.get("VEDETTE_TELEMETRY", "")
pytestmark = pytest.mark.skipif(
    not _FOLDER or not Path(_FOLDER).is_dir(), reason="VEDETTE_TELEMETRY does not name a folder with the recordings"
)

EVENTS = 297_218
DATA_SETS = 129
PROCESS_TABLES = (
    "DeviceEvents",
    "DeviceFileEvents",
    "DeviceImageLoadEvents",
    "DeviceLogonEvents",
    "DeviceNetworkEvents",
    "DeviceProcessEvents",
    "DeviceRegistryEvents",
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lake, ImportResult]]:
    lake = Lake(tmp_path_factory.mktemp("recordings") / "lake")
    yield lake, import_recordings([Path(_FOLDER)], lake, now=NOW)
    lake.close()


def test_every_event_is_accounted_for(imported: tuple[Lake, ImportResult]) -> None:
    lake, result = imported

    assert result.events_read == result.accepted + result.rejected == EVENTS
    assert sum(result.rejected_by_reason.values()) == result.rejected
    assert lake.counts() == result.rows


def test_only_events_without_a_kind_a_counterpart_or_news_are_rejected(imported: tuple[Lake, ImportResult]) -> None:
    # 27,158 registry events lost their EventType in the collector; 5 Security events are of kinds that nobody mapped.
    _, result = imported

    assert result.rejected_by_reason["missing field"] == 27_158
    assert result.rejected_by_reason["unknown event"] == 5
    assert set(result.rejected_by_reason) == {
        "missing field",
        "recorded twice",
        "no counterpart in hunting",
        "unknown event",
    }


def test_all_times_lie_within_the_last_30_days(imported: tuple[Lake, ImportResult]) -> None:
    lake, result = imported

    assert result.last_event == NOW
    for table in lake.tables():
        (oldest,) = lake.find(table, columns=["Timestamp"], order_by=["Timestamp"], limit=1)
        (newest,) = lake.find(table, columns=["Timestamp"], order_by=["-Timestamp"], limit=1)
        assert NOW - timedelta(days=30) < oldest["Timestamp"] <= newest["Timestamp"] <= NOW  # type: ignore[operator]


def test_no_process_connects_before_it_starts(imported: tuple[Lake, ImportResult]) -> None:
    # Some machines' network events are stamped by a clock that goes wrong by less than a minute.
    lake, _ = imported
    import duckdb

    engine = duckdb.connect()
    lake.create_views(engine)
    early = engine.execute(
        'SELECT count(*) FROM "DeviceNetworkEvents" '
        'WHERE "InitiatingProcessCreationTime" > "Timestamp" + INTERVAL 1 MINUTE'
    ).fetchone()

    assert early == (0,)


def test_files_have_the_types_of_the_catalogue(imported: tuple[Lake, ImportResult]) -> None:
    lake, _ = imported
    import duckdb

    engine = duckdb.connect()
    for table in lake.tables():
        told = engine.execute("DESCRIBE SELECT * FROM read_parquet(?)", [[str(lake.files(table)[0])]]).fetchall()
        assert {name: kind for name, kind, *_ in told} == {
            stored_names(table)[column.name]: ENGINE_TYPE[column.type] for column in TABLES[table].columns
        }


def test_one_alert_per_data_set_whose_evidence_is_among_the_rows(imported: tuple[Lake, ImportResult]) -> None:
    lake, result = imported
    machines = {machine.id for machine in result.machines}

    assert len(result.alerts) == len({alert.id for alert in result.alerts}) == DATA_SETS
    for alert in result.alerts:
        assert alert.title
        assert alert.machine_id in machines
        assert alert.evidence, alert.title
        lost = [evidence for evidence in alert.evidence if not _found(lake, evidence)]
        assert lost == [], alert.title


def _found(lake: Lake, one: AlertEvidence) -> bool:
    at = one.evidence_creation_time
    assert at is not None
    period = (at, at + timedelta(milliseconds=1))

    def has(table: str, **equals: object) -> bool:
        wanted = {name: value for name, value in equals.items() if value is not None}
        return bool(lake.find(table, equals=wanted, between=period, columns=["ReportId"], limit=1))

    match one.entity_type:
        case "Process":
            started = {"ProcessId": one.process_id, "FileName": one.file_name, "SHA1": one.sha1}
            acted = {"InitiatingProcessId": one.process_id, "InitiatingProcessFileName": one.file_name}
            return has("DeviceProcessEvents", **started) or any(has(table, **acted) for table in PROCESS_TABLES)
        case "File":
            path = f"{one.file_path}\\{one.file_name}"
            return any(
                has(table, SHA1=one.sha1, FolderPath=path) for table in ("DeviceProcessEvents", "DeviceFileEvents")
            )
        case "Ip":
            return has("DeviceNetworkEvents", RemoteIP=one.ip_address)
        case "Registry":
            key = f"{one.registry_hive}\\{one.registry_key}"
            return has("DeviceRegistryEvents", RegistryKey=key, RegistryValueName=one.registry_value_name)
    return False
