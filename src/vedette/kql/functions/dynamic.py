"""Functions over dynamic values: reading JSON, building property bags and taking them apart."""

from __future__ import annotations

from typing import Final

from vedette.kql.signatures import DOCS, Family

FAMILY = Family("dynamic")
_PACK: Final = f"{DOCS}pack-function"

FAMILY.add(
    "parse_json(json_text: text) -> dynamic",
    says="Reads JSON text as a dynamic value; text that is no JSON stays a text.",
    naming="first",
    deprecated=("parsejson",),
)
FAMILY.add(
    "todynamic(value: text) -> dynamic",
    says="Reads JSON text as a dynamic value; the same as parse_json.",
    naming="first",
    deprecated=("toobject",),
    source=f"{DOCS}parse-json-function",
)
FAMILY.add(
    "extract_json(json_path: string, json_text: text) -> string",
    "extract_json(json_path: string, json_text: text, type: type) -> literal",
    says="Takes the value at a JSONPath out of JSON text.",
    aliases=("extractjson",),
)
FAMILY.add(
    "dynamic_to_json(value: scalar) -> string",
    says="Prints a value in one canonical form: property names in order.",
)
FAMILY.add("bag_keys(object: bag) -> dynamic", says="Gives the property names of a bag as an array.")
FAMILY.add(
    "bag_pack((key: string, value: scalar)+) -> dynamic",
    says="Makes a property bag of names and values.",
    source=_PACK,
    deprecated=("pack", "pack_dictionary"),
)
FAMILY.add(
    "bag_pack_columns(value: scalar+) -> dynamic",
    says="Makes a property bag of columns under their names.",
)
FAMILY.add(
    "pack_all(ignore_null_empty: bool?) -> dynamic",
    says="Makes a property bag of all columns, on request without those that are null or empty.",
)
FAMILY.add(
    "bag_merge(first: bag, bag: bag+) -> dynamic",
    says="Merges property bags; the leftmost value of a property counts.",
)
FAMILY.add(
    "bag_remove_keys(bag: bag, keys: array) -> dynamic",
    says="Takes properties off a bag, named or addressed by JSONPath.",
)
FAMILY.add(
    "bag_set_key(bag: bag, key: string, value: scalar) -> dynamic",
    says="Sets one property of a bag, named or addressed by JSONPath.",
)
FAMILY.add(
    "bag_has_key(bag: bag, key: string) -> bool",
    says="Tells whether a bag has a property, named or addressed by JSONPath.",
)
FAMILY.add(
    "bag_zip(keys: array, values: array) -> dynamic",
    says="Makes a property bag of an array of names and an array of values.",
    source=f"{DOCS}bag-zip",
)
FAMILY.add(
    "treepath(object: dynamic) -> dynamic",
    says="Gives the paths of all members of a dynamic value.",
    naming="prefix_and_first",
    prefix="tree",
)
