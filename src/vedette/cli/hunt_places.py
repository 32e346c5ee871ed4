"""Where a hunting query runs: on the service (a local tenant is one, too), or here over files.

Both give an `Answer`; how one is shown is in `hunt_results`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vedette.errors import QueryError, ServiceError

if TYPE_CHECKING:
    from vedette import Defender
    from vedette.catalogue.advanced_hunting import HuntingWay
    from vedette.client.hunting import HuntingResult
    from vedette.hunting import Engine, Limits, Result
    from vedette.kql import Compiled, Render
    from vedette.kql.tables import Tables


@dataclass
class Rows:
    """One result of a query."""

    name: str
    """What the query calls it; empty for the only or first one."""
    columns: tuple[tuple[str, str], ...]
    """Name and type of each."""
    make_rows: Callable[[], Sequence[Mapping[str, Any]]] = field(repr=False)  # Any: JSON
    make_arrow: Callable[[], Any] = field(repr=False)  # an Arrow table; stubs are absent

    @cached_property
    def rows(self) -> Sequence[Mapping[str, Any]]:  # Any: JSON
        """Rows as the service writes them in JSON."""
        return self.make_rows()


@dataclass
class Answer:
    """What a query gave: one result, or several of a batch or fork."""

    parts: list[Rows]
    seconds: float
    render: Render | None = None
    """How the query wants its last result drawn."""
    empty_tables: Sequence[str] = ()
    """Tables that the query read and that hold nothing here."""
    remarks: Sequence[str] = ()
    """What else should be known of the query."""


class Place(Protocol):
    """Where queries run."""

    @property
    def name(self) -> str:
        """What it is called where it is shown."""

    @property
    def tables(self) -> Tables:
        """The tables that queries may name there, as far as it is known."""

    def run(self, query: str, parameters: Mapping[str, object]) -> Answer:
        """Run a query. Raises: VedetteError; KeyboardInterrupt after the query was stopped."""

    def compile(self, query: str, parameters: Mapping[str, object]) -> Compiled:
        """What the query becomes, without running it. Raises: QueryError."""


class Service:
    """Advanced hunting on the service, through the SDK."""

    def __init__(self, defender: Defender, through: HuntingWay = "endpoint", timespan: str | None = None) -> None:
        self._defender = defender
        self._through = through
        self._timespan = timespan

    @property
    def name(self) -> str:
        """The API's origin."""
        return self._defender.base_url

    @cached_property
    def tables(self) -> Tables:
        """The documented tables."""
        from vedette.kql import hunting_tables

        return hunting_tables()

    def run(self, query: str, parameters: Mapping[str, object]) -> Answer:
        """Send the query, and wait for its rows."""
        from vedette.kql.charts import render_of

        began = time.monotonic()
        with refusals(len(parameters)):
            result = self._defender.hunt(query, parameters, through=self._through, timespan=self._timespan)
        return Answer([_of_service(result)], time.monotonic() - began, render_of(query))

    def compile(self, query: str, parameters: Mapping[str, object]) -> Compiled:
        """As our own engine would run it: the service does not tell."""
        return compiled(query, parameters)


class Local:
    """The engine of `vedette.hunting` over files."""

    def __init__(self, engine: Engine, *, name: str, now: datetime | None, limits: Limits) -> None:
        self._engine = engine
        self._now = now
        self._limits = limits
        self.name = name

    @property
    def tables(self) -> Tables:
        """The tables found at the paths, and the documented ones."""
        return self._engine.tables

    def run(self, query: str, parameters: Mapping[str, object]) -> Answer:
        """Run the query here."""
        try:
            result = self._engine.run(query, parameters, now=self._now, limits=self._limits)
        except QueryError as error:
            if "outside=Outside(" in error.hint:  # said to programs; here there are options for it
                error.hint = f"--allow-{'folder DIR' if 'folders' in error.hint else 'host HOST'} allows it"
            raise
        parts = [_of_engine("", result), *(_of_engine(name, part) for name, part in result.parts.items())]
        return Answer(parts, result.stats.seconds, result.render, result.stats.empty_tables, result.compiled.remarks)

    def compile(self, query: str, parameters: Mapping[str, object]) -> Compiled:
        """What the engine would run."""
        return self._engine.compile(query, parameters, now=self._now, limits=self._limits)


@contextmanager
def local(
    paths: Sequence[Path], *, now: datetime | None, limits: Limits, folders: Sequence[Path], hosts: Sequence[str]
) -> Iterator[Local]:
    """An engine over the tables at some paths, closed in the end.

    folders, hosts: what `externaldata` may read. Raises: ConfigurationError.
    """
    from vedette.hunting import Engine, Outside

    outside = Outside(folders=tuple(folders), hosts=frozenset(hosts))
    with Engine.from_paths(paths, outside=outside) as engine:
        yield Local(engine, name=", ".join(map(str, paths)), now=now, limits=limits)


@contextmanager
def refusals(parameters: int = 0) -> Iterator[None]:
    """Inside, a query that the service refuses raises QueryError, as one that runs here does.

    parameters: how many stand in front of the query, in lines of their own, which the caller did not write.
    """
    try:
        yield
    except ServiceError as error:
        if error.status != 400:
            raise
        said = error.message.partition(": ")[2] or error.message
        raise QueryError(_lines_before(said, parameters)) from error


def compiled(query: str, parameters: Mapping[str, object]) -> Compiled:
    """A query over the documented tables, as our engine would run it. Needs nobody who is signed in."""
    from vedette.kql import compile_query, hunting_tables

    return compile_query(query, hunting_tables(), now=datetime.now(UTC), parameters=parameters)


def _lines_before(message: str, count: int) -> str:
    """A message about a query with its line numbers counted from `count` lines later."""

    def earlier(found: re.Match[str]) -> str:
        number = max(1, int(found[2]) - count)
        return f"{found[1]}{number:>{len(found[2])}}{found[3]}"

    return re.sub(r"(?m)(^ *|\(line )(\d+)( \| |, column )", earlier, message) if count else message


def _of_engine(name: str, result: Result) -> Rows:
    return Rows(name, tuple((column.name, column.type) for column in result.columns), result.json_rows, result.arrow)


def _of_service(result: HuntingResult) -> Rows:
    truths = [column.name for column in result.columns if column.type == "bool"]

    def rows() -> Sequence[Mapping[str, Any]]:  # Any: JSON
        if not truths:
            return result.answered
        # The service writes truth values as 0 and 1.
        return [
            {**row, **{name: bool(row[name]) for name in truths if row.get(name) is not None}}
            for row in result.answered
        ]

    return Rows("", tuple((column.name, column.type) for column in result.columns), rows, result.arrow)
