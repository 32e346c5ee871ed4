"""Machines in the portal: the list, one machine with what is known of it, tags and response actions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.responses import Response

from vedette.catalogue.machine_actions import FINAL_STATUSES, MachineAction
from vedette.odata.builder import Condition, field
from vedette.tenant.portal.visit import PAGE_SIZE, Visit, all_of, first_page

RISKS = ("High", "Medium", "Low", "Informational", "None")
HEALTH = ("Active", "Inactive", "ImpairedCommunication", "NoSensorData", "NoSensorDataImpairedCommunication")
ACTIONS_SHOWN = 20


async def show_all(visit: Visit) -> Response:
    """A page of machines by name."""
    name, risk, health = visit.asked("name"), visit.asked("risk"), visit.asked("health")
    conditions: list[Condition] = []
    if name:
        conditions.append(field("computer_dns_name").startswith(name))
    if risk in RISKS:
        conditions.append(field("risk_score") == risk)
    if health in HEALTH:
        conditions.append(field("health_status") == health)
    condition = all_of(conditions)
    listing = visit.defender.machines.list(
        filter=condition, top=PAGE_SIZE, skip=visit.skip or None, orderby="computerDnsName"
    )
    rows, total = await asyncio.gather(first_page(listing), visit.count("/api/machines", condition))
    return visit.page(
        "machines",
        section="machines",
        title="Machines",
        rows=rows,
        total=total,
        page_size=PAGE_SIZE,
        risks=RISKS,
        healths=HEALTH,
        asked={"name": name, "risk": risk, "health": health},
    )


async def show(visit: Visit, id: str) -> Response:
    """One machine."""
    machine = await visit.defender.machines.get(id)
    alerts, users, actions = await asyncio.gather(
        first_page(visit.defender.machines.list_alerts(machine.id)),
        first_page(visit.defender.machines.list_logon_users(machine.id)),
        first_page(
            visit.defender.machine_actions.list(
                filter=field("machine_id") == machine.id, orderby="creationDateTimeUtc desc", top=ACTIONS_SHOWN
            )
        ),
    )
    alerts.sort(key=lambda alert: str(alert.alert_creation_time), reverse=True)
    return visit.page(
        "machine",
        section="machines",
        title=machine.computer_dns_name or machine.id,
        machine=machine,
        alerts=alerts,
        users=users,
        actions=actions,
        is_isolated=is_isolated(actions),
        is_busy=any(
            action.type in ("Isolate", "Unisolate") and action.status not in FINAL_STATUSES for action in actions
        ),
        may_tag=visit.may("Manage security settings"),
        may_respond=visit.may("Active remediation actions"),
    )


def is_isolated(actions: Sequence[MachineAction]) -> bool:
    """Whether the latest isolation that went through has not been taken back; `actions` has the newest first."""
    latest = next((a for a in actions if a.type in ("Isolate", "Unisolate") and a.status == "Succeeded"), None)
    return latest is not None and latest.type == "Isolate"


async def tag(visit: Visit, id: str) -> Response:
    """Add a tag, or remove one."""
    value = visit.form.get("value", "").strip()
    removes = visit.form.get("action") == "Remove"
    await visit.defender.machines.tag(id, value=value, action="Remove" if removes else "Add")
    return visit.back_to(f"/portal/machines/{id}", f"Tag {value} {'removed' if removes else 'added'}.")


async def isolate(visit: Visit, id: str) -> Response:
    """Cut the machine off the network."""
    selective = visit.form.get("isolation_type") == "Selective"
    await visit.defender.machines.isolate(
        id,
        comment=visit.form.get("comment", "").strip(),
        isolation_type="Selective" if selective else "Full",
        request_source="Portal",
    )
    return visit.back_to(f"/portal/machines/{id}", "Isolation is requested.")


async def release(visit: Visit, id: str) -> Response:
    """Let the machine back on the network."""
    await visit.defender.machines.unisolate(id, comment=visit.form.get("comment", "").strip(), request_source="Portal")
    return visit.back_to(f"/portal/machines/{id}", "Release from isolation is requested.")
