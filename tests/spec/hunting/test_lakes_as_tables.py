"""An engine over a lake: all hunting tables, and rows that are written while it lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from vedette.catalogue.tables import TABLES
from vedette.hunting import Engine, Scope
from vedette.telemetry import Lake, LakeWriter

AT = datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def write(lake: Lake, *rows: dict[str, object], table: str = "DeviceEvents") -> None:
    with LakeWriter(lake) as writer:
        writer.add_many((table, row) for row in rows)


def test_every_hunting_table_is_there(lake: Lake) -> None:
    with Engine(lake) as engine:
        assert list(engine.tables) == list(TABLES)
        for name in TABLES:
            assert engine.run(f"{name} | take 1").rows() == []


@pytest.mark.parametrize("hot", [False, True])
def test_rows_written_later_are_there_for_the_next_query(lake: Lake, hot: bool) -> None:
    with Engine(lake, hot=hot) as engine:
        counts = []
        for day in range(3):
            counts.append(engine.run("DeviceEvents | count").rows()[0]["Count"])
            write(lake, {"Timestamp": AT + timedelta(days=day)})
        counts.append(engine.run("DeviceEvents | count").rows()[0]["Count"])

    assert counts == [0, 1, 2, 3]


def test_hot_tables_give_the_same_rows(lake: Lake) -> None:
    write(lake, {"Timestamp": AT, "DeviceName": "ws-01", "ProcessId": 7, "AdditionalFields": '{"a":1}'})

    with Engine(lake) as cold, Engine(lake, hot=True) as hot:
        assert cold.run("DeviceEvents").json_rows() == hot.run("DeviceEvents").json_rows()


@pytest.mark.parametrize("hot", [False, True])
def test_files_that_are_gone_are_not_missed(lake: Lake, hot: bool) -> None:
    write(lake, {"Timestamp": AT}, {"Timestamp": AT + timedelta(days=1)})
    with Engine(lake, hot=hot) as engine:
        engine.run("DeviceEvents")
        lake.files("DeviceEvents")[0].unlink()

        assert engine.run("DeviceEvents | count").rows() == [{"Count": 1}]


def test_a_lake_from_before_a_column_was_declared(lake: Lake) -> None:
    write(lake, {"Timestamp": AT, "DeviceName": "old"})
    (older,) = lake.files("DeviceEvents")
    pq.write_table(pq.read_table(older).drop(["FileName", "ProcessId"]), older)
    query = "DeviceEvents | project DeviceName, FileName, ProcessId | sort by DeviceName asc"
    row = {"FileName": "", "ProcessId": None}

    with Engine(lake) as engine:
        assert engine.run(query).rows() == [{"DeviceName": "old", **row}]
        write(lake, {"Timestamp": AT + timedelta(days=1), "DeviceName": "new", "FileName": "a.exe", "ProcessId": 4})
        assert engine.run(query).rows() == [
            {"DeviceName": "new", "FileName": "a.exe", "ProcessId": 4},
            {"DeviceName": "old", **row},
        ]


def test_columns_that_differ_in_letter_case_only(lake: Lake) -> None:
    write(lake, {"Timestamp": AT, "LogonId": 1, "LogonID": 2}, table="DeviceProcessEvents")

    with Engine(lake) as engine:
        assert engine.run("DeviceProcessEvents | project LogonID, LogonId").rows() == [{"LogonID": 2, "LogonId": 1}]


def test_a_lake_is_recognised_among_paths(lake: Lake) -> None:
    write(lake, {"Timestamp": AT})
    (lake.path.parent / "Watchlist.csv").write_text("x\n1\n")

    for paths in ([lake.path], [lake.path.parent]):
        with Engine.from_paths(paths) as engine:
            assert engine.run("DeviceEvents | count").rows() == [{"Count": 1}]
            assert ("Watchlist" in engine.tables) == (paths == [lake.path.parent])


def test_several_lakes_are_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(Lake(tmp_path / name), {"Timestamp": AT, "DeviceName": name})

    with Engine(tmp_path / "a", str(tmp_path / "b")) as engine:
        assert engine.run("DeviceEvents | project DeviceName | sort by DeviceName asc").rows() == [
            {"DeviceName": "a"},
            {"DeviceName": "b"},
        ]


class TestScope:
    """What a query does not see is not there for it."""

    @pytest.fixture
    def engine(self, lake: Lake) -> Engine:
        write(
            lake,
            {"Timestamp": AT, "DeviceId": "d1"},
            {"Timestamp": AT, "DeviceId": "d2"},
            {"Timestamp": AT - timedelta(days=40), "DeviceId": "d1"},
            {"Timestamp": AT},
        )
        write(lake, {"CveId": "CVE-2026-0001"}, table="DeviceTvmSoftwareVulnerabilitiesKB")
        return Engine(lake)

    @pytest.mark.parametrize(
        ("scope", "seen"),
        [
            (Scope(), ["", "d1", "d1", "d2"]),
            (Scope(devices=frozenset({"d1"})), ["", "d1", "d1"]),
            (Scope(devices=frozenset()), [""]),
            (Scope(since=AT - timedelta(days=30)), ["", "d1", "d2"]),
            (Scope(since=AT, devices=frozenset({"d2", "o'brien"})), ["", "d2"]),
        ],
        ids=["all", "one device", "no device", "30 days", "both"],
    )
    def test_rows_by_device_and_time(self, engine: Engine, scope: Scope, seen: list[str]) -> None:
        with engine:
            found = engine.run("DeviceEvents | project DeviceId | sort by DeviceId asc", scope=scope)
            everything = engine.run("DeviceEvents | count")

        assert [row["DeviceId"] for row in found] == seen
        assert everything.rows() == [{"Count": 4}]

    def test_tables_without_device_and_time_are_seen_whole(self, engine: Engine) -> None:
        with engine:
            found = engine.run("DeviceTvmSoftwareVulnerabilitiesKB | count", scope=Scope(devices=frozenset(), since=AT))

        assert found.rows() == [{"Count": 1}]
