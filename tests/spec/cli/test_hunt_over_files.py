"""`vedette hunt --local`: KQL over files, in every form, with parameters and limits; nothing is sent anywhere."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.spec.cli.conftest import Cli

PEOPLE = """\
Name,Age,Joined,Note
Ann,31,2024-01-02T10:00:00Z,=1+1
Bœrge,,2024-01-03T00:00:00Z,日本
Al,7,2024-02-03T00:00:00Z,short
"""


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE, "utf-8")
    return file


@pytest.fixture
def hunt(cli: Cli, people: Path) -> Cli:
    return partial(cli, "hunt", "--local", str(people))


def test_a_table_shows_times_as_short_as_they_can_be_and_null_as_nothing(hunt: Cli) -> None:
    ended = hunt("people")

    assert ended.status == 0, ended.err
    assert ended.lines == [
        "Name   Age  Joined             Note",
        "Ann     31  2024-01-02 10:00Z  =1+1",
        "Bœrge       2024-01-03 00:00Z  日本",
        "Al       7  2024-02-03 00:00Z  short",
    ]
    assert ended.err.startswith("3 rows in ")


def test_the_query_may_be_in_a_file_or_come_through_a_pipe(hunt: Cli, tmp_path: Path) -> None:
    file = tmp_path / "rule.kql"
    file.write_text("\ufeff// how many\npeople | count\n", "utf-8")

    assert hunt(str(file), "-o", "json").json() == [{"Count": 3}]
    assert hunt("-", "-o", "json", input="people | count").json() == [{"Count": 3}]
    assert hunt("-o", "json", input="people | count").json() == [{"Count": 3}]


def test_json_has_the_values_as_the_service_writes_them(hunt: Cli) -> None:
    query = (
        "people | where Name == 'Al' | project Joined, Age, Span = 90m, Bag = dynamic({'a': [1, null]}), No = int(null)"
    )

    assert hunt(query, "-o", "json").json() == [
        {"Joined": "2024-02-03T00:00:00.0000000Z", "Age": 7, "Span": "01:30:00", "Bag": {"a": [1, None]}, "No": None}
    ]
    assert [json.loads(line) for line in hunt("people | project Name", "-o", "jsonl").lines] == [
        {"Name": "Ann"}, {"Name": "Bœrge"}, {"Name": "Al"},
    ]  # fmt: skip


def test_csv_has_every_column_with_dynamic_values_as_json_and_no_formulas(hunt: Cli) -> None:
    ended = hunt("people | take 1 | extend Bag = dynamic({'a': [1]})", "-o", "csv")

    (row,) = csv.DictReader(io.StringIO(ended.out))
    assert row == {
        "Name": "Ann", "Age": "31", "Joined": "2024-01-02T10:00:00.0000000Z", "Note": "'=1+1", "Bag": '{"a":[1]}',
    }  # fmt: skip


def test_parquet_goes_to_a_file(hunt: Cli, tmp_path: Path) -> None:
    ended = hunt("people | project Name, Age | sort by Name asc", "--to", str(tmp_path / "a.parquet"))

    assert (ended.status, ended.out) == (0, "")
    assert pq.read_table(tmp_path / "a.parquet").to_pydict() == {"Name": ["Al", "Ann", "Bœrge"], "Age": [7, 31, None]}
    assert ended.err.startswith(f"3 rows were written to {tmp_path}/a.parquet, in ")
    assert [path.name for path in tmp_path.glob(".*")] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "parquet"), "error: Parquet is not for a terminal\nhint: --to FILE says where to write it\n"),
        (("--to", "a.txt"), "error: a.txt does not say what to write\n"),
        (("--param", "x"), "error: --param 'x' is no NAME=VALUE\n"),
        (("--param", "n:int=many"), "error: --param n: 'many' is no int\nhint: such as 42\n"),
        (("--param", "n=1", "--param", "n=2"), "error: --param n was given twice\n"),
        (("--tenant",), "error: --local runs the query here and --tenant elsewhere\n"),
        (("--plot", "chart.jpg"), "error: chart.jpg does not say which kind of image\n"),
    ],
)
def test_a_wrong_command_line_ends_with_2(hunt: Cli, arguments: tuple[str, ...], said: str) -> None:
    ended = hunt("people", *arguments)

    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(said)


def test_a_refused_query_ends_with_1_and_shows_the_place(hunt: Cli) -> None:
    ended = hunt("people\n| where Agee > 3")

    assert (ended.status, ended.out) == (1, "")
    assert ended.err == (
        "error: There is no column named 'Agee'. (line 2, column 9)\n"
        "   2 | | where Agee > 3\n"
        "     |         ^^^^\n"
        "hint: Did you mean Age?\n"
    )


def test_parameters_have_the_type_that_they_look_like_or_are_given(hunt: Cli) -> None:
    given = {
        "n=31": "long", "r=0.5": "real", "t=2024-01-02": "datetime", "s=7d": "timespan", "c=1.02:03:04": "timespan",
        "b=true": "bool", "x=ws-01": "string", "h=007": "string", "v:string=1.0": "string", "e=": "string",
        "g:guid=74be27de-1e4e-49d9-b579-fe0b331d3642": "guid", 'd:dynamic=["a"]': "array", "m:decimal=1.5": "decimal",
    }  # fmt: skip
    options = [part for text in given for part in ("--param", text)]
    names = [text.partition("=")[0].partition(":")[0] for text in given]

    ended = hunt(f"print {', '.join(f'{name} = gettype({name})' for name in names)}", *options, "-o", "json")

    assert ended.json() == [dict(zip(names, given.values(), strict=True))]
    assert hunt("people | where Age >= n | project Name", "--param", "n=31", "-o", "json").json() == [{"Name": "Ann"}]
    assert hunt(
        "print at = t + s", "--param", "t=2024-01-01T12:00:00+02:00", "--param", "s=1.5h", "-o", "json"
    ).json() == [{"at": "2024-01-01T11:30:00.0000000Z"}]


def test_now_is_what_it_is_told_to_be(hunt: Cli) -> None:
    ended = hunt("people | where Joined > ago(1d) | project Name", "--now", "2024-02-03T12:00:00Z", "-o", "json")

    assert ended.json() == [{"Name": "Al"}]


def test_limits_stop_a_query(hunt: Cli) -> None:
    assert hunt("people", "--max-rows", "2").err.startswith("error: The result has more than 2 rows.\n")
    slow = "range x from 1 to 1000000000 step 1 | summarize dcount(tostring(x))"
    assert hunt(slow, "--timeout", "0.2").err.startswith("error: The query had not ended after 0.2 seconds.\n")


def test_externaldata_reads_what_was_allowed(hunt: Cli, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "wanted.csv").write_text("Al\n")
    query = "externaldata(Name: string) ['wanted.csv'] with (format='csv')"

    assert hunt(query, "--allow-folder", str(tmp_path / "lists"), "-o", "json").json() == [{"Name": "Al"}]
    refused = hunt(query)
    assert refused.status == 1
    assert refused.err == "error: externaldata may not read the file wanted.csv\nhint: --allow-folder DIR allows it\n"
    fetched = hunt("externaldata(Name: string) ['https://example.com/a.csv'] with (format='csv')")
    assert fetched.err.endswith("hint: --allow-host HOST allows it\n")


def test_several_results_stand_below_each_other(hunt: Cli) -> None:
    query = "people | count; print x = 5"

    assert hunt(query).lines == [
        "PrimaryResult (1 row)", "Count", "    3", "", "PrimaryResult1 (1 row)", "x", "5",
    ]  # fmt: skip
    assert hunt(query, "-o", "json").json() == {"PrimaryResult": [{"Count": 3}], "PrimaryResult1": [{"x": 5}]}
    assert hunt(query, "-o", "csv").out == "Count\n3\n\nx\n5\n"


def test_a_place_left_for_a_date_is_remarked_on(hunt: Cli) -> None:
    ended = hunt('print 1 | where now() > datetime("Insert date")')

    assert "'Insert date' (line 1) is no date and counts as null: nothing compares with it." in ended.err.splitlines()


def test_no_rows_are_said_with_the_columns_and_the_tables_that_are_empty(hunt: Cli) -> None:
    ended = hunt("DeviceInfo | project DeviceName, OSPlatform")

    assert (ended.status, ended.out) == (0, "")
    notes = ended.err.splitlines()
    assert notes[0] == "No rows. Columns: DeviceName, OSPlatform"
    assert notes[2] == "Nothing at all is in DeviceInfo here: no rows may mean that nothing was recorded."
    assert hunt("DeviceInfo | project DeviceName", "-o", "csv").out == "DeviceName\n"


def test_a_table_shows_100_rows_unless_it_is_told_otherwise(hunt: Cli) -> None:
    query = "range x from 1 to 250 step 1"

    assert len(hunt(query).lines) == 101
    assert hunt(query).err.startswith("100 of 250 rows shown, in ")
    assert len(hunt(query, "--all").lines) == 251
    assert len(hunt(query, "-n", "3", "-o", "jsonl").lines) == 3
    assert len(hunt(query, "-o", "jsonl").lines) == 250


def test_a_table_fits_the_terminal_and_says_what_it_left_out(hunt: Cli) -> None:
    wide = ", ".join(
        f"Column{number} = strcat('value ', x, ' of column {number}, which is long')" for number in range(9)
    )

    ended = hunt(f"range x from 1 to 2 step 1 | project {wide}", width=80)
    assert max(map(len, ended.lines)) <= 80
    assert ended.lines[0].split() == ["Column0", "Column1", "Column2"]
    assert ended.err.startswith("3 of 9 columns fit: | project NAMES chooses others, -o json or -o csv gives all.\n")

    one = hunt(f"range x from 1 to 1 step 1 | project {wide}", width=80)
    assert one.lines[0] == "Column0  value 1 of column 0, which is long"
    assert len(one.lines) == 9


def test_characters_that_a_terminal_obeys_are_spelled_out(hunt: Cli) -> None:
    assert hunt(r"print x = 'a\u001b[31mb'").lines[1] == r"a\x1b[31mb"
