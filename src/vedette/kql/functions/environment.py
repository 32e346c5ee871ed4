"""Functions about where a query runs. Some have an answer here; those declared without one are refused by name:
there are no cursors, no data shards with tags, and no principals' groups to ask.
"""

from __future__ import annotations

from typing import Final

from vedette.kql.signatures import DOCS, Family

FAMILY: Final = Family("environment")

FAMILY.add("current_database() -> string", says="The name of the database that the query runs in.")
FAMILY.add("current_cluster_endpoint() -> string", says="The name of the cluster that the query runs in.")
FAMILY.add(
    "ingestion_time() -> datetime",
    says="When a row was taken in. Tables here do not keep that, so it is null.",
    naming="prefix",
    prefix="$IngestionTime",
)
FAMILY.add(
    "extent_id() -> guid",
    says="The id of a row's data shard. There are none here, so it is all zeros.",
    deprecated=("extentid",),
)
FAMILY.add("extent_tags() -> dynamic", says="The tags of a row's data shard. There are none here, so it is null.")
FAMILY.add(
    "estimate_data_size(column: scalar+) -> long",
    says="About how many bytes the values of these columns take.",
    every_column=True,
)

# Declared so that they are known by name. No engine has them.
FAMILY.add("current_principal() -> string", says="Who runs the query.")
FAMILY.add("current_principal_details() -> dynamic", says="Who runs the query, in detail.")
FAMILY.add(
    "current_principal_is_member_of(group: string|dynamic+) -> bool",
    says="Whether who runs the query is in a group.",
)
FAMILY.add("current_node_id() -> string", says="The id of the node that the query runs on.", source=f"{DOCS}functions")
FAMILY.add("row_id() -> string", says="The id of a row.", source=f"{DOCS}functions")
FAMILY.add("cursor_after(cursor: string) -> bool", says="Whether a row was taken in after a cursor.")
FAMILY.add("cursor_before_or_at(cursor: string) -> bool", says="Whether a row was taken in before a cursor.")
FAMILY.add(
    "cursor_current() -> string",
    says="The database's cursor.",
    deprecated=("current_cursor",),
)
