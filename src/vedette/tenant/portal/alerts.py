"""Alerts in the portal: the list, one alert with its evidence, and the form that judges it."""

from __future__ import annotations

import asyncio
from typing import Any, cast, get_args

from starlette.responses import Response

from vedette.catalogue.alerts import NewClassification, NewDetermination, NewStatus
from vedette.odata.builder import Condition, field
from vedette.tenant.portal.evidence import arranged
from vedette.tenant.portal.overview import SEVERITIES, STATUSES
from vedette.tenant.portal.visit import PAGE_SIZE, Visit, all_of, first_page


async def show_all(visit: Visit) -> Response:
    """A page of alerts, the newest first."""
    severity, status, mine = visit.asked("severity"), visit.asked("status"), visit.asked("mine")
    conditions: list[Condition] = []
    if severity in SEVERITIES:
        conditions.append(field("severity") == severity)
    if status in STATUSES:
        conditions.append(field("status") == status)
    if mine:
        conditions.append(field("assigned_to") == visit.user.upn)
    condition = all_of(conditions)
    listing = visit.defender.alerts.list(
        filter=condition, top=PAGE_SIZE, skip=visit.skip or None, orderby="alertCreationTime desc"
    )
    rows, total = await asyncio.gather(first_page(listing), visit.count("/api/alerts", condition))
    return visit.page(
        "alerts",
        section="alerts",
        title="Alerts",
        rows=rows,
        total=total,
        page_size=PAGE_SIZE,
        severities=SEVERITIES,
        statuses=STATUSES,
        asked={"severity": severity, "status": status, "mine": "yes" if mine else ""},
    )


async def show(visit: Visit, id: str) -> Response:
    """One alert with its evidence, and what may be done about it."""
    alert = await visit.defender.alerts.get(id, expand=["evidence"])
    return visit.page(
        "alert",
        section="alerts",
        title=alert.title or alert.id,
        alert=alert,
        evidence=arranged(alert.evidence),
        statuses=get_args(NewStatus),
        classifications=get_args(NewClassification),
        determinations=get_args(NewDetermination),
        may_judge=visit.may("Alerts investigation"),
    )


async def update(visit: Visit, id: str) -> Response:
    """Change what the form changes. Raises: ServiceError, shown on the alert's page."""
    alert = await visit.defender.alerts.get(id)
    wanted = {
        "status": visit.form.get("status", ""),
        "classification": visit.form.get("classification", ""),
        "determination": visit.form.get("determination", ""),
        "assigned_to": visit.form.get("assigned_to", "").strip(),
        "comment": visit.form.get("comment", "").strip(),
    }
    changes = {name: value for name, value in wanted.items() if value and value != getattr(alert, name, None)}
    page = f"/portal/alerts/{alert.id}"
    if not changes:
        return visit.back_to(page, "Nothing was changed.")
    # Any: values come from a form, and the API checks them.
    await visit.defender.alerts.update(alert.id, **cast("dict[str, Any]", changes))
    return visit.back_to(page, f"Saved: {', '.join(name.replace('_', ' ') for name in changes)}.")
