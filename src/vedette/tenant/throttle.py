"""Counts calls in sliding windows and refuses those beyond the documented limits, saying how long to wait."""

from __future__ import annotations

import math
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from vedette.catalogue.operation import Operation
from vedette.tenant.problems import Problem

if TYPE_CHECKING:
    from vedette.tenant.authenticate import Caller
    from vedette.tenant.state import State

_KEPT_S = 3600
"""The longest window of any operation. Operations with a shorter one may share their count with others."""


class Throttle:
    """Calls of the last hour, per tenant and pool, or per tenant, application and operation.

    Safe to share between threads; a new server counts anew.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._calls: dict[tuple[str, str, str], deque[float]] = {}
        self._lock = threading.Lock()

    def admit(self, operation: Operation[Any, Any], caller: Caller) -> None:
        """Count a call. Raises: Problem TooManyRequests with Retry-After; a refused call is not counted."""
        factor = self._state.options.limit_factor
        if factor is None:
            return
        windows = operation.limits.times(factor).windows()
        if not windows:
            return
        now = self._state.clock.now().timestamp()
        pool = operation.limits.pool
        counted = ("", pool) if pool else (caller.app_id, operation.id)
        with self._lock:
            self._admit(operation.id, self._calls.setdefault((caller.tenant_id, *counted), deque()), windows, now)

    @staticmethod
    def _admit(id: str, calls: deque[float], windows: tuple[tuple[int, int], ...], now: float) -> None:
        while calls and calls[0] <= now - _KEPT_S:
            calls.popleft()
        wait = 0.0
        exceeded = ""
        for seconds, allowed in windows:
            if len(calls) >= allowed and calls[-allowed] > now - seconds:
                wait = max(wait, calls[-allowed] + seconds - now)
                exceeded = (
                    f"{allowed} calls in {seconds // 60} minutes" if seconds > 60 else f"{allowed} calls a minute"
                )
        if wait > 0:
            retry_after = max(1, math.ceil(wait))
            raise Problem(
                "TooManyRequests",
                reason=f"Quota of {exceeded} for {id} is used up; try again in {retry_after} seconds.",
            ).with_headers(Retry_After=str(retry_after))
        calls.append(now)
