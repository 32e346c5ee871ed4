"""Measures two ways of doing the same thing side by side, and gives their ratio.

Rounds of both alternate, so that whatever else the machine does falls on both alike; what is reported is the median of
the ratios of neighbouring rounds. Seconds are shown for orientation only: machines differ, and these are shared.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """The outcome of one comparison: how long ours takes in units of the other."""

    name: str
    baseline: str
    ours_s: float
    baseline_s: float
    ratio: float
    rounds: int
    note: str = ""


def compare(
    name: str,
    ours: Callable[[], object],
    baseline: Callable[[], object],
    *,
    against: str,
    rounds: int = 15,
    calls: int = 1,
    note: str = "",
) -> Comparison:
    """Run both alternately, `calls` times each round, after one round that is not counted."""
    _timed(ours, calls)
    _timed(baseline, calls)
    pairs = [(_timed(ours, calls), _timed(baseline, calls)) for _ in range(rounds)]
    return Comparison(
        name=name,
        baseline=against,
        ours_s=statistics.median(pair[0] for pair in pairs) / calls,
        baseline_s=statistics.median(pair[1] for pair in pairs) / calls,
        ratio=statistics.median(pair[0] / pair[1] for pair in pairs),
        rounds=rounds,
        note=note,
    )


def _timed(work: Callable[[], object], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        work()
    return time.perf_counter() - began
