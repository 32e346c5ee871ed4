"""Turns blocks of an export's values into rows of a hunting table, in DuckDB, and tells which rows could not be.

Exports give values as text (CSV, JSON) or in the types of whoever wrote them (Parquet). A value that does not suit its
column makes its row a reject; nothing is rounded, cut or guessed. The casts are the engine's vectorised ones: a row
costs no Python.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from vedette.catalogue.tables import Column, KqlType, Table
from vedette.telemetry.lake import ENGINE_TYPE
from vedette.telemetry.parquet import nothing, schema, stored_names
from vedette.telemetry.recognise import Unusable
from vedette.telemetry.records import BAD_TIME, BAD_VALUE, MISSING_TIME, Rejected

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

_TEXTS: Final = frozenset({"string", "dynamic", "guid"})
_WRITTEN_TIMES: Final = (
    "%d %b %Y %H:%M:%S",  # 8 Nov 2026 10:12:13
    "%d %b %Y %H:%M:%S.%n",
    "%b %d, %Y %I:%M:%S %p",  # Nov 8, 2026 10:12:13 AM
    "%b %d, %Y %I:%M:%S.%n %p",
    "%b %d, %Y %H:%M:%S",
    "%m/%d/%Y, %I:%M:%S.%n %p",  # 11/8/2026, 10:12:13.123 AM: only American exports write AM and PM
    "%m/%d/%Y, %I:%M:%S %p",
    "%m/%d/%Y %I:%M:%S %p",
)
"""How portals print times for people. A date of three numbers without AM or PM may be read in two ways: it is none."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The outcome for one block: rows in the table's types, and for the others (position in the block, why)."""

    rows: Any  # pyarrow.RecordBatch or Table in the table's schema; stubs are absent
    rejected: Sequence[tuple[int, Rejected]]


class Engine:
    """A DuckDB of one's own for casts. Belongs to one thread."""

    def __init__(self) -> None:
        import duckdb

        self.connection: duckdb.DuckDBPyConnection = duckdb.connect(
            config={"enable_external_access": "false", "autoinstall_known_extensions": "false"}
        )
        # One scan of Arrow data has one thread, whatever this says; `in_parts` is what uses the others.
        self.connection.execute("SET threads = 1")

    def close(self) -> None:
        """Let go of the engine."""
        self.connection.close()

    def run(self, sql: str, block: Any) -> Any:  # pyarrow tables; stubs are absent
        """The answer to a query over `block`, an Arrow table of that name."""
        self.connection.register("block", block)
        try:
            return self.connection.sql(sql).to_arrow_table()
        finally:
            self.connection.unregister("block")


_OWN = threading.local()
_LEAST_ROWS: Final = 512
_MOST_THREADS: Final = 8


def engine() -> Engine:
    """This thread's engine."""
    found: Engine | None = getattr(_OWN, "engine", None)
    if found is None:
        found = _OWN.engine = Engine()
    return found


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS), thread_name_prefix="vedette-cast")


def in_parts(work: Callable[[Any], T], block: Any) -> list[tuple[int, T]]:  # Any: pyarrow.Table; no stubs
    """Do something with parts of a block, at the same time: (position of the part in the block, outcome), in order."""
    parts = min(os.cpu_count() or 1, _MOST_THREADS, max(1, block.num_rows // _LEAST_ROWS))
    if parts == 1:
        return [(0, work(block))]
    rows = -(-block.num_rows // parts)
    starts = range(0, block.num_rows, rows)
    return list(zip(starts, _threads().map(work, (block.slice(start, rows) for start in starts)), strict=True))


class Caster:
    """Makes rows of one table from blocks that have the same columns.

    sources: column of the table → SQL for its value in a block, with the Arrow type that it has.
    """

    def __init__(self, table: Table, sources: Mapping[str, tuple[str, Any]]) -> None:  # Any: an Arrow type; no stubs
        self.table = table
        self._columns = [column for column in table.columns if column.name in sources]
        typed: list[str] = []
        raw: list[str] = []
        wrong: list[str] = []
        for place, column in enumerate(self._columns):
            value, kind = sources[column.name]
            typed.append(f"{_cast(table, column, f'r{place}', kind)} AS v{place}")
            raw.append(f"{value} AS r{place}")
            if column.name == table.time_column:
                wrong.insert(0, f"WHEN v{place} IS NULL THEN {place}")
            elif column.type not in _TEXTS:
                wrong.append(f"WHEN v{place} IS NULL AND {_is_given(f'r{place}', kind)} THEN {place}")
        bad = f"CASE {' '.join(wrong)} END" if wrong else "NULL::INTEGER"
        values = ", ".join(f"v{place}" for place in range(len(typed)))
        self._raw = f"SELECT {', '.join(raw)} FROM {{source}}"  # noqa: S608  (catalogue names)
        self._sql = (
            f"SELECT {values}, {bad} AS bad FROM "  # noqa: S608  (catalogue names)
            f"(SELECT *, {', '.join(typed)} FROM ({self._raw}))"
        )

    def cast(self, block: Any, source: str = "block") -> Cast:  # pyarrow.Table; no stubs
        """The rows of one block. source: what SQL selects from; it must keep the block's order."""
        import pyarrow as pa

        found = in_parts(lambda part: self._cast(part, source), block)
        return Cast(
            pa.concat_tables([cast.rows for _, cast in found]),
            [(start + place, why) for start, cast in found for place, why in cast.rejected],
        )

    def _cast(self, block: Any, source: str) -> Cast:  # pyarrow.Table; no stubs
        import pyarrow.compute as pc

        answer = engine().run(self._sql.format(source=source), block)
        bad = answer.column("bad")
        if bad.null_count == len(bad):
            return Cast(self._rows(answer), ())
        places = pc.indices_nonzero(pc.is_valid(bad)).to_pylist()
        raw = engine().run(self._raw.format(source=source), block.take(places))
        rejected = [(place, self._why(raw, row, bad[place].as_py())) for row, place in enumerate(places)]
        return Cast(self._rows(answer.filter(pc.is_null(bad))), rejected)

    def _rows(self, answer: Any) -> Any:  # pyarrow tables; stubs are absent
        import pyarrow as pa

        at = {column.name: place for place, column in enumerate(self._columns)}
        wanted = schema(self.table.name)
        stored = stored_names(self.table.name)
        arrays = [
            answer.column(f"v{at[column.name]}").cast(wanted.field(stored[column.name]).type)
            if column.name in at
            else nothing(column.type, answer.num_rows)
            for column in self.table.columns
        ]
        return pa.Table.from_arrays(arrays, schema=wanted)

    def _why(self, raw: Any, row: int, place: int) -> Rejected:  # pyarrow.Table; no stubs
        column = self._columns[place]
        value = raw.column(place)[row].as_py()
        if column.name == self.table.time_column and value in (None, ""):
            return Rejected(MISSING_TIME, f"{self.table.name}.{column.name}")
        reason = BAD_TIME if column.type == "datetime" else BAD_VALUE
        return Rejected(reason, f"{self.table.name}.{column.name} is {value!r}")


def _is_given(value: str, kind: Any) -> str:  # an Arrow type; stubs are absent
    import pyarrow as pa

    if _is_text(kind):
        return f"{value} <> ''"
    # Frames of pandas write a number that is not there as NaN.
    return f"NOT isnan({value})" if pa.types.is_floating(kind) else f"{value} IS NOT NULL"


def _is_text(kind: Any) -> bool:  # an Arrow type; stubs are absent
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _cast(table: Table, column: Column, value: str, kind: Any) -> str:  # an Arrow type; stubs are absent
    """SQL for a value in its column's type; null where it does not suit. Raises: `Unusable` for a type that cannot."""
    import pyarrow as pa

    of = ENGINE_TYPE[column.type]
    if _is_text(kind):
        return _from_text(column.type, value)
    if column.type in _TEXTS:
        if pa.types.is_nested(kind):
            return f"coalesce(to_json({value})::VARCHAR, '')"
        if pa.types.is_timestamp(kind):
            return f"coalesce(strftime({value}::TIMESTAMP_NS, '%Y-%m-%dT%H:%M:%S.%nZ'), '')"
        return f"coalesce({value}::VARCHAR, '')"
    suits = {
        "datetime": pa.types.is_timestamp(kind) or pa.types.is_date(kind),
        "bool": pa.types.is_boolean(kind) or pa.types.is_integer(kind),
    }.get(column.type, pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
    if not suits and not pa.types.is_null(kind):
        raise Unusable(f"{table.name}.{column.name} is {column.type}, and in the file it is {kind}")
    if column.type in ("int", "long", "timespan") and not pa.types.is_integer(kind):
        return f"CASE WHEN {value} = trunc({value}) THEN TRY_CAST({value} AS {of}) END"
    return f"TRY_CAST({value} AS {of})"


def _from_text(kind: KqlType, value: str) -> str:
    of = ENGINE_TYPE[kind]
    if kind in _TEXTS:
        return f"coalesce({value}, '')"
    if kind in ("int", "long", "timespan"):
        # The engine would round a number with a fraction.
        whole = rf"NOT contains({value}, '.') OR regexp_full_match({value}, '\s*[+-]?\d+\.0*\s*')"
        return f"CASE WHEN {whole} THEN TRY_CAST({value} AS {of}) END"
    if kind == "bool":
        return f"CASE {value} WHEN '1.0' THEN true WHEN '0.0' THEN false ELSE TRY_CAST({value} AS BOOLEAN) END"
    if kind == "datetime":
        return _time_from_text(value)
    return f"TRY_CAST({value} AS {of})"


def _time_from_text(value: str) -> str:
    """ISO 8601 with up to nine digits, and the portals' forms. Without a zone it is UTC."""
    forms = ", ".join(f"'{form}'" for form in _WRITTEN_TIMES)
    iso = f"TRY_CAST({value} AS TIMESTAMP_NS)"
    # This cast takes no notice of an offset; the one with a time zone does, but keeps microseconds only.
    offset = f"make_timestamp_ns(epoch_us(TRY_CAST({value} AS TIMESTAMPTZ)) * 1000 + epoch_ns({iso}) % 1000)"
    has_offset = f"regexp_matches(right({value}, 6), '[+-]\\d\\d:?\\d\\d$|[+-]\\d\\d$') AND length({value}) > 19"
    is_utc = f"suffix({value}, 'Z')"
    starts_with_year = f"ascii(substr({value}, 5, 1)) = 45"  # -
    return (
        f"CASE WHEN {is_utc} THEN {iso} "
        f"WHEN {starts_with_year} THEN CASE WHEN {has_offset} THEN {offset} ELSE {iso} END "
        f"WHEN {value} <> '' THEN try_strptime({value}, [{forms}])::TIMESTAMP_NS END"
    )
