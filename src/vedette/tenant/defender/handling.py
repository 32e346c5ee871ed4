"""Ties behaviour to declarations: `@handles(Alerts.update)` on a function of the same signature.

A listing or a `get` of a stored entity needs no handler; `default` serves it. What a handler may return: an entity, an
iterable of entities, a `Selection` of stored ones (filtered and paged in the database), text, or nothing.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

from vedette.catalogue.entity import Complex, Entity
from vedette.catalogue.operation import Listing, Operation
from vedette.tenant.call import Call
from vedette.tenant.problems import Problem
from vedette.tenant.store.collection import Selection

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bound=Complex)

Result = Complex | Iterable[Complex] | Selection[Any] | str | None


@dataclass(frozen=True, slots=True)
class Handler:
    """Behaviour of one operation."""

    function: Callable[..., Result]
    in_thread: bool = False
    """It reads telemetry, which may take a while: run beside the event loop."""


HANDLERS: dict[str, Handler] = {}
"""Operation id → behaviour."""


@overload
def handles(  # type: ignore[overload-overlap]  # a Listing is an Operation, and the first overload wins
    operation: Listing[P, T], *, in_thread: bool = False
) -> Callable[[Callable[Concatenate[Call, P], Iterable[T]]], Callable[Concatenate[Call, P], Iterable[T]]]: ...
@overload
def handles(
    operation: Operation[P, R], *, in_thread: bool = False
) -> Callable[[Callable[Concatenate[Call, P], R]], Callable[Concatenate[Call, P], R]]: ...
def handles(operation: Any, *, in_thread: bool = False) -> Any:  # Any: the overloads say what
    """Register the decorated function as the behaviour of an operation.

    Raises: TypeError at import when its signature differs from the declaration in names, kinds or defaults.
    """

    def register(function: Callable[..., Result]) -> Callable[..., Result]:
        declared = [(p.name, p.kind, p.default) for p in operation.signature.parameters.values()]
        given = [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()][1:]
        if given != declared:
            raise TypeError(f"the handler of {operation.id} takes {given}; declared is {declared}")
        HANDLERS[operation.id] = Handler(function, in_thread)
        return function

    return register


def default(call: Call) -> Result:
    """Serve a stored entity, or all of them, within the caller's device groups."""
    entity = call.operation.entity
    collection = call.store.collection_of(entity) if _is_plain(call.operation) else None
    if entity is None or collection is None:
        raise Problem("NotFound", reason=f"This tenant does not answer {call.operation.id}.")
    if call.operation.is_listing:
        return call.visible(collection.all())
    key = str(call.arguments["id"])
    found = next(iter(call.visible(collection.where(**{collection.key: key}))), None)
    if found is None:
        raise Problem("ResourceNotFound", kind=entity.__name__, id=key)
    return found  # type: ignore[no-any-return]  # a selection of entities


def is_served(operation: Operation[Any, Any]) -> bool:
    """Whether the tenant answers this operation, by a handler or by default."""
    entity = operation.entity
    stored = entity is not None and issubclass(entity, Entity) and entity.__name__ in _STORED
    return operation.id in HANDLERS or (stored and _is_plain(operation))


def _is_plain(operation: Operation[Any, Any]) -> bool:
    """Whether it answers all entities of a type, or the one of an id: `/api/alerts`, `/api/alerts/{id}`.

    A list below an entity, or one that leaves some out, has the same type and another answer.
    """
    collection = re.fullmatch(r"/api/\w+(/{id})?", operation.path)
    return operation.method == "GET" and collection is not None and operation.is_listing == (collection[1] is None)


_STORED = frozenset({"Alert", "Machine", "MachineAction"})
