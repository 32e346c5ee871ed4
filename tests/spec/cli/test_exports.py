"""`vedette exports list` and `get`, against a local tenant and a scripted service."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
import pytest

from tests.spec.cli.conftest import Cli, Service
from vedette.tenant import LocalTenant

CHANGES = "/api/machines/SoftwareVulnerabilityChangesByMachine"


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    with LocalTenant(machines=12, days=1, limits="off") as running:
        yield running


@pytest.fixture
def at_tenant(tenant: LocalTenant, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> LocalTenant:
    from vedette.cli import connection

    monkeypatch.setattr(connection, "open_defender", lambda profile, *, quiet=False: tenant.defender())
    return tenant


def test_list_names_every_export_and_what_it_needs(cli: Cli) -> None:
    found = {each["name"]: each for each in cli("exports", "list", "-o", "json").json()}

    assert list(found) == [
        "secure-configuration",
        "software-inventory",
        "non-cpe-software",
        "software-vulnerabilities",
        "browser-extensions",
        "certificates",
        "hardware-firmware",
        "baseline-compliance",
        "information-gathering",
        "software-vulnerability-changes",
    ]
    assert found["certificates"] == {
        "name": "certificates",
        "holds": "The certificates of each machine",
        "application": "Vulnerability.Read.All",
        "delegated": "Vulnerability.Read",
    }


def test_a_folder_gets_json_lines_unless_told_otherwise(cli: Cli, at_tenant: LocalTenant, tmp_path: Path) -> None:
    ended = cli("exports", "get", "certificates", "--to", str(tmp_path / "out"), "-o", "json")

    record = ended.json()
    lines = [line for path in (tmp_path / "out").glob("*.jsonl") for line in path.read_text().splitlines()]
    assert ended.status == 0
    assert record.keys() == {"export", "generatedTime", "rows", "files", "to"}
    assert (record["rows"], record["files"]) == (len(lines), 1)
    assert all("thumbprint" in json.loads(line) for line in lines)


def test_the_name_of_one_file_says_its_form(cli: Cli, at_tenant: LocalTenant, tmp_path: Path) -> None:
    for name in ("a.csv", "a.parquet", "a.jsonl", "a.jsonl.gz"):
        assert cli("exports", "get", "software-inventory", "--to", str(tmp_path / name)).status == 0

    rows = pyarrow.parquet.read_table(tmp_path / "a.parquet").num_rows
    assert rows > 0
    assert len((tmp_path / "a.csv").read_text().splitlines()) == rows + 1
    assert gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()) == (tmp_path / "a.jsonl").read_bytes()


def test_the_files_as_they_are(cli: Cli, at_tenant: LocalTenant, tmp_path: Path) -> None:
    ended = cli("exports", "get", "information-gathering", "--to", str(tmp_path), "--format", "gz", "-o", "json")

    (path,) = tmp_path.glob("*.json.gz")
    assert ended.json()["files"] == 1
    assert len(gzip.decompress(path.read_bytes()).splitlines()) == 12


def test_changes_go_on_from_their_state(cli: Cli, service: Service, tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    at = (datetime.now(UTC) - timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    service.answer(f"GET {CHANGES}", {"value": [{"id": "r1", "status": "New", "eventTimestamp": at}]})
    target, state = tmp_path / "changes.jsonl", tmp_path / "state"
    line = (
        "exports",
        "get",
        "software-vulnerability-changes",
        "--to",
        str(target),
        "--state",
        str(state),
        "-o",
        "json",
    )

    first, second = cli(*line, "--since", "7d"), cli(*line)

    assert (first.json()["rows"], second.json()["rows"]) == (1, 0)
    assert len(service.asked) == 2


def test_changes_into_a_folder_have_the_time_in_their_name(cli: Cli, service: Service, tmp_path: Path) -> None:
    service.answer(f"GET {CHANGES}", {"value": []})

    assert cli("exports", "get", "software-vulnerability-changes", "--to", str(tmp_path), "--format", "csv").status == 0
    assert [path.name[:10] + path.suffix for path in tmp_path.glob("changes-*")] == ["changes-20.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("certificates", "--since", "7d"), "certificates is a snapshot and takes no --since or --state"),
        (("software-vulnerability-changes", "--format", "gz"), "comes in pages, not in files"),
        (
            ("hardware-firmware", "--sas-valid-hours", "2"),
            "the life of the links of hardware-firmware cannot be chosen",
        ),
        (("certificats",), "'certificats' is none of secure-configuration"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_sent(
    cli: Cli, service: Service, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    ended = cli("exports", "get", *arguments, "--to", str(tmp_path))

    assert ended.status == 2
    assert said in ended.err
    assert service.asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_missing_permission_is_named(cli: Cli, service: Service, tmp_path: Path) -> None:
    refusal = {"error": {"code": "Forbidden", "message": "Missing application roles.", "target": "x"}}
    service.answer("GET /api/machines/certificateAssessmentExport", refusal, 403)

    ended = cli("exports", "get", "certificates", "--to", str(tmp_path / "c.csv"))

    assert ended.status == 1
    assert "certificate" in ended.err
    assert list(tmp_path.iterdir()) == []
