"""Functions of places in SQL: calls of kernels, with arguments that are left out filled in."""

from __future__ import annotations

from typing import Final

from vedette.kql.bound import Call
from vedette.kql.emit.duckdb.numbers import as_long, as_real
from vedette.kql.emit.duckdb.registry import EMITTERS
from vedette.kql.kernels import geo, geo_cells, geo_shapes  # noqa: F401  (they register the kernels)
from vedette.kql.kernels.kernel import KERNELS

_DEFAULTS: Final[dict[str, tuple[str, ...]]] = {
    "geo_distance_2points": ("false",),
    "geo_line_locate_point": ("false",),
    "geo_point_buffer": ("10::DOUBLE",),
    "geo_line_buffer": ("10::DOUBLE",),
    "geo_polygon_buffer": ("10::DOUBLE",),
    "geo_line_densify": ("10::DOUBLE", "false"),
    "geo_polygon_densify": ("10::DOUBLE", "false"),
    "geo_point_to_geohash": ("5::BIGINT",),
    "geo_point_to_s2cell": ("11::BIGINT",),
    "geo_point_to_h3cell": ("6::BIGINT",),
    "geo_h3cell_children": ("-1::BIGINT",),
    "geo_h3cell_parent": ("-1::BIGINT",),
    "geo_polygon_to_s2cells": ("11::BIGINT", "0::DOUBLE"),
    "geo_line_to_s2cells": ("11::BIGINT", "0::DOUBLE"),
    "geo_polygon_to_h3cells": ("6::BIGINT", "0::DOUBLE"),
}
"""What stands for the last parameters when they are left out; a null that is written means something else."""


def _call(call: Call, *args: str) -> str:
    wanted = KERNELS[call.name].parameters
    given: list[str] = []
    for arg, sql, type in zip(call.args, args, wanted, strict=False):
        match type:
            case "real":
                given.append(as_real(arg, sql))
            case "long":
                given.append(as_long(arg, sql))
            case "bool" if arg.type != "bool":
                given.append(f"({sql} <> 0)")
            case _:
                given.append(sql)
    missing = len(wanted) - len(given)
    filled = _DEFAULTS[call.name][-missing:] if missing else ()
    return f"kql_{call.name}({', '.join([*given, *filled])})"


EMITTERS.update(dict.fromkeys((name for name in KERNELS if name.startswith("geo_")), _call))
