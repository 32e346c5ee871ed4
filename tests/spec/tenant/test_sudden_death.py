"""`kill -9` at any moment: what was answered is kept, what was begun is finished or undone by the next start."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from vedette.tenant import LocalTenant

from .server_process import ServerProcess

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
WRITERS = 4
ENOUGH = 60
"""Answered writes before the server is killed, with the next ones under way."""


def test_every_answered_write_is_there_after_the_server_was_killed(tmp_path: Path) -> None:
    answered: dict[str, str] = {}
    tags: dict[str, set[str]] = {}
    enough = threading.Event()

    def write(number: int) -> None:
        with server.client() as client:
            client.headers["Authorization"] = f"Bearer {token}"
            for count in itertools.count():
                alert, machine = alerts[(number + WRITERS * count) % len(alerts)], machines[number % len(machines)]
                comment, tag = f"note {number}/{count}", f"tag-{number}-{count}"
                try:
                    changed = client.patch(f"/api/alerts/{alert}", json={"assignedTo": comment})
                    tagged = client.post(f"/api/machines/{machine}/tags", json={"Value": tag, "Action": "Add"})
                except httpx2.TransportError:
                    return  # the server is dead; what it did not answer may or may not be there
                assert (changed.status_code, tagged.status_code) == (200, 200), (changed.text, tagged.text)
                answered[alert] = comment
                tags.setdefault(machine, set()).add(tag)
                if sum(map(len, tags.values())) >= ENOUGH:
                    enough.set()

    with ServerProcess(tmp_path, state=str(tmp_path / "state"), limits="off") as server:
        token = server.token()
        headers = {"Authorization": f"Bearer {token}"}
        with server.client() as client:
            alerts = [each["id"] for each in client.get("/api/alerts", headers=headers).json()["value"]]
            machines = [each["id"] for each in client.get("/api/machines", headers=headers).json()["value"]]
        # Each writer has alerts and a machine of its own, so the last answer decides what must be there.
        alerts = alerts[: len(alerts) // WRITERS * WRITERS]
        writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        assert enough.wait(timeout=60)
        server.kill()
        for writer in writers:
            writer.join()

        server.start()
        with server.client() as client:
            now = {each["id"]: each for each in client.get("/api/alerts", headers=headers).json()["value"]}
            found = {
                each["id"]: set(each["machineTags"])
                for each in client.get("/api/machines", headers=headers).json()["value"]
            }
        for machine, wanted in tags.items():
            assert wanted <= found[machine]
        # One write per alert may have been under way; it came after the one that was answered, from the same writer.
        for alert, comment in answered.items():
            kept = now[alert]["assignedTo"]
            assert (kept.split("/")[0], int(kept.split("/")[1]) >= int(comment.split("/")[1])) == (
                comment.split("/")[0],
                True,
            )


def test_tokens_and_sign_in_survive_the_restart(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, state=str(tmp_path / "state")) as server:
        before = server.ready
        token = server.token()
        server.kill()

        server.start()
        with server.client() as client:
            answer = client.get("/api/alerts?$top=1", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert server.ready["users"] == before["users"]
        assert server.ready["apps"] == before["apps"]
        assert server.token()


def test_clients_go_on_trusting_the_server_after_a_restart(tmp_path: Path) -> None:
    with LocalTenant(state=tmp_path / "state", machines=8, days=1) as tenant:
        before = Path(tenant.ca_bundle).read_bytes()
        tenant.restart()

        assert Path(tenant.ca_bundle).read_bytes() == before


def test_telemetry_that_was_being_written_is_written_by_the_next_server(tmp_path: Path) -> None:
    with LocalTenant(machines=8, days=4, clock=NOW) as whole:
        expected = whole.state.defender[whole.tenant_id].lake.counts()
    state = tmp_path / "state"
    with ServerProcess(tmp_path, state=str(state), machines=8, days=4, config=str(_frozen(tmp_path))) as server:
        server.kill()  # the ready file is there before the first row is

    with LocalTenant(state=state, config=_frozen(tmp_path), machines=8, days=4) as tenant:
        assert tenant.state.defender[tenant.tenant_id].lake.counts() == expected


def _frozen(folder: Path) -> Path:
    path = folder / "tenant.toml"
    path.write_text("[clock]\nstart = 2026-05-04T08:00:00Z\nfrozen = true\n")
    return path
