"""Links between pages lead to files and headings that exist."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.markdown import ROOT, pages

_FENCED = re.compile(r"^```.*?^```$", re.M | re.S)
_LINK = re.compile(r"\[[^\]\[]*(?:\[[^\]]*\][^\]\[]*)*\]\(([^)\s]+)\)")
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in _LINK.findall(_FENCED.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        has_anchor = not anchor or target.suffix != ".md" or (target.exists() and anchor in _anchors(target))
        if not target.exists() or not target.is_relative_to(ROOT) or not has_anchor:
            dead.append(link)

    assert dead == []


def test_every_page_is_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    named = {(ROOT / "docs" / link).resolve() for link in _LINK.findall(index)}

    assert [
        page for page in sorted((ROOT / "docs").rglob("*.md")) if page.name != "index.md" and page not in named
    ] == []


@cache
def _anchors(page: Path) -> frozenset[str]:
    """Anchors as GitHub makes them from headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", page.read_text("utf-8")), re.M)
    return frozenset(_NOT_IN_ANCHORS.sub("", heading.lower()).replace(" ", "-") for heading in headings)
