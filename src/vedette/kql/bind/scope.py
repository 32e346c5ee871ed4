"""What names mean: the columns of the rows at hand, and what `let` and parameters have named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bound import Aggregation, Bound, Ref
from vedette.kql.plan import Plan, Window
from vedette.kql.schema import Column, Naming

TIME_NAMES: Mapping[str, str] = {"TimeGenerated": "Timestamp", "Timestamp": "TimeGenerated"}
"""Hunting tables have Timestamp, the same tables in a workspace have TimeGenerated: each name finds the other."""

TEXTS_OF_DYNAMIC: frozenset[str] = frozenset(
    {"AdditionalFields", "ConnectedNetworks", "DefaultGateways", "DnsAddresses", "IPAddresses", "LoggedOnUsers"}
)
"""Columns of JSON that hunting tables declare as text and the same tables in a workspace as dynamic. Published queries
read them in both ways, so that properties and elements of the text are those of what it says."""


class Row:
    """The columns of some rows, found by name. Names are case-sensitive."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self.columns = tuple(columns)
        self._by_name = {column.name: column for column in self.columns}

    def find(self, name: str) -> Column | None:
        """The column of this name, or of the other name of the same time column."""
        found = self._by_name.get(name)
        if found is None:
            written = name.rstrip("0123456789")
            other = TIME_NAMES.get(written)
            # A join numbers the second of two columns of one name: TimeGenerated1 is Timestamp1.
            found = self._by_name.get(other + name[len(written) :]) if other else None
        return found

    def exactly(self, name: str) -> Column | None:
        """The column of just this name."""
        return self._by_name.get(name)

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    @property
    def names(self) -> list[str]:
        """All names, in order."""
        return list(self._by_name)


EMPTY: Row = Row(())


@dataclass(frozen=True, slots=True)
class LetScalar:
    """A name for a scalar."""

    value: Bound


@dataclass(frozen=True, slots=True)
class LetTable:
    """A name for rows. They are bound anew at each use, so that each use has columns of its own."""

    value: syntax.Expr
    scope: Scope
    ready: list[Plan] = field(default_factory=list, compare=False, repr=False)
    """The plan that was made when the name was defined, until its first use takes it."""


@dataclass(frozen=True, slots=True)
class LetPlan:
    """A name for rows that are bound already: the input of `invoke`, the rows of `as`, a materialized pipeline."""

    definition: Plan
    shared: str


@dataclass(frozen=True, slots=True)
class LetFunction:
    """A user's function, with the names that it can see."""

    definition: syntax.Lambda
    scope: Scope


@dataclass(frozen=True, slots=True)
class LetPattern:
    """A declared pattern, with the names that its pipelines can see."""

    declaration: syntax.DeclarePattern
    scope: Scope


Meaning = LetScalar | LetTable | LetPlan | LetFunction | LetPattern


class Scope:
    """Names, innermost first. A scope is never changed by what is inside of it."""

    def __init__(self, parent: Scope | None = None) -> None:
        self._parent = parent
        self._own: dict[str, Meaning] = {}
        self.tables: frozenset[str] | None = None
        """The tables that may be read here, where access is restricted. It is said of outermost scopes."""

    def define(self, name: str, meaning: Meaning) -> None:
        """Give a name a meaning here."""
        self._own[name] = meaning

    @property
    def root(self) -> Scope:
        """The outermost scope: that of the query's statements."""
        scope = self
        while scope._parent is not None:
            scope = scope._parent
        return scope

    def find(self, name: str) -> Meaning | None:
        """The innermost meaning of a name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope._own:
                return scope._own[name]
            scope = scope._parent
        return None

    def forget(self, name: str) -> None:
        """Take a meaning away that a name has here."""
        self._own.pop(name, None)

    def sees(self, table: str) -> bool:
        """Whether a table may be read here."""
        allowed = self.root.tables
        return allowed is None or table in allowed

    def names(self) -> Iterator[str]:
        """All names that mean something here."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope._own
            scope = scope._parent


@dataclass(slots=True)
class Aggregates:
    """Collects the aggregates of a `summarize`; each gets a column that the expression around it refers to."""

    naming: Naming
    found: list[tuple[Aggregation, tuple[Column, ...]]] = field(default_factory=list)

    def add(self, aggregation: Aggregation, types: Iterable[KqlType]) -> tuple[Column, ...]:
        """Columns for what an aggregation gives; the same aggregation has them once."""
        for known, columns in self.found:
            if known == aggregation:
                return columns
        columns = tuple(self.naming.column("aggregate", type) for type in types)
        self.found.append((aggregation, columns))
        return columns


@dataclass(slots=True)
class WindowCalls:
    """Collects window functions, in the order in which they depend on each other."""

    naming: Naming
    found: list[tuple[Window, Column]] = field(default_factory=list)

    def add(self, window: Window, type: KqlType) -> Ref:
        """A column for the window's value."""
        column = self.naming.column(window.name, type)
        self.found.append((window, column))
        return Ref(type, column)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an expression stands: which names it sees, and what is allowed in it."""

    scope: Scope
    row: Row = EMPTY
    aggregates: Aggregates | None = None
    windows: WindowCalls | None = None
    left: Row | None = None
    right: Row | None = None
    """The sides of a join, for `$left.x` and `$right.x`."""
    inside_aggregate: bool = False
