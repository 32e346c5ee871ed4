"""Behaviour of advanced hunting: KQL over the tenant's telemetry, within the service's limits.

A user sees rows of devices in the groups that the user may see; nobody sees rows older than the look-back, or from
later than the tenant's clock.
"""

from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import Final

import msgspec

from vedette.catalogue.advanced_queries import (
    LOOK_BACK_DAYS,
    MAX_RESULT_BYTES,
    MAX_ROWS,
    MAX_SECONDS,
    AdvancedQueries,
    AdvancedQueryColumn,
    AdvancedQueryResponse,
)
from vedette.errors import QueryError, QueryFault, QueryLimitExceeded, QuerySyntaxError, UnknownName
from vedette.hunting import Limits, Result, Scope
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import handles
from vedette.tenant.problems import Problem

LIMITS: Final = Limits(rows=MAX_ROWS, bytes=MAX_RESULT_BYTES, seconds=MAX_SECONDS)
SYNTAX_TEXT: Final = "A recognition error occurred."
QUOTA_TEXT: Final = (
    "You have exceeded processing resources allocated to this tenant. You can run queries again in {duration}."
)
"""The service's own words, as documented."""


@handles(AdvancedQueries.run, in_thread=True)
def run(call: Call, /, query: str) -> AdvancedQueryResponse:
    """Run the query. Its run time counts towards the tenant's quota, also when it fails."""
    result = hunted(call, query)
    rows = result.json_rows()
    if len(msgspec.json.encode(rows)) > MAX_RESULT_BYTES:
        raise refusal(LIMITS.too_many_bytes())
    return AdvancedQueryResponse(
        schema=[AdvancedQueryColumn(name=column.name, type=column.service_type) for column in result.columns],
        results=rows,
    )


def hunted(call: Call, query: str) -> Result:
    """The rows that the query gives to this caller. Raises: Problem, as the service words it."""
    if not query.strip():
        raise Problem("BadRequest", reason="The query is empty.")
    _within_quota(call)
    engine = call.store.engine
    scope = Scope(devices=_devices(call), since=call.now - timedelta(days=LOOK_BACK_DAYS), until=call.now)
    began = time.monotonic()
    try:
        return engine.run(query, now=call.now, limits=LIMITS, scope=scope)
    except QueryError as error:
        raise refusal(error) from error
    finally:
        call.store.run_time.add(call.now, timedelta(seconds=time.monotonic() - began))


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
