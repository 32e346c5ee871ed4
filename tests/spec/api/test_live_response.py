"""Live response: sessions of commands on a machine, their transcripts, results and limits."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.spec.api.conftest import SRV, TENANT, WS1, WS2, Api
from tests.spec.api.test_library_files import upload
from vedette.catalogue.machines import Machine

RUN = "Machine.LiveResponse"
READ = "Machine.Read.All"
DOWNLOADS = "C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\Downloads\\"


def command(kind: str, **params: str) -> dict[str, Any]:
    return {"type": kind, "params": [{"key": key, "value": value} for key, value in params.items()]}


def put(name: str) -> dict[str, Any]:
    return command("PutFile", FileName=name)


def script(name: str, arguments: str = "") -> dict[str, Any]:
    return command("RunScript", ScriptName=name, **({"Args": arguments} if arguments else {}))


def fetch(path: str) -> dict[str, Any]:
    return command("GetFile", Path=path)


def ask(api: Api, *commands: dict[str, Any], machine: str = WS1, path: str = "runliveresponse", **call: Any) -> Any:
    """An answer of httpx2."""
    body = {"Comment": "INC-42", "Commands": list(commands)}
    return api.call("POST", f"/api/machines/{machine}/{path}", **{"roles": (RUN,), **call}, json=body)


def session(api: Api, *commands: dict[str, Any], machine: str = WS1) -> dict[str, Any]:
    answer = ask(api, *commands, machine=machine)
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]  # an action as JSON


def now(api: Api, action: dict[str, Any]) -> dict[str, Any]:
    return api.get(f"/api/machineactions/{action['id']}", READ).json()  # type: ignore[no-any-return]  # as above


def statuses(action: dict[str, Any]) -> list[str]:
    return [each["commandStatus"] for each in action["commands"]]


def link(api: Api, action: dict[str, Any], index: int) -> Any:
    """An answer of httpx2."""
    return api.get(f"/api/machineactions/{action['id']}/GetLiveResponseResultDownloadLink(index={index})", READ)


def result(api: Api, action: dict[str, Any], index: int) -> Any:
    """What is behind the link, without a token: an answer of httpx2."""
    answer = link(api, action, index)
    assert answer.status_code == 200, answer.text
    return api.call("GET", answer.json()["value"].removeprefix("https://tenant.test"), headers={})


def test_commands_run_one_after_the_other_by_kind(api: Api) -> None:
    upload(api, "tool.exe", b"MZ tool")
    upload(api)
    action = session(api, fetch("tool.exe"), script("collect.ps1"), put("tool.exe"))

    assert (action["type"], action["status"], statuses(action)) == ("LiveResponse", "Pending", ["Created"] * 3)
    assert action["commands"][0]["command"] == {"type": "GetFile", "params": [{"key": "Path", "value": "tool.exe"}]}
    seen = []
    for seconds in (5, 5, 10, 10):
        api.clock.advance(timedelta(seconds=seconds))
        seen.append((now(api, action)["status"], statuses(now(api, action))))
    assert seen == [
        ("InProgress", ["Created", "Created", "Executing"]),
        ("InProgress", ["Created", "Executing", "Completed"]),
        ("InProgress", ["Executing", "Completed", "Completed"]),
        ("Succeeded", ["Completed", "Completed", "Completed"]),
    ]
    first = now(api, action)["commands"][2]
    assert (first["startTime"], first["endTime"]) == ("2026-11-22T12:00:05Z", "2026-11-22T12:00:10Z")
    assert [each["index"] for each in now(api, action)["commands"]] == [0, 1, 2]
    assert gzip.decompress(result(api, action, 0).content) == b"MZ tool"
    assert link(api, action, 2).status_code == 404  # a file that was put gives nothing


def test_a_script_leaves_a_transcript(api: Api) -> None:
    lines = (
        "# collects",
        "param($Days)",
        'Write-Output "host $env:COMPUTERNAME, days $Days"',
        "whoami",
        "Get-Process",
        "Get-Content C:\\nowhere.txt",
        "exit 3",
        "Write-Output 'never'",
    )
    upload(api, "collect.ps1", "\r\n".join(lines).encode())
    action = session(api, script("collect.ps1", "-Days 7"))
    api.clock.advance(timedelta(minutes=1))

    answer = result(api, action, 0)

    assert answer.headers["content-disposition"] == 'attachment; filename="collect.ps1.json"'
    transcript = answer.json()
    assert set(transcript) == {"script_name", "exit_code", "script_output", "script_errors"}
    assert (transcript["script_name"], transcript["exit_code"]) == ("collect.ps1", 3)
    _, host, who, _, process = transcript["script_output"].splitlines()
    assert (host, who) == ("host ws-01, days 7", "nt authority\\system")
    assert process.split() == ["900", "certutil.exe", "C:\\Windows\\System32\\certutil.exe"]
    assert transcript["script_errors"] == "Cannot find path 'C:\\nowhere.txt' because it does not exist."


def test_a_script_ends_after_ten_minutes_and_stops_the_rest(api: Api) -> None:
    upload(api, "slow.ps1", b"Start-Sleep -Seconds 3600")
    action = session(api, script("slow.ps1"), fetch("C:\\Windows\\System32\\certutil.exe"))

    api.clock.advance(timedelta(seconds=5) + timedelta(minutes=10, seconds=-1))
    assert statuses(now(api, action)) == ["Executing", "Created"]
    api.clock.advance(timedelta(seconds=1))
    ended = now(api, action)

    assert (ended["status"], statuses(ended)) == ("Failed", ["Failed", "Created"])
    assert ended["commands"][0]["errors"] == ["Script slow.ps1 took longer than 10 minutes."]
    assert link(api, action, 0).status_code == 404


def test_a_file_that_telemetry_shows_is_fetched(api: Api) -> None:
    action = session(api, fetch("c:/windows/system32/CERTUTIL.exe"))
    api.clock.advance(timedelta(minutes=1))

    answer = result(api, action, 0)

    assert answer.headers["content-disposition"] == 'attachment; filename="certutil.exe.gz"'
    content = gzip.decompress(answer.content)
    assert (len(content), content[:2]) == (1_622_016, b"MZ")
    assert result(api, action, 0).content == answer.content


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (fetch("C:\\nowhere.txt"), "File C:\\nowhere.txt was not found on the machine."),
        (script("missing.ps1"), "File missing.ps1 was not found in the library."),
        (put("missing.exe"), "File missing.exe was not found in the library."),
    ],
)
def test_what_is_not_there_fails_the_command(api: Api, asked: dict[str, Any], error: str) -> None:
    action = session(api, asked)
    api.clock.advance(timedelta(minutes=1))

    ended = now(api, action)

    assert (ended["status"], ended["commands"][0]["errors"]) == ("Failed", [error])


def test_a_file_stays_where_it_was_put(api: Api) -> None:
    upload(api, "tool.exe", b"MZ tool")
    session(api, put("tool.exe"))
    api.clock.advance(timedelta(minutes=1))
    api.call("DELETE", "/api/libraryfiles/tool.exe", roles=("Library.Manage",))

    later = session(api, fetch(DOWNLOADS + "tool.exe"))
    elsewhere = session(api, fetch(DOWNLOADS + "tool.exe"), machine=SRV)
    api.clock.advance(timedelta(minutes=1))

    assert gzip.decompress(result(api, later, 0).content) == b"MZ tool"
    assert now(api, elsewhere)["status"] == "Failed"


def test_a_session_that_is_cancelled_puts_nothing(api: Api) -> None:
    upload(api, "tool.exe", b"MZ tool")
    action = session(api, put("tool.exe"))
    api.clock.advance(timedelta(seconds=6))
    cancelled = api.call("POST", f"/api/machineactions/{action['id']}/cancel", roles=(RUN,), json={"Comment": "no"})
    api.clock.advance(timedelta(minutes=1))

    later = session(api, fetch("tool.exe"))
    api.clock.advance(timedelta(minutes=1))

    assert cancelled.json()["commands"][0]["errors"] == ["Cancelled"]
    assert now(api, later)["status"] == "Failed"


def test_a_result_link_ends_after_30_minutes_and_is_asked_for_anew(api: Api) -> None:
    action = session(api, fetch("C:\\Windows\\System32\\certutil.exe"))
    assert link(api, action, 0).status_code == 404
    api.clock.advance(timedelta(minutes=1))
    path = link(api, action, 0).json()["value"].removeprefix("https://tenant.test")

    api.clock.advance(timedelta(minutes=30, seconds=-1))
    assert api.call("GET", path, headers={}).status_code == 200
    api.clock.advance(timedelta(seconds=1))
    assert api.call("GET", path, headers={}).status_code == 403
    assert result(api, action, 0).status_code == 200
    assert link(api, action, 1).status_code == 404


def test_a_machine_takes_one_session_at_a_time(api: Api) -> None:
    session(api, fetch("a.txt"))

    answer = ask(api, fetch("a.txt"))
    older = ask(api, fetch("a.txt"), path="runCustomPlaybook")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ActiveRequestAlreadyExists")
    assert older.json()["error"]["code"] == "ActiveRequestAlreadyExists"


def test_the_older_name_starts_a_session_too(api: Api) -> None:
    answer = ask(api, fetch("C:\\Windows\\System32\\certutil.exe"), path="runCustomPlaybook")

    assert (answer.status_code, answer.json()["type"]) == (200, "LiveResponse")


def test_a_session_waits_three_days_for_a_machine_that_is_away(api: Api) -> None:
    action = session(api, fetch("a.txt"), machine=WS2)

    api.clock.advance(timedelta(days=3, seconds=-1))
    assert (now(api, action)["status"], statuses(now(api, action))) == ("Pending", ["Created"])
    api.clock.advance(timedelta(seconds=1))
    assert now(api, action)["status"] == "TimeOut"


def test_a_tenant_has_25_sessions_at_once(api: Api) -> None:
    machines = api.state.defender[TENANT].machines
    model = machines.get(WS1)
    assert isinstance(model, Machine)
    ids = [f"{number:040x}" for number in range(26)]
    machines.put(
        *(
            msgspec.structs.replace(model, id=each, computer_dns_name=f"m{each[-2:]}", aad_device_id=None)
            for each in ids
        )
    )
    session(api, fetch("a.txt"), machine=WS2)  # waits for its machine, so it is not open
    for each in ids[:9]:
        session(api, fetch("a.txt"), machine=each)
    api.clock.advance(timedelta(seconds=1))
    older = [ask(api, fetch("a.txt"), machine=each, path="runCustomPlaybook") for each in ids[9:25]]
    assert [answer.status_code for answer in older] == [200] * 16

    refused = ask(api, fetch("a.txt"), machine=ids[25], path="runCustomPlaybook")

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TooManyRequests")
    assert refused.headers["retry-after"] == "9"
    api.clock.advance(timedelta(seconds=9))
    assert ask(api, fetch("a.txt"), machine=ids[25], path="runCustomPlaybook").status_code == 200


@pytest.mark.parametrize(
    ("commands", "code", "message"),
    [
        ([], "InvalidInput", "Invalid input Commands: name at least one command"),
        ([command("RunScript")], "InvalidInput", "Invalid input Commands: RunScript needs ScriptName"),
        ([command("Reboot")], "InvalidRequestBody", "Request body is incorrect"),
    ],
)
def test_commands_are_checked(api: Api, commands: list[dict[str, Any]], code: str, message: str) -> None:
    error = ask(api, *commands).json()["error"]

    assert (error["code"], error["message"]) == (code, message)


def test_a_user_needs_the_live_response_role(api: Api) -> None:
    answer = ask(api, fetch("a.txt"), token=api.user_token("responder", RUN))

    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == (
        "Missing user role permission. The operation requires: Live response capabilities."
    )
