"""Programs behind plugins: the columns of bags, those of several schemas, and the size of what sets have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from vedette.kql.kernels.kernel import kernel, procedure

if TYPE_CHECKING:
    import pyarrow as pa


@procedure("bag_slots")
def bag_slots(inputs: Sequence[pa.Table], options: Mapping[str, object]) -> pa.Table:
    """The properties of bags, alphabetically, each with the type that all of its values have, or dynamic."""
    import pyarrow as pa

    types: dict[str, set[str]] = {}
    for text in inputs[0].column(0).unique().to_pylist():
        bag = _decoded(text)
        if isinstance(bag, dict):
            for key, value in bag.items():
                kinds = types.setdefault(key, set())
                if value is not None:
                    kinds.add(_kind(value))
    names = sorted(types)
    found = [next(iter(types[name])) if len(types[name]) == 1 else "dynamic" for name in names]
    return pa.table({"key": pa.array(names, pa.string()), "type": pa.array(found, pa.string())})


def _decoded(text: str | None) -> Any:  # Any: what JSON holds
    try:
        return msgspec.json.decode(text) if text else None
    except msgspec.DecodeError:
        return None


def _kind(value: Any) -> str:  # Any: what JSON holds
    match value:
        case bool():
            return "bool"
        case int():
            return "long"
        case float():
            return "real"
        case str():
            return "string"
        case _:
            return "dynamic"


WIDER: Final = ("int", "long", "real")
"""Types each of which holds the values of those before it."""
OUT_OF_ORDER: Final = "columns are out of order"


@procedure("schema_merge")
def schema_merge(inputs: Sequence[pa.Table], options: Mapping[str, Any]) -> pa.Table:  # Any: plain values
    """One schema out of several: name, place, type of the engine, type.

    A column stands where it stands last in any schema. In order it must have one place in all of them; one that has
    several is told last, as an error in place of its types.
    """
    import pyarrow as pa

    names, places, _, types = (column.to_pylist() for column in inputs[0].columns)
    found: dict[str, tuple[set[int], str]] = {}
    for name, place, type in zip(names, places, types, strict=True):
        seen, known = found.get(name, (set(), type))
        found[name] = ({*seen, place}, _common(name, known, type))
    wrong = [name for name, (seen, _) in found.items() if options["ordered"] and len(seen) > 1]
    right = sorted((name for name in found if name not in wrong), key=lambda name: max(found[name][0]))
    failed = f"ERROR({OUT_OF_ORDER})"
    rows = [(name, at, options["names"].get(found[name][1], ""), found[name][1]) for at, name in enumerate(right)]
    rows += [(name, -1, f"ERROR(unknown CSL type:{failed})", failed) for name in wrong]
    kinds = (pa.string(), pa.int64(), pa.string(), pa.string())
    arrays = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds)]
    return pa.table(arrays, names=[f"c{at}" for at in range(4)])


def _common(name: str, one: str, other: str) -> str:
    if one == other:
        return one
    if one in WIDER and other in WIDER:
        return max(one, other, key=WIDER.index)
    raise ValueError(f"the column '{name}' is a {one} in one schema and a {other} in another")


@kernel("dynamic", returns="long")
def dcount_of_intersection(states: Sequence[Any] | None) -> int | None:  # Any: states of hll()
    """How many values all sets have seen. A state is a limit and the least hashes: below the limit it has them all."""
    found = [
        state
        for state in states or ()
        if isinstance(state, list) and state and all(isinstance(one, int) for one in state)
    ]
    if len(found) != len(states or ()) or not found:
        return None
    full = [state[-1] for state in found if len(state) - 1 >= state[0]]
    common = set(found[0][1:]).intersection(*(state[1:] for state in found[1:]))
    if not full:
        return len(common)
    bound: int = min(full)
    below = sum(one < bound for one in common)
    size: int = round(below * 2**64 / bound)
    return size
