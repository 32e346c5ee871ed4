"""Which types a description has to name: those that operations answer, and all that these hold."""

from __future__ import annotations

from collections.abc import Iterable

from vedette.catalogue.entity import Complex, describe


def reachable(answered: Iterable[type[Complex] | None]) -> list[type[Complex]]:
    """The given types and every type inside them, once each, by name."""
    found: dict[str, type[Complex]] = {}
    pending = [kind for kind in answered if kind is not None]
    while pending:
        kind = pending.pop()
        if kind.__name__ not in found:
            found[kind.__name__] = kind
            pending += [p.complex_type for p in describe(kind) if p.complex_type is not None]
    return [found[name] for name in sorted(found)]
