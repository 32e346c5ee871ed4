"""How long the hunting queries of a tenant ran, held against what an hour and a day allow."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta
from typing import Final

from vedette.catalogue.advanced_queries import MAX_HOURS_A_DAY, MAX_MINUTES_AN_HOUR

WINDOWS: Final = (
    (timedelta(hours=1), timedelta(minutes=MAX_MINUTES_AN_HOUR)),
    (timedelta(days=1), timedelta(hours=MAX_HOURS_A_DAY)),
)
"""Pairs of a sliding window and the run time that it allows."""


class RunTime:
    """Run times of the last day. Safe to share between threads; a new server counts anew."""

    def __init__(self) -> None:
        self._runs: deque[tuple[datetime, timedelta]] = deque()
        self._lock = threading.Lock()

    def add(self, ended: datetime, took: timedelta) -> None:
        """A query ended."""
        with self._lock:
            self._runs.append((ended, took))

    def wait(self, now: datetime, factor: float = 1.0) -> timedelta:
        """How long until the next query may run; nothing when it may run now.

        factor: how much wider than documented the windows' allowances are.
        """
        with self._lock:
            while self._runs and self._runs[0][0] <= now - WINDOWS[-1][0]:
                self._runs.popleft()
            longest = timedelta(0)
            for window, allowed in WINDOWS:
                inside = [(ended, took) for ended, took in self._runs if ended > now - window]
                over = sum((took for _, took in inside), timedelta(0)) - allowed * factor
                for ended, took in inside:
                    if over < timedelta(0):
                        break
                    over -= took
                    longest = max(longest, ended + window - now)
            return longest
