"""`graph-match` and `graph-shortest-paths`: rows for each place where a pattern is found in a graph.

A pattern is a join: each edge is a relation between the ids of its ends, nodes are what these relations have in common.
An edge of variable length is such a relation too; a program finds its paths, between the ends that are known by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, refs
from vedette.kql.bind.graph import NODE, Graph, degrees, graph_of, properties
from vedette.kql.bind.graph_matches import Places, distinct, shortest
from vedette.kql.bind.graph_syntax import Edge, OnPath, Pattern, bare, calls, conjuncts, members, names_in, read
from vedette.kql.bind.naming import Names
from vedette.kql.bind.operators.graphs import NO_LABELS, id_text, transformed
from vedette.kql.bind.operators.joining import option, word
from vedette.kql.bind.outputs import named_outputs
from vedette.kql.bind.scope import Frame, Row, Scope
from vedette.kql.bound import Aggregation, Bound, Call, Const, Ref
from vedette.kql.functions.graphs import ON_NODES, ON_PATHS
from vedette.kql.plan import (
    Aggregate,
    Distinct,
    Expansion,
    Filter,
    Join,
    Plan,
    Procedure,
    Project,
    UnionAll,
    Unnest,
    Window,
    Windows,
)
from vedette.kql.schema import Column, Naming

CYCLES: Final = ("unique_edges", "all", "none")
TRUE: Final = Const("bool", True)


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
    if len(node.patterns) != 1 or not any(edge.variable for edge in edges):
        raise binder.source.semantic_error(
            "A shortest path is one sequence with an edge of variable length.",
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
        self.pattern = read(binder, node)
        self.edge_names = {one.name for one in graph.edges.definition.columns}
        self.by_property: set[str] = set()
        """Columns of `edge.property`, for an edge of variable length."""
        columns = node.columns
        if columns is None:
            raise binder.source.semantic_error("A pattern needs to say what it gives: project …", node.span)
        self.columns: tuple[syntax.NamedExpr, ...] = transformed(tuple(map(self._named, columns)), self._rewritten)
        self.unnamed = {place for place, item in enumerate(columns) if not item.names and _of_element(item.value)}
        """Columns that hold what a function says of a node or edge, and have no name of their own."""
        self.conditions: list[syntax.Expr] = []
        self.on_edges: dict[str, list[syntax.Expr]] = {}
        self.on_inner: dict[str, list[syntax.Expr]] = {}
        for one in conjuncts(node.condition) if node.condition is not None else []:
            if not self._settled_on_path(one):
                self.conditions.append(transformed(one, self._rewritten))
        self.shortest = ""
        """Which shortest paths are chosen from all matches; empty when a search finds them, or none are asked for."""
        if cycles.startswith("shortest") and not self._is_searched():
            self.shortest, self.cycles = cycles, CYCLES[0]
        self.places = Places()
        self.ids, self.numbers, self.inner = self.places.ids, self.places.numbers, self.places.inner
        self.with_properties: set[str] = set()

    # What the query says about paths

    def _is_searched(self) -> bool:
        """Whether shortest paths can be found by a search of their own: one edge, no condition on paths as a whole."""
        (edge, *others) = self.pattern.edges
        on_paths = any(name.name.startswith("$path") for name in names_in(tuple(self.conditions)))
        return not others and edge.node.low <= 1 and not on_paths

    def _named(self, item: syntax.NamedExpr) -> syntax.NamedExpr:
        """A node or edge as a whole gives a column of its name."""
        if not item.names and isinstance(item.value, syntax.Name) and item.value.name in self._parts():
            return replace(item, names=(item.value.name,))
        return item

    def _settled_on_path(self, condition: syntax.Expr) -> bool:
        """Whether a condition holds for each edge, or each inner node, of one path alone: then no other is walked."""
        if isinstance(condition, syntax.Call) and condition.name == "all" and len(condition.arguments) == 2:
            found = self._path_of(condition.arguments[0].value)
            if found is None:
                return False
            return self._settled(*found, condition.arguments[1].value)
        named = [part.name for part in names_in(condition) if part.name in self.pattern.variable]
        as_members = [part for part in members(condition) if _target(part) in self.pattern.variable]
        if len(set(named)) != 1 or len(as_members) != len(named) or calls(condition, ON_PATHS):
            return False
        if not self._settled(named[0], False, condition):
            every = (syntax.Argument(syntax.Name(named[0])), syntax.Argument(condition))
            self.conditions.append(transformed(syntax.Call("all", every, span=condition.span), self._rewritten))
        return True

    def _settled(self, edge: str, inner: bool, condition: syntax.Expr) -> bool:
        condition, compares = self._on_each(edge, inner, condition)
        if not compares:
            (self.on_inner if inner else self.on_edges).setdefault(edge, []).append(condition)
        return not compares

    def _on_each(self, edge: str, inner: bool, value: syntax.Expr) -> tuple[syntax.Expr, bool]:
        """What is said of each edge, or inner node, over its properties; and whether it looks at other parts too."""

        def change(part: Any) -> Any:  # nodes of the syntax tree
            if isinstance(part, syntax.Call) and part.name == "labels":
                return NO_LABELS
            if isinstance(part, syntax.Call) and part.name in ON_NODES:
                if part.arguments:
                    return self._rewritten(part)
                if inner:
                    return self._node_id(syntax.Name(NODE)) if part.name == "node_id" else syntax.Name(part.name)
            return None

        changed = transformed(value if inner else transformed(value, bare(edge)), change)
        rows = (self.graph.nodes if inner else self.graph.edges).definition
        own = {column.name for column in rows.columns}
        others = {_target(part) for part in members(changed)}
        return changed, bool((others - own) & (self._parts() - self.pattern.variable))

    def _node_id(self, node: syntax.Expr) -> syntax.Expr:
        return id_text(node, self.graph.key_type)

    def _path_of(self, node: syntax.Expr) -> tuple[str, bool] | None:
        match node:
            case syntax.Name(name=name) if name in self.pattern.variable:
                return name, False
            case syntax.Call(name="inner_edges", arguments=(syntax.Argument(value=syntax.Name() as edge),)):
                return self._path_of(edge)
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
            value, compares = self._on_each(*found, part.arguments[1].value)
            if compares and part.name == "map":
                raise self.binder.source.unsupported(
                    "'map' is supported over the properties of the path's own edges or nodes.", part.span
                )
            return self._on_path(OnPath(part.name, *found, value, "", compares), part)
        if isinstance(part, syntax.Call) and part.name in ON_NODES:
            match part.arguments:
                case (syntax.Argument(value=syntax.Name(name=name)),) if name in self.pattern.nodes:
                    node = syntax.Name(name, span=part.span)
                    if part.name == "node_id":
                        return self._node_id(syntax.Member(node, NODE, span=part.span))
                    return syntax.Member(node, part.name, span=part.span)
            raise self.binder.source.semantic_error(f"'{part.name}' needs a node of the pattern.", part.span)
        if isinstance(part, syntax.Call) and part.name == "labels":
            return NO_LABELS
        if isinstance(part, syntax.Member) and isinstance(part.target, syntax.Name):
            if part.target.name in self.pattern.variable:
                column = self._on_path(OnPath("map", part.target.name, False, syntax.Name(part.name), ""), part)
                self.by_property.add(column.name)
                return column
            return part
        if isinstance(part, syntax.Name) and part.name in self._parts():
            return self._whole(part)
        return None

    def _on_path(self, call: OnPath, part: syntax.Expr) -> syntax.Name:
        """The column that will hold what is said of a path."""
        call.column = f"$path{len(self.pattern.calls)}"
        self.pattern.calls.append(call)
        return syntax.Name(call.column, span=part.span)

    def _whole(self, part: syntax.Name) -> syntax.Expr:
        """A node or an edge as the bag of its properties; an edge of variable length as the array of theirs."""
        on_path = part.name in self.pattern.variable
        rows = (self.graph.nodes if part.name in self.pattern.nodes else self.graph.edges).definition
        pairs: list[syntax.Argument] = []
        for column in properties(rows):
            value = syntax.Name(column.name) if on_path else syntax.Member(syntax.Name(part.name), column.name)
            pairs += [syntax.Argument(syntax.Literal("string", column.name)), syntax.Argument(value)]
        bag: syntax.Expr = syntax.Literal("dynamic", {}, span=part.span)
        if pairs:
            bag = syntax.Call("bag_pack", tuple(pairs), part.span, span=part.span)
        return self._on_path(OnPath("map", part.name, False, bag, ""), part) if on_path else bag

    def _parts(self) -> set[str]:
        """The names of all nodes and edges of the pattern."""
        return {*self.pattern.nodes, *self._edge_names()}

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
        plan = distinct(plan, self.pattern, self.places, self.cycles)
        plan = self._properties(plan, list(self.pattern.nodes))
        for call in self.pattern.calls:
            if call.compares:
                plan = self._compared(plan, call)
        plan = self._filtered(plan, self.conditions)
        if self.shortest:
            plan = shortest(plan, self.pattern, self.places, every=self.shortest.endswith("all"))
        return self._projected(plan)

    def _next(self, pending: Sequence[Edge]) -> Edge:
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

    def _step(self, plan: Plan | None, edge: Edge) -> Plan:
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
        copied = zip(names, rows.columns, strict=True)
        added = tuple(naming.column(name, one.type, one.encoding) for name, one in copied)
        self.numbers[edge.name] = added[0]
        return self._joined(plan, relation, (source, target), added, (added[1], added[2]), edge)

    def _joined(
        self,
        plan: Plan | None,
        relation: Plan,
        ends: tuple[Column, Column],
        added: tuple[Column, ...],
        added_ends: tuple[Column, Column],
        edge: Edge,
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

    def _paths(self, plan: Plan | None, edge: Edge) -> Plan:
        """An edge of variable length. Its ends are looked for where the conditions on one node alone allow."""
        edges = self.binder.shared(self.graph.edges)
        on_path = [call for call in self.pattern.calls if call.edge == edge.name and not call.compares]
        of_edges, edge_columns = self._valued(edges, edges.columns[:3], edge.name, on_path, inner=False)
        nodes = self.binder.shared(self.graph.nodes)
        of_nodes, node_columns = self._valued(nodes, nodes.columns[:1], edge.name, on_path, inner=True)
        starts, ends = self._ends(plan, edge.source), self._ends(plan, edge.target)
        naming = Naming()
        key = self.graph.key_type
        columns = [
            naming.column("source", key),
            naming.column("target", key),
            naming.column("edges", "dynamic"),
            naming.column("inner", "dynamic"),
        ]
        columns += [naming.column(call.column, "dynamic" if call.function == "map" else "bool") for call in on_path]
        options = {
            "low": edge.node.low,
            "high": edge.node.high,
            "either": edge.either,
            "backwards": edge.node.direction == "<-",
            "cycles": self.cycles,
            "calls": [[call.function, call.inner] for call in on_path],
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
            *(names.column(call.column, one.type) for call, one in zip(on_path, columns[4:], strict=True)),
        )
        self.numbers[edge.name], self.inner[edge.name] = added[2], added[3]
        return self._joined(plan, relation, (columns[0], columns[1]), added, (added[0], added[1]), edge)

    def _valued(
        self, rows: Plan, kept: Sequence[Column], edge: str, on_path: Sequence[OnPath], *, inner: bool
    ) -> tuple[Plan, list[str]]:
        """The ids of edges or nodes, whether they may be walked, and a value for each call over them."""
        values_of = [call.value for call in on_path if call.inner == inner]
        rows = self._with_degrees(rows, (*self.on_inner.get(edge, []), *values_of)) if inner else rows
        frame = Frame(self.scope, Row(rows.columns))
        allowed: Bound = TRUE
        for condition in (self.on_inner if inner else self.on_edges).get(edge, []):
            bound = self.binder.condition(condition, frame)
            allowed = bound if allowed is TRUE else Call("bool", "and", (allowed, bound))
        naming = Naming(kept)
        columns = [*kept, naming.column("allowed", "bool")]
        values: list[Bound] = [*refs(kept), allowed]
        types: list[str] = []
        for call in on_path:
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

    def _with_degrees(self, rows: Plan, spoken_of: Sequence[syntax.Expr]) -> Plan:
        """Nodes with their degrees, as far as something is said of these."""
        named = {part.name for part in names_in(tuple(spoken_of))}
        for direction in ("node_degree_in", "node_degree_out"):
            if direction in named:
                rows, _ = degrees(self.binder, self.graph, rows, rows.columns[0], direction)
        return rows

    def _compared(self, plan: Plan, call: OnPath) -> Plan:
        """Matches with one column more: what a condition over a path says that looks at other parts of the match."""
        key = self.graph.key_type
        if call.inner and key not in ("string", "long", "int", "guid", "bool"):
            raise self.binder.source.unsupported(
                f"Inner nodes whose ids are of type {key} are not compared with other parts of a pattern.",
                self.node.span,
            )
        number = Naming(plan.columns).column("$match", "long")
        kept = self.binder.kept(Windows((*plan.columns, number), plan, (Window("row_number", ()),), (number,)))
        matches = self.places.again(plan.columns, self.binder.shared(kept))
        naming = Naming(matches.columns)
        walked = (self.inner if call.inner else self.numbers)[call.edge]
        element = naming.column("$element", key if call.inner else "long")
        steps = Unnest((*matches.columns, element), matches, (Expansion(Ref("dynamic", walked), element),))
        parts = self.binder.shared(self.graph.nodes if call.inner else self.graph.edges)
        parts = self._with_degrees(parts, (call.value,)) if call.inner else parts
        added = tuple(naming.column(one.name, one.type, one.encoding) for one in parts.columns)
        on = ((Ref(element.type, element), Ref(element.type, parts.columns[0])),)
        joined = Join((*steps.columns, *added), steps, parts, "inner", on)
        met: Bound = self.binder.condition(call.value, self._frame(joined))
        met = Call("bool", "coalesce", (met, Const("bool", False)))
        counted = met if call.function == "any" else Call("bool", "not", (met,))
        groups = Naming()
        group, count = groups.column("match", "long"), groups.column("count", "long")
        counts = Aggregate(
            (group, count),
            joined,
            (Ref("long", matches.columns[-1]),),
            (Aggregation("long", "count", (), counted),),
            ((count,),),
        )
        again = self.places.again(matches.columns[:-1], self.binder.shared(kept))
        names = Naming(again.columns)
        found = (names.column("$match", "long"), names.column("$count", "long"))
        rows = Join(
            (*again.columns, *found), again, counts, "left", ((Ref("long", again.columns[-1]), Ref("long", group)),)
        )
        total = Call("long", "coalesce", (Ref("long", found[1]), Const("long", 0)))
        says = Call("bool", ">" if call.function == "any" else "==", (total, Const("long", 0)))
        visible = again.columns[:-1]
        return Project((*visible, names.column(call.column, "bool")), rows, (*refs(visible), says))

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
        self.ids.clear()
        self.ids.update(before)
        return Project((column,), filtered, (Ref(key.type, key),))

    def _on_node(self, name: str) -> list[syntax.Expr]:
        """The conditions that speak of one node alone."""
        everything = {*self.pattern.nodes, *self._edge_names()}
        return [
            one
            for one in self.conditions
            if {part.name for part in names_in(one)} & everything == {name}
            and not any(part.name.startswith("$path") for part in names_in(one))
        ]

    def _alone(self, plan: Plan, name: str) -> tuple[Plan, list[syntax.Expr]]:
        conditions = self._on_node(name)
        if not conditions:
            return plan, conditions
        known = set(self.with_properties)
        plan = self._properties(plan, [name])
        self.with_properties = known
        return plan, conditions

    def _properties(self, plan: Plan, names: Iterable[str]) -> Plan:
        """The properties of nodes that the query uses, as columns `node.property`."""
        used = {
            (part.target.name, part.name)
            for part in members((self.conditions, self.columns, [call.value for call in self.pattern.calls]))
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
                naming.column(f"{name}.{one.name}" if one is not key else f"{name}.$same", one.type, one.encoding)
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
        for place, item in enumerate(self.columns):
            value = self.binder.scalar(item.value, frame)
            if place in self.unnamed:
                outputs = [(value, names.counted())]
            elif not item.names and isinstance(item.value, syntax.Name) and item.value.name.startswith("$path"):
                outputs = [(value, self._path_name(item.value, names))]
            else:
                outputs = named_outputs(self.binder, item, value, names)
            for one, name in outputs:
                columns.append(naming.column(name, one.type))
                values.append(one)
        return Project(tuple(columns), plan, tuple(values))

    def _path_name(self, node: syntax.Name, names: Names) -> str:
        """The name of a column that the query leaves unnamed and that holds a value of a path."""
        if node.name in self.by_property:
            written = self.binder.source.text[node.span.start : node.span.end]
            return names.unique(written.replace(".", "_"))
        return names.counted()


def _target(part: syntax.Member) -> str:
    """The name of what a member belongs to."""
    return part.target.name if isinstance(part.target, syntax.Name) else ""


def _of_element(node: syntax.Expr) -> bool:
    return isinstance(node, syntax.Call) and node.name in (*ON_NODES, "labels")


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    column: Column


class _PatternRow(Row):
    """The columns of matches; `node.$node` finds the node's id."""

    def __init__(self, named: Sequence[_Named], pattern: Pattern) -> None:
        super().__init__(one.column for one in named)
        self._by_name = {one.name: one.column for one in named}
