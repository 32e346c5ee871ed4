"""The engine gives what a naive reading of the pages gives: the same columns, types and rows.

Programs and tables are made up (`reference/making.py`), the same in every run. `reference/queries.py` answers them
row by row; what the pages leave open it refuses to answer, and such programs are not made. For many more of them run
this file as a program, `python -m tests.spec.kql.test_reference FIRST_SEED COUNT`, or set VEDETTE_REFERENCE_PROGRAMS.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

import pytest

from tests.spec.kql.reference.awkward import stored_tables
from tests.spec.kql.reference.comparing import (
    Answer,
    Disagreement,
    compared,
    difference,
    engine_answer,
    smallest,
)
from tests.spec.kql.reference.making import constants, filters, program
from tests.spec.kql.reference.storing import arrow
from vedette.hunting import Engine, Limits

BLOCK = 30
LIMITS = Limits(rows=20_000, seconds=20)
PROGRAMS = int(os.environ.get("VEDETTE_REFERENCE_PROGRAMS", "300"))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with made_engine() as made:
        yield made


def made_engine() -> Engine:
    return Engine(limits=LIMITS, threads=1, memory_bytes=1024**3)


@pytest.mark.parametrize("block", range(PROGRAMS // BLOCK))
def test_programs_give_what_the_pages_say(engine: Engine, block: int) -> None:
    for seed in range(block * BLOCK, block * BLOCK + BLOCK):
        made = program(seed)
        found = compared(engine, made)
        assert found is None, f"program {seed}\n{smallest(engine, made, found)}"


def test_constants_give_what_columns_of_the_same_value_give(engine: Engine) -> None:
    """What is computed while compiling is what the engine computes from rows, and what the pages say."""
    wrong = []
    for seed in range(PROGRAMS // 5):
        made = constants(seed)
        for folded in (True, False):
            found = compared(engine, made.program(folded=folded))
            if found is not None:
                wrong.append(f"expression {seed}\n{found}")

    assert wrong == []


@pytest.mark.parametrize("encoding", ["us", "ns"])
def test_stored_times_give_what_written_times_give(encoding: str) -> None:
    """A table of timestamps, as files have them, is the same to a query as one whose times are ticks."""
    sets = [stored_tables(seed) for seed in range(6)]
    named = {f"{name}{at}": table for at, tables in enumerate(sets) for name, table in tables}
    data = {name: arrow(table, encoding) for name, table in named.items()}
    types = {name: dict(table.columns) for name, table in named.items()}
    wrong = []
    with Engine(data, types=types, limits=LIMITS, threads=1, memory_bytes=1024**3) as engine:
        for seed in range(PROGRAMS // 8):
            at = seed % len(sets)
            tables = [(f"{name}{at}", table) for name, table in sets[at]]
            made = program(50_000 + seed, tables=tables)
            found = compared(engine, made, stored=True)
            if found is not None:
                wrong.append(f"program {seed}\n{found}")

    assert wrong == []


def test_a_conjunction_is_two_filters(engine: Engine) -> None:
    wrong = []
    for seed in range(PROGRAMS // 8):
        made, first, second = filters(seed)
        together = engine_answer(engine, f"{made}\n| where ({first.text()}) and ({second.text()})")
        apart = engine_answer(engine, f"{made}\n| where {first.text()}\n| where {second.text()}")
        if difference(together, apart):
            wrong.append(
                f"{made}\n| where ({first.text()}) and ({second.text()})\n{together}\n== as two filters\n{apart}"
            )

    assert wrong == []


def test_columns_that_nobody_needs_change_nothing(engine: Engine) -> None:
    """The rows of a query under fewer columns are the same whether the others are computed and dropped, or not read."""
    wrong = []
    for seed in range(PROGRAMS // 8):
        made = program(70_000 + seed)
        whole = engine_answer(engine, made.text())
        kept = [name for name, _ in whole.columns][seed % 3 :: 2] or [whole.columns[0][0]]
        places = [[name for name, _ in whole.columns].index(name) for name in kept]
        narrow = Answer([whole.columns[at] for at in places], [[row[at] for at in places] for row in whole.rows])
        query = f"{made.text()}\n| project {', '.join(kept)}"
        given = engine_answer(engine, query)
        if difference(narrow, given):
            wrong.append(f"{query}\n{given}\n== out of all columns\n{narrow}")

    assert wrong == []


def try_stored(first: int) -> int:
    """Try 50 programs over stored tables. Returns: how many that were."""
    sets = [stored_tables(seed) for seed in range(first, first + 10)]
    named = {f"{name}{at}": table for at, tables in enumerate(sets) for name, table in tables}
    for encoding in ("us", "ns"):
        data = {name: arrow(table, encoding) for name, table in named.items()}
        types = {name: dict(table.columns) for name, table in named.items()}
        with Engine(data, types=types, limits=LIMITS, threads=1, memory_bytes=1024**3) as engine:
            for seed in range(first, first + 50):
                tables = [(f"{name}{seed % 10}", table) for name, table in sets[seed % 10]]
                found = compared(engine, program(seed, tables=tables), stored=True)
                if found is not None:
                    print(f"---- stored {seed} {encoding}\n{found}\n", flush=True)
    return 100


def main(first: int, count: int) -> None:
    """Try many programs, also over stored tables, and print each disagreement in its smallest form."""
    began = time.monotonic()
    seen: set[str] = set()
    stored = 0
    with made_engine() as engine:
        for seed in range(first, first + count):
            made = program(seed)
            found = compared(engine, made)
            if isinstance(found, Disagreement):
                small = smallest(engine, made, found)
                if small.program.query() not in seen:
                    seen.add(small.program.query())
                    print(f"---- program {seed}\n{small}\n", flush=True)
            if seed % 100 == 99:
                stored += try_stored(seed)
            if seed % 1000 == 999:
                print(f"{seed + 1 - first} programs, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(
        f"{count} programs and {stored} over stored tables, {len(seen)} disagreements, {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
