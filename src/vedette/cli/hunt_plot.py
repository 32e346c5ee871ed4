"""`--plot FILE`: the chart of a query as an image, drawn by matplotlib, which is an optional extra."""

from __future__ import annotations

import importlib.util
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from vedette.cli.settings import UsageError
from vedette.errors import ConfigurationError
from vedette.kql.chart_scales import heights, labels
from vedette.kql.charts import Chart, X

ENDINGS = (".png", ".svg", ".pdf")
_INCHES = (10.0, 5.0)
_MOST_LABELS = 40


def check_image(to: Path) -> None:
    """Whether an image can be written there, before anything runs.

    Raises: UsageError for a name that says no form; ConfigurationError without matplotlib.
    """
    if to.suffix.lower() not in ENDINGS:
        raise UsageError(f"{to} does not say which kind of image", hint=f"a name that ends in {', '.join(ENDINGS)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise ConfigurationError("--plot needs matplotlib", hint="pip install 'vedette[plot]'")


def write_image(chart: Chart, to: Path) -> None:
    """Draw a chart into a file. Raises: ConfigurationError for one that has nothing to draw."""
    if chart.kind == "table":
        said = " ".join(chart.remarks) or "a table is no chart"
        raise ConfigurationError(f"no image was written: {said}", hint="end the query with | render timechart")
    check_image(to)
    from matplotlib.figure import Figure  # a figure of its own: no display, no global state

    figure = Figure(figsize=_INCHES, layout="constrained")
    axes = figure.add_subplot()
    _DRAW[chart.kind](axes, chart)
    if chart.title:
        axes.set_title(_plain(chart.title), loc="left", fontweight="bold")
    fresh = to.with_name(f".{to.stem}.part{to.suffix}")
    try:
        with warnings.catch_warnings():  # a character that the font lacks is a box in the image
            warnings.simplefilter("ignore")
            figure.savefig(fresh, dpi=150, metadata={"Date": None} if to.suffix.lower() == ".svg" else None)
        fresh.replace(to)
    finally:
        fresh.unlink(missing_ok=True)


# Axes: Any, matplotlib is not there when types are checked.


def _lines(axes: Any, chart: Chart) -> None:
    for one in chart.series:
        axes.plot(_xs(chart, [x for x, _ in one.points]), [y for _, y in one.points], label=_plain(one.name),
                  marker="o" if len(one.points) == 1 else None)  # fmt: skip
    _dress(axes, chart)


def _points(axes: Any, chart: Chart) -> None:
    for one in chart.series:
        axes.scatter(_xs(chart, [x for x, _ in one.points]), [y for _, y in one.points], label=_plain(one.name), s=16)
    _dress(axes, chart)


def _areas(axes: Any, chart: Chart) -> None:
    if chart.stacking:
        places = chart.places
        axes.stackplot(_xs(chart, places), heights(chart), labels=[_plain(one.name) for one in chart.series])
    else:
        for one in chart.series:
            xs = _xs(chart, [x for x, _ in one.points])
            axes.fill_between(xs, [y for _, y in one.points], alpha=0.4, label=_plain(one.name))
    _dress(axes, chart)


def _bars(axes: Any, chart: Chart) -> None:
    places = chart.places
    names = [_plain(name) for name in labels(places, chart.axis)]
    thick = 0.8 if chart.stacking else 0.8 / len(chart.series)
    below = [0.0] * len(places)
    draw, stacked_on = (axes.barh, "left") if chart.horizontal else (axes.bar, "bottom")
    for number, (one, values) in enumerate(zip(chart.series, heights(chart), strict=True)):
        shift = 0.0 if chart.stacking else (number - (len(chart.series) - 1) / 2) * thick
        options = {stacked_on: list(below)} if chart.stacking else {}
        draw([at + shift for at in range(len(places))], values, thick, label=_plain(one.name), **options)
        below = [under + height for under, height in zip(below, values, strict=True)]
    every = max(1, len(names) // _MOST_LABELS)
    ticks = list(range(0, len(names), every))
    if chart.horizontal:
        axes.set_yticks(ticks, [names[at] for at in ticks])
        axes.invert_yaxis()
    else:
        axes.set_xticks(ticks, [names[at] for at in ticks], rotation=45 if len(names) > 6 else 0,
                        ha="right" if len(names) > 6 else "center")  # fmt: skip
    _dress(axes, chart)


def _shares(axes: Any, chart: Chart) -> None:
    points = chart.series[0].points
    axes.pie([max(0.0, y) for _, y in points], labels=[_plain(str(x)) for x, _ in points], autopct="%.1f%%",
             counterclock=False, startangle=90)  # fmt: skip
    axes.set_aspect("equal")


def _card(axes: Any, chart: Chart) -> None:
    axes.axis("off")
    count = len(chart.series)
    for number, one in enumerate(chart.series):
        middle = 1 - (number + 0.5) / count
        axes.text(0.5, middle, _plain(str(one.points[0][0])), ha="center", va="bottom", fontsize=36, fontweight="bold")
        axes.text(0.5, middle, _plain(one.name), ha="center", va="top", fontsize=12, color="gray")


_DRAW = {"lines": _lines, "points": _points, "areas": _areas, "bars": _bars, "shares": _shares, "card": _card}


def _dress(axes: Any, chart: Chart) -> None:
    x_title, y_title = _plain(chart.x_title), _plain(chart.y_title)
    is_lying = chart.kind == "bars" and chart.horizontal
    axes.set_xlabel(y_title if is_lying else x_title)
    axes.set_ylabel(x_title if is_lying else y_title)
    bound = axes.set_xlim if is_lying else axes.set_ylim
    if chart.log_y:
        (axes.set_xscale if is_lying else axes.set_yscale)("log")
    elif chart.y_min is not None or chart.y_max is not None:
        bound(chart.y_min, chart.y_max)
    elif chart.kind in ("lines", "areas") and all(y >= 0 for one in chart.series for _, y in one.points):
        bound(bottom=0)
    axes.grid(visible=True, alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if chart.has_legend and len(chart.series) > 1:
        axes.legend(fontsize="small")


def _xs(chart: Chart, places: list[X]) -> list[Any]:
    """Places as matplotlib takes them."""
    if chart.axis != "time":
        return places
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return [epoch + timedelta(seconds=float(place)) for place in places]


def _plain(text: str) -> str:
    """A text in which matplotlib finds no formula."""
    return text.replace("$", r"\$")
