"""Where Vedette keeps files of the person who runs it: configuration and cached tokens."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def config_file(environment: Mapping[str, str] | None = None) -> Path:
    """`VEDETTE_CONFIG`, else `config.toml` in the user's configuration folder."""
    environment = os.environ if environment is None else environment
    if given := environment.get("VEDETTE_CONFIG"):
        return Path(given).expanduser()
    return _folder(environment, "XDG_CONFIG_HOME", ".config") / "config.toml"


def state_folder(environment: Mapping[str, str] | None = None) -> Path:
    """`VEDETTE_STATE`, else the user's folder for state. Not created here."""
    environment = os.environ if environment is None else environment
    if given := environment.get("VEDETTE_STATE"):
        return Path(given).expanduser()
    return _folder(environment, "XDG_STATE_HOME", ".local/state")


def token_cache_file(environment: Mapping[str, str] | None = None) -> Path:
    """Where the shared token cache lives."""
    return state_folder(environment) / "tokens.json"


def _folder(environment: Mapping[str, str], variable: str, below_home: str) -> Path:
    given = environment.get(variable)
    # The XDG rules say to ignore a relative path.
    base = Path(given) if given and Path(given).is_absolute() else Path.home() / below_home
    return base / "vedette"
