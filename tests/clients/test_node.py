"""MSAL Node and @azure/identity sign in, where they are installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import IO, Any

import pytest

from tests.clients.browser import Browser
from tests.clients.conftest import API, Witness
from vedette.tenant import LocalTenant
from vedette.tenant.seed import UserAccess

NODE = shutil.which("node")
HERE = Path(__file__).parent / "node"

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="there is no Node.js on this machine"),
    pytest.mark.skipif(
        not (HERE / "node_modules").is_dir(), reason="the libraries are missing: npm ci --prefix tests/clients/node"
    ),
]


class Node:
    """Runs the program. Node trusts what `NODE_EXTRA_CA_CERTS` names."""

    def __init__(self, tenant: LocalTenant) -> None:
        self._tenant = tenant

    def start(self, how: str, app: str, user: UserAccess | None = None, **change: str) -> subprocess.Popen[str]:
        access = self._tenant.apps[app]
        told = {
            "how": how,
            "authority": self._tenant.authority,
            "tenantId": self._tenant.tenant_id,
            "clientId": access.client_id,
            "secret": access.client_secret,
            "username": user.upn if user else None,
            "password": user.password if user else None,
            "scope": f"{API}/.default",
            **change,
        }
        return subprocess.Popen(
            [NODE or "node", str(HERE / "sign_in.mjs"), json.dumps(told)],
            env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": self._tenant.ca_bundle},
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, how: str, app: str, user: UserAccess | None = None, **change: str) -> dict[str, Any]:
        with self.start(how, app, user, **change) as process:
            return answer(process.stdout)


def answer(stream: IO[str] | None) -> dict[str, Any]:
    """The next thing that the program says."""
    assert stream is not None
    said: dict[str, Any] = json.loads(stream.readline())
    return said


@pytest.fixture
def node(tenant: LocalTenant) -> Node:
    return Node(tenant)


@pytest.mark.parametrize("library", ["msal", "identity"])
def test_client_secret(tenant: LocalTenant, node: Node, witness: Witness, library: str) -> None:
    told = node(f"{library} secret", "soc-reader")

    claims = witness.checks(told["accessToken"], roles="Alert.Read.All")
    assert claims.app_id == tenant.apps["soc-reader"].client_id


def test_password(node: Node, alice: UserAccess, witness: Witness) -> None:
    told = node("msal password", "soc-cli", alice)

    assert told["username"] == alice.upn
    assert witness.checks(told["accessToken"], scopes="Alert.Read").user_name == alice.upn


def test_silently_by_refresh_token(node: Node, alice: UserAccess, witness: Witness) -> None:
    told = node("msal silent", "soc-cli", alice)

    assert told["isNew"]
    assert witness.checks(told["accessToken"], scopes="Alert.Read").user_name == alice.upn


@pytest.mark.parametrize("library", ["msal", "identity"])
def test_device_code(tenant: LocalTenant, node: Node, alice: UserAccess, witness: Witness, library: str) -> None:
    with node.start(f"{library} device code", "soc-cli") as process:
        asked = answer(process.stdout)
        Browser(tenant).approve_device(asked["verificationUri"], asked["userCode"], alice)
        told = answer(process.stdout)

    assert witness.checks(told["accessToken"], scopes="Alert.Read").user_name == alice.upn


def test_wrong_secret(node: Node) -> None:
    told = node("msal secret", "soc-reader", secret="wrong-secret")

    assert told["error"] == "invalid_client"
    assert "AADSTS7000215" in told["message"]
