"""The configuration file: reading a profile with errors that name the line, writing one and leaving the rest alone."""

from __future__ import annotations

import difflib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

from vedette.errors import ConfigurationError

_SECTION = re.compile(r"^\s*\[(?P<name>[^\[\]]+)\]\s*(?:#.*)?$")
_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def read_section(file: Path, name: str, keys: Collection[str], *, is_optional: bool) -> dict[str, str]:
    """The values of `[profiles.NAME]`.

    `is_optional`: a file or section that is absent gives no values.
    Raises: ConfigurationError for bad TOML, an unknown profile, an unknown key or a value that is not a text.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        if is_optional:
            return {}
        raise ConfigurationError(
            f"there is no profile {name!r}: there is no configuration file", path=str(file), hint="vedette login"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the configuration cannot be read: {type(error).__name__}", path=str(file)) from error
    profiles = _profiles(text, file)
    if name not in profiles:
        if is_optional:
            return {}
        nearest = difflib.get_close_matches(name, profiles, n=3, cutoff=0.5)
        raise ConfigurationError(
            f"there is no profile {name!r} in {file}",
            path=str(file),
            nearest=nearest,
            hint=f"it has {', '.join(profiles) or 'none'}",
        )
    return _checked(profiles[name], name, keys, text, file)


def profile_names(file: Path) -> tuple[str, ...]:
    """The profiles in a file, in its order. Raises: ConfigurationError for bad TOML."""
    try:
        return tuple(_profiles(file.read_text(encoding="utf-8"), file))
    except FileNotFoundError:
        return ()


def write_section(file: Path, name: str, values: Mapping[str, str]) -> None:
    """Put `[profiles.NAME]` into the file in place of the one that is there; every other line stays as it is.

    The file is replaced whole and can be read by its owner alone. Empty values are left out.
    Raises: ConfigurationError when the file that is there is not TOML, or a value holds control characters.
    """
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    _profiles(text, file)  # never overwrite what we do not understand
    section = _written(name, values)
    tomllib.loads(section)
    kept, _ = _split(text, name)
    while kept and not kept[-1].strip():
        kept.pop()
    whole = "\n".join([*kept, *([""] if kept else []), section])
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")  # made with mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(whole)
    Path(temporary).replace(file)


def _profiles(text: str, file: Path) -> Mapping[str, object]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else None
        raise ConfigurationError(f"{_at(file, line)} is not TOML: {error}", path=str(file), line=line) from None
    for key in document:
        if key != "profiles":
            line = _line_of(text, "", key)
            raise ConfigurationError(
                f"{_at(file, line)}: unknown name {key!r}",
                path=str(file),
                line=line,
                nearest=("profiles",),
                hint="profiles stand under [profiles.NAME]",
            )
    profiles = document.get("profiles", {})
    if not isinstance(profiles, dict):
        raise ConfigurationError(f"{file}: profiles stand under [profiles.NAME]", path=str(file))
    return profiles


def _checked(section: object, name: str, keys: Collection[str], text: str, file: Path) -> dict[str, str]:
    if not isinstance(section, dict):
        raise ConfigurationError(f"{file}: profile {name!r} is not a table", path=str(file))
    for key, value in section.items():
        line = _line_of(text, name, key)
        if key not in keys:
            nearest = difflib.get_close_matches(key, keys, n=3, cutoff=0.5)
            raise ConfigurationError(
                f"{_at(file, line)}: a profile has no key {key!r}",
                path=str(file),
                line=line,
                nearest=nearest,
                hint=f"did you mean {nearest[0]}?" if nearest else f"known: {', '.join(keys)}",
            )
        if not isinstance(value, str):
            raise ConfigurationError(f"{_at(file, line)}: {key} is a text in quotes", path=str(file), line=line)
    return dict(section)


def _at(file: Path, line: int | None) -> str:
    return str(file) if line is None else f"{file}, line {line}"


def _header(line: str) -> str | None:
    """The profile whose section starts on this line; an empty text for any other section, None for no section."""
    found = _SECTION.match(line)
    if not found:
        return None
    try:
        document = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ""
    profiles = document.get("profiles")
    return next(iter(profiles), "") if isinstance(profiles, dict) else ""


def _split(text: str, name: str) -> tuple[list[str], list[str]]:
    """The lines outside and inside of a profile's section."""
    outside: list[str] = []
    inside: list[str] = []
    current = outside
    for line in text.splitlines():
        section = _header(line)
        if section is not None:
            current = inside if section == name else outside
        current.append(line)
    return outside, inside


def _line_of(text: str, name: str, key: str) -> int | None:
    """The line, from 1, on which a key of a profile stands; with an empty name, a key outside of profiles."""
    current = ""
    wanted = re.compile(rf"""^\s*\[?["']?{re.escape(key)}["']?\s*[=.\]]""")
    for number, line in enumerate(text.splitlines(), start=1):
        section = _header(line)
        current = current if section is None else section
        if current == name and wanted.match(line):
            return number
    return None


def _written(name: str, values: Mapping[str, str]) -> str:
    for value in (name, *values.values()):
        if any(ord(c) < 32 or ord(c) == 127 for c in value):
            raise ConfigurationError("a profile cannot hold control characters")
    header = name if _BARE.match(name) else json.dumps(name, ensure_ascii=False)
    # Without control characters, a JSON string is a TOML string.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items() if value]
    return "\n".join([f"[profiles.{header}]", *lines, ""])
