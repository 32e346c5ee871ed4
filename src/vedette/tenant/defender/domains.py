"""Behaviour of domains: the alerts and machines of one, and how common it is. A domain is the host of an address."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from vedette.catalogue.alerts import Alert
from vedette.catalogue.domains import MAX_MACHINES, Domains, InOrgDomainStats
from vedette.catalogue.machines import Machine
from vedette.tenant.call import Call
from vedette.tenant.defender import sightings
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.hosts import host_of, is_domain_name
from vedette.tenant.defender.machines import with_ids
from vedette.tenant.defender.related_alerts import related
from vedette.tenant.problems import Problem
from vedette.tenant.store.collection import Selection


@handles(Domains.list_alerts)
def list_alerts(call: Call, /, domain: str) -> Selection[Alert]:
    """Those that name the domain, or an address there in their evidence."""
    host = _host(domain)
    return related(
        call,
        host,
        lambda alert: (
            any(host_of(each.url) == host for each in alert.evidence)
            or any(each.host.lower() == host for each in alert.domains)
        ),
    )


@handles(Domains.list_machines, in_thread=True)
def list_machines(call: Call, /, domain: str) -> Iterable[Machine]:
    """Those with an event that names the domain; the first 500 of them."""
    seen = sightings.of_host(call.store.lake, _host(domain), sightings.until(call.now))
    return list(islice(with_ids(call, {each.device_id for each in seen}), MAX_MACHINES))


@handles(Domains.get_stats, in_thread=True)
def get_stats(call: Call, /, domain: str, *, look_back_hours: int | None = None) -> InOrgDomainStats:
    """Machines with an event that names the domain; none is a prevalence of 0."""
    host = _host(domain)
    seen = sightings.of_host(call.store.lake, host, sightings.window(call.now, look_back_hours))
    return InOrgDomainStats(
        host=host,
        org_prevalence=str(sightings.prevalence(seen)),
        organization_prevalence=sightings.prevalence(seen),
        org_first_seen=sightings.first_seen(seen),
        org_last_seen=sightings.last_seen(seen),
    )


def _host(text: str) -> str:
    if not is_domain_name(text):
        raise Problem("InvalidDomainName", domain=text[:200])
    return text.lower().rstrip(".")
