"""Data for programs: JSON, JSON lines and CSV carry the service's own names."""

from __future__ import annotations

import csv
import io
import json

from tests.spec.cli.conftest import Cli, Service


def test_json_is_one_array_with_the_names_of_the_service(cli: Cli, service: Service, alert: dict[str, object]) -> None:
    service.answer("GET /api/alerts", {"value": [alert, alert]})
    first, second = cli("alerts", "list", "-o", "json").json()
    assert first == second
    assert first["id"] == "da637472900382838869_1364969609"
    assert first["alertCreationTime"] == "2021-01-26T20:33:57.722024Z"
    assert first["relatedUser"] == {"userName": "temp123", "domainName": "DOMAIN"}
    assert first["evidence"][1]["processCommandLine"] == "rundll32.exe  c:\\temp\\suspicious.dll,RepeatAfterMe"


def test_an_empty_listing_is_an_empty_array(cli: Cli, service: Service) -> None:
    service.answer("GET /api/alerts", {"value": []})
    assert cli("alerts", "list", "-o", "json").out == "[]\n"


def test_json_lines_have_one_object_a_line(cli: Cli, service: Service, alert: dict[str, object]) -> None:
    service.answer("GET /api/alerts", {"value": [alert, alert, alert]})
    assert [json.loads(line)["id"] for line in cli("alerts", "list", "-o", "jsonl").lines] == [alert["id"]] * 3


def test_programs_get_every_row_unless_they_say_otherwise(cli: Cli, service: Service, alert: dict[str, object]) -> None:
    service.answer("GET /api/alerts", {"value": [alert] * 150})
    assert len(cli("alerts", "list", "-o", "jsonl").lines) == 150
    assert len(cli("alerts", "list", "-o", "jsonl", "--limit", "7").lines) == 7


def test_further_pages_are_fetched_and_joined(cli: Cli, service: Service, alert: dict[str, object]) -> None:
    def page(query: str) -> object:
        if "$skip" in query:
            return {"value": [alert | {"id": "second"}]}
        return {"value": [alert], "@odata.nextLink": "https://api.security.microsoft.com/api/alerts?$skip=1"}

    service.answer("GET /api/alerts", page)
    ids = [each["id"] for each in cli("alerts", "list", "-o", "json").json()]
    assert ids == ["da637472900382838869_1364969609", "second"]


def test_csv_is_flat_with_a_header(cli: Cli, service: Service, alert: dict[str, object]) -> None:
    service.answer("GET /api/alerts", {"value": [alert]})
    (row,) = csv.DictReader(io.StringIO(cli("alerts", "list", "-o", "csv").out))
    assert row["id"] == "da637472900382838869_1364969609"
    assert row["relatedUser.userName"] == "temp123"
    assert row["mitreTechniques"] == "T1064; T1085; T1220"
    assert json.loads(row["comments"])[0]["createdBy"] == "secop123@contoso.com"
    assert row["classification"] == ""


def test_a_csv_cell_never_starts_a_formula(cli: Cli, service: Service, alert: dict[str, object]) -> None:
    service.answer("GET /api/alerts", {"value": [alert | {"title": '=cmd|"/c calc"!A1', "category": "@SUM(1)"}]})
    (row,) = csv.DictReader(io.StringIO(cli("alerts", "list", "-o", "csv").out))
    assert (row["title"], row["category"]) == ('\'=cmd|"/c calc"!A1', "'@SUM(1)")


def test_select_narrows_every_form(cli: Cli, service: Service) -> None:
    service.answer("GET /api/alerts", {"value": [{"id": "a", "title": "t"}]})
    arguments = ("alerts", "list", "--select", "id", "--select", "title")
    assert cli(*arguments, "-o", "json").json() == [{"id": "a", "title": "t"}]
    assert cli(*arguments, "-o", "csv").lines == ["id,title", "a,t"]
    assert cli(*arguments).lines == ["id  title", "a   t"]
    assert service.asked[0] == "GET /api/alerts?$orderby=alertCreationTime desc&$select=id,title"


def test_one_machine_is_an_object_or_names_and_values(cli: Cli, service: Service, machine: dict[str, object]) -> None:
    service.answer(f"GET /api/machines/{machine['id']}", machine)
    assert cli("machines", "show", str(machine["id"]), "-o", "json").json()["osPlatform"] == "Windows10"
    shown = cli("machines", "show", str(machine["id"]), width=80).lines
    assert "computerDnsName         mymachine1.contoso.com" in shown
    assert "lastSeen                2021-01-25 07:27:36Z" in shown
    assert "machineTags             test tag, test tag 2" in shown


def test_the_form_may_stand_before_or_after_the_command(cli: Cli, service: Service, alert: dict[str, object]) -> None:
    service.answer("GET /api/alerts", {"value": [alert]})
    assert cli("-o", "jsonl", "alerts", "list").out == cli("alerts", "list", "--output", "jsonl").out
