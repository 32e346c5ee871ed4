"""The jobs of a SOC against a running tenant: find, contain, release, block, look up, judge, report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.spec.cli.conftest import Cli
from vedette.tenant import LocalTenant


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    with LocalTenant(machines=8, days=6, limits="off") as running:
        yield running


@pytest.fixture
def soc(cli: Cli, tenant: LocalTenant) -> Cli:
    """A command line that is the app soc-automation."""
    return partial(cli, environment={"VEDETTE_TENANT": str(tenant.ready_file)})


def test_check_says_who_asks_and_which_parts_answer(soc: Cli, tenant: LocalTenant) -> None:
    said = soc("check", "-o", "json").json()

    assert (said["signedInAs"], said["tenant"]) == ("the app soc-automation", tenant.tenant_id)
    parts = {part["part"]: part["result"] for part in said["parts"]}
    assert {name: parts[name] for name in ("alerts", "machines", "indicators", "software")} == dict.fromkeys(
        ("alerts", "machines", "indicators", "software"), "ok"
    )


@pytest.mark.parametrize("called", ["id", "computerDnsName", "lastIpAddress", "short"])
def test_a_machine_is_found_by_everything_it_is_called(soc: Cli, called: str) -> None:
    machine = soc("machines", "show", "hw-ws-001", "-o", "json").json()
    name = machine["computerDnsName"].partition(".")[0] if called == "short" else machine[called]

    assert soc("machines", "show", name, "-o", "json").json()["id"] == machine["id"]
    assert [each["id"] for each in soc("machines", "find", name, "-o", "json").json()] == [machine["id"]]


def test_finding_takes_any_part_of_a_name(soc: Cli) -> None:
    found = soc("machines", "find", "ws-00", "-o", "json").json()

    assert found
    assert all("ws-00" in each["computerDnsName"] for each in found)
    assert soc("machines", "find", "no-such-machine").status == 1


def test_a_contained_machine_is_isolated_tagged_and_noted_and_released_again(soc: Cli, tenant: LocalTenant) -> None:
    alert = next(
        each for each in soc("alerts", "triage", "-o", "json").json() if each["computerDnsName"].startswith("hw-w")
    )
    name = alert["computerDnsName"]
    planned = soc("machines", "contain", name, "--case", "INC-42", "--dry-run", "-o", "json").json()
    assert [(each["step"], each["result"]) for each in planned] == [
        ("Isolate", "planned"), ("CollectInvestigationPackage", "planned"), ("tag", "planned"), ("alerts", "planned"),
    ]  # fmt: skip
    assert soc("machines", "show", name, "-o", "json").json()["machineTags"].count("INC-42") == 0

    ended = soc("machines", "contain", name, "--case", "INC-42", "--no-wait", "--yes", "-o", "json")

    assert ended.status == 0, ended.err
    assert [(each["step"], each["result"]) for each in ended.json()] == [
        ("Isolate", "done"), ("CollectInvestigationPackage", "done"), ("tag", "done"), ("alerts", "done"),
    ]  # fmt: skip
    assert "INC-42" in soc("machines", "show", name, "-o", "json").json()["machineTags"]
    noted = soc("alerts", "show", alert["id"], "-o", "json").json()
    assert (noted["status"], noted["comments"][-1]["comment"]) == ("InProgress", "INC-42 (contained by vedette)")

    tenant.advance(timedelta(minutes=30))
    released = soc("machines", "release", name, "--case", "INC-42", "--no-wait", "--yes", "-o", "json").json()
    assert [(each["step"], each["result"]) for each in released] == [
        ("Unisolate", "done"), ("UnrestrictCodeExecution", "skipped"), ("tag", "done"),
    ]  # fmt: skip
    tenant.advance(timedelta(minutes=30))
    again = soc("machines", "release", name, "--case", "INC-42", "--no-wait", "--yes", "-o", "json").json()
    assert [(each["step"], each["result"], each["detail"]) for each in again] == [
        ("Unisolate", "skipped", "is not isolated: Unisolate is Succeeded"),
        ("UnrestrictCodeExecution", "skipped", "was never restricted"),
        ("tag", "skipped", "does not carry it"),
    ]


def test_values_are_blocked_by_kind_and_taken_back_by_value(soc: Cli, tmp_path: Path) -> None:
    sha1 = "3395856ce81f2b7382dee72602f798b642f14140"
    (tmp_path / "iocs.txt").write_text(
        f"# from the case\nhxxps://evil[.]example/a\n203.0.113[.]7  # seen twice\n{sha1}\n"
    )
    listed = ("--file", str(tmp_path / "iocs.txt"))

    ended = soc("indicators", "block", *listed, "--case", "INC-42", "--expires", "30d", "--yes", "-o", "json")

    assert ended.status == 0, ended.err
    made = {each["indicatorValue"]: each for each in soc("indicators", "list", "-o", "json").json()}
    assert {value: (each["indicatorType"], each["action"], each["title"]) for value, each in made.items()} == {
        "https://evil.example/a": ("Url", "Block", "INC-42"),
        "203.0.113.7": ("IpAddress", "Block", "INC-42"),
        sha1: ("FileSha1", "BlockAndRemediate", "INC-42"),
    }
    back = soc("indicators", "unblock", *listed, "unknown.example", "--yes", "-o", "json")
    assert back.status == 0
    assert sorted(each["result"] for each in back.json()) == ["done", "done", "done", "skipped"]
    assert soc("indicators", "list", "-o", "json").json() == []


def test_a_feed_is_made_what_its_file_says_and_nothing_else_is_touched(soc: Cli, tmp_path: Path) -> None:
    feed, sync = tmp_path / "feed.csv", ("--feed", "CERT", "--yes", "-o", "json")
    assert soc("indicators", "block", "own.example", "--case", "INC-1", "--yes").status == 0
    feed.write_text("indicatorValue,severity\na.example,High\nb.example,Low\n")
    first = soc("indicators", "sync", str(feed), *sync)
    assert (first.status, first.err) == (0, "2 to add, 0 to change, 0 to remove, 0 as they are.\n2 done.\n")

    feed.write_text("indicatorValue,severity\na.example,Medium\nc.example,Low\nnonsense value,Low\n")
    planned = soc("indicators", "sync", str(feed), *sync, "--dry-run")
    assert planned.err.splitlines()[0] == "1 to add, 1 to change, 1 to remove, 0 as they are."
    second = soc("indicators", "sync", str(feed), *sync)

    assert second.status == 1  # one row is no indicator, and the others went through
    present = {each["indicatorValue"]: each["severity"] for each in soc("indicators", "list", "-o", "json").json()}
    assert present == {"own.example": "High", "a.example": "Medium", "c.example": "Low"}
    assert soc("indicators", "unblock", *present, "--yes").status == 0


def test_pulling_alerts_gives_each_once_and_again_when_it_changes(soc: Cli, tmp_path: Path) -> None:
    pull = ("alerts", "pull", "--state", str(tmp_path / "state.json"), "--since", "30d")
    everything = [json.loads(line) for line in soc(*pull).lines]
    assert {each["id"] for each in everything} == {each["id"] for each in soc("alerts", "list", "-o", "json").json()}
    assert all(each["evidence"] for each in everything)
    assert soc(*pull).lines == []

    changed = everything[0]["id"]
    soc("alerts", "update", changed, "--comment", "looked at")

    assert [json.loads(line)["id"] for line in soc(*pull).lines] == [changed]
    assert soc(*pull).lines == []


def test_a_file_of_an_alert_is_looked_up_with_machines_and_alerts(soc: Cli) -> None:
    alert, sha1 = next(
        (alert["id"], evidence["sha1"])
        for alert in soc("alerts", "list", "--expand-evidence", "-o", "json").json()
        for evidence in alert["evidence"]
        if evidence.get("sha1")
    )

    known = soc("lookup", sha1, "-o", "json").json()[0]

    assert known["isSeen"] is True
    assert alert in [each["id"] for each in known["alerts"]]
    assert known["machines"]
    machine = known["machines"][0]["computerDnsName"]
    user = next(
        each for each in soc("machines", "users", machine, "-o", "json").json() if each["accountName"] != "system"
    )
    account = soc("lookup", user["accountName"], "-o", "json").json()[0]
    assert (account["kind"], account["isSeen"]) == ("User", True)
    nobody = soc("lookup", "0" * 40, "nobody.example", "-o", "json").json()
    assert [each["isSeen"] for each in nobody] == [False, False]


def test_a_product_and_a_weakness_name_their_machines(soc: Cli) -> None:
    weak = next(each for each in soc("vulnerabilities", "list", "-o", "json").json() if each["exposedMachines"])
    where = soc("vulnerabilities", "where", weak["id"].lower(), "-o", "json").json()
    assert len({each["machineId"] for each in where["machines"]}) == weak["exposedMachines"]
    product = soc("software", "list", "-n", "1", "-o", "json").json()[0]
    who = soc("software", "who", product["id"], "-o", "json").json()
    assert len(who["machines"]) == product["installedMachines"]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "words",
    ["alerts triage", "machines posture hw-ws-001", "machines users hw-ws-001", "posture", "check",
     "machines unhealthy --silent-since now",
     "machines isolate hw-ws-001 no-such --case X --dry-run", "lookup nobody.example hw-ws-001"],
)  # fmt: skip
def test_tables_fit_the_terminal(soc: Cli, words: str, width: int) -> None:
    shown = soc(*words.split(), width=width)

    assert shown.lines
    assert max(map(len, shown.lines)) <= width
