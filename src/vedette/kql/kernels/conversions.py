"""Points and spans of time in the forms that SQL does not read."""

from __future__ import annotations

from vedette.kql.kernels.kernel import kernel
from vedette.kql.parser.instants import datetime_ticks, timespan_ticks
from vedette.kql.ticks import MAX_TICKS


@kernel("string", returns="datetime")
def datetime_of_text(text: str) -> int | None:
    ticks = datetime_ticks(text)
    return ticks if ticks is not None and 0 <= ticks <= MAX_TICKS else None


@kernel("string", returns="timespan")
def timespan_of_text(text: str) -> int | None:
    ticks = timespan_ticks(text)
    return ticks if ticks is not None and -(2**63) <= ticks < 2**63 else None
