"""Comparisons and logic. The binder brings both sides into one type itself; these say what there is."""

from __future__ import annotations

from typing import Final

from vedette.kql.signatures import DOCS, Family

FAMILY: Final = Family("comparisons", "operator")

_NUMERIC: Final = f"{DOCS}numerical-operators"
_LOGICAL: Final = f"{DOCS}logical-operators"

FAMILY.add(
    "==(left: scalar, right: scalar) -> bool",
    says="Equal. Null equals no value; whether it equals null is null.",
    source=_NUMERIC,
)
FAMILY.add("!=(left: scalar, right: scalar) -> bool", says="Not equal. Null differs from every value.", source=_NUMERIC)
for _sign, _says in (("<", "Less."), ("<=", "Less or equal."), (">", "Greater."), (">=", "Greater or equal.")):
    FAMILY.add(f"{_sign}(left: scalar, right: scalar) -> bool", says=_says, source=_NUMERIC)
FAMILY.add("and(left: bool, right: bool) -> bool", says="Both.", source=_LOGICAL)
FAMILY.add("or(left: bool, right: bool) -> bool", says="One of the two, or both.", source=_LOGICAL)
FAMILY.add(
    "in(value: scalar, item: scalar+) -> bool",
    says="Whether a value is in a list, an array or the first column of rows.",
    source=f"{DOCS}in-operator",
)
FAMILY.add(
    "between(value: summable, low: summable, high: summable) -> bool",
    says="Whether a value lies between two others, both included.",
    source=f"{DOCS}between-operator",
)
