"""Detection rules on the tenant's clock: run when due, their alerts raised once.

What is due runs before a call of the API, as response actions go on: whoever reads sees the present, however the clock
was moved, and a tenant that nobody asks does nothing. Each run that was missed is made up for as at its own time, so a
threshold counts what it would have counted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette.detections.rule import FIRST_LOOK_BACK
from vedette.errors import QueryError, VedetteError
from vedette.tenant.store.collection import Collection
from vedette.tenant.store.detections import RaisedEvent, RuleRun

if TYPE_CHECKING:
    from vedette.catalogue.alerts import Alert
    from vedette.catalogue.machines import Machine
    from vedette.detections import Match, Outcome, Rule
    from vedette.detections.matching import Event
    from vedette.hunting import Engine
    from vedette.tenant.state import State
    from vedette.tenant.store.defender import DefenderStore

OPEN: Final = ("New", "InProgress")
CONTINUOUSLY: Final = timedelta(minutes=5)
"""How often a continuous rule runs here; its look-back makes sure that no event is missed."""
MOST_MISSED: Final = 50
"""So many missed runs of a rule are made up for one by one; earlier ones together, as at a rule's first run."""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_log = logging.getLogger("vedette.tenant.detections")


class Schedule:
    """The rules of one tenant. Safe to use from many threads: rules run one at a time."""

    def __init__(self, store: DefenderStore, rules: Sequence[Rule], *, tenant_id: str) -> None:
        self._desk = _Desk(store, tenant_id)
        self.rules = tuple(rule for rule in rules if rule.enabled)
        self._running = threading.Lock()
        self._next: dict[str, datetime] = {}
        for rule in self.rules:
            last = self._desk.runs.get(rule.id)
            if last is not None:
                self._next[rule.id] = last.at + _every(rule)

    def is_due(self, now: datetime) -> bool:
        """Whether any rule is to run."""
        return any(rule.id not in self._next or self._next[rule.id] <= now for rule in self.rules)

    def carry_on(self, now: datetime) -> list[Alert]:
        """Run what is due; gives the alerts that were raised or took in events. Returns at once where nothing is due.

        A rule that fails is logged, keeps its reason, and is tried again at its next time.
        """
        raised: list[Alert] = []
        with self._running:
            newest = _Newest(self._desk.engine) if self._next else None
            for rule in self.rules:
                raised += self._catch_up(rule, now, newest)
        return raised

    def _catch_up(self, rule: Rule, now: datetime, newest: _Newest | None) -> list[Alert]:
        due = self._next.get(rule.id)
        every = _every(rule)
        if due is None:
            # A new rule looks at what is there already, as documented.
            times = [(now, max(FIRST_LOOK_BACK, rule.look_back))]
        else:
            missed = max(0, (now - due) // every + 1) if due <= now else 0
            one_by_one = 1 if rule.is_continuous else MOST_MISSED
            skipped = max(0, missed - one_by_one)
            times = [(due + every * number, rule.look_back) for number in range(skipped, missed)]
            if skipped:
                times[0] = (times[0][0], rule.look_back + every * skipped)
        raised: list[Alert] = []
        for at, look_back in times:
            if due is None or newest is None or newest.may_match(rule, since=at - look_back):
                raised += self._run(rule, at, look_back)
            self._next[rule.id] = at + every
        return raised

    def _run(self, rule: Rule, at: datetime, look_back: timedelta) -> list[Alert]:
        try:
            _, raised = self._desk.run(rule, at, look_back)
        except VedetteError as error:
            _log.warning("the rule %r could not be run: %s", rule.title, error.message)
            self._desk.runs.put(RuleRun(id=rule.id, at=at, error=error.message))
            return []
        return raised


def scheduled(store: DefenderStore, paths: Sequence[Path | str], *, tenant_id: str) -> Schedule:
    """The schedule of rules in files and folders, each of them checked. Raises: ConfigurationError with the place."""
    from vedette.detections import check_rule, read_rules
    from vedette.kql.tables import hunting_tables

    rules = read_rules(paths)
    tables = hunting_tables()
    for rule in rules:
        check_rule(rule, tables)
    return Schedule(store, rules, tenant_id=tenant_id)


def run_rules(state: State, tenant_id: str, rules: Sequence[Rule]) -> list[tuple[Outcome, list[Alert]]]:
    """Run rules in a tenant once, as at its present, whatever they are scheduled for. Raises: QueryError, RuleError."""
    desk = _Desk(state.defender[tenant_id], tenant_id)
    now = state.clock.now()
    return [desk.run(rule, now, max(FIRST_LOOK_BACK, rule.look_back)) for rule in rules]


class _Newest:
    """Up to when tables have rows: where telemetry has ended, hours of runs need not be made up for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, datetime | None] = {}

    def may_match(self, rule: Rule, *, since: datetime) -> bool:
        """Whether a table of the rule may have rows from then on."""
        if rule.entities:
            return True  # such a rule may find something in the absence of rows
        try:
            tables = self._engine.compile(rule.query, now=since).tables
            return any((newest := self._newest(table)) is None or newest >= since for table in tables) or not tables
        except QueryError:
            return True  # the run will say what is wrong

    def _newest(self, table: str) -> datetime | None:
        """None for a table without times, which counts as if it changed."""
        if table not in self._known:
            self._known[table] = None
            schema = self._engine.tables.get(table)
            if schema is not None and any(column.name == "Timestamp" for column in schema.columns):
                (row,) = self._engine.run(f"['{table}'] | summarize at = max(Timestamp)").rows()
                self._known[table] = row["at"] or _BEGINNING
        return self._known[table]


def _every(rule: Rule) -> timedelta:
    return rule.frequency or CONTINUOUSLY


class _Desk:
    """Runs rules over a tenant's telemetry and keeps the alerts."""

    def __init__(self, store: DefenderStore, tenant_id: str) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self.runs: Collection[RuleRun] = Collection(store.database, RuleRun)
        self._raised: Collection[RaisedEvent] = Collection(store.database, RaisedEvent, columns=["alert_id"])

    @property
    def engine(self) -> Engine:
        """What rules run on; the first use may wait for telemetry to be written."""
        return self._store.engine

    def run(self, rule: Rule, at: datetime, look_back: timedelta) -> tuple[Outcome, list[Alert]]:
        from vedette.detections import run_rule
        from vedette.tenant.defender.hunting import ENDPOINT_LIMITS

        outcome = run_rule(self.engine, rule, now=at, look_back=look_back, known=self._is_known, limits=ENDPOINT_LIMITS)
        raised: dict[str, Alert] = {}
        fresh: list[Alert] = []
        with self._store.database.transaction():
            for match in outcome.matches:
                alert, is_new = self._take(match, at)
                raised[alert.id] = alert
                fresh += [alert] if is_new else []
            self.runs.put(RuleRun(id=rule.id, at=at, alerts=len(raised)))
        self._tell(fresh)
        return outcome, list(raised.values())

    def _is_known(self, match: Match, event: Event) -> bool:
        from vedette.detections.matching import event_key

        if self._raised.get(event_key(match.rule, event)) is not None:
            return True
        # The alerts that a tenant is seeded with come of the rules that are shipped, and name no events.
        seeded: Iterable[Alert] = self._store.alerts.where(machine_id=match.device_id or None, title=match.rule.title)
        return any(
            alert.detector_id == match.rule.id
            and alert.first_event_time is not None
            and alert.last_event_time is not None
            and alert.first_event_time <= event.time <= alert.last_event_time
            and self._raised.first(alert_id=alert.id) is None
            for alert in seeded
        )

    def _take(self, match: Match, at: datetime) -> tuple[Alert, bool]:
        """An open alert of the rule on the machine takes the events in; else there is a new one."""
        from vedette.detections import alert_of
        from vedette.detections.alerts import with_events
        from vedette.detections.matching import event_key

        machine = self._machine(match)
        present = self._present(match, machine) if match.rule.group_by != "event" else None
        if present is not None:
            alert = with_events(present, match, at)
        else:
            alert = alert_of(match, at, machine=machine, tenant_id=self._tenant_id, incident=self._new_incident())
        self._store.alerts.put(alert)
        self._raised.put_many(RaisedEvent(id=event_key(match.rule, event), alert_id=alert.id) for event in match.events)
        return alert, present is None

    def _machine(self, match: Match) -> Machine | None:
        machines = self._store.machines
        if match.device_id:
            return machines.get(match.device_id)
        if not match.device_name:
            return None
        found = machines.all().narrowed(
            '"computer_dns_name" = ? COLLATE NOCASE OR "computer_dns_name" LIKE ? ESCAPE \'\\\'',
            [match.device_name, _literally(match.device_name) + ".%"],
        )
        return next(iter(found), None)

    def _present(self, match: Match, machine: Machine | None) -> Alert | None:
        machine_id = machine.id if machine else match.device_id or None
        for status in OPEN:
            for alert in self._store.alerts.where(machine_id=machine_id, title=match.rule.title, status=status):
                found: Alert = alert
                if found.detector_id == match.rule.id:
                    return found
        return None

    def _new_incident(self) -> int:
        """A number behind those of all incidents: an alert by itself is an incident of its own."""
        ((last,),) = self._store.database.rows(f'SELECT max("incident_id") FROM {self._store.alerts.table}')  # noqa: S608
        return int(str(last or 0)) + 1

    def _tell(self, alerts: Sequence[Alert]) -> None:
        """Rows of `AlertInfo` and `AlertEvidence`, so that alerts can be hunted too."""
        if not alerts:
            return
        from vedette.telemetry import LakeWriter
        from vedette.telemetry.alert_rows import rows_of_alert

        with LakeWriter(self._store.lake) as writer:
            for alert in alerts:
                writer.add_many(rows_of_alert(alert))


def _literally(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
