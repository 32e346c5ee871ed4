"""Programs over the states that ids go through: sessions, sequences of states, and how far along one they come.

Times may be numbers; they are ticks otherwise. All counts are exact. Events of one id at the same time stand in the
alphabetical order of their states.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vedette.kql.kernels.kernel import checkpoint, procedure
from vedette.kql.kernels.timelines import Bins, Dims, Key, Options, Time
from vedette.kql.values import encode_json

if TYPE_CHECKING:
    import pyarrow as pa

MOST_SAMPLES: Final = 128


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:  # Any: values of all types
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def _bins(options: Options) -> Bins:
    return Bins(options["start"], options["end"], options["step"])


@procedure("session_count")
def session_count(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """How many sessions have a row in each bin. Columns: id, time, dimensions.

    A row goes on with its id's session when the row before lies within the look-back, and begins one otherwise.
    """
    import pyarrow as pa

    bins, look_back = _bins(options), options["look_back"]
    seen: defaultdict[Dims, defaultdict[Key, list[Time]]] = defaultdict(lambda: defaultdict(list))
    for key, at, *dims in _rows(inputs[0]):
        if at is not None and bins.start - look_back <= at <= bins.end:
            seen[tuple(dims)][key].append(at)
    counts: defaultdict[tuple[Time, Dims], int] = defaultdict(int)
    for group, by_key in seen.items():
        for times in by_key.values():
            checkpoint()
            before: Time = None
            counted: Time = None  # The bin in which the session at hand was counted last.
            for at in sorted(times):
                if before is None or at - before > look_back:
                    counted = None
                before = at
                if at >= bins.start and bins.of(at) != counted:
                    counted = bins.of(at)
                    counts[counted, group] += 1
    found = sorted(counts, key=lambda one: (one[0], str(one[1])))
    schema = inputs[0].schema
    arrays = [pa.array([at for at, _ in found], schema.field(1).type)]
    arrays += [
        pa.array([group[place] for _, group in found], schema.field(place + 2).type) for place in range(len(schema) - 2)
    ]
    arrays.append(pa.array([counts[one] for one in found], pa.int64()))
    return pa.table(arrays, names=[f"c{place}" for place in range(len(arrays))])


class Run(NamedTuple):
    """Events of one state that follow each other directly."""

    state: str
    first: Time
    last: Time


@procedure("funnel_sequence")
def funnel_sequence(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """Ids by bin and the states before and behind a sequence. Columns: id, time, state.

    States follow each other directly, and several events of one state in a row are one. A sequence belongs to the bin
    that it begins in. Options `prev` and `next` say which sides are told apart.
    """
    import pyarrow as pa

    bins, most, sequence = _bins(options), options["between"], options["sequence"]
    sides = [side for side in ("prev", "next") if options[side]]
    found: defaultdict[tuple[Time, tuple[str, ...]], dict[Key, None]] = defaultdict(dict)
    for key, runs in _runs(inputs[0], bins):
        for at in range(len(runs) - len(sequence) + 1):
            part = runs[at : at + len(sequence)]
            if [run.state for run in part] != sequence:
                continue
            if any(later.first - earlier.last > most for earlier, later in pairwise(part)):
                continue
            around = {
                "prev": runs[at - 1].state if at else "",
                "next": runs[at + len(sequence)].state if at + len(sequence) < len(runs) else "",
            }
            found[bins.of(part[0].first), tuple(around[side] for side in sides)][key] = None
    order = sorted(found, key=lambda one: (one[0], -len(found[one]), one[1]))
    arrays = [pa.array([at for at, _ in order], inputs[0].schema.field(1).type)]
    arrays += [pa.array([states[place] for _, states in order], pa.string()) for place in range(len(sides))]
    arrays.append(pa.array([len(found[one]) for one in order], pa.int64()))
    samples = [encode_json(list(found[one])[:MOST_SAMPLES]) for one in order]
    arrays.append(pa.array(samples, pa.string()))
    return pa.table(arrays, names=[f"c{place}" for place in range(len(arrays))])


def _runs(table: pa.Table, bins: Bins) -> Iterator[tuple[Key, list[Run]]]:
    events: defaultdict[Key, list[tuple[Time, str]]] = defaultdict(list)
    for key, at, state in _rows(table):
        if at is not None and bins.start <= at <= bins.end:
            events[key].append((at, state))
    for key in sorted(events, key=lambda one: (one is None, str(type(one)), one if one is not None else 0)):
        checkpoint()
        runs = []
        for state, group in groupby(sorted(events[key]), lambda event: event[1]):
            times = [at for at, _ in group]
            runs.append(Run(state, times[0], times[-1]))
        yield key, runs


@procedure("funnel_sequence_completion")
def funnel_sequence_completion(inputs: Sequence[pa.Table], options: Options) -> pa.Table:
    """Ids that came to each state of a sequence, within each period since its first one. Columns: id, time, state.

    Each bin is looked at on its own. Other states may lie between those of the sequence.
    """
    import pyarrow as pa

    bins, sequence, periods = _bins(options), options["sequence"], options["periods"]
    times: defaultdict[Time, defaultdict[Key, defaultdict[str, list[Time]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for key, at, state in _rows(inputs[0]):
        if at is not None and bins.start <= at <= bins.end and state in sequence:
            times[bins.of(at)][key][state].append(at)
    rows: list[tuple[Time, str, Time, int]] = []
    for begin in sorted(times):
        reached = [[0] * len(sequence) for _ in periods]
        for by_state in times[begin].values():
            checkpoint()
            quickest = _quickest({state: sorted(several) for state, several in by_state.items()}, sequence)
            for counts, period in zip(reached, periods, strict=True):
                for place, needed in enumerate(quickest):
                    counts[place] += needed <= period
        for counts, period in zip(reached, periods, strict=True):
            if any(counts):
                rows += [(begin, state, period, count) for state, count in zip(sequence, counts, strict=True)]
    time = inputs[0].schema.field(1).type
    return pa.table(
        {
            "time": pa.array([row[0] for row in rows], time),
            "state": pa.array([row[1] for row in rows], pa.string()),
            "period": pa.array([row[2] for row in rows], time),
            "dcount": pa.array([row[3] for row in rows], pa.int64()),
        }
    )


def _quickest(times: Mapping[str, Sequence[Time]], sequence: Sequence[str]) -> list[Time]:
    """The least time from the first state of a sequence to each of its states; shorter when it does not get further."""
    least: list[Time] = []
    for start in times.get(sequence[0], ()):
        at = start
        for place, state in enumerate(sequence):
            if place:
                later = times.get(state, ())
                # One event stands for one state of the sequence, so a state that was there before needs a later one.
                search = bisect_right if state in sequence[:place] else bisect_left
                found = search(later, at)
                if found == len(later):
                    break
                at = later[found]
            if place == len(least):
                least.append(at - start)
            least[place] = min(least[place], at - start)
    return least
