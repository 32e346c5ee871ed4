"""Scalar functions that hunting uses, each from its page (learn.microsoft.com/kusto/query/<name>-function)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tests.spec.kql.reference import times
from tests.spec.kql.reference.values import (
    NUMBERS,
    WHOLE,
    Unspecified,
    Value,
    boolean,
    convert,
    dynamic_text,
    equal,
    json_of,
    less,
    moment,
    negation,
    null,
    span,
    text_of,
    whole,
)
from vedette.catalogue.tables import KqlType

Function = Callable[[Sequence[Value]], Value]


def text(value: str) -> Value:
    return Value("string", value)


def long(value: int) -> Value:
    return whole(value)


def dynamic(value: Any) -> Value:
    return Value("dynamic", value)


# Conditions


def common_type(values: Sequence[Value]) -> KqlType:
    """The type of a choice between values: one that all have, or the widest of numbers."""
    kinds = {value.type for value in values}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds <= set(NUMBERS):
        return "real" if "real" in kinds else "long"
    raise Unspecified("a choice between values of different types")


def _as(value: Value, kind: KqlType) -> Value:
    if value.type != kind and value.value is not None:
        if kind == "real" and abs(value.value) > 2**53:
            raise Unspecified("a long that no real holds")
        return Value(kind, float(value.value) if kind == "real" else value.value)
    return Value(kind, value.value)


def _case(arguments: Sequence[Value]) -> Value:
    """The first condition that is true decides; null is not true."""
    kind = common_type([*arguments[1::2], arguments[-1]])
    for condition, value in zip(arguments[:-1:2], arguments[1:-1:2], strict=True):
        if condition.value is True:
            return _as(value, kind)
    return _as(arguments[-1], kind)


def _coalesce(arguments: Sequence[Value]) -> Value:
    """The first that is not null; of texts, not empty."""
    kind = common_type(arguments)
    for value in arguments:
        if value.value not in (None, "") or (value.type != "string" and value.value is not None):
            return _as(value, kind)
    return null(kind)


def _is_null(value: Value) -> bool:
    return value.type != "string" and value.value is None


def _is_empty(value: Value) -> bool:
    """Null or the empty text, which a dynamic value may be too (isempty-function)."""
    return value.value is None or value.value == ""


# Texts


def _substring(arguments: Sequence[Value]) -> Value:
    source, start = arguments[0].value, arguments[1].value
    length = arguments[2].value if len(arguments) > 2 else len(source)
    if start is None or length is None or length < 0 or start < 0:
        raise Unspecified("a part of a text from nowhere, or of no length")
    return text(source[start : start + length])


def _indexof(arguments: Sequence[Value]) -> Value:
    source, wanted = arguments[0].value, arguments[1].value
    if not wanted:
        raise Unspecified("the place of the empty text")
    return long(source.find(wanted))


def _countof(arguments: Sequence[Value]) -> Value:
    """Plain occurrences may overlap (countof-function)."""
    source, wanted = arguments[0].value, arguments[1].value
    if not wanted:
        raise Unspecified("occurrences of the empty text")
    return long(sum(source.startswith(wanted, at) for at in range(len(source))))


def _split(arguments: Sequence[Value]) -> Value:
    source, delimiter = arguments[0].value, arguments[1].value
    if not delimiter:
        raise Unspecified("a text split by nothing")
    parts = source.split(delimiter)
    if len(arguments) > 2:
        at = arguments[2].value
        if at is None or not 0 <= at < len(parts):
            raise Unspecified("a part that is not there")
        return dynamic([parts[at]])
    return dynamic(parts)


def _replace_string(arguments: Sequence[Value]) -> Value:
    source, wanted, other = (argument.value for argument in arguments)
    if not wanted:
        raise Unspecified("the empty text replaced")
    return text(source.replace(wanted, other))


def _trimmed(arguments: Sequence[Value], *, start: bool, end: bool) -> Value:
    """`trim` takes all matches at both ends, `trim_start` and `trim_end` one match (trim-function and so on)."""
    pattern, found = arguments[0].value, arguments[1].value
    while start and (match := re.match(pattern, found)) and match.end():
        found = found[match.end() :]
        if not end:
            break
    while end and (match := re.search(rf"(?:{pattern})\Z", found)) and match.start() < len(found):
        found = found[: match.start()]
        if not start:
            break
    return text(found)


def _extract(arguments: Sequence[Value]) -> Value:
    found = re.search(arguments[0].value, arguments[2].value)
    return text((found[arguments[1].value] or "") if found else "")


def _parse_json(value: Value) -> Value:
    """What is no JSON stays a text (parse-json-function)."""
    if value.type == "dynamic":
        return value
    if value.value == "":
        raise Unspecified("the empty text as JSON")
    try:
        return dynamic(json.loads(value.value, parse_constant=_no_json))
    except ValueError:
        return dynamic(value.value)


def _no_json(word: str) -> Any:
    raise Unspecified(f"{word} as JSON")


def _case_changed(change: Callable[[str], str]) -> Function:
    def changed(arguments: Sequence[Value]) -> Value:
        found = change(arguments[0].value)
        if len(found) != len(arguments[0].value):
            raise Unspecified("letters whose other case has another length")
        return text(found)

    return changed


# Numbers


def floored(value: Value, size: Value) -> Value:
    """`bin`: the multiple of the size below; null for null and for a negative size (bin-function)."""
    kind: KqlType = value.type if value.type not in NUMBERS else "real" if "real" in (value.type, size.type) else "long"
    if value.value is None or size.value is None:
        return null(kind)
    if isinstance(value.value, float) and not math.isfinite(value.value):
        raise Unspecified("a bin of NaN or infinity")
    if size.value == 0:
        raise Unspecified("bins of no size")
    if size.value < 0:
        return null(kind)
    if kind == "real":
        if max(abs(value.value), abs(size.value)) > 2**53:
            raise Unspecified("a long that no real holds")
        return Value("real", float(math.floor(value.value / size.value) * size.value))
    found = value.value // size.value * size.value
    return span(found) if kind == "timespan" else Value("datetime", found) if kind == "datetime" else whole(found)


def _ceiling(value: Value) -> Value:
    if value.value is None or value.type in WHOLE:
        return value
    if not math.isfinite(value.value):
        raise Unspecified("NaN or infinity rounded")
    return Value("real", float(math.ceil(value.value)))


def _absolute(value: Value) -> Value:
    if value.type == "real":
        return Value("real", None if value.value is None else abs(value.value))
    if value.type == "timespan":
        return null("timespan") if value.value is None else span(abs(value.value))
    return null("long") if value.value is None else whole(abs(value.value))


def _round(arguments: Sequence[Value]) -> Value:
    value = arguments[0]
    if value.type != "real" or value.value is None:
        return null("real") if value.type == "real" else Value("long", value.value)
    if not math.isfinite(value.value) or abs(value.value) > 2**52 or abs(value.value % 1) == 0.5:
        raise Unspecified("a number in the middle, or too large to be rounded")
    return Value("real", float(round(value.value)))


def _extreme(arguments: Sequence[Value], *, largest: bool) -> Value:
    kind = common_type(arguments)
    if any(argument.value is None for argument in arguments):
        raise Unspecified("the extreme of null and others")
    found = arguments[0]
    for value in arguments[1:]:
        if less(found, value) is largest and equal(found, value) is not True:
            found = value
    return _as(found, kind)


# Dynamic values


def _array_length(value: Value) -> Value:
    return long(len(value.value)) if isinstance(value.value, list) else null("long")


def _has_element(arguments: Sequence[Value]) -> Value:
    array, wanted = arguments
    if not isinstance(array.value, list) or wanted.value is None:
        raise Unspecified("an element of what is no array")
    return boolean(any(_same(element, wanted) for element in array.value))


def _index_of(arguments: Sequence[Value]) -> Value:
    """-1 where it is not found, null for what is no array (array-index-of-function)."""
    array, wanted = arguments
    if not isinstance(array.value, list):
        return null("long")
    if wanted.value is None:
        raise Unspecified("the place of null in an array")
    return long(next((at for at, element in enumerate(array.value) if _same(element, wanted)), -1))


def _same(element: Any, wanted: Value) -> bool:
    if wanted.type == "dynamic":
        raise Unspecified("a dynamic value as an element")
    if isinstance(element, float) or wanted.type == "real":
        raise Unspecified("reals as elements")
    return type(element) is type(wanted.value) and element == wanted.value


def _sorted(value: Value, *, descending: bool) -> Value:
    """Elements of one kind, null last (array-sort-asc-function)."""
    if not isinstance(value.value, list):
        return null("dynamic")
    if len({type(element) for element in value.value}) > 1 or any(
        element is None or isinstance(element, list | dict | bool) for element in value.value
    ):
        raise Unspecified("elements of several kinds in order")
    return dynamic(sorted(value.value, reverse=descending))


def _concatenated(arguments: Sequence[Value]) -> Value:
    if not all(isinstance(argument.value, list) for argument in arguments):
        raise Unspecified("what is no array put behind an array")
    return dynamic([element for argument in arguments for element in argument.value])


def _slice(arguments: Sequence[Value]) -> Value:
    """From a position to one, both included; negative ones count from the end (array-slice-function)."""
    array, start, end = (argument.value for argument in arguments)
    if not isinstance(array, list):
        return null("dynamic")
    if start is None or end is None or not (-len(array) <= start < len(array) and -len(array) <= end < len(array)):
        raise Unspecified("a slice from outside of the array")
    first, last = (at + len(array) if at < 0 else at for at in (start, end))
    return dynamic(array[first : last + 1])


def _pack(arguments: Sequence[Value]) -> Value:
    names = [argument.value for argument in arguments[::2]]
    if len(set(names)) != len(names):
        raise Unspecified("a name twice in a bag")
    return dynamic({name: json_of(value) for name, value in zip(names, arguments[1::2], strict=True)})


def _bag_keys(value: Value) -> Value:
    return dynamic(list(value.value) if isinstance(value.value, dict) else None)


def _has_key(arguments: Sequence[Value]) -> Value:
    if not isinstance(arguments[0].value, dict):
        raise Unspecified("a key of what is no bag")
    return boolean(arguments[1].value in arguments[0].value)


def _merged(arguments: Sequence[Value]) -> Value:
    """The leftmost value of a name stays (bag-merge-function)."""
    if not all(isinstance(argument.value, dict) for argument in arguments):
        raise Unspecified("what is no bag merged")
    found: dict[str, Any] = {}
    for argument in arguments:
        found = {**argument.value, **found}
    return dynamic(found)


def _gettype(value: Value) -> Value:
    if value.type != "dynamic":
        if value.value is None:
            raise Unspecified("the type of null")
        return text(value.type)
    kinds: list[tuple[type, str]] = [(bool, "bool"), (str, "string"), (list, "array"), (dict, "dictionary")]
    for python, name in kinds:
        if isinstance(value.value, python):
            return text(name)
    raise Unspecified("the type of null, or the width of a number, in a dynamic value")


def _strcat(arguments: Sequence[Value]) -> Value:
    return text("".join(map(text_of, arguments)))


def _delimited(arguments: Sequence[Value]) -> Value:
    return text(text_of(arguments[0]).join(map(text_of, arguments[1:])))


def _joined(arguments: Sequence[Value]) -> Value:
    if not isinstance(arguments[0].value, list):
        raise Unspecified("what is no array, joined")
    if any(not isinstance(element, str) for element in arguments[0].value):
        raise Unspecified("elements that are no texts, joined")
    return text(arguments[1].value.join(map(dynamic_text, arguments[0].value)))


def _number_test(test: Callable[[float], bool]) -> Function:
    def tested(arguments: Sequence[Value]) -> Value:
        if arguments[0].value is None:
            raise Unspecified("null as NaN or infinity")
        return boolean(test(float(arguments[0].value)))

    return tested


def _one(function: Callable[[Value], Value]) -> Function:
    return lambda arguments: function(arguments[0])


def _conversion(kind: KqlType) -> Function:
    return lambda arguments: convert(arguments[0], kind)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "iff": lambda a: _case(a), "iif": lambda a: _case(a), "case": _case, "coalesce": _coalesce,
    "not": lambda a: boolean(negation(a[0].value)),
    "isnull": lambda a: boolean(_is_null(a[0])), "isnotnull": lambda a: boolean(not _is_null(a[0])),
    "isempty": lambda a: boolean(_is_empty(a[0])), "isnotempty": lambda a: boolean(not _is_empty(a[0])),
    "tostring": _conversion("string"), "toint": _conversion("int"), "tolong": _conversion("long"),
    "toreal": _conversion("real"), "todouble": _conversion("real"), "tobool": _conversion("bool"),
    "todatetime": _conversion("datetime"), "totimespan": _conversion("timespan"), "toguid": _conversion("guid"),
    "parse_json": _one(_parse_json), "todynamic": _one(_parse_json), "gettype": _one(_gettype),
    "strlen": lambda a: long(len(a[0].value)), "tolower": _case_changed(str.lower), "toupper": _case_changed(str.upper),
    "reverse": lambda a: text(text_of(a[0])[::-1]), "strcat": _strcat, "strcat_delim": _delimited,
    "strcat_array": _joined, "substring": _substring, "indexof": _indexof, "countof": _countof, "split": _split,
    "replace_string": _replace_string, "extract": _extract,
    "trim": lambda a: _trimmed(a, start=True, end=True),
    "trim_start": lambda a: _trimmed(a, start=True, end=False),
    "trim_end": lambda a: _trimmed(a, start=False, end=True),
    "bin": lambda a: floored(a[0], a[1]), "floor": lambda a: floored(a[0], a[1]), "ceiling": _one(_ceiling),
    "abs": _one(_absolute), "round": _round,
    "min_of": lambda a: _extreme(a, largest=False), "max_of": lambda a: _extreme(a, largest=True),
    "isnan": _number_test(math.isnan), "isinf": _number_test(math.isinf), "isfinite": _number_test(math.isfinite),
    "array_length": _one(_array_length), "set_has_element": _has_element, "array_index_of": _index_of,
    "array_sort_asc": lambda a: _sorted(a[0], descending=False),
    "array_sort_desc": lambda a: _sorted(a[0], descending=True),
    "array_concat": _concatenated, "array_slice": _slice, "pack_array": lambda a: dynamic([json_of(v) for v in a]),
    "bag_pack": _pack, "pack": _pack, "bag_keys": _one(_bag_keys), "bag_has_key": _has_key, "bag_merge": _merged,
    "now": lambda a: Value("datetime", times.NOW),
    "ago": lambda a: null("datetime") if a[0].value is None else moment(times.NOW - a[0].value),
    **times.FUNCTIONS,
}  # fmt: skip
"""Every function that programs may call, by name."""
