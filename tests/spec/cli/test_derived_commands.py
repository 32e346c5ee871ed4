"""Every operation is a command: its rows fit all output forms, values with parts are JSON, files are files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.spec.cli.conftest import Cli, Service
from vedette.catalogue.operation import Operation
from vedette.catalogue.resources import operations
from vedette.cli.resources import command_name

MACHINE = "1" * 40
COMMAND = '{"type": "GetFile", "params": [{"key": "Path", "value": "C:\\\\x"}]}'


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
@pytest.mark.parametrize(
    "operation",
    [o for o in operations() if o.is_listing and not any(p.is_required for p in o.parameters)],
    ids=lambda operation: operation.id,
)
def test_rows_of_every_listing_are_written_in_every_form(
    cli: Cli, service: Service, operation: Operation[Any, Any], form: str
) -> None:
    service.answer(f"GET {operation.path}", {"value": [{}, {}]})

    ended = cli(operation.resource.replace("_", "-"), command_name(operation), "-o", form)

    assert (ended.status, ended.err) == (0, "")
    rows = {"table": 1, "csv": 1, "jsonl": 0}
    if form == "json":
        assert len(ended.json()) == 2
    else:
        assert len(ended.lines) >= rows[form] + 2


def test_a_value_with_parts_is_json_in_the_names_of_the_service(cli: Cli, service: Service) -> None:
    ended = cli(
        "machines", "run-live-response", MACHINE, "--commands", COMMAND, "--comment", "INC-42", "--dry-run",
        "-o", "json",
    )  # fmt: skip

    assert ended.json() == {
        "method": "POST",
        "path": f"/api/machines/{MACHINE}/runliveresponse",
        "body": {
            "Commands": [{"type": "GetFile", "params": [{"key": "Path", "value": "C:\\x"}]}],
            "Comment": "INC-42",
        },
    }


def test_a_value_with_parts_may_be_in_a_file(cli: Cli, service: Service, tmp_path: Path) -> None:
    (tmp_path / "command.json").write_text(COMMAND, "utf-8")

    ended = cli(
        "machines", "run-live-response", MACHINE, "--commands", f"@{tmp_path / 'command.json'}", "--comment", "x",
        "--dry-run", "-o", "json",
    )  # fmt: skip

    assert ended.json()["body"]["Commands"][0]["type"] == "GetFile"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "this is not the JSON that is wanted"),
        ('{"type": "Reboot"}', "Reboot"),
        ("@nowhere.json", "no such file"),
    ],
)
def test_json_that_is_none_is_a_wrong_command_line(cli: Cli, service: Service, text: str, complaint: str) -> None:
    ended = cli("machines", "run-live-response", MACHINE, "--commands", text, "--comment", "x", "--yes")

    assert (ended.status, service.asked) == (2, [])
    assert complaint in ended.err


def test_live_response_asks_first(cli: Cli, service: Service) -> None:
    ended = cli("machines", "run-live-response", MACHINE, "--commands", COMMAND, "--comment", "x")

    assert (ended.status, service.asked) == (2, [])
    assert ended.err.endswith("hint: add --yes\n")


def test_a_number_out_of_bounds_is_a_wrong_command_line(cli: Cli, service: Service) -> None:
    ended = cli("files", "get-stats", "a" * 40, "--look-back-hours", "721")

    assert (ended.status, service.asked) == (2, [])
    assert "1<=x<=720" in ended.err


def test_a_file_is_uploaded_from_its_path(cli: Cli, service: Service, tmp_path: Path) -> None:
    script = tmp_path / "collect.ps1"
    script.write_bytes(b"Get-Process")

    shown = cli("library-files", "upload", str(script), "--description", "d", "--dry-run", "-o", "json")

    assert shown.json() == {
        "method": "POST",
        "path": "/api/libraryfiles",
        "body": {"File": {"file": "collect.ps1", "bytes": 11}, "Description": "d"},
    }
    missing = cli("library-files", "upload", str(tmp_path / "none.ps1"))
    assert (missing.status, missing.err) == (2, f"error: {tmp_path / 'none.ps1'}: no such file or directory\n")


def test_deleting_asks_first(cli: Cli, service: Service) -> None:
    for words in (
        ("indicators", "delete", "995"),
        ("indicators", "batch-delete", "995", "996"),
        ("library-files", "delete", "collect.ps1"),
    ):
        assert cli(*words).err.endswith("hint: add --yes\n")
    assert service.asked == []
