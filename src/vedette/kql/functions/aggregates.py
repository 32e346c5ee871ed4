"""Aggregates: what `summarize` can say about the rows of a group.

The `…if` forms are declared too; `IF_FORMS` names the aggregate that each one is with its `predicate` argument as a
filter. `arg_max`, `arg_min`, `take_any` and `percentiles` give several columns, which the binder names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from vedette.kql.signatures import CANONICAL, DOCS, Family, Naming

FAMILY = Family("aggregates", "aggregate")

IF_FORMS: Final[Mapping[str, str]] = {
    "countif": "count",
    "sumif": "sum",
    "minif": "min",
    "maxif": "max",
    "avgif": "avg",
    "dcountif": "dcount",
    "count_distinctif": "count_distinct",
    "stdevif": "stdev",
    "varianceif": "variance",
    "variancepif": "variancep",
    "covarianceif": "covariance",
    "covariancepif": "covariancep",
    "make_list_if": "make_list",
    "make_set_if": "make_set",
    "make_bag_if": "make_bag",
    "take_anyif": "take_any",
    "anyif": "take_any",
    "hll_if": "hll",
}
"""Name with a predicate → the aggregate it is over the rows for which the parameter `predicate` is true."""


def _page(slug: str) -> str:
    return f"{DOCS}{slug}-aggregation-function"


def _obsolete(name: str, instead: str, *, same: bool = True) -> None:
    FAMILY.functions[name] = replace(FAMILY.functions[name], deprecated=instead)
    if same:
        CANONICAL[name] = instead


def _measure(name: str, says: str, *types: str, condition: str = "") -> None:
    """An aggregate of one value, and its form with a predicate when `condition` names one."""
    naming: Naming = "prefix_and_first"
    pairs = [kind.split(">") for kind in types]
    FAMILY.add(*(f"{name}(expr: {kind}) -> {returns}" for kind, returns in pairs), says=says, naming=naming)
    if condition:
        FAMILY.add(
            *(f"{condition}(expr: {kind}, predicate: bool) -> {returns}" for kind, returns in pairs),
            says=f"{says[:-1]}, over the rows for which the predicate is true.",
            naming=naming,
        )


FAMILY.add(
    "count() -> long",
    "count(expr: scalar) -> long",
    says="Counts rows, also those with nulls; given a predicate, the rows for which it is true.",
    naming="prefix_and_first",
    deprecated=("cnt",),
)
FAMILY.functions["cnt"] = replace(FAMILY.functions["cnt"], prefix="cnt")
FAMILY.add(
    "countif(predicate: bool) -> long",
    says="Counts the rows for which the predicate is true.",
    naming="prefix_and_first",
)
_measure("sum", "Adds up the values; nothing adds up to 0.", "summable>first_promoted", condition="sumif")
_measure("min", "Gives the smallest value.", "orderable>first", condition="minif")
_measure("max", "Gives the largest value.", "orderable>first", condition="maxif")
_measure(
    "avg",
    "Gives the mean of the values that are there, NaN when there are none.",
    "integer>real",
    "real>real",
    "decimal>decimal",
    "timespan>timespan",
    "datetime>datetime",
    condition="avgif",
)
_measure("stdev", "Gives the standard deviation of a sample.", "summable>real", condition="stdevif")
_measure("stdevp", "Gives the standard deviation of a whole population.", "summable>real")
_measure("variance", "Gives the variance of a sample.", "summable>real", condition="varianceif")
_measure("variancep", "Gives the variance of a whole population.", "summable>real", condition="variancepif")
for _name, _says in (("covariance", "a sample"), ("covariancep", "a whole population")):
    FAMILY.add(
        f"{_name}(expr1: summable, expr2: summable) -> real",
        says=f"Gives the covariance of two values over {_says}.",
        naming="prefix_and_first",
    )
    FAMILY.add(
        f"{_name}if(expr1: summable, expr2: summable, predicate: bool) -> real",
        says=f"Gives the covariance of two values over {_says}, where the predicate is true.",
        naming="prefix_and_first",
    )
FAMILY.add(
    "dcount(expr: scalar, accuracy: not_dynamic?) -> long",
    says="Counts the distinct values, nulls aside. The count is exact; the accuracy is accepted and not needed.",
    naming="prefix_and_first",
)
FAMILY.add(
    "dcountif(expr: scalar, predicate: bool, accuracy: not_dynamic?) -> long",
    says="Counts the distinct values in rows for which the predicate is true.",
    naming="prefix_and_first",
)
_measure("count_distinct", "Counts the distinct values.", "scalar>long", condition="count_distinctif")

FAMILY.add(
    "make_list(expr: scalar, max_size: integer?) -> dynamic",
    says="Collects the values into an array, nulls aside.",
    naming="prefix_and_first",
    prefix="list",
)
FAMILY.add(
    "make_list_if(expr: scalar, predicate: bool, max_size: integer?) -> dynamic",
    says="Collects the values of rows for which the predicate is true into an array.",
    naming="prefix_and_first",
    prefix="list",
)
FAMILY.add(
    "make_list_with_nulls(expr: scalar) -> dynamic",
    says="Collects all values into an array, nulls too.",
    naming="prefix_and_first",
    prefix="list",
)
FAMILY.add(
    "makelist(expr: scalar, max_size: integer?) -> dynamic",
    says="Collects values into an array, 128 at most unless said otherwise.",
    naming="prefix_and_first",
    prefix="list",
    source=_page("make-list"),
)
FAMILY.add(
    "make_set(expr: scalar, max_size: integer?) -> dynamic",
    says="Collects the distinct values into an array; of arrays, their elements.",
    naming="prefix_and_first",
    prefix="set",
)
FAMILY.add(
    "make_set_if(expr: scalar, predicate: bool, max_size: integer?) -> dynamic",
    says="Collects the distinct values of rows for which the predicate is true into an array.",
    naming="prefix_and_first",
    prefix="set",
)
FAMILY.add(
    "makeset(expr: scalar, max_size: integer?) -> dynamic",
    says="Collects distinct values into an array, 128 at most unless said otherwise.",
    naming="prefix_and_first",
    prefix="set",
    source=_page("make-set"),
)
FAMILY.add(
    "make_bag(expr: bag, max_size: integer?) -> dynamic",
    says="Merges property bags into one; of several values of a key, one is kept.",
    naming="prefix_and_first",
    prefix="bag",
)
FAMILY.add(
    "make_bag_if(expr: bag, predicate: bool, max_size: integer?) -> dynamic",
    says="Merges the property bags of rows for which the predicate is true.",
    naming="prefix_and_first",
    prefix="bag",
)
FAMILY.add(
    "make_dictionary(expr: bag, max_size: integer?) -> dynamic",
    says="Merges property bags into one of 128 keys at most unless said otherwise.",
    naming="prefix_and_first",
    prefix="dictionary",
    source=_page("make-bag"),
)
FAMILY.add(
    "buildschema(expr: dynamic) -> dynamic",
    says="Describes the types that the dynamic values have.",
    naming="prefix_and_first",
    prefix="schema",
)

FAMILY.add(
    "take_any(expr: scalar+) -> first",
    says="Takes the values of any one row; a single value is one that is not null or empty, if there is one.",
    naming="first",
)
FAMILY.add(
    "take_anyif(expr: scalar, predicate: bool) -> first",
    says="Takes a value from any row for which the predicate is true.",
    naming="first",
)
FAMILY.add(
    "any(expr: scalar+) -> first",
    says="Takes the values of any one row.",
    naming="prefix_and_first",
    source=_page("take-any"),
)
FAMILY.add(
    "anyif(expr: scalar, predicate: bool) -> first",
    says="Takes a value from any row for which the predicate is true.",
    naming="prefix_and_first",
    source=_page("take-anyif"),
)
for _name, _says in (("arg_max", "largest"), ("arg_min", "smallest")):
    FAMILY.add(
        f"{_name}(key: orderable, returned: scalar*) -> first",
        says=f"Gives the row whose key is the {_says}: the key and the values asked for, `*` for all columns.",
        naming="first",
    )
for _name, _instead in (("argmax", "arg_max"), ("argmin", "arg_min")):
    FAMILY.add(
        f"{_name}(key: orderable, returned: scalar*) -> first",
        says=f"Older form of {_instead}, which prefixes the columns it returns.",
        naming="prefix_and_first",
        prefix=_name[3:],
        source=_page(_instead.replace("_", "-")),
    )
    _obsolete(_name, _instead)
_obsolete("makelist", "make_list", same=False)
_obsolete("makeset", "make_set", same=False)
_obsolete("make_dictionary", "make_bag", same=False)
_obsolete("any", "take_any")
_obsolete("anyif", "take_anyif", same=False)

_RANKED: Final = "int|long|real|bool|string|datetime|timespan|guid|dynamic"
"""Types whose percentiles keep their type (int becomes long); percentiles of decimal are real."""
for _name, _weight, _slug in (("percentile", "", "percentiles"), ("percentilew", "weight: integer, ", "percentilesw")):
    FAMILY.add(
        f"{_name}(expr: {_RANKED}, {_weight}percentile: number) -> first_promoted",
        f"{_name}(expr: decimal, {_weight}percentile: number) -> real",
        says="Gives the nearest-rank percentile of the values." if not _weight else
             "Gives the nearest-rank percentile of values that count as often as their weight says.",
        source=_page(_slug),
    )  # fmt: skip
for _name, _weight in (("percentiles", ""), ("percentilesw", "weight: integer, ")):
    _what = "weighted " if _weight else ""
    FAMILY.add(
        f"{_name}(expr: {_RANKED}, {_weight}percentile: number+) -> first_promoted",
        f"{_name}(expr: decimal, {_weight}percentile: number+) -> real",
        says=f"Gives several {_what}percentiles of the values, a column each.",
    )
    FAMILY.add(
        f"{_name}_array(expr: scalar, {_weight}percentile: number+) -> dynamic",
        f"{_name}_array(expr: scalar, {_weight}percentiles: array) -> dynamic",
        says=f"Gives several {_what}percentiles of the values as one array.",
        naming="prefix_and_first",
        prefix="percentiles",
        source=_page(_name),
    )
for _name, _says in (("and", "AND"), ("or", "OR"), ("xor", "XOR")):
    FAMILY.add(
        f"binary_all_{_name}(expr: integer) -> first",
        says=f"Combines the values bit by bit by {_says}.",
        naming="first",
    )

FAMILY.add(
    "hll(expr: not_real_or_bool, accuracy: integer?) -> dynamic",
    says="Gives a sketch of the distinct values, which `hll_merge` unites and `dcount_hll` counts.",
    naming="prefix_and_first",
)
FAMILY.add(
    "hll_if(expr: not_real_or_bool, predicate: bool, accuracy: integer?) -> dynamic",
    says="Gives a sketch of the distinct values in rows for which the predicate is true.",
    naming="prefix_and_first",
)
FAMILY.add(
    "hll_merge(hll: array) -> dynamic",
    says="Unites the sketches of distinct values.",
    naming="prefix_and_first",
)
FAMILY.add(
    "tdigest(expr: summable, weight: integer?) -> dynamic",
    says="Gives a digest of the values, from which percentiles can be told later.",
    naming="prefix_and_first",
)
FAMILY.add(
    "merge_tdigest(tdigest: array) -> dynamic",
    says="Unites digests of values.",
    naming="prefix_and_first",
    prefix="merge_tdigests",
    source=_page("tdigest-merge"),
    aliases=("tdigest_merge", "merge_tdigests"),
)
