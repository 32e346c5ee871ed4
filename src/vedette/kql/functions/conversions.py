"""Conversions from one type to another. What does not fit the other type becomes null (or the empty text).

`todynamic` and its kin are among the functions over dynamic values.
"""

from __future__ import annotations

from vedette.kql.signatures import DOCS, Family

FAMILY = Family("conversions")
add = FAMILY.add

add("tostring(value: scalar) -> string", says="A value as text.", naming="first")
add("toint(value: scalar) -> int", says="A value as a whole number of 32 bits.", naming="first")
add("tolong(value: scalar) -> long", says="A value as a whole number of 64 bits.", naming="first")
add("toreal(value: scalar) -> real", says="A value as a floating-point number.", naming="first", aliases=("todouble",))
add("todecimal(value: scalar) -> decimal", says="A value as a decimal number.", naming="first")
add("tobool(value: scalar) -> bool", says="A value as true or false.", naming="first", aliases=("toboolean",))
add("todatetime(value: scalar) -> datetime", says="A value as a point in time.", naming="first")
add("totimespan(value: scalar) -> timespan", says="A value as a span of time.", naming="first", deprecated=("totime",))
add("toguid(value: text) -> guid", says="A text as a GUID.", naming="first")
add(
    "tohex(value: integer, length: integer?) -> string",
    says="A whole number in hexadecimal digits, with zeros in front up to a length.",
    naming="first",
)
add(
    "gettype(value: scalar) -> string",
    says="The name of a value's type; of a dynamic value, that of what it holds.",
    naming="prefix_and_first",
    prefix="type",
    source=f"{DOCS}gettype-function",
)
