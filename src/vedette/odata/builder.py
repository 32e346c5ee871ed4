"""Typed filter expressions for clients: written with Python's operators, rendered as `$filter` text.

```python
from vedette.odata import field

urgent = (field("severity") == "High") & (field("alert_creation_time") >= datetime(2026, 1, 1, tzinfo=UTC))
str(urgent)  # severity eq 'High' and alertCreationTime ge 2026-01-01T00:00:00Z
```

A `Value` is something that can be compared, a `Condition` something that is true or false. Both are pictures of the
syntax tree and render through its printer, so quoting and precedence have one home. Nothing is evaluated here.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal as OneOf
from typing import NoReturn, TypeAlias
from uuid import UUID

from vedette.odata import times
from vedette.odata.printing import print_filter
from vedette.odata.tree import (
    Arithmetic,
    ArithmeticOperator,
    Call,
    Comparison,
    ComparisonOperator,
    In,
    Literal,
    LogicalOperator,
    Negate,
    Node,
    Not,
    Path,
    Quantifier,
    join,
)

Plain: TypeAlias = str | bool | int | float | Decimal | datetime | date | timedelta | UUID | enum.Enum | None
"""Python values that have a literal form. A `StrEnum` or enum of texts stands for its value."""

_SEGMENT = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_.]*")
_TICKS = times.TICKS_PER_SECOND


def field(name: str, *, wire: bool = False) -> Value:
    """A property, by its Python name or its wire name: `alert_creation_time` and `alertCreationTime` are one.

    `/` leads into complex properties: `related_user/user_name`. With `wire`, underscores are part of the name.

    Raises: ValueError when the name cannot be a property's.
    """
    segments = tuple(name.split("/"))
    for segment in segments:
        if not _SEGMENT.fullmatch(segment):
            raise ValueError(f"'{name}' cannot be a property name")
    return Value(Path(segments if wire else tuple(map(_camel, segments))))


def now() -> Value:
    """The moment at which the service evaluates the filter; `now() - timedelta(days=7)` is a week before it."""
    return Value(Call("now", ()))


def raw(text: str) -> Condition:
    """A filter that was written by hand, to be combined with others. Raises: ODataError when it cannot be read."""
    from vedette.odata.parser import parse_filter  # only hand-written filters need reading

    return Condition(parse_filter(text))


class Condition:
    """True or false for each entity. Combine with `&`, `|` and `~`; `str()` gives the `$filter` text."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def __and__(self, other: Condition) -> Condition:
        return _joined("and", self, other)

    def __or__(self, other: Condition) -> Condition:
        return _joined("or", self, other)

    def __invert__(self) -> Condition:
        return Condition(Not(self.node))

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a filter has no truth value in Python: write & for 'and', | for 'or', ~ for 'not', "
            "and (low <= x) & (x < high) instead of low <= x < high"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self.node == other.node

    def __hash__(self) -> int:
        return hash(self.node)

    def __str__(self) -> str:
        return print_filter(self.node)

    def to_odata(self) -> str:
        """The `$filter` text, as operations take it."""
        return str(self)

    def __repr__(self) -> str:
        return f"Condition({str(self)!r})"


class Value:
    """A property, or something computed from one. Comparing it gives a `Condition`."""

    __slots__ = ("node",)
    __hash__ = None  # type: ignore[assignment]  # `==` builds a filter, so it cannot serve a dict

    def __init__(self, node: Node) -> None:
        self.node = node

    # Comparisons

    def __eq__(self, other: Plain | Value) -> Condition:  # type: ignore[override]  # a filter, not a verdict
        return self._compared("eq", other)

    def __ne__(self, other: Plain | Value) -> Condition:  # type: ignore[override]  # a filter, not a verdict
        return self._compared("ne", other)

    def __lt__(self, other: Plain | Value) -> Condition:
        return self._compared("lt", other)

    def __le__(self, other: Plain | Value) -> Condition:
        return self._compared("le", other)

    def __gt__(self, other: Plain | Value) -> Condition:
        return self._compared("gt", other)

    def __ge__(self, other: Plain | Value) -> Condition:
        return self._compared("ge", other)

    def in_(self, values: Iterable[Plain]) -> Condition:
        """Equal to one of the values. No values at all: never true."""
        if isinstance(values, str):
            raise TypeError("in_() takes a list of values; for one value write ==")
        literals = tuple(_literal(value) for value in values)
        return Condition(In(self.node, literals) if literals else Literal("boolean", False))

    def is_null(self) -> Condition:
        return self._compared("eq", None)

    def is_true(self) -> Condition:
        return self._compared("eq", True)

    def is_false(self) -> Condition:
        return self._compared("eq", False)

    # Text

    def startswith(self, text: str | Value) -> Condition:
        return Condition(self._call("startswith", text))

    def endswith(self, text: str | Value) -> Condition:
        return Condition(self._call("endswith", text))

    def contains(self, text: str | Value) -> Condition:
        """The text occurs in this one. For collections: `.any(lambda item: item == …)`."""
        return Condition(self._call("contains", text))

    def lower(self) -> Value:
        return Value(self._call("tolower"))

    def upper(self) -> Value:
        return Value(self._call("toupper"))

    def trim(self) -> Value:
        return Value(self._call("trim"))

    def length(self) -> Value:
        return Value(self._call("length"))

    def index_of(self, text: str | Value) -> Value:
        """Where the text first occurs, from 0; -1 where it does not."""
        return Value(self._call("indexof", text))

    def substring(self, start: int, length: int | None = None) -> Value:
        return Value(self._call("substring", start, *(() if length is None else (length,))))

    def concat(self, text: str | Value) -> Value:
        return Value(self._call("concat", text))

    # Times

    def year(self) -> Value:
        return Value(self._call("year"))

    def month(self) -> Value:
        return Value(self._call("month"))

    def day(self) -> Value:
        return Value(self._call("day"))

    def hour(self) -> Value:
        return Value(self._call("hour"))

    def minute(self) -> Value:
        return Value(self._call("minute"))

    def second(self) -> Value:
        return Value(self._call("second"))

    def date(self) -> Value:
        return Value(self._call("date"))

    # Numbers

    def round(self) -> Value:
        return Value(self._call("round"))

    def floor(self) -> Value:
        return Value(self._call("floor"))

    def ceiling(self) -> Value:
        return Value(self._call("ceiling"))

    def __add__(self, other: Plain | Value) -> Value:
        return self._computed("add", other)

    def __sub__(self, other: Plain | Value) -> Value:
        return self._computed("sub", other)

    def __mul__(self, other: Plain | Value) -> Value:
        return self._computed("mul", other)

    def __truediv__(self, other: Plain | Value) -> Value:
        """Division with a fraction, also of whole numbers."""
        return self._computed("divby", other)

    def __floordiv__(self, other: Plain | Value) -> Value:
        """Division that, for whole numbers, cuts the fraction off (towards zero, unlike Python's)."""
        return self._computed("div", other)

    def __mod__(self, other: Plain | Value) -> Value:
        return self._computed("mod", other)

    def __neg__(self) -> Value:
        return Value(Negate(self.node))

    # Collections and complex properties

    def any(self, predicate: Callable[[Value], Condition] | None = None) -> Condition:
        """Some item passes, as in `.any(lambda tag: tag == "x")`; without a predicate, there is an item."""
        return self._quantified("any", predicate)

    def all(self, predicate: Callable[[Value], Condition]) -> Condition:
        """Every item passes; true for an empty collection."""
        return self._quantified("all", predicate)

    def count(self) -> Value:
        """How many items the collection has."""
        return Value(Path((*self._path().segments, "$count")))

    def __getitem__(self, name: str) -> Value:
        """A property inside this complex one: `ip["ip_address"]`."""
        return Value(Path((*self._path().segments, *field(name)._path().segments)))

    # What Python would do by itself and would be wrong

    def __bool__(self) -> NoReturn:
        raise TypeError("a property has no truth value in Python: compare it, or write .is_true()")

    def __contains__(self, item: object) -> NoReturn:
        raise TypeError("write .contains(…) for text and .any(lambda item: item == …) for collections, not 'in'")

    def __iter__(self) -> Iterator[NoReturn]:
        raise TypeError("a property cannot be iterated over; write .any(…) or .all(…)")

    def __str__(self) -> str:
        return print_filter(self.node)

    def __repr__(self) -> str:
        return f"Value({str(self)!r})"

    def _compared(self, operator: ComparisonOperator, other: Plain | Value) -> Condition:
        return Condition(Comparison(operator, self.node, _node(other)))

    def _computed(self, operator: ArithmeticOperator, other: Plain | Value) -> Value:
        return Value(Arithmetic(operator, self.node, _node(other)))

    def _call(self, name: str, *others: Plain | Value) -> Call:
        return Call(name, (self.node, *map(_node, others)))

    def _path(self) -> Path:
        if not isinstance(self.node, Path):
            raise TypeError(f"{self} is not a property")
        return self.node

    def _quantified(self, kind: OneOf["any", "all"], predicate: Callable[[Value], Condition] | None) -> Condition:
        if predicate is None:
            return Condition(Quantifier(kind, self._path(), "", None))
        variable = _variable(predicate)
        condition = predicate(Value(Path((variable,))))
        if not isinstance(condition, Condition):
            raise TypeError(f"the predicate of {kind}() gave {type(condition).__name__}, not a condition")
        return Condition(Quantifier(kind, self._path(), variable, condition.node))


def _joined(operator: LogicalOperator, left: Condition, right: object) -> Condition:
    if not isinstance(right, Condition):
        sign = "&" if operator == "and" else "|"
        raise TypeError(f"{sign} joins conditions, not {type(right).__name__}; put comparisons in parentheses")
    return Condition(join(operator, (left.node, right.node)))


def _camel(name: str) -> str:
    head, *rest = name.strip("_").split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _variable(predicate: Callable[[Value], Condition]) -> str:
    """The predicate's own name for the item, where the wire can carry it."""
    code = getattr(predicate, "__code__", None)
    names: tuple[str, ...] = code.co_varnames[: code.co_argcount] if code is not None else ()
    name = _camel(names[-1]) if names else "item"
    return name if name.isascii() and name.lower() not in ("not", "null", "true", "false") and name else "item"


def _node(value: Plain | Value) -> Node:
    return value.node if isinstance(value, Value) else _literal(value)


def _literal(value: Plain) -> Literal:
    match value:
        case None:
            return Literal("null", None)
        case enum.Enum():
            return _literal(value.value)
        case bool():
            return Literal("boolean", value)
        case str():
            return Literal("string", value)
        case int():
            if not -(2**63) <= value < 2**63:
                raise ValueError(f"{value} does not fit 64 bits")
            return Literal("integer", value)
        case float() | Decimal():
            number = float(value)
            if number - number != 0:
                raise ValueError(f"{value} has no literal form")
            return Literal("decimal", number)
        case datetime():
            return Literal("datetime", times.canonical_time(value))
        case date():
            return Literal("date", value.isoformat())
        case timedelta():
            ticks = (value.days * 86_400 + value.seconds) * _TICKS + value.microseconds * 10
            return Literal("duration", ticks)
        case UUID():
            return Literal("guid", str(value))
    raise TypeError(f"a filter cannot hold a value of type {type(value).__name__}: {value!r}")
