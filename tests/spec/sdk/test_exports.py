"""Whole exports in the SDK: against storage that breaks off, damages, forgets and refuses, as real storage does."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import re
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pyarrow.parquet
import pytest

from tests.spec.sdk.conftest import BASE, Service
from vedette import ConfigurationError, NoAnswer
from vedette.catalogue.exported_rows import AssetBrowserExtension, AssetVulnerability, DeltaAssetVulnerability
from vedette.client.file_exports import ExportProgress

STORAGE = "https://snapshots.blob.test"
MADE = datetime(2026, 11, 22, 12, tzinfo=UTC)


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"r{number}", "deviceId": f"{number:040x}", "cveId": f"CVE-2026-{number}", "diskPaths": [], **more}


def packed(rows: list[dict[str, Any]]) -> bytes:
    return gzip.compress(b"".join(json.dumps(each).encode() + b"\n" for each in rows), mtime=0)


class BreaksOff(httpx2.SyncByteStream):
    """Sends so much and then nothing more."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        raise httpx2.ReadError("connection reset")


@dataclass
class Storage:
    """An API that hands out links, and storage behind them that goes wrong as it is told."""

    files: dict[str, bytes]
    snapshot: str = "s1"
    signature: int = 0
    has_checksum: bool = True
    tags: bool = True
    ended: set[str] = field(default_factory=set)
    """Signatures that are not honoured."""
    cuts: dict[str, list[int]] = field(default_factory=dict)
    """File → after how many bytes each answer breaks off."""
    damage: dict[str, int] = field(default_factory=dict)
    """File → how many answers carry a wrong byte."""
    statuses: list[int] = field(default_factory=list)
    """Answers of the storage before it sends."""
    asked: list[httpx2.Request] = field(default_factory=list)
    fetched: list[httpx2.Request] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "api.test":
            self.asked.append(request)
            self.signature += 1
            links = [f"{STORAGE}/c/{self.snapshot}/{name}?se=x&sig=secret{self.signature}" for name in self.files]
            return httpx2.Response(200, json={"exportFiles": links, "generatedTime": "2026-11-22T12:00:00Z"})
        self.fetched.append(request)
        if self.statuses:
            return httpx2.Response(self.statuses.pop(0))
        _, snapshot, name = request.url.path.strip("/").split("/")
        if request.url.params["sig"] in self.ended or snapshot != self.snapshot:
            return httpx2.Response(403)
        return self._sent(name, request)

    def _sent(self, name: str, request: httpx2.Request) -> httpx2.Response:
        content = self.files[name]
        tag = f'"{hashlib.sha1(content).hexdigest()}"'
        headers = {"ETag": tag} if self.tags else {}
        if request.headers.get("if-match", tag) != tag:
            return httpx2.Response(412)
        start = int(found[1]) if (found := re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))) else 0
        if self.has_checksum:
            headers["x-ms-blob-content-md5"] = base64.b64encode(hashlib.md5(content).digest()).decode()
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        body = content[start:]
        if self.damage.get(name, 0):
            self.damage[name] -= 1
            body = body[:20] + bytes([body[20] ^ 0xFF]) + body[21:]
        headers["Content-Length"] = str(len(body))
        status = 206 if start else 200
        if self.cuts.get(name):
            return httpx2.Response(status, headers=headers, stream=BreaksOff(body[: self.cuts[name].pop(0)]))
        return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(body))


FIRST, SECOND = [row(number) for number in range(500)], [row(number) for number in range(500, 800)]
PARTS = {"part-00000-a.c000.json.gz": packed(FIRST), "part-00001-a.c000.json.gz": packed(SECOND)}


@pytest.fixture
def storage(service: Service) -> Storage:
    made = Storage(dict(PARTS))
    service.answer = made
    return made


def ids(rows: Any) -> list[str]:
    return [each["id"] if isinstance(each, dict) else each.id for each in rows]


ALL = ids(FIRST + SECOND)


# -- rows --------------------------------------------------------------------------------------------------------------


def test_rows_are_entities_in_the_order_of_the_files(service: Service, storage: Storage) -> None:
    export = service.client().exports.software_vulnerabilities()
    found = list(export)

    assert ids(found) == ALL
    assert isinstance(found[0], AssetVulnerability)
    assert export.generated_time == MADE
    assert [each.name for each in export.files] == list(PARTS)


def test_nothing_is_asked_before_the_first_use(service: Service, storage: Storage) -> None:
    service.client().exports.software_vulnerabilities(sas_valid_hours=6)

    assert storage.asked == []


def test_the_life_of_links_can_be_chosen(service: Service, storage: Storage) -> None:
    _ = service.client().exports.software_vulnerabilities(sas_valid_hours=6).files

    assert str(storage.asked[0].url) == f"{BASE}/api/machines/SoftwareVulnerabilitiesExport?sasValidHours=6"


def test_dicts_keep_what_no_schema_declares(service: Service, storage: Storage) -> None:
    storage.files = {"part.json.gz": packed([row(1, brandNew={"deep": [1]})])}

    assert list(service.client().exports.software_vulnerabilities().dicts()) == [row(1, brandNew={"deep": [1]})]


def test_names_of_samples_and_nulls_are_read(service: Service, storage: Storage) -> None:
    sample = {"DeviceId": "d", "ExtensionName": "E", "Permissions": [{"Id": "p", "Risk": None, "IsRequired": True}]}
    storage.files = {"part.json.gz": packed([sample, {**sample, "Permissions": None}])}

    found = list(service.client().exports.browser_extensions())

    assert [each.extension_name for each in found] == ["E", "E"]
    assert isinstance(found[0], AssetBrowserExtension)
    assert [each.id for each in found[0].permissions] == ["p"]
    assert found[1].permissions == []


def test_an_export_may_have_no_files(service: Service, storage: Storage) -> None:
    storage.files = {}

    assert list(service.client().exports.certificates()) == []


def test_archives_after_each_other_and_a_missing_last_line_end_are_read(service: Service, storage: Storage) -> None:
    storage.files = {"part.json.gz": packed([row(1)]) + gzip.compress(json.dumps(row(2)).encode())}

    assert ids(service.client().exports.software_vulnerabilities()) == ["r1", "r2"]


def test_memory_stays_flat(service: Service, storage: Storage) -> None:
    large = packed([row(number, softwareName="x" * 900) for number in range(60_000)])
    storage.files = {"part.json.gz": large}
    export = service.client().exports.software_vulnerabilities()

    tracemalloc.start()
    try:
        count = sum(1 for _ in export)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 60_000
    assert peak < 16_000_000  # the rows have 60 MB of text


# -- where tokens go ---------------------------------------------------------------------------------------------------


def test_the_storage_never_sees_a_token(service: Service, storage: Storage, tmp_path: Path) -> None:
    service.client().exports.software_vulnerabilities().download(tmp_path)

    assert storage.asked[0].headers["authorization"].startswith("Bearer ")
    assert len(storage.fetched) == 2
    assert {name for request in storage.fetched for name in request.headers} & {"authorization", "cookie"} == set()
    assert {request.headers["accept-encoding"] for request in storage.fetched} == {"identity"}


@pytest.mark.parametrize(
    "link", ["http://snapshots.blob.test/c/a.gz", "ftp://x/a.gz", "https://u@x/a.gz", "file:///a.gz"]
)
def test_a_link_that_is_not_https_is_not_followed(service: Service, link: str) -> None:
    service.answers(httpx2.Response(200, json={"exportFiles": [link]}))

    with pytest.raises(NoAnswer, match="not https"):
        list(service.client().exports.certificates())
    assert len(service.requests) == 1


def test_links_are_in_no_message_and_no_repr(service: Service, storage: Storage) -> None:
    storage.statuses = [400]
    export = service.client().exports.certificates()

    with pytest.raises(NoAnswer) as refused:
        list(export)

    assert "answered 400" in str(refused.value)
    shown = f"{refused.value!s}{refused.value!r}{export!r}{export.files!r}"
    assert "secret" not in shown
    assert "sig=" not in shown


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def test_a_download_goes_on_where_it_broke_off(service: Service, storage: Storage, tmp_path: Path) -> None:
    name = "part-00000-a.c000.json.gz"
    storage.cuts = {name: [1000, 500]}

    paths = service.client().exports.software_vulnerabilities(workers=1).download(tmp_path)

    assert [path.read_bytes() for path in paths] == list(PARTS.values())
    ranges = [each.headers.get("range") for each in storage.fetched if each.url.path.endswith(name)]
    assert ranges == [None, "bytes=1000-", "bytes=1500-"]
    assert storage.fetched[1].headers["if-match"] == f'"{hashlib.sha1(PARTS[name]).hexdigest()}"'


def test_without_an_entity_tag_it_starts_anew(service: Service, storage: Storage) -> None:
    storage.tags = False
    storage.cuts = {"part-00000-a.c000.json.gz": [1000]}

    assert ids(service.client().exports.software_vulnerabilities()) == ALL
    assert not any("range" in request.headers for request in storage.fetched)


def test_the_next_run_goes_on_too(service: Service, storage: Storage, tmp_path: Path) -> None:
    storage.cuts = {"part-00001-a.c000.json.gz": [700]}
    export = service.client(retries=False).exports.software_vulnerabilities(workers=1)
    with pytest.raises(NoAnswer, match="could not be fetched"):
        export.download(tmp_path)
    storage.fetched.clear()

    paths = service.client().exports.software_vulnerabilities().download(tmp_path)

    assert [path.read_bytes() for path in paths] == list(PARTS.values())
    assert [each.headers.get("range") for each in storage.fetched] == ["bytes=700-"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["_export.json", *PARTS]


def test_what_was_begun_of_other_content_is_thrown_away(service: Service, storage: Storage, tmp_path: Path) -> None:
    name = "part-00000-a.c000.json.gz"
    (tmp_path / f"{name}.part").write_bytes(b"something else")
    (tmp_path / f"{name}.etag").write_text('"old"')

    paths = service.client().exports.software_vulnerabilities().download(tmp_path)

    assert paths[0].read_bytes() == PARTS[name]


@pytest.mark.parametrize("has_checksum", [True, False])
def test_a_damaged_file_is_fetched_again(service: Service, storage: Storage, has_checksum: bool) -> None:
    storage.has_checksum = has_checksum
    storage.damage = {"part-00001-a.c000.json.gz": 1}

    assert ids(service.client().exports.software_vulnerabilities()) == ALL
    assert len(storage.fetched) == 3


@pytest.mark.parametrize("has_checksum", [True, False])
def test_a_file_that_stays_damaged_is_an_error(service: Service, storage: Storage, has_checksum: bool) -> None:
    storage.has_checksum = has_checksum
    storage.damage = {"part-00000-a.c000.json.gz": 9}

    with pytest.raises(NoAnswer, match=r"part-00000-a\.c000\.json\.gz comes damaged"):
        list(service.client().exports.software_vulnerabilities())


def test_an_archive_that_was_stored_damaged_is_an_error(service: Service, storage: Storage, tmp_path: Path) -> None:
    storage.files = {"part.json.gz": packed(FIRST)[:-20]}

    with pytest.raises(NoAnswer, match="ends early"):
        service.client().exports.software_vulnerabilities().to_jsonl(tmp_path / "out.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_busy_storage_is_asked_again(service: Service, storage: Storage) -> None:
    storage.statuses = [503, 500]

    assert ids(service.client().exports.software_vulnerabilities(workers=1)) == ALL
    assert [waiting.reason for waiting in service.waits] == ["retry", "retry"]
    assert len(service.clock.slept) == 2


def test_links_that_ended_are_asked_for_once_more(service: Service, storage: Storage) -> None:
    export = service.client().exports.software_vulnerabilities(workers=2)
    _ = export.files
    storage.ended = {"secret1"}

    assert ids(export) == ALL
    assert len(storage.asked) == 2


def test_new_links_that_do_not_work_either_are_an_error(service: Service, storage: Storage) -> None:
    storage.ended = {f"secret{number}" for number in range(99)}

    with pytest.raises(NoAnswer, match="though the link is new"):
        list(service.client().exports.software_vulnerabilities())


def test_an_output_begins_anew_when_a_newer_snapshot_took_its_place(
    service: Service, storage: Storage, tmp_path: Path
) -> None:
    export = service.client().exports.software_vulnerabilities(workers=1)
    _ = export.files
    storage.files, storage.snapshot = {"part-00000-b.json.gz": packed([row(9)])}, "s2"

    written = export.to_jsonl(tmp_path)

    assert [path.name for path in written.paths] == ["part-00000-b.jsonl"]
    assert json.loads(written.paths[0].read_text()) == row(9)


def test_rows_of_two_snapshots_are_never_mixed(service: Service, storage: Storage) -> None:
    export = service.client().exports.software_vulnerabilities(workers=1)
    storage.files = {f"part-{number}.json.gz": packed([row(number)]) for number in range(9)}
    rows = iter(export)
    next(rows)
    storage.files, storage.snapshot = {"other.json.gz": packed([row(9)])}, "s2"

    with pytest.raises(NoAnswer, match="a newer snapshot took the place"):
        list(rows)


# -- outputs -----------------------------------------------------------------------------------------------------------


def test_json_lines_are_what_the_service_wrote(service: Service, storage: Storage, tmp_path: Path) -> None:
    export = service.client().exports.software_vulnerabilities()

    folder = export.to_jsonl(tmp_path / "folder")
    one = export.to_jsonl(tmp_path / "one.jsonl")
    small = export.to_jsonl(tmp_path / "one.jsonl.gz")

    original = [gzip.decompress(content) for content in PARTS.values()]
    assert [path.read_bytes() for path in folder.paths] == original
    assert one.paths[0].read_bytes() == gzip.decompress(small.paths[0].read_bytes()) == b"".join(original)
    assert [folder.rows, one.rows, small.rows] == [800, 800, 800]


def test_csv_is_flat_and_safe_to_open(service: Service, storage: Storage, tmp_path: Path) -> None:
    odd = row(1, softwareName="=cmd|' /C calc'!A0", diskPaths=["C:\\a", "C:\\b"], cvssScore=7.5)
    storage.files = {"part.json.gz": packed([odd])}

    service.client().exports.software_vulnerabilities().to_csv(tmp_path / "v.csv")

    heading, line = (tmp_path / "v.csv").read_text().splitlines()
    values = dict(zip(heading.split(","), line.split(","), strict=True))
    assert values["softwareName"] == "'=cmd|' /C calc'!A0"
    assert values["diskPaths"] == "C:\\a; C:\\b"
    assert (values["cvssScore"], values["securityUpdateAvailable"], values["osVersion"]) == ("7.5", "false", "")


def test_parquet_has_the_declared_types(service: Service, storage: Storage, tmp_path: Path) -> None:
    export = service.client().exports.software_vulnerabilities()
    folder = export.to_parquet(tmp_path / "folder")
    export.to_parquet(tmp_path / "one.parquet")

    table = pyarrow.parquet.read_table(tmp_path / "one.parquet")
    assert [path.name for path in folder.paths] == ["part-00000-a.parquet", "part-00001-a.parquet"]
    assert pyarrow.parquet.read_table(tmp_path / "folder").num_rows == table.num_rows == 800
    types = {each.name: str(each.type) for each in table.schema}
    assert types["cvssScore"] == "double"
    assert types["diskPaths"].startswith("list<")
    assert (types["rbacGroupId"], types["securityUpdateAvailable"]) == ("int64", "bool")
    assert table.column("id").to_pylist() == ALL


def test_nested_rows_and_times_go_into_arrow(service: Service, storage: Storage) -> None:
    extension = {
        "deviceId": "d",
        "installationTime": "2026-01-02T03:04:05Z",
        "permissions": [{"id": "p", "isRequired": True, "risk": "High"}],
    }
    storage.files = {"part.json.gz": packed([extension])}

    table = service.client().exports.browser_extensions().to_arrow()

    (found,) = table.to_pylist()
    assert found["installationTime"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found["permissions"] == [{"id": "p", "isRequired": True, "risk": "High"}]


def test_rows_without_a_type_have_the_columns_that_occur(service: Service, storage: Storage, tmp_path: Path) -> None:
    storage.files = {
        "a.json.gz": packed([{"DeviceId": "d", "DeviceGatheredInfo": {"AvMode": "0"}}]),
        "b.json.gz": packed([{"DeviceId": "e", "RbacGroupId": 7}]),
    }
    export = service.client().exports.information_gathering()

    assert export.to_arrow().to_pylist() == [
        {"DeviceId": "d", "DeviceGatheredInfo": '{"AvMode":"0"}', "RbacGroupId": None},
        {"DeviceId": "e", "DeviceGatheredInfo": None, "RbacGroupId": 7},
    ]
    export.to_csv(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text().splitlines()[2] == "e,,7"


def test_polars_frames_have_every_row(service: Service, storage: Storage) -> None:
    assert service.client().exports.software_vulnerabilities().to_polars()["id"].to_list() == ALL


def test_pandas_frames_have_every_row(service: Service, storage: Storage) -> None:
    assert service.client().exports.software_vulnerabilities().to_pandas()["id"].to_list() == ALL


@pytest.mark.parametrize(
    ("module", "use", "hint"),
    [
        ("pyarrow", lambda export: export.to_parquet("x"), "pip install 'vedette[hunt]'"),
        ("pyarrow", lambda export: export.to_arrow(), "pip install 'vedette[hunt]'"),
        ("polars", lambda export: export.to_polars(), "pip install 'vedette[hunt]' polars"),
        ("pandas", lambda export: export.to_pandas(), "pip install 'vedette[hunt]' pandas"),
    ],
)
def test_a_missing_package_is_named_before_anything_is_asked(
    service: Service,
    storage: Storage,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    use: Callable[[Any], object],
    hint: str,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ConfigurationError) as missing:
        use(service.client().exports.software_vulnerabilities())

    assert missing.value.hint == hint
    assert storage.asked == []


def test_a_folder_holds_one_export(service: Service, storage: Storage, tmp_path: Path) -> None:
    service.client().exports.software_vulnerabilities().to_jsonl(tmp_path)
    (tmp_path / "mine.txt").touch()
    storage.files, storage.snapshot = {"part-00000-b.json.gz": packed([row(9)])}, "s2"
    service.client().exports.software_vulnerabilities().to_jsonl(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["_export.json", "mine.txt", "part-00000-b.jsonl"]
    assert json.loads((tmp_path / "_export.json").read_bytes()) == {
        "export": "software-vulnerabilities",
        "generatedTime": "2026-11-22T12:00:00Z",
        "files": ["part-00000-b.jsonl"],
    }


@pytest.mark.parametrize("name", ["../../evil.gz", "..%2F..%2Fevil.gz", ".hidden", "", "a b;c.gz"])
def test_names_in_links_stay_inside_the_folder(service: Service, storage: Storage, tmp_path: Path, name: str) -> None:
    content = packed([row(1)])

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "api.test":
            return httpx2.Response(200, json={"exportFiles": [f"{STORAGE}/c/{name}?sig=x"]})
        return httpx2.Response(200, stream=httpx2.ByteStream(content))

    service.answer = answer
    (path,) = service.client().exports.software_vulnerabilities().download(tmp_path / "in")

    assert path.parent == tmp_path / "in"
    assert [each.name for each in tmp_path.iterdir()] == ["in"]


def test_progress_counts_files_and_bytes(service: Service, storage: Storage, tmp_path: Path) -> None:
    told: list[ExportProgress] = []
    service.client().exports.software_vulnerabilities(on_progress=told.append).download(tmp_path)

    assert told[0] == ExportProgress(0, 2, 0)
    assert told[-1] == ExportProgress(2, 2, sum(map(len, PARTS.values())))


def test_the_asynchronous_client_offers_the_same(service: Service, storage: Storage, tmp_path: Path) -> None:
    async def run() -> tuple[list[str], int, list[str]]:
        async with service.async_client() as defender:
            export = defender.exports.software_vulnerabilities()
            found = [each.id or "" async for each in export]
            written = await export.to_csv(tmp_path / "v.csv")
            return found, written.rows, [each.name for each in await export.files()]

    assert asyncio.run(run()) == (ALL, 800, list(PARTS))


# -- changes -----------------------------------------------------------------------------------------------------------


@dataclass
class Log:
    """The changes of a service: answers every row from the period of `sinceTime` on, in pages of two."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    fails_on_page: int = 0

    def add(self, name: str, at: datetime) -> None:
        self.rows.append({"id": name, "status": "New", "eventTimestamp": at.isoformat().replace("+00:00", "Z")})

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        start = int(request.url.params.get("$skiptoken", 0))
        since = request.url.params["sinceTime"]
        if not start:
            self.asked.append(since)
        if self.fails_on_page and start == 2 * (self.fails_on_page - 1):
            return httpx2.Response(400, json={"error": {"code": "BadRequest", "message": ""}})
        moment = datetime.fromisoformat(since)
        begin = moment.replace(hour=moment.hour // 6 * 6, minute=0, second=0, microsecond=0)
        found = [each for each in self.rows if datetime.fromisoformat(each["eventTimestamp"]) >= begin]
        body: dict[str, Any] = {"value": found[start : start + 2]}
        if len(found) > start + 2:
            body["@odata.nextLink"] = str(request.url.copy_set_param("$skiptoken", str(start + 2)))
        return httpx2.Response(200, json=body)


@dataclass
class Now:
    at: datetime

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def log(service: Service) -> Log:
    made = Log()
    for day in range(5):
        made.add(f"c{day}", datetime(2026, 11, 18 + day, 9, tzinfo=UTC))
    service.answer = made
    return made


def changes(service: Service, now: datetime, **given: Any) -> Any:
    defender = service.client()
    defender.exports._now = Now(now)
    return defender.exports.software_vulnerability_changes(**given)


def test_changes_since_a_time(service: Service, log: Log) -> None:
    found = list(changes(service, MADE, since=datetime(2026, 11, 20, 11, tzinfo=UTC)))

    assert ids(found) == ["c2", "c3", "c4"]
    assert isinstance(found[0], DeltaAssetVulnerability)
    assert log.asked == ["2026-11-20T11:00:00Z"]


def test_without_a_time_they_reach_back_as_far_as_the_service_goes(service: Service, log: Log) -> None:
    list(changes(service, MADE))

    assert log.asked == ["2026-11-08T12:30:00Z"]


def test_the_next_run_gives_what_is_new(service: Service, log: Log, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    assert ids(changes(service, MADE, state=state)) == ["c0", "c1", "c2", "c3", "c4"]
    assert ids(changes(service, MADE, state=state)) == []
    log.add("late", datetime(2026, 11, 21, 23, tzinfo=UTC))
    log.add("next", datetime(2026, 11, 23, 1, tzinfo=UTC))

    later = changes(service, MADE + timedelta(hours=18), state=state)

    assert ids(later) == ["late", "next"]
    assert log.asked[-1] == "2026-11-21T12:00:00Z"


def test_a_run_that_fails_leaves_position_and_output_alone(service: Service, log: Log, tmp_path: Path) -> None:
    state, output = tmp_path / "state.json", tmp_path / "changes.jsonl"
    changes(service, MADE - timedelta(days=3), state=state).to_jsonl(output)
    before = state.read_bytes(), output.read_bytes()
    log.fails_on_page = 2

    with pytest.raises(Exception, match="BadRequest"):
        changes(service, MADE, state=state).to_jsonl(output)

    assert (state.read_bytes(), output.read_bytes()) == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["changes.jsonl", "state.json"]


def test_the_position_moves_only_when_the_last_row_was_taken(service: Service, log: Log, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    rows = changes(service, MADE, state=state).rows()
    next(rows)
    del rows

    assert not state.exists()


def test_a_position_that_is_too_old_is_an_error(service: Service, log: Log, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    list(changes(service, MADE, state=state))

    with pytest.raises(ConfigurationError, match="changes reach back 14 days") as old:
        list(changes(service, MADE + timedelta(days=15), state=state))
    assert old.value.path == str(state)


def test_a_file_that_is_no_state_is_an_error(service: Service, log: Log, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("something")

    with pytest.raises(ConfigurationError, match="is no state of changes"):
        list(changes(service, MADE, state=state))


def test_changes_as_files(service: Service, log: Log, tmp_path: Path) -> None:
    everything = changes(service, MADE)

    assert everything.to_csv(tmp_path / "c.csv") == 5
    assert everything.to_parquet(tmp_path / "c.parquet") == 5
    assert pyarrow.parquet.read_table(tmp_path / "c.parquet").column("id").to_pylist() == ["c0", "c1", "c2", "c3", "c4"]
    assert everything.to_arrow().num_rows == 5


def test_changes_in_the_asynchronous_client(service: Service, log: Log) -> None:
    async def run() -> list[str]:
        async with service.async_client() as defender:
            since = datetime(2026, 11, 20, tzinfo=UTC)
            return [each.id or "" async for each in defender.exports.software_vulnerability_changes(since=since)]

    assert asyncio.run(run()) == ["c2", "c3", "c4"]


def test_the_links_of_a_local_tenant_work_too() -> None:
    from vedette.tenant import LocalTenant

    with LocalTenant(machines=12, days=1) as tenant, tenant.defender() as defender:
        export = defender.exports.software_vulnerabilities()
        listed = list(defender.exports.list_software_vulnerabilities())

        assert list(export) == listed
        assert urlsplit(export.files[0].url).netloc == urlsplit(tenant.api_base).netloc
