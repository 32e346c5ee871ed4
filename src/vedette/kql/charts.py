"""What `render` asks to be drawn: which columns are the axis, the values and the series of a chart.

The rules are Kusto's: what the properties name is taken; otherwise a time chart takes the first time as its axis, other
charts the first column; numbers are values, texts tell series apart. Arrays, as `make-series` gives them, are spread
out. What drawings of every kind need besides is in `chart_scales`; they are made elsewhere: for terminals and image
files in `vedette.cli`, for pages in `vedette.tenant.portal`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, Protocol

from vedette.errors import ConfigurationError, QueryError
from vedette.kql import syntax
from vedette.kql.compiled import Render
from vedette.kql.parser import parse

Kind = Literal["bars", "lines", "areas", "points", "shares", "card", "table"]
Axis = Literal["time", "span", "number", "name"]
Stacking = Literal["", "stacked", "stacked100"]
X = float | str
"""Seconds since 1970 for times, seconds for spans, a number, or a name."""

_KINDS: Final[Mapping[str, Kind]] = {
    "timechart": "lines",
    "linechart": "lines",
    "anomalychart": "lines",
    "columnchart": "bars",
    "barchart": "bars",
    "piechart": "shares",
    "areachart": "areas",
    "stackedareachart": "areas",
    "scatterchart": "points",
    "card": "card",
    "table": "table",
}
_NUMBERS: Final = ("int", "long", "real", "decimal")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z")
_SPAN = re.compile(r"(-)?(?:(\d+)\.)?(\d+):(\d+):(\d+)(?:\.(\d{1,7}))?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Rows(Protocol):
    """What a chart is made of."""

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Name and type of each."""

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """Rows as the service writes them in JSON, by column. Any: JSON."""


@dataclass
class Series:
    """One line, or the bars of one colour."""

    name: str
    points: list[tuple[X, float]] = field(default_factory=list)


@dataclass
class Chart:
    """What is to be drawn."""

    kind: Kind
    series: list[Series]
    axis: Axis = "name"
    title: str = ""
    x_title: str = ""
    y_title: str = ""
    stacking: Stacking = ""
    horizontal: bool = False
    """Bars lie: `barchart`. A drawing may lay others too."""
    has_legend: bool = True
    y_min: float | None = None
    y_max: float | None = None
    log_y: bool = False
    remarks: list[str] = field(default_factory=list)
    """What could not be drawn as it was asked."""

    @property
    def places(self) -> list[X]:
        """Every place on the axis, once: in order for numbers and times, as they come for names."""
        found = list(dict.fromkeys(x for one in self.series for x, _ in one.points))
        return found if self.axis == "name" else sorted(found, key=float)


def chart_of(part: Rows, render: Render | None) -> Chart:
    """The chart of a result. It is a table where there is nothing to draw.

    Raises: ConfigurationError when the query does not render, or a property names a column that is not there.
    """
    if render is None:
        raise ConfigurationError("the query does not say what to draw", hint="end it with | render timechart")
    given = {name.lower(): value for name, value in render.properties.items()}
    kind = _KINDS.get(render.chart.lower())
    if kind is None:
        return _as_table(f"A {render.chart} is not drawn here; this is its table.")
    if kind == "table":
        return Chart("table", [])
    if not part.rows:
        return _as_table("There are no rows to draw.")
    columns = dict(part.columns)
    if kind == "card":
        first = part.rows[0]
        return Chart("card", [Series(name, [(_shown(first.get(name)), 0.0)]) for name in columns],
                     title=_text(given, "title"))  # fmt: skip
    x, ys, tell_apart = _chosen(columns, part.rows, given, render.chart.lower())
    if not ys:
        return _as_table("The result has no numbers to draw; this is its table.")
    axis = _axis(columns[x], part.rows, x)
    stacking = _stacking(_text(given, "kind"), render.chart.lower())
    chart = Chart(
        "bars" if kind in ("lines", "areas", "points") and axis == "name" else kind,
        _series(part.rows, x, ys, tell_apart, axis, accumulate=_is_true(given.get("accumulate"))),
        axis=axis,
        title=_text(given, "title"),
        x_title=_text(given, "xtitle") or x,
        y_title=_text(given, "ytitle")
        or (ys[0] if len(ys) == 1 else "") + (" in %" if stacking == "stacked100" else ""),
        stacking=stacking,
        horizontal=render.chart.lower() == "barchart",
        has_legend=_text(given, "legend").lower() != "hidden",
        y_min=_height(given.get("ymin")),
        y_max=_height(given.get("ymax")),
        log_y=_text(given, "yaxis").lower() == "log",
    )
    if not any(one.points for one in chart.series):
        return _as_table("All values are null; there is nothing to draw.")
    if chart.log_y and any(y <= 0 for one in chart.series for _, y in one.points):
        chart.log_y = False
        chart.remarks.append("A logarithmic axis has no place for values that are not above 0; it is linear.")
    return chart


def render_of(query: str) -> Render | None:
    """How a query wants to be drawn, read off its text: the service does not say it with the rows."""
    try:
        statement = parse(query).statements[-1]
    except (QueryError, IndexError):
        return None
    pipe = statement.value if isinstance(statement, syntax.Evaluated) else None
    last = pipe.operators[-1] if isinstance(pipe, syntax.Pipeline) and pipe.operators else None
    if not isinstance(last, syntax.Render):
        return None
    given: dict[str, object] = {}
    for option in last.options:
        match option.value:
            case syntax.Name(name=name):
                given[option.name] = name
            case syntax.Literal(value=value):
                given[option.name] = value
            case other:
                given[option.name] = query[other.span.start : other.span.end]
    return Render(last.chart, given)


def _as_table(remark: str) -> Chart:
    return Chart("table", [], remarks=[remark])


# -- columns -----------------------------------------------------------------------------------------------------------


def _chosen(
    columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]], given: Mapping[str, object], chart: str
) -> tuple[str, list[str], list[str]]:
    """The axis, the values, and the columns that tell series apart. Any: JSON."""
    x = next(iter(_named(columns, given, "xcolumn")), "")
    ys = _named(columns, given, "ycolumns")
    series = _named(columns, given, "series")
    free = [name for name in columns if name not in (x, *ys, *series)]
    arrays = {name for name in free if columns[name] == "dynamic" and _is_array(rows, name)}
    if not x:
        times = [name for name in free if columns[name] == "datetime" or (name in arrays and _holds_times(rows, name))]
        prefers_time = chart in ("timechart", "anomalychart") or bool(arrays)
        wanted = times if prefers_time and times else [name for name in free if name not in arrays] or free
        if not wanted:
            return "", [], []
        x = wanted[0]
        free.remove(x)
    if not ys:
        ys = [name for name in free if columns[name] in _NUMBERS or (name in arrays and not _holds_times(rows, name))]
        if not ys and columns[x] in _NUMBERS and len(columns) == 1:
            ys = [x]
    if not series and chart != "piechart":
        series = [name for name in free if name not in ys and columns[name] in ("string", "guid", "bool")]
    return x, ys[:1] if chart == "piechart" else ys, series


def _named(columns: Mapping[str, str], given: Mapping[str, object], property_: str) -> list[str]:
    """The columns that a property names. Raises: ConfigurationError for one that is not there."""
    said = given.get(property_)
    if said is None:
        return []
    names = [name.strip().strip("[]'\"") for name in str(said).strip("()").split(",")]
    known = {name.casefold(): name for name in columns}
    for name in names:
        if name.casefold() not in known:
            raise ConfigurationError(
                f"render: the result has no column {name} for {property_}", hint=f"its columns: {', '.join(columns)}"
            )
    return [known[name.casefold()] for name in names]


def _is_array(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    return all(row.get(name) is None or isinstance(row[name], list) for row in rows)


def _holds_times(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    first = next((value for row in rows for value in row.get(name) or () if value is not None), None)
    return isinstance(first, str) and _TIME.fullmatch(first) is not None


def _axis(kind: str, rows: Sequence[Mapping[str, Any]], name: str) -> Axis:
    if kind == "dynamic":
        if _holds_times(rows, name):
            return "time"
        first = next((value for row in rows for value in row.get(name) or () if value is not None), None)
        return "number" if isinstance(first, (int, float)) else "name"
    return "time" if kind == "datetime" else "span" if kind == "timespan" else "number" if kind in _NUMBERS else "name"


# -- values ------------------------------------------------------------------------------------------------------------


def _series(
    rows: Sequence[Mapping[str, Any]], x: str, ys: Sequence[str], tell_apart: Sequence[str], axis: Axis, *,
    accumulate: bool,
) -> list[Series]:  # fmt: skip
    found: dict[str, Series] = {}
    for row in rows:
        said = [_shown(row.get(name)) for name in tell_apart]
        for y in ys:
            name = ": ".join([*said, y] if len(ys) > 1 or not said else said)
            series = found.setdefault(name, Series(name))
            at, values = row.get(x), row.get(y)
            pairs = (
                zip(at, values, strict=False) if isinstance(at, list) and isinstance(values, list) else [(at, values)]
            )
            for place, value in pairs:
                where, height = _place(place, axis), _height(value)
                if where is not None and height is not None:
                    series.points.append((where, height))
    for series in found.values():
        if axis != "name":
            series.points.sort(key=lambda point: float(point[0]))
        if accumulate:
            total = 0.0
            for number, (where, height) in enumerate(series.points):
                total += height
                series.points[number] = (where, total)
    return list(found.values())


def _place(value: object, axis: Axis) -> X | None:
    if axis == "name":
        return _shown(value)
    if axis == "time":
        return seconds_of_time(value)
    if axis == "span":
        return seconds_of_span(value)
    return _height(value)


def _height(value: object) -> float | None:
    """A number that can be drawn; None for null, NaN and infinities."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value) if isinstance(value, (int, float, str)) else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def seconds_of_time(value: object) -> float | None:
    """Seconds since 1970 of a time as the service writes it."""
    found = _TIME.fullmatch(str(value))
    if found is None:
        return None
    whole = datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00") - _EPOCH
    return whole.days * 86_400 + whole.seconds + int((found[3] or "").ljust(7, "0")) / 1e7


def seconds_of_span(value: object) -> float | None:
    """Seconds of a timespan as the service writes it."""
    found = _SPAN.fullmatch(str(value))
    if found is None:
        return None
    whole = ((int(found[2] or 0) * 24 + int(found[3])) * 60 + int(found[4])) * 60 + int(found[5])
    seconds = whole + int((found[6] or "").ljust(7, "0")) / 1e7
    return -seconds if found[1] else seconds


def _shown(value: object) -> str:
    if value is None or value == "":
        return "(empty)"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int)) else f"{value:.6g}" if isinstance(value, float) else str(value)


# -- properties --------------------------------------------------------------------------------------------------------


def _text(given: Mapping[str, object], name: str) -> str:
    value = given.get(name)
    return "" if value is None else str(value)


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() == "true"


def _stacking(kind: str, chart: str) -> Stacking:
    match kind.lower():
        case "stacked":
            return "stacked"
        case "stacked100":
            return "stacked100"
        case _:
            return "stacked" if chart == "stackedareachart" else ""
