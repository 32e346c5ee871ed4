"""Response actions are waited for, and what they give is saved."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from tests.spec.sdk.conftest import BASE, Service
from vedette import ActionFailed, ActionNotDone, MachineAction, NoAnswer, NotFound

ID = "7d8b2c11-0000-4000-8000-000000000001"
LINK = "https://storage.test/package.zip?sig=one"


def action(status: str, **fields: object) -> httpx2.Response:
    body = {"id": ID, "type": "Isolate", "status": status, "computerDnsName": "ws-01", **fields}
    return httpx2.Response(200, json=body)


def test_it_looks_until_the_action_has_ended(service: Service) -> None:
    service.answers(action("Pending"), action("InProgress"), action("Succeeded"))
    seen: list[str] = []

    ended = service.client().machine_actions.wait(ID, on_progress=lambda each: seen.append(each.status))

    assert (ended.id, ended.status) == (ID, "Succeeded")
    assert seen == ["Pending", "InProgress", "Succeeded"]
    assert service.clock.slept == [0.5, 0.75]
    assert service.urls == [f"{BASE}/api/machineactions/{ID}"] * 3


def test_an_action_that_has_ended_is_not_asked_for_again(service: Service) -> None:
    given = MachineAction(id=ID, status="Succeeded")

    assert service.client().machine_actions.wait(given) is given
    assert service.requests == []


def test_the_pause_grows_to_ten_seconds_or_is_the_one_named(service: Service) -> None:
    service.answers(*[action("Pending")] * 12, action("Succeeded"))
    service.client().machine_actions.wait(ID)
    assert service.clock.slept[:3] == [0.5, 0.75, 1.125]
    assert service.clock.slept[-3:] == [10.0, 10.0, 10.0]

    service.clock.slept.clear()
    service.answers(*[action("Pending")] * 2, action("Succeeded"))
    service.client().machine_actions.wait(ID, poll_s=3)
    assert service.clock.slept == [3, 3]


def test_an_action_that_takes_too_long_is_told_with_its_last_state(service: Service) -> None:
    service.answer = lambda request: action("InProgress")

    with pytest.raises(ActionNotDone) as late:
        service.client().machine_actions.wait(ID, timeout_s=20, poll_s=8)

    assert (late.value.action.status, late.value.elapsed_s) == ("InProgress", 20)
    assert service.clock.slept == [8, 8, 4]
    assert late.value.message == "Isolate on ws-01 is still InProgress after 20 seconds"
    assert late.value.hint == f"vedette machine-actions wait {ID} goes on waiting"


@pytest.mark.parametrize("status", ["Failed", "TimeOut", "Cancelled"])
def test_a_failure_is_an_answer_unless_it_is_checked(service: Service, status: str) -> None:
    commands = [{"index": 0, "commandStatus": "Failed", "errors": ["no such file"]}]
    service.answer = lambda request: action(status, commands=commands)
    actions = service.client().machine_actions

    assert actions.wait(ID).status == status
    with pytest.raises(ActionFailed) as failed:
        actions.wait(ID, check=True)
    assert failed.value.action.status == status
    assert failed.value.message == f"Isolate on ws-01 ended as {status}: no such file"


def test_awaiting_is_the_same(service: Service) -> None:
    service.answers(action("Pending"), action("InProgress"), action("Succeeded"))

    ended = asyncio.run(service.async_client().machine_actions.wait(ID))

    assert ended.status == "Succeeded"
    assert service.clock.slept == [0.5, 0.75]


def linked(link: str) -> httpx2.Response:
    return httpx2.Response(200, json={"@odata.context": "x", "value": link})


def file(status: int, content: bytes, **headers: str) -> httpx2.Response:
    """An answer that is read as it comes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, stream=httpx2.ByteStream(content), headers=named)


def test_a_package_is_saved_without_showing_the_token(service: Service, tmp_path: Path) -> None:
    service.answers(linked(f'"{LINK}"'), file(200, b"PK", ETag='"1"'))
    (tmp_path / "package.zip").write_bytes(b"an older one")

    saved = service.client().machine_actions.download_package(ID, tmp_path / "package.zip")

    assert (saved, saved.read_bytes()) == (tmp_path / "package.zip", b"PK")
    assert [path.name for path in tmp_path.iterdir()] == ["package.zip"]
    assert service.urls == [f"{BASE}/api/machineactions/{ID}/getPackageUri", LINK]
    assert "authorization" not in service.requests[1].headers


def test_a_package_goes_into_a_folder_under_the_id_of_its_action(service: Service, tmp_path: Path) -> None:
    service.answers(linked(LINK), file(200, b"PK"))

    assert service.client().machine_actions.download_package(ID, tmp_path) == tmp_path / f"{ID}.zip"


def test_a_download_goes_on_where_it_broke_off(service: Service, tmp_path: Path) -> None:
    (tmp_path / "result.new.part").write_bytes(b"01234")
    (tmp_path / "result.new.etag").write_text('"tag"')
    rest = file(206, b"56789", ETag='"tag"', Content_Range="bytes 5-9/10")
    service.answers(linked(LINK), rest)

    saved = service.client().machine_actions.download_live_response_result(ID, 2, tmp_path / "result")

    assert saved.read_bytes() == b"0123456789"
    assert service.urls[0] == f"{BASE}/api/machineactions/{ID}/GetLiveResponseResultDownloadLink(index=2)"
    assert service.requests[1].headers["range"] == "bytes=5-"


def test_a_link_that_has_ended_is_asked_for_anew_once(service: Service, tmp_path: Path) -> None:
    gone = httpx2.Response(403)
    service.answers(linked(LINK), gone, linked(LINK + "2"), file(200, b"PK"))
    assert service.client().machine_actions.download_package(ID, tmp_path / "a.zip").read_bytes() == b"PK"

    service.answers(linked(LINK), gone, linked(LINK), gone)
    with pytest.raises(NoAnswer) as ended:
        service.client().machine_actions.download_package(ID, tmp_path / "b.zip")
    assert "sig=" not in str(ended.value)
    assert not (tmp_path / "b.zip").exists()


def test_a_package_that_is_not_there_is_not_found(service: Service, tmp_path: Path) -> None:
    service.answers(httpx2.Response(404, json={"error": {"code": "ResourceNotFound", "message": "x", "target": "1"}}))

    with pytest.raises(NotFound):
        service.client().machine_actions.download_package(ID, tmp_path / "a.zip")
