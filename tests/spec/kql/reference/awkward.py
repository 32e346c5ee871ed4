"""Small tables of values that queries are easily wrong about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from tests.spec.kql.reference.values import DAY, HOUR, LAST_TICK, MINUTE, Table
from vedette.catalogue.tables import KqlType

_2024: Final = 638_396_640_000_000_000
"""datetime(2024-01-01)"""

USUAL: Final[Mapping[KqlType, Sequence[Any]]] = {
    "string": (
        "",
        "",
        "a",
        "A",
        "ab",
        "b",
        "Power.Shell",
        "power shell",
        "é",
        "É x",
        "x,y;z",
        "42",
        "-7",
        "abc",
        "a=1, b",
        "a=12,b=x",
        "C:\\Win\\cmd.exe",
        "2024-01-01",
        "true",
        "%_",
        "'q'",
        '{"a":1}',
        "[1,2]",
    ),
    "bool": (True, False, None),
    "int": (0, 1, -1, 7, -7, 2, None),
    "long": (0, 1, 2, -1, -7, 7, 10, None),
    "real": (0.0, 1.5, -2.25, 0.5, -0.5, 2.0, 7.75, None),
    "datetime": (
        _2024,
        _2024 + DAY,
        _2024 + 59 * DAY + 23 * HOUR + 30 * MINUTE,
        _2024 - 1000 * DAY + 10,
        None,
        _2024 + 70 * DAY + 4 * HOUR + 1_234_560,
    ),
    "timespan": (0, HOUR, -DAY, 90 * MINUTE, 36 * HOUR, None),
    "guid": ("74be27de-1e4e-49d9-b579-fe0b331d3642", "00000000-0000-0000-0000-000000000000", None),
    "dynamic": (
        None,
        [],
        {},
        [1, 2, 3],
        ["x", "Y", "x"],
        {"a": 1, "b": "x"},
        {"a": "A", "c": [1, 2]},
        [3, None],
        [[1], [2]],
        {"b": "power shell", "a": True},
    ),
}
"""Values that meet each other often."""
EXTREME: Final[Mapping[KqlType, Sequence[Any]]] = {
    "string": ("日本 x", "aaaa", "\t a\n", "null", '"', "0", "ÀB"),
    "bool": (None,),
    "int": (2**31 - 1, -(2**31), None),
    "long": (2**63 - 1, -(2**63), 2**53 + 1, 2**32, None),
    "real": (float("nan"), float("inf"), float("-inf"), 1e300, 1e-300, -0.0, 0.1, None),
    "datetime": (0, LAST_TICK, 1, None),
    "timespan": (1, -1, 10_000_000 * DAY, None),
    "guid": (None,),
    "dynamic": ("text", 5, 2.5, True, None, {"a": {"b": [1, {"c": "x"}]}}, ["é", ""]),
}
"""Values at the ends of the types."""
KINDS: Final[Sequence[tuple[str, KqlType]]] = (
    ("s", "string"),
    ("t", "string"),
    ("i", "int"),
    ("l", "long"),
    ("m", "long"),
    ("r", "real"),
    ("f", "bool"),
    ("d", "datetime"),
    ("e", "datetime"),
    ("p", "timespan"),
    ("g", "guid"),
    ("j", "dynamic"),
    ("S", "string"),
    ("L", "long"),
    ("rowid", "long"),
    ("select", "int"),
)


def table(chance: Random, *, extremes: float, microseconds: bool = False) -> Table:
    """A small table. microseconds: no time has parts of them, and none is outside of the years 1700 to 2200."""
    rare = {"S", "L", "rowid", "select"}
    columns = [column for column in KINDS if chance.random() < (0.12 if column[0] in rare else 0.6)] or [KINDS[0]]

    def cell(kind: KqlType) -> Any:
        if chance.random() >= extremes:
            return chance.choice(USUAL[kind])
        value = chance.choice(EXTREME[kind])
        return None if microseconds and kind in ("datetime", "timespan") else value

    return Table(
        columns,
        [[cell(kind) for _, kind in columns] for _ in range(chance.choice((0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 8)))],
    )


def stored_tables(seed: int) -> list[tuple[str, Table]]:
    """Two tables whose times any stored form can hold."""
    chance = Random(seed)
    return [(name, table(chance, extremes=0.1, microseconds=True)) for name in ("A", "B")]
