"""The command line against a running tenant: sign-in, apps, alerts, response, as a person would use them."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.spec.cli.conftest import Cli, Ended
from vedette.tenant import LocalTenant


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    with LocalTenant(machines=12, days=10) as running:
        yield running


@pytest.fixture
def as_app(cli: Cli, tenant: LocalTenant) -> Cli:
    """A command line that is the app soc-automation."""
    return partial(cli, environment={"VEDETTE_TENANT": str(tenant.ready_file)})


def signed_in(cli: Cli, tenant: LocalTenant, user: str, app: str, *more: str) -> Ended:
    upn = tenant.users[user].upn
    where = ("--tenant-file", str(tenant.ready_file), "--app", app, "--username", upn, "--password")
    return cli("login", "--profile", user, *where, *more)


def test_login_keeps_a_profile_without_any_secret(cli: Cli, tenant: LocalTenant, tmp_path: Path) -> None:
    ended = signed_in(cli, tenant, "analyst", "soc-cli", "-o", "json")
    assert ended.status == 0, ended.err
    assert ended.json()["signedInAs"] == "analyst@halden.example"
    assert "Alert.Read" in ended.json()["permissions"]
    kept = (tmp_path / "config.toml").read_text()
    assert kept == (
        "[profiles.analyst]\n"
        'credential = "username-password"\n'
        'username = "analyst@halden.example"\n'
        f'tenant_file = "{tenant.ready_file}"\n'
        'app = "soc-cli"\n'
    )
    tokens = tmp_path / "state" / "tokens.json"
    assert stat.S_IMODE(tokens.stat().st_mode) == 0o600


def test_apps_are_registered_as_the_tenants_administrator_without_signing_in(as_app: Cli) -> None:
    created = as_app("apps", "create", "Night watch", "-o", "json")
    assert created.status == 0, created.err

    listed = [app["displayName"] for app in as_app("apps", "list", "-o", "json").json()]

    assert {"Night watch", "soc-cli", "soc-automation"} <= set(listed)


def test_status_says_who_and_where(cli: Cli, tenant: LocalTenant) -> None:
    signed_in(cli, tenant, "analyst", "soc-cli")
    said = cli("status", "--profile", "analyst", "-o", "json").json()
    assert said["api"] == tenant.api_base
    assert said["signedInAs"] == "analyst@halden.example"


def test_logout_forgets_the_tokens_and_keeps_the_profile(cli: Cli, tenant: LocalTenant, tmp_path: Path) -> None:
    signed_in(cli, tenant, "analyst", "soc-cli")
    assert "AccessToken" in json.loads((tmp_path / "state" / "tokens.json").read_text())
    assert cli("logout", "--profile", "analyst").err == "Signed out: analyst@halden.example.\n"
    assert not json.loads((tmp_path / "state" / "tokens.json").read_text()).get("AccessToken")
    assert "[profiles.analyst]" in (tmp_path / "config.toml").read_text()


def test_a_wrong_password_ends_with_1_and_is_not_shown(cli: Cli, tenant: LocalTenant) -> None:
    ended = cli(
        "login", "--authority", tenant.authority, "--base-url", tenant.api_base, "--ca-bundle", tenant.ca_bundle,
        "--tenant-id", tenant.tenant_id, "--client-id", tenant.apps["soc-cli"].client_id,
        "--username", "analyst@halden.example", "--password", environment={"VEDETTE_PASSWORD": "wrong-pass"},
    )  # fmt: skip
    assert (ended.status, ended.out) == (1, "")
    assert "AADSTS50126" in ended.err
    assert "wrong-pass" not in ended.err


def test_an_app_is_made_given_a_permission_and_consented(cli: Cli, tenant: LocalTenant) -> None:
    assert signed_in(cli, tenant, "admin", "vedette-admin", "--graph").status == 0
    admin = partial(cli, environment={"VEDETTE_PROFILE": "admin"})
    made = admin(
        "apps", "create", "SOC notebook", "--redirect-uri", "http://localhost", "--public-client", "-o", "json"
    )
    assert made.status == 0, made.err
    client_id = made.json()["appId"]
    asked = admin("apps", "permissions", "add", "SOC notebook", "Alert.Read", "Machine.Read")
    assert asked.err == f"SOC notebook asks for Alert.Read, Machine.Read. Next: vedette apps consent {client_id}\n"
    assert admin("apps", "consent", client_id).out == (
        "api                 kind       permission\n"
        "WindowsDefenderATP  delegated  Alert.Read\n"
        "WindowsDefenderATP  delegated  Machine.Read\n"
    )
    shown = admin("apps", "show", "SOC notebook").lines
    assert f"client id      {client_id}" in shown
    assert "asks for       Alert.Read (delegated), Machine.Read (delegated)" in shown
    secret = admin("apps", "secret", "add", client_id, "--name", "ci", "-o", "json")
    assert len(secret.json()["secret"]) >= 32
    assert secret.json()["secret"] not in secret.err
    assert "SOC notebook" in admin("apps", "list").out


def test_a_misspelt_permission_is_answered_with_the_nearest(cli: Cli, tenant: LocalTenant) -> None:
    signed_in(cli, tenant, "admin", "vedette-admin", "--graph")
    ended = cli("apps", "permissions", "add", "soc-cli", "Machine.Reed", "--profile", "admin")
    assert ended.status == 2
    assert ended.err.startswith("error: WindowsDefenderATP publishes no delegated permission 'Machine.Reed'\n")
    assert "Machine.Read" in ended.err.splitlines()[1]


def test_alerts_are_listed_shown_and_judged(as_app: Cli) -> None:
    listed = as_app("alerts", "list", "--severity", "High", "-n", "2", "-o", "json").json()
    assert [alert["severity"] for alert in listed] == ["High", "High"]
    assert listed[0]["alertCreationTime"] >= listed[1]["alertCreationTime"]
    ids = [alert["id"] for alert in listed]
    assert as_app("alerts", "show", ids[0], "-o", "json").json()["evidence"]
    judged = ("--status", "InProgress", "--assign", "analyst@halden.example", "--comment", "INC-42")
    assert as_app("alerts", "update", *ids, *judged).err == "Updated 2 alerts.\n"
    after = as_app("alerts", "show", ids[1], "-o", "json").json()
    assert (after["status"], after["assignedTo"]) == ("InProgress", "analyst@halden.example")
    assert after["comments"][-1]["comment"] == "INC-42"


def test_a_machine_is_found_by_short_name_and_tagged(as_app: Cli) -> None:
    machine = as_app("machines", "list", "-n", "1", "-o", "json").json()[0]
    short = machine["computerDnsName"].partition(".")[0]
    assert as_app("machines", "tag", "INC-42", short).status == 0
    tagged = as_app("machines", "list", "--tag", "INC-42", "-o", "json").json()
    assert [each["id"] for each in tagged] == [machine["id"]]
    found = as_app("machines", "find-by-tag", "INC-42", "-o", "jsonl").lines
    assert [json.loads(line)["id"] for line in found] == [machine["id"]]


def test_isolating_and_waiting_ends_when_the_action_has_ended(as_app: Cli, tenant: LocalTenant) -> None:
    machine = as_app("machines", "list", "-n", "1", "-o", "json").json()[0]
    started = as_app("machines", "isolate", machine["id"], "--comment", "INC-42", "--yes", "-o", "json")
    assert started.status == 0, started.err
    action = started.json()["id"]
    again = as_app("machines", "isolate", machine["id"], "--comment", "INC-42", "--yes")
    assert again.status == 1
    assert "ActiveRequestAlreadyExists" in again.err
    too_soon = as_app("machine-actions", "wait", action, "--timeout", "0")
    assert too_soon.status == 1
    assert too_soon.err.splitlines()[1] == f"hint: vedette machine-actions wait {action} goes on waiting"
    from datetime import timedelta

    tenant.advance(timedelta(minutes=5))
    ended = as_app("machine-actions", "wait", action, "-o", "json")
    assert (ended.status, ended.json()["status"]) == (0, "Succeeded")


def test_a_token_is_shown_by_claim_and_never_whole(as_app: Cli) -> None:
    shown = as_app("token", "show", "--all", width=100)
    assert shown.lines[0].split() == ["CLAIM", "VALUE", "MEANING"]
    assert "eyJ" not in shown.out + shown.err
    raw = as_app("token", "show", "--raw").out.strip()
    assert raw.count(".") == 2
    again = as_app("token", "show", "-", "-o", "json", input=raw)
    assert again.json()["app_displayname"] == "soc-automation"


def test_a_token_is_validated_check_by_check(as_app: Cli) -> None:
    raw = as_app("token", "show", "--raw").out.strip()
    good = as_app("token", "validate", "-", "--role", "Alert.Read.All", input=raw)
    assert good.status == 0, good.err
    assert [line.split()[0] for line in good.lines] == ["ok"] * 9
    header, claims, signature = raw.split(".")
    forged = as_app("token", "validate", "-", input=f"{header}.{claims}.{'A' * len(signature)}")
    assert forged.status == 1
    assert [line.split()[0] for line in forged.lines] == ["ok"] * 3 + ["FAILED"] + ["-"] * 5
    assert "the signature does not fit the token" in forged.err
    lacking = as_app("token", "validate", "-", "--role", "Nothing.Read", input=raw)
    assert lacking.err == "error: the token lacks the application permission Nothing.Read\n"


def test_env_prints_what_a_shell_can_read(cli: Cli, tmp_path: Path) -> None:
    ended = cli("env", "--state", str(tmp_path / "none"))
    assert ended.status == 2
    assert ended.err == f"error: no tenant runs on {tmp_path / 'none'}\nhint: vedette serve\n"


def test_a_stopped_tenant_is_exported_imported_and_reset(cli: Cli, tmp_path: Path) -> None:
    state, copy, file = tmp_path / "state-a", tmp_path / "state-b", tmp_path / "tenant.tar.gz"
    with LocalTenant(state=state, telemetry="none", sockets=False) as first:
        tenant_id = first.tenant_id
        assert cli("tenant", "export", str(file), "--state", str(state)).status == 2  # it runs
    assert cli("tenant", "export", str(file), "--state", str(state)).status == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert cli("tenant", "import", str(file), "--state", str(copy)).status == 0
    with LocalTenant(state=copy, telemetry="none", sockets=False) as second:
        assert second.tenant_id == tenant_id
    assert cli("tenant", "import", str(file), "--state", str(copy)).status == 2  # not empty
    assert cli("tenant", "reset", "--state", str(copy)).status == 2  # nobody said yes
    assert cli("tenant", "reset", "--state", str(copy), "--yes").status == 0
    assert [path.name for path in copy.iterdir()] == ["lock"]
