"""Importing: what is refused and why, how times move, and that doing it again changes nothing."""

from __future__ import annotations

import gzip
import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.spec.telemetry.conftest import NOW, Lab, rejects, security, sysmon
from vedette.errors import ConfigurationError
from vedette.telemetry import import_recordings

FILE = {"TargetFilename": r"C:\a.txt", "Image": r"C:\b.exe"}


def created(time: str, *, dataset: str = "lab/first", log: str = "", **fields: object) -> dict[str, object]:
    """A file that was created at a time of 4 May 2021."""
    stamp = log or f"2021-05-04T{time}Z"
    return sysmon(11, **FILE, **fields, UtcTime=f"2021-05-04 {time}", _dataset=dataset, **{"@timestamp": stamp})


def times(lab: Lab, table: str = "DeviceFileEvents") -> list[datetime]:
    return [row["Timestamp"] for row in lab.lake.find(table, order_by=["Timestamp"])]  # type: ignore[misc]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "reason", "detail"),
    [
        ('{"EventID": 11,', "bad JSON", "Input data was truncated"),
        ('["EventID", 11]', "bad JSON", "not an object"),
        ({**created("14:30:00.000"), "EventID": 4711}, "unknown event", "Microsoft-Windows-Sysmon/Operational 4711"),
        ({**created("14:30:00.000"), "Channel": "Application"}, "unknown event", "Application 11"),
        ({**created("14:30:00.000"), "Hostname": ""}, "missing host", ""),
        (security(1102, **{"@timestamp": "-"}), "missing time", ""),
        (security(1102, **{"@timestamp": "yesterday"}), "bad time", "@timestamp is 'yesterday'"),
        (created("25:30:00"), "bad time", "@timestamp is '2021-05-04T25:30:00Z'"),
        ({**created("14:30:00.000"), "TargetFilename": "-"}, "missing field", "TargetFilename"),
        (security(4624, LogonType="99"), "bad value", "LogonType 99"),
    ],
)
def test_an_event_that_becomes_no_row_is_kept_with_its_reason(
    lab: Lab, event: dict[str, object] | str, reason: str, detail: str
) -> None:
    result = lab.ingest(lab.record(created("14:30:00.000"), event))

    assert (result.events_read, result.accepted, result.rejected) == (2, 1, 1)
    assert result.rejected_by_reason == {reason: 1}
    assert rejects(lab.rejects) == [
        {
            "reason": reason,
            "detail": detail,
            "file": "events.jsonl",
            "line": 2,
            "event": event if isinstance(event, str) else json.dumps(event),
        }
    ]


def test_a_cut_off_archive_gives_what_is_before_the_cut(lab: Lab, tmp_path: Path) -> None:
    lines = [created("14:30:00.000", ProcessGuid=f"{{{number * 7919:x}}}") for number in range(3_000)]
    packed = gzip.compress("".join(json.dumps(one) + "\n" for one in lines).encode())
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(packed[: len(packed) // 2])

    result = lab.ingest(cut)

    assert result.rejected_by_reason == {"damaged file": 1}
    assert 0 < result.accepted == lab.lake.counts()["DeviceFileEvents"] < 3_000


def test_a_file_may_hold_one_json_list(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps([created("14:30:00.000"), created("14:31:00.000")], indent=1))

    assert lab.ingest(file).rows["DeviceFileEvents"] == 2


def test_a_folder_is_searched_and_the_same_content_counts_once(lab: Lab) -> None:
    file = lab.record(created("14:30:00.000"))
    (file.parent / "deeper").mkdir()
    (file.parent / "deeper" / "copy.json").write_bytes(file.read_bytes())
    (file.parent / "notes.txt").write_text("not a recording")

    assert lab.ingest(file.parent).events_read == 1


def test_a_path_that_is_not_there_is_an_error(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        lab.ingest(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match="holds no recordings"):
        lab.ingest(tmp_path / "empty")


def test_the_newest_event_becomes_now_and_distances_stay(lab: Lab) -> None:
    lab.ingest(lab.record(created("14:30:00.000"), created("14:45:30.250")), keep_times=False)

    assert times(lab) == [NOW - timedelta(minutes=15, seconds=30, milliseconds=250), NOW]


def test_times_inside_of_a_row_move_with_it(lab: Lab) -> None:
    start = sysmon(1, Image=r"C:\b.exe", ProcessId="5", ProcessGuid="{1}", UtcTime="2021-05-04 14:00:00")

    lab.ingest(lab.record(start, created("14:30:00.000", ProcessGuid="{1}")), keep_times=False)

    (row,) = lab.lake.find("DeviceFileEvents")
    assert row["InitiatingProcessCreationTime"] == NOW - timedelta(minutes=30)
    assert lab.lake.find("DeviceProcessEvents")[0]["ProcessCreationTime"] == NOW - timedelta(minutes=30)


def test_data_sets_are_laid_out_in_their_order_a_day_apart(lab: Lab) -> None:
    years = [created("14:30:00.000", dataset=f"lab/{year}") for year in (2019, 2020, 2021)]
    for event, year in zip(years, (2021, 2019, 2020), strict=True):
        event["UtcTime"] = f"{year}-05-04 14:30:00.000"
        event["@timestamp"] = f"{year}-05-04T14:30:00Z"

    lab.ingest(lab.record(*years), keep_times=False)

    assert times(lab) == [NOW - timedelta(days=2), NOW - timedelta(days=1), NOW]


def test_many_data_sets_all_fit_into_the_last_28_days(lab: Lab) -> None:
    lab.ingest(lab.record(*(created(f"14:{n:02}:00.000", dataset=f"lab/{n:02}") for n in range(57))), keep_times=False)

    found = times(lab)
    assert (found[0], found[-1]) == (NOW - timedelta(days=28), NOW)
    assert {later - sooner for sooner, later in itertools.pairwise(found)} == {timedelta(hours=12)}


def test_times_can_be_kept(lab: Lab) -> None:
    lab.ingest(lab.record(created("14:30:00.000")), keep_times=True)

    assert times(lab) == [at("2021-05-04 14:30:00")]


def test_security_events_follow_the_sensors_clock(lab: Lab) -> None:
    """The log of this recording was stamped four hours behind UTC."""
    behind = created("14:30:00.000", log="2021-05-04T10:30:01Z")
    cleared = security(1102, **{"@timestamp": "2021-05-04T10:45:00Z"})

    lab.ingest(lab.record(behind, cleared))

    assert times(lab) == [at("2021-05-04 14:30:00")]
    assert times(lab, "DeviceEvents") == [at("2021-05-04 14:45:00")]


def test_a_connection_stamped_by_a_suspended_clock_takes_the_logs_time(lab: Lab) -> None:
    connection = {"Initiated": "true", "Protocol": "tcp", "SourceIp": "10.1.1.5", "DestinationIp": "52.1.2.3"}
    stale = sysmon(3, **connection, UtcTime="2021-05-01 02:00:00", **{"@timestamp": "2021-05-04T10:31:00Z"})
    rest = [created(f"14:30:0{n}.000", log=f"2021-05-04T10:30:0{n}Z") for n in range(3)]

    lab.ingest(lab.record(stale, *rest))

    assert times(lab, "DeviceNetworkEvents") == [at("2021-05-04 14:31:00")]


def test_importing_again_adds_nothing_and_tells_the_same(lab: Lab) -> None:
    file = lab.record(created("14:30:00.000"), sysmon(1, Image=r"C:\lab\mimikatz.exe", ProcessId="5"))
    first = lab.ingest(file, keep_times=False)
    before = lab.lake.counts()

    again = lab.ingest(file, keep_times=False, now=NOW + timedelta(hours=6))

    assert lab.lake.counts() == before
    assert (again.rows, again.skipped, again.imported) == ({}, [file], [])
    assert (again.accepted, again.rejected) == (first.accepted, first.rejected)
    assert [one.evidence for one in again.alerts] == [one.evidence for one in first.alerts]
    assert again.machines == first.machines


def test_a_later_file_of_a_data_set_moves_with_it(lab: Lab) -> None:
    first = lab.record(created("14:30:00.000"))
    lab.ingest(first, keep_times=False)
    second = lab.record(created("14:20:00.000"), name="more.jsonl")

    result = lab.ingest(first.parent, keep_times=False, now=NOW + timedelta(hours=6))

    assert (result.skipped, result.imported) == ([first], [second])
    assert times(lab) == [NOW - timedelta(minutes=10), NOW]


def test_an_import_that_breaks_off_leaves_whole_files_and_can_be_repeated(lab: Lab) -> None:
    lab.record(created("14:30:00.000"), name="a.jsonl")
    second = lab.record(created("14:31:00.000"), name="b.jsonl")

    def stop(doing: str, file: Path, behind: int, total: int) -> None:
        if doing == "importing" and file == second:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_recordings([second.parent], lab.lake, now=NOW, progress=stop)
    # The report about a file comes after the file is committed.
    assert lab.lake.counts() == {"DeviceFileEvents": 2}

    lab.ingest(second.parent, keep_times=False)
    assert lab.lake.counts() == {
        "DeviceInfo": 2,
        "DeviceNetworkInfo": 2,
        "DeviceFileEvents": 2,
        "AlertInfo": 1,
        "AlertEvidence": 1,
    }


def test_progress_goes_through_every_file_twice(lab: Lab) -> None:
    file = lab.record(created("14:30:00.000"))
    size = file.stat().st_size
    told: list[tuple[str, Path, int, int]] = []

    import_recordings([file], lab.lake, now=NOW, progress=lambda *one: told.append(one))

    assert told == [("reading", file, size, size), ("importing", file, size, size)]


@pytest.mark.parametrize("odd", [True, 2**70, "0x" + "f" * 40, [], {}, "many", 1e300, "-", None])
def test_an_odd_value_in_a_side_field_leaves_that_column_empty(lab: Lab, odd: object) -> None:
    lab.ingest(lab.record(created("14:30:00.000", ProcessId=odd)))

    assert [row["InitiatingProcessId"] for row in lab.lake.find("DeviceFileEvents")] == [None]


def test_archives_may_be_several_one_after_another(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "joined.jsonl.gz"
    file.write_bytes(b"".join(gzip.compress(json.dumps(created(f"14:3{n}:00.000")).encode() + b"\n") for n in range(3)))

    result = lab.ingest(file)

    assert (result.accepted, result.rejected) == (3, 0)
