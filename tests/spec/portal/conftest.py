"""A tenant of three machines and four alerts, without sockets, and browsers of its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.spec.portal.browser import Browser
from vedette.catalogue.alerts import Alert, AlertComment, AlertEvidence
from vedette.catalogue.machines import Machine
from vedette.tenant import LocalTenant

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WS1, WS2, SRV = "a" * 40, "b" * 40, "c" * 40

MACHINES = [
    Machine(
        id=key,
        computer_dns_name=name,
        risk_score=risk,
        health_status="Active",
        rbac_group_name=group,
        machine_tags=["finance"],
        last_seen=NOW - timedelta(hours=1),
        os_platform="Windows11",
    )
    for key, name, risk, group in (
        (WS1, "ws-01.halden.example", "High", "Workstations"),
        (WS2, "ws-02.halden.example", "None", "Workstations"),
        (SRV, "srv-01.halden.example", "Medium", "Servers"),
    )
]


def _alert(number: int, severity: str, status: str, machine: Machine) -> Alert:
    return Alert(
        id=f"da{number}",
        title=f"Story <{number}>",
        severity=severity,
        status=status,
        machine_id=machine.id,
        computer_dns_name=machine.computer_dns_name,
        rbac_group_name=machine.rbac_group_name,
        alert_creation_time=NOW - timedelta(hours=number),
    )


def _process(id: int, name: str, parent: int, parent_name: str, line: str) -> AlertEvidence:
    return AlertEvidence(
        entity_type="Process",
        process_id=id,
        file_name=name,
        process_command_line=line,
        parent_process_id=parent,
        parent_process_file_name=parent_name,
        evidence_creation_time=NOW,
    )


EVIDENCE = [
    _process(20, "powershell.exe", 10, "winword.exe", "powershell -enc AAAA"),
    _process(30, "whoami.exe", 20, "powershell.exe", "whoami /all"),
    AlertEvidence(entity_type="Ip", ip_address="203.0.113.9", evidence_creation_time=NOW),
]


def _alerts() -> list[Alert]:
    first, *others = (
        _alert(1, "High", "New", MACHINES[0]),
        _alert(2, "Medium", "InProgress", MACHINES[0]),
        _alert(3, "Low", "Resolved", MACHINES[1]),
        _alert(4, "High", "New", MACHINES[2]),
    )
    comment = AlertComment(comment="Looks <b>bad</b>.", created_by="lena@halden.example", created_time=NOW)
    return [msgspec.structs.replace(first, evidence=EVIDENCE, comments=[comment]), *others]


@pytest.fixture(scope="session")
def running() -> Iterator[LocalTenant]:
    with LocalTenant(telemetry="none", sockets=False, clock=NOW, limits="off") as tenant:
        yield tenant


@pytest.fixture
def tenant(running: LocalTenant) -> LocalTenant:
    """The tenant as it is in the beginning."""
    store = running.state.defender[running.tenant_id]
    for action in list(store.machine_actions.all()):
        store.machine_actions.delete(action.id)
    store.load(MACHINES, _alerts())
    running.set_clock(NOW)
    return running


@pytest.fixture
def signed_in(tenant: LocalTenant) -> Callable[[str], Browser]:
    """`signed_in("analyst")`: a browser that shows the overview."""

    def browser(name: str) -> Browser:
        user = tenant.users[name]
        assert user.password is not None
        return Browser(tenant.asgi).sign_in(user.upn, user.password)

    return browser
