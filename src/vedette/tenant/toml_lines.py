"""Finds on which line of a TOML text each key and each list item stands, which the standard parser does not tell.

It reads texts that the standard parser has accepted, so it knows only where things begin and end, not what they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Place = tuple[str | int, ...]
"""Keys and list positions from the top: `("users", 0, "role")`."""

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")|' + r"'''.*?'{3,5}(?!')|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'", re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


def lines_of(text: str) -> Mapping[Place, int]:
    """Place → line, counted from 1, of everything in a TOML text."""
    return _Scan(text).run()


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[Place, int] = {}
        self._counts: dict[Place, int] = {}
        """Arrays of tables: how many tables there have been so far."""

    def run(self) -> Mapping[Place, int]:
        table: Place = ()
        while self._skip(_SPACE) < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> Place:
        is_array = self._text.startswith("[[", self._at)
        start = self._at
        self._at += 2 if is_array else 1
        keys = self._keys()
        self._at = self._text.index("]", self._at) + (2 if is_array else 1)
        place = self._resolved(keys[:-1])
        named = (*place, keys[-1])
        if is_array:
            self._counts[named] = self._counts.get(named, -1) + 1
        place = self._resolved(keys)
        self._mark(named, start)
        self._mark(place, start)
        return place

    def _resolved(self, keys: list[str]) -> Place:
        """A header's keys with the positions of the tables that they go through."""
        place: Place = ()
        for key in keys:
            place = (*place, key)
            if place in self._counts:
                place = (*place, self._counts[place])
        return place

    def _pair(self, table: Place) -> None:
        start = self._at
        place = table
        for key in self._keys():
            place = (*place, key)
            self._mark(place, start)
        self._at += 1  # the equals sign
        self._value(place)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_BLANK)
            if found := _STRING.match(self._text, self._at):
                keys.append(found[0][1:-1])
            elif found := _BARE_KEY.match(self._text, self._at):
                keys.append(found[0])
            else:
                raise ValueError(f"no key at offset {self._at}")
            self._at = found.end()
            self._skip(_BLANK)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _value(self, place: Place) -> None:
        self._skip(_SPACE)
        opening = self._text[self._at]
        if opening == "[":
            self._items(place)
        elif opening == "{":
            self._inline(place)
        else:
            found = _STRING.match(self._text, self._at) or _SCALAR.match(self._text, self._at)
            self._at = found.end() if found else self._at + 1

    def _items(self, place: Place) -> None:
        self._at += 1
        number = 0
        while self._text[self._skip(_SPACE)] != "]":
            self._mark((*place, number), self._at)
            self._value((*place, number))
            number += 1
            if self._text[self._skip(_SPACE)] == ",":
                self._at += 1
        self._at += 1

    def _inline(self, place: Place) -> None:
        self._at += 1
        while self._text[self._skip(_SPACE)] != "}":
            self._pair(place)
            if self._text[self._skip(_SPACE)] == ",":
                self._at += 1
        self._at += 1

    def _skip(self, what: re.Pattern[str]) -> int:
        found = what.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at

    def _mark(self, place: Place, offset: int) -> None:
        self._lines.setdefault(place, self._text.count("\n", 0, offset) + 1)
