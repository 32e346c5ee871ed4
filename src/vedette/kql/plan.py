"""The plan: one node per step that an engine understands. The binder makes it, emitters turn it into SQL.

Every node says which columns its rows have. Columns that pass through a step keep their identity; only new values are
new columns. Tabular operators that are compositions (`top`, `count`, `top-nested`, …) have no node of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, cast

from vedette.kql.bound import Aggregation, Bound, Const, Ref
from vedette.kql.schema import Column

JoinKind = Literal["inner", "left", "right", "full", "semi", "anti", "cross"]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Rows."""

    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scan(Plan):
    """All rows of a named table, whose columns have their physical names."""

    table: str


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Plan):
    """Rows written in the query: `datatable`, `print`. One row without columns is the input of `print`."""

    rows: tuple[tuple[Bound, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Range(Plan):
    """`range`: one column, values from low to high, both included."""

    low: Bound
    high: Bound
    step: Bound


@dataclass(frozen=True, slots=True, eq=False)
class External(Plan):
    """Rows of files outside: `externaldata`. `format` is csv, tsv, psv, txt, raw, json, multijson or parquet; columns
    stand in the file in this order."""

    addresses: tuple[str, ...]
    format: str
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Plan):
    """Rows for which the predicate is true."""

    input: Plan
    predicate: Bound


@dataclass(frozen=True, slots=True, eq=False)
class Project(Plan):
    """`columns[i]` gets `values[i]`. A column that passes through is a `Ref` to itself."""

    input: Plan
    values: tuple[Bound, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate(Plan):
    """One row per group. `columns` are the keys, then the columns of every aggregation in turn.

    An aggregation gives one column, or several (`arg_max(x, *)`): `outputs[i]` are those of `aggregations[i]`.
    Without keys there is one row even when there are none to aggregate.
    """

    input: Plan
    keys: tuple[Bound, ...]
    aggregations: tuple[Aggregation, ...]
    outputs: tuple[tuple[Column, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Distinct(Plan):
    """Each combination of values once."""

    input: Plan


@dataclass(frozen=True, slots=True, eq=False)
class FirstPerKey(Plan):
    """Any one row for each combination of key values: what `innerunique` does to the left side."""

    input: Plan
    keys: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class SortKey:
    """By what rows are ordered."""

    value: Bound
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True, eq=False)
class Sort(Plan):
    """Rows in order."""

    input: Plan
    keys: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Take(Plan):
    """The first rows, in whatever order there is."""

    input: Plan
    rows: Bound


@dataclass(frozen=True, slots=True, eq=False)
class Sample(Plan):
    """Random rows."""

    input: Plan
    rows: Bound


@dataclass(frozen=True, slots=True)
class Window:
    """A value that depends on the rows around: `row_number`, `prev`, `next`, `row_cumsum`, `row_rank_dense`,
    `row_rank_min`, `row_window_session`, and for compositions also `count`, `sum`, `min`, `max` over a partition.

    partition: groups within which it counts. order: of the rows; empty means the order in which they come.
    """

    name: str
    args: tuple[Bound, ...]
    partition: tuple[Bound, ...] = ()
    order: tuple[SortKey, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Windows(Plan):
    """The input's columns, then one per window. Row order stays."""

    input: Plan
    windows: tuple[Window, ...]
    added: tuple[Column, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Join(Plan):
    """Pairs of rows whose keys are equal (null equals nothing). `columns` are those of the left, then of the right
    side, as far as the kind keeps them; missing sides have nulls (empty texts for strings)."""

    left: Plan
    right: Plan
    kind: JoinKind
    on: tuple[tuple[Bound, Bound], ...]
    condition: Bound | None = None
    """What else must hold, over the columns of both sides."""


@dataclass(frozen=True, slots=True, eq=False)
class UnionAll(Plan):
    """All rows of all inputs; `values[i][j]` is what `columns[j]` gets from input i."""

    inputs: tuple[Plan, ...]
    values: tuple[tuple[Bound, ...], ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """One array (or bag) of `mv-expand` and the column that its elements go to."""

    value: Bound
    column: Column


@dataclass(frozen=True, slots=True, eq=False)
class Unnest(Plan):
    """A row per element of the arrays, which go side by side; shorter ones are filled with null.

    A bag gives one single-property bag per property, anything else (null as well) gives itself. Where all are empty
    there is no row. An element gets its column's type when it has that type in JSON, and is null otherwise.
    `index` gets the element's number from 0.
    """

    input: Plan
    items: tuple[Expansion, ...]
    index: Column | None = None
    limit: Bound | None = None
    as_arrays: bool = False
    """Bag properties become `[key, value]` pairs (`kind=array`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Captures(Plan):
    """The input's columns, then the texts that named groups of a regular expression take out of a value: `columns`
    at the end belong to `groups` in order. All are empty where the pattern does not match."""

    input: Plan
    value: Bound
    pattern: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Series(Plan):
    """`make-series`: rows of one bin each gathered into arrays, one row per combination of keys. `columns` are the
    keys as they come, an array per value, and the array of bins.

    Bins lie `step` apart, counted from `low`, or from 0 where that is None or the bounds are inclusive. Without a
    bound each row's bins end where its data do. A bin without a row has the default.
    """

    input: Plan
    keys: tuple[Column, ...]
    at: Column
    """The bin that an input row is for: a long, real, datetime or timespan."""
    values: tuple[Column, ...]
    defaults: tuple[Bound, ...]
    step: Bound
    low: Bound | None
    high: Bound | None
    inclusive: bool = False
    """Whether the bin of `high` belongs to it."""
    keep_empty: bool = False
    """Whether there is a row, all of defaults, when there are no keys and nothing comes in."""


@dataclass(frozen=True, slots=True, eq=False)
class Procedure(Plan):
    """Rows made by a program over all rows of its inputs (`scan`, `autocluster`, graph matching, …).

    `name` is found in `kernels.procedures`; `options` are plain values that it takes.
    """

    inputs: tuple[Plan, ...]
    name: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Shared(Plan):
    """Rows of a plan that is computed once for the whole query (`materialize`, `as`). `source` are the definition's
    columns in the order of `columns`."""

    definition: Plan
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class AtHand(Plan):
    """The rows of one partition, while the body of `mv-apply` or `partition` is bound; no finished plan has it.

    What is asked of data meanwhile, such as the columns of a bag, is asked of everything: the rows of all partitions.
    """

    everything: Plan


def nothing() -> Rows:
    """One row without columns."""
    return Rows((), ((),))


def columns_from_outside(plan: Plan) -> set[Column]:
    """The columns that a plan's expressions refer to and that none of its own steps has."""
    had: set[Column] = set()
    wanted: set[Column] = set()
    seen: set[int] = set()
    pending: list[object] = [plan]
    while pending:
        at = pending.pop()
        kind = type(at)
        if kind is Ref:
            wanted.add(cast(Ref, at).column)
        elif kind is Column:
            had.add(cast(Column, at))
        elif kind is tuple:
            pending.extend(cast("tuple[object, ...]", at))
        elif id(at) not in seen and (names := _parts(kind)):
            seen.add(id(at))
            pending.extend(getattr(at, name) for name in names)
    return wanted - had


def uses_of_shared(results: Iterable[Plan]) -> Counter[str]:
    """How often each shared plan is read, by all results together. A definition counts what it reads once."""
    counted: Counter[str] = Counter()
    pending: list[object] = list(results)
    while pending:
        at = pending.pop()
        kind = type(at)
        if kind is Shared:
            shared = cast(Shared, at)
            counted[shared.name] += 1
            if counted[shared.name] == 1:
                pending.append(shared.definition)
        elif kind is tuple:
            pending.extend(cast("tuple[object, ...]", at))
        elif kind is not Column and kind is not Ref:
            pending.extend(getattr(at, name) for name in _parts(kind) if name != "columns")
    return counted


_PARTS: dict[type, tuple[str, ...]] = {}


def _parts(kind: type) -> tuple[str, ...]:
    """The attributes of a step, an expression or a piece of one in which others may be; of anything else none."""
    if kind not in _PARTS:
        holds = issubclass(kind, Plan | Bound | SortKey | Window | Expansion) and not issubclass(kind, Const)
        skipped = ("span", "type", "name")
        _PARTS[kind] = tuple(one.name for one in fields(kind) if one.name not in skipped) if holds else ()
    return _PARTS[kind]
