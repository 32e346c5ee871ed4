"""Functions about where a query runs, in SQL."""

from __future__ import annotations

from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql.bound import Call
from vedette.kql.emit.duckdb.registry import emits, simple

simple("'hunting'", "current_database")
simple("'localhost'", "current_cluster_endpoint")
simple("NULL::BIGINT", "ingestion_time")
simple("'00000000-0000-0000-0000-000000000000'", "extent_id")
simple("NULL::JSON", "extent_tags")

_BYTES: Final[dict[KqlType, int]] = {
    "bool": 1, "int": 4, "long": 8, "real": 8, "decimal": 16, "datetime": 8, "timespan": 8, "guid": 16,
}  # fmt: skip


@emits("estimate_data_size")
def _estimate_data_size(call: Call, *args: str) -> str:
    fixed = sum(_BYTES.get(arg.type, 0) for arg in call.args)
    # A dynamic value keeps more than its text; how much more is not documented.
    lengths = "".join(
        f" + coalesce(octet_length(encode({sql}::VARCHAR)){' + 1' if arg.type == 'dynamic' else ''}, 0)"
        for arg, sql in zip(call.args, args, strict=True)
        if arg.type not in _BYTES
    )
    return f"({fixed}{lengths})::BIGINT"
