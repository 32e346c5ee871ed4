"""Runs programs of other languages: finds their tools, or says what is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from vedette.tenant import LocalTenant

HERE = Path(__file__).parent
LOGIN = "https://login.microsoftonline.com"
NODE = HERE / "node"
LONGEST_S = 60.0
Json = dict[str, Any]  # Any: JSON


def tool(name: str) -> str:
    """The path of a program, or a skip that says what is missing."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def javascript_libraries() -> None:
    """Skip where the libraries of `node/package-lock.json` are not installed."""
    tool("node")
    if not (NODE / "node_modules" / "@azure" / "msal-node").is_dir():
        pytest.skip("the libraries are not installed: npm ci --prefix tests/clients/node")


def through_vedette(tenant: LocalTenant, command: list[str]) -> list[str]:
    """The command as `vedette run` runs it, joining the running tenant."""
    return [sys.executable, "-m", "vedette.cli.main", "run", "--state", str(tenant.ready_file.parent), "--", *command]


def plain_environment(tenant: LocalTenant, **more: str) -> Mapping[str, str]:
    """The environment of a program that is told an address and a CA, and nothing else."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "NODE_EXTRA_CA_CERTS": tenant.ca_bundle, "SSL_CERT_FILE": tenant.ca_bundle, **more}


class JavaScript:
    """Signs in by one of the JavaScript libraries. `unmodified`: at Microsoft's own addresses, by `vedette run`."""

    def __init__(self, tenant: LocalTenant, library: str, *, unmodified: bool) -> None:
        self._tenant, self._library, self._unmodified = tenant, library, unmodified

    def sign_in(self, flow: str, app: str, *, person: Callable[[Json], str | None] | None = None, **asked: Any) -> Json:
        """What the program says in the end. `person` does what it asks for, and may give it an answer."""
        access = self._tenant.apps[app]
        where: Json = {"authority": LOGIN}
        if not self._unmodified:
            where = {"authority": self._tenant.authority, "known": self._tenant.authority.removeprefix("https://")}
        request = {"library": self._library, "flow": flow, "tenant": self._tenant.tenant_id, **where, **asked}
        command = ["node", str(NODE / "drive.cjs")]
        variables = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
        if self._unmodified:
            command = through_vedette(self._tenant, command)
        else:
            variables["NODE_EXTRA_CA_CERTS"] = self._tenant.ca_bundle
        with subprocess.Popen(
            command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as program:
            # Whatever it waits for, it does not wait forever.
            watch = threading.Timer(LONGEST_S, program.kill)
            watch.daemon = True
            watch.start()
            assert program.stdin is not None
            assert program.stdout is not None
            print(json.dumps({"clientId": access.client_id, **request}), file=program.stdin, flush=True)
            for line in program.stdout:
                said: Json = json.loads(line)
                if "ask" not in said:
                    program.wait(timeout=30)
                    watch.cancel()
                    return said
                assert person is not None
                answer = person(said["ask"])
                if answer is not None:
                    print(answer, file=program.stdin, flush=True)
            raise AssertionError(program.stderr.read() if program.stderr else "")
