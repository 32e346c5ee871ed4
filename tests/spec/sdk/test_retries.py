"""When a call is tried again: refused by a limit always, without an answer only where it does no harm."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx2
import pytest

from tests.spec.sdk.conftest import Service, refusal
from vedette import NoAnswer, RateLimited, Retries, ServiceError
from vedette.catalogue.advanced_hunting import GraphHunting
from vedette.catalogue.resources import operations
from vedette.client.retry import REPEATABLE, retry_after_s

OK = httpx2.Response(200, json={"id": "x"})
LOST = httpx2.ReadError("reset")


def test_429_waits_as_long_as_the_service_says(service: Service) -> None:
    service.answers(refusal(429, "TooManyRequests", Retry_After="17"), httpx2.Response(201, json={"id": "x"}))

    assert service.client().machines.isolate("m", comment="c").id == "x"
    assert service.clock.slept == [17.0]
    assert [(wait.operation, wait.seconds, wait.reason) for wait in service.waits] == [
        ("machines.isolate", 17.0, "throttled")
    ]


def test_429_that_lasts_longer_than_our_patience_is_raised_at_once(service: Service) -> None:
    service.answers(refusal(429, "TooManyRequests", Retry_After="3000"))

    with pytest.raises(RateLimited) as limited:
        service.client().alerts.get("a")

    assert (limited.value.retry_after_s, limited.value.operation, limited.value.request_id, limited.value.code) == (
        3000.0,
        "alerts.get",
        "9f1c",
        "TooManyRequests",
    )
    assert service.clock.slept == []


def test_without_retry_after_waits_double(service: Service) -> None:
    service.answers(*[refusal(429, "TooManyRequests")] * 3, OK)

    service.client().alerts.get("a")

    assert service.clock.slept == [0.25, 0.5, 1.0]


def test_tries_are_bounded(service: Service) -> None:
    service.answers(*[refusal(503, "")] * 3)

    with pytest.raises(ServiceError) as failed:
        service.client(retries=Retries(attempts=3)).alerts.get("a")

    assert (failed.value.status, len(service.requests)) == (503, 3)


@pytest.mark.parametrize("failure", [refusal(500, "InternalServerError"), refusal(503, ""), LOST])
def test_reading_is_tried_again_after_a_failure(service: Service, failure: httpx2.Response | Exception) -> None:
    service.answers(failure, OK)

    assert service.client().alerts.get("a").id == "x"


def test_an_action_is_not_tried_again_after_a_5xx(service: Service) -> None:
    service.answers(refusal(500, "InternalServerError"))

    with pytest.raises(ServiceError):
        service.client().machines.isolate("m", comment="c")

    assert len(service.requests) == 1


def test_an_action_whose_answer_was_lost_is_not_tried_again_and_says_so(service: Service) -> None:
    service.answers(LOST)

    with pytest.raises(NoAnswer, match="may have been carried out") as lost:
        service.client().machines.isolate("m", comment="c")

    assert lost.value.attempts == 1


def test_an_action_that_never_left_is_tried_again(service: Service) -> None:
    service.answers(httpx2.ConnectError("refused"), httpx2.Response(201, json={"id": "x"}))

    assert service.client().machines.isolate("m", comment="c").id == "x"


def test_setting_a_status_twice_does_no_harm_but_a_comment_would_be_there_twice(service: Service) -> None:
    service.answers(LOST, OK, LOST)
    client = service.client()

    assert client.alerts.update("a", status="Resolved").id == "x"
    with pytest.raises(NoAnswer):
        client.alerts.update("a", status="Resolved", comment="done")


def test_declared_repeatable_operations_exist() -> None:
    declared = {operation.id for operation in (*operations(), *GraphHunting.operations())}

    assert REPEATABLE.keys() <= declared


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("Sun, 22 Nov 2026 20:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 19:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": value}, datetime(2026, 11, 22, 20, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("text", ["connection reset", ""])
def test_no_answer_says_how_often_and_how_long(service: Service, text: str) -> None:
    service.answers(*[httpx2.ReadTimeout(text)] * 2)

    with pytest.raises(NoAnswer, match=r"alerts\.get got no answer \(ReadTimeout") as lost:
        service.client(retries=Retries(attempts=2)).alerts.get("a")

    assert (lost.value.attempts, lost.value.elapsed_s) == (2, 0.25)
