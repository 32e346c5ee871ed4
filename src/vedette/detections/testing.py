"""Runs rules' own cases: each on an engine whose tables hold the rows of that case and nothing else.

All cases share one engine, since making one takes longer than running a query: the rows of all cases lie in the same
tables, and a case sees its own by their place. Tables that the catalogue does not have get an engine by rule, so that
their columns are those that the rule's cases give.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from vedette.catalogue.tables import TABLES
from vedette.detections.matching import TIME_COLUMNS, check_columns
from vedette.detections.rule import Case, Row, Rule, RuleError
from vedette.errors import ConfigurationError, QueryError
from vedette.hunting import Engine, Limits, Scope
from vedette.kql.tables import TableSchema

DEFAULT_NOW: Final = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
DEFAULT_DEVICE: Final = "d" * 40
"""What a row of a case has where it does not say."""
_LIMITS: Final = Limits(rows=100_000, seconds=60)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case went."""

    case: Case
    error: str = ""
    """Why it could not be run."""
    found: tuple[Row, ...] = ()
    """The rows that matched."""
    missed: tuple[Row, ...] = ()
    """Expected, and not among them."""
    unexpected: tuple[Row, ...] = ()
    """Among them, and not expected."""
    seconds: float = 0.0

    @property
    def is_passed(self) -> bool:
        """Whether the rule did what the case says."""
        if self.error or self.missed or self.unexpected:
            return False
        if self.case.matches is not None:
            return True
        return bool(self.found) if self.case.count is None else len(self.found) == self.case.count

    @property
    def reason(self) -> str:
        """Why it failed, in one sentence; empty when it passed."""
        if self.is_passed:
            return ""
        if self.error:
            return self.error
        if self.case.matches is not None:
            parts = [(self.missed, "not found"), (self.unexpected, "found beside what was expected")]
            return "; ".join(f"{_rows(len(rows))} {what}" for rows, what in parts if rows)
        wanted = "a match" if self.case.count is None else _rows(self.case.count) if self.case.count else "nothing"
        return f"expected {wanted}, found {_rows(len(self.found)) if self.found else 'nothing'}"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How the cases of one rule went; a rule without cases has none."""

    rule: Rule
    cases: tuple[CaseResult, ...]

    @property
    def is_passed(self) -> bool:
        """Whether no case failed."""
        return all(case.is_passed for case in self.cases)

    @property
    def lacks(self) -> str:
        """What is missing for its cases to say much: a positive one, a negative one, or both."""
        found = [case.case for case in self.cases]
        positive = any(case.count != 0 and case.matches != () for case in found)
        negative = any(case.count == 0 or case.matches == () for case in found)
        if not found:
            return "no tests"
        return "" if positive and negative else "no test that expects nothing" if positive else "no test that matches"


def run_cases(rules: Iterable[Rule]) -> list[RuleResult]:
    """Run the cases of all rules. What is wrong with a rule is in the results; nothing is raised."""
    results: list[RuleResult] = []
    shared: list[tuple[Rule, list[_Prepared]]] = []
    for rule in rules:
        prepared = [_Prepared.of(rule, case) for case in rule.cases]
        results.append(RuleResult(rule, ()))
        shared.append((rule, prepared))
    common = [one for _, prepared in shared for one in prepared if one.is_common]
    with _Bench(common) as bench:
        for number, (rule, prepared) in enumerate(shared):
            own = [one for one in prepared if not one.is_common]
            if own:
                with _Bench(own) as apart:
                    ran = [(apart if one in own else bench).run(rule, one) for one in prepared]
            else:
                ran = [bench.run(rule, one) for one in prepared]
            results[number] = RuleResult(rule, tuple(ran))
    return results


@dataclass(eq=False, slots=True)
class _Prepared:
    """A case with complete rows, and where they lie in the tables of its bench."""

    case: Case
    now: datetime
    tables: Mapping[str, list[Row]]
    error: str = ""
    places: Mapping[str, tuple[int, int]] = ()  # type: ignore[assignment]  # set by the bench

    @property
    def is_common(self) -> bool:
        return all(name in TABLES for name in self.tables)

    @staticmethod
    def of(rule: Rule, case: Case) -> _Prepared:
        try:
            given = {name: _read(name, rows) if isinstance(rows, Path) else rows for name, rows in case.rows.items()}
        except (ConfigurationError, QueryError) as error:
            return _Prepared(case, DEFAULT_NOW, {}, error=f"its rows cannot be read: {error.message}")
        rows = [row for table in given.values() for row in table]
        times = [_time(row.get(name)) for row in rows for name in TIME_COLUMNS]
        now = case.now or max((found for found in times if found), default=DEFAULT_NOW)
        return _Prepared(case, now, {name: _completed(name, rows, now) for name, rows in given.items()})


class _Bench:
    """An engine with the rows of many cases."""

    def __init__(self, cases: Sequence[_Prepared]) -> None:
        tables: dict[str, list[Row]] = {}
        for one in cases:
            places = {}
            for name, rows in one.tables.items():
                into = tables.setdefault(name, [])
                places[name] = (len(into), len(into) + len(rows))
                into += rows
            one.places = places
        self._error = ""
        self._engine: Engine | None = None
        try:
            self._engine = Engine({name: rows for name, rows in tables.items() if rows}, threads=1)
        except ConfigurationError as error:
            self._error = error.message
        self._tables = {name for name, rows in tables.items() if rows}

    def __enter__(self) -> _Bench:
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.close()

    def run(self, rule: Rule, one: _Prepared) -> CaseResult:
        began = time.monotonic()
        error = one.error or self._error
        found: tuple[Row, ...] = ()
        if not error and self._engine is not None:
            try:
                found = self._found(rule, one)
            except (RuleError, ConfigurationError) as wrong:
                error = str(wrong)
            except QueryError as wrong:
                error = str(rule.query_error(wrong))
        missed, unexpected = ((), ()) if error or one.case.matches is None else _compared(one.case.matches, found)
        return CaseResult(one.case, error, found, missed, unexpected, time.monotonic() - began)

    def _found(self, rule: Rule, one: _Prepared) -> tuple[Row, ...]:
        assert self._engine is not None  # a bench without one says so in its error
        scope = _Rows(since=one.now - rule.look_back, until=one.now).of(one.places, self._tables)
        result = self._engine.run(rule.query, now=one.now, limits=_LIMITS, scope=scope)
        check_columns(rule, [column.name for column in result.columns])
        rows = tuple(result.rows())
        return rows if rule.is_met(len(rows)) else ()


@dataclass(frozen=True, kw_only=True)
class _Rows(Scope):
    """The rows at some places of tables, within the rule's look-back; no others."""

    places: Mapping[str, tuple[int, int]] = ()  # type: ignore[assignment]  # see `of`
    filled: frozenset[str] = frozenset()

    def of(self, places: Mapping[str, tuple[int, int]], filled: Iterable[str]) -> _Rows:
        return replace(self, places=dict(places), filled=frozenset(filled))

    def condition(self, schema: TableSchema) -> str:
        inherited = super().condition(schema)
        if schema.name not in self.filled:
            return inherited  # it has no rows
        first, after = self.places.get(schema.name, (0, 0))
        # Rows lie in a table in the order in which they were given.
        return " AND ".join(part for part in (f"rowid >= {first} AND rowid < {after}", inherited) if part)


def _read(name: str, path: Path) -> list[Row]:
    with Engine({name: [path]}, threads=1) as engine:
        rows = engine.run(f"['{name}']", limits=_LIMITS).rows()
    return [{column: value for column, value in row.items() if value not in (None, "")} for row in rows]


def _completed(name: str, rows: Sequence[Row], now: datetime) -> list[Row]:
    """The rows as an engine takes them, with a time, a device and a number where they do not say."""
    table = TABLES.get(name)
    if table is None:
        return [dict(row) for row in rows]
    completed: list[Row] = []
    for number, row in enumerate(rows, 1):
        made: dict[str, Any] = {}  # Any: values of columns of all types
        for column, value in {"Timestamp": now, "DeviceId": DEFAULT_DEVICE, "ReportId": number, **row}.items():
            if column not in table:
                continue
            kind = table.column(column).type
            made[column] = json.dumps(value) if isinstance(value, dict | list) and kind == "string" else value
        completed.append(made)
    return completed


def _compared(expected: Sequence[Row], found: Sequence[Row]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """What is missing among the rows, and what is there beside: each row answers one expectation at most."""
    fitting = [[n for n, row in enumerate(found) if _fits(want, row)] for want in expected]
    taken: dict[int, int] = {}

    def place(want: int, tried: set[int]) -> bool:
        for row in fitting[want]:
            if row not in tried:
                tried.add(row)
                if row not in taken or place(taken[row], tried):
                    taken[row] = want
                    return True
        return False

    missed = tuple(want for number, want in enumerate(expected) if not place(number, set()))
    return missed, tuple(row for number, row in enumerate(found) if number not in taken)


def _fits(want: Row, row: Row) -> bool:
    return all(name in row and _same(value, row[name]) for name, value in want.items())


def _same(want: Any, value: Any) -> bool:  # Any: values of columns of all types
    if isinstance(want, datetime) or isinstance(value, datetime):
        return _time(want) == _time(value)
    if isinstance(want, bool) or isinstance(value, bool) or isinstance(want, dict | list):
        return bool(want == value)
    if isinstance(want, int | float) and isinstance(value, int | float):
        return want == value
    return ("" if want is None else str(want)) == ("" if value is None else str(value))


def _time(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"
