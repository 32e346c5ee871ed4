"""Programs over a timeline: who was there in which window of time, sequences of events, percentiles that roll.

Bins begin at the start of the analysis, or are those of the calendar. Times may be numbers too; they are ticks
otherwise. All counts are exact.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vedette.kql.kernels import datetime as dates
from vedette.kql.kernels.kernel import checkpoint, procedure
from vedette.kql.ticks import TICKS_PER_DAY

if TYPE_CHECKING:
    import pyarrow as pa

Time = Any  # a number, or ticks
Key = Any  # an id, of any type
Dims = tuple[Any, ...]  # values of the dimension columns
Options = Mapping[str, Any]  # plain values
Cell = dict[Time, list[Key]]
"""The ids of all rows in each bin."""
MOST_SEQUENCES: Final = 5_000_000


def _week(at: int, weeks: int) -> int | None:
    return dates.week_start(at) + 7 * weeks * TICKS_PER_DAY


CALENDAR: Final[Mapping[str, Callable[[int, int], int | None]]] = {
    "week": _week,
    "month": dates.month_start,
    "year": lambda at, years: dates.month_start(at, 12 * years + 1 - dates.day_of(at).month),
}
"""Name of a period → where the one begins that lies so many behind that of a time."""


class Bins(NamedTuple):
    """The bins of an analysis: of one length, or the weeks, months or years of the calendar."""

    start: Time
    end: Time
    step: Time

    def of(self, at: Time) -> Time:
        """The beginning of the bin that a time lies in."""
        if isinstance(self.step, str):
            return self.beside(at, 0)
        return self.start + (at - self.start) // self.step * self.step

    def beside(self, at: Time, bins: int) -> Time:
        """The bin so many behind the one that begins at a time, or before it."""
        if isinstance(self.step, str):
            return CALENDAR[self.step](at, bins)
        return at + bins * self.step

    def all(self) -> Iterator[Time]:
        """All bins from the start to the end."""
        at = self.of(self.start)
        while at is not None and at <= self.end:
            yield at
            at = self.beside(at, 1)


def _by_dims(table: pa.Table, bins: Bins, before: Time) -> dict[Dims, Cell]:
    """Ids by dimensions and bin; columns are the id, the time, the dimensions. Rows without a time are left out."""
    found: dict[Dims, Cell] = {}
    columns = [column.to_pylist() for column in table.columns]
    for key, at, *dims in zip(*columns, strict=True):
        if at is not None and bins.start - before <= at <= bins.end:
            found.setdefault(tuple(dims), {}).setdefault(bins.of(at), []).append(key)
    return found


def _table(template: pa.Table, rows: Iterable[tuple[Time, Dims, tuple[Any, ...]]], types: Sequence[str]) -> pa.Table:
    """A table of time, dimensions and values."""
    import pyarrow as pa

    listed = list(rows)
    kinds = {"long": pa.int64(), "real": pa.float64()}
    arrays = [pa.array([time for time, _, _ in listed], template.schema.field(1).type)]
    arrays += [
        pa.array([dims[place] for _, dims, _ in listed], template.schema.field(place + 2).type)
        for place in range(template.num_columns - 2)
    ]
    arrays += [pa.array([values[place] for _, _, values in listed], kinds[type]) for place, type in enumerate(types)]
    return pa.table(arrays, names=[f"c{place}" for place in range(len(arrays))])


def _bins(options: Options, table: pa.Table | None = None) -> Bins:
    """The bins that options name; those from the first to the last time of a table when they name no bounds."""
    start, end = options["start"], options["end"]
    if start is None and table is not None:
        found = [at for at in table.column(1).to_pylist() if at is not None]
        start, end = min(found, default=0), max(found, default=0)
    return Bins(start, end, options["step"])


def _counted(cell: Cell, bins: Bins, window: Time) -> Iterator[tuple[Time, list[Key]]]:
    """For each bin the ids of a window that ends with it, where there are any."""
    for at in bins.all():
        checkpoint()
        inside = [key for begin, keys in cell.items() if at - window < begin <= at for key in keys]
        if inside:
            yield at, inside


@procedure("sliding_window_counts")
def sliding_window_counts(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    bins, window = _bins(options), options["look_back"]
    return _table(
        inputs[0],
        (
            (at, dims, (len(keys), len(set(keys))))
            for dims, cell in _by_dims(inputs[0], bins, window).items()
            for at, keys in _counted(cell, bins, window)
        ),
        ("long", "long"),
    )


@procedure("activity_engagement")
def activity_engagement(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    bins, outer = _bins(options, inputs[0]), options["outer"]
    rows = []
    for dims, cell in _by_dims(inputs[0], bins, outer).items():
        for at, keys in _counted(cell, bins, outer):
            inner, around = len(set(cell.get(at, ()))), len(set(keys))
            if inner:
                rows.append((at, dims, (inner, around, inner / around)))
    return _table(inputs[0], rows, ("long", "long", "real"))


@procedure("activity_counts_metrics")
def activity_counts_metrics(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    rows = []
    for dims, cell in _by_dims(inputs[0], _bins(options), 0).items():
        known: set[Key] = set()
        for at in sorted(cell):
            here = set(cell[at])
            new = here - known
            known |= here
            rows.append((at, dims, (len(cell[at]), len(here), len(new), len(known))))
    return _table(inputs[0], rows, ("long", "long", "long", "long"))


@procedure("activity_metrics")
def activity_metrics(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    bins = _bins(options, inputs[0])
    rows = []
    for dims, cell in _by_dims(inputs[0], bins, 0).items():
        for at in sorted(cell):
            here, before = set(cell[at]), set(cell.get(bins.beside(at, -1), ()))
            retained = len(here & before) / len(before) if before else math.nan
            rows.append((at, dims, (len(here), len(here - before), retained, 1 - retained)))
    return _table(inputs[0], rows, ("long", "long", "real", "real"))


@procedure("new_activity_metrics")
def new_activity_metrics(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """For those first seen in a window, how many came back in each later one. The second input are ids known before."""
    import pyarrow as pa

    bins = _bins(options)
    old = set(inputs[1].column(0).to_pylist()) if len(inputs) > 1 else set()
    rows: list[tuple[Time, Time, Dims, tuple[Any, ...]]] = []
    for dims, cell in _by_dims(inputs[0], bins, 0).items():
        known = set(old)
        for begin in bins.all():
            before = set(known)
            cohort = set(cell.get(begin, ())) - before
            known |= cohort
            if not cohort or options["cohort"] not in (None, begin):
                continue
            for at in Bins(begin, bins.end, bins.step).all():
                here = set(cell.get(at, ()))
                kept = len(cohort & here)
                new = len(here - (before if at == begin else known))
                share = kept / len(cohort)
                rows.append((begin, at, dims, (new, kept, len(cohort) - kept, share, 1 - share)))
    schema = inputs[0].schema
    time = schema.field(1).type
    arrays = [pa.array([row[place] for row in rows], time) for place in (0, 1)]
    arrays += [
        pa.array([row[2][place] for row in rows], schema.field(place + 2).type)
        for place in range(inputs[0].num_columns - 2)
    ]
    kinds = (pa.int64(), pa.int64(), pa.int64(), pa.float64(), pa.float64())
    arrays += [pa.array([row[3][place] for row in rows], kind) for place, kind in enumerate(kinds)]
    return pa.table(arrays, names=[f"c{place}" for place in range(len(arrays))])


@procedure("active_users_count")
def active_users_count(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """An appearance counts when enough periods of the look-back that ends with it have one of the same id."""
    bins, window, period, enough = _bins(options), options["look_back"], options["period"], options["active"]
    periods = Bins(bins.start, bins.end, period)
    seen: dict[Dims, dict[Key, list[Time]]] = defaultdict(lambda: defaultdict(list))
    for key, at, *dims in zip(*(column.to_pylist() for column in inputs[0].columns), strict=True):
        if at is not None and bins.start - window < at <= bins.end:
            seen[tuple(dims)][key].append(at)
    found: dict[tuple[Time, Dims], set[Key]] = defaultdict(set)
    for group, by_key in seen.items():
        for key, times in by_key.items():
            for at in times:
                if at >= bins.start:
                    inside = {periods.of(other) for other in times if at - window < other <= at}
                    if len(inside) >= enough:
                        found[bins.of(at), group].add(key)
    return _table(
        inputs[0], ((at, group, (len(keys),)) for (at, group), keys in sorted(found.items(), key=str)), ("long",)
    )


@procedure("rolling_percentile")
def rolling_percentile(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """The value of the nearest rank among those of a window of bins. Columns: value, index, dimensions."""
    import pyarrow as pa

    bins = Bins(0, 0, options["step"])
    window = options["step"] * options["bins"]
    found: dict[Dims, Cell] = {}
    for value, at, *dims in zip(*(column.to_pylist() for column in inputs[0].columns), strict=True):
        if value is not None and at is not None:
            found.setdefault(tuple(dims), {}).setdefault(bins.of(at), []).append(value)
    rows: list[tuple[Time, Dims, Any]] = []
    last = max((at for cell in found.values() for at in cell), default=0)
    for group, cell in sorted(found.items(), key=str):
        for at in Bins(min(cell), last, bins.step).all():
            inside = sorted(value for begin, values in cell.items() if at - window < begin <= at for value in values)
            if inside:
                rank = max(1, math.ceil(options["percentile"] / 100 * len(inside)))
                rows.append((at, group, inside[rank - 1]))
    schema = inputs[0].schema
    arrays = [pa.array([at for at, _, _ in rows], schema.field(1).type)]
    arrays += [
        pa.array([dims[place] for _, dims, _ in rows], schema.field(place + 2).type)
        for place in range(inputs[0].num_columns - 2)
    ]
    arrays.append(pa.array([value for _, _, value in rows], schema.field(0).type))
    return pa.table(arrays, names=[f"c{place}" for place in range(len(arrays))])


@procedure("rows_near")
def rows_near(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """Rows so many before and after one that meets the condition, which is the last column."""
    import pyarrow as pa

    table = inputs[0]
    kept: list[int] = []
    for at, met in enumerate(table.column(table.num_columns - 1).to_pylist()):
        if met is True:
            begin = max(at - options["before"], kept[-1] + 1 if kept else 0)
            kept += range(begin, min(at + options["after"] + 1, table.num_rows))
    return table.take(pa.array(kept, pa.int64())).drop_columns([table.column_names[-1]])


@procedure("sequence_detect")
def sequence_detect(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """All sequences of events that meet the conditions in turn. Columns: time, conditions, dimensions."""
    import pyarrow as pa

    table, count = inputs[0], options["conditions"]
    steps: dict[Dims, list[set[Time]]] = {}
    for at, *rest in zip(*(column.to_pylist() for column in table.columns), strict=True):
        if at is None:
            continue
        times = steps.setdefault(tuple(rest[count:]), [set() for _ in range(count)])
        for place, met in enumerate(rest[:count]):
            if met is True:
                times[place].add(at)
    rows: list[tuple[Dims, tuple[Time, ...]]] = []
    for dims, times in steps.items():
        chains: list[tuple[Time, ...]] = [(at,) for at in sorted(times[0])]
        for following in times[1:]:
            checkpoint()
            later = sorted(following)
            chains = [
                (*chain, at)
                for chain in chains
                for at in later
                if 0 < at - chain[-1] <= options["step"] and at - chain[0] <= options["span"]
            ]
            if len(chains) > MOST_SEQUENCES:
                raise ValueError(f"there are more than {MOST_SEQUENCES:,} sequences: allow less time between steps")
        rows += [(dims, chain) for chain in chains]
    schema = table.schema
    arrays = [
        pa.array([dims[place] for dims, _ in rows], schema.field(1 + count + place).type)
        for place in range(table.num_columns - 1 - count)
    ]
    arrays += [pa.array([chain[place] for _, chain in rows], schema.field(0).type) for place in range(count)]
    arrays.append(pa.array([chain[-1] - chain[0] for _, chain in rows], schema.field(0).type))
    return pa.table(arrays, names=[f"c{place}" for place in range(len(arrays))])
