"""xxHash64 of values by their bytes: UTF-8 of texts; numbers and times as little-endian numbers of their size.

SHA and MD5 are SQL's own.
"""

from __future__ import annotations

import functools
import struct
from typing import Final
from uuid import UUID

from vedette.kql.kernels.kernel import kernel

_ALL: Final = (1 << 64) - 1
_PRIME_1: Final = 0x9E3779B185EBCA87
_PRIME_2: Final = 0xC2B2AE3D27D4EB4F
_PRIME_3: Final = 0x165667B19E3779F9
_PRIME_4: Final = 0x85EBCA77C2B2AE63
_PRIME_5: Final = 0x27D4EB2F165667C5


_LANES: Final = ((_PRIME_1 + _PRIME_2) & _ALL, _PRIME_2, 0, -_PRIME_1 & _ALL)


def xxhash64(data: bytes) -> int:
    """XXH64 with seed 0, as a signed number. Written out at length, because it runs for every row."""
    size = len(data)
    at = size & ~31
    if at:
        one, two, three, four = _LANES
        for first, second, third, fourth in struct.iter_unpack("<4Q", data[:at]):
            one = one + first * _PRIME_2 & _ALL
            one = (one << 31 | one >> 33) * _PRIME_1 & _ALL
            two = two + second * _PRIME_2 & _ALL
            two = (two << 31 | two >> 33) * _PRIME_1 & _ALL
            three = three + third * _PRIME_2 & _ALL
            three = (three << 31 | three >> 33) * _PRIME_1 & _ALL
            four = four + fourth * _PRIME_2 & _ALL
            four = (four << 31 | four >> 33) * _PRIME_1 & _ALL
        value = _rotated(one, 1) + _rotated(two, 7) + _rotated(three, 12) + _rotated(four, 18) & _ALL
        for lane in (one, two, three, four):
            value = (value ^ _word(lane)) * _PRIME_1 + _PRIME_4 & _ALL
    else:
        value = _PRIME_5
    value = value + size & _ALL
    while at + 8 <= size:
        value ^= _word(int.from_bytes(data[at : at + 8], "little"))
        value = (value << 27 | value >> 37) & _ALL
        value = value * _PRIME_1 + _PRIME_4 & _ALL
        at += 8
    if at + 4 <= size:
        value ^= int.from_bytes(data[at : at + 4], "little") * _PRIME_1 & _ALL
        value = (_rotated(value, 23) * _PRIME_2 + _PRIME_3) & _ALL
        at += 4
    for byte in data[at:]:
        value ^= byte * _PRIME_5 & _ALL
        value = _rotated(value, 11) * _PRIME_1 & _ALL
    return _signed(_mixed(value))


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> (64 - by)) & _ALL


def _word(word: int) -> int:
    """A word as it enters a lane that is empty."""
    word = word * _PRIME_2 & _ALL
    return (word << 31 | word >> 33) * _PRIME_1 & _ALL


def _mixed(value: int) -> int:
    value = (value ^ value >> 33) * _PRIME_2 & _ALL
    value = (value ^ value >> 29) * _PRIME_3 & _ALL
    return value ^ value >> 32


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


@kernel("string", returns="long")
@functools.lru_cache(maxsize=65536)
def xxhash_of_text(value: str) -> int:
    return xxhash64(value.encode())


@kernel("long", returns="long")
def xxhash_of_long(value: int | None) -> int | None:
    return None if value is None else xxhash64(struct.pack("<q", value))


@kernel("int", returns="long")
def xxhash_of_int(value: int | None) -> int | None:
    return None if value is None else xxhash64(struct.pack("<i", value))


@kernel("bool", returns="long")
def xxhash_of_bool(value: bool | None) -> int | None:
    return None if value is None else xxhash64(bytes([value]))


@kernel("real", returns="long")
def xxhash_of_real(value: float | None) -> int | None:
    return None if value is None else xxhash64(struct.pack("<d", value))


@kernel("guid", returns="long")
def xxhash_of_guid(value: str | None) -> int | None:
    return None if value is None else xxhash64(UUID(value).bytes_le)


@kernel("long", "long", returns="long")
def hash_of_two(one: int | None, other: int | None) -> int | None:
    """How Kusto combines hashes is not published; this order-dependent way serves within a query."""
    if one is None or other is None:
        return None
    return xxhash64(struct.pack("<qq", one, other))
