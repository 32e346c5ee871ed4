"""What can go wrong with a call of Graph, and the only place that writes it as an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from starlette.responses import Response

from vedette.catalogue.graph import ERROR_STATUS, GraphErrorCode
from vedette.catalogue.graph_operations import Needs

MEDIA_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


class GraphProblem(Exception):
    """An error in Graph's terms. `target` names the property at fault, and puts it into `details` with its code."""

    def __init__(
        self,
        code: GraphErrorCode | str,
        message: str,
        *,
        target: str | None = None,
        detail: str = "InvalidValue",
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or ERROR_STATUS[code]  # type: ignore[index]  # other codes come with a status
        self.details = [] if target is None else [{"code": detail, "message": message, "target": target}]
        self.headers = dict(headers or {})


def bad_request(message: str, *, target: str | None = None, detail: str = "InvalidValue") -> GraphProblem:
    """The request cannot be carried out as it was sent."""
    return GraphProblem("Request_BadRequest", message, target=target, detail=detail)


def invalid_property(name: str) -> GraphProblem:
    """There is no such property."""
    return bad_request(f"Invalid property '{name}'.")


def invalid_value(target: str, why: str) -> GraphProblem:
    """A property may not have this value."""
    return bad_request(f"Invalid value specified for property '{target}': {why}", target=target)


def not_found(id: str) -> GraphProblem:
    """Nothing has this id, as far as the caller may see."""
    return GraphProblem(
        "Request_ResourceNotFound",
        f"Resource '{id}' does not exist or one of its queried reference-property objects are not present.",
    )


def denied() -> GraphProblem:
    """The token or its user may not do this."""
    return GraphProblem("Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def lacking(needs: Needs | None, held: frozenset[str], *, is_delegated: bool) -> GraphProblem:
    """The token lacks a permission of the security API, which says which. Seen in answers, on no page."""
    kind, short = ("scopes", "scopes") if is_delegated else ("application roles", "roles")
    wanted = ",".join(value for group in needs or () for value in group)
    return GraphProblem(
        "Forbidden", f"Missing {kind}. API required {short}: {wanted}, {kind}: {','.join(sorted(held))}.", status=403
    )


def duplicate(message: str) -> GraphProblem:
    """Something with the same key is there already."""
    return GraphProblem("Request_MultipleObjectsWithSameKeyValue", message)


def answer(problem: GraphProblem, request_id: str, client_request_id: str, now: datetime) -> Response:
    """The problem in Graph's shape."""
    error: dict[str, object] = {"code": problem.code, "message": problem.message}
    if problem.details:
        error["details"] = problem.details
    error["innerError"] = {
        "date": now.strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id,
    }
    return Response(msgspec.json.encode({"error": error}), problem.status, problem.headers, media_type=MEDIA_TYPE)
