"""Dynamic values in DuckDB: reading JSON, access by name and position, building bags.

Access with constant keys is one `json_extract` with a path, however deep: an access to what is itself such a call
lengthens its path.
"""

from __future__ import annotations

from typing import Final

from vedette.kql.bound import Call, Const, Ref
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.registry import emits, macro, simple
from vedette.kql.kernels.dynamic import path_steps

macro("kql_parse_json(s)", "coalesce(TRY_CAST(s AS JSON), to_json(nullif(s, '')))")
macro(
    "kql_member(j, name)",
    "CASE json_type(j) WHEN 'OBJECT' THEN json_extract(j, '/' || replace(replace(name, '~', '~0'), '/', '~1')) END",
)
macro("kql_element(j, i)", "CASE json_type(j) WHEN 'ARRAY' THEN json_extract(j, i::BIGINT) END")
macro(
    "kql_at(j, key)",
    "CASE json_type(key) WHEN 'VARCHAR' THEN kql_member(j, key ->> '$')"
    " ELSE kql_element(j, TRY_CAST(key ->> '$' AS BIGINT)) END",
)


@emits("parse_json", "todynamic")
def _parse_json(call: Call, text: str) -> str:
    return text if call.args[0].type == "dynamic" else f"kql_parse_json({text})"


_PARSED: Final = "kql_parse_json("


@emits("[]")
def _access(call: Call, target: str, key: str) -> str:
    at = call.args[1]
    if isinstance(at, Const) and isinstance(at.value, str):
        step = _named(at.value)
        if step is None:
            pointer = "/" + at.value.replace("~", "~0").replace("/", "~1")
            return f"kql_pointed({target}, {sql.text(pointer)})"
        return _lengthened(call, target, step)
    if isinstance(at, Const) and isinstance(at.value, int):
        return _lengthened(call, target, f"[{int(at.value)}]")
    match at.type:
        case "string" | "guid":
            return f"kql_member({target}, {key})"
        case "dynamic":
            return f"kql_at({target}, {key})"
        case _:
            return f"kql_element({target}, {key})"


macro("kql_pointed(j, pointer)", "CASE json_type(j) WHEN 'OBJECT' THEN json_extract(j, pointer) END")


def _named(name: str) -> str | None:
    """A property as a step of a path; None when paths cannot name it."""
    return None if not name or name == "*" or '"' in name or "\\" in name else f'."{name}"'


def _lengthened(call: Call, target: str, step: str) -> str:
    found = sql.EXTRACT.fullmatch(target)
    if found:
        return _extract(found["target"], found["path"].replace("''", "'") + step, tried=bool(found[1]))
    inner = call.args[0]
    if isinstance(inner, Call) and inner.name in ("parse_json", "todynamic") and target.startswith(_PARSED):
        text = target[len(_PARSED) : -1]
        if isinstance(inner.args[0], Ref):
            return _extract(f"nullif({text}, '')", f"${step}", tried=True)
        return _extract(f"TRY_CAST({text} AS JSON)", f"${step}", tried=False)
    return _extract(target, f"${step}", tried=False)


def _extract(target: str, path: str, *, tried: bool) -> str:
    # A column's text is read once, by json_extract itself; TRY gives null where it is no JSON.
    extract = f"json_extract({target}, {sql.text(path)})"
    return f"TRY({extract})" if tried else extract


@emits("extract_json")
def _extract_json(call: Call, path: str, text: str) -> str:
    at = call.args[0]
    if not isinstance(at, Const):
        raise ValueError("the JSONPath of extract_json must be a constant")
    found = text if call.args[1].type == "dynamic" else f"TRY_CAST({text} AS JSON)"
    written = "$"
    for step in path_steps(str(at.value)):
        named = f"[{step}]" if isinstance(step, int) else _named(step)
        if named is None:
            raise ValueError(f"the property name {step!r} cannot be used in the JSONPath of extract_json")
        written += named
    if written != "$":
        found = f"json_extract({found}, {sql.text(written)})"
    return sql.from_dynamic(found, call.type)


@emits("dynamic_to_json")
def _dynamic_to_json(call: Call, value: str) -> str:
    kind = call.args[0].type
    return f"coalesce(kql_canonical_json({value}), '')" if kind == "dynamic" else sql.to_string(value, kind)


simple("kql_bag_keys({0})", "bag_keys")
macro("kql_bag_keys(j)", "CASE json_type(j) WHEN 'OBJECT' THEN to_json(json_keys(j)) END")


def _pairs(call: Call, args: tuple[str, ...]) -> list[tuple[str, str]]:
    values = [sql.to_dynamic(args[at], call.args[at].type) for at in range(1, len(args), 2)]
    return list(zip(args[::2], values, strict=True))


@emits("bag_pack")
def _bag_pack(call: Call, *args: str) -> str:
    return f"json_object({', '.join(f'{key}, {value}' for key, value in _pairs(call, args))})"


@emits("$bag_pack_filled")
def _bag_pack_filled(call: Call, *args: str) -> str:
    members = ", ".join(f"kql_filled_member({key}, {value})" for key, value in _pairs(call, args))
    return f"('{{' || array_to_string([{members}], ',') || '}}')::JSON"


macro(
    "kql_filled_member(name, j)",
    "CASE WHEN j IS NOT NULL AND j::VARCHAR NOT IN ('null', '\"\"')"
    " THEN to_json(name)::VARCHAR || ':' || j::VARCHAR END",
)


@emits("bag_merge")
def _bag_merge(call: Call, *bags: str) -> str:
    return f"kql_bag_merge(json_array({', '.join(bags)}))"


@emits("bag_set_key")
def _bag_set_key(call: Call, bag: str, key: str, value: str) -> str:
    return f"kql_bag_set_key({bag}, {key}, {sql.to_dynamic(value, call.args[2].type)})"
