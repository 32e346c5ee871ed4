"""Steps that are programs get and give the values of stored tables unchanged: times, dynamic values, order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from vedette.errors import QueryLimitExceeded
from vedette.hunting import Engine, Limits


def at(minute: int) -> datetime:
    return datetime(2024, 1, 1, 10, minute, tzinfo=UTC)


EVENTS: list[dict[str, Any]] = [
    {"Timestamp": at(0), "DeviceName": "ws-01", "ActionType": "LogonSuccess", "AdditionalFields": '{"a":1}'},
    {"Timestamp": at(3), "DeviceName": "ws-01", "ActionType": "Download", "AdditionalFields": '{"a":2}'},
    {"Timestamp": at(4), "DeviceName": "ws-02", "ActionType": "Download", "AdditionalFields": ""},
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine({"DeviceEvents": EVENTS}) as embedded:
        yield embedded


def test_scan_over_a_hunting_table(engine: Engine) -> None:
    rows = engine.run(
        """DeviceEvents | project Timestamp, DeviceName, ActionType | sort by Timestamp asc
        | scan declare (since: timespan) with (
            step logon: ActionType == "LogonSuccess";
            step download: ActionType == "Download" and DeviceName == logon.DeviceName
                => since = Timestamp - logon.Timestamp;
        )
        | where ActionType == "Download" | project Timestamp, DeviceName, minutes = since / 1m"""
    ).rows()

    assert rows == [{"Timestamp": at(3), "DeviceName": "ws-01", "minutes": 3.0}]


def test_rows_near_over_a_hunting_table(engine: Engine) -> None:
    rows = engine.run(
        """DeviceEvents | sort by Timestamp asc | evaluate rows_near(DeviceName == "ws-02", 1)
        | project Timestamp, AdditionalFields"""
    ).rows()

    assert rows == [
        {"Timestamp": at(3), "AdditionalFields": '{"a":2}'},
        {"Timestamp": at(4), "AdditionalFields": ""},
    ]


def test_paths_are_compared_with_times_of_stored_nodes(engine: Engine) -> None:
    rows = engine.run(
        """DeviceEvents | project Timestamp, DeviceName, ActionType
        | make-graph DeviceName --> ActionType with DeviceEvents on DeviceName
        | graph-match (device)-[did*1..1]->(action)
            where device.DeviceName == "ws-01" and all(did, Timestamp > device.Timestamp + 1m)
            project since = device.Timestamp, times = did.Timestamp"""
    ).rows()

    assert rows == [{"since": at(0), "times": ["2024-01-01T10:03:00.0000000Z"]}]


def test_scan_partitions_a_hunting_table(engine: Engine) -> None:
    rows = engine.run(
        """DeviceEvents
        | scan order by Timestamp asc partition by DeviceName declare (begin: datetime) with (
            step any: true => begin = coalesce(any.begin, Timestamp);
        )
        | project Timestamp, DeviceName, begin"""
    ).rows()

    assert rows == [
        {"Timestamp": at(0), "DeviceName": "ws-01", "begin": at(0)},
        {"Timestamp": at(3), "DeviceName": "ws-01", "begin": at(0)},
        {"Timestamp": at(4), "DeviceName": "ws-02", "begin": at(4)},
    ]


def test_funnels_over_a_hunting_table(engine: Engine) -> None:
    rows = engine.run(
        """DeviceEvents
        | evaluate funnel_sequence_completion(DeviceName, Timestamp, datetime(2024-01-01), datetime(2024-01-02), 1d,
            ActionType, dynamic(["LogonSuccess", "Download"]), dynamic([5m]))
        | project Timestamp, ActionType, dcount"""
    ).rows()

    assert rows == [
        {"Timestamp": datetime(2024, 1, 1, tzinfo=UTC), "ActionType": "LogonSuccess", "dcount": 1},
        {"Timestamp": datetime(2024, 1, 1, tzinfo=UTC), "ActionType": "Download", "dcount": 1},
    ]


def test_a_graph_of_a_hunting_table(engine: Engine) -> None:
    rows = engine.run(
        """DeviceEvents | make-graph DeviceName --> ActionType with_node_id=Id
        | graph-match (device)-[event*1..1]->(action) where device.Id == "ws-01"
            project Action = action.Id, Times = map(event, Timestamp)
        | sort by Action asc"""
    ).rows()

    assert rows == [
        {"Action": "Download", "Times": ["2024-01-01T10:03:00.0000000Z"]},
        {"Action": "LogonSuccess", "Times": ["2024-01-01T10:00:00.0000000Z"]},
    ]


def test_columns_are_found_in_what_the_caller_may_see(engine: Engine) -> None:
    rows = engine.run(
        "DeviceEvents | project Bag = parse_json(AdditionalFields), DeviceName | evaluate bag_unpack(Bag)"
    )

    assert [column.name for column in rows.columns] == ["DeviceName", "a"]
    assert [row["a"] for row in rows.rows()] == [1, 2, None]


def test_a_program_that_takes_too_long_is_stopped(engine: Engine) -> None:
    query = """range x from 1 to 30 step 1 | extend s = "a", t = "a" | make-graph s --> t with_node_id=id
    | graph-match (a)-[e*4..4]->(b)-[f*4..4]->(a) project a.id | count"""

    with pytest.raises(QueryLimitExceeded) as stopped:
        engine.run(query, limits=Limits(seconds=0.3))

    assert stopped.value.limit == "seconds"
