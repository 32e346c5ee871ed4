"""Files of other programs as tables: which table a file is, and which types its columns have."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vedette.catalogue.tables import TABLES
from vedette.errors import ConfigurationError
from vedette.hunting import Engine

GUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"


def types(engine: Engine, table: str) -> dict[str, str]:
    return {column.name: column.type for column in engine.tables[table].columns}


def lines(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_file_is_a_table_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "Watchlist.csv").write_text("Name,Score,Seen,On,Rate\nws-01,7,2026-03-01T12:00:00.1234567Z,true,0.5\n")

    with Engine.from_paths([tmp_path / "Watchlist.csv"]) as engine:
        assert types(engine, "Watchlist") == {
            "Name": "string",
            "Score": "long",
            "Seen": "datetime",
            "On": "bool",
            "Rate": "real",
        }
        assert engine.run("Watchlist").json_rows() == [
            {"Name": "ws-01", "Score": 7, "Seen": "2026-03-01T12:00:00.1234567Z", "On": True, "Rate": 0.5}
        ]


def test_json_lines(tmp_path: Path) -> None:
    (tmp_path / "T.jsonl").write_text(
        lines(
            {"n": 1, "s": "a", "b": {"x": 1}, "l": [1, "two"], "t": "2026-03-01T12:00:00.1234567+02:00", "g": GUID},
            {"n": 2.5, "b": {"y": None}, "late": True},
        )
    )

    with Engine.from_paths([tmp_path]) as engine:
        assert types(engine, "T") == {
            "n": "real",
            "s": "string",
            "b": "dynamic",
            "l": "dynamic",
            "t": "datetime",
            "g": "string",
            "late": "bool",
        }
        assert engine.run("T | sort by n asc").json_rows() == [
            {
                "n": 1.0,
                "s": "a",
                "b": {"x": 1},
                "l": [1, "two"],
                "t": "2026-03-01T10:00:00.1234567Z",
                "g": GUID,
                "late": None,
            },
            {"n": 2.5, "s": "", "b": {"y": None}, "l": None, "t": None, "g": "", "late": True},
        ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("T.json", b'[{"x": 1}, {"x": 2}]'),
        ("T.ndjson", b'{"x": 1}\n{"x": 2}\n'),
        ("T.jsonl.gz", gzip.compress(b'{"x": 1}\n{"x": 2}\n', mtime=0)),
        ("T.csv.gz", gzip.compress(b"x\n1\n2\n", mtime=0)),
        ("T.tsv", b"x\ty\n1\t3\n2\t3\n"),
    ],
)
def test_kinds_of_files(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    with Engine.from_paths([tmp_path]) as engine:
        assert engine.run("T | summarize total = sum(x)").rows() == [{"total": 3}]


def test_types_of_parquet(tmp_path: Path) -> None:
    at = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    columns = {
        "i8": (pa.array([1], pa.int8()), "long", 1),
        "i32": (pa.array([1], pa.int32()), "int", 1),
        "u64": (pa.array([2**63 - 1], pa.uint64()), "long", 2**63 - 1),
        "wide": (pa.array([2**64 - 1], pa.uint64()), "decimal", Decimal(2**64 - 1)),
        "f32": (pa.array([0.5], pa.float32()), "real", 0.5),
        "dec": (pa.array([Decimal("1.50")], pa.decimal128(10, 2)), "decimal", Decimal("1.50")),
        "day": (pa.array([date(2026, 3, 1)]), "datetime", datetime(2026, 3, 1, tzinfo=UTC)),
        "ms": (pa.array([at], pa.timestamp("ms")), "datetime", at.replace(microsecond=123000)),
        "us": (pa.array([at], pa.timestamp("us")), "datetime", at),
        "utc": (pa.array([at], pa.timestamp("us", "UTC")), "datetime", at),
        "ns": (pa.array([at], pa.timestamp("ns")), "datetime", at),
        "ns_utc": (pa.array([at], pa.timestamp("ns", "UTC")), "datetime", at),
        "clock": (pa.array([time(1, 2, 3)], pa.time64("us")), "timespan", timedelta(hours=1, minutes=2, seconds=3)),
        "struct": (pa.array([{"a": 1}]), "dynamic", {"a": 1}),
        "list": (pa.array([[1, 2]]), "dynamic", [1, 2]),
        "bytes": (pa.array([b"\x00a"]), "string", "AGE="),
        "kinds": (pa.array(["a"]).dictionary_encode(), "string", "a"),
        "none": (pa.nulls(1), "string", ""),
        "text": (pa.array([None], pa.string()), "string", ""),
        "flag": (pa.array([None], pa.bool_()), "bool", None),
    }
    pq.write_table(pa.table({name: array for name, (array, _, _) in columns.items()}), tmp_path / "T.parquet")

    with Engine.from_paths([tmp_path]) as engine:
        assert types(engine, "T") == {name: kind for name, (_, kind, _) in columns.items()}
        assert engine.run("T").rows() == [{name: value for name, (_, _, value) in columns.items()}]


def test_all_files_of_a_name_are_one_table_by_column_names(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "T.csv").write_text("x,y\n1,a\n")
    (tmp_path / "a" / "T.jsonl").write_text(lines({"x": 2, "z": True}))
    pq.write_table(pa.table({"x": [3]}), tmp_path / "a" / "T.parquet")

    with Engine.from_paths([tmp_path / "T.csv", tmp_path / "a" / "T.jsonl", tmp_path / "a" / "T.parquet"]) as engine:
        assert engine.run("T | sort by x asc | project x, y, z").rows() == [
            {"x": 1, "y": "a", "z": None},
            {"x": 2, "y": "", "z": True},
            {"x": 3, "y": "", "z": None},
        ]


def test_a_folder_named_after_a_table_holds_its_files(tmp_path: Path) -> None:
    (tmp_path / "Orders" / "2026").mkdir(parents=True)
    (tmp_path / "Orders" / "a.csv").write_text("x\n1\n")
    (tmp_path / "Orders" / "2026" / "b.csv").write_text("x\n2\n")

    with Engine.from_paths([tmp_path]) as engine:
        assert engine.run("Orders | sort by x asc").rows() == [{"x": 1}, {"x": 2}]


@pytest.mark.parametrize(
    "name", ["DeviceEvents.csv", "deviceevents.csv", "DeviceEvents-2026-01.csv", "DeviceEvents (1).csv"]
)
def test_a_file_of_a_hunting_table_has_the_types_of_the_catalogue(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(
        'Timestamp,DeviceName,ProcessId,AdditionalFields,Mine\n2026-03-01T12:00:00.1234567Z,007,5,"{""a"":1}",x\n'
    )

    with Engine.from_paths([tmp_path]) as engine:
        known = {column.name: column.type for column in TABLES["DeviceEvents"].columns}
        assert types(engine, "DeviceEvents") == known | {"Mine": "string"}
        (row,) = engine.run(
            "DeviceEvents | project Timestamp, DeviceName, ProcessId, a = todynamic(AdditionalFields).a, FileName, Mine"
        ).json_rows()

    assert row == {
        "Timestamp": "2026-03-01T12:00:00.1234567Z",
        "DeviceName": "007",
        "ProcessId": 5,
        "a": 1,
        "FileName": "",
        "Mine": "x",
    }


def test_columns_of_one_hunting_table_have_its_types_under_any_file_name(tmp_path: Path) -> None:
    (tmp_path / "New query.csv").write_text('Timestamp,DeviceName\n"Mar 1, 2026 2:05:06 PM",007\n')

    with Engine.from_paths([tmp_path]) as engine:
        assert engine.run("['New query']").json_rows() == [
            {"Timestamp": "2026-03-01T14:05:06.0000000Z", "DeviceName": "007"}
        ]


def test_types_can_be_declared(tmp_path: Path) -> None:
    (tmp_path / "T.csv").write_text(f"id,took,g,d\n007,1.02:03:04.5,{GUID.upper()},[1]\n")
    declared = {"id": "string", "took": "timespan", "g": "guid", "d": "dynamic"}

    with Engine.from_paths([tmp_path], types={"T": declared}) as engine:  # type: ignore[dict-item]  # literals
        assert types(engine, "T") == declared
        assert engine.run("T").rows() == [
            {
                "id": "007",
                "took": timedelta(days=1, hours=2, minutes=3, seconds=4.5),
                "g": GUID,
                "d": [1],
            }
        ]


def test_a_value_that_its_declared_type_does_not_take_is_not_dropped_silently(tmp_path: Path) -> None:
    (tmp_path / "T.csv").write_text("n\n1\nabc\n")

    with (
        Engine.from_paths([tmp_path], types={"T": {"n": "long"}}) as engine,
        pytest.raises(ConfigurationError, match="table T cannot be read"),
    ):
        engine.run("T")


def test_later_rows_decide_too(tmp_path: Path) -> None:
    """The first rows look like numbers; one far behind does not."""
    (tmp_path / "T.csv").write_text("n\n" + "1\n" * 50_000 + "one\n")

    with Engine.from_paths([tmp_path]) as engine:
        assert types(engine, "T") == {"n": "string"}
        assert engine.run("T | where n == 'one' | count").rows() == [{"Count": 1}]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_names_that_differ_in_letter_case_only(tmp_path: Path, kind: str) -> None:
    if kind == "csv":
        (tmp_path / "T.csv").write_text("LogonId,LogonID\n1,b\n")
    elif kind == "jsonl":
        (tmp_path / "T.jsonl").write_text(lines({"LogonId": 1, "LogonID": "b"}))
    else:
        pq.write_table(pa.table({"LogonId": [1], "LogonID": ["b"]}), tmp_path / "T.parquet")

    with Engine.from_paths([tmp_path]) as engine:
        assert engine.run("T | project LogonID, LogonId").rows() == [{"LogonID": "b", "LogonId": 1}]


@pytest.mark.parametrize("name", ["T.csv", "T.parquet"])
def test_a_file_that_changes_is_read_again(tmp_path: Path, name: str) -> None:
    def write(*values: int) -> None:
        if name == "T.csv":
            (tmp_path / name).write_text("x\n" + "".join(f"{value}\n" for value in values))
        else:
            pq.write_table(pa.table({"x": list(values)}), tmp_path / "new")
            (tmp_path / "new").replace(tmp_path / name)

    write(1)
    with Engine.from_paths([tmp_path]) as engine:
        assert engine.run("T | sort by x asc").rows() == [{"x": 1}]
        write(1, 2)
        os.utime(tmp_path / name, ns=(1, 1))
        assert engine.run("T | sort by x asc").rows() == [{"x": 1}, {"x": 2}]


def test_folders_with_signs_that_mean_patterns_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "we[ir]d * 'folder' {x}"
    folder.mkdir()
    (folder / "T.csv").write_text("x\n1\n")
    pq.write_table(pa.table({"x": [1]}), folder / "P.parquet")

    with Engine.from_paths([folder]) as engine:
        assert engine.run("union T, P | summarize n = sum(x)").rows() == [{"n": 2}]


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "T.csv").write_text("x\n1\n")
    monkeypatch.chdir(tmp_path)

    with Engine.from_paths(["T.csv"]) as engine:
        assert engine.run("T").rows() == [{"x": 1}]


@pytest.mark.parametrize(
    ("path", "said"),
    [("missing", "there is no file or folder"), ("empty", "holds no tables"), ("x.bin", "holds no tables")],
)
def test_places_without_tables(tmp_path: Path, path: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.bin").write_bytes(b"x")

    with pytest.raises(ConfigurationError, match=said):
        Engine.from_paths([tmp_path / path])


@pytest.mark.parametrize(("name", "content"), [("T.parquet", "not parquet"), ("T.jsonl", "{broken")])
def test_a_file_that_is_not_what_its_name_says(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)

    with Engine.from_paths([tmp_path]) as engine, pytest.raises(ConfigurationError, match="table T cannot be read"):
        engine.run("T | count")


def test_frames_and_rows_in_memory() -> None:
    import polars

    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    rows = [
        {"n": 1, "r": 1, "d": {"a": [1]}, "t": at, "p": timedelta(seconds=1), "g": UUID(GUID), "m": Decimal("1.5")},
        {"n": 2, "r": 0.5, "d": "text", "late": True},
    ]
    frame = polars.DataFrame({"n": [1], "t": [at]})

    with Engine({"R": rows, "P": frame, "A": frame.to_arrow()}) as engine:
        assert types(engine, "R") == {
            "n": "long",
            "r": "real",
            "d": "dynamic",
            "t": "datetime",
            "p": "timespan",
            "g": "guid",
            "m": "decimal",
            "late": "bool",
        }
        assert engine.run("R | sort by n asc").rows() == [
            {"n": 1, "r": 1.0, "d": {"a": [1]}, "t": at, "p": timedelta(seconds=1), "g": GUID, "m": 1.5, "late": None},
            {"n": 2, "r": 0.5, "d": "text", "t": None, "p": None, "g": None, "m": None, "late": True},
        ]
        assert engine.run("P").rows() == engine.run("A").rows() == [{"n": 1, "t": at}]


def test_a_mapping_names_paths_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "b.csv").write_text("x\n2\n")

    with Engine(
        {"One": tmp_path / "a.csv", "Two": [tmp_path / "a.csv", tmp_path / "b.csv"], "All": tmp_path}
    ) as engine:
        assert engine.run("union withsource = t One, Two, All | summarize n = sum(x) by t | sort by t asc").rows() == [
            {"t": "All", "n": 3},
            {"t": "One", "n": 1},
            {"t": "Two", "n": 3},
        ]


def test_rows_for_a_hunting_table_have_its_columns() -> None:
    with Engine({"DeviceInfo": [{"DeviceName": "ws-01", "Timestamp": "2026-03-01T12:00:00Z"}]}) as engine:
        assert engine.run("DeviceInfo | project Timestamp, DeviceName, OSPlatform").json_rows() == [
            {"Timestamp": "2026-03-01T12:00:00.0000000Z", "DeviceName": "ws-01", "OSPlatform": ""}
        ]


@pytest.mark.parametrize("data", [7, {"a": 1}, [], [1], "nowhere.csv"], ids=str)
def test_what_cannot_be_a_table_is_refused(data: object) -> None:
    with pytest.raises(ConfigurationError), Engine({"T": data}) as engine:
        engine.run("T")


def test_tables_that_differ_in_letter_case_only_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="tables orders and Orders differ in letter case only"):
        Engine({"orders": [{"x": 1}], "Orders": [{"x": 1}]})
