"""Turns answers into entities.

The service sends null where a list or text is promised, and numbers as texts in places. A strict typed read is tried
first, as it is right and fast for nearly every answer; what it refuses is read untyped, cleared of nulls, and converted
leniently. So is an answer with names that samples have and the schema has not. What cannot be read even then is an
error that names the operation and the place, never the content.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec

from vedette.catalogue.entity import aliases, reachable
from vedette.catalogue.operation import Operation
from vedette.catalogue.page import Page
from vedette.errors import NoAnswer

T = TypeVar("T")
_FIRST_ROWS_BYTES = 64 * 1024
"""Rows of one answer use the same names, so the first ones tell them."""


class Value(msgspec.Struct, Generic[T], frozen=True):
    """The envelope of an answer that is a bare value."""

    value: T


_building = threading.Lock()


# Any: operations of every signature; the shape is a type expression.
def _decoder(operation: Operation[Any, Any]) -> tuple[Any, msgspec.json.Decoder[Any]]:
    # msgspec keeps what it learns of a type on the type itself. A thread that decodes with what another one has only
    # half learned crashes the interpreter, so types are learned one at a time.
    with _building:
        return _built(operation)


@functools.cache
def _built(operation: Operation[Any, Any]) -> tuple[Any, msgspec.json.Decoder[Any]]:  # Any: as above
    shape = _shape(operation)
    return shape, msgspec.json.Decoder(shape)


def _shape(operation: Operation[Any, Any]) -> Any:  # Any: a type expression
    page: Any = Page
    value: Any = Value
    if operation.is_listing or operation.in_value:
        return page[operation.returns]
    return operation.returns if operation.entity is not None else value[operation.returns]


def decode(operation: Operation[Any, Any], content: bytes) -> Any:  # Any: what the operation declares
    """What an operation's answer says: an entity, a page, a bare value, or None where no body is promised.

    Raises: NoAnswer when the content is not what the operation promises.
    """
    if operation.returns is None:
        return None
    if operation.answer_format == "xml":
        return content.decode()
    shape, decoder = _decoder(operation)
    try:
        if operation.in_value or _has_other_names(operation, content):
            result = _leniently(operation, shape, content)
        else:
            result = decoder.decode(content)
    except msgspec.ValidationError:
        result = _leniently(operation, shape, content)
    except msgspec.DecodeError as error:
        raise _unreadable(operation, error) from error
    if isinstance(result, Value):
        # A link comes in a second pair of quotes at times; no bare value begins with one.
        return result.value.strip('"') if isinstance(result.value, str) else result.value
    return result


def _leniently(operation: Operation[Any, Any], shape: Any, content: bytes) -> Any:
    try:
        members = renamed(without_nulls(msgspec.json.decode(content)), _other_names(operation))
        if operation.in_value:  # samples have the one entity in a list; a plain one is read too
            inside = members.get("value") if isinstance(members, dict) else None
            members, shape = inside[0] if isinstance(inside, list) and inside else members, operation.returns
        return msgspec.convert(members, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _unreadable(operation, error) from error


@functools.cache
def _other_names(operation: Operation[Any, Any]) -> Mapping[str, str]:
    kinds = reachable([operation.entity])
    return {seen: name for kind in kinds for seen, name in aliases(kind).items()}


def _has_other_names(operation: Operation[Any, Any], content: bytes) -> bool:
    names = _other_names(operation)
    if not names:
        return False
    first = content[:_FIRST_ROWS_BYTES]
    return any(f'"{seen}"'.encode() in first for seen in names)


def renamed(value: Any, names: Mapping[str, str]) -> Any:  # Any: JSON
    """The same JSON with other names of members, at every depth."""
    if not names:
        return value
    if isinstance(value, dict):
        return {names.get(name, name): renamed(member, names) for name, member in value.items()}
    if isinstance(value, list):
        return [renamed(element, names) for element in value]
    return value


def without_nulls(value: Any) -> Any:  # Any: JSON
    """The same JSON without members and elements that are null, so that declared defaults take their place."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(element) for element in value if element is not None]
    return value


def _unreadable(operation: Operation[Any, Any], error: msgspec.DecodeError) -> NoAnswer:
    return NoAnswer(
        f"{operation.id} was answered with something else than it promises: {error}",
        hint="check that base_url is the Defender API; if it is, report the operation and the place named here",
    )
