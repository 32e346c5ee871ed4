"""`vedette hunt` on the service, and in a running tenant: what is sent, what is shown, what a refusal looks like."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.spec.cli.conftest import Cli, Service
from vedette.tenant import LocalTenant

RUN = "POST /api/advancedqueries/run"
SCHEMA = [
    {"Name": "Timestamp", "Type": "DateTime"},
    {"Name": "IsJoined", "Type": "SByte"},
    {"Name": "Count", "Type": "Int64"},
]
ROWS = [{"Timestamp": "2026-11-22T10:00:00.1234567Z", "IsJoined": 1, "Count": 3}]


def test_the_query_is_sent_as_it_is_and_the_rows_come_as_they_came(cli: Cli, service: Service) -> None:
    service.answer(RUN, {"Schema": SCHEMA, "Results": ROWS})

    ended = cli("hunt", "DeviceInfo\n| take 1", "-o", "json")

    assert service.bodies == [{"Query": "DeviceInfo\n| take 1"}]
    assert ended.json() == [{"Timestamp": "2026-11-22T10:00:00.1234567Z", "IsJoined": True, "Count": 3}]
    assert cli("hunt", "DeviceInfo").lines == [
        "Timestamp                 IsJoined  Count",
        "2026-11-22 10:00:00.123Z  true          3",
    ]


def test_parameters_are_put_in_front_of_the_query_as_constants(cli: Cli, service: Service) -> None:
    service.answer(RUN, {"Schema": SCHEMA, "Results": ROWS})

    cli("hunt", "DeviceInfo | where DeviceName == name", "--param", 'name=x" or true', "--param", "since=7d")

    assert service.bodies == [
        {
            "Query": 'let name = "x\\" or true";\nlet since = 604800000000microsecond;\n'
            "DeviceInfo | where DeviceName == name"
        }
    ]


def test_a_refusal_points_into_the_query_that_was_typed(cli: Cli, service: Service) -> None:
    said = (
        "Failed to resolve scalar expression named 'Nme'. There is no column named 'Nme'. (line 2, column 20)\n"
        "   2 | DeviceInfo | where Nme == x\n     |                    ^^^\nhint: Did you mean Name?"
    )
    service.answer(RUN, {"error": {"code": "BadRequest", "message": said}}, 400)

    ended = cli("hunt", "DeviceInfo | where Nme == x", "--param", "x=1")

    assert (ended.status, ended.out) == (1, "")
    assert ended.err == (
        "error: Failed to resolve scalar expression named 'Nme'. There is no column named 'Nme'. (line 1, column 20)\n"
        "   1 | DeviceInfo | where Nme == x\n     |                    ^^^\nhint: Did you mean Name?\n"
    )


def test_what_the_query_renders_is_drawn_although_the_service_does_not_say_it(cli: Cli, service: Service) -> None:
    columns = [{"Name": "OSPlatform", "Type": "String"}, {"Name": "n", "Type": "Int64"}]
    service.answer(RUN, {"Schema": columns, "Results": [{"OSPlatform": "Linux", "n": 2}]})

    ended = cli("hunt", "DeviceInfo | summarize n = count() by OSPlatform | render piechart", "--chart", width=60)

    assert ended.lines == [f"Linux {'█' * 42} 2  100.0 %"]


def test_an_empty_query_and_options_of_local_hunting_are_a_wrong_command_line(cli: Cli, service: Service) -> None:
    assert cli("hunt", " ").err == "error: the query is empty\nhint: vedette hunt 'DeviceInfo | take 5'\n"
    refused = cli("hunt", "DeviceInfo", "--max-rows", "3")
    assert (refused.status, service.asked) == (2, [])
    assert refused.err == "error: --max-rows goes with --local\nhint: the service has its own clock and limits\n"


def test_a_query_goes_through_the_api_that_is_chosen(cli: Cli, service: Service) -> None:
    service.answer("POST /api/advancedhunting/run", {"Stats": {}, "Schema": SCHEMA, "Results": ROWS})
    service.answer(
        "POST https://graph.microsoft.com/v1.0/security/runHuntingQuery",
        {"schema": [{"name": column["Name"], "type": column["Type"]} for column in SCHEMA], "results": ROWS},
    )

    through_xdr = cli("hunt", "--through", "xdr", "DeviceInfo", "-o", "json")
    through_graph = cli("hunt", "--through", "graph", "--timespan", "P7D", "DeviceInfo", "-o", "json")

    assert service.bodies == [{"Query": "DeviceInfo"}, {"Query": "DeviceInfo", "Timespan": "P7D"}]
    expected = [{"Timestamp": "2026-11-22T10:00:00.1234567Z", "IsJoined": True, "Count": 3}]
    assert (through_xdr.json(), through_graph.json()) == (expected, expected)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--timespan", "P7D"), "error: --timespan goes with --through graph\n"),
        (("--timespan", "P7D", "--through", "xdr"), "error: --timespan goes with --through graph\n"),
        (("--through", "graph", "--local", "."), "error: --local runs the query here, --through is for the service\n"),
        (("--timespan", "P7D", "--local", "."), "error: --local runs the query here, --timespan is for the service\n"),
        (("--through", "sentinel"), "error: Invalid value for '--through'"),
    ],
)
def test_a_way_that_does_not_go_is_a_wrong_command_line(
    cli: Cli, service: Service, arguments: tuple[str, ...], said: str
) -> None:
    refused = cli("hunt", "DeviceInfo", *arguments)

    assert (refused.status, service.asked) == (2, [])
    assert refused.err.startswith(said)


def test_checking_is_a_command_of_its_own(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "rule.kql").write_text("DeviceInfo | take 5\n")

    ended = cli("hunt", "check", str(tmp_path / "rule.kql"), "-o", "json")

    assert ended.status == 0, ended.err
    help_ = cli("hunt", "--help").out
    assert help_.startswith("Usage: vedette hunt [OPTIONS] [QUERY|FILE.kql|-]\n")
    assert "Commands:\n  check  " in help_


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    with LocalTenant(machines=8, days=5, limits="off") as running:
        yield running


@pytest.fixture
def soc(cli: Cli, tenant: LocalTenant) -> Cli:
    """A command line that is the app soc-automation."""
    return partial(cli, environment={"VEDETTE_TENANT": str(tenant.ready_file)})


@pytest.fixture
def admin(cli: Cli, tenant: LocalTenant) -> Cli:
    """A command line that registers apps."""
    return partial(cli, environment={"VEDETTE_TENANT": str(tenant.ready_file)})


def test_a_tenant_answers_with_its_telemetry(soc: Cli) -> None:
    machines = soc("machines", "list", "-o", "json").json()

    counted = soc("hunt", "DeviceInfo | summarize Machines = dcount(DeviceId)", "-o", "json")

    assert counted.status == 0, counted.err
    assert counted.json() == [{"Machines": len(machines)}]


@pytest.mark.parametrize("way", ["endpoint", "xdr", "graph"])
def test_a_tenant_answers_through_every_api(soc: Cli, way: str) -> None:
    query = "DeviceInfo | summarize Machines = dcount(DeviceId)"

    counted = soc("hunt", "--through", way, query, "-o", "json")

    assert counted.status == 0, counted.err
    assert counted.json() == soc("hunt", query, "-o", "json").json()


def test_a_refusal_through_graph_points_into_the_query_as_well(soc: Cli) -> None:
    refused = soc("hunt", "--through", "graph", "DeviceInfo | where Nme == x", "--param", "x=1")

    assert refused.status == 1
    assert "   1 | DeviceInfo | where Nme == x\n     |                    ^^^\n" in refused.err


def test_a_timespan_that_is_none_is_said_by_the_service(soc: Cli) -> None:
    refused = soc("hunt", "--through", "graph", "--timespan", "7d", "DeviceInfo")

    assert refused.status == 1
    assert "The parameter 'Timespan' cannot be read: '7d' is no time or duration in ISO 8601." in refused.err


def test_a_person_without_consent_for_an_api_is_told_the_command(
    cli: Cli, tenant: LocalTenant, admin: Cli, tmp_path: Path
) -> None:
    made = admin("apps", "create", "Hunts a little", "--public-client", "-o", "json").json()
    assert admin("apps", "permissions", "add", "Hunts a little", "AdvancedQuery.Read").status == 0
    assert admin("apps", "consent", "Hunts a little").status == 0
    access = tenant.users["analyst"]
    person = {
        "VEDETTE_TENANT": str(tenant.ready_file),
        "VEDETTE_USERNAME": access.upn,
        "VEDETTE_PASSWORD": str(access.password),
        "VEDETTE_CREDENTIAL": "username-password",
        "VEDETTE_CLIENT_ID": made["appId"],
        "VEDETTE_STATE": str(tmp_path / "person"),
    }

    assert cli("hunt", "print x = 1", "-o", "json", environment=person).json() == [{"x": 1}]
    refused = cli("hunt", "--through", "graph", "print x = 1", environment=person)
    assert refused.status == 1
    assert "AADSTS65001" in refused.err
    assert "vedette apps consent 'Hunts a little'" in refused.err

    added = admin("apps", "permissions", "add", "Hunts a little", "ThreatHunting.Read.All", "--api", "Microsoft Graph")
    assert added.status == 0, added.err
    assert admin("apps", "consent", "Hunts a little").status == 0
    assert cli("hunt", "--through", "graph", "print x = 1", "-o", "json", environment=person).json() == [{"x": 1}]


def test_the_running_tenant_is_found_by_its_folder(cli: Cli, tmp_path: Path) -> None:
    state = tmp_path / "tenant"
    with LocalTenant(state=state, machines=8, days=3):
        found = cli("hunt", "DeviceInfo | count", "--tenant", "--state", str(state), "-o", "json")

        assert found.status == 0, found.err
        assert found.json()[0]["Count"] > 0
    gone = cli("hunt", "DeviceInfo | count", "--tenant", "--state", str(state))
    assert (gone.status, gone.err) == (2, f"error: no tenant runs on {state}\nhint: vedette serve\n")


def test_a_sweep_finds_who_saw_an_address(soc: Cli) -> None:
    busiest = "DeviceNetworkEvents | where isnotempty(RemoteIP) | summarize n = count() by RemoteIP | top 1 by n"
    (expected,) = soc("hunt", busiest, "-o", "json").json()

    swept = soc("sweep", expected["RemoteIP"], "-o", "json").json()

    by_network = [row for row in swept if row["Source"] == "DeviceNetworkEvents.RemoteIP"]
    assert sum(row["Hits"] for row in by_network) == expected["n"]
    assert {row["Value"] for row in swept} == {expected["RemoteIP"]}
    assert soc("sweep", "192.0.2.254").err == "Nobody saw any of them.\n0 of 1 seen, on 0 machines.\n"


def test_an_alert_is_raised_from_an_event_that_a_query_finds(soc: Cli) -> None:
    query = "DeviceProcessEvents | top 1 by Timestamp | project DeviceId, ReportId, Timestamp"
    (event,) = soc("hunt", query, "-o", "json").json()

    raised = soc("alerts", "raise", query, "--title", "Looked odd", "--severity", "High", "--yes", "-o", "json")

    assert raised.status == 0, raised.err
    alert = soc("alerts", "show", raised.json()[0]["id"], "-o", "json").json()
    assert (alert["title"], alert["severity"], alert["machineId"]) == ("Looked odd", "High", event["DeviceId"])
    wrong = soc("alerts", "raise", "DeviceProcessEvents | where Nonsense == 1", "--title", "x", "--yes")
    assert wrong.status == 1
    assert (
        "   1 | DeviceProcessEvents | where Nonsense == 1\n     |                             ^^^^^^^^\n" in wrong.err
    )


def test_check_says_that_hunting_answers(soc: Cli) -> None:
    parts = {part["part"]: part["result"] for part in soc("check", "-o", "json").json()["parts"]}

    assert parts["hunting"] == "ok"


def test_the_shell_asks_the_tenant(soc: Cli) -> None:
    ended = soc("hunt", "-i", "-o", "jsonl", input="AlertInfo | count\n\nprint x = 1;\n")

    assert [list(json.loads(line)) for line in ended.lines] == [["Count"], ["x"]]
