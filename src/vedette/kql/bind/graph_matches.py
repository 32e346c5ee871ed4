"""Matches of a graph pattern: the columns that hold their nodes and edges, and what holds for a match as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from vedette.kql.bind.binder import refs
from vedette.kql.bind.graph_syntax import Pattern
from vedette.kql.bound import Bound, Call, Const, Ref
from vedette.kql.plan import Filter, FirstPerKey, Plan, Project, Window, Windows
from vedette.kql.schema import Column, Naming


@dataclass(slots=True)
class Places:
    """Where the rows so far hold what."""

    ids: dict[str, Column] = field(default_factory=dict)
    """Pattern node → the column with its id."""
    numbers: dict[str, Column] = field(default_factory=dict)
    """Pattern edge → the column with its number, or the numbers of its path."""
    inner: dict[str, Column] = field(default_factory=dict)
    """Edge of variable length → the column with the ids of its inner nodes."""

    def again(self, columns: Sequence[Column], rows: Plan) -> Plan:
        """Another use of the rows. columns: those of the rows so far; the new ones' take their place, in order."""
        new = dict(zip(columns, rows.columns, strict=False))
        for known in (self.ids, self.numbers, self.inner):
            known.update({name: new.get(column, column) for name, column in known.items()})
        return rows


def distinct(plan: Plan, pattern: Pattern, places: Places, cycles: str) -> Plan:
    """Matches without edges (or nodes) that a match may not have twice."""
    tests: list[Bound] = []
    if cycles == "unique_edges":
        for one, other in combinations(places.numbers.values(), 2):
            tests.append(_apart(one, other))
    elif cycles == "none":
        for first, second in combinations(places.ids.values(), 2):
            tests.append(Call("bool", "!=", (Ref(first.type, first), Ref(second.type, second))))
        for inner in places.inner.values():
            tests += [_apart(inner, key) for key in places.ids.values()]
        tests += [_apart(one, other) for one, other in combinations(places.inner.values(), 2)]
        if any(edge.source == edge.target for edge in pattern.edges) or _has_cycle(pattern):
            tests.append(Const("bool", False))
    for test in tests:
        plan = Filter(plan.columns, plan, test)
    return plan


def _has_cycle(pattern: Pattern) -> bool:
    """Whether the pattern itself goes round in a circle."""
    groups = {name: name for name in pattern.nodes}

    def root(name: str) -> str:
        while groups[name] != name:
            name = groups[name]
        return name

    for edge in pattern.edges:
        one, other = root(edge.source), root(edge.target)
        if one == other:
            return True
        groups[one] = other
    return False


def _apart(one: Column, other: Column) -> Bound:
    """Whether two edges, or two paths, have nothing in common."""
    if one.type != "dynamic" and other.type != "dynamic":
        return Call("bool", "!=", (Ref(one.type, one), Ref(other.type, other)))
    sides = []
    for column in (one, other):
        value: Bound = Ref(column.type, column)
        sides.append(value if column.type == "dynamic" else Call("dynamic", "pack_array", (value,)))
    common = Call("dynamic", "set_intersect", tuple(sides))
    return Call("bool", "==", (Call("long", "array_length", (common,)), Const("long", 0)))


def shortest(plan: Plan, pattern: Pattern, places: Places, *, every: bool) -> Plan:
    """Of all matches between a first and a last node those with the fewest edges, or just one of them."""
    ends = tuple(Ref(places.ids[name].type, places.ids[name]) for name in pattern.ends)
    total: Bound = Const("long", 0)
    for name in sorted(pattern.variable):
        edges = Call("long", "array_length", (Ref("dynamic", places.numbers[name]),))
        total = Call("long", "+", (total, edges))
    naming = Naming(plan.columns)
    length, least = naming.column("$length", "long"), naming.column("$least", "long")
    plan = Project((*plan.columns, length), plan, (*refs(plan.columns), total))
    fewest = Window("min", (Ref("long", length),), ends)
    plan = Windows((*plan.columns, least), plan, (fewest,), (least,))
    plan = Filter(plan.columns, plan, Call("bool", "==", (Ref("long", length), Ref("long", least))))
    return plan if every else FirstPerKey(plan.columns, plan, ends)
