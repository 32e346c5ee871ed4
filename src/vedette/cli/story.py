"""How the quickstart tells what it does: numbered steps, and one line for each thing asked, with what came back.

Requests are recorded where they leave, so what is shown is what was sent: a method, a path without its host, a status.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import httpx2

from vedette.cli.columns import cells
from vedette.cli.output import Output, Progress, write
from vedette.cli.text import terminal

if TYPE_CHECKING:
    import ssl

WIDEST = 120
"""Longer lines do not read better."""


class Recorder(httpx2.HTTPTransport):
    """An ordinary HTTPS transport that remembers what went over it."""

    def __init__(self, verify: ssl.SSLContext | bool = True) -> None:
        super().__init__(verify=verify)
        self.exchanges: list[tuple[str, int]] = []
        """`POST /v1.0/applications`, status."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, and remember."""
        response = super().handle_request(request)
        parts = urlsplit(str(request.url))
        shown = unquote(parts.path) + (f"?{unquote(parts.query.replace('+', ' '))}" if parts.query else "")
        self.exchanges.append((f"{request.method} {shown}", response.status_code))
        return response

    def taken(self) -> list[tuple[str, int]]:
        """What was recorded since the last time."""
        exchanges, self.exchanges = self.exchanges, []
        return exchanges


class Story:
    """Writes the steps to stdout."""

    def __init__(self, output: Output) -> None:
        self.output = output
        output.width = min(output.width or 100, WIDEST)
        self.width = output.width
        self._step = 0
        encoding = (sys.stdout.encoding or "").lower().replace("-", "")
        self._arrow, self._good, self._bad = ("→", "✓", "✗") if encoding == "utf8" else ("->", "ok", "no")

    def title(self, text: str, below: str) -> None:
        """What this is."""
        self.output.line(self.output.styled(text, "bold"))
        for line in self.output.wrapped(below):
            self.output.line(line)

    def step(self, text: str) -> None:
        """The next step begins."""
        self._step += 1
        write(f"\n{self.output.styled(f'{self._step}  {text}', 'bold cyan')}\n")

    @contextmanager
    def doing(self, text: str) -> Iterator[Progress]:
        """Something that may take longer than half a second."""
        with self.output.progress(text) as progress:
            yield progress

    def came_back(self, asked: str, answer: str, *, good: bool = True) -> None:
        """One line: what was asked, what came back. The answer moves to a second line where both do not fit."""
        sign = self.output.styled(self._good if good else self._bad, "green" if good else "red")
        if 6 + cells(asked) + cells(answer) + 3 <= self.width:
            write(f"   {sign} {asked} {self._arrow} {answer}\n")
            return
        for number, line in enumerate(self.output.wrapped(asked, 5)):
            write(f"   {sign if number == 0 else ' '} {line}\n")
        for number, line in enumerate(self.output.wrapped(answer, 7)):
            write(f"     {self._arrow if number == 0 else ' ' * len(self._arrow)} {line}\n")

    def exchanges(self, recorder: Recorder) -> None:
        """The requests behind the last line, dimmed and cut to the width."""
        for asked, status in recorder.taken():
            room = self.width - 5 - 4
            shown = terminal(asked)
            if len(shown) > room:
                shown = shown[: room - 1] + "…"
            write(f"     {self.output.styled(f'{shown.ljust(room)}{status:>4}', 'dim')}\n")

    def facts(self, pairs: list[tuple[str, object]]) -> None:
        """Names and values under a line."""
        with self.output.indented(5):
            self.output.pairs(pairs)

    def says(self, text: str) -> None:
        """Plain words under a line."""
        with self.output.indented(5):
            for line in self.output.wrapped(text):
                self.output.line(line)

    def blank(self) -> None:
        """An empty line."""
        write("\n")
