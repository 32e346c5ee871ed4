"""Functions over text: joining, cutting, searching, replacing, and the characters that texts are made of.

Operators such as `has` and `contains` are in `string_operators`; conversions to text in `conversions`. Positions and
lengths count Unicode code points.
"""

from __future__ import annotations

from vedette.kql.signatures import DOCS, Family

FAMILY = Family("strings")
add = FAMILY.add

add("strcat(value: scalar+) -> string", says="The texts of all values, one after the other.")
add(
    "strcat_array(array: array, delimiter: scalar) -> string",
    says="The elements of an array as one text, with a delimiter between them.",
)
add(
    "array_strcat(array: array, delimiter: scalar) -> string",
    says="The elements of an array as one text, with a delimiter between them; the older name of strcat_array.",
    source=f"{DOCS}strcat-array-function",
)
add(
    "strcat_delim(delimiter: scalar, value: scalar+) -> string",
    says="The texts of all values, with a delimiter between them.",
)
add(
    "strcmp(first: scalar, second: scalar) -> long",
    says="-1, 0 or 1: whether the first text comes before the second by code points, is the same, or comes after it.",
)
add(
    "strrep(value: scalar, times: long, delimiter: scalar?) -> string",
    says="A text repeated up to 1024 times, with a delimiter between the copies.",
)
add("strlen(source: text) -> long", says="How many characters a text has.", naming="function_and_first")
add("string_size(source: text) -> long", says="How many bytes a text has in UTF-8.", naming="function_and_first")
add("toupper(value: scalar) -> string", says="A text in capital letters.")
add("tolower(value: scalar) -> string", says="A text in small letters.")
add(
    "substring(source: scalar, start: integer, length: integer?) -> string",
    says="Part of a text, from a position on; a negative position counts from the end.",
)
add("reverse(value: scalar) -> string", says="The characters of a text in reverse order.")
add(
    "indexof(source: scalar, lookup: scalar, start: integer?, length: integer?, occurrence: integer?) -> long",
    says="Where a text first (or for the given time) occurs in another, counted from 0; -1 when it does not.",
)
add(
    "indexof_regex(source: scalar, lookup: scalar, start: integer?, length: integer?, occurrence: integer?) -> long",
    says="Where a regular expression first (or for the given time) matches, counted from 0; -1 when it does not.",
)
add(
    "has_any_index(source: text, values: array) -> long",
    says="The index of the first value of an array that occurs in a text as a whole term; -1 when none does.",
)
add(
    "split(source: scalar, delimiter: string, index: integer?) -> dynamic",
    says="The pieces of a text between delimiters, as an array; with an index, an array of that piece alone.",
    naming="first",
)
add(
    "extract(regex: string, group: long, source: string) -> string",
    "extract(regex: string, group: long, source: string, into: type) -> literal",
    says="What a group of a regular expression matched first (group 0: the whole match), converted to a type if given.",
)
add(
    "extract_all(regex: string, source: string) -> dynamic",
    "extract_all(regex: string, groups: array, source: string) -> dynamic",
    says="All that the groups of a regular expression matched: an array, of arrays where there are several groups.",
    deprecated=("extractall",),
)
add(
    "replace_string(source: string, lookup: string, rewrite: string) -> string",
    says="A text with every occurrence of another replaced.",
)
add(
    "replace_strings(source: string, lookups: array, rewrites: array) -> string",
    says="A text with every occurrence of several others replaced, each by its own rewrite, in one pass.",
)
add(
    "replace_regex(source: string, regex: string, rewrite: string) -> string",
    says=r"A text with every match of a regular expression replaced; \1 in the rewrite stands for a group.",
)
add(
    "replace(regex: string, rewrite: string, source: string) -> string",
    says="replace_regex with its arguments in an older order.",
    source=f"{DOCS}replace-regex-function",
)
add("trim(regex: string, source: string) -> string", says="A text without matches of a regex at both its ends.")
add("trim_start(regex: string, source: string) -> string", says="A text without a match of a regex at its start.")
add("trim_end(regex: string, source: string) -> string", says="A text without a match of a regex at its end.")
add(
    "countof(source: string, search: string, kind: string?) -> long",
    says="How often a text (also overlapping) or, with kind 'regex', a regular expression occurs in another.",
)
add(
    "translate(search: string, replacement: string, source: string) -> string",
    says="A text with each character of one list replaced by its counterpart in another.",
)
add(
    "unicode_codepoints_from_string(value: scalar) -> dynamic",
    says="The Unicode code points of a text, as an array of numbers.",
    deprecated=("to_utf8",),
)
add(
    "unicode_codepoints_to_string(value: integer_or_array+) -> string",
    says="The text that Unicode code points spell.",
    deprecated=("make_string",),
)
add("regex_quote(source: scalar) -> string", says="A text with everything escaped that means something in a regex.")
add("isascii(value: scalar) -> bool", says="Whether a text consists of ASCII characters alone.")
add("isutf8(value: scalar) -> bool", says="Whether a text is valid UTF-8.")
add(
    "parse_command_line(command_line: scalar, parser: string) -> dynamic",
    says="The arguments of a Windows command line, divided as Windows itself divides them.",
)
_PUNYCODE = "Punycode, the spelling of international names in ASCII"
add("punycode_from_string(source: string) -> string", says=f"A text in {_PUNYCODE}.")
add("punycode_to_string(source: string) -> string", says=f"The text behind {_PUNYCODE}.")
add("punycode_domain_from_string(source: string) -> string", says="The international spelling of a domain name.")
add("punycode_domain_to_string(source: string) -> string", says="A domain name with its labels in Punycode.")
