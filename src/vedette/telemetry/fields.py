"""Reads the values of Windows event fields: times, accounts, hashes, numbers, addresses, registry paths.

Recordings write numbers as text, ids of Security events in hexadecimal, `-` where there is nothing. Everything here is
a pure function of one value; which field feeds which column is said in `sysmon` and `security`.
"""

from __future__ import annotations

import functools
import html
import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from vedette.telemetry.parquet import nanoseconds

HOUR_NS: Final = 3_600 * 1_000_000_000
NOBODY: Final = "S-1-0-0"
"""The SID that stands where there is no account."""

_LONGEST_NUMBER: Final = 64
_FRACTION = re.compile(r"\.\d{6}(\d{1,3})")


@functools.lru_cache(maxsize=65_536)
def instant(value: str) -> int:
    """Nanoseconds since 1970 of a time in ISO form, with a space or a T, with or without a zone (then UTC).

    Raises: `ValueError` for anything else.
    """
    at = nanoseconds(datetime.fromisoformat(value))
    if at is None:  # pragma: no cover  (only None gives None)
        raise ValueError(value)
    beyond = _FRACTION.search(value) if len(value) > 26 else None
    return at + (int(beyond[1].ljust(3, "0")) if beyond else 0)


def moment(at: int) -> datetime:
    """The time as an aware `datetime`, cut to microseconds."""
    return datetime.fromtimestamp(at // 1_000_000_000, UTC).replace(microsecond=at // 1_000 % 1_000_000)


def text(value: object) -> str:
    """The text of a field; empty when it is absent or `-`."""
    if value is None or value == "-":
        return ""
    return value if isinstance(value, str) else str(value)


def number(value: object) -> int | None:
    """A number written as such, in decimal or `0x` text; None when it is absent or something else."""
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        return None
    try:
        return int(value, 16) if value[:2] in ("0x", "0X") else int(value)
    except ValueError:
        return None


def count(value: object) -> int | None:
    """A number as `number`, without those too large for a long."""
    read = number(value)
    return read if read is not None and -(2**63) <= read < 2**63 else None


def port(value: object) -> int | None:
    """A port number. 0, which Windows writes for none, is null."""
    read = number(value)
    return read if read and 0 < read < 65_536 else None


def file_name(path: str) -> str:
    """The last segment of a Windows path."""
    return path[path.rfind("\\") + 1 :]


@functools.lru_cache(maxsize=4_096)
def account(user: str) -> tuple[str, str]:
    """Domain and name of `DOMAIN\\user`, in lower case. Without a backslash all of it is the name."""
    domain, _, name = text(user).lower().rpartition("\\")
    return domain, name


@functools.lru_cache(maxsize=16_384)
def hashes(value: str) -> Mapping[str, str]:
    """SHA1, SHA256 and MD5 of `SHA1=…,MD5=…`, in lower case, as far as they are given."""
    parts = (part.partition("=") for part in value.split(","))
    return {kind: found.lower() for kind, _, found in parts if kind in ("SHA1", "SHA256", "MD5") and found}


def sid(value: object) -> str:
    """A security identifier; empty for the one that means nobody."""
    read = text(value)
    return "" if read == NOBODY else read


WELL_KNOWN_SIDS: Final[Mapping[tuple[str, str], str]] = {
    ("nt authority", "system"): "S-1-5-18",
    ("nt authority", "local service"): "S-1-5-19",
    ("nt authority", "network service"): "S-1-5-20",
}
"""Accounts that have the same SID on every Windows."""


@functools.lru_cache(maxsize=16_384)
def address(value: str) -> str:
    """An IP address in its shortest form, without a scope; empty when it is none."""
    try:
        ip = ipaddress.ip_address(text(value).partition("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return f"::ffff:{ip.ipv4_mapped}"  # Python versions print these differently
    return ip.compressed


_TEREDO = ipaddress.ip_network("2001::/32")


@functools.lru_cache(maxsize=16_384)
def address_kind(value: str) -> str:
    """The value of an IP-type column for an address; empty when it is none."""
    try:
        ip = ipaddress.ip_address(value)
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return "FourToSixMapping"
        if ip in _TEREDO:
            return "Teredo"
    elif ip == ipaddress.IPv4Address("255.255.255.255"):
        return "Broadcast"
    kinds = (
        ("Loopback", ip.is_loopback),
        ("LinkLocal", ip.is_link_local),
        ("Multicast", ip.is_multicast),
        ("Reserved", ip.is_unspecified or ip.is_reserved),
        ("Private", ip.is_private),
    )
    return next((kind for kind, applies in kinds if applies), "Public")


_HIVES: Final[Mapping[str, str]] = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKU": "HKEY_USERS",
    "HKCR": r"HKEY_LOCAL_MACHINE\SOFTWARE\Classes",
    "HKCU": "HKEY_CURRENT_USER",
}


def registry_path(value: str) -> str:
    """A registry path with its hive written out; paths of private hives (`\\REGISTRY\\A\\…`) stay as they are."""
    hive, slash, rest = value.partition("\\")
    return _HIVES.get(hive, hive) + slash + rest


def split_registry_path(value: str) -> tuple[str, str]:
    """Key and value name of a path that ends in a value; the default value's name is empty."""
    key, _, name = registry_path(value).rpartition("\\")
    return key, "" if name == "(Default)" else name


_NUMBER_DATA = re.compile(r"(DWORD|QWORD) \((0x[0-9a-fA-F]+)(?:-(0x[0-9a-fA-F]+))?\)")


def registry_data(details: str) -> tuple[str, str]:
    """Type and data of a registry value as Sysmon prints it. Binary data is not recorded."""
    if details == "Binary Data":
        return "Binary", ""
    found = _NUMBER_DATA.fullmatch(details)
    if not found:
        return "String", details
    # A QWORD is printed as its upper and lower half.
    value = int(found[2], 16) if found[3] is None else int(found[2], 16) << 32 | int(found[3], 16)
    return found[1].capitalize(), str(value)


def unescaped(value: object) -> str:
    """Text in which a collector wrote `<` as `&lt;`."""
    read = text(value)
    return html.unescape(read) if "&" in read else read


_QUOTED = re.compile(r'\s*"([^"]+)"')
_ROOTED = re.compile(r"\s*((?:[A-Z]:|%\w+%|\\)\\.+?\.(?:exe|sys|dll|com|bat|cmd))(?=$|[\s\"])", re.IGNORECASE)


def program(command: str) -> str:
    """The path of the program that a service's command line starts."""
    found = _QUOTED.match(command) or _ROOTED.match(command)
    return found[1] if found else command.strip().partition(" ")[0]
