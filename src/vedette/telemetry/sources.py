"""Recorded files: finding them, telling them apart by content, and reading them line by line.

Only the reading is here; what a record means is said in `records` and the mappings. Files are never held in memory.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec

from vedette.errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

DESCRIPTIONS: Final = "datasets.json"
"""The file of a folder that says what its data sets are, not telemetry itself."""
_ENDINGS: Final = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz", ".gz")
_CHUNK: Final = 1 << 20
_PIECE: Final = 1 << 16


class DatasetDescription(msgspec.Struct, frozen=True):
    """What is known of a data set besides its records."""

    dataset: str
    title: str = ""
    attack_techniques: list[str] = []


@dataclass(frozen=True, slots=True)
class Source:
    """One recorded file."""

    path: Path
    size: int
    sha256: str
    default_dataset: str
    """The data set of records that do not name theirs: the file's name without its endings."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record's text."""

    number: int
    """From 1; the position in the list for files that hold one JSON list."""
    content: bytes


@dataclass(slots=True)
class Reading:
    """One pass over a file. `lines` yields its records; afterwards `damage` says why the rest could not be read."""

    path: Path
    damage: str = ""
    _file: IO[bytes] | None = field(default=None, repr=False)

    @property
    def bytes_read(self) -> int:
        """How far the pass is in the file as it lies on disk."""
        return self._file.tell() if self._file else 0

    def lines(self) -> Iterator[Line]:
        """The records' texts, blank lines left out."""
        with self.path.open("rb") as raw:
            self._file = raw
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            unpacked = _Unpacked(raw) if packed else None
            stream = io.BufferedReader(unpacked, _CHUNK) if unpacked else raw
            try:
                for line, is_whole in _records(stream):
                    if is_whole or unpacked is None or not unpacked.damage:
                        yield line
            finally:
                self.damage = unpacked.damage if unpacked else ""
                self._file = None


class _Unpacked(io.RawIOBase):
    """What a gzip file holds. Where it is cut off or damaged it ends, and `damage` says so; `gzip` would raise and lose
    what it had unpacked of the piece that it was reading."""

    def __init__(self, packed: IO[bytes]) -> None:
        self.damage = ""
        self._packed = packed
        self._unpacking = zlib.decompressobj(wbits=31)
        self._waiting = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        into = memoryview(buffer).cast("B")
        while not self.damage:
            if self._unpacking.eof:
                # A gzip file may be several, one after another; zeros at the end are padding.
                self._waiting = (self._unpacking.unused_data or self._packed.read(_PIECE)).lstrip(b"\0")
                if not self._waiting:
                    return 0
                self._unpacking = zlib.decompressobj(wbits=31)
            data = self._unpacking.unconsumed_tail or self._waiting or self._packed.read(_PIECE)
            self._waiting = b""
            if not data:
                self.damage = "the file is cut off"
                return 0
            try:
                got = self._unpacking.decompress(data, len(into))
            except zlib.error as error:
                self.damage = f"the file is damaged: {error}"
                return 0
            if got:
                into[: len(got)] = got
                return len(got)
        return 0


def find_sources(paths: Iterable[Path]) -> list[Source]:
    """The recorded files that paths name: files themselves, and folders with all that is below them.

    Content that appears twice counts once. Raises: `ConfigurationError` for a path that does not exist or a folder
    without recordings.
    """
    found: dict[str, Source] = {}
    for path in paths:
        files = sorted(_recordings(path)) if path.is_dir() else [path]
        if not files or not path.exists():
            raise ConfigurationError(
                f"{path} holds no recordings" if path.exists() else f"{path} does not exist",
                path=str(path),
                hint="name files or folders with events as JSON lines (.jsonl, .json, also .gz)",
            )
        for file in files:
            source = Source(file, file.stat().st_size, _digest(file), file.name.partition(".")[0])
            found.setdefault(source.sha256, source)
    return list(found.values())


def descriptions(paths: Iterable[Path]) -> dict[str, DatasetDescription]:
    """What the descriptions beside the recordings say, by data set.

    Raises: `ConfigurationError` when such a file is not a list of data sets.
    """
    said: dict[str, DatasetDescription] = {}
    for folder in dict.fromkeys(path if path.is_dir() else path.parent for path in paths):
        file = folder / DESCRIPTIONS
        if file.is_file():
            try:
                read = msgspec.json.decode(file.read_bytes(), type=list[DatasetDescription])
            except msgspec.MsgspecError as error:
                raise ConfigurationError(f"{file} does not describe data sets: {error}", path=str(file)) from error
            said.update((one.dataset, one) for one in read)
    return said


def _recordings(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        yield from (Path(root, name) for name in names if name != DESCRIPTIONS and name.lower().endswith(_ENDINGS))


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _records(stream: io.BufferedReader[Any]) -> Iterator[tuple[Line, bool]]:
    """The records of a file, and whether each was followed by something, so that it cannot be cut off."""
    head = stream.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head == b"[":
        for element in _elements(stream):
            yield element, True
        return
    for number, line in enumerate(stream, 1):
        content = line.strip().removeprefix(b"\xef\xbb\xbf")
        if content:
            yield Line(number, content), line.endswith(b"\n")


def _elements(stream: io.BufferedReader[Any]) -> Iterator[Line]:
    """The elements of one JSON list, a piece of the file at a time."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace")
    decoder = json.JSONDecoder()
    waiting = text.read(_CHUNK).lstrip()[1:]
    number, at_end = 0, False
    while True:
        waiting = waiting.lstrip(" \t\r\n,")
        if waiting.startswith("]"):
            return
        try:
            value, end = decoder.raw_decode(waiting)
        except json.JSONDecodeError:
            if at_end:
                if waiting:
                    yield Line(number + 1, waiting.encode())
                return
            more = text.read(_CHUNK)
            at_end = not more
            waiting += more
            continue
        number += 1
        yield Line(number, json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        waiting = waiting[end:]


Progress = Callable[[str, Path, int, int], Any]  # the answer is not looked at
"""Called now and then with what is being done, the file, and how many of its bytes are behind."""


def total_size(sources: Sequence[Source]) -> int:
    """Bytes of all files."""
    return sum(source.size for source in sources)
