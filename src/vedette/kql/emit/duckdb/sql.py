"""Pieces of DuckDB SQL: quoting, constants, and conversions between the types of KQL."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql.bound import Const
from vedette.kql.emit.duckdb.registry import macro
from vedette.kql.ticks import EPOCH_TICKS, datetime_text, timespan_text
from vedette.kql.values import encode_json

SQL_TYPE: Final[dict[KqlType, str]] = {
    "string": "VARCHAR",
    "bool": "BOOLEAN",
    "int": "INTEGER",
    "long": "BIGINT",
    "real": "DOUBLE",
    "decimal": "DECIMAL(38, 18)",
    "datetime": "BIGINT",
    "timespan": "BIGINT",
    "guid": "VARCHAR",
    "dynamic": "JSON",
}

macro("kql_ticks_of_ns(t)", f"(epoch_ns(t) // 100 + {EPOCH_TICKS})")
macro("kql_ticks_of_us(t)", f"(epoch_us(t) * 10 + {EPOCH_TICKS})")
macro("kql_timestamp(t)", f"make_timestamp((t // 10) - {EPOCH_TICKS // 10})")
"""Ticks → TIMESTAMP of microseconds, for SQL's calendar functions; the last digit of 100 ns is lost."""
macro(
    "kql_datetime_text(t)",
    "(strftime(kql_timestamp(t), '%Y-%m-%dT%H:%M:%S.') || lpad((t % 10000000)::VARCHAR, 7, '0') || 'Z')",
)
macro(
    "kql_timespan_text(t)",
    "(CASE WHEN t < 0 THEN '-' ELSE '' END"
    " || CASE WHEN abs(t) >= 864000000000 THEN (abs(t) // 864000000000)::VARCHAR || '.' ELSE '' END"
    " || lpad((abs(t) // 36000000000 % 24)::VARCHAR, 2, '0') || ':'"
    " || lpad((abs(t) // 600000000 % 60)::VARCHAR, 2, '0') || ':'"
    " || lpad((abs(t) // 10000000 % 60)::VARCHAR, 2, '0')"
    " || CASE WHEN t % 10000000 <> 0 THEN '.' || lpad((abs(t) % 10000000)::VARCHAR, 7, '0') ELSE '' END)",
)


def text(value: str) -> str:
    """A text constant."""
    if "\0" in value:
        return "(" + " || chr(0) || ".join(map(text, value.split("\0"))) + ")"
    if "\n" in value:
        # SQL is indented line by line: a text must not reach over lines.
        return "E'" + value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'"
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name."""
    return '"' + name.replace('"', '""') + '"'


def constant(const: Const) -> str:
    """A constant of any type."""
    value = const.value
    if value is None:
        return "''" if const.type == "string" else f"NULL::{SQL_TYPE[const.type]}"
    match const.type:
        case "string" | "guid":
            return text(str(value))
        case "bool":
            return "true" if value else "false"
        case "int":
            return f"{value}::INTEGER" if int(str(value)) >= 0 else f"({value})::INTEGER"
        case "long" | "datetime" | "timespan":
            return _whole(int(str(value)))
        case "real":
            return _real(float(str(value)))
        case "decimal":
            return f"CAST({text(format(Decimal(str(value)), 'f'))} AS DECIMAL(38, 18))"
        case "dynamic":
            return f"{text(encode_json(value))}::JSON"


def _whole(value: int) -> str:
    if value == -(2**63):
        return "(-9223372036854775807 - 1)::BIGINT"
    return f"{value}::BIGINT" if value >= 0 else f"({value})::BIGINT"


def _real(value: float) -> str:
    if math.isnan(value):
        return "'nan'::DOUBLE"
    if math.isinf(value):
        return f"'{'-' if value < 0 else ''}inf'::DOUBLE"
    return f"{value!r}::DOUBLE" if value >= 0 else f"({value!r})::DOUBLE"


def to_string(sql: str, type: KqlType) -> str:
    """What `tostring` gives."""
    match type:
        case "string":
            return sql
        case "bool":
            return f"CASE {sql} WHEN true THEN 'True' WHEN false THEN 'False' ELSE '' END"
        case "datetime":
            return f"coalesce(kql_datetime_text({sql}), '')"
        case "timespan":
            return f"coalesce(kql_timespan_text({sql}), '')"
        case "real":
            return f"coalesce(kql_real_text({sql}), '')"
        case "decimal":
            return f"coalesce(kql_decimal_text({sql}), '')"
        case "dynamic":
            return dynamic_text(sql)
        case _:
            return f"coalesce({sql}::VARCHAR, '')"


EXTRACT: Final = re.compile(r"(TRY\()?json_extract\((?P<target>.*), '(?P<path>\$(?:[^']|'')*)'\)(?(1)\))", re.DOTALL)
"""Access to a member of a dynamic value, as `emit.duckdb.dynamic` writes it."""


def dynamic_text(sql: str) -> str:
    """What `tostring` gives for a dynamic value; a member comes out of its JSON as text at once."""
    return f"coalesce({_text_or_null(sql)}, '')" if EXTRACT.fullmatch(sql) else f"kql_dynamic_text({sql})"


_ELEMENT: Final = re.compile(
    r"json_extract\(to_json\((?P<list>string_split\(.*\))\), '\$\[(?P<index>-?\d+)\]'\)", re.DOTALL
)
"""An element of a text that was split, as `emit.duckdb.strings` and `dynamic` write it."""


def _text_or_null(sql: str) -> str:
    element = _ELEMENT.fullmatch(sql)
    if element and _is_one_call(element["list"]):
        index = int(element["index"])
        return f"{element['list']}[{index + 1 if index >= 0 else index}]"
    if EXTRACT.fullmatch(sql):
        return sql.replace("json_extract(", "json_extract_string(", 1)
    return f"({sql} ->> '$')"


def _is_one_call(sql: str) -> bool:
    """Whether the parenthesis that opens the call closes at the very end."""
    depth = 0
    for piece in re.finditer(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()]", sql):
        depth += {"(": 1, ")": -1}.get(piece[0], 0)
        if depth == 0 and piece[0] == ")":
            return piece.end() == len(sql)
    return False


# Like .NET: NaN and Infinity by name, whole numbers without a fraction, exponents as E+20.
macro(
    "kql_real_text(x)",
    "(CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END"
    " WHEN x = trunc(x) AND abs(x) < 1e15 THEN x::BIGINT::VARCHAR"
    " ELSE regexp_replace(replace(x::VARCHAR, 'e', 'E'), 'E([0-9])', 'E+\\1') END)",
)
macro(
    "kql_decimal_text(x)",
    "CASE WHEN contains(x::VARCHAR, '.') THEN rtrim(rtrim(x::VARCHAR, '0'), '.') ELSE x::VARCHAR END",
)
macro("kql_dynamic_text(j)", "coalesce(j ->> '$', '')")


def to_dynamic(sql: str, type: KqlType) -> str:
    """A scalar as a dynamic value. Times are kept as text."""
    match type:
        case "dynamic":
            return sql
        case "datetime":
            return f"to_json(kql_datetime_text({sql}))"
        case "timespan":
            return f"to_json(kql_timespan_text({sql}))"
        case "real":
            return f"kql_real_json({sql})"
        case "decimal":
            return f"to_json(kql_decimal_text({sql}))"
        case _:
            return f"to_json({sql})"


macro(
    "kql_real_json(x)",
    "CASE WHEN isfinite(x) THEN CASE WHEN x = trunc(x) AND abs(x) < 1e15"
    " THEN (x::BIGINT::VARCHAR || '.0')::JSON ELSE to_json(x) END"
    " WHEN x IS NULL THEN NULL ELSE to_json(kql_real_text(x)) END",
)


def from_dynamic(sql: str, type: KqlType) -> str:
    """A dynamic value as a scalar, as `tolong(d)` and its kin give it: null (or empty) when it does not fit."""
    match type:
        case "dynamic":
            return sql
        case "string":
            return dynamic_text(sql)
        case "int" | "long":
            return f"kql_{type}_of_dynamic({sql})"
        case "bool":
            return f"kql_bool_of_text({_text_or_null(sql)})"
        case "real":
            return f"kql_toreal({_text_or_null(sql)})"
        case "decimal":
            return f"kql_todecimal({_text_or_null(sql)})"
        case "datetime":
            return f"kql_todatetime({_text_or_null(sql)})"
        case "timespan":
            return f"kql_totimespan({_text_or_null(sql)})"
        case "guid":
            return f"kql_toguid({_text_or_null(sql)})"


macro(
    "kql_bool_of_text(s)",
    "CASE lower(s) WHEN 'true' THEN true WHEN 'false' THEN false ELSE TRY_CAST(s AS DOUBLE) <> 0 END",
)
for _type, _sql in (("int", "INTEGER"), ("long", "BIGINT")):
    macro(
        f"kql_{_type}_of_dynamic(j)",
        f"CASE json_type(j) WHEN 'VARCHAR' THEN kql_to{_type}(j ->> '$')"
        f" WHEN 'BOOLEAN' THEN ((j ->> '$') = 'true')::{_sql}"
        f" WHEN 'DOUBLE' THEN TRY_CAST(trunc((j ->> '$')::DOUBLE) AS {_sql}) ELSE TRY_CAST(j ->> '$' AS {_sql}) END",
    )

__all__ = [
    "EXTRACT",
    "SQL_TYPE",
    "constant",
    "datetime_text",
    "dynamic_text",
    "from_dynamic",
    "identifier",
    "json",
    "text",
    "timespan_text",
    "to_dynamic",
    "to_string",
]
