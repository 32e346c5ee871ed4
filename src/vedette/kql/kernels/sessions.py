"""Sessions over rows in order: each depends on where the one before began, so SQL windows cannot say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vedette.kql.kernels.kernel import procedure

if TYPE_CHECKING:
    import pyarrow as pa


@procedure("row_window_session")
def row_window_session(inputs: Sequence[pa.Table], options: Mapping[str, object]) -> pa.Table:
    """The input, then the first time of each row's session.

    A row begins a session when it is the first, when `restart` holds, when it lies as far from the session's first
    time as allowed, or from the row before. A null time belongs to no session and ends the one before.
    """
    import pyarrow as pa

    (rows,) = inputs
    names = [str(options[key]) for key in ("value", "from_first", "between")]
    times, from_first, between = (rows.column(name).to_pylist() for name in names)
    restart_name = options["restart"]
    restarts = rows.column(str(restart_name)).to_pylist() if restart_name else [False] * len(times)
    first: int | None = None
    before: int | None = None
    starts: list[int | None] = []
    for at, longest, gap, restart in zip(times, from_first, between, restarts, strict=True):
        if at is None:
            starts.append(None)
            first = None
            continue
        if first is None or before is None or restart or _reached(at - first, longest) or _reached(at - before, gap):
            first = at
        before = at
        starts.append(first)
    return rows.append_column(str(options["made"]), pa.array(starts, pa.int64()))


def _reached(distance: int, limit: int | None) -> bool:
    """Whether a distance is as long as a limit; a limit of null is never reached."""
    return limit is not None and distance >= limit
