"""Encodings of texts and bytes: base64, compression, percent-encoding; and sizes for people."""

from __future__ import annotations

import base64
import binascii
import functools
import re
import struct
import zlib
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from urllib.parse import unquote_plus
from uuid import UUID

from vedette.kql.kernels.kernel import kernel

_UNPACKED_MOST: Final = 64 * 1024 * 1024
"""Bytes that a compressed text may unpack to."""


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _as_text(data: bytes | None) -> str:
    try:
        return (data or b"").decode()
    except UnicodeDecodeError:
        return ""


@kernel("string", returns="string")
def base64_encode_tostring(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@kernel("string", returns="string")
def base64_decode_tostring(text: str) -> str:
    return _as_text(_decoded(text))


@kernel("string", returns="dynamic")
def base64_decode_toarray(text: str) -> list[int] | None:
    data = _decoded(text)
    return None if data is None else list(data)


@kernel("dynamic", returns="string")
def base64_encode_fromarray(values: Any) -> str:  # a dynamic value has any type
    if not isinstance(values, list) or not all(isinstance(one, int) and 0 <= one <= 255 for one in values):
        return ""
    # The bytes are taken for UTF-8, as the documentation says of invalid ones.
    return base64.b64encode(_as_text(bytes(values)).encode()).decode()


@kernel("string", returns="guid")
def base64_decode_toguid(text: str) -> str | None:
    data = _decoded(text)
    return None if data is None or len(data) != 16 else str(UUID(bytes_le=data))


@kernel("guid", returns="string")
def base64_encode_fromguid(guid: str | None) -> str:
    return "" if guid is None else base64.b64encode(UUID(guid).bytes_le).decode()


@kernel("string", returns="string")
def gzip_compress_to_base64_string(text: str) -> str:
    data = text.encode()
    header = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
    trailer = struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return base64.b64encode(header + _packed(data)[2:-4] + trailer).decode()


@kernel("string", returns="string")
def zlib_compress_to_base64_string(text: str) -> str:
    return base64.b64encode(_packed(text.encode())).decode()


def _packed(data: bytes) -> bytes:
    """Stored as it is where packing would not make it shorter, as in Kusto's own examples."""
    packed = zlib.compress(data, 1)
    return packed if len(packed) - 6 < len(data) else zlib.compress(data, 0)


@kernel("string", returns="string")
def gzip_decompress_from_base64_string(text: str) -> str:
    return _unpacked(text, 31)


@kernel("string", returns="string")
def zlib_decompress_from_base64_string(text: str) -> str:
    return _unpacked(text, 15)


def _unpacked(text: str, window: int) -> str:
    data = _decoded(text)
    if data is None:
        return ""
    unpacker = zlib.decompressobj(window)
    try:
        unpacked = unpacker.decompress(data, _UNPACKED_MOST)
    except zlib.error:
        return ""
    return _as_text(unpacked) if unpacker.eof else ""


_PLAIN: Final = re.compile(rb"[A-Za-z0-9_.!*()-]")


def _percent_encoder(space: str) -> Callable[[str], str]:
    by_byte = [chr(byte) if _PLAIN.match(bytes([byte])) else f"%{byte:02x}" for byte in range(256)]
    by_byte[ord(" ")] = space

    def encode(text: str) -> str:
        return "".join(by_byte[byte] for byte in text.encode())

    return encode


_ENCODE: Final = _percent_encoder("+")
_ENCODE_COMPONENT: Final = _percent_encoder("%20")


@kernel("string", returns="string")
def url_encode(text: str) -> str:
    return _ENCODE(text)


@kernel("string", returns="string")
def url_encode_component(text: str) -> str:
    return _ENCODE_COMPONENT(text)


@kernel("string", returns="string")
@functools.lru_cache(maxsize=4096)
def url_decode(text: str) -> str:
    return unquote_plus(text)


_UNITS: Final = ("Bytes", "KB", "MB", "GB", "TB", "PB", "EB")


@kernel("real", "real", "string", returns="string")
def bytes_text(size: float | None, precision: float | None, unit: str) -> str:
    """Without a unit, the largest that the size reaches."""
    if size is None:
        return ""
    known = {name.lower(): at for at, name in enumerate(_UNITS)}
    if unit and unit.lower() not in known:
        raise ValueError(f"format_bytes knows the units {', '.join(_UNITS)}")
    exact = Decimal(size)
    largest = max((n for n in range(len(_UNITS)) if abs(exact) >= 1024**n), default=0)
    at = known[unit.lower()] if unit else largest
    rounded = (exact / 1024**at).quantize(Decimal(1).scaleb(-int(precision or 0)), ROUND_HALF_UP)
    text = f"{rounded:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {_UNITS[at]}"
