"""What a query may use, and how one is stopped.

Rows, bytes and seconds count per query. Memory, threads and disk are shared by all queries of an engine, which takes
them when it is made: DuckDB enforces them for the whole database only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from vedette.errors import QueryLimitExceeded

SIZE_TEXT: Final = (
    "Query execution has exceeded the allowed result size. "
    "Optimize your query by limiting the number of results and try again"
)
TIMEOUT_TEXT: Final = "Query exceeded the timeout period."
RESOURCES_TEXT: Final = "Query stopped due to excessive resource consumption."
"""The service's own words at each limit, as documented."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one query may use. None means no limit."""

    rows: int | None = 10_000_000
    """Rows of the result."""
    bytes: int | None = 4 * 1024**3
    """Size of the result as it is held in memory."""
    seconds: float | None = 3600
    """From the call to the last row."""
    truncate: bool = False
    """Keep what fits when there are too many rows or bytes, as the hunting page does, instead of failing."""

    def too_many_rows(self) -> QueryLimitExceeded:
        """The result has more rows than allowed."""
        return QueryLimitExceeded(
            f"The result has more than {self.rows:,} rows.",
            limit="rows",
            allowed=self.rows,
            service_text=SIZE_TEXT,
            hint="Aggregate with summarize, or keep fewer rows with where or take.",
        )

    def too_many_bytes(self) -> QueryLimitExceeded:
        """The result is larger than allowed."""
        return QueryLimitExceeded(
            f"The result is larger than {self.bytes:,} bytes.",
            limit="bytes",
            allowed=self.bytes,
            service_text=SIZE_TEXT,
            hint="Drop columns with project, or aggregate with summarize.",
        )

    def too_long(self) -> QueryLimitExceeded:
        """The query ran out of time."""
        return QueryLimitExceeded(
            f"The query had not ended after {self.seconds:g} seconds.",
            limit="seconds",
            allowed=self.seconds,
            service_text=TIMEOUT_TEXT,
            hint="Filter by time and by indexed terms (has) early in the query.",
        )


def too_much_memory() -> QueryLimitExceeded:
    """The engine's memory, or its space on disk for what does not fit there, is used up."""
    return QueryLimitExceeded(
        "The query needs more memory than the engine may use.",
        limit="memory",
        service_text=RESOURCES_TEXT,
        hint="Filter earlier, summarize by fewer values, or give the engine more memory.",
    )


class Cancellation:
    """Stops queries from outside: hand it to `run`, and call `cancel` from any thread. It stays cancelled."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._waiting: list[Callable[[], None]] = []

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Stop the queries that were given this object, and refuse later ones."""
        with self._lock:
            self._cancelled = True
            waiting = list(self._waiting)
        for wake in waiting:
            wake()

    def attach(self, wake: Callable[[], None]) -> None:
        """Call `wake` at cancellation; at once when it has happened."""
        with self._lock:
            self._waiting.append(wake)
        if self._cancelled:
            wake()

    def detach(self, wake: Callable[[], None]) -> None:
        """Forget a callback."""
        with self._lock:
            self._waiting.remove(wake)
