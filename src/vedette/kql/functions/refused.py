"""Functions of Kusto that have no answer here, and why. Calling one is refused with that reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CLUSTER = "reaches other clusters and databases"
_STORED = "reads what a cluster keeps outside of tables"
_INGESTION = "asks how a cluster stored the rows"
_IDENTITY = "asks who runs the query, which no engine here knows"
_SIMPLIFIES = "needs the service's own simplification of shapes, which is not published"

REFUSED: Final[Mapping[str, str]] = {
    "cluster": _CLUSTER,
    "database": _CLUSTER,
    "external_table": _STORED,
    "materialized_view": _STORED,
    "entity_group": _STORED,
    "stored_query_result": _STORED,
    "graph": _STORED,
    "row_id": _INGESTION,
    "rowstore_ordinal_range": _INGESTION,
    "cursor_after": _INGESTION,
    "cursor_before_or_at": _INGESTION,
    "cursor_current": _INGESTION,
    "current_cursor": _INGESTION,
    "current_node_id": _INGESTION,
    "current_principal": _IDENTITY,
    "current_principal_details": _IDENTITY,
    "current_principal_is_member_of": _IDENTITY,
    "geo_line_simplify": _SIMPLIFIES,
    "geo_polygon_simplify": _SIMPLIFIES,
    "geo_simplify_polygons_array": _SIMPLIFIES,
}
"""Function → what it does that cannot be done here."""
