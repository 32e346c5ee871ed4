"""`parse-kv`: keys and values out of a text, by delimiters that are given or by any that are not alphanumeric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vedette.kql.kernels.kernel import kernel

_NOWHERE: Final = -1


@dataclass(frozen=True, slots=True)
class _Rules:
    """How pairs are written. `quotes` map an opening quote to the closing one."""

    pair: str
    key_value: str
    quotes: Mapping[str, str]
    escapes: frozenset[str]
    greedy: bool


@kernel("string", "dynamic", returns="dynamic")
def parse_kv_delimited(text: str, options: Any) -> Any:
    """The first value of every key, as texts. `options` are pair, key_value, quotes, escapes and greedy."""
    rules = _Rules(
        options["pair"], options["key_value"], _quotes(options["quotes"]), frozenset(options["escapes"]),
        bool(options["greedy"]),
    )  # fmt: skip
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        key, at, is_key = _key(text, at, rules)
        if not is_key:
            continue
        value, at = _value(text, at, rules)
        found.setdefault(key, value)
    return found


def _quotes(written: Sequence[str]) -> dict[str, str]:
    return {one[0]: one[-1] for one in written}


def _blank(text: str, at: int, rules: _Rules) -> int:
    """The first place from here that is no white space, stopping at delimiters."""
    while at < len(text) and text[at].isspace() and not text.startswith((rules.pair, rules.key_value), at):
        at += 1
    return at


def _key(text: str, at: int, rules: _Rules) -> tuple[str, int, bool]:
    """A key, the place behind its delimiter, and whether it is one: otherwise the place is that of the next pair."""
    start = _blank(text, at, rules)
    if start < len(text) and text[start] in rules.quotes:
        quoted = _quoted(text, start, rules)
        if quoted is not None:
            key, end = quoted
            end = _blank(text, end, rules)
            if text.startswith(rules.key_value, end):
                return key, end + len(rules.key_value), True
    pair, delimiter = text.find(rules.pair, at), text.find(rules.key_value, at)
    if delimiter == _NOWHERE:
        return "", len(text), False
    if pair != _NOWHERE and pair < delimiter:
        return "", pair + len(rules.pair), False
    return text[at:delimiter].strip(), delimiter + len(rules.key_value), True


def _value(text: str, at: int, rules: _Rules) -> tuple[str, int]:
    """A value, and the place behind its pair's delimiter."""
    start = _blank(text, at, rules)
    if start < len(text) and text[start] in rules.quotes:
        quoted = _quoted(text, start, rules)
        if quoted is not None:
            value, end = quoted
            behind = text.find(rules.pair, end)
            return value, len(text) if behind == _NOWHERE else behind + len(rules.pair)
    end = _greedy_end(text, at, rules) if rules.greedy else text.find(rules.pair, at)
    if end == _NOWHERE:
        return text[at:].strip(), len(text)
    return text[at:end].strip(), end + len(rules.pair)


def _greedy_end(text: str, at: int, rules: _Rules) -> int:
    """The delimiter before the next key."""
    delimiter = text.find(rules.key_value, at)
    return _NOWHERE if delimiter == _NOWHERE else text.rfind(rules.pair, at, delimiter)


def _quoted(text: str, at: int, rules: _Rules) -> tuple[str, int] | None:
    """What stands between quotes, and the place behind them; None when they are not closed."""
    closing = rules.quotes[text[at]]
    letters: list[str] = []
    at += 1
    while at < len(text):
        letter = text[at]
        if letter in rules.escapes and at + 1 < len(text):
            letters.append(text[at + 1])
            at += 2
        elif letter == closing:
            return "".join(letters), at + 1
        else:
            letters.append(letter)
            at += 1
    return None


@kernel("string", "dynamic", returns="dynamic")
def parse_kv_loose(text: str, options: Any) -> Any:
    """The first value of each of the keys: the run of letters and digits behind it, or what is quoted there."""
    rules = _Rules("", "", _quotes(options["quotes"]), frozenset(options["escapes"]), greedy=False)
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        key = next((one for one in options["keys"] if _stands(text, at, one)), None)
        if key is None:
            at += 1
            continue
        value, at = _next_token(text, at + len(key), rules)
        if value is not None:
            found.setdefault(key, value)
    return found


def _stands(text: str, at: int, key: str) -> bool:
    """Whether a key stands here as a whole."""
    end = at + len(key)
    return (
        bool(key)
        and text.startswith(key, at)
        and not (at > 0 and text[at - 1].isalnum())
        and not (end < len(text) and text[end].isalnum())
    )


def _next_token(text: str, at: int, rules: _Rules) -> tuple[str | None, int]:
    while at < len(text) and not text[at].isalnum():
        if text[at] in rules.quotes:
            quoted = _quoted(text, at, rules)
            if quoted is not None:
                return quoted
        at += 1
    end = at
    while end < len(text) and text[end].isalnum():
        end += 1
    return (text[at:end] if end > at else None), end


@kernel("dynamic", "dynamic", returns="dynamic")
def parse_kv_paired(keys: Any, values: Any) -> Any:
    """A bag of keys and values side by side; the first of equal keys counts."""
    found: dict[str, str] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key.strip(), value.strip())
    return found
