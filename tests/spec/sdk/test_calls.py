"""What goes over the wire when an operation is called, and what comes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx2
import pytest

from tests.spec.sdk.conftest import BASE, Service
from vedette import ConfigurationError, NoAnswer, field


def test_a_listing_sends_its_options_under_their_wire_names(service: Service) -> None:
    alerts = service.client().alerts.list(filter="severity eq 'High'", top=5, expand=["evidence"]).take(5)

    assert alerts == []
    assert service.urls == [f"{BASE}/api/alerts?$filter=severity%20eq%20'High'&$top=5&$expand=evidence"]


def test_a_plus_in_a_filter_stays_a_plus(service: Service) -> None:
    service.client().alerts.list(filter="title eq 'a+b & c%'").first()

    assert service.requests[0].url.query == b"$filter=title%20eq%20'a%2Bb%20%26%20c%25'"


def test_a_filter_may_be_an_expression(service: Service) -> None:
    service.client().alerts.list(filter=field("severity") == "High").first()

    assert service.urls == [f"{BASE}/api/alerts?$filter=severity%20eq%20'High'"]


def test_an_action_sends_body_and_token_and_answers_an_entity(service: Service) -> None:
    service.answers(httpx2.Response(201, json={"id": "a1", "type": "Isolate", "status": "Pending"}))

    action = service.client().machines.isolate("m1", comment="drill")

    request = service.requests[0]
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/api/machines/m1/isolate")
    assert json.loads(request.content) == {"Comment": "drill", "IsolationType": "Full"}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"].startswith("Bearer eyJ")
    assert (action.id, action.status) == ("a1", "Pending")


def test_times_in_bodies_are_utc_and_naive_times_are_refused(service: Service) -> None:
    service.answers(httpx2.Response(200, json={"id": "al1"}))
    create = service.client().alerts.create_by_reference
    details = {
        "machine_id": "m1",
        "report_id": "1",
        "severity": "Low",
        "title": "t",
        "description": "d",
        "recommended_action": "r",
        "category": "Malware",
    }

    with pytest.raises(ValueError, match="no time zone"):
        create(event_time=datetime(2026, 1, 1), **details)  # type: ignore[arg-type]  # noqa: DTZ001
    create(event_time=datetime(2026, 1, 1, tzinfo=UTC), **details)  # type: ignore[arg-type]

    assert json.loads(service.requests[0].content)["eventTime"] == "2026-01-01T00:00:00Z"


def test_an_answer_without_body_is_none(service: Service) -> None:
    service.answers(httpx2.Response(200))

    assert service.client().alerts.batch_update(["a"], status="Resolved") is None


def test_nulls_where_lists_are_promised_become_empty_lists(service: Service) -> None:
    service.answers(httpx2.Response(200, json={"id": "a", "evidence": None, "severity": None, "comments": [None]}))

    alert = service.client().alerts.get("a")

    assert (alert.evidence, alert.severity, alert.comments) == ([], "UnSpecified", [])


def test_members_that_are_not_known_are_ignored_and_missing_ones_have_defaults(service: Service) -> None:
    service.answers(httpx2.Response(200, json={"value": [{"id": "m", "brandNew": {"x": 1}}]}))

    (machine,) = service.client().machines.list(select=["id"]).take(10)

    assert (machine.id, machine.machine_tags, machine.health_status) == ("m", [], "Unknown")


def test_a_number_sent_as_text_is_read(service: Service) -> None:
    service.answers(httpx2.Response(200, json={"id": "m", "rbacGroupId": "140"}))

    assert service.client().machines.get("m").rbac_group_id == 140


@pytest.mark.parametrize("content", [b"<html>private</html>", b'{"id": {"private": 1}}', b"[]", b""])
def test_an_unreadable_answer_names_operation_and_place_but_not_the_content(service: Service, content: bytes) -> None:
    service.answers(httpx2.Response(200, content=content))

    with pytest.raises(NoAnswer, match=r"alerts\.get") as unreadable:
        service.client().alerts.get("a")

    assert "private" not in str(unreadable.value)


def test_a_raw_request_carries_the_token_and_answers_json(service: Service) -> None:
    service.answers(httpx2.Response(200, json={"value": [1]}))

    answer = service.client().request("GET", "/api/new/thing", params={"$top": "1"})

    assert answer.json() == {"value": [1]}
    assert service.urls == [f"{BASE}/api/new/thing?$top=1"]
    assert "authorization" in service.requests[0].headers


def test_a_raw_request_to_another_host_is_refused_before_anything_is_sent(service: Service) -> None:
    with pytest.raises(ConfigurationError):
        service.client().request("GET", "https://evil.test/api/alerts")

    assert (service.requests, service.issuer.asked) == ([], [])


def test_tokens_are_asked_for_once_with_the_scope_of_the_cloud(service: Service) -> None:
    client = service.client()
    client.alerts.list().first()
    client.machines.list().first()

    assert service.issuer.asked == [(("https://api.securitycenter.microsoft.com/.default",), None)]


@pytest.mark.parametrize(
    ("base", "origin"),
    [
        ("https://h.test/", "https://h.test"),
        ("https://h.test/api", "https://h.test"),
        ("https://h.test/api/v1.0/", "https://h.test"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_a_base_url_may_be_copied_with_its_path(base: str, origin: str) -> None:
    from vedette import Defender

    assert Defender.from_token("opaque", base_url=base).base_url == origin


def test_tokens_are_never_sent_in_the_clear() -> None:
    from vedette import Defender

    with pytest.raises(ConfigurationError, match="https"):
        Defender.from_token("opaque", base_url="http://api.test")
