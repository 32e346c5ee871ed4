"""Reads forms with files (`multipart/form-data`, RFC 7578) out of a request that is already here as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vedette.catalogue.operation import Upload

_BOUNDARY = re.compile(r'multipart/form-data\s*;.*?\bboundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE | re.DOTALL)
_NAME = re.compile(r'\bname="([^"]*)"|\bname=([^\s;]+)', re.IGNORECASE)
_FILE_NAME = re.compile(r'\bfilename="([^"]*)"|\bfilename=([^\s;]+)', re.IGNORECASE)
_DISPOSITION = re.compile(rb"^content-disposition:\s*form-data\s*;(.*)$", re.IGNORECASE | re.MULTILINE)


def form_parts(body: bytes, content_type: str) -> Iterator[tuple[str, Upload | str]]:
    """Name and content of each part: a part with a file name is a file. Raises: ValueError for what is no form."""
    found = _BOUNDARY.match(content_type)
    if found is None:
        raise ValueError("not a form with parts")
    line = b"--" + (found[1] or found[2]).encode("latin-1")
    _, *parts = (b"\r\n" + body).split(b"\r\n" + line)
    if not parts or not parts[-1].startswith(b"--"):
        raise ValueError("the form does not end")
    for part in parts[:-1]:
        head, blank, content = part.partition(b"\r\n\r\n")
        disposition = _DISPOSITION.search(head)
        if not blank or disposition is None:
            raise ValueError("a part without a name")
        yield _named(disposition[1].decode("utf-8", "replace"), content)


def _named(disposition: str, content: bytes) -> tuple[str, Upload | str]:
    file_name = _FILE_NAME.search(disposition)
    name = _NAME.search(_FILE_NAME.sub("", disposition))
    if name is None:
        raise ValueError("a part without a name")
    own = _unquoted(name[1] or name[2] or "")
    if file_name is not None:
        return own, Upload(_unquoted(file_name[1] or file_name[2] or ""), content)
    return own, content.decode("utf-8")


def _unquoted(text: str) -> str:
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
