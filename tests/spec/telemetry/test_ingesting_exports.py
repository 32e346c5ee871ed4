"""Hunting exports become rows of their table: CSV, JSON in the shapes that Defender's tools write, Parquet.

Shapes are the documented ones: the portal's export, the answers of `advancedqueries/run` and of Graph's
`runHuntingQuery`, raw data streaming to storage and event hubs, a log workspace's export.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.spec.telemetry.conftest import Lab
from vedette.telemetry import IngestOptions, IngestReport, ingest

DEVICE = "a" * 40
ROW: Mapping[str, Any] = {
    "Timestamp": "2026-11-08T10:12:13.1234567Z",
    "DeviceId": DEVICE,
    "DeviceName": "ws-01.lab.example",
    "ActionType": "ProcessCreated",
    "FileName": "cmd.exe",
    "ProcessId": 5692,
    "ProcessCommandLine": 'cmd.exe /c "echo 1,\n2"',
    "ReportId": 113597,
}
KEPT = {**ROW, "Timestamp": datetime(2026, 11, 8, 10, 12, 13, 123456, tzinfo=UTC)}
TABLE = "DeviceProcessEvents"


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_list(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps(rows, indent=2).encode()


def as_answer(rows: Sequence[Mapping[str, Any]]) -> bytes:
    schema = [{"Name": name, "Type": "String"} for name in rows[0]]
    return json.dumps({"Stats": {"ExecutionTime": 0.1}, "Schema": schema, "Results": rows}).encode()


def as_graph_answer(rows: Sequence[Mapping[str, Any]]) -> bytes:
    schema = [{"name": name, "type": "String"} for name in rows[0]]
    context = "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.huntingQueryResults"
    return json.dumps({"@odata.context": context, "schema": schema, "results": rows}, indent=2).encode()


def as_stream(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return as_lines([streamed(row) for row in rows])


def as_event_hub(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return as_lines([{"records": [streamed(row) for row in rows]}])


def as_event_hub_printed(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps({"records": [streamed(row) for row in rows]}, indent=2).encode()


def streamed(row: Mapping[str, Any], table: str = TABLE) -> dict[str, Any]:
    head = {"time": "2026-11-08T10:15:00Z", "tenantId": "11111111-1111-4111-8111-111111111111"}
    return head | {"operationName": "Publish", "category": f"AdvancedHunting-{table}", "properties": dict(row)}


def as_parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), out)
    return out.getvalue()


def take(lab: Lab, content: bytes, name: str, **options: Any) -> IngestReport:
    file = lab.folder / "exports" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    return ingest([file], lab.lake, options=IngestOptions(**options))


def kept(lab: Lab, table: str = TABLE) -> list[dict[str, object]]:
    rows = lab.lake.find(table, order_by=["Timestamp", "ReportId"])
    return [{name: value for name, value in row.items() if value not in (None, "")} for row in rows]


def ticks(lab: Lab, table: str = TABLE) -> list[str]:
    """Times in full precision."""
    import duckdb

    engine = duckdb.connect()
    lab.lake.create_views(engine)
    asked = f'SELECT "Timestamp"::VARCHAR FROM "{table}" ORDER BY "Timestamp"'
    return [str(row[0]) for row in engine.execute(asked).fetchall()]


@pytest.mark.parametrize(
    ("form", "ending"),
    [
        (as_csv, "csv"),
        (as_lines, "jsonl"),
        (as_list, "json"),
        (as_answer, "json"),
        (as_graph_answer, "json"),
        (as_stream, "json"),
        (as_event_hub, "json"),
        (as_event_hub_printed, "json"),
        (as_parquet, "parquet"),
    ],
)
def test_every_form_gives_the_same_rows(
    lab: Lab, form: Callable[[Sequence[Mapping[str, Any]]], bytes], ending: str
) -> None:
    second = {**ROW, "Timestamp": "2026-11-09T00:00:00Z", "ProcessId": None, "ReportId": 113598}

    report = take(lab, form([ROW, second]), f"{TABLE}.{ending}")

    assert report.rows == {TABLE: 2}
    assert [(one.state, one.tables, one.rejected) for one in report.sources] == [("ingested", [TABLE], 0)]
    later = {**KEPT, "Timestamp": datetime(2026, 11, 9, tzinfo=UTC), "ReportId": 113598}
    del later["ProcessId"]
    assert kept(lab) == [KEPT, later]
    assert ticks(lab) == ["2026-11-08 10:12:13.1234567", "2026-11-09 00:00:00"]


@pytest.mark.parametrize(("form", "ending"), [(as_csv, "csv"), (as_lines, "jsonl"), (as_answer, "json")])
def test_text_may_be_packed(lab: Lab, form: Callable[[Sequence[Mapping[str, Any]]], bytes], ending: str) -> None:
    take(lab, gzip.compress(form([ROW])), f"{TABLE}.{ending}.gz")

    assert kept(lab) == [KEPT]


@pytest.mark.parametrize("form", [as_csv, as_lines])
@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("2026-11-08T10:12:13.1234567Z", "2026-11-08 10:12:13.1234567"),
        ("2026-11-08T10:12:13Z", "2026-11-08 10:12:13"),
        ("2026-11-08 10:12:13.5", "2026-11-08 10:12:13.5"),
        ("2026-11-08T10:12:13.1234567+00:00", "2026-11-08 10:12:13.1234567"),
        ("2026-11-08T10:12:13.1234567+02:00", "2026-11-08 08:12:13.1234567"),
        ("2026-11-08T10:12:13-05:30", "2026-11-08 15:42:13"),
        ("2026-11-08", "2026-11-08 00:00:00"),
        ("8 Nov 2026 10:12:13", "2026-11-08 10:12:13"),
        ("Nov 8, 2026 10:12:13 PM", "2026-11-08 22:12:13"),
        ("11/8/2026, 10:12:13.123 AM", "2026-11-08 10:12:13.123"),
        ("11/8/2026 1:12:13 PM", "2026-11-08 13:12:13"),
    ],
)
def test_times_are_read_as_portals_write_them(
    lab: Lab, form: Callable[[Sequence[Mapping[str, Any]]], bytes], written: str, means: str
) -> None:
    take(lab, form([{**ROW, "Timestamp": written}]), f"{TABLE}.txt")

    assert ticks(lab) == [means]


@pytest.mark.parametrize("form", [as_csv, as_lines])
@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("Timestamp", "", "missing time"),
        ("Timestamp", "8/11/2026 10:12:13", "bad time"),  # the eighth of November, or the eleventh of August
        ("Timestamp", "2026-13-08T10:12:13Z", "bad time"),
        ("ProcessCreationTime", "noon", "bad time"),
        ("ProcessId", "many", "bad value"),
        ("ProcessId", "12.5", "bad value"),
        ("ReportId", "9223372036854775808", "bad value"),
    ],
)
def test_a_row_with_a_value_that_does_not_suit_is_rejected_alone(
    lab: Lab, form: Callable[[Sequence[Mapping[str, Any]]], bytes], column: str, value: str, reason: str
) -> None:
    good = {"ProcessCreationTime": None, **ROW}

    report = take(lab, form([good, {**good, column: value}, good]), f"{TABLE}.txt")

    assert report.rows == {TABLE: 2}
    assert report.rejected_by_reason == {reason: 1}
    assert report.rejects == lab.folder / "lake.rejects.jsonl"
    (reject,) = [json.loads(line) for line in report.rejects.read_text().splitlines()]
    assert (reject["reason"], reject["file"], reject["line"]) == (reason, f"{TABLE}.txt", 2)
    assert f"{TABLE}.{column}" in reject["detail"]
    assert json.loads(reject["event"]).get(column, "") == value


@pytest.mark.parametrize(
    ("value", "kept_as"),
    [("True", True), ("true", True), ("1", True), ("False", False), ("0", False), ("", None)],
)
def test_true_and_false_are_read_in_every_spelling(lab: Lab, value: str, kept_as: bool | None) -> None:
    take(lab, as_csv([{**ROW, "InitiatingProcessId": "7.0", "IsProcessRemoteSession": value}]), f"{TABLE}.csv")

    (row,) = lab.lake.find(TABLE)
    assert (row["IsProcessRemoteSession"], row["InitiatingProcessId"]) == (kept_as, 7)


def test_dynamic_values_are_kept_as_json_text(lab: Lab) -> None:
    row = {"Timestamp": ROW["Timestamp"], "DeviceId": DEVICE, "LoggedOnUsers": [{"UserName": "mira"}], "OSBuild": 22631}

    take(lab, as_lines([row]), "DeviceInfo.jsonl")
    take(lab, as_csv([{**row, "LoggedOnUsers": json.dumps(row["LoggedOnUsers"])}]), "DeviceInfo.csv")
    take(lab, as_parquet([row]), "DeviceInfo.parquet")

    assert [json.loads(str(one["LoggedOnUsers"])) for one in kept(lab, "DeviceInfo")] == [[{"UserName": "mira"}]] * 3


def test_rows_that_name_their_table_go_there(lab: Lab) -> None:
    logon = {key: ROW[key] for key in ("Timestamp", "DeviceId", "DeviceName")} | {"ActionType": "LogonSuccess"}
    rows = [{**ROW, "$table": TABLE}, {**logon, "$table": "DeviceLogonEvents"}]

    report = take(lab, as_lines(rows), "union.jsonl")

    assert report.rows == {"DeviceLogonEvents": 1, TABLE: 1}
    assert kept(lab) == [KEPT]


def test_a_stream_may_carry_every_table_and_one_that_is_unknown(lab: Lab) -> None:
    logon = {key: ROW[key] for key in ("Timestamp", "DeviceId", "DeviceName")} | {"ActionType": "LogonSuccess"}
    lines = [streamed(ROW), streamed(logon, "DeviceLogonEvents"), streamed(ROW, "DeviceDreamEvents")]

    report = take(lab, as_lines(lines), "PT1H.json")

    assert report.rows == {"DeviceLogonEvents": 1, TABLE: 1}
    assert report.rejected_by_reason == {"unknown table": 1}


def test_a_log_workspaces_export_is_understood(lab: Lab) -> None:
    row = {
        "TenantId": "11111111-1111-4111-8111-111111111111",
        "TimeGenerated [UTC]": "11/8/2026, 10:12:13.123 AM",
        "DeviceId": DEVICE,
        "ActionType": "ProcessCreated",
        "FileName": "cmd.exe",
        "SourceSystem": "",
        "Type": TABLE,
    }

    take(lab, as_csv([row]), f"{TABLE}.csv")

    assert ticks(lab) == ["2026-11-08 10:12:13.123"]
    assert kept(lab)[0]["FileName"] == "cmd.exe"


def test_semicolons_and_a_byte_order_mark_do_no_harm(lab: Lab) -> None:
    take(lab, b"\xef\xbb\xbf" + b"Timestamp;DeviceId;FileName\r\n8 Nov 2026 10:12:13;d1;a,b.exe\r\n", f"{TABLE}.csv")

    assert [(row["DeviceId"], row["FileName"]) for row in lab.lake.find(TABLE)] == [("d1", "a,b.exe")]


def test_records_that_are_broken_do_not_take_the_others_along(lab: Lab) -> None:
    lines = as_lines([ROW]) + b"{broken\n" + b"[1]\n" + b"\n" + as_lines([ROW])
    report = take(lab, lines, f"{TABLE}.jsonl")
    assert (report.rows, report.rejected_by_reason) == ({TABLE: 2}, {"bad JSON": 2})
    assert report.rejects is not None
    assert [json.loads(line)["line"] for line in report.rejects.read_text().splitlines()] == [2, 3]

    report = take(lab, b"Timestamp,FileName\n2026-11-08,a.exe\n2026-11-08\n2026-11-08,b.exe,more\n", f"{TABLE}.csv")
    assert (report.rows, report.rejected_by_reason) == ({TABLE: 1}, {"bad CSV": 2})


def test_parquet_is_cast_to_the_catalogues_types(lab: Lab) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    zone = pa.timestamp("us", tz="Europe/Oslo")
    table = pa.table(
        {
            "Timestamp": pa.array([datetime(2026, 11, 8, 10, 12, 13, tzinfo=UTC), None], zone),
            "DeviceName": pa.array(["ws-01", "ws-01"]).dictionary_encode(),
            "ProcessId": pa.array([7.0, float("nan")]),  # as data frames write whole numbers with gaps
            "ReportId": pa.array(["12", "13"]),
            "AdditionalFields": pa.array([{"a": [1]}, None]),
        }
    )
    file = lab.folder / f"{TABLE}.parquet"
    pq.write_table(table, file)

    report = ingest([file], lab.lake)

    assert report.rejected_by_reason == {"missing time": 1}
    (row,) = lab.lake.find(TABLE)
    assert row["Timestamp"] == datetime(2026, 11, 8, 10, 12, 13, tzinfo=UTC)
    assert (row["DeviceName"], row["ProcessId"], row["ReportId"]) == ("ws-01", 7, 12)
    assert json.loads(str(row["AdditionalFields"])) == {"a": [1]}


def test_the_files_of_a_lake_can_be_taken_into_another(lab: Lab, tmp_path: Path) -> None:
    take(lab, as_lines([{**ROW, "LogonId": 1}]), f"{TABLE}.jsonl")
    (tmp_path / "second").mkdir()
    other = Lab(tmp_path / "second")

    report = ingest([lab.lake.path], other.lake)

    assert report.rows == {TABLE: 1}
    assert other.lake.find(TABLE) == lab.lake.find(TABLE)


def test_the_machines_that_rows_speak_of_are_told(lab: Lab) -> None:
    info = {"DeviceId": DEVICE, "DeviceName": "ws-01.lab.example", "OSPlatform": "Windows11", "OSBuild": 22631}
    take(lab, as_csv([{**info, "Timestamp": "2026-11-01"}]), "DeviceInfo.csv")
    file = lab.folder / "exports" / f"{TABLE}.jsonl"
    file.write_bytes(as_lines([ROW]))

    report = ingest([file.parent], lab.lake)

    (machine,) = report.machines
    assert (machine.id, machine.computer_dns_name) == (DEVICE, "ws-01.lab.example")
    assert (machine.os_platform, machine.os_build) == ("Windows11", 22631)
    assert (machine.first_seen, machine.last_seen) == (datetime(2026, 11, 1, tzinfo=UTC), KEPT["Timestamp"])


def test_long_records_are_read_like_short_ones(lab: Lab) -> None:
    long = {**ROW, "ProcessCommandLine": "x" * 3_000_000}

    for number, form in enumerate((as_lines, as_list, as_answer, as_stream, as_event_hub, as_event_hub_printed)):
        report = take(lab, form([long, ROW]) * (2 if form is as_event_hub else 1), f"{number}-{TABLE}.json")
        assert report.rows == {TABLE: 4 if form is as_event_hub else 2}, form.__name__


def test_the_heading_of_a_csv_file_may_be_long(lab: Lab) -> None:
    from vedette.catalogue.tables import TABLES

    row = {column.name: "" for column in TABLES[TABLE].columns} | ROW

    take(lab, as_csv([row] * 3), "export.csv")

    assert kept(lab) == [KEPT] * 3
