"""Hunting through Graph: the same engine and visible rows as the Defender APIs, asked and answered as Graph does.

What a query may do is in `vedette.tenant.defender.hunting`; nothing of it is here.
"""

from __future__ import annotations

import uuid

from vedette.catalogue.advanced_hunting import GraphHunting
from vedette.catalogue.timespans import Interval, read_timespan
from vedette.tenant import call as defender
from vedette.tenant.defender.hunting import GRAPH_LIMITS, hunted
from vedette.tenant.graph.call import Answer, Call
from vedette.tenant.graph.decode import Json, json_object
from vedette.tenant.graph.problems import GraphProblem
from vedette.tenant.graph.routes import handles
from vedette.tenant.problems import Problem

_DECLARED = GraphHunting.run_hunting_query
_PARAMETERS = {"query": "Query", "timespan": "Timespan", "workspaceid": "workspaceId"}
"""Names in small letters → as the documentation writes them. Graph takes them in any letter case."""


@handles("security.runHuntingQuery", in_thread=True)
def run_hunting_query(call: Call) -> Answer:
    """Run a query. A workspace may be named; where there is none of that name the service takes the tenant's own."""
    asked = _asked(call.body)
    query = _query(asked)
    store = call.state.defender.get(call.tenant.id)
    if store is None:
        raise GraphProblem("Forbidden", "Defender is not set up in the tenant of this token.", status=403)
    at = defender.Call(
        state=call.state,
        operation=_DECLARED,
        caller=call.caller,
        user=call.user,
        store=store,
        address=defender.Address(call.base, call.address, call.query),
        request_id="",
    )
    try:
        call.state.throttle.admit(_DECLARED, call.caller)
        result, rows = hunted(at, query, GRAPH_LIMITS, _timespan(asked, at))
    except Problem as problem:
        raise GraphProblem(problem.code, problem.message, status=problem.status, headers=problem.headers) from problem
    return Answer(
        {
            "@odata.context": f"{call.base}/$metadata{_DECLARED.odata_context}",
            "schema": [{"name": column.name, "type": column.service_type} for column in result.columns],
            "results": rows,
        }
    )


def _asked(body: bytes) -> Json:
    """What the body gives, under names in small letters. Raises: GraphProblem."""
    asked: Json = {}
    for name, value in json_object(body).items():
        if name.lower() not in _PARAMETERS:
            raise _refused(f"'{name}' is no parameter of runHuntingQuery; it takes {', '.join(_PARAMETERS.values())}.")
        if name.lower() in asked:
            raise _refused(f"The parameter '{_PARAMETERS[name.lower()]}' is given twice.")
        if value is not None and not isinstance(value, str):
            raise _refused(f"The parameter '{_PARAMETERS[name.lower()]}' has to be a text.")
        asked[name.lower()] = value
    if (workspace := asked.get("workspaceid")) is not None:
        try:
            uuid.UUID(workspace)
        except ValueError:
            raise _refused("The parameter 'workspaceId' has to be a GUID.") from None
    return asked


def _query(asked: Json) -> str:
    query = asked.get("query")
    if query is None:
        raise _refused("The parameter 'Query' is missing.")
    return str(query)


def _timespan(asked: Json, at: defender.Call) -> Interval | None:
    text = asked.get("timespan")
    if text is None:
        return None
    try:
        return read_timespan(text, at.now)
    except ValueError as error:
        raise _refused(f"The parameter 'Timespan' cannot be read: {error}.") from None


def _refused(message: str) -> GraphProblem:
    return GraphProblem("BadRequest", message, status=400)
