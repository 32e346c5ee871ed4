"""SQL of the functions over IP addresses. Most are kernels; what filters rows often is ruled out by SQL first."""

from __future__ import annotations

import re
from typing import Final

from vedette.kql.bound import Call
from vedette.kql.emit.duckdb import sql
from vedette.kql.emit.duckdb.registry import emits, macro
from vedette.kql.emit.duckdb.string_operators import constant_text

_NUMBER: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_BEFORE: Final = "(?:^|[^0-9A-Za-z])"
_AFTER: Final = "(?:$|[^0-9A-Za-z])"

macro(
    "kql_ipv4_is_private(s)",
    f"CASE WHEN regexp_full_match(s, '{_NUMBER}(\\.{_NUMBER}){{3}}') THEN (starts_with(s, '10.')"
    " OR starts_with(s, '192.168.') OR regexp_matches(s, '^172\\.(1[6-9]|2\\d|3[01])\\.'))"
    " WHEN s = '' THEN NULL ELSE kql_ipv4_is_private_text(s) END",
)


@emits("ipv4_is_private")
def _is_private(call: Call, ip: str) -> str:
    return f"kql_ipv4_is_private({ip})"


@emits("format_ipv4", "format_ipv4_mask")
def _format(call: Call, ip: str, prefix: str = "NULL::BIGINT") -> str:
    kernel = "kql_ipv4_text" if call.name == "format_ipv4" else "kql_ipv4_text_with_mask"
    return f"{kernel}({sql.to_string(ip, call.args[0].type)}, {prefix})"


@emits("ipv4_is_in_any_range", "ipv6_is_in_any_range")
def _in_any_range(call: Call, ip: str, *ranges: str) -> str:
    text = sql.to_string(ip, call.args[0].type)
    return f"kql_{call.name[:4]}_is_in_any_of({text}, {_array(call, ranges)})"


def _array(call: Call, items: tuple[str, ...]) -> str:
    if len(items) == 1 and call.args[1].type == "dynamic":
        return items[0]
    return f"json_array({', '.join(items)})"


def _pattern(ip: str, is_prefix: bool) -> str | None:
    """A regular expression that finds an address (or those that begin like this); None when it is no address."""
    parts = ip.removesuffix(".").split(".")
    whole = len(parts) == 4 and not ip.endswith(".")
    begun = is_prefix and ip.endswith(".") and len(parts) < 4
    if not (whole or begun) or not all(re.fullmatch(_NUMBER, part, re.ASCII) for part in parts):
        return None
    rest = rf"\.{_NUMBER}" * (4 - len(parts))
    return _BEFORE + r"\.".join(parts) + rest + _AFTER


@emits("has_ipv4", "has_ipv4_prefix", "has_any_ipv4", "has_any_ipv4_prefix")
def _has(call: Call, source: str, *ips: str) -> str:
    text = sql.to_string(source, call.args[0].type)
    is_prefix = call.name.endswith("prefix")
    constants = [constant_text(ip) for ip in call.args[1:]]
    if None not in constants:
        found = [(ip, pattern) for ip in constants if ip and (pattern := _pattern(ip, is_prefix))]
        tests = [f"(contains({text}, {sql.text(ip)}) AND regexp_matches({text}, {sql.text(at)}))" for ip, at in found]
        return f"({' OR '.join(tests)})" if tests else "false"
    kernel = "kql_has_any_ipv4_prefix_of" if is_prefix else "kql_has_any_ipv4_of"
    return f"{kernel}({text}, {_array(call, ips)})"
