"""What specifications of the language need: Microsoft's own reader, and public queries where their folder is given."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.spec.kql.official import Official, missing
from vedette.catalogue.tables import TABLES


@pytest.fixture(scope="session")
def official() -> Iterator[Official]:
    """Microsoft's language service with the hunting tables. Skips where Node or the library is missing."""
    if reason := missing():
        pytest.skip(reason)
    tables = {name: [(column.name, column.type) for column in table.columns] for name, table in TABLES.items()}
    with Official(tables) as running:
        yield running


@dataclass(frozen=True, slots=True)
class PublicQuery:
    """A query that somebody published, and whether Microsoft's reader takes it."""

    id: str
    text: str
    is_valid: bool
    """Its syntax is right."""
    is_bound: bool = False
    """The reader also knows all names in it, and their types fit."""


@pytest.fixture(scope="session")
def public_queries() -> list[PublicQuery]:
    """The queries of the folder in VEDETTE_CORPUS. Skips where it is not set."""
    folder = os.environ.get("VEDETTE_CORPUS")
    path = Path(folder or ".") / "hunting_dev.jsonl"
    if not folder or not path.is_file():
        pytest.skip("public queries are kept outside the repository: set VEDETTE_CORPUS to their folder")
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [
        PublicQuery(row["id"], row["query"], (said := row["official"])["syntax_ok"], not any(said["semantic_errors"]))
        for row in rows
    ]
