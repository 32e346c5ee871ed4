"""Whatever a query says, compiling it gives SQL or a `QueryError`, and running it rows or a `QueryError`.

A `QueryFault` says that the query was right and the engine was not, so it fails here as any other exception does.
Programs are the same in every run; for more of them, and others, run this file as a program:
`python tests/spec/kql/test_fuzz.py FIRST_SEED SECONDS`.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.spec.kql.programs import Columns, Maker
from tests.spec.kql.test_syntax_agreement import ACCEPTED, REFUSED
from vedette.catalogue.tables import KqlType
from vedette.errors import QueryError, QueryFault
from vedette.hunting import Engine, Limits

NOW = datetime(2024, 3, 15, 12, 30, 45, 123456, tzinfo=UTC)
LIMITS = Limits(rows=20_000, bytes=64 * 1024**2, seconds=4)
TYPES: dict[str, KqlType] = {
    "Text": "string", "Flag": "bool", "Small": "int", "Number": "long", "Share": "real", "Exact": "decimal",
    "Time": "datetime", "Span": "timespan", "Id": "guid", "Bag": "dynamic",
}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    dict.fromkeys(TYPES),
    {
        "Text": "a=1, b=two; c", "Flag": True, "Small": 1, "Number": 2**63 - 1, "Share": 1.5, "Exact": "1.25",
        "Time": NOW, "Span": timedelta(hours=1), "Id": "74be27de-1e4e-49d9-b579-fe0b331d3642",
        "Bag": {"a": [1, 2], "b": "x"},
    },
    {
        "Text": "é\n\"quoted\" 10.0.0.1 C:\\Windows\\x.exe", "Flag": False, "Small": -(2**31), "Number": -(2**63),
        "Share": float("nan"), "Exact": "-99999.5", "Time": datetime(1, 1, 1, tzinfo=UTC), "Span": timedelta(days=-400),
        "Id": "00000000-0000-0000-0000-000000000000", "Bag": [3, 1.5, None, "y", {"a": 1}],
    },
    {
        "Text": "", "Flag": None, "Small": 0, "Number": 0, "Share": float("inf"), "Exact": "0", "Time": None,
        "Span": timedelta(0), "Id": None, "Bag": "text",
    },
    {
        "Text": '{"a": {"b": 5}, "time": "2024-01-02"}', "Flag": True, "Small": 7, "Number": 42, "Share": -0.0,
        "Exact": "3", "Time": datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "Span": timedelta(microseconds=1),
        "Id": "74be27de-1e4e-49d9-b579-fe0b331d3642", "Bag": [1, 2, 3, 4, 5, 6, 7, 8],
    },
]  # fmt: skip


class Trial:
    """Makes programs up and tries them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.outcomes: Counter[str] = Counter()
        names = ("Rows", "Others", "DeviceProcessEvents")
        self.tables = {
            name: tuple((column.name, column.type) for column in engine.tables[name].columns) for name in names
        }

    def program(self, seed: int) -> str:
        """The program of a number."""
        return Maker(Random(seed), self.tables, self.columns).program(4)

    def columns(self, query: str) -> Columns | None:
        try:
            return [(column.name, column.type) for column in self.engine.compile(query, now=NOW, limits=LIMITS).columns]
        except QueryFault:
            raise
        except QueryError:
            self.outcomes["operator refused"] += 1
            return None

    def run(self, query: str) -> None:
        """Run a query as far as it goes. Raises: what must not be raised."""
        try:
            self.engine.run(query, now=NOW, limits=LIMITS).json()
        except QueryFault:
            raise
        except QueryError as error:
            self.outcomes[type(error).__name__] += 1
        else:
            self.outcomes["rows"] += 1


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    with made_engine() as engine:
        yield Trial(engine)


def made_engine() -> Engine:
    others = [{"Text": "a", "Number": 1, "Other": 2.5}, {"Text": "é", "Number": 42, "Other": None}]
    return Engine(
        {"Rows": ROWS, "Others": others},
        types={"Rows": TYPES, "Others": {"Text": "string", "Number": "long", "Other": "real"}},
        limits=LIMITS,
        memory_bytes=1024**3,
        threads=1,
    )


@pytest.mark.parametrize("block", range(10))
def test_programs_of_the_grammar_give_rows_or_a_query_error(trial: Trial, block: int) -> None:
    before = trial.outcomes["rows"]
    for seed in range(block * 20, block * 20 + 20):
        query = trial.program(seed)
        try:
            trial.run(query)
        except Exception as error:
            raise AssertionError(f"program {seed}:\n{query}") from error

    assert trial.outcomes["rows"] > before, "none of them ran to its end"


def test_texts_that_are_no_programs_give_a_query_error_or_compile(trial: Trial) -> None:
    wrong = []
    for seed in range(1500):
        text = garbage(Random(seed))
        try:
            trial.engine.compile(text, now=NOW)
        except QueryError as error:
            start, end = error.span or (0, 0)
            if isinstance(error, QueryFault) or not 0 <= start <= end <= len(text):
                wrong.append((seed, error))

    assert wrong == []


def garbage(chance: Random) -> str:
    """A query with parts that are cut out, doubled, or of another query; or just characters."""
    if chance.random() < 0.1:
        return "".join(
            chance.choice("|()[]{}\"'`@;:,.=<>!~*/\\-+%#$ \n\t\0aT1é😀") for _ in range(chance.randrange(60))
        )
    text = chance.choice(ACCEPTED)
    for _ in range(1 + chance.randrange(3)):
        start, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        other = chance.choice(ACCEPTED if chance.random() < 0.8 else REFUSED)
        match chance.randrange(4):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:end] + text[start:]
            case 2:
                text = text[:start] + other[: chance.randrange(len(other) + 1)] + text[end:]
            case _:
                text = text[:start] + chance.choice(" |()\"'[]{},;.=\0\n💥") + text[start:]
    return text


def main(seed: int, seconds: float) -> None:
    """Try programs for a while, and print what must not happen."""
    began, tried = time.monotonic(), 0
    with made_engine() as engine:
        trial = Trial(engine)
        while time.monotonic() - began < seconds:
            query = f"(making program {seed})"
            started = time.monotonic()
            try:
                query = trial.program(seed)
                trial.run(query)
                trial.engine.compile(garbage(Random(seed)), now=NOW)
            except QueryFault as fault:
                print(f"---- {seed}: {fault}\n{fault.sql[:1500] if fault.sql else ''}\n{query}", flush=True)
            except QueryError:
                pass
            except Exception as error:
                print(f"---- {seed}: {type(error).__name__}: {error}\n{query}", flush=True)
            if time.monotonic() - started > 10:
                print(f"---- {seed}: slow, {time.monotonic() - started:.0f} s\n{query}", flush=True)
            seed, tried = seed + 1, tried + 1
    print(tried, "programs", dict(trial.outcomes), f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
