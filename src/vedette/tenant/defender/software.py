"""Behaviour of software: products, versions, the machines that have them, and missing updates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vedette.catalogue.assets import PublicAssetDto
from vedette.catalogue.machines import Machines
from vedette.catalogue.operation import Filter
from vedette.catalogue.software import PublicDistributionDto, PublicProductFixDto, Software, SoftwareInventory
from vedette.catalogue.vulnerabilities import PublicVulnerabilityDto
from vedette.simulation.estate import references
from vedette.tenant.call import Call
from vedette.tenant.defender.estates import covered, estate_of
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.machines import machine
from vedette.tenant.defender.vulnerabilities import in_lists
from vedette.tenant.problems import Problem


def product(call: Call, id: str) -> Software:
    """A product that a machine of the caller has. Raises: Problem ResourceNotFound."""
    found = estate_of(call).software.get(id.lower())
    if found is None:
        raise Problem("ResourceNotFound", kind="Software", id=id)
    return found


@handles(SoftwareInventory.list, in_thread=True)
def list_all(
    call: Call,
    /,
    *,
    filter: Filter | None = None,
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Iterable[Software]:
    """In the order of ids."""
    return estate_of(call).software.values()


@handles(SoftwareInventory.get, in_thread=True)
def get(call: Call, /, id: str) -> Software:
    """By `vendor-_-name`, in whatever letter case."""
    return product(call, id)


@handles(SoftwareInventory.list_machines, in_thread=True)
def list_machines(call: Call, /, id: str) -> Iterable[PublicAssetDto]:
    """All that have it, in whatever version."""
    return references(estate_of(call).tally.products[product(call, id).id].machines.values())


@handles(SoftwareInventory.list_missing_kbs, in_thread=True)
def list_missing_kbs(call: Call, /, id: str) -> Iterable[PublicProductFixDto]:
    """Updates that some machine with the product lacks."""
    return estate_of(call).missing_updates(product_id=product(call, id).id)


@handles(SoftwareInventory.list_versions, in_thread=True)
def list_versions(call: Call, /, id: str) -> Iterable[PublicDistributionDto]:
    """The newest first."""
    return estate_of(call).distribution(product(call, id).id)


@handles(SoftwareInventory.list_vulnerabilities, in_thread=True)
def list_vulnerabilities(call: Call, /, id: str) -> Iterable[PublicVulnerabilityDto]:
    """Those of the installed versions."""
    estate = estate_of(call)
    found = estate.tally.products[product(call, id).id].weaknesses
    return in_lists(estate.vulnerabilities[each] for each in sorted(found))


@handles(Machines.list_software, in_thread=True)
def list_of_machine(call: Call, /, id: str) -> Iterable[Software]:
    """The products of the machine, each with the counts of the organization."""
    estate = estate_of(call)
    return [estate.software[each.product.id] for each in estate.inventory(machine(call, id))]


@handles(Machines.list_missing_kbs, in_thread=True)
def list_missing_kbs_of_machine(call: Call, /, id: str) -> Iterable[PublicProductFixDto]:
    """Every update that the machine lacks, not only the latest of a series."""
    return [each for one in covered(call, machine(call, id)) for each in estate_of(call).missing_updates(machine=one)]
