"""Rows out of the files of an export: gzip, a JSON object on each line, read piece by piece.

A strict typed read is tried first. Rows that use the names of samples, or carry nulls where the schema has none, are
read leniently, as answers of the API are (`decode`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from vedette.catalogue.entity import Complex, aliases, describe, reachable
from vedette.client.decode import renamed, without_nulls
from vedette.client.downloads import Damaged, unpacked

T = TypeVar("T")


def line_blocks(path: Path) -> Iterator[bytes]:
    """The content in blocks of whole lines, about a megabyte each. Raises: Damaged."""
    rest = b""
    for piece in unpacked(path):
        end = piece.rfind(b"\n") + 1
        if end == 0:
            rest += piece
            continue
        yield rest + piece[:end]
        rest = piece[end:]
    if rest.strip():
        yield rest + b"\n"


class RowReader(Generic[T]):
    """Reads rows of one type. `kind` is None where no type is declared: rows are dicts then."""

    def __init__(self, kind: type[T] | None) -> None:
        self._kind = kind
        shape: Any = kind if kind is not None else dict[str, Any]  # Any: the values of a row without a type
        self._shape = shape
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(shape)
        entity = kind if isinstance(kind, type) and issubclass(kind, Complex) else None
        self._own = frozenset(p.wire for p in describe(entity)) if entity else frozenset()
        self._names = _other_names(entity) if entity else {}

    def blocks(self, path: Path) -> Iterator[list[T]]:
        """The rows of a file, some thousand at a time. Raises: Damaged."""
        has_other_names: bool | None = None
        for block in line_blocks(path):
            if has_other_names is None:
                has_other_names = self._is_named_otherwise(block)
            if has_other_names:
                yield self._leniently(block)
                continue
            try:
                rows = self._decoder.decode_lines(block)
            except msgspec.DecodeError:
                rows = self._leniently(block)
            yield rows

    def _is_named_otherwise(self, block: bytes) -> bool:
        if not self._names:
            return False
        try:
            first = msgspec.json.decode(block[: block.index(b"\n")])
        except msgspec.DecodeError:
            return False
        return isinstance(first, dict) and any(name in self._names and name not in self._own for name in first)

    def _leniently(self, block: bytes) -> list[T]:
        try:
            return [
                msgspec.convert(
                    renamed(without_nulls(msgspec.json.decode(line)), self._names), self._shape, strict=False
                )
                for line in block.splitlines()
                if line.strip()
            ]
        except msgspec.DecodeError as error:
            raise Damaged(f"a line is no row: {error}") from error


def _other_names(kind: type[Complex]) -> Mapping[str, str]:
    """Files write some names with a capital first letter; samples have further ones."""
    kinds = reachable([kind])
    pascal = {p.wire[:1].upper() + p.wire[1:]: p.wire for each in kinds for p in describe(each)}
    return pascal | {seen: name for each in kinds for seen, name in aliases(each).items()}
