"""Behaviour of vulnerabilities: which there are, on which machines, in which products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from vedette.catalogue.assets import PublicAssetDto
from vedette.catalogue.machines import Machines
from vedette.catalogue.operation import Filter
from vedette.catalogue.vulnerabilities import (
    PublicAssetVulnerabilityDto,
    PublicVulnerabilityDto,
    Vulnerabilities,
    Vulnerability,
)
from vedette.simulation.estate import references
from vedette.tenant.call import Call
from vedette.tenant.defender.estates import covered, estate_of
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.machines import machine
from vedette.tenant.problems import Problem


def in_lists(found: Iterable[Vulnerability]) -> list[PublicVulnerabilityDto]:
    """Vulnerabilities as lists of a machine, product or recommendation show them: the same under another type."""
    return [PublicVulnerabilityDto(**msgspec.structs.asdict(each)) for each in found]


def vulnerability(call: Call, cve_id: str) -> Vulnerability:
    """A CVE that is known, whether or not a machine has it. Raises: Problem ResourceNotFound."""
    try:
        return estate_of(call).vulnerability(cve_id)
    except KeyError:
        raise Problem("ResourceNotFound", kind="Vulnerability", id=cve_id) from None


@handles(Vulnerabilities.list, in_thread=True)
def list_all(
    call: Call,
    /,
    *,
    filter: Filter | None = None,
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Iterable[Vulnerability]:
    """Those that a machine of the caller has."""
    return estate_of(call).vulnerabilities.values()


@handles(Vulnerabilities.get, in_thread=True)
def get(call: Call, /, id: str) -> Vulnerability:
    """Also one that no machine has, with no machine exposed."""
    return vulnerability(call, id)


@handles(Vulnerabilities.list_machines, in_thread=True)
def list_machines(call: Call, /, id: str) -> Iterable[PublicAssetDto]:
    """The machines that have it; as many as it says are exposed."""
    found = estate_of(call).tally.weaknesses.get(vulnerability(call, id).id)
    return references(found.machines.values() if found else ())


@handles(Vulnerabilities.list_by_machine, in_thread=True)
def list_by_machine(
    call: Call,
    /,
    *,
    filter: Filter | None = None,
    top: int | None = None,
    skip: int | None = None,
    orderby: str | None = None,
    select: Sequence[str] = (),
) -> Iterable[PublicAssetVulnerabilityDto]:
    """Machine by machine, product by product."""
    return estate_of(call).findings()


@handles(Machines.list_vulnerabilities, in_thread=True)
def list_of_machine(call: Call, /, id: str) -> Iterable[PublicVulnerabilityDto]:
    """Each once, in however many products it is; in the order of ids."""
    estate = estate_of(call)
    ids = {each.cve_id or "" for each in estate.findings(covered(call, machine(call, id)))}
    return in_lists(estate.vulnerabilities[each] for each in sorted(ids))
