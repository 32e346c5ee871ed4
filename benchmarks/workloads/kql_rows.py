"""Typical hunting queries over three million rows of telemetry in Parquet, against the same questions in SQL.

The SQL is written by hand for DuckDB, as quick as we know how, and must give the same rows; it reads the same files.
Both ways end with an Arrow table in memory, and the time of a query in KQL includes compiling it. Where duckdb-kql and
ClickHouse's dialect of KQL (chdb) are installed, they run the same query in the same run: over views of the same files,
and compared only where they give the same rows.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

import recorded
from harness import Comparison, compare
from vedette.hunting import Engine

ROUNDS = 5
Rows = list[tuple[Any, ...]]  # Any: values of all types
_START, _END = r"(?:^|[^\pL\p{Nd}])", r"(?:$|[^\pL\p{Nd}])"


def _term(column: str, *terms: str) -> str:
    """Whether one of some terms is in a text, letter case aside."""
    return " OR ".join(
        f"({column} ILIKE '%{term}%' AND regexp_matches({column}, '(?i){_START}{term}{_END}'))" for term in terms
    )


@dataclass(frozen=True)
class Question:
    """A question in both languages. lists: columns whose elements have no order."""

    name: str
    kql: str
    sql: str
    lists: tuple[str, ...] = ()


QUESTIONS = (
    Question(
        "has",
        'DeviceProcessEvents | where ProcessCommandLine has "mimikatz" '
        "| project Timestamp, DeviceName, ProcessCommandLine",
        "SELECT Timestamp, DeviceName, ProcessCommandLine FROM DeviceProcessEvents WHERE "
        + _term("ProcessCommandLine", "mimikatz"),
    ),
    Question(
        "has_any",
        'DeviceProcessEvents | where ProcessCommandLine has_any ("vssadmin", "sekurlsa", "sam") '
        "| project Timestamp, DeviceName, FileName, ProcessCommandLine",
        "SELECT Timestamp, DeviceName, FileName, ProcessCommandLine FROM DeviceProcessEvents WHERE "
        + _term("ProcessCommandLine", "vssadmin", "sekurlsa", "sam"),
    ),
    Question(
        "contains",
        'DeviceProcessEvents | where ProcessCommandLine contains "downloadstring" '
        "| project Timestamp, ProcessCommandLine",
        "SELECT Timestamp, ProcessCommandLine FROM DeviceProcessEvents "
        "WHERE ProcessCommandLine ILIKE '%downloadstring%'",
    ),
    Question(
        "matches regex",
        "DeviceProcessEvents "
        r'| where ProcessCommandLine matches regex @"(?i)-(e|enc|encodedcommand)\s+[A-Za-z0-9+/=]{20,}"'
        " | project Timestamp, DeviceName, ProcessCommandLine",
        "SELECT Timestamp, DeviceName, ProcessCommandLine FROM DeviceProcessEvents "
        r"WHERE regexp_matches(ProcessCommandLine, '(?i)-(e|enc|encodedcommand)\s+[A-Za-z0-9+/=]{20,}')",
    ),
    Question(
        "=~ and in~",
        'DeviceProcessEvents | where InitiatingProcessFileName =~ "winword.exe" '
        'and FileName in~ ("cmd.exe", "powershell.exe", "wscript.exe") | project Timestamp, DeviceName, FileName',
        "SELECT Timestamp, DeviceName, FileName FROM DeviceProcessEvents "
        "WHERE lower(InitiatingProcessFileName) = 'winword.exe' "
        "AND lower(FileName) IN ('cmd.exe', 'powershell.exe', 'wscript.exe')",
    ),
    Question(
        "summarize by bin",
        "DeviceNetworkEvents | summarize Connections = count() by bin(Timestamp, 1h), ActionType",
        "SELECT date_trunc('hour', Timestamp) AS Timestamp, ActionType, count(*) AS Connections "
        "FROM DeviceNetworkEvents GROUP BY ALL",
    ),
    Question(
        "dcount",
        'DeviceNetworkEvents | where RemoteIPType == "Public" '
        "| summarize Addresses = dcount(RemoteIP), Connections = count() by DeviceName",
        "SELECT DeviceName, count(DISTINCT RemoteIP) AS Addresses, count(*) AS Connections "
        "FROM DeviceNetworkEvents WHERE RemoteIPType = 'Public' GROUP BY ALL",
    ),
    Question(
        "join",
        'DeviceProcessEvents | where FileName in~ ("certutil.exe", "bitsadmin.exe", "mshta.exe") '
        "| project DeviceId, FileName, ProcessId | join kind=inner (DeviceNetworkEvents | where RemotePort == 3389 "
        "| project DeviceId, RemoteIP, InitiatingProcessFileName) on DeviceId "
        "| summarize Hits = count() by FileName, InitiatingProcessFileName",
        "SELECT p.FileName, n.InitiatingProcessFileName, count(*) AS Hits FROM DeviceProcessEvents AS p "
        "JOIN DeviceNetworkEvents AS n USING (DeviceId) WHERE n.RemotePort = 3389 "
        "AND lower(p.FileName) IN ('certutil.exe', 'bitsadmin.exe', 'mshta.exe') GROUP BY ALL",
    ),
    Question(
        "parse_json",
        'DeviceEvents | where ActionType == "DnsQueryResponse" '
        "| extend Name = tostring(parse_json(AdditionalFields).DnsQueryString) | summarize Answers = count() by Name",
        "SELECT AdditionalFields ->> '$.DnsQueryString' AS Name, count(*) AS Answers "
        "FROM DeviceEvents WHERE ActionType = 'DnsQueryResponse' GROUP BY ALL",
    ),
    Question(
        "mv-expand",
        'DeviceEvents | where ActionType == "DnsQueryResponse" '
        "| mv-expand Answer = parse_json(AdditionalFields).DnsQueryResult "
        "| summarize Answers = count() by Address = tostring(Answer.Result)",
        "SELECT Answer ->> '$.Result' AS Address, count(*) AS Answers FROM (SELECT unnest("
        "CAST(json_extract(AdditionalFields, '$.DnsQueryResult') AS JSON[])) AS Answer "
        "FROM DeviceEvents WHERE ActionType = 'DnsQueryResponse') GROUP BY ALL",
    ),
    Question(
        "arg_max",
        "DeviceNetworkEvents "
        "| summarize arg_max(Timestamp, RemoteIP, RemoteUrl, InitiatingProcessFileName) by DeviceId",
        "SELECT DeviceId, newest.Timestamp, newest.RemoteIP, newest.RemoteUrl, newest.InitiatingProcessFileName FROM ("
        "SELECT DeviceId, arg_max({Timestamp: Timestamp, RemoteIP: RemoteIP, RemoteUrl: RemoteUrl, "
        "InitiatingProcessFileName: InitiatingProcessFileName}, Timestamp) AS newest "
        "FROM DeviceNetworkEvents GROUP BY DeviceId)",
    ),
    Question(
        "make_set",
        'DeviceProcessEvents | where AccountName != "system" | summarize Programs = make_set(FileName) by DeviceName',
        "SELECT DeviceName, list(DISTINCT FileName) AS Programs FROM DeviceProcessEvents "
        "WHERE AccountName <> 'system' GROUP BY ALL",
        lists=("Programs",),
    ),
    Question(
        "top",
        "DeviceProcessEvents | where Timestamp > datetime(2026-11-20) | top 100 by Timestamp desc "
        "| project Timestamp, DeviceName, FileName, ProcessCommandLine",
        "SELECT Timestamp, DeviceName, FileName, ProcessCommandLine FROM DeviceProcessEvents "
        "WHERE Timestamp > TIMESTAMP_NS '2026-11-20' ORDER BY Timestamp DESC LIMIT 100",
    ),
    Question(
        "extract",
        'DeviceProcessEvents | where FileName == "chrome.exe" '
        r'| extend Client = toint(extract(@"--renderer-client-id=(\d+)", 1, ProcessCommandLine)) '
        "| summarize Most = max(Client), Runs = count() by bin(Timestamp, 1d)",
        "SELECT date_trunc('day', Timestamp) AS Timestamp, max(TRY_CAST(Client AS INTEGER)) AS Most, count(*) AS Runs "
        "FROM ("
        r"SELECT Timestamp, regexp_extract(ProcessCommandLine, '--renderer-client-id=(\d+)', 1) AS Client "
        "FROM DeviceProcessEvents WHERE FileName = 'chrome.exe') GROUP BY 1",
    ),
    Question(
        "a detection",
        "DeviceProcessEvents | where Timestamp between (datetime(2026-11-16) .. datetime(2026-11-20)) "
        '| where InitiatingProcessFileName in~ ("winword.exe", "excel.exe", "outlook.exe") '
        '| where FileName has_any ("powershell", "cmd") and ProcessCommandLine !has "inventory" '
        "| summarize First = min(Timestamp), Last = max(Timestamp), Runs = count() by DeviceName, AccountName",
        "SELECT DeviceName, AccountName, min(Timestamp) AS First, max(Timestamp) AS Last, count(*) AS Runs "
        "FROM DeviceProcessEvents WHERE Timestamp BETWEEN TIMESTAMP_NS '2026-11-16' AND TIMESTAMP_NS '2026-11-20' "
        "AND lower(InitiatingProcessFileName) IN ('winword.exe', 'excel.exe', 'outlook.exe') "
        f"AND ({_term('FileName', 'powershell', 'cmd')}) AND NOT ({_term('ProcessCommandLine', 'inventory')}) "
        "GROUP BY ALL",
    ),
    Question(
        "all columns",
        "DeviceNetworkEvents | where RemotePort == 3389 | project-away LogonID",
        'SELECT * EXCLUDE ("LogonID") FROM DeviceNetworkEvents WHERE RemotePort = 3389',
    ),
)


def measure() -> Iterator[Comparison]:
    """Each question, against SQL and then against what else runs KQL."""
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        lake = recorded.write(Path(folder))
        total = sum(lake.counts().values()) / 1e6
        # A connection warns that its Arrow tables are copied once more, which the relation of `sql` is not.
        warnings.simplefilter("ignore")
        with Engine(lake) as engine, duckdb.connect() as connection:
            _views(connection, Path(folder))
            others = dict(_others(Path(folder)))
            for question in QUESTIONS:
                name = f"kql: {question.name}, {total:.1f} million rows"

                def ours(question: Question = question) -> Any:  # an Arrow table; stubs are absent
                    return engine.run(question.kql).arrow()

                def by_hand(question: Question = question) -> Any:  # an Arrow table; stubs are absent
                    return connection.sql(question.sql).to_arrow_table()

                wanted = _rows(ours(), question)
                if not wanted or _rows(by_hand(), question) != wanted:
                    raise RuntimeError(f"{question.name}: the SQL gives other rows, or none")
                yield compare(name, ours, by_hand, against="DuckDB SQL by hand", rounds=ROUNDS)
                for other, run in others.items():
                    why = _differs(run, question, wanted)
                    if why:
                        print(f"{other}, {question.name}: not compared, {why}", file=sys.stderr)
                        continue
                    yield compare(name, ours, lambda run=run, q=question: run(q.kql), against=other, rounds=3)  # type: ignore[misc]  # bound now


def _views(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for table in recorded.ROWS:
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{folder / table}/*/*.parquet')")


def _others(folder: Path) -> Iterator[tuple[str, Callable[[str], Any]]]:  # Arrow tables; stubs are absent
    """What else runs KQL, as far as it is installed."""
    try:
        duckdb_kql = importlib.import_module("duckdb_kql")
    except ImportError:
        print("duckdb-kql is not installed: not compared\nhint: pip install duckdb-kql", file=sys.stderr)
    else:
        connection = duckdb_kql.connect()
        _views(connection, folder)
        yield "duckdb-kql", lambda kql: duckdb_kql.query(connection, kql).to_arrow_table()
    try:
        session = importlib.import_module("chdb.session").Session()
    except ImportError:
        print("chdb is not installed: not compared\nhint: pip install chdb", file=sys.stderr)
    else:
        session.query("CREATE DATABASE telemetry")
        session.query("USE telemetry")
        for table in recorded.ROWS:
            session.query(f"CREATE VIEW {table} AS SELECT * FROM file('{folder / table}/*/*.parquet', Parquet)")
        session.query("SET allow_experimental_kusto_dialect = 1")
        session.query("SET dialect = 'kusto'")
        yield "chdb, its KQL", lambda kql: session.query(kql, "ArrowTable")


def _differs(run: Callable[[str], Any], question: Question, wanted: Rows) -> str:
    """Why another engine's answer cannot be compared; empty when it gives the same rows."""
    try:
        rows = _rows(run(question.kql), question)
    except Exception as error:
        return f"refused: {str(error).strip().splitlines()[0][:160]}"
    return "" if rows == wanted else f"other rows ({len(rows)} of {len(wanted)})"


def _rows(table: Any, question: Question) -> Rows:  # an Arrow table; stubs are absent
    """Rows in an order of their own, with times in whole microseconds and lists sorted."""
    columns = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = _microseconds(column) if str(column.type).startswith("timestamp") else column.to_pylist()
        if name in question.lists:
            values = [sorted(json.loads(value) if isinstance(value, str) else value) for value in values]
        columns.append([value.decode() if isinstance(value, bytes) else value for value in values])
    return sorted(zip(*columns, strict=True), key=repr)


def _microseconds(column: Any) -> list[int | None]:  # an Arrow array; stubs are absent
    import pyarrow as pa

    unit = pa.timestamp("us", column.type.tz)
    return list(column.cast(unit, safe=False).cast(pa.int64()).to_pylist())
