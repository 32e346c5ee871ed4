"""Reads request bodies: JSON in, typed shapes out, and each fault named as Graph names it."""

from __future__ import annotations

import re
import uuid
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from vedette.catalogue.graph import GraphType
from vedette.tenant.graph.problems import bad_request, invalid_property, invalid_value

T = TypeVar("T", bound=GraphType)
Json = dict[str, Any]
"""A JSON object under wire names. Any: JSON of whatever type."""

MAX_BODY_BYTES = 1024 * 1024
_WHERE = re.compile(r"^(.*?)(?: - at `\$\.?(.*)`)?$", re.DOTALL)


def json_object(body: bytes, *, may_be_empty: bool = False) -> Json:
    """The body as a JSON object, without annotations (`@odata.…`). Raises: GraphProblem."""
    if may_be_empty and not body.strip():
        return {}
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise bad_request("Unable to read JSON request payload. It is not well-formed.") from None
    if not isinstance(value, dict):
        raise bad_request("Unable to read JSON request payload. An object is expected.")
    return {name: member for name, member in value.items() if "@" not in name}


def check_members(sent: Json, shape: type[GraphType], *, read_only: frozenset[str] = frozenset()) -> None:
    """Refuse members that the shape does not have, at any depth. Raises: GraphProblem naming the first."""
    hints = get_type_hints(shape, include_extras=True)
    known = dict(zip(shape.__struct_encode_fields__, shape.__struct_fields__, strict=True))
    for name, value in sent.items():
        if "@" in name:
            continue
        if name not in known:
            raise invalid_property(name)
        if name in read_only:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.", target=name, detail="InvalidUpdate")
        inner = _shape_in(hints[known[name]])
        if inner is not None:
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    check_members(each, inner)


def convert(sent: Json, shape: type[T]) -> T:
    """The typed value. Raises: GraphProblem naming the property whose value does not fit."""
    try:
        return msgspec.convert(sent, shape)
    except msgspec.ValidationError as error:
        match = _WHERE.match(str(error))
        why, where = (match[1], match[2] or "") if match else (str(error), "")
        raise invalid_value(where or "body", f"{why}.") from None


def read(body: bytes, shape: type[T], *, read_only: frozenset[str] = frozenset(), may_be_empty: bool = False) -> T:
    """A body of this shape. Raises: GraphProblem."""
    sent = json_object(body, may_be_empty=may_be_empty)
    check_members(sent, shape, read_only=read_only)
    return convert(sent, shape)


def guid(value: object, target: str) -> str:
    """A GUID in lower case. Raises: GraphProblem."""
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise invalid_value(target, "a GUID is expected.") from None


def merged(present: Json, sent: Json) -> Json:
    """The object after an update: complex members are merged property by property, collections replaced whole.

    A null for a complex member or a collection empties it.
    """
    result = dict(present)
    for name, value in sent.items():
        before = present.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            result[name] = merged(before, value)
        elif value is None and isinstance(before, (dict, list)):
            result.pop(name)
        else:
            result[name] = value
    return result


def _shape_in(hint: Any) -> type[GraphType] | None:  # Any: a type expression
    while (origin := get_origin(hint)) is not None:
        if origin in (Union, UnionType):
            (hint, *_) = [part for part in get_args(hint) if part is not NoneType]
        elif origin in (list, Annotated):
            hint = get_args(hint)[0]
        else:
            return None
    return hint if isinstance(hint, type) and issubclass(hint, GraphType) else None
