"""All functions of the language, by name. Every module of this folder declares a family (or several)."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import vedette.kql.functions as folder
from vedette.kql.signatures import Family

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.kql.signatures import Function


@cache
def functions() -> Mapping[str, Function]:
    """Name → function, other spellings included."""
    found: dict[str, Function] = {}
    for module in pkgutil.iter_modules(folder.__path__):
        if module.name == "catalogue":
            continue
        for value in vars(importlib.import_module(f"{folder.__name__}.{module.name}")).values():
            if isinstance(value, Family):
                found.update(value.functions)
    return MappingProxyType(found)
