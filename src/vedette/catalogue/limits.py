"""How often an operation may be called. The counting scope is per app and operation; hunting counts per tenant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import msgspec


@dataclass(frozen=True, slots=True)
class PerCaller:
    """Calls allowed in a sliding minute and hour. `None`: the page gives no figure for that window."""

    minute: int | None = None
    hour: int | None = None
    pool: str = ""
    """All applications of a tenant, and all operations that name the same pool, share the count."""

    def windows(self) -> tuple[tuple[int, int], ...]:
        """Pairs of (window in seconds, calls allowed in it)."""
        return tuple((seconds, calls) for seconds, calls in ((60, self.minute), (3600, self.hour)) if calls is not None)

    def times(self, factor: float) -> PerCaller:
        """The same limits, `factor` times as wide."""
        return replace(
            self,
            minute=None if self.minute is None else max(1, round(self.minute * factor)),
            hour=None if self.hour is None else max(1, round(self.hour * factor)),
        )


NO_FIGURE = PerCaller()
"""The page states no limit. That is not the same as unlimited."""

USUAL = PerCaller(minute=100, hour=1500)
"""What most pages state."""

JSON_EXPORT = PerCaller(minute=30, hour=1000)
"""Exports as pages of rows."""

FILE_EXPORT = PerCaller(minute=5, hour=20)
"""Exports as files."""

LOOK_BACK_HOURS = 720
"""How far statistics look back where a request does not say."""
LookBackHours = Annotated[int, msgspec.Meta(ge=1, le=LOOK_BACK_HOURS)]
"""Hours that statistics look back."""
