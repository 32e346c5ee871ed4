"""Functions over dynamic arrays, and arrays as sets."""

from __future__ import annotations

from vedette.kql.signatures import DOCS, Family

FAMILY = Family("arrays")

FAMILY.add("pack_array(value: scalar+) -> dynamic", says="Makes an array of values.", every_column=True)
FAMILY.add(
    "array_length(array: array) -> long",
    says="Counts the elements of an array; null for anything else.",
    deprecated=("arraylength",),
)
FAMILY.add("array_concat(array: array+) -> dynamic", says="Joins arrays into one.")
FAMILY.add(
    "array_iff(condition_array: array, when_true: scalar, when_false: scalar) -> dynamic",
    says="Chooses between two values, element by element.",
    aliases=("array_iif",),
)
FAMILY.add(
    "array_index_of(array: array, value: scalar, start: integer?, length: integer?, occurrence: integer?) -> long",
    says="Finds the position of a value in an array, -1 when it is not there.",
)
FAMILY.add(
    "array_slice(array: array, start: integer, end: integer) -> dynamic",
    says="Takes the elements between two positions, both included; negative ones count from the end.",
)
FAMILY.add(
    "array_split(array: array, index: integer) -> dynamic",
    "array_split(array: array, indices: array) -> dynamic",
    says="Cuts an array at positions into an array of arrays.",
)
for _way in ("left", "right"):
    FAMILY.add(
        f"array_shift_{_way}(array: array, shift_count: integer, default_value: scalar?) -> dynamic",
        says=f"Moves the elements to the {_way} and fills the places that become free.",
    )
    FAMILY.add(
        f"array_rotate_{_way}(array: array, rotate_count: integer) -> dynamic",
        says=f"Moves the elements to the {_way}; what leaves at one end enters at the other.",
    )
FAMILY.add("array_reverse(value: array) -> dynamic", says="Turns the order of an array round.")
for _order, _word in (("asc", "ascending"), ("desc", "descending")):
    FAMILY.add(
        f"array_sort_{_order}(array: array+, nulls_last: bool?) -> dynamic",
        f"array_sort_{_order}(array: array+) -> dynamic",
        says=f"Sorts an array in {_word} order; further arrays are put in the order of the first.",
    )
FAMILY.add(
    "range(start: summable, stop: summable, step: summable?) -> dynamic",
    says="Makes an array of values at even distances, up to the stop and including it.",
)
FAMILY.add(
    "repeat(value: scalar, count: integer) -> dynamic",
    says="Makes an array of one value again and again.",
    naming="prefix_and_first",
)
FAMILY.add("zip(first: array, array: array+) -> dynamic", says="Makes an array of the tuples of arrays side by side.")
FAMILY.add(
    "set_has_element(set: array, value: scalar) -> bool",
    says="Tells whether a value is in an array.",
)
for _name, _says in (
    ("union", "Gives the distinct values that are in any of the arrays."),
    ("intersect", "Gives the distinct values that are in all the arrays."),
    ("difference", "Gives the distinct values of the first array that are in none of the others."),
):
    FAMILY.add(f"set_{_name}(first: array, set: array+) -> dynamic", says=_says)
FAMILY.add(
    "set_equals(set1: array, set2: array) -> bool",
    says="Tells whether two arrays have the same distinct values.",
)
FAMILY.add(
    "jaccard_index(set1: array, set2: array) -> dynamic",
    says="Tells how alike two sets are: common values over all values.",
    source=f"{DOCS}jaccard-index-function",
)
