"""What the token endpoint answers when the service, not the request, is the matter: passing faults, request loops.

Both happen only where the tenant file asks for them, so that programs can be tried against them. Counts are kept in
memory: a restart begins anew.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from vedette.tenant.identity.problems import Refused
from vedette.tenant.state import Options

LOOP_WITHIN = timedelta(minutes=1)
_REMEMBERED = 1024
_TOO_MANY_REQUESTS = 429


class Faults:
    """The faults still to come, and which requests came lately."""

    def __init__(self, options: Options) -> None:
        self._left = [fault for fault in options.sign_in_faults for _ in range(fault.times)]
        self._limit = options.client_loop_limit
        self._recent: dict[tuple[str | None, ...], deque[datetime]] = {}

    def check(self) -> None:
        """Fail, if that is due. Raises: Refused (90006, 90024, 90033, or 429), with the time to wait."""
        if not self._left:
            return
        fault = self._left.pop(0)
        what: int | str = "temporarily_unavailable" if fault.error == _TOO_MANY_REQUESTS else fault.error
        raise Refused(what, retry_after_s=fault.retry_after_s)

    def count(self, now: datetime, *asked: str | None) -> None:
        """Count a request by what it asks. Raises: Refused (50196) where the same one comes too often."""
        if self._limit is None:
            return
        if len(self._recent) > _REMEMBERED:
            self._recent.clear()
        recent = self._recent.setdefault(asked, deque())
        while recent and now - recent[0] >= LOOP_WITHIN:
            recent.popleft()
        recent.append(now)
        if len(recent) > self._limit:
            raise Refused(50196)
