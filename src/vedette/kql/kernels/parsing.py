"""Takes apart URLs, paths, CSV, XML, versions and User-Agent headers."""

from __future__ import annotations

import csv
import functools
import re
from typing import Any, Final
from urllib.parse import unquote, unquote_plus
from xml.parsers import expat

from vedette.kql.kernels.kernel import kernel

_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<user>[^/?#@]*)@)?(?P<host>\[[^\]]*\]|[^/?#:]*)(?::(?P<port>\d*))?"
    r"(?P<path>/?[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_QUERY: Final = re.compile(r"(?:\?|(?=[^/?#=&]+=))(?P<query>[^#]*)(?:#(?P<fragment>.*))?", re.DOTALL)
"""The query part of a URL alone, with or without its question mark."""
_QUERY_PARAMETERS: Final = "Query Parameters"


def _parameters(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {unquote_plus(key): unquote_plus(value) for key, _, value in pairs}


@kernel("string", returns="dynamic")
def parse_url(url: str) -> dict[str, object]:
    """All fields are there, empty where the text has no such part; for what is no absolute URL and no query, all are.

    The reference's example drops the slash that begins a path. The service keeps it, and gives the bare root as empty.
    """
    text = url.strip()
    found = _URL.fullmatch(text) or _QUERY.fullmatch(text)
    part: dict[str, str] = {key: value or "" for key, value in found.groupdict().items()} if found else {}
    user, _, password = part.get("user", "").partition(":")
    return {
        "Scheme": part.get("scheme", ""),
        "Host": part.get("host", ""),
        "Port": part.get("port", ""),
        "Path": "" if part.get("path") == "/" else part.get("path", ""),
        "Username": unquote(user),
        "Password": unquote(password),
        _QUERY_PARAMETERS: _parameters(part.get("query", "")),
        "Fragment": part.get("fragment", ""),
    }


@kernel("string", returns="dynamic")
def parse_urlquery(query: str) -> dict[str, object]:
    return {_QUERY_PARAMETERS: _parameters(query.removeprefix("?"))}


_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_ROOT: Final = re.compile(r"(?:\\\\\?\\)?([A-Za-z]:)(?=[\\/]|$)")


@kernel("string", returns="dynamic")
def parse_path(path: str) -> dict[str, str]:
    scheme = _SCHEME.match(path)
    rest = path[scheme.end() :] if scheme else path
    root = _ROOT.match(rest)
    last = max(rest.rfind("\\"), rest.rfind("/"))
    directory, name = (rest[:last], rest[last + 1 :]) if last >= 0 else ("", rest)
    name, _, stream = name.partition(":") if not (root and last < 0) else ("", "", "")
    stem, dot, extension = name.rpartition(".")
    return {
        "Scheme": scheme[1] if scheme else "",
        "RootPath": root[1] if root else "",
        "DirectoryPath": directory,
        "DirectoryName": re.split(r"[\\/]", directory)[-1],
        "Filename": name,
        "Extension": extension if dot and stem else "",
        "AlternateDataStreamName": stream,
    }


@kernel("string", returns="dynamic")
def csv_fields(text: str) -> list[str]:
    if not text:
        return [""]
    return next(csv.reader(text.splitlines(keepends=True), strict=False), [""])


@kernel("string", returns="string")
def version_digits(version: str) -> str:
    """Each of the four parts takes eight digits. Empty for what is no version."""
    if not re.fullmatch(r"\d{1,8}(\.\d{1,8}){0,3}", version, re.ASCII):
        return ""
    parts = version.split(".")
    return "".join(part.rjust(8, "0") for part in parts + ["0"] * (4 - len(parts)))


_MOST_XML: Final = 1_048_576


class _Element:
    """An element being read: its members, and the text between them."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.members: dict[str, object] = {f"@{key}": value for key, value in attributes.items()}
        self.repeated: set[str] = set()
        self.texts: list[str] = []

    def add(self, name: str, value: object) -> None:
        if name not in self.members:
            self.members[name] = value
            return
        held = self.members[name]
        if name in self.repeated and isinstance(held, list):
            held.append(value)
        else:
            self.members[name] = [held, value]
            self.repeated.add(name)

    def value(self) -> object:
        text = "".join(self.texts)
        if text.strip():
            if not self.members:
                return text
            first = {key: value for key, value in self.members.items() if key.startswith("@")}
            return {**first, "#text": text.strip(), **self.members}
        return self.members or None


@kernel("string", returns="dynamic")
def xml_of_text(xml: str) -> dict[str, object] | None:
    """Elements and texts alone; entities are not expanded, and nothing outside the text is read."""
    if not xml.strip() or len(xml.encode()) > _MOST_XML:
        return None
    root = _Element("", {})
    open_elements = [root]

    def started(name: str, attributes: dict[str, str]) -> None:
        open_elements.append(_Element(name, attributes))

    def ended(name: str) -> None:
        element = open_elements.pop()
        open_elements[-1].add(name, element.value())

    def declared(*_: object) -> None:
        raise expat.ExpatError("documents that declare entities are not read")

    parser = expat.ParserCreate()
    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.CharacterDataHandler = lambda text: open_elements[-1].texts.append(text)
    parser.EntityDeclHandler = declared
    try:
        parser.Parse(xml.strip().encode(), True)
    except (expat.ExpatError, UnicodeError):
        return None
    return root.members


_ASKED: Final = ("browser", "os", "device")


@kernel("string", "dynamic", returns="dynamic")
def user_agent_parts(header: str, look_for: Any) -> dict[str, object]:  # a text or an array of texts
    asked = [look_for] if isinstance(look_for, str) else look_for if isinstance(look_for, list) else list(_ASKED)
    if not set(asked) <= set(_ASKED):
        raise ValueError("parse_user_agent looks for 'browser', 'os' and 'device'")
    parts = _user_agent(header)
    names = {"browser": "Browser", "os": "OperatingSystem", "device": "Device"}
    return {names[one]: parts[names[one]] for one in _ASKED if one in asked}


@functools.lru_cache(maxsize=4096)
def _user_agent(header: str) -> dict[str, dict[str, str]]:
    try:
        from ua_parser import parse
    except ImportError as missing:
        raise ValueError("parse_user_agent needs the package ua-parser") from missing
    found = parse(header)
    browser, system, device = found.user_agent, found.os, found.device
    return {
        "Browser": {
            "Family": browser.family if browser else "Other",
            "MajorVersion": (browser and browser.major) or "",
            "MinorVersion": (browser and browser.minor) or "",
            "Patch": (browser and browser.patch) or "",
        },
        "OperatingSystem": {
            "Family": system.family if system else "Other",
            "MajorVersion": (system and system.major) or "",
            "MinorVersion": (system and system.minor) or "",
            "Patch": (system and system.patch) or "",
            "PatchMinor": (system and system.patch_minor) or "",
        },
        "Device": {
            "Family": device.family if device else "Other",
            "Brand": (device and device.brand) or "",
            "Model": (device and device.model) or "",
        },
    }
