"""Behaviour of advanced hunting through the Endpoint API and the XDR API. What a query may do is in `hunting`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from vedette.catalogue.advanced_hunting import AdvancedHunting, AdvancedHuntingResponse
from vedette.catalogue.advanced_queries import AdvancedQueries, AdvancedQueryColumn, AdvancedQueryResponse
from vedette.hunting import Result
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.hunting import ENDPOINT_LIMITS, XDR_LIMITS, hunted


@handles(AdvancedQueries.run, in_thread=True)
def run(call: Call, /, query: str) -> AdvancedQueryResponse:
    """Run the query through the Endpoint API."""
    result, rows = hunted(call, query, ENDPOINT_LIMITS)
    return AdvancedQueryResponse(schema=_schema(result), results=rows)


@handles(AdvancedHunting.run, in_thread=True)
def run_through_xdr(call: Call, /, query: str) -> AdvancedHuntingResponse:
    """Run the query through the XDR API."""
    result, rows = hunted(call, query, XDR_LIMITS)
    return AdvancedHuntingResponse(stats=_stats(result), schema=_schema(result), results=rows)


def _schema(result: Result) -> list[AdvancedQueryColumn]:
    return [AdvancedQueryColumn(name=column.name, type=column.service_type) for column in result.columns]


def _stats(result: Result) -> dict[str, Any]:  # Any: times, counts and sizes by name
    """What the query took, under the documented names. Counts of a cache that is not ours are zero."""
    none = {"hits": 0, "misses": 0, "total": 0}
    cpu = _clock(result.stats.cpu_seconds)
    return {
        "ExecutionTime": result.stats.seconds,
        "resource_usage": {
            "cache": {"memory": dict(none), "disk": dict(none)},
            "cpu": {"user": cpu, "kernel": _clock(0), "total cpu": cpu},
            "memory": {"peak_per_node": result.stats.bytes},
        },
        "dataset_statistics": [{"table_row_count": result.stats.rows, "table_size": result.stats.bytes}],
    }


def _clock(seconds: float) -> str:
    """A time of day with seven digits, as processor times are written."""
    ticks = round(seconds * 10_000_000)
    minutes, rest = divmod(timedelta(microseconds=ticks // 10) // timedelta(seconds=1), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest:02}.{ticks % 10_000_000:07}"
