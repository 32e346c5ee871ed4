"""Writes what a handler gave as the service's answer: a page, a single entity, a bare value or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec
from starlette.responses import Response, StreamingResponse

from vedette.catalogue.entity import Complex, Entity, describe
from vedette.odata import Options, filter_sql, order_sql, ordered, predicate
from vedette.tenant.call import Address, Call
from vedette.tenant.problems import Problem
from vedette.tenant.store.collection import Selection

PAGE_SIZE = 10_000
"""Rows on a page where the operation's page states no size."""
_JSON = "application/json; odata.metadata=minimal; charset=utf-8"
_BODY = "CAST(body AS TEXT)"
_PIECE_BYTES = 128 * 1024
T = TypeVar("T")


@dataclass(frozen=True)
class Cut(Generic[T]):
    """A page of a listing that is too long to be held: its rows are made while they are sent."""

    rows: Iterator[T]
    """Already cut to the page."""
    token: Callable[[], str | None]
    """`$skiptoken` of the next page, once the rows were read; None where this page is the last."""
    total: Callable[[], int]
    """How many rows the whole listing has."""

    def __iter__(self) -> Iterator[T]:
        return self.rows


def page(call: Call, rows: Selection[Any] | Iterable[Complex]) -> Response:
    """A page of a listing, with a link to the next one where there is more and no `$top` was given."""
    options = call.options or Options()
    if isinstance(rows, Cut):
        return _streamed(call, rows, options)
    size, skip = _place(call, options)
    limit = size if options.top is None else min(options.top, size)
    if isinstance(rows, Selection):
        bodies, total = _selected(call, rows, options, limit, skip)
    else:
        bodies, total = _listed(call, rows, options, limit, skip)
    more = options.top is None and len(bodies) > limit
    parts = [_head(call, total), b",".join(bodies[:limit]), b"]"]
    if more:
        token = call.operation.odata.skip_token
        link = _next_link(call.address, "$skiptoken" if token else "$skip", str(skip + limit))
        parts += [b',"@odata.nextLink":', msgspec.json.encode(link)]
    return Response(b"".join([*parts, b"}"]), call.operation.answers, media_type=_JSON)


def _head(call: Call, total: int | None) -> bytes:
    head: dict[str, object] = {}
    context = call.operation.odata_context
    if context is not None:
        head["@odata.context"] = f"{call.address.origin}/api/$metadata{context}"
    if total is not None:
        head["@odata.count"] = total
    return msgspec.json.encode(head)[:-1] + (b"," if head else b"") + b'"value":['


def _streamed(call: Call, cut: Cut[Any], options: Options) -> Response:
    def pieces() -> Iterator[bytes]:
        buffer = bytearray(_head(call, cut.total() if options.count else None))
        mark = b""
        for row in cut.rows:
            buffer += mark
            member = row if options.select is None else options.pick(msgspec.to_builtins(row))
            encoder.encode_into(member, buffer, -1)
            mark = b","
            if len(buffer) >= _PIECE_BYTES:
                yield bytes(buffer)
                buffer.clear()
        token = cut.token()
        link = None if token is None else _next_link(call.address, "$skiptoken", token)
        yield bytes(buffer) + (b"]}" if link is None else b'],"@odata.nextLink":' + msgspec.json.encode(link) + b"}")

    encoder = msgspec.json.Encoder()
    return StreamingResponse(pieces(), call.operation.answers, media_type=_JSON)


def count(call: Call, rows: Selection[Any] | Iterable[Complex]) -> Response:
    """The bare number that `/$count` answers."""
    options = call.options or Options()
    if isinstance(rows, Cut):
        number = rows.total()
    elif isinstance(rows, Selection):
        number = _narrowed(call, rows, options).count()
    else:
        number = sum(1 for _ in _passing(call, rows, options))
    return Response(str(number), media_type="text/plain; charset=utf-8")


def single(call: Call, entity: Complex) -> Response:
    """One entity, its properties at the top level beside the context."""
    options = call.options or Options()
    members = msgspec.to_builtins(_unexpanded(entity, options))
    if options.select is not None:
        members = options.pick(members)
    context = call.operation.odata_context
    head = {} if context is None else {"@odata.context": f"{call.address.origin}/api/$metadata{context}"}
    body = head | ({"value": [members]} if call.operation.in_value else members)
    return Response(msgspec.json.encode(body), call.operation.answers, media_type=_JSON)


def value(call: Call, result: str) -> Response:
    """A bare text under `value`."""
    body = {"@odata.context": f"{call.address.origin}/api/$metadata#Edm.String", "value": result}
    return Response(msgspec.json.encode(body), call.operation.answers, media_type=_JSON)


def nothing(call: Call) -> Response:
    """An answer without a body."""
    return Response(status_code=call.operation.answers)


def _place(call: Call, options: Options) -> tuple[int, int]:
    """How many rows a page of this listing has, and how many are left out before it."""
    odata = call.operation.odata
    size = odata.page_size or odata.top or PAGE_SIZE
    if not odata.skip_token:
        if options.top is not None and odata.page_size is not None:
            size = odata.top or options.top
        return size, options.skip or 0
    asked = call.arguments.get("page_size")
    if options.top is not None:
        return options.top, 0
    token = options.skiptoken or "0"
    if not (token.isascii() and token.isdigit()):
        raise Problem("ODataError", reason="$skiptoken is not one of this listing; follow the link as it is given")
    return asked if isinstance(asked, int) else size, int(token)


def _narrowed(call: Call, rows: Selection[Any], options: Options) -> Selection[Any]:
    if options.filter is None:
        return rows
    condition = filter_sql(options.filter.bound, rows.collection.expressions, body=_BODY, now=call.now)
    return rows.narrowed(condition.text, condition.parameters)


def _selected(
    call: Call, rows: Selection[Any], options: Options, limit: int, skip: int
) -> tuple[list[bytes], int | None]:
    rows = _narrowed(call, rows, options)
    order = order_sql(options.orderby, rows.collection.expressions, body=_BODY)
    if order.parameters:
        raise Problem("ODataError", reason="$orderby takes property paths only")
    bodies = rows.bodies(order=order.text or None, limit=limit + 1, offset=skip, full=bool(options.expand))
    if options.select is not None:
        bodies = [msgspec.json.encode(options.pick(msgspec.json.decode(body))) for body in bodies]
    return bodies, rows.count() if options.count else None


def _listed(
    call: Call, rows: Iterable[Complex], options: Options, limit: int, skip: int
) -> tuple[list[bytes], int | None]:
    passing = _passing(call, rows, options)
    total: int | None = None
    if options.orderby or options.count:
        members: Sequence[Any] = list(passing)
        total = len(members) if options.count else None
        passing = iter(ordered(members, options.orderby) if options.orderby else members)
    part: Iterable[Any] = islice(passing, skip, skip + limit + 1)
    if options.select is not None:
        part = map(options.pick, part)
    return [msgspec.json.encode(entity) for entity in part], total


def _passing(call: Call, rows: Iterable[Complex], options: Options) -> Iterator[Any]:  # Any: entities as wire dicts
    """What passes the filter, one at a time: a page of a long listing does not make all of its rows."""
    members = (msgspec.to_builtins(_unexpanded(entity, options)) for entity in rows)
    if options.filter is None:
        return members
    return filter(predicate(options.filter.bound, now=call.now), members)


def _unexpanded(entity: Complex, options: Options) -> Complex:
    if not isinstance(entity, Entity) or not entity.EXPANDABLE:
        return entity
    hidden: dict[str, list[object]] = {
        p.attribute: [] for p in describe(type(entity)) if p.wire in entity.EXPANDABLE and not options.expands(p.wire)
    }
    return msgspec.structs.replace(entity, **hidden) if hidden else entity


def _next_link(address: Address, option: str, place: str) -> str:
    pairs = [(name, text) for name, text in address.query if name.lower() != option]
    query = "&".join(f"{quote(name, safe='$')}={quote(text, safe='')}" for name, text in [*pairs, (option, place)])
    return f"{address.origin}{address.path}?{query}"
