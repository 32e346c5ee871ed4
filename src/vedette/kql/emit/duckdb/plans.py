"""SQL of plans: each step is a SELECT over the one before, merged into it where that means the same.

A `Select` is a SELECT under construction. `scope` says what each column is in terms of its FROM clause, so a step can
go on in the same SELECT as long as it refers to plain columns; what was computed is referred to from a level above.
Only columns that a later step needs are carried along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from vedette.kql import plan as steps
from vedette.kql.bound import VOLATILE, Bound, Call, Const, Ref, is_constant, walk
from vedette.kql.compiled import ExternalFile, Stage, StageInput
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.aggregates import IN_ORDER
from vedette.kql.emit.duckdb.expressions import Expressions, load_families
from vedette.kql.schema import Column
from vedette.kql.source import Source

Needed = frozenset[Column]


class SortTerm(NamedTuple):
    """A term of ORDER BY: what is sorted, and how."""

    value: str
    how: str

    def __str__(self) -> str:
        return f"{self.value} {self.how}"


@dataclass(slots=True)
class Select:
    """A SELECT that may still grow."""

    origin: str
    scope: dict[Column, str]
    where: list[str] = field(default_factory=list)
    group: list[str] | None = None
    order: list[SortTerm] = field(default_factory=list)
    limit: str = ""
    distinct: str = ""
    computed: set[Column] = field(default_factory=set)
    """Columns that are more than a name: they are not repeated in other clauses."""

    @property
    def plain(self) -> bool:
        """Whether rows are still what FROM and WHERE give."""
        return self.group is None and not self.limit and not self.distinct

    def text(self, columns: Iterable[Column]) -> str:
        """The SELECT, giving these columns under their physical names."""
        columns = list(columns)
        items = ", ".join(_item(self.scope[column], column) for column in columns) or "1"
        parts = [f"SELECT {self.distinct}{items}"]
        if self.origin:
            parts.append(f"FROM {self.origin}")
        if self.where:
            parts.append("WHERE " + " AND ".join(self.where))
        if self.group:
            parts.append("GROUP BY " + ", ".join(self.group))
        if self.order:
            # A name alone is in ORDER BY what SELECT calls by it, in any letter case, before it is a column of FROM.
            given = {sql.identifier(column.physical).lower(): self.scope[column].lower() for column in columns}
            terms = [
                term._replace(value=f"coalesce({term.value})")
                if given.get(name := term.value.lower(), name) != name
                else term
                for term in self.order
            ]
            parts.append("ORDER BY " + ", ".join(map(str, terms)))
        if self.limit:
            parts.append(f"LIMIT {self.limit}")
        return "\n".join(parts)


def _item(text: str, column: Column) -> str:
    name = sql.identifier(column.physical)
    return name if text == name else f"{text} AS {name}"


StepEmitter = Callable[["Emitter", steps.Plan, Needed], Select]
STEPS: dict[type[steps.Plan], Callable[..., Select]] = {}
"""What writes each step; modules beside this one may add to it."""


def writes(*nodes: type[steps.Plan]) -> Callable[[Callable[..., Select]], Callable[..., Select]]:
    """The decorated function writes these steps: (emitter, step, needed columns) → Select."""

    def register(function: Callable[..., Select]) -> Callable[..., Select]:
        for node in nodes:
            STEPS[node] = function
        return function

    return register


class Emitter:
    """Writes one query."""

    def __init__(self, source: Source, uses: Mapping[str, int]) -> None:
        """uses: how often each shared plan is read; what is read once is written in place."""
        load_families()
        self._uses = uses
        self.expressions = Expressions(self, source)
        self.stages: list[Stage] = []
        self.externals: list[ExternalFile] = []
        self.tables: set[str] = set()
        self._shared: dict[str, tuple[str, tuple[Column, ...]]] = {}
        self._scalars: dict[int, str] = {}
        self._with: list[str] = []
        self._keep: list[steps.Plan] = []
        self._count = 0

    def query(self, plan: steps.Plan) -> str:
        """The whole statement for a plan, `WITH` included."""
        body = self.select(plan, frozenset(plan.columns)).text(plan.columns)
        return self._complete(body)

    def _complete(self, body: str) -> str:
        return f"WITH {', '.join(self._with)}\n{body}" if self._with else body

    def select(self, plan: steps.Plan, needed: Needed) -> Select:
        """A plan as a SELECT that gives at least the needed columns."""
        return STEPS[type(plan)](self, plan, needed)

    def name(self, kind: str) -> str:
        """A new name for a level."""
        self._count += 1
        return f"{kind}{self._count}"

    def wrapped(self, select: Select, columns: Iterable[Column]) -> Select:
        """The SELECT as the FROM of a new one."""
        kept = list(columns)
        return Select(
            f"({indented(select.text(kept))}) AS {self.name('s')}",
            {column: sql.identifier(column.physical) for column in kept},
        )

    def ready(self, select: Select, wanted: Iterable[Column], uses: Iterable[Column]) -> Select:
        """The SELECT, or one level above it, such that clauses can refer to the used columns."""
        if select.plain and not select.order and not any(column in select.computed for column in uses):
            return select
        return self.wrapped(select, [column for column in select.scope if column in set(wanted)])

    # Plans inside of expressions

    def first_value(self, plan: steps.Plan) -> str:
        """The first column of the first row, computed once for the whole query."""
        name = self._scalars.get(id(plan))
        if name is None:
            name = self.name("scalar_")
            self._scalars[id(plan)] = name
            self._keep.append(plan)
            column = plan.columns[0]
            inner = self.select(plan, frozenset((column,)))
            level = self.wrapped(inner, [column])
            value = self.expressions.value(Ref(column.type, column), level.scope)
            self._with.append(f"{name} AS MATERIALIZED (SELECT {value} AS v FROM {level.origin} LIMIT 1)")
        text = f"(SELECT v FROM {name})"
        return f"coalesce({text}, '')" if plan.columns[0].type == "string" else text

    def first_column(self, plan: steps.Plan, *, fold_case: bool = False) -> str:
        """A SELECT of the first column's values."""
        column = plan.columns[0]
        level = self.wrapped(self.select(plan, frozenset((column,))), [column])
        value = self.expressions.value(Ref(column.type, column), level.scope)
        return f"SELECT {f'lower({value})' if fold_case else value} FROM {level.origin}"

    def all_values(self, plan: steps.Plan) -> str:
        """The first column's values as one dynamic array."""
        name = self._scalars.get(id(plan))
        if name is None:
            name = self.name("values_")
            self._scalars[id(plan)] = name
            self._keep.append(plan)
            column = plan.columns[0]
            level = self.wrapped(self.select(plan, frozenset((column,))), [column])
            value = self.expressions.value(Ref(column.type, column), level.scope)
            listed = f"coalesce(to_json(list({sql.to_dynamic(value, column.type)})), '[]'::JSON)"
            self._with.append(f"{name} AS MATERIALIZED (SELECT {listed} AS v FROM {level.origin})")
        return f"(SELECT v FROM {name})"

    def is_read_once(self, plan: steps.Shared) -> bool:
        """Whether nothing would be saved by keeping the rows."""
        return self._uses.get(plan.name, 0) <= 1

    def shared(self, plan: steps.Shared) -> str:
        """The name of rows that are computed once."""
        if plan.name not in self._shared:
            columns = plan.definition.columns
            body = self.select(plan.definition, frozenset(columns)).text(columns)
            self._with.append(f"{plan.name} AS MATERIALIZED ({indented(body)})")
            self._shared[plan.name] = (plan.name, columns)
        return self._shared[plan.name][0]

    def stage(self, plan: steps.Procedure) -> str:
        """The name under which the rows of a procedure will be found."""
        inputs = tuple(StageInput(self._stage_input(one), one.columns) for one in plan.inputs)
        name = f"stage_{len(self.stages) + 1}"
        self.stages.append(Stage(name, plan.name, inputs, plan.options, plan.columns))
        return name

    def _stage_input(self, plan: steps.Plan) -> str:
        inner = Emitter.__new__(Emitter)
        inner.__dict__.update(self.__dict__)
        inner.expressions = Expressions(inner, self.expressions.source)
        inner._shared, inner._scalars, inner._with = {}, {}, []
        select = self.__class__.select(inner, plan, frozenset(plan.columns))
        level = inner.wrapped(select, plan.columns)
        values = ", ".join(
            f"{inner.expressions.value(Ref(column.type, column), level.scope)} AS {sql.identifier(column.physical)}"
            for column in plan.columns
        )
        text = inner._complete(f"SELECT {values or '1'} FROM {level.origin}")
        self._count = inner._count
        return text


def indented(text: str) -> str:
    return "\n  " + text.replace("\n", "\n  ") + "\n"


def used(*expressions: Bound | None) -> Needed:
    """The columns that expressions refer to."""
    return frozenset(
        part.column
        for expression in expressions
        if expression is not None
        for part in walk(expression)
        if isinstance(part, Ref)
    )


# Steps that begin


@writes(steps.Scan)
def scan(emitter: Emitter, plan: steps.Scan, needed: Needed) -> Select:
    emitter.tables.add(plan.table)
    scope = {}
    for column in (one for one in plan.columns if one in needed):
        stored = sql.identifier(column.physical)
        scope[column] = f"kql_stored_dynamic({stored})" if column.type == "dynamic" else stored
    return Select(sql.identifier(plan.table), scope)


@writes(steps.Rows)
def rows(emitter: Emitter, plan: steps.Rows, needed: Needed) -> Select:
    if not plan.columns:
        return Select("", {})
    names = ", ".join(sql.identifier(column.physical) for column in plan.columns)
    scope = {column: sql.identifier(column.physical) for column in plan.columns}
    value = emitter.expressions.value
    label = emitter.name("t")
    if not plan.rows:
        nothing = ", ".join(
            f"NULL::{sql.SQL_TYPE[column.type]} AS {sql.identifier(column.physical)}" for column in plan.columns
        )
        return Select(f"(SELECT {nothing} WHERE false) AS {label}", scope)
    listed = ",\n  ".join(f"({', '.join(value(cell, {}) for cell in row)})" for row in plan.rows)
    return Select(f"(VALUES {listed}) AS {label}({names})", scope)


@writes(steps.Range)
def number_range(emitter: Emitter, plan: steps.Range, needed: Needed) -> Select:
    (column,) = plan.columns
    low, high, step = (emitter.expressions.value(part, {}) for part in (plan.low, plan.high, plan.step))
    label = emitter.name("t")
    name = sql.identifier(column.physical)
    if not isinstance(plan.step, Const):
        step = f"CASE WHEN {step} = 0 THEN error('The step of a range is not zero.') ELSE {step} END"
    if column.type in ("real", "decimal"):
        count = f"greatest(floor(({high} - {low}) / {step} + 1e-9)::BIGINT, -1)"
        value = f"{low} + i * {step}"
        value = f"CAST({value} AS {sql.SQL_TYPE['decimal']})" if column.type == "decimal" else value
        values = f"SELECT {value} AS {name} FROM range({count} + 1) AS r(i)"
    elif column.type == "int":
        low, high, step = (f"({part})::BIGINT" for part in (low, high, step))
        values = f"SELECT i::INTEGER AS {name} FROM generate_series({low}, {high}, {step}) AS r(i)"
    else:
        values = f"SELECT i AS {name} FROM generate_series({low}, {high}, {step}) AS r(i)"
    return Select(f"({values}) AS {label}", {column: name})


@writes(steps.External)
def external(emitter: Emitter, plan: steps.External, needed: Needed) -> Select:
    name = f"external_{len(emitter.externals) + 1}"
    emitter.externals.append(ExternalFile(name, plan.addresses, plan.format, plan.options, plan.columns))
    return Select(name, {column: sql.identifier(column.physical) for column in plan.columns})


@writes(steps.Shared)
def shared(emitter: Emitter, plan: steps.Shared, needed: Needed) -> Select:
    pairs = list(zip(plan.columns, plan.definition.columns, strict=True))
    if emitter.is_read_once(plan):
        wanted = frozenset(defined for column, defined in pairs if column in needed)
        select = emitter.select(plan.definition, wanted)
        select.computed = {column for column, defined in pairs if defined in select.computed}
        select.scope = {column: select.scope[defined] for column, defined in pairs if defined in select.scope}
        return select
    name = emitter.shared(plan)
    return Select(name, {column: sql.identifier(defined.physical) for column, defined in pairs})


@writes(steps.AtHand)
def at_hand(emitter: Emitter, plan: steps.AtHand, needed: Needed) -> Select:
    return emitter.select(plan.everything, needed)


@writes(steps.Procedure)
def procedure(emitter: Emitter, plan: steps.Procedure, needed: Needed) -> Select:
    # Programs give dynamic values as JSON texts.
    scope = {
        column: f"{sql.identifier(column.physical)}::JSON"
        if column.type == "dynamic"
        else sql.identifier(column.physical)
        for column in plan.columns
    }
    return Select(emitter.stage(plan), scope)


# Steps that go on


@writes(steps.Filter)
def filtered(emitter: Emitter, plan: steps.Filter, needed: Needed) -> Select:
    uses = used(plan.predicate)
    select = emitter.select(plan.input, needed | uses)
    # A condition may move below an order, not below a limit.
    if not (select.plain and not any(column in select.computed for column in uses)):
        select = emitter.wrapped(select, [column for column in select.scope if column in needed | uses])
    select.where.append(emitter.expressions.predicate(plan.predicate, select.scope))
    return select


@writes(steps.Project)
def projected(emitter: Emitter, plan: steps.Project, needed: Needed) -> Select:
    kept = [(column, value) for column, value in zip(plan.columns, plan.values, strict=True) if column in needed]
    uses = used(*(value for _, value in kept))
    select = emitter.select(plan.input, uses)
    computing = used(*(value for _, value in kept if not isinstance(value, Ref)))
    if select.distinct or (select.group is not None and computing) or any(c in select.computed for c in computing):
        select = emitter.wrapped(select, [column for column in select.scope if column in uses])
    scope: dict[Column, str] = {}
    computed: set[Column] = set()
    for column, value in kept:
        if isinstance(value, Ref) and value.column.encoding == column.encoding:
            scope[column] = select.scope[value.column]
            if value.column in select.computed:
                computed.add(column)
        else:
            scope[column] = emitter.expressions.stored(value, select.scope, column.encoding)
            computed.add(column)
    select.scope, select.computed = scope, computed
    return select


def _numbered(emitter: Emitter, select: Select, uses: Needed) -> tuple[Select, str]:
    """Ordered rows, and the `ORDER BY` inside of aggregates by which they keep that order."""
    if select.plain and not any(column in select.computed for column in uses):
        return select, " ORDER BY " + ", ".join(map(str, select.order))
    number = Column("row", "long", emitter.name("row_"))
    select.scope[number] = f"row_number() OVER (ORDER BY {', '.join(map(str, select.order))})"
    if not select.limit:
        select.order = []
    wrapped = emitter.wrapped(select, [column for column in select.scope if column in uses or column is number])
    return wrapped, f" ORDER BY {wrapped.scope[number]}"


@writes(steps.Aggregate)
def aggregated(emitter: Emitter, plan: steps.Aggregate, needed: Needed) -> Select:
    key_columns = plan.columns[: len(plan.keys)]
    wanted = [
        (aggregation, outputs)
        for aggregation, outputs in zip(plan.aggregations, plan.outputs, strict=True)
        if not plan.keys or any(column in needed for column in outputs)
    ]
    uses = used(*plan.keys, *(aggregation for aggregation, _ in wanted))
    select = emitter.select(plan.input, uses)
    order = ""
    if select.order and any(aggregation.name in IN_ORDER for aggregation, _ in wanted):
        select, order = _numbered(emitter, select, uses)
    elif not (select.plain and not any(column in select.computed for column in uses)):
        select = emitter.wrapped(select, [column for column in select.scope if column in uses])
    select.order = []
    scope: dict[Column, str] = {}
    group: list[str] = []
    for column, key in zip(key_columns, plan.keys, strict=True):
        scope[column] = emitter.expressions.stored(key, select.scope, column.encoding)
        group.append(_no_place(scope[column], key, select.scope))
    unpack: list[tuple[str, tuple[Column, ...]]] = []
    structs: list[tuple[str, str]] = []
    for aggregation, outputs in wanted:
        text = emitter.expressions.aggregation(aggregation, select.scope, order)
        if aggregation.name in ("arg_max", "arg_min", "take_any"):
            label = emitter.name("row_")
            structs.append((text, label))
            unpack.append((label, outputs))
        else:
            scope[outputs[0]] = text
    if any(not used(key) and not is_constant(key) for key in plan.keys):  # what is random is computed once
        group = [str(position + 1) for position in range(len(group))]
    if not structs:
        select.scope, select.group = scope, group
        select.computed = set(scope)
        if not plan.keys and not any(column in needed for column in scope):
            # Nobody reads the aggregates, and they are what makes one row of all.
            return emitter.wrapped(select, list(scope)[:1])
        return _grouped(select, plan)
    items = [_item(text, column) for column, text in scope.items()] + [f"{text} AS {label}" for text, label in structs]
    select.group = group
    inner = f"SELECT {', '.join(items)}\nFROM {select.origin}" if select.origin else f"SELECT {', '.join(items)}"
    if select.where:
        inner += "\nWHERE " + " AND ".join(select.where)
    if group:
        inner += "\nGROUP BY " + ", ".join(group)
    outer = {column: sql.identifier(column.physical) for column in scope}
    for label, outputs in unpack:
        for position, column in enumerate(outputs):
            value = f"{label}.v{position}"
            outer[column] = f"coalesce({value}, '')" if column.type == "string" else value
    made = Select(f"({indented(inner)}) AS {emitter.name('s')}", outer)
    made.computed = {column for _, outputs in unpack for column in outputs}
    return made


def _grouped(select: Select, plan: steps.Aggregate) -> Select:
    if plan.keys and not select.group:  # pragma: no cover  (keys always make groups)
        raise AssertionError("keys without groups")
    return select


@writes(steps.Distinct)
def distinct(emitter: Emitter, plan: steps.Distinct, needed: Needed) -> Select:
    select = emitter.select(plan.input, frozenset(plan.columns))
    if not select.plain:
        select = emitter.wrapped(select, plan.columns)
    select.order = []
    return _closed(emitter, select, plan.columns, "DISTINCT ")


def _closed(emitter: Emitter, select: Select, columns: Iterable[Column], distinct: str) -> Select:
    select.distinct = distinct
    return emitter.wrapped(select, columns)


@writes(steps.FirstPerKey)
def first_per_key(emitter: Emitter, plan: steps.FirstPerKey, needed: Needed) -> Select:
    uses = used(*plan.keys)
    carried = needed | uses
    select = emitter.select(plan.input, carried)
    if not select.plain or any(column in select.computed for column in uses):
        select = emitter.wrapped(select, [column for column in select.scope if column in carried])
    keys = ", ".join(emitter.expressions.value(key, select.scope) for key in plan.keys)
    kept = [column for column in plan.columns if column in needed]
    return _closed(emitter, select, kept, f"DISTINCT ON ({keys}) ")


@writes(steps.Sort)
def ordered(emitter: Emitter, plan: steps.Sort, needed: Needed) -> Select:
    uses = used(*(key.value for key in plan.keys))
    select = emitter.select(plan.input, needed | uses)
    if not (select.plain and not any(column in select.computed for column in uses)):
        select = emitter.wrapped(select, [column for column in select.scope if column in needed | uses])
    select.order = [term for key in plan.keys for term in sort_terms(emitter, key, select.scope)]
    return select


def _no_place(text: str, value: Bound, scope: dict[Column, str]) -> str:
    """SQL of a value as ORDER BY and GROUP BY want it: a number alone would name a column by its place.

    Calls whose arguments do not matter are written as constants too. What is random stays as it is.
    """
    if any(scope[column] in text for column in used(value)):
        return text
    return text if any(isinstance(part, Call) and part.name in VOLATILE for part in walk(value)) else f"(SELECT {text})"


def sort_terms(emitter: Emitter, key: steps.SortKey, scope: dict[Column, str]) -> list[SortTerm]:
    """What stands in ORDER BY for a key."""
    if isinstance(key.value, Ref):
        text = scope[key.value.column]
    else:
        text = emitter.expressions.value(key.value, scope)
        text = _no_place(text, key.value, scope)
    nulls = f"NULLS {'FIRST' if key.nulls_first else 'LAST'}"
    term = SortTerm(text, f"{'DESC' if key.descending else 'ASC'} {nulls}")
    if key.value.type == "real":  # What is not a number stands beside the nulls.
        return [SortTerm(f"isnan({text})", f"{'DESC' if key.nulls_first else 'ASC'} {nulls}"), term]
    return [term]


@writes(steps.Take)
def taken(emitter: Emitter, plan: steps.Take, needed: Needed) -> Select:
    select = emitter.select(plan.input, needed)
    if select.limit:
        select = emitter.wrapped(select, [column for column in select.scope if column in needed])
    select.limit = emitter.expressions.value(plan.rows, {})
    return select


@writes(steps.Sample)
def sampled(emitter: Emitter, plan: steps.Sample, needed: Needed) -> Select:
    select = emitter.wrapped(
        emitter.select(plan.input, needed), [column for column in plan.columns if column in needed]
    )
    select.order = [SortTerm("random()", "ASC")]
    select.limit = emitter.expressions.value(plan.rows, {})
    return emitter.wrapped(select, select.scope)


@writes(steps.Windows)
def windowed(emitter: Emitter, plan: steps.Windows, needed: Needed) -> Select:
    from vedette.kql.emit.duckdb.windows import window_text

    uses = used(*(part for window in plan.windows for part in (*window.args, *window.partition)))
    uses |= used(*(key.value for window in plan.windows for key in window.order))
    kept = [column for column in plan.input.columns if column in needed | uses]
    select = emitter.wrapped(emitter.select(plan.input, frozenset(kept)), kept)
    for window, column in zip(plan.windows, plan.added, strict=True):
        select.scope[column] = window_text(emitter, window, column, select.scope)
        select.computed.add(column)
    return emitter.wrapped(select, [column for column in select.scope if column in needed])
