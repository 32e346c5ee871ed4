"""The rows that a query gave, in the form that the reader wants."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from vedette.catalogue.advanced_queries import SERVICE_TYPES
from vedette.catalogue.tables import KqlType
from vedette.errors import ConfigurationError
from vedette.frames import pandas_frame
from vedette.hunting import values
from vedette.kql.schema import Column

if TYPE_CHECKING:
    from vedette.kql.compiled import Compiled, Render


class ResultColumn(NamedTuple):
    """A column of a result."""

    name: str
    type: KqlType

    @property
    def service_type(self) -> str:
        """The type as the service's answers call it, such as `DateTime`."""
        return SERVICE_TYPES[self.type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What a query took."""

    rows: int
    """Rows of the result."""
    bytes: int
    """Size of the result in memory."""
    seconds: float
    """From the call to the last row, compiling included."""
    cpu_seconds: float
    """Processor time, estimated: queries that run at the same time share what the process used."""
    tables: tuple[str, ...] = ()
    """Tables that the query read."""
    empty_tables: tuple[str, ...] = ()
    """Those of them that have no rows at all here: an empty result may mean missing telemetry."""


@dataclass(frozen=True)
class Result:
    """Rows of a query, all of them in memory as Arrow."""

    columns: tuple[ResultColumn, ...]
    stats: Stats
    compiled: Compiled = field(repr=False)
    physical: Any = field(repr=False)  # an Arrow table; stubs are absent
    """Rows as SQL gave them: times in ticks, dynamic values as JSON text."""
    encoded: tuple[Column, ...] = field(repr=False)
    truncated_by: Literal["", "rows", "bytes"] = ""
    """The limit at which further rows were dropped, when the limits say so."""
    parts: Mapping[str, Result] = field(default_factory=dict, repr=False)
    """Further results of the same query, by name: the branches of `fork`, the statements of a batch."""

    @property
    def render(self) -> Render | None:
        """How the query wants to be drawn."""
        return self.compiled.render

    def __len__(self) -> int:
        return int(self.physical.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:  # values of all types
        return iter(self.rows())

    def rows(self) -> list[dict[str, Any]]:  # values of all types
        """Rows as dicts of Python values.

        A datetime is an aware UTC `datetime` and a timespan a `timedelta`, both cut to microseconds; a guid is text;
        a dynamic value is what its JSON decodes to; null is None.
        """
        names = [column.name for column in self.columns]
        lists = [values.to_python(column.type, array) for column, array in self._arrays()]
        return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]

    def json_rows(self) -> list[dict[str, Any]]:  # JSON
        """Rows as the service prints them, ready for a JSON encoder.

        A datetime is ISO 8601 with seven digits and Z, a timespan `[-][d.]hh:mm:ss[.fffffff]`, a decimal text, and
        NaN and infinities are text; dynamic values are nested.
        """
        names = [column.name for column in self.columns]
        lists = [values.to_json(column.type, array) for column, array in self._arrays()]
        return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]

    def json(self) -> bytes:
        """`json_rows` as JSON text."""
        import msgspec

        return msgspec.json.encode(self.json_rows())

    def arrow(self) -> Any:  # an Arrow table; stubs are absent
        """Rows as a `pyarrow.Table`.

        A datetime is `timestamp[ns, UTC]` with all its 100 ns ticks, or `timestamp[us, UTC]` in a column that holds a
        time before 1678 or after 2261; a timespan is a `duration` likewise; a dynamic value is JSON text.
        """
        return self._arrow

    def polars(self) -> Any:  # a polars.DataFrame
        """Rows as a `polars.DataFrame`, typed as `arrow`. Raises: ConfigurationError without polars."""
        return _installed("polars").from_arrow(self._arrow)

    def pandas(self) -> Any:  # a pandas.DataFrame
        """Rows as a `pandas.DataFrame`, whole numbers as `Int64`. Raises: ConfigurationError without pandas."""
        _installed("pandas")
        return pandas_frame(self._arrow)

    @cached_property
    def _arrow(self) -> Any:  # an Arrow table; stubs are absent
        import pyarrow as pa

        arrays = [values.to_arrow(column.type, array) for column, array in self._arrays()]
        return pa.table(arrays, names=[column.name for column in self.columns])

    def _arrays(self) -> Iterator[tuple[ResultColumn, Any]]:  # Arrow arrays; stubs are absent
        for place, (column, encoded) in enumerate(zip(self.columns, self.encoded, strict=True)):
            yield column, values.in_ticks(encoded, self.physical.column(place))


def _installed(package: str) -> Any:  # a module
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ConfigurationError(f"a data frame of {package} needs {package}", hint=f"pip install {package}") from error
