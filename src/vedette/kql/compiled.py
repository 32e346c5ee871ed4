"""What compiling a query gives: everything that an engine needs to run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vedette.catalogue.tables import KqlType
from vedette.kql.plan import Plan
from vedette.kql.schema import Column


@dataclass(frozen=True, slots=True)
class Render:
    """How the query wants its result drawn: `render timechart with (title="…")`."""

    chart: str
    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """A step that is a program: run the inputs, hand them to the procedure, keep its rows under `name`."""

    name: str
    procedure: str
    inputs: tuple[StageInput, ...]
    options: Mapping[str, object]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class StageInput:
    """One input of a stage: the SQL, and the columns of its rows in order."""

    sql: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class ExternalFile:
    """A file outside that the query reads by `externaldata`; SQL names the view `name`, which the engine makes."""

    name: str
    addresses: tuple[str, ...]
    format: str
    options: Mapping[str, object]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query, ready for an engine. `sql` is one SELECT whose columns are the physical names of `columns`, in order."""

    sql: str
    columns: tuple[Column, ...]
    tables: frozenset[str]
    plan: Plan
    stages: tuple[Stage, ...] = ()
    externals: tuple[ExternalFile, ...] = ()
    render: Render | None = None
    parts: tuple[tuple[str, str, tuple[Column, ...]], ...] = ()
    """Further results of one query (`fork`, `facet`, several statements): name, SQL and columns of each."""
    remarks: tuple[str, ...] = ()
    """What somebody who looks at the rows should know of the query."""

    @property
    def schema(self) -> tuple[tuple[str, KqlType], ...]:
        """Name and type of each result column."""
        return tuple((column.name, column.type) for column in self.columns)
