"""Recorded files: finding them, telling them apart by content, and reading them line by line.

Only the reading is here; what a record means is said in `records` and the mappings. Files are never held in memory.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec

from vedette.errors import ConfigurationError
from vedette.telemetry import evtx

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

DESCRIPTIONS: Final = "datasets.json"
"""The file of a folder that says what its data sets are, not telemetry itself."""
RECORDINGS: Final = (".jsonl", ".ndjson", ".json", ".gz", ".evtx")
"""Endings of the files that an import of recordings looks for in folders."""
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
    """The data set of records that do not name theirs: the file's name without endings; of event logs the folder."""

    @property
    def record(self) -> str:
        """The name of the lake's record that says that it holds this file, by size and content."""
        return f"source-{self.sha256[:40]}-{self.size}"


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
        with opened(self.path) as stream:
            self._file = stream.raw
            try:
                if stream.content.peek(len(evtx.MAGIC)).startswith(evtx.MAGIC):
                    yield from self._events(stream.raw)
                    return
                for line, is_whole in _records(stream.content):
                    if is_whole or not stream.damage:
                        yield line
                self.damage = stream.damage
            finally:
                self._file = None

    def _events(self, raw: IO[bytes]) -> Iterator[Line]:
        """The records of an event log, as JSON."""
        try:
            for number, content in evtx.events(self.path, raw):
                yield Line(number, content)
        except evtx.Damaged as damage:
            self.damage = str(damage)


class Unpacked(io.RawIOBase):
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


@dataclass(slots=True)
class Stream:
    """An open file, unpacked where it was packed with gzip."""

    content: io.BufferedReader[Any]  # Any: of whatever raw stream
    raw: IO[bytes]
    """The file as it lies on disk; its position tells how far the reading is."""
    unpacked: Unpacked | None

    @property
    def damage(self) -> str:
        """Why the rest of a packed file could not be read; empty when all was."""
        return self.unpacked.damage if self.unpacked else ""


@contextmanager
def opened(path: Path) -> Iterator[Stream]:
    """A file's content, whether it is packed or not."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        unpacked = Unpacked(raw) if packed else None
        yield Stream(io.BufferedReader(unpacked, _CHUNK) if unpacked else raw, raw, unpacked)


def find_sources(paths: Iterable[Path], endings: tuple[str, ...] = RECORDINGS) -> list[Source]:
    """The recorded files that paths name: files themselves, and folders with all that is below them.

    Content that appears twice counts once. Raises: `ConfigurationError` for a path that does not exist or a folder
    without files of these endings.
    """
    found: dict[str, Source] = {}
    for path in paths:
        files = sorted(_recordings(path, endings)) if path.is_dir() else [path]
        if not files or not path.exists():
            raise ConfigurationError(
                f"{path} holds no recordings" if path.exists() else f"{path} does not exist",
                path=str(path),
                hint=f"name files, or folders with files that end in {', '.join(endings)}",
            )
        for file in files:
            source = Source(file, file.stat().st_size, _digest(file), _dataset(path, file))
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


def _recordings(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(root, name) for name in names if name != DESCRIPTIONS and name.lower().endswith(endings))


def _dataset(given: Path, file: Path) -> str:
    """The data set of a file whose records do not name theirs.

    The logs that one machine keeps belong together, and so do those of the machines of one case: event logs that are
    given as a folder, or lie in one, are one data set.
    """
    if file.suffix.lower() == ".evtx":
        return (given if given.is_dir() else file.parent).resolve().name or file.stem
    return file.name.partition(".")[0]


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
    """The elements of one JSON list. One that is cut off, at the end, is given as far as it goes."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace")
    waiting = text.read(_CHUNK).lstrip()[1:]
    for number, (element, _) in enumerate(elements(text, waiting), 1):
        yield Line(number, element.encode("utf-8", "replace"))


def elements(text: IO[str], waiting: str) -> Iterator[tuple[str, bool]]:
    """The texts of a JSON list's elements, a piece of the file at a time, and whether each is whole.

    waiting: what was read of the text already, from behind the opening bracket on. What follows the list is left alone.
    The last element is not whole when the list has no end.
    """
    decoder = json.JSONDecoder()
    start, at_end = 0, False
    while True:
        start = _AT_ELEMENT.match(waiting, start).end()  # type: ignore[union-attr]  # it matches everywhere
        if waiting.startswith("]", start):
            return
        try:
            end = decoder.raw_decode(waiting, start)[1] if start < len(waiting) else -1
        except (json.JSONDecodeError, RecursionError):
            end = -1
        if end < 0 or (end == len(waiting) and not at_end):
            if at_end:
                yield waiting[start:], False
                return
            more = text.read(max(_CHUNK, len(waiting) - start))
            at_end = not more
            waiting, start = waiting[start:] + more, 0
            continue
        yield waiting[start:end], True
        start = end


_AT_ELEMENT: Final = re.compile(r"[ \t\r\n,]*")


Progress = Callable[[str, Path, int, int], Any]  # the answer is not looked at
"""Called now and then with what is being done, the file, and how many of its bytes are behind."""


def total_size(sources: Sequence[Source]) -> int:
    """Bytes of all files."""
    return sum(source.size for source in sources)
