"""The first page: how many alerts of which severity are open, the newest of them, and the machines at risk."""

from __future__ import annotations

import asyncio
from collections import Counter

from starlette.responses import Response

from vedette.catalogue.alerts import Alert
from vedette.catalogue.machines import Machine
from vedette.odata.builder import field
from vedette.tenant.portal.visit import Visit, first_page

SEVERITIES = ("High", "Medium", "Low", "Informational")
STATUSES = ("New", "InProgress", "Resolved")
RISKS = ("High", "Medium")
NEWEST = 8
AT_RISK = 8
COUNTED = 10_000
"""Alerts that are counted: the newest, as many as one page of the API holds."""


async def show(visit: Visit) -> Response:
    """Two calls of the API, whatever the number of alerts."""
    alerts, at_risk = await asyncio.gather(
        first_page(
            visit.defender.alerts.list(
                top=COUNTED,
                orderby="alertCreationTime desc",
                select=("id", "title", "severity", "status", "alertCreationTime", "machineId", "computerDnsName"),
            )
        ),
        first_page(visit.defender.machines.list(filter=field("risk_score").in_(RISKS), top=1000)),
    )
    open_alerts = [alert for alert in alerts if alert.status != "Resolved"]
    return visit.page(
        "overview",
        section="overview",
        title="Overview",
        severities=SEVERITIES,
        statuses=STATUSES,
        counts=Counter((alert.severity, alert.status) for alert in alerts),
        open_total=len(open_alerts),
        high_total=sum(alert.severity == "High" for alert in open_alerts),
        unassigned=sum(alert.status == "New" for alert in alerts),
        newest=open_alerts[:NEWEST],
        at_risk=_most_at_risk(at_risk, open_alerts),
        machine_total=len(at_risk),
        is_cut=len(alerts) == COUNTED,
    )


def _most_at_risk(machines: list[Machine], open_alerts: list[Alert]) -> list[tuple[Machine, int]]:
    """Machines with their number of open alerts, the riskiest first."""
    alerts = Counter(alert.machine_id for alert in open_alerts)
    found = [(machine, alerts[machine.id]) for machine in machines]
    found.sort(key=lambda pair: (RISKS.index(pair[0].risk_score or ""), -pair[1], pair[0].computer_dns_name or ""))
    return found[:AT_RISK]
