"""A filter whose names and types are settled: what SQL is written from and what Python evaluates.

Constants are already in the form they are compared in: datetimes in canonical text, guids in lower case, booleans as
booleans. Nothing here remembers how the filter was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from vedette.odata.functions import Function
from vedette.odata.model import EnumType, Kind
from vedette.odata.tree import ArithmeticOperator, ComparisonOperator, LogicalOperator

Value: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Constant:
    kind: Kind
    value: Value


@dataclass(frozen=True, slots=True)
class Now:
    """The moment of evaluation, `ticks` of 100 ns later."""

    ticks: int = 0
    kind: ClassVar[Kind] = "moment"


@dataclass(frozen=True, slots=True)
class Read:
    """A property's value. Scope 0 is the entity; scope n is the item of the n-th open lambda.

    An empty path is the item itself.
    """

    scope: int
    path: tuple[str, ...]
    kind: Kind
    enum: EnumType | None = None
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """How many items a collection has; null counts as empty."""

    collection: Read
    kind: ClassVar[Kind] = "whole"


@dataclass(frozen=True, slots=True)
class Compute:
    """A function of `vedette.odata.functions` and its arguments."""

    function: Function
    arguments: tuple[Bound, ...]
    any_case: bool = False

    @property
    def kind(self) -> Kind:
        return self.function.result


@dataclass(frozen=True, slots=True)
class Calculate:
    """Arithmetic. Of `whole` kind it is done in 64-bit integers, otherwise in doubles."""

    operator: ArithmeticOperator
    left: Bound
    right: Bound
    kind: Kind


@dataclass(frozen=True, slots=True)
class Minus:
    operand: Bound
    kind: Kind


@dataclass(frozen=True, slots=True)
class Compare:
    """Always true or false, never null."""

    operator: ComparisonOperator
    left: Bound
    right: Bound
    any_case: bool = False
    kind: ClassVar[Kind] = "boolean"


@dataclass(frozen=True, slots=True)
class Member:
    """Whether a value is one of some constants; `or_null` when null was listed too."""

    operand: Bound
    values: tuple[Value, ...]
    or_null: bool
    any_case: bool = False
    kind: ClassVar[Kind] = "boolean"


@dataclass(frozen=True, slots=True)
class Junction:
    """`and` or `or` of three-valued operands."""

    operator: LogicalOperator
    operands: tuple[Bound, ...]
    kind: ClassVar[Kind] = "boolean"


@dataclass(frozen=True, slots=True)
class Opposite:
    """`not`; of null it is null."""

    operand: Bound
    kind: ClassVar[Kind] = "boolean"


@dataclass(frozen=True, slots=True)
class Quantify:
    """`any` or `all` over a collection; the item is scope `scope`. Null counts as an empty collection."""

    quantifier: Literal["any", "all"]
    collection: Read
    scope: int
    predicate: Bound | None
    kind: ClassVar[Kind] = "boolean"


Bound: TypeAlias = (
    Constant | Now | Read | Count | Compute | Calculate | Minus | Compare | Member | Junction | Opposite | Quantify
)
