"""Serves files behind signed links as the service's storage does: ranges, entity tags, errors in XML.

`offers("exports")` ties a kind of thing to the function that finds it: `/download/exports/…` asks that function for the
file. Tokens are not looked at. Files are sent piece by piece, so that their size does not matter.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from vedette.tenant.signed_links import BadLink
from vedette.tenant.state import State

PIECE_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True)
class Blob:
    """A file that can be downloaded."""

    path: Path
    name: str
    """What it is called where it is saved."""
    size: int
    md5: bytes
    modified: datetime

    @property
    def etag(self) -> str:
        """Names this content."""
        return f'"0x{self.md5.hex()[:16].upper()}"'


Finder = Callable[[State, str], Blob | None]
FINDERS: dict[str, Finder] = {}
"""First segment after `/download/` → what finds the file, given the rest of the path."""


def offers(kind: str) -> Callable[[Finder], Finder]:
    """Register the decorated function as what finds the files of a kind. It is called beside the event loop."""

    def register(finder: Finder) -> Finder:
        FINDERS[kind] = finder
        return finder

    return register


async def download(state: State, request: Request, request_id: str) -> Response:
    """Answer a request for `/download/…`."""
    if request.method not in ("GET", "HEAD"):
        return _refused(
            405, "UnsupportedHttpVerb", f"{request.method} is not possible here.", request_id, Allow="GET, HEAD"
        )
    try:
        place = state.links.check(request.url.path, request.url.query)
    except BadLink as bad:
        return _refused(403, "AuthenticationFailed", bad.reason, request_id)
    kind, _, rest = place.partition("/")
    finder = FINDERS.get(kind)
    blob = await run_in_threadpool(finder, state, rest) if finder else None
    if blob is None:
        return _refused(404, "BlobNotFound", "There is no such file any more.", request_id)
    return _sent(blob, request, request_id)


def _sent(blob: Blob, request: Request, request_id: str) -> Response:
    asked = request.headers
    if "if-match" in asked and asked["if-match"] not in ("*", blob.etag):
        return _refused(412, "ConditionNotMet", "The file is another one by now.", request_id)
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": blob.etag,
        "Last-Modified": format_datetime(blob.modified.astimezone(UTC), usegmt=True),
        "Content-Disposition": f'attachment; filename="{blob.name}"',
        "x-ms-blob-type": "BlockBlob",
        "x-ms-version": "2026-02-06",
    }
    if asked.get("if-none-match") == blob.etag:
        return Response(status_code=304, headers=headers)
    span = _span(asked.get("range", ""), blob.size) if asked.get("if-range", blob.etag) == blob.etag else None
    if span is not None and span[0] >= blob.size:
        return _refused(
            416, "InvalidRange", "The range lies behind the end.", request_id, Content_Range=f"bytes */{blob.size}"
        )
    digest = base64.b64encode(blob.md5).decode()
    first, last = span or (0, blob.size - 1)
    headers["Content-Length"] = str(last - first + 1)
    headers |= (
        {"Content-MD5": digest}
        if span is None
        else {"Content-Range": f"bytes {first}-{last}/{blob.size}", "x-ms-blob-content-md5": digest}
    )
    body = _pieces(blob.path, first, last) if request.method == "GET" else iter(())
    return StreamingResponse(body, 200 if span is None else 206, headers, media_type="application/octet-stream")


def _span(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a range; None where there is none that is understood, so that the whole is sent."""
    found = _RANGE.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size - 1
    first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
    return (first, last) if first <= last or first >= size else None


def _pieces(path: Path, first: int, last: int) -> Iterator[bytes]:
    left = last - first + 1
    with path.open("rb") as file:
        file.seek(first)
        while left > 0:
            piece = file.read(min(PIECE_BYTES, left))
            if not piece:
                return
            left -= len(piece)
            yield piece


def _refused(status: int, code: str, message: str, request_id: str, **headers: str) -> Response:
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>{code}</Code><Message>{escape(message)}\nRequestId:{request_id}</Message></Error>"
    )
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, status, {"x-ms-error-code": code, **more}, media_type="application/xml")
