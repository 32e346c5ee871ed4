"""SQL of the functions that take apart and encode texts. Nearly all are kernels; here is what their arguments need."""

from __future__ import annotations

from vedette.kql.bound import Call
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.registry import emits


@emits("parse_csv")
def _parse_csv(call: Call, text: str) -> str:
    return f"kql_csv_fields({sql.to_string(text, call.args[0].type)})"


@emits("parse_version")
def _parse_version(call: Call, version: str) -> str:
    return f"TRY_CAST(nullif(kql_version_digits({version}), '') AS DECIMAL(38, 0))"


@emits("parse_xml")
def _parse_xml(call: Call, xml: str) -> str:
    return f"kql_xml_of_text({sql.to_string(xml, call.args[0].type)})"


@emits("parse_user_agent")
def _parse_user_agent(call: Call, header: str, look_for: str = "NULL::JSON") -> str:
    asked = sql.to_dynamic(look_for, call.args[1].type) if len(call.args) > 1 else look_for
    return f"kql_user_agent_parts({header}, {asked})"


@emits("format_bytes")
def _format_bytes(call: Call, size: str, precision: str = "0", unit: str = "''") -> str:
    return f"kql_bytes_text(({size})::DOUBLE, ({precision})::DOUBLE, {unit})"
