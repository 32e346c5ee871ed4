"""`vedette hunt`: run an advanced hunting query on the service."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from vedette.cli.connection import connected
from vedette.cli.output import Output
from vedette.cli.settings import UsageError, command

RUN = "/api/advancedqueries/run"


@command(
    "hunt",
    examples=(
        "vedette hunt 'DeviceProcessEvents | where FileName =~ \"mshta.exe\" | summarize count() by DeviceName'",
        "vedette hunt rule.kql -o csv",
    ),
)
@click.argument("query", metavar="QUERY|FILE|-")
@click.pass_context
def hunt(context: click.Context, query: str) -> None:
    """Run an advanced hunting query.

    QUERY is KQL, or the name of a file that ends in .kql, or `-` for stdin. The service looks back 30 days and gives at
    most 100,000 rows.
    """
    output = Output.of(context)
    text = query_text(query)
    with connected(context) as defender, output.progress("Hunting"):
        answer = defender.request("POST", RUN, json={"Query": text}).json()
    names = [column["Name"] for column in answer.get("Schema", ())]
    rows = answer.get("Results", [])
    output.records(rows, names=names)
    if output.form == "table":
        output.note(f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'}.")


def query_text(query: str) -> str:
    """The KQL that is meant: typed, in a file, or piped. Raises: UsageError for none."""
    if query == "-":
        text = sys.stdin.read()
    elif query.endswith(".kql") and "\n" not in query:
        text = Path(query).read_text(encoding="utf-8")
    else:
        text = query
    if not text.strip():
        raise UsageError("the query is empty", hint="vedette hunt 'DeviceInfo | take 5'")
    return text
