"""`LocalTenant` in a program: with sockets or without, its clock, its telemetry, and what is left behind."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest

from vedette.catalogue.alerts import Alert
from vedette.catalogue.machines import Machine
from vedette.catalogue.tables import Event
from vedette.catalogue.users import User
from vedette.errors import ConfigurationError
from vedette.tenant import LocalTenant
from vedette.tenant.clock import FixedClock
from vedette.tenant.config import TenantFile, UserEntry

from .conftest import bearer
from .server_process import token_of

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def test_it_answers_without_a_socket() -> None:
    async def keys(tenant: LocalTenant) -> httpx2.Response:
        transport = httpx2.ASGITransport(tenant.asgi)
        async with httpx2.AsyncClient(transport=transport, base_url=tenant.authority) as client:
            return await client.get("/common/discovery/keys")

    with LocalTenant(machines=8, days=1, sockets=False) as tenant:
        answer = asyncio.run(keys(tenant))
        assert (answer.status_code, tenant.authority, tenant.proxy_url) == (200, "https://localhost", "")


def test_nothing_is_left_behind_in_memory() -> None:
    with LocalTenant(machines=8, days=1) as tenant:
        folder = Path(tenant.ca_bundle).parent.parent
        tenant.fill_telemetry(wait=True)
        assert folder.is_dir()

    assert not folder.exists()


def test_a_moment_makes_time_stand_still() -> None:
    with LocalTenant(machines=8, days=1, clock=NOW, sockets=False) as tenant:
        assert tenant.state.clock.now() == NOW
        tenant.advance(timedelta(hours=3))
        assert tenant.state.clock.now() == NOW + timedelta(hours=3)
        tenant.set_clock(NOW - timedelta(days=1))
        assert tenant.state.clock.now() == NOW - timedelta(days=1)


def test_running_time_goes_on_from_where_it_is_set() -> None:
    with LocalTenant(machines=8, days=1, sockets=False) as tenant:
        tenant.set_clock(NOW)
        assert NOW <= tenant.state.clock.now() < NOW + timedelta(minutes=1)


def test_a_programs_own_clock_is_taken_as_it_is() -> None:
    clock = FixedClock(NOW)
    with LocalTenant(machines=8, days=1, clock=clock, sockets=False) as tenant:
        assert tenant.state.clock is clock


def test_tokens_expire_by_the_tenants_time() -> None:
    with LocalTenant(machines=8, days=1, clock=NOW) as tenant:
        app = tenant.apps["soc-reader"]
        context = ssl.create_default_context(cafile=tenant.ca_bundle)
        with httpx2.Client(base_url=tenant.authority, verify=context, trust_env=False) as client:
            token = token_of(client, tenant.tenant_id, app.client_id, str(app.client_secret))
            statuses = []
            for step in (timedelta(0), timedelta(minutes=50), timedelta(hours=1)):
                tenant.advance(step)
                statuses.append(client.get("/api/alerts?$top=1", headers=bearer(token)).status_code)

    assert statuses == [200, 200, 401]


def test_telemetry_is_written_when_it_is_first_asked_for() -> None:
    with LocalTenant(machines=8, days=1, sockets=False) as tenant:
        store = tenant.state.defender[tenant.tenant_id]
        assert store.path is not None
        before = list(store.path.glob("Device*"))

        counts = store.lake.counts()

        assert before == []
        assert counts["DeviceProcessEvents"] > 0


def test_alerts_rest_on_the_telemetry() -> None:
    with LocalTenant(machines=8, days=3, sockets=False) as tenant:
        store = tenant.state.defender[tenant.tenant_id]
        evidence = [item for alert in store.alerts.all() for item in alert.evidence if item.sha1]
        assert evidence
        assert store.lake.find("DeviceProcessEvents", equals={"SHA1": evidence[0].sha1}, limit=1) or store.lake.find(
            "DeviceFileEvents", equals={"SHA1": evidence[0].sha1}, limit=1
        )


def test_equal_seeds_give_equal_worlds() -> None:
    def names(seed: int) -> list[str | None]:
        with LocalTenant(machines=8, days=1, seed=seed, clock=NOW, sockets=False) as tenant:
            return [machine.id for machine in tenant.state.defender[tenant.tenant_id].machines.all()]

    assert names(7) == names(7)
    assert names(7) != names(8)


class OneMachine:
    """A world of a program's own making."""

    machines = (Machine(id="a" * 40, computer_dns_name="ws-01.halden.example"),)
    users: tuple[User, ...] = ()
    alerts = (Alert(id="da1_1", machine_id="a" * 40, title="made here"),)

    def events(self) -> Iterator[Event]:
        yield "DeviceInfo", {"Timestamp": NOW, "DeviceId": "a" * 40, "DeviceName": "ws-01.halden.example"}


def test_a_program_may_bring_its_own_world() -> None:
    with LocalTenant(telemetry=OneMachine(), clock=NOW, sockets=False) as tenant:
        store = tenant.state.defender[tenant.tenant_id]

        assert [alert.title for alert in store.alerts.all()] == ["made here"]
        assert store.lake.counts() == {"DeviceInfo": 1}


def test_a_tenant_may_have_no_telemetry() -> None:
    with LocalTenant(telemetry="none", sockets=False) as tenant:
        store = tenant.state.defender[tenant.tenant_id]

        assert (len(store.machines), len(store.alerts), store.lake.counts()) == (0, 0, {})


def test_recordings_replace_the_simulation(tmp_path: Path) -> None:
    (tmp_path / "recorded.json").write_text(
        '{"@timestamp":"2020-09-04T15:05:40.183Z","SourceName":"Microsoft-Windows-Sysmon","EventID":1,'
        '"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"WS5.example.test",'
        '"UtcTime":"2020-09-04 15:05:38.101","ProcessGuid":"{860ba2e3-56d2-5f52-0e02-000000000400}",'
        '"ProcessId":"4711","Image":"C:\\\\Windows\\\\System32\\\\whoami.exe","CommandLine":"whoami",'
        '"User":"EXAMPLE\\\\ana","ParentProcessId":"100","ParentImage":"C:\\\\Windows\\\\System32\\\\cmd.exe",'
        '"Hashes":"SHA1=E3B0C44298FC1C149AFBF4C8996FB92427AE41E4"}\n'
    )

    with LocalTenant(telemetry=tmp_path, clock=NOW, sockets=False) as tenant:
        store = tenant.state.defender[tenant.tenant_id]

        assert [machine.computer_dns_name for machine in store.machines.all()] == ["ws5.example.test"]
        assert store.lake.counts()["DeviceProcessEvents"] == 1


def test_people_may_be_given() -> None:
    users = [UserEntry(upn="ana@halden.example", password="correct horse", role="analyst")]

    with LocalTenant(users=users, telemetry="none", sockets=False) as tenant:
        assert list(tenant.users) == ["ana@halden.example"]


def test_a_tenant_file_may_be_given_as_structs() -> None:
    file = TenantFile(users=[UserEntry(upn="ana@halden.example")])

    with LocalTenant(config=file, telemetry="none", sockets=False) as tenant:
        assert list(tenant.users) == ["ana@halden.example"]


@pytest.mark.parametrize("options", [{"machines": 3}, {"days": 0}, {"limits": -1.0}])
def test_sizes_that_cannot_be_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match="the tenant cannot be made so"):
        LocalTenant(**options)  # type: ignore[arg-type]  # the point of the test


def test_it_has_to_run_to_be_asked() -> None:
    with pytest.raises(RuntimeError, match="not running"):
        _ = LocalTenant().authority


def test_a_tenant_in_memory_cannot_be_restarted() -> None:
    with (
        LocalTenant(telemetry="none", sockets=False) as tenant,
        pytest.raises(RuntimeError, match="give it a state folder"),
    ):
        tenant.restart()


def test_a_restart_keeps_addresses_and_changes(tmp_path: Path) -> None:
    with LocalTenant(state=tmp_path / "state", machines=8, days=1) as tenant:
        before = tenant.ready()
        alert = next(iter(tenant.state.defender[tenant.tenant_id].alerts.all()))
        with tenant.defender() as defender:
            defender.alerts.update(alert.id, assigned_to="ana@halden.example")

        tenant.restart()

        with tenant.defender() as defender:
            assert defender.alerts.get(alert.id).assigned_to == "ana@halden.example"
        assert tenant.ready() == before


def test_pytest_has_a_tenant_for_the_session(defender_tenant: LocalTenant) -> None:
    with defender_tenant.defender() as defender:
        assert list(defender.machines.list(top=1))


def test_the_pytest_plugin_costs_nothing_until_it_is_used() -> None:
    program = "import sys, vedette.tenant.pytest_plugin; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    heavy = ("duckdb", "pyarrow", "starlette", "uvicorn", "cryptography", "msal", "httpx2", "msgspec")
    assert not [name for name in heavy if f"'{name}'" in loaded]


def test_a_failed_start_leaves_the_folder_free(tmp_path: Path) -> None:
    state = tmp_path / "state"
    broken = SimpleNamespace(machines=(), users=(), alerts=(object(),), events=lambda: iter(()))
    with pytest.raises(AttributeError):
        LocalTenant(state=state, telemetry=broken, sockets=False).start()  # type: ignore[arg-type]

    with LocalTenant(state=state, machines=8, days=1, sockets=False) as tenant:
        assert len(tenant.state.defender[tenant.tenant_id].machines) == 8
