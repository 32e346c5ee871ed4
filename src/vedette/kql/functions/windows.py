"""Functions over rows in order. They stand in `extend`, `project`, `where` and `serialize` after `sort by`."""

from __future__ import annotations

from vedette.kql.signatures import Family

WINDOWS = Family("windows", "window")

WINDOWS.add("prev(column: scalar, offset: long?, default_value: scalar?) -> first", says="The value some rows before.")
WINDOWS.add("next(column: scalar, offset: long?, default_value: scalar?) -> first", says="The value some rows after.")
WINDOWS.add(
    "row_number(starting_index: long?, restart: bool?) -> long",
    says="The number of the row, from 1 or another start; it starts again where the condition holds.",
)
WINDOWS.add(
    "row_cumsum(term: number, restart: bool?) -> first",
    says="The sum of the values so far; it starts again where the condition holds.",
)
WINDOWS.add(
    "row_rank_dense(term: not_dynamic, restart: bool?) -> long",
    says="How many different values there were so far, equal neighbours counted once.",
    deprecated=("row_rank",),
)
WINDOWS.add(
    "row_rank_min(term: not_dynamic, restart: bool?) -> long",
    says="The number of the first row of the run of equal values that the row lies in.",
)
WINDOWS.add(
    "row_window_session(expr: datetime, max_distance_from_first: timespan, max_distance_between_neighbors: timespan, "
    "restart: bool?) -> first",
    says="The first time of the session that the row lies in.",
)
