"""Query options of Graph over a handful of objects: filter, search, order, page, select, and the answer around them.

A directory holds thousands of objects at most, so they are filtered in memory, by the evaluator that the rest of the
tenant uses. A page's link names its last item and that item's sorting values: a listing goes on correctly while the
objects it has already shown are being deleted.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlencode

import msgspec

from vedette.catalogue.graph import LARGEST_PAGE, PAGE_SIZE, GraphType
from vedette.odata import (
    CollectionType,
    ComplexType,
    EntityModel,
    ODataError,
    Options,
    Property,
    UnknownProperty,
    ordered,
    parse_options,
    predicate,
)
from vedette.odata.bound import Compare, Compute, Count, Opposite
from vedette.odata.options import OFFERED
from vedette.tenant.graph.call import Answer, Call
from vedette.tenant.graph.problems import GraphProblem, bad_request, invalid_property

Json = dict[str, Any]
"""An object under wire names. Any: JSON of whatever type."""


@dataclass(frozen=True)
class EntitySet:
    """A kind of object that is listed."""

    name: str
    """As in `@odata.context`."""
    type_name: str
    """As in `@odata.type`."""
    shape: type[GraphType]
    only_when_selected: frozenset[str] = frozenset()
    """Members that an answer holds only when `$select` names them."""

    @functools.cached_property
    def model(self) -> EntityModel:
        """The properties as query options see them."""
        return EntityModel(f"microsoft.graph.{self.type_name}", _properties(self.shape))


def listing(call: Call, kind: EntitySet, shapes: Iterable[GraphType]) -> Answer:
    """The page of objects that the request asks for. Raises: GraphProblem."""
    asked = _Asked.of(call, kind)
    rows = _matching(asked, shapes, call)
    total = len(rows)
    rows = _after(asked, rows)
    size = asked.options.top if asked.options.top is not None else PAGE_SIZE
    page, more = rows[:size], len(rows) > size
    answer: Json = {"@odata.context": _context(call, kind, asked.options)}
    if asked.options.count:
        answer["@odata.count"] = total
    if more and page:
        answer["@odata.nextLink"] = _next_link(call, asked, page[-1])
    answer["value"] = [_shown(kind, asked.options, row) for row in page]
    return Answer(answer)


def count(call: Call, kind: EntitySet, shapes: Iterable[GraphType]) -> Answer:
    """How many objects match, as plain text. Raises: GraphProblem without `ConsistencyLevel: eventual`."""
    if not call.is_eventual:
        raise _needs_eventual("$count")
    asked = _Asked.of(call, kind, is_count=True)
    return Answer(str(len(_matching(asked, shapes, call))))


def single(call: Call, kind: EntitySet, shape: GraphType, *, status: int = 200) -> Answer:
    """One object, with what `$select` asks of it. Raises: GraphProblem."""
    asked = _Asked.of(call, kind)
    if asked.options.filter or asked.options.orderby or asked.options.top is not None or asked.search:
        raise bad_request("$filter, $orderby, $search and $top are for collections.")
    row: Json = msgspec.to_builtins(shape)
    body = {
        "@odata.context": _context(call, kind, asked.options, is_single=True),
        **_shown(kind, asked.options, row),
    }
    headers = {"Location": f"{call.address}/{row['id']}"} if status == 201 else {}
    return Answer(body, status, headers)


def selects(call: Call, name: str) -> bool:
    """Whether `$select` names this member."""
    value = next((value for key, value in call.query if key.lower().lstrip("$") == "select"), "")
    return name in (part.strip() for part in value.split(","))


# -- reading the options -----------------------------------------------------------------------------------------------

Search: TypeAlias = list[list[tuple[str, str]]]
"""Alternatives, each of terms (property, text) that hold together."""

_WITHOUT_SIGN = {option.lstrip("$"): option for option in (*OFFERED, "$search")}
_ADVANCED_FUNCTIONS = frozenset({"endswith"})
_FUNCTIONS = frozenset({"startswith", "endswith"})


@dataclass(frozen=True, slots=True)
class _Asked:
    options: Options
    search: Search | None
    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, call: Call, kind: EntitySet, *, is_count: bool = False) -> _Asked:
        pairs = tuple((_WITHOUT_SIGN.get(name.lower(), name), value) for name, value in call.query)
        search = [value for name, value in pairs if name.lower() == "$search"]
        try:
            options = parse_options(
                [pair for pair in pairs if pair[0].lower() != "$search"], kind.model, max_top=LARGEST_PAGE
            )
        except ODataError as error:
            raise _problem(error) from None
        if options.top == 0:
            raise _page_size("0")
        if options.skip is not None:
            raise bad_request("$skip is not supported; follow @odata.nextLink.")
        if options.count and not call.is_eventual:
            raise _needs_eventual("$count")
        if search and not call.is_eventual:
            raise _needs_eventual("$search")
        _check_filter(options, call.is_eventual and (options.count or is_count))
        for term in options.orderby:
            if "(" in term.text:
                raise bad_request(f"Unsupported sort property '{term.text}'.")
        return cls(options, _search(search[0], kind.model) if search else None, pairs)


def _problem(error: ODataError) -> GraphProblem:
    if error.option == "$filter":
        return bad_request(f"Invalid filter clause: {error}")
    if error.option == "$top":
        return _page_size(error.text)
    if isinstance(error, UnknownProperty) and error.position is not None:
        return invalid_property(error.text[error.position : error.position + error.length])
    return bad_request(str(error))


def _page_size(text: str) -> GraphProblem:
    return bad_request(
        f"Invalid page size specified: '{text[:20]}'. Must be between 1 and {LARGEST_PAGE} inclusive.", target="$top"
    )


def _needs_eventual(what: str) -> GraphProblem:
    return bad_request(f"{what} needs the header 'ConsistencyLevel: eventual' and $count=true.")


def _check_filter(options: Options, may_be_advanced: bool) -> None:
    if options.filter is None:
        return
    for node in _nodes(options.filter.bound):
        if isinstance(node, Compute) and node.function.name not in _FUNCTIONS:
            raise bad_request(f"Invalid filter clause: the function {node.function.name} is not supported.")
        is_advanced = (
            isinstance(node, (Opposite, Count))
            or (isinstance(node, Compare) and node.operator == "ne")
            or (isinstance(node, Compute) and node.function.name in _ADVANCED_FUNCTIONS)
        )
        if is_advanced and not may_be_advanced:
            raise bad_request(
                "Invalid filter clause: ne, not, endswith and $count need the header 'ConsistencyLevel: eventual' "
                "and $count=true."
            )


def _nodes(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        for each in value:
            yield from _nodes(each)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield value
        for field in dataclasses.fields(value):
            if field.name != "function":
                yield from _nodes(getattr(value, field.name))


_TERM = re.compile(r'\s*"([A-Za-z]+):((?:[^"\\]|\\.)*)"\s*(AND|OR|$)')


def _search(text: str, model: EntityModel) -> Search:
    """`"displayName:web" AND "displayName:app"` as alternatives of (property, text) that hold together."""
    alternatives: Search = [[]]
    position = 0
    while position < len(text) or not alternatives[-1]:
        match = _TERM.match(text, position)
        if match is None:
            raise bad_request('Invalid search clause: it is written like "displayName:text", joined by AND or OR.')
        try:
            name = model.property(match[1]).name
        except UnknownProperty:
            raise invalid_property(match[1]) from None
        alternatives[-1].append((name, re.sub(r"\\(.)", r"\1", match[2]).casefold()))
        if match[3] == "OR":
            alternatives.append([])
        elif match[3] == "AND" and match.end() >= len(text):
            raise bad_request("Invalid search clause: a term is missing at the end.")
        position = match.end()
    return alternatives


def _found(row: Json, alternatives: Search) -> bool:
    return any(all(_has_words(row.get(name), text) for name, text in terms) for terms in alternatives)


def _has_words(value: object, text: str) -> bool:
    """Whether every word that is searched for begins a word of the value."""
    words = re.findall(r"\w+", str(value or "").casefold())
    return all(any(word.startswith(wanted) for word in words) for wanted in re.findall(r"\w+", text))


# -- pages -------------------------------------------------------------------------------------------------------------


def _matching(asked: _Asked, shapes: Iterable[GraphType], call: Call) -> list[Json]:
    rows: list[Json] = [msgspec.to_builtins(shape) for shape in shapes]
    if asked.options.filter is not None:
        passes = predicate(asked.options.filter.bound, now=call.now)
        rows = [row for row in rows if passes(row)]
    if asked.search is not None:
        rows = [row for row in rows if _found(row, asked.search)]
    return rows


def _after(asked: _Asked, rows: list[Json]) -> list[Json]:
    token = asked.options.skiptoken
    last = _last_shown(token) if token is not None else None
    rows = sorted([*rows, last] if last else rows, key=lambda row: (str(row["id"]), row is last))
    try:
        result: list[Any] = list(ordered(rows, asked.options.orderby))  # Any: rows, as `ordered` hands them back
    except (TypeError, AttributeError):
        # Only a forged token brings values that cannot be compared with those of the objects.
        raise bad_request("Invalid $skiptoken.") from None
    if last is None:
        return result
    position = next(index for index, row in enumerate(result) if row is last)
    return result[position + 1 :]


def _last_shown(token: str) -> Json:
    try:
        row = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (msgspec.DecodeError, binascii.Error, ValueError, UnicodeError):
        row = None
    if not isinstance(row, dict) or "id" not in row:
        raise bad_request("Invalid $skiptoken.")
    return row


def _next_link(call: Call, asked: _Asked, last: Json) -> str:
    names = {term.text.split("/")[0] for term in asked.options.orderby} | {"id"}
    mark = msgspec.json.encode({name: last.get(name) for name in sorted(names)})
    token = base64.urlsafe_b64encode(mark).rstrip(b"=").decode()
    pairs = [pair for pair in asked.pairs if pair[0].lower() != "$skiptoken"]
    return f"{call.address}?{urlencode([*pairs, ('$skiptoken', token)], safe='$')}"


def _shown(kind: EntitySet, options: Options, row: Json) -> Json:
    if options.select is None:
        return {name: value for name, value in row.items() if name not in kind.only_when_selected}
    return options.pick(row)


def _context(call: Call, kind: EntitySet, options: Options, *, is_single: bool = False) -> str:
    columns = f"({','.join(options.select)})" if options.select is not None else ""
    return f"{call.base}/$metadata#{kind.name}{columns}{'/$entity' if is_single else ''}"


# -- models ------------------------------------------------------------------------------------------------------------

_EDM: Mapping[type, Any] = {
    str: "Edm.String",
    bool: "Edm.Boolean",
    int: "Edm.Int32",
    datetime: "Edm.DateTimeOffset",
}


def _properties(shape: type[GraphType]) -> tuple[Property, ...]:
    hints = get_type_hints(shape)
    names = zip(shape.__struct_fields__, shape.__struct_encode_fields__, strict=True)
    return tuple(Property(wire, _type(hints[name], wire), any_case=True) for name, wire in names)


def _type(hint: Any, name: str) -> Any:  # Any: a type expression; a type of the model
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        (hint, *_) = [part for part in get_args(hint) if part is not NoneType]
        return _type(hint, name)
    if origin is list:
        return CollectionType(_type(get_args(hint)[0], name))
    if isinstance(hint, type) and issubclass(hint, GraphType):
        return ComplexType(f"microsoft.graph.{name}", _properties(hint))
    if origin is Literal:
        return "Edm.String"
    return _EDM.get(hint) or ComplexType(f"microsoft.graph.{name}", ())
