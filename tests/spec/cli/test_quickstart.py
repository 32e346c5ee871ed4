"""`vedette quickstart`: every step of the documented path, done for real and told in one line each."""

from __future__ import annotations

import re

import pytest

from tests.spec.cli.conftest import Cli, Ended


@pytest.fixture(scope="module")
def told() -> dict[str, Ended]:
    """What was told, once for all specifications of a module."""
    return {}


@pytest.fixture
def ended(cli: Cli, told: dict[str, Ended]) -> Ended:
    """One run at 80 characters."""
    if "80" not in told:
        told["80"] = cli("quickstart", width=80)
    return told["80"]


def test_it_ends_well(ended: Ended) -> None:
    assert (ended.status, ended.err) == (0, "")


def test_the_steps_are_those_of_the_documented_path(ended: Ended) -> None:
    assert re.findall(r"^\d  (.+)$", ended.out, re.MULTILINE) == [
        "Create an app",
        "Give it a permission, and grant consent",
        "Get a token for analyst@halden.example",
        "Validate the token",
        "Use it",
        "Hunt",
    ]


def test_each_request_is_shown_with_its_status(ended: Ended) -> None:
    shown = [" ".join(found) for found in re.findall(r"^     (\w+) (/\S*).*?(\d{3})$", ended.out, re.MULTILINE)]
    kinds = [re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{40}|da\d+_-?\d+", "ID", line) for line in shown]
    assert kinds[:2] == ["POST /ID/oauth2/token 200", "POST /v1.0/applications 201"]
    assert "POST /ID/oauth2/token 400" in kinds
    assert "POST /v1.0/oauth2PermissionGrants 201" in kinds
    assert "POST /ID/oauth2/v2.0/token 200" in kinds
    assert "POST /api/machines/ID/isolate 403" in kinds
    assert kinds[-1] == "POST /api/advancedqueries/run 200"


def test_the_token_is_refused_before_consent_as_by_the_service(ended: Ended) -> None:
    assert "→ refused, AADSTS65001" in ended.out


def test_claims_are_drawn_with_their_meaning(ended: Ended) -> None:
    assert re.search(r"^     CLAIM +VALUE +MEANING$", ended.out, re.MULTILINE)
    assert re.search(r"^     scp +Alert\.Read +delegated permissions:", ended.out, re.MULTILINE)
    assert re.search(r"^     upn +analyst@halden\.example +user name$", ended.out, re.MULTILINE)


def test_every_check_of_the_token_passes(ended: Ended) -> None:
    assert re.findall(r"^     (ok|FAILED|-) +(\w+) ", ended.out, re.MULTILINE) == [
        ("ok", name)
        for name in ("format", "algorithm", "key", "signature", "issuer", "tenant", "audience", "time", "permission")
    ]


def test_the_refused_call_is_explained(ended: Ended) -> None:
    words = " ".join(ended.out.split())
    assert "this token holds Alert.Read, and machines.isolate needs Machine.Isolate." in words
    add = "vedette apps permissions add 'Vedette quickstart' Machine.Isolate"
    assert f"hint: {add} && vedette apps consent 'Vedette quickstart'" in words


def test_it_hunts_on_the_machine_of_the_alert(ended: Ended) -> None:
    hunt = ended.out.partition("6  Hunt")[2].partition("Try next")[0]
    asked, _, found = hunt.partition("| project Timestamp, FileName, ProcessCommandLine\n")
    assert "     | where DeviceId == machine and Timestamp between (seen - 30m .. seen + 5m)\n" in asked
    rows = found.strip().splitlines()
    assert rows[0].split() == ["Timestamp", "FileName", "ProcessCommandLine"]
    assert len(rows) == 7


def test_it_says_what_to_try_next(ended: Ended) -> None:
    after = ended.out.partition("Try next")[2]
    assert [line.split("  ")[0] for line in after.splitlines() if line.startswith("vedette ")] == [
        "vedette serve",
        "vedette run -- python playbook.py",
        "vedette hunt --tenant 'AlertInfo | take 5'",
        "vedette alerts list --help",
    ]


def test_no_token_and_no_password_is_shown(ended: Ended) -> None:
    assert "eyJ" not in ended.out
    assert not re.search(r"\b\w{5}-\w{5}-\w{5}-\w{5}\b", ended.out)


def test_lines_fit_the_terminal(ended: Ended, cli: Cli) -> None:
    assert max(map(len, ended.lines)) <= 80
    assert "\x1b" not in ended.out
    wide = cli("quickstart", width=120, environment={"FORCE_COLOR": "1"})
    assert "\x1b[" in wide.out
    plain = re.sub(r"\x1b\[[0-9;]*m", "", wide.out)
    assert max(map(len, plain.splitlines())) <= 120


def test_the_cloud_needs_a_tenant_and_a_client(cli: Cli) -> None:
    ended = cli("quickstart", "--cloud", "gcc-high")
    assert ended.status == 2
    assert "error: --cloud needs --tenant-id" in ended.err


def test_options_that_contradict_each_other_are_refused(cli: Cli, tmp_path: object) -> None:
    assert cli("quickstart", "--tenant-id", "contoso.com").status == 2
    assert cli("quickstart", "--cloud", "commercial", "--telemetry", str(tmp_path)).status == 2
