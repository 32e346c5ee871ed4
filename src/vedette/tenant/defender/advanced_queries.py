"""Behaviour of advanced hunting. This tenant has no query engine, and a wrong answer to a hunt is worse than none."""

from __future__ import annotations

from vedette.catalogue.advanced_queries import AdvancedQueries, AdvancedQueryResponse
from vedette.tenant.call import Call
from vedette.tenant.defender.handling import handles
from vedette.tenant.problems import Problem

NO_ENGINE = "Hunting queries cannot be run: the engine for them is not available in this tenant."


@handles(AdvancedQueries.run)
def run(call: Call, /, query: str) -> AdvancedQueryResponse:
    """Refuses, as the service refuses a query that it cannot run; the call counts towards the quota of the tenant."""
    if not query.strip():
        raise Problem("BadRequest", reason="The query is empty.")
    raise Problem("BadRequest", reason=NO_ENGINE)
