"""Writes small Windows event logs, byte by byte as the format is published: one chunk, elements without templates.

Windows itself writes templates; what is tested here is what becomes of events, not the package that unpacks them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

_CHUNK_BYTES: Final = 65_536
_CHUNK_HEADER: Final = 512
_FILE_HEADER: Final = 4_096
_FILETIME_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)

Event = tuple[int, str, str, datetime, Mapping[str, str]]
"""Event id, channel, computer, when, event data."""


def event_log(events: Iterable[Event]) -> bytes:
    """An `.evtx` file with these events, numbered from 1."""
    chunk = bytearray(_CHUNK_HEADER)
    count, last = 0, 0
    for count, event in enumerate(events, 1):
        last = len(chunk)
        chunk += _record(count, event, last)
    free = len(chunk)
    header = bytearray(_CHUNK_HEADER)
    struct.pack_into("<8sQQQQIII", header, 0, b"ElfChnk\0", 1, count, 1, count, 128, last, free)
    struct.pack_into("<I", header, 52, zlib.crc32(chunk[_CHUNK_HEADER:]))
    struct.pack_into("<I", header, 124, zlib.crc32(header[:120] + header[128:]))
    chunk[:_CHUNK_HEADER] = header
    chunk += bytes(_CHUNK_BYTES - len(chunk))
    return _file_header(count) + bytes(chunk)


def _file_header(count: int) -> bytes:
    header = bytearray(_FILE_HEADER)
    struct.pack_into("<8sQQQIHHHH", header, 0, b"ElfFile\0", 0, 0, count + 1, 128, 1, 3, _FILE_HEADER, 1)
    struct.pack_into("<I", header, 124, zlib.crc32(header[:120]))
    return bytes(header)


def _record(number: int, event: Event, offset: int) -> bytes:
    """One event record that starts `offset` bytes into the chunk."""
    event_id, channel, computer, at, data = event
    xml = _Xml(offset + 24)
    xml.raw(b"\x0f\x01\x01\x00")
    with_data = [("Data", {"Name": name}, value) for name, value in data.items()]
    system = (
        ("Provider", {"Name": channel.partition("/")[0]}, ""),
        ("EventID", {}, str(event_id)),
        ("TimeCreated", {"SystemTime": at.astimezone(UTC).isoformat().replace("+00:00", "Z")}, ""),
        ("EventRecordID", {}, str(number)),
        ("Channel", {}, channel),
        ("Computer", {}, computer),
    )
    xml.open("Event", {})
    for parent, children in (("System", system), ("EventData", with_data)):
        xml.open(parent, {})
        for name, attributes, text in children:
            xml.open(name, attributes)
            xml.text(text)
            xml.raw(b"\x04")
        xml.raw(b"\x04")
    xml.raw(b"\x04\x00")
    ticks = int((at - _FILETIME_EPOCH).total_seconds()) * 10_000_000
    size = 24 + len(xml.content) + 4
    head = struct.pack("<IIQQ", 0x00002A2A, size, number, ticks)
    return head + bytes(xml.content) + struct.pack("<I", size)


class _Xml:
    """Binary XML from a place in the chunk on. Names stand where they are used."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.content = bytearray()

    def raw(self, tokens: bytes) -> None:
        self.content += tokens

    def open(self, name: str, attributes: Mapping[str, str]) -> None:
        """A start tag, its bracket closed."""
        self.raw(b"\x41" if attributes else b"\x01")
        self.raw(bytes(4))  # the size, which readers do not need
        self._name(name)
        if attributes:
            before = len(self.content)
            self.raw(bytes(4))
            for place, (key, value) in enumerate(attributes.items(), 1):
                self.raw(b"\x06" if place == len(attributes) else b"\x46")
                self._name(key)
                self.text(value)
            struct.pack_into("<I", self.content, before, len(self.content) - before - 4)
        self.raw(b"\x02")

    def text(self, value: str) -> None:
        """A text value; nothing for an empty one."""
        if value:
            self.raw(b"\x05\x01" + struct.pack("<H", len(value)) + value.encode("utf-16-le"))

    def _name(self, name: str) -> None:
        here = self.start + len(self.content) + 4
        text = name.encode("utf-16-le") + b"\0\0"
        self.raw(struct.pack("<IIHH", here, 0, 0, len(name)) + text)
