"""What `vedette alerts` asks the service."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tests.spec.cli.conftest import Cli, Service


def test_conditions_are_joined_into_one_filter(cli: Cli, service: Service) -> None:
    service.answer("GET /api/alerts", {"value": []})
    cli("alerts", "list", "--severity", "high", "--severity", "Medium", "--status", "New", "--unassigned")
    assert service.asked == [
        "GET /api/alerts?$filter=severity in ('High','Medium') and status eq 'New' and assignedTo eq null"
        "&$orderby=alertCreationTime desc"
    ]


def test_since_takes_a_span_or_a_date(cli: Cli, service: Service) -> None:
    service.answer("GET /api/alerts", {"value": []})
    cli("alerts", "list", "--since", "2026-11-01", "--updated-since", "2026-11-02T03:04:05+01:00")
    cli("alerts", "list", "--since", "7d")
    assert service.asked[0].startswith(
        "GET /api/alerts?$filter=alertCreationTime ge 2026-11-01T00:00:00Z and lastUpdateTime ge 2026-11-02T02:04:05Z&"
    )
    found = re.search(r"alertCreationTime ge (\S+?)Z", service.asked[1])
    assert found is not None
    asked = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - timedelta(days=7) - asked) < timedelta(minutes=1)


def test_a_filter_of_ones_own_is_added(cli: Cli, service: Service) -> None:
    service.answer("GET /api/alerts", {"value": []})
    cli("alerts", "list", "--severity", "Low", "--filter", "incidentId eq 5 or incidentId eq 6")
    assert "$filter=severity eq 'Low' and (incidentId eq 5 or incidentId eq 6)&" in service.asked[0]


def test_quotes_in_values_are_doubled(cli: Cli, service: Service) -> None:
    service.answer("GET /api/alerts", {"value": []})
    cli("alerts", "list", "--assigned-to", "o'neil@contoso.com")
    assert "$filter=assignedTo eq 'o''neil@contoso.com'&" in service.asked[0]


def test_update_of_one_alert_is_a_patch(cli: Cli, service: Service, alert: dict[str, object]) -> None:
    service.answer("PATCH /api/alerts/a1", alert | {"id": "a1"})
    ended = cli("alerts", "update", "a1", "--status", "resolved", "--assign", "me@contoso.com", "--comment", "done")
    assert service.bodies == [{"status": "Resolved", "assignedTo": "me@contoso.com", "comment": "done"}]
    assert (ended.status, ended.out, ended.err) == (0, "", "Updated 1 alert.\n")


def test_update_of_several_alerts_is_one_batch(cli: Cli, service: Service) -> None:
    service.answer("POST /api/alerts/batchUpdate", None)
    ended = cli("alerts", "update", "a1", "a2", "a1", "--classification", "FalsePositive")
    assert service.bodies == [{"alertIds": ["a1", "a2"], "classification": "FalsePositive"}]
    assert ended.err == "Updated 2 alerts.\n"


def test_an_update_of_nothing_is_refused_before_anything_is_sent(cli: Cli, service: Service) -> None:
    ended = cli("alerts", "update", "a1")
    assert (ended.status, service.asked) == (2, [])
    assert ended.err == (
        "error: nothing to change was given\nhint: add --status, --assign, --classification or --comment\n"
    )


def test_a_dry_run_shows_the_request_and_sends_nothing(cli: Cli, service: Service) -> None:
    ended = cli("alerts", "update", "a1", "--status", "New", "--dry-run", "-o", "json")
    assert ended.json() == {"method": "PATCH", "path": "/api/alerts/a1", "body": {"status": "New"}}
    assert service.asked == []


def test_derived_commands_take_their_arguments_from_the_signature(cli: Cli, service: Service) -> None:
    service.answer("GET /api/alerts/a1/domains", {"value": [{"host": "evil.example"}]})
    assert cli("alerts", "list-domains", "a1").lines == ["DOMAIN", "evil.example"]
    service.answer("POST /api/alerts/CreateAlertByReference", {"id": "new"})
    ended = cli(
        "alerts", "create-by-reference", "--machine-id", "m", "--report-id", "7", "--event-time",
        "2026-11-22T10:00:00.1234567Z", "--severity", "low", "--title", "t", "--description", "d",
        "--recommended-action", "r", "--category", "execution", "-o", "json",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    assert service.bodies[-1] == {
        "machineId": "m", "reportId": "7", "eventTime": "2026-11-22T10:00:00.123456Z", "severity": "Low",
        "title": "t", "description": "d", "recommendedAction": "r", "category": "Execution",
    }  # fmt: skip
