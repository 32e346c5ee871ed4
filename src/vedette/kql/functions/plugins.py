"""Plugins: what `evaluate` calls. Those that need a network, a service or foreign code are known and refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vedette.kql.signatures import DOCS, Family

FAMILY = Family("plugins", "plugin")


def add(*texts: str, says: str) -> None:
    """Declare a plugin; its page is named like it."""
    name = texts[0].partition("(")[0]
    FAMILY.add(*texts, says=says, source=f"{DOCS}{name.replace('_', '-')}-plugin")


_TIMELINE: Final = "id: not_dynamic, timeline: summable, start: summable, end: summable"
_DIMENSIONS: Final = "dimension: not_dynamic*"

add(
    "bag_unpack(column: scalar, prefix: string?, columnsConflict: string?, ignoredProperties: dynamic?) -> dynamic",
    says="Turns the properties of a bag into columns.",
)
add(
    "pivot(column: not_dynamic, aggregate: scalar?, kept: scalar*) -> dynamic",
    says="Turns the values of a column into columns, with an aggregate in each cell.",
)
add("narrow() -> dynamic", says="Turns each row into one row for each of its columns.")
add("preview(rows: integer) -> dynamic", says="The first rows, and as further results all rows and their number.")
add(
    "ipv4_lookup(table: table, ip: scalar, network: scalar, key: scalar*, return_unmatched: bool?) -> dynamic",
    says="Looks IPv4 addresses up in a table of networks.",
)
add(
    "ipv6_lookup(table: table, ip: scalar, network: scalar, return_unmatched: bool?) -> dynamic",
    says="Looks IPv6 (and IPv4) addresses up in a table of networks.",
)
add(
    "autocluster(size_weight: real?, weight: scalar?, seeds: integer?, wildcard: scalar*) -> dynamic",
    says="A few patterns of column values that cover many of the rows.",
)
add(
    "basket(threshold: real?, weight: scalar?, most: integer?, wildcard: scalar*) -> dynamic",
    says="All patterns of column values that are more frequent than a threshold.",
)
add(
    "diffpatterns(column: scalar, first: string, second: string, weight: scalar?, threshold: scalar?, most: scalar?, "
    "wildcard: scalar*) -> dynamic",
    says="Patterns of column values that differ most in frequency between two sets of rows.",
)
add(
    "diffpatterns_text(text: string, condition: bool, least: integer?, threshold: number?, most: integer?) -> dynamic",
    says="Patterns of words whose frequency differs most between texts that meet a condition and those that do not.",
)
add(
    "rolling_percentile(value: summable, percentile: number, index: summable, bin: summable, bins: integer, "
    f"{_DIMENSIONS}) -> dynamic",
    says="A percentile over the bins of a window that moves along an axis.",
)
add(
    "rows_near(condition: bool, rows: integer, after: integer?) -> dynamic",
    says="Rows that meet a condition, with those around them.",
)
add(
    "sequence_detect(timeline: summable, step: summable, span: summable, condition: scalar+) -> dynamic",
    says="Sequences of events that meet conditions one after the other within some time.",
)
add(
    f"sliding_window_counts({_TIMELINE}, look_back: summable, bin: summable, {_DIMENSIONS}) -> dynamic",
    says="Rows and distinct values within a window that slides over bins of time.",
)
add(
    f"active_users_count({_TIMELINE}, look_back: summable, period: summable, active_periods: summable, bin: summable, "
    f"{_DIMENSIONS}) -> dynamic",
    says="How many ids were seen in enough periods of a look-back, by bins of time.",
)
add(
    f"activity_counts_metrics({_TIMELINE}, window: summable, {_DIMENSIONS}) -> dynamic",
    says="Rows, distinct, new and cumulated distinct ids by windows of time.",
)
add(
    "activity_engagement(id: not_dynamic, timeline: summable, inner: summable, outer: summable) -> dynamic",
    f"activity_engagement({_TIMELINE}, inner: summable, outer: summable, {_DIMENSIONS}) -> dynamic",
    says="The share of the ids of a longer window that were seen in a shorter one (such as DAU/MAU).",
)
add(
    "activity_metrics(id: not_dynamic, timeline: summable, window: summable) -> dynamic",
    f"activity_metrics({_TIMELINE}, window: summable, {_DIMENSIONS}) -> dynamic",
    says="Distinct and new ids, retention and churn by windows of time, each against the window before.",
)
add(
    f"new_activity_metrics({_TIMELINE}, window: summable, cohort: scalar*) -> dynamic",
    says="New ids by windows of time, and how many of each such cohort came back later.",
)
add(
    f"session_count({_TIMELINE}, bin: summable, look_back: summable, {_DIMENSIONS}) -> dynamic",
    says="How many sessions of ids were active, by bins of time. A session lasts while its rows lie close together.",
)
add(
    f"funnel_sequence({_TIMELINE}, between: summable, bin: summable, state: text, sequence: dynamic) -> dynamic",
    says="Ids that went through a sequence of states, by what came directly before and behind it. Further results tell "
    "one side alone.",
)
add(
    f"funnel_sequence_completion({_TIMELINE}, bin: summable, state: text, sequence: dynamic, periods: dynamic) "
    "-> dynamic",
    says="How many ids came how far along a sequence of states, within each of some periods.",
)
add(
    "geo_polygon_lookup(table: table, longitude: number, latitude: number, polygon: dynamic, radius: number?, "
    "return_unmatched: bool?, join_hint: number?) -> dynamic",
    says="Looks places up in a table of polygons that hold them, or are at most a radius away.",
)
add(
    "geo_line_lookup(table: table, longitude: number, latitude: number, line: dynamic, radius: number, "
    "return_unmatched: bool?, join_hint: number?) -> dynamic",
    says="Looks places up in a table of lines that are at most a radius away.",
)
add(
    "schema_merge(PreserveOrder: bool?) -> dynamic",
    says="One schema out of several, each as getschema gives it.",
)
add("dcount_intersect(hll: dynamic+) -> dynamic", says="Estimated sizes of the intersections of several sets.")
REFUSED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("python", "r", "csharp"), "runs foreign code"),
    **dict.fromkeys(
        (
            "http_request", "http_request_post", "sql_request", "mysql_request", "postgresql_request",
            "cosmosdb_sql_request", "azure_digital_twins_query_request", "dax_request", "execute_query",
            "execute_show_command", "external_datatable", "ai_embed_text", "ai_embeddings", "ai_chat_completion",
            "ai_chat_completion_prompt", "infer_storage_schema", "infer_storage_schema_with_suggestions",
        ),
        "asks a service over the network",
    ),
    **dict.fromkeys(("identity", "identity_v3", "estimate_rows_count"), "looks into the cluster that runs a query"),
}  # fmt: skip
"""Plugin → why it is refused."""
