"""Columns of rows on their way through a query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from vedette.catalogue.tables import KqlType

Encoding = Literal["", "ns", "us"]
"""How a datetime column is stored: in ticks of 100 ns since year 1 (empty; every other type is always empty), or as an
engine's own timestamp of nanoseconds or microseconds since 1970, so that files can be skipped by their statistics."""


@dataclass(eq=False, slots=True)
class Column:
    """A column, told from others by identity: two columns of one name are two objects.

    `name` is what the query says; `physical` what engines call it. Engines do not tell letter case apart and names of
    one row must differ there, so the second of `LogonId` and `LogonID` is physically `LogonID_1`.
    """

    name: str
    type: KqlType
    physical: str
    encoding: Encoding = ""

    def __repr__(self) -> str:
        return f"{self.name}:{self.type}"


class Naming:
    """Gives the new columns of one row physical names that differ from each other and from those already there."""

    def __init__(self, present: Iterable[Column] = ()) -> None:
        self._taken = {column.physical.lower() for column in present}

    def column(self, name: str, type: KqlType, encoding: Encoding = "") -> Column:
        """A new column of this name."""
        base = " ".join(name.splitlines()) or "empty"  # SQL is indented line by line: a name must not reach over lines.
        physical, count = base, 0
        while physical.lower() in self._taken:
            count += 1
            physical = f"{base}_{count}"
        self._taken.add(physical.lower())
        return Column(name, type, physical, encoding)
