"""SQL of the functions over text. What SQL cannot say is in `kernels/strings.py`."""

from __future__ import annotations

import json
import re
from typing import Final

from vedette.kql.bound import Bound, Call, Const
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.conversions import of_text
from vedette.kql.emit.duckdb.regexes import Regex, translated
from vedette.kql.emit.duckdb.registry import emits, macro
from vedette.kql.emit.duckdb.string_operators import constant_text, has

_MARK: Final = "chr(1114111)"
"""A code point that stands for no character, and so is in no text."""

macro(
    "kql_strcat_array(j, d)",
    "CASE json_type(j) WHEN 'ARRAY' THEN"
    " array_to_string(list_transform((j ->> '$[*]')::VARCHAR[], lambda x: coalesce(x, '')), d) ELSE '' END",
)
macro(
    "kql_strcat_array_by(j, d)",  # array_to_string wants a constant between the elements
    f"replace(kql_strcat_array(j, {_MARK}), {_MARK}, d)",
)
macro("kql_strrep(v, n, d)", "CASE WHEN n >= 1 THEN repeat(v || d, least(n, 1024) - 1) || v ELSE '' END")
# Bounds keep starts and lengths in the range that the engine takes; no text is that long. `least` passes nulls over.
macro(
    "kql_substring(s, i)",
    "coalesce(CASE WHEN i IS NULL THEN '' WHEN i < 0 THEN substring(s, greatest(length(s) + least(i, 0), 0) + 1)"
    " ELSE substring(s, least(i, 2147483647::BIGINT) + 1) END, '')",
)
macro(
    "kql_substring_of(s, i, n)",
    "coalesce(CASE WHEN i IS NULL OR n IS NULL OR n <= 0 THEN ''"
    " WHEN i < 0 THEN substring(s, greatest(length(s) + least(i, 0), 0) + 1, least(n, 2147483647::BIGINT))"
    " ELSE substring(s, least(i, 2147483647::BIGINT) + 1, least(n, 2147483647::BIGINT)) END, '')",
)
macro(
    "kql_split(s, d)",
    "to_json(CASE WHEN d = '' THEN [s] ELSE string_split(s, d) END)",
)
macro(
    "kql_split_at(s, d, i)",
    "to_json(CASE WHEN i < 0 THEN [] WHEN d = '' THEN [s][i + 1 : i + 1] ELSE string_split(s, d)[i + 1 : i + 1] END)",
)
macro(
    "kql_place(found, pieces, matches, n)",
    "CASE WHEN len(matches) < n THEN -1 ELSE found + list_sum(list_transform(pieces[1 : n], lambda x: length(x)))"
    " + coalesce(list_sum(list_transform(matches[1 : n - 1], lambda x: length(x))), 0) END",
)
"""Where the n-th match begins: after the pieces between matches, and the matches, that are before it."""
macro(
    "kql_place_of_regex(s, p, found, n)",
    f"kql_place(found, string_split(regexp_replace(s, p, {_MARK}, 'g'), {_MARK}), regexp_extract_all(s, p), n)",
)
macro(
    "kql_indexof_regex(s, p, i, c, n)",
    "(CASE WHEN i < 0 OR c < -1 OR n < 0 THEN NULL WHEN n = 0 THEN -1"
    " ELSE kql_place_of_regex(CASE WHEN c = -1 THEN substring(s, i + 1) ELSE substring(s, i + 1, c) END, p, i, n)"
    " END)::BIGINT",
)
macro(
    "kql_has_any_index(s, j)",
    "CASE WHEN coalesce(json_type(j), 'NULL') = 'NULL' THEN -1 ELSE"
    " coalesce(list_position(list_transform(kql_texts(j), lambda n: kql_has(s, n)), true) - 1, -1) END::BIGINT",
)


macro(
    "kql_groups_of(m, g)",
    "CASE WHEN len(m) = 0 OR coalesce(len(g), 0) = 0 THEN NULL"
    " WHEN len(g) = 1 THEN to_json(list_transform(m, lambda x: x[g[1]]))"
    " ELSE to_json(list_transform(m, lambda x: list_transform(g, lambda n: x[n]))) END",
)


def _text(call: Call, at: int, argument: str) -> str:
    return sql.to_string(argument, call.args[at].type)


def constant_regex(bound: Bound) -> Regex | None:
    """A constant regular expression; None when it is not constant."""
    pattern = constant_text(bound)
    return None if pattern is None else translated(pattern)


def _regex(bound: Bound, argument: str, before: str = "", after: str = "") -> str:
    """SQL of a pattern, with something before and after it."""
    regex = constant_regex(bound)
    if regex is not None:
        return sql.text(before + regex.pattern + after)
    return " || ".join(
        part for part in (sql.text(before) if before else "", argument, sql.text(after) if after else "") if part
    )


def _constant_number(bound: Bound) -> int | None:
    return bound.value if isinstance(bound, Const) and isinstance(bound.value, int) else None


@emits("strcat")
def _strcat(call: Call, *values: str) -> str:
    return "(" + " || ".join(_text(call, at, value) for at, value in enumerate(values)) + ")"


@emits("strcat_delim")
def _strcat_delim(call: Call, delimiter: str, *values: str) -> str:
    texts = ", ".join(_text(call, at, value) for at, value in enumerate(values, 1))
    return f"concat_ws({_text(call, 0, delimiter)}, {texts})"


@emits("strcat_array", "array_strcat")
def _strcat_array(call: Call, array: str, delimiter: str) -> str:
    by = "" if isinstance(call.args[1], Const) else "_by"
    return f"kql_strcat_array{by}({array}, {_text(call, 1, delimiter)})"


@emits("strcmp")
def _strcmp(call: Call, first: str, second: str) -> str:
    one, other = _text(call, 0, first), _text(call, 1, second)
    return f"(CASE WHEN {one} < {other} THEN -1 WHEN {one} > {other} THEN 1 ELSE 0 END)::BIGINT"


@emits("strrep")
def _strrep(call: Call, value: str, times: str, delimiter: str = "''") -> str:
    between = _text(call, 2, delimiter) if len(call.args) > 2 else delimiter
    return f"kql_strrep({_text(call, 0, value)}, {times}, {between})"


@emits("strlen")
def _strlen(call: Call, source: str) -> str:
    return f"length({_text(call, 0, source)})::BIGINT"


@emits("string_size")
def _string_size(call: Call, source: str) -> str:
    return f"strlen({_text(call, 0, source)})::BIGINT"


@emits("toupper")
def _toupper(call: Call, value: str) -> str:
    return f"upper({_text(call, 0, value)})"


@emits("tolower")
def _tolower(call: Call, value: str) -> str:
    return f"lower({_text(call, 0, value)})"


@emits("substring")
def _substring(call: Call, source: str, start: str, length: str | None = None) -> str:
    text, at = _text(call, 0, source), _constant_number(call.args[1])
    count = _constant_number(call.args[2]) if length is not None else 0
    if at is not None and 0 <= at < 2**31 and count is not None and 0 <= count < 2**31:
        return f"substring({text}, {at + 1})" if length is None else f"substring({text}, {at + 1}, {count})"
    return f"kql_substring({text}, {start})" if length is None else f"kql_substring_of({text}, {start}, {length})"


@emits("reverse")
def _reverse(call: Call, value: str) -> str:
    return f"kql_reversed({_text(call, 0, value)})"


@emits("indexof")
def _indexof(call: Call, source: str, lookup: str, *rest: str) -> str:
    text, searched = _text(call, 0, source), _text(call, 1, lookup)
    if not rest:
        return f"(instr({text}, {searched}) - 1)::BIGINT"
    start, length, occurrence = (*rest, *("0", "-1", "1")[len(rest) :])
    return f"kql_indexof_within({text}, {searched}, ({start})::BIGINT, ({length})::BIGINT, ({occurrence})::BIGINT)"


@emits("indexof_regex")
def _indexof_regex(call: Call, source: str, lookup: str, *rest: str) -> str:
    start, length, occurrence = (*rest, *("0", "-1", "1")[len(rest) :])
    pattern = _regex(call.args[1], _text(call, 1, lookup))
    return f"kql_indexof_regex({_text(call, 0, source)}, {pattern}, {start}, {length}, {occurrence})"


@emits("has_any_index")
def _has_any_index(call: Call, source: str, values: str) -> str:
    text, array = _text(call, 0, source), call.args[1]
    if isinstance(array, Const) and isinstance(array.value, list) and all(isinstance(one, str) for one in array.value):
        tests = [f"WHEN {has(text, needle)} THEN {at}" for at, needle in enumerate(array.value)]
        return f"(CASE {' '.join(tests)} ELSE -1 END)::BIGINT" if tests else "(-1)::BIGINT"
    return f"kql_has_any_index({text}, {values})"


@emits("split")
def _split(call: Call, source: str, delimiter: str, index: str | None = None) -> str:
    text, between = _text(call, 0, source), constant_text(call.args[1])
    if index is not None:
        return f"kql_split_at({text}, {delimiter}, {index})"
    return f"to_json(string_split({text}, {delimiter}))" if between else f"kql_split({text}, {delimiter})"


@emits("extract")
def _extract(call: Call, regex: str, group: str, source: str) -> str:
    pattern, number = constant_regex(call.args[0]), _constant_number(call.args[1])
    written = _regex(call.args[0], regex)
    if number is not None:
        if pattern and not 0 <= number <= pattern.groups:
            raise ValueError(f"extract asks for group {number} of a regular expression that has {pattern.groups}")
        if not 0 <= number <= 9:
            raise ValueError(f"extract gives the groups 0 to 9, not {number}")
        found = f"regexp_extract({source}, {written}, {number})"
    elif pattern:
        groups = range(pattern.groups + 1)
        cases = " ".join(f"WHEN {n} THEN regexp_extract({source}, {written}, {n})" for n in groups)
        found = f"(CASE {group} {cases} ELSE '' END)"
    else:
        raise ValueError("extract needs a constant as the regular expression or as the group")
    return f"kql_parse_json({found})" if call.type == "dynamic" else of_text(found, call.type)


@emits("extract_all")
def _extract_all(call: Call, regex: str, *rest: str) -> str:
    pattern, source = constant_regex(call.args[0]), rest[-1]
    if pattern is None:
        raise ValueError("extract_all needs a constant as the regular expression")
    if not 1 <= pattern.groups <= 16:
        raise ValueError(f"extract_all needs a regular expression with 1 to 16 groups, and this has {pattern.groups}")
    groups = list(range(1, pattern.groups + 1))
    if len(rest) > 1:
        asked = call.args[1]
        if not isinstance(asked, Const):
            return _extracted_by_row(pattern, source, rest[0])
        if not isinstance(asked.value, list) or not asked.value:
            raise ValueError("extract_all needs an array of groups")
        groups = [_group(pattern, name) for name in asked.value]
    if len(groups) == 1:
        return f"to_json(nullif({_all_of(pattern, source, groups[0])}, []))"
    return f"to_json(nullif({_matches(pattern, source, groups)}, []))"


def _all_of(pattern: Regex, source: str, group: int) -> str:
    return f"regexp_extract_all({source}, {sql.text(pattern.pattern)}, {group})"


def _matches(pattern: Regex, source: str, groups: list[int]) -> str:
    """A list of matches, each a list of what these groups hold."""
    lists = ", ".join(_all_of(pattern, source, group) for group in groups)
    parts = ", ".join(f"x[{at}]" for at in range(1, len(groups) + 1))
    return f"list_transform(list_zip({lists}), lambda x: [{parts}])"


def _extracted_by_row(pattern: Regex, source: str, asked: str) -> str:
    """As each row asks for its own groups. What the expression has no group for is null."""
    numbers = [(str(number), number) for number in range(1, pattern.groups + 1)]
    cases = " ".join(f"WHEN {sql.text(name)} THEN {number}" for name, number in (*numbers, *pattern.names.items()))
    wanted = f"list_transform({asked} ->> '$[*]', lambda n: CASE n {cases} END)"
    matches = _matches(pattern, source, list(range(1, pattern.groups + 1)))
    return f"kql_groups_of({matches}, {wanted})"


def _group(pattern: Regex, name: object) -> int:
    number = pattern.names.get(name, 0) if isinstance(name, str) else name
    if isinstance(number, int) and 1 <= number <= pattern.groups:
        return number
    raise ValueError(f"extract_all asks for a group that the regular expression does not have, {json.dumps(name)}")


@emits("replace_string")
def _replace_string(call: Call, source: str, lookup: str, rewrite: str) -> str:
    return f"replace({source}, {lookup}, {rewrite})"


@emits("replace_regex")
def _replace_regex(call: Call, source: str, regex: str, rewrite: str) -> str:
    return _replaced(call.args[1], call.args[2], source, regex, rewrite)


@emits("replace")
def _replace(call: Call, regex: str, rewrite: str, source: str) -> str:
    return _replaced(call.args[0], call.args[1], source, regex, rewrite)


def _replaced(pattern: Bound, by: Bound, source: str, regex: str, rewrite: str) -> str:
    constant, known = constant_text(by), constant_regex(pattern)
    if constant is not None:
        groups = [int(number) for number in re.findall(r"\\(\d)", constant.replace(r"\\", ""))]
        if known and max(groups, default=0) > known.groups:
            raise ValueError(f"the rewrite names group {max(groups)} of a regular expression that has {known.groups}")
        # A backslash before anything else stands for itself; RE2 would give up on it.
        rewrite = sql.text(re.sub(r"\\(\\|\d)?", lambda found: found[0] if found[1] else r"\\", constant))
    return f"regexp_replace({source}, {_regex(pattern, regex)}, {rewrite}, 'g')"


@emits("trim")
def _trim(call: Call, regex: str, source: str) -> str:
    start = f"regexp_replace({source}, {_regex(call.args[0], regex, '^(?:', ')+')}, '')"
    return f"regexp_replace({start}, {_regex(call.args[0], regex, '(?:', ')+$')}, '')"


@emits("trim_start")
def _trim_start(call: Call, regex: str, source: str) -> str:
    return f"regexp_replace({source}, {_regex(call.args[0], regex, '^(?:', ')')}, '')"


@emits("trim_end")
def _trim_end(call: Call, regex: str, source: str) -> str:
    return f"regexp_replace({source}, {_regex(call.args[0], regex, '(?:', ')$')}, '')"


@emits("countof")
def _countof(call: Call, source: str, search: str, kind: str = "") -> str:
    how = constant_text(call.args[2]) if kind else "normal"
    if how == "regex":
        return f"len(regexp_extract_all({source}, {_regex(call.args[1], search)}))::BIGINT"
    if how != "normal":
        raise ValueError("countof counts by 'normal' or 'regex'")
    needle = constant_text(call.args[1])
    if needle and not any(needle.startswith(needle[at:]) for at in range(1, len(needle))):
        return f"((strlen({source}) - strlen(replace({source}, {search}, ''))) // {len(needle.encode())})::BIGINT"
    return f"kql_count_overlapping({source}, {search})"


@emits("translate")
def _translate(call: Call, search: str, replacement: str, source: str) -> str:
    letters, by = constant_text(call.args[0]), constant_text(call.args[1])
    if letters is None or by is None:
        return f"kql_translated({search}, {replacement}, {source})"
    return f"translate({source}, {sql.text(letters)}, {sql.text(by + by[-1:] * (len(letters) - len(by)))})"


@emits("unicode_codepoints_from_string")
def _codepoints(call: Call, value: str) -> str:
    return f"kql_codepoints_of_text({_text(call, 0, value)})"


@emits("unicode_codepoints_to_string")
def _of_codepoints(call: Call, *values: str) -> str:
    return f"kql_text_of_codepoints(json_array({', '.join(values)}))"


@emits("regex_quote")
def _regex_quote(call: Call, source: str) -> str:
    return f"kql_regex_quoted({_text(call, 0, source)})"


@emits("isascii")
def _isascii(call: Call, value: str) -> str:
    text = _text(call, 0, value)
    return f"(strlen({text}) = length({text}))"


@emits("isutf8")
def _isutf8(call: Call, value: str) -> str:
    return f"({value} IS NULL OR true)"


@emits("parse_command_line")
def _parse_command_line(call: Call, command_line: str, parser: str) -> str:
    if (constant_text(call.args[1]) or "").lower() != "windows":
        raise ValueError("parse_command_line knows the parser 'windows' alone")
    return f"kql_windows_arguments({_text(call, 0, command_line)})"
