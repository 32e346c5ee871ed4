"""Behaviour of recommendations: what to do, on which machines, against which vulnerabilities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from vedette.catalogue.assets import PublicAssetDto
from vedette.catalogue.machines import Machines
from vedette.catalogue.operation import Filter
from vedette.catalogue.recommendations import Recommendation, Recommendations
from vedette.catalogue.software import PublicProductDto
from vedette.catalogue.vulnerabilities import PublicVulnerabilityDto
from vedette.simulation.estate import references
from vedette.tenant.call import Call
from vedette.tenant.defender.estates import covered, estate_of
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.machines import machine
from vedette.tenant.defender.vulnerabilities import in_lists
from vedette.tenant.problems import Problem

_SOFTWARE = "va-_-"


def recommendation(call: Call, id: str) -> Recommendation:
    """A recommendation for some machine of the caller. Raises: Problem ResourceNotFound."""
    found = estate_of(call).recommendations.get(id.lower())
    if found is None:
        raise Problem("ResourceNotFound", kind="Recommendation", id=id)
    return found


@handles(Recommendations.list, in_thread=True)
def list_all(
    call: Call,
    /,
    *,
    filter: Filter | None = None,
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Iterable[Recommendation]:
    """The weightiest first."""
    return estate_of(call).recommendations.values()


@handles(Recommendations.get, in_thread=True)
def get(call: Call, /, id: str) -> Recommendation:
    """By `va-_-vendor-_-name` or `sca-_-scid-…`."""
    return recommendation(call, id)


@handles(Recommendations.list_machines, in_thread=True)
def list_machines(call: Call, /, id: str) -> Iterable[PublicAssetDto]:
    """The machines that it is still to be done on."""
    return references(estate_of(call).concerned(recommendation(call, id).id).values())


@handles(Recommendations.list_vulnerabilities, in_thread=True)
def list_vulnerabilities(call: Call, /, id: str) -> Iterable[PublicVulnerabilityDto]:
    """Those of the product; a setting has none."""
    found = recommendation(call, id)
    if not found.id.startswith(_SOFTWARE):
        return []
    estate = estate_of(call)
    weaknesses = estate.tally.products[found.id.removeprefix(_SOFTWARE)].weaknesses
    return in_lists(estate.vulnerabilities[each] for each in sorted(weaknesses))


@handles(Recommendations.get_software, in_thread=True)
def get_software(call: Call, /, id: str) -> PublicProductDto:
    """The product; a setting has none, and is not found."""
    found = recommendation(call, id)
    if not found.id.startswith(_SOFTWARE):
        raise Problem("ResourceNotFound", kind="Software", id=f"of recommendation {id}")
    product = msgspec.structs.asdict(estate_of(call).software[found.id.removeprefix(_SOFTWARE)])
    del product["distributions"]
    return PublicProductDto(**product)


@handles(Machines.list_recommendations, in_thread=True)
def list_of_machine(call: Call, /, id: str) -> Iterable[Recommendation]:
    """What is still to be done on the machine."""
    return [each for one in covered(call, machine(call, id)) for each in estate_of(call).of_machine(one)]
