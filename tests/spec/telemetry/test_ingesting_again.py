"""Whatever is interrupted can be done again: nothing gets lost, nothing comes twice, and rejects stay."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.spec.telemetry.conftest import NOW, Lab, sysmon
from vedette.telemetry import IngestOptions, Lake, ingest

PER_FILE = 3_000


def export(folder: Path, name: str, rows: int = PER_FILE) -> Path:
    """Rows of DeviceEvents whose ReportId tells them apart, and one more that is rejected."""
    folder.mkdir(exist_ok=True)
    row = {"Timestamp": "2026-11-08T10:12:13Z", "DeviceId": "d1", "ActionType": name}
    lines = [json.dumps({**row, "ReportId": number}) for number in range(rows)]
    (folder / name).write_text("\n".join([*lines, json.dumps({**row, "Timestamp": "noon"})]))
    return folder / name


def report_ids(lake: Lake) -> list[tuple[object, object]]:
    columns = ["ActionType", "ReportId"]
    return [
        (row["ActionType"], row["ReportId"]) for row in lake.find("DeviceEvents", columns=columns, order_by=columns)
    ]


def test_doing_it_again_adds_nothing_and_says_so(lab: Lab) -> None:
    file = export(lab.folder / "in", "DeviceEvents.jsonl")
    first = ingest([file], lab.lake)
    before = report_ids(lab.lake)

    again = ingest([file], lab.lake)

    assert (first.rows, again.rows) == ({"DeviceEvents": PER_FILE}, {})
    assert [(one.state, one.tables) for one in again.sources] == [("known", ["DeviceEvents"])]
    assert report_ids(lab.lake) == before


def test_a_copy_under_another_name_is_the_same_file(lab: Lab) -> None:
    file = export(lab.folder / "in", "DeviceEvents.jsonl")
    ingest([file], lab.lake)
    copy = file.rename(lab.folder / "in" / "renamed-DeviceEvents.json")

    assert ingest([copy], lab.lake).rows == {}


def test_rejects_of_files_that_were_taken_earlier_are_told_again(lab: Lab) -> None:
    first, second = (export(lab.folder / "in", f"DeviceEvents-{name}.jsonl") for name in "ab")
    ingest([first], lab.lake)

    report = ingest([first, second], lab.lake)

    assert report.rejects is not None
    rejects = [json.loads(line) for line in report.rejects.read_text().splitlines()]
    assert [(one["file"], one["reason"], one["line"]) for one in rejects] == [
        ("DeviceEvents-a.jsonl", "bad time", PER_FILE + 1),
        ("DeviceEvents-b.jsonl", "bad time", PER_FILE + 1),
    ]
    assert report.rejected_by_reason == {"bad time": 1}


def test_rejects_of_recordings_stay_with_the_lake(lab: Lab) -> None:
    file = lab.record(sysmon(11, TargetFilename=r"C:\a.txt", Image=r"C:\b.exe"), sysmon(4711))
    ingest([file], lab.lake, now=NOW)
    (lab.folder / "lake.rejects.jsonl").unlink()

    report = ingest([file], lab.lake, now=NOW)

    assert report.rejects is not None
    assert [json.loads(line)["reason"] for line in report.rejects.read_text().splitlines()] == ["unknown event"]


def test_a_run_that_breaks_off_leaves_whole_files(lab: Lab) -> None:
    for name in "abc":
        export(lab.folder / "in", f"DeviceEvents-{name}.jsonl")

    def stop(doing: str, file: Path, behind: int, total: int) -> None:
        if doing == "ingesting" and file.name == "DeviceEvents-b.jsonl":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest([lab.folder / "in"], lab.lake, progress=stop)
    assert len(report_ids(lab.lake)) == PER_FILE

    report = ingest([lab.folder / "in"], lab.lake)

    assert [one.state for one in report.sources] == ["known", "ingested", "ingested"]
    assert report_ids(lab.lake) == [
        (f"DeviceEvents-{name}.jsonl", number) for name in "abc" for number in range(PER_FILE)
    ]


_KILLED_AT = """
import os, signal, sys
from pathlib import Path
from vedette.telemetry import Lake, ingest

seen = []

def stop(doing, file, behind, total):
    seen.append(doing)
    if len(seen) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

ingest([Path(sys.argv[1])], Lake(sys.argv[2]), progress=stop)
"""


def test_a_process_that_is_killed_at_any_point_can_be_run_again(lab: Lab) -> None:
    """Progress is told around every file; killing at each of these points hits before, in and after a file."""
    for name in "ab":
        export(lab.folder / "in", f"DeviceEvents-{name}.jsonl", rows=500)
    lake = lab.folder / "killed"
    for point in range(1, 7):
        command = [sys.executable, "-c", _KILLED_AT, str(lab.folder / "in"), str(lake), str(point)]
        ended = subprocess.run(command, check=False, env={**os.environ})
        assert ended.returncode in (-signal.SIGKILL, 0)

    ingest([lab.folder / "in"], Lake(lake))

    assert report_ids(Lake(lake)) == [(f"DeviceEvents-{name}.jsonl", number) for name in "ab" for number in range(500)]
    assert list((lake / ".incoming").glob("*/")) == []


def test_a_file_that_failed_is_taken_once_it_is_put_right(lab: Lab) -> None:
    file = lab.folder / "DeviceEvents.jsonl"
    file.write_text('{"Timestamp": "2026-11-08", "DeviceIdd": "d1"}\n')
    assert [one.state for one in ingest([file], lab.lake).sources] == ["failed"]

    file.write_text('{"Timestamp": "2026-11-08", "DeviceId": "d1"}\n')
    assert ingest([file], lab.lake).rows == {"DeviceEvents": 1}


def test_a_dry_run_tells_everything_and_writes_nothing(lab: Lab) -> None:
    export(lab.folder / "in", "DeviceEvents.jsonl")
    lab.record(sysmon(11, TargetFilename=r"C:\a.txt", Image=r"C:\b.exe"), sysmon(4711))
    sources = [lab.folder / "in", lab.folder / "recordings"]

    dry = ingest(sources, lab.lake, options=IngestOptions(dry_run=True), now=NOW)

    assert not lab.lake.path.exists()
    assert dry.rejects is None

    real = ingest(sources, lab.lake, now=NOW)
    assert (dry.rows, dry.rejected_by_reason) == (real.rows, real.rejected_by_reason)
    assert [(one.state, one.rows, one.rejected) for one in dry.sources] == [
        (one.state, one.rows, one.rejected) for one in real.sources
    ]
    assert lab.lake.counts() == real.rows


def test_rejects_of_a_dry_run_can_be_asked_for(lab: Lab) -> None:
    file = export(lab.folder / "in", "DeviceEvents.jsonl")
    to = lab.folder / "rejects" / "r.jsonl"

    ingest([file], lab.lake, options=IngestOptions(dry_run=True, rejects=to))

    assert [json.loads(line)["reason"] for line in to.read_text().splitlines()] == ["bad time"]


def test_progress_tells_how_far_the_reading_is(lab: Lab) -> None:
    file = export(lab.folder / "in", "DeviceEvents.jsonl")
    size = file.stat().st_size
    told: list[tuple[str, Path, int, int]] = []

    ingest([file], lab.lake, progress=lambda *one: told.append(one))

    assert told[0] == ("checking", file, 0, size)
    assert told[-1] == ("ingesting", file, size, size)
    assert [behind for _, _, behind, _ in told] == sorted(behind for _, _, behind, _ in told)
