"""Programs behind `basket`, `autocluster`, `diffpatterns` and `diffpatterns_text`: values, or the words of texts, that
many rows have in common.

Sets of rows are whole numbers with a bit for each row, which is what makes looking at many of them cheap.
All of them look at closed patterns: those to which no further value can be added without losing rows. Counts are exact;
the service samples and searches from seeds, so that it may list fewer or other patterns of the same data.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    rows: int


def _set_of(numbers: Iterable[int], size: int) -> int:
    """Rows as a set."""
    bits = bytearray(size // 8 + 1)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")


def _numbers(rows: int) -> Iterator[int]:
    """The rows of a set."""
    for place, byte in enumerate(rows.to_bytes((rows.bit_length() + 7) // 8, "little")):
        while byte:
            yield 8 * place + (byte & -byte).bit_length() - 1
            byte &= byte - 1


class Weights:
    """What rows weigh. Whole numbers are kept bit by bit, so that a sum is a few counts."""

    def __init__(self, weights: Sequence[Any]) -> None:  # Any: numbers
        self.each = [weight or 0 for weight in weights]
        self.planes: list[int] | None = None
        if all(isinstance(weight, int) and weight >= 0 for weight in self.each):
            longest = max((weight.bit_length() for weight in self.each), default=0)
            size = len(self.each)
            self.planes = [
                _set_of((at for at, weight in enumerate(self.each) if weight >> bit & 1), size)
                for bit in range(longest)
            ]

    def of(self, rows: int) -> Any:  # Any: a number
        """The weight of a set of rows."""
        if self.planes is None:
            return sum(self.each[number] for number in _numbers(rows))
        return sum((rows & plane).bit_count() << bit for bit, plane in enumerate(self.planes))


def closed_patterns(
    rows: Sequence[Sequence[Value]],
    frequent: Callable[[int], bool],
    most: int,
    skipped: Sequence[Value],
    advice: str = "project fewer columns",
) -> Iterator[Pattern]:
    """Closed patterns that are frequent, made from at most so many values that do not follow from each other.

    skipped: the value of each column that stands for no value, beside null.
    """
    found: defaultdict[tuple[int, Value], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None and value != skipped[column]:
                found[column, value].append(number)
    items = {item: held for item, numbers in found.items() if frequent(held := _set_of(numbers, len(rows)))}
    order = sorted(items, key=lambda item: (-items[item].bit_count(), item[0], str(item[1])))
    seen: set[int] = set()  # A closed pattern is known by its rows.
    # First those made from one value, then from two: each is met with as few as it needs.
    pending: deque[tuple[Pattern, int]] = deque([(Pattern(frozenset(), (1 << len(rows)) - 1), 0)])
    while pending:
        checkpoint()
        pattern, used = pending.popleft()
        if used >= most:
            continue
        columns = {column for column, _ in pattern.items}
        for item in order:
            if item[0] in columns:
                continue
            held = pattern.rows & items[item]
            if held in seen or not frequent(held):
                continue
            seen.add(held)
            if len(seen) > MOST_PATTERNS:
                raise ValueError(f"there are more than {MOST_PATTERNS:,} patterns: {advice}")
            closed = Pattern(frozenset(one for one in order if held & items[one] == held), held)
            yield closed
            pending.append((closed, used + 1))


class _Rows:
    """Distinct rows with their weights: the last column of the input is the weight, those before are values."""

    def __init__(self, table: pa.Table) -> None:
        *columns, weights = (column.to_pylist() for column in table.columns)
        self.values = list(zip(*columns, strict=True)) if columns else []
        self.weights = Weights(weights)
        self.weight = self.weights.of
        self.all = (1 << len(self.weights.each)) - 1
        self.total = sum(self.weights.each)


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
    uncovered = rows.all
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
        uncovered &= ~best.rows
        candidates.remove(best)
    return _counted(inputs[0], rows, chosen, options, by_weight=False)


@procedure("diffpatterns")
def diffpatterns(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """Patterns whose shares of two sets differ by a threshold, the greatest difference first."""
    rows = _Rows(inputs[0])
    split, least = options["split"], options["threshold"]
    sides = [
        _set_of(
            (number for number, row in enumerate(rows.values) if str(row[split]) == options[side]), len(rows.values)
        )
        for side in ("first", "second")
    ]
    totals = [rows.weight(side) for side in sides]
    values = [[None if place == split else value for place, value in enumerate(row)] for row in rows.values]

    def shares(held: int) -> list[float]:
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


@procedure("diffpatterns_text")
def diffpatterns_text(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """Words that texts have at the same places, where the shares of the two sets differ by a threshold.

    A pattern is taken while it tells enough of rows that no pattern taken before it tells of, the greatest difference
    first. Only the first words of a text count. The service's own search is not published and may find others.
    """
    import pyarrow as pa

    texts, truths, weights = (column.to_pylist() for column in inputs[0].columns)
    width, least = options["most"], options["threshold"]
    words = [text.split() for text in texts]
    values = [(*found[:width], *[None] * (width - len(found))) for found in words]
    sides = [
        _set_of((at for at, truth in enumerate(truths) if bool(truth) is side), len(texts)) for side in (True, False)
    ]
    rows = Weights(weights)
    totals = [rows.of(side) for side in sides]

    def counts(held: int) -> list[int]:
        return [rows.of(held & side) for side in sides]

    def shares(held: int) -> list[float]:
        return [count / total if total else 0.0 for count, total in zip(counts(held), totals, strict=True)]

    def difference(held: int) -> float:
        one, other = shares(held)
        return abs(one - other)

    candidates = [
        pattern
        for pattern in closed_patterns(
            values, lambda held: max(shares(held)) >= least, width, [None] * width, "ask for fewer words of each text"
        )
        if len(pattern.items) >= options["least"] and difference(pattern.rows) >= least
    ]
    candidates.sort(key=lambda one: (-difference(one.rows), -len(one.items), sorted(map(str, one.items))))
    told = 0
    given: list[tuple[int, int, float, float, str]] = []
    for pattern in candidates:
        if max(shares(pattern.rows & ~told)) >= least:
            told |= pattern.rows
            trues, falses = counts(pattern.rows)
            one, other = (round(100 * share, 2) for share in shares(pattern.rows))
            given.append((trues, falses, one, other, _template(pattern, words)))
    given.sort(key=lambda row: (-row[2], row[3], row[4]))
    kinds = (pa.int64(), pa.int64(), pa.float64(), pa.float64(), pa.string())
    arrays = [pa.array([row[at] for row in given], kind) for at, kind in enumerate(kinds)]
    return pa.table(arrays, names=[f"c{at}" for at in range(len(arrays))])


def _template(pattern: Pattern, words: Sequence[Sequence[str]]) -> str:
    """The words at their places, `*` for each other one before the last of them, and one for all that may follow."""
    fixed = dict(pattern.items)
    length = max(fixed) + 1
    written = [fixed.get(place, "*") for place in range(length)]
    if any(len(words[row]) > length for row in _numbers(pattern.rows)):
        written.append("*")
    return " ".join(written)
