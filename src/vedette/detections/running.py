"""Runs one rule over an engine's tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from vedette.detections.matching import Event, Match, check_columns, matches_of
from vedette.detections.rule import MAX_ALERTS, Row, Rule
from vedette.errors import QueryCancelled, QueryError, QueryFault, QueryLimitExceeded, UnsupportedQuery
from vedette.hunting import Engine, Limits, Scope
from vedette.kql.compiling import compile_query
from vedette.kql.tables import Tables

_ANY_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a rule found."""

    rule: Rule
    at: datetime
    rows: tuple[Row, ...]
    matches: tuple[Match, ...]
    """Matches with events that are not known yet, and those events."""
    left_out: int = 0
    """Matches beyond what one run may raise."""
    empty_tables: tuple[str, ...] = ()
    """Tables of the query that have no rows at all."""


def run_rule(
    engine: Engine,
    rule: Rule,
    *,
    now: datetime,
    look_back: timedelta | None = None,
    everything: bool = False,
    known: Callable[[Match, Event], bool] | None = None,
    limits: Limits | None = None,
    most: int | None = MAX_ALERTS,
) -> Outcome:
    """Run a rule as at `now`: over rows of its look-back, or of another span, or over `everything` there is.

    known: whether an event of a match has raised an alert by this rule before (`event_key` names it); then it does not.
    Raises: RuleError for a query that is wrong or does not return what an alert needs; QueryError at a limit.
    """
    scope = None if everything else Scope(since=now - (look_back or rule.look_back), until=now)
    try:
        result = engine.run(rule.query, now=now, limits=limits, scope=scope)
    except (QueryLimitExceeded, QueryCancelled, QueryFault):
        raise
    except QueryError as error:
        raise rule.query_error(error) from error
    check_columns(rule, [column.name for column in result.columns])
    rows = tuple(result.rows())
    found = matches_of(rule, rows, now) if rule.is_met(len(rows)) else []
    fresh = found if known is None else [left for match in found if (left := _unknown(match, known))]
    kept = fresh if most is None else fresh[:most]
    return Outcome(rule, now, rows, tuple(kept), len(fresh) - len(kept), result.stats.empty_tables)


def check_rule(rule: Rule, tables: Tables) -> None:
    """See that a rule's query is right for these tables and gives what an alert needs, without running it.

    Raises: RuleError. Columns that depend on data are found out when the rule runs.
    """
    try:
        compiled = compile_query(rule.query, tables, now=_ANY_TIME)
    except UnsupportedQuery as error:
        if "depend on data" in error.message:
            return
        raise rule.query_error(error) from error
    except QueryError as error:
        raise rule.query_error(error) from error
    check_columns(rule, [column.name for column in compiled.columns])


def _unknown(match: Match, known: Callable[[Match, Event], bool]) -> Match | None:
    events = tuple(event for event in match.events if not known(match, event))
    return Match(match.rule, match.device_id, match.device_name, events) if events else None
