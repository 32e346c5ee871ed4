"""Rules written into files for one test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from vedette.detections import Rule, read_rules

Write = Callable[..., Rule]


@pytest.fixture
def rule(tmp_path: Path) -> Write:
    """Writes a rule file and reads it."""

    def write(text: str, name: str = "rule.yaml") -> Rule:
        path = tmp_path / name
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        (found,) = read_rules([path])
        return found

    return write
