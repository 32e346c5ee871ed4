"""Live response: commands that a machine carries out one after the other. Its library is in `library_files`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from vedette.catalogue.entity import INT32, Complex
from vedette.catalogue.limits import PerCaller
from vedette.catalogue.machine_actions import CustomPlaybookParameter, KnownRequestSource, MachineAction
from vedette.catalogue.operation import ASSUMED, POST, SERVICE_SCHEMA, Declared, M, Operations

LiveResponseCommandType = Literal["PutFile", "RunScript", "GetFile"]
MAX_SESSIONS = 25
"""Live response sessions of a tenant at once."""
QUEUE_DAYS = 3
"""How long a machine that is away is waited for."""
SCRIPT_TIMEOUT_MINUTES = 10
RESULT_LINK_MINUTES = 30


class LiveResponseCommand(Complex, frozen=True, kw_only=True):
    """One command of a live response request: `LiveResponseCommand.run_script("collect.ps1")`."""

    type: LiveResponseCommandType
    params: Sequence[CustomPlaybookParameter] = ()

    @staticmethod
    def put_file(file_name: str) -> LiveResponseCommand:
        """Put a file of the library on the machine."""
        return LiveResponseCommand(type="PutFile", params=[CustomPlaybookParameter(key="FileName", value=file_name)])

    @staticmethod
    def run_script(script_name: str, arguments: str | None = None) -> LiveResponseCommand:
        """Run a script of the library."""
        params = [CustomPlaybookParameter(key="ScriptName", value=script_name)]
        if arguments is not None:
            params.append(CustomPlaybookParameter(key="Args", value=arguments))
        return LiveResponseCommand(type="RunScript", params=params)

    @staticmethod
    def get_file(path: str) -> LiveResponseCommand:
        """Fetch a file from the machine."""
        return LiveResponseCommand(type="GetFile", params=[CustomPlaybookParameter(key="Path", value=path)])


class LiveResponseScriptResult(Complex, frozen=True, kw_only=True, rename=None):
    """What a script wrote and how it ended: the content of the file behind the link of a RunScript command."""

    script_name: str = ""
    exit_code: Annotated[int, INT32] = 0
    script_output: str | None = None
    script_errors: str | None = None


_PAGE = "https://learn.microsoft.com/defender-endpoint/api/"


class MachineLiveResponse(Operations[M], base="/api/machines", resource="machines"):
    """Live response on a machine."""

    @POST(
        "{id}/runliveresponse",
        application="Machine.LiveResponse",
        delegated="Machine.LiveResponse",
        limits=PerCaller(minute=10),
        answers=201,
        body_names="pascal",
        source=_PAGE + "run-live-response",
        preview=True,
        errors=("ActiveRequestAlreadyExists", "ResourceNotFound"),
        notes=(
            "ExternalId, RequestSource and Title stand in the service's schema, not on the page.",
            "201 in the text, 200 in the sample. One session a machine, 25 a tenant.",
        ),
    )
    def run_live_response(
        self,
        id: str,
        *,
        commands: Sequence[LiveResponseCommand],
        comment: str,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Run live response commands on a machine, one after the other; a failure stops the rest."""
        raise Declared

    @POST(
        "{id}/runCustomPlaybook",
        application="Machine.LiveResponse",
        delegated="Machine.LiveResponse",
        body_names="pascal",
        source=SERVICE_SCHEMA,
        basis="service schema",
        errors=("ActiveRequestAlreadyExists", "ResourceNotFound"),
        notes=(ASSUMED,),
    )
    def run_custom_playbook(
        self,
        id: str,
        *,
        commands: Sequence[LiveResponseCommand],
        comment: str,
        external_id: str | None = None,
        request_source: KnownRequestSource | None = None,
        title: str | None = None,
    ) -> MachineAction:
        """Run live response commands on a machine, under the older name."""
        raise Declared
