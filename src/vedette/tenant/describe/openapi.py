"""The OpenAPI 3.1 description of the Defender API, made from the catalogue: served at `/api/openapi.json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from vedette.catalogue.clouds import cloud
from vedette.catalogue.entity import OBJECT, Complex, Property, describe, reachable
from vedette.catalogue.operation import NO_ODATA, OData, Operation, Parameter, Upload
from vedette.catalogue.permission import DEFENDER
from vedette.catalogue.resources import RESOURCES, operations
from vedette.catalogue.service_errors import SERVICE_ERRORS

Json = dict[str, Any]  # Any: a JSON document

_EDM_SCHEMA: Mapping[str, Json] = {
    "Edm.String": {"type": "string"},
    "Edm.Boolean": {"type": "boolean"},
    "Edm.Int32": {"type": "integer", "format": "int32"},
    "Edm.Int64": {"type": "integer", "format": "int64"},
    "Edm.Byte": {"type": "integer", "minimum": 0, "maximum": 255},
    "Edm.Single": {"type": "number", "format": "float"},
    "Edm.Double": {"type": "number", "format": "double"},
    "Edm.Decimal": {"type": "number"},
    "Edm.DateTimeOffset": {"type": "string", "format": "date-time"},
    "Edm.TimeOfDay": {"type": "string"},
    "Edm.Guid": {"type": "string", "format": "uuid"},
    OBJECT: {"type": "object"},
}
_EVERYWHERE = ("Unauthorized", "Forbidden", "NotFound", "TooManyRequests", "InternalServerError")
"""Codes that any operation may answer, by the page on common errors."""
_OPTION_SCHEMA: Mapping[str, Json] = {
    "filter": {"type": "string"},
    "top": {"type": "integer", "minimum": 0},
    "skip": {"type": "integer", "minimum": 0},
    "expand": {"type": "string"},
    "orderby": {"type": "string"},
    "select": {"type": "string"},
    "count": {"type": "boolean"},
}


def openapi(server: str | None = None) -> Json:
    """The whole document. `server`: the origin to call; the commercial cloud's where not given."""
    declared = list(operations(DEFENDER))
    paths: dict[str, Json] = {}
    for operation in declared:
        paths.setdefault(operation.wire_path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Microsoft Defender for Endpoint API",
            "version": "1.0",
            "description": "As the public documentation describes it. Not published by or affiliated with Microsoft.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server or cloud("commercial").api_base}],
        "security": [{"entra": []}],
        "tags": [
            {"name": name, "description": (resource.__doc__ or "").strip()}
            for name, resource in RESOURCES.items()
            if resource.API is DEFENDER
        ],
        "paths": paths,
        "components": {
            "schemas": {"Error": _ERROR}
            | {kind.__name__: _entity(kind) for kind in reachable(op.entity for op in declared)}
            | {kind.__name__: _asked(kind) for kind in _asked_types(declared)},
            "responses": {code: _error(code) for code in sorted(SERVICE_ERRORS)},
            "securitySchemes": {"entra": _security()},
        },
    }


def _operation(operation: Operation[Any, Any]) -> Json:
    parameters = [_parameter(operation, p) for p in operation.parameters if p.where != "body"]
    described: Json = {
        "operationId": operation.id,
        "tags": [operation.resource],
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {str(operation.answers): _answer(operation), **_errors(operation)},
        "x-permissions": {"application": list(operation.application), "delegated": list(operation.delegated)},
        "x-user-role": operation.user_role,
        "x-limits": {"calls-per-minute": operation.limits.minute, "calls-per-hour": operation.limits.hour},
        "x-basis": operation.basis,
        "x-preview": operation.preview,
    }
    if operation.source:
        described["externalDocs"] = {"url": operation.source}
    if operation.notes:
        described["description"] = " ".join(operation.notes)
    body = [p for p in operation.parameters if p.where == "body"]
    if body:
        required = [p.wire for p in body if p.is_required]
        schema = {
            "type": "object",
            "properties": {p.wire: _typed(p) for p in body},
            "required": required,
            "additionalProperties": False,
        }
        media = "multipart/form-data" if operation.body_format == "multipart" else "application/json"
        described["requestBody"] = {"required": bool(required), "content": {media: {"schema": schema}}}
    return described


def _parameter(operation: Operation[Any, Any], parameter: Parameter) -> Json:
    if parameter.where == "option":
        return {
            "name": parameter.wire,
            "in": "query",
            "schema": _OPTION_SCHEMA[parameter.name] | _bounds(operation.odata, parameter.name),
            "description": _option_text(operation, parameter.name),
        }
    where = "path" if parameter.where == "path" else "query"
    return {"name": parameter.wire, "in": where, "required": parameter.is_required, "schema": _typed(parameter)}


def _bounds(odata: OData, option: str) -> Json:
    return {"maximum": odata.top} if option == "top" and odata.top else {}


def _option_text(operation: Operation[Any, Any], option: str) -> str:
    odata = operation.odata if operation.odata != NO_ODATA else OData()
    if option == "filter":
        names = odata.filter if isinstance(odata.filter, tuple) else _filterable(operation)
        return f"OData filter over {', '.join(names)}."
    if option == "expand":
        return f"OData expand: {', '.join(odata.expand)}."
    stated = option in ("top", "skip") and (odata.top or odata.skip or odata.skip_token)
    return f"OData {option}." if stated else f"OData {option}; used by clients, stated on no page."


def _filterable(operation: Operation[Any, Any]) -> tuple[str, ...]:
    return tuple(p.wire for p in describe(operation.entity) if p.is_filterable) if operation.entity else ()


def _typed(parameter: Parameter) -> Json:
    if parameter.members:
        return {"type": "string", "enum": list(parameter.members)}
    return _hint(parameter.annotation)


def _hint(hint: Any) -> Json:  # hint: a type expression
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *notes = get_args(hint)
        return _hint(inner) | _bounded(notes)
    if origin in (Union, UnionType):
        options = [_hint(part) for part in get_args(hint) if part is not NoneType]
        return options[0] if len(options) == 1 else {"oneOf": options}
    if origin is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if origin is not None:
        return {"type": "array", "items": _hint(get_args(hint)[0])}
    if issubclass(hint, Complex):
        return {"$ref": f"#/components/schemas/{hint.__name__}"}
    simple: Mapping[object, Json] = {
        Upload: {"type": "string", "contentMediaType": "application/octet-stream"},
        str: {"type": "string"},
        bool: {"type": "boolean"},
        int: {"type": "integer"},
        float: {"type": "number"},
        datetime: {"type": "string", "format": "date-time"},
    }
    return simple[hint]


def _bounded(notes: Iterable[object]) -> Json:
    bounds = next((note for note in notes if isinstance(note, msgspec.Meta)), None)
    named = {} if bounds is None else {"minimum": bounds.ge, "maximum": bounds.le}
    return {name: value for name, value in named.items() if value is not None}


def _asked_types(declared: Iterable[Operation[Any, Any]]) -> Iterator[type[Complex]]:
    """Types that requests carry and no answer does."""
    answered = {kind.__name__ for kind in reachable(operation.entity for operation in declared)}
    pending = [p.annotation for operation in declared for p in operation.parameters if p.where == "body"]
    seen: set[str] = set()
    while pending:
        hint = pending.pop()
        pending += [part for part in get_args(hint) if not isinstance(part, str)]
        if isinstance(hint, type) and issubclass(hint, Complex) and hint.__name__ not in answered | seen:
            seen.add(hint.__name__)
            yield hint
            pending += get_type_hints(hint, include_extras=True).values()


def _asked(kind: type[Complex]) -> Json:
    fields = msgspec.structs.fields(kind)
    properties = {field.encode_name: _hint(field.type) for field in fields}
    tag = kind.__struct_config__.tag
    if tag is not None:
        properties[str(kind.__struct_config__.tag_field)] = {"type": "string", "const": tag}
    required = [field.encode_name for field in fields if field.required]
    return {
        "type": "object",
        "description": (kind.__doc__ or "").strip(),
        "properties": properties,
        "required": [*required, *([str(kind.__struct_config__.tag_field)] if tag is not None else [])],
    }


def _answer(operation: Operation[Any, Any]) -> Json:
    if operation.returns is None:
        return {"description": "Done; the answer has no body."}
    if operation.answer_format == "xml":
        return {"description": operation.summary, "content": {"application/xml": {"schema": {"type": "string"}}}}
    entity = operation.entity
    schema: Json = {"type": "string"} if entity is None else {"$ref": f"#/components/schemas/{entity.__name__}"}
    if operation.is_listing or operation.in_value:
        members: Json = {"@odata.context": {"type": "string"}, "value": {"type": "array", "items": schema}}
        members |= {"@odata.nextLink": {"type": "string", "format": "uri"}, "@odata.count": {"type": "integer"}}
        schema = {"type": "object", "properties": members, "required": ["value"]}
    elif entity is None:
        schema = {"type": "object", "properties": {"value": schema}, "required": ["value"]}
    return {"description": operation.summary, "content": {"application/json": {"schema": schema}}}


def _errors(operation: Operation[Any, Any]) -> Json:
    by_status: dict[str, list[str]] = {}
    wrong = ("InvalidInput", *(("InvalidRequestBody", "MissingRequiredParameter") if operation.has_body else ()))
    odata = ("ODataError",) if operation.entity is not None else ()
    for code in dict.fromkeys((*operation.errors, *wrong, *odata, *_EVERYWHERE)):
        by_status.setdefault(str(SERVICE_ERRORS[code].status), []).append(code)
    return {
        status: {"$ref": f"#/components/responses/{codes[0]}"} if len(codes) == 1 else _one_of(codes)
        for status, codes in sorted(by_status.items())
    }


def _one_of(codes: list[str]) -> Json:
    return {
        "description": " ".join(f"{code}: {SERVICE_ERRORS[code].meaning}" for code in codes),
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


def _error(code: str) -> Json:
    described = _one_of([code])
    if code == "TooManyRequests":
        described["headers"] = {
            "Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."}
        }
    return described


_ERROR: Json = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "target": {"type": "string", "description": "Id of the failed request."},
            },
            "required": ["code", "message", "target"],
        }
    },
    "required": ["error"],
}


def _entity(kind: type[Complex]) -> Json:
    return {
        "type": "object",
        "description": (kind.__doc__ or "").strip(),
        "properties": {p.wire: _property(p) for p in describe(kind)},
    }


def _property(declared: Property) -> Json:
    if declared.complex_type is not None:
        schema: Json = {"$ref": f"#/components/schemas/{declared.complex_type.__name__}"}
    else:
        schema = dict(_EDM_SCHEMA[declared.edm])
    if declared.members:
        schema["x-members"] = list(declared.members)
    if declared.is_collection:
        return {"type": "array", "items": schema}
    return {"anyOf": [schema, {"type": "null"}]} if declared.is_nullable else schema


def _security() -> Json:
    authority = cloud("commercial").authority
    token = f"{authority}/common/oauth2/v2.0/token"
    scopes = {f"{DEFENDER.audience}/{p.value}": p.user_description for p in DEFENDER.scopes.values()}
    return {
        "type": "oauth2",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": f"{authority}/common/oauth2/v2.0/authorize",
                "tokenUrl": token,
                "scopes": scopes,
            },
            "clientCredentials": {
                "tokenUrl": token,
                "scopes": {f"{DEFENDER.audience}/.default": "Every application permission that was granted."},
            },
        },
    }
