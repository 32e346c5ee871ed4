"""Programs behind plugins that change the shape of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from vedette.kql.kernels.kernel import procedure

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
