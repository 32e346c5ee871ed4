"""Functions over text that SQL cannot say."""

from __future__ import annotations

import re
from typing import Any, Final

from vedette.kql.kernels.kernel import kernel


@kernel("string", returns="string", name="reversed")
def reversed_text(text: str) -> str:
    return text[::-1]


@kernel("string", "string", "long", "long", "long", returns="long")
def indexof_within(
    text: str, searched: str, start: int | None, length: int | None, occurrence: int | None
) -> int | None:
    """Each search after the first begins one character further on and keeps the length that was left, as in Kusto's
    own examples."""
    if start is None or length is None or occurrence is None or occurrence < 0 or length < -1:
        return None
    at = max(len(text) + start, 0) if start < 0 else start
    end = len(text) if length == -1 else at + length
    found = -1
    for _ in range(occurrence):
        found = text.find(searched, at, end)
        if found < 0:
            return -1
        at, end = found + 1, end + 1
    return found


@kernel("string", "dynamic", "dynamic", returns="string")
def replace_strings(text: str, lookups: Any, rewrites: Any) -> str:  # dynamic values have any type
    if not isinstance(lookups, list) or not isinstance(rewrites, list):
        return text
    # A lookup that is listed earlier wins, wherever it occurs; what it replaced is not searched again.
    pieces: list[tuple[str, bool]] = [(text, True)]
    for lookup, rewrite in zip(lookups, rewrites, strict=False):
        if isinstance(lookup, str) and lookup:
            done = (rewrite if isinstance(rewrite, str) else lookup, False)
            pieces = [one for piece in pieces for one in (_parted(piece[0], lookup, done) if piece[1] else [piece])]
    return "".join(piece for piece, _ in pieces)


def _parted(text: str, lookup: str, done: tuple[str, bool]) -> list[tuple[str, bool]]:
    """A text that is still to be searched, with what is done in the place of each lookup."""
    first, *rest = text.split(lookup)
    return [(first, True), *(one for part in rest for one in (done, (part, True)))]


@kernel("string", "string", returns="long")
def count_overlapping(text: str, searched: str) -> int:
    if not searched:
        return 0
    count, at = 0, text.find(searched)
    while at >= 0:
        count, at = count + 1, text.find(searched, at + 1)
    return count


@kernel("string", "string", "string", returns="string")
def translated(search: str, replacement: str, source: str) -> str:
    padded = replacement + replacement[-1:] * (len(search) - len(replacement))
    by: dict[int, str] = {}
    for at, character in enumerate(search):
        by.setdefault(ord(character), padded[at : at + 1])
    return source.translate(by)


@kernel("string", returns="dynamic")
def codepoints_of_text(text: str) -> list[int]:
    return [ord(character) for character in text]


@kernel("dynamic", returns="string")
def text_of_codepoints(values: list[Any]) -> str:  # numbers, and arrays of numbers
    codes = [code for value in values for code in (value if isinstance(value, list) else [value])]
    if not all(isinstance(code, int) and 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF for code in codes):
        return ""
    return "".join(chr(code) for code in codes)


_SPECIAL: Final = re.compile(r"[\\.+*?()|\[\]{}^$#&~-]")


@kernel("string", returns="string")
def regex_quoted(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


@kernel("string", returns="dynamic")
def windows_arguments(line: str) -> list[str] | None:
    """As `CommandLineToArgvW` divides a command line: the program's name ends at its closing quote or at a blank;
    further on, backslashes escape quotes, and two quotes in a quoted part are one."""
    if not line.strip(" \t"):
        return None
    if line.startswith('"'):
        program, _, rest = line[1:].partition('"')
    else:
        program = re.split(r"[ \t]", line, maxsplit=1)[0]
        rest = line[len(program) :]
    return [program, *_arguments(rest.lstrip(" \t"))]


_SIMPLE_ARGUMENT: Final = re.compile(r'(?:[^ \t"]|"[^"]*(?:"|$))+')


def _arguments(rest: str) -> list[str]:
    if '\\"' not in rest and '""' not in rest:
        return [argument.replace('"', "") for argument in _SIMPLE_ARGUMENT.findall(rest)]
    arguments: list[str] = []
    current: list[str] = []
    quotes = backslashes = at = 0
    while at < len(rest):
        character = rest[at]
        if character in " \t" and not quotes:
            arguments.append("".join(current))
            current, backslashes = [], 0
            at = len(rest) - len(rest[at:].lstrip(" \t"))
            if at == len(rest):
                return arguments
            continue
        at += 1
        if character != '"':
            current.append(character)
            backslashes = backslashes + 1 if character == "\\" else 0
            continue
        if backslashes:
            del current[len(current) - (backslashes + 1) // 2 :]
        if backslashes % 2:
            current.append('"')
        else:
            quotes += 1
        backslashes = 0
        while at < len(rest) and rest[at] == '"':
            quotes, at = quotes + 1, at + 1
            if quotes == 3:
                current.append('"')
                quotes = 0
        quotes = 0 if quotes == 2 else quotes
    return [*arguments, "".join(current)]


@kernel("string", returns="string")
def punycode_from_string(text: str) -> str:
    return text.encode("punycode").decode("ascii")


@kernel("string", returns="string")
def punycode_to_string(text: str) -> str:
    try:
        return text.encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return ""


_DOTS: Final = re.compile("[.\u3002\uff0e\uff61]")
"""What may divide the labels of a domain name."""


@kernel("string", returns="string")
def punycode_domain_from_string(domain: str) -> str:
    labels = domain.split(".")
    return ".".join(punycode_to_string(label[4:]) if label.lower().startswith("xn--") else label for label in labels)


@kernel("string", returns="string")
def punycode_domain_to_string(domain: str) -> str:
    labels = _DOTS.split(domain)
    return ".".join(label if label.isascii() else f"xn--{punycode_from_string(label)}" for label in labels)
