"""SQL of window functions: values that depend on the rows around."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.kql.emit.duckdb.registry import simple
from vedette.kql.plan import Window
from vedette.kql.schema import Column

if TYPE_CHECKING:
    from vedette.kql.emit.duckdb.plans import Emitter

_RUNNING = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"

simple("({0} IS DISTINCT FROM {1})", "$differs")
simple("({0} IS NOT DISTINCT FROM {1})", "$same")


def window_text(emitter: Emitter, window: Window, column: Column, scope: dict[Column, str]) -> str:
    """The SQL of one window function over the level whose scope this is.

    Without an order of its own it follows the rows as they come, which DuckDB keeps.
    """
    from vedette.kql.emit.duckdb.plans import sort_terms

    args = [emitter.expressions.value(argument, scope) for argument in window.args]
    parts = []
    if window.partition:
        keys = ", ".join(emitter.expressions.value(key, scope) for key in window.partition)
        parts.append(f"PARTITION BY {keys}")
    if window.order:
        parts.append(
            "ORDER BY " + ", ".join(str(term) for key in window.order for term in sort_terms(emitter, key, scope))
        )
    over = " ".join(parts)
    match window.name:
        case "value":
            return args[0]
        case "row_number":
            return f"row_number() OVER ({over})"
        case "prev":
            return f"lag({args[0]}, {args[1]}, {args[2]}) OVER ({over})"
        case "next":
            return f"lead({args[0]}, {args[1]}, {args[2]}) OVER ({over})"
        case "running_sum" | "running_min" | "running_max":
            function = window.name.removeprefix("running_")
            text = f"{function}({args[0]}) OVER ({f'{over} {_RUNNING}'.strip()})"
            return f"({text})::BIGINT" if function == "sum" and column.type in ("int", "long", "timespan") else text
        case "sum" | "min" | "max" | "count":
            everything = f"{over} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING".strip()
            text = f"{window.name}({args[0] if args else '*'}) OVER ({everything})"
            return f"({text})::BIGINT" if window.name == "sum" and column.type in ("int", "long", "timespan") else text
    raise AssertionError(f"no window is named {window.name}")
