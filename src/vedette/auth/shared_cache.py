"""MSAL's token cache, kept in a file that several processes use at once.

Every change is made under a lock on a file beside the cache: read what is there, change it, write the whole to a new
file, put that in place. A reader therefore sees the state before or after a change and never a part of one, and two
processes that renew at the same moment both find their tokens afterwards. The lock file is never removed: removing it
would let two processes hold locks on two files of the same name.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import msal
import msal_extensions

from vedette.errors import ConfigurationError

_log = logging.getLogger(__name__)


class _Persistence(Protocol):
    is_encrypted: bool

    def save(self, content: str) -> None: ...
    def load(self) -> str: ...


class PlainFile:
    """Text in a file of mode 0600 that is replaced whole."""

    is_encrypted = False

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, content: str) -> None:
        """Replace the content."""
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}-")  # made with mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def load(self) -> str:
        """The content."""
        return self._path.read_text(encoding="utf-8")


class SharedCache(msal.SerializableTokenCache):  # type: ignore[misc]  # MSAL has no types
    """MSAL's cache over a file or the platform's encrypted store. See `TokenCache` for the public face."""

    def __init__(self, path: Path, persistence: _Persistence) -> None:
        super().__init__()
        self._path = path
        self._persistence = persistence
        # Taken before MSAL's own lock, always in that order.
        self._mutex = threading.RLock()
        self._seen: tuple[int, int, int] | None = None
        self.is_encrypted = persistence.is_encrypted

    @classmethod
    def at(cls, path: Path, *, encrypted: bool | None) -> SharedCache:
        """The cache at a path; its folder is made, open to the user alone."""
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.parent.chmod(0o700)
        if encrypted is not False:
            try:
                # The store keeps the tokens; the file at this path only tells that they changed.
                return cls(path, msal_extensions.build_encrypted_persistence(f"{path}.sealed"))
            except Exception as error:  # whatever the platform's libraries raise when they are absent
                if encrypted:
                    raise ConfigurationError(
                        f"this platform offers no encrypted store for tokens: {type(error).__name__}",
                        hint="pass encrypted=False to keep them in a file that only you can read",
                    ) from error
        return cls(path, PlainFile(path))

    # Any: MSAL's cache has no types.
    def add(self, event: Any, **kwargs: Any) -> Any:
        """Keep what a token answer brought."""
        with self._mutex:
            return super().add(event, **kwargs)

    def modify(self, credential_type: Any, old_entry: Any, new_key_value_pairs: Any = None) -> Any:
        """Change one entry, here and in the file."""
        with self._changing():
            return super().modify(credential_type, old_entry, new_key_value_pairs=new_key_value_pairs)

    def search(self, credential_type: Any, **kwargs: Any) -> Any:
        """Entries of a kind, as the file has them now."""
        with self._mutex:
            self._reload()
            return list(super().search(credential_type, **kwargs))

    def clear(self) -> None:
        """Forget everything."""
        with self._changing():
            self.deserialize("{}")

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        with self._mutex, file_lock(Path(f"{self._path}.lock")):
            self._reload()
            yield
            self._persistence.save(self.serialize())
            if self.is_encrypted:
                self._path.touch(mode=0o600)
                os.utime(self._path)
            self._seen = self._stamp()

    def _reload(self) -> None:
        # The stamp is taken before reading: a change in between is then read twice, never missed.
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return
        try:
            self.deserialize(self._persistence.load())
        except (OSError, ValueError) as error:
            _log.warning("token cache %s cannot be read (%s); starting empty", self._path, type(error).__name__)
            self.deserialize("{}")
        self._seen = stamp

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


@contextlib.contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold a lock that other processes respect. Waits until it is free."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # releases the lock
