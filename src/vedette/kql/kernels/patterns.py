"""Programs behind `basket`, `autocluster` and `diffpatterns`: column values that many rows have in common.

All of them look at closed patterns: those to which no further value can be added without losing rows. Counts are exact;
the service samples and searches from seeds, so that it may list fewer or other patterns of the same data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vedette.kql.kernels.kernel import checkpoint, procedure

if TYPE_CHECKING:
    import pyarrow as pa

Value = Any  # of any type
Options = Mapping[str, Any]  # plain values
MOST_PATTERNS: Final = 50_000
LEAST_SHARE: Final = 0.05
"""What a further pattern of `autocluster` must cover of the rows that none covers so far."""


class Pattern(NamedTuple):
    """Values by column, and the rows that have them."""

    items: frozenset[tuple[int, Value]]
    rows: frozenset[int]


def closed_patterns(
    rows: Sequence[Sequence[Value]], frequent: Callable[[frozenset[int]], bool], most: int, skipped: Sequence[Value]
) -> Iterator[Pattern]:
    """Closed patterns that are frequent, made from at most so many values that do not follow from each other.

    skipped: the value of each column that stands for no value, beside null.
    """
    found: defaultdict[tuple[int, Value], set[int]] = defaultdict(set)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None and value != skipped[column]:
                found[column, value].add(number)
    items = {item: held for item, numbers in found.items() if frequent(held := frozenset(numbers))}
    order = sorted(items, key=lambda item: (-len(items[item]), item[0], str(item[1])))
    seen: set[frozenset[tuple[int, Value]]] = set()
    pending: list[tuple[Pattern, int]] = [(Pattern(frozenset(), frozenset(range(len(rows)))), 0)]
    while pending:
        checkpoint()
        pattern, used = pending.pop()
        if used >= most:
            continue
        columns = {column for column, _ in pattern.items}
        for item in order:
            if item[0] in columns:
                continue
            held = pattern.rows & items[item]
            if not frequent(held):
                continue
            closed = frozenset(one for one in order if held <= items[one])
            if closed not in seen:
                seen.add(closed)
                if len(seen) > MOST_PATTERNS:
                    raise ValueError(f"there are more than {MOST_PATTERNS:,} patterns: project fewer columns")
                yield Pattern(closed, held)
                pending.append((Pattern(closed, held), used + 1))


class _Rows:
    """Distinct rows with their weights: the last column of the input is the weight, those before are values."""

    def __init__(self, table: pa.Table) -> None:
        *columns, weights = (column.to_pylist() for column in table.columns)
        self.values = list(zip(*columns, strict=True)) if columns else []
        self.weights = [weight or 0 for weight in weights]
        self.total = sum(self.weights)

    def weight(self, numbers: frozenset[int]) -> Any:  # Any: a number
        return sum(self.weights[number] for number in numbers)


def _table(
    table: pa.Table,
    width: int,
    found: Sequence[tuple[Sequence[Any], Pattern]],
    numbers: Sequence[str],
    options: Options,
) -> pa.Table:
    """Segment ids, numbers, and for each column the pattern's value or the wildcard."""
    import pyarrow as pa

    kinds = {"long": pa.int64(), "real": pa.float64()}
    arrays = [pa.array(range(len(found)), pa.int64())]
    arrays += [pa.array([values[place] for values, _ in found], kinds[kind]) for place, kind in enumerate(numbers)]
    for column in range(width):
        wildcard = options["wildcards"][column]
        values = [dict(pattern.items).get(column, wildcard) for _, pattern in found]
        arrays.append(pa.array(values, table.schema.field(column).type))
    return pa.table(arrays, names=[f"c{place}" for place in range(len(arrays))])


def _percent(part: Any, whole: Any) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


@procedure("basket")
def basket(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    rows = _Rows(inputs[0])
    least = options["threshold"] * rows.total
    patterns = closed_patterns(
        rows.values, lambda held: bool(held) and rows.weight(held) >= least, options["most"], options["skipped"]
    )
    return _counted(inputs[0], rows, list(patterns), options, by_weight=True)


def _counted(
    table: pa.Table, rows: _Rows, patterns: Sequence[Pattern], options: Options, *, by_weight: bool
) -> pa.Table:
    counted = [(rows.weight(pattern.rows), pattern) for pattern in patterns]
    if by_weight:
        counted.sort(key=lambda one: (-one[0], len(one[1].items), sorted(map(str, one[1].items))))
    found = [((int(weight), _percent(weight, rows.total)), pattern) for weight, pattern in counted]
    return _table(table, table.num_columns - 1, found, ("long", "real"), options)


@procedure("autocluster")
def autocluster(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """Patterns by their score: the weighted geometric mean of how much they cover and how much they tell."""
    rows = _Rows(inputs[0])
    width, size = inputs[0].num_columns - 1, options["size_weight"]
    least = LEAST_SHARE * rows.total
    candidates = list(
        closed_patterns(rows.values, lambda held: bool(held) and rows.weight(held) >= least, width, options["skipped"])
    )
    uncovered = frozenset(range(len(rows.values)))
    chosen: list[Pattern] = []

    def score(pattern: Pattern) -> tuple[float, int, list[str]]:
        share = rows.weight(pattern.rows & uncovered) / rows.total
        told = len(pattern.items) / width
        return (share**size * told ** (1 - size) if share else 0.0, len(pattern.items), sorted(map(str, pattern.items)))

    while candidates and len(chosen) < options["seeds"]:
        best = max(candidates, key=score)
        if rows.weight(best.rows & uncovered) < least:
            break
        chosen.append(best)
        uncovered -= best.rows
        candidates.remove(best)
    return _counted(inputs[0], rows, chosen, options, by_weight=False)


@procedure("diffpatterns")
def diffpatterns(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """Patterns whose shares of two sets differ by a threshold, the greatest difference first."""
    rows = _Rows(inputs[0])
    split, least = options["split"], options["threshold"]
    sides = [
        frozenset(number for number, row in enumerate(rows.values) if str(row[split]) == options[side])
        for side in ("first", "second")
    ]
    totals = [rows.weight(side) for side in sides]
    values = [[None if place == split else value for place, value in enumerate(row)] for row in rows.values]

    def shares(held: frozenset[int]) -> list[float]:
        return [rows.weight(held & side) / total if total else 0.0 for side, total in zip(sides, totals, strict=True)]

    found: list[tuple[float, Sequence[Any], Pattern]] = []
    for pattern in closed_patterns(
        values, lambda held: max(shares(held)) >= least, options["most"], options["skipped"]
    ):
        one, other = shares(pattern.rows)
        if abs(one - other) >= least:
            counts = [int(rows.weight(pattern.rows & side)) for side in sides]
            percents = [_percent(count, total) for count, total in zip(counts, totals, strict=True)]
            numbers = (*counts, *percents, round(abs(100 * (one - other)), 1))
            found.append((abs(one - other), numbers, pattern))
    found.sort(key=lambda row: (-row[0], len(row[2].items), sorted(map(str, row[2].items))))
    kinds = ("long", "long", "real", "real", "real")
    return _table(
        inputs[0], inputs[0].num_columns - 1, [(numbers, pattern) for _, numbers, pattern in found], kinds, options
    )
