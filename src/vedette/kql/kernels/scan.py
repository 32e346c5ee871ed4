"""The program behind `scan`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import msgspec

from vedette.kql.kernels.evaluate import Evaluator, Program, evaluator
from vedette.kql.kernels.kernel import checkpoint, procedure
from vedette.kql.values import encode_json

if TYPE_CHECKING:
    import pyarrow as pa

Record = list[Any]  # values of all types
State = list[Record | None]
"""For each step so far the record that it matched last; None for steps that come later."""
Given = tuple[int, Record, int]
"""Row number, declared values and match id of an output record."""


class _Step:
    def __init__(self, described: Mapping[str, Any]) -> None:  # Any: options
        self.condition: Evaluator = evaluator(described["condition"])
        self.assignments = [(place, evaluator(program)) for place, program in described["assignments"]]
        self.output: str = described["output"]
        self.held: Given | None = None
        """With `output=last`: the last record of a series that may go on."""


class _Scan:
    def __init__(self, options: Mapping[str, Any], numbers: Iterator[int], given: list[Given]) -> None:  # Any: options
        self.width = len(options["columns"])
        self.defaults: Record = list(options["defaults"])
        self.empty: Record = ["" if type == "string" else None for type in options["columns"]] + self.defaults
        self.steps = [_Step(described) for described in options["steps"]]
        self.states: list[State | None] = [None] * len(self.steps)
        self.matches: list[int] = [-1] * len(self.steps)
        self.numbers = numbers
        self.given = given

    def row(self, number: int, values: Record) -> None:
        """Hold one record against all steps, from the last to the first."""
        for k in range(len(self.steps) - 1, -1, -1):
            before = self.states[k - 1] if k else None
            if before is not None and self._meets(k, values, before):
                self._release(k - 1)
                self._release(k)
                self.states[k], self.states[k - 1] = before, None
                self.matches[k] = self.matches[k - 1]
                self._match(k, number, values)
            elif (self.states[k] is not None or not k) and self._meets(k, values, self.states[k] or []):
                if self.states[k] is None:
                    self.states[k] = []
                    self.matches[k] = next(self.numbers)
                self._match(k, number, values)

    def _slots(self, values: Record, state: State, declared: Record) -> Record:
        flat = list(values)
        for k in range(len(self.steps)):
            record = state[k] if k < len(state) else None
            flat += self.empty if record is None else record
        return flat + declared

    def _meets(self, k: int, values: Record, state: State) -> bool:
        return self.steps[k].condition(self._slots(values, state, self.defaults)) is True

    def _match(self, k: int, number: int, values: Record) -> None:
        state = self.states[k]
        assert state is not None
        declared = list(self.defaults)
        for place, assign in self.steps[k].assignments:
            declared[place] = assign(self._slots(values, state, declared))
        record = values[: self.width] + declared
        self.states[k] = [*state[:k], *([None] * (k - len(state))), record]
        found = (number, declared, self.matches[k])
        match self.steps[k].output:
            case "all":
                self.given.append(found)
            case "last":
                self.steps[k].held = found

    def _release(self, k: int) -> None:
        """The series of a step has ended: what was held back is given."""
        held = self.steps[k].held
        if held is not None:
            self.given.append(held)
            self.steps[k].held = None

    def end(self) -> None:
        """There are no more records."""
        for k in range(len(self.steps)):
            self._release(k)


@procedure("scan")
def scan(inputs: Sequence[pa.Table], options: Mapping[str, object]) -> pa.Table:
    """Records that match steps, with declared columns and maybe the number of the match.

    Each partition has a state of its own; matches are numbered over all of them.
    """
    import pyarrow as pa

    table = inputs[0]
    types = cast(Sequence[str], options["columns"])
    columns = [column.to_pylist() for column in table.columns]
    for place, type in enumerate(types):
        if type == "dynamic":
            columns[place] = [None if text is None else msgspec.json.decode(text) for text in columns[place]]
    keys = [evaluator(program) for program in cast(Sequence[Program], options["partition"])]
    numbers = count()
    given: list[Given] = []
    running: dict[tuple[Any, ...], _Scan] = {}  # Any: keys of all types
    for number, values in enumerate(zip(*columns, strict=True)):
        if not number % 1000:
            checkpoint()
        key = tuple(one(values) for one in keys)
        if key not in running:
            running[key] = _Scan(options, numbers, given)
        running[key].row(number, list(values))
    for one in running.values():
        one.end()
    taken = pa.array([number for number, _, _ in given], pa.int64())
    arrays = [column.take(taken) for column in table.columns[: len(types)]]
    for place, type in enumerate(cast(Sequence[str], options["declared"])):
        arrays.append(_array(type, [declared[place] for _, declared, _ in given]))
    if options["with_match_id"]:
        arrays.append(pa.array([match for _, _, match in given], pa.int64()))
    return pa.table(arrays, names=[f"c{place}" for place in range(len(arrays))])


def _array(type: str, values: list[Any]) -> pa.Array:  # Any: values of one type
    import pyarrow as pa

    match type:
        case "dynamic":
            return pa.array([None if value is None else encode_json(value) for value in values], pa.string())
        case "string" | "guid":
            return pa.array(values, pa.string())
        case "real":
            return pa.array(values, pa.float64())
        case "bool":
            return pa.array(values, pa.bool_())
        case "decimal":
            return pa.array(values, pa.decimal128(38, 18))
        case _:
            return pa.array(values, pa.int64())
