"""Reads Windows event logs (`.evtx`) as JSON texts, one per event, for `records.read` to make sense of.

The binary format is the `evtx` package's matter. Here is what may go wrong with a file, and how far a pass has come.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from vedette.errors import ConfigurationError

MAGIC: Final = b"ElfFile\x00"
"""The first bytes of every event log."""
_LIKELY_DAMAGE: Final = 1_000
"""Damaged events in a row after which the rest of a file is given up."""


_HEADER_BYTES: Final = 4_096
_CHUNK_BYTES: Final = 65_536
_CHUNKS_AT: Final = 42


class Damaged(Exception):
    """The rest of the log cannot be read, or parts of it could not; what is said is for people."""


def missing_part(path: Path) -> str:
    """What a log lacks by its own header; empty when it is whole. Readers pass over a cut-off chunk in silence."""
    size = path.stat().st_size
    with path.open("rb") as raw:
        head = raw.read(_HEADER_BYTES)
    if len(head) < _HEADER_BYTES:
        return "the event log is cut off in its header"
    (chunks,) = struct.unpack_from("<H", head, _CHUNKS_AT)
    present = (size - _HEADER_BYTES) // _CHUNK_BYTES
    return f"the event log is cut off: {present} of {chunks} chunks are there" if present < chunks else ""


def events(path: Path, raw: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Number in the log and JSON text of each event, in the log's order.

    raw: the open file; its position tells how far the reading is. Events that cannot be read are left out.
    Raises: `Damaged` at the end, when some were left out; `ConfigurationError` without the `evtx` package.
    """
    try:
        from evtx import PyEvtxParser
    except ImportError as missing:
        raise ConfigurationError(
            f"{path} is an event log, and reading these needs the evtx package",
            path=str(path),
            hint="python -m pip install 'vedette[hunt]'",
        ) from missing
    raw.seek(0)
    lost, in_a_row, first = 0, 0, ""
    try:
        # One thread: with more of them, events of several chunks are unpacked before the first is asked for.
        found = PyEvtxParser(raw, 1).records_json()
    except (RuntimeError, OSError, ValueError) as error:
        raise Damaged(f"it is no event log that can be read: {_first_line(error)}") from error
    while in_a_row < _LIKELY_DAMAGE:
        try:
            event = next(found)
        except StopIteration:
            break
        except (RuntimeError, OSError, ValueError) as error:
            lost, in_a_row, first = lost + 1, in_a_row + 1, first or _first_line(error)
            continue
        if event is None:
            break
        in_a_row = 0
        yield event["event_record_id"], event["data"].encode("utf-8", "replace")
    if lost:
        raise Damaged(f"{lost} {'part' if lost == 1 else 'parts'} of the log could not be read: {first}")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
