"""Functions over sketches: states of `hll` and `tdigest` that were made before and are united or asked now.

Names that start with `$` are scalar forms of names that are aggregates as well.
"""

from __future__ import annotations

from vedette.kql.signatures import DOCS, Family

FAMILY = Family("sketches")

FAMILY.add(
    "dcount_hll(hll: array) -> long",
    says="Counts the distinct values of a sketch.",
    naming="function_and_first",
)
FAMILY.add(
    "$hll_merge(hll: array+) -> dynamic",
    says="Unites the sketches of one row.",
    naming="prefix",
    prefix="hll_merged_result",
    source=f"{DOCS}hll-merge-function",
)
FAMILY.add(
    "$merge_tdigest(tdigest: array+) -> dynamic",
    says="Unites the digests of one row.",
    naming="prefix",
    prefix="tdigests_merge_result",
    source=f"{DOCS}merge-tdigest-function",
)
FAMILY.add(
    "percentile_tdigest(tdigest: array, percentile: number) -> dynamic",
    "percentile_tdigest(tdigest: array, percentile: number, type: type) -> literal",
    says="Gives a percentile of the values in a digest.",
    naming="function_and_first",
)
FAMILY.add(
    "percentiles_array_tdigest(tdigest: array, percentile: number, type: type) -> literal",
    "percentiles_array_tdigest(tdigest: array, percentile: number+) -> dynamic",
    "percentiles_array_tdigest(tdigest: array, percentiles: array) -> dynamic",
    "percentiles_array_tdigest(tdigest: array, percentile: number+, type: type) -> dynamic",
    "percentiles_array_tdigest(tdigest: array, percentiles: array, type: type) -> dynamic",
    says="Gives several percentiles of the values in a digest as an array; a single one with its type as a value.",
    naming="prefix_and_first",
    prefix="percentile_tdigest",
    source=f"{DOCS}percentile-array-tdigest-function",
)
FAMILY.add(
    "rank_tdigest(digest: array, value: scalar) -> real",
    says="Counts the values in a digest that are less than or equal to a value.",
)
FAMILY.add(
    "percentrank_tdigest(digest: array, value: scalar) -> real",
    says="Gives the share of values in a digest, in percent, that are less than or equal to a value.",
)
