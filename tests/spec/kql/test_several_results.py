"""`fork`, `facet`, `preview` and `funnel_sequence` give several results from the same rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vedette.errors import QueryError
from vedette.hunting import Engine

STORMS = """datatable(State: string, EventType: string, Deaths: long)
["FLORIDA", "Flood", 2, "FLORIDA", "Heat", 0, "GEORGIA", "Flood", 5]
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as embedded:
        yield embedded


def test_fork_runs_each_branch_over_the_same_rows(engine: Engine) -> None:
    result = engine.run(STORMS + "| fork Deadly = (where Deaths > 1 | project State, Deaths) (count)")

    assert result.rows() == [{"State": "FLORIDA", "Deaths": 2}, {"State": "GEORGIA", "Deaths": 5}]
    assert {name: part.rows() for name, part in result.parts.items()} == {"Fork2": [{"Count": 3}]}


def test_a_branch_can_be_named_by_as(engine: Engine) -> None:
    result = engine.run(STORMS + "| fork (count) (where Deaths == 0 | project State | as Harmless)")

    assert result.parts["Harmless"].rows() == [{"State": "FLORIDA"}]


def test_two_branches_of_one_name_are_refused(engine: Engine) -> None:
    with pytest.raises(QueryError, match="two branches named 'x'"):
        engine.run(STORMS + "| fork x = (count) x = (take 1)")


def test_facet_counts_the_values_of_each_column(engine: Engine) -> None:
    result = engine.run(STORMS + "| facet by State, EventType with (where Deaths > 2)")

    assert result.rows() == [{"State": "GEORGIA", "EventType": "Flood", "Deaths": 5}]
    assert sorted(tuple(row.items()) for row in result.parts["State"].rows()) == [
        (("State", "FLORIDA"), ("count_State", 2)),
        (("State", "GEORGIA"), ("count_State", 1)),
    ]
    assert sorted(tuple(row.items()) for row in result.parts["EventType"].rows()) == [
        (("EventType", "Flood"), ("count_EventType", 2)),
        (("EventType", "Heat"), ("count_EventType", 1)),
    ]


def test_preview_gives_the_first_rows_and_the_number_of_all(engine: Engine) -> None:
    result = engine.run(STORMS + "| project Deaths | evaluate preview(2)")

    assert result.rows() == [{"Deaths": 2}, {"Deaths": 0}]
    assert result.parts["Count"].rows() == [{"Count": 3}]


def test_funnel_sequence_also_counts_each_side_alone(engine: Engine) -> None:
    result = engine.run(
        """datatable(Id: string, T: long, S: string)
        ["a", 1, "hail", "a", 2, "tornado", "a", 3, "wind", "b", 1, "tornado", "b", 2, "wind"]
        | evaluate funnel_sequence(Id, T, 0, 9, 1, 10, S, dynamic(["tornado"]))"""
    )

    assert [(row["prev"], row["next"]) for row in result.rows()] == [("", "wind"), ("hail", "wind")]
    assert [(row["prev"], row["dcount"]) for row in result.parts["prev"].rows()] == [("", 1), ("hail", 1)]
    assert [(row["next"], row["dcount"]) for row in result.parts["next"].rows()] == [("wind", 2)]
