"""`top-nested`, `top-hitters`, `sample-distinct`: which values come first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, new_column, refs
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.naming import Names
from vedette.kql.bind.operators.rows import row_count
from vedette.kql.bind.operators.summarize import finished
from vedette.kql.bind.scope import Aggregates, Frame, LetPlan, Row, Scope
from vedette.kql.bound import Aggregation, Bound, Call, Const, Ref, missing_value
from vedette.kql.plan import (
    Aggregate,
    Distinct,
    Filter,
    Join,
    JoinKind,
    Plan,
    Project,
    Sort,
    SortKey,
    Take,
    UnionAll,
    Window,
    Windows,
)
from vedette.kql.schema import Column, Naming
from vedette.kql.signatures import NUMBERS


@binds(syntax.SampleDistinct)
def sample_distinct(binder: Binder, node: syntax.SampleDistinct, input: Plan, scope: Scope) -> Plan:
    value = binder.scalar(node.key.value, binder.frame(input, scope))
    name = node.key.names[0] if node.key.names else binder.suggested_name(node.key.value) or "Column1"
    column = new_column(Naming(), name, value)
    distinct = Distinct((column,), Project((column,), input, (value,)))
    return Take((column,), distinct, row_count(binder, node.rows, scope, whole_real=True))


@binds(syntax.TopHitters)
def top_hitters(binder: Binder, node: syntax.TopHitters, input: Plan, scope: Scope) -> Plan:
    frame = binder.frame(input, scope)
    key = binder.scalar(node.key.value, frame)
    if key.type == "dynamic":
        raise binder.source.semantic_error("A dynamic value has no most frequent values.", node.key.span)
    naming = Naming()
    name = node.key.names[0] if node.key.names else binder.suggested_name(node.key.value) or "Column1"
    group = new_column(naming, name, key)
    if node.measure is None:
        aggregation = Aggregation("long", "count", ())
        measured = f"approximate_count_{name}"
    else:
        weight = binder.scalar(node.measure.value, frame)
        if weight.type not in NUMBERS:
            raise binder.source.semantic_error(
                f"What is summed up must be a number, and this is a {weight.type}.", node.measure.span
            )
        summed: KqlType = "long" if weight.type == "int" else weight.type
        aggregation = Aggregation(summed, "sum", (weight,))
        named = node.measure.names[0] if node.measure.names else binder.suggested_name(node.measure.value)
        measured = f"approximate_sum_{named or ''}"
    column = naming.column(measured, aggregation.type)
    counted = Aggregate((group, column), input, (key,), (aggregation,), ((column,),))
    order = (SortKey(Ref(column.type, column), descending=True, nulls_first=False),)
    rows = row_count(binder, node.rows, scope, whole_real=True)
    return Take(counted.columns, Sort(counted.columns, counted, order), rows)


@dataclass(frozen=True, slots=True)
class _Level:
    """A level of `top-nested`: its names, and the rows that made it with their aggregate."""

    node: syntax.TopNestedLevel
    key_name: str
    measure_name: str
    rows: Bound | None
    others: Bound | None
    top: LetPlan
    """Columns: the keys down to this level, and the aggregate."""


@binds(syntax.TopNested)
def top_nested(binder: Binder, node: syntax.TopNested, input: Plan, scope: Scope) -> Plan:
    nested = _Nested(binder, input, scope, node.levels)
    for position in range(len(node.levels)):
        nested.add(position)
    return nested.result()


class _Nested:
    """Builds a `top-nested` from its levels. Each level looks at the rows whose keys above made it."""

    def __init__(self, binder: Binder, input: Plan, scope: Scope, levels: Sequence[syntax.TopNestedLevel]) -> None:
        self._binder = binder
        self._scope = scope
        self._names = Names()
        self._nodes = levels
        self._width = len(input.columns)
        frame = binder.frame(input, scope)
        naming = Naming(input.columns)
        values = [binder.scalar(level.key.value, frame) for level in levels]
        for level, value in zip(levels, values, strict=True):
            if value.type == "dynamic":
                raise binder.source.semantic_error(
                    "Rows cannot be grouped by a dynamic value.", level.key.span, hint="Group by tostring(…) of it."
                )
        keys = [new_column(naming, "key", value) for value in values]
        columns = (*input.columns, *keys)
        self._input = binder.kept(Project(columns, input, (*refs(input.columns), *values)))
        self._levels: list[_Level] = []

    def add(self, position: int) -> None:
        """The next level."""
        node = self._nodes[position]
        binder = self._binder
        written = node.key.names[0] if node.key.names else binder.suggested_name(node.key.value)
        key_name = self._names.unique(written) if written else self._names.counted()
        measure = node.aggregate.value
        measure_name = self._names.unique(measure.names[0] if measure.names else f"aggregated_{key_name}")
        rows = row_count(binder, node.rows, self._scope) if node.rows is not None else None
        source = binder.shared(self._input)
        kept, keys = self._restricted(source, position)
        grouped = self._measured(kept, source, keys[: position + 1], [node])
        *groups, value = grouped.columns
        top: Plan = grouped
        if rows is not None:
            descending = node.aggregate.descending is not False
            order = (
                SortKey(Ref(value.type, value), descending, nulls_first=not descending),
                SortKey(Ref(groups[-1].type, groups[-1]), descending=False, nulls_first=False),
            )
            number = Naming(grouped.columns).column("row", "long")
            window = Window("row_number", (), refs(groups[:-1]), order)
            ranked = Windows((*grouped.columns, number), grouped, (window,), (number,))
            among = Filter(ranked.columns, ranked, Call("bool", "<=", (Ref("long", number), rows)))
            top = Project(grouped.columns, among, refs(grouped.columns))
        others = binder.scalar(node.others, Frame(self._scope)) if node.others is not None else None
        if others is not None:
            others = convert(others, groups[-1].type)
        self._levels.append(_Level(node, key_name, measure_name, rows, others, binder.kept(top)))

    def _restricted(self, source: Plan, depth: int, *, beyond: bool = False) -> tuple[Plan, tuple[Column, ...]]:
        """Rows whose first keys made it; with `beyond` those whose next key did not. And the columns of all keys."""
        keys = source.columns[self._width :]
        plan = source
        if depth:
            plan = _matched(plan, self._binder.shared(self._levels[depth - 1].top), keys[:depth], "semi")
        if beyond:
            plan = _matched(plan, self._binder.shared(self._levels[depth].top), keys[: depth + 1], "anti")
        return plan, keys

    def _measured(
        self, plan: Plan, source: Plan, keys: Sequence[Column], nodes: Sequence[syntax.TopNestedLevel]
    ) -> Plan:
        """The aggregates of some levels by keys: columns are the keys, then a value each."""
        naming = Naming()
        groups = [(naming.column(key.name, key.type, key.encoding), Ref(key.type, key)) for key in keys]
        collected = Aggregates(Naming([*plan.columns, *(column for column, _ in groups)]))
        frame = Frame(self._scope, Row(source.columns[: self._width]), aggregates=collected)
        outputs = [
            (f"measure{place}", self._binder.scalar(node.aggregate.value.value, frame))
            for place, node in enumerate(nodes)
        ]
        if not groups:
            (rows,) = collected.add(Aggregation("long", "count", ()), ["long"])
            outputs.append(("rows", Ref("long", rows)))
        made = finished(plan, groups, collected, outputs, naming)
        if groups:
            return made
        count = made.columns[-1]
        some = Filter(made.columns, made, Call("bool", ">", (Ref("long", count), Const("long", 0))))
        return Project(made.columns[:-1], some, refs(made.columns[:-1]))

    def _chain(self, depth: int) -> tuple[Plan, tuple[Column, ...], tuple[Column, ...]]:
        """The rows of the first levels together: the plan, its keys, and its measures."""
        plan = self._binder.shared(self._levels[0].top)
        keys: tuple[Column, ...] = plan.columns[:1]
        measures: tuple[Column, ...] = plan.columns[1:]
        for level in self._levels[1:depth]:
            below = self._binder.shared(level.top)
            plan = _joined(plan, below, keys)
            both = plan.columns[-len(below.columns) :]
            keys, measures = (*keys, both[-2]), (*measures, both[-1])
        return plan, keys, measures

    def result(self) -> Plan:
        """All rows, those of others as well."""
        plan, keys, measures = self._chain(len(self._levels))
        naming = Naming()
        columns: list[Column] = []
        for level, key, measure in zip(self._levels, keys, measures, strict=True):
            columns.append(naming.column(level.key_name, key.type))
            columns.append(naming.column(level.measure_name, measure.type))
        values = tuple(Ref(column.type, column) for pair in zip(keys, measures, strict=True) for column in pair)
        inputs: list[Plan] = [plan]
        rows: list[tuple[Bound, ...]] = [values]
        for depth, level in enumerate(self._levels):
            if level.rows is not None and any(one.others is not None for one in self._levels[depth:]):
                beyond, given = self._others(depth, columns)
                inputs.append(beyond)
                rows.append(given)
        if len(inputs) == 1:
            return Project(tuple(columns), plan, values)
        return UnionAll(tuple(columns), tuple(inputs), tuple(rows))

    def _others(self, depth: int, columns: Sequence[Column]) -> tuple[Plan, tuple[Bound, ...]]:
        """One row for all that did not make it at this level, per combination of the keys above."""
        source = self._binder.shared(self._input)
        rest, keys = self._restricted(source, depth, beyond=True)
        named = [level for level in self._levels[depth:] if level.others is not None]
        plan = self._measured(rest, source, keys[:depth], [level.node for level in named])
        found = {id(level): column for level, column in zip(named, plan.columns[depth:], strict=True)}
        values: list[Bound] = []
        if depth:
            above, above_keys, above_measures = self._chain(depth)
            groups = plan.columns[:depth]
            inner = len(above.columns)
            fresh = _joined(above, plan, above_keys, of_right=groups)
            moved = dict(zip(plan.columns, fresh.columns[inner:], strict=True))
            found = {level: moved[column] for level, column in found.items()}
            plan = fresh
            for key, measure in zip(above_keys, above_measures, strict=True):
                values += [Ref(key.type, key), Ref(measure.type, measure)]
        for place, level in enumerate(self._levels[depth:], depth):
            key_type, measure_type = columns[2 * place].type, columns[2 * place + 1].type
            if level.others is not None:
                values += [level.others, Ref(measure_type, found[id(level)])]
            else:
                values += [missing_value(key_type), missing_value(measure_type)]
        return plan, tuple(values)


def _same(pairs: Sequence[tuple[Column, Column]]) -> Bound:
    """Whether keys are the same; null is the same as null here."""
    tests = tuple(Call("bool", "$same", (Ref(a.type, a), Ref(b.type, b))) for a, b in pairs)
    return tests[0] if len(tests) == 1 else Call("bool", "and", tests)


def _matched(plan: Plan, other: Plan, keys: Sequence[Column], kind: JoinKind) -> Plan:
    pairs = list(zip(keys, other.columns, strict=False))
    return Join(plan.columns, plan, other, kind, (), _same(pairs))


def _joined(left: Plan, right: Plan, keys: Sequence[Column], *, of_right: Sequence[Column] = ()) -> Plan:
    """Both sides where keys are the same: columns of the left, then fresh ones for all of the right."""
    naming = Naming(left.columns)
    fresh = tuple(naming.column(one.name, one.type, one.encoding) for one in right.columns)
    pairs = list(zip(keys, of_right or right.columns, strict=False))
    return Join((*left.columns, *fresh), left, right, "inner", (), _same(pairs))
