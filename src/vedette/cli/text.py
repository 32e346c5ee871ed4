"""Values as text: times, sizes of time, and nothing in them that a terminal would act upon.

Command lines, file names and titles come from whoever attacks the machines. A terminal obeys escape sequences and
right-to-left overrides, a spreadsheet obeys formulas; both are made visible instead (`terminal`, `spreadsheet`).
Every time is UTC and says so with `Z`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def minute(moment: datetime) -> str:
    """`2026-11-22 14:03Z`, for tables."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")


def second(moment: datetime) -> str:
    """`2026-11-22 14:03:09Z`, where one thing is shown in full."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def terminal(text: str) -> str:
    """The text with control and invisible characters spelled out: `\\x1b`, `\\u202e`."""
    return _CONTROLS.sub(lambda found: _spelled(found[0]), text)


def _spelled(character: str) -> str:
    if character in "\n\t":
        return " "
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def spreadsheet(text: str) -> str:
    """The text as a cell that no spreadsheet runs: an apostrophe before what would start a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def shown(value: object) -> str:
    """A value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return minute(value)
    if isinstance(value, str):
        return terminal(value)
    if isinstance(value, Mapping):
        return ", ".join(
            f"{terminal(str(name))} {shown(part)}" for name, part in value.items() if part not in (None, "")
        )
    if isinstance(value, Sequence):
        return ", ".join(map(shown, value))
    return terminal(str(value))


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = timedelta(seconds=round(seconds))
    hours, rest = divmod(int(whole.total_seconds()), 3600)
    minutes, left = divmod(rest, 60)
    parts = [(hours, "h"), (minutes, "min"), (left, "s")]
    named = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(named[:2]) or "0 s"


def flat(value: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Nested objects as `outer.inner`; lists stay as they are."""
    for name, part in value.items():
        if isinstance(part, Mapping):
            yield from flat(part, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", part
