"""Query options of one request as one typed value, and back as a query string.

`parse_options` reads decoded pairs of name and value, once, at the edge. What the service does not offer is refused
here; nothing is silently left out of an answer. Pages and links are the tenant's work: it changes `skip` or
`skiptoken` with `dataclasses.replace` and prints the rest as it was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from vedette.odata.binder import bind
from vedette.odata.bound import Bound, Compare
from vedette.odata.errors import ODataError, ODataSyntaxError, TypeMismatch, UnsupportedOption
from vedette.odata.lexer import check_text
from vedette.odata.model import ComplexType, EntityModel, nearest
from vedette.odata.parser import parse_filter
from vedette.odata.printing import print_filter
from vedette.odata.tree import Comparison, Literal, Node, Path

OFFERED = ("$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count", "$skiptoken", "$format")
_REFUSED = ("$search", "$apply", "$compute", "$index", "$schemaversion", "$deltatoken", "$levels", "$id")

MAX_TERMS = 64
"""Items in one `$orderby`, `$select` or `$expand`."""

_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Filter:
    """A `$filter`: as it was meant (`bound`) and in canonical words (`text`)."""

    text: str
    bound: Bound


@dataclass(frozen=True, slots=True)
class OrderBy:
    """One term of `$orderby`."""

    text: str
    by: Bound
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.text} desc" if self.descending else self.text


@dataclass(frozen=True, slots=True)
class Expand:
    """One item of `$expand` and the options that hold for what it expands to."""

    name: str
    options: Options = field(default_factory=lambda: Options())

    def __str__(self) -> str:
        inner = ";".join(f"{name}={value}" for name, value in self.options.pairs())
        return f"{self.name}({inner})" if inner else self.name


@dataclass(frozen=True, slots=True)
class Options:
    """What a request asked for. Names are wire names, whatever case they were written in.

    `select` is None when everything is wanted; its paths use `/`. `custom` holds the options whose names do not begin
    with `$`, in the order they came; they are the operation's own parameters.
    """

    filter: Filter | None = None
    orderby: tuple[OrderBy, ...] = ()
    select: tuple[str, ...] | None = None
    expand: tuple[Expand, ...] = ()
    top: int | None = None
    skip: int | None = None
    count: bool = False
    skiptoken: str | None = None
    custom: tuple[tuple[str, str], ...] = ()

    def expands(self, name: str) -> bool:
        return any(item.name == name for item in self.expand)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Names and values, decoded; parsing them gives these options again."""
        if self.filter is not None:
            yield "$filter", self.filter.text
        if self.orderby:
            yield "$orderby", ",".join(map(str, self.orderby))
        if self.select is not None:
            yield "$select", ",".join(self.select)
        if self.expand:
            yield "$expand", ",".join(map(str, self.expand))
        if self.count:
            yield "$count", "true"
        if self.top is not None:
            yield "$top", str(self.top)
        if self.skip is not None:
            yield "$skip", str(self.skip)
        if self.skiptoken is not None:
            yield "$skiptoken", self.skiptoken
        yield from self.custom

    def to_query(self) -> str:
        """The query string without its `?`, percent-encoded; empty when nothing was asked."""
        return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in self.pairs())

    def pick(self, entity: dict[str, Any]) -> dict[str, Any]:  # Any: a wire entity
        """The selected part of an entity in wire form, in the entity's order. Annotations (`@…`) stay."""
        return entity if self.select is None else _picked(entity, self.select)


def parse_options(pairs: Iterable[tuple[str, str]], model: ComplexType, *, max_top: int | None = None) -> Options:
    """Reads query options, given as decoded pairs, against a model.

    Raises: ODataError, naming the option; `$top` beyond `max_top` is one.
    """
    values: dict[str, str] = {}
    custom: list[tuple[str, str]] = []
    for name, value in pairs:
        if not name.startswith("$"):
            custom.append((name, value))
            continue
        option = name.lower()
        if option not in OFFERED:
            raise _not_offered(name)
        if option in values:
            raise ODataSyntaxError(f"{option} was given more than once", option=option)
        values[option] = value
    return replace(_read(values, model, max_top), custom=tuple(custom))


def _read(values: dict[str, str], model: ComplexType, max_top: int | None) -> Options:
    read: dict[str, Any] = {}  # Any: one type per option
    for option, value in values.items():
        try:
            match option:
                case "$filter":
                    read["filter"] = _filter(value, model)
                case "$orderby":
                    read["orderby"] = _orderby(value, model)
                case "$select":
                    read["select"] = _select(value, model)
                case "$expand":
                    read["expand"] = _expand(value, model)
                case "$top":
                    read["top"] = _number(value, max_top)
                case "$skip":
                    read["skip"] = _number(value, None)
                case "$count":
                    read["count"] = _truth(value)
                case "$skiptoken":
                    read["skiptoken"] = value
                case _:
                    _check_format(value)
        except ODataError as error:
            raise error.of_option(option) from None
    return Options(**read)


@lru_cache(maxsize=1024)
def _filter(text: str, model: ComplexType) -> Filter:
    node = parse_filter(text)
    return Filter(print_filter(node), bind(node, model, text=text))


def _not_offered(name: str) -> UnsupportedOption:
    option = name.lower()
    near = nearest(option, OFFERED)
    hint = f" Nearest: {near[0]}." if near and option not in _REFUSED else ""
    why = "is not offered by the service" if option in _REFUSED else "is not a query option"
    message = f"{name[:60]} {why}.{hint} Offered: {', '.join(OFFERED)}."
    return UnsupportedOption(message, allowed=OFFERED, nearest=near, option=name[:60])


def _number(text: str, maximum: int | None) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10 and int(digits) <= _LARGEST):
        message = f"'{text[:40]}' is not a whole number from 0 to {maximum or _LARGEST}"
        raise ODataSyntaxError(message, text=text, position=0, length=len(text))
    if maximum is not None and int(digits) > maximum:
        raise ODataError(f"at most {maximum} items are answered at a time", text=text, position=0, length=len(text))
    return int(digits)


def _truth(text: str) -> bool:
    folded = text.strip().lower()
    if folded not in ("true", "false"):
        message = f"'{text[:40]}' is neither true nor false"
        raise ODataSyntaxError(message, allowed=("true", "false"), text=text, position=0, length=len(text))
    return folded == "true"


def _check_format(text: str) -> None:
    if text.split(";")[0].strip().lower() not in ("json", "application/json"):
        raise UnsupportedOption("answers are JSON only", allowed=("json",), text=text, position=0, length=len(text))


def _orderby(text: str, model: ComplexType) -> tuple[OrderBy, ...]:
    terms: list[OrderBy] = []
    open_model = _unfiltered(model)
    for start, piece in _items(text):
        words = piece.rsplit(None, 1)
        direction = words[-1].lower() if len(words) == 2 else ""
        descending = direction == "desc"
        expression = words[0] if direction in ("asc", "desc") else piece
        try:
            node = parse_filter(expression)
            by = _ordering(node, open_model, expression)
        except ODataError as error:
            raise error.within(text, start) from None
        terms.append(OrderBy(_canonical(node, open_model), by, descending))
    return tuple(terms)


def _ordering(node: Node, model: ComplexType, text: str) -> Bound:
    """Binds an expression that is no condition, by comparing it with null, which fits everything."""
    compared = bind(Comparison("eq", node, Literal("null", None), node.span), model, text=text)
    by = compared.left if isinstance(compared, Compare) else compared
    if by.kind in ("complex", "duration"):
        message = f"'{text[:60]}' has no order; name one of its properties"
        raise TypeMismatch(message, text=text, position=0, length=len(text))
    return by


def _canonical(node: Node, model: ComplexType) -> str:
    return "/".join(_names(node.segments, model, "", 0)) if isinstance(node, Path) else print_filter(node)


def _select(text: str, model: ComplexType) -> tuple[str, ...] | None:
    selected: dict[str, None] = {}
    everything = False
    for start, piece in _items(text):
        if piece == "*":
            everything = True
            continue
        selected["/".join(_names(tuple(piece.split("/")), model, text, start))] = None
    return None if everything else tuple(selected)


def _names(segments: tuple[str, ...], model: ComplexType, text: str, position: int) -> list[str]:
    """Wire names along a path of complex properties. Raises: UnknownProperty."""
    names: list[str] = []
    owner: ComplexType | None = model
    for segment in segments:
        if segment in ("$it", "$count"):
            names.append(segment)
            continue
        if owner is None:
            message = f"'{'/'.join(names)}' has no properties to choose from"
            raise TypeMismatch(message, text=text, position=position, length=len(segment))
        name = segment.strip()
        if isinstance(owner, EntityModel) and (expanded := _expandable(owner, name)):
            names.append(expanded)
            owner = owner.target(expanded)
        else:
            names.append(owner.property(name, text=text, position=position).name)
            owner = _target(owner, name)
        position += len(segment) + 1
    return names


def _expandable(model: EntityModel, name: str) -> str | None:
    return next((each for each in model.expandable if each.lower() == name.lower()), None)


def _target(owner: ComplexType, name: str) -> ComplexType | None:
    inner = owner.property(name).type
    inner = getattr(inner, "of", inner)
    return inner if isinstance(inner, ComplexType) else None


def _expand(text: str, model: ComplexType) -> tuple[Expand, ...]:
    expandable = model.expandable if isinstance(model, EntityModel) else ()
    found: dict[str, Expand] = {}
    for start, piece in _items(text):
        name, opening, rest = piece.partition("(")
        name = name.strip()
        known = next((each for each in expandable if each.lower() == name.lower()), None)
        if known is None:
            near = nearest(name, expandable)
            offered = f"Expandable: {', '.join(expandable)}." if expandable else "Nothing can be expanded here."
            raise UnsupportedOption(
                f"{model.name} cannot expand '{name[:60]}'. {offered}",
                text=text,
                position=start,
                length=max(1, len(name)),
                allowed=expandable,
                nearest=near,
            )
        if known in found:
            raise ODataSyntaxError(f"'{known}' is expanded twice", text=text, position=start, length=len(name))
        inner = Options()
        if opening:
            if not rest.endswith(")"):
                message = f"')' is missing after the options of '{known}'"
                raise ODataSyntaxError(message, text=text, position=start + len(piece))
            offset = start + piece.index("(") + 1
            inner = _nested(rest[:-1], known, model, text, offset)
        found[known] = Expand(known, inner)
    return tuple(found.values())


def _nested(options: str, name: str, model: ComplexType, text: str, offset: int) -> Options:
    target = model.target(name) if isinstance(model, EntityModel) else None
    if target is None:
        message = f"'{name}' takes no options"
        raise UnsupportedOption(message, text=text, position=offset, length=max(1, len(options)))
    values: dict[str, str] = {}
    starts: dict[str, int] = {}
    for start, piece in _split(options, ";"):
        option, equals, value = piece.partition("=")
        option = option.strip().lower()
        if not equals:
            message = "an option inside $expand is written $name=value"
            raise ODataSyntaxError(message, text=text, position=offset + start, length=max(1, len(piece)))
        if option not in OFFERED[:7]:
            raise _not_offered(option).within(text, offset)
        if option in values:
            raise ODataSyntaxError(f"{option} was given more than once", text=text, position=offset + start)
        values[option] = value
        starts[option] = offset + start + piece.index("=") + 1
    try:
        return _read(values, _unfiltered(target), None)
    except ODataError as error:
        raise error.within(text, starts.get(error.option or "", offset)) from None


@lru_cache(maxsize=256)
def _unfiltered(model: ComplexType) -> ComplexType:
    """The model with every property open: filterability is a fact of a listing's `$filter` alone."""
    return replace(model, properties=tuple(replace(prop, filterable=True) for prop in model.properties))


def _items(text: str) -> list[tuple[int, str]]:
    """The comma-separated items of a list, each with its place. Raises: ODataSyntaxError for an empty one."""
    check_text(text)
    pieces = _split(text, ",")
    for start, piece in pieces:
        if not piece:
            raise ODataSyntaxError("an item is missing", text=text, position=start)
    if len(pieces) > MAX_TERMS:
        raise ODataError(f"at most {MAX_TERMS} items are read", text=text, position=pieces[MAX_TERMS][0])
    return pieces


def _split(text: str, separator: str) -> list[tuple[int, str]]:
    """Splits at separators outside quotes and parentheses; each piece is stripped and keeps its place."""
    pieces: list[tuple[int, str]] = []
    start = depth = 0
    is_quoted = False
    for at, character in enumerate(text + separator):
        if at == len(text) or (character == separator and depth <= 0 and not is_quoted):
            piece = text[start:at]
            stripped = piece.strip()
            pieces.append((start + len(piece) - len(piece.lstrip()), stripped))
            start = at + 1
        elif character == "'":
            is_quoted = not is_quoted
        elif not is_quoted:
            depth += (character == "(") - (character == ")")
    return pieces


def _encoded(text: str) -> str:
    return quote(text, safe="$(),:'/*@=")


def _picked(entity: dict[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:  # Any: a wire entity
    wanted: dict[str, list[str]] = {}
    for path in paths:
        head, _, rest = path.partition("/")
        wanted.setdefault(head, []).append(rest)
    picked: dict[str, Any] = {}
    for name, value in entity.items():
        rests = wanted.get(name)
        if rests is None:
            if "@" in name:
                picked[name] = value
        elif "" in rests or value is None:
            picked[name] = value
        elif isinstance(value, dict):
            picked[name] = _picked(value, tuple(rests))
        else:
            picked[name] = [_picked(item, tuple(rests)) if isinstance(item, dict) else item for item in value]
    return picked
