"""How an operation is declared: a typed Python signature with the facts about it beside.

`Operation` is a descriptor. Read from a class it is the declaration itself (`Alerts.get.path`); read from a resource of
a client it is the call: blocking on `Alerts[Sync]`, awaitable on `Alerts[Async]`, `Paged` or `AsyncPaged` for a
`Listing`. Routes, permission checks, rate limits, descriptions, command line and reference pages read the same
declaration.

The bodies of declared functions are never run; they `raise Declared` so that type checkers accept them.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)
from urllib.parse import quote

from vedette.catalogue.entity import NAMESPACE, Complex, Entity, declared_types
from vedette.catalogue.limits import NO_FIGURE, PerCaller
from vedette.catalogue.page import AsyncPaged, Paged
from vedette.catalogue.permission import DEFENDER, Resource

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Sync:
    """Marks resources of the blocking client."""


class Async:
    """Marks resources of the asynchronous client."""


M = TypeVar("M", Sync, Async)

Method = Literal["GET", "POST", "PATCH", "DELETE"]
Basis = Literal["documentation", "service schema", "client practice"]
BodyNames = Literal["camel", "pascal"]
BodyFormat = Literal["json", "multipart"]
AnswerFormat = Literal["json", "xml"]
Where = Literal["path", "query", "option", "body"]
OPTIONS = ("filter", "top", "skip", "expand", "orderby", "select", "count")
"""Parameters that are OData query options; on the wire they carry a `$`."""


SERVICE_SCHEMA = "https://api.securitycenter.microsoft.com/api/$metadata"
"""Source of what only the service's own schema declares."""
ASSUMED = "In the service's schema and on no page: permissions are those of its siblings, behaviour is assumed."
"""Note of every operation that only the schema declares."""
SEEN_IN_CLIENTS = "Seen in use by clients, on no page: permissions are those of its siblings, behaviour is assumed."
"""Note of every operation that is known from clients alone."""


class Declared(Exception):
    """Raised by the body of a declared operation, which is never run."""


class FilterExpression(Protocol):
    """Anything that renders itself as the text of a `$filter`, such as `vedette.odata.field(…) == …`."""

    def to_odata(self) -> str:
        """The text of the filter, not yet percent-encoded."""
        ...


Filter = str | FilterExpression


class Wire:
    """A wire name that the naming rule of the operation does not give: `Annotated[int, Wire("lookBackHours")]`."""

    def __init__(self, name: str, where: Where | None = None) -> None:
        self.name = name
        self.where = where


class Commas:
    """Marks a list that a request may write as one text with commas as well: `Annotated[Sequence[str], COMMAS]`."""

    def __repr__(self) -> str:
        return "COMMAS"


COMMAS = Commas()


@dataclass(frozen=True, slots=True)
class OData:
    """What a page says about query options. `$orderby`, `$select` and `$count` stand on no page; clients use them."""

    filter: tuple[str, ...] | bool = False
    """True: the properties that the entity marks as filterable. A tuple: these wire names instead."""
    top: int | None = None
    """Largest `$top`, and the page size where `page_size` states none."""
    skip: bool = False
    expand: tuple[str, ...] = ()
    page_size: int | None = None
    """Rows on a page of a request that does not say how many."""
    skip_token: bool = False
    """The next link carries `$skiptoken`, and the request may ask for a `pageSize`."""
    note: str = ""


NO_ODATA = OData()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a request: its name and what is in it."""

    name: str
    content: bytes = field(repr=False)

    @staticmethod
    def of(path: str | os.PathLike[str]) -> Upload:
        """A file of this machine, under its own name. Raises: OSError."""
        return Upload(Path(path).name, Path(path).read_bytes())


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of an operation."""

    name: str
    wire: str
    where: Where
    annotation: Any  # Any: a type expression, as msgspec takes it
    is_required: bool
    default: object
    members: tuple[str, ...]
    """Values that a closed set allows; empty for open types."""


@dataclass(frozen=True)
class Operation(Generic[P, R]):
    """One declared operation. Not constructed by hand: see `GET`, `POST`, `PATCH`, `DELETE`, `LIST`, `POST_LIST`."""

    function: Callable[..., object]
    method: Method
    template: str
    application: tuple[str, ...]
    delegated: tuple[str, ...]
    user_role: str | None
    limits: PerCaller
    answers: int
    source: str
    basis: Basis
    preview: bool
    odata: OData
    context: str | None
    body_names: BodyNames
    body_format: BodyFormat
    answer_format: AnswerFormat
    in_value: bool
    """The one entity of the answer stands in a list under `value`."""
    errors: tuple[str, ...]
    notes: tuple[str, ...]
    resource: str = field(default="", init=False)
    base: str = field(default="", init=False)
    name: str = field(default="", init=False)
    api: Resource = field(default=DEFENDER, init=False)
    """What tokens for it have to be for."""

    is_listing = False

    def __set_name__(self, owner: type[Operations[Any]], name: str) -> None:
        told = {"name": name, "resource": owner.RESOURCE, "base": owner.BASE, "api": owner.API}
        for attribute, value in told.items():
            object.__setattr__(self, attribute, value)

    @overload
    def __get__(self, instance: None, owner: object) -> Operation[P, R]: ...
    @overload
    def __get__(self, instance: Operations[Sync], owner: object) -> Callable[P, R]: ...
    @overload
    def __get__(self, instance: Operations[Async], owner: object) -> Callable[P, Awaitable[R]]: ...
    def __get__(self, instance: Operations[Any] | None, owner: object) -> Any:  # Any: the overloads say what
        return self if instance is None else _bound(self, instance)

    # -- what is derived from the signature -----------------------------------------------------------------------

    @property
    def id(self) -> str:
        """`alerts.list`: resource and method, unique in the catalogue."""
        return f"{self.resource}.{self.name}"

    @property
    def path(self) -> str:
        """The documented path, such as `/api/alerts/{id}`."""
        return f"{self.base}/{self.template}" if self.template else self.base

    @functools.cached_property
    def wire_path(self) -> str:
        """The path with the names that the documentation gives its parts: `/api/vulnerabilities/{cveId}`."""
        names = {parameter.name: f"{{{parameter.wire}}}" for parameter in self.parameters if parameter.where == "path"}
        return self.path.format(**names)

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return inspect.getdoc(self.function).partition("\n")[0] if self.function.__doc__ else ""  # type: ignore[union-attr]  # has a docstring

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """The declared signature without `self`."""
        signature = inspect.signature(self.function)
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    @functools.cached_property
    def _hints(self) -> Mapping[str, Any]:  # Any: type expressions
        # Resources point at each other's entities, so a module may name a type that it cannot import.
        return get_type_hints(self.function, localns=declared_types(), include_extras=True)

    @functools.cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The arguments with their wire names, in the order of the signature."""
        in_path = set(re.findall(r"{(\w+)}", self.template))
        return tuple(self._parameter(p, in_path) for p in self.signature.parameters.values())

    def _parameter(self, parameter: inspect.Parameter, in_path: set[str]) -> Parameter:
        hint = self._hints[parameter.name]
        given = next((note for note in get_args(hint)[1:] if isinstance(note, Wire)), None)
        where: Where
        if parameter.name in in_path:
            where, wire = "path", parameter.name
        elif given is not None and given.where is not None:
            where, wire = given.where, given.name
        elif parameter.name in OPTIONS and (self.is_listing or self.odata != NO_ODATA):
            where, wire = "option", f"${parameter.name}"
        elif self.method in ("POST", "PATCH"):
            where, wire = "body", wire_name(parameter.name, self.body_names)
        else:
            where, wire = "query", wire_name(parameter.name, "camel")
        return Parameter(
            name=parameter.name,
            wire=given.name if given else wire,
            where=where,
            annotation=hint,
            is_required=parameter.default is inspect.Parameter.empty,
            default=None if parameter.default is inspect.Parameter.empty else parameter.default,
            members=_literal_members(hint),
        )

    @functools.cached_property
    def returns(self) -> Any:  # Any: a type expression; the item type for a listing, None for no body
        """The type of the answer: an entity, `str` for a bare value, `None` for an empty answer."""
        hint = self._hints["return"]
        return None if hint is NoneType else hint

    @property
    def entity(self) -> type[Complex] | None:
        """The struct in the answer, where it has one."""
        returns = self.returns
        return returns if isinstance(returns, type) and issubclass(returns, Complex) else None

    @property
    def odata_context(self) -> str | None:
        """The fragment after `$metadata` in `@odata.context`; None where the answer carries no context."""
        if self.context is not None:
            return self.context or None
        entity = self.entity
        if entity is None:
            return None
        if issubclass(entity, Entity) and entity.ENTITY_SET:
            return f"#{entity.ENTITY_SET}" if self.is_listing else f"#{entity.ENTITY_SET}/$entity"
        name = f"{NAMESPACE}.{entity.__name__}"
        return f"#Collection({name})" if self.is_listing else f"#{name}"

    @property
    def has_body(self) -> bool:
        """Whether a request carries a body."""
        return any(parameter.where == "body" for parameter in self.parameters)

    def bind(self, *args: P.args, **kwargs: P.kwargs) -> Arguments:
        """The request that a call with these arguments makes. Raises: TypeError, as a function would."""
        bound = self.signature.bind(*args, **kwargs)
        return Arguments.of(self, bound.arguments)

    def __repr__(self) -> str:
        return f"<{self.id}: {self.method} {self.path}>"


class Listing(Operation[P, T]):
    """An operation that answers a collection in pages."""

    is_listing = True

    @overload  # type: ignore[override]  # a listing gives pages where another operation gives one answer
    def __get__(self, instance: None, owner: object) -> Listing[P, T]: ...
    @overload
    def __get__(self, instance: Operations[Sync], owner: object) -> Callable[P, Paged[T]]: ...
    @overload
    def __get__(self, instance: Operations[Async], owner: object) -> Callable[P, AsyncPaged[T]]: ...
    def __get__(self, instance: Operations[Any] | None, owner: object) -> Any:  # Any: the overloads say what
        return self if instance is None else _bound(self, instance)

    @functools.cached_property
    def returns(self) -> Any:  # Any: a type expression
        """The item type: declared functions are annotated `-> Sequence[Item]`."""
        return get_args(self._hints["return"])[0]


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call as it goes over the wire: nothing here is percent-encoded except the path."""

    path: str
    query: tuple[tuple[str, str], ...]
    body: Mapping[str, object] | None

    @staticmethod
    def of(operation: Operation[Any, Any], values: Mapping[str, object]) -> Arguments:
        """Put each argument where it belongs; arguments that are None or empty collections of options are left out."""
        path: dict[str, str] = {}
        query: list[tuple[str, str]] = []
        body: dict[str, object] = {}
        for parameter in operation.parameters:
            value = values.get(parameter.name, parameter.default)
            if parameter.where == "path":
                text = _text(value)
                if not text:
                    raise ValueError(f"{operation.id}: {parameter.name} must not be empty")
                if f"'{{{parameter.name}}}'" in operation.template:  # a string literal of an OData function call
                    text = text.replace("'", "''")
                path[parameter.name] = quote(text, safe=":@")
            elif value is None:
                continue
            elif parameter.where == "body":
                body[parameter.wire] = value
            elif text := _text(value):
                query.append((parameter.wire, text))
        template = operation.path
        return Arguments(
            path=template.format(**path) if path else template,
            query=tuple(query),
            body=body if operation.has_body else None,
        )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return to_wire_time(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return ",".join(map(_text, value))
    if hasattr(value, "to_odata"):
        return cast("FilterExpression", value).to_odata()
    return str(value)


def to_wire_time(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`. Raises: ValueError for a naive time, which would be anybody's guess."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; pass an aware datetime such as datetime.now(UTC)")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def wire_name(name: str, names: BodyNames) -> str:
    """`isolation_type` → `isolationType` or `IsolationType`."""
    head, *tail = name.split("_")
    camel = head + "".join(part.capitalize() for part in tail)
    return camel if names == "camel" else camel[:1].upper() + camel[1:]


def _literal_members(hint: Any) -> tuple[str, ...]:  # hint: any annotation
    origin = get_origin(hint)
    if origin is Literal:
        return tuple(map(str, get_args(hint)))
    if origin in (Annotated, Union, UnionType):
        for part in get_args(hint):
            if members := _literal_members(part):
                return members
    return ()


# -- declaring ---------------------------------------------------------------------------------------------------------


class Invoker(Protocol):
    """What a client gives its resources: something that carries a call out."""

    # Any: what the operation answers.
    def __call__(self, operation: Operation[Any, Any], arguments: Arguments, /) -> Any: ...


class Operations(Generic[M]):
    """The operations of one resource: `class Alerts(Operations[M], base="/api/alerts")`."""

    BASE: str = ""
    RESOURCE: str = ""
    API: Resource = DEFENDER

    def __init_subclass__(cls, *, base: str, resource: str, api: Resource = DEFENDER, **kwargs: object) -> None:
        # Runs after __set_name__ of the descriptors, so each is told again where it lives.
        cls.BASE, cls.RESOURCE, cls.API = base, resource, api
        super().__init_subclass__(**kwargs)
        for name, value in vars(cls).items():
            if isinstance(value, Operation):
                value.__set_name__(cls, name)

    def __init__(self, invoke: Invoker) -> None:
        self._invoke = invoke

    @classmethod
    def operations(cls) -> Iterator[Operation[Any, Any]]:
        """The declared operations, in declaration order, those of the class itself first."""
        return (value for kind in cls.__mro__ for value in vars(kind).values() if isinstance(value, Operation))


def _bound(operation: Operation[Any, Any], instance: Operations[Any]) -> Callable[..., Any]:  # Any: see __get__
    invoke = instance._invoke

    @functools.wraps(operation.function)
    def call(*args: Any, **kwargs: Any) -> Any:  # Any: checked by the signature
        return invoke(operation, operation.bind(*args, **kwargs))

    call.__signature__ = operation.signature  # type: ignore[attr-defined]  # read by inspect.signature
    return call


def _names(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


class _Operation(Protocol):
    def __call__(self, function: Callable[Concatenate[Any, P], R], /) -> Operation[P, R]: ...


class _Listing(Protocol):
    def __call__(self, function: Callable[Concatenate[Any, P], Sequence[T]], /) -> Listing[P, T]: ...


D = TypeVar("D", _Operation, _Listing)


class _Declare(Generic[D]):
    """Declares operations of one kind and method: `@GET("{id}", application=…, source=…)`."""

    def __init__(self, kind: type[Operation[Any, Any]], method: Method) -> None:
        self._kind = kind
        self._method = method

    def __call__(
        self,
        template: str = "",
        *,
        application: str | Sequence[str] = (),
        delegated: str | Sequence[str] = (),
        user_role: str | None = None,
        limits: PerCaller = NO_FIGURE,
        answers: int = 200,
        source: str = "",
        basis: Basis = "documentation",
        preview: bool = False,
        odata: OData = NO_ODATA,
        context: str | None = None,
        body_names: BodyNames = "camel",
        body_format: BodyFormat = "json",
        answer_format: AnswerFormat = "json",
        in_value: bool = False,
        errors: Sequence[str] = (),
        notes: Sequence[str] = (),
    ) -> D:
        def declare(function: Callable[..., object]) -> Operation[Any, Any]:
            return self._kind(
                function=function,
                method=self._method,
                template=template,
                application=_names(application),
                delegated=_names(delegated),
                user_role=user_role,
                limits=limits,
                answers=answers,
                source=source,
                basis=basis,
                preview=preview,
                odata=odata,
                context=context,
                body_names=body_names,
                body_format=body_format,
                answer_format=answer_format,
                in_value=in_value,
                errors=tuple(errors),
                notes=tuple(notes),
            )

        return cast("D", declare)


GET = _Declare[_Operation](Operation, "GET")
POST = _Declare[_Operation](Operation, "POST")
PATCH = _Declare[_Operation](Operation, "PATCH")
DELETE = _Declare[_Operation](Operation, "DELETE")
LIST = _Declare[_Listing](Listing, "GET")
POST_LIST = _Declare[_Listing](Listing, "POST")
