"""Programs over dynamic values: bags, paths and canonical printing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from vedette.kql.kernels.kernel import kernel

# Dynamic values have no type of their own, hence `Any`.

_STEP: Final = re.compile(
    r"""\.(?P<name>[^.\[\]'"]+)|\[\s*(?P<index>-?\d+)\s*\]|\[\s*'(?P<single>(?:[^'\\]|\\.)*)'\s*\]|\[\s*"(?P<double>(?:[^"\\]|\\.)*)"\s*\]"""
)


def path_steps(path: str) -> list[str | int]:
    """The steps of a JSONPath (`$.a['b'][0]`): property names and array positions."""
    if not path.startswith("$"):
        raise ValueError(f"a JSONPath begins with $, and {path!r} does not")
    steps: list[str | int] = []
    at = 1
    while at < len(path):
        match = _STEP.match(path, at)
        if not match:
            raise ValueError(f"cannot read the JSONPath {path!r} from {path[at:]!r} on")
        at = match.end()
        if match["index"] is not None:
            steps.append(int(match["index"]))
        elif match["name"] is not None:
            steps.append(match["name"])
        else:
            quoted = match["single"] if match["single"] is not None else match["double"]
            steps.append(re.sub(r"\\(.)", r"\1", quoted))
    return steps


def key_steps(key: str) -> list[str | int]:
    """A property's name, or the way to it when it is written as JSONPath."""
    return path_steps(key) if key.startswith(("$.", "$[")) else [key]


def _names(key: str) -> list[str]:
    steps = key_steps(key)
    names = [step for step in steps if isinstance(step, str)]
    if len(names) != len(steps):
        raise ValueError(f"array positions are not supported here: {key!r}")
    return names


@kernel("dynamic", returns="string")
def canonical_json(value: Any) -> str:
    """JSON with the properties of every bag in order."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@kernel("dynamic", returns="dynamic")
def bag_merge(bags: Sequence[Any] | None) -> dict[str, Any] | None:
    """All properties of the bags; the leftmost value counts. Null when nothing is a bag."""
    found = [bag for bag in bags or () if isinstance(bag, dict)]
    if not found:
        return None
    merged: dict[str, Any] = {}
    for bag in found:
        for key, value in bag.items():
            merged.setdefault(key, value)
    return merged


@kernel("dynamic", "dynamic", returns="dynamic")
def bag_remove_keys(bag: Any, keys: Any) -> Any:
    """The bag without these properties."""
    if not isinstance(bag, dict):
        return None
    for key in keys if isinstance(keys, list) else ():
        if isinstance(key, str):
            bag = _without(bag, _names(key))
    return bag


def _without(bag: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    name, *rest = names
    if name not in bag:
        return bag
    if not rest:
        return {key: value for key, value in bag.items() if key != name}
    inner = bag[name]
    return {**bag, name: _without(inner, rest)} if isinstance(inner, dict) else bag


@kernel("dynamic", "string", "dynamic", returns="dynamic")
def bag_set_key(bag: Any, key: str, value: Any) -> Any:
    """The bag with one property set; bags on the way are made when they are missing."""
    if key == "$":
        raise ValueError("a bag cannot be set as a whole, only its properties")
    return _with(bag, _names(key), value) if isinstance(bag, dict) else None


def _with(bag: dict[str, Any], names: Sequence[str], value: Any) -> dict[str, Any]:
    name, *rest = names
    if not rest:
        return {**bag, name: value}
    inner = bag.get(name)
    return {**bag, name: _with(inner if isinstance(inner, dict) else {}, rest, value)}


@kernel("dynamic", "string", returns="bool")
def bag_has_key(bag: Any, key: str) -> bool | None:
    """Whether the way to the property exists."""
    if not isinstance(bag, dict):
        return None
    at: Any = bag
    for name in _names(key):
        if not isinstance(at, dict) or name not in at:
            return False
        at = at[name]
    return True


@kernel("dynamic", "dynamic", returns="dynamic")
def bag_zip(keys: Any, values: Any) -> dict[str, Any] | None:
    """A bag of names and values side by side."""
    if not isinstance(keys, list):
        return None
    given = values if isinstance(values, list) else []
    return {
        key: given[position] if position < len(given) else None
        for position, key in enumerate(keys)
        if isinstance(key, str)
    }


@kernel("dynamic", returns="dynamic")
def treepath(value: Any) -> list[str] | None:
    """The paths of all members; the elements of an array share the path of the first."""
    if not isinstance(value, dict | list):
        return None
    paths: dict[str, None] = {}
    _collect(value, "", paths)
    return list(paths)


def _collect(value: Any, path: str, paths: dict[str, None]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            paths.setdefault(f"{path}['{key}']")
            _collect(inner, f"{path}['{key}']", paths)
    elif isinstance(value, list):
        for inner in value:
            paths.setdefault(f"{path}[0]")
            _collect(inner, f"{path}[0]", paths)
