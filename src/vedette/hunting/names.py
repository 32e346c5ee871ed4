"""How names and texts are written in SQL. Every name and text that this package puts into SQL goes through here."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(name: str) -> str:
    """A name of a table or column."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Iterable[str]) -> str:
    """A list of texts."""
    return f"[{', '.join(map(literal, texts))}]"


def apart(names: Iterable[str]) -> list[str]:
    """The names, told apart also without regard to letter case, as SQL engines read them: a later one gets a number."""
    taken: set[str] = set()
    given = []
    for name in names:
        count, chosen = 0, name
        while chosen.lower() in taken:
            count += 1
            chosen = f"{name}_{count}"
        taken.add(chosen.lower())
        given.append(chosen)
    return given
