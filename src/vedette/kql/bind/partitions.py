"""Makes a plan over some rows into one that does the same within each partition of them.

The body of `mv-apply` or `partition` is bound over a leaf, the rows at hand, as if there were one partition. Here the
leaf is replaced by the rows of all partitions, with a key and columns to be carried along, and every step is turned
into one that works by key: groups get the key, `take` counts within it, windows get a partition. Engines see known
steps only.

Order within a partition is kept as sort keys, which later steps use; so a `top` is a row number below a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Final

from vedette.kql.bind.binder import Binder, refs
from vedette.kql.bound import Aggregation, Among, Bound, Call, Const, First, Ref, walk
from vedette.kql.plan import (
    Aggregate,
    Captures,
    Distinct,
    Expansion,
    Filter,
    FirstPerKey,
    Join,
    Plan,
    Procedure,
    Project,
    Sample,
    Series,
    Shared,
    Sort,
    SortKey,
    Take,
    UnionAll,
    Unnest,
    Window,
    Windows,
)
from vedette.kql.schema import Column
from vedette.kql.source import Span

IN_ORDER: Final = frozenset(
    {"make_list", "makelist", "make_list_with_nulls", "make_bag", "make_dictionary", "buildschema"}
)
"""Aggregates whose result depends on the order of rows."""


NOT_INSIDE: Final = frozenset({"columns", "span", "everything"})
"""Attributes of steps and expressions that hold no part of them."""


@dataclass(slots=True)
class Part:
    """A step turned: its plan, what each carried column has become, and the order of rows within a partition."""

    plan: Plan
    carried: dict[Column, Column]
    key: tuple[Column, ...]
    order: tuple[SortKey, ...] = ()
    sorted: bool = False

    @property
    def extra(self) -> tuple[Column, ...]:
        """All columns that go along with those of the step itself."""
        ordering = [key.value.column for key in self.order if isinstance(key.value, Ref)]
        return tuple(dict.fromkeys((*self.key, *self.carried.values(), *ordering)))


def parts_of(plan: object) -> Iterable[object]:
    """A plan and everything inside of it: inputs, expressions, plans inside of those."""
    pending = [plan]
    while pending:
        at = pending.pop()
        yield at
        if isinstance(at, Plan | Bound | SortKey | Window | Expansion):
            pending.extend(getattr(at, one.name) for one in fields(at) if one.name not in NOT_INSIDE)
        elif isinstance(at, tuple):
            pending.extend(at)


def contains(plan: object, leaf: Plan) -> bool:
    """Whether the leaf is somewhere inside."""
    return any(part is leaf for part in parts_of(plan))


def needs_key(body: Plan, leaf: Plan) -> bool:
    """Whether a body looks at several rows of its partition together, or adds some to each partition."""
    return any(
        (
            isinstance(part, Aggregate | Distinct | FirstPerKey | Take | Sample | Windows | Series | Procedure | First)
            and contains(part, leaf)
        )
        or (isinstance(part, UnionAll) and len({contains(input, leaf) for input in part.inputs}) > 1)
        for part in parts_of(body)
    )


@dataclass(slots=True)
class Partitions:
    """Turns one body."""

    binder: Binder
    span: Span
    leaf: Callable[[Plan], Part | None]
    """The rows of all partitions, for the leaf that the body was bound over; None for any other step."""
    _count: int = field(default=0, init=False)

    def fresh(self, column: Column) -> Column:
        """A column of the same values under a physical name that nothing else has."""
        return hidden(self.binder, column)

    def turned(self, plan: Plan) -> Part:
        """The plan, by partitions. Raises: `UnsupportedQuery` for steps that cannot be turned."""
        found = self.leaf(plan)
        if found is not None:
            return found
        match plan:
            case Filter(input=input, predicate=predicate):
                part, (resolved,) = self._resolved(self.turned(input), (predicate,))
                columns = tuple(dict.fromkeys((*plan.columns, *part.extra)))
                return self._with(part, Filter(columns, part.plan, resolved))
            case Project(input=input, values=values):
                part, values = self._resolved(self.turned(input), values)
                kept = [column for column in part.extra if column not in plan.columns]
                columns = (*plan.columns, *kept)
                return self._with(part, Project(columns, part.plan, (*values, *refs(kept))))
            case Captures(input=input):
                part = self.turned(input)
                texts = plan.columns[len(input.columns) :]
                return self._with(part, replace(plan, columns=(*part.plan.columns, *texts), input=part.plan))
            case Windows(input=input):
                return self._windows(plan, self.turned(input))
            case Unnest(input=input):
                return self._unnest(plan, self.turned(input))
            case Sort(input=input, keys=keys):
                return self._sort(plan, keys, self.turned(input))
            case Take(input=input, rows=rows):
                part = self.turned(input)
                return self._first(plan, part, rows, part.order)
            case Sample(input=input, rows=rows):
                part = self.turned(input)
                shuffled = (SortKey(Call("real", "rand", ()), descending=False, nulls_first=False),)
                return self._first(plan, part, rows, shuffled)
            case Aggregate(input=input):
                return self._aggregate(plan, self.turned(input))
            case Series(input=input):
                part = self._unordered(self.turned(input))
                extra = part.extra
                columns = (*plan.columns[: len(plan.keys)], *extra, *plan.columns[len(plan.keys) :])
                return self._with(part, replace(plan, columns=columns, input=part.plan, keys=(*plan.keys, *extra)))
            case Distinct(input=input):
                part = self._unordered(self.turned(input))
                columns = tuple(dict.fromkeys((*plan.columns, *part.extra)))
                return self._with(part, Distinct(columns, Project(columns, part.plan, refs(columns))))
            case FirstPerKey(input=input, keys=keys):
                part = self.turned(input)
                columns = tuple(dict.fromkeys((*plan.columns, *part.extra)))
                return self._with(part, FirstPerKey(columns, part.plan, (*refs(part.key), *keys)))
            case Procedure(inputs=(input,)):
                return self._program(plan, input, self.turned(input))
            case Join():
                return self._join(plan)
            case UnionAll():
                return self._union(plan)
            case Shared(definition=definition):
                part = self.turned(definition)
                kept = list(part.extra)
                pairs = refs(definition.columns)
                return self._with(part, Project((*plan.columns, *kept), part.plan, (*pairs, *refs(kept))))
        raise self.binder.source.unsupported(
            "A step of this body works on all rows at once and is not supported inside of partition or mv-apply.",
            self.span,
        )

    def _with(self, part: Part, plan: Plan) -> Part:
        return replace(part, plan=plan)

    def _unordered(self, part: Part) -> Part:
        return replace(part, order=(), sorted=False)

    def _windows(self, plan: Windows, part: Part) -> Part:
        windows = tuple(
            replace(one, partition=(*refs(part.key), *one.partition), order=one.order or part.order)
            for one in plan.windows
        )
        columns = (*part.plan.columns, *plan.added)
        return self._with(part, Windows(columns, part.plan, windows, plan.added))

    def _unnest(self, plan: Unnest, part: Part) -> Part:
        index = plan.index
        columns = tuple(dict.fromkeys((*plan.columns, *part.extra)))
        if not part.order:
            return self._with(part, replace(plan, columns=columns, input=part.plan))
        if index is None:
            index = self.fresh(Column("index", "long", "index"))
            columns = (*columns, index)
        made = replace(plan, columns=columns, input=part.plan, index=index)
        within = SortKey(Ref("long", index), descending=False, nulls_first=False)
        return replace(part, plan=made, order=(*part.order, within))

    def _sort(self, plan: Sort, keys: tuple[SortKey, ...], part: Part) -> Part:
        copies = [self.fresh(Column("order", key.value.type, "order")) for key in keys]
        columns = (*part.plan.columns, *copies)
        values = (*refs(part.plan.columns), *(key.value for key in keys))
        order = tuple(replace(key, value=Ref(copy.type, copy)) for key, copy in zip(keys, copies, strict=True))
        return replace(part, plan=Project(columns, part.plan, values), order=(*order, *part.order), sorted=True)

    def _first(self, plan: Plan, part: Part, rows: Bound, order: tuple[SortKey, ...]) -> Part:
        number = self.fresh(Column("row", "long", "row"))
        window = Window("row_number", (), refs(part.key), order)
        numbered = Windows((*part.plan.columns, number), part.plan, (window,), (number,))
        kept = Filter(numbered.columns, numbered, Call("bool", "<=", (Ref("long", number), rows)))
        columns = part.plan.columns
        return self._with(part, Project(columns, kept, refs(columns)))

    def _aggregate(self, plan: Aggregate, part: Part) -> Part:
        input = part.plan
        if part.order and any(one.name in IN_ORDER for one in plan.aggregations):
            input = Sort(input.columns, input, part.order)
        now = {column: replace_encoding(self.fresh(column)) for column in part.carried.values()}
        width = len(plan.keys)
        columns = (*part.key, *plan.columns[:width], *plan.columns[width:], *now.values())
        taken = tuple(Aggregation(column.type, "take_any", (Ref(column.type, column),)) for column in now)
        made = Aggregate(
            columns,
            input,
            (*refs(part.key), *plan.keys),
            (*plan.aggregations, *taken),
            (*plan.outputs, *((column,) for column in now.values())),
        )
        carried = {original: now[column] for original, column in part.carried.items()}
        return Part(made, carried, part.key)

    def _program(self, plan: Procedure, input: Plan, part: Part) -> Part:
        """A program runs once for each partition. What is carried along is the same for all of its rows."""
        extra = [*part.key, *part.carried.values()]
        now = {column: replace_encoding(self.fresh(column)) for column in extra}
        number = self.fresh(Column("row", "long", "row"))
        order = (*_ascending(part.key), *part.order)
        columns = (*input.columns, *(column for column in extra if column not in input.columns))
        ordered = Sort(part.plan.columns, part.plan, order)
        options: dict[str, object] = {
            "procedure": plan.name,
            "options": dict(plan.options),
            "own": [column.physical for column in input.columns],
            "keys": [column.physical for column in part.key],
            "constants": {column.physical: shown.physical for column, shown in now.items()},
            "number": number.physical,
        }
        made = Procedure(
            (*plan.columns, *now.values(), number),
            (Project(columns, ordered, refs(columns)),),
            "by_partition",
            options,
        )
        carried = {original: now[column] for original, column in part.carried.items()}
        return Part(made, carried, tuple(now[key] for key in part.key), _ascending((number,)), part.sorted)

    def _resolved(self, part: Part, values: tuple[Bound, ...]) -> tuple[Part, tuple[Bound, ...]]:
        """The part with a column for every `toscalar` over the rows of a partition, and the values that read them."""
        found: dict[int, Ref] = {}
        for one in (inner for value in values for inner in walk(value)):
            if not isinstance(one, First) or id(one.plan) in found or not self._has_leaf(one.plan):
                continue
            column = one.plan.columns[0]
            several = self._unordered_first(one.plan)
            fresh = Column(column.name, column.type, self.binder.hidden_name(column.physical), column.encoding)
            keys = [self.fresh(key) for key in several.key]
            right = Project((fresh, *keys), several.plan, (Ref(column.type, column), *refs(several.key)))
            pairs = [Call("bool", "$same", pair) for pair in zip(refs(part.key), refs(keys), strict=True)]
            test: Bound = pairs[0] if len(pairs) == 1 else Call("bool", "and", tuple(pairs))
            left = part.plan
            shown, *rest = (Column(one.name, one.type, self.binder.hidden_name(one.physical)) for one in (fresh, *keys))
            shown.encoding = fresh.encoding
            joined = Join((*left.columns, shown, *rest), left, right, "left", (), test)
            part = self._with(part, joined)
            found[id(one.plan)] = Ref(shown.type, shown)
        if not found:
            return part, values
        return part, tuple(_replaced(value, found) for value in values)

    def _has_leaf(self, plan: Plan) -> bool:
        return any(isinstance(one, Plan) and self.leaf(one) is not None for one in parts_of(plan))

    def _unordered_first(self, plan: Plan) -> Part:
        """The first row of a plan in each partition."""
        part = self.turned(plan)
        return self._first(plan, part, Const("long", 1), part.order)

    def _join(self, plan: Join) -> Part:
        if plan.kind not in ("inner", "left", "semi", "anti", "cross"):
            raise self.binder.source.unsupported(
                f"A {plan.kind} join is not supported inside of partition or mv-apply.", self.span
            )
        part = self.turned(plan.left)
        kept = [column for column in part.extra if column not in plan.left.columns]
        left_columns = (*plan.left.columns, *kept)
        left = Project(left_columns, part.plan, refs(left_columns))
        right, condition = plan.right, plan.condition
        columns = (*left_columns, *plan.columns[len(plan.left.columns) :])
        if self._has_leaf(plan.right):
            other = self.turned(plan.right)
            keys = [self.fresh(key) for key in other.key]
            right = Project((*right.columns, *keys), other.plan, (*refs(right.columns), *refs(other.key)))
            tests = [Call("bool", "$same", pair) for pair in zip(refs(part.key), refs(keys), strict=True)]
            condition = Call("bool", "and", (*tests, *([condition] if condition is not None else [])))
            if plan.kind not in ("semi", "anti"):
                columns = (*columns, *(self.fresh(key) for key in keys))
        return self._with(part, replace(plan, columns=columns, left=left, right=right, condition=condition))

    def _union(self, plan: UnionAll) -> Part:
        parts = [
            self._unordered(self.turned(input)) if self._has_leaf(input) else self._beside(input, plan)
            for input in plan.inputs
        ]
        first = parts[0]
        new = {column: self.fresh(column) for column in first.extra}
        rows = [(*values, *refs(part.extra)) for part, values in zip(parts, plan.values, strict=True)]
        made = UnionAll((*plan.columns, *new.values()), tuple(part.plan for part in parts), tuple(rows))
        carried = {original: new[column] for original, column in first.carried.items()}
        return Part(made, carried, tuple(new[column] for column in first.key))

    def _beside(self, input: Plan, plan: UnionAll) -> Part:
        """Rows that have nothing to do with those at hand, once for each partition."""
        base = next(
            (found for one in parts_of(plan) if isinstance(one, Plan) and (found := self.leaf(one)) is not None), None
        )
        if base is None or not base.key:
            raise self.binder.source.unsupported(
                "A union without the rows at hand is not supported inside of partition or mv-apply.", self.span
            )
        along = (*base.key, *base.carried.values())
        one_each = FirstPerKey(along, Project(along, base.plan, refs(along)), refs(base.key))
        new = {column: self.fresh(column) for column in along}
        renamed = Project(tuple(new.values()), one_each, refs(along))
        crossed = Join((*input.columns, *new.values()), input, renamed, "cross", ())
        carried = {original: new[column] for original, column in base.carried.items()}
        return Part(crossed, carried, tuple(new[column] for column in base.key))


def hidden(binder: Binder, column: Column) -> Column:
    """A column that no query can name, with a physical name of its own."""
    return Column("", column.type, binder.hidden_name(column.physical), column.encoding)


def _ascending(columns: Iterable[Column]) -> tuple[SortKey, ...]:
    return tuple(SortKey(Ref(one.type, one), descending=False, nulls_first=True) for one in columns)


def _replaced(value: Bound, found: dict[int, Ref]) -> Bound:
    """The value with columns in the place of plans inside of it."""
    match value:
        case First(plan=plan) if id(plan) in found:
            return found[id(plan)]
        case Call(args=args):
            return replace(value, args=tuple(_replaced(one, found) for one in args))
        case Among(value=inner):
            return replace(value, value=_replaced(inner, found))
    return value


def replace_encoding(column: Column) -> Column:
    """The column as expressions have it."""
    return Column(column.name, column.type, column.physical)
