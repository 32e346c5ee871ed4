"""A detection rule, whatever file it came from, and its own cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from vedette.errors import ConfigurationError, QueryError

Severity = Literal["Informational", "Low", "Medium", "High"]
GroupBy = Literal["device", "event", "rule"]
"""What becomes one alert: the rows of a device, each event, or all rows of a run."""
Trigger = Literal["gt", "lt", "eq", "ne"]
Row = Mapping[str, Any]  # Any: values of columns of all types

LOOK_BACKS: Final[Mapping[timedelta, timedelta]] = {
    timedelta(hours=1): timedelta(hours=4),
    timedelta(hours=3): timedelta(hours=12),
    timedelta(hours=12): timedelta(hours=48),
    timedelta(hours=24): timedelta(days=30),
}
"""How far a rule looks back at each of the service's frequencies, as documented for custom detections."""

FIRST_LOOK_BACK: Final = timedelta(days=30)
"""How far a new rule looks back when it runs for the first time, as documented."""

MAX_ALERTS: Final = 100
"""So many alerts come of one run of a rule, as documented for custom detections."""


class RuleError(ConfigurationError):
    """A rule file cannot be used: path, line, nearest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityMapping:
    """Which columns of the result name an entity that an alert is to show."""

    kind: str
    """Host, Account, IP, URL, File, FileHash, Process, RegistryKey, RegistryValue, DNS or Mailbox."""
    columns: Mapping[str, str]
    """Identifier, such as `Sid`, → column of the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Rows that a rule must find, or must leave alone."""

    name: str
    rows: Mapping[str, tuple[Row, ...] | Path]
    """Table → its rows, or the file that holds them; every other table is empty."""
    count: int | None = None
    """So many rows match. None: at least one, unless `matches` says more."""
    matches: tuple[Row, ...] | None = None
    """What the matching rows hold, in any order: each says some columns of one row, and no further row matches."""
    now: datetime | None = None
    """What `now()` is; without it, the time of the newest row."""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What to look for, how often, and what an alert about it says."""

    id: str
    title: str
    query: str
    severity: Severity = "Medium"
    category: str = "SuspiciousActivity"
    description: str = ""
    techniques: tuple[str, ...] = ()
    recommended_actions: str = ""
    frequency: timedelta = timedelta(hours=1)
    """Zero: continuously."""
    look_back: timedelta = timedelta(hours=4)
    entities: tuple[EntityMapping, ...] = ()
    group_by: GroupBy = "device"
    trigger: Trigger = "gt"
    threshold: int = 0
    """The rule matches when its rows are more (or fewer, as many, not as many) than this."""
    enabled: bool = True
    cases: tuple[Case, ...] = ()
    ignored: tuple[str, ...] = ()
    """Keys of the file that mean something elsewhere and nothing here."""
    path: Path | None = None
    query_line: int = 1
    """Line of the file at which the query begins."""

    @property
    def is_continuous(self) -> bool:
        """Whether it runs as events come in rather than at intervals."""
        return not self.frequency

    def is_met(self, rows: int) -> bool:
        """Whether so many rows are a match. No rows never are: an alert is about something."""
        meets = {
            "gt": rows > self.threshold,
            "lt": rows < self.threshold,
            "eq": rows == self.threshold,
            "ne": rows != self.threshold,
        }
        return rows > 0 and meets[self.trigger]

    def error(self, message: str, *, line: int | None = None, nearest: Iterable[str] = (), hint: str = "") -> RuleError:
        """A complaint about this rule, with the place."""
        return wrong(self.path, line, message, nearest=nearest, hint=hint)

    def query_error(self, error: QueryError) -> RuleError:
        """What is wrong with the query, at the line of the file; an excerpt with a caret follows on further lines."""
        line = self.query_line + error.line - 1 if error.line else self.query_line
        first, _, rest = error.message.partition("\n")
        message = f"the query of {self.title!r}: {first.rstrip('.')}"
        found = wrong(self.path, line, message, nearest=getattr(error, "nearest", ()), hint=error.hint)
        if rest:
            found.message += f"\n{rest}"
            found.args = (found.message,)
        return found


def wrong(
    path: Path | None, line: int | None, message: str, *, nearest: Iterable[str] = (), hint: str = ""
) -> RuleError:
    """An error at a place of a file."""
    place = "" if path is None else f"{path}:{line}: " if line else f"{path}: "
    return RuleError(f"{place}{message}", path=str(path) if path else "", line=line, nearest=nearest, hint=hint)


def look_back_of(frequency: timedelta) -> timedelta:
    """How far back a rule looks that does not say so: as the service does at its next longer frequency."""
    return next((look for every, look in LOOK_BACKS.items() if frequency <= every), max(frequency, FIRST_LOOK_BACK))
