"""The table of clients and flows names tests that exist."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.clients.matrix import MATRIX


@pytest.mark.parametrize("client", MATRIX)
def test_every_cell_names_a_test(client: str) -> None:
    here = Path(__file__).parent
    written = {
        f"{module.stem}::{node.name}"
        for module in here.glob("test_*.py")
        for node in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }

    assert set(MATRIX[client].values()) <= written
