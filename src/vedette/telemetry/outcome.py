"""What the readers of exports hand on: rows that are ready to be written, and rejects with their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vedette.catalogue.tables import Table
from vedette.telemetry.records import Rejected


@dataclass(frozen=True, slots=True)
class Reject:
    """A record of an export that became no row."""

    number: int
    """From 1, in the order of the file; a CSV file's heading is not counted."""
    content: bytes
    why: Rejected


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one block of an export became."""

    table: Table
    rows: Any  # pyarrow.Table in the table's schema; stubs are absent
    rejects: Sequence[Reject] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How exports are to be read."""

    table: Table | None = None
    """What the user says the rows are of."""
    drop_unknown: bool = False
    """Leave out columns that the table lacks, instead of refusing the file."""
