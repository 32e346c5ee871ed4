"""Lists of values on a command line: what was typed, what stands in a file, what comes through a pipe.

A list has one value a line; blank lines and what follows a `#` are left out. Lines that are JSON objects, as
`-o jsonl` writes them, stand for their `id`, so that one command's output is another one's input. Values of cases and
reports are often written so that nobody clicks on them (`hxxps://evil[.]example`); `refanged` undoes that.
"""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from vedette.cli.settings import UsageError

F = TypeVar("F", bound=Callable[..., Any])

Kind = Literal["FileSha1", "FileSha256", "FileMd5", "IpAddress", "DomainName", "Url", "User"]
"""What a value is, in the words of indicators; accounts besides."""

_HASHES: dict[int, Kind] = {32: "FileMd5", 40: "FileSha1", 64: "FileSha256"}
_HEX = re.compile(r"[0-9a-fA-F]+")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})+")
_KEYS = ("id", "indicatorValue", "machineId", "alertId", "value")


def file_option(what: str) -> Callable[[F], F]:
    """`--file` of a command that takes many values."""
    return click.option(
        "--file",
        "file",
        type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
        metavar="FILE",
        help=f"{what} from a file, one a line; - is stdin.",
    )


def listed(given: Sequence[str], file: Path | None, *, what: str) -> list[str]:
    """All values, each once, in order. Raises: UsageError where there is none, or stdin is asked for twice."""
    if given.count("-") + (str(file) == "-") > 1:
        raise UsageError("stdin can be read once", hint="leave one - out")
    found: list[str] = []
    for value in given:
        found += _lines(sys.stdin) if value == "-" else [value.strip()]
    if file is not None:
        found += _lines(sys.stdin) if str(file) == "-" else _lines(file.read_text("utf-8-sig").splitlines())
    values = [value for value in dict.fromkeys(found) if value]
    if not values:
        raise UsageError(
            f"no {what} was given", hint=f"name one or more, or a list: --file {what}s.txt, or - for stdin"
        )
    return values


def is_list(given: Sequence[str], file: Path | None) -> bool:
    """Whether a list was asked for, rather than one value by name. Lists are answered with one result each."""
    return file is not None or len(given) != 1 or given[0] == "-"


def _lines(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        text = line.strip()
        if text.startswith("{"):
            text = _identified(text)
        elif text.startswith("#"):
            continue
        else:
            text = re.split(r"\s+#", text, maxsplit=1)[0]
        if text:
            yield text


def _identified(text: str) -> str:
    import msgspec

    try:
        record = msgspec.json.decode(text, type=dict[str, object])
    except msgspec.DecodeError as error:
        raise UsageError(
            f"a line of the list is not JSON: {error}", hint="lists have one value, or one JSON object, a line"
        ) from error
    found = next((record[key] for key in _KEYS if record.get(key)), None)
    if found is None:
        raise UsageError("a JSON object of the list has no id", hint="such lists come from -o jsonl of another command")
    return str(found)


def refanged(value: str) -> str:
    """`hxxps://evil[.]example` as it was before somebody made it safe to print."""
    text = value.strip().strip("\"'<>")
    for dot in ("[.]", "(.)", "{.}", "[dot]", "(dot)"):
        text = text.replace(dot, ".")
    text = text.replace("[:]", ":").replace("[/]", "/").replace("[at]", "@").replace("[@]", "@")
    return re.sub(r"^(?:h[tx]{2}p)(s?)(?=:)", r"http\1", text, flags=re.IGNORECASE)


def is_address(value: str) -> bool:
    """Whether it is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def kind_of(value: str) -> Kind | None:
    """What a value is; None where its form does not say. A name without a dot is an account."""
    if _HEX.fullmatch(value) and len(value) in _HASHES:
        return _HASHES[len(value)]
    if is_address(value):
        return "IpAddress"
    if re.match(r"https?://.", value, re.IGNORECASE):
        return "Url"
    if "\\" in value or "@" in value:
        return "User"
    if "/" in value:
        return "Url" if _DOMAIN.fullmatch(value.partition("/")[0]) else None
    if _DOMAIN.fullmatch(value):
        return "DomainName"
    return "User" if re.fullmatch(r"[\w$.-]+", value) else None
