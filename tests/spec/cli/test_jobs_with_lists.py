"""What takes a list gives a result for each, goes on after a failure, and ends with 1 where one failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.cli.conftest import Cli, Service

A, B = "a" * 40, "b" * 40


@pytest.fixture
def machines(service: Service) -> Service:
    for machine, name in ((A, "one"), (B, "two")):
        service.answer(f"GET /api/machines/{machine}", {"id": machine, "computerDnsName": f"{name}.contoso.com"})
        service.answer(f"POST /api/machines/{machine}/isolate", {"id": f"act-{name}", "status": "Pending"}, 201)
    return service


def test_each_machine_of_a_list_has_a_result_and_one_failure_does_not_stop_the_rest(
    cli: Cli, machines: Service, tmp_path: Path
) -> None:
    refused = {"error": {"code": "ActiveRequestAlreadyExists", "message": "Action is already in progress"}}
    machines.answer(f"POST /api/machines/{A}/isolate", refused, 400)
    machines.answer("GET /api/machineactions", {"value": []})
    (tmp_path / "ids.txt").write_text(f"{A}\n\n# comment\n{B}\n{A}\n")

    ended = cli("machines", "isolate", "--file", str(tmp_path / "ids.txt"), "--case", "INC-42", "--yes", "-o", "json")

    assert ended.status == 1
    assert [(each["target"], each["result"]) for each in ended.json()] == [
        ("one.contoso.com", "failed"),
        ("two.contoso.com", "done"),
    ]
    assert ended.json()[0]["code"] == "ActiveRequestAlreadyExists"
    assert ended.err == "1 done, 1 failed.\n"
    assert machines.asked.count(f"POST /api/machines/{B}/isolate") == 1


def test_a_list_may_come_through_a_pipe_as_json_lines_of_another_command(cli: Cli, machines: Service) -> None:
    ended = cli(
        "machines",
        "isolate",
        "-",
        "--case",
        "INC-42",
        "--yes",
        "-o",
        "json",
        input=f'{{"id": "{A}", "riskScore": "High"}}\n',
    )

    assert (ended.status, [each["machineId"] for each in ended.json()]) == (0, [A])


def test_a_dry_run_of_a_list_shows_the_request_of_each(cli: Cli, machines: Service) -> None:
    ended = cli("machines", "isolate", A, B, "--case", "INC-42", "--comment", "beacon", "--dry-run", "-o", "json")

    assert [each["request"] for each in ended.json()] == [
        {
            "method": "POST",
            "path": f"/api/machines/{machine}/isolate",
            "body": {"Comment": "INC-42: beacon", "IsolationType": "Full"},
        }
        for machine in (A, B)
    ]
    assert not [asked for asked in machines.asked if asked.startswith("POST")]


def test_a_list_without_anybody_to_ask_needs_yes(cli: Cli, machines: Service) -> None:
    ended = cli("machines", "isolate", A, B, "--case", "INC-42")

    assert ended.status == 2
    assert "Cut 2 machines (one, two) off the network?" in ended.err
    assert not [asked for asked in machines.asked if asked.startswith("POST")]


def test_a_response_needs_a_reason(cli: Cli, machines: Service) -> None:
    ended = cli("machines", "isolate", A, "--yes")

    assert (ended.status, machines.asked) == (2, [])
    assert ended.err == "error: no reason was given\nhint: add --comment TEXT, --case CASE or both\n"


def test_no_machine_at_all_is_a_wrong_command_line(cli: Cli, machines: Service) -> None:
    ended = cli("machines", "isolate", "--case", "INC-42")

    assert ended.status == 2
    assert ended.err == (
        "error: no machine was given\nhint: name one or more, or a list: --file machines.txt, or - for stdin\n"
    )


def test_an_action_under_way_is_named_with_the_refusal(cli: Cli, machines: Service) -> None:
    refused = {"error": {"code": "ActiveRequestAlreadyExists", "message": "Action is already in progress"}}
    machines.answer(f"POST /api/machines/{A}/isolate", refused, 400)
    going = {"id": "act-9", "type": "Isolate", "status": "InProgress", "requestor": "ann@contoso.com",
             "creationDateTimeUtc": "2026-11-22T10:00:00Z"}  # fmt: skip
    machines.answer("GET /api/machineactions", {"value": [going]})

    ended = cli("machines", "isolate", A, "--case", "INC-42", "--yes")

    assert ended.err.splitlines()[1] == (
        "hint: Isolate by ann@contoso.com at 2026-11-22 10:00Z is InProgress; vedette machine-actions wait act-9"
    )


def test_an_address_that_two_machines_had_is_refused_with_both(cli: Cli, service: Service) -> None:
    both = [{"id": A, "computerDnsName": "one.contoso.com"}, {"id": B, "computerDnsName": "two.contoso.com"}]
    service.answer("GET /api/machines", {"value": both})

    ended = cli("machines", "show", "10.1.2.3")

    assert ended.status == 2
    assert ended.err.startswith("error: 2 machines have the address 10.1.2.3: one.contoso.com")


def test_an_alert_is_raised_from_the_newest_event_of_each_machine_with_its_exact_time(
    cli: Cli, service: Service
) -> None:
    rows = [
        {"DeviceId": A, "ReportId": 7, "Timestamp": "2026-11-22T10:00:00.1234567Z"},
        {"DeviceId": A, "ReportId": 9, "Timestamp": "2026-11-22T11:00:00.7654321Z"},
    ]
    schema = [{"Name": "DeviceId", "Type": "string"}, {"Name": "ReportId", "Type": "long"},
              {"Name": "Timestamp", "Type": "datetime"}]  # fmt: skip
    service.answer("POST /api/advancedqueries/run", {"Schema": schema, "Results": rows})
    service.answer("POST /api/alerts/CreateAlertByReference", {"id": "da1", "machineId": A, "title": "Odd"})

    ended = cli("alerts", "raise", "DeviceEvents", "--title", "Odd", "--severity", "High", "--yes", "-o", "json")

    assert (ended.status, [each["id"] for each in ended.json()]) == (0, ["da1"])
    assert service.bodies[-1] == {
        "machineId": A,
        "reportId": "9",
        "eventTime": "2026-11-22T11:00:00.7654321Z",
        "severity": "High",
        "title": "Odd",
        "description": "Odd",
        "recommendedAction": "Investigate the machine.",
        "category": "SuspiciousActivity",
    }


def test_a_sweep_asks_one_query_for_each_kind_of_value(cli: Cli, service: Service) -> None:
    shown = cli("sweep", "evil[.]example", "203.0.113.7", "203.0.113.8", "--days", "7", "--show-query")

    queries = shown.out.split("\n\n")
    assert [query.partition("\n")[0] for query in queries] == [
        'let wanted = dynamic(["evil.example"]);',
        'let wanted = dynamic(["203.0.113.7", "203.0.113.8"]);',
    ]
    assert "where RemoteIP in~ (wanted)" in queries[1]
    assert "ago(7d)" in queries[0]
    assert service.asked == []
