"""Which handler carries out which operation, and which operation an address names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from vedette.catalogue.graph_operations import OPERATIONS, GraphOperation
from vedette.tenant.graph.call import Answer, Call
from vedette.tenant.graph.problems import GraphProblem

Handler = Callable[[Call], Answer]

HANDLERS: dict[str, Handler] = {}
"""Operation id → what carries it out. Filled by the modules of this package that hold handlers."""


IN_THREAD: set[str] = set()
"""Operations whose handlers read telemetry, which may take a while: they run beside the event loop."""


def handles(operation: str, *, in_thread: bool = False) -> Callable[[Handler], Handler]:
    """Register a handler for an operation of the catalogue. Raises: KeyError for one that is not declared."""
    declared = OPERATIONS[operation]

    def register(handler: Handler) -> Handler:
        HANDLERS[declared.id] = handler
        if in_thread:
            IN_THREAD.add(declared.id)
        return handler

    return register


_PLACE = re.compile(r"\\\{(\w+)\\\}")


def _pattern(operation: GraphOperation) -> re.Pattern[str]:
    """The addresses of an operation; names of segments match in any letter case, as Graph's do."""
    front, slash, last = operation.path.rpartition("/")
    in_full = f"(?:{re.escape(operation.namespace)}\\.)?" if operation.namespace else ""

    def place(match: re.Match[str]) -> str:
        name = match[1]
        if name in ("application", "servicePrincipal"):
            return rf"(?:/(?P<{name}>[^/()$]+)|\(appId='(?P<{name}_appId>[^/']+)'\))"
        return rf"(?P<{name}>[^/$]+)"

    named = re.escape(front + slash) + in_full + re.escape(last)
    return re.compile(_PLACE.sub(place, named) + "/?", re.IGNORECASE)


# The most specific address first: `deletedItems/microsoft.graph.application` is not the id of something deleted.
_ROUTES = sorted(
    ((_pattern(operation), operation) for operation in OPERATIONS.values()),
    key=lambda route: route[1].path.count("{"),
)


def find(method: str, path: str) -> tuple[GraphOperation, Mapping[str, str]]:
    """The operation at this path (still percent-encoded, without the version), and what stands in its places.

    Raises: GraphProblem where there is none.
    """
    decoded = "/".join(unquote(segment).replace("/", "\0") for segment in path.split("/"))
    is_known = False
    for pattern, operation in _ROUTES:
        match = pattern.fullmatch(decoded)
        if match is None:
            continue
        is_known = True
        if operation.method == method:
            places = {name: value for name, value in match.groupdict().items() if value is not None}
            return operation, {name.replace("_", "."): value for name, value in places.items()}
    if is_known:
        raise GraphProblem(
            "Request_BadRequest", "Specified HTTP method is not allowed for the request target.", status=405
        )
    segment = next((part for part in decoded.split("/") if part), "")
    raise GraphProblem("BadRequest", f"Resource not found for the segment '{segment[:100]}'.", status=400)
