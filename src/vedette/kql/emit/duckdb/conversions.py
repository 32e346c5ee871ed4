"""SQL of conversions. `sql.to_string` and `sql.from_dynamic` hold those to text and from dynamic values.

Times in ISO 8601 are read by SQL itself; the kernels of `kernels/conversions.py` read the other forms.
"""

from __future__ import annotations

from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql.bound import Call
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.registry import emits, macro
from vedette.kql.ticks import EPOCH_TICKS

_WHOLE: Final = r"\s*[-+]?(\d+|0[xX][0-9A-Fa-f]+)\s*"
_ISO: Final = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d{1,7})?Z?)?"
_GUID: Final = r"^\s*\{?([0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12})"
"""Kusto reads 32 digits with hyphens where they belong, and not what follows."""

for _name, _type in (("toint", "INTEGER"), ("tolong", "BIGINT")):
    macro(f"kql_{_name}(s)", f"TRY_CAST(CASE WHEN regexp_full_match(s, '{_WHOLE}') THEN trim(s) END AS {_type})")
macro("kql_toreal(s)", "TRY_CAST(s AS DOUBLE)")
macro("kql_todecimal(s)", "TRY_CAST(s AS DECIMAL(38, 18))")
macro("kql_toguid(s)", f"TRY_CAST(replace(regexp_extract(s, '{_GUID}', 1), '-', '') AS UUID)::VARCHAR")
macro(
    "kql_datetime_of_iso(s)",
    f"(epoch_us(TRY_CAST(left(s, 19) AS TIMESTAMP)) * 10 + {EPOCH_TICKS}"
    " + CASE WHEN s[20:20] = '.' THEN rpad(rtrim(s[21:], 'Z'), 7, '0')::BIGINT ELSE 0 END)",
)
macro(
    "kql_todatetime(s)",
    f"CASE WHEN regexp_full_match(s, '{_ISO}') THEN kql_datetime_of_iso(s)"
    " WHEN s = '' THEN NULL ELSE kql_datetime_of_text(s) END",
)
macro("kql_totimespan(s)", "CASE WHEN s = '' THEN NULL ELSE kql_timespan_of_text(s) END")
macro("kql_json_kind(j)", "CASE WHEN json_type(j) IN ('BIGINT', 'UBIGINT') THEN TRY_CAST(j AS INTEGER) IS NOT NULL END")
macro(
    "kql_type_of_dynamic(j)",
    "CASE json_type(j) WHEN 'VARCHAR' THEN 'string' WHEN 'BIGINT' THEN if(kql_json_kind(j), 'int', 'long')"
    " WHEN 'UBIGINT' THEN if(kql_json_kind(j), 'int', 'long') WHEN 'DOUBLE' THEN 'real' WHEN 'BOOLEAN' THEN 'bool'"
    " WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'dictionary' ELSE 'null' END",
)
macro("kql_hex_of_int(n)", "lower(to_hex(CASE WHEN n < 0 THEN n::BIGINT + 4294967296 ELSE n::BIGINT END))")
macro("kql_hex_padded(h, n)", "CASE WHEN length(h) < n THEN lpad(h, least(n, 16)::INTEGER, '0') ELSE h END")

_OF_TEXT: Final[dict[KqlType, str]] = {
    "string": "{0}",
    "bool": "kql_bool_of_text({0})",
    "int": "kql_toint({0})",
    "long": "kql_tolong({0})",
    "real": "kql_toreal({0})",
    "decimal": "kql_todecimal({0})",
    "datetime": "kql_todatetime({0})",
    "timespan": "kql_totimespan({0})",
    "guid": "kql_toguid({0})",
    "dynamic": "to_json({0})",
}
_COUNTS: Final[frozenset[KqlType]] = frozenset({"bool", "int", "long", "datetime", "timespan"})
"""Types that are whole numbers in SQL, times as ticks."""
_NUMBERS: Final = frozenset({"real", "decimal"})


def of_text(text: str, type: KqlType) -> str:
    """A text as another type; null when it does not fit."""
    return _OF_TEXT[type].format(text)


def converted(value: str, source: KqlType, target: KqlType) -> str:
    """A value of one type as another; null when it does not fit."""
    if source == target:
        return value
    if target == "string":
        return sql.to_string(value, source)
    if source == "dynamic":
        return sql.from_dynamic(value, target)
    if source == "string":
        return of_text(value, target)
    known = source in _COUNTS or source in _NUMBERS
    if known and target == "bool":
        return f"({value} <> 0)"
    if known and (target in _COUNTS or target in _NUMBERS):
        if source in _NUMBERS and target in _COUNTS:
            value = f"trunc({value})"
        if source == "bool":
            value = f"({value})::INTEGER"
        return f"TRY_CAST({value} AS {sql.SQL_TYPE[target]})"
    return f"NULL::{sql.SQL_TYPE[target]}"


_TARGETS: Final[dict[str, KqlType]] = {
    "tostring": "string",
    "toint": "int",
    "tolong": "long",
    "toreal": "real",
    "todecimal": "decimal",
    "tobool": "bool",
    "todatetime": "datetime",
    "totimespan": "timespan",
    "toguid": "guid",
}


@emits(*_TARGETS)
def _convert(call: Call, value: str) -> str:
    return converted(value, call.args[0].type, _TARGETS[call.name])


@emits("tohex")
def _tohex(call: Call, value: str, length: str | None = None) -> str:
    digits = f"kql_hex_of_int({value})" if call.args[0].type == "int" else f"lower(to_hex({value}))"
    padded = digits if length is None else f"kql_hex_padded({digits}, {length})"
    return f"coalesce({padded}, '')"


@emits("gettype")
def _gettype(call: Call, value: str) -> str:
    type = call.args[0].type
    if type == "dynamic":
        return f"kql_type_of_dynamic({value})"
    return sql.text(type) if type == "string" else f"CASE WHEN {value} IS NULL THEN 'null' ELSE {sql.text(type)} END"
