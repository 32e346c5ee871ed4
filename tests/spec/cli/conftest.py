"""A command line that talks to a scripted service, in the test's own process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest
from click.testing import CliRunner

from vedette import Defender, StaticToken
from vedette.cli import connection
from vedette.cli.main import run

API = "https://api.security.microsoft.com"


@dataclass
class Ended:
    """How a command line ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Lines of stdout."""
        return self.out.splitlines()

    def json(self) -> Any:  # Any: whatever the command wrote
        """stdout as JSON."""
        return json.loads(self.out)


@dataclass
class Service:
    """Answers by method and path; remembers what was asked."""

    answers: dict[str, tuple[int, object]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[object] = field(default_factory=list)

    def answer(self, request: str, body: object, status: int = 200) -> None:
        """What `GET /api/alerts` answers from now on. The query is not compared."""
        self.answers[request] = (status, body)

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        """The scripted answer."""
        path, _, query = str(request.url).removeprefix(API).partition("?")
        self.asked.append(f"{request.method} {path}" + (f"?{unquote(query)}" if query else ""))
        self.bodies.append(json.loads(request.content) if request.content else None)
        status, body = self.answers[f"{request.method} {path}"]
        if callable(body):
            body = body(unquote(query))
        return httpx2.Response(status, json=body) if body is not None else httpx2.Response(status)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    """The service that commands talk to."""
    scripted = Service()

    def opened(profile: object, *, quiet: bool = False) -> Defender:
        return Defender(
            StaticToken("not-a-token", expires_on=4_000_000_000),
            transport=httpx2.MockTransport(scripted.handle),
            pace=False,
            retries=False,
        )

    monkeypatch.setattr(connection, "open_defender", opened)
    return scripted


Cli = Callable[..., Ended]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Runs a command line. `width` is that of the terminal; None is a pipe."""
    for name in ("VEDETTE_PROFILE", "VEDETTE_TENANT", "VEDETTE_DEBUG", "FORCE_COLOR", "NO_COLOR", "VEDETTE_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VEDETTE_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("VEDETTE_STATE", str(tmp_path / "state"))

    def call(
        *arguments: str, width: int | None = None, input: str = "", environment: Mapping[str, str] | None = None
    ) -> Ended:
        settings = {"COLUMNS": str(width) if width else "", **(environment or {})}
        runner = CliRunner()
        with runner.isolation(input, env=settings) as (out, err, _):
            status = run(arguments)
            sys.stdout.flush()
            sys.stderr.flush()
        return Ended(status, out.getvalue().decode(), err.getvalue().decode())

    return call


@pytest.fixture
def alert() -> dict[str, object]:
    """An alert as the service writes it."""
    return {
        "id": "da637472900382838869_1364969609",
        "incidentId": 1126093,
        "investigationId": None,
        "assignedTo": None,
        "severity": "Low",
        "status": "New",
        "classification": None,
        "determination": None,
        "investigationState": "Queued",
        "detectionSource": "WindowsDefenderAtp",
        "detectorId": "17e10bbc-3a68-474a-8aad-faef14d43952",
        "category": "Execution",
        "threatFamilyName": None,
        "title": "Low-reputation arbitrary code executed by signed executable",
        "description": "Binaries signed by Microsoft can be used to run low-reputation arbitrary code.",
        "alertCreationTime": "2021-01-26T20:33:57.7220239Z",
        "firstEventTime": "2021-01-26T20:31:32.9562661Z",
        "lastEventTime": "2021-01-26T20:31:33.0577322Z",
        "lastUpdateTime": "2021-01-26T20:33:59.2Z",
        "resolvedTime": None,
        "machineId": "111e6dd8c833c8a052ea231ec1b19adaf497b625",
        "computerDnsName": "temp123.middleeast.corp.microsoft.com",
        "rbacGroupName": "A",
        "aadTenantId": "a839b112-1253-6432-9bf6-94542403f21c",
        "threatName": None,
        "mitreTechniques": ["T1064", "T1085", "T1220"],
        "relatedUser": {"userName": "temp123", "domainName": "DOMAIN"},
        "comments": [
            {
                "comment": "test comment for docs",
                "createdBy": "secop123@contoso.com",
                "createdTime": "2021-01-26T01:00:37.8404534Z",
            }
        ],
        "evidence": [
            {
                "entityType": "User",
                "evidenceCreationTime": "2021-01-26T20:33:58.42Z",
                "accountName": "name",
                "domainName": "DOMAIN",
                "userSid": "S-1-5-21-11111607-1111760036-109187956-75141",
                "aadUserId": "11118379-2a59-1111-ac3c-a51eb4a3c627",
                "userPrincipalName": "temp123@microsoft.com",
            },
            {
                "entityType": "Process",
                "evidenceCreationTime": "2021-01-26T20:33:58.6133333Z",
                "sha1": "ff836cfb1af40252bd2a2ea843032e99a5b262ed",
                "fileName": "rundll32.exe",
                "filePath": "C:\\Windows\\SysWOW64",
                "processId": 3276,
                "processCommandLine": "rundll32.exe  c:\\temp\\suspicious.dll,RepeatAfterMe",
                "parentProcessId": 8420,
                "parentProcessFileName": "rundll32.exe",
                "detectionStatus": "Detected",
            },
            {
                "entityType": "File",
                "evidenceCreationTime": "2021-01-26T20:33:58.42Z",
                "sha1": "8563f95b2f8a284fc99da44500cd51a77c1ff36c",
                "fileName": "suspicious.dll",
                "filePath": "c:\\temp",
                "detectionStatus": "Detected",
            },
        ],
    }


@pytest.fixture
def machine() -> dict[str, object]:
    """A machine as the service writes it."""
    return {
        "id": "1e5bc9d7e413ddd7902c2932e418702b84d0cc07",
        "computerDnsName": "mymachine1.contoso.com",
        "firstSeen": "2018-08-02T14:55:03.7791856Z",
        "lastSeen": "2021-01-25T07:27:36.052313Z",
        "osPlatform": "Windows10",
        "version": "1901",
        "lastIpAddress": "10.166.113.46",
        "healthStatus": "Active",
        "rbacGroupName": "The-A-Team",
        "riskScore": "Low",
        "exposureLevel": "Low",
        "machineTags": ["test tag", "test tag 2"],
    }
