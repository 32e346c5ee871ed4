"""Remediation tasks: releases that somebody was asked to bring onto machines, and settings to change.

Which tasks there are follows from the whole estate; how far one got is counted on the machines that a caller sees. A
task about a release was asked for some days after it came out, for the machines that lacked it then. Those that have it
by now are fixed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vedette.catalogue.machines import Machine
from vedette.catalogue.recommendations import Recommendation
from vedette.catalogue.remediation_tasks import RemediationTask
from vedette.simulation.estate.estate import Estate
from vedette.simulation.estate.products import Product
from vedette.simulation.estate.steady import identifier

_ASKED_AFTER_DAYS = 3.0
_DUE_DAYS = 30.0
_MOST = 6
"""Of the software recommendations, so many of the weightiest have a task."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, and when."""

    recommendation: Recommendation
    created_days: float
    product: Product | None = None
    position: int = 0
    """Of the wanted release."""

    @property
    def id(self) -> str:
        return f"{self.recommendation.id}_{identifier(self.recommendation.id, self.position)}"


def requests(estate: Estate) -> Mapping[str, Request]:
    """Task id → what was asked for in this estate, the latest first."""
    software = [each for each in estate.recommendations.values() if each.remediation_type == "Update"][:_MOST]
    settings = [each for each in estate.recommendations.values() if each.remediation_type == "ConfigurationChange"][:2]
    found = [request for each in software for request in _about(estate, each)]
    found += [Request(each, 9.0 + 6 * place) for place, each in enumerate(settings)]
    return {each.id: each for each in sorted(found, key=lambda each: (each.created_days, each.id))}


def _about(estate: Estate, recommendation: Recommendation) -> Iterator[Request]:
    """A task for each release with fixes that has been out for longer than it takes to ask."""
    product = estate.tally.products[recommendation.id.removeprefix("va-_-")].product
    for position, release in enumerate(product.releases):
        if release.removes and release.age_days > _ASKED_AFTER_DAYS + 4:
            yield Request(recommendation, release.age_days - _ASKED_AFTER_DAYS, product, position)


def tasks(asked: Mapping[str, Request], estate: Estate, requester_domain: str) -> Mapping[str, RemediationTask]:
    """Id → task, as far as it concerns machines of this estate."""
    found = (_task(request, estate, requester_domain) for request in asked.values())
    return {task.id: task for task in found if task.target_devices}


def open_machines(request: Request, estate: Estate) -> list[Machine]:
    """The machines of a task that are not fixed yet."""
    return _machines(request, estate)[0]


def domain_of(estate: Estate) -> str:
    """The domain that most machines are in."""
    names = Counter((each.computer_dns_name or "").partition(".")[2] for each in estate.machines)
    names.pop("", None)
    return names.most_common(1)[0][0] if names else "localhost"


def _machines(request: Request, estate: Estate) -> tuple[list[Machine], list[tuple[Machine, float]]]:
    """Those still to be fixed, and those fixed, with how many days ago."""
    if request.product is None:
        check = estate.tally.checks.get(request.recommendation.id.removeprefix("sca-_-"))
        return (list(check.exposed.values()) if check else []), []
    tally = estate.tally.products.get(request.product.id)
    to_fix: list[Machine] = []
    fixed: list[tuple[Machine, float]] = []
    for machine in tally.machines.values() if tally else ():
        each = tally.installed[machine.id]  # type: ignore[union-attr]  # there are machines only in a tally
        days = request.product.releases[request.position].age_days - each.lag_days
        if each.position < request.position:
            to_fix.append(machine)
        elif not each.is_pinned and days < request.created_days:
            fixed.append((machine, max(days, 0.0)))
    return to_fix, fixed


def _task(request: Request, estate: Estate, domain: str) -> RemediationTask:
    about = request.recommendation
    to_fix, fixed = _machines(request, estate)
    is_done = not to_fix
    release = request.product.releases[request.position] if request.product else None
    version = release.version if release and request.product and not request.product.build else ""
    title = about.recommendation_name or ""
    if release and request.product:
        what = f"version {version}" if version else f"the updates of {estate.ago(release.age_days):%B %Y}"
        title = f"Update {request.product.title} to {what}"
    done_days = min((days for _, days in fixed), default=request.created_days)
    return RemediationTask(
        id=request.id,
        title=title,
        created_on=estate.ago(request.created_days),
        requester_id=identifier("requester", domain),
        requester_email=f"secadmin@{domain}",
        status="Completed" if is_done else "Active",
        status_last_modified_on=estate.ago(done_days if is_done else request.created_days),
        description=f"{title}.",
        related_component=about.related_component,
        target_devices=len(to_fix) + len(fixed),
        fixed_devices=len(fixed),
        requester_notes="",
        due_on=estate.ago(request.created_days - _DUE_DAYS),
        category="Software" if request.product else "SecurityConfiguration",
        productivity_impact_remediation_type=None if request.product else "AllExposedAssets",
        priority="High" if about.exposure_impact >= 2 else "Medium",
        completion_method="Automatic" if is_done else None,
        scid=None if request.product else about.id.removeprefix("sca-_-"),
        type=about.remediation_type,
        product_id=request.product.id if request.product else None,
        vendor_id=request.product.vendor if request.product else None,
        name_id=request.product.name if request.product else None,
        recommended_version=version or None,
        recommendation_reference=about.id,
    )
