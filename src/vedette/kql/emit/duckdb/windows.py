"""SQL of window functions: values that depend on the rows around."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.kql.bound import Const
from vedette.kql.plan import Window
from vedette.kql.schema import Column

if TYPE_CHECKING:
    from vedette.kql.emit.duckdb.plans import Emitter


def window_text(emitter: Emitter, window: Window, column: Column, scope: dict[Column, str]) -> str:
    """The SQL of one window function over the level whose scope this is.

    Without an order of its own it follows the rows as they come, which DuckDB keeps.
    """
    from vedette.kql.emit.duckdb.plans import sort_key

    args = [emitter.expressions.value(argument, scope) for argument in window.args]
    parts = []
    if window.partition:
        keys = ", ".join(emitter.expressions.value(key, scope) for key in window.partition)
        parts.append(f"PARTITION BY {keys}")
    if window.order:
        parts.append("ORDER BY " + ", ".join(sort_key(emitter, key, scope) for key in window.order))
    over = " ".join(parts)
    running = f"{over} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".strip()
    match window.name:
        case "row_number":
            start = args[0] if args else "1::BIGINT"
            if len(args) > 1:
                group = _restarts(args[1], running)
                return f"{start} - 1 + {_counted(group, window, column, scope)}"
            return f"({start} - 1 + row_number() OVER ({over}))"
        case "prev" | "next":
            offset = args[1] if len(args) > 1 else "1"
            default = args[2] if len(args) > 2 else ("''" if column.type == "string" else "NULL")
            function = "lag" if window.name == "prev" else "lead"
            return f"{function}({args[0]}, {offset}, {default}) OVER ({over})"
        case "sum" | "min" | "max" | "count":
            inside = args[0] if args else "*"
            return f"{window.name}({inside}) OVER ({over})"
    raise emitter.expressions.source.unsupported(
        f"The function '{window.name}' is not supported.", window.args[0].span if window.args else Const("long", 0).span
    )


def _restarts(condition: str, running: str) -> str:
    """Which run of rows a row belongs to: a new one starts wherever the condition holds."""
    return f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END) OVER ({running})"


def _counted(group: str, window: Window, column: Column, scope: dict[Column, str]) -> str:
    raise NotImplementedError
