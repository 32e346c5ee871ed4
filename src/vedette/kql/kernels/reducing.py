"""The programs behind `reduce`: texts grouped by the terms that many of them have at the same place.

A text is cut into terms; a term stays when enough rows have it at its place, and becomes a wildcard otherwise. Numbers
are always wildcards. A pattern that too few rows have loses its rarest term, until enough rows share it. The service
does about the same, after the published clustering of event logs by frequent words; where it draws its lines is not
documented, so patterns may differ from the service's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vedette.kql.kernels.kernel import checkpoint, procedure

if TYPE_CHECKING:
    import pyarrow as pa

OTHERS: Final = "others"
"""The pattern of all texts without a frequent term."""
LEAST_ROWS: Final = 2
"""What a single row has is never frequent, however few rows there are."""


class Term(NamedTuple):
    """A term at its place in a text."""

    place: int
    text: str


class Text(NamedTuple):
    """A text in pieces: terms, and the separators around them; `places[i]` is None for a separator."""

    pieces: tuple[str, ...]
    terms: tuple[Term | None, ...]


def patterns(weights: Mapping[str, int], threshold: float, characters: str) -> dict[str, str]:
    """Each text's pattern. weights: how many rows have a text."""
    least = max(threshold * sum(weights.values()), LEAST_ROWS)
    breaks = _separates(characters)
    texts = {value: _cut(value, breaks) for value in weights}
    counts: Counter[Term] = Counter()
    for value, text in texts.items():
        for term in text.terms:
            if term is not None and not term.text.isdecimal():
                counts[term] += weights[value]
    kept = {
        value: frozenset(term for term in text.terms if term is not None and counts[term] >= least)
        for value, text in texts.items()
    }
    while True:
        checkpoint()
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for value, terms in kept.items():
            groups[_written(texts[value], terms, characters) if terms else OTHERS].append(value)
        rare = [
            value
            for values in groups.values()
            if sum(weights[value] for value in values) < least
            for value in values
            if kept[value]
        ]
        if not rare:
            return {value: pattern for pattern, values in groups.items() for value in values}
        for value in rare:
            kept[value] -= {min(kept[value], key=lambda term: (counts[term], -term.place))}


def _separates(characters: str) -> Callable[[str], bool]:
    """Letters and digits make terms, all else separates them; the characters named change sides."""
    return lambda one: one.isalnum() == (one in characters)


def _cut(value: str, breaks: Callable[[str], bool]) -> Text:
    pieces: list[str] = []
    terms: list[Term | None] = []
    place = 0
    for separates, found in groupby(value, breaks):
        piece = "".join(found)
        pieces.append(piece)
        terms.append(None if separates else Term(place, piece))
        place += not separates
    return Text(tuple(pieces), tuple(terms))


def _written(text: Text, kept: frozenset[Term], characters: str) -> str:
    """The pattern: what lies between two wildcards belongs to them, and so do separating letters beside one."""
    pieces: list[str] = []
    wild: list[bool] = []
    for piece, term in zip(text.pieces, text.terms, strict=True):
        is_wild = term is not None and term not in kept
        if is_wild and len(wild) > 1 and wild[-2]:
            pieces.pop()
            wild.pop()
        else:
            pieces.append("*" if is_wild else piece)
            wild.append(is_wild)
    letters = "".join(one for one in characters if one.isalnum())
    for place, is_wild in enumerate(wild):
        if is_wild and place:
            pieces[place - 1] = pieces[place - 1].rstrip(letters)
        if is_wild and place + 1 < len(pieces):
            pieces[place + 1] = pieces[place + 1].lstrip(letters)
    return "".join(pieces)


def _patterns(table: pa.Table, options: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, str]]:  # Any: options
    weights = dict(zip(table.column(0).to_pylist(), table.column(1).to_pylist(), strict=True))
    return weights, patterns(weights, options["threshold"], options["characters"])


@procedure("reduce_to_patterns")
def reduce_to_patterns(inputs: Sequence[pa.Table], options: Mapping[str, object]) -> pa.Table:
    """Patterns with their rows and their first text in alphabetical order; the others, without one, come last.

    The input are distinct texts and how many rows have each.
    """
    import pyarrow as pa

    weights, found = _patterns(inputs[0], options)
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for value in sorted(found):
        counts[found[value]] += weights[value]
        shown.setdefault(found[value], value)
    order = sorted(counts, key=lambda pattern: (pattern == OTHERS, -counts[pattern], pattern))
    return pa.table(
        {
            "pattern": pa.array(order, pa.string()),
            "count": pa.array([counts[pattern] for pattern in order], pa.int64()),
            "representative": pa.array(["" if one == OTHERS else shown[one] for one in order], pa.string()),
        }
    )


@procedure("patterns_of_texts")
def patterns_of_texts(inputs: Sequence[pa.Table], options: Mapping[str, object]) -> pa.Table:
    """Each distinct text and its pattern."""
    import pyarrow as pa

    _, found = _patterns(inputs[0], options)
    return pa.table({"text": pa.array(found, pa.string()), "pattern": pa.array(found.values(), pa.string())})
