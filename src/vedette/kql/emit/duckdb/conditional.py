"""Choices and tests for absence in SQL."""

from __future__ import annotations

from typing import Final

from vedette.kql.bound import Bound, Call, Const, is_constant
from vedette.kql.emit.duckdb.registry import emits, macro, simple
from vedette.kql.emit.duckdb.sql import text
from vedette.kql.signatures import NUMBERS

macro("kql_is_null(j)", "(coalesce(json_type(j), 'NULL') = 'NULL')")
macro("kql_is_empty(j)", "(coalesce(j ->> '$', '') = '')")

simple("uuid()::VARCHAR", "new_guid")
simple("(NOT {0})", "not")


EMPTY: Final = "''"


@emits("iff")
def _iff(call: Call, condition: str, yes: str, no: str) -> str:
    return f"CASE WHEN {condition} THEN {yes} ELSE {no} END"


@emits("case")
def _case(call: Call, *args: str) -> str:
    pairs = " ".join(f"WHEN {condition} THEN {value}" for condition, value in zip(args[:-1:2], args[1::2], strict=True))
    return f"CASE {pairs} ELSE {args[-1]} END"


@emits("coalesce")
def _coalesce(call: Call, *args: str) -> str:
    match call.type:
        case "string":
            return f"coalesce({', '.join(f'nullif({arg}, {EMPTY})' for arg in args)}, {EMPTY})"
        case "dynamic":
            return f"coalesce({', '.join(f'CASE WHEN NOT kql_is_null({arg}) THEN {arg} END' for arg in args)})"
        case _:
            return f"coalesce({', '.join(args)})"


def _is_null(value: Bound, sql: str) -> str:
    match value.type:
        case "string":
            return "false"
        case "dynamic":
            return f"kql_is_null({sql})"
        case _:
            return f"({sql} IS NULL)"


def _is_empty(value: Bound, sql: str) -> str:
    match value.type:
        case "string":
            return f"({sql} = '')"
        case "dynamic":
            return f"kql_is_empty({sql})"
        case _:
            return f"({sql} IS NULL)"


@emits("isnull")
def _isnull(call: Call, value: str) -> str:
    return _is_null(call.args[0], value)


@emits("isnotnull")
def _isnotnull(call: Call, value: str) -> str:
    if call.args[0].type in ("string", "dynamic"):
        return f"(NOT {_is_null(call.args[0], value)})"
    return f"({value} IS NOT NULL)"


@emits("isempty")
def _isempty(call: Call, value: str) -> str:
    return _is_empty(call.args[0], value)


@emits("isnotempty")
def _isnotempty(call: Call, value: str) -> str:
    match call.args[0].type:
        case "string":
            return f"({value} <> '')"
        case "dynamic":
            return f"(NOT kql_is_empty({value}))"
        case _:
            return f"({value} IS NOT NULL)"


@emits("assert")
def _assert(call: Call, condition: str, message: str) -> str:
    tested, said = call.args
    if not is_constant(tested) or not isinstance(said, Const):
        raise ValueError("assert() needs a condition and a message that are the same for every row")
    failed = f"assert() has failed with message: '{said.value}'"
    if isinstance(tested, Const):
        if tested.value is not True:
            raise ValueError(failed)
        return "true"
    return f"CASE WHEN {condition} THEN true ELSE error({text(failed)})::BOOLEAN END"


@emits("around")
def _around(call: Call, value: str, center: str, delta: str) -> str:
    kinds = [arg.type for arg in call.args]
    if not set(kinds) <= set(NUMBERS) and kinds not in (["datetime", "datetime", "timespan"], ["timespan"] * 3):
        raise ValueError(f"around is not defined for a {kinds[0]} around a {kinds[1]} by a {kinds[2]}")
    return f"({value} BETWEEN {center} - {delta} AND {center} + {delta})"
