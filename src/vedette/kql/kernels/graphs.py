"""Programs over graphs: paths of variable length, shortest paths, connected components."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec

from vedette.kql.kernels.kernel import checkpoint, procedure
from vedette.kql.values import encode_json

if TYPE_CHECKING:
    import pyarrow as pa

Key = Any  # a node's id, of any type
MOST_PATHS: Final = 5_000_000
"""How many paths one edge of variable length may have, before the query is stopped."""


class Hop(NamedTuple):
    """One edge as it is walked: its place among the edges, and the node that it leads to."""

    edge: int
    to: Key


class Path(NamedTuple):
    """A walk: the nodes from start to end, and the edges between them."""

    nodes: tuple[Key, ...]
    edges: tuple[int, ...]


@procedure("graph_paths")
def graph_paths(inputs: Sequence[pa.Table], options: Mapping[str, Any]) -> pa.Table:  # Any: plain values
    """The paths between nodes: source, target, numbers of the edges, ids of the inner nodes, and what calls give.

    inputs: edges (number, source, target, allowed, values…), nodes (id, allowed, values…), then as far as `bounded`
    says so the ids of allowed starts and ends.
    """
    import pyarrow as pa

    edges = [column.to_pylist() for column in inputs[0].columns]
    nodes = [column.to_pylist() for column in inputs[1].columns]
    numbers, sources, targets, walkable = edges[:4]
    places = {key: place for place, key in enumerate(nodes[0])}
    bounds = iter(inputs[2:])
    starts, ends = (set(next(bounds).column(0).to_pylist()) if given else None for given in options["bounded"])
    turned = starts is None and ends is not None
    out: dict[Key, list[Hop]] = defaultdict(list)
    for place, (source, target, allowed) in enumerate(zip(sources, targets, walkable, strict=True)):
        if allowed is not True or source is None or target is None:
            continue
        one, other = (target, source) if turned else (source, target)
        out[one].append(Hop(place, other))
        if options["either"] and source != target:
            out[other].append(Hop(place, one))
    inner = {key for key, allowed in zip(nodes[0], nodes[1], strict=True) if allowed is True}
    from_nodes = (ends if turned else starts) or ()
    beginnings = list(nodes[0]) if starts is None and ends is None else sorted(from_nodes, key=str)
    goals = starts if turned else ends
    cycles: str = options["cycles"]
    walk = _Walk(out, inner, goals, options["low"], options["high"], cycles)
    found: list[Path] = []
    for start in beginnings:
        checkpoint()
        if start not in places:
            continue
        for path in walk.shortest(start) if cycles.startswith("shortest") else walk.all(start):
            found.append(Path(path.nodes[::-1], path.edges[::-1]) if turned else path)
            if len(found) > MOST_PATHS:
                raise ValueError(f"the pattern has more than {MOST_PATHS:,} paths: bound its ends or its length")
    key_type = inputs[1].schema.field(0).type
    arrays = [pa.array([path.nodes[end] for path in found], key_type) for end in (0, -1)]
    if options.get("backwards"):
        found = [Path(path.nodes[::-1], path.edges[::-1]) for path in found]
    arrays += [
        pa.array([encode_json([numbers[edge] for edge in path.edges]) for path in found], pa.string()),
        pa.array([encode_json(list(path.nodes[1:-1])) for path in found], pa.string()),
    ]
    arrays += _called(found, options, edges[4:], nodes[2:], places)
    return pa.table(arrays, names=[f"c{place}" for place in range(len(arrays))])


def _called(
    found: Sequence[Path],
    options: Mapping[str, Any],  # Any: plain values
    of_edges: Sequence[list[Any]],  # Any: values of all types
    of_nodes: Sequence[list[Any]],
    places: Mapping[Key, int],
) -> Iterator[pa.Array]:
    """A column for each call of `all`, `any` or `map`."""
    import pyarrow as pa

    types = iter(options["types"])
    edge_columns = [_values(next(types), column) for column in of_edges]
    node_columns = [_values(next(types), column) for column in of_nodes]
    edge_values, node_values = iter(edge_columns), iter(node_columns)
    for function, is_inner in options["calls"]:
        column = next(node_values if is_inner else edge_values)

        def along(path: Path, column: list[Any] = column, is_inner: bool = is_inner) -> list[Any]:
            return [column[place] for place in ([places[key] for key in path.nodes[1:-1]] if is_inner else path.edges)]

        if function == "map":
            yield pa.array([encode_json(along(path)) for path in found], pa.string())
        else:
            test: Callable[[Any], bool] = all if function == "all" else any
            yield pa.array([test(value is True for value in along(path)) for path in found], pa.bool_())


def _values(type: str, column: list[Any]) -> list[Any]:  # Any: values of all types
    if type != "dynamic":
        return column
    return [None if text is None else msgspec.json.decode(text) for text in column]


class _Walk:
    def __init__(
        self,
        out: Mapping[Key, list[Hop]],
        inner: set[Key],
        goals: set[Key] | None,
        low: int,
        high: int,
        cycles: str,
    ) -> None:
        self.out, self.inner, self.goals = out, inner, goals
        self.low, self.high, self.cycles = low, high, cycles

    def _is_goal(self, key: Key) -> bool:
        return self.goals is None or key in self.goals

    def _may_go(self, path: Path, hop: Hop) -> bool:
        if self.cycles == "unique_edges":
            return hop.edge not in path.edges
        return self.cycles == "all" or hop.to not in path.nodes

    def all(self, start: Key) -> Iterator[Path]:
        """All paths from a node, depth first."""
        pending = [Path((start,), ())]
        steps = 0
        while pending:
            steps += 1
            if not steps % 1000:
                checkpoint()
            path = pending.pop()
            here, length = path.nodes[-1], len(path.edges)
            if length >= self.low and self._is_goal(here):
                yield path
            if length < self.high and (not length or here in self.inner):
                pending += [
                    Path((*path.nodes, hop.to), (*path.edges, hop.edge))
                    for hop in reversed(self.out.get(here, ()))
                    if self._may_go(path, hop)
                ]

    def shortest(self, start: Key) -> Iterator[Path]:
        """To each node that can be reached, a shortest path, or all shortest ones."""
        every = self.cycles == "shortest_all"
        reached = {start}
        level: dict[Key, list[Path]] = {start: [Path((start,), ())]}
        length = 0
        while level:
            if length >= self.low:
                for key, paths in level.items():
                    if self._is_goal(key):
                        yield from paths
            if length == self.high:
                return
            further: dict[Key, list[Path]] = {}
            for key, paths in level.items():
                if length and key not in self.inner:
                    continue
                for hop in self.out.get(key, ()):
                    if hop.to in reached or (hop.to in further and not every):
                        continue
                    kept = further.setdefault(hop.to, [])
                    kept += [
                        Path((*path.nodes, hop.to), (*path.edges, hop.edge)) for path in (paths if every else paths[:1])
                    ]
            reached.update(further)
            level = further
            length += 1


@procedure("graph_components")
def graph_components(inputs: Sequence[pa.Table], options: Mapping[str, object]) -> pa.Table:
    """Each node's component, numbered from 0 in the order in which they are first met."""
    import pyarrow as pa

    keys = inputs[0].column(0).to_pylist()
    places = {key: place for place, key in enumerate(keys)}
    edges = [
        (places[source], places[target])
        for source, target in zip(*(cast(list[Key], column.to_pylist()) for column in inputs[1].columns), strict=True)
        if source in places and target in places
    ]
    groups = _strong(len(keys), edges) if options["kind"] == "strong" else _weak(len(keys), edges)
    numbers: dict[int, int] = {}
    component = [numbers.setdefault(group, len(numbers)) for group in groups]
    return pa.table({"key": inputs[0].column(0), "component": pa.array(component, pa.int64())})


def _weak(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    parent = list(range(count))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for source, target in edges:
        one, other = root(source), root(target)
        parent[max(one, other)] = min(one, other)
    return [root(at) for at in range(count)]


def _strong(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Two passes: nodes in the order in which a walk leaves them, then backwards from the last one."""
    out: list[list[int]] = [[] for _ in range(count)]
    into: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        out[source].append(target)
        into[target].append(source)
    left: list[int] = []
    seen = [False] * count
    for start in range(count):
        if seen[start]:
            continue
        seen[start] = True
        walk = [(start, iter(out[start]))]
        while walk:
            at, further = walk[-1]
            step = next((one for one in further if not seen[one]), None)
            if step is None:
                left.append(at)
                walk.pop()
            else:
                seen[step] = True
                walk.append((step, iter(out[step])))
    group = [-1] * count
    for start in reversed(left):
        pending = [start] if group[start] < 0 else []
        while pending:
            at = pending.pop()
            if group[at] < 0:
                group[at] = start
                pending += [one for one in into[at] if group[one] < 0]
    return group
