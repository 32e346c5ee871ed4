"""Searches for terms that are not known before rows are read."""

from __future__ import annotations

import functools
import json

from vedette.kql.kernels.kernel import kernel


@kernel("string", "string", returns="bool")
def has_any_of(text: str, array: str) -> bool:
    folded = text.lower()
    return any(needle in folded and is_term(folded, needle) for needle in _needles(array))


@kernel("string", "string", returns="bool")
def has_all_of(text: str, array: str) -> bool:
    folded = text.lower()
    return all(needle in folded and is_term(folded, needle) for needle in _needles(array))


@functools.lru_cache(maxsize=64)
def _needles(array: str) -> tuple[str, ...]:
    """The elements of an array in JSON, as texts in small letters. The same array comes with every row."""
    value = json.loads(array)
    elements = value if isinstance(value, list) else [value]
    texts = (one if isinstance(one, str) else "" if one is None else json.dumps(one) for one in elements)
    return tuple(dict.fromkeys(text.lower() for text in texts))


def is_term(text: str, needle: str) -> bool:
    """Whether a needle stands in a text so that no term goes on across either of its ends."""
    if not needle:
        return True
    before, after = is_of_term(needle[0]), is_of_term(needle[-1])
    at = text.find(needle)
    while at >= 0:
        end = at + len(needle)
        starts = not before or at == 0 or not is_of_term(text[at - 1])
        if starts and (not after or end == len(text) or not is_of_term(text[end])):
            return True
        at = text.find(needle, at + 1)
    return False


def is_of_term(character: str) -> bool:
    """Whether terms are made of such characters: letters and decimal digits."""
    return character.isalpha() or character.isdecimal()
