"""`vedette hunt --explain`: the plan and the SQL, without running anything or being signed in."""

from __future__ import annotations

import re

import pytest

from tests.spec.cli.conftest import Cli
from vedette.cli.hunt_explain import indented_sql


def test_the_plan_reads_as_the_query_does_with_inputs_indented(cli: Cli) -> None:
    ended = cli(
        "hunt",
        "DeviceInfo | where OSPlatform has 'Windows'"
        " | join kind=inner (DeviceEvents | project DeviceId, ActionType) on DeviceId"
        " | summarize n = count() by ActionType | top 3 by n",
        "--explain",
    )

    assert ended.status == 0, ended.err
    plan, _, sql = ended.out.partition("\nSQL\n")
    assert [re.split(r"  →|$", line)[0] for line in plan.splitlines()][:5] == [
        "Plan",
        "  scan DeviceInfo",
        '  filter (OSPlatform has "Windows")',
        "    scan DeviceEvents",
        "    project",
    ]
    assert "  join inner on DeviceId = DeviceId" in plan
    assert plan.splitlines()[-1] == "  take 3  → ActionType: string, n: long"
    assert sql.lstrip().startswith(("SELECT", "WITH"))


def test_the_plan_is_data_too(cli: Cli) -> None:
    explained = cli("hunt", "DeviceInfo | take 5 | project DeviceName", "--explain", "-o", "json").json()

    assert [(step["name"], step["detail"]) for step in explained["plan"]][:2] == [("scan", "DeviceInfo"), ("take", "5")]
    assert explained["plan"][-1]["columns"] == ["DeviceName: string"]
    assert explained["tables"] == ["DeviceInfo"]


def test_a_refused_query_is_not_explained(cli: Cli) -> None:
    ended = cli("hunt", "DeviceInfo | where", "--explain")

    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("error: The query ends where an expression was expected. (line 1, column 19)\n")


@pytest.mark.parametrize(
    ("sql", "lines"),
    [
        ("SELECT a FROM t WHERE b = 'FROM x'", ["  SELECT a", "  FROM t", "  WHERE b = 'FROM x'"]),
        ("SELECT a FROM (SELECT 1 AS a) AS s", ["  SELECT a", "  FROM (", "    SELECT 1 AS a", "  ) AS s"]),
        ("SELECT f(a, (b)) FROM t LEFT JOIN u ON a = b", ["  SELECT f(a, (b))", "  FROM t", "  LEFT JOIN u ON a = b"]),
    ],
)
def test_sql_has_a_line_for_each_clause(sql: str, lines: list[str]) -> None:
    assert indented_sql(sql).splitlines() == lines
