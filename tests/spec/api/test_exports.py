"""Exports of the local tenant: pages of rows, files behind links, and changes, as their pages describe them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.spec.api.conftest import NOW, SRV, TENANT, WS1, WS2, Api
from vedette.catalogue.exports import Exports
from vedette.catalogue.machines import Machine
from vedette.catalogue.operation import Operation
from vedette.tenant.state import State
from vedette.tenant.store.defender import DefenderStore

PAGES = [each for each in Exports.operations() if each.is_listing and "changes" not in each.name]
FILES = [each for each in Exports.operations() if each.name.endswith("_files")]
VULNERABILITIES = "/api/machines/SoftwareVulnerabilitiesByMachine"
VULNERABILITY_FILES = "/api/machines/SoftwareVulnerabilitiesExport"
CHANGES = "/api/machines/SoftwareVulnerabilityChangesByMachine"
READ = "Vulnerability.Read.All"
each_listing = pytest.mark.parametrize("operation", PAGES, ids=lambda each: each.name)
each_file_export = pytest.mark.parametrize("operation", FILES, ids=lambda each: each.name)


def rows(api: Api, path: str, role: str = READ) -> list[dict[str, Any]]:
    return list(pages(api, path, role))


def pages(api: Api, path: str, role: str) -> Iterator[dict[str, Any]]:
    link: str | None = path
    while link:
        answer = api.get(link.removeprefix("https://tenant.test"), role)
        assert answer.status_code == 200, answer.text
        yield from answer.json()["value"]
        link = answer.json().get("@odata.nextLink")


def fetch(api: Api, link: str, **headers: str) -> httpx2.Response:
    """A request without any token."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.call("GET", link.removeprefix("https://tenant.test"), headers=named)


def links(api: Api, path: str = VULNERABILITY_FILES, role: str = READ) -> list[str]:
    found: list[str] = api.get(path, role).json()["exportFiles"]
    return found


def unpacked(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(content).splitlines()]


# -- pages -------------------------------------------------------------------------------------------------------------


@each_listing
def test_pages_carry_the_declared_rows(api: Api, operation: Operation[Any, Any]) -> None:
    answer = api.get(operation.path, *operation.application)

    assert answer.status_code == 200
    body = answer.json()
    context = f"#Collection(microsoft.windowsDefenderATP.api.{operation.returns.__name__})"
    assert body["@odata.context"] == f"https://tenant.test/api/$metadata{context}"
    assert body["value"]
    assert {frozenset(row) for row in body["value"]} == {frozenset(operation.returns.__struct_encode_fields__)}
    assert {row["deviceId"] for row in body["value"]} <= {WS1, WS2, SRV}


@each_listing
def test_another_permission_is_not_enough(api: Api, operation: Operation[Any, Any]) -> None:
    assert api.get(operation.path, "Alert.Read.All").status_code == 403


def test_small_pages_give_the_same_rows_as_one_large_page(api: Api) -> None:
    whole = rows(api, VULNERABILITIES)

    assert rows(api, f"{VULNERABILITIES}?pageSize=7") == whole
    api.clock.advance(timedelta(minutes=1))
    assert rows(api, f"{VULNERABILITIES}?pageSize=5") == whole


def test_a_full_page_has_a_next_link_with_skiptoken_and_the_page_size(api: Api) -> None:
    body = api.get(f"{VULNERABILITIES}?pageSize=3", READ).json()
    link = urlsplit(body["@odata.nextLink"])
    query = parse_qs(link.query)

    assert len(body["value"]) == 3
    assert (link.scheme, link.netloc, link.path) == ("https", "tenant.test", VULNERABILITIES)
    assert query.keys() == {"pageSize", "$skiptoken"}
    assert query["pageSize"] == ["3"]


def test_the_last_page_has_no_next_link(api: Api) -> None:
    count = len(rows(api, VULNERABILITIES))
    body = api.get(f"{VULNERABILITIES}?pageSize={count}", READ).json()

    assert len(body["value"]) == count
    assert "@odata.nextLink" not in body


def test_top_caps_the_rows_and_suppresses_the_next_link(api: Api) -> None:
    body = api.get(f"{VULNERABILITIES}?$top=2", READ).json()

    assert len(body["value"]) == 2
    assert "@odata.nextLink" not in body


@pytest.mark.parametrize("size", ["0", "200001", "many"])
def test_page_sizes_are_from_1_to_200000(api: Api, size: str) -> None:
    answer = api.get(f"{VULNERABILITIES}?pageSize={size}", READ)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "InvalidInput"


@pytest.mark.parametrize("token", ["5", "20261122T060000Z.0.x", "20261122T060000Z.-1.0", "20200101T000000Z.0.0"])
def test_a_skiptoken_that_is_none_of_ours_is_refused(api: Api, token: str) -> None:
    answer = api.get(f"{VULNERABILITIES}?$skiptoken={token}", READ)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "ODataError"


def test_pages_stay_those_of_one_snapshot(api: Api) -> None:
    first = api.get(f"{VULNERABILITIES}?pageSize=5", READ).json()
    before = rows(api, VULNERABILITIES)
    api.state.defender[TENANT].machines.put(
        Machine(id="0" * 40, computer_dns_name="new.halden.example", onboarding_status="Onboarded", last_seen=NOW)
    )

    assert first["value"] + rows(api, first["@odata.nextLink"]) == before


def test_the_next_snapshot_shows_what_has_changed(api: Api) -> None:
    rows(api, VULNERABILITIES)
    api.state.defender[TENANT].machines.delete(SRV)
    assert SRV in {row["deviceId"] for row in rows(api, VULNERABILITIES)}

    api.clock.advance(timedelta(hours=6))

    assert SRV not in {row["deviceId"] for row in rows(api, VULNERABILITIES)}


def test_software_without_a_weakness_has_a_row_without_cve(api: Api) -> None:
    assert None in {row["cveId"] for row in rows(api, VULNERABILITIES)}


def test_pages_may_be_asked_for_thirty_times_a_minute(api: Api) -> None:
    statuses = [api.get(f"{VULNERABILITIES}?$top=1", READ).status_code for _ in range(31)]

    assert statuses == [200] * 30 + [429]


# -- changes -----------------------------------------------------------------------------------------------------------


def changes(api: Api, since: str) -> list[dict[str, Any]]:
    return rows(api, f"{CHANGES}?sinceTime={since}")


def test_changes_say_what_came_and_went_and_when(api: Api) -> None:
    found = changes(api, "2026-11-09T00:00:00Z")

    assert {row["status"] for row in found} <= {"New", "Fixed", "Updated"}
    assert found
    assert min(row["eventTimestamp"] for row in found) >= "2026-11-09"


def test_the_whole_period_of_six_hours_is_answered(api: Api) -> None:
    assert changes(api, "2026-11-15T11:59:59Z") == changes(api, "2026-11-15T06:00:00Z")


def test_changes_reach_back_14_days(api: Api) -> None:
    answer = api.get(f"{CHANGES}?sinceTime=2026-11-08T11:59:59Z", READ)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "InvalidInput"
    assert api.get(f"{CHANGES}?sinceTime=2026-11-08T12:00:00Z", READ).status_code == 200


def test_changes_need_a_time(api: Api) -> None:
    answer = api.get(CHANGES, READ)

    assert answer.json()["error"] == {
        "code": "MissingRequiredParameter",
        "message": "Parameter sinceTime is missing",
        "target": answer.headers["x-ms-request-id"],
    }


# -- files -------------------------------------------------------------------------------------------------------------


@each_file_export
def test_files_are_gzip_with_an_object_on_each_line(api: Api, operation: Operation[Any, Any]) -> None:
    answer = api.get(operation.path, *operation.application)

    assert answer.status_code == 200
    assert answer.json().keys() == {"@odata.context", "exportFiles", "generatedTime"}
    assert answer.json()["generatedTime"] == "2026-11-22T12:00:00Z"
    found = [row for link in answer.json()["exportFiles"] for row in unpacked(fetch(api, link).content)]
    listing = next((each for each in PAGES if each.name == f"list_{operation.name[4:-6]}"), None)
    if listing is not None:
        assert found == rows(api, listing.path, listing.application[0])
    else:
        assert [row["DeviceId"] for row in found] == [WS1, WS2, SRV]
        assert all("AvMode" in row["DeviceGatheredInfo"] for row in found)


def test_many_machines_make_many_files(api: Api) -> None:
    api.state.defender[TENANT].machines.put_many(
        Machine(
            id=f"{number:040x}",
            computer_dns_name=f"m-{number}.halden.example",
            os_platform="Windows11",
            onboarding_status="Onboarded",
            last_seen=NOW,
        )
        for number in range(197)
    )
    found = links(api)

    assert len(found) == 4
    assert len({urlsplit(link).path for link in found}) == 4
    devices = [{row["deviceId"] for row in unpacked(fetch(api, link).content)} for link in found]
    assert [len(each) for each in devices] == [50, 50, 50, 50]
    assert len(set.union(*devices)) == 200


def test_the_same_snapshot_gives_the_same_bytes(api: Api) -> None:
    first, again = links(api)[0], links(api)[0]

    assert fetch(api, first).content == fetch(api, again).content


def test_a_link_needs_no_token_and_says_what_it_sends(api: Api) -> None:
    answer = fetch(api, links(api)[0])

    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["content-md5"] == base64.b64encode(hashlib.md5(answer.content).digest()).decode()
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-disposition"].startswith("attachment")


def test_ranges_and_entity_tags_let_a_download_go_on(api: Api) -> None:
    link = links(api)[0]
    whole = fetch(api, link)
    rest = fetch(api, link, Range="bytes=100-", If_Match=whole.headers["etag"])
    last = fetch(api, link, Range="bytes=-10")

    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    assert rest.headers["content-range"] == f"bytes 100-{len(whole.content) - 1}/{len(whole.content)}"
    assert last.content == whole.content[-10:]
    assert fetch(api, link, If_Match='"another"').headers["x-ms-error-code"] == "ConditionNotMet"
    assert fetch(api, link, Range="bytes=99999999-").status_code == 416
    assert fetch(api, link, If_None_Match=whole.headers["etag"]).status_code == 304


HOURS = [
    ("SoftwareVulnerabilitiesExport", READ, 1, 6),
    ("InfoGatheringExport", READ, 1, 6),
    ("certificateAssessmentExport", READ, 3, 24),
    ("SoftwareInventoryNonCpeExport", "Software.Read.All", 3, 24),
]


@pytest.mark.parametrize(("name", "role", "usual", "most"), HOURS)
def test_links_end_on_the_clock(api: Api, name: str, role: str, usual: int, most: int) -> None:
    path = f"/api/machines/{name}"
    short = links(api, path, role)[0]
    long = links(api, f"{path}?sasValidHours={most}", role)[0]

    api.clock.advance(timedelta(hours=usual) - timedelta(seconds=1))
    assert fetch(api, short).status_code == 200
    api.clock.advance(timedelta(seconds=1))
    ended = fetch(api, short)
    assert (ended.status_code, ended.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")
    assert ended.headers["content-type"] == "application/xml"
    api.clock.advance(timedelta(hours=most - usual) - timedelta(seconds=1))
    assert fetch(api, long).status_code == 200
    api.clock.advance(timedelta(seconds=1))
    assert fetch(api, long).status_code == 403


@pytest.mark.parametrize(("name", "role", "usual", "most"), HOURS)
def test_links_live_no_longer_than_documented(api: Api, name: str, role: str, usual: int, most: int) -> None:
    answer = api.get(f"/api/machines/{name}?sasValidHours={most + 1}", role)

    assert answer.json()["error"]["code"] == "InvalidInput"


@pytest.mark.parametrize(
    "change", [("se=2026", "se=2027"), ("part-00000", "part-00001"), ("sig=", "sig=A"), ("/all/", "/g/")]
)
def test_a_link_that_was_changed_is_refused(api: Api, change: tuple[str, str]) -> None:
    link = links(api)[0]
    assert change[0] in link

    assert fetch(api, link.replace(*change)).status_code == 403


def test_links_outlive_a_restart(api: Api) -> None:
    link = links(api)[0]
    content = fetch(api, link).content
    before = api.state
    restarted = State(
        clock=before.clock,
        database=before.database,
        directory=before.directory,
        keys=before.keys,
        defender={TENANT: DefenderStore(before.defender[TENANT].database, before.defender[TENANT].lake)},
    )

    assert fetch(Api(restarted, api.clock), link).content == content


def test_files_may_be_asked_for_five_times_a_minute(api: Api) -> None:
    answers = [api.get(VULNERABILITY_FILES, READ) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].headers["retry-after"] == "60"


def test_files_may_be_asked_for_twenty_times_an_hour(api: Api) -> None:
    for _ in range(4):
        for _ in range(5):
            assert api.get(VULNERABILITY_FILES, READ).status_code == 200
        api.clock.advance(timedelta(minutes=1))

    assert api.get(VULNERABILITY_FILES, READ).status_code == 429
    api.clock.advance(timedelta(minutes=56))
    assert api.get(VULNERABILITY_FILES, READ).status_code == 200


# -- device groups -----------------------------------------------------------------------------------------------------


def test_a_user_is_given_the_machines_of_their_device_groups(api: Api) -> None:
    token = api.user_token("server-viewer", "Vulnerability.Read")
    page = api.call("GET", VULNERABILITIES, token=token).json()
    files = api.call("GET", VULNERABILITY_FILES, token=token).json()["exportFiles"]
    changed = api.call("GET", f"{CHANGES}?sinceTime=2026-11-09T00:00:00Z", token=token).json()

    assert {row["deviceId"] for row in page["value"]} == {SRV}
    assert {row["deviceId"] for link in files for row in unpacked(fetch(api, link).content)} == {SRV}
    assert {row["deviceId"] for row in changed["value"]} <= {SRV}
