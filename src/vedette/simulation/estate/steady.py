"""Choices that look like chance and never change: the same parts always give the same number."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def number(*parts: object) -> int:
    """A large number that stands for these parts."""
    return int.from_bytes(hashlib.blake2b(":".join(map(str, parts)).encode(), digest_size=8).digest())


def share(*parts: object) -> float:
    """A number from 0 up to but not including 1."""
    return number(*parts) / 2**64


def pick(options: Sequence[T], *parts: object) -> T:
    """One of the options."""
    return options[number(*parts) % len(options)]


def digits(length: int, *parts: object) -> str:
    """So many hexadecimal digits, at most 64."""
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:length]


def identifier(*parts: object) -> str:
    """A UUID text."""
    return str(uuid.UUID(bytes=hashlib.sha256(":".join(map(str, parts)).encode()).digest()[:16], version=4))
