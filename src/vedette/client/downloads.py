"""Fetches files from links that need no token: storage at other hosts, which must never see the client's token.

A download goes on where it broke off, also in the next run of a program: what has come is kept beside its target, with
the entity tag that says which content it belongs to. A file appears under its name only once it is whole and verified.
The query of a link is a key to the file, so it is in no message and no `repr`.
"""

from __future__ import annotations

import base64
import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zlib import MAX_WBITS, decompressobj
from zlib import error as ZlibError  # noqa: N812  (the module calls its exception `error`)

import httpx2

from vedette.auth.sign_in_http import trusting
from vedette.client.pacing import Waiting
from vedette.client.retry import Retries, retry_after_s
from vedette.client.transport import CONNECT_TIMEOUT_S, TIMEOUT_S
from vedette.errors import NoAnswer

READ_BYTES = 256 * 1024
PIECE_BYTES = 1024 * 1024
"""The most that is unpacked at once."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_GZIP = MAX_WBITS | 16
_DAMAGED_TRIES = 2
"""A file that comes damaged is fetched so many times in all."""


class LinkEnded(Exception):
    """The storage does not honour the link any more. Internal: links are asked for again."""


class Stopped(Exception):
    """Somebody else has failed or given up. Internal."""


class Damaged(Exception):
    """A file is not what was sent. Internal."""


class Downloads:
    """Fetches files over connections of its own, without credentials. Safe to share between threads."""

    def __init__(
        self,
        *,
        ca_bundle: str | None = None,
        timeout_s: float = TIMEOUT_S,
        transport: httpx2.BaseTransport | None = None,
        user_agent: str = "",
        retries: Retries | None = None,
        sleep: Callable[[float], object] = time.sleep,
        on_wait: Callable[[Waiting], None] = lambda waiting: None,
    ) -> None:
        self._retries = retries or Retries()
        self._sleep = sleep
        self._on_wait = on_wait
        self._client = httpx2.Client(
            verify=trusting(ca_bundle),
            timeout=httpx2.Timeout(timeout_s, connect=min(timeout_s, CONNECT_TIMEOUT_S)),
            transport=transport,
            follow_redirects=False,
            # A file that is packed is wanted packed: what travels is what is measured, resumed and verified.
            headers={"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"},
        )

    def fetch(
        self,
        url: str,
        to: Path,
        *,
        on_bytes: Callable[[int], None] = lambda count: None,
        stop: threading.Event | None = None,
    ) -> None:
        """Bring a file to `to`; one that is there already is kept. `on_bytes` is told how much came, or was lost.

        Raises: LinkEnded; NoAnswer where the storage does not answer, or what it sends stays damaged; Stopped.
        """
        if to.exists():
            on_bytes(to.stat().st_size)
            return
        _check(url)
        partial = _Partial(to)
        on_bytes(partial.size)
        attempt, damaged, began = 1, 0, time.monotonic()
        while True:
            before = partial.size
            try:
                self._go_on(url, partial, on_bytes, stop)
                partial.finish()
                return
            except Damaged as found:
                on_bytes(-partial.size)
                partial.drop()
                damaged += 1
                if damaged >= _DAMAGED_TRIES:
                    raise NoAnswer(f"{_shown(url)} comes damaged: {found}", hint="ask for the export again") from found
                continue
            except httpx2.TransportError as error:
                reason, asked_for, cause = f"{type(error).__name__}: {error}", None, error
            except _Busy as busy:
                reason, asked_for, cause = f"status {busy.status}", busy.retry_after_s, None
            if partial.size > before:
                attempt, began = 1, time.monotonic()  # it went on: patience starts anew
            elapsed = time.monotonic() - began
            pause = self._retries.wait(
                attempt=attempt, elapsed_s=elapsed, retry_after_s=asked_for, random=random.random
            )
            if pause is None:
                raise NoAnswer(
                    f"{_shown(url)} could not be fetched ({reason})",
                    attempts=attempt,
                    elapsed_s=elapsed,
                    hint="what has come is kept where a folder was named: the same call goes on from there",
                ) from cause
            attempt += 1
            self._on_wait(Waiting(f"download of {to.name}", pause, "retry", attempt))
            self._sleep(pause)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _go_on(
        self, url: str, partial: _Partial, on_bytes: Callable[[int], None], stop: threading.Event | None
    ) -> None:
        """Fetch what is missing. Raises: TransportError, _Busy, LinkEnded, Damaged, NoAnswer, Stopped."""
        wanted = {"Range": f"bytes={partial.size}-", "If-Match": partial.etag} if partial.etag else {}
        with self._client.stream("GET", url, headers=wanted) as answer:
            _judge(url, answer)
            tag = answer.headers.get("etag", "")
            if answer.status_code == 206:
                start, total = _content_range(answer.headers)
                if start != partial.size or tag != partial.etag:
                    raise Damaged("it was continued at another place, or by another file")
            else:
                on_bytes(-partial.size)
                length = answer.headers.get("content-length", "")
                total = int(length) if length.isdigit() else None
                partial.restart(tag)
            with partial.path.open("ab") as file:
                for piece in answer.iter_raw():
                    if stop is not None and stop.is_set():
                        raise Stopped
                    file.write(piece)
                    on_bytes(len(piece))
            if total is not None and partial.size < total:
                raise httpx2.RemoteProtocolError("the answer ended early")
            if total is not None and partial.size > total:
                raise Damaged(f"{partial.size:,} bytes came instead of {total:,}")
            digest = answer.headers.get("x-ms-blob-content-md5") or (
                answer.headers.get("content-md5") if answer.status_code == 200 else None
            )
            _verify(partial.path, digest)


class _Busy(Exception):
    """The storage may answer later."""

    def __init__(self, status: int, retry_after_s: float | None) -> None:
        super().__init__(str(status))
        self.status = status
        self.retry_after_s = retry_after_s


class _Partial:
    """What has come of a file so far, and the tag of the content that it is the beginning of."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self.path = to.with_name(f"{to.name}.part")
        self._tag_path = to.with_name(f"{to.name}.etag")
        self.etag = self._tag_path.read_text() if self._tag_path.exists() and self.path.exists() else ""
        if not self.etag:
            self.drop()

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def restart(self, etag: str) -> None:
        """Nothing has come yet. Without a strong tag a broken download cannot go on, and starts anew."""
        self.drop()
        self.path.touch()
        if etag and not etag.startswith("W/"):
            self._tag_path.write_text(etag)
            self.etag = etag

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        self._tag_path.unlink(missing_ok=True)
        self.etag = ""

    def finish(self) -> None:
        self.path.replace(self._to)
        self._tag_path.unlink(missing_ok=True)


def _check(url: str) -> None:
    parts = urlsplit(url)
    is_good = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_good or not parts.hostname or parts.username:
        raise NoAnswer("an export was answered with a link that is not https", hint=f"it leads to {parts.hostname}")


def _judge(url: str, answer: httpx2.Response) -> None:
    status = answer.status_code
    if status in (200, 206):
        return
    if status in (401, 403, 404, 410):
        raise LinkEnded(f"{_shown(url)} answered {status}")
    if status in (412, 416):
        raise Damaged("it is another file by now")
    if status == 429 or status >= 500:
        raise _Busy(status, retry_after_s(answer.headers, datetime.now(UTC)))
    raise NoAnswer(f"{_shown(url)} answered {status}", hint="ask for the export again")


def _content_range(headers: Mapping[str, str]) -> tuple[int, int | None]:
    span, _, total = headers.get("content-range", "").removeprefix("bytes ").partition("/")
    first = span.partition("-")[0]
    return int(first) if first.isdigit() else -1, int(total) if total.isdigit() else None


def _verify(path: Path, digest: str | None) -> None:
    """Raises: Damaged. The storage's own checksum is enough; where it sends none, the archive is read through."""
    if digest is None:
        if path.suffixes[-2:-1] == [".gz"]:
            for _ in unpacked(path):
                pass
        return
    md5 = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            md5.update(piece)
    if base64.b64encode(md5.digest()).decode() != digest:
        raise Damaged("its checksum is not the one that was announced")


def unpacked(path: Path) -> Iterator[bytes]:
    """The content of a gzip file, piece by piece. Raises: Damaged."""
    archive = decompressobj(_GZIP)
    is_begun = False
    with path.open("rb") as file:
        data = b""
        while True:
            data = data or file.read(READ_BYTES)
            if not data:
                if tail := archive.flush():
                    yield tail
                break
            is_begun = True
            try:
                piece = archive.decompress(data, PIECE_BYTES)
            except ZlibError as error:
                raise Damaged(f"it does not unpack: {error}") from error
            if piece:
                yield piece
            if archive.eof:  # gzip files may be several archives after each other
                data, is_begun, archive = archive.unused_data, False, decompressobj(_GZIP)
            else:
                data = archive.unconsumed_tail
    if is_begun and not archive.eof:
        raise Damaged("it ends early")


def _shown(url: str) -> str:
    """A link without what makes it work."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
