"""What of the language is there, read off the registries: for the support table, completion and help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vedette.kql.bind.functions import SPECIAL
from vedette.kql.bind.operators.plugins import PLUGINS
from vedette.kql.emit.duckdb.expressions import BUILT_IN, load_families
from vedette.kql.emit.duckdb.registry import AGGREGATES, EMITTERS
from vedette.kql.functions import hunting, plugins
from vedette.kql.functions.aggregates import IF_FORMS
from vedette.kql.functions.catalogue import functions
from vedette.kql.functions.refused import REFUSED
from vedette.kql.functions.tabular_operators import TABULAR_OPERATORS
from vedette.kql.kernels.kernel import KERNELS
from vedette.kql.signatures import CANONICAL, Function


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece of the language."""

    name: str
    family: str
    forms: tuple[str, ...]
    """How it is called."""
    says: str
    source: str
    supported: bool
    reason: str = ""
    """Why it is not supported."""
    newer_name: str = ""
    """What to write instead."""


def entries() -> Iterator[Entry]:
    """Everything: tabular operators, then functions by family, then what is known and refused."""
    load_families()
    for name, (says, source) in TABULAR_OPERATORS.items():
        yield Entry(name, "tabular operators", (), says, source, supported=True)
    for name, function in functions().items():
        if name.startswith("$"):
            continue
        yield Entry(
            name,
            function.family or function.kind,
            tuple(one.text for one in function.signatures),
            function.summary,
            function.source,
            supported=name not in REFUSED and _is_supported(function),
            reason=REFUSED.get(name, ""),
            newer_name=function.deprecated,
        )
    for name, reason in REFUSED.items():
        if name not in functions():
            yield Entry(name, "environment", (), "", "", supported=False, reason=reason)
    for name, reason in plugins.REFUSED.items():
        yield Entry(name, "plugins", (), "", "", supported=False, reason=reason)
    for name in hunting.REFUSED:
        yield Entry(name, "hunting", (), "", "", supported=False, reason="needs the service's learned behaviour")


def _is_supported(function: Function) -> bool:
    name = CANONICAL.get(function.name, function.name)
    if function.family == "graphs":
        return True  # They have a meaning inside of graph operators only.
    match function.kind:
        case "aggregate":
            return IF_FORMS.get(name, name) in AGGREGATES or name in ("percentiles", "percentilesw")
        case "window" | "tabular":
            return True
        case "plugin":
            return name in PLUGINS
        case _:
            return name in EMITTERS or name in KERNELS or name in SPECIAL or name in BUILT_IN
