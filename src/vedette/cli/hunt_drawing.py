"""Draws charts into a terminal: bars of block characters, lines and points of braille dots.

A drawing fits the terminal's width. Series are told apart by colour; without colour, by the pattern of bars and by a
letter for each line. A terminal that is not UTF-8 gets ASCII.
"""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vedette.cli.columns import cells
from vedette.cli.output import Output
from vedette.cli.text import terminal
from vedette.kql.chart_scales import MOST_SERIES, labels, largest, power, short, spelled, stacked
from vedette.kql.charts import Chart

_TONES = ("cyan", "yellow", "green", "magenta", "red", "blue", "bright_cyan", "bright_yellow")
_PATTERNS = "█▓▒░▚▞◼◻"
_ASCII_PATTERNS = "#=+-*:%."
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
MOST_BARS = 60
"""Places on the axis that bars are drawn for."""
HEIGHT = 15
"""Lines of a drawing of lines or points."""
_NARROWEST = 40
_WIDEST = 160


def draw(output: Output, chart: Chart) -> None:
    """Draw a chart. What was left out is said on stderr."""
    _Drawing(output, chart).draw()
    for remark in chart.remarks:
        output.note(remark)


class _Drawing:
    """One chart on its way to the terminal."""

    def __init__(self, output: Output, chart: Chart) -> None:
        self._output = output
        self._chart = chart
        self._width = max(_NARROWEST, min(output.width or 80, _WIDEST))
        encoding = (sys.stdout.encoding or "").lower().replace("-", "")
        self._is_plain = encoding != "utf8"
        if len(chart.series) > MOST_SERIES:
            chart.remarks.append(
                f"{MOST_SERIES} of {len(chart.series)} series are drawn, those with the largest values."
            )
            chart.series = largest(chart.series)

    def draw(self) -> None:
        """The title, the chart, its legend."""
        chart = self._chart
        if chart.title:
            self._output.line(self._output.styled(_cut(terminal(chart.title), self._width), "bold"))
        if chart.kind == "card":
            self._card()
        elif chart.kind in ("bars", "shares"):
            self._bars()
        else:
            self._canvas()

    # -- a card --------------------------------------------------------------------------------------------------------

    def _card(self) -> None:
        for one in self._chart.series:
            value = terminal(str(one.points[0][0]))
            self._output.line(self._output.styled(_cut(value, self._width), "bold cyan"))
            self._output.line(self._output.styled(_cut(terminal(one.name), self._width), "dim"))

    # -- bars ----------------------------------------------------------------------------------------------------------

    def _bars(self) -> None:
        chart = self._chart
        places = chart.places
        if len(places) > MOST_BARS:
            chart.remarks.append(f"{MOST_BARS} of {len(places):,} bars are drawn: --no-chart for the table.")
            places = places[:MOST_BARS]
        heights = [{x: sum(y for at, y in one.points if at == x) for x, _ in one.points} for one in chart.series]
        whole = sum(sum(each.values()) for each in heights) if chart.kind == "shares" else 0.0
        names = labels(places, chart.axis)
        label = max(1, min(max(map(cells, names), default=1), self._width // 3))
        rows: list[tuple[str, list[tuple[int, float]], str]] = []
        for place, name in zip(places, names, strict=True):
            found = [(number, each[place]) for number, each in enumerate(heights) if place in each]
            if chart.stacking and len(chart.series) > 1:
                total = sum(y for _, y in found)
                if chart.stacking == "stacked100":
                    found = [(number, 100 * y / total if total else 0.0) for number, y in found]
                rows.append((name, found, short(total)))
                continue
            for position, (number, y) in enumerate(found):
                share = f"  {100 * y / whole:.1f} %" if whole else ""
                rows.append((name if position == 0 else "", [(number, y)], short(y) + share))
        values = max((len(text) for _, _, text in rows), default=0)
        room = max(8, self._width - label - values - 3)
        most = max((sum(max(0.0, y) for _, y in parts) for _, parts, _ in rows), default=0.0)
        most = chart.y_max if chart.y_max is not None else most
        if chart.y_title and (len(chart.series) > 1 or chart.y_title != chart.series[0].name):
            self._output.line(self._output.styled(" " * (label + 1) + _cut(terminal(chart.y_title), room), "dim"))
        for name, parts, text in rows:
            bar = self._bar(parts, most, room)
            self._output.line(f"{_padded(_cut(terminal(name), label), label)} {bar} {text}")
        self._legend(self._patterns())

    def _bar(self, parts: Sequence[tuple[int, float]], most: float, room: int) -> str:
        drawn, reached, end = "", 0.0, 0
        for number, y in parts:
            scaled = self._scaled(y, most) * room if y > 0 else 0.0
            reached += scaled
            is_single = len(parts) == 1 and len(self._chart.series) == 1
            whole = min(room, int(reached + 1e-9) if is_single else round(reached)) - end
            text = self._pattern(number) * max(0, whole)
            end += max(0, whole)
            if is_single and not self._is_plain and end < room:
                text += _EIGHTHS[int((reached - end + 1e-9) * 8)].strip()
            if y > 0 and not text:
                text = "." if self._is_plain else "▏"
            drawn += self._output.styled(text, _TONES[number]) if text else ""
        return drawn

    def _scaled(self, y: float, most: float) -> float:
        if most <= 0:
            return 0.0
        if self._chart.log_y:
            return math.log10(1 + y) / math.log10(1 + most)
        return min(1.0, y / most)

    def _pattern(self, number: int) -> str:
        if self._output.color and not self._is_plain:
            return "█"
        return (_ASCII_PATTERNS if self._is_plain else _PATTERNS)[number]

    def _patterns(self) -> list[str]:
        return [self._pattern(number) for number in range(len(self._chart.series))]

    # -- lines and points ----------------------------------------------------------------------------------------------

    def _canvas(self) -> None:
        chart = self._chart
        series = stacked(chart) if chart.stacking and len(chart.series) > 1 else chart.series
        xs = [float(x) for one in series for x, _ in one.points]
        ys = [y for one in series for _, y in one.points]
        if chart.log_y:
            ys = [math.log10(y) for y in ys]
        low, high = self._bounds(ys)
        ticks = [power(low + (high - low) * step / 2, chart.log_y) for step in range(3)]
        texts = spelled(ticks)
        margin = max(map(len, texts))
        height = max(5, min(HEIGHT, shutil.get_terminal_size((80, 24)).lines - 6))
        width = max(10, self._width - margin - 2)
        canvas = _Canvas(width, height, min(xs), max(xs), low, high, plain=self._is_plain)
        # Stacked areas hide each other from behind, so the tallest is drawn first.
        order = list(enumerate(series))
        for number, one in reversed(order) if chart.stacking else order:
            points = [(float(x), math.log10(y) if chart.log_y else y) for x, y in one.points]
            canvas.add(number, points, joined=chart.kind != "points", filled=chart.kind == "areas")
        if chart.y_title:
            self._output.line(self._output.styled(_cut(terminal(chart.y_title), self._width), "dim"))
        uses_letters = len(series) > 1 and not self._output.color
        for row in range(height):
            at = {0: 2, (height - 1) // 2: 1, height - 1: 0}.get(row)
            tick = texts[at] if at is not None else ""
            edge = "|" if self._is_plain else "│" if at is None else "┤"
            self._output.line(f"{tick:>{margin}} {edge}{self._row(canvas, row, uses_letters)}")
        corner = "+" + "-" * width if self._is_plain else "└" + "─" * width
        self._output.line(" " * (margin + 1) + corner)
        self._x_axis(margin + 2, width, min(xs), max(xs))
        dot = "*" if self._is_plain else "●"
        self._legend(list(_LETTERS[: len(series)]) if uses_letters else [dot] * len(series))

    def _bounds(self, ys: Sequence[float]) -> tuple[float, float]:
        chart = self._chart
        low, high = min(ys), max(ys)
        if not chart.log_y and chart.kind != "points":
            low = min(0.0, low)
        low = chart.y_min if chart.y_min is not None and not chart.log_y else low
        high = chart.y_max if chart.y_max is not None and not chart.log_y else high
        return (low, high) if high > low else (low, low + 1)

    def _row(self, canvas: _Canvas, row: int, uses_letters: bool) -> str:
        parts: list[str] = []
        for text, owner in canvas.runs(row):
            if owner is None:
                parts.append(text)
            elif uses_letters:
                parts.append(_LETTERS[owner] * len(text))
            else:
                parts.append(self._output.styled(text, _TONES[owner]))
        return "".join(parts).rstrip()

    def _x_axis(self, margin: int, width: int, low: float, high: float) -> None:
        first, middle, last = labels([low, (low + high) / 2, high], self._chart.axis)
        line = first
        if high > low:
            gap = width - len(first) - len(middle) - len(last)
            if gap >= 4:
                start = max(len(first) + 2, (width - len(middle)) // 2)
                line = first.ljust(start) + middle
            line = line.ljust(max(len(line) + 1, width - len(last))) + last
        self._output.line(self._output.styled(" " * margin + line, "dim"))
        if self._chart.x_title and self._chart.axis != "time":
            self._output.line(self._output.styled((" " * margin) + terminal(self._chart.x_title).center(width), "dim"))

    def _legend(self, signs: Sequence[str]) -> None:
        chart = self._chart
        if len(chart.series) < 2 or not chart.has_legend:
            return
        line, used = "", 0
        for number, (one, sign) in enumerate(zip(chart.series, signs, strict=True)):
            name = _cut(terminal(one.name), self._width - 4)
            if used and used + cells(name) + 4 > self._width:
                self._output.line(line)
                line, used = "", 0
            line += f"{self._output.styled(sign, _TONES[number])} {name}  "
            used += cells(name) + 4
        self._output.line(line)


@dataclass
class _Canvas:
    """Cells of two by four dots (one dot in ASCII), each owned by the series that was drawn there last."""

    width: int
    height: int
    x_low: float
    x_high: float
    y_low: float
    y_high: float
    plain: bool = False
    dots: dict[tuple[int, int], int] = field(default_factory=dict)
    owners: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, owner: int, points: Sequence[tuple[float, float]], *, joined: bool, filled: bool) -> None:
        """Draw points of one series, joined by lines, filled down to zero."""
        placed = [self._place(x, y) for x, y in points]
        floor = self._place(self.x_low, max(self.y_low, min(0.0, self.y_high)))[1]
        for before, after in zip([*placed[:1], *placed], placed, strict=False):
            for x, y in self._line(before, after) if joined else [after]:
                self._dot(owner, x, y)
                if filled:
                    for below in range(min(y, floor), max(y, floor) + 1):
                        self._dot(owner, x, below)

    def _place(self, x: float, y: float) -> tuple[int, int]:
        wide, high = (self.width, self.height) if self.plain else (self.width * 2, self.height * 4)
        across = (x - self.x_low) / (self.x_high - self.x_low) if self.x_high > self.x_low else 0.5
        up = min(1.0, max(0.0, (y - self.y_low) / (self.y_high - self.y_low)))
        return round(across * (wide - 1)), round((1 - up) * (high - 1))

    def _line(self, one: tuple[int, int], other: tuple[int, int]) -> Iterable[tuple[int, int]]:
        steps = max(abs(other[0] - one[0]), abs(other[1] - one[1]))
        for step in range(steps + 1):
            part = step / steps if steps else 0.0
            yield round(one[0] + (other[0] - one[0]) * part), round(one[1] + (other[1] - one[1]) * part)

    def _dot(self, owner: int, x: int, y: int) -> None:
        cell = (x, y) if self.plain else (x // 2, y // 4)
        self.dots[cell] = self.dots.get(cell, 0) | (1 if self.plain else _DOTS[x % 2][y % 4])
        self.owners[cell] = owner

    def runs(self, row: int) -> Iterable[tuple[str, int | None]]:
        """Texts of one row with the series that each belongs to."""
        text, owner = "", None
        for column in range(self.width):
            bits = self.dots.get((column, row), 0)
            mark = ("*" if self.plain else chr(0x2800 + bits)) if bits else " "
            at = self.owners.get((column, row))
            if at != owner and text:
                yield text, owner
                text = ""
            owner = at
            text += mark
        if text:
            yield text, owner


# -- text --------------------------------------------------------------------------------------------------------------


def _cut(text: str, width: int) -> str:
    if cells(text) <= width:
        return text
    while text and cells(text) >= width:
        text = text[:-1]
    return f"{text}…"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))
