"""Keeps a client under the documented limits, so that it is not refused in the first place.

Each operation, or pool of operations, has sliding windows, shared by all calls of a client. A call reserves the
earliest moment that fits every window and waits until then; the reservation is made at once, so threads and tasks queue
in order and never overrun a window together. Nothing here sleeps: the caller does, outside the lock.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from vedette.catalogue.limits import NO_FIGURE, PerCaller

MARGIN_S = 1.0
"""The service counts calls when they arrive. Windows are longer by this much, as two calls may take unequally long."""

LONG_WAIT_S = 5.0
"""Waits from this on are logged as information, shorter ones for debugging."""

_log = logging.getLogger("vedette.client")

WaitReason = Literal["pacing", "throttled", "retry"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Says that a call is waiting, and why: to stay under a limit, because it was refused by one, or to try again."""

    operation: str
    seconds: float
    reason: WaitReason
    attempt: int = 1


def log_wait(waiting: Waiting) -> None:
    """Say in the log that a call waits."""
    level = logging.INFO if waiting.seconds >= LONG_WAIT_S else logging.DEBUG
    _log.log(level, "%s waits %.1f s (%s)", waiting.operation, waiting.seconds, waiting.reason)


@dataclass(slots=True)
class _Windows:
    starts: deque[float] = field(default_factory=deque)
    """Moments of the calls that some window still counts, past and reserved, in order."""
    not_before: float = 0.0
    longest: float = 0.0
    """Length of the longest window that any operation of the pool has."""
    most: int = 0
    """Calls that the widest of them allows."""


class Pacer:
    """The windows of one app. Pass the same one to several clients that act as the same app."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, margin_s: float = MARGIN_S) -> None:
        self._clock = clock
        self._margin_s = margin_s
        self._lock = threading.Lock()
        self._windows: dict[str, _Windows] = {}

    def reserve(self, operation: str, limits: PerCaller) -> float:
        """Reserve the next call of an operation. Returns: seconds to wait before making it, often 0."""
        with self._lock:
            now = self._clock()
            windows = self._windows.setdefault(limits.pool or operation, _Windows())
            start = max(now, windows.not_before)
            starts = windows.starts
            if starts:
                start = max(start, starts[-1])
            spans = [(seconds + self._margin_s, calls) for seconds, calls in limits.windows()]
            for seconds, calls in spans:
                # The call that has to leave the window before another one fits.
                if len(starts) >= calls:
                    start = max(start, starts[-calls] + seconds)
            if spans:
                starts.append(start)
                windows.longest = max(windows.longest, *(seconds for seconds, _ in spans))
                windows.most = max(windows.most, *(calls for _, calls in spans))
                while starts and (starts[0] + windows.longest <= now or len(starts) > windows.most):
                    starts.popleft()
            return max(0.0, start - now)

    def hold(self, operation: str, seconds: float, limits: PerCaller = NO_FIGURE) -> None:
        """Make every call of an operation, or of its pool, wait: the service has said for how long."""
        with self._lock:
            windows = self._windows.setdefault(limits.pool or operation, _Windows())
            windows.not_before = max(windows.not_before, self._clock() + seconds)
