"""Advanced hunting on the service: values into a query's text, the ways it may take, and an answer as typed rows.

Queries are sent as they are, with a `let` in front for each parameter; nothing here reads KQL.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, NamedTuple
from uuid import UUID

from vedette.catalogue.advanced_hunting import (
    AdvancedHunting,
    AdvancedHuntingResponse,
    GraphHunting,
    HuntingQueryResults,
    HuntingWay,
)
from vedette.catalogue.advanced_queries import SERVICE_TYPES, AdvancedQueries, AdvancedQueryResponse
from vedette.catalogue.operation import Arguments, Operation
from vedette.catalogue.tables.schema import KqlType
from vedette.catalogue.timespans import Timespan, write_timespan
from vedette.client.row_tables import arrow, installed
from vedette.frames import pandas_frame

_KQL_TYPES: Final[Mapping[str, KqlType]] = {name: type for type, name in SERVICE_TYPES.items()} | {
    "Boolean": "bool",
    "Decimal": "decimal",
}
_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TIMESPAN: Final = re.compile(r"(-)?(?:(\d+)\.)?(\d+):(\d+):(\d+)(?:\.(\d{1,7}))?")
_DATETIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(Z|[+-]00:00)?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def with_parameters(query: str, parameters: Mapping[str, object] | None) -> str:
    """The query with a `let` in front for each parameter, its value as a KQL constant.

    Raises: `ValueError` for a name that KQL cannot have, `TypeError` for a value that has no KQL constant.
    """
    lets = []
    for name, value in (parameters or {}).items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a value in KQL")
        lets.append(f"let {name} = {constant(value)};\n")
    return "".join(lets) + query


# Any: operations of three signatures.
def hunting_call(query: str, through: HuntingWay, timespan: Timespan | None) -> tuple[Operation[Any, Any], Arguments]:
    """The operation that runs the query, with its arguments.

    Raises: ValueError for a way that there is not, or a timespan that it does not take.
    """
    if through == "graph":
        text = None if timespan is None else write_timespan(timespan)
        graph = GraphHunting.run_hunting_query
        return graph, graph.bind(query, timespan=text)
    if timespan is not None:
        raise ValueError(f'only through="graph" takes a timespan; the query would ignore it through {through!r}')
    if through == "endpoint":
        return AdvancedQueries.run, AdvancedQueries.run.bind(query)
    if through == "xdr":
        return AdvancedHunting.run, AdvancedHunting.run.bind(query)
    raise ValueError(f"there is no way to hunt called {through!r}; it is endpoint, xdr or graph")


def constant(value: object) -> str:
    """A Python value as a KQL constant. Lists, tuples, sets and dicts become dynamic values; naive times are UTC.

    Raises: `TypeError` for a value of another kind.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"long({value})"
        case float():
            special = "nan" if math.isnan(value) else "+inf" if value > 0 else "-inf"
            return f"real({value!r})" if math.isfinite(value) else f"real({special})"
        case Decimal():
            return f"decimal({value})"
        case str():
            return _text(value)
        case datetime():
            at = value.astimezone(UTC) if value.tzinfo else value
            return f"datetime({at:%Y-%m-%dT%H:%M:%S.%f}Z)"
        case date():
            return f"datetime({value:%Y-%m-%d})"
        case timedelta():
            return f"{value // timedelta(microseconds=1)}microsecond"
        case UUID():
            return f"guid({value})"
        case list() | tuple() | set() | frozenset() | dict() | None:
            return f"dynamic({json.dumps(_plain(value), ensure_ascii=True)})"
        case _:
            raise TypeError(f"a {type(value).__name__} has no constant in KQL")


def _text(value: str) -> str:
    """A quoted text. JSON's escapes are KQL's."""
    return json.dumps(value, ensure_ascii=True)


def _plain(value: Any) -> Any:  # what JSON can hold
    match value:
        case None | bool() | int() | float() | str():
            return value
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case set() | frozenset():
            return sorted(_plain(inner) for inner in value)
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            raise TypeError(f"a {type(value).__name__} has no place in a dynamic value")


class HuntingColumn(NamedTuple):
    """A column of an answer."""

    name: str
    type: KqlType


@dataclass(frozen=True)
class HuntingResult:
    """What a hunting query gave, in memory."""

    columns: tuple[HuntingColumn, ...]
    answered: Sequence[Mapping[str, Any]] = field(repr=False)  # Any: JSON
    """Rows as they came: times as text."""
    stats: Mapping[str, Any] = field(default_factory=dict, repr=False)  # Any: times, counts and sizes by name
    """What the query took, as the XDR API tells it. The other APIs do not."""

    @classmethod
    def of(cls, answer: AdvancedQueryResponse | HuntingQueryResults) -> HuntingResult:
        """The result that an answer of the service describes. A type that is not known counts as text."""
        named = (
            [(column.name, column.type) for column in answer.schema]
            if isinstance(answer, AdvancedQueryResponse)
            else [_name_and_type(column) for column in answer.schema]
        )
        columns = tuple(HuntingColumn(name, _KQL_TYPES.get(type, "string")) for name, type in named)
        return cls(columns, answer.results, answer.stats if isinstance(answer, AdvancedHuntingResponse) else {})

    def __len__(self) -> int:
        return len(self.answered)

    def __iter__(self) -> Iterator[dict[str, Any]]:  # Any: values of all types
        return iter(self.rows())

    def rows(self) -> list[dict[str, Any]]:  # Any: values of all types
        """Rows as dicts: times as aware UTC `datetime`, spans as `timedelta`, both cut to microseconds."""
        return [
            {column.name: _python(column.type, row.get(column.name)) for column in self.columns}
            for row in self.answered
        ]

    @cached_property
    def _table(self) -> Any:  # pyarrow has no types
        pa = arrow()
        arrays = []
        for column in self.columns:
            convert, type = _arrow_form(pa, column.type)
            arrays.append(pa.array([convert(row.get(column.name)) for row in self.answered], type))
        return pa.table(arrays, names=[column.name for column in self.columns])

    def arrow(self) -> Any:  # pyarrow has no types
        """An Arrow table. Times keep all seven digits, as timestamps of nanoseconds in UTC, from 1678 to 2261; others
        raise. Dynamic values are JSON text. Raises: `ConfigurationError` without pyarrow."""
        return self._table

    def polars(self) -> Any:  # polars is optional
        """A polars frame. Raises: `ConfigurationError` without polars and pyarrow."""
        return installed("polars", "a frame of polars", "polars").from_arrow(self._table)

    def pandas(self) -> Any:  # pandas is optional
        """A pandas frame. Raises: `ConfigurationError` without pandas and pyarrow."""
        installed("pandas", "a frame of pandas", "pandas")
        return pandas_frame(self._table)


def _name_and_type(column: Mapping[str, str]) -> tuple[str, str]:
    small = {name.lower(): value for name, value in column.items()}
    return small.get("name", ""), small.get("type", "")


def _python(type: KqlType, value: Any) -> Any:  # Any: values of all types
    if value is None:
        return None
    match type:
        case "datetime":
            ticks = _ticks_since_epoch(value)
            return value if ticks is None else _EPOCH + timedelta(microseconds=ticks // 10)
        case "timespan":
            ticks = _span_ticks(value)
            return value if ticks is None else timedelta(microseconds=ticks // 10)
        case "bool":
            return bool(value)
        case "real":
            return float(value)
        case "decimal":
            return Decimal(str(value))
        case _:
            return value


def _arrow_form(pa: Any, type: KqlType) -> tuple[Callable[[Any], Any], Any]:  # pyarrow has no types
    match type:
        case "datetime":
            return _nanoseconds, pa.timestamp("ns", "UTC")
        case "timespan":
            return _span_nanoseconds, pa.duration("ns")
        case "bool":
            return lambda value: None if value is None else bool(value), pa.bool_()
        case "int":
            return lambda value: value, pa.int32()
        case "long":
            return lambda value: value, pa.int64()
        case "real":
            return lambda value: None if value is None else float(value), pa.float64()
        case "dynamic":
            return lambda value: None if value is None else json.dumps(value, ensure_ascii=False), pa.string()
        case _:
            return lambda value: None if value is None else str(value), pa.string()


def _nanoseconds(value: object) -> int | None:
    ticks = None if value is None else _ticks_since_epoch(value)
    return None if ticks is None else ticks * 100


def _span_nanoseconds(value: object) -> int | None:
    ticks = None if value is None else _span_ticks(value)
    return None if ticks is None else ticks * 100


def _ticks_since_epoch(value: object) -> int | None:
    match = _DATETIME.fullmatch(str(value))
    if not match:
        return None
    day, clock, fraction, _ = match.groups()
    since = datetime.fromisoformat(f"{day}T{clock}+00:00") - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10_000_000 + int((fraction or "").ljust(7, "0"))


def _span_ticks(value: object) -> int | None:
    match = _TIMESPAN.fullmatch(str(value))
    if not match:
        return None
    sign, days, hours, minutes, seconds, fraction = match.groups()
    whole = ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)
    ticks = whole * 10_000_000 + int((fraction or "").ljust(7, "0"))
    return -ticks if sign else ticks
