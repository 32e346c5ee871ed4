"""Turns what a request carries as text and JSON into the typed arguments of its operation."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from vedette.catalogue.entity import Complex
from vedette.catalogue.operation import COMMAS, Operation, Parameter, Upload
from vedette.tenant.forms import form_parts
from vedette.tenant.problems import Problem

# A plus sign of a zone offset arrives as a blank when the client did not encode it.
_BLANK_OFFSET = re.compile(r" (\d\d:?\d\d)$")


def arguments(
    operation: Operation[Any, Any],
    path: Mapping[str, str],
    query: tuple[tuple[str, str], ...],
    body: bytes,
    content_type: str = "",
) -> dict[str, object]:
    """The arguments by their Python names. Raises: Problem for what is missing, misspelt or of a wrong type."""
    values: dict[str, object] = {}
    by_wire = {name.lower(): value for name, value in query if not name.startswith("$")}
    is_form = operation.body_format == "multipart"
    members = _form(operation, body, content_type) if is_form else _members(operation, body)
    for parameter in operation.parameters:
        if parameter.where == "path":
            values[parameter.name] = _from_text(parameter, path.get(parameter.name))
        elif parameter.where == "query":
            text = path.get(parameter.name, by_wire.get(parameter.wire.lower()))
            if text is not None or parameter.is_required:
                values[parameter.name] = _from_text(parameter, text)
        elif parameter.where == "body" and members.get(parameter.wire) is not None:
            read = _from_part if is_form else _from_json
            values[parameter.name] = read(parameter, members[parameter.wire])
        elif parameter.where == "body" and parameter.is_required:
            raise Problem("MissingRequiredParameter", name=parameter.wire)
    if members.keys() - {p.wire for p in operation.parameters if p.where == "body"}:
        raise Problem("InvalidRequestBody")
    return values


def _members(operation: Operation[Any, Any], body: bytes) -> Mapping[str, object]:
    if not operation.has_body:
        return {}
    if not body.strip() and not any(p.is_required for p in operation.parameters if p.where == "body"):
        return {}
    try:
        members = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise Problem("InvalidRequestBody") from None
    if not isinstance(members, dict):
        raise Problem("InvalidRequestBody")
    return members


def _form(operation: Operation[Any, Any], body: bytes, content_type: str) -> Mapping[str, object]:
    """The parts by their declared names: the page's table and its sample write them in different letter case."""
    names = {p.wire.lower(): p.wire for p in operation.parameters if p.where == "body"}
    try:
        return {names.get(name.lower(), name): value for name, value in form_parts(body, content_type)}
    except ValueError:
        raise Problem("InvalidRequestBody") from None


def _from_part(parameter: Parameter, value: object) -> object:
    """A file where one is declared, and text everywhere else; an empty text is as good as none."""
    if isinstance(value, Upload) != (parameter.annotation is Upload):
        raise Problem("InvalidRequestBody")
    if isinstance(value, Upload):
        return value
    text = str(value)
    if bool in get_args(parameter.annotation):  # `True`, as command lines write it
        text = text.lower()
    return _from_text(parameter, text) if text else parameter.default


def _from_text(parameter: Parameter, text: str | None) -> object:
    if text is None or text == "":
        raise Problem("MissingRequiredParameter", name=parameter.wire)
    if parameter.members:
        return _member(parameter, text)
    try:
        value = msgspec.convert(_BLANK_OFFSET.sub(r"+\1", text), parameter.annotation, strict=False)
    except msgspec.ValidationError:
        raise Problem("InvalidInput", input=f"{parameter.wire}: {_shown(text)}") from None
    return _aware(value)


def _from_json(parameter: Parameter, value: object) -> object:
    if parameter.members and isinstance(value, str):
        return _member(parameter, value)
    try:
        return _aware(msgspec.convert(_listed(parameter.annotation, value), parameter.annotation))
    except msgspec.ValidationError:
        raise Problem("InvalidRequestBody") from None


def _listed(annotation: Any, value: Any) -> Any:  # Any: a type expression, and JSON
    """The value with texts made lists where `COMMAS` allows a text for a list."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        if COMMAS in inner[1:] and isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return _listed(inner[0], value)
    if origin in (Union, UnionType):
        for part in inner:
            value = _listed(part, value)
    elif origin in (list, Sequence) and isinstance(value, list):
        return [_listed(inner[0], each) for each in value]
    elif isinstance(annotation, type) and issubclass(annotation, Complex) and isinstance(value, dict):
        hints = _hints(annotation)
        return {name: _listed(hints.get(name), each) for name, each in value.items()}
    return value


@functools.cache
def _hints(kind: type[Complex]) -> Mapping[str, Any]:  # Any: type expressions
    hints = get_type_hints(kind, include_extras=True)
    wires = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return {wire: hints[name] for name, wire in wires}


def _member(parameter: Parameter, text: str) -> str:
    if text not in parameter.members:
        raise Problem(
            "InvalidInput", input=f"{parameter.wire}: {_shown(text)}; expected one of {', '.join(parameter.members)}"
        )
    return text


def _aware(value: object) -> object:
    """A time without a zone is UTC, as everywhere in the API."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _shown(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}…"
