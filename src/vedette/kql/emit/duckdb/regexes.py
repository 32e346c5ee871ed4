r"""Regular expressions of KQL in the spelling of RE2, the engine inside DuckDB.

KQL's classes are Unicode's (`\d`, `\w`, `\s`), character classes may be nested and intersected, groups may be named in
two ways. RE2 knows none of this, so a pattern is read to its end and written anew; what cannot be said in RE2, or is
no regular expression, raises `ValueError`. One difference remains: `\b` and `\B` tell ASCII words apart.
"""

from __future__ import annotations

import functools
import itertools
import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

Ranges = tuple[tuple[int, int], ...]
"""Code points from … to, in order, without overlaps."""

_CIRCLED: Final = r"\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}"
_WORD: Final = rf"\pL\pM\p{{Nd}}\p{{Nl}}\p{{Pc}}\x{{200C}}\x{{200D}}{_CIRCLED}"
_SPACE: Final = r"\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"
_PERL: Final = {"d": r"\p{Nd}", "w": _WORD, "s": _SPACE}
_PERL_ASCII: Final = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t-\r "}
_POSIX: Final = {
    "alnum": "[0-9A-Za-z]", "alpha": "[A-Za-z]", "ascii": "[\0-\x7f]", "blank": "[\t ]", "cntrl": "[\0-\x1f\x7f]",
    "digit": "[0-9]", "graph": "[!-~]", "lower": "[a-z]", "print": "[ -~]", "punct": r"[!-/:-@\[-`{-~]",
    "space": "[\t-\r ]", "upper": "[A-Z]", "word": "[0-9A-Za-z_]", "xdigit": "[0-9A-Fa-f]",
}  # fmt: skip
_CATEGORIES: Final = {
    "letter": "L", "uppercaseletter": "Lu", "lowercaseletter": "Ll", "titlecaseletter": "Lt", "modifierletter": "Lm",
    "otherletter": "Lo", "mark": "M", "nonspacingmark": "Mn", "spacingmark": "Mc", "enclosingmark": "Me",
    "number": "N", "decimalnumber": "Nd", "letternumber": "Nl", "othernumber": "No", "punctuation": "P",
    "connectorpunctuation": "Pc", "dashpunctuation": "Pd", "openpunctuation": "Ps", "closepunctuation": "Pe",
    "initialpunctuation": "Pi", "finalpunctuation": "Pf", "otherpunctuation": "Po", "symbol": "S", "mathsymbol": "Sm",
    "currencysymbol": "Sc", "modifiersymbol": "Sk", "othersymbol": "So", "separator": "Z", "spaceseparator": "Zs",
    "lineseparator": "Zl", "paragraphseparator": "Zp", "other": "C", "control": "Cc", "format": "Cf",
    "privateuse": "Co", "digit": "Nd", "alphabetic": "L", "uppercase": "Lu", "lowercase": "Ll",
}  # fmt: skip
_SHORT: Final = frozenset(_CATEGORIES.values())
_SCRIPTS: Final = frozenset({
    "Arabic", "Armenian", "Bengali", "Bopomofo", "Cherokee", "Common", "Coptic", "Cyrillic", "Devanagari",
    "Ethiopic", "Georgian", "Greek", "Gujarati", "Gurmukhi", "Han", "Hangul", "Hebrew", "Hiragana", "Inherited",
    "Kannada", "Katakana", "Khmer", "Lao", "Latin", "Malayalam", "Mongolian", "Myanmar", "Oriya", "Sinhala",
    "Syriac", "Tamil", "Telugu", "Thaana", "Thai", "Tibetan",
})  # fmt: skip
_SIMPLE_ESCAPES: Final = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_MOST_REPEATS: Final = 1000
_ONE_SIDE: Final = re.compile(r"[<>]|b\{(?:start|end)(?:-half)?\}")
_BEGINS_WORD: Final = re.compile(r"(?:[0-9A-Za-z_]|\\[wd])(?![*?{])")
_ENDS_WORD: Final = re.compile(r"(?:(?:^|[^\\0-9A-Za-z_])[0-9A-Za-z_]+|\\[wd])\+?$")


@dataclass(frozen=True, slots=True)
class Regex:
    """A pattern in RE2's spelling."""

    pattern: str
    groups: int
    names: dict[str, int] = field(default_factory=dict)
    """Named groups → their numbers. The pattern itself names none."""


def quote(text: str) -> str:
    """A pattern that matches this text alone."""
    return "".join(_literal(ord(character)) for character in text)


@functools.lru_cache(maxsize=1024)
def translated(pattern: str) -> Regex:
    """The pattern in RE2's spelling."""
    reader = _Reader(pattern)
    body = reader.alternatives()
    if reader.at < len(pattern):
        raise ValueError(f"the regular expression {pattern!r} closes a group that it did not open")
    return Regex(body, reader.groups, reader.names)


def _literal(code: int) -> str:
    character = chr(code)
    if character.isalnum() or (code > 0x7F and character.isprintable()):
        return character
    return "\\" + character if 0x20 < code < 0x7F else " " if code == 0x20 else f"\\x{{{code:X}}}"


@dataclass(frozen=True, slots=True)
class _Item:
    """Something inside brackets: how RE2 writes it there (empty when it cannot), and which code points it means."""

    text: str
    ranges: Ranges | None
    """None: has to be worked out from `text`'s category."""
    category: str = ""


class _Reader:
    """Reads a pattern from left to right. Flags hold to the end of their group."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups = 0
        self.names: dict[str, int] = {}
        self.verbose = False
        self.unicode = True
        self.fold = False
        self.depth = 0

    def wrong(self, why: str) -> ValueError:
        return ValueError(f"the regular expression {self.pattern!r} {why}")

    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.pattern[at] if at < len(self.pattern) else ""

    def take(self, text: str) -> bool:
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def alternatives(self) -> str:
        kept = self.verbose, self.unicode, self.fold
        parts = [self.sequence()]
        while self.take("|"):
            parts.append(self.sequence())
        self.verbose, self.unicode, self.fold = kept
        return "|".join(parts)

    def sequence(self) -> str:
        written: list[str] = []
        while (character := self.peek()) and character not in "|)":
            if self.verbose and (character.isspace() or character == "#"):
                self.skip_comment()
                continue
            piece = self.atom()
            if piece is not None:
                written.append(self.repeated(piece))
        return "".join(written)

    def skip_comment(self) -> None:
        if self.take("#"):
            end = self.pattern.find("\n", self.at)
            self.at = len(self.pattern) if end < 0 else end
        else:
            self.at += 1

    def repeated(self, piece: str) -> str:
        times = 0
        while True:
            counted = re.compile(r"\{(\d+)(,?)(\d*)\}").match(self.pattern, self.at)
            if counted:
                if max(int(counted[1]), int(counted[3] or 0)) > _MOST_REPEATS:
                    raise self.wrong(f"repeats something more than {_MOST_REPEATS} times")
                if counted[3] and int(counted[3]) < int(counted[1]):
                    raise self.wrong(f"repeats something at least {counted[1]} and at most {counted[3]} times")
                mark = counted[0]
            elif self.peek() and self.peek() in "*+?":
                mark = self.peek()
            else:
                return piece
            self.at += len(mark)
            lazy = "?" if self.take("?") else ""
            piece = (f"(?:{piece})" if times else piece) + mark + lazy
            times += 1

    def atom(self) -> str | None:
        character = self.peek()
        self.at += 1
        match character:
            case "(":
                return self.group()
            case "[":
                return self.bracket().text
            case "\\":
                return self.escape()
            case "." | "^" | "$":
                return character
            case "*" | "+" | "?":
                raise self.wrong(f"repeats nothing by {character}")
            case _:
                return _literal(ord(character))

    def group(self) -> str | None:
        if self.take("?"):
            for ahead in ("=", "!", "<=", "<!"):
                if self.take(ahead):
                    raise self.wrong("looks ahead or behind, which KQL does not support")
            if self.take("P<") or self.take("<"):
                return self.named_group()
            return self.flagged_group()
        self.groups += 1
        return f"({self.inside()})"

    def named_group(self) -> str:
        end = self.pattern.find(">", self.at)
        name = self.pattern[self.at : end]
        if end < 0 or not re.fullmatch(r"[^\W\d][\w.\[\]]*", name):
            raise self.wrong("has a group without a proper name")
        if name in self.names:
            raise self.wrong(f"has two groups named {name}")
        self.at = end + 1
        self.groups += 1
        self.names[name] = self.groups
        return f"({self.inside()})"

    def flagged_group(self) -> str | None:
        found = re.compile(r"([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])").match(self.pattern, self.at)
        if not found or set(found[1] + (found[2] or "")) - set("imsUuxR") or "R" in found[1]:
            raise self.wrong(f"has a group that KQL does not know, (?{self.pattern[self.at : self.at + 8]}")
        self.at = found.end()
        kept = self.verbose, self.unicode, self.fold
        for letters, value in ((found[1], True), (found[2] or "", False)):
            self.verbose = value if "x" in letters else self.verbose
            self.unicode = value if "u" in letters else self.unicode
            self.fold = value if "i" in letters else self.fold
        on, off = ("".join(letter for letter in letters or "" if letter in "imsU") for letters in (found[1], found[2]))
        flags = on + (f"-{off}" if off else "")
        if found[3] == ")":
            return f"(?{flags})" if flags else None
        body = self.inside()
        self.verbose, self.unicode, self.fold = kept
        return f"(?{flags}:{body})"

    def inside(self) -> str:
        self.depth += 1
        if self.depth > 250:
            raise self.wrong("has too many groups inside each other")
        body = self.alternatives()
        if not self.take(")"):
            raise self.wrong("does not close a group")
        self.depth -= 1
        return body

    def escape(self) -> str:
        character = self.peek()
        side = _ONE_SIDE.match(self.pattern, self.at)
        if side:
            # RE2 knows both sides only; they say the same where a word character stands at the one asked for.
            starts = side[0].startswith(("<", "b{start"))
            before = self.pattern[: self.at - 1]
            if not (_BEGINS_WORD.match(self.pattern, side.end()) if starts else _ENDS_WORD.search(before)):
                raise self.wrong("asks for one side of a word, which is not supported")
            self.at = side.end()
            return "\\b"
        if character in "bBAz" and character:
            self.at += 1
            return "\\" + character
        if character == "Q":
            end = self.pattern.find("\\E", self.at)
            quoted = self.pattern[self.at + 1 : end if end >= 0 else None]
            self.at = end + 2 if end >= 0 else len(self.pattern)
            return f"(?:{quote(quoted)})"
        item = self.escaped_item()
        if item.category:
            return item.text if item.text.startswith("\\") and len(item.text) < 8 else f"[{item.text or item.category}]"
        if not item.text and item.ranges is not None:
            return f"[{_written(item.ranges)}]"
        return item.text

    def escaped_item(self) -> _Item:
        """What a backslash begins, inside brackets or out."""
        character = self.peek()
        self.at += 1
        if not character:
            raise self.wrong("ends with a backslash")
        if character in "dwsDWS":
            return self.perl(character)
        if character in "pP":
            return self.category(character == "P")
        if character in _SIMPLE_ESCAPES:
            return _single(ord(_SIMPLE_ESCAPES[character]))
        if character in "xuU":
            return _single(self.code_point({"x": 2, "u": 4, "U": 8}[character]))
        if found := re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}").match(self.pattern, self.at - 1):
            self.at = found.end()
            return _single(int(found[0], 8))
        if character.isdigit():
            raise self.wrong(f"refers back to a group by \\{character}, which KQL does not support")
        if (character.isascii() and character.isalpha()) or character in "<>":
            raise self.wrong(f"has \\{character}, which KQL does not know")
        return _single(ord(character))

    def perl(self, letter: str) -> _Item:
        text = (_PERL if self.unicode else _PERL_ASCII)[letter.lower()]
        if letter.islower():
            return _Item(text, None, category=text)
        return (
            _Item("", None, category="^" + text)
            if letter != "D" or not self.unicode
            else _Item(r"\P{Nd}", None, "^" + text)
        )

    def category(self, negated: bool) -> _Item:
        if self.take("{"):
            end = self.pattern.find("}", self.at)
            if end < 0:
                raise self.wrong(r"does not close \p{")
            name = self.pattern[self.at : end]
            self.at = end + 1
        else:
            name = self.peek()
            self.at += 1
        if name.startswith("^"):
            negated, name = not negated, name[1:]
        name = name.rpartition("=")[2]
        known = _CATEGORIES.get(re.sub(r"[\s_-]", "", name).lower(), name)
        if known not in _SHORT and known not in _SCRIPTS:
            raise self.wrong(f"names a class of characters that is not known, {name}")
        text = f"\\{'P' if negated else 'p'}{{{known}}}"
        return _Item(text, None, ("^" if negated else "") + f"\\p{{{known}}}")

    def code_point(self, digits: int) -> int:
        found = re.compile(rf"\{{([0-9A-Fa-f]+)\}}|([0-9A-Fa-f]{{{digits}}})").match(self.pattern, self.at)
        code = int(found[1] or found[2], 16) if found else -1
        if not found or code > sys.maxunicode:
            raise self.wrong("has a character by number that does not exist")
        self.at = found.end()
        return code

    def bracket(self) -> _Item:
        """A class in brackets, complete with its brackets as `text`; its code points where they had to be known."""
        negated = self.take("^")
        items: list[_Item] = []
        sets: list[tuple[str, Ranges]] = []
        operator = ""
        hard = False
        first = True
        while True:
            if not self.peek():
                raise self.wrong("does not close a class of characters")
            if self.peek() == "]" and not first:
                self.at += 1
                break
            first = False
            if self.verbose and self.peek().isspace():
                self.at += 1
            elif found := next((two for two in ("&&", "--", "~~") if self.pattern.startswith(two, self.at)), ""):
                self.at += 2
                hard = True
                sets.append((operator, _union(self.points(item) for item in items)))
                operator, items = found, []
            elif self.pattern.startswith("[:", self.at) and (name := self.posix()):
                items.append(name)
            elif self.take("["):
                inner = self.bracket()
                hard = True
                items.append(_Item("", inner.ranges if inner.ranges is not None else self.points(inner)))
            else:
                items.append(self.member())
        if hard or any(not item.text and item.ranges is None for item in items):
            sets.append((operator, _union(self.points(item) for item in items)))
            ranges = _combined(sets)
            ranges = _complement(ranges) if negated else ranges
            return _Item(f"[{_written(ranges)}]" if ranges else r"[^\x{0}-\x{10FFFF}]", ranges)
        text = "".join(item.text for item in items)
        return _Item(f"[{'^' if negated else ''}{text}]", None, ("^" if negated else "") + text)

    def member(self) -> _Item:
        start = self.single_or_class()
        if self.peek() != "-" or self.peek(1) in ("]", "-", "") or start.category:
            return start
        self.at += 1
        end = self.single_or_class()
        if end.category or not start.ranges or not end.ranges or end.ranges[0][0] < start.ranges[0][0]:
            raise self.wrong("has a range of characters that ends before it starts")
        return _Item(f"{start.text}-{end.text}", ((start.ranges[0][0], end.ranges[0][0]),))

    def single_or_class(self) -> _Item:
        character = self.peek()
        self.at += 1
        return self.escaped_item() if character == "\\" else _single(ord(character))

    def posix(self) -> _Item | None:
        found = re.compile(r"\[:(\^?)(\w+):\]").match(self.pattern, self.at)
        if not found or found[2] not in _POSIX:
            return None
        self.at = found.end()
        return _Item(found[0], None, found[0])

    def points(self, item: _Item) -> Ranges:
        ranges = item.ranges if item.ranges is not None else _points(item.category)
        return _folded(ranges) if self.fold else ranges


def _single(code: int) -> _Item:
    return _Item(_literal(code), ((code, code),))


@functools.lru_cache(maxsize=256)
def _points(category: str) -> Ranges:
    """The code points of a class that is written in RE2's words."""
    if category.startswith("^"):
        return _complement(_points(category[1:]))
    found: list[Ranges] = []
    at = 0
    part = re.compile(
        r"\\([pP])(?:\{(\w+)\}|(\w))|\[:(\^?)(\w+):\]|(\\x\{([0-9A-F]+)\}|\\.|[^\\])(?:-(\\x\{([0-9A-F]+)\}|\\.|[^\\]))?",
        re.DOTALL,
    )
    while match := part.match(category, at):
        at = match.end()
        if match[1]:
            ranges = _of_category(match[2] or match[3])
            found.append(_complement(ranges) if match[1] == "P" else ranges)
        elif match[5]:
            ranges = _of_posix(match[5])
            found.append(_complement(ranges) if match[4] else ranges)
        else:
            start = _code(match[6], match[7])
            found.append(((start, _code(match[8], match[9]) if match[8] else start),))
    return _union(found)


def _code(text: str, number: str | None) -> int:
    if number:
        return int(number, 16)
    if len(text) == 2:
        return ord(_SIMPLE_ESCAPES.get(text[1], text[1]))
    return ord(text)


def _of_category(name: str) -> Ranges:
    if name in _SCRIPTS:
        raise ValueError(f"a class of characters combines the script {name} with others, which is not supported")
    return _union(ranges for known, ranges in _categories().items() if known.startswith(name))


@functools.cache
def _categories() -> dict[str, Ranges]:
    """All code points by their general category. Takes a moment, and only unusual patterns need it."""
    found: dict[str, list[tuple[int, int]]] = {}
    for name, run in itertools.groupby(range(sys.maxunicode + 1), lambda code: unicodedata.category(chr(code))):
        codes = list(run)
        found.setdefault(name, []).append((codes[0], codes[-1]))
    return {name: tuple(ranges) for name, ranges in found.items()}


def _of_posix(name: str) -> Ranges:
    pattern = re.compile(_POSIX[name])
    return _merged((code, code) for code in range(128) if pattern.match(chr(code)))


def _merged(pairs: Iterable[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(pairs):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)


def _union(sets: Iterable[Ranges]) -> Ranges:
    return _merged(pair for ranges in sets for pair in ranges)


def _complement(ranges: Ranges) -> Ranges:
    starts = [0, *(end + 1 for _, end in ranges)]
    ends = [*(start - 1 for start, _ in ranges), sys.maxunicode]
    return tuple((start, end) for start, end in zip(starts, ends, strict=True) if start <= end)


def _combined(sets: list[tuple[str, Ranges]]) -> Ranges:
    result = sets[0][1]
    for operator, ranges in sets[1:]:
        both = _complement(_union((_complement(result), _complement(ranges))))
        match operator:
            case "&&":
                result = both
            case "--":
                result = _complement(_union((_complement(result), ranges)))
            case _:
                result = _complement(_union((_complement(_union((result, ranges))), both)))
    return result


def _folded(ranges: Ranges) -> Ranges:
    """With the other letter case of each ASCII letter; RE2 folds the rest by itself."""
    letters = [chr(code) for start, end in ranges for code in range(start, min(end, 0x7F) + 1)]
    return _union((ranges, tuple((ord(letter.swapcase()),) * 2 for letter in letters if letter.isalpha())))


def _written(ranges: Ranges) -> str:
    return "".join(f"\\x{{{start:X}}}" if start == end else f"\\x{{{start:X}}}-\\x{{{end:X}}}" for start, end in ranges)
