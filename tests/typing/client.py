"""What a caller's type checker sees. Checked by mypy, never run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import assert_type

from azure.identity import ClientSecretCredential as AzureCredential

from vedette import (
    AccessToken,
    Alert,
    Answer,
    AsyncDefender,
    AsyncPaged,
    ClientSecretCredential,
    Defender,
    Domain,
    Machine,
    MachineAction,
    Page,
    Paged,
    PermissionDenied,
    TokenClaims,
    User,
    decode_token,
    field,
    validate_token,
)


def blocking(defender: Defender) -> None:
    assert_type(defender.alerts.list(filter="severity eq 'High'", expand=["evidence"]), Paged[Alert])
    assert_type(defender.alerts.list(filter=field("severity") == "High"), Paged[Alert])
    assert_type(defender.alerts.get("a"), Alert)
    assert_type(defender.alerts.batch_update(["a"], status="Resolved"), None)
    assert_type(defender.alerts.list_domains("a"), Paged[Domain])
    assert_type(defender.alerts.get_user("a"), User)
    assert_type(defender.machines.list().first(), Machine | None)
    assert_type(next(defender.machines.list().pages()), Page[Machine])
    assert_type(defender.machines.find_by_ip("10.0.0.1", datetime.now(UTC)), Paged[Machine])
    assert_type(defender.machines.isolate("m", comment="c"), MachineAction)
    assert_type(defender.machine_actions.get("a"), MachineAction)
    assert_type(defender.machine_actions.list(), Paged[MachineAction])
    assert_type(defender.machine_actions.wait("a", timeout_s=60, on_progress=print), MachineAction)
    assert_type(defender.machine_actions.download_package("a", "package.zip"), Path)
    assert_type(defender.request("GET", "/api/alerts"), Answer)
    for alert in defender.alerts.list():
        assert_type(alert.id, str)
        assert_type(alert.alert_creation_time, datetime | None)
        assert_type([evidence.sha1 for evidence in alert.evidence], list[str | None])


async def awaited(defender: AsyncDefender) -> None:
    assert_type(defender.alerts.list(), AsyncPaged[Alert])
    assert_type(await defender.alerts.get("a"), Alert)
    assert_type(await defender.machines.isolate("m", comment="c"), MachineAction)
    assert_type(await defender.machine_actions.get("a"), MachineAction)
    assert_type(await defender.machine_actions.wait("a"), MachineAction)
    assert_type(await defender.machine_actions.download_live_response_result("a", 0, "out"), Path)
    assert_type(await defender.machines.list().first(), Machine | None)
    assert_type(await defender.request("GET", "/api/alerts"), Answer)
    async for machine in defender.machines.list():
        assert_type(machine, Machine)


def wrong(defender: Defender, paged: Paged[Alert]) -> None:
    defender.alerts.lst()  # type: ignore[attr-defined]  # no such operation
    defender.alerts.get(1)  # type: ignore[arg-type]  # ids are texts
    defender.alerts.update("a", status="Closed")  # type: ignore[arg-type]  # not in the closed set
    defender.machines.isolate("m")  # type: ignore[call-arg]  # a comment is required
    defender.alerts.list(filters="x")  # type: ignore[call-arg]  # no such option
    Defender(object())  # type: ignore[arg-type]  # no credential


class OwnCredential:
    def get_token(self, *scopes: str) -> AccessToken:
        return AccessToken("t", 0)


class OwnAsyncCredential:
    async def get_token(self, *scopes: str) -> AccessToken:
        return AccessToken("t", 0)


def credentials() -> None:
    Defender(ClientSecretCredential("s", tenant_id="t", client_id="c"))
    Defender(AzureCredential("t", "c", "s"))
    Defender(OwnCredential())
    Defender(OwnAsyncCredential())  # type: ignore[arg-type]  # it cannot be awaited there
    AsyncDefender(OwnCredential())
    AsyncDefender(OwnAsyncCredential())
    AsyncDefender(ClientSecretCredential("s", tenant_id="t", client_id="c"))
    with Defender.from_profile("soc") as defender:
        assert_type(defender, Defender)
    assert_type(Defender.from_token("t"), Defender)


def tokens() -> None:
    assert_type(decode_token("t"), TokenClaims)
    assert_type(validate_token("t", tenant_id="g", scopes="Alert.Read"), TokenClaims)


def errors(error: PermissionDenied) -> None:
    assert_type(error.missing, frozenset[str])
    assert_type(error.status, int)
