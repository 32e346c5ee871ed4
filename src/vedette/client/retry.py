"""When a call is tried again, and after how long. Pure decisions: nothing here sends or sleeps.

429 means that the call was not carried out, so it is repeated whatever it was, after `Retry-After`. After a 5xx or a
lost connection nobody knows whether it was carried out, so only calls that may be carried out twice are repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from vedette.catalogue.operation import Operation

REPEATABLE: Mapping[str, frozenset[str]] = {
    "alerts.update": frozenset({"comment"}),
    "alerts.batch_update": frozenset({"comment"}),
    "machines.update": frozenset(),
    "machines.set_device_value": frozenset(),
    "machines.tag": frozenset(),
    "machines.tag_many": frozenset(),
    "machines.set_exclusion": frozenset(),
    "indicators.submit": frozenset(),
    "indicators.import_many": frozenset(),
    "indicators.batch_update": frozenset(),
    "authenticated_scans.update": frozenset(),
    "authenticated_scans.list_history": frozenset(),
    "authenticated_scans.list_history_of_sessions": frozenset(),
    "advanced_queries.run": frozenset(),
    "advanced_hunting.run": frozenset(),
    "security.run_hunting_query": frozenset(),
}
"""Operations other than GET that only read, or that leave the same state when they are carried out twice, by id. With
one of the body members beside them they do not (a comment would be there twice)."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How patient a client is."""

    attempts: int = 5
    """Tries in all, the first included."""
    total_s: float = 120.0
    """No new try is made that would start later than this after the first; waiting for pacing is not counted."""
    first_s: float = 0.5
    """Upper bound of the first wait where the service names none; it doubles from try to try."""
    longest_s: float = 30.0

    def wait(
        self, *, attempt: int, elapsed_s: float, retry_after_s: float | None, random: Callable[[], float]
    ) -> float | None:
        """Seconds to wait before the next try, or None to give up.

        `attempt` counts from 1. `random` answers numbers in [0, 1): the waits of many clients spread out.
        """
        if attempt >= self.attempts:
            return None
        ceiling = min(self.longest_s, self.first_s * 2.0 ** (attempt - 1))
        wait = retry_after_s if retry_after_s is not None else ceiling * (0.5 + random() / 2)
        return wait if elapsed_s + wait <= self.total_s else None


NO_RETRIES = Retries(attempts=1)


# Any: operations of every signature.
def is_repeatable(operation: Operation[Any, Any], body: Mapping[str, object] | None) -> bool:
    """Whether a call may be carried out twice without harm."""
    if operation.method == "GET":
        return True
    unless = REPEATABLE.get(operation.id)
    return unless is not None and not unless & (body or {}).keys()


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """What `Retry-After` asks for, in seconds; None when it is absent or makes no sense.

    `now` is the time that a date in it is compared with.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError):
        return None
