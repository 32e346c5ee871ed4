"""Runs one rule over an engine's tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from vedette.detections.matching import Match, check_columns, event_key, matches_of
from vedette.detections.rule import MAX_ALERTS, Row, Rule
from vedette.errors import QueryError
from vedette.hunting import Engine, Limits, Scope


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
    known: Callable[[str], bool] | None = None,
    limits: Limits | None = None,
    most: int | None = MAX_ALERTS,
) -> Outcome:
    """Run a rule as at `now`: over rows of its look-back, or of another span, or over `everything` there is.

    known: whether an event (by `event_key`) has raised an alert by this rule already; such events raise no other one.
    Raises: RuleError for a query that is wrong or does not return what an alert needs; QueryError at a limit.
    """
    scope = None if everything else Scope(since=now - (look_back or rule.look_back), until=now)
    try:
        result = engine.run(rule.query, now=now, limits=limits, scope=scope)
    except QueryError as error:
        if type(error).__name__ in ("QueryLimitExceeded", "QueryCancelled", "QueryFault"):
            raise
        raise rule.query_error(error) from error
    check_columns(rule, [column.name for column in result.columns])
    rows = tuple(result.rows())
    found = matches_of(rule, rows, now) if rule.is_met(len(rows)) else []
    fresh = found if known is None else [left for match in found if (left := _unknown(match, known))]
    kept = fresh if most is None else fresh[:most]
    return Outcome(rule, now, rows, tuple(kept), len(fresh) - len(kept), result.stats.empty_tables)


def _unknown(match: Match, known: Callable[[str], bool]) -> Match | None:
    events = tuple(event for event in match.events if not known(event_key(match.rule, event)))
    return Match(match.rule, match.device_id, match.device_name, events) if events else None
