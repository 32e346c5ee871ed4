"""Behaviour of IP addresses: the alerts of one, and how many machines talked to it."""

from __future__ import annotations

import ipaddress

from vedette.catalogue.alerts import Alert
from vedette.catalogue.ips import InOrgIPStats, Ips
from vedette.tenant.call import Call
from vedette.tenant.defender import sightings
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.related_alerts import related
from vedette.tenant.problems import Problem
from vedette.tenant.store.collection import Selection


@handles(Ips.list_alerts)
def list_alerts(call: Call, /, ip: str) -> Selection[Alert]:
    """Those whose evidence has the address."""
    address = _address(ip)
    # An IPv6 address can be written in several ways, so its text is no help in finding it.
    text = address if "." in address else ""
    return related(call, text, lambda alert: any(is_address(each.ip_address, address) for each in alert.evidence))


@handles(Ips.get_stats, in_thread=True)
def get_stats(call: Call, /, ip: str, *, look_back_hours: int | None = None) -> InOrgIPStats:
    """Machines with an event that has the address at the other end; none is a prevalence of 0."""
    address = _address(ip)
    seen = sightings.of_address(call.store.lake, address, sightings.window(call.now, look_back_hours))
    return InOrgIPStats(
        ip_address=address,
        org_prevalence=str(sightings.prevalence(seen)),
        organization_prevalence=sightings.prevalence(seen),
        org_first_seen=sightings.first_seen(seen),
        org_last_seen=sightings.last_seen(seen),
    )


def is_address(text: str | None, address: str) -> bool:
    """Whether a text is this address, however it is written."""
    if not text:
        return False
    try:
        return str(ipaddress.ip_address(text)) == address
    except ValueError:
        return False


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise Problem("InvalidIpAddress", ip=text[:200]) from None
