"""Counts wrong guesses of device codes, so that nobody can try them all."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

WRONG_CODES = 10
WRONG_CODES_WITHIN = timedelta(minutes=10)


class Tries:
    """Wrong codes, counted for each client address over a while. Kept in memory: a restart forgives."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[datetime]] = {}

    def is_too_many(self, address: str, now: datetime) -> bool:
        """Whether this address has to wait."""
        recent = self._failures.get(address, deque())
        while recent and now - recent[0] >= WRONG_CODES_WITHIN:
            recent.popleft()
        return len(recent) >= WRONG_CODES

    def sweep(self, now: datetime) -> None:
        """Forget addresses that have been quiet."""
        self._failures = {
            address: tries
            for address, tries in self._failures.items()
            if tries and now - tries[-1] < WRONG_CODES_WITHIN
        }

    def count(self, address: str, now: datetime) -> None:
        """Count a wrong code."""
        self._failures.setdefault(address, deque()).append(now)
