"""Files that machines gave and somebody may download: investigation packages and live response results.

A file is made when its link is first followed, and kept on disk, so that a download can go on after a break and after
a restart. `blobs` sends it, `signed_links` says who may have it.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from weakref import WeakKeyDictionary

from vedette.tenant.blobs import Blob
from vedette.tenant.store.defender import DefenderStore


class Given:
    """The files of one tenant."""

    def __init__(self, store: DefenderStore) -> None:
        self._store_path = store.path
        self._making = threading.Lock()
        self._blobs: dict[str, Blob] = {}
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def file(self, key: str, name: str, modified: datetime, make: Callable[[], bytes]) -> Blob:
        """The file of this key, made now if it is not there. `key` holds letters, digits and dashes only."""
        with self._making:
            if key not in self._blobs:
                path = self._folder / key
                if not path.exists():
                    _write(path, make())
                content = path.read_bytes()
                digest = hashlib.md5(content, usedforsecurity=False).digest()
                self._blobs[key] = Blob(path, header_name(name), len(content), digest, modified)
            return self._blobs[key]

    @property
    def _folder(self) -> Path:
        if self._store_path is not None:
            folder = self._store_path.parent / "given"
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return folder
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="vedette-given-")
        return Path(self._temporary.name)


_GIVEN: WeakKeyDictionary[DefenderStore, Given] = WeakKeyDictionary()
_GIVEN_LOCK = threading.Lock()


def given(store: DefenderStore) -> Given:
    """The files of a tenant."""
    with _GIVEN_LOCK:
        return _GIVEN.setdefault(store, Given(store))


def header_name(name: str) -> str:
    """A file name that a header can carry: paths of machines hold anything."""
    return re.sub(r"[^\w.() +-]", "_", name, flags=re.ASCII) or "file"


def _write(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(temporary).replace(path)
