"""`vedette sweep`: look for many values in up to 30 days of telemetry, by queries that are written for you.

One query holds at most `BATCH` values of one kind; `--show-query` prints them instead, for the portal or a report.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from vedette.catalogue.advanced_queries import LOOK_BACK_DAYS, AdvancedQueries
from vedette.cli.columns import Column
from vedette.cli.connection import connected
from vedette.cli.output import Output, write
from vedette.cli.resources import help_text
from vedette.cli.settings import UsageError, command
from vedette.cli.values import file_option, kind_of, listed, refanged

BATCH = 200
"""Values in one query, well under the service's limits for texts and run time."""

_HASH_TABLES = ("DeviceProcessEvents", "DeviceFileEvents", "DeviceImageLoadEvents")
_COLUMNS: Mapping[str, Sequence[tuple[str, str]]] = {
    "FileSha1": [(table, column) for table in _HASH_TABLES for column in ("SHA1", "InitiatingProcessSHA1")],
    "FileSha256": [(table, column) for table in _HASH_TABLES for column in ("SHA256", "InitiatingProcessSHA256")],
    "FileMd5": [(table, column) for table in _HASH_TABLES for column in ("MD5", "InitiatingProcessMD5")],
    "IpAddress": [("DeviceNetworkEvents", "RemoteIP"), ("DeviceLogonEvents", "RemoteIP")],
    "User": [("DeviceLogonEvents", "AccountName"), ("DeviceProcessEvents", "AccountName")],
}
"""Kind of value → where it stands, as a whole. Hosts and URLs stand inside of texts."""
_INSIDE: Sequence[tuple[str, str]] = (("DeviceNetworkEvents", "RemoteUrl"), ("DeviceEvents", "RemoteUrl"))
_NAMES = ("Value", "DeviceName", "Hits", "FirstSeen", "LastSeen", "Source", "DeviceId")


@command(
    "sweep",
    help=help_text(
        AdvancedQueries.run,
        "Look for hashes, addresses, domains, URLs and accounts in the telemetry: which machines, how often, when.",
    ),
    examples=(
        "vedette sweep --file iocs.txt --days 7",
        "vedette sweep evil[.]example 203.0.113.7 --show-query",
    ),
)
@click.argument("values", metavar="VALUE...", nargs=-1)
@file_option("Values")
@click.option("--days", type=click.IntRange(1, LOOK_BACK_DAYS), default=LOOK_BACK_DAYS, show_default=True, metavar="N",
              help="How far to look back.")  # fmt: skip
@click.option("--show-query", is_flag=True, help="Print the queries and send nothing.")
@click.pass_context
def sweep(context: click.Context, values: tuple[str, ...], *, file: Path | None, days: int, show_query: bool) -> int:
    output = Output.of(context)
    wanted = [refanged(value) for value in listed(values, file, what="value")]
    found = list(queries(wanted, days))
    if show_query:
        write("\n\n".join(found) + "\n")
        return 0
    rows: list[Mapping[str, object]] = []
    with connected(context) as defender, output.progress("Sweeping") as progress:
        for number, query in enumerate(found, start=1):
            progress.say(f"Sweeping, query {number} of {len(found)}")
            rows += defender.advanced_queries.run(query).results
    rows.sort(key=lambda row: (str(row.get("Value")), str(row.get("DeviceName"))))
    if output.form != "table":
        output.records(rows, names=_NAMES)
        return 0
    output.table(_TABLE, rows, none="Nobody saw any of them.")
    seen = {str(row.get("Value")).casefold() for row in rows}
    machines = {row.get("DeviceId") for row in rows}
    output.note(
        f"{len(seen)} of {len(wanted)} seen, on {len(machines)} {'machine' if len(machines) == 1 else 'machines'}."
    )
    return 0


def queries(values: Sequence[str], days: int) -> Iterator[str]:
    """The queries that look for the values, kind by kind. Raises: UsageError for a value that is none."""
    kinds: dict[str, list[str]] = {}
    for value in values:
        kind = kind_of(value)
        if kind is None:
            raise UsageError(f"{value} is no hash, address, domain, URL or account", hint="leave it out")
        if kind == "User":
            kinds.setdefault(kind, []).append(value.rpartition("\\")[2].partition("@")[0].lower())
        elif kind in ("DomainName", "Url"):
            host = urlsplit(value if "//" in value else f"//{value}").hostname if kind == "DomainName" else ""
            # Telemetry writes addresses with and without their scheme; the rest stands in both.
            kinds.setdefault("inside", []).append((host or value.partition("://")[2].rstrip("/") or value).lower())
        else:
            kinds.setdefault(kind, []).append(value.lower())
    for place, listed_values in kinds.items():
        for start in range(0, len(listed_values), BATCH):
            part = listed_values[start : start + BATCH]
            yield _inside(part, days) if place == "inside" else _whole(part, _COLUMNS[place], days)


def _whole(values: Sequence[str], columns: Sequence[tuple[str, str]], days: int) -> str:
    parts = [
        f"({table} | where Timestamp > ago({days}d) | where {column} in~ (wanted)"
        f' | project Timestamp, DeviceId, DeviceName, Value = tolower({column}), Source = "{table}.{column}")'
        for table, column in columns
    ]
    return _joined(values, parts)


def _inside(values: Sequence[str], days: int) -> str:
    parts = [
        f"({table} | where Timestamp > ago({days}d) | where {column} has_any (wanted)"
        " | mv-expand Value = wanted to typeof(string)"
        f" | where {column} has Value"
        f' | project Timestamp, DeviceId, DeviceName, Value, Source = "{table}.{column}")'
        for table, column in _INSIDE
    ]
    return _joined(values, parts)


def _joined(values: Sequence[str], parts: Sequence[str]) -> str:
    spelled = ", ".join(json.dumps(value) for value in values)
    lines = ",\n    ".join(parts)
    return (
        f"let wanted = dynamic([{spelled}]);\nunion\n    {lines}\n"
        "| summarize Hits = count(), FirstSeen = min(Timestamp), LastSeen = max(Timestamp)"
        " by Value, DeviceName, DeviceId, Source\n| order by Value asc, Hits desc"
    )


def _cell(name: str) -> Column:
    def read(row: object) -> object:
        value = row.get(name) if isinstance(row, dict) else None
        if name in ("FirstSeen", "LastSeen") and isinstance(value, str) and value:
            return datetime.fromisoformat(value.replace("Z", "+00:00"))
        return value

    rank = {"Value": 0, "DeviceName": 0, "Hits": 1, "LastSeen": 2, "Source": 3, "FirstSeen": 4, "DeviceId": 5}[name]
    titles = {"DeviceName": "MACHINE", "FirstSeen": "FIRST SEEN", "LastSeen": "LAST SEEN", "DeviceId": "ID"}
    least = {"Value": 20, "DeviceName": 14, "Source": 27}.get(name, 0)
    return Column(titles.get(name, name.upper()), read, rank=rank, least=least, right=name == "Hits")


_TABLE = [_cell(name) for name in _NAMES]
