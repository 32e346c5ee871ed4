"""The lake keeps rows by table and day, typed, and all or nothing."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from vedette.catalogue.tables import TABLES
from vedette.telemetry import Lake, LakeWriter

AT = datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def write(lake: Lake, *rows: dict[str, object], table: str = "DeviceEvents") -> None:
    with LakeWriter(lake) as writer:
        writer.add_many((table, row) for row in rows)


def test_files_lie_by_table_and_utc_day(lake: Lake) -> None:
    write(lake, {"Timestamp": AT}, {"Timestamp": AT + timedelta(microseconds=1)})

    assert lake.days("DeviceEvents") == [date(2026, 1, 31), date(2026, 2, 1)]
    assert [file.parent.relative_to(lake.path).as_posix() for file in lake.files("DeviceEvents")] == [
        "DeviceEvents/2026-01-31",
        "DeviceEvents/2026-02-01",
    ]


def test_a_table_without_time_has_one_folder(lake: Lake) -> None:
    write(lake, {"CveId": "CVE-2026-0001"}, table="DeviceTvmSoftwareVulnerabilitiesKB")

    (file,) = lake.files("DeviceTvmSoftwareVulnerabilitiesKB")
    assert file.parent.name == "undated"


def test_text_without_value_is_empty_and_the_rest_null(lake: Lake) -> None:
    write(lake, {"Timestamp": AT, "DeviceName": None}, {"Timestamp": AT, "DeviceName": "ws-01", "ProcessId": 7})

    first, second = lake.find("DeviceEvents", order_by=["DeviceName"])
    assert (first["DeviceName"], first["FileName"], first["ProcessId"]) == ("", "", None)
    assert first["ProcessCreationTime"] is None
    assert (second["DeviceName"], second["ProcessId"]) == ("ws-01", 7)
    assert list(first) == [column.name for column in TABLES["DeviceEvents"].columns]


def test_engines_see_the_types_of_the_catalogue(lake: Lake) -> None:
    write(lake, {"Timestamp": AT})
    engine = duckdb.connect()
    lake.create_views(engine)

    def types(table: str) -> dict[str, str]:
        return {name: kind for name, kind, *_ in engine.execute(f'DESCRIBE "{table}"').fetchall()}

    held, empty = types("DeviceEvents"), types("DeviceLogonEvents")
    assert (held["Timestamp"], held["FileName"], held["RemotePort"], held["ProcessId"]) == (
        "TIMESTAMP_NS",
        "VARCHAR",
        "INTEGER",
        "BIGINT",
    )
    assert (empty["Timestamp"], empty["IsLocalAdmin"]) == ("TIMESTAMP_NS", "BOOLEAN")
    assert engine.execute('SELECT count(*) FROM "DeviceLogonEvents"').fetchall() == [(0,)]


def test_columns_that_differ_in_letter_case_stay_apart(lake: Lake) -> None:
    write(lake, {"Timestamp": AT, "LogonId": 1, "LogonID": 2}, table="DeviceProcessEvents")

    assert lake.find("DeviceProcessEvents", equals={"LogonID": 2}, columns=["LogonId", "LogonID"]) == [
        {"LogonId": 1, "LogonID": 2}
    ]


def test_find_narrows_by_value_period_columns_and_number(lake: Lake) -> None:
    rows = [{"Timestamp": AT + timedelta(hours=n), "ProcessId": n, "FileName": "a" if n % 2 else "b"} for n in range(6)]
    write(lake, *rows, {"Timestamp": AT + timedelta(hours=9)})

    assert lake.find("DeviceEvents", equals={"FileName": "a", "ProcessId": (1, 2, 5)}, columns=["ProcessId"]) == [
        {"ProcessId": 1},
        {"ProcessId": 5},
    ]
    assert lake.find("DeviceEvents", equals={"ProcessId": None}, columns=["FileName"]) == [{"FileName": ""}]
    assert lake.find("DeviceEvents", equals={"ProcessId": []}) == []
    between = (AT + timedelta(hours=1), AT + timedelta(hours=3))
    assert lake.find("DeviceEvents", between=between, columns=["ProcessId", "Timestamp"], order_by=["-Timestamp"]) == [
        {"ProcessId": 2, "Timestamp": AT + timedelta(hours=2)},
        {"ProcessId": 1, "Timestamp": AT + timedelta(hours=1)},
    ]
    assert lake.find("DeviceEvents", columns=["ProcessId"], order_by=["-Timestamp"], limit=2) == [
        {"ProcessId": None},
        {"ProcessId": 5},
    ]
    assert lake.counts() == {"DeviceEvents": 7}


def test_a_value_never_becomes_part_of_the_query(lake: Lake) -> None:
    write(lake, {"Timestamp": AT, "FileName": "a"})

    assert lake.find("DeviceEvents", equals={"FileName": "a' OR '1'='1"}) == []
    with pytest.raises(KeyError):
        lake.find("DeviceEvents", equals={'FileName" IS NOT NULL --': 1})


def test_a_table_without_files_has_no_rows_and_an_unknown_one_is_an_error(lake: Lake) -> None:
    assert lake.find("DeviceEvents") == []
    assert (lake.tables(), lake.counts(), lake.files("DeviceEvents")) == ([], {}, [])
    with pytest.raises(KeyError):
        lake.find("NoSuchTable")


def test_folder_names_are_no_patterns(tmp_path: Path) -> None:
    odd = Lake(tmp_path / "it's [here]*")
    write(odd, {"Timestamp": AT})
    engine = duckdb.connect()
    odd.create_views(engine)

    assert odd.counts() == {"DeviceEvents": 1}
    assert engine.execute('SELECT count(*) FROM "DeviceEvents"').fetchall() == [(1,)]


def test_many_threads_may_ask_at_once(lake: Lake) -> None:
    write(lake, *({"Timestamp": AT, "ProcessId": number} for number in range(200)))

    with ThreadPoolExecutor(8) as threads:
        asked = threads.map(lambda number: lake.find("DeviceEvents", equals={"ProcessId": number}), range(200))
        assert [rows[0]["ProcessId"] for rows in asked] == list(range(200))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"Timestamp": AT, "Colour": "red"}, "DeviceEvents has no column Colour"),
        ({"Timestamp": AT, "ProcessId": "seven"}, "DeviceEvents.ProcessId takes long values"),
        ({"Timestamp": AT, "RemotePort": 2**31}, "DeviceEvents.RemotePort takes int values"),
        ({"Timestamp": AT, "FileName": 7}, "DeviceEvents.FileName takes string values"),
        ({"Timestamp": AT, "ProcessCreationTime": "now"}, "DeviceEvents.ProcessCreationTime takes datetime values"),
        ({"DeviceName": "ws-01"}, "DeviceEvents needs a Timestamp"),
    ],
)
def test_a_row_that_does_not_suit_its_table_stops_the_writer_and_nothing_is_written(
    lake: Lake, row: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write(lake, {"Timestamp": AT}, row)

    assert lake.counts() == {}
    assert list((lake.path / ".incoming").glob("[!.]*")) == []


def test_a_naive_time_counts_as_utc_and_others_are_converted(lake: Lake) -> None:
    from datetime import timezone

    east = timezone(timedelta(hours=9))
    write(lake, {"Timestamp": datetime(2026, 2, 1, 8, 30, tzinfo=east)}, {"Timestamp": datetime(2026, 1, 31, 23, 45)})  # noqa: DTZ001

    assert lake.days("DeviceEvents") == [date(2026, 1, 31)]
    assert [row["Timestamp"] for row in lake.find("DeviceEvents", order_by=["Timestamp"])] == [
        datetime(2026, 1, 31, 23, 30, tzinfo=UTC),
        datetime(2026, 1, 31, 23, 45, tzinfo=UTC),
    ]


def test_rows_are_seen_when_the_writer_closes_and_not_before(lake: Lake) -> None:
    with LakeWriter(lake, rows_per_group=10) as writer:
        writer.add_many(("DeviceEvents", {"Timestamp": AT, "ProcessId": n}) for n in range(5_000))
        assert lake.counts() == {}
    assert lake.counts() == {"DeviceEvents": 5_000}


def test_a_writer_that_raises_leaves_nothing(lake: Lake) -> None:
    def break_off() -> None:
        with LakeWriter(lake) as writer:
            writer.add(("DeviceEvents", {"Timestamp": AT}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()

    assert lake.counts() == {}


def test_notes_appear_together_with_rows(lake: Lake) -> None:
    with LakeWriter(lake) as writer:
        writer.record("made-by", {"tool": "lab"})
        assert lake.records() == {}
    assert lake.records() == {"made-by": {"tool": "lab"}}


KILLED = """
    import os, signal, sys
    from datetime import UTC, datetime
    from vedette.telemetry import Lake, LakeWriter, lake as module

    lake = Lake(sys.argv[1])
    moved = 0
    replace = module.Path.replace

    def one_move_then_dead(self, target):
        global moved
        if moved:
            os.kill(os.getpid(), signal.SIGKILL)
        moved += 1
        return replace(self, target)

    with LakeWriter(lake, rows_per_group=100) as writer:
        for day in (1, 2, 3):
            for n in range(5_000):
                at = datetime(2026, 1, day, tzinfo=UTC)
                writer.add(("DeviceEvents", {"Timestamp": at, "ProcessId": n}))
        if sys.argv[2] == "while writing":
            os.kill(os.getpid(), signal.SIGKILL)
        module.Path.replace = one_move_then_dead
"""


@pytest.mark.parametrize(("moment", "left"), [("while writing", {}), ("while moving files", {"DeviceEvents": 15_000})])
def test_a_killed_writer_leaves_nothing_or_everything(lake: Lake, moment: str, left: dict[str, int]) -> None:
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(lake.path), moment], check=False, capture_output=True
    )
    assert died.returncode == -9, died.stderr

    for file in lake.files("DeviceEvents"):
        assert duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchall() == [(5_000,)]
    assert Lake(lake.path).counts() == left
    assert list((lake.path / ".incoming").glob("[!.]*")) == []


def test_opening_a_lake_leaves_living_writers_alone(lake: Lake) -> None:
    with LakeWriter(lake) as writer:
        writer.add(("DeviceEvents", {"Timestamp": AT}))
        Lake(lake.path)
    assert lake.counts() == {"DeviceEvents": 1}


def test_rows_are_counted_by_the_values_of_columns(lake: Lake) -> None:
    day = timedelta(days=1)
    write(
        lake,
        {"Timestamp": AT, "DeviceId": "a", "RemoteUrl": "https://CDN.files.example/x"},
        {"Timestamp": AT + day, "DeviceId": "a", "RemoteUrl": "https://CDN.files.example/x"},
        {"Timestamp": AT + 2 * day, "DeviceId": "b", "RemoteUrl": "cdn.files.example"},
        {"Timestamp": AT, "DeviceId": "b", "RemoteUrl": "other.example"},
    )

    named = lake.tally("DeviceEvents", by=["DeviceId", "RemoteUrl"], contains={"RemoteUrl": "cdn.FILES.example"})
    assert sorted(named) == [
        (("a", "https://CDN.files.example/x"), 2, AT, AT + day),
        (("b", "cdn.files.example"), 1, AT + 2 * day, AT + 2 * day),
    ]
    late = lake.tally(
        "DeviceEvents", by=["DeviceId"], equals={"DeviceId": ["a", "b"]}, between=(AT + day, AT + 9 * day)
    )
    assert sorted(late) == [(("a",), 1, AT + day, AT + day), (("b",), 1, AT + 2 * day, AT + 2 * day)]
    assert lake.tally("DeviceFileEvents", by=["SHA1"]) == []
    with pytest.raises(KeyError):
        lake.tally("DeviceEvents", by=["Nothing"])


def test_a_table_without_time_is_counted_without_times(lake: Lake) -> None:
    write(lake, {"CveId": "CVE-2026-0001"}, table="DeviceTvmSoftwareVulnerabilitiesKB")

    counted = lake.tally("DeviceTvmSoftwareVulnerabilitiesKB", by=["CveId"])
    assert counted == [(("CVE-2026-0001",), 1, None, None)]
