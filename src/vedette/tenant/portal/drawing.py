"""Draws charts into pages, as SVG without script or inline style: colours are classes of the style sheet.

A picture is for the eye; the table beneath it has the same values for everybody.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from markupsafe import Markup

from vedette.kql.chart_scales import (
    MOST_SERIES,
    heights,
    labels,
    largest,
    power,
    short,
    spelled,
    stacked,
    ticks,
    time_ticks,
)
from vedette.kql.charts import Chart, X

WIDTH: Final = 960.0
HEIGHT: Final = 340.0
MOST_BARS: Final = 60
"""Places that bars are drawn for."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 70.0, 20.0, 14.0, 46.0
_LETTER: Final = 6.6
"""About the width of a letter of a label."""
_ROW: Final = 22.0


def drawn(chart: Chart) -> Markup | None:
    """The picture of a chart with its legend; None where a table says all. What is left out goes to its remarks."""
    if chart.kind == "table":
        return None
    if chart.kind == "card":
        return Markup('<dl class="cards">{}</dl>').format(
            Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(one.name, one.points[0][0]) for one in chart.series)
        )
    if len(chart.series) > MOST_SERIES:
        chart.remarks.append(f"{MOST_SERIES} of {len(chart.series)} series are drawn, those with the largest values.")
        chart.series = largest(chart.series)
    if chart.kind in ("bars", "shares"):
        body, height = (_lying if chart.horizontal or chart.kind == "shares" else _standing)(chart)
    else:
        body, height = _plane(chart)
    said = chart.title or f"{chart.y_title or 'values'} by {chart.x_title or 'row'}"
    picture = (
        f'<svg class="chart" viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-label="{escape(said)}">'
        f"{''.join(body)}</svg>"
    )
    title = Markup('<p class="chart-title">{}</p>').format(chart.title) if chart.title else Markup("")
    return title + Markup(picture) + _legend(chart)  # noqa: S704  (built here, every text of the answer escaped)


def _legend(chart: Chart) -> Markup:
    if len(chart.series) < 2 or not chart.has_legend or chart.kind == "shares":
        return Markup("")
    items = (
        Markup('<li><svg class="key" viewBox="0 0 10 10" aria-hidden="true">{}</svg> {}</li>').format(
            Markup(f'<rect class="fill-{number}" width="10" height="10"/>'),  # noqa: S704  (a number)
            one.name,
        )
        for number, one in enumerate(chart.series)
    )
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(items))


# -- lines, areas and points -------------------------------------------------------------------------------------------


def _plane(chart: Chart) -> tuple[list[str], float]:
    is_piled = bool(chart.stacking) and len(chart.series) > 1
    series = stacked(chart) if is_piled else chart.series
    xs = [float(x) for one in series for x, _ in one.points]
    low, high = _bounds(chart, [y for one in series for _, y in one.points])
    first, last = (min(xs), max(xs)) if min(xs) < max(xs) else (min(xs) - 0.5, max(xs) + 0.5)

    def across(x: float) -> float:
        return _LEFT + (x - first) / (last - first) * (WIDTH - _LEFT - _RIGHT)

    def down(y: float) -> float:
        scaled = math.log10(y) if chart.log_y else y
        return HEIGHT - _BOTTOM - min(1.0, max(0.0, (scaled - low) / (high - low))) * (HEIGHT - _TOP - _BOTTOM)

    body = list(_levels(chart, low, high))
    marks = time_ticks(first, last) if chart.axis in ("time", "span") else ticks(first, last)
    for mark, name in zip(marks, labels(marks, chart.axis), strict=True):
        half = len(name) * _LETTER / 2
        at = min(across(mark), WIDTH - half)
        body.append(_label(at, HEIGHT - _BOTTOM + 18, name, "middle"))
        body.append(_line(across(mark), HEIGHT - _BOTTOM, across(mark), HEIGHT - _BOTTOM + 5, "axis"))
    floor = down(10**low if chart.log_y else max(low, min(0.0, high)))
    before: list[tuple[float, float]] = []
    for number, one in enumerate(series):
        points = [(across(float(x)), down(y)) for x, y in one.points]
        if chart.kind == "areas" and points:
            under = before[::-1] if is_piled and before else [(points[-1][0], floor), (points[0][0], floor)]
            body.append(f'<polygon class="area fill-{number}" points="{_path(points + under)}"/>')
            before = points
        if chart.kind == "points" or len(points) == 1:
            body.extend(f'<circle class="fill-{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in points)
        else:
            body.append(f'<polyline class="line-{number}" points="{_path(points)}"/>')
    body.append(_label((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 6, chart.x_title, "middle"))
    return body, HEIGHT


def _bounds(chart: Chart, ys: Sequence[float]) -> tuple[float, float]:
    """The lowest and highest height that is drawn; powers of ten on a logarithmic axis."""
    if chart.log_y:
        bottom, top = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
        return bottom, max(top, bottom + 1)
    low, high = min(ys), max(ys)
    if chart.kind != "points":
        low, high = min(0.0, low), max(0.0, high)
    low = chart.y_min if chart.y_min is not None else low
    high = chart.y_max if chart.y_max is not None else high
    if high <= low:
        return low, low + 1
    steps = ticks(low, high)
    step = steps[1] - steps[0] if len(steps) > 1 else high - low
    return (
        low if chart.y_min is not None else math.floor(low / step) * step,
        high if chart.y_max is not None else math.ceil(high / step - 1e-9) * step,
    )


def _levels(chart: Chart, low: float, high: float) -> Iterator[str]:
    """Lines across, with their numbers, and the name of the values."""
    marks = [float(n) for n in range(round(low), round(high) + 1)] if chart.log_y else ticks(low, high)
    texts = spelled([power(mark, chart.log_y) for mark in marks])
    for mark, name in zip(marks, texts, strict=True):
        y = HEIGHT - _BOTTOM - (mark - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)
        yield _line(_LEFT, y, WIDTH - _RIGHT, y, "axis" if mark == low else "grid")
        yield _label(_LEFT - 8, y + 4, name, "end")
    if chart.y_title:
        yield (
            f'<text class="label" text-anchor="middle" transform="translate(14 {(HEIGHT - _BOTTOM + _TOP) / 2:.0f}) '
            f'rotate(-90)">{escape(_cut(chart.y_title, 40))}</text>'
        )


# -- bars --------------------------------------------------------------------------------------------------------------


def _places(chart: Chart) -> list[X]:
    places = chart.places
    if len(places) > MOST_BARS:
        chart.remarks.append(f"{MOST_BARS} of {len(places):,} places are drawn; the table has all.")
    return places[:MOST_BARS]


def _standing(chart: Chart) -> tuple[list[str], float]:
    """Bars that stand side by side, or on each other."""
    places, values = _places(chart), heights(chart)
    tops = [sum(max(0.0, each[at]) for each in values) for at in range(len(places))]
    low, high = _bounds(chart, tops if chart.stacking else [y for each in values for y in each[: len(places)]])
    if chart.log_y:
        low = min(low, 0.0)
    body = list(_levels(chart, low, high))
    room = (WIDTH - _LEFT - _RIGHT) / len(places)
    names = labels(places, chart.axis)
    is_crowded = max(map(len, names)) * _LETTER > room
    every = math.ceil(len(places) / (room * len(places) / (18 if is_crowded else 1))) if is_crowded else 1
    height = HEIGHT + (min(14, max(map(len, names))) * 4.6 if is_crowded else 0)

    def down(y: float) -> float:
        scaled = math.log10(y) if chart.log_y and y > 0 else low if chart.log_y else y
        return HEIGHT - _BOTTOM - min(1.0, max(0.0, (scaled - low) / (high - low))) * (HEIGHT - _TOP - _BOTTOM)

    thick = room * 0.8 / (1 if chart.stacking else len(values))
    for at, name in enumerate(names):
        left = _LEFT + room * at + room * 0.1
        pile = 0.0
        for number, each in enumerate(values):
            y = each[at]
            top, bottom = (down(pile + y), down(pile)) if chart.stacking else (down(max(y, 0.0)), down(min(y, 0.0)))
            x = left if chart.stacking else left + thick * number
            said = f"{name}: {chart.series[number].name} {short(y)}"
            body.append(_bar(x, min(top, bottom), thick, abs(bottom - top), number, said))
            pile += max(0.0, y) if chart.stacking else 0.0
        middle = _LEFT + room * (at + 0.5)
        if at % every == 0:
            body.append(_slanted(middle, HEIGHT - _BOTTOM + 14, name) if is_crowded
                        else _label(middle, HEIGHT - _BOTTOM + 18, name, "middle"))  # fmt: skip
    body.append(_label((_LEFT + WIDTH - _RIGHT) / 2, height - 6, chart.x_title, "middle"))
    return body, height


def _lying(chart: Chart) -> tuple[list[str], float]:
    """Bars that lie, one place beneath the other: bar charts, and the shares of a whole."""
    places, values = _places(chart), heights(chart)
    names = [_cut(name, 36) for name in labels(places, chart.axis)]
    left = min(300.0, max(map(len, names)) * _LETTER + 16)
    whole = sum(max(0.0, y) for y in values[0]) if chart.kind == "shares" else 0.0
    piles = [sum(max(0.0, each[at]) for each in values) for at in range(len(places))]
    most = max(piles if chart.stacking else [max(0.0, each[at]) for each in values for at in range(len(places))])
    most = chart.y_max or most or 1.0
    room = WIDTH - left - 110
    body: list[str] = []
    y = 6.0
    for at, name in enumerate(names):
        body.append(_label(left - 8, y + 14, name, "end"))
        x = left
        for number, each in enumerate(values):
            wide = min(1.0, max(0.0, each[at]) / most) * room
            said = f"{name}: {chart.series[number].name} {short(each[at])}"
            body.append(_bar(x, y + 2, wide, _ROW - 6, at % MOST_SERIES if whole else number, said))
            if chart.stacking:
                x += wide
                continue
            share = f" ({100 * each[at] / whole:.1f} %)" if whole else ""
            body.append(_label(left + wide + 6, y + 14, short(each[at]) + share, "start"))
            y += _ROW if number < len(values) - 1 else 0.0
        if chart.stacking:
            body.append(_label(x + 6, y + 14, short(piles[at]), "start"))
        y += _ROW + (6 if len(values) > 1 and not chart.stacking else 0)
    return body, y + 6


# -- pieces ------------------------------------------------------------------------------------------------------------


def _bar(x: float, y: float, wide: float, high: float, number: int, said: str) -> str:
    return (
        f'<rect class="fill-{number}" x="{x:.1f}" y="{y:.1f}" width="{max(wide, 0.5):.1f}" height="{high:.1f}">'
        f"<title>{escape(said)}</title></rect>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="label" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(_cut(text, 48))}</text>'


def _slanted(x: float, y: float, text: str) -> str:
    return (
        f'<text class="label" text-anchor="end" transform="translate({x:.1f} {y:.1f}) rotate(-40)">'
        f"{escape(_cut(text, 18))}</text>"
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
