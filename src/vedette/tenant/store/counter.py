"""Numbers that are given out once: ids of what is deleted are never used again."""

from __future__ import annotations

from vedette.tenant.store.database import Database


class Counter:
    """Counts up by one, across restarts. `first` is the first number given."""

    def __init__(self, database: Database, name: str, *, first: int = 1) -> None:
        self._database = database
        self._name = name
        database.execute("CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, last INTEGER NOT NULL)")
        database.execute("INSERT OR IGNORE INTO counters VALUES (?, ?)", (name, first - 1))

    def next(self) -> int:
        """The next number."""
        with self._database.transaction():
            self._database.execute("UPDATE counters SET last = last + 1 WHERE name = ?", (self._name,))
            ((last,),) = self._database.rows("SELECT last FROM counters WHERE name = ?", (self._name,))
        return int(last)  # type: ignore[call-overload, no-any-return]  # the column is INTEGER NOT NULL

    def pass_over(self, number: int) -> None:
        """Give out only numbers beyond this one."""
        self._database.execute("UPDATE counters SET last = max(last, ?) WHERE name = ?", (number, self._name))
