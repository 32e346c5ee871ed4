"""A set of structs in SQLite: the whole struct as one JSON body, and narrow columns for what is looked up or filtered.

A page of entities is the stored bodies joined, never decoded and encoded again. Entities whose expandable properties
are left out of an ordinary answer keep a second, full body.
"""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec

from vedette.catalogue.entity import Complex, Entity, describe
from vedette.tenant.store.database import Database

T = TypeVar("T", bound=msgspec.Struct)


def column_time(moment: datetime) -> str:
    """A time as columns hold it: UTC, seven fraction digits, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def _column_value(value: object) -> object:
    if isinstance(value, datetime):
        return column_time(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (list, tuple)):
        return json.dumps(value)
    return value


@dataclass(frozen=True)
class Selection(Generic[T]):
    """A part of a collection: a condition with its parameters, to be narrowed further and then read."""

    collection: Collection[T]
    where: str = "1"
    parameters: tuple[object, ...] = ()

    def narrowed(self, where: str, parameters: Sequence[object]) -> Selection[T]:
        """The rows of this selection that also meet `where`, a condition on columns with `?` for each parameter."""
        return Selection(self.collection, f"({self.where}) AND ({where})", (*self.parameters, *parameters))

    def bodies(
        self, *, order: str | None = None, limit: int | None = None, offset: int = 0, full: bool = False
    ) -> list[bytes]:
        """The stored JSON bodies in order of `order` (an ORDER BY text), else of first insertion."""
        column = "full" if full and self.collection.has_full else "body"
        # Conditions and orders are built by code from column names; every value travels as a parameter.
        sql = (
            f"SELECT {column} FROM {self.collection.table} WHERE {self.where} "  # noqa: S608
            f"ORDER BY {order + ', ' if order else ''}rowid LIMIT ? OFFSET ?"
        )
        rows = self.collection.database.rows(sql, (*self.parameters, -1 if limit is None else limit, offset))
        return [row[0] for row in rows]  # type: ignore[misc]  # the column is BLOB NOT NULL

    def count(self) -> int:
        """How many rows there are."""
        sql = f"SELECT COUNT(*) FROM {self.collection.table} WHERE {self.where}"  # noqa: S608  (see bodies)
        (row,) = self.collection.database.rows(sql, self.parameters)
        return int(row[0])  # type: ignore[call-overload, no-any-return]  # COUNT answers an integer

    def __iter__(self) -> Iterator[T]:
        return map(self.collection.decode, self.bodies(full=True))


class Collection(Generic[T]):
    """All structs of one kind. `key` is the attribute that names one; `columns` are attributes with a column each.

    An attribute in `any_case` is compared without regard to letter case.
    """

    def __init__(
        self,
        database: Database,
        kind: type[T],
        *,
        key: str = "id",
        columns: Sequence[str] = (),
        any_case: Sequence[str] = (),
        expandable: Sequence[str] = (),
        name: str | None = None,
    ) -> None:
        self.database = database
        self.kind = kind
        self.key = key
        self.columns = tuple(dict.fromkeys((key, *columns)))
        self.table = f'"{name or kind.__name__}"'
        self.has_full = bool(expandable)
        self._emptied: Mapping[str, list[object]] = {attribute: [] for attribute in expandable}
        self._decoder = msgspec.json.Decoder(kind)
        parts = [
            f'"{column}"{" COLLATE NOCASE" if column in any_case else ""}{" PRIMARY KEY" if column == key else ""}'
            for column in self.columns
        ]
        parts += ["body BLOB NOT NULL"] + (["full BLOB NOT NULL"] if self.has_full else [])
        database.execute(f"CREATE TABLE IF NOT EXISTS {self.table} ({', '.join(parts)})")
        for column in self.columns[1:]:
            database.execute(f'CREATE INDEX IF NOT EXISTS "{self.table[1:-1]}.{column}" ON {self.table} ("{column}")')
        marks = ", ".join("?" * len(parts))
        names = ", ".join([f'"{column}"' for column in self.columns] + ["body"] + ["full"] * self.has_full)
        updates = ", ".join(f"{name} = excluded.{name}" for name in names.split(", ")[1:])
        self._upsert = (
            f"INSERT INTO {self.table} ({names}) VALUES ({marks}) "  # noqa: S608  (names come from declarations)
            f'ON CONFLICT ("{key}") DO UPDATE SET {updates}'
        )
        self._insert = f"INSERT INTO {self.table} ({names}) VALUES ({marks})"  # noqa: S608

    @classmethod
    def of_entity(cls, database: Database, entity: type[Entity], *, columns: Sequence[str] = ()) -> Collection[Any]:
        """The collection of a catalogue entity: a column for each filterable property, and for `columns`."""
        properties = describe(entity)
        by_wire = {p.wire: p.attribute for p in properties}
        return Collection(
            database,
            entity,
            key=entity.KEY,
            columns=[*(p.attribute for p in properties if p.is_filterable), *columns],
            any_case=[p.attribute for p in properties if p.any_case],
            expandable=[by_wire[wire] for wire in entity.EXPANDABLE],
        )

    def decode(self, body: bytes) -> T:
        """The struct that a stored body stands for."""
        return self._decoder.decode(body)

    def _row(self, item: T) -> list[object]:
        row = [_column_value(getattr(item, column)) for column in self.columns]
        full = msgspec.json.encode(item)
        if self.has_full:
            return [*row, msgspec.json.encode(msgspec.structs.replace(item, **self._emptied)), full]
        return [*row, full]

    def put(self, *items: T) -> None:
        """Insert, or replace what has the same key."""
        self.put_many(items)

    def put_many(self, items: Iterable[T]) -> None:
        """Insert or replace, all of them in one transaction."""
        self.database.execute_many(self._upsert, [self._row(item) for item in items])

    def add(self, item: T) -> bool:
        """Insert unless the key is taken; says whether it was free."""
        try:
            self.database.execute(self._insert, self._row(item))
        except sqlite3.IntegrityError:
            return False
        return True

    def get(self, key: str) -> T | None:
        """The struct with this key, or None."""
        return next(iter(self.where(**{self.key: key})), None)

    def delete(self, key: str) -> bool:
        """Remove one; says whether it was there."""
        sql = f'DELETE FROM {self.table} WHERE "{self.key}" = ?'  # noqa: S608  (names come from declarations)
        return self.database.execute(sql, (key,)) > 0

    def pop(self, key: str) -> T | None:
        """Remove one and give it, in one transaction: of two callers only one gets it."""
        with self.database.transaction():
            item = self.get(key)
            if item is not None:
                self.delete(key)
            return item

    def where(self, **equals: object) -> Selection[T]:
        """The structs whose columns have these values; None matches a missing value."""
        unknown = set(equals) - set(self.columns)
        if unknown:
            raise KeyError(f"{self.kind.__name__} has no column for {', '.join(sorted(unknown))}")
        conditions = " AND ".join(f'"{column}" IS ?' for column in equals) or "1"
        return Selection(self, conditions, tuple(map(_column_value, equals.values())))

    def first(self, **equals: object) -> T | None:
        """The first struct whose columns have these values, or None."""
        return next(iter(self.where(**equals)), None)

    def all(self) -> Selection[T]:
        """Everything."""
        return Selection(self)

    def __len__(self) -> int:
        return self.all().count()

    @functools.cached_property
    def expressions(self) -> Mapping[str, str]:
        """Wire name → SQL expression of every property that has a column, for translating query options."""
        if not issubclass(self.kind, Complex):
            raise TypeError(f"{self.kind.__name__} is not declared in the catalogue")
        return {p.wire: f'"{p.attribute}"' for p in describe(self.kind) if p.attribute in self.columns}
