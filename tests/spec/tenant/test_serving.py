"""`vedette serve`: one process that says when it is ready, stops when asked, and shares neither port nor folder."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from vedette.errors import ConfigurationError
from vedette.tenant import LocalTenant
from vedette.tenant.serve import limits_from, run, serve

from .server_process import SOON_S, ServerProcess


def test_the_ready_file_says_where_everything_is(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, ephemeral=True) as server:
        ready = server.ready

        assert list(ready) == [
            "authority",
            "tenant_id",
            "tenant_domain",
            "api_base",
            "graph_base",
            "portal_url",
            "proxy_url",
            "ca_bundle",
            "users",
            "apps",
        ]
        assert ready["authority"] == ready["api_base"]
        assert ready["authority"].startswith("https://localhost:")
        assert ready["graph_base"] == ready["authority"] + "/v1.0"
        assert ready["proxy_url"].startswith("http://127.0.0.1:")
        assert Path(ready["ca_bundle"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
        assert ready["tenant_domain"] == "halden.example"
        assert [user["upn"].partition("@")[0] for user in ready["users"]] == [
            "admin",
            "secadmin",
            "analyst",
            "responder",
            "tier1",
        ]
        assert all(set(user) == {"upn", "password", "role"} and user["password"] for user in ready["users"])
        assert {app["name"]: ("client_secret" in app, app["kind"]) for app in ready["apps"]} == {
            "soc-cli": (False, "public"),
            "soc-automation": (True, "confidential"),
            "soc-reader": (True, "confidential"),
            "vedette-admin": (False, "public"),
        }


def test_everything_answers_once_the_ready_file_is_there(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, ephemeral=True) as server, server.client() as client:
        token = server.token()

        assert client.get("/api/alerts?$top=1", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        assert client.get("/v1.0/me").status_code == 401
        assert client.get(f"/{server.ready['tenant_id']}/.well-known/openid-configuration").status_code == 200


def test_the_ready_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, ephemeral=True) as server:
        assert stat.S_IMODE(server.ready_file.stat().st_mode) == 0o600


def test_the_ready_file_goes_when_the_server_does(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, ephemeral=True) as server:
        server.stop()

        assert not server.ready_file.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(tmp_path: Path, number: int) -> None:
    with ServerProcess(tmp_path, ephemeral=True) as server:
        took = server.stop(number)

        assert took < SOON_S
        assert server.process.returncode == 0


def test_an_idle_connection_does_not_delay_the_end(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, ephemeral=True) as server, server.client() as client:
        client.get("/api/alerts")

        assert server.stop() < SOON_S


def test_a_signal_ends_it_while_the_telemetry_is_being_written(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, ephemeral=True, machines=60, days=30) as server:
        assert server.stop() < SOON_S
        assert server.process.returncode == 0
        assert not server.ready_file.exists()


def test_it_listens_on_both_loopback_addresses(tenant: LocalTenant) -> None:
    socket.create_connection(("127.0.0.1", tenant.port), timeout=5).close()
    if socket.has_ipv6:
        socket.create_connection(("::1", tenant.port), timeout=5).close()


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError) as refused:
            serve(port=port, proxy_port=0, ephemeral=True)

    assert str(refused.value) == (
        f"port {port} on 127.0.0.1 is in use by another program.\nhint: --port 0 picks a free port."
    )


def test_a_taken_proxy_port_names_its_own_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError) as refused:
            serve(port=0, proxy_port=port, ephemeral=True)

    assert refused.value.hint == "--proxy-port 0 picks a free port."


def test_two_servers_do_not_share_a_state_folder(tmp_path: Path) -> None:
    with LocalTenant(state=tmp_path / "state", machines=8, days=1), pytest.raises(ConfigurationError) as refused:
        LocalTenant(state=tmp_path / "state").start()

    assert refused.value.message == f"the state folder {tmp_path / 'state'} is in use by a running tenant."


def test_only_the_owner_can_read_what_is_secret(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with LocalTenant(state=folder, machines=8, days=1):
        secret = [path for path in folder.rglob("*") if path.suffix in {".db", ".json"} or "key" in path.name]
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in secret}

        assert modes == {"directory.db": 0o600, "entities.db": 0o600, "tenant.json": 0o600, "ca-key.pem": 0o600}
        assert stat.S_IMODE((folder / "certificates" / "server.pem").stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_passwords_and_secrets_are_kept_in_the_clear_in_one_file_only(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with LocalTenant(state=folder, machines=8, days=1) as tenant:
        texts = [str(tenant.users["admin"].password), str(tenant.apps["soc-automation"].client_secret)]

    holding = {
        path.name
        for path in folder.rglob("*")
        if path.is_file()
        for text in texts
        if text.encode() in path.read_bytes()
    }
    assert holding == {"tenant.json"}


def test_neither_shows_in_a_repr(tenant: LocalTenant) -> None:
    shown = repr(tenant) + repr(tenant.users) + repr(tenant.apps)

    assert str(tenant.users["admin"].password) not in shown
    assert str(tenant.apps["soc-automation"].client_secret) not in shown


@pytest.mark.parametrize(
    ("text", "limits"), [("documented", "documented"), ("off", "off"), ("x10", 10.0), ("2.5", 2.5)]
)
def test_limits_are_documented_off_or_a_factor(text: str, limits: object) -> None:
    assert limits_from(text) == limits


def test_other_limits_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="there are no limits 'none'"):
        limits_from("none")


def test_a_program_joins_the_tenant_that_runs_on_the_folder(tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    with ServerProcess(tmp_path, state=str(tmp_path / "state")) as server:
        copy = "import os, shutil, sys; shutil.copy(os.environ['VEDETTE_TENANT'], sys.argv[1])"
        status = run([sys.executable, "-c", copy, str(seen)], state=tmp_path / "state")

        assert status == 0
        assert json.loads(seen.read_text()) == server.ready


def test_a_programs_exit_status_is_handed_on(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, state=str(tmp_path / "state")):
        state = tmp_path / "state"

        assert run([sys.executable, "-c", "raise SystemExit(7)"], state=state) == 7
        assert run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], state=state) == 137


def test_a_program_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no-such-program is not a program that can be run"):
        run(["no-such-program"])


def test_signals_reach_the_program(tmp_path: Path) -> None:
    child = (
        "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(9)); "
        "print('up', flush=True); signal.pause()"
    )
    runner = "import sys; from vedette.tenant.serve import run; sys.exit(run(sys.argv[2:], state=sys.argv[1]))"
    with ServerProcess(tmp_path, state=str(tmp_path / "state")):
        command = [sys.executable, "-c", runner, str(tmp_path / "state"), sys.executable, "-c", child]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            process.terminate()

            assert process.wait(timeout=30) == 9


@pytest.mark.parametrize("delay_s", [0.4, 0.8, 1.2])
def test_a_signal_ends_it_while_it_starts(tmp_path: Path, delay_s: float) -> None:
    server = ServerProcess(tmp_path, state=str(tmp_path / "state"))
    server.launch()
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(timeout=delay_s)
        assert server.stop() < SOON_S
        # Before Python has got as far as to listen for it, the signal has its usual effect.
        assert server.process.returncode in (0, -signal.SIGTERM)
    finally:
        server.__exit__(None, None, None)
