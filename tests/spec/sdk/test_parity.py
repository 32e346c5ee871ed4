"""Both clients offer the same: every operation of the catalogue, with one signature, making one request."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from tests.spec.sdk.conftest import Service
from vedette import AsyncDefender, Defender
from vedette.catalogue.operation import Operation, Parameter
from vedette.catalogue.resources import RESOURCES, operations

OPERATIONS = {operation.id: operation for operation in operations()}


def value_for(parameter: Parameter) -> object:
    if parameter.members:
        return parameter.members[0]
    annotation = str(parameter.annotation)
    if "datetime" in annotation:
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    if parameter.name in ("top", "skip") or "int" in annotation.replace("Point", ""):
        return 3
    if "bool" in annotation:
        return True
    if "Sequence" in annotation or "list" in annotation:
        return ["a", "b"]
    return "x'y z"


def arguments(operation: Operation[Any, Any]) -> dict[str, object]:
    return {parameter.name: value_for(parameter) for parameter in operation.parameters}


def answer(request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json={"value": []})


def wire(service: Service) -> Iterator[tuple[str, str, bytes, str | None]]:
    for request in service.requests:
        yield request.method, str(request.url), request.content, request.headers.get("content-type")


@pytest.mark.parametrize("name", RESOURCES)
def test_both_clients_have_every_resource(name: str) -> None:
    blocking, awaited = Defender.from_token("t"), AsyncDefender.from_token("t")

    assert isinstance(getattr(blocking, name), RESOURCES[name])
    assert isinstance(getattr(awaited, name), RESOURCES[name])


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_signatures_are_equal(operation: Operation[Any, Any]) -> None:
    blocking = getattr(getattr(Defender.from_token("t"), operation.resource), operation.name)
    awaited = getattr(getattr(AsyncDefender.from_token("t"), operation.resource), operation.name)

    assert inspect.signature(blocking) == inspect.signature(awaited) == operation.signature
    assert inspect.getdoc(blocking) == inspect.getdoc(awaited) == inspect.getdoc(operation.function)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_requests_are_equal(operation: Operation[Any, Any]) -> None:
    blocking, awaited = Service(answer=answer), Service(answer=answer)
    given = arguments(operation)

    call = getattr(getattr(blocking.client(), operation.resource), operation.name)
    if operation.is_listing:
        call(**given).take(1)
    else:
        _unless_empty(lambda: call(**given))

    async def run() -> None:
        async with awaited.async_client() as client:
            call = getattr(getattr(client, operation.resource), operation.name)
            if operation.is_listing:
                await call(**given).take(1)
            else:
                await call(**given)

    _unless_empty(lambda: asyncio.run(run()))

    assert len(blocking.requests) == 1
    assert list(wire(blocking)) == list(wire(awaited))


def _unless_empty(do: Any) -> None:
    """An operation that answers a bare value cannot read the empty collection that the stub answers."""
    from vedette import NoAnswer

    try:
        do()
    except NoAnswer as unreadable:
        assert "promises" in str(unreadable)  # noqa: PT017
