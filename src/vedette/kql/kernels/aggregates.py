"""Programs behind aggregates: they get the collected values of a group as one dynamic array."""

from __future__ import annotations

from typing import Any

from vedette.kql.kernels.kernel import kernel

# Dynamic values have no type of their own, hence `Any`.


@kernel("dynamic", "long", returns="dynamic")
def merged_bag(bags: list[Any] | None, most: int | None) -> dict[str, Any]:
    """All properties of the bags among the values; the first value of a key counts."""
    merged: dict[str, Any] = {}
    for bag in bags or ():
        if isinstance(bag, dict):
            for key, value in bag.items():
                if most is None or len(merged) < most or key in merged:
                    merged.setdefault(key, value)
    return merged


_INDEXER = "`indexer`"
_NAMES = {bool: "bool", int: "long", float: "double", str: "string"}


@kernel("dynamic", returns="dynamic")
def schema_of(values: list[Any] | None) -> Any:
    """The smallest schema that admits all the values."""
    return _written(_admitting(values or ()))


def _admitting(values: Any) -> dict[str, Any]:
    """Name of each type met → what is known of it: nothing for scalars, the schemas of the members for containers."""
    types: dict[str, Any] = {}
    for value in values:
        if value is None:
            continue
        if isinstance(value, dict):
            members = types.setdefault("{}", {})
            for key, inner in value.items():
                members.setdefault(key, []).append(inner)
        elif isinstance(value, list):
            types.setdefault("{}", {}).setdefault(_INDEXER, []).extend(value)
        else:
            types[_NAMES.get(type(value), "string")] = None
    if "{}" in types:
        types["{}"] = {key: _admitting(inner) for key, inner in types["{}"].items()}
    return types


def _written(types: dict[str, Any]) -> Any:
    """One type by itself, several as an array."""
    written = [
        name if inner is None else {key: _written(member) for key, member in inner.items()}
        for name, inner in types.items()
    ]
    if not written:
        return None
    return written[0] if len(written) == 1 else written
