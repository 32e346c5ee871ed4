"""Choosing between values, and testing for their absence. `and`, `or` and comparisons are the binder's own."""

from __future__ import annotations

from typing import Final

from vedette.kql.signatures import DOCS, Family

FAMILY: Final = Family("conditional")

FAMILY.add(
    "iff(if: bool, then: common, else: common) -> common",
    says="One value where the condition is true, and another where it is false or null.",
    aliases=("iif",),
)
FAMILY.add(
    "case((predicate: bool, then: common)+, else: common) -> common",
    says="The value behind the first condition that is true, or the last value when none is.",
)
FAMILY.add(
    "coalesce(arg: same+) -> common",
    says="The first argument that is not null, or not empty among texts.",
)
FAMILY.add("isnull(expression: scalar) -> bool", says="Whether the value is null; a text never is.")
FAMILY.add(
    "isnotnull(expression: scalar) -> bool",
    says="Whether the value is not null; a text never is null.",
    deprecated=("notnull",),
)
FAMILY.add("isempty(value: scalar) -> bool", says="Whether the value is null or the empty text.")
FAMILY.add(
    "isnotempty(value: scalar) -> bool",
    says="Whether the value is neither null nor the empty text.",
    deprecated=("notempty",),
)
FAMILY.add("not(expression: bool) -> bool", says="Whether the condition is false.")
FAMILY.add(
    "assert(predicate: bool, message: string) -> bool",
    says="Ends the query with a message unless a constant condition is true.",
)
FAMILY.add(
    "around(value: scalar, center: scalar, delta: scalar) -> bool",
    says="Whether a value is no further from a centre than delta.",
)
FAMILY.add(
    "column_ifexists(column_name: string, defaultValue: scalar) -> second",
    says="The column of that name if there is one, and a default value otherwise.",
    deprecated=("columnifexists",),
)
FAMILY.add(
    "column_names_of(table: table) -> dynamic",
    says="The names of a table's columns, as an array.",
    source="https://learn.microsoft.com/kusto/query/project-by-names-operator",
)
FAMILY.add(
    "new_guid() -> guid",
    says="A random GUID, another one in every row.",
    source=f"{DOCS}new-guid-function",
)
