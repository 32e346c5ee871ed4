"""Whole exports: `defender.exports.software_vulnerabilities().to_parquet("estate")`.

An `Export` asks for the links when it is first used, downloads several files at once, verifies them and reads them one
after the other, holding a block of rows at a time. Links that ended are asked for again. Outputs appear under their
names only when they are complete. Which exports there are is in `exports`, what changed since a time in `changes`.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, Generic, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec

from vedette.catalogue.entity import Complex
from vedette.catalogue.exports import ExportFilesResponse
from vedette.client.downloads import Damaged, Downloads, LinkEnded, Stopped
from vedette.client.exports import WORKERS
from vedette.client.row_files import RowReader, line_blocks
from vedette.client.row_tables import arrow, batches, columns_of, installed, schema_of, write_csv, write_parquet
from vedette.errors import ConfigurationError, NoAnswer
from vedette.frames import pandas_frame

T = TypeVar("T")
R = TypeVar("R")
_TRIES = 3
"""How often an export begins anew because a newer snapshot took its place while it was read."""
NOTE = "_export.json"
"""Lies beside the files of an export in a folder: which they are, and of what moment."""


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of an export. The link is a key to the file, so `repr` does not show it."""

    name: str
    url: str

    def __repr__(self) -> str:
        return f"ExportFile({self.name!r})"


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """How far an export has come."""

    files_done: int
    files: int
    bytes_done: int
    """Packed, as they travel."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    paths: tuple[Path, ...]
    rows: int
    generated_time: datetime | None
    """When the snapshot was made that the rows are from."""


class _Note(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Content of `NOTE`."""

    export: str
    generated_time: datetime | None
    files: list[str]


class _Replaced(Exception):
    """Links were asked for again, and lead to another snapshot."""


class Export(Generic[T]):
    """One export, as files. Iterating gives its rows; iterating again downloads again.

    The files show one moment. If a newer snapshot takes their place while an output is written, writing begins anew.
    """

    def __init__(
        self,
        name: str,
        kind: type[T] | None,
        ask: Callable[[], ExportFilesResponse],
        downloads: Callable[[], Downloads],
        *,
        workers: int = WORKERS,
        on_progress: Callable[[ExportProgress], None] | None = None,
    ) -> None:
        self.name = name
        """Such as `software-vulnerabilities`."""
        self._kind = kind
        self._ask = ask
        self._downloads = downloads
        self._workers = max(1, workers)
        self._lock = threading.Lock()
        self._files: Sequence[ExportFile] | None = None
        self._generated: datetime | None = None
        self._reader: RowReader[T] = RowReader(kind)
        self._tracker = _Tracker(on_progress)

    def __repr__(self) -> str:
        return f"Export({self.name!r})"

    # -- what there is -------------------------------------------------------------------------------------------------

    @property
    def files(self) -> Sequence[ExportFile]:
        """The files, asked for at the first use. Raises: ServiceError and its kin, NoAnswer."""
        with self._lock:
            return self._asked()

    @property
    def generated_time(self) -> datetime | None:
        """When the snapshot was made."""
        _ = self.files
        return self._generated

    def _asked(self) -> Sequence[ExportFile]:
        if self._files is None:
            answer = self._ask()
            names = [_name_in(url) for url in answer.export_files]
            if len({name.partition(".")[0] for name in names}) < len(names):
                names = [f"{index:05}-{name}" for index, name in enumerate(names)]
            self._files = [ExportFile(name, url) for name, url in zip(names, answer.export_files, strict=True)]
            self._generated = answer.generated_time
        return self._files

    def _again(self, index: int, ended: ExportFile) -> ExportFile:
        """The same file by a new link. Raises: _Replaced."""
        with self._lock:
            before = self._asked()
            if before[index].url == ended.url:
                self._files = None
                after = self._asked()
                if [each.name for each in after] != [each.name for each in before]:
                    raise _Replaced
            return self._asked()[index]

    # -- rows ----------------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[T]:
        return self.rows()

    def rows(self) -> Iterator[T]:
        """Every row as the declared entity, in the order of the files; memory stays flat.

        Raises: ServiceError and its kin; NoAnswer where a file cannot be had or read.
        """
        return itertools.chain.from_iterable(self.blocks())

    def dicts(self) -> Iterator[dict[str, Any]]:  # Any: whatever the service wrote
        """Every row as the service wrote it, undeclared members among them."""
        return itertools.chain.from_iterable(self._blocks_of(RowReader[dict[str, Any]](None)))

    def blocks(self) -> Iterator[list[T]]:
        """The rows, some thousand at a time."""
        return self._blocks_of(self._reader)

    def _blocks_of(self, reader: RowReader[R]) -> Iterator[list[R]]:
        given = 0
        for attempt in range(1, _TRIES + 1):
            try:
                with self._scratch() as folder, contextlib.closing(self._arriving(folder, keep=False)) as arriving:
                    for path in arriving:
                        for block in _readable(self.name, reader.blocks(path)):
                            given += len(block)
                            yield block
                return
            except _Replaced:
                if given or attempt == _TRIES:
                    raise self._replaced(given) from None

    # -- files ---------------------------------------------------------------------------------------------------------

    def download(self, folder: str | os.PathLike[str]) -> list[Path]:
        """The files as they are, verified. Complete ones are kept, broken ones go on: call it again after a failure."""
        place = _folder(folder)

        def bring() -> list[Path]:
            with contextlib.closing(self._arriving(place, keep=True)) as arriving:
                return list(arriving)

        paths = self._whole(bring)
        self._note(place, paths)
        return paths

    def to_jsonl(self, path: str | os.PathLike[str]) -> Written:
        """JSON lines exactly as the service wrote them: one file (`.gz` packs it), or a folder with a file for each."""
        target = Path(path)
        if not _is_one_file(target):
            return self._into_folder(target, ".jsonl", self._unpack)
        if target.suffix == ".gz":
            return self._into_file(target, self._append_packed)
        return self._into_file(target, self._append_lines)

    def to_csv(self, path: str | os.PathLike[str]) -> Written:
        """CSV: one file, or a folder with a file for each. Texts that a spreadsheet would run get an apostrophe."""
        target = Path(path)
        if _is_one_file(target):
            return self._into_file(target, self._append_csv)
        return self._into_folder(target, ".csv", self._csv_of)

    def to_parquet(self, path: str | os.PathLike[str]) -> Written:
        """Parquet: one file, or a folder with a file for each. Raises: ConfigurationError without pyarrow."""
        arrow()
        target = Path(path)
        if _is_one_file(target):
            return self._into_file(target, self._append_parquet)
        return self._into_folder(target, ".parquet", lambda one, to: self._parquet([one], to))

    def to_arrow(self) -> Any:  # Any: pyarrow.Table, which has no types
        """All rows as a `pyarrow.Table`. Raises: ConfigurationError without pyarrow."""
        pa = arrow()

        def read() -> Any:
            with self._scratch() as folder, contextlib.closing(self._arriving(folder, keep=self._kind is None)) as some:
                paths = some if self._kind is not None else list(some)
                columns = self._columns(paths)
                return pa.Table.from_batches(list(batches(columns, self._all(paths))), schema=schema_of(columns))

        return self._whole(read)

    def to_polars(self) -> Any:  # Any: polars.DataFrame
        """All rows as a `polars.DataFrame`. Raises: ConfigurationError without polars or pyarrow."""
        polars = installed("polars", "a data frame of polars", "'vedette[hunt]' polars")
        return polars.from_arrow(self.to_arrow())

    def to_pandas(self) -> Any:  # Any: pandas.DataFrame
        """All rows as a `pandas.DataFrame`. Raises: ConfigurationError without pandas or pyarrow."""
        installed("pandas", "a data frame of pandas", "'vedette[hunt]' pandas")
        return pandas_frame(self.to_arrow())

    # -- how an output is made -----------------------------------------------------------------------------------------

    def _unpack(self, source: Path, to: Path) -> int:
        with to.open("wb") as file:
            return sum(_copied(file, block) for block in _readable(self.name, line_blocks(source)))

    def _csv_of(self, source: Path, to: Path) -> int:
        with to.open("w", encoding="utf-8", newline="") as file:
            return write_csv(file, self._columns([source]), self._all([source]))

    def _append_lines(self, sources: Iterator[Path], to: Path) -> int:
        with to.open("wb") as file:
            blocks = (block for source in sources for block in _readable(self.name, line_blocks(source)))
            return sum(_copied(file, block) for block in blocks)

    def _append_packed(self, sources: Iterator[Path], to: Path) -> int:
        rows = 0
        with to.open("wb") as file:  # archives after each other are one archive
            for source in sources:
                rows += sum(block.count(b"\n") for block in _readable(self.name, line_blocks(source)))
                with source.open("rb") as packed:
                    shutil.copyfileobj(packed, file)
        return rows

    def _append_csv(self, sources: Iterator[Path], to: Path) -> int:
        paths = sources if self._kind is not None else list(sources)
        with to.open("w", encoding="utf-8", newline="") as file:
            return write_csv(file, self._columns(paths), self._all(paths))

    def _append_parquet(self, sources: Iterator[Path], to: Path) -> int:
        return self._parquet(sources if self._kind is not None else list(sources), to)

    def _parquet(self, sources: Iterator[Path] | list[Path], to: Path) -> int:
        return write_parquet(to, self._columns(sources), self._all(sources))

    def _columns(self, sources: Iterator[Path] | list[Path]) -> Any:  # Any: as row_tables has them
        entity = self._kind if isinstance(self._kind, type) and issubclass(self._kind, Complex) else None
        return columns_of(entity, lambda: self._all(sources))

    def _all(self, sources: Iterator[Path] | list[Path]) -> Iterator[list[T]]:
        return (block for source in sources for block in _readable(self.name, self._reader.blocks(source)))

    def _into_file(self, target: Path, write: Callable[[Iterator[Path], Path], int]) -> Written:
        _folder(target.parent)

        def work() -> int:
            with self._scratch() as folder, contextlib.closing(self._arriving(folder, keep=self._kind is None)) as some:
                return write(some, temporary)

        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            rows = self._whole(work)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        return Written((target,), rows, self._generated)

    def _into_folder(self, folder: Path, suffix: str, write: Callable[[Path, Path], int]) -> Written:
        place = _folder(folder)

        def work() -> tuple[list[Path], int]:
            made: list[str] = []
            rows = 0
            with (
                self._scratch() as scratch,
                tempfile.TemporaryDirectory(prefix=".vedette-", dir=place) as hidden,
                contextlib.closing(self._arriving(scratch, keep=False)) as arriving,
            ):
                for source in arriving:
                    name = source.name.partition(".")[0] + suffix
                    rows += write(source, Path(hidden, name))
                    made.append(name)
                for name in made:
                    Path(hidden, name).replace(place / name)
            return [place / name for name in made], rows

        paths, rows = self._whole(work)
        self._note(place, paths)
        return Written(tuple(paths), rows, self._generated)

    def _note(self, place: Path, paths: Sequence[Path]) -> None:
        """Say which files of a folder are this export, and take away those of an earlier one."""
        note = place / NOTE
        names = [path.name for path in paths]
        earlier: list[str] = []
        with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError):
            earlier = msgspec.json.decode(note.read_bytes(), type=_Note).files
        temporary = place / f".{NOTE}.{os.getpid()}.tmp"
        temporary.write_bytes(msgspec.json.encode(_Note(export=self.name, generated_time=self._generated, files=names)))
        temporary.replace(note)
        for name in set(earlier) - set(names):
            if PurePosixPath(name).name == name:
                (place / name).unlink(missing_ok=True)

    def _whole(self, work: Callable[[], R]) -> R:
        """Do work over all files, anew where a newer snapshot takes their place meanwhile."""
        for _ in range(_TRIES):
            try:
                return work()
            except _Replaced:
                continue
        raise self._replaced(0)

    def _replaced(self, given: int) -> NoAnswer:
        after = f" after {given:,} rows" if given else ""
        return NoAnswer(
            f"{self.name}: a newer snapshot took the place of this one{after}, while its links had ended",
            hint="start over; a larger sas_valid_hours lets links live longer",
        )

    # -- how files arrive ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="vedette-export-") as folder:
            yield Path(folder)

    def _arriving(self, folder: Path, *, keep: bool) -> Generator[Path, None, None]:
        """The files in their order, each when it is whole. One that is not kept goes when the next is asked for."""
        files = self.files
        tracker = self._tracker
        tracker.begin(len(files))
        stop = threading.Event()
        ahead: deque[Future[Path]] = deque()
        pending = iter(enumerate(files))
        with ThreadPoolExecutor(self._workers, thread_name_prefix="vedette-export") as pool:
            try:
                # As many wait on disk as are under way: reading is not held up, and little lies about.
                for index, file in itertools.islice(pending, len(files) if keep else 2 * self._workers):
                    ahead.append(pool.submit(self._bring, index, file, folder, stop))
                while ahead:
                    path = ahead.popleft().result()
                    yield path
                    tracker.file_done()
                    if not keep:
                        path.unlink(missing_ok=True)
                    for index, file in itertools.islice(pending, 1):
                        ahead.append(pool.submit(self._bring, index, file, folder, stop))
            finally:
                stop.set()
                for future in ahead:
                    future.cancel()

    def _bring(self, index: int, file: ExportFile, folder: Path, stop: threading.Event) -> Path:
        to = folder / file.name
        renewed = False
        while True:
            if stop.is_set():
                raise Stopped
            try:
                self._downloads().fetch(file.url, to, on_bytes=self._tracker.add_bytes, stop=stop)
                return to
            except LinkEnded as ended:
                if renewed:
                    raise NoAnswer(f"{self.name}: {ended}, though the link is new", hint="try again later") from ended
                file, renewed = self._again(index, file), True


class _Tracker:
    """Adds up what several threads do, and tells one listener."""

    def __init__(self, listener: Callable[[ExportProgress], None] | None) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._now = ExportProgress(0, 0, 0)

    def begin(self, files: int) -> None:
        self._now = ExportProgress(0, files, 0)
        self._tell()

    def file_done(self) -> None:
        with self._lock:
            now = self._now
            self._now = ExportProgress(now.files_done + 1, now.files, now.bytes_done)
            self._tell()

    def add_bytes(self, count: int) -> None:
        if count:
            with self._lock:
                now = self._now
                self._now = ExportProgress(now.files_done, now.files, now.bytes_done + count)
                self._tell()

    def _tell(self) -> None:
        if self._listener is not None:
            self._listener(self._now)


def _name_in(url: str) -> str:
    """What a file is called: the last part of its address, as far as it can be a name."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    safe = "".join(each if each.isalnum() or each in "-_." else "_" for each in name).lstrip(".")
    return safe if safe.endswith(".gz") else f"{safe or 'part'}.gz"


def _readable(name: str, blocks: Iterator[R]) -> Iterator[R]:
    try:
        yield from blocks
    except Damaged as found:
        raise NoAnswer(f"{name}: a file cannot be read: {found}", hint="ask for the export again") from found


def _copied(file: IO[bytes], block: bytes) -> int:
    file.write(block)
    return block.count(b"\n")


def _is_one_file(path: Path) -> bool:
    return path.is_file() or (bool(path.suffix) and not path.is_dir())


def _folder(path: str | os.PathLike[str]) -> Path:
    place = Path(path)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{place} cannot be a folder for an export: {error.strerror}") from error
    return place
