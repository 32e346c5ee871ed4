"""Hunting queries that people published run as they are, and give the columns that Microsoft's reader says.

The queries are those of the folder in VEDETTE_CORPUS. Nothing is fetched: the lists that some of them read from the
internet are files with a line or two.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.spec.kql.conftest import PublicQuery
from tests.spec.kql.official import Official
from vedette.catalogue.tables import Event
from vedette.errors import QueryError, QueryFault
from vedette.hunting import Engine, Outside
from vedette.simulation import simulate
from vedette.telemetry import Lake, LakeWriter

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

# https://learn.microsoft.com/kusto/query/bag-unpack-plugin: a column for each slot of the rows; without rows none.
NAMES_A_COLUMN_OF_UNPACKED_ROWS = "names a column that bag_unpack makes of rows, and there are none"
REFUSED_WITHOUT_ROWS = {
    "feb0c02d22a7dbb3": NAMES_A_COLUMN_OF_UNPACKED_ROWS,
    "d4038bafbf9ae79c": NAMES_A_COLUMN_OF_UNPACKED_ROWS,
}


class Lists(Outside):
    """Files in the place of every address."""

    def resolve(self, address: str, into: Path) -> Path:
        name = address.partition("?")[0].rpartition("/")[2] or "list"
        into.mkdir(parents=True, exist_ok=True)
        content = b"203.0.113.7\n# a remark,2026-11-20\n"
        (into / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return into / name


class NoLists(Outside):
    """Empty files in the place of every address."""

    def resolve(self, address: str, into: Path) -> Path:
        into.mkdir(parents=True, exist_ok=True)
        (into / "list").write_bytes(b"")
        return into / "list"


@pytest.fixture(scope="module")
def without_rows() -> Iterator[Engine]:
    with Engine(outside=NoLists()) as engine:
        yield engine


@pytest.fixture(scope="module")
def with_rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    with LakeWriter(lake) as writer:
        writer.add_many(simulate(seed=7, machines=12, days=4, until=NOW).events())
        writer.add_many(_rows_with_bags())
    with Engine(lake, hot=True, outside=Lists()) as engine:
        yield engine


def _rows_with_bags() -> Iterator[Event]:
    """What queries take apart and the simulation does not tell: a device is plugged in, a file is evidence."""
    at = NOW - timedelta(hours=3)
    device = {"Timestamp": at, "DeviceId": "ab" * 20, "DeviceName": "ws-001.halden.example", "ReportId": 7}
    yield (
        "DeviceEvents",
        {
            **device,
            "ActionType": "PnpDeviceConnected",
            "AdditionalFields": '{"ClassId": "{36fc9e60-c465-11cf-8056-444553540000}", "ClassName": "USB"}',
        },
    )
    title = "Post-delivery detection of suspicious attachment"
    yield "AlertInfo", {"Timestamp": at, "AlertId": "fa1", "Title": title, "Severity": "Low"}
    bag = '{"Name": "invoice.iso", "Directory": "C:\\\\Users", "Host": {"$ref": "1"}}'
    yield "AlertEvidence", {"Timestamp": at, "AlertId": "fa1", "EntityType": "File", "AdditionalFields": bag}


def test_public_queries_run_over_empty_tables(without_rows: Engine, public_queries: list[PublicQuery]) -> None:
    assert _share_that_runs(without_rows, public_queries, REFUSED_WITHOUT_ROWS) >= 0.99


def test_public_queries_run_over_telemetry(with_rows: Engine, public_queries: list[PublicQuery]) -> None:
    assert _share_that_runs(with_rows, public_queries, {}) == 1


def _share_that_runs(engine: Engine, queries: list[PublicQuery], expected: Mapping[str, str]) -> float:
    """The share of the queries that Microsoft's reader takes; fails with the reason of each unexpected failure."""
    failures = {}
    taken = [query for query in queries if query.is_valid and query.is_bound]
    for query in taken:
        try:
            engine.run(query.text, now=NOW)
        except QueryError as error:
            failures[query.id] = f"{type(error).__name__}: {error}"
    assert {query: why for query, why in failures.items() if query not in expected} == {}
    return 1 - len(failures) / len(taken)


def test_other_public_queries_run_or_are_refused_with_a_reason(
    with_rows: Engine, public_queries: list[PublicQuery]
) -> None:
    """Their tables, functions or columns are others than Microsoft's reader was told of."""
    faults = []
    others = [query for query in public_queries if not (query.is_valid and query.is_bound)]
    for query in others:
        try:
            with_rows.run(query.text, now=NOW)
        except QueryFault as fault:
            faults.append((query.id, str(fault)))
        except QueryError as refused:
            faults.extend([(query.id, "refused without a place")] if not refused.span else [])

    assert faults == []


def test_results_have_the_columns_that_microsofts_reader_says(
    without_rows: Engine, public_queries: list[PublicQuery], official: Official
) -> None:
    """Queries that it refuses, with the hunting tables of the catalogue, cannot be compared: they call the functions

    of advanced hunting (`FileProfile`), or name the time column as the other product does (`TimeGenerated`).
    """
    differing, compared = {}, 0
    for query in public_queries:
        said = official.judge(query.text)
        if said.syntax or said.errors or said.columns is None or query.id in REFUSED_WITHOUT_ROWS:
            continue
        compared += 1
        columns = tuple((column.name, column.type) for column in without_rows.compile(query.text, now=NOW).columns)
        if columns != said.columns:
            differing[query.id] = (set(columns) ^ set(said.columns)) or "in another order"

    assert differing == {}
    assert compared > 0.75 * len(public_queries)
