"""Snapshots that exports are taken from, and the files made of them.

The service looks at its machines every six hours, and exports show the latest look: pages that are read one after the
other, and files that are downloaded for hours, fit together. A file is made when it is first asked for, row by row, and
kept on disk until no link can lead to it any more. The same snapshot always gives the same bytes.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import math
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias
from weakref import WeakKeyDictionary

import msgspec

from vedette.catalogue.exports import CHANGES_PERIOD_HOURS
from vedette.catalogue.machines import Machine
from vedette.simulation.estate import Estate
from vedette.tenant.blobs import PIECE_BYTES, Blob
from vedette.tenant.store.defender import DefenderStore

KEPT = timedelta(hours=24 + CHANGES_PERIOD_HOURS)
"""How long a snapshot may be read: links live 24 hours at most."""
MACHINES_OF_A_FILE = 64
MOST_FILES = 64
"""A file holds the rows of so many machines, or of more where that would make too many files."""
_STAMP = "%Y%m%dT%H%M%SZ"

MakeRows: TypeAlias = Callable[[Estate, Iterable[Machine]], Iterator[object]]


def period(moment: datetime) -> datetime:
    """When the period of six hours began that a moment lies in."""
    utc = moment.astimezone(UTC)
    hour = utc.hour // CHANGES_PERIOD_HOURS * CHANGES_PERIOD_HOURS
    return utc.replace(hour=hour, minute=0, second=0, microsecond=0)


def moment_of(stamp: str) -> datetime:
    """The moment that a stamp stands for. Raises: ValueError."""
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Snapshot:
    """The machines as they were at one moment."""

    generated: datetime
    estate: Estate

    @property
    def stamp(self) -> str:
        """Its moment, as it stands in addresses and tokens."""
        return self.generated.strftime(_STAMP)

    def machines(self, groups: Sequence[str] | None) -> Sequence[Machine]:
        """Those in these device groups, or all."""
        if groups is None:
            return self.estate.machines
        return [each for each in self.estate.machines if each.rbac_group_name in groups]

    def parts(self, groups: Sequence[str] | None) -> Sequence[Sequence[Machine]]:
        """The machines of each file."""
        machines = self.machines(groups)
        files = min(MOST_FILES, math.ceil(len(machines) / MACHINES_OF_A_FILE))
        size = math.ceil(len(machines) / max(1, files)) or 1
        return [machines[start : start + size] for start in range(0, len(machines), size)]


class Shelf:
    """The snapshots and files of one tenant."""

    def __init__(self, store: DefenderStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._snapshots: dict[str, Snapshot] = {}
        self._blobs: dict[tuple[str, str], Blob] = {}
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def latest(self, now: datetime) -> Snapshot:
        """The snapshot to show now, taken if there is none of this period yet."""
        begin = period(now)
        with self._lock:
            kept = next((each for each in self._snapshots.values() if begin <= each.generated <= now), None)
            if kept is None:
                self._forget(begin - KEPT)
                estate = self._store.estate()
                # What is known reaches to `as_of`; a snapshot of before that would speak of its own future.
                seen = estate.as_of.replace(microsecond=0)
                kept = Snapshot(max(begin, seen) if seen <= now else begin, estate)
                self._snapshots[kept.stamp] = kept
            return kept

    def at(self, stamp: str) -> Snapshot:
        """The snapshot of this stamp. One that a restarted server has forgotten is taken again."""
        with self._lock:
            kept = self._snapshots.get(stamp)
            if kept is None:
                kept = self._snapshots[stamp] = Snapshot(moment_of(stamp), self._store.estate())
            return kept

    def file(self, snapshot: Snapshot, name: str, machines: Sequence[Machine], rows: MakeRows) -> Blob:
        """The file of this name, made now if it is not there: gzip, a JSON object on each line."""
        place = (snapshot.stamp, name)
        with self._making:
            if place not in self._blobs:
                path = self._folder / snapshot.stamp / name
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    _write(path, rows(snapshot.estate, machines))
                self._blobs[place] = _blob(path, snapshot.generated)
            return self._blobs[place]

    @property
    def _folder(self) -> Path:
        if self._store.path is not None:
            return self._store.path.parent / "exports"
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="vedette-exports-")
        return Path(self._temporary.name)

    def _forget(self, before: datetime) -> None:
        oldest = before.strftime(_STAMP)
        for stamp in [stamp for stamp in self._snapshots if stamp < oldest]:
            del self._snapshots[stamp]
        with self._making:
            self._blobs = {place: blob for place, blob in self._blobs.items() if place[0] >= oldest}
        if self._store.path is not None or self._temporary is not None:
            for folder in self._folder.glob("*"):
                if folder.name < oldest:
                    shutil.rmtree(folder, ignore_errors=True)


_SHELVES: WeakKeyDictionary[DefenderStore, Shelf] = WeakKeyDictionary()
_SHELVES_LOCK = threading.Lock()


def shelf(store: DefenderStore) -> Shelf:
    """The shelf of a tenant."""
    with _SHELVES_LOCK:
        return _SHELVES.setdefault(store, Shelf(store))


def scope(groups: Sequence[str] | None) -> str:
    """Device groups as a part of an address."""
    return "all" if groups is None else "g" + base64.urlsafe_b64encode(msgspec.json.encode(groups)).decode().rstrip("=")


def groups_of(text: str) -> Sequence[str] | None:
    """The device groups that `scope` wrote."""
    if text == "all":
        return None
    return msgspec.json.decode(base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4)), type=list[str])


def _write(path: Path, rows: Iterator[object]) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    encoder = msgspec.json.Encoder()
    buffer = bytearray()
    with os.fdopen(handle, "wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        for row in rows:
            encoder.encode_into(row, buffer, -1)
            buffer += b"\n"
            if len(buffer) >= PIECE_BYTES:
                file.write(buffer)
                buffer.clear()
        file.write(buffer)
    Path(temporary).replace(path)


def _blob(path: Path, modified: datetime) -> Blob:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return Blob(path, path.name, path.stat().st_size, digest.digest(), modified)
