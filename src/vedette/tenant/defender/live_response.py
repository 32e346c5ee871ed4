"""Behaviour of live response: sessions of commands against the simulated files of a machine, and their results.

A session is worked out when it is asked for, with the library and the machine as they are then; it unfolds on the
tenant's clock. Commands run by kind, files put first and files fetched last, and a failure stops the rest.
"""

from __future__ import annotations

import gzip
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from vedette.catalogue.library_files import LibraryFiles
from vedette.catalogue.live_response import (
    MAX_SESSIONS,
    RESULT_LINK_MINUTES,
    SCRIPT_TIMEOUT_MINUTES,
    LiveResponseCommand,
    LiveResponseScriptResult,
    MachineLiveResponse,
)
from vedette.catalogue.machine_actions import (
    CustomPlaybookCommand,
    CustomPlaybookCommandResult,
    KnownRequestSource,
    MachineAction,
    MachineActions,
)
from vedette.catalogue.machines import Machine
from vedette.tenant.blobs import Blob, offers
from vedette.tenant.call import Call
from vedette.tenant.defender import scripts
from vedette.tenant.defender.courses import HEARD_AFTER
from vedette.tenant.defender.downloads import given
from vedette.tenant.defender.handling import handles
from vedette.tenant.defender.machine_actions import Asked, action, require_role, start
from vedette.tenant.defender.machine_files import MachineFiles, made_up
from vedette.tenant.defender.machines import machine
from vedette.tenant.problems import Problem
from vedette.tenant.state import State
from vedette.tenant.store.defender import DefenderStore
from vedette.tenant.store.response import CommandResult, PutFile, Step

KIND = "liveresponse"
USER_ROLE = "Live response capabilities"
"""What a user needs beside the scope, as the page of user roles says; the operation's own page names none."""
ORDER: Mapping[str, int] = {"PutFile": 0, "RunScript": 1, "GetFile": 2}
_NAMED_BY: Mapping[str, str] = {"PutFile": "FileName", "RunScript": "ScriptName", "GetFile": "Path"}
_SCRIPT_TIMEOUT = timedelta(minutes=SCRIPT_TIMEOUT_MINUTES)
_TRANSFER = timedelta(seconds=5)
_TRANSCRIPT = (
    "Transcript started, output file is "
    "C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\Temp\\PSScriptOutputs\\"
    "PSScript_Transcript_{id}.txt"
)


@handles(MachineLiveResponse.run_live_response, in_thread=True)
def run_live_response(
    call: Call,
    /,
    id: str,
    *,
    commands: Sequence[LiveResponseCommand],
    comment: str,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """Start a session."""
    return _session(call, machine(call, id), commands, Asked(comment, external_id, request_source, title))


@handles(MachineLiveResponse.run_custom_playbook, in_thread=True)
def run_custom_playbook(
    call: Call,
    /,
    id: str,
    *,
    commands: Sequence[LiveResponseCommand],
    comment: str,
    external_id: str | None = None,
    request_source: KnownRequestSource | None = None,
    title: str | None = None,
) -> MachineAction:
    """The same, under the older name."""
    return _session(call, machine(call, id), commands, Asked(comment, external_id, request_source, title))


def _session(call: Call, on: Machine, commands: Sequence[LiveResponseCommand], asked: Asked) -> MachineAction:
    require_role(call, USER_ROLE)
    if not commands:
        raise Problem("InvalidInput", input="Commands: name at least one command")
    for command in commands:
        if not _value(command, _NAMED_BY[command.type]):
            raise Problem("InvalidInput", input=f"Commands: {command.type} needs {_NAMED_BY[command.type]}")
    session = _Session(call.store, on, str(uuid.uuid4()), call.now)
    session.run(commands)
    results = [
        CustomPlaybookCommandResult(
            index=index, command=CustomPlaybookCommand(type=command.type, params=list(command.params))
        )
        for index, command in enumerate(commands)
    ]
    with call.store.database.transaction():
        started = start(call, "LiveResponse", on, asked, steps=session.steps, commands=results, id=session.id)
        _require_room(call, started.id)
        call.store.command_results.put_many(session.results)
        return started


def _require_room(call: Call, own: str) -> None:
    """Raises: Problem TooManyRequests when more sessions are open than a tenant may have. Queued ones do not count."""
    others = [
        course
        for status in ("Pending", "InProgress")
        for each in call.store.machine_actions.where(type="LiveResponse", status=status)
        if each.id != own and (course := call.store.courses.get(each.id)) is not None and not course.is_queued
    ]
    if len(others) < MAX_SESSIONS:
        return
    first_end = min(course.steps[-1].at for course in others)
    wait = max(1, math.ceil((first_end - call.now).total_seconds()))
    raise Problem(
        "TooManyRequests", reason=f"{MAX_SESSIONS} live response sessions are open; try again in {wait} seconds."
    ).with_headers(Retry_After=str(wait))


@dataclass
class _Outcome:
    took: timedelta
    errors: list[str] = field(default_factory=list)
    put: PutFile | None = None
    result: CommandResult | None = None


class _Session:
    """Works a session out: its steps, and what its commands give."""

    def __init__(self, store: DefenderStore, on: Machine, id: str, now: datetime) -> None:
        self.id = id
        self.steps: list[Step] = []
        self.results: list[CommandResult] = []
        self._store = store
        self._machine = on
        self._files = MachineFiles(store, on, now)
        self._at = now + HEARD_AFTER

    def run(self, commands: Sequence[LiveResponseCommand]) -> None:
        """All commands, in the order of their kinds, until one fails."""
        self.steps.append(Step(at=self._at, status="InProgress"))
        for index, command in sorted(enumerate(commands), key=lambda each: ORDER[each[1].type]):
            self.steps.append(Step(at=self._at, command=index, command_status="Executing"))
            outcome = self._outcome(index, command)
            self._at += outcome.took
            status = "Failed" if outcome.errors else "Completed"
            self.steps.append(
                Step(at=self._at, command=index, command_status=status, errors=outcome.errors, put=outcome.put)
            )
            if outcome.result is not None:
                self.results.append(outcome.result)
            if outcome.errors:
                self.steps.append(Step(at=self._at, status="Failed"))
                return
        self.steps.append(Step(at=self._at, status="Succeeded"))

    def _outcome(self, index: int, command: LiveResponseCommand) -> _Outcome:
        name = _value(command, _NAMED_BY[command.type])
        if command.type == "GetFile":
            return self._get(index, name)
        kept = self._store.library_files.get(name)
        if kept is None or kept.sha256 is None:
            return _Outcome(_TRANSFER, [f"File {name} was not found in the library."])
        if command.type == "PutFile":
            return _Outcome(_TRANSFER, put=self._files.put(kept.file_name, kept.sha256, self._at + _TRANSFER))
        return self._script(index, kept, _value(command, "Args"))

    def _get(self, index: int, path: str) -> _Outcome:
        found = self._files.find(path)
        if found is None:
            return _Outcome(_TRANSFER, [f"File {path} was not found on the machine."])
        seen = found.seen
        return _Outcome(
            2 * _TRANSFER,
            result=CommandResult(
                id=f"{self.id}/{index}",
                file_name=f"{found.name}.gz",
                made_at=self._at,
                sha256=found.sha256,
                made_up=(seen.path, seen.sha1, seen.size) if seen is not None else None,
            ),
        )

    def _script(self, index: int, kept: LibraryFiles, arguments: str) -> _Outcome:
        content = self._store.contents.get(str(kept.sha256))
        text = content.content.decode("utf-8", "replace") if content is not None else ""
        ran = scripts.run(text, arguments, self._machine, self._files)
        took = timedelta(seconds=ran.seconds)
        if took > _SCRIPT_TIMEOUT:
            return _Outcome(
                _SCRIPT_TIMEOUT, [f"Script {kept.file_name} took longer than {SCRIPT_TIMEOUT_MINUTES} minutes."]
            )
        head = [_TRANSCRIPT.format(id=self.id)] if self._files.is_windows else []
        written = LiveResponseScriptResult(
            script_name=kept.file_name,
            exit_code=ran.exit_code,
            script_output="\n".join([*head, *ran.output]),
            script_errors="\n".join(ran.errors),
        )
        result = CommandResult(
            id=f"{self.id}/{index}",
            file_name=f"{kept.file_name}.json",
            made_at=self._at,
            content=msgspec.json.format(msgspec.json.encode(written), indent=4),
        )
        return _Outcome(took, result=result)


def _value(command: LiveResponseCommand, key: str) -> str:
    return next((each.value or "" for each in command.params if each.key == key), "")


# -- results -------------------------------------------------------------------------------------------------------


@handles(MachineActions.get_live_response_result)
def get_live_response_result(call: Call, /, id: str, index: int) -> str:
    """A link to what a completed command gave. A file that was put gives nothing."""
    require_role(call, USER_ROLE)
    found = action(call, id)
    is_complete = 0 <= index < len(found.commands) and found.commands[index].command_status == "Completed"
    if not is_complete or call.store.command_results.get(f"{found.id}/{index}") is None:
        raise Problem("ResourceNotFound", kind="Result of live response command", id=f"{found.id}/{index}")
    path = f"{KIND}/{call.caller.tenant_id}/{found.id}/{index}"
    return call.state.links.link(call.address.origin, path, timedelta(minutes=RESULT_LINK_MINUTES))


@offers(KIND)
def find(state: State, place: str) -> Blob | None:
    """The result behind a link: tenant id, action id, place of the command."""
    tenant_id, _, key = place.partition("/")
    store = state.defender.get(tenant_id)
    kept = store.command_results.get(key) if store is not None else None
    if store is None or kept is None:
        return None
    return given(store).file(
        f"result-{key.replace('/', '-')}", kept.file_name, kept.made_at, lambda: _bytes(store, kept)
    )


def _bytes(store: DefenderStore, kept: CommandResult) -> bytes:
    """JSON as it is; a file of the machine packed with gzip, as clients of the service find it."""
    if kept.made_up is not None:
        return gzip.compress(made_up(*kept.made_up), mtime=0)
    if kept.sha256 is None:
        return kept.content
    library = store.contents.get(kept.sha256)
    return gzip.compress(library.content if library is not None else b"", mtime=0)
