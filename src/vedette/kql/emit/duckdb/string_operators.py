"""SQL of the operators over text.

Searches without letter case first rule rows out by ILIKE, DuckDB's cheapest such test, and look for the ends of terms
only in rows that are left. From a handful of needles on, one regular expression for all of them is faster. What is not
constant goes through macros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from vedette.kql.bound import Bound, Call, Const
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.regexes import quote, translated
from vedette.kql.emit.duckdb.registry import emits, macro
from vedette.kql.kernels.string_operators import is_of_term

_INSIDE: Final = r"\pL\p{Nd}"
"""The characters of a term."""
_BEFORE: Final = rf"(?:^|[^{_INSIDE}])"
_AFTER: Final = rf"(?:$|[^{_INSIDE}])"
_MANY: Final = 5
"""From so many needles on, a single regular expression is faster than a search for each."""

macro("kql_term_edge(c, edge)", f"(CASE WHEN regexp_matches(c, '[{_INSIDE}]') THEN edge ELSE '' END)")
macro(
    "kql_term_pattern(n, b, a)",
    "('(?s)' || kql_term_edge(left(n, 1), b) || regexp_escape(n) || kql_term_edge(right(n, 1), a))",
)
for _name, _ends in (
    ("has", f"'{_BEFORE}', '{_AFTER}'"),
    ("hasprefix", f"'{_BEFORE}', ''"),
    ("hassuffix", f"'', '{_AFTER}'"),
):
    # CASE and not AND: a pattern that is not constant is compiled anew for every row that gets as far as there.
    macro(
        f"kql_{_name}_cs(s, n)",
        f"(CASE WHEN contains(s, n) THEN regexp_matches(s, kql_term_pattern(n, {_ends})) ELSE false END)",
    )
macro("kql_contains_cs(s, n)", "contains(s, n)")
macro("kql_startswith_cs(s, n)", "starts_with(s, n)")
macro("kql_endswith_cs(s, n)", "ends_with(s, n)")
for _name in ("has", "hasprefix", "hassuffix", "contains", "startswith", "endswith"):
    macro(f"kql_{_name}(s, n)", f"kql_{_name}_cs(lower(s), lower(n))")
macro("kql_texts(j)", "CASE json_type(j) WHEN 'ARRAY' THEN (j ->> '$[*]') ELSE [kql_dynamic_text(j)] END")
"""The elements of a dynamic array as texts."""
macro("kql_in_folded(s, j)", "list_contains(list_transform(kql_texts(j), lambda n: lower(n)), lower(s))")


def constant_text(bound: Bound) -> str | None:
    """The text of a constant; None when it is none, or holds what a pattern cannot (NUL)."""
    if isinstance(bound, Const) and bound.type == "string":
        value = "" if bound.value is None else str(bound.value)
        return None if "\0" in value else value
    return None


def starts_term(needle: str) -> bool:
    """Whether a needle begins with a character of a term."""
    return needle != "" and is_of_term(needle[0])


def ends_term(needle: str) -> bool:
    """Whether a needle ends with a character of a term."""
    return needle != "" and is_of_term(needle[-1])


def term_pattern(needle: str, before: bool, after: bool) -> str:
    """A regular expression for a needle whose ends must be ends of terms, where they are of a term at all."""
    start = _BEFORE if before and starts_term(needle) else ""
    end = _AFTER if after and ends_term(needle) else ""
    return start + quote(needle) + end


def _folded_search(text: str, needle: str) -> str:
    """Whether a text contains a constant, letter case aside."""
    if needle == "":
        return "true"
    if any(special in needle for special in "%_"):
        return f"contains(lower({text}), {_lower(needle)})"
    return f"({text} ILIKE {sql.text(f'%{needle}%')})"


def _lower(needle: str) -> str:
    return sql.text(needle.lower()) if needle.isascii() else f"lower({sql.text(needle)})"


def _terms(text: str, needle: str, cased: bool, before: bool, after: bool) -> str:
    pattern = term_pattern(needle, before, after)
    search = f"contains({text}, {sql.text(needle)})" if cased else _folded_search(text, needle)
    if pattern == quote(needle):
        return search
    return f"({search} AND regexp_matches({text}, {sql.text(pattern if cased else f'(?i){pattern}')}))"


def has(text: str, needle: str, cased: bool = False) -> str:
    """Whether a constant needle is a term of a text."""
    return _terms(text, needle, cased, before=True, after=True)


def _hasprefix(text: str, needle: str, cased: bool) -> str:
    return _terms(text, needle, cased, before=True, after=False)


def _hassuffix(text: str, needle: str, cased: bool) -> str:
    return _terms(text, needle, cased, before=False, after=True)


def _contains(text: str, needle: str, cased: bool) -> str:
    return f"contains({text}, {sql.text(needle)})" if cased else _folded_search(text, needle)


def _startswith(text: str, needle: str, cased: bool) -> str:
    return f"starts_with({text}, {sql.text(needle)})" if cased else f"starts_with(lower({text}), {_lower(needle)})"


def _endswith(text: str, needle: str, cased: bool) -> str:
    if cased:
        return f"ends_with({text}, {sql.text(needle)})"
    if any(special in needle for special in "%_"):
        return f"ends_with(lower({text}), {_lower(needle)})"
    return f"({text} ILIKE {sql.text(f'%{needle}')})"


def _declare(name: str, cased: bool, search: Callable[[str, str, bool], str]) -> None:
    suffix = "_cs" if cased else ""

    def emitter(call: Call, left: str, right: str) -> str:
        text = sql.to_string(left, call.args[0].type)
        needle = constant_text(call.args[1])
        if needle is not None:
            found = search(text, needle, cased)
        else:
            found = f"kql_{name}{suffix}({text}, {sql.to_string(right, call.args[1].type)})"
        return f"(NOT {found})" if call.name.startswith("!") else found

    emits(f"{name}{suffix}", f"!{name}{suffix}")(emitter)


for _name, _search in (
    ("has", has),
    ("hasprefix", _hasprefix),
    ("hassuffix", _hassuffix),
    ("contains", _contains),
    ("startswith", _startswith),
    ("endswith", _endswith),
):
    _declare(_name, cased=False, search=_search)
    _declare(_name, cased=True, search=_search)


@emits(":")
def _has_text(call: Call, left: str, right: str) -> str:
    text = sql.to_string(left, call.args[0].type)
    needle = constant_text(call.args[1])
    if needle is None:
        return f"kql_has({text}, {sql.to_string(right, call.args[1].type)})"
    before, after = not needle.startswith("*"), not needle.endswith("*")
    pieces = [piece for piece in needle.split("*") if piece]
    if len(pieces) < 2:
        return _terms(text, "".join(pieces), cased=False, before=before, after=after)
    start = _BEFORE if before and starts_term(pieces[0]) else ""
    end = _AFTER if after and ends_term(pieces[-1]) else ""
    pattern = "(?is)" + start + ".*".join(quote(piece) for piece in pieces) + end
    return f"regexp_matches({text}, {sql.text(pattern)})"


@emits("=~", "!~")
def _equals(call: Call, left: str, right: str) -> str:
    found = _equal(call.args[0], call.args[1], left, right)
    return f"(NOT {found})" if call.name == "!~" else found


def _equal(one: Bound, other: Bound, left: str, right: str) -> str:
    return f"({_folded(one, left)} = {_folded(other, right)})"


def _folded(bound: Bound, sql_: str) -> str:
    constant = constant_text(bound)
    return f"lower({sql.to_string(sql_, bound.type)})" if constant is None else _lower(constant)


@emits("matches regex")
def _matches(call: Call, left: str, right: str) -> str:
    text = sql.to_string(left, call.args[0].type)
    pattern = constant_text(call.args[1])
    if pattern is None:
        return f"regexp_matches({text}, {sql.to_string(right, call.args[1].type)})"
    return f"regexp_matches({text}, {sql.text(translated(pattern).pattern)})"


@emits("like", "notlike", "likecs", "notlikecs")
def _like(call: Call, left: str, right: str) -> str:
    text = sql.to_string(left, call.args[0].type)
    form = constant_text(call.args[1])
    flags = "(?s)" if call.name.endswith("cs") else "(?is)"
    if form is None:
        escaped = f"replace(regexp_escape({sql.to_string(right, call.args[1].type)}), '\\*', '.*')"
        found = f"regexp_matches({text}, '{flags}^' || {escaped} || '$')"
    else:
        pattern = f"{flags}^{'.*'.join(quote(piece) for piece in form.split('*'))}$"
        found = f"regexp_matches({text}, {sql.text(pattern)})"
    return f"(NOT {found})" if call.name.startswith("not") else found


def _constant_texts(bound: Bound) -> list[str] | None:
    """The texts of a constant or of a constant array of texts; None when it is neither."""
    if isinstance(bound, Const) and bound.type == "dynamic" and isinstance(bound.value, list):
        plain = all(isinstance(value, str) and "\0" not in value for value in bound.value)
        return list(bound.value) if plain else None
    constant = constant_text(bound)
    return None if constant is None else [constant]


def _items(call: Call, items: Sequence[str]) -> tuple[list[str], list[tuple[str, bool]]]:
    """The constant texts among the items of a list, those of constant arrays among them, and the rest as SQL of a text
    or (true) of an array."""
    constants: list[str] = []
    rest: list[tuple[str, bool]] = []
    for bound, item in zip(call.args[1:], items, strict=True):
        texts = _constant_texts(bound)
        if texts is not None:
            constants += texts
        elif bound.type == "dynamic":
            rest.append((item, True))
        else:
            rest.append((sql.to_string(item, bound.type), False))
    return constants, rest


def _json_text(array: str) -> str:
    return f"coalesce(({array})::VARCHAR, 'null')"


@emits("has_any")
def _has_any(call: Call, left: str, *items: str) -> str:
    text = sql.to_string(left, call.args[0].type)
    constants, rest = _items(call, items)
    tests = [
        f"kql_has_any_of({text}, {_json_text(item)})" if many else f"kql_has({text}, {item})" for item, many in rest
    ]
    if len(constants) < _MANY:
        tests += [has(text, needle) for needle in constants]
    else:
        pattern = "(?i)" + "|".join(_grouped(constants))
        tests.append(f"regexp_matches({text}, {sql.text(pattern)})")
    return f"({' OR '.join(tests)})" if tests else "false"


def _grouped(needles: Sequence[str]) -> list[str]:
    """Alternatives that share what comes before and after a term."""
    groups: dict[tuple[bool, bool], list[str]] = {}
    for needle in dict.fromkeys(needles):
        groups.setdefault((starts_term(needle), ends_term(needle)), []).append(quote(needle))
    return [
        f"{_BEFORE if before else ''}(?:{'|'.join(patterns)}){_AFTER if after else ''}"
        for (before, after), patterns in groups.items()
    ]


@emits("has_all")
def _has_all(call: Call, left: str, *items: str) -> str:
    text = sql.to_string(left, call.args[0].type)
    constants, rest = _items(call, items)
    tests = [has(text, needle) for needle in constants]
    tests += [
        f"kql_has_all_of({text}, {_json_text(item)})" if many else f"kql_has({text}, {item})" for item, many in rest
    ]
    return f"({' AND '.join(tests)})" if tests else "true"


@emits("in~", "!in~")
def _in(call: Call, left: str, *items: str) -> str:
    text = sql.to_string(left, call.args[0].type)
    constants, rest = _items(call, items)
    singles = [_lower(constant) for constant in dict.fromkeys(constants)]
    singles += [f"lower({item})" for item, many in rest if not many]
    tests = [f"kql_in_folded({text}, {item})" for item, many in rest if many]
    if singles:
        tests.append(f"(lower({text}) IN ({', '.join(singles)}))")
    found = f"({' OR '.join(tests)})" if tests else "false"
    return f"(NOT {found})" if call.name.startswith("!") else found
