"""Programs over arrays: moving, sorting and cutting them, and arrays as sets."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from vedette.kql.kernels.kernel import kernel

# Dynamic values have no type of their own, hence `Any`.

MOST = 1_048_576
"""How many elements a made array has at most."""


def same(value: Any) -> object:
    """What tells values apart: numbers by their value, true from 1, containers by what is in them."""
    kind = type(value)
    if kind is bool:
        return ("bool", value)
    if kind is dict or kind is list:
        return ("json", json.dumps(value, sort_keys=True))
    return value


@kernel("dynamic", "dynamic", "dynamic", returns="dynamic")
def array_iff(conditions: Any, when_true: Any, when_false: Any) -> list[Any] | None:
    """Element by element one of two."""
    if not isinstance(conditions, list):
        return None
    chosen: list[Any] = []
    for position, condition in enumerate(conditions):
        if not isinstance(condition, bool | int | float):
            chosen.append(None)
            continue
        source = when_true if condition else when_false
        if isinstance(source, list):
            chosen.append(source[position] if position < len(source) else None)
        else:
            chosen.append(source)
    return chosen


@kernel("dynamic", "dynamic", "long", "long", "long", returns="long")
def array_index_of(array: Any, value: Any, start: int | None, length: int | None, occurrence: int | None) -> int | None:
    """Position of the so-manieth element that equals the value, -1 when there is none."""
    wanted = 1 if occurrence is None else occurrence
    if not isinstance(array, list) or wanted < 0 or (length is not None and length < -1):
        return None
    first = start or 0
    first = max(0, first + len(array)) if first < 0 else first
    end = len(array) if length is None or length == -1 else min(len(array), first + length)
    looked_for = same(value)
    for position in range(first, end):
        if same(array[position]) == looked_for:
            wanted -= 1
            if wanted <= 0:
                return position
    return -1


@kernel("dynamic", "long", "long", returns="dynamic")
def array_slice(array: Any, start: int | None, end: int | None) -> list[Any] | None:
    """Elements from one position to another, both included."""
    if not isinstance(array, list) or start is None or end is None:
        return None
    first = start + len(array) if start < 0 else start
    last = end + len(array) if end < 0 else end
    return array[max(0, first) : max(0, last + 1)]


@kernel("dynamic", "dynamic", returns="dynamic")
def array_split(array: Any, indices: Any) -> list[list[Any]] | None:
    """The array cut before each of the positions."""
    cuts = indices if isinstance(indices, list) else [indices]
    if not isinstance(array, list) or not all(isinstance(cut, int) for cut in cuts):
        return None
    bounds = [min(max(cut + len(array) if cut < 0 else cut, 0), len(array)) for cut in cuts]
    return [array[low:high] for low, high in zip([0, *bounds], [*bounds, len(array)], strict=True)]


@kernel("dynamic", "long", "dynamic", returns="dynamic")
def array_shift_left(array: Any, count: int | None, filler: Any) -> list[Any] | None:
    """The elements moved; a negative count moves to the right. Arrays of texts are filled with the empty text."""
    if not isinstance(array, list) or count is None:
        return None
    if filler is None and array and all(isinstance(element, str) for element in array):
        filler = ""
    by = max(-len(array), min(len(array), count))
    return array[by:] + [filler] * by if by >= 0 else [filler] * -by + array[:by]


@kernel("dynamic", "long", "dynamic", returns="dynamic")
def array_shift_right(array: Any, count: int | None, filler: Any) -> list[Any] | None:
    """The elements moved; a negative count moves to the left."""
    return None if count is None else array_shift_left(array, -count, filler)


@kernel("dynamic", "long", returns="dynamic")
def array_rotate_left(array: Any, count: int | None) -> list[Any] | None:
    """The elements moved round."""
    if not isinstance(array, list) or count is None:
        return None
    by = count % len(array) if array else 0
    return array[by:] + array[:by]


@kernel("dynamic", "long", returns="dynamic")
def array_rotate_right(array: Any, count: int | None) -> list[Any] | None:
    """The elements moved round."""
    return None if count is None else array_rotate_left(array, -count)


@kernel("dynamic", returns="dynamic")
def array_reverse(array: Any) -> list[Any] | None:
    """The elements in opposite order."""
    return array[::-1] if isinstance(array, list) else None


@kernel("dynamic", "bool", "bool", returns="dynamic")
def sorted_arrays(arrays: Sequence[Any], descending: bool, nulls_last: bool) -> list[Any] | None:
    """The first array sorted, the others in its order; null in place of those of another length."""
    first = arrays[0]
    if not isinstance(first, list):
        return [None] * len(arrays)
    there = [position for position, value in enumerate(first) if value is not None]
    missing = [position for position, value in enumerate(first) if value is None]
    there.sort(key=lambda position: _rank(first[position]))
    if descending:
        there.reverse()
        there.sort(key=lambda position: _rank(first[position])[0], reverse=True)
    order = there + missing if nulls_last else missing + there
    return [
        [array[position] for position in order] if isinstance(array, list) and len(array) == len(first) else None
        for array in arrays
    ]


def _rank(value: Any) -> tuple[int, Any]:
    """Numbers come before texts, and texts before all else."""
    if isinstance(value, bool):
        return 3, str(value)
    if isinstance(value, int | float):
        return 0, value
    if isinstance(value, str):
        return 1, value
    return 4, json.dumps(value, sort_keys=True)


@kernel("long", "long", "long", returns="dynamic")
def whole_range(start: int | None, stop: int | None, step: int | None) -> list[int] | None:
    """Whole numbers (or ticks) at even distances."""
    if start is None or stop is None or not step:
        return None
    end = stop + 1 if step > 0 else stop - 1
    return list(range(start, end, step)[:MOST])


@kernel("real", "real", "real", returns="dynamic")
def real_range(start: float | None, stop: float | None, step: float | None) -> list[float] | None:
    """Numbers at even distances."""
    if start is None or stop is None or not step or not math.isfinite(start + stop + step):
        return None
    count = math.floor((stop - start) / step + 1e-9) + 1
    return [start + position * step for position in range(max(0, min(count, MOST)))]


@kernel("dynamic", "long", returns="dynamic")
def repeat(value: Any, count: int | None) -> list[Any] | None:
    """One value again and again."""
    return None if count is None or count < 0 else [value] * min(count, MOST)


@kernel("dynamic", returns="dynamic")
def zip_arrays(arrays: Sequence[Any]) -> list[list[Any]] | None:
    """Tuples of the elements at the same position, null where an array is too short."""
    given = [array if isinstance(array, list) else [] for array in arrays]
    return [
        [array[position] if position < len(array) else None for array in given]
        for position in range(max(map(len, given), default=0))
    ]


def _distinct(array: Any) -> dict[object, Any]:
    found: dict[object, Any] = {}
    for element in array if isinstance(array, list) else ():
        found.setdefault(same(element), element)
    return found


@kernel("dynamic", "dynamic", returns="bool")
def set_has_element(array: Any, value: Any) -> bool | None:
    """Whether an element equals the value."""
    if not isinstance(array, list):
        return None
    looked_for = same(value)
    return any(same(element) == looked_for for element in array)


@kernel("dynamic", returns="dynamic")
def set_union(sets: Sequence[Any]) -> list[Any]:
    """What is in any of them."""
    found: dict[object, Any] = {}
    for one in sets:
        for key, element in _distinct(one).items():
            found.setdefault(key, element)
    return list(found.values())


@kernel("dynamic", returns="dynamic")
def set_intersect(sets: Sequence[Any]) -> list[Any]:
    """What is in all of them."""
    first, *others = map(_distinct, sets)
    return [element for key, element in first.items() if all(key in other for other in others)]


@kernel("dynamic", returns="dynamic")
def set_difference(sets: Sequence[Any]) -> list[Any]:
    """What is in the first alone."""
    first, *others = map(_distinct, sets)
    return [element for key, element in first.items() if not any(key in other for other in others)]


@kernel("dynamic", "dynamic", returns="bool")
def set_equals(one: Any, other: Any) -> bool | None:
    """Whether both have the same distinct values."""
    if not isinstance(one, list) or not isinstance(other, list):
        return None
    return _distinct(one).keys() == _distinct(other).keys()


@kernel("dynamic", "dynamic", returns="dynamic")
def jaccard_index(one: Any, other: Any) -> float | None:
    """Common values over all values; NaN for two empty sets."""
    if not isinstance(one, list) or not isinstance(other, list):
        return None
    left, right = set(_distinct(one)), set(_distinct(other))
    return len(left & right) / len(left | right) if left | right else math.nan
