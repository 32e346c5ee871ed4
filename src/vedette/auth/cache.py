"""The token cache that programs of one user share: which file, and whether it is encrypted.

The platform's own store is used where it offers one (Keychain, DPAPI, libsecret); else a file that only the user can
read, in a folder that only the user can open. What MSAL sees of it lives in `shared_cache`, imported on first use.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.auth.places import token_cache_file

if TYPE_CHECKING:
    from vedette.auth.shared_cache import SharedCache


class TokenCache:
    """Tokens that outlive the program. Pass the same one to several credentials."""

    def __init__(self, path: str | os.PathLike[str] | None = None, *, encrypted: bool | None = None) -> None:
        """`encrypted`: None takes the platform's store if there is one, True insists on it, False never does."""
        self.path = Path(path) if path is not None else token_cache_file()
        self._encrypted = encrypted
        self._lock = threading.Lock()
        self._store: SharedCache | None = None

    def store(self) -> SharedCache:
        """The cache as MSAL takes it. Raises: ConfigurationError when encryption was insisted on and there is none."""
        from vedette.auth.shared_cache import SharedCache

        with self._lock:
            if self._store is None:
                self._store = SharedCache.at(self.path, encrypted=self._encrypted)
            return self._store

    @property
    def is_encrypted(self) -> bool:
        """Whether the platform's encrypted store is in use."""
        return self.store().is_encrypted

    def clear(self) -> None:
        """Forget every token."""
        self.store().clear()

    def __repr__(self) -> str:
        return f"TokenCache({str(self.path)!r})"
