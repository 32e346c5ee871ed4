"""Isolation from request to release, on the tenant's clock."""

from __future__ import annotations

from datetime import timedelta

from tests.spec.api.conftest import WS1, Api

ISOLATE = "Machine.Isolate"
READ = "Machine.Read.All"


def isolate(api: Api, **body: object) -> dict[str, object]:
    answer = api.call("POST", f"/api/machines/{WS1}/isolate", roles=(ISOLATE,), json={"Comment": "INC-42", **body})
    assert answer.status_code == 201
    return answer.json()  # type: ignore[no-any-return]  # an action as JSON


def status(api: Api, action: dict[str, object]) -> str:
    return str(api.get(f"/api/machineactions/{action['id']}", READ).json()["status"])


def test_an_isolation_goes_from_pending_to_succeeded(api: Api) -> None:
    action = isolate(api, IsolationType="Selective")

    assert action["@odata.context"] == "https://tenant.test/api/$metadata#MachineActions/$entity"
    assert (action["type"], action["status"], action["scope"]) == ("Isolate", "Pending", "Selective")
    assert (action["requestor"], action["requestorComment"]) == ("soc-automation", "INC-42")
    api.clock.advance(timedelta(seconds=5))
    assert status(api, action) == "InProgress"
    api.clock.advance(timedelta(seconds=25))
    assert status(api, action) == "Succeeded"


def test_a_second_isolation_waits_for_the_first(api: Api) -> None:
    isolate(api)

    again = api.call("POST", f"/api/machines/{WS1}/isolate", roles=(ISOLATE,), json={"Comment": "INC-43"})

    assert again.status_code == 400
    assert again.json()["error"]["code"] == "ActiveRequestAlreadyExists"
    assert again.json()["error"]["message"] == "Action is already in progress"
    api.clock.advance(timedelta(seconds=30))
    assert isolate(api)["status"] == "Pending"


def test_actions_are_listed_by_machine_type_and_status(api: Api) -> None:
    isolate(api)
    api.clock.advance(timedelta(minutes=1))
    api.call("POST", f"/api/machines/{WS1}/unisolate", roles=(ISOLATE,), json={"Comment": "clean"})

    wanted = f"machineId eq '{WS1}' and type in ('Isolate','Unisolate')&$orderby=creationDateTimeUtc desc"
    rows = api.get(f"/api/machineactions?$filter={wanted}", READ).json()["value"]

    assert [(row["type"], row["status"]) for row in rows] == [("Unisolate", "Pending"), ("Isolate", "Succeeded")]
    pending = api.get("/api/machineactions?$filter=status in ('Pending','InProgress')", READ).json()["value"]
    assert [row["type"] for row in pending] == ["Unisolate"]


def test_a_comment_is_required(api: Api) -> None:
    answer = api.call("POST", f"/api/machines/{WS1}/isolate", roles=(ISOLATE,), json={"IsolationType": "Full"})

    assert answer.json()["error"]["code"] == "MissingRequiredParameter"
    assert answer.json()["error"]["message"] == "Parameter Comment is missing"
