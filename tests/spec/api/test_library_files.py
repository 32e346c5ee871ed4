"""The live response library: what is uploaded, listed, replaced and deleted."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.spec.api.conftest import Api
from vedette.catalogue.library_files import MAX_FILE_BYTES

MANAGE = "Library.Manage"
SCRIPT = b"Write-Output 'hello'\r\n"


def upload(api: Api, name: str = "collect.ps1", content: bytes = SCRIPT, part: str = "file", **fields: str) -> Any:
    """An answer of httpx2."""
    form = httpx2.Request("POST", "https://x", files={part: (name, content)}, data=fields)
    body = form.read()
    headers = {
        "Authorization": f"Bearer {api.token(roles=[MANAGE])}",
        "Content-Type": form.headers["content-type"],
    }
    return api.call("POST", "/api/libraryfiles", headers=headers, content=body)


def names(api: Api) -> list[str]:
    return [row["fileName"] for row in api.get("/api/libraryfiles", MANAGE).json()["value"]]


@pytest.mark.parametrize("part", ["file", "File"])  # the page's sample and its table
def test_an_uploaded_file_is_listed_with_its_hash(api: Api, part: str) -> None:
    answer = upload(api, part=part, Description="Collects", ParametersDescription="-Days N", HasParameters="true")

    assert answer.status_code == 200
    kept = answer.json()
    assert (kept["fileName"], kept["sha256"]) == ("collect.ps1", hashlib.sha256(SCRIPT).hexdigest())
    assert (kept["description"], kept["hasParameters"], kept["parametersDescription"]) == ("Collects", True, "-Days N")
    assert (kept["createdBy"], kept["creationTime"]) == ("soc-automation", "2026-11-22T12:00:00Z")
    listed = api.get("/api/libraryfiles", MANAGE).json()
    assert listed["@odata.context"] == "https://tenant.test/api/$metadata#LibraryFiles"
    assert [row["fileName"] for row in listed["value"]] == ["collect.ps1"]


def test_a_file_is_replaced_only_when_that_is_asked_for(api: Api) -> None:
    first = upload(api).json()
    api.clock.advance(timedelta(hours=1))

    again = upload(api, "Collect.PS1", b"exit 1")
    replaced = upload(api, "Collect.PS1", b"exit 1", OverrideIfExists="true")

    assert (again.status_code, again.json()["error"]["code"]) == (400, "InvalidInput")
    assert replaced.json()["sha256"] == hashlib.sha256(b"exit 1").hexdigest()
    assert (replaced.json()["creationTime"], replaced.json()["lastUpdatedTime"]) == (
        first["creationTime"],
        "2026-11-22T13:00:00Z",
    )
    assert names(api) == ["collect.ps1"]


def test_a_file_holds_20_mb_at_most(api: Api) -> None:
    assert upload(api, "most.bin", bytes(MAX_FILE_BYTES)).status_code == 200

    answer = upload(api, "more.bin", bytes(MAX_FILE_BYTES + 1))

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidInput")
    assert upload(api, "much-more.bin", bytes(MAX_FILE_BYTES + 1_000_000)).status_code == 400
    assert names(api) == ["most.bin"]


@pytest.mark.parametrize("name", ["../up.ps1", "a\\b.ps1", "a:b"])
def test_a_name_that_is_a_path_is_refused(api: Api, name: str) -> None:
    assert upload(api, name).json()["error"]["code"] == "InvalidInput"
    assert names(api) == []


def test_a_body_that_is_no_form_is_refused(api: Api) -> None:
    answer = api.call("POST", "/api/libraryfiles", roles=(MANAGE,), json={"File": "x"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestBody")


def test_a_deleted_file_is_gone(api: Api) -> None:
    upload(api)

    assert api.call("DELETE", "/api/libraryfiles/collect.ps1", roles=(MANAGE,)).status_code == 204
    assert names(api) == []
    again = api.call("DELETE", "/api/libraryfiles/collect.ps1", roles=(MANAGE,))
    assert (again.status_code, again.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_the_library_needs_its_own_permission(api: Api) -> None:
    answer = api.get("/api/libraryfiles", "Machine.LiveResponse")

    assert answer.status_code == 403
    assert "Library.Manage" in answer.json()["error"]["message"]
