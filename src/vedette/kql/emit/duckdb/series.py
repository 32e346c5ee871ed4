"""Series in DuckDB: every function is a program that gets its arguments as one JSON array."""

from __future__ import annotations

from vedette.kql.bound import Call
from vedette.kql.emit.duckdb.arrays import array_of
from vedette.kql.emit.duckdb.registry import emits
from vedette.kql.functions.series import FAMILY
from vedette.kql.signatures import CANONICAL


@emits(*sorted({CANONICAL.get(name, name) for name in FAMILY.functions}))
def _series(call: Call, *args: str) -> str:
    return f"kql_{call.name}({array_of(call, args)})"
