"""Functions over IP addresses and networks.

Every address is held as a number of 128 bits, an IPv4 one as the IPv6 address that it is mapped to. A prefix limits
the leading bits that count; where several are given, the shortest decides.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import re
from typing import TYPE_CHECKING, Any, Final

from vedette.kql.kernels.kernel import kernel

if TYPE_CHECKING:
    import maxminddb

GEOIP: Final = "VEDETTE_GEOIP"
"""The environment variable that names a database of places, in MaxMind's format."""
_MAPPED: Final = 0xFFFF << 32
_NUMBER: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_V4: Final = re.compile(rf"\s*({_NUMBER})\.({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:/(\d{{1,2}}))?\s*", re.ASCII)
_PRIVATE: Final = ((0x0A000000, 8), (0xAC100000, 12), (0xC0A80000, 16))

Address = tuple[int, int]
"""A number and the length of its prefix."""


@functools.lru_cache(maxsize=4096)
def _v4(text: str) -> Address | None:
    """An IPv4 address of 32 bits."""
    found = _V4.fullmatch(text)
    if not found:
        return None
    prefix = int(found[5]) if found[5] else 32
    if prefix > 32:
        return None
    one, two, three, four = (int(part) for part in found.group(1, 2, 3, 4))
    return one << 24 | two << 16 | three << 8 | four, prefix


@functools.lru_cache(maxsize=4096)
def _any(text: str) -> Address | None:
    """An address of 128 bits. A prefix of an IPv4 one counts from its own first bit."""
    if found := _v4(text):
        return found[0] | _MAPPED, found[1] + 96
    address, slash, prefix = text.strip().partition("/")
    try:
        number = int(ipaddress.IPv6Address(address))
    except ValueError:
        return None
    # "::192.168.1.1" is meant as an IPv4 address, and then so is its prefix.
    four = "." in address
    if four and number >> 32 in (0, 0xFFFF):
        number = number & 0xFFFFFFFF | _MAPPED
    if not slash:
        return number, 128
    if not prefix.isdecimal():
        return None
    length = int(prefix) + (96 if four and int(prefix) <= 32 else 0)
    return (number, length) if length <= 128 else None


def _cut(number: int, prefix: int, bits: int) -> int:
    return number >> (bits - prefix) << (bits - prefix)


def _compared(one: Address | None, other: Address | None, prefix: int | None, bits: int, default: int) -> int | None:
    length = default if prefix is None else prefix
    if one is None or other is None or not 0 <= length <= bits:
        return None
    length = min(length, one[1], other[1])
    left, right = _cut(one[0], length, bits), _cut(other[0], length, bits)
    return (left > right) - (left < right)


@kernel("string", returns="long")
def parse_ipv4(ip: str) -> int | None:
    found = _v4(ip)
    return None if found is None else _cut(*found, 32)


@kernel("string", "long", returns="long")
def parse_ipv4_mask(ip: str, prefix: int | None) -> int | None:
    found = _v4(ip)
    if found is None or prefix is None or not 0 <= prefix <= 32:
        return None
    return _cut(found[0], min(found[1], prefix), 32)


def _full(number: int) -> str:
    digits = f"{number:032x}"
    return ":".join(digits[at : at + 4] for at in range(0, 32, 4))


@kernel("string", returns="string")
def parse_ipv6(ip: str) -> str:
    found = _any(ip)
    return "" if found is None else _full(_cut(*found, 128))


@kernel("string", "long", returns="string")
def parse_ipv6_mask(ip: str, prefix: int | None) -> str:
    found = _any(ip)
    if found is None or prefix is None or not 0 <= prefix <= 128:
        return ""
    return _full(_cut(found[0], min(found[1], prefix), 128))


@kernel("string", "string", "long", returns="long")
def ipv4_compare(first: str, second: str, prefix: int | None) -> int | None:
    return _compared(_v4(first), _v4(second), prefix, 32, 32)


@kernel("string", "string", "long", returns="long")
def ipv6_compare(first: str, second: str, prefix: int | None) -> int | None:
    one, other = _any(first), _any(second)
    if prefix is not None and one and other and prefix <= 32 and _is_v4(one) and _is_v4(other):
        prefix += 96
    return _compared(one, other, prefix, 128, 128)


def _is_v4(address: Address) -> bool:
    return address[0] >> 32 == 0xFFFF


@kernel("string", "string", "long", returns="bool")
def ipv4_is_match(first: str, second: str, prefix: int | None) -> bool | None:
    order = ipv4_compare(first, second, prefix)
    return None if order is None else order == 0


@kernel("string", "string", "long", returns="bool")
def ipv6_is_match(first: str, second: str, prefix: int | None) -> bool | None:
    order = ipv6_compare(first, second, prefix)
    return None if order is None else order == 0


@kernel("string", returns="bool")
def ipv4_is_private_text(ip: str) -> bool | None:
    found = _v4(ip)
    if found is None:
        return None
    number, prefix = found
    return any(prefix >= length and _cut(number, length, 32) == start for start, length in _PRIVATE)


def _in_range(one: Address | None, network: Address | None, bits: int) -> bool | None:
    if one is None or network is None:
        return None
    return _cut(one[0], network[1], bits) == _cut(*network, bits)


@kernel("string", "string", returns="bool")
def ipv4_is_in_range(ip: str, range: str) -> bool | None:
    return _in_range(_v4(ip), _v4(range), 32)


@kernel("string", "string", returns="bool")
def ipv6_is_in_range(ip: str, range: str) -> bool | None:
    return _in_range(_any(ip), _any(range), 128)


def _in_any(results: list[bool | None]) -> bool | None:
    if True in results:
        return True
    return None if None in results else False


@kernel("string", "dynamic", returns="bool")
def ipv4_is_in_any_of(ip: str, ranges: Any) -> bool | None:  # a dynamic value has any type
    return _in_any([_in_range(_v4(ip), _v4(str(one)), 32) for one in _list(ranges)])


@kernel("string", "dynamic", returns="bool")
def ipv6_is_in_any_of(ip: str, ranges: Any) -> bool | None:  # a dynamic value has any type
    return _in_any([_in_range(_any(ip), _any(str(one)), 128) for one in _list(ranges)])


def _list(value: Any) -> list[Any]:  # a dynamic value has any type
    return value if isinstance(value, list) else [] if value is None else [value]


@kernel("string", returns="long")
def ipv4_netmask_suffix(ip: str) -> int | None:
    found = _v4(ip)
    return None if found is None else found[1]


def _formatted(ip: str, prefix: int | None, with_prefix: bool) -> str:
    found = (int(ip), 32) if ip.isdecimal() and int(ip) < 2**32 else _v4(ip)
    length = 32 if prefix is None else prefix
    if found is None or not 0 <= length <= 32:
        return ""
    length = min(length, found[1])
    return str(ipaddress.IPv4Address(_cut(found[0], length, 32))) + (f"/{length}" if with_prefix else "")


@kernel("string", "long", returns="string")
def ipv4_text(ip: str, prefix: int | None) -> str:
    return _formatted(ip, prefix, with_prefix=False)


@kernel("string", "long", returns="string")
def ipv4_text_with_mask(ip: str, prefix: int | None) -> str:
    return _formatted(ip, prefix, with_prefix=True)


@kernel("string", "string", returns="dynamic")
def ipv4_range_to_cidr_list(start: str, end: str) -> list[str] | None:
    first, last = _v4(start), _v4(end)
    if first is None or last is None or first[0] > last[0]:
        return None
    networks = ipaddress.summarize_address_range(ipaddress.IPv4Address(first[0]), ipaddress.IPv4Address(last[0]))
    return [str(network) for network in networks]


_MENTIONED: Final = re.compile(
    rf"(?<![0-9A-Za-z])(?=({_NUMBER}\.{_NUMBER}\.{_NUMBER}\.{_NUMBER})(?![0-9A-Za-z]))", re.ASCII
)
"""Looks ahead, because addresses may overlap: a dot divides as well as any other character."""
_WHOLE: Final = re.compile(rf"{_NUMBER}(?:\.{_NUMBER}){{3}}", re.ASCII)
_PREFIX: Final = re.compile(rf"(?:{_NUMBER}\.){{1,3}}|{_NUMBER}(?:\.{_NUMBER}){{3}}", re.ASCII)


@kernel("string", "dynamic", returns="bool")
def has_any_ipv4_of(text: str, ips: Any) -> bool:  # a dynamic value has any type
    wanted = {ip for ip in map(str, _list(ips)) if ip in text and _WHOLE.fullmatch(ip)}
    return bool(wanted) and any(found in wanted for found in _MENTIONED.findall(text))


@kernel("string", "dynamic", returns="bool")
def has_any_ipv4_prefix_of(text: str, prefixes: Any) -> bool:  # a dynamic value has any type
    wanted = [prefix for prefix in map(str, _list(prefixes)) if prefix in text and _PREFIX.fullmatch(prefix)]
    if not wanted:
        return False
    whole = {prefix for prefix in wanted if not prefix.endswith(".")}
    begun = tuple(prefix for prefix in wanted if prefix.endswith("."))
    return any(found in whole or found.startswith(begun) for found in _MENTIONED.findall(text))


@functools.lru_cache(maxsize=8)
def _places(path: str) -> maxminddb.Reader:
    try:
        import maxminddb
    except ImportError as missing:
        raise ValueError(
            f"geo_info_from_ip_address needs the package maxminddb to read the database that {GEOIP} names"
        ) from missing
    try:
        return maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError) as wrong:
        raise ValueError(f"the file that {GEOIP} names cannot be read as a MaxMind database") from wrong


@kernel("string", returns="dynamic")
def geo_info_from_ip_address(ip: str) -> dict[str, object] | None:
    """Null for what is no address; a bag without anything where no database, or no record in it, knows the address."""
    return _place(ip.strip(), os.environ.get(GEOIP))


@functools.lru_cache(maxsize=65536)
def _place(ip: str, database: str | None) -> dict[str, object] | None:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    record: Any = _places(database).get(address) if database else None  # what a database says has no fixed type
    if not isinstance(record, dict):
        return {}
    names = {
        "country": _name(record.get("country")),
        "state": _name(next(iter(record.get("subdivisions") or ()), None)),
        "city": _name(record.get("city")),
    }
    location = record.get("location") or {}
    coordinates = {key: location[key] for key in ("latitude", "longitude") if key in location}
    return {key: name for key, name in names.items() if name} | coordinates


def _name(place: Any) -> str | None:  # a record's part
    return (place.get("names") or {}).get("en") if isinstance(place, dict) else None
