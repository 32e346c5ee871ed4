"""Settles names and types: syntax tree and model in, bound filter out.

A comparison of a property with a literal is where most of the work is: the literal takes the property's type or is
refused. Nothing is converted that the protocol does not convert, except what clients are known to send: quoted times
and guids compared with properties of those types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NoReturn, assert_never

from vedette.odata import times
from vedette.odata.bound import (
    Bound,
    Calculate,
    Compare,
    Compute,
    Constant,
    Count,
    Junction,
    Member,
    Minus,
    Now,
    Opposite,
    Quantify,
    Read,
    Value,
)
from vedette.odata.errors import (
    NotFilterable,
    ODataError,
    TooComplex,
    TypeMismatch,
    UnknownMember,
    UnsupportedOption,
)
from vedette.odata.functions import CONSTANTS, FUNCTION_NAMES, FUNCTIONS, Function
from vedette.odata.model import (
    CollectionType,
    ComplexType,
    EntityModel,
    EnumType,
    Kind,
    Property,
    PropertyType,
    kind_of,
    nearest,
    type_name,
)
from vedette.odata.parser import parse_filter
from vedette.odata.tree import (
    Arithmetic,
    Call,
    Comparison,
    In,
    Literal,
    Logical,
    Negate,
    Node,
    Not,
    Path,
    Quantifier,
)

MAX_LAMBDAS = 2
"""Lambdas inside one another."""

_LITERAL_KINDS: Mapping[str, Kind] = {
    "null": "null",
    "boolean": "boolean",
    "integer": "whole",
    "decimal": "real",
    "string": "text",
    "guid": "guid",
    "datetime": "moment",
    "date": "date",
    "duration": "duration",
    "member": "enum",
}
_NUMBERS = frozenset[Kind]({"whole", "real"})
_ORDERED = frozenset[Kind]({"whole", "real", "text", "moment", "date", "boolean", "null"})
_WORDS: Mapping[Kind, str] = {
    "null": "null",
    "boolean": "a condition",
    "whole": "a whole number",
    "real": "a number",
    "text": "text",
    "guid": "a guid",
    "moment": "a time",
    "date": "a date",
    "duration": "a duration",
    "enum": "a value set",
    "complex": "a complex value",
    "collection": "a collection",
}


@lru_cache(maxsize=2048)
def bind_filter(text: str, model: ComplexType) -> Bound:
    """Parses a `$filter` text and settles it against `model`. The latest answers are remembered.

    Raises: ODataError, in the kinds that `vedette.odata.errors` draws, with its place in `text`.
    """
    return bind(parse_filter(text), model, text=text)


def bind(node: Node, model: ComplexType, *, text: str = "") -> Bound:
    """Settles a syntax tree; `text` is what it was parsed from, for excerpts in errors."""
    binder = _Binder(model, text)
    return binder.condition(node, "the filter")


class _Binder:
    def __init__(self, model: ComplexType, text: str) -> None:
        self.model = model
        self.text = text
        self.variables: list[tuple[str, PropertyType]] = []

    # Errors

    def mismatch(self, node: Node, message: str, allowed: Sequence[str] = ()) -> TypeMismatch:
        start, end = node.span
        return TypeMismatch(message, text=self.text, position=start, length=end - start, allowed=allowed)

    def refuse(self, error: type[ODataError], node: Node, message: str, allowed: Sequence[str] = ()) -> NoReturn:
        start, end = node.span
        raise error(message, text=self.text, position=start, length=end - start, allowed=allowed)

    # Expressions

    def value(self, node: Node) -> Bound:
        match node:
            case Literal():
                return Constant(_LITERAL_KINDS[node.kind], node.value)
            case Path():
                return self.path(node)
            case Comparison():
                return self.comparison(node)
            case Logical():
                what = f"'{node.operator}'"
                return Junction(node.operator, tuple(self.condition(operand, what) for operand in node.operands))
            case Not():
                return Opposite(self.condition(node.operand, "'not'"))
            case In():
                return self.membership(node)
            case Call():
                return self.call(node)
            case Quantifier():
                return self.quantifier(node)
            case Arithmetic():
                return self.arithmetic(node)
            case Negate():
                operand = self.number(node.operand, "-")
                return Minus(operand, operand.kind)
            case _:
                assert_never(node)

    def condition(self, node: Node, what: str) -> Bound:
        bound = self.value(node)
        if bound.kind in ("boolean", "null"):
            return bound
        message = f"{what} needs a condition, and this is {self.described(node, bound)}"
        if what == "'not'":
            message += "; 'not' binds tighter than comparisons: write not (… eq …)"
        elif isinstance(node, Path):
            message += "; compare it with something"
        raise self.mismatch(node, message)

    def number(self, node: Node, operator: str, bound: Bound | None = None) -> Bound:
        bound = self.value(node) if bound is None else bound
        if bound.kind not in _NUMBERS:
            raise self.mismatch(node, f"'{operator}' computes with numbers, and this is {self.described(node, bound)}")
        return bound

    def described(self, node: Node, bound: Bound) -> str:
        if isinstance(node, Path):
            return f"the property {'/'.join(node.segments)}, {_WORDS[bound.kind]}"
        return _WORDS[bound.kind]

    # Properties

    def path(self, node: Path) -> Bound:
        segments = node.segments
        if len(segments) > 1 and segments[-1] == "$count":
            return Count(self.collection(Path(segments[:-1], node.span)))
        return self.read(node)[0]

    def read(self, node: Path) -> tuple[Read, PropertyType]:
        segments = node.segments
        scope, owner, position = 0, self.model, node.span[0]
        type_: PropertyType = self.model
        for depth in range(len(self.variables), 0, -1):
            name, item = self.variables[depth - 1]
            if segments[0] == name:
                scope, type_ = depth, item
                break
        if scope or segments[0] == "$it":
            position += len(segments[0]) + 1
            segments = segments[1:]
        names: list[str] = []
        any_case = False
        for at, segment in enumerate(segments):
            if not isinstance(type_, ComplexType):
                before = "/".join(names) or node.segments[0]
                message = f"'{before}' is of type {type_name(type_)} and has no properties"
                if isinstance(type_, CollectionType):
                    message = f"'{before}' is a collection; ask about its items with {before}/any(item: …)"
                raise self.mismatch(node, message)
            owner = type_
            prop = owner.property(segment, text=self.text, position=position)
            if at == 0 and scope == 0:
                self.check_filterable(prop, node)
            names.append(prop.name)
            type_, any_case = prop.type, prop.any_case
            position += len(segment) + 1
        if type_ is self.model and not names:
            raise self.mismatch(node, "'$it' is followed by a property, as in $it/id")
        enum = type_ if isinstance(type_, EnumType) else None
        return Read(scope, tuple(names), kind_of(type_), enum, any_case), type_

    def check_filterable(self, prop: Property, node: Path) -> None:
        if prop.filterable:
            return
        allowed = self.model.filterable_names if isinstance(self.model, EntityModel) else self.model.property_names
        names = ", ".join(allowed) or "none"
        message = f"{self.model.name} cannot be filtered by '{prop.name}'. Filterable: {names}."
        start, end = node.span
        raise NotFilterable(message, text=self.text, position=start, length=end - start, allowed=allowed)

    def collection(self, node: Path) -> Read:
        bound, _ = self.read(node)
        if bound.kind != "collection":
            raise self.mismatch(node, f"'{'/'.join(node.segments)}' is {_WORDS[bound.kind]}, not a collection")
        return bound

    def quantifier(self, node: Quantifier) -> Bound:
        collection, type_ = self.read(node.collection)
        if not isinstance(type_, CollectionType):
            name = "/".join(node.collection.segments)
            raise self.mismatch(node.collection, f"'{name}' is {_WORDS[collection.kind]}, not a collection")
        scope = len(self.variables) + 1
        if node.predicate is None:
            return Quantify(node.kind, collection, scope, None)
        if scope > MAX_LAMBDAS:
            self.refuse(TooComplex, node, f"lambdas are nested deeper than {MAX_LAMBDAS} levels")
        if any(name == node.variable for name, _ in self.variables):
            raise self.mismatch(node, f"the variable '{node.variable}' is already in use; choose another name")
        self.variables.append((node.variable, type_.of))
        predicate = self.condition(node.predicate, f"'{node.kind}'")
        self.variables.pop()
        return Quantify(node.kind, collection, scope, predicate)

    # Comparisons

    def comparison(self, node: Comparison) -> Bound:
        left, right = self.value(node.left), self.value(node.right)
        left = self.fit(node.left, left, right)
        right = self.fit(node.right, right, left)
        kinds = {left.kind, right.kind}
        if not (len(kinds) == 1 or "null" in kinds or kinds <= _NUMBERS):
            message = (
                f"{_shown(node.left)} is {_WORDS[left.kind]} and {_shown(node.right)} is {_WORDS[right.kind]}; "
                f"'{node.operator}' cannot compare them"
            )
            if kinds == {"guid", "text"}:
                message += "; text stands in quotes"
            raise self.mismatch(node, message)
        if "collection" in kinds:
            raise self.mismatch(node, "a collection is not compared as a whole; use any(item: …) or all(item: …)")
        if "complex" in kinds and "null" not in kinds:
            raise self.mismatch(node, "complex values are compared with null only; compare their properties")
        if node.operator not in ("eq", "ne") and not kinds <= _ORDERED:
            kind = next(iter(kinds - _ORDERED))
            raise self.mismatch(node, f"{_WORDS[kind]} has no order; 'eq', 'ne' and 'in' work", ("eq", "ne", "in"))
        if kinds == {"enum"}:
            self.check_same_enum(node, left, right)
        return Compare(node.operator, left, right, _any_case(left) or _any_case(right))

    def check_same_enum(self, node: Comparison, left: Bound, right: Bound) -> None:
        if isinstance(left, Read) and isinstance(right, Read) and left.enum != right.enum:
            raise self.mismatch(node, f"{_shown(node.left)} and {_shown(node.right)} have different value sets")
        if isinstance(left, Constant) and isinstance(right, Constant):
            raise self.mismatch(node, "neither side is a property")

    def fit(self, node: Node, bound: Bound, other: Bound) -> Bound:
        """The constant `bound` in the type of what it is compared with; anything else as it is."""
        if not isinstance(bound, Constant) or not isinstance(node, Literal):
            return bound
        if isinstance(other, Read) and other.enum is not None and node.kind in ("string", "member"):
            return Constant("enum", self.member(node, other.enum, other.path))
        kind = other.kind
        if kind == "moment" and node.kind in ("date", "string"):
            return Constant("moment", self.converted(node, "moment"))
        if node.kind == "string" and kind in ("date", "guid") and not isinstance(other, Constant):
            return Constant(kind, self.converted(node, kind))
        return bound

    def converted(self, node: Literal, kind: Kind) -> str:
        text = str(node.value)
        try:
            if kind == "moment":
                return times.canonical_time(text)
            if kind == "date":
                return times.canonical_date(text)
        except ValueError as error:
            raise self.mismatch(node, str(error)) from None
        import uuid  # few filters name a guid in quotes

        try:
            return str(uuid.UUID(text))
        except ValueError:
            raise self.mismatch(node, f"'{text}' is not a guid") from None

    def member(self, node: Literal, enum: EnumType, path: tuple[str, ...]) -> str:
        value = str(node.value)
        name = enum.name or "/".join(path) or "the value set"
        if node.namespace and enum.name and node.namespace.rpartition(".")[2].lower() != enum.name.lower():
            raise self.mismatch(node, f"'{node.namespace}' is not the type of the property, {enum.name}")
        if value in enum.members:
            return value
        near = nearest(value, enum.members)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        raise UnknownMember(
            f"{name} has no member '{value[:60]}'.{hint} Members: {', '.join(enum.members)}.",
            text=self.text,
            position=node.span[0],
            length=node.span[1] - node.span[0],
            allowed=enum.members,
            nearest=near,
        )

    def membership(self, node: In) -> Bound:
        if isinstance(node.values, Path):
            return self.contained(node, node.values)
        operand = self.value(node.operand)
        if operand.kind in ("complex", "collection"):
            raise self.mismatch(node.operand, f"'in' compares single values, and this is {_WORDS[operand.kind]}")
        values: list[Value] = []
        for literal in node.values:
            constant = self.fit(literal, Constant(_LITERAL_KINDS[literal.kind], literal.value), operand)
            kinds = {constant.kind, operand.kind}
            if not (len(kinds) == 1 or "null" in kinds or kinds <= _NUMBERS):
                what, listed = _WORDS[operand.kind], _WORDS[constant.kind]
                message = f"{_shown(node.operand)} is {what}, and the list holds {listed}"
                raise self.mismatch(literal, message)
            values.append(constant.value if isinstance(constant, Constant) else None)
        known = tuple(value for value in values if value is not None)
        return Member(operand, known, len(known) < len(values), _any_case(operand))

    def contained(self, node: In, path: Path) -> Bound:
        """`x in collection` means what `collection/any(item: item eq x)` means."""
        collection, type_ = self.read(path)
        if not isinstance(type_, CollectionType) or isinstance(type_.of, ComplexType):
            raise self.mismatch(path, f"'in' needs a collection of single values, and {_shown(path)} is none")
        scope = len(self.variables) + 1
        if scope > MAX_LAMBDAS:
            self.refuse(TooComplex, node, f"lambdas are nested deeper than {MAX_LAMBDAS} levels")
        item = "$item"
        self.variables.append((item, type_.of))
        predicate = self.comparison(Comparison("eq", Path((item,), path.span), node.operand, node.span))
        self.variables.pop()
        return Quantify("any", collection, scope, predicate)

    # Arithmetic

    def arithmetic(self, node: Arithmetic) -> Bound:
        left, right = self.value(node.left), self.value(node.right)
        if node.operator in ("add", "sub") and "duration" in (left.kind, right.kind):
            return self.moment_arithmetic(node, left, right)
        left = self.number(node.left, node.operator, left)
        right = self.number(node.right, node.operator, right)
        is_whole = left.kind == right.kind == "whole"
        if node.operator == "mod" and not is_whole:
            raise self.mismatch(node, "'mod' is offered for whole numbers only")
        if node.operator in ("div", "divby", "mod") and isinstance(right, Constant) and right.value == 0:
            raise self.mismatch(node.right, "division by zero")
        return Calculate(node.operator, left, right, "whole" if is_whole and node.operator != "divby" else "real")

    def moment_arithmetic(self, node: Arithmetic, left: Bound, right: Bound) -> Bound:
        """A fixed moment and a duration. Durations are not added to properties: no column could be compared then."""
        if not isinstance(right, Constant) or right.kind != "duration" or not isinstance(right.value, int):
            raise self.mismatch(node, "a duration stands on the right, as in now() sub duration'P7D'")
        ticks = right.value if node.operator == "add" else -right.value
        if isinstance(left, Now):
            return Now(left.ticks + ticks)
        if isinstance(left, Constant) and left.kind in ("moment", "date"):
            try:
                return Constant("moment", times.shifted(times.canonical_time(str(left.value)), ticks))
            except OverflowError:
                raise self.mismatch(node, "the result lies outside the years 1 to 9999") from None
        raise self.mismatch(node, "durations are added to now() and to literal times only; move it to the other side")

    # Functions

    def call(self, node: Call) -> Bound:
        if node.name == "now" and not node.arguments:
            return Now()
        if node.name in CONSTANTS and not node.arguments:
            return Constant("moment", CONSTANTS[node.name])
        function = FUNCTIONS.get(node.name)
        if function is None:
            self.unknown_function(node)
        if not function.accepts(len(node.arguments)):
            given = len(node.arguments)
            raise self.mismatch(node, f"{function.signature} was called with {given} argument{'s' * (given != 1)}")
        arguments = tuple(self.argument(function, at, argument) for at, argument in enumerate(node.arguments))
        return Compute(function, arguments, function.folds and _any_case(arguments[0]))

    def argument(self, function: Function, at: int, node: Node) -> Bound:
        bound = self.value(node)
        kinds = function.parameters[at]
        if bound.kind in kinds or bound.kind == "null":
            is_negative = isinstance(bound, Constant) and isinstance(bound.value, int) and bound.value < 0
            if is_negative and function.name == "substring":
                raise self.mismatch(node, "substring counts from 0; negative numbers are not offered")
            return bound
        if "moment" in kinds and isinstance(node, Literal) and node.kind == "date":
            return Constant("moment", self.converted(node, "moment"))
        message = f"{function.name} takes {_WORDS[kinds[-1]]} here, and this is {self.described(node, bound)}"
        if bound.kind == "collection":
            message += "; ask about its items with any(item: …)"
        raise self.mismatch(node, message)

    def unknown_function(self, node: Call) -> NoReturn:
        near = nearest(node.name, FUNCTION_NAMES)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        raise UnsupportedOption(
            f"there is no function '{node.name[:60]}'.{hint} Functions: {', '.join(FUNCTION_NAMES)}.",
            text=self.text,
            position=node.span[0],
            length=len(node.name),
            allowed=FUNCTION_NAMES,
            nearest=near,
        )


def _any_case(bound: Bound) -> bool:
    """Only a property itself ignores case; what is computed from it is compared exactly."""
    return isinstance(bound, Read) and bound.any_case


def _shown(node: Node) -> str:
    match node:
        case Path():
            return "/".join(segment[:60] for segment in node.segments)
        case Literal(kind="string"):
            value = str(node.value)
            return f"'{value[:40]}…'" if len(value) > 40 else f"'{value}'"
        case Literal():
            return str(node.value).lower() if node.kind in ("null", "boolean") else str(node.value)
        case Call():
            return f"{node.name}(…)"
        case _:
            return "one side"
