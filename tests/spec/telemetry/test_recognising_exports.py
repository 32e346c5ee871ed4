"""Which table an export is of, and what is said when that cannot be told, or the file cannot be taken."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.spec.telemetry.conftest import Lab
from vedette.errors import ConfigurationError
from vedette.telemetry import IngestOptions, ingest

AT = "2026-11-08T10:12:13Z"


def lines(**columns: object) -> bytes:
    return json.dumps({"Timestamp": AT, **columns}).encode() + b"\n"


def taken(lab: Lab, name: str, content: bytes, **options: object) -> tuple[str, list[str], str, str]:
    """State, tables, why, hint."""
    file = lab.folder / "exports" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    (one,) = ingest([file], lab.lake, options=IngestOptions(**options)).sources  # type: ignore[arg-type]  # as they come
    return one.state, list(one.tables), one.why, one.hint


@pytest.mark.parametrize(
    "name", ["DeviceEvents.jsonl", "2026-11-08_deviceevents_export.json", "acme-DeviceEvents-1.jsonl.gz"]
)
def test_a_files_name_tells_the_table(lab: Lab, name: str) -> None:
    content = lines(DeviceId="d1", ActionType="AnythingAtAll")

    told = taken(lab, name, gzip.compress(content) if name.endswith(".gz") else content)

    assert told[:2] == ("ingested", ["DeviceEvents"])


@pytest.mark.parametrize("folder", ["DeviceEvents/2026-11-08", "table=DeviceEvents"])
def test_a_folders_name_tells_the_table(lab: Lab, folder: str) -> None:
    file = lab.folder / folder / "part-0.jsonl"
    file.parent.mkdir(parents=True)
    file.write_bytes(lines(DeviceId="d1"))

    assert ingest([lab.folder / folder.partition("/")[0]], lab.lake).rows == {"DeviceEvents": 1}


def test_columns_that_one_table_alone_has_tell_it(lab: Lab) -> None:
    content = lines(DeviceId="d1", IsAzureADJoined=True, OSPlatform="Windows11")

    assert taken(lab, "export.jsonl", content)[:2] == ("ingested", ["DeviceInfo"])


def test_actions_tell_tables_with_the_same_columns_apart(lab: Lab) -> None:
    content = lines(DeviceId="d1", ActionType="ImageLoaded", FileName="a.dll", InitiatingProcessId=1)

    assert taken(lab, "export.jsonl", content)[:2] == ("ingested", ["DeviceImageLoadEvents"])


def test_where_several_tables_fit_nothing_is_guessed(lab: Lab) -> None:
    state, _, why, hint = taken(lab, "export.jsonl", lines(DeviceId="d1", DeviceName="ws-01"))

    assert state == "failed"
    assert why.startswith("its columns fit several tables: DeviceInfo, DeviceNetworkInfo, ")
    assert hint == "--table NAME says which table it is"
    assert lab.lake.counts() == {}


def test_the_user_has_the_last_word(lab: Lab) -> None:
    content = lines(DeviceId="d1", ActionType="ImageLoaded")

    assert taken(lab, "DeviceFileEvents.jsonl", content, table="deviceevents")[:2] == ("ingested", ["DeviceEvents"])


def test_a_table_that_is_not_there_is_named_with_the_nearest(lab: Lab) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        taken(lab, "a.jsonl", lines(DeviceId="d1"), table="DeviceProcesEvents")

    assert wrong.value.message == "there is no hunting table DeviceProcesEvents"
    assert wrong.value.hint == "the nearest is DeviceProcessEvents"


def test_a_column_that_the_table_lacks_is_named_with_the_nearest(lab: Lab) -> None:
    content = lines(DeviceId="d1", FileNam="cmd.exe", Weather="fine")

    assert taken(lab, "DeviceProcessEvents.jsonl", content) == (
        "failed",
        [],
        "DeviceProcessEvents has no column FileNam (nearest: FileName), Weather",
        "--drop-unknown leaves such columns out; --table names another table",
    )
    assert taken(lab, "DeviceProcessEvents.jsonl", content, drop_unknown=True)[:2] == (
        "ingested",
        ["DeviceProcessEvents"],
    )


def test_a_column_that_comes_up_late_is_no_less_unknown(lab: Lab) -> None:
    content = lines(DeviceId="d1") * 5_000 + lines(DeviceId="d1", Weather="fine")

    assert taken(lab, "DeviceEvents.jsonl", content)[2] == "DeviceEvents has no column Weather"
    assert lab.lake.counts() == {}


def test_columns_of_no_table_name_the_table_that_comes_nearest(lab: Lab) -> None:
    content = lines(DeviceId="d1", IsAzureADJoined=True, OSPlatform="Windows11", Count=5)

    _, _, why, hint = taken(lab, "export.jsonl", content)

    assert why == "no hunting table has all of its columns; the nearest is DeviceInfo, which lacks Count"
    assert hint == "--table DeviceInfo --drop-unknown leaves these columns out"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("empty.csv", b"", "it is empty"),
        ("blank.json", b" \n\n", "it is empty"),
        ("notes.txt", b"remember the milk\n", "its first line names no column of a hunting table"),
        (
            "DeviceEvents.csv",
            b"DeviceId,FileName\nd1,a.exe\n",
            "it has no Timestamp, and every row of DeviceEvents needs one",
        ),
        ("twice.csv", b"Timestamp,FileName,FileName\n", "its heading has 'FileName' twice"),
        (
            "other.json",
            b'{"name": "x", "size": 1}',
            "it holds neither Windows events nor rows of a hunting table; its first record has: name, size",
        ),
        ("bad.json", b'{"Timestamp": ', "it is no JSON: no record of it can be read"),
        (
            "DeviceEvents.json",
            b'[{"Timestamp": "2026-11-08", "DeviceId": "d1"}, {"Time',
            "its list of rows has no end: the file is cut off, or no JSON",
        ),
        ("DeviceEvents.parquet", b"no parquet", "it is no Parquet file: it begins with b'no parqu'"),
        ("picture.jsonl", b"\x89PNG\r\n\x1a\n\0\0", "it is no text, and neither an event log nor Parquet"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(lab: Lab, name: str, content: bytes, why: str) -> None:
    assert taken(lab, name, content)[::2] == ("failed", why)
    assert lab.lake.counts() == {}


@pytest.mark.parametrize("name", ["DeviceEvents.jsonl.gz", "DeviceEvents.csv.gz", "events.jsonl.gz"])
def test_a_packed_file_that_is_cut_off_is_not_taken_in_part(lab: Lab, name: str) -> None:
    event = {"EventID": 11, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": "ws", "UtcTime": AT}
    rows = {
        "DeviceEvents.jsonl.gz": b"".join(lines(DeviceId=f"d{number * 7919}") for number in range(9_000)),
        "DeviceEvents.csv.gz": b"Timestamp,DeviceId\n"
        + b"".join(b"2026-11-08,%d\n" % (n * 7919) for n in range(9_000)),
        "events.jsonl.gz": b"".join(
            json.dumps(event | {"Image": str(n * 7919)}).encode() + b"\n" for n in range(9_000)
        ),
    }[name]
    packed = gzip.compress(rows)

    assert taken(lab, name, packed[: len(packed) // 2])[::2] == ("failed", "the file is cut off")
    assert lab.lake.counts() == {}
    assert list((lab.lake.path / ".records").glob("*")) == []


def test_one_file_that_fails_does_not_keep_the_others_from_it(lab: Lab) -> None:
    folder = lab.folder / "exports"
    folder.mkdir()
    (folder / "a.csv").write_bytes(b"")
    (folder / "DeviceEvents.jsonl").write_bytes(lines(DeviceId="d1"))

    report = ingest([folder], lab.lake)

    assert [(one.path.name, one.state) for one in report.sources] == [
        ("DeviceEvents.jsonl", "ingested"),
        ("a.csv", "failed"),
    ]
    assert [one.path.name for one in report.failed] == ["a.csv"]


def test_a_path_that_is_not_there_is_an_error(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        ingest([tmp_path / "nowhere.csv"], lab.lake)
