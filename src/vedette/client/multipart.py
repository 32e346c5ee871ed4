"""Writes the one kind of request body that is not JSON: a form with a file (`multipart/form-data`, RFC 7578)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from vedette.catalogue.operation import Upload

_CRLF = b"\r\n"


def encode_multipart(body: Mapping[str, object]) -> tuple[bytes, str]:
    """The body and its content type. The boundary is made of the content, so that equal calls send equal bytes."""
    parts = [_part(name, value) for name, value in body.items()]
    boundary = f"vedette-{hashlib.sha256(_CRLF.join(parts)).hexdigest()[:32]}"
    line = f"--{boundary}".encode()
    return b"".join([*(line + _CRLF + part + _CRLF for part in parts), line, b"--", _CRLF]), (
        f"multipart/form-data; boundary={boundary}"
    )


def _part(name: str, value: object) -> bytes:
    head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    if isinstance(value, Upload):
        head += f'; filename="{_quoted(value.name)}"\r\nContent-Type: application/octet-stream'
        content = value.content
    else:
        content = ("true" if value is True else "false" if value is False else str(value)).encode()
    return head.encode() + _CRLF * 2 + content


def _quoted(text: str) -> str:
    """A name inside quotes, as HTML forms write it."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
