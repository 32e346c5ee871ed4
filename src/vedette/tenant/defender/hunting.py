"""What all ways to hunt share: KQL over the tenant's telemetry, within the service's limits and in its words.

A user sees rows of devices in the groups that the user may see; nobody sees rows older than the look-back, or from
later than the tenant's clock. Run time counts for the tenant, whichever way a query came.
"""

from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import Any, Final

import msgspec

from vedette.catalogue.advanced_hunting import GRAPH_MAX_RESULT_BYTES
from vedette.catalogue.advanced_hunting import MAX_SECONDS as XDR_MAX_SECONDS
from vedette.catalogue.advanced_queries import LOOK_BACK_DAYS, MAX_RESULT_BYTES, MAX_ROWS, MAX_SECONDS
from vedette.catalogue.timespans import Interval
from vedette.errors import QueryError, QueryFault, QueryLimitExceeded, QuerySyntaxError, UnknownName
from vedette.hunting import Limits, Result, Scope
from vedette.tenant.call import Call
from vedette.tenant.problems import Problem

ENDPOINT_LIMITS: Final = Limits(rows=MAX_ROWS, bytes=MAX_RESULT_BYTES, seconds=MAX_SECONDS)
XDR_LIMITS: Final = Limits(rows=MAX_ROWS, bytes=MAX_RESULT_BYTES, seconds=XDR_MAX_SECONDS)
GRAPH_LIMITS: Final = Limits(rows=MAX_ROWS, bytes=GRAPH_MAX_RESULT_BYTES, seconds=XDR_MAX_SECONDS)
SYNTAX_TEXT: Final = "A recognition error occurred."
QUOTA_TEXT: Final = (
    "You have exceeded processing resources allocated to this tenant. You can run queries again in {duration}."
)
"""The service's own words, as documented."""

Rows = list[dict[str, Any]]  # Any: values of all types


def hunted(call: Call, query: str, limits: Limits, within: Interval | None = None) -> tuple[Result, Rows]:
    """The rows that the query gives to this caller, and the same as JSON has them.

    within: look at no other time. Its run time counts towards the tenant's quota, also when it fails.
    Raises: Problem, as the service words it.
    """
    if not query.strip():
        raise Problem("BadRequest", reason="The query is empty.")
    _within_quota(call)
    engine = call.store.engine
    since, until = call.now - timedelta(days=LOOK_BACK_DAYS), call.now
    if within is not None:
        since, until = max(since, within.start), min(until, within.end)
    scope = Scope(devices=_devices(call), since=since, until=until)
    began = time.monotonic()
    try:
        result = engine.run(query, now=call.now, limits=limits, scope=scope)
    except QueryError as error:
        raise refusal(error) from error
    finally:
        call.store.run_time.add(call.now, timedelta(seconds=time.monotonic() - began))
    rows = result.json_rows()
    if limits.bytes is not None and len(msgspec.json.encode(rows)) > limits.bytes:
        raise refusal(limits.too_many_bytes())
    return result, rows


def refusal(error: QueryError) -> Problem:
    """The problem that the service would raise: its own words, then what we know about the place."""
    match error:
        case QueryLimitExceeded(service_text=text) if text:
            return Problem("BadRequest", reason=text)
        case QueryFault():
            return Problem("InternalServerError")
        case QuerySyntaxError():
            return Problem("BadRequest", reason=f"{SYNTAX_TEXT} {error}")
        case UnknownName(kind=kind, name=name):
            expression = "scalar" if "column" in kind else "table or column" if "table" in kind else kind
            return Problem("BadRequest", reason=f"Failed to resolve {expression} expression named '{name}'. {error}")
        case _:
            return Problem("BadRequest", reason=str(error))


def _devices(call: Call) -> frozenset[str] | None:
    """The devices whose rows the caller may see; None for all of them."""
    if call.user is None or call.user.device_groups is None:
        return None
    return frozenset(machine.id for machine in call.visible(call.store.machines.all()))


def _within_quota(call: Call) -> None:
    factor = call.state.options.limit_factor
    if factor is None:
        return
    wait = call.store.run_time.wait(call.now, factor)
    if wait > timedelta(0):
        seconds = max(1, math.ceil(wait.total_seconds()))
        duration = f"{seconds // 60} minutes" if seconds >= 120 else f"{seconds} seconds"
        raise Problem("TooManyRequests", reason=QUOTA_TEXT.format(duration=duration)).with_headers(
            Retry_After=str(seconds)
        )
