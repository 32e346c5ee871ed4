"""Functions over IP addresses and networks, and searches for addresses in text.

An address may carry a prefix (`192.168.1.0/24`), which limits the bits that count.
"""

from __future__ import annotations

from vedette.kql.signatures import Family

FAMILY = Family("ip")
add = FAMILY.add

add("parse_ipv4(ip: string) -> long", says="An IPv4 address as a number; null when it is none.")
add("parse_ipv4_mask(ip: string, prefix: long) -> long", says="An IPv4 address as a number, only its prefix kept.")
add("parse_ipv6(ip: string) -> string", says="The full spelling of an IPv6 (or IPv4) address.")
add(
    "parse_ipv6_mask(ip: string, prefix: long) -> string", says="The full spelling of an address, only its prefix kept."
)
add(
    "ipv4_compare(first: string, second: string, prefix: long?) -> long",
    says="-1, 0 or 1: how two IPv4 addresses order.",
)
add(
    "ipv6_compare(first: string, second: string, prefix: long?) -> long", says="-1, 0 or 1: how two IP addresses order."
)
add(
    "ipv4_is_match(first: string, second: string, prefix: long?) -> bool",
    says="Whether two IPv4 addresses are the same as far as the shortest prefix goes.",
)
add(
    "ipv6_is_match(first: string, second: string, prefix: long?) -> bool",
    says="Whether two IP addresses are the same as far as the shortest prefix goes.",
)
add("ipv4_is_private(ip: string) -> bool", says="Whether an IPv4 address belongs to a private network (RFC 1918).")
add("ipv4_is_in_range(ip: string, range: string) -> bool", says="Whether an IPv4 address is in a network.")
add("ipv6_is_in_range(ip: string, range: string) -> bool", says="Whether an IP address is in a network.")
add(
    "ipv4_is_in_any_range(ip: text, range: string+) -> bool",
    "ipv4_is_in_any_range(ip: text, ranges: array) -> bool",
    says="Whether an IPv4 address is in one of several networks.",
)
add(
    "ipv6_is_in_any_range(ip: text, range: string+) -> bool",
    "ipv6_is_in_any_range(ip: text, ranges: array) -> bool",
    says="Whether an IP address is in one of several networks.",
)
add("ipv4_netmask_suffix(ip: string) -> long", says="The length of an IPv4 address's prefix; 32 without one.")
add(
    "format_ipv4(ip: scalar, prefix: long?) -> string",
    says="An IPv4 address, given as text or number, as text; only its prefix kept.",
)
add(
    "format_ipv4_mask(ip: scalar, prefix: long?) -> string",
    says="An IPv4 address, given as text or number, in the notation with a prefix.",
)
add(
    "ipv4_range_to_cidr_list(start: string, end: string) -> dynamic",
    says="The networks that make up a range of addresses.",
)
add("has_ipv4(source: text, ip: string) -> bool", says="Whether a text mentions an IPv4 address.")
add(
    "has_ipv4_prefix(source: text, prefix: string) -> bool",
    says="Whether a text mentions an IPv4 address with a prefix.",
)
add(
    "has_any_ipv4(source: text, ip: string+) -> bool",
    "has_any_ipv4(source: text, ips: array) -> bool",
    says="Whether a text mentions one of several IPv4 addresses.",
)
add(
    "has_any_ipv4_prefix(source: text, prefix: string+) -> bool",
    "has_any_ipv4_prefix(source: text, prefixes: array) -> bool",
    says="Whether a text mentions an IPv4 address with one of several prefixes.",
)
add(
    "geo_info_from_ip_address(ip: string) -> dynamic",
    says="Country, state, city and coordinates of an address, from a MaxMind database that the engine was given.",
)
