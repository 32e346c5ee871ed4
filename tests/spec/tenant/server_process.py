"""`vedette serve` as a process of its own, for what only a process shows: signals, exit codes, sudden death."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

START_S = 60.0
"""A machine that is busy with other things may take long; a good start takes about a second."""
SOON_S = 20.0
"""An end that waits for nobody comes within this; one that waited for an idle connection would not."""

_PROGRAM = "import json, sys; from vedette.tenant.serve import serve; serve(**json.loads(sys.argv[1]))"


class ServerProcess:
    """A server with its ready file's content. Ends with the block, at the latest by force."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.ready_file = folder / "ready.json"
        self._options = {
            "port": 0,
            "proxy_port": 0,
            "machines": 8,
            "days": 1,
            "ready_file": str(self.ready_file),
            **options,
        }
        self.ready: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def launch(self) -> None:
        """Start the process without waiting."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, json.dumps(self._options)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def start(self) -> None:
        """Start and wait for the ready file."""
        self.ready_file.unlink(missing_ok=True)
        self.launch()
        give_up = time.monotonic() + START_S
        while not self.ready_file.exists():
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.process.kill()
                raise AssertionError(f"the server did not start: {self.process.communicate()[0]}")
            time.sleep(0.01)
        self.ready = json.loads(self.ready_file.read_text())

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Ask it to end; gives the seconds that it took."""
        began = time.monotonic()
        os.kill(self.process.pid, number)
        self.process.wait(timeout=START_S)
        return time.monotonic() - began

    def kill(self) -> None:
        """What no program can prepare for."""
        self.process.kill()
        self.process.wait()

    def client(self) -> httpx2.Client:
        """A client that trusts the server, at the API's origin."""
        context = ssl.create_default_context(cafile=self.ready["ca_bundle"])
        return httpx2.Client(base_url=self.ready["api_base"], verify=context, timeout=30, trust_env=False)

    def token(self, app: str = "soc-automation") -> str:
        """A token of a confidential app for the Defender API."""
        access = next(each for each in self.ready["apps"] if each["name"] == app)
        with self.client() as client:
            return token_of(client, self.ready["tenant_id"], access["client_id"], access["client_secret"])


def token_of(client: httpx2.Client, tenant_id: str, client_id: str, client_secret: str) -> str:
    """Client credentials, as the service documents them."""
    answer = client.post(
        f"/{tenant_id}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "scope": "https://api.securitycenter.microsoft.com/.default",
        },
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])
