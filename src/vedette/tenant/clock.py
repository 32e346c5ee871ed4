"""The tenant's time: one object that everything asks, so that tests can set it and recordings keep their own.

A clock runs from a chosen start at a chosen speed. `FixedClock` stands still until it is told to move.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time as an aware UTC datetime."""

    def now(self) -> datetime:
        """The present moment of the tenant."""
        ...


class RunningClock:
    """Runs from `start` (now, where not given) at `speed` times the pace of the wall clock."""

    def __init__(self, start: datetime | None = None, *, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"a clock runs at a speed above 0, not {speed}")
        self._start = start.astimezone(UTC) if start else None
        self._speed = speed
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The present moment of the tenant."""
        if self._start is None and self._speed == 1.0:
            return datetime.now(UTC)
        if self._start is None:
            self._start = datetime.now(UTC)
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self._speed)

    @property
    def is_real(self) -> bool:
        """Whether it runs as the wall clock does."""
        return self._start is None and self._speed == 1.0

    def advance(self, step: timedelta) -> None:
        """Jump ahead by `step`."""
        self._start = self.now() + step
        self._began = time.monotonic()


class FixedClock:
    """Stands at one moment until `advance` or `set` moves it."""

    def __init__(self, moment: datetime) -> None:
        self._now = moment.astimezone(UTC)

    def now(self) -> datetime:
        """The present moment of the tenant."""
        return self._now

    def advance(self, step: timedelta) -> None:
        """Jump ahead by `step`."""
        self._now += step

    def set(self, moment: datetime) -> None:
        """Jump to `moment`."""
        self._now = moment.astimezone(UTC)
