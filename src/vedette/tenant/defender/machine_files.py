"""The files of a machine as live response meets them: those that telemetry shows, and those that were put there.

Telemetry keeps no contents. Bytes of a file that only telemetry knows are made up from its path and hash, of the right
size (up to a bound) and always the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from vedette.catalogue.machines import Machine
from vedette.tenant.defender.forensics import Forensics, SeenFile
from vedette.tenant.store.defender import DefenderStore
from vedette.tenant.store.response import PutFile

LARGEST_BYTES = 32 * 1024 * 1024
"""A larger file is cut off here."""
_TEXTS = ("txt", "log", "csv", "ps1", "sh", "cmd", "bat", "json", "xml", "ini", "conf", "md")


@dataclass(frozen=True, slots=True)
class Found:
    """A file on the machine."""

    path: str
    seen: SeenFile | None = None
    sha256: str | None = None
    """Of the library file that was put there."""

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.replace("\\", "/").rpartition("/")[2]


class MachineFiles:
    """One machine's files at a moment. Reads telemetry when first asked for a file that was not put there."""

    def __init__(self, store: DefenderStore, machine: Machine, now: datetime) -> None:
        self._store = store
        self._machine = machine
        self.forensics = Forensics(store.lake, machine.id, now)
        self._put = {each.path.lower(): each for each in store.put_files.where(machine_id=machine.id)}
        self._seen: dict[str, SeenFile] | None = None

    @property
    def is_windows(self) -> bool:
        """Whether paths are those of Windows."""
        return (self._machine.os_platform or "Windows").startswith("Windows")

    @property
    def downloads(self) -> str:
        """The folder that live response puts files into."""
        if self.is_windows:
            return "C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\Downloads\\"
        return "/var/opt/microsoft/mdatp/downloads/"

    def put(self, file_name: str, sha256: str, at: datetime) -> PutFile:
        """A library file on this machine; it is there for later commands of the session at once."""
        path = self.downloads + file_name
        put = PutFile(
            id=f"{self._machine.id}/{path.lower()}",
            machine_id=self._machine.id,
            path=path,
            sha256=sha256,
            put_at=at,
        )
        self._put[path.lower()] = put
        return put

    def find(self, path: str) -> Found | None:
        """The file at a path; a bare name is looked for where files are put. Letter case makes no difference."""
        wanted = self._whole(path)
        put = self._put.get(wanted)
        if put is not None:
            return Found(put.path, sha256=put.sha256)
        seen = self._known.get(wanted)
        return Found(seen.path, seen=seen) if seen is not None else None

    def folder(self, path: str) -> list[str]:
        """Names of the files directly in a folder."""
        separator = "\\" if self.is_windows else "/"
        start = self._whole(path).rstrip("\\/") + separator
        paths = [each.path for each in self._put.values()] + [each.path for each in self._known.values()]
        names = {each[len(start) :] for each in paths if each.lower().startswith(start)}
        return sorted(name for name in names if separator not in name)

    def content(self, found: Found) -> bytes:
        """What is in a file."""
        if found.sha256 is not None:
            kept = self._store.contents.get(found.sha256)
            return kept.content if kept is not None else b""
        seen = found.seen
        return b"" if seen is None else made_up(seen.path, seen.sha1, seen.size)

    @property
    def _known(self) -> dict[str, SeenFile]:
        if self._seen is None:
            self._seen = self.forensics.files()
        return self._seen

    def _whole(self, path: str) -> str:
        text = path.strip().strip("\"'")
        if self.is_windows:
            text = text.replace("/", "\\")
        is_bare = "\\" not in text and "/" not in text
        return (self.downloads + text if is_bare else text).lower()


def made_up(path: str, sha1: str, size: int) -> bytes:
    """Bytes for a file whose content nobody knows: text for texts, else noise behind the head of its kind."""
    size = max(0, min(size, LARGEST_BYTES))
    kind = path.rpartition(".")[2].lower()
    if kind in _TEXTS:
        line = f"{path}: telemetry keeps no contents; these lines stand for them.\r\n".encode()
        return (line * (size // len(line) + 1))[:size]
    head = b"MZ" if kind in ("exe", "dll", "sys") else b"PK\x03\x04" if kind in ("docx", "xlsx", "zip") else b""
    noise = hashlib.shake_256(f"{path.lower()}\n{sha1}".encode()).digest(max(0, size - len(head)))
    return (head + noise)[:size]
