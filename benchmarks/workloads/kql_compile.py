"""Compiling hunting queries, text to SQL: median and 95th percentile, in units of 2 ms.

The queries are the public ones of VEDETTE_CORPUS where it is set, and those of `kql_rows` otherwise. Nothing is run.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from harness import Comparison
from vedette.errors import QueryError
from vedette.hunting import Engine

AIM_S = 0.002
ROUNDS = 5
_NOW = datetime(2026, 11, 22, tzinfo=UTC)


def measure() -> Iterator[Comparison]:
    """The median and the 95th percentile over all queries, each query at its median of some rounds."""
    source, queries = _queries()
    with Engine() as engine:
        times = sorted(found for query in queries if (found := _seconds(engine, query)) is not None)
    for which, seconds in (("median", statistics.median(times)), ("p95", times[int(0.95 * len(times))])):
        yield Comparison(
            name=f"kql: compiling {len(times)} {source} queries, {which}",
            baseline="the aim for the median",
            ours_s=seconds,
            baseline_s=AIM_S,
            ratio=seconds / AIM_S,
            rounds=ROUNDS,
        )


def _seconds(engine: Engine, query: str) -> float | None:
    """None for a query that is refused: an error is found sooner than an end is reached."""
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        try:
            engine.compile(query, now=_NOW)
        except QueryError:
            return None
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def _queries() -> tuple[str, list[str]]:
    path = Path(os.environ.get("VEDETTE_CORPUS") or ".") / "hunting_dev.jsonl"
    if path.is_file():
        return "public", [json.loads(line)["query"] for line in path.read_text(encoding="utf-8").splitlines()]
    from workloads.kql_rows import QUESTIONS

    return "own", [question.kql for question in QUESTIONS]
