"""Finds what the tests of the documentation look at: pages, and blocks of code in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"(?:<!-- no-run: (?P<reason>[^>]+?) -->\n+)?^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.M | re.S
)


@dataclass(frozen=True)
class Block:
    """A block of code on a page."""

    page: str
    line: int
    language: str
    code: str
    reason: str | None
    """Why it is not run, from a comment above it: `<!-- no-run: needs … -->`."""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every Markdown file of the project."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


def blocks(language: str) -> Iterator[Block]:
    """Every block of this language."""
    for page in pages():
        text = page.read_text("utf-8")
        for found in _BLOCK.finditer(text):
            if found["language"] == language:
                line = text.count("\n", 0, found.start("code")) + 1
                yield Block(page.relative_to(ROOT).as_posix(), line, language, found["code"], found["reason"])
