"""Programs in other languages: .NET on Mono, Java, Node. Told the tenant's address, and unmodified by `vedette run`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Witness
from tests.clients.programs_run import HERE, LOGIN, plain_environment, through_vedette, tool
from vedette.tenant import LocalTenant
from vedette.tenant.certificates import TRUST_STORE_PASSWORD
from vedette.tenant.seed import UserAccess

PROGRAMS = HERE / "programs"
API = "https://api.securitycenter.microsoft.com"
NEWTONSOFT = Path("/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll")


def _mono(folder: Path) -> list[str]:
    tool("mono")
    compiler = tool("mcs")
    if not NEWTONSOFT.exists():
        pytest.skip(f"{NEWTONSOFT} is not installed")
    shutil.copyfile(NEWTONSOFT, folder / NEWTONSOFT.name)
    made = folder / "Sample.exe"
    options = ["-r:System.Net.Http.dll", f"-r:{NEWTONSOFT}", f"-out:{made}", str(PROGRAMS / "Sample.cs")]
    subprocess.run([compiler, *options], check=True, capture_output=True)
    return ["mono", str(made)]


def _java(folder: Path) -> list[str]:
    return [tool("java"), str(PROGRAMS / "Sample.java")]


def _node(folder: Path) -> list[str]:
    return [tool("node"), str(PROGRAMS / "sample.mjs")]


LANGUAGES: Mapping[str, Callable[[Path], list[str]]] = {"mono": _mono, "java": _java, "node": _node}


@pytest.fixture(params=LANGUAGES)
def program(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    return LANGUAGES[request.param](tmp_path)


def run(command: list[str], variables: Mapping[str, str]) -> dict[str, Any]:
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def arguments(tenant: LocalTenant, authority: str, api: str, user: UserAccess) -> list[str]:
    return [authority, api, tenant.tenant_id, tenant.apps["soc-cli"].client_id, user.upn]


def password_of(user: UserAccess) -> str:
    assert user.password is not None
    return user.password


def test_unmodified_by_vedette_run(
    program: list[str], tenant: LocalTenant, alice: UserAccess, witness: Witness
) -> None:
    variables = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PASSWORD": password_of(alice)}
    command = through_vedette(tenant, [*program, *arguments(tenant, LOGIN, API, alice)])
    said = run(command, variables)

    assert witness.checks(said["token"], scopes="Alert.Read").user_name == alice.upn
    assert said["alerts"]


def test_at_the_tenants_own_address(
    program: list[str], tenant: LocalTenant, alice: UserAccess, witness: Witness, tmp_path: Path
) -> None:
    trust = tmp_path / "config" / ".mono" / "new-certs" / "Trust"
    trust.mkdir(parents=True)
    shutil.copyfile(tenant.ca_bundle, trust / tenant.certificates.mono_name)
    store = tenant.certificates.trust_store
    java = f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword={TRUST_STORE_PASSWORD}"
    variables = plain_environment(
        tenant, PASSWORD=password_of(alice), XDG_CONFIG_HOME=str(tmp_path / "config"), JAVA_TOOL_OPTIONS=java
    )
    said = run([*program, *arguments(tenant, tenant.authority, tenant.api_base, alice)], variables)

    assert witness.checks(said["token"], scopes="Alert.Read").user_name == alice.upn


def test_node_is_refused_other_hosts_by_name(tenant: LocalTenant) -> None:
    script = "fetch('https://example.org/').catch((error) => console.log(error.cause.message))"
    command = through_vedette(tenant, [tool("node"), "-e", script])
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == (
        "example.org is refused: only the Microsoft hosts of the local tenant are reachable here. "
        "hint: vedette run --allow-host example.org\n"
    )


def test_mono_keeps_the_configuration_that_it_has(tenant: LocalTenant, tmp_path: Path) -> None:
    tool("mono")
    (tmp_path / "config" / "soc").mkdir(parents=True)
    (tmp_path / "config" / "soc" / "settings").write_text("kept")
    command = through_vedette(
        tenant, ["sh", "-c", 'cat "$XDG_CONFIG_HOME/soc/settings"; echo more > "$XDG_CONFIG_HOME/soc/new"']
    )
    variables = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "kept"
    assert (tmp_path / "config" / "soc" / "new").read_text() == "more\n"
    assert not (tmp_path / "config" / ".mono").exists()
