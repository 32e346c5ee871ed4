"""`graph-match` and `graph-shortest-paths`: rows for each place where a pattern is found in a graph.

A pattern is a join: each edge is a relation between the ids of its ends, nodes are what these relations have in common.
An edge of variable length is such a relation too; a program finds its paths, between the ends that are known by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, refs
from vedette.kql.bind.graph import NODE, Graph, degrees, graph_of
from vedette.kql.bind.naming import Names
from vedette.kql.bind.operators.graphs import mentions, transformed
from vedette.kql.bind.operators.joining import option, word
from vedette.kql.bind.scope import Frame, Row, Scope
from vedette.kql.bound import Bound, Call, Const, Ref
from vedette.kql.functions.graphs import ON_NODES, ON_PATHS
from vedette.kql.plan import Distinct, Filter, Join, Plan, Procedure, Project, UnionAll
from vedette.kql.schema import Column, Naming

CYCLES: Final = ("unique_edges", "all", "none")
TRUE: Final = Const("bool", True)


@dataclass(slots=True)
class _Edge:
    """An edge of the pattern, with the names of the nodes at its ends as they stand in the graph (source, target)."""

    node: syntax.GraphEdge
    name: str
    source: str
    target: str

    @property
    def either(self) -> bool:
        """Whether it may go in any direction."""
        return self.node.direction == "--"


@dataclass(slots=True)
class _OnPath:
    """A call of `all`, `any` or `map` over a path: where its values come from, and the column that holds its result."""

    function: str
    edge: str
    inner: bool
    value: syntax.Expr
    column: str


@dataclass(slots=True)
class _Pattern:
    """What a pattern says, with names for what has none."""

    nodes: dict[str, syntax.GraphNode] = field(default_factory=dict)
    edges: list[_Edge] = field(default_factory=list)
    calls: list[_OnPath] = field(default_factory=list)

    @property
    def variable(self) -> set[str]:
        """The edges of variable length."""
        return {edge.name for edge in self.edges if edge.node.variable}


@binds(syntax.GraphMatch)
def graph_match(binder: Binder, node: syntax.GraphMatch, input: Plan, scope: Scope) -> Plan:
    said = option(node.options, "cycles")
    cycles = word(binder, said, "unique_edges")
    if cycles not in CYCLES:
        raise binder.source.unknown("way to treat cycles", cycles, CYCLES, said.span if said else node.span)
    return _Matching(binder, graph_of(binder, input, node), node, scope, cycles).rows()


@binds(syntax.GraphShortestPaths)
def shortest_paths(binder: Binder, node: syntax.GraphShortestPaths, input: Plan, scope: Scope) -> Plan:
    said = option(node.options, "output")
    output = word(binder, said, "any")
    if output not in ("any", "all"):
        raise binder.source.unknown("output", output, ("any", "all"), said.span if said else node.span)
    edges = [part for sequence in node.patterns for part in sequence if isinstance(part, syntax.GraphEdge)]
    if len(node.patterns) != 1 or len(edges) != 1 or not edges[0].variable or edges[0].low > 1:
        raise binder.source.unsupported(
            "graph-shortest-paths is supported for one edge of variable length, from 0 or 1 on.",
            node.span,
            hint="graph-shortest-paths (start)-[edges*1..5]->(end) where … project …",
        )
    return _Matching(binder, graph_of(binder, input, node), node, scope, f"shortest_{output}").rows()


class _Matching:
    """Builds the plan of one pattern."""

    def __init__(
        self,
        binder: Binder,
        graph: Graph,
        node: syntax.GraphMatch | syntax.GraphShortestPaths,
        scope: Scope,
        cycles: str,
    ) -> None:
        self.binder = binder
        self.graph = graph
        self.node = node
        self.scope = scope
        self.cycles = cycles
        self.pattern = _read(binder, node)
        self.edge_names = {one.name for one in graph.edges.definition.columns}
        self.by_property: set[str] = set()
        """Columns of `edge.property`, for an edge of variable length."""
        columns = node.columns
        if columns is None:
            raise binder.source.semantic_error("A pattern needs to say what it gives: project …", node.span)
        self.columns: tuple[syntax.NamedExpr, ...] = transformed(columns, self._rewritten)
        conjuncts = _conjuncts(node.condition) if node.condition is not None else []
        self.conditions: list[syntax.Expr] = []
        self.on_edges: dict[str, list[syntax.Expr]] = {}
        self.on_inner: dict[str, list[syntax.Expr]] = {}
        for one in conjuncts:
            if not self._settled_on_path(one):
                self.conditions.append(transformed(one, self._rewritten))
        self.ids: dict[str, Column] = {}
        """Pattern node → the column with its id in the rows so far."""
        self.numbers: dict[str, Column] = {}
        """Pattern edge → the column with its number, or the numbers of its path."""
        self.inner: dict[str, Column] = {}
        self.with_properties: set[str] = set()

    # What the query says about paths

    def _settled_on_path(self, condition: syntax.Expr) -> bool:
        """Whether a condition holds for each edge, or each inner node, of one path alone: then no other is walked."""
        if isinstance(condition, syntax.Call) and condition.name == "all" and len(condition.arguments) == 2:
            found = self._path_of(condition.arguments[0].value)
            if found is not None:
                edge, inner = found
                (self.on_inner if inner else self.on_edges).setdefault(edge, []).append(condition.arguments[1].value)
                return True
        named = {part.name for part in _names(condition)}
        variable = named & self.pattern.variable
        if len(variable) == 1 and not named & set(self.pattern.nodes) and not _calls(condition, ON_PATHS):
            (edge,) = variable
            self.on_edges.setdefault(edge, []).append(transformed(condition, _bare(edge)))
            return True
        return False

    def _path_of(self, node: syntax.Expr) -> tuple[str, bool] | None:
        match node:
            case syntax.Name(name=name) if name in self.pattern.variable:
                return name, False
            case syntax.Call(name="inner_nodes", arguments=(syntax.Argument(value=syntax.Name(name=name)),)):
                if name in self.pattern.variable:
                    return name, True
        return None

    def _rewritten(self, part: Any) -> Any:  # a node of the syntax tree
        """Calls over paths and nodes as names of columns."""
        if isinstance(part, syntax.Call) and part.name in ON_PATHS and len(part.arguments) == 2:
            found = self._path_of(part.arguments[0].value)
            if found is None:
                raise self.binder.source.semantic_error(
                    f"'{part.name}' needs an edge of variable length of the pattern.", part.arguments[0].span
                )
            column = f"$path{len(self.pattern.calls)}"
            self.pattern.calls.append(_OnPath(part.name, *found, part.arguments[1].value, column))
            return syntax.Name(column, span=part.span)
        if isinstance(part, syntax.Call) and part.name in ON_NODES:
            match part.arguments:
                case (syntax.Argument(value=syntax.Name(name=name)),) if name in self.pattern.nodes:
                    suffix = NODE if part.name == "node_id" else part.name
                    return syntax.Member(syntax.Name(name, span=part.span), suffix, span=part.span)
            raise self.binder.source.semantic_error(f"'{part.name}' needs a node of the pattern.", part.span)
        if isinstance(part, syntax.Call) and part.name == "labels":
            raise self.binder.source.unsupported("'labels' is not supported: graphs here have none.", part.span)
        if isinstance(part, syntax.Member) and isinstance(part.target, syntax.Name):
            if part.target.name in self.pattern.variable:
                column = f"$path{len(self.pattern.calls)}"
                value = syntax.Name(part.name, span=part.span)
                self.pattern.calls.append(_OnPath("map", part.target.name, False, value, column))
                self.by_property.add(column)
                return syntax.Name(column, span=part.span)
            return part
        if isinstance(part, syntax.Name) and (part.name in self.pattern.nodes or part.name in self._edge_names()):
            raise self.binder.source.unsupported(
                f"'{part.name}' as a whole is not supported: name a property, {part.name}.x.", part.span
            )
        return None

    def _edge_names(self) -> set[str]:
        return {edge.name for edge in self.pattern.edges}

    # The plan

    def rows(self) -> Plan:
        """All matches, as the query wants to see them."""
        plan: Plan | None = None
        pending = list(self.pattern.edges)
        for name in self.pattern.nodes if not pending else ():
            plan = self._node(name)
        while pending:
            edge = self._next(pending)
            pending.remove(edge)
            plan = self._paths(plan, edge) if edge.node.variable else self._step(plan, edge)
        assert plan is not None
        plan = self._distinct(plan)
        plan = self._properties(plan, list(self.pattern.nodes))
        plan = self._filtered(plan, self.conditions)
        return self._projected(plan)

    def _next(self, pending: Sequence[_Edge]) -> _Edge:
        """The edge to join next: one that hangs together with what is there, of fixed length rather than not."""
        connected = [one for one in pending if one.source in self.ids or one.target in self.ids]
        if self.ids and not connected:
            raise self.binder.source.semantic_error("The parts of a pattern must share a node.", self.node.span)
        return min(connected or pending, key=lambda one: one.node.variable)

    def _node(self, name: str) -> Plan:
        rows = self.binder.shared(self.graph.nodes)
        naming = Naming()
        column = naming.column(f"{name}.{NODE}", self.graph.key_type)
        self.ids[name] = column
        return Project((column,), rows, (Ref(column.type, rows.columns[0]),))

    def _step(self, plan: Plan | None, edge: _Edge) -> Plan:
        """One edge more, with its properties."""
        rows = self.binder.shared(self.graph.edges)
        _, source, target, *shown = rows.columns
        relation: Plan = rows
        if edge.either:
            again = self.binder.shared(self.graph.edges)
            turned = (again.columns[0], again.columns[2], again.columns[1], *again.columns[3:])
            loop = Call("bool", "!=", (Ref(source.type, again.columns[1]), Ref(target.type, again.columns[2])))
            relation = UnionAll(
                rows.columns, (rows, Filter(again.columns, again, loop)), (refs(rows.columns), refs(turned))
            )
        naming = Naming(plan.columns if plan else ())
        names = [f"{edge.name}.$edge", f"{edge.name}.$source", f"{edge.name}.$target"]
        names += [f"{edge.name}.{column.name}" for column in shown]
        added = tuple(naming.column(name, one.type) for name, one in zip(names, rows.columns, strict=True))
        self.numbers[edge.name] = added[0]
        return self._joined(plan, relation, (source, target), added, (added[1], added[2]), edge)

    def _joined(
        self,
        plan: Plan | None,
        relation: Plan,
        ends: tuple[Column, Column],
        added: tuple[Column, ...],
        added_ends: tuple[Column, Column],
        edge: _Edge,
    ) -> Plan:
        """A relation between two pattern nodes joined to the rows so far."""
        if plan is None:
            joined: Plan = Project(added, relation, refs(relation.columns))
        else:
            on = tuple(
                (Ref(self.ids[name].type, self.ids[name]), Ref(end.type, end))
                for name, end in zip((edge.source, edge.target), ends, strict=True)
                if name in self.ids
            )
            joined = Join((*plan.columns, *added), plan, relation, "inner", on)
        if edge.source == edge.target and edge.source not in self.ids:
            same = Call("bool", "==", tuple(Ref(end.type, end) for end in added_ends))
            joined = Filter(joined.columns, joined, same)
        for name, end in zip((edge.source, edge.target), added_ends, strict=True):
            self.ids.setdefault(name, end)
        return joined

    # Paths

    def _paths(self, plan: Plan | None, edge: _Edge) -> Plan:
        """An edge of variable length. Its ends are looked for where the conditions on one node alone allow."""
        edges = self.binder.shared(self.graph.edges)
        calls = [call for call in self.pattern.calls if call.edge == edge.name]
        of_edges, edge_columns = self._valued(edges, edges.columns[:3], edge.name, calls, inner=False)
        nodes = self.binder.shared(self.graph.nodes)
        of_nodes, node_columns = self._valued(nodes, nodes.columns[:1], edge.name, calls, inner=True)
        starts, ends = self._ends(plan, edge.source), self._ends(plan, edge.target)
        naming = Naming()
        key = self.graph.key_type
        columns = [
            naming.column("source", key),
            naming.column("target", key),
            naming.column("edges", "dynamic"),
            naming.column("inner", "dynamic"),
        ]
        columns += [naming.column(call.column, "dynamic" if call.function == "map" else "bool") for call in calls]
        options = {
            "low": edge.node.low,
            "high": edge.node.high,
            "either": edge.either,
            "cycles": self.cycles,
            "calls": [[call.function, call.inner] for call in calls],
            "types": [*edge_columns, *node_columns],
            "bounded": [starts is not None, ends is not None],
        }
        inputs = (of_edges, of_nodes, *(one for one in (starts, ends) if one is not None))
        relation = Procedure(tuple(columns), inputs, "graph_paths", options)
        names = Naming(plan.columns if plan else ())
        added = (
            names.column(f"{edge.name}.$source", key),
            names.column(f"{edge.name}.$target", key),
            names.column(f"{edge.name}.$edges", "dynamic"),
            names.column(f"{edge.name}.$inner", "dynamic"),
            *(names.column(call.column, one.type) for call, one in zip(calls, columns[4:], strict=True)),
        )
        self.numbers[edge.name], self.inner[edge.name] = added[2], added[3]
        return self._joined(plan, relation, (columns[0], columns[1]), added, (added[0], added[1]), edge)

    def _valued(
        self, rows: Plan, kept: Sequence[Column], edge: str, calls: Sequence[_OnPath], *, inner: bool
    ) -> tuple[Plan, list[str]]:
        """The ids of edges or nodes, whether they may be walked, and a value for each call over them."""
        frame = Frame(self.scope, Row(rows.columns))
        allowed: Bound = TRUE
        for condition in (self.on_inner if inner else self.on_edges).get(edge, []):
            bound = self.binder.condition(condition, frame)
            allowed = bound if allowed is TRUE else Call("bool", "and", (allowed, bound))
        naming = Naming(kept)
        columns = [*kept, naming.column("allowed", "bool")]
        values: list[Bound] = [*refs(kept), allowed]
        types: list[str] = []
        for call in calls:
            if call.inner != inner:
                continue
            bind = self.binder.scalar if call.function == "map" else self.binder.condition
            bound = bind(call.value, frame)
            if call.function == "map" and bound.type not in ("dynamic", "bool", "int", "long", "real"):
                bound = Call("string", "tostring", (bound,)) if bound.type != "string" else bound
            columns.append(naming.column("value", bound.type))
            values.append(bound)
            types.append(bound.type)
        return Project(tuple(columns), rows, tuple(values)), types

    def _ends(self, plan: Plan | None, name: str) -> Plan | None:
        """The ids that a pattern node may have, when something is known of it."""
        naming = Naming()
        column = naming.column("id", self.graph.key_type)
        known = self.ids.get(name)
        if known is not None and plan is not None:
            filtered = self._filtered(*self._alone(plan, name))
            return Distinct((column,), Project((column,), filtered, (Ref(known.type, known),)))
        if not self._on_node(name):
            return None
        before = dict(self.ids)
        plan, conditions = self._alone(self._node(name), name)
        filtered = self._filtered(plan, conditions)
        key = self.ids[name]
        self.ids = before
        return Project((column,), filtered, (Ref(key.type, key),))

    def _on_node(self, name: str) -> list[syntax.Expr]:
        """The conditions that speak of one node alone."""
        everything = {*self.pattern.nodes, *self._edge_names()}
        return [
            one
            for one in self.conditions
            if {part.name for part in _names(one)} & everything == {name}
            and not any(part.name.startswith("$path") for part in _names(one))
        ]

    def _alone(self, plan: Plan, name: str) -> tuple[Plan, list[syntax.Expr]]:
        conditions = self._on_node(name)
        if not conditions:
            return plan, conditions
        known = set(self.with_properties)
        plan = self._properties(plan, [name])
        self.with_properties = known
        return plan, conditions

    # What holds for a match as a whole

    def _distinct(self, plan: Plan) -> Plan:
        """Edges (or nodes) that a match may not have twice."""
        tests: list[Bound] = []
        if self.cycles == "unique_edges":
            for one, other in combinations(self.numbers.values(), 2):
                tests.append(_apart(one, other))
        elif self.cycles == "none":
            for first, second in combinations(self.ids.values(), 2):
                tests.append(Call("bool", "!=", (Ref(first.type, first), Ref(second.type, second))))
            for inner in self.inner.values():
                tests += [_apart(inner, key) for key in self.ids.values()]
            tests += [_apart(one, other) for one, other in combinations(self.inner.values(), 2)]
            if any(edge.source == edge.target for edge in self.pattern.edges) or self._has_cycle():
                tests.append(Const("bool", False))
        for test in tests:
            plan = Filter(plan.columns, plan, test)
        return plan

    def _has_cycle(self) -> bool:
        """Whether the pattern itself goes round in a circle."""
        groups = {name: name for name in self.pattern.nodes}

        def root(name: str) -> str:
            while groups[name] != name:
                name = groups[name]
            return name

        for edge in self.pattern.edges:
            one, other = root(edge.source), root(edge.target)
            if one == other:
                return True
            groups[one] = other
        return False

    def _properties(self, plan: Plan, names: Iterable[str]) -> Plan:
        """The properties of nodes that the query uses, as columns `node.property`."""
        used = {
            (part.target.name, part.name)
            for part in _members((self.conditions, self.columns))
            if isinstance(part.target, syntax.Name)
        }
        for name in names:
            wanted = {member for target, member in used if target == name}
            if not wanted or name in self.with_properties:
                continue
            self.with_properties.add(name)
            rows = self.binder.shared(self.graph.nodes)
            base = rows
            key = rows.columns[0]
            for direction in ("node_degree_in", "node_degree_out"):
                if direction in wanted:
                    rows, _ = degrees(self.binder, self.graph, rows, key, direction)
            assert base.columns[0] is key
            naming = Naming(plan.columns)
            added = tuple(
                naming.column(f"{name}.{one.name}" if one is not key else f"{name}.$same", one.type)
                for one in rows.columns
            )
            on = ((Ref(key.type, self.ids[name]), Ref(key.type, key)),)
            plan = Join((*plan.columns, *added), plan, rows, "inner", on)
        return plan

    def _frame(self, plan: Plan) -> Frame:
        columns = {column.name: column for column in plan.columns}
        for name, column in self.ids.items():
            if column in plan.columns:
                columns[f"{name}.{NODE}"] = column
        named = [_Named(name, column) for name, column in columns.items()]
        return Frame(self.scope, _PatternRow(named, self.pattern))

    def _filtered(self, plan: Plan, conditions: Iterable[syntax.Expr]) -> Plan:
        for condition in conditions:
            plan = Filter(plan.columns, plan, self.binder.condition(condition, self._frame(plan)))
        return plan

    def _projected(self, plan: Plan) -> Plan:
        frame = self._frame(plan)
        names = Names()
        naming = Naming()
        columns: list[Column] = []
        values: list[Bound] = []
        for item in self.columns:
            value = self.binder.scalar(item.value, frame)
            outputs = [(value, self._path_name(item.value, names))]
            if item.names or not (isinstance(item.value, syntax.Name) and item.value.name.startswith("$path")):
                outputs = self.binder.outputs(item, value, names)
            for one, name in outputs:
                columns.append(naming.column(name, one.type))
                values.append(one)
        return Project(tuple(columns), plan, tuple(values))

    def _path_name(self, node: syntax.Expr, names: Names) -> str:
        """The name of a column that the query leaves unnamed and that holds a value of a path."""
        if not isinstance(node, syntax.Name) or not node.name.startswith("$path"):
            return ""
        if node.name in self.by_property:
            written = self.binder.source.text[node.span.start : node.span.end]
            return names.unique(written.replace(".", "_"))
        return names.counted()


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    column: Column


class _PatternRow(Row):
    """The columns of matches; `node.$node` finds the node's id."""

    def __init__(self, named: Sequence[_Named], pattern: _Pattern) -> None:
        super().__init__(one.column for one in named)
        self._by_name = {one.name: one.column for one in named}


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


# Reading a pattern


def _read(binder: Binder, node: syntax.GraphMatch | syntax.GraphShortestPaths) -> _Pattern:
    pattern = _Pattern()
    edge_names: set[str] = set()
    for sequence in node.patterns:
        names: list[str] = []
        for part in sequence:
            if isinstance(part, syntax.GraphNode):
                name = part.name or f"$node{len(pattern.nodes)}"
                names.append(name)
                pattern.nodes.setdefault(name, part)
        for place, part in enumerate(one for one in sequence if isinstance(one, syntax.GraphEdge)):
            name = part.name or f"$edge{len(pattern.edges)}"
            if name in edge_names or name in pattern.nodes:
                raise binder.source.semantic_error(f"'{name}' names two parts of the pattern.", part.span)
            edge_names.add(name)
            left, right = names[place], names[place + 1]
            source, target = (right, left) if part.direction == "<-" else (left, right)
            if part.variable and (part.high is None or part.high < part.low):
                raise binder.source.semantic_error("A range of lengths such as *1..3 is needed here.", part.span)
            pattern.edges.append(_Edge(part, name, source, target))
    clash = edge_names & set(pattern.nodes)
    if clash:
        raise binder.source.semantic_error(f"'{min(clash)}' names two parts of the pattern.", node.span)
    if not pattern.edges and len(pattern.nodes) > 1:
        raise binder.source.semantic_error("The parts of a pattern must share a node.", node.span)
    return pattern


def _conjuncts(condition: syntax.Expr) -> list[syntax.Expr]:
    if isinstance(condition, syntax.Binary) and condition.op == "and":
        return [*_conjuncts(condition.left), *_conjuncts(condition.right)]
    return [condition]


def _names(node: object) -> list[syntax.Name]:
    """All names in a syntax tree."""
    found: list[syntax.Name] = []

    def look(part: Any) -> None:  # a node of the syntax tree
        if isinstance(part, syntax.Name):
            found.append(part)

    transformed(node, look)
    return found


def _members(node: object) -> list[syntax.Member]:
    """All accesses to members in a syntax tree."""
    found: list[syntax.Member] = []

    def look(part: Any) -> None:  # a node of the syntax tree
        if isinstance(part, list):
            transformed(tuple(part), look)
        if isinstance(part, syntax.Member):
            found.append(part)

    transformed(node, look)
    return found


def _calls(node: object, names: Iterable[str]) -> bool:
    return any(mentions(node, name) for name in names)


def _bare(edge: str) -> Any:  # a function over nodes of the syntax tree
    """Changes `edge.x` to `x`."""

    def change(part: Any) -> Any:
        if isinstance(part, syntax.Member) and isinstance(part.target, syntax.Name) and part.target.name == edge:
            return syntax.Name(part.name, span=part.span)
        return None

    return change
