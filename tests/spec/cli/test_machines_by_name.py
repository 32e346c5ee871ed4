"""Machines are named as analysts name them, and nothing is done to one without a yes."""

from __future__ import annotations

import pytest

from tests.spec.cli.conftest import Cli, Service

ID = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
BY_NAME = "computerDnsName eq 'mymachine1' or startswith(computerDnsName,'mymachine1.')"


@pytest.fixture
def machines(service: Service, machine: dict[str, object]) -> Service:
    service.answer("GET /api/machines", {"value": [machine]})
    service.answer(f"GET /api/machines/{ID}", machine)
    service.answer(f"POST /api/machines/{ID}/isolate", {"id": "act-1", "type": "Isolate", "status": "Pending"}, 201)
    return service


def test_a_short_name_is_looked_up(cli: Cli, machines: Service) -> None:
    assert cli("machines", "show", "mymachine1", "-o", "json").json()["id"] == ID
    assert machines.asked == [f"GET /api/machines?$filter={BY_NAME}"]


def test_an_id_is_used_as_it_is(cli: Cli, machines: Service) -> None:
    machines.answer(f"GET /api/machines/{ID}/logonusers", {"value": []})
    cli("machines", "list-logon-users", ID)
    assert machines.asked == [f"GET /api/machines/{ID}/logonusers"]


def test_derived_commands_take_names_too(cli: Cli, machines: Service) -> None:
    machines.answer(f"GET /api/machines/{ID}/logonusers", {"value": [{"id": "contoso\\user1"}]})
    assert cli("machines", "list-logon-users", "mymachine1").lines[0].startswith("ACCOUNT")
    assert machines.asked[-1] == f"GET /api/machines/{ID}/logonusers"


def test_a_name_that_two_machines_have_is_refused_with_both(
    cli: Cli, machines: Service, machine: dict[str, object]
) -> None:
    twin = machine | {"id": "2" * 40, "computerDnsName": "mymachine1.fabrikam.com"}
    machines.answer("GET /api/machines", {"value": [machine, twin]})
    ended = cli("machines", "isolate", "mymachine1", "--comment", "c", "--yes")
    assert ended.status == 2
    assert ended.err == (
        f"error: 2 machines are called mymachine1: mymachine1.contoso.com {ID} seen 2021-01-25 07:27Z; "
        f"mymachine1.fabrikam.com {'2' * 40} seen 2021-01-25 07:27Z\n"
        "hint: give the id of one\n"
    )
    assert not [asked for asked in machines.asked if asked.startswith("POST")]


def test_an_unknown_name_is_refused_with_those_that_begin_alike(cli: Cli, service: Service) -> None:
    def answer(query: str) -> object:
        return {"value": [{"id": ID, "computerDnsName": "mymachine1.contoso.com"}] if " or " not in query else []}

    service.answer("GET /api/machines", answer)
    ended = cli("machines", "show", "mymachine7")
    assert (ended.status, ended.err) == (
        2,
        "error: no machine is called mymachine7\nhint: names that begin alike: mymachine1.contoso.com\n",
    )


def test_isolating_without_anybody_to_ask_needs_yes(cli: Cli, machines: Service) -> None:
    ended = cli("machines", "isolate", "mymachine1", "--comment", "INC-42")
    assert ended.status == 2
    assert ended.err == (
        "error: this needs a yes, and nobody is here to say it: "
        f"Cut mymachine1.contoso.com ({ID}) off the network?\nhint: add --yes\n"
    )
    assert not [asked for asked in machines.asked if asked.startswith("POST")]


def test_isolating_with_yes_sends_the_documented_body(cli: Cli, machines: Service) -> None:
    ended = cli("machines", "isolate", "mymachine1", "--comment", "INC-42", "--type", "selective", "-y", "-o", "json")
    assert ended.json()["status"] == "Pending"
    assert machines.asked[-1] == f"POST /api/machines/{ID}/isolate"
    assert machines.bodies[-1] == {"Comment": "INC-42", "IsolationType": "Selective"}
    assert ended.err == "Follow it: vedette machine-actions wait act-1\n"


def test_a_dry_run_of_isolating_only_looks_the_machine_up(cli: Cli, machines: Service) -> None:
    ended = cli("machines", "isolate", "mymachine1", "--comment", "INC-42", "--dry-run", "-o", "json")
    assert ended.json() == {
        "method": "POST",
        "path": f"/api/machines/{ID}/isolate",
        "body": {"Comment": "INC-42", "IsolationType": "Full"},
    }
    assert machines.asked == [f"GET /api/machines?$filter={BY_NAME}"]


def test_waiting_for_an_action_that_fails_ends_with_1(cli: Cli, machines: Service) -> None:
    action = {"id": "act-1", "type": "Isolate", "status": "Failed", "computerDnsName": "mymachine1.contoso.com"}
    machines.answer("GET /api/machineactions/act-1", action)
    ended = cli("machine-actions", "wait", "act-1", "-o", "json")
    assert (ended.status, ended.json()["status"]) == (1, "Failed")
    assert ended.err == (
        "error: Isolate on mymachine1.contoso.com ended as Failed\nhint: vedette machine-actions show act-1\n"
    )


def test_one_machine_is_tagged_by_itself_and_several_in_one_call(cli: Cli, machines: Service) -> None:
    machines.answer(f"POST /api/machines/{ID}/tags", {"id": ID})
    assert cli("machines", "tag", "INC-42", "mymachine1").err == "Tagged 1 machine: INC-42\n"
    assert machines.bodies[-1] == {"Value": "INC-42", "Action": "Add"}
    machines.answer("POST /api/machines/AddOrRemoveTagForMultipleMachines", {"value": []})
    assert cli("machines", "untag", "INC-42", ID, "2" * 40).err == "Untagged 2 machines: INC-42\n"
    assert machines.bodies[-1] == {"Value": "INC-42", "Action": "Remove", "MachineIds": [ID, "2" * 40]}


def test_machines_are_listed_by_health_risk_system_tag_and_time(cli: Cli, machines: Service) -> None:
    ended = cli(
        "machines", "list", "--health", "Active", "--risk", "high", "--os", "Windows10", "--tag", "test tag",
        "--since", "2021-01-01", width=100,
    )  # fmt: skip
    assert machines.asked == [
        "GET /api/machines?$filter=healthStatus eq 'Active' and riskScore eq 'High' and osPlatform eq 'Windows10'"
        " and machineTags/any(tag: tag eq 'test tag') and lastSeen ge 2021-01-01T00:00:00Z&$orderby=lastSeen desc"
    ]
    assert ended.lines == [
        "MACHINE                 HEALTH  RISK  EXPOSURE  OS         LAST SEEN          TAGS",
        "mymachine1.contoso.com  Active  Low   Low       Windows10  2021-01-25 07:27Z  test tag, test tag 2",
    ]
