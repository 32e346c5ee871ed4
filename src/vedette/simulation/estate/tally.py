"""One pass over the machines of an estate: who has which product, weakness, missing update and unmet setting.

Everything that counts machines reads these tallies, so that counts and lists of machines cannot differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from vedette.catalogue.machines import Machine
from vedette.simulation.estate.configuration import CHECKS, Check, applies, is_met
from vedette.simulation.estate.inventory import Installed, installed, profile_of
from vedette.simulation.estate.products import Product, Release
from vedette.simulation.estate.weaknesses import Weakness


@dataclass(slots=True)
class ProductTally:
    """A product, wherever it is."""

    product: Product
    machines: dict[str, Machine] = field(default_factory=dict)
    exposed: dict[str, Machine] = field(default_factory=dict)
    """Those with a weakness of it."""
    installed: dict[str, Installed] = field(default_factory=dict)
    """Machine id → what is there."""
    versions: Counter[str] = field(default_factory=Counter)
    weaknesses: dict[str, Weakness] = field(default_factory=dict)

    def ends(self, today: date) -> bool:
        """Whether the product itself, not only a version of it, is out of support."""
        end = self.product.end_of_support
        return end is not None and end <= today and not self.product.ends_by_version

    def concerned(self, today: date) -> dict[str, Machine]:
        """The machines that something should be done on."""
        return self.machines if self.ends(today) else self.exposed


@dataclass(slots=True)
class WeaknessTally:
    """A weakness, wherever it is found."""

    weakness: Weakness
    machines: dict[str, Machine] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    seen_days: float = 0.0
    """Days since it was first seen anywhere."""


@dataclass(slots=True)
class UpdateTally:
    """An update that machines lack."""

    release: Release
    title: str
    build: int | None
    products: dict[str, Product] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)


@dataclass(slots=True)
class CheckTally:
    """A setting, with the machines it applies to."""

    check: Check
    machines: dict[str, Machine] = field(default_factory=dict)
    exposed: dict[str, Machine] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What was counted, by id."""

    products: dict[str, ProductTally] = field(default_factory=dict)
    weaknesses: dict[str, WeaknessTally] = field(default_factory=dict)
    updates: dict[str, UpdateTally] = field(default_factory=dict)
    checks: dict[str, CheckTally] = field(default_factory=dict)

    @staticmethod
    def of(machines: Iterable[Machine]) -> Tally:
        """Count these machines."""
        tally = Tally()
        for machine in machines:
            for each in installed(profile_of(machine)):
                tally._count(machine, each)
            tally._count_checks(machine)
        return tally

    def _count(self, machine: Machine, each: Installed) -> None:
        product = each.product
        found = self.products.setdefault(product.id, ProductTally(product))
        found.machines[machine.id] = machine
        found.installed[machine.id] = each
        found.versions[each.release.version] += 1
        weak = each.weaknesses
        if weak:
            found.exposed[machine.id] = machine
        for weakness in weak:
            found.weaknesses[weakness.id] = weakness
            known = self.weaknesses.get(weakness.id)
            if known is None:
                known = self.weaknesses[weakness.id] = WeaknessTally(weakness)
            known.machines[machine.id] = machine
            known.products[product.id] = product
            known.seen_days = max(known.seen_days, each.seen_days(weakness))
        for release in product.releases[each.position + 1 :]:
            if release.kb:
                missing = self.updates.get(release.kb)
                if missing is None:
                    missing = self.updates[release.kb] = UpdateTally(release, product.title, product.build)
                missing.products[product.id] = product
                missing.machines[machine.id] = machine

    def _count_checks(self, machine: Machine) -> None:
        profile = profile_of(machine)
        for check in CHECKS.values():
            if applies(check, profile):
                found = self.checks.setdefault(check.id, CheckTally(check))
                found.machines[machine.id] = machine
                if not is_met(check, profile):
                    found.exposed[machine.id] = machine
