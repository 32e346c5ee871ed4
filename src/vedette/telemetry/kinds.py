"""Tells what a file is, by its first bytes: an event log, recorded events, or an export and of which form.

Names of files are looked at only to say what is wrong with one that is not what its name promises.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from vedette.telemetry import csv_export, evtx, json_export, parquet_export
from vedette.telemetry.json_export import Shape
from vedette.telemetry.recognise import Unusable
from vedette.telemetry.sources import elements, opened

Kind = Literal["events", "event log", "JSON export", "CSV export", "Parquet"]

ENDINGS: Final = (".jsonl", ".ndjson", ".json", ".csv", ".gz", ".evtx", ".parquet")
"""Endings of the files that are looked for in folders."""
_LOOKED_AT: Final = 50
"""Lines in which a first record is looked for."""
_LONGEST_LINE: Final = 64 << 20
_LOOKED_AT_BYTES: Final = 1 << 16
_SUFFIXED: Final = ("_string", "_long", "_dynamic")


@dataclass(frozen=True, slots=True)
class Told:
    """What a file is."""

    kind: Kind
    shape: Shape = "rows"
    """Of a JSON export."""


def kind_of(path: Path) -> Told:
    """What a file is. Raises: `Unusable` when it is nothing that can be taken."""
    with opened(path) as stream:
        head = stream.content.read(csv_export.HEAD_BYTES)
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and b"\n" not in head:
            head += stream.content.readline(_LONGEST_LINE)
        if stream.damage and not head:
            raise Unusable(stream.damage)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n\0")
    if head.startswith(evtx.MAGIC):
        if missing := evtx.missing_part(path):
            raise Unusable(missing)
        return Told("event log")
    if head.startswith(parquet_export.MAGIC):
        return Told("Parquet")
    if not start:
        raise Unusable("it is empty")
    for ending, what in ((".evtx", "event log"), (".parquet", "Parquet file")):
        if path.name.lower().endswith(ending):
            raise Unusable(f"it is no {what}: it begins with {bytes(head[:8])!r}")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unusable("it is text in UTF-16", "save it as UTF-8")
    if start[:1] in (b"{", b"["):
        return _json(path, start)
    if b"\0" in start[:1024]:
        raise Unusable("it is no text, and neither an event log nor Parquet")
    csv_export.heading(head.decode("utf-8", "replace"))
    return Told("CSV export")


def _json(path: Path, start: bytes) -> Told:
    record, is_line = (_first_element(path), False) if start[:1] == b"[" else _first_line(start)
    if record is None:
        head = start.decode("utf-8", "replace")
        if json_export.LISTS["answer"].search(head):
            return Told("JSON export", "answer")
        if json_export.LISTS["batch"].search(head):
            # A line that is longer than the piece that was read is a batch among others; one that spans lines is all.
            return Told("JSON export", "batch" if b"\n" in start else "batches")
        raise Unusable("it is no JSON: no record of it can be read")
    if "Event" in record or "EventID" in record or "_dataset" in record:
        return Told("events")
    if any(name.endswith(_SUFFIXED) for name in record) and "ActionType" in record:
        # A union of tables with columns split by type: the import of recordings joins them again.
        return Told("events")
    shape = json_export.shape_of(record)
    if shape is None:
        names = ", ".join(list(record)[:5]) or "none"
        raise Unusable(f"it holds neither Windows events nor rows of a hunting table; its first record has: {names}")
    if shape == "batches" and not is_line:
        shape = "batch"
    return Told("JSON export", shape)


def _first_element(path: Path) -> dict[str, object] | None:
    """The first element of a JSON list; empty for an empty list."""
    with opened(path) as stream:
        text = io.TextIOWrapper(stream.content, encoding="utf-8-sig", errors="replace")
        for element, is_whole in elements(text, text.read(_LOOKED_AT_BYTES).lstrip()[1:]):
            return _object(element.encode("utf-8", "replace")) if is_whole else None
    return {}


def _first_line(start: bytes) -> tuple[dict[str, object] | None, bool]:
    """The first record that can be read, and whether it is a line of its own."""
    for line in start.splitlines()[:_LOOKED_AT]:
        if (found := _object(line)) is not None:
            return found, True
    return _object(start), False


def _object(text: bytes) -> dict[str, object] | None:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
